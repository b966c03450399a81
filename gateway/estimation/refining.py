"""Fine cells for rows whose bins are known, in the right numbers beside every bin of the other columns.

Within a bin nothing is known of how a column's cells go with other columns, so they go with them in proportion. Drawn
freely they do so up to the error of drawing, which is a good part of what rows are off by once little noise is left;
here each row's cell is drawn again, tilted towards cells of which there are too few beside the row's other bins.
Post-processing: sees no data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.gibbs import kernel, next_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.estimation.allocation import Splits

PULL = 3.0
"""How hard a row is pulled from a cell that has too many rows, in powers of e, when it has twice the rows expected."""
SOFT = 2.0
"""Rows added to what is expected, so that cells of hardly any rows do not pull."""
WORTH, MOST_ROWS = 100, 200_000
"""With fewer rows there is no table to keep to; with more, drawing is off by little, and this would take its time."""
MOST_CELLS = 4_000_000
"""Above so many cells in the tables of one column against all others, its cells are left as they were drawn."""

_EXACT = np.uint64(11)
_UNIT = 2.0**-53


def refine(codes: NDArray[np.int32], column: int, pieces: NDArray[np.int32], splits: Splits, *, seed: int) -> None:
    """Draw the ``pieces`` of one column again, in place; each stays in its row's bin.

    ``codes`` are the bins of all columns, of shape (rows, columns); ``splits`` says how the column's bins divide into
    pieces. Time is linear in rows times columns times the pieces of a bin; the same seed gives the same pieces.
    """
    rows, width = codes.shape
    bins = codes.max(axis=0, initial=0).astype(np.int64) + 1
    start = np.concatenate([[0], np.cumsum(bins)])
    size = int(splits.members.max(initial=0)) + 1
    if width == 1 or not WORTH <= rows <= MOST_ROWS or splits.single or size * start[-1] > MOST_CELLS:
        return
    group_of = np.repeat(np.arange(splits.start.size - 1), np.diff(splits.start))
    excess, expected = (np.zeros((size, start[-1]), dtype=np.float32) for _ in range(2))
    for other in range(width):
        if other != column:
            part = slice(start[other], start[other + 1])
            table = _count(codes[:, column], codes[:, other], splits.start.size - 1, bins[other])
            expected[splits.members, part] = table[group_of] * splits.shares[:, np.newaxis]
            excess[:, part] = _count(pieces, codes[:, other], size, bins[other])
    step = (PULL / (expected + SOFT)).astype(np.float32)
    excess = (excess - expected) * step
    state = np.array([seed], dtype=np.uint64)
    _redraw(codes, column, start, splits.start, splits.members, splits.shares, excess, step, pieces, state)


def _count(left: NDArray[np.int32], right: NDArray[np.int32], rows: int, columns: int) -> NDArray[np.int64]:
    joint = left.astype(np.int64) * columns + right
    return np.bincount(joint, minlength=rows * columns).reshape(rows, columns)


@kernel
def _redraw(  # noqa: C901, PLR0917 - one kernel: calls out of it cost more than the rest; numba takes no keywords
    codes: NDArray[np.int32],
    column: int,
    start: NDArray[np.int64],
    first: NDArray[np.int64],
    members: NDArray[np.int32],
    shares: NDArray[np.float64],
    excess: NDArray[np.float32],
    step: NDArray[np.float32],
    pieces: NDArray[np.int32],
    state: NDArray[np.uint64],
) -> None:
    """Draw every row's piece from its bin's, in proportion to share times e^-excess; keep ``excess`` up to date."""
    width = codes.shape[1]
    tilt = np.empty(members.size, dtype=np.float64)
    for r in range(codes.shape[0]):
        begin, end = first[codes[r, column]], first[codes[r, column] + 1]
        if end - begin == 1:
            continue
        now = pieces[r]
        least = np.inf
        for q in range(begin, end):
            total = 0.0
            for other in range(width):
                if other != column:
                    at = start[other] + codes[r, other]
                    total += excess[members[q], at]
                    if members[q] == now:
                        total -= step[now, at]
            tilt[q] = total
            least = min(least, total)
        mark = 0.0
        for q in range(begin, end):
            tilt[q] = shares[q] * np.exp(least - tilt[q])
            mark += tilt[q]
        mark *= np.float64(next_bits(state) >> _EXACT) * _UNIT
        new = now
        for q in range(begin, end):
            mark -= tilt[q]
            if mark < 0.0:
                new = members[q]
                break
        if new == now:
            continue
        pieces[r] = new
        for other in range(width):
            if other != column:
                at = start[other] + codes[r, other]
                excess[now, at] -= step[now, at]
                excess[new, at] += step[new, at]


def load_kernels() -> None:
    """Load the kernel, once in a process; where it was never used before, compile it and cache it on disk."""
    none, numbers, table = np.zeros((0, 2), dtype=np.int32, order="F"), np.zeros(1, dtype=np.int64), np.zeros((0, 0))
    flat, tables = np.zeros(0, dtype=np.int32), table.astype(np.float32)
    _redraw(none, 0, numbers, numbers, flat, np.zeros(0), tables, tables.copy(), flat.copy(), numbers.astype(np.uint64))
