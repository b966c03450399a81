"""What is found out of the columns of histories: where numbers lie, on which step, and what rare kinds say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gateway.estimation.histories.terms import NOWHERE
from gateway.privacy.budget import Budget
from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate import history_looking, history_survey
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.history_columns import HistoryColumn
from gateway.raw.generate.history_looking import ALL, Grains
from gateway.raw.generate.history_survey import Childhood, Survey
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.schedule import Part, schedules
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PERSONS, RESULTS = TableName("persons"), TableName("results")
TEST, VALUE = ColumnName("test"), ColumnName("value")
TESTS = ("common", "fine", "rare")
KINDS = {TEST: Kind.ENUM, VALUE: Kind.FLOAT}


def persons(many: int, *, seed: int) -> Family:
    """Persons with a dozen whole numbers and a few of two digits each; one in four has a single 0 or 1 as well."""
    random = np.random.default_rng(seed)
    tests, values, starts = [], [], [0]
    for _ in range(many):
        rare = random.random() < 0.25
        own = [0] * int(random.integers(8, 16)) + [1] * int(random.integers(0, 4)) + [2] * rare
        drawn = [np.rint(random.normal(90, 20)), np.round(random.gamma(2, 1.3), 2), float(random.random() < 0.3)]
        tests += own
        values += [drawn[test] + (random.integers(9) if test == 0 else 0) for test in own]
        starts.append(len(tests))
    shape = Table(
        name=RESULTS,
        columns=tuple(
            Column(name=name, kind=kind, native="", values=TESTS if name == TEST else ())
            for name, kind in KINDS.items()
        ),
    )
    rows = pa.table([pa.array(np.array(TESTS)[tests]), pa.array(values, pa.float64())], schema=shape.arrow_schema())
    unit = RawTable(Table(name=PERSONS, columns=()), pa.table({"p": np.zeros(many)}).select([]))
    owned = {RESULTS: OwnedRows(rows=RawTable(shape, rows), starts=np.array(starts))}
    return Family(unit=PERSONS, units=unit, owned=owned, owner_of={RESULTS: PERSONS})


class Again:
    """The same noise each time: it protects nobody, and a right survey that is unlucky once in ten fails no run."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(4)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        drawn = self._generator.normal(scale=sigma * times**0.5, size=counts.shape)
        return np.asarray(counts * times + np.rint(drawn).astype(np.int64))


def surveyed(family: Family, epsilon: float, *, quanta: int = 150) -> HistoryColumn:
    task = Childhood(domains={VALUE: None, TEST: None}, kind=TEST)
    (plan,) = schedules(Budget(epsilon, 1e-6), [Part(columns=2, histories=True)])
    known = Survey(
        counter=MemoryHistories(family, RESULTS, order=None),
        task=task,
        meter=Meter(Again(), plan),
        progress=lambda _stage, _share: None,
    )
    history_survey.survey(known, quanta=quanta)
    assert known.meter.left == plan.quanta - quanta
    return known.columns[1]


def test_floats_are_seen_to_keep_a_step_or_none() -> None:
    column = surveyed(persons(4_000, seed=1), 8.0)
    assert column.grain_of == (0, 1, 2)
    steps = [grain.domain.lattice for grain in column.grains if isinstance(grain.domain, Ranges)]
    common, close, rare = (0.0 if step is None else step.modulus for step in steps)
    assert (common, close) == (1.0, 0.01)
    # 0 and 1 may be told from other tenths only by what is not there
    assert rare in {0.1, 0.5, 1.0}


def test_what_rare_kinds_say_is_not_drowned_by_common_ones() -> None:
    family = persons(4_000, seed=2)
    rows = family.owned[RESULTS].rows.expose()
    values = rows["value"].to_numpy()[rows["test"].to_numpy(zero_copy_only=False) == "rare"]
    rare = surveyed(family, 2.0).grains[2]
    assert isinstance(rare.domain, Ranges)
    starts = np.array(rare.domain.starts)
    mass = rare.mass[rare.domain.first :]
    mean = float((mass * (starts + rare.domain.ends(whole=False)) / 2).sum() / mass.sum())
    assert mean == pytest.approx(values.mean(), abs=0.12)
    assert rare.mass.sum() > 0.6 * len(values)


@pytest.mark.parametrize("quanta", [12, 40])
def test_a_survey_costs_what_it_was_given_whatever_the_rows(quanta: int) -> None:
    for many in (1, 40):
        surveyed(persons(many, seed=3), 0.5, quanta=quanta)


def test_kinds_are_counted_with_those_of_like_weight_and_each_once() -> None:
    by = Grains(of=(2, 0, 1, 3, 2), together=((0,), (1, 3), (2,)))
    found = list(history_looking.tables(by, 10))
    assert [some for some, _, _ in found] == [(0,), (1, 3), (2,)]
    assert sum(part for _, _, part in found) == 10
    looks = [term.contexts[0].bin_of for _, term, _ in found]
    assert looks == [(-1, 0, -1, -1, -1), (-1, -1, 0, 1, -1), (0, -1, -1, -1, 0)]
    assert {NOWHERE} == {min(look or (0,)) for look in looks}


def test_few_quanta_are_not_divided() -> None:
    by = Grains(of=(0, 1, 2), together=((0,), (1,), (2,)))
    ((some, term, part),) = history_looking.tables(by, 5, least=2)
    assert (some, part) == ((0, 1, 2), 5)
    assert term.contexts[0].bin_of == (0, 1, 2)
    ((_, alone, _),) = history_looking.tables(ALL, 1)
    assert not alone.contexts
