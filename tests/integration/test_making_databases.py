"""A small database on its whole way: planned, rehearsed, read, measured, drawn, put together and judged."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gateway.policy.model import Policy
from gateway.privacy.accountant import epsilon
from gateway.raw import accepting, making
from gateway.raw.generate.noise import Noise
from gateway.raw.judge.acceptance_verdict import Acceptance, verdict
from gateway.raw.judge.marginals import marginals
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.errors import ArtefactFailed, Refused
from gateway.vocabulary.names import TableName
from tests.small_databases import Way

SCHEMA = """
CREATE TABLE towns (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE homes (id INTEGER PRIMARY KEY, rooms INTEGER, town_id INTEGER NOT NULL REFERENCES towns (id));
CREATE TABLE patients (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL, joined DATE NOT NULL,
    home_id INTEGER REFERENCES homes (id), referrer INTEGER REFERENCES patients (id));
CREATE TABLE visits (patient_id INTEGER NOT NULL REFERENCES patients (id), number INTEGER NOT NULL,
    day DATE NOT NULL, label_id INTEGER NOT NULL REFERENCES labels (id), score DECIMAL(5,1),
    PRIMARY KEY (patient_id, number));
CREATE TABLE bills (id INTEGER PRIMARY KEY, patient_id INTEGER NOT NULL, number INTEGER NOT NULL, paid BOOLEAN NOT NULL,
    FOREIGN KEY (patient_id, number) REFERENCES visits (patient_id, number));
CREATE TABLE watched (patient_id INTEGER NOT NULL REFERENCES patients (id), at_id INTEGER NOT NULL,
    PRIMARY KEY (patient_id, at_id));
CREATE TABLE secrets (id INTEGER PRIMARY KEY, note TEXT);
"""
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "none", "treatment": "learn"}
PATIENTS = 400
FIRST = dt.date(2020, 1, 1)


def learn(**domain: Any) -> dict[str, Any]:
    return LEARN | {"domain": domain}


POLICY = Policy.model_validate({
    "version": 1, "name": "whole", "purpose": "see a whole database through",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "patient", "table": "patients", "key": ["id"], "meaning": "a patient with all they have"},
    "budget": {"epsilon": 8.0, "reason": "few people and a short test"},
    "generate": {"holdout": 0.2, "seed": 3},
    "tables": {
        "patients": {"treatment": "synthesize", "columns": {
            "id": KEY, "name": {"role": "direct", "treatment": "replace", "entity": "full_name"},
            "age": learn(lowest=0, highest=99), "joined": learn(lowest=FIRST, highest=dt.date(2021, 12, 31)),
            "home_id": KEY, "referrer": KEY}},
        "homes": {"treatment": "synthesize", "owner": {"table": "patients", "named_by": ["home_id"]}, "columns": {
            "id": KEY, "rooms": learn(lowest=1, highest=9), "town_id": LEARN}},
        "visits": {"treatment": "synthesize", "owner": {"table": "patients", "columns": ["patient_id"]},
            "order": "day", "since": "joined", "kind": "label_id", "most": 20, "columns": {
                "patient_id": KEY, "number": KEY, "day": learn(lowest=FIRST, highest=dt.date(2022, 12, 31)),
                "label_id": LEARN, "score": learn(lowest=0, highest=100)}},
        "bills": {"treatment": "synthesize", "owner": {"table": "visits", "columns": ["patient_id", "number"]},
            "most": 3, "columns": {"id": KEY, "patient_id": KEY, "number": KEY, "paid": LEARN}},
        "watched": {"treatment": "synthesize", "owner": {"table": "patients", "columns": ["patient_id"]}, "most": 5,
            "columns": {"patient_id": KEY, "at_id": KEY}},
        "towns": {"treatment": "reference", "reason": "towns are on every map"},
        "labels": {"treatment": "reference", "reason": "a printed list of labels"},
        "secrets": {"treatment": "drop", "reason": "nobody's to see"},
    },
})  # fmt: skip


def fill(path: Path) -> None:
    rng = np.random.default_rng(4)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

        put("towns", [(n, f"town {n}") for n in range(1, 6)])
        put("labels", [(n, f"label {n}") for n in (1, 2, 7)])
        put("homes", [(n, 1 + n % 5, 1 + n % 3) for n in range(1, 200)])
        put("patients", [
            (1000 + n, f"name {n}", int(rng.integers(20, 80)), f"2020-{1 + n % 12:02d}-01",
             1 + n // 2 if n % 4 else None,
             1000 + n // 2 if n % 3 else None) for n in range(1, PATIENTS)
        ])  # fmt: skip
        visits, bills = [], []
        for person in range(1001, 1000 + PATIENTS):
            for number in range(int(rng.integers(0, 6))):
                label = [1, 2, 7][int(rng.integers(0, 3))]
                visits.append((person, number, f"2021-{1 + number:02d}-{1 + person % 28:02d}", label, label * 10.5))
                bills += [(len(bills) + k, person, number, label > 1) for k in range(int(rng.integers(0, 3)))]
        put("visits", visits)
        put("bills", [(at, *bill[1:]) for at, bill in enumerate(bills)])
        put("watched", [(person, k) for person in range(1001, 1000 + PATIENTS) for k in range(person % 3)])
        put("secrets", [(1, "ZQXV")])
        connection.commit()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("whole")
    fill(folder / "source.db")
    heard: list[str] = []

    def progress(stage: str, _share: float) -> None:
        heard.append(stage)

    way = Way.of(POLICY, f"sqlite:///{folder}/source.db", folder, progress=progress)
    for name in ("drawn", "again"):
        way.draw(name, progress=progress)
    drawn = tuple(way.drawn().values())
    judgement = making.judge(way.plan, way.train, way.control, drawn, progress, measured=way.measured)
    return {"way": way, "judgement": judgement, "heard": heard}


def tables(made: dict[str, Any], folder: str = "drawn") -> dict[str, SyntheticTable]:
    found: dict[str, SyntheticTable] = made["way"].drawn(folder)
    return found


def test_everything_but_what_is_dropped_comes_out_with_its_constraints(made: dict[str, Any]) -> None:
    found = tables(made)
    assert set(found) == {"patients", "homes", "visits", "bills", "watched", "towns", "labels"}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(SCHEMA.replace("referrer INTEGER REFERENCES patients (id)", "referrer INTEGER"))
        for name in ("towns", "labels", "homes", "patients", "visits", "bills", "watched"):
            rows = found[name].rows
            written = [tuple(None if v is None else str(v) for v in row.values()) for row in rows.to_pylist()]
            marks = ", ".join("?" * rows.num_columns)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", written)
        patients = found["patients"].rows
        referrers = set(patients["referrer"].drop_null().to_pylist())
        assert referrers <= set(patients["id"].to_pylist())
    assert found["labels"].rows.to_pydict() == {"id": [1, 2, 7], "label": ["label 1", "label 2", "label 7"]}


def test_sizes_are_those_of_the_source_about(made: dict[str, Any]) -> None:
    found = {name: table.count for name, table in tables(made).items()}
    assert abs(found["patients"] - PATIENTS) < 40
    assert abs(found["visits"] / found["patients"] - 2.5) < 0.8
    assert abs(found["watched"] / found["patients"] - 1) < 0.5
    assert abs(found["homes"] / found["patients"] - 0.75) < 0.15
    assert found["towns"] == 5


def test_one_budget_paid_for_all_of_it(made: dict[str, Any]) -> None:
    assert epsilon(made["way"].measured.events, POLICY.budget.delta) <= POLICY.budget.epsilon
    assert {str(name) for name in made["way"].measured.owned} == {"visits", "bills", "watched"}


def test_the_same_measurements_are_the_same_files(made: dict[str, Any]) -> None:
    names = sorted(path.name for path in (made["way"].folder / "drawn").iterdir())
    assert names == [*(f"{n:04d}.parquet" for n in range(7)), "asked.json"]
    again = tables(made, "again")
    assert all(table.rows.equals(again[name].rows) for name, table in tables(made).items())


def test_the_judge_looked_at_every_table(made: dict[str, Any]) -> None:
    checks = {check.name: check for check in made["judgement"].checks}
    assert {"patients.one_way", "visits.two_way", "bills.one_way", "watched.one_way", "references"} <= set(checks)
    assert checks["references"].got == 1
    assert not [check for check in checks.values() if check.got is None]


def test_every_table_is_heard_of(made: dict[str, Any]) -> None:
    for stage in ("reading visits", "measuring bills", "drawing watched"):
        assert stage in made["heard"]
    assert TableName("homes") not in made["way"].train.owned


class Silent:
    """No noise at all, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        assert (sigma > 2**30, times) == (True, 1)
        self.asked += 1
        return counts


def accepted(made: dict[str, Any], noise: Noise | None = None, **changed: SyntheticTable) -> Acceptance:
    way = made["way"]
    found = tuple((tables(made) | changed).values())
    answers = accepting.examine(
        way.plan, way.train, way.measured, found, kept=accepting.aside(way.plan),
        progress=lambda *_: None, noise=noise,
    )  # fmt: skip
    return verdict(answers, needed=0.2)


def test_measurements_and_the_acceptance_test_together_cost_the_budget(made: dict[str, Any]) -> None:
    way = made["way"]
    alone = epsilon(way.measured.events, POLICY.budget.delta)
    whole = epsilon([*way.measured.events, accepting.aside(way.plan).event], POLICY.budget.delta)
    assert alone < whole <= POLICY.budget.epsilon < whole * 1.001


def test_one_answer_tells_how_far_every_table_of_people_is(made: dict[str, Any]) -> None:
    noise = Silent()
    exact, found = accepted(made, noise), accepted(made)
    assert noise.asked == 1
    # homes stand on their patients' rows
    assert set(exact.tables) == {"patients", "visits", "bills", "watched"}
    for name, estimate in found.tables.items():
        assert estimate.low < estimate.value < estimate.high
        assert abs(estimate.value - exact.tables[name].value) < 4 * (estimate.high - estimate.value)
    assert 0 < exact.distance.value < 0.3


def test_a_column_that_went_wrong_is_seen_in_the_table_that_has_it(made: dict[str, Any]) -> None:
    bills = tables(made)["bills"]
    rows = bills.rows
    wrong = rows.set_column(
        rows.schema.get_field_index("paid"), rows.schema.field("paid"), pa.array([False] * rows.num_rows)
    )
    exact = accepted(made, Silent(), bills=SyntheticTable(bills.table, wrong))
    assert exact.farthest == "bills"
    assert exact.distance.value > accepted(made, Silent()).tables[TableName("bills")].value + 0.1


def test_what_was_tested_is_read_back_and_holds_for_these_rows_alone(made: dict[str, Any], tmp_path: Path) -> None:
    way = made["way"]
    answers = accepting.examine(
        way.plan, way.train, way.measured, tuple(tables(made).values()), kept=accepting.aside(way.plan),
        progress=lambda *_: None,
    )  # fmt: skip
    accepting.save(answers, tmp_path / "answer", tables=way.folder / "drawn")
    assert accepting.load(tmp_path / "answer", tables=way.folder / "drawn") == answers
    # drawn again from the same measurements, they are the same to the bit
    assert accepting.load(tmp_path / "answer", tables=way.folder / "again") == answers
    shutil.copytree(way.folder / "drawn", tmp_path / "other")
    (tmp_path / "other" / "0000.parquet").write_bytes(b"")
    with pytest.raises(ArtefactFailed, match="not those that were tested"):
        accepting.load(tmp_path / "answer", tables=tmp_path / "other")
    (tmp_path / "answer").write_bytes(b"{}")
    with pytest.raises(ArtefactFailed, match="not what was written"):
        accepting.load(tmp_path / "answer", tables=way.folder / "drawn")


def test_measurements_that_left_nothing_for_the_test_are_not_tested(made: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="made no private acceptance test"):
        accepting.left(tmp_path)
    accepting.keep(made["way"].plan, tmp_path)
    assert accepting.left(tmp_path) == accepting.aside(made["way"].plan)
    (tmp_path / accepting.KEPT).write_bytes(b"[]")
    with pytest.raises(ArtefactFailed):
        accepting.left(tmp_path)


def test_stewards_see_real_rows_in_public_cells_of_every_table(made: dict[str, Any]) -> None:
    way, judgement = made["way"], made["judgement"]
    shown = {(m.table, m.column): m for m in judgement.marginals}
    assert {"patients", "visits", "bills"} <= {table for table, _ in shown}
    assert {("patients", "age"), ("patients", "visits: rows"), ("visits", "label_id")} <= set(shown)
    age = np.array(way.train.units.expose()["age"].to_pylist())
    found = shown["patients", "age"]
    ends = [label.split(" to ") for label in found.labels]
    counted = [((age >= int(end[0])) & (age <= int(end[-1]))).mean() for end in ends]
    assert found.real == pytest.approx(counted, abs=0.011)
    assert sum(found.synthetic) == pytest.approx(1)
    nobody = {name: (real.slice(0, 0), other.slice(0, 0)) for name, (real, other) in frames(way).items()}
    without = marginals(way.measured, nobody, TableName("patients"))
    assert {(m.table, m.column): m.labels for m in without} == {key: m.labels for key, m in shown.items()}


def frames(way: Way) -> dict[TableName, tuple[pa.Table, pa.Table]]:
    owned = {name: each.rows.expose() for name, each in way.train.owned.items()}
    return {name: (rows, rows) for name, rows in (owned | {way.train.unit: way.train.units.expose()}).items()}


def test_stewards_see_which_pairs_were_measured(made: dict[str, Any]) -> None:
    measured = made["way"].measured.unit
    names = [each.column.name for each in measured.columns]
    expected = {
        frozenset((names[a], names[b])) for each in measured.pairs for a in each.columns for b in each.columns if a < b
    }
    pairs = [pair for pair in made["judgement"].pairs if pair.table == "patients"]
    assert {frozenset((pair.one, pair.other)) for pair in pairs if pair.measured} == expected
    assert 0 < len(expected) < len(pairs)
    assert {pair.table for pair in made["judgement"].pairs} >= {"patients", "visits"}


def test_declared_rules_are_counted_in_what_is_published(made: dict[str, Any]) -> None:
    found = {m.table: m for m in made["judgement"].measures if m.measure == "constraints"}
    assert set(found) == {"patients", "homes", "visits", "bills", "watched", "towns", "labels"}
    assert {m.value for m in found.values()} == {1.0}
    assert found["bills"].figures["reference patient_id, number"] == 1
    assert "PRIMARY KEY" in found["visits"].figures
