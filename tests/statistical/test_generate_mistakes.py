"""Mistakes others made with differential privacy, each as a test of ours.

The numbers are those of the table in docs/explanation/privacy-promise.md. Two neighbours differ by everything one unit
contributed; ``Frozen`` noise hands out the same noisy counts whatever the exact ones are, so that what still differs
between neighbours came out some other way.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent
from gateway.raw.generate import noise as noise_module
from gateway.raw.generate.generator import Task
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.measuring import measure
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

BUDGET = Budget(1.0, 1e-6)
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


def task(**domains: DomainClause) -> Task:
    return Task(domains={name: domains.get(name) for name in LEARNED}, budget=BUDGET)


class Frozen:
    """Takes a run's noisy answers down, or plays them back; keeps every exact query it was asked."""

    def __init__(self, answers: Sequence[object] | None = None, *, source: Noise | None = None) -> None:
        self.released = 0
        self.asked: list[tuple[object, ...]] = []
        self.given: list[object] = []
        self._real = source or DiscreteGaussian()
        self._answers = None if answers is None else iter(answers)

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        self.asked.append(("add", counts.copy(), sigma))
        answer = self._real.add(counts, sigma=sigma) if self._answers is None else next(self._answers)
        assert isinstance(answer, np.ndarray)
        assert answer.shape == counts.shape, "the shape of a query depends on the rows"
        self.given.append(answer)
        return answer

    def select(
        self, values: Sequence[str], counts: NDArray[np.int64], *, sigma: float, threshold: int
    ) -> dict[str, int]:
        self.asked.append(("select", dict(zip(values, counts.tolist(), strict=True)), sigma, threshold))
        if self._answers is None:
            answer: object = self._real.select(values, counts, sigma=sigma, threshold=threshold)
        else:
            answer = next(self._answers)
        assert isinstance(answer, dict)
        self.given.append(answer)
        return answer


class Silent:
    """No noise at all."""

    released = 0

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:  # noqa: ARG002 - the contract's
        return counts

    def select(
        self,
        values: Sequence[str],
        counts: NDArray[np.int64],
        *,
        sigma: float,  # noqa: ARG002 - the contract's
        threshold: int,
    ) -> dict[str, int]:
        return dict(sorted((v, c) for v, c in zip(values, counts.tolist(), strict=True) if c >= threshold))


class Rough:
    """Fast noise that protects nobody, and keeps every second value."""

    released = 0

    def __init__(self) -> None:
        self._generator = np.random.default_rng(0)

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        noise = self._generator.normal(scale=sigma, size=counts.shape)
        return np.asarray(counts + np.rint(noise).astype(np.int64))

    def select(
        self,
        values: Sequence[str],
        counts: NDArray[np.int64],
        *,
        sigma: float,  # noqa: ARG002 - the contract's
        threshold: int,
    ) -> dict[str, int]:
        return {value: threshold + int(count) for value, count in sorted(zip(values, counts, strict=True))[::2]}


def measured(rows: RawTable, noise: Noise | None = None, *, of: Task | None = None) -> TableMeasurements:
    return measure(rows, of or task(), generator="pairwise", relationships=True, progress=lambda *_: None, noise=noise)


def saved(measurements: TableMeasurements, folder: Path) -> dict[str, bytes]:
    measurements.save(folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(scope="module", params=[0, 3_000])
def frozen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Frozen, object]:
    """Return a number of rows, the noisy answers of one real run on them, and the files it wrote."""
    source = Frozen()
    files = saved(measured(people(rows=request.param), source), tmp_path_factory.mktemp("before") / "m")
    return request.param, source, files


@pytest.mark.parametrize("name", HOSTILE)
def test_mistake_01_nothing_but_noisy_counts_is_read_from_the_data(
    name: str, frozen: tuple[int, Frozen, object], tmp_path: Path
) -> None:
    rows, source, before = frozen
    assert saved(measured(people(HOSTILE[name], rows=rows), Frozen(source.given)), tmp_path / "m") == before


