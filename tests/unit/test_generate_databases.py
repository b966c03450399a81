"""Whole databases: one budget, nothing but noisy answers decides, rows that fit together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.family import first_name, rows_name, span_name
from gateway.raw.generate import database, rebuilding
from gateway.raw.generate.database import DatabaseMeasurements, Kindred, TablePlan, count_grid, in_memory, time_grid
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.rebuilding import Portion
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Kind
from tests.made_up_families import CANARY, COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, People, joined, people

BUDGET = Budget(3.0, 1e-5)
LAST = dt.date(2020, 1, 1)
DAY = ColumnName("day")
PLANS = {
    PERSONS: TablePlan(domains=dict.fromkeys(COLUMNS[PERSONS]), share=0.3),
    VISITS: TablePlan(
        domains=dict.fromkeys(name for name in COLUMNS[VISITS] if name != DAY),
        share=0.5,
        order=DAY,
        order_domain=DomainClause(lowest=dt.date(1980, 1, 1), highest=LAST),
        since=ColumnName("enrolled"),
        kind=ColumnName("test"),
        most=1000,
    ),
    DRUGS: TablePlan(
        domains={
            ColumnName("drug"): DomainClause(values=[f"{CANARY} drug {number}" for number in range(1, 31)]),
            ColumnName("dose"): None,
        },
        share=0.2,
        most=10,
    ),
}


def measured(persons: People, noise: object = None) -> tuple[DatabaseMeasurements, Kindred]:
    family = derive(persons.family(), LINEAGE)
    kindred = Kindred.of(family, PLANS)
    generator = load("gateway.raw.generate.generators", "pairwise")
    found = database.measure(
        kindred,
        in_memory(family, PLANS),
        generator=generator,
        budget=BUDGET,
        progress=lambda _stage, _share: None,
        noise=noise,
    )
    return found, kindred


@pytest.fixture(scope="module")
def known() -> tuple[DatabaseMeasurements, Kindred]:
    return measured(people(600, seed=2))


@pytest.fixture(scope="module")
def fitted(known: tuple[DatabaseMeasurements, Kindred]) -> rebuilding.FittedDatabase:
    return rebuilding.fit(
        known[0],
        known[1],
        generator=load("gateway.raw.generate.generators", "pairwise"),
        progress=lambda _stage, _share: None,
    )


def drawn(fitted: rebuilding.FittedDatabase, units: int, *, seed: int = 5) -> dict[TableName, list[Portion]]:
    found: dict[TableName, list[Portion]] = {}
    for portion in fitted.sample(units, seed=seed, progress=lambda _stage, _share: None):
        found.setdefault(portion.table, []).append(portion)
    return found


def whole(portions: list[Portion]) -> tuple[pa.Table, np.ndarray]:
    lengths = [each.lengths for each in portions if each.lengths is not None]
    return pa.concat_tables([each.rows for each in portions]), np.concatenate(lengths or [np.zeros(0, dtype=np.int64)])


def test_all_tables_together_cost_the_budget_and_no_more(known: tuple[DatabaseMeasurements, Kindred]) -> None:
    assert 0.99 * BUDGET.epsilon < accountant.epsilon(known[0].events, BUDGET.delta) <= BUDGET.epsilon


def test_measurements_read_back_as_they_were(known: tuple[DatabaseMeasurements, Kindred], tmp_path: Path) -> None:
    known[0].save(tmp_path / "one")
    again = database.load(tmp_path / "one", load("gateway.raw.generate.generators", "pairwise"))
    again.save(tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 3 * 3
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    counts = tmp_path / "one" / "owned-000" / "counts.arrow"
    counts.write_bytes(counts.read_bytes()[:-1] + b"\0")
    with pytest.raises(ArtefactFailed, match="owned-000"):
        database.load(tmp_path / "one", load("gateway.raw.generate.generators", "pairwise"))


def test_of_few_units_the_numbers_of_owned_rows_are_counted_most_exactly(
    known: tuple[DatabaseMeasurements, Kindred],
) -> None:
    sigma = {each.column.name: float(each.sigma.max()) for each in known[0].unit.columns}
    assert sigma[rows_name(VISITS)] < 0.7 * min(of for name, of in sigma.items() if name != rows_name(VISITS))


def test_rows_fit_their_owners_and_what_is_declared(fitted: rebuilding.FittedDatabase) -> None:
    tables = drawn(fitted, 1200)
    assert list(tables) == [PERSONS, VISITS, DRUGS]
    persons, _ = whole(tables[PERSONS])
    visits, per_person = whole(tables[VISITS])
    drugs, per_visit = whole(tables[DRUGS])
    assert (persons.num_rows, per_person.size, per_visit.size) == (1200, 1200, visits.num_rows)
    assert (visits.num_rows, drugs.num_rows) == (per_person.sum(), per_visit.sum())
    for rows, name in ((persons, PERSONS), (visits, VISITS), (drugs, DRUGS)):
        shape = fitted.kindred.shapes[name]
        assert {field.name: field.type for field in rows.schema} == {
            c.name: c.arrow_type for c in shape.columns if c.name in rows.column_names
        }
    assert per_person.tolist() == persons.column(rows_name(VISITS)).to_pylist()
    assert per_visit.tolist() == visits.column(rows_name(DRUGS)).to_pylist()
    some = np.array(persons.column(rows_name(VISITS)).to_pylist()) > 0
    for name in (first_name(VISITS), span_name(VISITS)):
        assert persons.column(name).is_valid().to_pylist() == some.tolist()
    days = visits.column(DAY).to_pylist()
    assert max(days) <= LAST
    owner = np.repeat(np.arange(1200), per_person)
    assert all(b >= a for a, b, i, j in zip(days, days[1:], owner, owner[1:], strict=False) if i == j)


def test_the_same_seed_gives_the_same_rows(fitted: rebuilding.FittedDatabase) -> None:
    one, same, other = (
        {name: whole(portions)[0] for name, portions in drawn(fitted, 80, seed=seed).items()} for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


class Blind:
    """Answers that say nothing of the counts: a row of draws that is the same at every run."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(3)

    def add(self, counts: np.ndarray, *, sigma: float, times: int = 1) -> np.ndarray:
        # a search answers for as many values as there are: that may not move the draws that follow, and none shows
        own = np.random.default_rng(int(self.random.integers(2**32)))
        return np.rint(own.normal(0, sigma * times**0.5, counts.shape)).astype(np.int64)


