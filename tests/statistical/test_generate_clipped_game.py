"""Clipped tables and searches over histories, played against: what is lost is what is claimed, and faults are seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from gateway.estimation.histories import clipping
from gateway.estimation.histories.clipping import SCALE
from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.distinguishing import LowerBounds, lower_bounds
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Part, Schedule, schedules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BUDGET = Budget(6.0, 1e-5)
DELTA = BUDGET.delta
CELLS = 60
CLIP = 9
GAMES = 6_000
ALARM = 1e-7


def histories(target: NDArray[np.int64], *, units: int = 40) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cells and units of the rows of some units, and last of all those of ``target``."""
    generator = np.random.default_rng(2)
    rows = generator.integers(0, 12, units)
    cells = np.concatenate([generator.integers(0, CELLS, rows.sum()), target])
    return cells.astype(np.int32), np.concatenate([np.repeat(np.arange(units), rows), np.full(target.size, units)])


SPREAD = np.arange(500) % CELLS
"""500 rows, in all cells."""
ALIKE = np.zeros(500, dtype=np.int64)
"""500 rows, in one cell."""
FEW = np.array([1, 1, 1])
"""Three rows whose norm is the bound itself."""


def clipped(target: NDArray[np.int64]) -> NDArray[np.int64]:
    cells, unit = histories(target)
    return clipping.clipped(cells, unit, size=CELLS, clip=CLIP)


def forgotten(target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Planted: nobody's part is cut."""
    return np.bincount(histories(target)[0], minlength=CELLS) * SCALE


def truncated(target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Planted: CLIP rows of everybody are kept, as if their norm were the root of that: true in cells of their own."""
    return np.bincount(histories(target[:CLIP])[0], minlength=CELLS) * SCALE


def played(
    table: Callable[[NDArray[np.int64]], NDArray[np.int64]], target: NDArray[np.int64], *, quanta: int = 40
) -> tuple[float, LowerBounds]:
    """Return the mu that is claimed, and what games prove that look in the one direction that tells."""
    (plan,) = schedules(BUDGET, [Part(columns=2, histories=True)])
    plan = Schedule(
        quantum=plan.quantum * math.sqrt(quanta / plan.quanta),
        quanta=quanta,
        score=0.0,
        scores=0,
        selection_delta=0.0,
        selections=0,
        histories=True,
    )
    pair = table(np.zeros(0, dtype=np.int64)), table(target)
    direction = (pair[1] - pair[0]).astype(np.float64)
    direction /= np.linalg.norm(direction)
    scores = []
    for exact in pair:
        # the games of a side side by side: each cell has noise of its own
        meter, games = Meter(DiscreteGaussian(), plan), np.tile(exact, (GAMES, 1))
        first = meter.clipped("", games, clip=CLIP, quanta=quanta // 4)
        second = meter.clipped("", games, clip=CLIP, quanta=meter.left)
        scores.append((first.counts / 4 + second.counts * 3 / 4) @ direction)
        claim = accountant.parameter(meter.events)
    return claim, lower_bounds(scores[0].tolist(), scores[1].tolist(), delta=DELTA)


@pytest.mark.parametrize("target", [SPREAD, ALIKE, FEW], ids=["500 rows everywhere", "500 rows alike", "three alike"])
def test_a_unit_of_any_size_loses_what_is_claimed_and_no_more(target: NDArray[np.int64]) -> None:
    claim, proven = played(clipped, target)
    assert accountant.gaussian_epsilon(claim, DELTA) == pytest.approx(BUDGET.epsilon, rel=2e-3)
    assert 0.8 * claim < proven.mu <= claim
    assert proven.epsilon <= BUDGET.epsilon


@pytest.mark.parametrize("target", [SPREAD, ALIKE], ids=["500 rows everywhere", "500 rows alike"])
def test_a_forgotten_clip_is_caught(target: NDArray[np.int64]) -> None:
    claim, proven = played(forgotten, target)
    assert proven.mu > claim
    assert proven.epsilon > BUDGET.epsilon / 2


def test_rows_cut_to_k_and_accounted_as_the_root_of_k_are_caught() -> None:
    claim, proven = played(truncated, ALIKE)
    assert proven.mu > 1.5 * claim
    # rows in cells of their own do not show the fault, which is why it is easily made
    claim, proven = played(truncated, SPREAD)
    assert proven.mu <= claim


# ---------------------------------------------------------------- searches over histories


def _passing(*, units: int, most: int, delta: float, quanta: tuple[int, ...]) -> tuple[list[int], list[float]]:
    """Return after each round how many units, of ``most`` values that nobody else has, show any; and the chance."""
    plan = Schedule(
        quantum=25.0,
        quanta=sum(quanta),
        score=0.0,
        scores=0,
        selection_delta=delta,
        selections=len(quanta),
        histories=True,
    )
    texts = [f"{number:08}" for number in range(units * most)]
    meter = Meter(DiscreteGaussian(), plan)
    search = meter.search("", texts, np.ones(len(texts), dtype=np.int64), public=np.ones(1, dtype=np.int64), most=most)
    width = calibration.width(25.0, squared=(most + 1) * SCALE**2)
    found, chance, answers = [], [], 0
    for part in quanta:
        shown, _ = search.more(part, pieces=1)
        found.append(np.unique([int(text) // most for text in shown]).size)
        answers += part
        bar = calibration.threshold(width, delta, times=answers, one=SCALE, most=most)
        tail = calibration.tail(width, bar - answers * SCALE, times=answers)
        chance.append(-math.expm1(most * math.log1p(-tail)))
    return found, chance


@pytest.mark.parametrize("most", [1, 4, 8])
def test_mistake_02_a_unit_shows_any_value_of_its_own_with_a_chance_of_delta_at_most(most: int) -> None:
    _holds(units=40_000 // most, most=most, delta=0.01)


@pytest.mark.audit
@pytest.mark.timeout(1800)
def test_mistake_02_the_same_over_a_million_values() -> None:
    _holds(units=125_000, most=8, delta=2e-3)


def _holds(*, units: int, most: int, delta: float) -> None:
    found, chance = _passing(units=units, most=most, delta=delta, quanta=(3, 9))
    assert 0.97 * delta < chance[0] <= delta
    assert stats.binomtest(found[0], units, chance[0]).pvalue > ALARM
    assert found[1] >= found[0]
    assert stats.binomtest(found[1], units, 2 * delta, alternative="greater").pvalue > ALARM


def test_mistake_02_a_threshold_for_one_value_would_let_more_pass() -> None:
    most, delta, units = 8, 0.01, 5_000
    found, _ = _passing(units=units, most=most, delta=delta * most, quanta=(3,))
    assert stats.binomtest(found[0], units, delta, alternative="greater").pvalue < ALARM
