"""Where numbers lie: declared steps, sentinels and groups; heavy values, lattices and cells found from noisy counts."""

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimation import independent
from gateway.policy.model import DomainClause
from gateway.privacy.budget import Budget
from gateway.raw.generate import discovery, locating, measuring, sampling
from gateway.raw.generate.binning import Bins, bins, estimated
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counters.sql import SqlCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import (
    Domain,
    Facts,
    Lattice,
    Ranges,
    Residues,
    Values,
    declared,
    domain_from_json,
    facts,
    grid,
    with_singles,
)
from gateway.raw.generate.encoding import encode
from gateway.raw.generate.expansion import Expansion, expand
from gateway.raw.generate.generator import Task
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.metering import Answer
from gateway.raw.generate.smoothing import smoothed
from gateway.raw.generate.tallying import ColumnTally, Tally
from gateway.raw.rows import RawTable
from gateway.vocabulary.digest import canonical_json
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table


def column(kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName("c"), kind=kind, native="x", **more)  # type: ignore[arg-type]


INTEGER = column(Kind.INTEGER, nullable=False)
TENTHS = column(Kind.DECIMAL, precision=4, scale=1, nullable=False)
FLOAT = column(Kind.FLOAT, nullable=False)
DATE = column(Kind.DATE, nullable=False)


