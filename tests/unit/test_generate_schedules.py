"""One budget for several tables, and the meter of a table of histories."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.estimation.histories.clipping import SCALE
from gateway.plugins import load, names
from gateway.policy.model import DomainClause
from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import ClippedGaussianEvent, DiscreteGaussianEvent, Event, SelectionEvent
from gateway.raw.generate import schedule as planning
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Part, Schedule, schedule, schedules
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGET = Budget(1.0, 1e-6)
PACKAGE = "gateway.raw.generate.generators"
PLAN = Schedule(quantum=40.0, quanta=60, score=9.0, scores=0, selection_delta=1e-3, selections=2, histories=True)


class Frozen:
    """No noise at all, and a record of what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, int]] = []

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        self.asked.append((counts.size, sigma, times))
        return times * counts


def spent_whole(plans: tuple[Schedule, ...], *, clip: int) -> list[Event]:
    """What is recorded when all of the plans is spent, all quanta of histories on tables of one bound."""
    events: list[Event] = []
    for plan in plans:
        if plan.histories:
            events.append(ClippedGaussianEvent(label="", sigma=plan.quantum, cells=9, clip=clip, times=plan.quanta))
        else:
            events.append(DiscreteGaussianEvent(label="", sigma=plan.quantum, cells=9, times=plan.quanta))
        events += [DiscreteGaussianEvent(label="", sigma=plan.score, cells=1)] * plan.scores
        events += [SelectionEvent(label="", delta=plan.selection_delta)] * plan.selections
    return events


# ---------------------------------------------------------------- one budget, several tables


@pytest.mark.parametrize("budget", [BUDGET, Budget(0.2, 1e-9), Budget(6.0, 1e-5)])
@pytest.mark.parametrize(
    "parts",
    [
        [Part(columns=3)],
        [Part(columns=40, histories=True)],
        [Part(columns=3, searched=1, scores=6, share=0.3), Part(columns=8, searched=2, histories=True, share=0.7)],
        [Part(columns=9, share=3.0), Part(columns=20, histories=True), Part(columns=2, searched=1, histories=True)],
    ],
)
def test_all_parts_together_cost_the_budget_and_no_more(budget: Budget, parts: list[Part]) -> None:
    plans = schedules(budget, parts)
    events = spent_whole(plans, clip=7)
    assert 0.998 * budget.epsilon < accountant.epsilon(events, budget.delta) <= budget.epsilon
    assert accountant.concentrated(events) <= calibration.rho(budget)
    total, shares = accountant.parameter(events) ** 2, sum(part.share for part in parts)
    for plan, part in zip(plans, parts, strict=True):
        assert plan.mu**2 / total == pytest.approx(part.share / shares, rel=1e-3)
        assert plan.histories == part.histories
        assert (plan.scores, plan.score > 0) == (part.scores, part.scores > 0)
        assert (plan.selections, plan.selection_delta > 0) == (8 * part.searched, part.searched > 0)
        assert plan.quanta >= 20 * part.columns


def test_leaving_one_part_out_of_what_was_spent_leaves_a_gap() -> None:
    plans = schedules(BUDGET, [Part(columns=3, searched=1), Part(columns=9, histories=True, searched=1)])
    whole = accountant.epsilon(spent_whole(plans, clip=2), BUDGET.delta)
    for plan in plans:
        assert accountant.epsilon(spent_whole((plan,), clip=2), BUDGET.delta) < 0.8 * whole


def test_the_delta_of_searches_goes_by_share_to_the_parts_that_search() -> None:
    one, two, three = schedules(
        BUDGET,
        [
            Part(columns=2, searched=1, share=0.2),
            Part(columns=2, searched=3, share=0.6, histories=True),
            Part(columns=2, share=0.2, histories=True),
        ],
    )
    assert one.selection_delta * one.selections == pytest.approx(0.2 * BUDGET.delta / 4)
    assert two.selection_delta * two.selections == pytest.approx(0.2 * BUDGET.delta * 3 / 4)
    assert (three.selection_delta, three.selections) == (0.0, 0)


def test_a_single_part_is_the_schedule_of_a_table() -> None:
    part = Part(columns=14, searched=3, scores=90, share=0.37)
    assert schedules(BUDGET, [part]) == (schedule(BUDGET, columns=14, searched=3, scores=90),)


def test_a_plan_is_a_function_of_its_arguments() -> None:
    parts = [Part(columns=3, searched=1), Part(columns=9, histories=True, share=0.4)]
    first = schedules(BUDGET, parts)
    calibration.scales.cache_clear()
    assert schedules(BUDGET, parts) == first


def test_quanta_of_histories_are_priced_as_clipped_tables_and_scores_never() -> None:
    # with much noise the two prices are nearly the same, so that no figure would tell
    kinds = [
        [demand.clipped for demand in planning._demands(Part(columns=2, scores=5, histories=histories))]
        for histories in (False, True)
    ]
    assert kinds == [[False, False], [True, False]]


