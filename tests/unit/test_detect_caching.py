"""A kept finding is the fresh one, is found only for the very same sample, and its file is nobody else's."""

import dataclasses
import json
import os
import threading
import time
from pathlib import Path

import pytest

from gateway.raw.detect import caching
from gateway.raw.detect.caching import KEPT_DAYS, FindingCache
from gateway.raw.detect.context import TableContext
from gateway.raw.detect.detecting import examine_documents, load_recognizers
from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.recognizer import ColumnSample
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

CANARY = "zyxwvcanary"


def a_sample(**more: object) -> ColumnSample:
    column = Column(name=ColumnName("email"), kind=Kind.TEXT, native="text")
    table = Table(name=TableName("patients"), columns=(column,))
    values = tuple(f"{CANARY}{n}@example.org" for n in range(30))
    fields = {
        "schema": Schema(tables=(table,)),
        "table": table,
        "column": column,
        "values": values,
        "rows": 30,
        "nulls": 0,
    }
    return ColumnSample(**(fields | more))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "scans"


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def kept(folder: Path) -> tuple[str, Finding]:
    cache, sample = FindingCache.open(folder), a_sample()
    finding = examine_documents(sample, load_recognizers())
    cache.put(cache.digest(sample), finding)
    return cache.digest(sample), finding


def test_a_kept_finding_equals_the_fresh_one(folder: Path) -> None:
    digest, finding = kept(folder)
    assert finding.role is Role.DIRECT
    again = FindingCache.open(folder)
    assert again.digest(a_sample()) == digest
    assert again.get(digest) == finding
    assert again.hits == 1
    assert again.get(digest[::-1]) is None


@pytest.mark.parametrize(
    "other",
    [
        {"values": ("x",)},
        {"values": tuple(f"{CANARY}{n}@example.org" for n in reversed(range(30)))},
        {"rows": 31},
        {"nulls": 1},
        {"column": Column(name=ColumnName("mail"), kind=Kind.TEXT, native="text")},
        {"column": Column(name=ColumnName("email"), kind=Kind.TEXT, native="text", comment="of whom")},
        {"table": Table(name=TableName("patient"), columns=a_sample().table.columns)},
        {"table": dataclasses.replace(a_sample().table, primary_key=(ColumnName("email"),))},
        {"table": dataclasses.replace(a_sample().table, references=(
            Reference(columns=(ColumnName("email"),), target=TableName("t"), target_columns=(ColumnName("c"),)),))},
        {"schema": Schema(tables=())},
        {"context": TableContext(nearness=Need.PERSON)},
        {"context": TableContext(person_keys=frozenset({ColumnName("email")}))},
        {"countries": frozenset({"CH"})},
    ],
)  # fmt: skip
def test_whatever_a_finding_follows_from_is_in_its_digest(folder: Path, other: dict[str, object]) -> None:
    cache = FindingCache.open(folder)
    assert cache.digest(a_sample(**other)) != cache.digest(a_sample())
    assert cache.digest(a_sample(**other)) == cache.digest(a_sample(**other))


