"""Schedules, the meter, searches for values, well-known lists, and the choice of pairs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gateway.plugins import load
from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.generate.knowledge import Knowledge
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Schedule, schedule
from gateway.raw.generate.surveying import allot
from gateway.raw.generate.vocabularies import rest_of
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

BUDGET = Budget(1.0, 1e-6)
PLAN = Schedule(quantum=4.0, quanta=20, score=9.0, scores=2, selection_delta=1e-3, selections=3)


class Frozen:
    """No noise at all, and a record of what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, int]] = []

    def add(self, counts: np.ndarray, *, sigma: float, times: int = 1) -> np.ndarray:
        self.asked.append((counts.size, sigma, times))
        return times * counts


def meter() -> Meter:
    return Meter(Frozen(), PLAN)


def test_a_schedule_spends_the_budget_and_no_more() -> None:
    for scores, searched in ((0, 0), (182, 0), (182, 8)):
        plan = schedule(BUDGET, columns=14, searched=searched, scores=scores)
        events = [
            DiscreteGaussianEvent(label="", sigma=plan.quantum, cells=1, times=plan.quanta),
            *[DiscreteGaussianEvent(label="", sigma=plan.score, cells=1)] * plan.scores,
            *[SelectionEvent(label="", delta=plan.selection_delta)] * plan.selections,
        ]
        assert 0.998 * BUDGET.epsilon < accountant.epsilon(events, BUDGET.delta) <= BUDGET.epsilon
        assert (plan.scores, plan.score > 0) == (scores, scores > 0)
        assert plan.selections == 8 * searched


def test_wide_tables_have_more_quanta() -> None:
    assert schedule(BUDGET, columns=100, searched=0, scores=0).quanta >= 20 * 100


def test_k_quanta_make_one_event_of_k_answers_and_a_mean() -> None:
    spending = meter()
    answer = spending.histogram("one-way t.a", np.array([3, 5]), quanta=4)
    assert answer.counts.tolist() == [3, 5]
    assert answer.sigma == pytest.approx(np.sqrt(16 / 4 + 1 / 12))
    assert spending.left == 16
    spending.histogram("rows", np.array(8), quanta=16)
    spending.score("s", 1), spending.score("s", 2)
    spending.forgo("values")
    first = spending.events[0]
    assert isinstance(first, DiscreteGaussianEvent)
    assert (first.sigma, first.cells, first.times) == (4.0, 2, 4)


def test_noise_of_a_mean_is_what_it_says() -> None:
    plan = Schedule(quantum=20.0, quanta=9, score=0.0, scores=0, selection_delta=0.0, selections=0)
    answer = Meter(DiscreteGaussian(), plan).histogram("a", np.zeros(40_000, dtype=np.int64), quanta=9)
    assert answer.counts.std() == pytest.approx(answer.sigma, rel=0.02)
    assert answer.sigma == pytest.approx(20 / 3, rel=0.01)


@pytest.mark.parametrize("left_out", ["quanta", "scores", "selections"])
def test_events_are_not_given_before_all_is_spent(left_out: str) -> None:
    spending = meter()
    if left_out != "quanta":
        spending.histogram("a", np.array([1]), quanta=20)
    if left_out != "scores":
        spending.score("s", 1), spending.score("s", 1)
    if left_out != "selections":
        spending.forgo("values")
    with pytest.raises(RuntimeError, match="last quantum"):
        _ = spending.events


def test_a_meter_gives_no_more_than_it_holds() -> None:
    spending = meter()
    with pytest.raises(RuntimeError):
        spending.histogram("a", np.array([1]), quanta=21)
    with pytest.raises(RuntimeError):
        spending.histogram("a", np.array([1]), quanta=0)
    spending.score("s", 1), spending.score("s", 1)
    with pytest.raises(RuntimeError):
        spending.score("s", 1)


