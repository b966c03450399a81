"""The distinguishing game on measurements and acceptance test together: what is claimed holds, and faults show."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest

from gateway.estimation.histories import sharing
from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.privacy.distinguishing import lower_bounds
from gateway.raw.generate import database
from gateway.raw.generate.database import Counters, DatabaseMeasurements, Kindred, TablePlan, in_memory
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.metering import WEIGHT
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.judge import acceptance
from gateway.raw.judge.acceptance import Answer, Question
from gateway.raw.judge.game import play, score
from gateway.raw.judge.replaying import Recording, Replay
from gateway.vocabulary.names import ColumnName
from tests.made_up_families import COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, alone, joined, people

BUDGET = Budget(6.0, 1e-5)
SHARE = 0.2
"""More than a policy would set aside, so that few games show what is lost by the test."""
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
MADE = in_memory(derive(people(50, seed=4).family(), LINEAGE), PLANS)
KINDRED = Kindred.of(derive(OTHERS.family(), LINEAGE), PLANS, acceptance=SHARE)
GENERATOR = load("gateway.raw.generate.generators", "pairwise")
ASIDE = KINDRED.division(GENERATOR, BUDGET).aside
assert ASIDE is not None
Found = tuple[DatabaseMeasurements, tuple[Answer, ...]]


TARGETS = {"much": alone(1000, 3), "little": alone(1, 1), "nothing owned": alone(0, 0), "one more": people(1, seed=9)}


def pair(target: str) -> tuple[Counters, Counters]:
    families = (OTHERS, joined(OTHERS, TARGETS[target]))
    without, within = (in_memory(derive(each.family(), LINEAGE), PLANS) for each in families)
    return without, within


def measured(counters: Counters, noise: Noise) -> Found:
    found = database.measure(
        KINDRED, counters, generator=GENERATOR, budget=BUDGET, progress=lambda *_: None, noise=noise
    )
    asked = acceptance.questions(found, PERSONS, seed=1)
    return found, acceptance.ask(asked, counters, MADE, rows=found.rows, aside=ASIDE, noise=noise)


def claim(found: Found) -> float:
    return accountant.parameter([*found[0].events, ASIDE.event])


def lost(target: str) -> tuple[float, float, float]:
    """Return mu of what all answers could tell apart, of what the last of them could, and of what is claimed."""
    without, within = pair(target)
    recording = Recording(DiscreteGaussian())
    first = measured(recording.watch(without), recording)
    replay = Replay(recording)
    measured(replay.watch(within), replay)
    assert replay.finished
    parts = [call.times * moved / call.sigma**2 for call, moved in zip(replay.calls, replay.moved, strict=True)]
    return math.sqrt(sum(parts)), math.sqrt(parts[-1]), claim(first)


@pytest.mark.parametrize("target", TARGETS)
def test_one_person_moves_measurements_and_the_test_no_more_than_is_claimed(target: str) -> None:
    moved, tested, claimed = lost(target)
    assert 0 < moved <= claimed
    assert 0 < tested <= accountant.parameter([ASIDE.event])
    assert accountant.epsilon_independently([ASIDE.event], 1e-5) < BUDGET.epsilon
    assert accountant.gaussian_epsilon(claimed, BUDGET.delta) <= BUDGET.epsilon


@pytest.mark.parametrize("target", ["much"])
def test_with_the_same_answers_nothing_else_differs(target: str) -> None:
    for side in (False, True):
        assert math.isfinite(score(measured, pair(target), target=side, noise=DiscreteGaussian()))


@pytest.fixture
def as_if_there_were_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant a fault: the noise is that of a single comparison, and there are many."""
    monkeypatch.setattr(Question, "weight", property(lambda asked: WEIGHT // math.isqrt(len(asked.columns))))


@pytest.mark.usefixtures("as_if_there_were_one")
@pytest.mark.parametrize("target", ["much", "nothing owned"])
def test_a_forgotten_sensitivity_shows(target: str) -> None:
    moved, tested, claimed = lost(target)
    assert tested > accountant.parameter([ASIDE.event])
    assert moved > claimed


@pytest.fixture
def by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant a fault: people count once for each row they own."""
    honest = sharing.shared

    def once_for_each_row(cells: np.ndarray, unit: np.ndarray, *, size: int, weight: int) -> np.ndarray:
        return honest(cells, np.arange(unit.size), size=size, weight=weight)

    monkeypatch.setattr(sharing, "shared", once_for_each_row)


@pytest.mark.usefixtures("by_rows")
@pytest.mark.audit
def test_people_who_weigh_what_they_own_show() -> None:
    _, tested, _ = lost("much")
    assert tested > 100 * accountant.parameter([ASIDE.event])


LOUD = dataclasses.replace(ASIDE, sigma=0.5)
"""Loses more than a policy would let it: the more is lost, the fewer games prove it."""


def the_test_alone(counters: Counters, noise: Noise, *, asked: tuple[Question, ...]) -> tuple[Answer, ...]:
    return acceptance.ask(asked, counters, MADE, rows=40, aside=LOUD, noise=noise)


def proven(target: str, games: int) -> float:
    """Return mu that games prove of the test alone, whose comparisons follow from one measurement: some of them."""
    every = acceptance.questions(measured(pair(target)[0], DiscreteGaussian())[0], PERSONS, seed=1)
    asked = tuple(
        dataclasses.replace(each, axes=each.axes[:4], terms=each.terms[:4], members=each.members[:4]) for each in every
    )
    measure: Callable[[Counters, Noise], tuple[Answer, ...]] = lambda counters, noise: the_test_alone(  # noqa: E731
        counters, noise, asked=asked
    )
    scores = play(measure, pair(target), games=games)
    return lower_bounds(scores.without, scores.within, delta=1e-5).mu


@pytest.mark.audit
@pytest.mark.timeout(1200)
def test_games_prove_no_more_than_is_claimed_and_most_of_it() -> None:
    found, claimed = proven("little", 300), accountant.parameter([LOUD.event])
    assert 0.5 * claimed <= found <= claimed


@pytest.mark.audit
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("as_if_there_were_one")
def test_games_catch_a_forgotten_sensitivity() -> None:
    assert proven("little", 300) > accountant.parameter([LOUD.event])


def test_the_budget_is_divided_as_was_said() -> None:
    whole = KINDRED.division(GENERATOR, BUDGET)
    bare = dataclasses.replace(KINDRED, acceptance=0.0).division(GENERATOR, BUDGET)
    assert bare.aside is None
    spent = sum(part.mu**2 for part in whole.parts)
    assert accountant.parameter([ASIDE.event]) ** 2 == pytest.approx(SHARE / (1 - SHARE) * spent, rel=1e-3)
    # of shares of people: each table has what it had, but for the share that is kept
    for part, before in zip(whole.parts, bare.parts, strict=True):
        assert part.mu**2 == pytest.approx((1 - SHARE) * before.mu**2, rel=2e-3)
        assert part.selection_delta == before.selection_delta
