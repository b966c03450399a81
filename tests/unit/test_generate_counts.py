"""Counting in memory, binning, and files of measurements."""

import collections
import pickletools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimation.measurement import NoisyMarginal
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent
from gateway.raw.generate import measurements
from gateway.raw.generate.binning import bins, coarsen, project
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Lattice, Ranges, Values
from gateway.raw.generate.knowledge import Knowledge
from gateway.raw.generate.measurements import ColumnMeasured, TableMeasurements
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

CELLS = (3, 1, 300, 70_000)
NAMES = [ColumnName(f"c{j}") for j in range(len(CELLS))]


def integers(names: list[ColumnName]) -> Table:
    return Table(name=TableName("t"), columns=tuple(Column(name=n, kind=Kind.INTEGER, native="bigint") for n in names))


def axis(name: ColumnName, cells: int, bin_of: np.ndarray | None = None) -> Axis:
    return Axis(column=name, domain=Ranges(starts=tuple(range(cells)), last=cells - 1, rest=False), bin_of=bin_of)


@given(data=st.data(), rows=st.integers(0, 30), cut=st.integers(1, 9))
def test_counts_are_those_of_counting_by_hand(data: st.DataObject, rows: int, cut: int) -> None:
    codes = [np.array([data.draw(st.integers(0, n - 1)) for _ in range(rows)], dtype=np.int64) for n in CELLS]
    table = integers(NAMES)
    frame = pa.Table.from_arrays([pa.array(column) for column in codes], schema=table.arrow_schema())
    counter = MemoryCounter(table, frame.to_batches(max_chunksize=cut))
    wanted = [(), (0,), (2,), (0, 2), (2, 0), (1, 3), (0, 1, 2)]
    answers = counter.count([[axis(NAMES[j], CELLS[j]) for j in columns] for columns in wanted])
    assert answers[0].item() == rows
    for columns, counted in zip(wanted[1:], answers[1:], strict=True):
        by_hand = collections.Counter(zip(*(codes[j].tolist() for j in columns), strict=True))
        assert counted.dtype == np.int64
        assert counted.shape == tuple(CELLS[j] for j in columns)
        assert {tuple(map(int, at)): int(counted[tuple(at)]) for at in np.argwhere(counted)} == dict(by_hand)


def test_bins_sum_cells_and_are_not_taken_for_one_another() -> None:
    codes = np.random.default_rng(0).integers(0, 6, size=100)
    table = integers(NAMES[:1])
    counter = MemoryCounter(table, pa.Table.from_arrays([pa.array(codes)], schema=table.arrow_schema()).to_batches())
    fine = counter.count([[axis(NAMES[0], 6)]])[0]
    for to in ([0, 0, 1, 2, 1, 0], [0, 1, 1, 2, 1, 0], [0, 0, 0, 0, 0, 0]):
        bin_of = np.array(to, dtype=np.int32)
        counted = counter.count([[axis(NAMES[0], 6, bin_of)]])[0]
        assert counted.tolist() == np.bincount(bin_of, weights=fine).tolist()
    assert counter.count([[axis(NAMES[0], 6)]])[0].tolist() == fine.tolist()


def test_values_are_counted_over_batches_without_null() -> None:
    table = Table(name=TableName("t"), columns=(Column(name=ColumnName("v"), kind=Kind.TEXT, native="text"),))
    batches = [pa.record_batch([pa.array(part, pa.string())], names=["v"]) for part in (["a", None], [], ["b", "a"])]
    values, counts = MemoryCounter(table, batches).values(ColumnName("v"))
    assert dict(zip(values, counts.tolist(), strict=True)) == {"a": 2, "b": 1}
    assert MemoryCounter(table, []).values(ColumnName("v"))[0] == []


