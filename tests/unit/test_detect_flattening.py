"""Documents are taken apart into paths, whose keys are shown only when they are names, and hostile ones do no harm."""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source
from gateway.raw.connect.sampling import LONGEST
from gateway.raw.detect import flattening
from gateway.raw.detect.detecting import detect, examine_documents, load_recognizers
from gateway.raw.detect.findings import Finding, is_undecided, to_json
from gateway.raw.detect.flattening import flatten, holds_documents
from gateway.raw.detect.recognizer import ColumnSample
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Schema, Table

CANARY = "zyxwvcanary"


def texts(documents: list[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(json.dumps(one) for one in documents))


def found_in(
    values: tuple[str, ...], *, table: str = "things", name: str = "payload", native: str = "jsonb"
) -> Finding:
    kind = Kind.UNSUPPORTED if native != "text" else Kind.TEXT
    column = Column(name=ColumnName(name), kind=kind, native=native)
    at = Table(name=TableName(table), columns=(column,))
    sample = ColumnSample(
        schema=Schema(tables=(at,)), table=at, column=column, values=values, rows=len(values), nulls=0
    )  # fmt: skip
    return examine_documents(sample, load_recognizers())


def told(finding: Finding) -> str:
    return json.dumps(to_json(finding))


def orders(rows: int = 40) -> tuple[str, ...]:
    return texts([
        {
            "number": n,
            "ship": {"address": {"street": f"{n} Main Street", "city": "Bern"}, "email": f"{CANARY}{n}@example.org"},
            "phones": [f"+41 44 668 18 {n:02}", None],
            "gift": bool(n % 2),
            "on": f"2024-03-{1 + n % 28:02}",
        }
        for n in range(rows)
    ])  # fmt: skip


def test_paths_have_the_names_kinds_and_cells_of_what_lies_there() -> None:
    paths = {path.shown: path for path in flatten(orders(), name="payload")}
    assert {shown: (path.column.name, path.column.kind) for shown, path in paths.items()} == {
        "number": ("number", Kind.INTEGER),
        "ship.address.street": ("address_street", Kind.TEXT),
        "ship.address.city": ("address_city", Kind.TEXT),
        "ship.email": ("ship_email", Kind.TEXT),
        "phones[]": ("phones", Kind.TEXT),
        "gift": ("gift", Kind.BOOLEAN),
        "on": ("on", Kind.DATE),
    }
    assert (paths["phones[]"].rows, len(paths["phones[]"].cells)) == (80, 40)
    assert all(path.is_told for path in paths.values())
    assert paths["gift"].cells[:2] == ("false", "true")
    assert CANARY not in repr(list(paths.values()))


def test_a_column_of_documents_takes_the_most_guarded_role_and_says_where() -> None:
    finding = found_in(orders())
    assert (finding.role, finding.treatment) == (Role.DIRECT, Treatment.DROP)
    reasons = [piece.reason for piece in finding.evidence]
    assert any(reason.startswith("in ship.email: ") for reason in reasons)
    assert any(reason.startswith("in phones[]: ") for reason in reasons)
    assert reasons[-1].startswith("documents of 7 paths")
    assert CANARY not in told(finding)
    assert "not looked at" not in told(finding)


def test_documents_without_persons_are_nobodys() -> None:
    finding = found_in(texts([{"width": n, "colour": "red"} for n in range(40)]), table="parts", name="spec")
    assert (finding.role, finding.entity, finding.treatment) == (Role.NONE, None, Treatment.DROP)


def test_texts_that_hold_documents_are_taken_apart_too() -> None:
    finding = found_in(orders(), native="text")
    assert (finding.role, finding.treatment) == (Role.DIRECT, Treatment.DROP)
    assert any("in ship.email" in piece.reason for piece in finding.evidence)
    few = (*(f"plain text {n}" for n in range(60)), *orders(3))
    assert any(
        "ship.address" in piece.reason or "in " in piece.reason for piece in found_in(few, native="text").evidence
    )
    assert not holds_documents(("{curly", "[bracket]x", "<3", "plain"))
    assert not holds_documents(())


def test_keys_that_are_data_are_examined_and_never_shown() -> None:
    values = texts([{f"{CANARY}{n}@example.org": 1, f"{CANARY}-{n} x": 2} for n in range(60)])
    finding = found_in(values, name="counts")
    assert (finding.role, finding.entity) == (Role.DIRECT, "email")
    assert CANARY not in told(finding)
    assert all(CANARY not in path.shown for path in flatten(values, name="counts"))


def test_a_key_that_few_documents_have_is_read_but_shown_as_a_shape() -> None:
    documents: list[object] = [{"size": n} for n in range(200)]
    documents += [{"size": 1, "Zyxwvcanary": {"first_name": f"Anna{n}"}} for n in range(3)]
    finding = found_in(texts(documents))
    assert finding.role is Role.DIRECT
    assert CANARY not in told(finding).lower()
    assert any("in Aaaaa.aaaa_aaaa: " in piece.reason for piece in finding.evidence)
    alone = found_in(texts([{"first_name": "Anna", "city": "Bern"}]))
    assert alone.role is Role.DIRECT
    assert "first_name" not in told(alone)


def test_keys_of_persons_in_documents_count() -> None:
    values = texts([{"customer_id": 1000 + n, "total": n} for n in range(40)])
    assert found_in(values, table="events").role is Role.KEY


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 30_000,
        "[" * 900 + '"anna@example.org"' + "]" * 900,
        '{"a":' * 200 + '"anna@example.org"' + "}" * 200,
        "{" + ",".join(f'"k{n}":{n}' for n in range(3_000)) + "}",
        '{"n": ' + "9" * 6_000 + "}",
        '{"n": NaN, "m": 1e999, "s": "\\ud800"}',
        '{"*": 1, "[]": 2, "{}": {"...": 3}}',
        '{"cut": "off',
        "{}",
        "[]",
        "null",
        "",
    ],
)
def test_hostile_documents_end_nothing_and_hide_nothing(hostile: str) -> None:
    start = time.monotonic()
    values = tuple(dict.fromkeys((hostile, *(hostile.replace("anna", f"anna{n}") for n in range(9)))))
    finding = found_in(values)
    assert time.monotonic() - start < 20
    assert len(flatten(values, name="x")) <= 210
    if "anna" in hostile:
        assert finding.role is Role.DIRECT


