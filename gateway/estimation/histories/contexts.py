"""The contexts of rows, and the cell of a term's table that each row is in: for real and simulated rows alike.

Everything is decided by comparing whole numbers, so that SQL can say the same. With ``h`` for
``PARTITION BY owner ORDER BY time, codes[1], codes[2], ..`` (all codes, in the order of drawing: a total order but for
rows that are the same in every code) and ``rank`` for ``ROW_NUMBER() OVER h - 1``:

- OWNER: the owner's code. ROW: the row's own code.
- BEFORE: ``COALESCE(LAG(code) OVER h, cells)``.
- LAST: ``COALESCE(LAG(code) OVER (PARTITION BY owner, kind ORDER BY ..), cells)``.
- RANK: how many of ``RANKS`` are at most ``rank``, less 1.
- LEFT: 0 where ``span - elapsed <= 0``, else 1 plus how many of ``LEFTS`` are at most
  ``4 * (span - elapsed) / (rows - rank)``, a whole-number division; ``elapsed`` is the time from the first row to the
  row before (0 for the first), ``span`` from the first to the last, ``rows`` how many rows the history has.

A term whose target is the gap looks at rows with a row before only (``rank > 0``), and its target has no cell for first
rows. All contexts of a row depend on the history it is in and on nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.gibbs import kernel
from gateway.estimation.histories.terms import NOWHERE, Context, Histories, Owners, Place, Shape, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RANKS = (0, 1, 2, 4, 10, 30)
"""The smallest rank of each bin of ``Place.RANK``."""
LEFTS = tuple(2**power for power in range(34))
"""Where the octaves of ``Place.LEFT`` begin, in quarters of a unit of time."""
LEFT_CELLS = len(LEFTS) + 2
LARGEST = 2**31 - 1
"""The most cells a table can have."""


def cells_of(context: Context, *, shape: Shape) -> int:
    """Return how many cells ``context`` has; ``ValueError`` when ``shape`` has no such column."""
    own = _own_cells(context, shape)
    return own if context.bin_of is None else _bins(context.bin_of, own)


def extent(term: Term, *, shape: Shape) -> tuple[int, ...]:
    """Return the axes of a term's table: the contexts, then the target."""
    own = _target_cells(term, shape)
    target = own if term.bin_of is None else _bins(term.bin_of, own)
    if term.bin_of is not None and NOWHERE in term.bin_of:
        raise ValueError("a term counts every cell of its target")
    axes = (*(cells_of(context, shape=shape) for context in term.contexts), target)
    if float(np.prod([float(axis) for axis in axes])) > LARGEST:
        raise ValueError("a term's table has more than 2^31 cells")
    return axes


def codes(histories: Histories, owners: Owners, context: Context, *, shape: Shape) -> NDArray[np.int16]:
    """Return the cell of ``context`` that every row is in, shape (rows,).

    Rows are in the order of their histories. NOT checked: that codes are cells of their columns, and that ``owners``
    has the number of rows and the span that the histories really have.
    """
    own = _own(histories, owners, context, shape)
    if context.bin_of is None:
        return own
    cells_of(context, shape=shape)
    return np.asarray(context.bin_of, dtype=np.int16)[own]


def cells(histories: Histories, owners: Owners, term: Term, *, shape: Shape) -> NDArray[np.int32]:
    """Return the place of every row in the flat table of ``term`` (axes: ``extent``), shape (rows,).

    NOWHERE says that the row counts nowhere: where a context is in no bin and, if the gap is the target, in the first
    row of every history. See ``codes``.
    """
    axes = extent(term, shape=shape)
    flat = np.zeros(histories.codes.shape[1], dtype=np.int32)
    nowhere: list[NDArray[np.bool_]] = []
    for context, size in zip(term.contexts, axes, strict=False):
        code = codes(histories, owners, context, shape=shape)
        if partial(context):
            nowhere.append(code == NOWHERE)
        _extend(flat, code, size)
    target = histories.codes[term.target]
    if term.bin_of is not None:
        spare = (0,) if _is_gap(term, shape) else ()
        target = np.asarray((*term.bin_of, *spare), dtype=np.int16)[target]
    _extend(flat, target, axes[-1])
    if _is_gap(term, shape):
        starts = histories.starts[:-1]
        flat[starts[np.diff(histories.starts) > 0]] = NOWHERE
    for rows in nowhere:
        flat[rows] = NOWHERE
    return flat


def partial(context: Context) -> bool:
    """Return whether some cells of ``context`` are in no bin."""
    return context.bin_of is not None and NOWHERE in context.bin_of


