"""The acceptance test's interval holds what it should, good rows pass, and bad ones do not, over many seeds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.database import Counters
from gateway.raw.generate.domain import Values
from gateway.raw.generate.schedule import Part, division
from gateway.raw.judge.acceptance import Question, ask
from gateway.raw.judge.acceptance_verdict import Acceptance, verdict
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PEOPLE, MADE, COLUMNS, CELLS = 4000, 4400, 5, 6
NEEDED = 0.1
SEEDS = 25
ASIDE = division(Budget(1.0, 1e-6), [Part(columns=COLUMNS, compared=COLUMNS)], acceptance=0.02).aside
assert ASIDE is not None
SHAPE = Table(
    name=TableName("people"),
    columns=tuple(Column(name=ColumnName(f"c{j}"), kind=Kind.INTEGER, native="bigint") for j in range(COLUMNS)),
)
AXES = [Axis(column=each.name, domain=Values(values=tuple(range(CELLS)), rest=True)) for each in SHAPE.columns]
PAIRS = tuple(itertools.combinations(range(COLUMNS), 2))
QUESTION = Question(
    table=SHAPE.name,
    axes=(*((axis,) for axis in AXES), *((AXES[one], AXES[two]) for one, two in PAIRS)),
    columns=tuple(axis.column for axis in AXES),
    members=(*((at,) for at in range(COLUMNS)), *PAIRS),
)


@dataclass
class Silent:
    """No noise at all."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        assert sigma > 0
        assert times == 1
        return counts


def drawn(rows: int, seed: int) -> NDArray[np.int64]:
    """Return people whose columns hang on one hidden thing."""
    random = np.random.default_rng([20261122, seed])
    hidden = random.integers(0, CELLS, rows)
    return np.where(random.random((COLUMNS, rows)) < 0.6, hidden, random.integers(0, CELLS, (COLUMNS, rows)))


def counted(codes: NDArray[np.int64]) -> Counters:
    rows = pa.Table.from_arrays([pa.array(column) for column in codes], schema=SHAPE.arrow_schema())
    return Counters(unit=MemoryCounter.of(RawTable(SHAPE, rows)), owned=lambda _: pytest.fail("nothing is owned"))


def shuffled(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.random.default_rng(1).permuted(codes, axis=1)


def wrong(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.vstack([np.zeros_like(codes[:1]), codes[1:]])


def told(people: Counters, made: NDArray[np.int64], *, exact: bool = False) -> Acceptance:
    noise = Silent() if exact else None
    assert ASIDE is not None
    return verdict(ask([QUESTION], people, counted(made), rows=PEOPLE + 7, aside=ASIDE, noise=noise), needed=NEEDED)


def test_good_rows_pass_and_bad_ones_fail_whoever_was_drawn() -> None:
    """About .04, .20 and .30 apart; the interval is +-.0073, so that no luck makes up for the difference."""
    for seed in range(SEEDS):
        people, made = counted(drawn(PEOPLE, 2 * seed)), drawn(MADE, 2 * seed + 1)
        assert told(people, made).passed
        for bad in (shuffled(made), wrong(made)):
            found = told(people, bad)
            assert not found.passed
            assert found.distance.low > NEEDED


def test_rows_that_are_beyond_the_threshold_pass_by_luck_no_oftener_than_is_said() -> None:
    people, made = counted(drawn(PEOPLE, 0)), drawn(MADE, 1)
    at = told(people, made, exact=True).distance.value
    assert ASIDE is not None
    answers = [ask([QUESTION], people, counted(made), rows=PEOPLE + 7, aside=ASIDE) for _ in range(400)]
    passed = sum(verdict(each, needed=at).passed for each in answers)
    assert passed <= binom.ppf(0.9999, 400, 0.025)
    inside = [found.low <= at <= found.high for found in (verdict(each, needed=1.0).distance for each in answers)]
    assert binom.ppf(0.0001, 400, 0.95) <= sum(inside) <= binom.ppf(0.9999, 400, 0.95)


def test_the_estimate_is_the_distance_that_everybody_knows() -> None:
    """Against another way to compute it: shares of two tables, not whole numbers in parts of people."""
    real, made = drawn(PEOPLE, 8), wrong(drawn(MADE, 9))
    of_columns: list[list[float]] = [[] for _ in range(COLUMNS)]
    for axes in [*itertools.combinations(range(COLUMNS), 1), *itertools.combinations(range(COLUMNS), 2)]:
        shares = []
        for codes in (real, made):
            cells = np.ravel_multi_index(tuple(codes[list(axes)]), (CELLS,) * len(axes))
            shares.append(np.bincount(cells, minlength=CELLS ** len(axes)) / codes.shape[1])
        for at in axes:
            of_columns[at].append(float(np.abs(shares[0] - shares[1]).sum() / 2))
    found = told(counted(real), made, exact=True)
    # the number of people is noisy, here by 7 too many
    assert found.distance.value == pytest.approx(np.mean(of_columns), abs=7 / PEOPLE)
    assert [each.value for each in found.columns[SHAPE.name].values()] == pytest.approx(
        np.mean(of_columns, axis=1), abs=7 / PEOPLE
    )
    assert found.compared == COLUMNS * (COLUMNS + 1) / 2


def test_what_chance_does_is_known_and_can_be_taken_out() -> None:
    """Rows of the very same people, drawn with replacement: all of the distance is chance, and the model has none."""
    people = drawn(PEOPLE, 3)
    again = people[:, np.random.default_rng(5).integers(0, PEOPLE, MADE)]
    found = told(counted(people), again, exact=True)
    by_chance = found.sampling[found.farthest]
    assert found.distance.value == pytest.approx(by_chance, rel=0.1)
    assert found.model.value < 0.5 * by_chance
    # of a model that is wrong, most is left
    other = told(counted(people), shuffled(again), exact=True)
    many = np.repeat(shuffled(people), 40, axis=1)
    truth = told(counted(people), many, exact=True).distance.value
    assert other.model.value == pytest.approx(truth, abs=0.01)
