"""Compiled kernels: Gibbs sweeps over rows of codes, and counting. Nothing here allocates with the number of rows.

Compiled once and cached on disk by numba. Single-threaded and without fast-math, so that the same seed gives the same
rows on the same machine type; random numbers come from SplitMix64 (Steele, Lea, Flood 2014), not from numba's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gateway.estimation.layout import Links

    Function = TypeVar("Function", bound=Callable[..., object])


def _kernel(function: Function) -> Function:
    return cast("Function", numba.njit(cache=True, error_model="numpy")(function))


class Model(NamedTuple):
    """What a conditional is made of. ``bias`` and ``potential`` are weights, not logarithms.

    ``start`` says where each column's cells start in ``bias``; ``potential`` has every linked table both ways round.
    """

    links: Links
    start: NDArray[np.int64]
    bias: NDArray[np.float64]
    potential: NDArray[np.float32]


class Excess(NamedTuple):
    """How much too many rows each cell has, times the ``step`` that one row more adds to that.

    ``pair`` and ``pair_step`` over the cells of all tracked tables, both ways round; ``one`` and ``one_step`` over the
    cells of all columns, one after the other.
    """

    pair: NDArray[np.float32]
    pair_step: NDArray[np.float32]
    one: NDArray[np.float64]
    one_step: NDArray[np.float64]


_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3, _SHIFT_4 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53
_RESCALE = 64
"""Potentials are at most e**5: a product of 64 of them is far from overflow."""


@_kernel
def _uniform(state: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) and move ``state``."""
    state[0] += _STEP
    z = state[0]
    z = (z ^ (z >> _SHIFT_1)) * _MIX_1
    z = (z ^ (z >> _SHIFT_2)) * _MIX_2
    z = z ^ (z >> _SHIFT_3)
    return float(z >> _SHIFT_4) * _UNIT


@_kernel
def _conditional(row: NDArray[np.int32], column: int, model: Model, weights: NDArray[np.float64]) -> None:
    """Write into ``weights`` the unnormalised conditional of one column of one row given its other columns."""
    links = model.links
    size = links.cells[column]
    at = model.start[column]
    for v in range(size):
        weights[v] = model.bias[at + v]
    for e in range(links.first[column], links.first[column + 1]):
        at = links.table[e] + row[links.other[e]] * size
        for v in range(size):
            weights[v] *= model.potential[at + v]
        if (e - links.first[column]) % _RESCALE == _RESCALE - 1:
            top = 0.0
            for v in range(size):
                top = max(top, weights[v])
            if top > 0.0:
                for v in range(size):
                    weights[v] /= top


@_kernel
def _draw(weights: NDArray[np.float64], size: int, now: int, state: NDArray[np.uint64]) -> int:
    """Return a cell drawn in proportion to ``weights``; ``now`` when they do not sum to a positive finite number."""
    total = 0.0
    for v in range(size):
        total += weights[v]
    mark = _uniform(state) * total
    if not (total > 0.0 and total < np.inf):
        return now
    last = now
    for v in range(size):
        if weights[v] > 0.0:
            last = v
            mark -= weights[v]
            if mark < 0.0:
                break
    return last


@_kernel
def sweep(rows: NDArray[np.int32], state: NDArray[np.uint64], model: Model) -> None:
    """Draw every column of every row anew from its conditional, in place; ``state`` holds one number and is moved."""
    cells = model.links.cells
    weights = np.empty(cells.max(), dtype=np.float64)
    for r in range(rows.shape[0]):
        row = rows[r]
        for j in range(rows.shape[1]):
            _conditional(row, j, model, weights)
            row[j] = _draw(weights, cells[j], row[j], state)


@_kernel
def polish(rows: NDArray[np.int32], state: NDArray[np.uint64], model: Model, tracked: Links, excess: Excess) -> None:
    """Sweep as ``sweep`` does, each conditional tilted towards cells of which there are still too few rows.

    ``excess`` is kept up to date move by move, both ways round: a tilt from stale counts makes all rows move at once
    and diverges. A row's own part is taken out before it is drawn.
    """
    cells = tracked.cells
    weights = np.empty(cells.max(), dtype=np.float64)
    tilt = np.empty(cells.max(), dtype=np.float64)
    for r in range(rows.shape[0]):
        row = rows[r]
        for j in range(rows.shape[1]):
            size, now = cells[j], row[j]
            one = model.start[j]
            for v in range(size):
                tilt[v] = excess.one[one + v]
            tilt[now] -= excess.one_step[one + now]
            for e in range(tracked.first[j], tracked.first[j + 1]):
                at = tracked.table[e] + row[tracked.other[e]] * size
                for v in range(size):
                    tilt[v] += excess.pair[at + v]
                tilt[now] -= excess.pair_step[at + now]
            least = tilt[0]
            for v in range(1, size):
                least = min(least, tilt[v])
            _conditional(row, j, model, weights)
            for v in range(size):
                weights[v] *= np.exp(least - tilt[v])
            new = _draw(weights, size, now, state)
            if new != now:
                _move(row, j, new, tracked, excess)
                excess.one[one + now] -= excess.one_step[one + now]
                excess.one[one + new] += excess.one_step[one + new]


@_kernel
def _move(row: NDArray[np.int32], column: int, new: int, tracked: Links, excess: Excess) -> None:
    """Set one column of a row to ``new`` and bring the pairs' excess up to date."""
    size, now = tracked.cells[column], row[column]
    row[column] = new
    for e in range(tracked.first[column], tracked.first[column + 1]):
        i = tracked.other[e]
        at = tracked.table[e] + row[i] * size
        back = tracked.mirror[e] + row[i]
        less, more = excess.pair_step[at + now], excess.pair_step[at + new]
        excess.pair[at + now] -= less
        excess.pair[at + new] += more
        excess.pair[back + now * tracked.cells[i]] -= less
        excess.pair[back + new * tracked.cells[i]] += more


@_kernel
def count(rows: NDArray[np.int32], links: Links, counts: NDArray[np.int64]) -> None:
    """Add to ``counts`` (flat, every table once, as a ``Layout`` has them) the rows in each cell of each pair."""
    for r in range(rows.shape[0]):
        row = rows[r]
        for q in range(links.left.size):
            counts[links.offset[q] + row[links.left[q]] * links.cells[links.right[q]] + row[links.right[q]]] += 1
