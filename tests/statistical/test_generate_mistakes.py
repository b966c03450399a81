"""Mistakes others made with differential privacy, each as a test of ours.

The numbers are those of docs/explanation/how-the-guarantee-is-tested.md. Two neighbours differ by everything one unit
contributed. A replay hands out the noisy answers of the first run again, whatever the exact counts are now, so
that what still differs between neighbours came out some other way. Every generator that is installed is tried.
"""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import logging
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.plugins import load, names
from gateway.policy.model import DomainClause
from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, Event, SelectionEvent
from gateway.raw.generate import measuring, selecting
from gateway.raw.generate import noise as noise_module
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges, Residues, Values, declared
from gateway.raw.generate.generator import Task
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.generate.schedule import Schedule
from gateway.raw.generate.tallying import ColumnTally
from gateway.raw.judge.replaying import Recording, Replay
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PACKAGE = "gateway.raw.generate.generators"
GENERATORS = names(PACKAGE)
FLAGSHIP = "pairwise"
BUDGET = Budget(8.0, 1e-6)
"""More than a release should spend: so that some hundred rows are enough for relationships."""
ENOUGH = 500
CANARY = "Zaphod-Canary-7731"


def _column(name: str, kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)  # type: ignore[arg-type]


TABLE = Table(
    name=TableName("people"),
    columns=(
        _column("id", Kind.INTEGER),
        _column("town", Kind.TEXT),
        _column("sex", Kind.ENUM, values=("f", "m")),
        _column("age", Kind.INTEGER),
        _column("weight", Kind.DECIMAL, precision=20, scale=1),
        _column("score", Kind.FLOAT, nullable=False),
        _column("seen", Kind.DATE),
        _column("at", Kind.DATETIME),
        _column("alive", Kind.BOOLEAN),
    ),
    primary_key=(ColumnName("id"),),
)
LEARNED = [column.name for column in TABLE.columns[1:]]
TASK = Task(domains=dict.fromkeys(LEARNED), budget=BUDGET)
DECLARED = dataclasses.replace(
    TASK,
    domains=TASK.domains
    | {
        ColumnName("town"): DomainClause(prefixes=[1, 2]),
        ColumnName("age"): DomainClause(step=2, sentinels=[-1, 999]),
        ColumnName("weight"): DomainClause(lowest=0, highest=200, step=0.5, sentinels=[999]),
        ColumnName("score"): DomainClause(lowest=-10, highest=10, step=0.25),
        ColumnName("seen"): DomainClause(sentinels=[dt.date(9999, 12, 31)]),
    },
)
"""Everything that can be declared of values, of which half the rows know nothing."""
ORDINARY = ("Ulm", "f", 40, Decimal("70.5"), 1.5, dt.date(2001, 5, 5), dt.datetime(2020, 1, 1), True)  # noqa: DTZ001 - sources have no zone
HOSTILE = {
    "unique category": (CANARY, "x", *ORDINARY[2:]),
    "largest": ("Ulm", "m", 2**63 - 1, Decimal(10**18), 1e308, dt.date.max, dt.datetime(9999, 12, 31), True),  # noqa: DTZ001 - sources have no zone
    "lowest": ("", "m", -(2**63), -Decimal(10**18), -1e308, dt.date.min, dt.datetime(1, 1, 1), False),  # noqa: DTZ001 - sources have no zone
    "not a number": ("Ulm", "f", 0, Decimal(0), float("nan"), None, None, None),
    "infinite": ("Ulm", "f", 0, Decimal(0), float("inf"), None, None, None),
    "only NULLs": (None, None, None, None, None, None, None, None),
    "a copy": ORDINARY,
}
FEW = ("unique category", "largest", "not a number", "only NULLs")
NAMES = [pytest.param(name, marks=() if name in FEW else pytest.mark.audit) for name in HOSTILE]
"""Some rows for every run of the tests, and all of them for audits."""