def test_ten_tables_are_planned_in_a_second() -> None:
    parts = [Part(columns=14, searched=6, scores=182)] + [
        Part(columns=30 + k, searched=2, histories=True, share=0.1) for k in range(9)
    ]
    start = time.process_time()
    schedules(Budget(1.25, 1e-6), parts)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("parts", [[], [Part(columns=2, share=0.0)], [Part(columns=2), Part(columns=2, share=-1.0)]])
def test_parts_without_a_share_are_refused(parts: list[Part]) -> None:
    with pytest.raises(ValueError, match="at least one part"):
        schedules(BUDGET, parts)


# ---------------------------------------------------------------- generators say and take their part

TABLE = Table(
    name=TableName("t"),
    columns=tuple(
        Column(name=ColumnName(name), kind=kind, native=kind, nullable=False)
        for name, kind in (("a", Kind.TEXT), ("b", Kind.INTEGER), ("c", Kind.TEXT))
    ),
)
TASK = Task(
    domains={ColumnName("a"): None, ColumnName("b"): DomainClause(lowest=0, highest=9), ColumnName("c"): None},
    budget=BUDGET,
)


def rows(number: int) -> MemoryCounter:
    generator = np.random.default_rng(3)
    kind = generator.integers(0, 4, number)
    arrays = [[f"v{k}" for k in kind], (2 * kind + generator.integers(0, 2, number)).tolist(), ["x"] * number]
    columns = [pa.array(each, field.type) for each, field in zip(arrays, TABLE.arrow_schema(), strict=True)]
    return MemoryCounter(TABLE, pa.Table.from_arrays(columns, schema=TABLE.arrow_schema()).to_batches())


@pytest.mark.parametrize("by", names(PACKAGE))
def test_what_a_generator_says_it_will_ask_for_is_what_it_spends(by: str) -> None:
    generator: Any = load(PACKAGE, by)
    part = generator.part(TABLE, TASK, share=0.25)
    assert (part.columns, part.searched, part.share, part.histories) == (3, 2, 0.25, False)
    (alone,) = schedules(BUDGET, [part])
    without = generator.measure(rows(900), TASK, lambda *_: None)
    mine, other = schedules(BUDGET, [part, Part(columns=30, histories=True, share=0.75)])
    task = Task(domains=TASK.domains, budget=BUDGET, schedule=mine)
    within = generator.measure(rows(900), task, lambda *_: None)
    for found, plan in ((without, alone), (within, mine)):
        drawn = [e for e in found.events if isinstance(e, DiscreteGaussianEvent)]
        assert sum(e.times for e in drawn if e.sigma == plan.quantum) == plan.quanta
        assert sum(e.times for e in drawn if e.sigma == plan.score) == plan.scores
        assert {e.sigma for e in drawn} <= {plan.quantum, plan.score}
        assert len(found.events) - len(drawn) == plan.selections
    both = (*within.events, *spent_whole((other,), clip=3))
    assert 0.998 * BUDGET.epsilon < accountant.epsilon(both, BUDGET.delta) <= BUDGET.epsilon


@pytest.mark.parametrize("by", names(PACKAGE))
def test_a_demand_for_nothing_or_for_what_is_not_there_is_refused(by: str) -> None:
    generator: Any = load(PACKAGE, by)
    for domains in ({}, {ColumnName("z"): None}):
        with pytest.raises(ConfigurationError, match="learn"):
            generator.part(TABLE, Task(domains=domains, budget=BUDGET), share=1.0)


# ---------------------------------------------------------------- the meter of a table of histories


