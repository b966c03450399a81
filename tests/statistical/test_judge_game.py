"""The distinguishing game proves most of what a generator claims to lose, never more, and finds planted faults."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.privacy.distinguishing import LowerBounds, lower_bounds
from gateway.raw.generate import metering, selecting
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis, Counter
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.generator import Task
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.judge.game import Measure, content, play, score
from gateway.raw.judge.neighbours import KEY, Extreme, neighbours
from gateway.raw.judge.replaying import HIDDEN, Diverged, Recording, Replay
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PACKAGE = "gateway.raw.generate.generators"
DELTA = 1e-5
BUDGET = Budget(10.0, DELTA)
"""More than a release should spend: the more is lost, the fewer games prove it."""
GAMES = 900
ROWS = 300


def _column(name: str, kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)  # type: ignore[arg-type]


DECLARED = Table(
    name=TableName("declared"),
    columns=(
        _column("ward", Kind.ENUM, values=("north", "south", "west")),
        _column("stay", Kind.INTEGER),
        _column("alive", Kind.BOOLEAN),
    ),
)
FOUND = Table(name=TableName("found"), columns=(_column("town", Kind.TEXT), _column("cost", Kind.INTEGER)))
CLAUSES: dict[ColumnName, DomainClause | None] = {ColumnName("stay"): DomainClause(lowest=0, highest=6)}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the model between two rounds of choosing pairs a rough one: what is lost does not hang on it."""
    monkeypatch.setattr(selecting, "PARTICLES", 60)
    monkeypatch.setattr(selecting, "SWEEPS", 2)


def counters(table: Table, extreme: Extreme, *, rows: int = ROWS) -> tuple[Counter, Counter]:
    without, within = (_counted(each) for each in neighbours(table, CLAUSES, rows=rows, extreme=extreme))
    return without, within


def _counted(rows: RawTable, *, unit: Sequence[ColumnName] = (KEY,)) -> MemoryCounter:
    counter = MemoryCounter.of(rows, unit=unit)
    counter.table = dataclasses.replace(rows.table, columns=rows.table.columns[1:])
    return counter


def task(table: Table, budget: Budget = BUDGET) -> Task:
    return Task(domains={c.name: CLAUSES.get(c.name) for c in table.columns}, budget=budget)


def measuring(table: Table, by: str, budget: Budget = BUDGET) -> Callable[[Counter, Noise], TableMeasurements]:
    plugin, what = load(PACKAGE, by), task(table, budget)
    return lambda counter, noise: plugin.measure(counter, what, lambda *_: None, noise=noise)


def claimed(measure: Callable[[Counter, Noise], TableMeasurements], counter: Counter) -> float:
    """Return mu of what the generator says it spent."""
    events = measure(counter, DiscreteGaussian()).events
    return accountant.parameter(events)


def proven(measure: Measure, pair: tuple[Counter, Counter], **more: Any) -> LowerBounds:
    scores = play(measure, pair, games=more.pop("games", GAMES), **more)
    return lower_bounds(scores.without, scores.within, delta=DELTA)


# -- the flagship, and what is planted in it


@pytest.mark.audit
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("table", "extreme", "least"),
    [
        pytest.param(DECLARED, Extreme.HIGHEST, 0.7, id="declared, highest"),
        pytest.param(FOUND, Extreme.NOTHING, 0.7, id="found, only NULLs"),
        # a text of one's own is found by nobody, so nothing of the search for texts is lost
        pytest.param(FOUND, Extreme.HIGHEST, 0.2, id="found, a value of one's own"),
    ],
)
def test_the_flagship_loses_no_more_than_it_claims_and_the_game_sees_most_of_it(
    table: Table, extreme: Extreme, least: float
) -> None:
    pair = counters(table, extreme)
    measure = measuring(table, "pairwise")
    claim = claimed(measure, pair[0])
    assert any(event.label.startswith("pair") for event in measure(pair[0], DiscreteGaussian()).events)
    found = proven(measure, pair)
    assert least * claim <= found.mu <= claim
    assert found.epsilon <= BUDGET.epsilon


