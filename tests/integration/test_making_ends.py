"""Rows end with their owner's time, on the whole way from a source to what is published, whatever owners say."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw.judge.ending import rows_after_their_end
from tests.small_databases import Way

SCHEMA = """
CREATE TABLE patients (id INTEGER PRIMARY KEY, joined DATE, days INTEGER CHECK (days >= 0), gone DATE, points INTEGER);
CREATE TABLE visits (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients (id), day DATE NOT NULL,
    label TEXT NOT NULL CHECK (label IN ('a', 'b', 'c')), UNIQUE (patient, day));
CREATE TABLE calls (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients (id), at DATE NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, call INTEGER NOT NULL REFERENCES calls (id), length INTEGER NOT NULL);
CREATE TABLE steps (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients (id), height INTEGER NOT NULL
    CHECK (height > 2));
"""
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
FIRST, LAST = dt.date(2020, 1, 1), dt.date(2023, 12, 31)
PATIENTS = 300


def learn(**domain: Any) -> dict[str, Any]:
    return {"role": "none", "treatment": "learn"} | ({"domain": domain} if domain else {})


def owned(order: str, until: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    owner = {"table": "patients", "columns": ["patient"]}
    return {
        "treatment": "synthesize", "owner": owner, "order": order, "until": until, "most": 20,
        "columns": {"id": KEY, "patient": KEY, **columns},
    } | more  # fmt: skip


POLICY = Policy.model_validate({
    "version": 1, "name": "ends", "purpose": "see that rows end in time",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "patient", "table": "patients", "key": ["id"], "meaning": "a patient with all they have"},
    "budget": {"epsilon": 8.0, "reason": "few people and a short test"},
    "generate": {"holdout": 0.2, "seed": 3},
    "tables": {
        "patients": {"treatment": "synthesize", "columns": {
            "id": KEY, "joined": learn(lowest=FIRST, highest=LAST), "days": learn(lowest=-5, highest=700),
            "gone": learn(lowest=dt.date(2017, 1, 1), highest=LAST), "points": learn(lowest=-3, highest=40)}},
        "visits": owned("day", "days", {"day": learn(lowest=FIRST, highest=LAST), "label": learn()}, since="joined",
            kind="label"),
        "calls": owned("at", "gone", {"at": learn(lowest=FIRST, highest=LAST)}),
        "notes": {"treatment": "synthesize", "owner": {"table": "calls", "columns": ["call"]}, "most": 3, "columns": {
            "id": KEY, "call": KEY, "length": learn(lowest=0, highest=9)}},
        "steps": owned("height", "points", {"height": learn(lowest=0, highest=40)}),
    },
})  # fmt: skip


def fill(path: Path) -> None:
    """Of every seven patients one has no end, one ends before all their rows, and one where they begin."""
    random = np.random.default_rng(4)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)

        def put(table: str, rows: list[tuple[Any, ...]]) -> None:
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

        patients, visits, calls, notes, steps = [], [], [], [], []
        for person in range(1, PATIENTS):
            joined = dt.date(2021, 1, 1) + dt.timedelta(int(random.integers(0, 300)))
            stay = [None, 0, 100, 100, 200, 300, 400][person % 7]
            gone = None if stay is None else joined + dt.timedelta(stay - (1200 if person % 5 == 0 else 0))
            patients.append((person, joined, stay, gone, None if stay is None else stay // 10 - 1))
            for day in np.unique(random.integers(-100, max(stay or 0, 1) + 50, int(random.integers(0, 6)))):
                visits.append((len(visits), person, joined + dt.timedelta(int(day)), "abc"[int(day) % 3]))
                calls.append((len(calls), person, joined + dt.timedelta(int(day) + 3)))
                notes += [(len(notes), len(calls) - 1, k) for k in range(int(random.integers(0, 3)))]
                notes = [(at, *note[1:]) for at, note in enumerate(notes)]
                steps.append((len(steps), person, int(random.integers(3, 40))))
        for table, rows in (("patients", patients), ("visits", visits), ("calls", calls), ("notes", notes),
                            ("steps", steps)):  # fmt: skip
            put(table, rows)
        connection.commit()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    folder = tmp_path_factory.mktemp("ends")
    fill(folder / "source.db")
    way = Way.of(POLICY, f"sqlite:///{folder}/source.db", folder)
    drawn = tuple(way.draw().values())
    found = making._synthetic(way.plan, drawn)
    assert rows_after_their_end(found, way.train, way.plan.tree) == dict.fromkeys(("visits", "calls", "steps"), 0)
    return {str(each.table.name): each.rows for each in drawn}


def ends(published: dict[str, pa.Table]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in published["patients"].to_pylist()}


def test_nothing_that_is_published_lies_after_its_owners_end(published: dict[str, pa.Table]) -> None:
    people = ends(published)
    for visit in published["visits"].to_pylist():
        of = people[visit["patient"]]
        if of["joined"] is not None and of["days"] is not None:
            assert visit["day"] <= of["joined"] + dt.timedelta(of["days"])
    for table, order, until in (("calls", "at", "gone"), ("steps", "height", "points")):
        for row in published[table].to_pylist():
            end = people[row["patient"]][until]
            assert end is None or row[order] <= end


def test_it_was_worth_looking(published: dict[str, pa.Table]) -> None:
    people = ends(published)
    assert sum(of["days"] is None for of in people.values()) > 10
    assert sum(of["gone"] is not None and of["gone"] < FIRST for of in people.values()) > 5
    assert all(of["days"] is None or of["days"] >= 0 for of in people.values())
    for table in ("visits", "calls", "steps", "notes"):
        assert published[table].num_rows > 100
    endless = {name for name, of in people.items() if of["days"] is None}
    assert sum(row["patient"] in endless for row in published["visits"].to_pylist()) > 5
    keys = list(zip(*(published["visits"][name].to_pylist() for name in ("patient", "day")), strict=True))
    assert len(keys) == len(set(keys))
    assert all(row["height"] > 2 for row in published["steps"].to_pylist())
