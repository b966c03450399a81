"""Constraints that hardly any drawn row keeps: a run that has spent its budget comes to a release, in the source's own
tables, and says how many rows are missing.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw.judge.verdict import Outcome
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.names import ColumnName, TableName
from tests.small_databases import Way

SCHEMA = """
CREATE TABLE halls (hall TEXT PRIMARY KEY);
CREATE TABLE seats (id INTEGER PRIMARY KEY, hall TEXT NOT NULL REFERENCES halls (hall), number INTEGER NOT NULL,
    UNIQUE (hall, number));
CREATE TABLE people (id INTEGER PRIMARY KEY, seat_id INTEGER NOT NULL REFERENCES seats (id),
    low INTEGER NOT NULL, high INTEGER NOT NULL, badge INTEGER UNIQUE, sort TEXT NOT NULL, grade INTEGER NOT NULL,
    points INTEGER NOT NULL CHECK (points BETWEEN 5 AND 40), UNIQUE (sort, grade), CHECK (low < high));
CREATE TABLE visits (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL, round INTEGER NOT NULL, cost INTEGER NOT NULL, paid INTEGER NOT NULL,
    UNIQUE (person_id, kind, round), CHECK (cost + 1000 = paid OR kind = 'b' AND cost * 40 < paid));
CREATE TABLE bills (id INTEGER PRIMARY KEY, visit_id INTEGER NOT NULL REFERENCES visits (id), sent DATE NOT NULL,
    due DATE NOT NULL, note TEXT, open BOOLEAN NOT NULL, CHECK (due >= sent), CHECK (note GLOB '[a-z]*'));