@pytest.mark.audit
@pytest.mark.timeout(1800)
def test_at_a_budget_of_one_the_flagship_loses_no_more_than_it_claims() -> None:
    pair = counters(DECLARED, Extreme.HIGHEST, rows=2_500)
    measure = measuring(DECLARED, "pairwise", Budget(1.0, DELTA))
    found = proven(measure, pair, games=400)
    assert found.mu <= claimed(measure, pair[0])
    assert found.epsilon <= 1.0


@pytest.mark.audit
@pytest.mark.timeout(1800)
def test_nor_do_the_rows_made_from_it_show_more() -> None:
    """The number of rows that are like the target, or nearly, is what an attacker with the rows alone looks at."""
    pair = counters(DECLARED, Extreme.HIGHEST, rows=200)
    plugin, measure = load(PACKAGE, "pairwise"), measuring(DECLARED, "pairwise")

    def shown(counter: Counter, number: int) -> float:
        made = plugin.fit(measure(counter, DiscreteGaussian()), lambda *_: None).sample(400, seed=number).to_pandas()
        return float(((made["ward"] == "west").astype(int) + (made["stay"] == 6) + (made["alive"] == 1)).sum())

    sides = [[shown(counter, number) for number in range(40)] for counter in pair]
    found = lower_bounds(*sides, delta=DELTA)
    assert found.mu <= claimed(measure, pair[0])
    assert found.epsilon <= BUDGET.epsilon


class TooQuiet(DiscreteGaussian):
    """Half the noise that was asked for."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        return super().add(counts, sigma=sigma / 2, times=times)


class Seeded:
    """The same noise at every run."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(7)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        drawn = np.rint(self._generator.normal(scale=sigma * math.sqrt(times), size=counts.shape))
        return np.asarray(counts * times + drawn.astype(np.int64))


def _twice() -> Counter:
    """Return the larger neighbour, in which the target has two rows that both count."""
    within = neighbours(DECLARED, CLAUSES, rows=ROWS, extreme=Extreme.HIGHEST)[1]
    rows = within.expose()
    return _counted(RawTable(within.table, pa.concat_tables([rows, rows.slice(ROWS)])), unit=())


SMALL = Budget(2.0, DELTA)
SIMPLE = measuring(DECLARED, "independent", SMALL)


def _telling(counter: Counter, noise: Noise) -> object:
    """Let out how many rows there are, in words that nobody metered."""
    result = SIMPLE(counter, noise)
    return dataclasses.replace(result, notes=(*result.notes, f"{int(counter.count([[]])[0])} rows"))


def _peeking(counter: Counter, noise: Noise) -> object:
    """Measure one more column if the exact counts say so."""
    stays = Ranges(starts=(0, 6), last=6, rest=True)
    if counter.count([[Axis(column=ColumnName("stay"), domain=stays)]])[0][-1]:
        noise.add(counter.count([[]])[0], sigma=1e3)
    return SIMPLE(counter, noise)


