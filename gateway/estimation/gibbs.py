"""Compiled kernels: Gibbs sweeps over rows of codes, and counting. Nothing here allocates with the number of rows.

Compiled once and cached on disk by numba. Each is single-threaded, without fast-math, and lets other threads run: rows
are shared out in pieces with a stream of random numbers each (SplitMix64: Steele, Lea, Flood 2014), so that the same
seed gives the same rows with any number of threads. Weights are single precision; where their product falls out of its
range, ``_careful`` takes over. NOT checked: that codes and tables are what ``links`` say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numba
import numpy as np

from gateway.estimation.lanes import WIDTH, last, load, plus, running, store, tilted, times, up_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gateway.estimation.layout import Links

    Function = TypeVar("Function", bound=Callable[..., object])
    Place = Any
    """An unsigned 64-bit number."""


def kernel(function: Function) -> Function:
    """Return ``function`` compiled at its first call, and cached on disk."""
    try:
        return cast("Function", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:
        # neither this folder nor the user's cache folder can be written: compile anew in every process
        return cast("Function", numba.njit(nogil=True, error_model="numpy")(function))


def _part(function: Function) -> Function:
    return cast("Function", numba.njit(nogil=True, error_model="numpy", inline="always")(function))


class Model(NamedTuple):
    """What a conditional is made of: weights, not logarithms, each up to a factor.

    ``bias`` has one weight per cell of every column, filled up to lanes with zeros; ``potential`` every linked table
    both ways round as ``spread`` makes it, each row with a largest weight of 1. A weight of 0 never occurs.
    """

    links: Links
    bias: NDArray[np.float32]
    potential: NDArray[np.float32]


class Excess(NamedTuple):
    """How much too many rows each cell has, times the ``step`` that one row more adds to that.

    ``pair`` over the cells of all tracked tables, both ways round, ``pair_step`` each pair once; ``one`` and
    ``one_step`` over the cells of all columns, filled up (``one`` with something huge).
    """

    pair: NDArray[np.float32]
    pair_step: NDArray[np.float32]
    one: NDArray[np.float32]
    one_step: NDArray[np.float32]


_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3, _SHIFT_4 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)
_UNIT = np.float32(2.0**-24)
_LANES, _NONE, _ONE = np.uint64(WIDTH), np.uint64(0), np.uint64(1)
_ZERO, _FAINT = np.float32(0.0), np.float32(1e-20)
_BLOCK = 1024
"""Rows counted before the next table's turn: they stay in the fastest memory."""


@kernel
def next_bits(state: NDArray[np.uint64]) -> Any:  # noqa: ANN401 - an unsigned 64-bit number
    """Return the next 64 random bits and move ``state`` (SplitMix64)."""
    state[0] += _STEP
    z = state[0]
    z = (z ^ (z >> _SHIFT_1)) * _MIX_1
    z = (z ^ (z >> _SHIFT_2)) * _MIX_2
    return z ^ (z >> _SHIFT_3)


@kernel
def _uniform(state: NDArray[np.uint64]) -> np.float32:
    """Return the next number in [0, 1), a multiple of 2**-24, and move ``state``."""
    return np.float32(next_bits(state) >> _SHIFT_4) * _UNIT


@_part
def _conditional(  # noqa: PLR0917 - numba: arrays taken out of a tuple inside a loop cost twice the time
    row: NDArray[np.uint16],
    at: Place,
    size: Place,
    begin: Place,
    count: Place,
    table: NDArray[np.int64],
    other: NDArray[np.int64],
    bias: NDArray[np.float32],
    potential: NDArray[np.float32],
    base: NDArray[np.uint64],
    weights: NDArray[np.float32],
) -> Any:  # noqa: ANN401 - lanes are known to kernels alone
    """Write into ``weights`` the unnormalised conditional of a column given the row's others; return it by lane.

    Places are unsigned because numba guards signed ones against being negative.
    """
    for e in range(count):
        base[e] = np.uint64(table[begin + e]) + np.uint64(row[other[begin + e]]) * size
    lanes = load(bias, at)
    for e in range(count):
        lanes = times(lanes, load(potential, base[e]))
    store(weights, _NONE, lanes)
    v = _LANES
    while v < size:
        more = load(bias, at + v)
        for e in range(count):
            more = times(more, load(potential, base[e] + v))
        store(weights, v, more)
        lanes = plus(lanes, more)
        v += _LANES
    return lanes