def test_other_code_and_another_secret_make_other_digests(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = FindingCache.open(folder).digest(a_sample())
    assert FindingCache.open(tmp_path / "other").digest(a_sample()) != digest
    monkeypatch.setattr(caching, "code_digest", lambda: "another version")
    assert FindingCache.open(folder).digest(a_sample()) != digest


def test_the_code_of_recognizers_is_in_their_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = caching.code_digest.__wrapped__()
    assert caching.code_digest.__wrapped__() == before
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights.onnx").write_bytes(b"1")
    monkeypatch.setenv("GATEWAY_WORKER_TEXT_MODEL", str(model))
    with_model = caching.code_digest.__wrapped__()
    (model / "weights.onnx").write_bytes(b"22")
    assert len({before, with_model, caching.code_digest.__wrapped__()}) == 3
    monkeypatch.setattr(caching, "distributions", lambda: iter(()))
    assert caching.code_digest.__wrapped__() not in {before, with_model}


def test_what_is_kept_holds_no_value_and_is_for_its_owner_alone(folder: Path) -> None:
    digest, _ = kept(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in folder.iterdir():
        assert CANARY.encode() not in path.read_bytes()
    assert entries(folder)[0].stem == digest
    folder.chmod(0o755)
    FindingCache.open(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda _text: b"",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace(b'"direct"', b'"none"'),
        lambda text: text.replace(b"0.9", b"0.1"),
        lambda _text: b"[]",
        lambda _text: b"\xff\x00",
        lambda _text: b"[" * 100_000,
        lambda text: text.replace(b'"seal":"', b'"seal":"\xc3\xa9'),
    ],
)
def test_a_damaged_entry_is_ignored_and_written_anew(folder: Path, damage: object) -> None:
    digest, finding = kept(folder)
    path = entries(folder)[0]
    whole = path.read_bytes()
    path.write_bytes(damage(whole))  # type: ignore[operator]
    assert path.read_bytes() != whole
    cache = FindingCache.open(folder)
    assert cache.get(digest) is None
    cache.put(digest, finding)
    assert cache.get(digest) == finding


def test_an_entry_under_another_name_is_not_taken(folder: Path) -> None:
    digest, _ = kept(folder)
    other = "0" * len(digest)
    entries(folder)[0].rename(folder / f"{other}.json")
    assert FindingCache.open(folder).get(other) is None


def test_old_entries_and_leftovers_are_removed_and_used_ones_stay(folder: Path) -> None:
    digest, finding = kept(folder)
    cache = FindingCache.open(folder)
    cache.put("f" * 64, finding)
    (folder / "dead.partial").write_bytes(b"x")
    (folder / "other.txt").write_bytes(b"x")
    old = time.time() - (KEPT_DAYS - 1) * 86_400
    for path in folder.iterdir():
        os.utime(path, (old, old))
    assert FindingCache.open(folder).get(digest) == finding  # of use today
    older = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(folder / f"{'f' * 64}.json", (older, older))
    FindingCache.open(folder)
    assert {path.name for path in folder.iterdir()} == {"secret", "other.txt", f"{digest}.json"}


def test_a_finding_that_time_ran_out_for_is_not_kept(folder: Path) -> None:
    cache = FindingCache.open(folder)
    late = Evidence(recognizer="values", entity="unexamined", score=0.9, share=0.0, reason="the time ran out")
    finding = Finding(
        table=TableName("t"), column=ColumnName("c"), role=Role.DIRECT, entity="unexamined", confidence=0.9,
        evidence=(late,), treatment=Treatment.DROP,
    )  # fmt: skip
    cache.put("a" * 64, finding)
    assert cache.get("a" * 64) is None


def test_scans_at_the_same_time_share_one_secret_and_do_no_harm(folder: Path) -> None:
    start, found = threading.Barrier(8), []

    def work() -> None:
        start.wait()
        cache = FindingCache.open(folder)
        digest = cache.digest(a_sample())
        finding = Finding(
            table=TableName("t"), column=ColumnName("c"), role=Role.NONE, entity=None, confidence=0.5, evidence=(),
            treatment=Treatment.LEARN,
        )  # fmt: skip
        for _ in range(20):
            cache.put(digest, finding)
            found.append((cache.sampling_secret, cache.get(digest) == finding))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({secret for secret, _ in found}) == 1
    assert all(same for _, same in found)
    assert len(found) == 160
    assert not list(folder.glob("*.partial"))


def test_a_folder_that_cannot_be_used_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtefactFailed, match="cannot be used"):
        FindingCache.open(tmp_path / "file" / "scans")
    folder = tmp_path / "scans"
    FindingCache.open(folder)
    (folder / "secret").write_bytes(b"short")
    with pytest.raises(ArtefactFailed, match="is damaged; remove its folder"):
        FindingCache.open(folder)


def test_entries_are_plain_json(folder: Path) -> None:
    kept(folder)
    body = json.loads(entries(folder)[0].read_bytes())
    assert set(body) == {"finding", "seal"}
    assert body["finding"]["role"] == "direct"