def _unthresholded(counter: Counter, noise: Noise) -> object:
    """Keep every value that was found, whatever its noisy count."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metering.calibration, "threshold", lambda *_args, **_more: HIDDEN - 1)
        return measuring(FOUND, "independent", SMALL)(counter, noise)


@pytest.mark.audit
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fault", ["half the noise", "a unit counted twice"])
def test_too_little_noise_shows_within_as_many_games(fault: str) -> None:
    measure = measuring(DECLARED, "pairwise")
    pair = counters(DECLARED, Extreme.HIGHEST)
    claim = claimed(measure, pair[0])
    quiet = fault == "half the noise"
    found = proven(
        measure, pair if quiet else (pair[0], _twice()), games=400, noise=TooQuiet if quiet else DiscreteGaussian
    )
    assert found.mu > 1.2 * claim


@pytest.mark.parametrize(
    ("table", "measure", "noise"),
    [
        pytest.param(DECLARED, SIMPLE, Seeded, id="seeded noise"),
        pytest.param(DECLARED, _telling, DiscreteGaussian, id="an exact count let out"),
        pytest.param(DECLARED, _peeking, DiscreteGaussian, id="a query more if the rows say so"),
        pytest.param(FOUND, _unthresholded, DiscreteGaussian, id="values kept without a threshold"),
    ],
)
def test_whatever_leaves_without_noise_shows_within_a_few_games(
    table: Table, measure: Measure, noise: Callable[[], Noise]
) -> None:
    honest = measuring(table, "independent", SMALL)
    pair = counters(table, Extreme.HIGHEST, rows=30)
    claim = claimed(honest, pair[0])
    assert proven(measure, pair, games=30, noise=noise).mu > claim


# -- the parts


@pytest.mark.parametrize("mu", [0.3, 1.0, 2.5])
def test_bounds_from_gaussian_scores_come_near_the_truth_and_stay_below_it(mu: float) -> None:
    generator = np.random.default_rng(1)
    without, within = generator.normal(0, 1, 20_000), generator.normal(mu, 1, 20_000)
    found = lower_bounds(without.tolist(), within.tolist(), delta=DELTA)
    assert max(0.0, mu - 0.12) <= found.mu <= mu
    assert 0 < found.epsilon <= accountant.gaussian_epsilon(mu, DELTA)
    assert found.games == 40_000
    turned = lower_bounds((-without).tolist(), (-within).tolist(), delta=DELTA)
    assert turned.mu == pytest.approx(found.mu, abs=0.03)


def test_bounds_are_wrong_no_more_often_than_they_say() -> None:
    generator = np.random.default_rng(2)
    wrong = 0
    for _ in range(400):
        without, within = generator.normal(0, 1, 300), generator.normal(1, 1, 300)
        wrong += lower_bounds(without.tolist(), within.tolist(), delta=DELTA, confidence=0.8).mu > 1
    assert wrong <= 0.2 * 400


def test_scores_that_say_nothing_prove_nothing_and_certain_ones_prove_much() -> None:
    same = np.random.default_rng(3).normal(size=2_000).tolist()
    assert lower_bounds(same[:1_000], same[1_000:], delta=DELTA).mu == 0
    assert lower_bounds([0.0] * 300, [0.0] * 300, delta=DELTA) == LowerBounds(
        mu=0.0, epsilon=0.0, confidence=0.999, games=600
    )
    certain = lower_bounds([-math.inf] * 300, [math.inf] * 300, delta=DELTA)
    # no error in 270 games, at two bars and two rates
    assert certain.mu == pytest.approx(2 * norm.isf(1 - (0.001 / 4) ** (1 / 270)))
    assert certain.epsilon > 3
    rarely = [math.inf if k % 10 == 0 else 0.0 for k in range(2_000)]
    assert lower_bounds([0.0] * 2_000, rarely, delta=DELTA).mu > 1
    assert lower_bounds([-one for one in rarely], [0.0] * 2_000, delta=DELTA).mu > 1


@pytest.mark.parametrize(
    ("sides", "more", "message"),
    [
        (([0.0] * 19, [0.0] * 30), {}, "at least 20"),
        (([0.0] * 20, [math.nan] * 20), {}, "with a score"),
        (([0.0] * 20, [0.0] * 20), {"delta": 0.0}, "between 0 and 1"),
        (([0.0] * 20, [0.0] * 20), {"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_too_few_games_or_figures_that_are_none_are_refused(
    sides: tuple[list[float], list[float]], more: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        lower_bounds(*sides, **{"delta": DELTA, **more})


@pytest.mark.parametrize("extreme", Extreme)
def test_neighbours_differ_by_one_row_unlike_all_others(extreme: Extreme) -> None:
    kinds = [kind for kind in Kind if kind is not Kind.ENUM]
    table = Table(
        name=TableName("all"),
        columns=(
            *(_column(kind, kind, nullable=kind is not Kind.FLOAT) for kind in kinds),
            _column("price", Kind.DECIMAL, precision=8, scale=2),
            _column("sex", Kind.ENUM, values=("f", "m")),
            _column("listed", Kind.TEXT),
        ),
    )
    clauses = {
        ColumnName("price"): DomainClause(lowest=0, highest=10),
        ColumnName("listed"): DomainClause(values=["a", "b", "c"]),
    }
    without, within = (each.expose() for each in neighbours(table, clauses, rows=6, extreme=extreme))
    assert within.slice(0, 6).equals(without)
    assert within.num_rows == 7
    target = within.slice(6).to_pylist()[0]
    others = without.to_pylist()
    alike = [name for name in target if name != "unsupported" and target[name] in [row[name] for row in others]]
    assert alike == (["boolean"] if extreme is Extreme.LOWEST else [])
    assert (target["text"] is None) == (extreme is Extreme.NOTHING)
    assert target["float"] is not None
    if extreme is not Extreme.NOTHING:
        assert target["price"] == (10 if extreme is Extreme.HIGHEST else 0)


def test_a_replay_adds_up_exactly_what_the_answers_say() -> None:
    recording = Recording(DiscreteGaussian())
    before, after = np.array([5, 7]), np.array([5, 8])
    answer = recording.add(before, sigma=3.0, times=4)
    replay = Replay(recording)
    assert not replay.finished
    assert replay.add(after, sigma=3.0, times=4).tolist() == answer.tolist()
    likely = [norm.logpdf(answer, 4 * counts, 6.0).sum() for counts in (before, after)]
    assert replay.evidence == pytest.approx(likely[0] - likely[1])
    assert replay.moved == [1]
    assert replay.finished
    with pytest.raises(Diverged, match="more noise"):
        replay.add(after, sigma=3.0, times=4)


@pytest.mark.parametrize(
    ("counts", "sigma", "times"), [([1, 2, 3], 2.0, 1), ([[1, 2]], 2.0, 1), ([1, 2], 2.5, 1), ([1, 2], 2.0, 2)]
)
def test_a_replay_of_another_query_is_refused(counts: list[int], sigma: float, times: int) -> None:
    recording = Recording(DiscreteGaussian())
    recording.add(np.array([1, 2]), sigma=2.0)
    with pytest.raises(Diverged):
        Replay(recording).add(np.array(counts), sigma=sigma, times=times)


def test_a_value_that_one_table_alone_has_is_answered_as_not_found() -> None:
    def rows(*towns: str) -> MemoryCounter:
        shape = Table(name=TableName("t"), columns=(_column("town", Kind.TEXT),))
        return MemoryCounter.of(RawTable(shape, pa.table({"town": list(towns)}, schema=shape.arrow_schema())))

    recording = Recording(DiscreteGaussian())
    one, two = rows("b", "c", "c"), rows("a", "c", "b", "c")
    recording.watch(one).values(ColumnName("town"))
    answer = recording.add(np.array([9, 1, 2]), sigma=2.0)
    replay = Replay(recording)
    replay.watch(two).values(ColumnName("town"))
    assert replay.add(np.array([9, 1, 2, 1]), sigma=2.0).tolist() == [answer[0], HIDDEN, answer[2], answer[1]]
    assert replay.moved == [1]
    assert replay.evidence == 0


def test_an_error_in_one_world_alone_is_certainty() -> None:
    pair = counters(DECLARED, Extreme.HIGHEST)

    def failing(counter: Counter, noise: Noise) -> object:
        if int(counter.count([[]])[0]) > ROWS:
            raise ConfigurationError("too many rows")
        return noise.add(counter.count([[]])[0], sigma=5.0)

    assert score(failing, pair, target=False, noise=DiscreteGaussian()) == -math.inf


def test_outputs_are_compared_to_the_last_bit() -> None:
    one = {"a": (np.array([0.0]), 1), "b": Budget(1.0, 1e-6)}
    assert content(one) == content({"a": (np.array([0.0]), 1), "b": Budget(1.0, 1e-6)})
    for other in (
        {"a": (np.array([-0.0]), 1), "b": Budget(1.0, 1e-6)},
        {"a": (np.array([0]), 1), "b": Budget(1.0, 1e-6)},
        {"a": (np.array([0.0]), 1), "b": Budget(1.0, 1e-5)},
        {"b": Budget(1.0, 1e-6), "a": (np.array([0.0]), 1)},
    ):
        assert content(other) != content(one)
