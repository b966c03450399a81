"""The distinguishing game on whole databases: one person with all they own loses what is claimed, and faults show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.estimation.histories.clipping import CLIPS
from gateway.estimation.histories.terms import Term
from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate import database
from gateway.raw.generate.database import Counters, DatabaseMeasurements, Kindred, TablePlan, in_memory
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.histories import Coding, HistoryCounter
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.judge.game import score
from gateway.raw.judge.replaying import HIDDEN, Recording, Replay
from gateway.vocabulary.names import ColumnName
from tests.made_up_families import COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, People, alone, joined, people

BUDGET = Budget(6.0, 1e-5)
DAY = ColumnName("day")
PLANS = {
    PERSONS: TablePlan(domains=dict.fromkeys(COLUMNS[PERSONS]), share=0.3),
    VISITS: TablePlan(
        domains=dict.fromkeys(name for name in COLUMNS[VISITS] if name != DAY), share=0.4, order=DAY,
        since=ColumnName("enrolled"), kind=ColumnName("test"), most=1000,
    ),
    DRUGS: TablePlan(
        domains={ColumnName("drug"): None, ColumnName("dose"): DomainClause(lowest=0, highest=500)}, share=0.3, most=10,
    ),
}  # fmt: skip
OTHERS = people(40, seed=3)


TARGETS = {"much": alone(300, 8), "little": alone(1, 1), "nothing owned": alone(0, 0), "one more": people(1, seed=9)}


def pair(target: People) -> tuple[Counters, Counters]:
    without, within = (in_memory(derive(each.family(), LINEAGE), PLANS) for each in (OTHERS, joined(OTHERS, target)))
    return without, within


KINDRED = Kindred.of(derive(OTHERS.family(), LINEAGE), PLANS)


def measure(counters: Counters, noise: Noise) -> DatabaseMeasurements:
    return database.measure(
        KINDRED, counters, generator=load("gateway.raw.generate.generators", "pairwise"), budget=BUDGET,
        progress=lambda _stage, _share: None, noise=noise,
    )  # fmt: skip


def lost(asked: Callable[[Counters, Noise], DatabaseMeasurements], target: str) -> tuple[float, float]:
    """Return mu of what answers to the two questions could tell apart, and of what is claimed to be spent."""
    without, within = pair(TARGETS[target])
    recording = Recording(DiscreteGaussian())
    first = asked(recording.watch(without), recording)
    replay = Replay(recording)
    asked(replay.watch(within), replay)
    assert replay.finished
    squared = sum(call.times * moved / call.sigma**2 for call, moved in zip(replay.calls, replay.moved, strict=True))
    return math.sqrt(squared), accountant.parameter(first.events)


@pytest.mark.parametrize("target", TARGETS)
def test_one_person_with_all_they_own_moves_no_more_than_is_claimed(target: str) -> None:
    moved, claim = lost(measure, target)
    assert 0 < moved <= claim
    assert accountant.gaussian_epsilon(claim, BUDGET.delta) <= BUDGET.epsilon


@pytest.mark.parametrize("target", ["much", "nothing owned"])
def test_with_the_same_answers_nothing_else_differs(target: str) -> None:
    for side in (False, True):
        assert math.isfinite(score(measure, pair(TARGETS[target]), target=side, noise=DiscreteGaussian()))


class Unclipped:
    """Planted: nobody's part is cut."""

    def __init__(self, honest: HistoryCounter) -> None:
        self._honest = honest

    def count(self, coding: Coding, terms: Sequence[tuple[Term, int]]) -> list[NDArray[np.int64]]:
        return self._honest.count(coding, [(term, CLIPS - 1) for term, _ in terms])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)


def _uncut(counters: Counters, noise: Noise) -> DatabaseMeasurements:
    return measure(
        Counters(unit=counters.unit, owned=lambda table: cast("Any", Unclipped(counters.owned(table)))), noise
    )


def test_a_forgotten_clip_shows() -> None:
    moved, claim = lost(_uncut, "much")
    assert moved > 3 * claim


def _peeking(counters: Counters, noise: Noise) -> DatabaseMeasurements:
    """Ask once more where a text is there that hardly anybody has."""
    found = measure(counters, noise)
    texts, _ = counters.owned(VISITS).values(ColumnName("test"), most=3)
    if "only one has test 0" in texts:
        noise.add(np.zeros(1, dtype=np.int64), sigma=5.0)
    return found


def test_a_query_more_about_what_is_owned_is_certainty() -> None:
    assert score(_peeking, pair(TARGETS["much"]), target=True, noise=DiscreteGaussian()) == math.inf


def test_values_that_one_persons_rows_alone_have_are_answered_as_not_found() -> None:
    without, within = pair(TARGETS["little"])
    recording = Recording(DiscreteGaussian())
    _, counts = recording.watch(without).owned(VISITS).values(ColumnName("test"), most=16)
    answer = recording.add(counts * 2**20, sigma=2.0**20)
    replay = Replay(recording)
    texts, counts = replay.watch(within).owned(VISITS).values(ColumnName("test"), most=16)
    again = replay.add(counts * 2**20, sigma=2.0**20)
    at = texts.index("only one has test 0")
    assert again[at] == HIDDEN
    assert sorted(np.delete(again, at)) == sorted(answer)
    assert replay.moved == [2**40]