def test_nothing_but_noisy_answers_decides(tmp_path: Path) -> None:
    few = people(40, seed=3)
    strange = people(1, seed=8)
    extreme = People(
        persons=strange.persons.set_column(0, strange.persons.schema.field(0), pa.array([10**9])),
        visits=pa.table(
            {
                "day": pa.array([None, 10**6] * 450, pa.int32()).cast(pa.date32()),
                "test": ["only one has this", None] * 450,
                "value": [float("nan"), 1e300] * 450,
                "note": [None] * 900,
            },
            schema=strange.visits.schema,
        ),
        visit_starts=np.array([0, 900]),
        drugs=pa.table({"drug": ["nobody else"] * 9000, "dose": [-(2**62)] * 9000}, schema=strange.drugs.schema),
        drug_starts=np.arange(0, 9001, 10),
    )
    others = joined(extreme, extreme)  # not one row in common
    for name, family in (("one", few), ("other", others)):
        measured(family, Blind())[0].save(tmp_path / name)
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "other" / path.relative_to(tmp_path / "one")).read_bytes(), (
                path.name
            )


def test_numbers_of_rows_have_a_cell_each_and_then_four_to_an_octave() -> None:
    starts = count_grid(1000).starts
    assert starts[:65] == tuple(range(65))
    assert starts[65:70] == (76, 91, 108, 128, 152)
    assert starts[-1] <= 1000 < starts[-1] * 2**0.26
    assert count_grid(1).starts == (0, 1)


@pytest.mark.parametrize("kind", [Kind.DATE, Kind.DATETIME])
def test_times_since_another_have_cells_of_either_sign(kind: Kind) -> None:
    starts = time_grid(kind, both=True).starts
    assert list(starts) == sorted(set(starts))
    assert {0, 1} <= set(starts)
    assert starts[0] == 1 - starts[-1]
    assert min(time_grid(kind, both=False).starts) == 0
