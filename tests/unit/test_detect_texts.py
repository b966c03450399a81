"""What prose holds is told by kind, with the model and without, and hostile prose costs little."""

import time
from typing import Any

import numpy as np
import pytest

from gateway.raw.detect import ner, prose
from gateway.raw.detect.clock import Clock
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.recognizers.texts import WITHOUT_MODEL, Texts
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

needs_model = pytest.mark.skipif(not ner.available(), reason="the optional text model is not installed")


def a_sample(values: Any) -> Any:
    column = Column(name=ColumnName("c"), kind=Kind.TEXT, native="text")
    table = Table(name=TableName("t"), columns=(column,))
    return ColumnSample(
        schema=Schema(tables=(table,)), table=table, column=column, values=tuple(values), rows=len(values), nulls=0
    )


@pytest.fixture
def without_model(monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.raw.detect.ner.available", lambda: False)


def held(text: Any) -> Any:
    return {(found.entity, text[found.start : found.end]) for found in prose.read(text)}


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Please write to ann.b@example.org today", "email", "ann.b@example.org"),
        ("See https://example.org/ann for more.", "url", "https://example.org/ann"),
        ("Call me on +49 30 901820 after five", "phone", "+49 30 901820"),
        ("my card 4111 1111 1111 1111 was lost", "credit_card", "4111 1111 1111 1111"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "bank_account", "DE89 3704 0044 0532 0130 00"),
        ("his SSN is 536-22-8723, he said", "national_number", "536-22-8723"),
        ("PESEL 44051401359 on the form", "national_number", "44051401359"),
        ("passport number is C01X00T47 he said", "document_number", "C01X00T47"),
        ("seen from 10.0.3.7 at night", "ip_address", "10.0.3.7"),
        ("she was born on 3/5/1961 in spring", "birth_date", "3/5/1961"),
        ("seen again on 12 March 2020 at noon", "event_date", "12 March 2020"),
        ("a 54 year old woman with cough", "age", "54"),
        ("I live at 12 Main Street, thanks", "address", "12 Main Street"),
        ("wohnt in der Lindenstraße 12 seit Mai", "address", "Lindenstraße 12"),
        ("My name is Zbigniew Wrona and I ask", "full_name", "Zbigniew Wrona"),
        ("I saw Dr. Okonkwo about it", "full_name", "Okonkwo"),
        ("yesterday Maria Müller phoned me", "full_name", "Maria Müller"),
        ("he works for Northwind Traders as a clerk", "company", "Northwind Traders"),
        ("flew to Reykjavík last week", "place", "Reykjavík"),
        ("the Norwegian government said so", "nationality", "Norwegian"),
    ],
)
def test_prose_is_read_by_kind(text: Any, entity: Any, value: Any) -> None:
    assert (entity, value) in held(text)


@pytest.mark.parametrize(
    "text",
    [
        "The patient was seen twice and sent home in good health",
        "we will see what may come of it",
        "3... 2... 1... go!",
        "",
    ],
)
def test_plain_prose_holds_nothing(text: Any) -> None:
    assert held(text) == set()


def test_a_name_is_known_again() -> None:
    text = "Dear Mr. Wrzaszcz, we thank you. Tell Wrzaszcz that the matter is closed."
    assert [text[f.start : f.end] for f in prose.read(text) if f.entity == "full_name"] == ["Wrzaszcz", "Wrzaszcz"]


@pytest.mark.usefixtures("without_model")
def test_texts_are_summarised_by_kind_and_share() -> None:
    plain = [f"The visit of day {n} went well and nothing else happened on that day" for n in range(80)]
    mails = [f"please write to ann{n}@example.org when the results have come in" for n in range(12)]
    named = [f"My name is Maria Müller and I was in room {n} on that day" for n in range(8)]
    found = {piece.within: piece for piece in Texts().recognize(a_sample([*plain, *mails, *named]))}
    assert found["email"].share == pytest.approx(0.12)
    assert found["email"].reason == "e-mail addresses in 12 % of the texts"
    assert found["full_name"].share == pytest.approx(0.08)
    assert {piece.entity for piece in found.values()} == {"free_text"}
    assert not any(piece.shapes for piece in found.values())


@pytest.mark.usefixtures("without_model")
def test_what_is_missed_without_the_model_is_said() -> None:
    plain = [f"The visit of day {n} went well and nothing else happened on that day" for n in range(80)]
    assert [piece.reason for piece in Texts().recognize(a_sample(plain))] == [f"names were looked for {WITHOUT_MODEL}"]
    named = [f"My name is Maria Müller and I was in room {n} on that day" for n in range(80)]
    assert WITHOUT_MODEL in Texts().recognize(a_sample(named))[0].reason


@pytest.mark.usefixtures("without_model")
def test_a_column_of_addresses_is_one() -> None:
    found = Texts().recognize(a_sample([f"{n} Main Street Apt. {n}, Springfield, Illinois" for n in range(60)]))
    assert found[0].entity == Entity.ADDRESS


@pytest.mark.usefixtures("without_model")
def test_headlines_name_nobody() -> None:
    titles = [f"A Touching Drama of a Feminist And a Mad Maria who must Battle a Teacher {'so' * n}" for n in range(60)]
    assert all(piece.score < 0.1 for piece in Texts().recognize(a_sample(titles)))