def test_mistake_01_nor_the_order_of_rows(tmp_path: Path) -> None:
    rows = people(rows=1000)
    turned = RawTable(TABLE, rows.expose().take(pa.array(np.random.default_rng(1).permutation(1000))))
    assert saved(measured(rows, Silent()), tmp_path / "a") == saved(measured(turned, Silent()), tmp_path / "b")


def test_mistake_01_values_found_come_in_an_order_of_their_own() -> None:
    kept = DiscreteGaussian().select(["b", "c", "a"], np.full(3, 10**6), sigma=2.0, threshold=100)
    assert list(kept) == ["a", "b", "c"]


@pytest.mark.parametrize("name", HOSTILE)
def test_mistake_01_without_noise_one_person_moves_one_cell_of_each_column(name: str) -> None:
    one, two = measured(people(), Silent()), measured(people(HOSTILE[name]), Silent())
    for before, after in zip(one.columns, two.columns, strict=True):
        assert before.domain == after.domain
        # the cells hold means of several answers of exact counts, so one person moves them by one too
        assert np.abs(before.counts - after.counts).sum() <= 1
    assert two.rows == one.rows + 1
    assert [e.to_json() for e in one.events] == [e.to_json() for e in two.events]


def test_mistake_02_a_value_of_one_person_passes_with_probability_delta_at_most() -> None:
    _passing_rate(draws=20_000, delta=0.02)


@pytest.mark.audit
def test_mistake_02_the_same_over_a_million_draws() -> None:
    _passing_rate(draws=1_000_000, delta=1e-3)


def _passing_rate(*, draws: int, delta: float) -> None:
    threshold = calibration.threshold(12.0, delta)
    values = [str(number) for number in range(draws)]
    kept = DiscreteGaussian().select(values, np.ones(draws, dtype=np.int64), sigma=12.0, threshold=threshold)
    analytic = calibration.tail(12.0, threshold - 1)
    spread = 4.5 * (draws * analytic) ** 0.5
    assert analytic <= delta
    assert abs(len(kept) - draws * analytic) <= spread


def test_mistake_02_every_search_for_values_is_an_event_with_its_delta() -> None:
    events = measured(people()).events
    searches = [event for event in events if isinstance(event, SelectionEvent)]
    assert [event.label for event in searches] == ["values of people.town"]
    assert 0 < searches[0].delta <= 0.1 * BUDGET.delta


def _hostile_rows() -> st.SearchStrategy[list[tuple[object, ...]]]:
    return st.lists(st.sampled_from([*HOSTILE.values(), (1, *ORDINARY), (None, *ORDINARY)]), max_size=6)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=_hostile_rows(), name=st.sampled_from(sorted(HOSTILE)), copies=st.integers(1, 3))
def test_mistake_03_no_query_moves_by_more_than_one(base: list[tuple[object, ...]], name: str, copies: int) -> None:
    _sensitivity_at_most_one(base, name, copies)


@pytest.mark.audit
@pytest.mark.timeout(3600)
def test_mistake_03_the_same_over_ten_thousand_neighbours() -> None:
    generator = np.random.default_rng(0)
    kinds = [*HOSTILE.values(), (1, *ORDINARY), (None, *ORDINARY)]
    for _ in range(10_000):
        base = [kinds[k] for k in generator.integers(len(kinds), size=generator.integers(6))]
        _sensitivity_at_most_one(base, str(generator.choice(sorted(HOSTILE))), int(generator.integers(1, 4)))


def _sensitivity_at_most_one(base: list[tuple[object, ...]], name: str, copies: int) -> None:
    first = Frozen(source=Rough())
    measured(people(*base, rows=5), first)
    second = Frozen(first.given)
    measured(people(*base, *[(77_777, *HOSTILE[name])] * copies, rows=5), second)
    assert len(first.asked) == len(second.asked)
    for one, two in zip(first.asked, second.asked, strict=True):
        assert one[2:] == two[2:]
        if isinstance(one[1], dict) and isinstance(two[1], dict):
            moved = sum((two[1].get(key, 0) - one[1].get(key, 0)) ** 2 for key in one[1] | two[1])
        else:
            moved = int(((np.asarray(two[1]) - np.asarray(one[1])) ** 2).sum())
        assert moved <= 1


