"""Bounding what one unit adds to a table of counts: its part is scaled down until its L2 norm is at most a root.

Whole numbers only: no rounding of a float decides anything, so SQL can do the same bit for bit. A unit with counts c_k
whose squares sum to ``n2`` adds ``c_k * w``, in units of 2^-20 rows. ``w`` is 2^20 if ``n2 <= clip``, else the largest
whole number with ``w^2 * n2 <= clip * 2^40``, which is the whole root of ``clip * 2^40 // n2``. A unit's part depends
on its own rows only, so taking one unit away moves the table by an L2 norm of at most ``sqrt(clip) * 2^20``.

Limits: a unit has fewer than 2^31 rows, so ``n2 < 2^62``; ``clip < 2^23``, so ``clip * 2^40 < 2^63``; there are fewer
than 2^31 units, each with less than 2^32 in any cell, so sums stay below 2^63. All are checked, except that a machine
with 2^31 units in memory is not met.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.gibbs import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE = 2**20
"""One row of a unit that is not scaled down."""
CLIPS = 2**23
"""``clip`` is below this."""
MOST_ROWS = 2**31
"""A unit has fewer rows than this."""
GRID = tuple(sorted({math.isqrt(2**power) for power in range(46)}))
"""Squared norms a quarter of an octave of the norm apart, from 1: where the cells of a histogram of norms begin."""
LARGEST_ROOT = math.isqrt(2**63 - 1)


def norms(cells: NDArray[np.int32], unit: NDArray[np.int64], *, units: int) -> NDArray[np.int64]:
    """Return the squared L2 norm of each unit's part of a table of counts, shape (``units``,): 0 where it has none.

    ``cells`` has the place of each row, or -1 for a row that counts nowhere; ``unit`` the unit of each row, not
    falling, at least 0 and below ``units``. ``ValueError`` otherwise.
    """
    check(cells, unit)
    if unit.size and unit[-1] >= units:
        raise ValueError("a row belongs to a unit that is not there")
    squares = np.zeros(units, dtype=np.int64)
    _norms(cells, unit, int(cells.max(initial=-1)) + 1, squares)
    return squares


def clipped(cells: NDArray[np.int32], unit: NDArray[np.int64], *, size: int, clip: int) -> NDArray[np.int64]:
    """Return the table of ``size`` cells, in units of 2^-20 rows, each unit's part scaled as said above.

    ``cells`` and ``unit`` as for ``norms``; ``clip`` is the square of the bound, from 1 and below ``CLIPS``.
    ``ValueError`` when something is not so.
    """
    check(cells, unit)
    if not 1 <= clip < CLIPS:
        raise ValueError("a squared bound has to be at least 1 and below 2^23")
    if cells.max(initial=-1) >= size:
        raise ValueError("a row is in a cell that the table does not have")
    table = np.zeros(size, dtype=np.int64)
    _clipped(cells, unit, clip << 40, clip, table)
    return table


def check(cells: NDArray[np.integer], unit: NDArray[np.int64]) -> None:
    """Raise ``ValueError`` unless every row has a cell and a unit, and rows are sorted by unit."""
    if cells.shape != unit.shape or cells.ndim != 1:
        raise ValueError("every row needs a cell and a unit")
    if not cells.size:
        return
    if cells.min() < -1 or unit[0] < 0 or not _rising(unit):
        raise ValueError("rows have to be sorted by unit and lie in cells from 0")


@kernel
def _rising(unit: NDArray[np.int64]) -> bool:
    first = 0
    for row in range(1, unit.size):
        if unit[row] < unit[row - 1]:
            return False
        if unit[row] > unit[row - 1]:
            first = row
        elif row - first >= MOST_ROWS - 1:
            return False
    return True


@kernel
def whole_root(number: int) -> int:
    """Return the largest whole number whose square is at most ``number`` (0 up to 2^63 - 1)."""
    # the square of anything above does not fit into 63 bits
    root = min(int(math.sqrt(number)), LARGEST_ROOT)
    while root * root > number:
        root -= 1
    while root < LARGEST_ROOT and (root + 1) * (root + 1) <= number:
        root += 1
    return root


@kernel
def _norms(cells: NDArray[np.int32], unit: NDArray[np.int64], size: int, squares: NDArray[np.int64]) -> None:
    seen = np.zeros(size, dtype=np.int64)
    start, rows = 0, cells.size
    while start < rows:
        end = start
        square = 0
        while end < rows and unit[end] == unit[start]:
            if cells[end] >= 0:
                square += 2 * seen[cells[end]] + 1
                seen[cells[end]] += 1
            end += 1
        for row in range(start, end):
            if cells[row] >= 0:
                seen[cells[row]] = 0
        squares[unit[start]] = square
        start = end


@kernel
def _clipped(
    cells: NDArray[np.int32], unit: NDArray[np.int64], bound: int, clip: int, table: NDArray[np.int64]
) -> None:
    seen = np.zeros(table.size, dtype=np.int64)
    start, rows = 0, cells.size
    while start < rows:
        end = start
        square = 0
        while end < rows and unit[end] == unit[start]:
            if cells[end] >= 0:
                square += 2 * seen[cells[end]] + 1
                seen[cells[end]] += 1
            end += 1
        weight = SCALE if square <= clip else whole_root(bound // square)
        for row in range(start, end):
            if cells[row] >= 0:
                table[cells[row]] += weight
                seen[cells[row]] = 0
        start = end