def people(*extra: tuple[object, ...], rows: int = 400) -> RawTable:
    """Return ordinary rows with ``extra`` ones after them; an extra row of nine brings its own id."""
    generator = np.random.default_rng(5)
    towns = ["Ulm", "Bonn", "Kiel"]
    made: list[tuple[object, ...]] = [
        (
            i,
            towns[min(int(generator.integers(4)), 2)],
            "fm"[int(generator.integers(2))],
            int(generator.integers(18, 90)),
            Decimal(int(generator.integers(400, 1200))).scaleb(-1),
            float(generator.normal()),
            dt.date(1990, 1, 1) + dt.timedelta(days=int(generator.integers(9000))),
            dt.datetime(2020, 1, 1) + dt.timedelta(seconds=int(generator.integers(10**7))),  # noqa: DTZ001 - sources have no zone
            bool(generator.integers(2)),
        )
        for i in range(rows)
    ]
    made += [row if len(row) == len(TABLE.columns) else (10**6 + k, *row) for k, row in enumerate(extra)]
    columns = list(zip(*made, strict=True)) if made else [()] * len(TABLE.columns)
    arrays = [pa.array(list(v), c.arrow_type, from_pandas=False) for v, c in zip(columns, TABLE.columns, strict=True)]
    return RawTable(TABLE, pa.Table.from_arrays(arrays, schema=TABLE.arrow_schema()))


class Silent:
    """No noise at all."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:  # noqa: ARG002 - the contract's
        return counts * times


class Lavish:
    """Fast noise that protects nobody, and makes a handful of rows look like many: then everything is measured."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(0)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        drawn = self._generator.normal(loc=200.0, scale=sigma, size=(times, *counts.shape))
        return np.asarray(counts * times + np.rint(drawn.sum(axis=0)).astype(np.int64))


def measured(
    rows: RawTable, noise: Noise | None = None, *, by: str = FLAGSHIP, of: Task = TASK, unit: tuple[str, ...] = ("id",)
) -> TableMeasurements:
    counter = MemoryCounter.of(rows, unit=[ColumnName(name) for name in unit])
    watched = noise.watch(counter) if isinstance(noise, Recording | Replay) else counter
    result: TableMeasurements = load(PACKAGE, by).measure(watched, of, lambda *_: None, noise=noise)
    return result