@pytest.mark.parametrize("row", [(True,) * 17, (None,) * 17])
def test_mistake_03_nor_do_the_scores_that_choose_pairs(row: tuple[bool | None, ...]) -> None:
    columns = tuple(_column(f"c{k}", Kind.BOOLEAN) for k in range(17))
    shape = Table(name=TableName("wide"), columns=columns)
    base = np.random.default_rng(0).integers(0, 2, size=3_000).astype(bool).tolist()
    wide = Task(domains={column.name: None for column in columns}, budget=BUDGET)
    asked = []
    answers = None
    for extra in ([], [row]):
        arrays = [pa.array([*base, *(r[k] for r in extra)], pa.bool_()) for k in range(17)]
        source = Frozen(answers)
        measured(RawTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema())), source, of=wide)
        asked.append(source.asked)
        answers = source.given
    assert len(asked[0]) == len(asked[1]) == 1 + 17 + 136 + 68
    for one, two in zip(*asked, strict=True):
        assert ((np.asarray(one[1]) - np.asarray(two[1])) ** 2).sum() <= 1


def test_mistake_03_many_rows_of_one_person_do_not_count_and_one_row_does() -> None:
    one = measured(people((7, *ORDINARY), *[(8, *ORDINARY)] * 50, (None, *ORDINARY), rows=0), Silent())
    assert one.rows == 1


def test_mistake_04_the_recorded_events_are_the_whole_price() -> None:
    source = DiscreteGaussian()
    events = measured(people(), source).events
    assert sum(e.cells for e in events if isinstance(e, DiscreteGaussianEvent)) == source.released
    claim = accountant.epsilon(events, BUDGET.delta)
    assert 0.998 * BUDGET.epsilon <= claim <= BUDGET.epsilon
    assert claim == pytest.approx(accountant.epsilon_independently(events, BUDGET.delta), rel=5e-3)
    assert accountant.gaussian_parameter(_sigmas(events)) ** 2 / 2 <= calibration.rho(BUDGET)
    for dropped in range(0, len(events), 20):
        assert accountant.epsilon(events[:dropped] + events[dropped + 1 :], BUDGET.delta) < claim


@pytest.mark.parametrize("extra", [0, 3_000])
def test_mistake_04_what_is_spent_does_not_depend_on_the_rows(extra: int) -> None:
    empty, full = measured(people(rows=0)), measured(people(rows=extra))
    assert Counter(_sigmas(empty.events)) == Counter(_sigmas(full.events))
    assert bool(full.pairs) == (extra > 0)


def test_mistake_07_the_same_run_twice_gives_other_measurements_and_one_measurement_the_same_rows(
    tmp_path: Path,
) -> None:
    one, two = measured(people()), measured(people())
    assert one.total != two.total
    assert (one.columns[1].counts != two.columns[1].counts).any()
    files = saved(one, tmp_path / "one")
    plugin = load("gateway.raw.generate.generators", "pairwise")
    assert not any(b"seed" in content for content in files.values())
    first, again = (plugin.fit(m, lambda *_: None) for m in (one, plugin.load(tmp_path / "one")))
    assert first.sample(50, seed=3).equals(again.sample(50, seed=3))
    assert not first.sample(50, seed=3).equals(first.sample(50, seed=4))


def test_mistake_07_noise_is_drawn_in_one_module_alone() -> None:
    package = Path(noise_module.__file__).parents[2]
    drawing = [f.name for f in package.rglob("*.py") if "opendp" in f.read_text(encoding="utf-8")]
    assert drawing == ["noise.py"]
    assert "seed" not in Path(noise_module.__file__).read_text(encoding="utf-8").replace("Never seeded", "").replace(
        "sampling seed", ""
    ).replace("public seed", "")