@pytest.mark.parametrize("native", ["jsonb", "text"])
def test_documents_that_were_cut_off_are_not_called_harmless(native: str) -> None:
    values = tuple(('{"a": "' + f"{n} " + "z" * 70_000)[:LONGEST] for n in range(5))
    finding = found_in((*values, *texts([{"width": n} for n in range(20)])), native=native)
    assert finding.role is Role.DIRECT
    assert finding.treatment is Treatment.DROP
    assert native == "text" or is_undecided(finding)
    assert any("only their beginnings were read" in piece.reason for piece in finding.evidence)


def test_more_documents_than_there_is_memory_for_are_not_called_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    values = texts([{"width": n} for n in range(2_000)])
    assert found_in(values).role is Role.NONE
    monkeypatch.setattr(flattening, "MOST_CHARACTERS", 5_000)
    assert found_in(values).role is Role.DIRECT
    monkeypatch.setattr(flattening, "MOST_CHARACTERS", 20_000)
    assert found_in(values).role is Role.NONE  # enough of them to keep the promise were read


def test_deep_paths_are_cut_and_still_read() -> None:
    document: Any = f"{CANARY}@example.org"
    for level in range(30):
        document = {f"k{chr(97 + level % 26)}": document}
    paths = flatten(texts([document] * 3 + [{"x": document}] * 3), name="x")
    assert all(path.shown.count(".") <= 16 for path in paths)
    assert any(f"{CANARY}@example.org" in path.cells for path in paths)


def test_xml_is_taken_apart_without_its_entities() -> None:
    values = tuple(
        f'<p:order xmlns:p="urn:x" nr="{n}"><email>{CANARY}{n}@example.org</email><i>1</i><i>2</i>t</p:order>'
        for n in range(20)
    )
    assert {path.shown for path in flatten(values, name="x")} >= {"order.email", "order.nr", "order.i[]"}
    assert found_in(values, native="xml").role is Role.DIRECT
    bomb = '<!DOCTYPE a [<!ENTITY b "cccccccccc">]><a>&b;&b;</a>'
    assert [path.shown for path in flatten((bomb,), name="x")] == ["..."]


def test_documents_of_a_database_are_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    engine = sa.create_engine(url)
    meta = sa.MetaData()
    table = sa.Table("events", meta, sa.Column("n", sa.Integer, primary_key=True), sa.Column("body", sa.JSON))
    meta.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"body": json.loads(text)} for text in orders()])
    engine.dispose()
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        findings = {finding.column: finding for finding in detect(snapshot, progress=lambda _step, _share: None)}
    assert findings[ColumnName("body")].role is Role.DIRECT
    assert CANARY not in "".join(told(finding) for finding in findings.values())