def saved(measurements: TableMeasurements, folder: Path) -> dict[str, bytes]:
    measurements.save(folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(autouse=True, scope="module")
def quick() -> None:
    """Make the model between two rounds of choosing pairs a rough one: what is tested does not hang on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selecting, "PARTICLES", 100)
        patch.setattr(selecting, "SWEEPS", 2)
        yield


@pytest.fixture(scope="module", params=[(by, rows) for by in GENERATORS for rows in (0, ENOUGH)], ids=str)
def first(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, int, Recording, dict[str, bytes]]:
    """Return a generator, a number of rows, the noisy answers of one real run on them, and the files it wrote."""
    by, rows = request.param
    recording = Recording(DiscreteGaussian())
    files = saved(measured(people(rows=rows), recording, by=by), tmp_path_factory.mktemp("first") / "m")
    return by, rows, recording, files


First = tuple[str, int, Recording, dict[str, bytes]]


@pytest.mark.parametrize("name", NAMES)
def test_mistake_01_nothing_but_noisy_counts_is_read_from_the_data(name: str, first: First, tmp_path: Path) -> None:
    by, rows, recording, files = first
    replay = Replay(recording)
    assert saved(measured(people(HOSTILE[name], rows=rows), replay, by=by), tmp_path / "m") == files
    assert replay.finished
    # and of the exact counts, one cell of every query moved by one: no more, and no query was asked of nothing
    assert set(replay.moved) <= {0, 1}
    assert 1 in replay.moved


@pytest.mark.parametrize("rows", [0, ENOUGH])
def test_mistake_01_nor_where_steps_sentinels_and_prefixes_are_declared(rows: int, tmp_path: Path) -> None:
    recording = Recording(DiscreteGaussian())
    one = measured(people(rows=rows), recording, of=DECLARED)
    files = saved(one, tmp_path / "one")
    assert _spent(one.events) == _planned(FLAGSHIP, DECLARED)
    some = {name: HOSTILE[name] for name in FEW}
    for name, row in (some | {"sentinels": ("U", "f", 999, Decimal(999), 0.1, dt.date.max, None, None)}).items():
        replay = Replay(recording)
        assert saved(measured(people(row, rows=rows), replay, of=DECLARED), tmp_path / name) == files
        assert replay.finished
        assert max(replay.moved) == 1


@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_01_nor_the_order_of_rows(by: str, tmp_path: Path) -> None:
    rows = people(rows=ENOUGH)
    turned = RawTable(TABLE, rows.expose().take(pa.array(np.random.default_rng(1).permutation(ENOUGH))))
    one, two = (saved(measured(each, Silent(), by=by), tmp_path / str(id(each))) for each in (rows, turned))
    assert one == two


@pytest.mark.parametrize("name", NAMES)
def test_mistake_01_without_noise_one_person_moves_one_cell_of_each_column(name: str) -> None:
    one, two = measured(people(), Silent()), measured(people(HOSTILE[name]), Silent())
    for before, after in zip(one.columns, two.columns, strict=True):
        assert before.domain == after.domain
        # the cells hold means of several answers of exact counts, so one person moves them by one too
        assert np.abs(before.counts - after.counts).sum() <= 1
    assert two.rows == one.rows + 1


def test_mistake_02_a_value_of_one_person_passes_with_probability_delta_at_most() -> None:
    _passing_rate(draws=20_000, delta=0.02)


@pytest.mark.audit
def test_mistake_02_the_same_over_a_million_draws() -> None:
    _passing_rate(draws=1_000_000, delta=1e-3)


def _passing_rate(*, draws: int, delta: float) -> None:
    """Search twice among values of one person each: what passes, in each round, is what was computed."""
    plan = Schedule(quantum=12.0, quanta=5, score=0.0, scores=0, selection_delta=delta, selections=2)
    meter = Meter(DiscreteGaussian(), plan)
    texts = [f"{number:07}" for number in range(draws)]
    search = meter.search("", texts, np.ones(draws, dtype=np.int64), public=np.zeros(0, dtype=np.int64))
    once, _ = search.more(2, pieces=1)
    analytic = calibration.tail(12.0, calibration.threshold(12.0, delta, times=2) - 2, times=2)
    spread = 4.5 * (draws * analytic) ** 0.5
    assert 0.5 * delta < analytic <= delta
    assert abs(len(once) - draws * analytic) <= spread
    twice, _ = search.more(3, pieces=1)
    assert set(once) <= set(twice)
    assert twice == sorted(twice)
    assert len(twice) <= draws * 2 * delta + spread
    assert [event.delta for event in meter.events if isinstance(event, SelectionEvent)] == [delta, delta]


def test_mistake_02_values_of_a_public_list_get_the_same_noise_whether_or_not_anybody_has_them() -> None:
    plan = Schedule(quantum=12.0, quanta=5, score=0.0, scores=0, selection_delta=1e-9, selections=2)
    there, absent = [f"there {k}" for k in range(3_000)], [f"absent {k}" for k in range(3_000)]
    search = Meter(DiscreteGaussian(), plan).search(
        "", there, np.ones(3_000, dtype=np.int64), public=np.zeros(1, dtype=np.int64)
    )
    assert search.more(2, pieces=1)[0] == []
    search.declare(there + absent)
    shown, answer = search.more(3, pieces=1)
    assert shown == sorted(there + absent)
    assert answer.sigma == pytest.approx((12.0**2 / 5 + 1 / 12) ** 0.5)
    for counts, mean in ((answer.counts[1:3_001], 0.0), (answer.counts[3_001:], 1.0)):
        assert abs(counts.mean() - mean) < 5 * answer.sigma / 3_000**0.5
        assert counts.std() == pytest.approx(answer.sigma, rel=5 / 6_000**0.5)


@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_02_every_search_for_values_is_an_event_with_its_delta(by: str) -> None:
    searches = [event for event in measured(people(), by=by).events if isinstance(event, SelectionEvent)]
    assert {event.label.split(".")[0] for event in searches} <= {"values of people"}
    assert len(searches) >= 1
    assert 0 < sum(event.delta for event in searches) <= 0.5 * BUDGET.delta


def _hostile_rows() -> st.SearchStrategy[list[tuple[object, ...]]]:
    return st.lists(st.sampled_from([*HOSTILE.values(), (1, *ORDINARY), (None, *ORDINARY)]), max_size=6)


@pytest.mark.parametrize("by", GENERATORS)
@settings(max_examples=settings.default.max_examples // 8, suppress_health_check=[HealthCheck.too_slow])
@given(base=_hostile_rows(), name=st.sampled_from(sorted(HOSTILE)), copies=st.integers(1, 3))
def test_mistake_03_no_query_moves_by_more_than_one(
    by: str, base: list[tuple[object, ...]], name: str, copies: int
) -> None:
    _sensitivity_at_most_one(by, base, name, copies)


@pytest.mark.audit
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_03_the_same_over_many_neighbours(by: str) -> None:
    for base, name, copies in _neighbours(150):
        _sensitivity_at_most_one(by, base, name, copies)


def _neighbours(number: int) -> list[tuple[list[tuple[object, ...]], str, int]]:
    generator = np.random.default_rng(0)
    kinds = [*HOSTILE.values(), (1, *ORDINARY), (None, *ORDINARY)]
    bases = [[kinds[k] for k in generator.integers(len(kinds), size=generator.integers(6))] for _ in range(number)]
    return [(base, str(generator.choice(sorted(HOSTILE))), int(generator.integers(1, 4))) for base in bases]


def _sensitivity_at_most_one(
    by: str, base: list[tuple[object, ...]], name: str, copies: int, *, of: Task = TASK
) -> None:
    recording = Recording(Lavish())
    one = measured(people(*base, rows=5), recording, by=by, of=of)
    replay = Replay(recording)
    two = measured(people(*base, *[(77_777, *HOSTILE[name])] * copies, rows=5), replay, by=by, of=of)
    assert replay.finished
    assert max(replay.moved) <= 1
    assert one.events == two.events
    assert bool(one.pairs) == (by != "independent")


def test_mistake_03_no_table_of_any_columns_moves_by_more_than_one_in_one_cell() -> None:
    for at, neighbours in enumerate(_neighbours(25)):
        _tables_move_by_one(*neighbours, seed=at)


@pytest.mark.audit
@pytest.mark.timeout(1800)
def test_mistake_03_the_same_over_ten_thousand_neighbours() -> None:
    for at, neighbours in enumerate(_neighbours(10_000)):
        _tables_move_by_one(*neighbours, seed=at)


def _tables_move_by_one(base: list[tuple[object, ...]], name: str, copies: int, *, seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, two = (
        MemoryCounter.of(people(*base, *extra, rows=5), unit=[ColumnName("id")])
        for extra in ([], [(77_777, *HOSTILE[name])] * copies)
    )
    tables = [[_axis(str(c), generator) for c in generator.choice(LEARNED, k, replace=False)] for k in (0, 1, 2, 3)]
    for before, after in zip(one.count(tables), two.count(tables), strict=True):
        assert before.shape == after.shape
        assert sorted(np.unique(after - before).tolist()) in ([0], [1], [0, 1])
        assert (after - before).sum() == (copies == 1)
    for text in ("town", "sex"):
        found = [dict(zip(*each.values(ColumnName(text)), strict=True)) for each in (one, two)]
        assert sum(abs(found[1].get(key, 0) - found[0].get(key, 0)) for key in found[0] | found[1]) <= 1


def _axis(name: str, generator: np.random.Generator) -> Axis:
    column = TABLE.column(ColumnName(name))
    rest = bool(generator.integers(2)) or column.nullable
    if column.kind in {Kind.TEXT, Kind.ENUM}:
        domain: Values | Ranges | Residues = Values(values=("U", "Ulm", "f"), rest=rest, other=True, prefixes=(1,))
    elif column.kind is Kind.FLOAT:
        domain = Ranges(starts=(-1e300, -1.0, 0.0, 1e-9), last=1e300, rest=True, sentinels=(1.5,))
    elif generator.integers(2):
        domain = Residues(modulus=int(generator.integers(2, 9)), rest=True)
    else:
        domain = Ranges(starts=(-10, 0, 1, 30), last=2**40, rest=True, sentinels=(7, 2**63 - 1))
    bin_of = None
    if generator.integers(2):
        # every bin occurs: bin 0 at the first cell, then each cell in the bin before it or in the next one
        bin_of = np.cumsum(np.append(0, generator.integers(0, 2, size=domain.cells - 1))).astype(np.int32)
    return Axis(column=column.name, domain=domain, bin_of=bin_of)


def test_mistake_03_nor_by_more_where_steps_sentinels_and_prefixes_are_declared() -> None:
    for base, name, copies in _neighbours(5):
        _sensitivity_at_most_one(FLAGSHIP, base, name, copies, of=DECLARED)


@pytest.mark.audit
def test_mistake_03_the_same_over_more_neighbours_where_they_are_declared() -> None:
    for base, name, copies in _neighbours(60):
        _sensitivity_at_most_one(FLAGSHIP, base, name, copies, of=DECLARED)


@pytest.mark.parametrize("row", [(True,) * 6, (None,) * 6])
def test_mistake_03_nor_do_the_scores_that_choose_pairs(row: tuple[bool | None, ...]) -> None:
    columns = tuple(_column(f"c{k}", Kind.BOOLEAN) for k in range(6))
    shape = Table(name=TableName("wide"), columns=columns)
    base = np.random.default_rng(0).integers(0, 2, size=ENOUGH).astype(bool).tolist()
    wide = Task(domains={column.name: None for column in columns}, budget=BUDGET)
    tables = [
        pa.Table.from_arrays(
            [pa.array([*base, *(r[k] for r in extra)], pa.bool_()) for k in range(6)], schema=shape.arrow_schema()
        )
        for extra in ([], [row])
    ]
    recording = Recording(DiscreteGaussian())
    measured(RawTable(shape, tables[0]), recording, of=wide, unit=())
    replay = Replay(recording)
    measured(RawTable(shape, tables[1]), replay, of=wide, unit=())
    scores = [moved for moved, call in zip(replay.moved, replay.calls, strict=True) if call.counts.shape == ()]
    assert len(scores) == 1 + 2 * 15
    assert set(scores) == {1}  # a distance moves by exactly one, and not by more


def test_mistake_03_many_rows_of_one_person_do_not_count_and_one_row_does() -> None:
    one = measured(people((7, *ORDINARY), *[(8, *ORDINARY)] * 50, (None, *ORDINARY), rows=0), Silent())
    assert one.rows == 1


def _spent(events: tuple[Event, ...]) -> Counter[float]:
    """Return how often noise of each size was drawn, and (negative) how often a delta was taken."""
    spent: Counter[float] = Counter()
    for event in events:
        if isinstance(event, DiscreteGaussianEvent):
            spent[event.sigma] += event.times
        else:
            spent[-event.delta] += 1
    return spent


def _planned(by: str, of: Task = TASK) -> Counter[float]:
    """Return the same from public things alone: no row takes part."""
    # one that chooses among others asks for as many scores as the flagship may need
    relate = getattr(load(PACKAGE, by), "relate", load(PACKAGE, FLAGSHIP).relate)
    tallies = [ColumnTally(column=TABLE.column(n), domain=declared(TABLE.column(n), c)) for n, c in of.domains.items()]
    plan = measuring.plan(tallies, of, rounds=relate.rounds if relate else 0)
    planned = Counter({plan.quantum: plan.quanta, -plan.selection_delta: plan.selections})
    if plan.scores:
        planned[plan.score] += plan.scores
    return planned


@pytest.mark.parametrize("by", GENERATORS)
@pytest.mark.parametrize("rows", [0, 1, ENOUGH])
def test_mistake_04_what_is_drawn_is_what_is_recorded_and_what_was_planned_without_rows(by: str, rows: int) -> None:
    recording = Recording(DiscreteGaussian())
    result = measured(people(HOSTILE["largest"], rows=rows), recording, by=by)
    drawn: Counter[float] = Counter()
    for call in recording.calls:
        drawn[call.sigma] += call.times if call.counts.size else 0
    spent = _spent(result.events)
    assert spent == _planned(by)
    assert Counter({sigma: times for sigma, times in spent.items() if sigma > 0}) == drawn
    assert bool(result.pairs) == (rows == ENOUGH and by != "independent")
    for dropped in range(len(result.events)):
        rest = (*result.events[:dropped], *result.events[dropped + 1 :])
        assert _spent(rest) != spent
        assert _spent((*result.events, result.events[dropped])) != spent


@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_04_the_recorded_events_are_the_whole_price(by: str) -> None:
    events = measured(people(), by=by).events
    claim = accountant.epsilon(events, BUDGET.delta)
    assert 0.998 * BUDGET.epsilon <= claim <= BUDGET.epsilon
    assert claim == pytest.approx(accountant.epsilon_independently(events, BUDGET.delta), rel=5e-3)
    sigmas = [e.sigma for e in events if isinstance(e, DiscreteGaussianEvent) for _ in range(e.times)]
    assert accountant.concentrated(events) == pytest.approx(accountant.gaussian_parameter(sigmas) ** 2 / 2)
    assert accountant.concentrated(events) <= calibration.rho(BUDGET)
    for dropped in range(0, len(events), max(1, len(events) // 3)):
        assert accountant.epsilon(events[:dropped] + events[dropped + 1 :], BUDGET.delta) < claim
        assert accountant.epsilon((*events, events[dropped]), BUDGET.delta) > BUDGET.epsilon


def test_mistake_04_a_budget_that_is_not_spent_to_the_end_is_refused_and_so_is_a_draw_too_many() -> None:
    def meter() -> Meter:
        return Meter(
            DiscreteGaussian(),
            Schedule(quantum=5.0, quanta=3, score=9.0, scores=1, selection_delta=1e-9, selections=0),
        )

    one = meter()
    one.histogram("", np.zeros(2, dtype=np.int64), quanta=3)
    with pytest.raises(RuntimeError, match="last quantum"):
        _ = one.events
    with pytest.raises(RuntimeError, match="does not hold"):
        one.histogram("", np.zeros(2, dtype=np.int64), quanta=1)
    one.score("", 3)
    assert [event.times for event in one.events if isinstance(event, DiscreteGaussianEvent)] == [3, 1]
    with pytest.raises(RuntimeError, match="does not hold"):
        one.score("", 3)
    with pytest.raises(RuntimeError, match="does not hold"):
        meter().histogram("", np.zeros(2, dtype=np.int64), quanta=0)


def test_mistake_06_every_choice_follows_from_the_noisy_answers_whatever_the_rows_are(
    first: First, tmp_path: Path
) -> None:
    by, _, recording, files = first
    # as many rows as no noisy count says, with the same texts, and each column shuffled by itself
    frame, generator = people(rows=60).expose(), np.random.default_rng(4)
    columns = [frame.column(0), *(each.take(pa.array(generator.permutation(60))) for each in frame.columns[1:])]
    others = RawTable(TABLE, pa.Table.from_arrays(columns, schema=TABLE.arrow_schema()))
    replay = Replay(recording)
    assert saved(measured(others, replay, by=by), tmp_path / "m") == files
    assert replay.finished


@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_07_the_same_run_twice_gives_other_measurements(by: str) -> None:
    one, two = measured(people(), by=by), measured(people(), by=by)
    # a column of one cell may get the same noise twice
    others = [a.counts.tolist() != b.counts.tolist() for a, b in zip(one.columns, two.columns, strict=True)]
    assert sum(others) > len(others) / 2


def test_mistake_07_one_measurement_gives_the_same_rows_for_the_same_public_seed(tmp_path: Path) -> None:
    one = measured(people())
    files = saved(one, tmp_path / "one")
    plugin = load(PACKAGE, FLAGSHIP)
    assert not any(b"seed" in content for content in files.values())
    made, again = (plugin.fit(m, lambda *_: None) for m in (one, plugin.load(tmp_path / "one")))
    assert made.sample(50, seed=3).equals(again.sample(50, seed=3))
    assert not made.sample(50, seed=3).equals(made.sample(50, seed=4))


def test_mistake_07_noise_is_drawn_in_one_module_alone_and_never_seeded() -> None:
    stage = Path(noise_module.__file__).parent
    source = re.compile(r"opendp|urandom|secrets|getrandom|SystemRandom|token_bytes")
    drawing = [f.name for f in stage.rglob("*.py") if source.search(f.read_text(encoding="utf-8"))]
    assert drawing == ["noise.py"]
    tree = ast.parse(Path(noise_module.__file__).read_text(encoding="utf-8"))
    words = {part for node in ast.walk(tree) for part in (getattr(node, "id", ""), getattr(node, "attr", ""),
                                                          getattr(node, "arg", ""))}  # fmt: skip
    assert not {word for word in words if word and ("seed" in word or word in {"random", "default_rng"})}


@pytest.mark.parametrize("sigma", [0.8, 25.5])
def test_mistake_08_noise_follows_the_discrete_gaussian(sigma: float) -> None:
    draws = 50_000
    noisy = DiscreteGaussian().add(np.zeros(draws, dtype=np.int64), sigma=sigma)
    assert noisy.dtype == np.int64
    reach = int(12 * sigma) + 1
    lattice = np.arange(-reach, reach + 1)
    expected = np.exp(-0.5 * (lattice / sigma) ** 2)
    expected *= draws / expected.sum()
    seen = np.bincount(noisy + reach, minlength=lattice.size)
    groups = (np.cumsum(expected) // max(draws / 200, 20)).astype(int)
    want, got = (np.bincount(groups, weights=counts) for counts in (expected, seen))
    usable = want >= 5
    chi2 = float((((got - want) ** 2 / np.where(usable, want, 1))[usable]).sum())
    freedom = int(usable.sum()) - 1
    assert chi2 < freedom + 5 * (2 * freedom) ** 0.5


def test_mistake_09_the_row_count_published_is_the_noisy_one() -> None:
    counts = {measured(people(rows=1_000), by="independent").rows for _ in range(6)}
    assert len(counts) > 1
    assert all(abs(count - 1_000) < 200 for count in counts)
    assert all(measured(people(rows=0), by="independent").rows >= 0 for _ in range(3))


@pytest.mark.parametrize("name", NAMES)
def test_mistake_10_one_person_never_changes_whether_a_run_succeeds(name: str) -> None:
    for rows in (0, 1):
        for by in GENERATORS:
            result = measured(people(*[HOSTILE[name]] * 2, rows=rows), by=by)
        made = load(PACKAGE, "independent").fit(result, lambda *_: None).sample(20, seed=0)
        assert made.schema.types == [column.arrow_type for column in TABLE.columns[1:]]


def test_mistake_11_what_always_holds_in_the_data_is_not_learned_as_a_rule(first: First, tmp_path: Path) -> None:
    by, rows, recording, files = first
    whole = people(rows=rows).expose()
    # every age is another one, and every weight a whole number
    rules = {"age": whole["id"], "weight": pc.round(whole["weight"], 0)}
    columns = [rules.get(name, whole[name]) for name in whole.column_names]
    ruled = RawTable(TABLE, pa.Table.from_arrays(columns, schema=TABLE.arrow_schema()))
    assert saved(measured(ruled, Replay(recording), by=by), tmp_path / "m") == files


@pytest.mark.parametrize("by", GENERATORS)
def test_mistake_12_no_artefact_event_note_or_log_line_holds_a_rare_value(
    by: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[str] = []
    rows = people(*[HOSTILE["unique category"]] * 2, (8, CANARY, *ORDINARY[1:]), rows=ENOUGH)
    plugin, counter = load(PACKAGE, by), MemoryCounter.of(rows, unit=[ColumnName("id")])
    result = plugin.measure(counter, TASK, lambda text, _: heard.append(text))
    files = saved(result, tmp_path / "m")
    made = plugin.fit(result, lambda text, _: heard.append(text)).sample(ENOUGH, seed=1)
    told = [str(vars(record)) for record in caplog.records] + heard + [repr(result.events), *result.notes]
    assert not any(CANARY.encode() in content for content in files.values())
    assert CANARY not in "".join(told)
    assert CANARY not in made["town"].to_pylist()
    # the number of distinct values is not told either: cells are those that passed, and the rest
    assert result.columns[0].counts.size == 5
    assert {e.cells for e in result.events if isinstance(e, DiscreteGaussianEvent) and "values" in e.label} <= {0}


def test_mistake_12_errors_are_about_declarations_and_hold_no_value() -> None:
    wrong = dataclasses.replace(TASK, domains={ColumnName("age"): DomainClause(values=[CANARY])})
    with pytest.raises(Exception, match="declared domain") as caught:
        measured(people(), of=wrong)
    assert CANARY not in str(caught.value)


def test_mistake_13_measurements_read_back_are_those_that_were_paid_for(tmp_path: Path) -> None:
    recording = Recording(DiscreteGaussian())
    result = measured(people(rows=ENOUGH), recording)
    before = saved(result, tmp_path / "one")
    calls = sum(call.counts.size > 0 for call in recording.calls)
    again = load(PACKAGE, FLAGSHIP).load(tmp_path / "one")
    assert again.events == result.events
    assert saved(again, tmp_path / "two") == before
    assert calls == sum(isinstance(e, DiscreteGaussianEvent) for e in result.events)