def test_a_search_shows_values_from_its_threshold_on() -> None:
    spending = meter()
    bar = calibration.threshold(4.0, 1e-3, times=2)
    enough = -(-bar // 2)
    search = spending.search(
        "values", ["b", "a", "rare"], np.array([enough, enough + 1, enough - 1]), public=np.array([2])
    )
    shown, answer = search.more(2, pieces=1)
    assert shown == ["a", "b"]
    assert answer.counts.tolist() == [2, enough + 1, enough]


def test_a_value_that_has_shown_stays() -> None:
    class Falling(Frozen):
        def add(self, counts: np.ndarray, *, sigma: float, times: int = 1) -> np.ndarray:
            first = not self.asked
            return super().add(counts, sigma=sigma, times=times) + (1000 if first else -1500)

    spending = Meter(Falling(), PLAN)
    search = spending.search("values", ["a"], np.array([1]), public=np.zeros(0, dtype=np.int64))
    assert search.more(1, pieces=1)[0] == ["a"]
    assert search.more(1, pieces=1)[0] == ["a"]


def test_public_values_show_whether_or_not_a_row_has_them() -> None:
    noise = Frozen()
    spending = Meter(noise, PLAN)
    search = spending.search("values", ["x", "m"], np.array([1, 1]), public=np.zeros(0, dtype=np.int64))
    assert search.more(3, pieces=1)[0] == []
    search.declare(["m", "k"])
    # the value that no row has gets the noise of the round it missed
    assert noise.asked[-1] == (1, 4.0, 3)
    shown, answer = search.more(2, pieces=1)
    assert shown == ["k", "m"]
    assert answer.counts.tolist() == [0, 1]
    assert search.declare(["k"]) is None


@pytest.mark.parametrize(
    ("weights", "quanta"), [([1.0, 2.0, 3.0], 10), ([0.0, 0.0], 5), ([1e-9, 1.0], 3), ([5.0], 0), ([], 4)]
)
def test_allotments_are_whole_and_complete(weights: list[float], quanta: int) -> None:
    parts = allot(weights, quanta)
    assert len(parts) == len(weights)
    assert sum(parts) == (quanta if weights else 0)
    assert min(parts, default=0) >= 0


@pytest.mark.parametrize(("weights", "quanta"), [([1.0, 1000.0], 10), ([0.0, 0.0, 5.0], 3), ([1.0] * 7, 5)])
def test_nobody_is_rounded_to_nothing_where_a_least_is_asked_for(weights: list[float], quanta: int) -> None:
    parts = allot(weights, quanta, least=1)
    assert sum(parts) == quanta
    assert min(parts) == (1 if quanta >= len(weights) else 0)
    if quanta > len(weights):
        assert parts[int(np.argmax(weights))] == max(parts)


def test_the_rest_of_a_well_known_list_is_spelt_as_what_was_found() -> None:
    rest = rest_of(["United-States", "Mexico"])
    assert {"Puerto-Rico", "El-Salvador", "Canada"} <= set(rest)
    assert not {"United-States", "Mexico", "Puerto Rico"} & set(rest)
    assert set(rest_of(["mon", "tue"])) == {"wed", "thu", "fri", "sat", "sun"}
    assert "WY" in rest_of(["CA", "NY", "TX"])


def test_a_well_known_list_is_completed_from_values_that_have_shown_alone() -> None:
    # two days of the week that only a few have, beside what many have: nobody may conclude that the column holds days
    table = Table(name=TableName("t"), columns=(Column(name=ColumnName("day"), kind=Kind.TEXT, native="text"),))
    texts = ["blue"] * 5_000 + ["Monday", "Tuesday"]
    counter = MemoryCounter(table, pa.table({"day": texts}, schema=table.arrow_schema()).to_batches())
    task = Task(domains={ColumnName("day"): None}, budget=BUDGET)
    found = load("gateway.raw.generate.generators", "independent").measure(
        counter, task, lambda *_: None, noise=Frozen()
    )
    assert found.columns[0].domain.to_json()["values"] == ["blue"]


@pytest.mark.parametrize("found", [[], ["Male", "Female"], ["blue", "green", "Canada"]])
def test_other_columns_hold_no_list(found: list[str]) -> None:
    assert rest_of(found) == ()


def correlated(rows: int = 6_000) -> tuple[Table, pa.Table]:
    """Three columns that go together and three that do not."""
    generator = np.random.default_rng(5)
    base = generator.integers(0, 6, rows)
    columns = {
        "a": base,
        "b": (base + (generator.random(rows) < 0.1)) % 6,
        "c": base // 2,
        "d": generator.integers(0, 6, rows),
        "e": generator.integers(0, 6, rows),
        "f": generator.integers(0, 6, rows),
    }
    table = Table(
        name=TableName("t"),
        columns=tuple(Column(name=ColumnName(n), kind=Kind.TEXT, native="text", nullable=False) for n in columns),
    )
    arrays = [pa.array([f"v{v}" for v in values]) for values in columns.values()]
    return table, pa.Table.from_arrays(arrays, schema=table.arrow_schema())


def measured_pairs(knowledge: Knowledge | None = None) -> dict[tuple[str, str], float]:
    table, rows = correlated()
    counter = MemoryCounter(table, rows.to_batches())
    task = Task(domains={c.name: None for c in table.columns}, budget=Budget(0.5, 1e-6), knowledge=knowledge)
    found = load("gateway.raw.generate.generators", "pairwise").measure(counter, task, lambda *_: None, noise=Frozen())
    names = [c.column.name for c in found.columns]
    precision: dict[tuple[str, str], float] = {}
    for pair in found.pairs:
        key = (names[pair.columns[0]], names[pair.columns[1]])
        precision[key] = precision.get(key, 0.0) + 1 / float(pair.sigma) ** 2
    return precision


def test_pairs_that_go_together_are_measured_best() -> None:
    precision = measured_pairs()
    together = sum(precision.get(pair, 0.0) for pair in (("a", "b"), ("a", "c"), ("b", "c")))
    apart = sum(precision.get(pair, 0.0) for pair in (("d", "e"), ("d", "f"), ("e", "f")))
    assert together > 1.5 * apart


def test_the_pairs_of_a_declared_target_get_more() -> None:
    plain = measured_pairs()
    aimed = measured_pairs(Knowledge(target=ColumnName("d")))

    def share(found: dict[tuple[str, str], float]) -> float:
        return sum(p for pair, p in found.items() if "d" in pair) / sum(found.values())

    assert share(aimed) > 1.5 * share(plain) + 0.05