@_part
def _draw(
    lanes: Any,  # noqa: ANN401 - as above
    weights: NDArray[np.float32],
    size: Place,
    uniform: np.float32,
    cumulated: NDArray[np.float32],
) -> Place:
    """Return a cell drawn in proportion to ``weights``, by its lane and then its place; ``size`` when all are faint."""
    sums = running(lanes)
    total = last(sums)
    if not total > _FAINT:
        return size
    mark = uniform * total
    lane = min(up_to(sums, mark), _LANES - _ONE)
    store(cumulated, _NONE, sums)
    rest = mark - cumulated[lane - _ONE] if lane > _NONE else mark
    so_far, v, drawn = _ZERO, lane, lane
    while v < size:
        so_far += weights[v]
        drawn += _LANES if so_far <= rest else _NONE
        v += _LANES
    if drawn >= size or not weights[drawn] > _ZERO:
        # rounding: the first cell that can occur is as good as its neighbour
        drawn = _NONE
        while not weights[drawn] > _ZERO:
            drawn += _ONE
    return drawn


@kernel
def _careful(  # noqa: PLR0917 - numba: arrays taken out of a tuple inside a loop cost twice the time
    row: NDArray[np.uint16],
    j: int,
    links: Links,
    bias: NDArray[np.float32],
    potential: NDArray[np.float32],
    state: NDArray[np.uint64],
) -> Place:
    """Return a cell drawn from the conditional of column ``j`` by logarithms; where it is when nothing can occur."""
    size, at, width = links.cells[j], links.start[j], links.width[j]
    logs = np.log(bias[at : at + size].astype(np.float64))
    for e in range(links.first[j], links.first[j + 1]):
        here = links.table[e] + np.int64(row[links.other[e]]) * width
        for v in range(size):
            logs[v] += np.log(np.float64(potential[here + v]))
    top = logs.max()
    if not top > -np.inf:
        return np.int64(row[j])
    mark: Any = 0.0
    drawn: Place = np.int64(row[j])
    for v in range(size):
        mark += np.exp(logs[v] - top)
    mark *= np.float64(_uniform(state))
    for v in range(size):
        weight = np.exp(logs[v] - top)
        if weight > 0.0:
            drawn = v
            mark -= weight
            if mark < 0.0:
                break
    return drawn


@kernel
def sweep(rows: NDArray[np.uint16], state: NDArray[np.uint64], model: Model) -> None:
    """Draw every column of every row anew from its conditional, in place; ``state`` holds one number and is moved.

    Two rows take turns, so that the processor works at one while it waits for the other.
    """
    links, bias, potential = model.links, model.bias, model.potential
    width, start, first, other, table = links.width, links.start, links.first, links.other, links.table
    count, columns = rows.shape
    w1, w2 = np.zeros(width.max(), dtype=np.float32), np.zeros(width.max(), dtype=np.float32)
    c1, c2 = np.zeros(WIDTH, dtype=np.float32), np.zeros(WIDTH, dtype=np.float32)
    b1, b2 = np.zeros(columns + 1, dtype=np.uint64), np.zeros(columns + 1, dtype=np.uint64)
    spare = np.zeros(columns, dtype=np.uint16)
    for r in range(0, count, 2):
        one = rows[r]
        two = rows[r + 1] if r + 1 < count else spare
        for j in range(columns):
            size, at, begin = np.uint64(width[j]), np.uint64(start[j]), np.uint64(first[j])
            links_of = np.uint64(first[j + 1]) - begin
            lanes_1 = _conditional(one, at, size, begin, links_of, table, other, bias, potential, b1, w1)
            lanes_2 = _conditional(two, at, size, begin, links_of, table, other, bias, potential, b2, w2)
            new_1 = _draw(lanes_1, w1, size, _uniform(state), c1)
            new_2 = _draw(lanes_2, w2, size, _uniform(state), c2)
            one[j] = new_1 if new_1 < size else _careful(one, j, links, bias, potential, state)
            two[j] = new_2 if new_2 < size else _careful(two, j, links, bias, potential, state)


