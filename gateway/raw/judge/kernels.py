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
def nearest_few(queries: NDArray[np.float32], places: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the ``count`` rows nearest to each query, nearest first, of equally near ones those that come first.

    Arguments and distance are those of ``nearest``. Where there are fewer rows, the rest is ``NOBODY``.
    """
    found = np.full((len(queries), count), NOBODY, dtype=np.int64)
    width, rows = places.shape
    distances = np.empty(_BLOCK, dtype=np.float32)
    best = np.empty(count, dtype=np.float32)
    for q in range(len(queries)):
        best[:] = width + 1
        for start in range(0, rows, _BLOCK):
            many = min(_BLOCK, rows - start)
            distances[:many] = 0
            for c in range(width):
                if c > 0 and c % 3 == 0 and _least(distances, many) >= best[-1]:
                    break
                for i in range(many):
                    distances[i] += min(np.float32(1), abs(queries[q, c] - places[c, start + i]))
            else:
                for i in range(many):
                    if distances[i] >= best[-1]:
                        continue
                    at = count - 1
                    while at > 0 and best[at - 1] > distances[i]:
                        best[at] = best[at - 1]
                        found[q, at] = found[q, at - 1]
                        at -= 1
                    best[at] = distances[i]
                    found[q, at] = start + i
            if best[-1] == 0:
                break
    return found


def sorted_rows(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return, per column, the rows in the order of their codes: columns x rows, what ``isolated`` looks rules up in."""
    return np.ascontiguousarray(np.argsort(cells, axis=0, kind="stable").T, dtype=np.int32)


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
