"""Clipping: bit for bit what integers of any length say, and never more than its bound from one unit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimation.histories import clipping


def reference(cells: list[int], unit: list[int], size: int, clip: int) -> list[int]:
    table = [0] * size
    for each in set(unit):
        counts = [0] * size
        for cell, of in zip(cells, unit, strict=True):
            if of == each and cell >= 0:
                counts[cell] += 1
        square = sum(count * count for count in counts)
        weight = 2**20 if square <= clip else math.isqrt(clip * 2**40 // square)
        table = [total + count * weight for total, count in zip(table, counts, strict=True)]
    return table


rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(-1, 5), st.sampled_from([1, 1, 1, 2, 7, 100])), max_size=30
).map(lambda drawn: sorted((unit, cell) for unit, cell, times in drawn for _ in range(times)))


@given(rows, st.sampled_from([1, 2, 3, 5, 99, 12_345, 2**23 - 1]))
def test_equals_integers_of_any_length(drawn: list[tuple[int, int]], clip: int) -> None:
    unit = np.array([unit for unit, _ in drawn], dtype=np.int64)
    cells = np.array([cell for _, cell in drawn], dtype=np.int32)

    assert clipping.clipped(cells, unit, size=6, clip=clip).tolist() == reference(
        cells.tolist(), unit.tolist(), 6, clip
    )


@given(rows, st.sampled_from([1, 2, 3, 50]))
def test_taking_a_unit_away_moves_the_table_by_no_more_than_the_bound(drawn: list[tuple[int, int]], clip: int) -> None:
    unit = np.array([unit for unit, _ in drawn], dtype=np.int64)
    cells = np.array([cell for _, cell in drawn], dtype=np.int32)
    table = clipping.clipped(cells, unit, size=6, clip=clip)
    for gone in np.unique(unit):
        rest = clipping.clipped(cells[unit != gone], unit[unit != gone], size=6, clip=clip)

        assert sum(int(moved) ** 2 for moved in table - rest) <= clip * 2**40


def test_norms_are_of_each_unit_and_0_without_rows() -> None:
    cells = np.array([0, 0, 1, -1, 2], dtype=np.int32)
    unit = np.array([1, 1, 1, 2, 4])

    assert clipping.norms(cells, unit, units=6).tolist() == [0, 5, 0, 0, 1, 0]


def test_one_unit_with_very_many_equal_rows_counts_as_one_row() -> None:
    cells = np.zeros(3_000_000, dtype=np.int32)
    unit = np.zeros(cells.size, dtype=np.int64)

    assert clipping.norms(cells, unit, units=1).tolist() == [9 * 10**12]
    # 2^20 / 3,000,000 rounds down to nothing: it may lose the row, never exceed it
    assert clipping.clipped(cells, unit, size=1, clip=1).tolist() == [0]
    weight = math.isqrt(100 * 2**40 // (9 * 10**12))
    assert clipping.clipped(cells, unit, size=1, clip=100).tolist() == [3_000_000 * weight]


@given(st.integers(0, 2**63 - 1))
def test_the_whole_root_is_whole(number: int) -> None:
    assert clipping.whole_root(number) == math.isqrt(number)


@pytest.mark.parametrize("root", [1, 2, 94_906_265, 94_906_267, 2**31, 3_037_000_499])
def test_the_whole_root_is_right_at_squares(root: int) -> None:
    assert [clipping.whole_root(root * root + step) for step in (-1, 0, 1)] == [root - 1, root, root]


def test_the_grid_of_norms_rises_by_quarter_octaves() -> None:
    grid = np.array(clipping.GRID)

    assert grid[0] == 1
    assert (np.diff(grid) > 0).all()
    assert (grid[8:] / grid[7:-1] < 1.5).all()
    assert grid[-1] < clipping.CLIPS


@pytest.mark.parametrize(
    ("cells", "unit", "clip"),
    [
        ([0, 1], [1, 0], 1),
        ([0, -2], [0, 0], 1),
        ([0, 3], [0, 0], 1),
        ([0], [-1], 1),
        ([0], [0, 1], 1),
        ([0], [0], 0),
        ([0], [0], 2**23),
    ],
)
def test_rows_that_cannot_be_bounded_are_refused(cells: list[int], unit: list[int], clip: int) -> None:
    with pytest.raises(ValueError, match=r"row|bound"):
        clipping.clipped(np.array(cells, dtype=np.int32), np.array(unit), size=3, clip=clip)
    if clip == 1 and cells != [0, 3]:
        with pytest.raises(ValueError, match="row"):
            clipping.norms(np.array(cells, dtype=np.int32), np.array(unit), units=3)
