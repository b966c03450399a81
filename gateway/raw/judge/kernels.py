"""The inner loops of the attacks, compiled once: the nearest row or rows, and the one row that a rule matches.

Each has a single signature, so that compiling takes seconds once and nothing afterwards (numba keeps it on disk).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOBODY = -1
SEVERAL = -2


_BLOCK = 32


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def nearest(queries: NDArray[np.float32], places: NDArray[np.float32], skip: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return each query's mean distance per column to the nearest row, 0 to 1 (Gower).

    ``queries`` are queries x columns, ``places`` columns x rows, both C-ordered positions (see ``Codes``) without NaN;
    ``skip`` is, per query, a row not to look at, or -1. Rows are read in small blocks, column by column, so that the
    processor adds up eight at once; a block is given up when all of it is farther than the best so far, and a search
    ends at distance 0.
    """
    found = np.empty(len(queries), dtype=np.float32)
    width, rows = places.shape
    distances = np.empty(_BLOCK, dtype=np.float32)
    for q in range(len(queries)):
        best = np.float32(width + 1)
        for start in range(0, rows, _BLOCK):
            many = min(_BLOCK, rows - start)
            distances[:many] = 0
            if start <= skip[q] < start + many:
                distances[skip[q] - start] = width + 1
            for c in range(width):
                if c > 0 and c % 3 == 0 and _least(distances, many) >= best:
                    break
                for i in range(many):
                    distances[i] += min(np.float32(1), abs(queries[q, c] - places[c, start + i]))
            else:
                best = min(best, _least(distances, many))
            if best == 0:
                break
        found[q] = best / np.float32(width)
    return found


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _least(distances: NDArray[np.float32], many: int) -> np.float32:
    least: np.float32 = distances[0]
    for i in range(many):
        least = min(least, distances[i])
    return least


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def nearest_few(
    queries: NDArray[np.float32], places: NDArray[np.float32], begin: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Return the ``count`` rows nearest to each query, nearest first, of equally near ones those that come first.

    Arguments and distance are those of ``nearest``; ``begin`` is, per query, the row that comes first (the last is
    followed by row 0), so that who takes any of equals takes others for each query. Where there are fewer rows, the
    rest is ``NOBODY``.
    """
    found = np.full((len(queries), count), NOBODY, dtype=np.int64)
    width, rows = places.shape
    distances = np.empty(_BLOCK, dtype=np.float32)
    best = np.empty(count, dtype=np.float32)
    for q in range(len(queries)):
        best[:] = width + 1
        for turn in range(2):
            first, end = (begin[q], rows) if turn == 0 else (0, begin[q])
            for start in range(first, end, _BLOCK):
                many = min(_BLOCK, end - start)
                if best[-1] > 0 and _all_near(queries[q], places, start, many, distances, best[-1]):
                    for i in range(many):
                        if distances[i] < best[-1]:
                            _insert(distances[i], start + i, best, found[q])
    return found


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _all_near(  # noqa: PLR0917 - compiled functions take no keywords
    query: NDArray[np.float32],
    places: NDArray[np.float32],
    start: int,
    many: int,
    distances: NDArray[np.float32],
    enough: np.float32,
) -> bool:
    """Sum up the distances of a block of rows; return False, with sums of some columns only, if all are too far."""
    distances[:many] = 0
    for c in range(len(query)):
        if c > 0 and c % 3 == 0 and _least(distances, many) >= enough:
            return False
        for i in range(many):
            distances[i] += min(np.float32(1), abs(query[c] - places[c, start + i]))
    return True


@numba.njit(cache=True, nogil=True)
def _insert(distance: np.float32, row: int, best: NDArray[np.float32], found: NDArray[np.int64]) -> None:
    """Enter ``row`` into the rising distances behind all that are as near."""
    at = len(best) - 1
    while at > 0 and best[at - 1] > distance:
        best[at] = best[at - 1]
        found[at] = found[at - 1]
        at -= 1
    best[at] = distance
    found[at] = row


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def nearest_without(
    queries: NDArray[np.float32],
    places: NDArray[np.float32],
    begin: NDArray[np.int64],
    left_out: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return, per query and per column ``left_out``, the row nearest in all other columns; of equals the first.

    Arguments and distance are those of ``nearest_few``; the result is queries x columns left out. All are found in one
    pass: no column counts for more than 1, so a row that is farther in all columns than the worst of the best so far
    and 1 is nearest without none of them. Of the few others the sum is made anew on either side of the column left
    out, not by taking it off, so that rows equally far are equally far whatever was added up.
    """
    found = np.full((len(queries), len(left_out)), NOBODY, dtype=np.int64)
    width, rows = places.shape
    slack = np.float32(1 + 2e-7 * width * width)
    distances = np.empty(_BLOCK, dtype=np.float32)
    best = np.empty(len(left_out), dtype=np.float32)
    sums = np.zeros((2, width + 1), dtype=np.float32)
    for q in range(len(queries)):
        best[:] = width + 1
        worst = np.float32(width + 1)
        for turn in range(2):
            first, end = (begin[q], rows) if turn == 0 else (0, begin[q])
            for start in range(first, end, _BLOCK):
                many = min(_BLOCK, end - start)
                if worst > 0 and _all_near(queries[q], places, start, many, distances, worst + slack):
                    for i in range(many):
                        if distances[i] < worst + slack:
                            worst = _improve(queries[q], places, start + i, left_out, sums, best, found[q])
    return found


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _improve(  # noqa: PLR0917 - compiled functions take no keywords
    query: NDArray[np.float32],
    places: NDArray[np.float32],
    row: int,
    left_out: NDArray[np.int64],
    sums: NDArray[np.float32],
    best: NDArray[np.float32],
    found: NDArray[np.int64],
) -> np.float32:
    """Enter ``row`` wherever it is nearer than the best so far; return the farthest of the best."""
    width = len(query)
    for c in range(width):
        d = width - 1 - c
        sums[0, c + 1] = sums[0, c] + min(np.float32(1), abs(query[c] - places[c, row]))
        sums[1, d] = sums[1, d + 1] + min(np.float32(1), abs(query[d] - places[d, row]))
    worst = np.float32(0)
    for s in range(len(left_out)):
        apart = sums[0, left_out[s]] + sums[1, left_out[s] + 1]
        if apart < best[s]:
            best[s], found[s] = apart, row
        worst = max(worst, best[s])
    return worst


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def close_by(
    queries: NDArray[np.float32], places: NDArray[np.float32], slight: NDArray[np.float32], skip: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether some row is no farther from each query than ``slight`` says of every single column.

    The other arguments are those of ``nearest``; a column that may not differ at all has 0.
    """
    found = np.zeros(len(queries), dtype=np.bool_)
    width, rows = places.shape
    far = np.empty(_BLOCK, dtype=np.float32)
    for q in range(len(queries)):
        for start in range(0, rows, _BLOCK):
            many = min(_BLOCK, rows - start)
            far[:many] = 0
            if start <= skip[q] < start + many:
                far[skip[q] - start] = 1
            for c in range(width):
                if c > 0 and c % 2 == 0 and _least(far, many) > 0:
                    break
                for i in range(many):
                    far[i] = max(far[i], abs(queries[q, c] - places[c, start + i]) - slight[c])
            if _least(far, many) <= 0:
                found[q] = True
                break
    return found


@numba.njit(cache=True, nogil=True)
def occurrences(targets: NDArray[np.int32], rows: NDArray[np.int32], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in how many of ``rows`` each target's cells in ``columns`` stand together.

    Both are rows x columns of codes, C-ordered. The targets go into a small table by a hash of their cells, every row
    is looked up there and compared cell by cell: exact, one pass, no copy of the rows.
    """
    size = 16
    while size < 4 * len(targets):
        size *= 2
    slots = np.full(size, NOBODY, dtype=np.int64)
    first = np.empty(len(targets), dtype=np.int64)
    counts = np.zeros(len(targets), dtype=np.int64)
    for t in range(len(targets)):
        at = _slot(targets, t, columns, size)
        while slots[at] != NOBODY and not _alike(targets, slots[at], targets, t, columns):
            at = (at + 1) % size
        if slots[at] == NOBODY:
            slots[at] = t
        first[t] = slots[at]
    for row in range(len(rows)):
        at = _slot(rows, row, columns, size)
        while slots[at] != NOBODY:
            if _alike(targets, slots[at], rows, row, columns):
                counts[slots[at]] += 1
                break
            at = (at + 1) % size
    return counts[first]


@numba.njit(cache=True, nogil=True)
def _slot(cells: NDArray[np.int32], row: int, columns: NDArray[np.int64], size: int) -> np.int64:
    mixed = np.uint64(0)
    for c in range(len(columns)):
        mixed = (mixed ^ np.uint64(cells[row, columns[c]] + 2)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return np.int64(mixed & np.uint64(size - 1))


@numba.njit(cache=True, nogil=True)
def _alike(
    cells: NDArray[np.int32], row: int, others: NDArray[np.int32], other: int, columns: NDArray[np.int64]
) -> bool:
    for c in range(len(columns)):  # noqa: SIM110 - compiled
        if cells[row, columns[c]] != others[other, columns[c]]:
            return False
    return True


def sorted_rows(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return, per column, the rows in the order of their codes: columns x rows, what ``isolated`` looks rules up in."""
    order = np.empty((cells.shape[1], len(cells)), dtype=np.int32)
    for column in range(cells.shape[1]):
        order[column] = np.argsort(cells[:, column], kind="stable")
    return order


@numba.njit(cache=True, nogil=True)
def isolated(
    columns: NDArray[np.int32],
    lows: NDArray[np.int32],
    highs: NDArray[np.int32],
    cells: NDArray[np.int32],
    order: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return, per rule, the only row of ``cells`` it matches, ``NOBODY``, or ``SEVERAL``.

    A rule is one row of the first three arguments: it matches where every ``low <= cells[row, column] <= high``. Of
    its conditions the one that fewest rows meet is looked up in ``order`` (``sorted_rows``), only those rows are read,
    and reading stops at the second match. All arguments are C-ordered.
    """
    found = np.full(len(columns), NOBODY, dtype=np.int64)
    for rule in range(len(columns)):
        by, first, last = 0, 0, len(cells) + 1
        for c in range(columns.shape[1]):
            column = columns[rule, c]
            start = _position(cells, order, column, lows[rule, c])
            end = _position(cells, order, column, highs[rule, c] + 1)
            if end - start < last - first:
                by, first, last = column, start, end
        for place in range(first, last):
            row = order[by, place]
            matches = True
            for c in range(columns.shape[1]):
                code = cells[row, columns[rule, c]]
                if code < lows[rule, c] or code > highs[rule, c]:
                    matches = False
                    break
            if matches:
                if found[rule] != NOBODY:
                    found[rule] = SEVERAL
                    break
                found[rule] = row
    return found


@numba.njit(cache=True, nogil=True)
def _position(cells: NDArray[np.int32], order: NDArray[np.int32], column: int, code: int) -> int:
    """Return how many rows have a code below ``code`` in ``column`` (bisection)."""
    low, high = 0, order.shape[1]
    while low < high:
        middle = (low + high) // 2
        if cells[order[column, middle], column] < code:
            low = middle + 1
        else:
            high = middle
    return low