CREATE UNIQUE INDEX one_open ON bills (visit_id) WHERE open;
CREATE UNIQUE INDEX dearest ON visits (paid) WHERE kind = 'a' AND round = 2;
CREATE UNIQUE INDEX odd ON bills (id) WHERE length(note) % 2 = 1;
"""
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "none", "treatment": "learn"}
FIRST, LAST = dt.date(2020, 1, 1), dt.date(2021, 12, 31)
PEOPLE = 150


def learn(**domain: Any) -> dict[str, Any]:
    return LEARN | {"domain": domain}


POLICY = Policy.model_validate({
    "version": 1, "name": "strict", "purpose": "see hard constraints kept",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "a person with all they have"},
    "budget": {"epsilon": 8.0, "reason": "few people and a short test"},
    "generate": {"holdout": 0.2, "seed": 3},
    "tables": {
        "halls": {"treatment": "reference", "reason": "on every map of the house"},
        "seats": {"treatment": "synthesize", "owner": {"table": "people", "named_by": ["seat_id"]}, "columns": {
            "id": KEY, "hall": LEARN, "number": learn(lowest=1, highest=50)}},
        "people": {"treatment": "synthesize", "columns": {
            "id": KEY, "seat_id": KEY, "low": learn(lowest=0, highest=99), "high": learn(lowest=0, highest=99),
            "badge": learn(lowest=1, highest=120), "sort": learn(values=["x", "y", "z"]),
            "grade": learn(lowest=1, highest=40), "points": LEARN}},
        "visits": {"treatment": "synthesize", "owner": {"table": "people", "columns": ["person_id"]}, "most": 9,
            "columns": {"id": KEY, "person_id": KEY, "kind": learn(values=["a", "b"]),
                "round": learn(lowest=1, highest=2), "cost": learn(lowest=0, highest=999),
                "paid": learn(lowest=0, highest=9999)}},
        "bills": {"treatment": "synthesize", "owner": {"table": "visits", "columns": ["visit_id"]}, "most": 3,
            "columns": {"id": KEY, "visit_id": KEY, "sent": learn(lowest=FIRST, highest=LAST),
                "due": learn(lowest=FIRST, highest=LAST), "note": learn(values=["abc", "xyz"]), "open": LEARN}},
    },
})  # fmt: skip


def fill(path: Path) -> None:
    random = np.random.default_rng(4)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

        put("halls", [("n",), ("s",), ("w",)])
        put("seats", [(n, "nsw"[n % 3], 1 + n // 3) for n in range(PEOPLE)])
        lows = random.integers(0, 98, PEOPLE)
        put("people", [
            (n, n, int(low), int(random.integers(low + 1, 100)), n if n <= 120 else None, "xyz"[n % 3], 1 + n // 3,
             5 + n % 36)
            for n, low in enumerate(lows[:147])
        ])  # fmt: skip
        visits, bills = [], []
        for person in range(147):
            for kind, turn in [("a", 1), ("a", 2), ("b", 1), ("b", 2)][: person % 5]:
                cost = person if (kind, turn) == ("a", 2) else int(random.integers(0, 200))
                visits.append((len(visits), person, kind, turn, cost, cost + 1000))
                for line in range(int(random.integers(0, 3))):
                    sent = FIRST + dt.timedelta(int(random.integers(0, 600)))
                    due = sent + dt.timedelta(int(random.integers(0, 100)))
                    bills.append((len(bills), len(visits) - 1, str(sent), str(due), "abc", line == 0))
        put("visits", visits)
        put("bills", bills)
        connection.commit()


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Way:
    folder = tmp_path_factory.mktemp("strict")
    fill(folder / "source.db")
    found = Way.of(POLICY, f"sqlite:///{folder}/source.db", folder)
    begun = time.process_time()
    found.draw()
    # minutes, if each of the thousands of ways to change a row is held against the CHECKs by itself
    assert time.process_time() - begun < 60
    return found


def load(tables: dict[str, SyntheticTable], schema: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema)
        for name in ("halls", "seats", "people", "visits", "bills"):
            rows = tables[name].rows
            written = [tuple(str(v) if isinstance(v, dt.date) else v for v in row.values()) for row in rows.to_pylist()]
            connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * rows.num_columns)})", written)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_comes_out_loads_into_the_sources_own_tables(way: Way) -> None:
    load(way.drawn(), SCHEMA)


def test_there_are_no_more_rows_than_combinations_and_the_steward_is_told(way: Way) -> None:
    tables = tuple(way.drawn().values())
    counts = {str(table.table.name): table.count for table in tables}
    # 3 sorts, and 40 grades that the policy declares, of the 49 that there are
    assert counts["people"] == counts["seats"] == 120
    assert counts["visits"] > 60
    kept = making.shares_kept(tables, way.folder / "drawn")
    assert set(kept) == {"people", "visits", "bills"}
    judgement = making.judge(
        way.plan, way.train, way.control, tables, lambda *_: None, measured=way.measured, kept=kept
    )
    check = {check.name: check for check in judgement.checks}["people.kept"]
    assert (check.needed, check.outcome) == (0.9, Outcome.FAILED)
    assert check.got == kept[TableName("people")] == pytest.approx(120 / 147, abs=0.1)
    assert not judgement.passed


def test_a_check_of_numbers_bounds_what_is_learned(way: Way) -> None:
    column = way.train.units.table.column(ColumnName("points"))
    assert (column.lowest, column.highest) == (5, 40)


def test_a_unique_index_over_some_rows_says_nothing_of_the_others(way: Way) -> None:
    schema, tables = way.plan.schema, way.drawn()
    assert [len(schema.table(TableName(name)).partial) for name in ("visits", "bills")] == [1, 1]
    assert ("odd", None) in {(check.name, check.condition) for check in schema.table(TableName("bills")).checks}
    bills = tables["bills"].rows.to_pylist()
    assert len({bill["visit_id"] for bill in bills}) < 0.95 * len(bills)
    assert sum(bill["open"] for bill in bills) > 20
    assert not tables["bills"].table.partial


def test_nothing_else_is_lost(way: Way) -> None:
    tables = way.drawn()
    assert len(set(tables["people"].rows["low"].to_pylist())) > 30
    assert len(set(tables["people"].rows["points"].to_pylist())) > 3
    assert tables["people"].rows["badge"].null_count < 90
    assert {row["note"] for row in tables["bills"].rows.to_pylist()} <= {"abc", "xyz", None}


def test_a_table_alone_keeps_what_it_declares_too(tmp_path: Path) -> None:
    schema = """CREATE TABLE people (id INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL,
        badge INTEGER UNIQUE, sort TEXT NOT NULL, grade INTEGER NOT NULL, UNIQUE (sort, grade), CHECK (low < high))"""
    columns = {name: POLICY.tables["people"].columns[name] for name in ("id", "low", "high", "badge", "sort", "grade")}
    people = POLICY.tables["people"].model_copy(update={"columns": columns})
    policy = POLICY.model_copy(update={"tables": {"people": people}})
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute(schema)
        rows = [(n, n % 50, n % 50 + 1 + n % 7, None, "xyz"[n % 3], 1 + n // 3) for n in range(120)]
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
    made = Way.of(policy, f"sqlite:///{tmp_path}/source.db", tmp_path).draw()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(schema)
        again = zip(*made["people"].rows.to_pydict().values(), strict=True)
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", again)
    assert 90 < made["people"].count <= 120
    assert len(made["people"].table.unique) == 2