def kept_rows(keys: list[pa.Array]) -> list[int]:
    """Return which rows are counted, told by a number of their own."""
    names = [ColumnName(f"k{j}") for j in range(len(keys))]
    rows = len(keys[0])
    counted = integers([ColumnName("row")])
    batch = pa.record_batch([*keys, pa.array(range(rows), pa.int64())], names=[*names, "row"])
    counter = MemoryCounter(counted, [batch.slice(0, rows // 2), batch.slice(rows // 2)], unit=names)
    return np.flatnonzero(counter.count([[axis(ColumnName("row"), max(rows, 1))]])[0]).tolist()


@given(keys=st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, "x", "y"])), max_size=12))
def test_rows_with_a_key_of_their_own_are_kept_and_none_of_nobody(keys: list[tuple[int | None, str | None]]) -> None:
    kept = kept_rows([pa.array([a for a, _ in keys], pa.int64()), pa.array([b for _, b in keys], pa.string())])
    assert kept == [row for row, key in enumerate(keys) if None not in key and keys.count(key) == 1]


@given(
    keys=st.lists(st.sampled_from([None, 2.0**53, 0.0, -0.0, 1.5]), min_size=2, max_size=12), gone=st.integers(0, 11)
)
def test_one_row_more_or_less_moves_one_kept_row_even_where_keys_read_alike(
    keys: list[float | None], gone: int
) -> None:
    at = gone % len(keys)
    kept = set(kept_rows([pa.array(keys, pa.float64())]))
    left = {row + (row >= at) for row in kept_rows([pa.array(keys[:at] + keys[at + 1 :], pa.float64())])}
    assert len(kept ^ left) <= 1


@given(
    noisy=st.lists(st.integers(-500, 5000), min_size=1, max_size=30),
    total=st.floats(0, 10_000),
    seed=st.integers(0, 9),
)
def test_projected_counts_are_never_negative_and_sum_to_the_total(noisy: list[int], total: float, seed: int) -> None:
    sigma = np.random.default_rng(seed).uniform(1, 30, size=len(noisy))
    counts = project(np.array(noisy), sigma, total)
    assert (counts >= 0).all()
    assert counts.sum() == pytest.approx(total, rel=1e-9, abs=1e-6)


def test_consistent_counts_are_left_alone() -> None:
    assert project(np.array([5, 0, 7]), np.ones(3), 12.0).tolist() == [5.0, 0.0, 7.0]


@given(
    noisy=st.lists(st.integers(-100, 3000), min_size=1, max_size=60),
    kind=st.booleans(),
    rest=st.booleans(),
    nullable=st.booleans(),
    total=st.sampled_from([-50.0, 0.0, 10.0, 20_000.0]),
)
def test_bins_partition_the_cells_and_shares_sum_to_one(
    noisy: list[int], kind: bool, rest: bool, nullable: bool, total: float
) -> None:
    known = tuple(range(len(noisy) - rest))
    domain = Ranges(starts=known, last=max(len(known) - 1, 0), rest=rest) if kind else Values(values=known, rest=rest)
    counts, sigma = np.array(noisy), np.full(len(noisy), 20.0)
    made = bins(counts, sigma, total=total, domain=domain, nullable=nullable)
    assert set(made.bin_of.tolist()) == set(range(made.count))
    for group in range(made.count):
        assert made.weight[made.bin_of == group].sum() == pytest.approx(1.0)
    assert not made.weight[made.ghost].any()
    summed, spread = coarsen(counts, sigma, made)
    assert summed.sum() == counts[~made.ghost].sum()
    assert (spread > 0).all()


def test_heavy_values_stand_alone_and_light_ones_together() -> None:
    noisy = np.array([3, 5000, 4000, 40, 35, 45, 30])
    made = bins(noisy, np.full(7, 20.0), total=9150, domain=Values(values=tuple("abcdef"), rest=True), nullable=True)
    assert made.bin_of[1] != made.bin_of[2]
    assert len({made.bin_of[cell] for cell in (3, 4, 5, 6)}) == 1


def test_cells_that_are_noise_alone_are_not_made_into_rows() -> None:
    noisy = np.array([11, 5000, 4000])
    made = bins(noisy, np.full(3, 20.0), total=9000, domain=Values(values=("f", "m"), rest=True), nullable=True)
    assert made.count == 2
    assert made.ghost.tolist() == [True, False, False]


def test_a_required_column_is_never_the_rest_when_anything_is_known() -> None:
    noisy = np.array([4000, 5000, 3])
    made = bins(noisy, np.full(3, 20.0), total=9000, domain=Values(values=("f", "m"), rest=True), nullable=False)
    assert made.weight[0] == 0