@_part
def _moved(  # noqa: PLR0917 - as above
    pair: NDArray[np.float32], at: Place, far: Place, now: Place, new: Place, less: np.float32, more: np.float32
) -> None:
    """Take a row out of cell ``now`` of a table that starts at ``at`` and put it into ``new``."""
    pair[at + now * far] -= less
    pair[at + new * far] += more


@_part
def _added(  # noqa: PLR0917 - as above
    tilt: NDArray[np.float32],
    size: Place,
    one: NDArray[np.float32],
    at: Place,
    pair: NDArray[np.float32],
    base: NDArray[np.uint64],
    count: Place,
) -> None:
    """Write into ``tilt`` the excess of every cell of a column: its own, and beside each of the row's other cells."""
    v: Place = _NONE
    while v < size:
        lanes = load(one, at + v)
        for e in range(count):
            lanes = plus(lanes, load(pair, base[e] + v))
        store(tilt, v, lanes)
        v += _LANES


@kernel
def polish(rows: NDArray[np.uint16], state: NDArray[np.uint64], model: Model, tracked: Links, excess: Excess) -> None:
    """Sweep as ``sweep`` does, each conditional tilted towards cells of which there are still too few rows.

    ``excess`` is kept up to date move by move, both ways round: a tilt from stale counts makes all rows move at once
    and diverges. A row's own part is taken out before it is drawn. A row whose weights are all faint stays.
    """
    bias, potential = model.bias, model.potential
    width, start = model.links.width, model.links.start
    first, other, table = model.links.first, model.links.other, model.links.table
    first_all, other_all, table_all, mirror_all = tracked.first, tracked.other, tracked.table, tracked.mirror
    once_all, own_all, beside_all = tracked.once, tracked.own, tracked.beside
    pair, pair_step, one, one_step = excess.pair, excess.pair_step, excess.one, excess.one_step
    weights, tilt = np.zeros(width.max(), dtype=np.float32), np.zeros(width.max(), dtype=np.float32)
    cumulated, base = np.zeros(WIDTH, dtype=np.float32), np.zeros(rows.shape[1] + 1, dtype=np.uint64)
    for r in range(rows.shape[0]):
        row = rows[r]
        for j in range(rows.shape[1]):
            size, at, begin = np.uint64(width[j]), np.uint64(start[j]), np.uint64(first[j])
            _conditional(row, at, size, begin, np.uint64(first[j + 1]) - begin, table, other, bias, potential, base,
                         weights)  # fmt: skip
            now, begin = np.uint64(row[j]), np.uint64(first_all[j])
            count = np.uint64(first_all[j + 1]) - begin
            own = one_step[at + now]
            for e in range(count):
                u = np.uint64(row[other_all[begin + e]])
                base[e] = np.uint64(table_all[begin + e]) + u * size
                own += pair_step[
                    np.uint64(once_all[begin + e])
                    + now * np.uint64(own_all[begin + e])
                    + u * np.uint64(beside_all[begin + e])
                ]
            _added(tilt, size, one, at, pair, base, count)
            tilt[now] -= own
            least = tilt[0]
            for w in range(_ONE, size):
                least = min(least, tilt[w])
            lanes = tilted(load(weights, _NONE), load(tilt, _NONE), least)
            store(weights, _NONE, lanes)
            v: Place = _LANES
            while v < size:
                more = tilted(load(weights, v), load(tilt, v), least)
                store(weights, v, more)
                lanes = plus(lanes, more)
                v += _LANES
            new = _draw(lanes, weights, size, _uniform(state), cumulated)
            if new == now or new >= size:
                continue
            row[j] = new
            one[at + now] -= one_step[at + now]
            one[at + new] += one_step[at + new]
            for e in range(count):
                u, link = np.uint64(row[other_all[begin + e]]), begin + e
                single = np.uint64(once_all[link]) + u * np.uint64(beside_all[link])
                less = pair_step[single + now * np.uint64(own_all[link])]
                more_of = pair_step[single + new * np.uint64(own_all[link])]
                back, far = np.uint64(mirror_all[link]) + u, np.uint64(width[other_all[link]])
                _moved(pair, base[e], np.uint64(1), now, new, less, more_of)
                _moved(pair, back, far, now, new, less, more_of)