def _is_gap(term: Term, shape: Shape) -> bool:
    return shape.ordered and term.target == 0


def _target_cells(term: Term, shape: Shape) -> int:
    return _size(shape.cells, term.target) - _is_gap(term, shape)


def _own_cells(context: Context, shape: Shape) -> int:
    match context.place:
        case Place.OWNER:
            return _size(shape.owner, context.column)
        case Place.ROW:
            return _size(shape.cells, context.column)
        case Place.BEFORE:
            return _size(shape.cells, context.column) + 1
        case Place.LAST:
            if shape.kind is None:
                raise ValueError("there is no last row of a kind where rows have no kind")
            return _size(shape.cells, context.column) + 1
        case Place.RANK:
            return len(RANKS)
        case Place.LEFT:
            return LEFT_CELLS


def _size(sizes: Sequence[int], column: int) -> int:
    if not 0 <= column < len(sizes):
        raise ValueError("a term speaks of a column that is not there")
    return sizes[column]


def _bins(bin_of: Sequence[int], own: int) -> int:
    bins = max(bin_of, default=-1) + 1
    if len(bin_of) != own or not bins or set(bin_of) - {NOWHERE} != set(range(bins)):
        raise ValueError("a term merges other cells than its column has, or leaves a bin empty")
    return bins


def _own(histories: Histories, owners: Owners, context: Context, shape: Shape) -> NDArray[np.int16]:
    starts, rows = histories.starts, histories.codes
    match context.place:
        case Place.OWNER:
            return np.repeat(owners.codes[context.column], np.diff(starts))
        case Place.ROW:
            return np.asarray(rows[context.column])
        case Place.BEFORE:
            return _before(starts, rows[context.column], _size(shape.cells, context.column))
        case Place.LAST:
            kind = -1 if shape.kind is None else shape.kind
            none = _size(shape.cells, context.column)
            return _last(starts, rows[context.column], rows[kind], none, _size(shape.cells, kind))
        case Place.RANK:
            return _ranks(starts, rows.shape[1])
        case Place.LEFT:
            return _lefts(starts, histories.time, owners.span)


@kernel
def rank_bin(rank: int) -> int:
    """Return the cell of ``Place.RANK`` of a row with so many before it."""
    cell = 0
    while cell + 1 < len(RANKS) and RANKS[cell + 1] <= rank:
        cell += 1
    return cell


@kernel
def left_octave(remaining: int, rows: int) -> int:
    """Return the cell of ``Place.LEFT``: so much time for so many rows (at least one), this one among them."""
    if remaining <= 0:
        return 0
    quarters = 4 * remaining // rows
    cell = 1
    while quarters > 0 and cell < LEFT_CELLS - 1:
        quarters >>= 1
        cell += 1
    return cell


@kernel
def _extend(flat: NDArray[np.int32], axis: NDArray[np.int16], size: int) -> None:
    for row in range(flat.size):
        flat[row] = flat[row] * size + axis[row]


@kernel
def _before(starts: NDArray[np.int64], own: NDArray[np.int16], none: int) -> NDArray[np.int16]:
    found = np.empty(own.size, dtype=np.int16)
    for owner in range(starts.size - 1):
        before = np.int16(none)
        for row in range(starts[owner], starts[owner + 1]):
            found[row] = before
            before = own[row]
    return found


@kernel
def _last(
    starts: NDArray[np.int64], own: NDArray[np.int16], kind: NDArray[np.int16], none: int, kinds: int
) -> NDArray[np.int16]:
    found = np.empty(own.size, dtype=np.int16)
    latest = np.full(kinds, -1, dtype=np.int64)
    for owner in range(starts.size - 1):
        for row in range(starts[owner], starts[owner + 1]):
            before = latest[kind[row]]
            found[row] = own[before] if before >= starts[owner] else np.int16(none)
            latest[kind[row]] = row
    return found


@kernel
def _ranks(starts: NDArray[np.int64], rows: int) -> NDArray[np.int16]:
    found = np.empty(rows, dtype=np.int16)
    for owner in range(starts.size - 1):
        for row in range(starts[owner], starts[owner + 1]):
            found[row] = rank_bin(row - starts[owner])
    return found


@kernel
def _lefts(starts: NDArray[np.int64], time: NDArray[np.int64], span: NDArray[np.int64]) -> NDArray[np.int16]:
    found = np.empty(time.size, dtype=np.int16)
    for owner in range(starts.size - 1):
        first, end = starts[owner], starts[owner + 1]
        for row in range(first, end):
            elapsed = time[row - 1] - time[first] if row > first else 0
            found[row] = left_octave(span[owner] - elapsed, end - row)
    return found
