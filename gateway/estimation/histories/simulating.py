"""Drawing histories from a model: one compiled kernel, one stream of random numbers for each owner.

Time is linear in rows times terms. A path that ends much later than its owner's span says is drawn again, up to
``PATHS`` times, and the one that overshoots least is kept; the last gap is the rest of the span if its cell holds that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gateway.estimation.gibbs import kernel, next_bits
from gateway.estimation.histories.contexts import left_octave, rank_bin
from gateway.estimation.histories.packing import IMPOSSIBLE, Packed
from gateway.estimation.histories.terms import Histories, Owners
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATHS = 4
"""How many paths are tried for an owner, at most."""
OVERSHOOT = 10
"""A path is kept when it ends no later than a tenth of the span, and ``Packed.slack``, behind it."""
_WIDE = 2.0**-53
_SHIFT = np.uint64(11)
_NEVER = np.float32(IMPOSSIBLE / 2)
_LATEST = 2**62


class Work(NamedTuple):
    """What the kernel writes on, the same for all owners."""

    state: NDArray[np.uint64]
    """(slots,) the cell of every context."""
    base: NDArray[np.float32]
    """Sums of the first sort of terms, for this owner."""
    of_kind: NDArray[np.float32]
    """(kinds, all cells) those and the second sort, where ``filled``."""
    filled: NDArray[np.bool_]
    logits: NDArray[np.float32]
    latest: NDArray[np.int16]
    """(kinds, columns) the last row of each kind."""
    allowed: NDArray[np.bool_]
    bits: NDArray[np.uint64]


def simulate(packed: Packed, owners: Owners, *, seed: int, begin: int = 0) -> Histories:
    """Return a history of every owner; ``begin`` is the number of the first of them.

    ``ConfigurationError`` when an owner's row, count or span is not what it could be.
    """
    _check(packed, owners)
    starts = np.concatenate([[0], np.cumsum(owners.rows)]).astype(np.int64)
    rows = int(starts[-1])
    time, codes = np.zeros(rows, dtype=np.int64), np.zeros((packed.columns, rows), dtype=np.int16)
    end = np.full(owners.rows.size, _LATEST, dtype=np.int64) if owners.end is None else owners.end
    made = np.zeros(owners.rows.size, dtype=np.int64)
    columns_first = np.ascontiguousarray(owners.codes)
    _simulate(packed, columns_first, owners.first, owners.span, end, seed % 2**63, begin, starts, time, codes, made)
    if np.array_equal(made, owners.rows):
        return Histories(starts=starts, time=time, codes=codes)
    kept = np.arange(rows) - np.repeat(starts[:-1], owners.rows) < np.repeat(made, owners.rows)
    starts = np.concatenate([[0], np.cumsum(made)]).astype(np.int64)
    return Histories(starts=starts, time=time[kept], codes=codes[:, kept])


def _check(packed: Packed, owners: Owners) -> None:
    n = owners.rows.size
    sizes = {owners.unit.size, owners.first.size, owners.span.size, n if owners.end is None else owners.end.size}
    if sizes != {n} or owners.codes.shape != (packed.owner_columns, n):
        raise ConfigurationError("owners have to come with as many units, codes, counts and times as there are owners")
    if n and ((owners.codes < 0) | (owners.codes >= packed.owner_cells[:, None])).any():
        raise ConfigurationError("owners have to have codes of the cells that the model was fitted with")
    if n and (owners.rows.min() < 0 or owners.span.min() < 0 or np.abs(owners.first).max() >= 2**61):
        raise ConfigurationError("owners have to have counts and spans from 0; draw them anew")


@kernel
def _uniform(bits: NDArray[np.uint64]) -> float:
    number: float = (next_bits(bits) >> _SHIFT) * _WIDE
    return number


@kernel
def _add(  # noqa: PLR0917 - numba: arrays taken out of a tuple inside a loop cost twice the time
    logits: NDArray[np.float32],
    begin: int,
    end: int,
    first: int,
    until: int,
    state: NDArray[np.uint64],
    context: NDArray[np.int64],
    slot: NDArray[np.uint64],
    place: NDArray[np.uint64],
    step: NDArray[np.uint64],
    start: NDArray[np.uint64],
    weight: NDArray[np.float32],
) -> None:
    """Add the weights of terms ``first`` up to ``until``, which have one target, to its logits."""
    low, high = np.uint64(begin), np.uint64(end)
    for term in range(first, until):
        at = start[term] - low
        for c in range(np.uint64(context[term]), np.uint64(context[term + 1])):
            at += step[place[c] + state[slot[c]]]
        for cell in range(low, high):
            logits[cell] += weight[at + cell]


@kernel
def _choose(  # noqa: PLR0917 - numba takes no keywords
    logits: NDArray[np.float32],
    begin: int,
    end: int,
    allowed: NDArray[np.bool_],
    once: bool,  # noqa: FBT001 - the same
    bits: NDArray[np.uint64],
) -> int:
    """Return a cell drawn from ``logits[begin:end]``, which are overwritten; -1 when none is allowed."""
    low, high = np.uint64(begin), np.uint64(end)
    if once:
        for at in range(low, high):
            if not allowed[at]:
                logits[at] = _NEVER
    largest = _NEVER
    for at in range(low, high):
        largest = max(largest, logits[at])
    total = np.float32(0)
    for at in range(low, high):
        total += np.float32(math.exp(logits[at] - largest)) if logits[at] > _NEVER else np.float32(0)
        logits[at] = total
    mark = np.float32(_uniform(bits) * total)
    cell = begin
    while cell < end - 1 and logits[np.uint64(cell)] <= mark:
        cell += 1
    # a mark rounded up to the total must not end in a cell without weight
    while cell > begin and logits[np.uint64(cell)] == logits[np.uint64(cell - 1)]:
        cell -= 1
    return cell - begin if largest > _NEVER else -1


@kernel
def _inside(  # noqa: PLR0917 - numba takes no keywords
    fine_start: NDArray[np.int64],
    fine_low: NDArray[np.int64],
    fine_high: NDArray[np.int64],
    fine_cumulated: NDArray[np.float64],
    cell: int,
    rest: int,
    bits: NDArray[np.uint64],
) -> int:
    """Return a gap of ``cell``: ``rest`` if that is one (-1 never is)."""
    a, b = fine_start[cell], fine_start[cell + 1]
    first, second = _uniform(bits), _uniform(bits)
    if fine_low[a] <= rest and rest <= fine_high[b - 1]:  # noqa: PLR1716 - numba compiles a chain badly
        gap = rest
    else:
        while a < b - 1 and fine_cumulated[a] <= first:
            a += 1
        width = fine_high[a] - fine_low[a] + 1
        gap = fine_low[a] + min(int(second * width), width - 1)
    return gap


@kernel
def _path(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one kernel: calls inside it cost more than the rest
    p: Packed,
    work: Work,
    first: int,
    span: int,
    end: int,
    at: int,
    rows: int,
    enough: int,
    time: NDArray[np.int64],
    codes: NDArray[np.int16],
) -> int:
    """Draw a history into ``time`` and ``codes`` from ``at`` on, and return how many rows it has.

    Given up, with the rows so far, once it is later than ``enough``.
    """
    ordered, kind, columns, of_column = p.ordered, p.kind, p.columns, p.of_column
    context, slot, place, step, start, weight = p.context, p.slot, p.place, p.step, p.start, p.weight
    offset, cells, onces, target = p.offset, p.cells, p.once, p.target
    fine_start, fine_low, fine_high, fine_cumulated = p.fine_start, p.fine_low, p.fine_high, p.fine_cumulated
    state, base, of_kind, filled, logits = work.state, work.base, work.of_kind, work.filled, work.logits
    latest, allowed, bits = work.latest, work.allowed, work.bits
    row, before, last = p.owner_columns, p.owner_columns + columns, p.owner_columns + 2 * columns
    for column in range(columns):
        state[before + column] = np.uint64(cells[column])
        for sort in range(latest.shape[0]):
            latest[sort, column] = cells[column]
        state[last + column] = np.uint64(cells[column])
    for at_cell in range(allowed.size):
        allowed[at_cell] = True
    now: Any = first
    made = rows
    for rank in range(rows):
        state[last + columns] = np.uint64(rank_bin(rank))
        if ordered:
            left: Any = span - (now - first)
            state[last + columns + 1] = np.uint64(left_octave(left, rows - rank))
            if rank == 0:
                state[row] = np.uint64(cells[0] - 1)
            else:
                for at_cell in range(offset[1]):
                    logits[at_cell] = base[at_cell]
                _add(
                    logits, offset[0], offset[1], of_column[0], of_column[1],
                    state, context, slot, place, step, start, weight,
                )  # fmt: skip
                gap_cell = _choose(logits, offset[0], offset[1], allowed, onces[0], bits)
                state[row] = np.uint64(gap_cell)
                rest = left if rank == rows - 1 else -1
                now += _inside(fine_start, fine_low, fine_high, fine_cumulated, gap_cell, rest, bits)
            if now > end or now > enough:
                made = rank
                break
        stuck = False
        for column in range(int(ordered), columns):
            low, high = offset[column], offset[column + 1]
            if kind >= 0 and column > kind:
                sort = int(state[row + kind])
                if not filled[sort]:
                    filled[sort] = True
                    for at_cell in range(base.size):
                        of_kind[sort, at_cell] = base[at_cell]
                    for term in range(p.sorts[1], p.sorts[2]):
                        of = target[term]
                        _add(
                            of_kind[sort], offset[of], offset[of + 1], term, term + 1,
                            state, context, slot, place, step, start, weight,
                        )  # fmt: skip
                for at_cell in range(low, high):
                    logits[at_cell] = of_kind[sort, at_cell]
            else:
                for at_cell in range(low, high):
                    logits[at_cell] = base[at_cell]
            _add(
                logits, low, high, of_column[column], of_column[column + 1],
                state, context, slot, place, step, start, weight,
            )  # fmt: skip
            cell = _choose(logits, low, high, allowed, onces[column], bits)
            if cell < 0:
                stuck = True
                break
            state[row + column] = np.uint64(cell)
            if column == kind:
                for other in range(columns):
                    state[last + other] = np.uint64(latest[cell, other])
        if stuck:
            made = rank
            break
        time[at + rank] = now if ordered else 0
        for column in range(columns):
            drawn = np.int64(state[row + column])
            codes[column, at + rank] = drawn
            state[before + column] = np.uint64(drawn)
            if kind >= 0:
                latest[np.int64(state[row + kind]), column] = drawn
            if onces[column]:
                allowed[offset[column] + drawn] = False
    return made


@kernel
def _simulate(  # noqa: C901, PLR0917 - numba takes no keywords
    p: Packed,
    owner_codes: NDArray[np.int16],
    first: NDArray[np.int64],
    span: NDArray[np.int64],
    end: NDArray[np.int64],
    seed: int,
    begin: int,
    starts: NDArray[np.int64],
    time: NDArray[np.int64],
    codes: NDArray[np.int16],
    made: NDArray[np.int64],
) -> None:
    # columns are copied cell by cell: compiling slices takes seconds
    total = p.offset[p.columns]
    kinds = p.cells[p.kind] if p.kind >= 0 else 1
    work = Work(
        np.zeros(p.owner_columns + 3 * p.columns + 2, dtype=np.uint64),
        np.zeros(total, dtype=np.float32),
        np.zeros((kinds, total), dtype=np.float32),
        np.zeros(kinds, dtype=np.bool_),
        np.zeros(total, dtype=np.float32),
        np.zeros((kinds, p.columns), dtype=np.int16),
        np.ones(total, dtype=np.bool_),
        np.zeros(1, dtype=np.uint64),
    )
    longest = 0
    for owner in range(first.size):
        longest = max(longest, starts[owner + 1] - starts[owner])
    more_time = np.zeros(longest, dtype=np.int64)
    more_codes = np.zeros((p.columns, longest), dtype=np.int16)
    bits: Any = work.bits
    latest: Any = np.int64(_LATEST)
    for owner in range(first.size):
        at, rows = starts[owner], starts[owner + 1] - starts[owner]
        # two rounds of mixing: streams of neighbours are not shifted copies of each other
        bits[0] = np.uint64(seed)
        bits[0] = next_bits(bits) ^ np.uint64(begin + owner)
        bits[0] = next_bits(bits)
        for column in range(p.owner_columns):
            work.state[column] = np.uint64(owner_codes[column, owner])
        for at_cell in range(total):
            work.base[at_cell] = 0
        for term in range(p.sorts[0], p.sorts[1]):
            of = p.target[term]
            _add(
                work.base, p.offset[of], p.offset[of + 1], term, term + 1,
                work.state, p.context, p.slot, p.place, p.step, p.start, p.weight,
            )  # fmt: skip
        for kind in range(kinds):
            work.filled[kind] = False
        due = first[owner] + span[owner]
        allowed = due + span[owner] // OVERSHOOT + p.slack
        made[owner] = _path(p, work, first[owner], span[owner], end[owner], at, rows, latest, time, codes)
        if not p.ordered or rows == 0:
            continue
        for _ in range(1, PATHS):
            # an end that cuts rows off is worse than any that does not
            best = time[at + rows - 1] if made[owner] == rows else latest
            if best <= allowed:
                break
            count = _path(
                p, work, first[owner], span[owner], end[owner], at - at, rows, best - 1, more_time, more_codes
            )
            if count == rows or (made[owner] < rows and count > made[owner]):
                made[owner] = count
                for row in range(count):
                    time[at + row] = more_time[row]
                    for column in range(p.columns):
                        codes[column, at + row] = more_codes[column, row]
