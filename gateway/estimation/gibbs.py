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
    try:
        return cast("Function", numba.njit(cache=True, error_model="numpy")(function))
    except RuntimeError:
        # neither this folder nor the user's cache folder can be written: compile anew in every process
        return cast("Function", numba.njit(error_model="numpy")(function))


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
_SMALLEST = np.finfo(np.float64).tiny
_RESCALE = 32
"""Potentials are at most e**8: a product of 32 of them is far from overflow."""


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
def _conditional(  # noqa: PLR0917 - numba: arrays taken out of a tuple inside a loop cost twice the time
    row: NDArray[np.int32],
    column: int,
    cells: NDArray[np.int64],
    start: NDArray[np.int64],
    bias: NDArray[np.float64],
    first: NDArray[np.int64],
    other: NDArray[np.int64],
    table: NDArray[np.int64],
    potential: NDArray[np.float32],
    weights: NDArray[np.float64],
) -> None:
    """Write into ``weights`` the unnormalised conditional of one column of one row given its other columns.

    Places are unsigned because numba guards signed ones against being negative, which stops vector instructions.
    """
    size, at = np.uint64(cells[column]), np.uint64(start[column])
    for v in range(size):
        weights[v] = bias[at + v]
    for e in range(first[column], first[column + 1]):
        at = np.uint64(table[e]) + np.uint64(row[other[e]]) * size
        for v in range(size):
            weights[v] *= potential[at + v]
        if (e - first[column]) % _RESCALE == _RESCALE - 1:
            top = _SMALLEST
            for v in range(size):
                top = max(top, weights[v])
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
    cells, first, other, table = model.links.cells, model.links.first, model.links.other, model.links.table
    start, bias, potential = model.start, model.bias, model.potential
    weights = np.empty(cells.max(), dtype=np.float64)
    for r in range(rows.shape[0]):
        row = rows[r]
        for j in range(rows.shape[1]):
            _conditional(row, j, cells, start, bias, first, other, table, potential, weights)
            row[j] = _draw(weights, cells[j], row[j], state)


@_kernel
def polish(rows: NDArray[np.int32], state: NDArray[np.uint64], model: Model, tracked: Links, excess: Excess) -> None:
    """Sweep as ``sweep`` does, each conditional tilted towards cells of which there are still too few rows.

    ``excess`` is kept up to date move by move, both ways round: a tilt from stale counts makes all rows move at once
    and diverges. A row's own part is taken out before it is drawn.
    """
    cells, first, other, table = model.links.cells, model.links.first, model.links.other, model.links.table
    start, bias, potential = model.start, model.bias, model.potential
    pair, pair_step, one, one_step = excess.pair, excess.pair_step, excess.one, excess.one_step
    first_all, other_all, table_all, mirror_all = tracked.first, tracked.other, tracked.table, tracked.mirror
    weights = np.empty(cells.max(), dtype=np.float64)
    tilt = np.empty(cells.max(), dtype=np.float64)
    for r in range(rows.shape[0]):
        row = rows[r]
        for j in range(rows.shape[1]):
            _tilt(row, j, cells, start, first_all, other_all, table_all, pair, pair_step, one, one_step, tilt)
            _conditional(row, j, cells, start, bias, first, other, table, potential, weights)
            least = tilt[: cells[j]].min()
            for v in range(cells[j]):
                weights[v] *= np.exp(least - tilt[v])
            now, new = row[j], _draw(weights, cells[j], row[j], state)
            if new == now:
                continue
            row[j] = new
            one[start[j] + now] -= one_step[start[j] + now]
            one[start[j] + new] += one_step[start[j] + new]
            for e in range(first_all[j], first_all[j + 1]):
                at = table_all[e] + row[other_all[e]] * cells[j]
                back, width = mirror_all[e] + row[other_all[e]], cells[other_all[e]]
                pair[at + now] -= pair_step[at + now]
                pair[at + new] += pair_step[at + new]
                pair[back + now * width] -= pair_step[at + now]
                pair[back + new * width] += pair_step[at + new]


@_kernel
def _tilt(  # noqa: PLR0917 - as _conditional
    row: NDArray[np.int32],
    column: int,
    cells: NDArray[np.int64],
    start: NDArray[np.int64],
    first: NDArray[np.int64],
    other: NDArray[np.int64],
    table: NDArray[np.int64],
    pair: NDArray[np.float32],
    pair_step: NDArray[np.float32],
    one: NDArray[np.float64],
    one_step: NDArray[np.float64],
    tilt: NDArray[np.float64],
) -> None:
    """Write into ``tilt`` how much too many rows each cell of a column has next to the row's others, less the row."""
    size, now, at = np.uint64(cells[column]), np.uint64(row[column]), np.uint64(start[column])
    for v in range(size):
        tilt[v] = one[at + v]
    tilt[now] -= one_step[at + now]
    for e in range(first[column], first[column + 1]):
        at = np.uint64(table[e]) + np.uint64(row[other[e]]) * size
        for v in range(size):
            tilt[v] += pair[at + v]
        tilt[now] -= pair_step[at + now]


@_kernel
def count(rows: NDArray[np.int32], links: Links, counts: NDArray[np.int64]) -> None:
    """Add to ``counts`` (flat, every table once, as a ``Layout`` has them) the rows in each cell of each pair."""
    cells, left, right, offset = links.cells, links.left, links.right, links.offset
    for q in range(left.size):
        a, b, at, width = left[q], right[q], offset[q], cells[right[q]]
        for r in range(rows.shape[0]):
            counts[at + rows[r, a] * width + rows[r, b]] += 1