def test_a_clipped_table_is_answered_and_recorded_with_its_bound() -> None:
    noise = Frozen()
    meter = Meter(noise, PLAN)
    exact = np.array([[3 * SCALE, 7], [SCALE // 3, 0]])
    answer = meter.clipped("slot x kind t", exact, clip=9, quanta=16)
    assert answer.counts.tolist() == exact.tolist()
    # sigma times the bound over the root of the quanta, in parts of a row
    assert answer.sigma == pytest.approx(40.0 * 3 * SCALE / 4, rel=1e-7)
    assert noise.asked == [(4, pytest.approx(40.0 * 3 * SCALE, rel=1e-7), 16)]
    assert noise.asked[0][1] ** 2 >= 40**2 * 9 * SCALE**2 + calibration.ROUNDING**2
    meter.histogram("norms", np.array([1, 2]), quanta=44)
    meter.forgo("values of t")
    assert meter.events == (
        ClippedGaussianEvent(label="slot x kind t", sigma=40.0, cells=4, clip=9, times=16),
        ClippedGaussianEvent(label="norms", sigma=40.0, cells=2, clip=1, times=44),
        *[SelectionEvent(label="values of t", delta=1e-3)] * 2,
    )


@pytest.mark.parametrize(("clip", "quanta"), [(1, 1), (6, 1), (50, 30)])
def test_noise_of_a_clipped_table_is_what_it_says(clip: int, quanta: int) -> None:
    answer = Meter(DiscreteGaussian(), PLAN).clipped("", np.zeros(40_000, dtype=np.int64), clip=clip, quanta=quanta)
    assert answer.counts.std() == pytest.approx(answer.sigma, rel=0.02)
    assert answer.sigma == pytest.approx(40.0 * SCALE * (clip / quanta) ** 0.5, rel=1e-6)


@pytest.mark.parametrize("quanta", [1, 25])
def test_a_histogram_of_units_is_one_with_a_bound_of_one(quanta: int) -> None:
    meter = Meter(DiscreteGaussian(), PLAN)
    answer = meter.histogram("", np.full(40_000, 11, dtype=np.int64), quanta=quanta)
    assert answer.counts.dtype == np.int64
    assert (answer.counts - 11).std() == pytest.approx(answer.sigma, rel=0.02)
    assert answer.sigma == pytest.approx((40.0**2 / quanta + 1 / 12) ** 0.5, rel=1e-6)
    assert meter.histogram("", np.array(5), quanta=1).counts.shape == ()


def test_counts_beyond_all_rows_stay_inside_the_numbers() -> None:
    answer = Meter(Frozen(), PLAN).histogram("", np.array([2**62, -(2**62), 4]), quanta=1)
    assert answer.counts.tolist() == [2**43 - 1, 1 - 2**43, 4]


@pytest.mark.parametrize("clip", [0, -1, 2**23])
def test_a_bound_that_is_none_is_refused(clip: int) -> None:
    with pytest.raises(RuntimeError, match="bound"):
        Meter(Frozen(), PLAN).clipped("", np.zeros(2, dtype=np.int64), clip=clip, quanta=1)


def test_a_budget_of_units_pays_for_no_clipped_table_and_for_one_value_a_unit() -> None:
    meter = Meter(Frozen(), schedule(BUDGET, columns=2, searched=1, scores=0))
    with pytest.raises(RuntimeError, match="clipped"):
        meter.clipped("", np.zeros(2, dtype=np.int64), clip=1, quanta=1)
    with pytest.raises(RuntimeError, match="one value"):
        meter.search("", ["a"], np.array([1]), public=np.zeros(0, dtype=np.int64), most=2)
    assert meter.left == meter.plan.quanta
    for most in (0, -3):
        with pytest.raises(RuntimeError, match="one value"):
            Meter(Frozen(), PLAN).search("", ["a"], np.array([1]), public=np.zeros(0, dtype=np.int64), most=most)


# ---------------------------------------------------------------- searches over histories


def test_the_noise_of_a_search_covers_every_cell_that_one_unit_may_move() -> None:
    for most, public, clip in ((1, 0, 1), (8, 0, 8), (8, 1, 9), (3, 2, 5)):
        noise = Frozen()
        search = Meter(noise, PLAN).search("", ["a"], np.array([1]), public=np.zeros(public, dtype=np.int64), most=most)
        _, answer = search.more(4, pieces=1)
        assert noise.asked[-1][1] == pytest.approx(40.0 * SCALE * clip**0.5, rel=1e-7)
        assert answer.sigma == pytest.approx((400 * clip + 1 / 12) ** 0.5, rel=1e-6)
        # values that the search did not know have the same noise
        search.declare(["b"])
        assert noise.asked[-1] == (1, noise.asked[0][1], 4)


def test_a_search_over_histories_shows_values_from_its_threshold_on() -> None:
    meter = Meter(Frozen(), PLAN)
    width = calibration.width(40.0, squared=9 * SCALE**2)
    bar = calibration.threshold(width, 1e-3, times=4, one=SCALE, most=8)
    enough = -(-bar // (4 * SCALE))
    search = meter.search(
        "values", ["b", "a", "rare"], np.array([enough, enough + 1, enough - 1]), public=np.array([2]), most=8
    )
    shown, answer = search.more(4, pieces=1)
    assert shown == ["a", "b"]
    assert answer.counts.tolist() == [2, enough + 1, enough]
    # about 3.7 deviations of the noise: P[Z > 3.66] = 1e-3 / 8
    assert (enough - 1) / (20 * 3) == pytest.approx(3.66, abs=0.03)


def test_rounds_of_a_search_over_histories_add_up() -> None:
    class Falling(Frozen):
        def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
            first = not self.asked
            return super().add(counts, sigma=sigma, times=times) + (10**9 if first else -(10**9)) * SCALE

    search = Meter(Falling(), PLAN).search("", ["a"], np.array([6]), public=np.zeros(0, dtype=np.int64), most=2)
    assert search.more(1, pieces=1)[0] == ["a"]
    shown, answer = search.more(3, pieces=1)
    assert shown == ["a"]
    assert answer.counts.tolist() == [6]