def _measurements() -> TableMeasurements:
    generator = np.random.default_rng(0)
    of = [
        Column(name=ColumnName("a"), kind=Kind.TEXT, native="text", length=9),
        Column(name=ColumnName("b"), kind=Kind.DECIMAL, native="numeric(5,1)", precision=5, scale=1, nullable=False),
    ]
    lattice = Lattice(modulus=10, residues=(0, 5), shares=(0.7, 0.3))
    domains = [
        Values(values=("x", "ü\n"), rest=True, groups=(0, 1)),
        Ranges(starts=(0, 9), last=2**63 - 1, rest=False, sentinels=(-1,), lattice=lattice),
    ]
    columns = tuple(
        ColumnMeasured(column=c, domain=d, counts=generator.integers(0, 900, 3), sigma=np.array([9.0, 3.25, 1 / 3]))
        for c, d in zip(of, domains, strict=True)
    )
    made = tuple(bins(c.counts, c.sigma, total=1000.25, domain=c.domain, nullable=c.column.nullable) for c in columns)
    shape = [each.count for each in made]
    pair = NoisyMarginal(columns=(0, 1), counts=generator.integers(-9, 400, shape), sigma=30.5)
    events = (
        DiscreteGaussianEvent(label="one-way t.a", sigma=30.5, cells=3, times=4),
        SelectionEvent(label="values of t.a", delta=1e-8),
    )
    return TableMeasurements(
        generator="pairwise",
        events=events,
        total=1000.25,
        columns=columns,
        bins=made,
        pairs=(pair,),
        notes=("Said.",),
        knowledge=Knowledge(target=ColumnName("a"), dependencies={ColumnName("a"): ColumnName("b")}),
    )


def test_measurements_come_back_as_they_were_saved(tmp_path: Path) -> None:
    before = _measurements()
    before.save(tmp_path / "m")
    after = measurements.load(tmp_path / "m")
    assert (after.events, after.total, after.notes, after.generator, after.knowledge) == (
        before.events, before.total, before.notes, before.generator, before.knowledge,
    )  # fmt: skip
    for one, two in zip(before.bins, after.bins, strict=True):
        assert one.bin_of.tolist() == two.bin_of.tolist()
        assert one.ghost.tolist() == two.ghost.tolist()
        assert one.weight.tolist() == two.weight.tolist()
    for one, two in zip(before.columns, after.columns, strict=True):
        assert (one.column, one.domain) == (two.column, two.domain)
        assert one.counts.tolist() == two.counts.tolist()
        assert one.sigma.tolist() == two.sigma.tolist()
    for left, right in zip(before.marginals(), after.marginals(), strict=True):
        assert left.columns == right.columns
        assert (left.counts == right.counts).all()
        assert np.array_equal(left.sigma, right.sigma)


@pytest.mark.parametrize("name", [measurements.MANIFEST, measurements.COUNTS, measurements.DIGESTS])
def test_damaged_measurements_are_refused_without_being_quoted(name: str, tmp_path: Path) -> None:
    _measurements().save(tmp_path / "m")
    file = tmp_path / "m" / name
    whole = file.read_bytes()
    for damaged in (whole[:-7], b"", whole.replace(b"0", b"1", 1), b"\xff" + whole):
        file.write_bytes(damaged)
        with pytest.raises(ArtefactFailed, match="not what was written"):
            measurements.load(tmp_path / "m")
    file.unlink()
    with pytest.raises(ArtefactFailed, match="cannot be made again"):
        measurements.load(tmp_path / "m")


def test_measurements_are_never_written_over_others(tmp_path: Path) -> None:
    _measurements().save(tmp_path / "m")
    with pytest.raises(ArtefactFailed, match="cannot be written"):
        _measurements().save(tmp_path / "m")


def test_no_file_is_a_pickle(tmp_path: Path) -> None:
    _measurements().save(tmp_path / "m")
    for file in (tmp_path / "m").iterdir():
        with pytest.raises((ValueError, IndexError)):
            list(pickletools.genops(file.read_bytes()))
