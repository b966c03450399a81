"""The public report of a small database: what is in it, and that no real row has a way into it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from gateway import plugins
from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw.connect.reading import open_source
from gateway.raw.disclosing import public_report
from gateway.release.bundle import report_json
from gateway.release.reports import PublicReport, PublicTable, Step
from tests.small_databases import Way, unheard

SCHEMA = """
CREATE TABLE kinds (id INTEGER PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sex TEXT, age INTEGER NOT NULL, joined DATE NOT NULL);
CREATE TABLE visits (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id), day DATE NOT NULL,
    kind_id INTEGER NOT NULL REFERENCES kinds (id), score DECIMAL(5,1));
"""
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "quasi", "treatment": "learn"}
CANARY = "ZQXV"
PEOPLE = 1500


def learn(**domain: Any) -> dict[str, Any]:
    return LEARN | {"domain": domain}


FIRST, LAST = dt.date(2019, 1, 1), dt.date(2022, 12, 31)
PEOPLE_CLAUSE = {"treatment": "synthesize", "columns": {
    "id": KEY, "name": {"role": "direct", "treatment": "replace", "entity": "full_name"},
    "sex": learn(values=["f", "m"]), "age": learn(lowest=0, highest=99),
    "joined": learn(lowest=FIRST, highest=LAST)}}  # fmt: skip
WHOLE: dict[str, Any] = {
    "version": 1, "name": "whole", "purpose": "tell the public of a database",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "a person with all they have"},
    "budget": {"epsilon": 8.0, "reason": "few people and a short test"},
    "generate": {"holdout": 0.2, "seed": 3},
    "tables": {
        "people": PEOPLE_CLAUSE,
        "visits": {"treatment": "synthesize", "owner": {"table": "people", "columns": ["person_id"]},
            "order": "day", "since": "joined", "kind": "kind_id", "most": 20, "columns": {
                "id": KEY, "person_id": KEY, "day": learn(lowest=FIRST, highest=LAST),
                "kind_id": LEARN, "score": learn(lowest=0, highest=100)}},
        "kinds": {"treatment": "reference", "reason": "a printed list of kinds"},
    },
}  # fmt: skip
DROPPED = {"treatment": "drop", "reason": "not for this release"}
ALONE = WHOLE | {"tables": {"people": PEOPLE_CLAUSE, "visits": DROPPED, "kinds": DROPPED}}


def fill(path: Path, seed: int) -> None:
    """Write a source; another seed gives other people, older and more of them, with other visits."""
    random = np.random.default_rng(seed)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO kinds VALUES (?, ?)", [(1, "blood"), (2, "urine")])
        for person in range(PEOPLE + 300 * seed):
            sex = "f" if random.random() < 0.6 else "m"
            age = int(np.clip(random.normal(50 if sex == "f" else 30, 10) + 20 * seed, 0, 99))
            joined = FIRST + dt.timedelta(days=int(random.integers(0, 700)))
            row = (person, f"{CANARY} {person}", sex if random.random() < 0.9 else None, age, joined.isoformat())
            connection.execute("INSERT INTO people VALUES (?, ?, ?, ?, ?)", row)
            day = joined
            for _ in range(int(random.integers(0, 4))):
                day = min(day + dt.timedelta(days=int(random.integers(1, 90))), LAST)
                kind = 1 if random.random() < 0.7 else 2
                score = round(min(float(age * kind * 0.4 + random.random()), 100.0), 1)
                connection.execute("INSERT INTO visits (person_id, day, kind_id, score) VALUES (?, ?, ?, ?)",
                                   (person, day.isoformat(), kind, score))  # fmt: skip
        connection.commit()


def way_of(policy: dict[str, Any], folder: Path) -> tuple[Way, PublicReport]:
    fill(folder / "source.db", 0)
    way = Way.of(Policy.model_validate(policy), f"sqlite:///{folder}/source.db", folder)
    return way, public_report(way.plan, way.measured, tuple(way.draw().values()))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Way, PublicReport]:
    return way_of(WHOLE, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Way, PublicReport]:
    return way_of(ALONE, tmp_path_factory.mktemp("alone"))


def table(report: PublicReport, name: str) -> PublicTable:
    (found,) = [each for each in report.tables if each.table == name]
    return found


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_other_real_rows_with_the_same_measurements_give_the_same_report(
    name: str, request: pytest.FixtureRequest
) -> None:
    """The source is filled with other people, and planned anew; what was measured and drawn is what it was."""
    way, before = request.getfixturevalue(name)
    fill(way.folder / "source.db", 1)
    generator = plugins.load("gateway.raw.generate.generators", way.plan.policy.generate.generator)
    with closing(open_source(SecretStr(f"sqlite:///{way.folder}/source.db"), None)) as source, source.snapshot() as now:
        plan = making.plan(way.plan.policy, now, generator=generator, progress=unheard)
        control = making.read(plan, now, secret=b"s", progress=unheard)[1]
    after = public_report(plan, making.load(plan, way.folder / "measured"), making.drawn(plan, way.folder / "drawn"))
    assert control.units.expose().num_rows != way.control.units.expose().num_rows, "the rows are others"
    assert report_json(after) == report_json(before)


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_other_measurements_give_another_report(name: str, request: pytest.FixtureRequest) -> None:
    way, before = request.getfixturevalue(name)
    measured = making.measure(way.plan, way.train, unheard)
    after = public_report(way.plan, measured, tuple(way.drawn().values()))
    assert report_json(after) != report_json(before)


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_columns_are_told_with_declared_cells_and_both_shares(name: str, request: pytest.FixtureRequest) -> None:
    _, report = request.getfixturevalue(name)
    people = table(report, "people")
    columns = {column.column: column for column in people.columns}
    assert [cell.label for cell in columns["sex"].cells] == ["(empty or other values)", "f", "m"]
    for column in people.columns:
        assert sum(cell.noisy.rate.rate for cell in column.cells) == pytest.approx(1, abs=0.01)
        assert sum(cell.synthetic.rate for cell in column.cells) == pytest.approx(1, abs=0.01)
        assert all(cell.noisy.low.rate <= cell.noisy.rate.rate <= cell.noisy.high.rate for cell in column.cells)
        assert column.distance.apart.rate < 0.15
    assert columns["age"].cells[-1].label.endswith(" to 99")
    assert columns["joined"].cells[-1].label.endswith(" to 2022-12-31")
    assert people.invented == ("id", "name")
    (joined,) = people.series
    assert (joined.column, joined.step) == ("joined", Step.MONTH)
    assert sum(period.rows.count for period in joined.periods) == people.rows.count


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_every_pair_was_measured_or_is_listed_as_not(name: str, request: pytest.FixtureRequest) -> None:
    _, report = request.getfixturevalue(name)
    people = table(report, "people")
    measured = {frozenset((pair.one, pair.other)) for pair in people.pairs if pair.distance is not None}
    others = {frozenset((one, other)) for one, names in people.unmeasured.items() for other in names}
    assert not measured & others
    many = len(people.columns)
    assert len(measured | others) == many * (many - 1) // 2


def test_histories_are_told_by_kind_with_what_they_hang_on(whole: tuple[Way, PublicReport]) -> None:
    visits = table(whole[1], "visits")
    columns = {column.column: column for column in visits.columns}
    assert set(columns) == {"day: days since the row before", "kind_id", "score"}
    assert all(column.bounded for column in visits.columns)
    assert {cell.label for cell in columns["kind_id"].cells} >= {"1", "2"}
    kinds = {cell.label.split(":")[0] for cell in columns["score"].cells}
    assert {"1", "2"} <= kinds
    assert columns["kind_id"].distance.apart.rate < 0.1
    assert ("people.age", "kind_id") in {(pair.one, pair.other) for pair in visits.pairs}
    assert [series.column for series in visits.series] == ["day"]


def test_a_public_table_is_called_a_copy_and_nothing_is_told_of_its_columns(whole: tuple[Way, PublicReport]) -> None:
    kinds = table(whole[1], "kinds")
    assert (kinds.rows.count, kinds.copied, kinds.invented, kinds.columns) == (2, True, (), ())


def test_no_name_of_anybody_is_in_it(whole: tuple[Way, PublicReport], alone: tuple[Way, PublicReport]) -> None:
    assert CANARY not in report_json(whole[1]).decode() + report_json(alone[1]).decode()


def test_correlations_that_were_measured_have_the_sign_of_the_real_ones(alone: tuple[Way, PublicReport]) -> None:
    way, report = alone
    pairs = {frozenset((pair.one, pair.other)): pair for pair in table(report, "people").pairs}
    found = pairs[frozenset(("sex", "age"))]
    assert found.synthetic_correlation is not None
    assert found.synthetic_correlation.rate > 0.2
    assert way.plan.is_alone