@pytest.mark.parametrize("sigma", [0.8, 25.5])
def test_mistake_08_noise_follows_the_discrete_gaussian(sigma: float) -> None:
    _fits_the_discrete_gaussian(sigma, draws=50_000)


@pytest.mark.audit
@pytest.mark.parametrize("sigma", [0.8, 25.5, 400.0])
def test_mistake_08_the_same_over_a_million_draws(sigma: float) -> None:
    _fits_the_discrete_gaussian(sigma, draws=1_000_000)


def _fits_the_discrete_gaussian(sigma: float, *, draws: int) -> None:
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
    # the draws are independent of each other
    assert abs(np.corrcoef(noisy[1:], noisy[:-1])[0, 1]) < 5 / draws**0.5


def test_mistake_09_the_row_count_published_is_the_noisy_one() -> None:
    counts = {measured(people(rows=1_000)).rows for _ in range(4)}
    assert len(counts) > 1
    assert all(abs(count - 1_000) < 200 for count in counts)
    assert all(measured(people(rows=0)).rows >= 0 for _ in range(2))


@pytest.mark.parametrize("name", HOSTILE)
def test_mistake_10_one_person_never_changes_whether_a_run_succeeds(name: str) -> None:
    for rows in (0, 1):
        result = measured(people(*[HOSTILE[name]] * 2, rows=rows))
        plugin = load("gateway.raw.generate.generators", "independent")
        made = plugin.fit(result, lambda *_: None).sample(20, seed=0)
        assert made.schema.types == [column.arrow_type for column in TABLE.columns[1:]]


def test_mistake_11_what_always_holds_in_the_data_is_not_learned_as_a_rule(
    frozen: tuple[int, Frozen, object], tmp_path: Path
) -> None:
    rows, source, before = frozen
    whole = people(rows=rows).expose()
    ruled = RawTable(TABLE, whole.set_column(3, TABLE.arrow_schema().field("age"), whole["id"]))
    assert saved(measured(ruled, Frozen(source.given)), tmp_path / "m") == before


def test_mistake_12_no_artefact_event_note_or_log_line_holds_a_rare_value(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[str] = []
    rows = people(*[HOSTILE["unique category"]] * 3, (8, CANARY, *ORDINARY[1:]), rows=3_000)
    result = measure(
        rows, task(), generator="pairwise", relationships=True, progress=lambda text, _: heard.append(text)
    )
    files = saved(result, tmp_path / "m")
    made = load("gateway.raw.generate.generators", "pairwise").fit(result, lambda *_: None).sample(3_000, seed=1)
    told = [str(vars(record)) for record in caplog.records] + heard + [repr(result.events), *result.notes]
    assert not any(CANARY.encode() in content for content in files.values())
    assert CANARY not in "".join(told)
    assert CANARY not in made["town"].to_pylist()
    # the number of distinct values is not told either: cells are those that passed
    town = next(e for e in result.events if isinstance(e, DiscreteGaussianEvent) and e.label.startswith("values"))
    assert town.cells == len(result.columns[0].counts) - 1 == 3


def test_mistake_12_errors_are_about_declarations_and_hold_no_value() -> None:
    wrong = dataclasses.replace(task(), domains={ColumnName("age"): DomainClause(values=[CANARY])})
    with pytest.raises(Exception, match="declared domain") as caught:
        measured(people(), of=wrong)
    assert CANARY not in str(caught.value)


def test_mistake_13_every_noisy_count_that_was_handed_out_is_on_record() -> None:
    source = DiscreteGaussian()
    result = measured(people(rows=1), source)
    assert sum(e.cells for e in result.events if isinstance(e, DiscreteGaussianEvent)) == source.released > 1_000


def _sigmas(events: Sequence[object]) -> list[float]:
    return [event.sigma for event in events if isinstance(event, DiscreteGaussianEvent)]
