"""Tables in which every unit weighs the same, whatever it owns: its rows' cells have shares of one weight.

Whole numbers only. A unit with k rows that count, c of them in a cell, adds ``weight * c // k`` to that cell. The c of
all cells sum to k, so it adds ``weight`` at most to the whole table: taking one unit away moves the table by an L1 norm
of at most ``weight``, and by that exactly where all its rows are in one cell. A unit's part depends on its own rows
only. A unit without rows adds nothing.

Limits: a unit has fewer than 2^31 rows and ``weight`` is at most 2^31, so products stay below 2^62; there are fewer
than 2^32 units, so sums stay below 2^63. The first two are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.gibbs import kernel
from gateway.estimation.histories.clipping import check

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_WEIGHT = 2**31
"""``weight`` is at most this."""


def shared(cells: NDArray[np.int32], unit: NDArray[np.int64], *, size: int, weight: int) -> NDArray[np.int64]:
    """Return the table of ``size`` cells (int64), to which each unit adds ``weight`` at most.

    ``cells`` has the place of each row, or -1 for a row that counts nowhere; ``unit`` the unit of each row, not
    falling, at least 0. ``ValueError`` when something is not so.
    """
    check(cells, unit)
    check_weight(weight)
    if cells.max(initial=-1) >= size:
        raise ValueError("a row is in a cell that the table does not have")
    table = np.zeros(size, dtype=np.int64)
    _shared(cells, unit, weight, table)
    return table


def check_weight(weight: int) -> None:
    """Raise ``ValueError`` for a weight that is none."""
    if not 1 <= weight <= MOST_WEIGHT:
        raise ValueError("a weight has to be at least 1 and at most 2^31")


@kernel
def _shared(cells: NDArray[np.int32], unit: NDArray[np.int64], weight: int, table: NDArray[np.int64]) -> None:
    seen = np.zeros(table.size, dtype=np.int64)
    start, rows = 0, cells.size
    while start < rows:
        end = start
        count = 0
        while end < rows and unit[end] == unit[start]:
            if cells[end] >= 0:
                seen[cells[end]] += 1
                count += 1
            end += 1
        for row in range(start, end):
            # the first row of a cell adds for all of them
            if cells[row] >= 0 and seen[cells[row]]:
                table[cells[row]] += weight * seen[cells[row]] // count
                seen[cells[row]] = 0
        start = end