@kernel
def spread(once: NDArray[np.float32], links: Links, both: NDArray[np.float32]) -> None:
    """Write the weights of every table, each pair once, into ``both`` ways round, each row over its largest."""
    for q in range(links.left.size):
        at, a, b = links.offset[q], links.left[q], links.right[q]
        rows, columns = links.cells[a], links.cells[b]
        for turned in range(2):
            outer, inner = (columns, rows) if turned else (rows, columns)
            up, along = (1, columns) if turned else (columns, 1)
            to, width = (links.back[q], links.width[a]) if turned else (links.forth[q], links.width[b])
            for u in range(outer):
                top = _ZERO
                for v in range(inner):
                    top = max(top, once[at + u * up + v * along])
                for v in range(inner):
                    both[to + u * width + v] = once[at + u * up + v * along] / top if top > _ZERO else _ZERO


@kernel
def weigh(  # noqa: PLR0917 - numba takes no keywords from outside
    counts: NDArray[np.int32], expected: NDArray[np.float32], rows: int, pull: float, links: Links,
    pair: NDArray[np.float32], pair_step: NDArray[np.float32],
) -> None:  # fmt: skip
    """Write the excess of ``counts`` over ``expected`` (shares of ``rows``), both ways round, and its steps."""
    for q in range(links.left.size):
        at, a, b = links.offset[q], links.left[q], links.right[q]
        for u in range(links.cells[a]):
            for v in range(links.cells[b]):
                wanted = np.float64(expected[at]) * rows
                step = pull / (wanted + 2.0)
                pair_step[at] = step
                pair[links.forth[q] + u * links.width[b] + v] = (counts[at] - wanted) * step
                pair[links.back[q] + v * links.width[a] + u] = (counts[at] - wanted) * step
                at += 1


@kernel
def count(rows: NDArray[np.uint16], links: Links, counts: NDArray[np.int32], begin: int, end: int) -> None:
    """Add to ``counts`` (each pair once) the rows in each cell of the pairs ``begin`` to ``end - 1``."""
    cells, left, right, offset = links.cells, links.left, links.right, links.offset
    for block in range(0, rows.shape[0], _BLOCK):
        stop = min(block + _BLOCK, rows.shape[0])
        for q in range(begin, end):
            a, b, at, width = left[q], right[q], np.uint64(offset[q]), np.uint64(cells[right[q]])
            for r in range(block, stop):
                counts[at + np.uint64(rows[r, a]) * width + np.uint64(rows[r, b])] += np.int32(1)


@kernel
def tally(rows: NDArray[np.uint16], start: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Add to ``counts``, from ``start[j]`` on, the rows in each cell of column j."""
    for r in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            counts[np.uint64(start[j]) + np.uint64(rows[r, j])] += 1


@kernel
def pick(rows: NDArray[np.uint16], places: NDArray[np.int64], picked: NDArray[np.uint16]) -> None:
    """Copy the rows at ``places`` into ``picked``."""
    for r in range(places.size):
        place = np.uint64(places[r])
        for j in range(rows.shape[1]):
            picked[r, j] = rows[place, j]


@kernel
def turn(  # noqa: PLR0917 - numba takes no keywords from outside
    rows: NDArray[np.uint16],
    places: NDArray[np.int64],
    start: NDArray[np.int64],
    cells: NDArray[np.int32],
    columns: NDArray[np.int64],
    codes: NDArray[np.int32],
) -> None:
    """Write the rows at ``places`` into ``codes``, column by column: cell v of column j is ``cells[start[j] + v]``."""
    for r in range(places.size):
        place = np.uint64(places[r])
        for j in range(rows.shape[1]):
            codes[columns[j], r] = cells[np.uint64(start[j]) + np.uint64(rows[place, j])]