class Little:
    """Seeded noise of a tenth of what is asked for, which protects nobody."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(1)

    def add(self, counts: np.ndarray, *, sigma: float, times: int = 1) -> np.ndarray:
        drawn = self._generator.normal(0, sigma * times**0.5 / 10, counts.shape)
        return np.asarray(times * counts + np.rint(drawn).astype(np.int64))


def pieces(of: Column, domain: Domain) -> Expansion:
    count = domain.cells
    alone = Bins(bin_of=np.arange(count, dtype=np.int32), weight=np.ones(count), ghost=np.zeros(count, dtype=bool))
    return expand(of, domain, alone)


def measured(of: Column, values: pa.Array, clause: DomainClause | None) -> TableMeasurements:
    table = Table(name=TableName("t"), columns=(of,))
    rows = RawTable(table, pa.Table.from_arrays([values.cast(of.arrow_type)], schema=table.arrow_schema()))
    task = Task(domains={of.name: clause}, budget=Budget(1.0, 1e-6))
    counter = MemoryCounter.of(rows)
    return measuring.measure(counter, task, generator="x", relate=None, progress=lambda *_: None, noise=Little())


def made(measurements: TableMeasurements, rows: int = 4_000) -> list[object]:
    model = sampling.fit(measurements, independent.fit, progress=lambda *_: None)
    return model.sample(rows, seed=1).column(0).to_pylist()


@pytest.mark.parametrize(
    ("of", "step", "bounds"),
    [
        (INTEGER, 7, (-100, 20_000)),
        (INTEGER, 250, (1, 9_999)),
        (TENTHS, 0.5, (0.3, 999.9)),
        (FLOAT, 0.1, (0.05, 20.0)),
        (FLOAT, 2.5, (-1_000.0, 1_000.0)),
    ],
)
def test_with_a_declared_step_only_multiples_inside_the_bounds_are_made(
    of: Column, step: float, bounds: tuple[float, float]
) -> None:
    domain = declared(of, DomainClause(lowest=bounds[0], highest=bounds[1], step=step))
    assert isinstance(domain, Ranges)
    cells = np.repeat(np.arange(domain.cells), 20)
    to = pieces(of, domain)
    values = to.typed(to.numbers(cells, np.random.default_rng(0)), None).to_pylist()
    assert all(Decimal(str(value)) % Decimal(str(step)) == 0 for value in values)
    assert min(values) >= bounds[0]
    assert max(values) <= bounds[1]
    array = pa.chunked_array([pa.array(values, of.arrow_type)])
    assert encode(array, of, domain).tolist() == cells.tolist()


def test_a_step_that_the_type_cannot_hold_is_refused() -> None:
    for of, clause in (
        (INTEGER, DomainClause(step=0.5)),
        (TENTHS, DomainClause(step=0.25)),
        (DATE, DomainClause(step=7)),
        (column(Kind.TEXT), DomainClause(sentinels=[9])),
        (column(Kind.BOOLEAN), DomainClause(step=1)),
        (INTEGER, DomainClause(lowest=1, highest=6, step=7)),
    ):
        with pytest.raises(ConfigurationError, match=r"column c|column c's"):
            declared(of, clause)
    assert facts(INTEGER, DomainClause(step=1)) == Facts()


def test_sentinels_have_cells_of_their_own_and_are_made_exactly() -> None:
    domain = declared(INTEGER, DomainClause(lowest=0, highest=5_000, sentinels=[-1, 99_999, 777]))
    assert isinstance(domain, Ranges)
    values = [-1, 777, 99_999, 0, 5_000, -2, 100_000, 776]
    cells = encode(pa.chunked_array([pa.array(values)]), INTEGER, domain)
    assert cells[:3].tolist() == [0, 1, 2]
    assert (cells[3:] > 2).all()
    assert cells[5] == cells[3]
    assert cells[6] == cells[4]
    to = pieces(INTEGER, domain)
    assert to.numbers(np.array([0, 1, 2]), np.random.default_rng(0)).tolist() == [-1, 777, 99_999]


def test_sentinels_outside_do_not_widen_bounds_that_are_searched_for() -> None:
    generator = np.random.default_rng(0)
    values = pa.array([*generator.integers(100, 300, 3_000).tolist(), *[10**9] * 500])
    found = measured(INTEGER, values, DomainClause(sentinels=[10**9]))
    assert found.columns[0].domain.last < 1_000
    share = sum(value == 10**9 for value in made(found)) / 4_000
    assert share == pytest.approx(500 / 3_500, abs=0.02)


def test_a_sentinel_that_no_row_has_is_not_made() -> None:
    values = pa.array(np.random.default_rng(0).integers(100, 300, 3_000))
    found = measured(INTEGER, values, DomainClause(lowest=0, highest=1_000, sentinels=[-9]))
    assert -9 not in made(found)


def test_heavy_numbers_are_found_among_a_hundred_thousand_and_made_exactly() -> None:
    generator = np.random.default_rng(0)
    values = pa.array([*generator.integers(0, 100_000, 6_000).tolist(), *[15_024] * 400, *[99_999] * 300, *[0] * 5_000])
    found = made(measured(INTEGER, values, DomainClause(lowest=0, highest=100_000)), 11_700)
    assert found.count(15_024) == pytest.approx(400, abs=40)
    assert found.count(99_999) == pytest.approx(300, abs=40)
    assert found.count(0) == pytest.approx(5_000, abs=150)


def test_remainders_that_are_far_from_even_and_all_light_make_no_lattice() -> None:
    far = np.array([10, -90, 15, -80, -95, 20, -85, -90, -70, -80])
    assert discovery.lattice(far, None, sigma=25.0) is None


def test_noise_alone_makes_no_heavy_number_and_no_lattice() -> None:
    domain = grid(0, 50_000, INTEGER, cells=64)
    every = discovery.units(domain, INTEGER)
    assert every is not None
    generator = np.random.default_rng(3)
    alarms = [
        bool(discovery.heavy(np.rint(generator.normal(0, 25, every.cells)).astype(int), every, sigma=25.0))
        for _ in range(20)
    ]
    assert sum(alarms) <= 10
    even = [np.rint(500 + generator.normal(0, 25, 10)).astype(int) for _ in range(200)]
    assert [discovery.lattice(counts, None, sigma=25.0) for counts in even] == [None] * 200


@pytest.mark.parametrize(
    ("of", "lowest", "highest", "expected"),
    [
        (INTEGER, 0, 127, False),
        (INTEGER, 0, 128, True),
        (INTEGER, 0, 2**17 - 1, True),
        (INTEGER, 0, 2**17, False),
        (FLOAT, 0.0, 1_000.0, False),
    ],
)
def test_numbers_are_counted_one_by_one_where_ranges_hide_them_and_they_are_not_too_many(
    of: Column, lowest: float, highest: float, expected: bool
) -> None:
    assert (discovery.units(grid(lowest, highest, of, cells=64), of) is not None) == expected


def test_whole_centimetres_in_a_column_of_tenths_stay_whole() -> None:
    heights = np.random.default_rng(0).normal(170, 10, 8_000).round().clip(120, 220)
    found = measured(TENTHS, pa.array([Decimal(int(h)) for h in heights]), DomainClause(lowest=100, highest=250))
    lattice = found.columns[0].domain.lattice
    assert (lattice.modulus, lattice.residues) == (10, (0,))
    values = made(found)
    assert all(value == int(value) for value in values)
    assert abs(np.mean([float(v) for v in values]) - heights.mean()) < 1


def test_prices_keep_their_last_digits() -> None:
    generator = np.random.default_rng(0)
    cents = generator.choice([99, 49, 0], p=[0.6, 0.3, 0.1], size=20_000)
    price = column(Kind.DECIMAL, precision=8, scale=2, nullable=False)
    prices = pa.array(
        [
            Decimal(int(e) * 100 + int(c)).scaleb(-2)
            for e, c in zip(generator.integers(1, 900, 20_000), cents, strict=True)
        ]
    )
    values = made(measured(price, prices, DomainClause(lowest=0, highest=1_000)))
    ends = [int(value * 100) % 100 for value in values]
    assert set(ends) == {99, 49, 0}
    assert ends.count(99) / len(ends) == pytest.approx(0.6, abs=0.05)


def test_days_of_the_week_are_kept() -> None:
    days = [dt.date(2015, 1, 1) + dt.timedelta(days=int(d)) for d in np.random.default_rng(0).integers(0, 2_000, 9_000)]
    weekdays = [day for day in days if day.weekday() < 5]
    found = measured(DATE, pa.array(weekdays), None)
    assert found.columns[0].domain.lattice.modulus == 7
    assert sum(day.weekday() >= 5 for day in made(found)) < 40


def test_a_lattice_is_seen_beside_a_value_that_most_rows_have() -> None:
    generator = np.random.default_rng(0)
    values = np.where(generator.random(10_000) < 0.8, 0, generator.integers(1, 40_000, 10_000))
    found = measured(INTEGER, pa.array(values), DomainClause(lowest=0, highest=50_000))
    assert found.columns[0].domain.lattice is None


@given(
    modulus=st.integers(2, 30),
    low=st.integers(-(10**6), 10**6),
    width=st.integers(0, 500),
    data=st.data(),
)
def test_numbers_are_drawn_inside_their_piece_and_on_the_lattice_if_it_has_any(
    modulus: int, low: int, width: int, data: st.DataObject
) -> None:
    residues = tuple(sorted(data.draw(st.sets(st.integers(0, modulus - 1), min_size=1))))
    lattice = Lattice(modulus=modulus, residues=residues, shares=(1 / len(residues),) * len(residues))
    domain = Ranges(starts=(low,), last=low + width, rest=False, lattice=lattice)
    numbers = pieces(INTEGER, domain).numbers(np.zeros(50, dtype=np.int64), np.random.default_rng(0))
    assert ((numbers >= low) & (numbers <= low + width)).all()
    there = [n for n in range(low, low + width + 1) if n % modulus in residues]
    assert not there or {int(n) % modulus for n in numbers} <= set(residues)
    mass = pieces(INTEGER, domain).mass(np.array([low]), np.array([low + width]))
    assert mass[0] == pytest.approx(len(there) / len(residues), abs=1e-6)


def test_numbers_on_a_lattice_come_in_the_shares_of_their_residues() -> None:
    lattice = Lattice(modulus=10, residues=(0, 5, 7), shares=(0.5, 0.3, 0.2))
    to = pieces(INTEGER, Ranges(starts=(-20,), last=79, rest=False, lattice=lattice))
    numbers = to.numbers(np.zeros(40_000, dtype=np.int64), np.random.default_rng(0))
    assert np.bincount(numbers % 10, minlength=10)[[0, 5, 7]] / 40_000 == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert np.bincount((numbers + 20) // 10) / 40_000 == pytest.approx([0.1] * 10, abs=0.01)


def test_every_refinement_keeps_cells_side_by_side_and_survives_json() -> None:
    plain = grid(-50, 70_000, column(Kind.INTEGER), cells=64)
    single = with_singles(plain, [17, 70_000, -50, 400])
    counts = np.random.default_rng(0).integers(0, 900, single.cells)
    cut = discovery.split(single, counts, whole=True, parts=128)
    assert set(plain.starts) <= set(single.starts) <= set(cut.starts)
    assert {17, 18, 400, 401, -49, 70_000} <= set(single.starts)
    for domain in (plain, single, cut):
        assert domain.starts[0] == -50
        assert (np.diff(domain.starts) > 0).all()
        assert domain.widths().sum() == 70_051
        assert domain_from_json(json.loads(canonical_json(domain.to_json()))) == domain
    rich = Ranges(starts=(0.5, 2.0), last=9.0, rest=True, sentinels=(-1.0,), lattice=Lattice(modulus=0.5))
    assert domain_from_json(json.loads(canonical_json(rich.to_json()))) == rich
    for damage in ({"residues": [1, 0]}, {"residues": []}, {"shares": [-1.0]}, {"modulus": 0}, {"residues": [9]}):
        broken = rich.to_json() | {"lattice": rich.to_json()["lattice"] | damage}
        with pytest.raises(ValueError, match="none"):
            domain_from_json(broken)


def test_cells_that_hold_many_rows_are_cut_and_their_first_counts_kept() -> None:
    values = np.exp(np.random.default_rng(0).normal(8, 1, 20_000))
    found = measured(FLOAT, pa.array(values), DomainClause(lowest=0.0, highest=1e7))
    sample = np.sort(np.array(made(found, 20_000), dtype=float))
    at = np.sort(values)
    distance = np.abs(np.searchsorted(sample, at, side="right") / 20_000 - np.arange(1, 20_001) / 20_000).max()
    assert distance < 0.03


def test_answers_over_wider_cells_move_counts_by_least_squares() -> None:
    domain = Ranges(starts=(0, 10, 20, 30), last=39, rest=False)
    wider = Ranges(starts=(0, 20), last=39, rest=False)
    tally = ColumnTally(
        column=INTEGER,
        domain=domain,
        one_ways=[Answer(np.array([10, 30, 5, 5]), 4.0)],
        coarse=[(wider, Answer(np.array([100, 10]), 2.0))],
    )
    got = Tally([tally]).of(0)
    # design: four cells (variance 16), two sums of two (variance 4)
    design = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]])
    weight = np.diag([1 / 16] * 4 + [1 / 4] * 2)
    covariance = np.linalg.inv(design.T @ weight @ design)
    expected = covariance @ design.T @ weight @ np.array([10, 30, 5, 5, 100, 10])
    assert got.counts == pytest.approx(expected, abs=0.51)
    assert got.sigma**2 == pytest.approx(np.diag(covariance) + 1 / 12)


def test_counts_of_single_numbers_help_the_cells_that_hold_one() -> None:
    domain = Ranges(starts=(0, 1, 5), last=9, rest=True, sentinels=(99,))
    every = Ranges(starts=tuple(range(10)), last=9, rest=True, sentinels=(99,))
    tally = ColumnTally(
        column=column(Kind.INTEGER),
        domain=domain,
        one_ways=[Answer(np.array([7, 7, 100, 40, 50]), 3.0)],
        every=(every, Answer(np.array([9, 9, 110, 10, 10, 10, 10, 10, 10, 10, 10, 10]), 3.0)),
    )
    got = Tally([tally]).of(0)
    assert got.counts[:3].tolist() == [8, 8, 105]
    assert got.sigma[2] < got.sigma[3] < 3.0


@given(
    noisy=st.lists(st.integers(-200, 5_000), min_size=2, max_size=80),
    total=st.sampled_from([0.0, 10.0, 20_000.0]),
    seed=st.integers(0, 9),
)
def test_smoothed_counts_are_never_negative_and_sum_to_the_total(noisy: list[int], total: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    sigma, width = generator.uniform(1, 30, len(noisy)), 10.0 ** generator.uniform(-300, 6, len(noisy))
    counts = smoothed(np.array(noisy), sigma, width, total=total)
    assert (counts >= 0).all()
    assert counts.sum() == pytest.approx(total, rel=1e-9, abs=1e-6)


def test_smoothing_is_nearer_to_a_smooth_column_than_projecting_and_keeps_spikes() -> None:
    generator = np.random.default_rng(0)
    domain = Ranges(starts=tuple(range(0, 1_000, 10)), last=999, rest=False)
    true = 400 * np.exp(-(((np.arange(100) - 40) / 15) ** 2))
    true[70] += 800
    noisy = np.rint(true + generator.normal(0, 20, 100)).astype(int)
    sigma = np.full(100, 20.0)
    close = estimated(noisy, sigma, true.sum(), domain)
    listed = estimated(noisy, sigma, true.sum(), Values(values=tuple(range(100)), rest=False))
    assert np.abs(close - true).sum() < 0.8 * np.abs(listed - true).sum()
    assert close[70] == pytest.approx(true[70], abs=60)


def test_smoothing_of_counts_without_noise_changes_next_to_nothing() -> None:
    true = np.random.default_rng(0).integers(0, 5_000, 60)
    domain = Ranges(starts=tuple(range(0, 600, 10)), last=599, rest=False)
    assert estimated(true, np.full(60, 1e-3), float(true.sum()), domain) == pytest.approx(true, abs=1.0)


def test_light_values_of_a_declared_group_stay_together() -> None:
    clause = DomainClause(groups={"north": ["a", "b", "c"], "south": ["d", "e", "f"], "rare": ["g", "h"]})
    domain = declared(column(Kind.TEXT), clause)
    assert isinstance(domain, Values)
    assert domain.groups == (0, 0, 0, 1, 1, 1, 2, 2)
    noisy = np.array([0, 5_000, 50, 52, 45, 51, 49, 5, 9])
    binned = bins(noisy, np.full(9, 20.0), total=5_260, domain=domain, nullable=True)
    at = binned.bin_of
    assert at[2] == at[3] != at[4] == at[5] == at[6]
    assert at[1] not in at[2:7]
    assert binned.ghost.tolist() == [True, *[False] * 6, True, True]
    assert domain_from_json(domain.to_json()) == domain


@pytest.mark.parametrize("url", ["sqlite://", "duckdb"])
def test_refined_cells_are_counted_inside_the_source_as_in_memory(url: str) -> None:
    generator = np.random.default_rng(0)
    values = [*generator.integers(-300, 140_000, 400).tolist(), None, None, -(2**63) + 1, 2**63 - 1, 0, 0, 999_999]
    of = column(Kind.INTEGER)
    table = Table(name=TableName("t"), columns=(of,))
    rows = RawTable(table, pa.Table.from_arrays([pa.array(values, pa.int64())], schema=table.arrow_schema()))
    every = discovery.units(grid(-200, 130_000, of, cells=64), of)
    assert every is not None
    known = Facts(sentinels=(-1, 999_999), lattice=Lattice(modulus=10))
    cut = grid(-200, 130_000, of, cells=64, known=known)
    alone = with_singles(cut, [0, 170])
    shared = Axis(column=of.name, domain=alone, bin_of=alone.single(whole=True).astype(np.int32))
    asked = [
        [Axis(column=of.name, domain=every)],
        [Axis(column=of.name, domain=alone)],
        [Axis(column=of.name, domain=Residues(modulus=10, rest=True)), shared],
        [Axis(column=of.name, domain=Ranges(starts=(), last=0, rest=True, sentinels=(0, 999_999)))],
    ]
    with _opened(url) as connection:
        connection.execute(sa.text("CREATE TABLE t (c BIGINT)"))
        connection.execute(sa.text("INSERT INTO t VALUES (:c)"), [{"c": value} for value in values])
        inside = SqlCounter(connection, table, schema=None).count(asked)
    for there, here in zip(inside, MemoryCounter.of(rows).count(asked), strict=True):
        assert there.sum() == len(values)
        assert np.array_equal(there, here)


def _opened(url: str) -> sa.Connection:
    if url == "duckdb":
        pytest.importorskip("duckdb_engine")
        url = "duckdb:///:memory:"
    return sa.create_engine(url).connect()


def test_what_a_refinement_costs_is_planned_whatever_the_rows_are() -> None:
    of = column(Kind.INTEGER)
    clause = DomainClause(lowest=0, highest=100_000)
    spent = []
    for values in ([5] * 900, list(range(0, 90_000, 100)), [None] * 900, [99_999]):
        events = measured(of, pa.array(values, pa.int64()), clause).events
        spent.append((len({e.sigma for e in events}), sum(e.times for e in events)))
    assert len(set(spent)) == 1
    assert locating.LATTICE >= 1