HOSTILE = [
    "a@a@a@" * 17_000,
    "1 " * 50_000,
    "1-" * 50_000,
    "a" * 100_000 + "!",
    "A" * 100_000,
    "Aa " * 30_000,
    "Mr. " * 25_000,
    "my name is " * 9_000,
    "(" * 100_000,
    "a." * 50_000,
    ":" * 100_000,
    "1:" * 50_000,
    "street " * 14_000,
    "12 Rue de la " * 8_000,
    "the corner of " * 7_000,
    "\x00" * 100_000,
    "\N{RIGHT-TO-LEFT OVERRIDE}ab \n" * 20_000,
    "\N{ZERO WIDTH SPACE}A" * 40_000,
    "\N{ARABIC-INDIC DIGIT ONE} " * 50_000,
    "A, B and " * 11_000,
    "A A " * 25_000,
    "Ann and " * 12_000,
    "\n" * 100_000,
    "www." * 25_000,
    "12 Aa Bb Cc Dd " * 7_000,
    "DE89 " * 20_000,
    "jan 1 " * 16_000,
    "Ab-" * 33_000,
    "A'" * 50_000,
]


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_prose_costs_little(text: Any) -> None:
    prose.read("Ann Miller of Paris")
    started = time.thread_time()
    prose.read(text[:2_048])
    assert time.thread_time() - started < 0.5
    started = time.thread_time()
    Texts().recognize(a_sample([text + str(n) for n in range(20)]))
    assert time.thread_time() - started < 6


@pytest.mark.usefixtures("without_model")
def test_prose_that_time_ran_out_for_is_not_called_harmless(monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.raw.detect.recognizers.texts.SECONDS_PER_COLUMN", -1.0)
    found = Texts().recognize(a_sample([f"The visit of day {n} went well and all is fine" for n in range(80)]))
    assert [piece.entity for piece in found] == ["unexamined"]


def _logits(*labels: Any) -> Any:
    table = np.full((len(labels), 1 + 2 * len(ner.LABELS)), -4.0)
    for row, label in enumerate(labels):
        begins, _, name = label.partition("-")
        table[row, 0 if label == "O" else 1 + 2 * ner.LABELS.index(name) + (begins == "I")] = 4.0
    return table


def test_pieces_of_words_are_made_whole_words() -> None:
    text = "Ann Mül-ler here"
    offsets = [(0, 3), (4, 6), (6, 7), (7, 8), (8, 11), (12, 16)]
    words = [0, 1, 1, 2, 3, 4]
    labels = ["B-given_name", "B-family_name", "I-family_name", "I-family_name", "I-family_name", "O"]
    found = ner.decode(text, offsets, words, _logits(*labels))
    assert [(m.label, text[m.start : m.end]) for m in found] == [("given_name", "Ann"), ("family_name", "Mül-ler")]


def test_a_beginning_begins_anew() -> None:
    text = "Ann Bea"
    found = ner.decode(text, [(0, 3), (4, 7)], [0, 1], _logits("B-given_name", "B-given_name"))
    assert [text[m.start : m.end] for m in found] == ["Ann", "Bea"]
    found = ner.decode(text, [(0, 3), (4, 7)], [0, 1], _logits("B-given_name", "I-given_name"))
    assert [text[m.start : m.end] for m in found] == ["Ann Bea"]


@pytest.mark.parametrize("size", [0, 1, 479, 480, 481, 2_000])
@pytest.mark.parametrize("piece", ["word ", "x", "a\n"])
def test_windows_cover_a_text_and_end(size: Any, piece: Any) -> None:
    text = (piece * size)[:size]
    windows = list(ner._windows(text))
    assert {at for start, end in windows for at in range(start, end)} == set(range(size))
    assert all(end - start <= ner.LONGEST_WINDOW for start, end in windows)


def test_another_model_than_the_known_one_is_refused(tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / ner.MODEL).write_bytes(b"another model")
    (tmp_path / ner.TOKENIZER).write_bytes(b"{}")
    monkeypatch.setenv("GATEWAY_WORKER_TEXT_MODEL", str(tmp_path))
    with pytest.raises(ConfigurationError, match="is not the text model known here"):
        ner._known(ner._folder(), ner.MODEL)
    with pytest.raises(ConfigurationError, match="lacks"):
        ner._known(tmp_path / "absent", ner.MODEL)


@needs_model
def test_the_model_finds_names_that_no_list_has() -> None:
    texts = ["Could you ask Vlastimila Krejčíková whether she has got the letter?"] * 3
    for found, text in zip(ner.marks(texts, clock=Clock(30)), texts, strict=True):
        assert found is not None
        assert {text[m.start : m.end] for m in found} >= {"Vlastimila", "Krejčíková"}


@needs_model
def test_the_model_reads_long_and_odd_texts() -> None:
    texts = [
        "",
        " ",
        "x" * 3_000,
        "\x00" * 600,
        "ß\N{ZERO WIDTH SPACE}" * 300,
        "한국어 " * 300,
        "word " * 120 + "Ann Miller",
    ]
    found = ner.marks(texts, clock=Clock(60))
    assert [each is not None for each in found] == [True] * len(texts)
    assert found[-1]
    assert texts[-1][found[-1][0].start :].startswith("Ann")


@needs_model
def test_the_model_stops_when_its_time_is_over() -> None:
    assert ner.marks(["My name is Ann Miller"] * 3, clock=Clock(-1.0)) == [None, None, None]
