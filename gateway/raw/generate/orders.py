"""Declared orders between columns, lower <= upper where both are present: in the model and in every row.

The model learns which bins exclude each other; inside bins that only overlap, numbers are drawn together: rows that
break an order are drawn anew (which keeps the distribution), and what is left after many tries is drawn between the
bounds that the other columns leave. Never sees data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate import physical
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.expansion import Expansion, Numbers

TRIES = 20
_DAY = 86_400_000_000
_AT_ONCE = 4_096
"""Rows drawn between bounds at once, which bounds memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """The numbers of one column and which are NULL."""

    numbers: Numbers
    null: NDArray[np.bool_]


def closed(orders: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return ``orders`` with all that follow from them: a <= b and b <= c give a <= c."""
    found = {pair for pair in orders if pair[0] != pair[1]}
    while more := {(a, d) for a, b in found for c, d in found if b == c and a != d} - found:
        found |= more
    return tuple(sorted(found))


def check(lower: Column, upper: Column) -> None:
    """Raise ``ConfigurationError`` when two columns cannot be compared."""
    for kinds in (NUMERIC_KINDS, TEMPORAL_KINDS):
        if lower.kind in kinds and upper.kind in kinds:
            return
    raise ConfigurationError(
        f"columns {lower.name} and {upper.name} are declared to be in order, and are of kinds {lower.kind} and "
        f"{upper.kind}; an order needs two columns of numbers, or two of dates and times"
    )


def forbidden(lower: Expansion, upper: Expansion) -> NDArray[np.bool_]:
    """Return, for the bins of two columns, True where no value of the one is at most any value of the other."""
    least, lower_null = _extremes(lower, lowest=True)
    most, upper_null = _extremes(upper, lowest=False)
    first, second = _comparable(lower.column, least, upper.column, most)
    never = first[:, np.newaxis] > second[np.newaxis, :]
    return np.asarray(never & ~lower_null[:, np.newaxis] & ~upper_null[np.newaxis, :])


def _extremes(to: Expansion, *, lowest: bool) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return every bin's lowest or highest number, and whether the bin says nothing: may be NULL, or has no piece."""
    silent = np.ones(to.bins, dtype=np.bool_)
    numbers = np.zeros(to.bins, dtype=to.low.dtype)
    for each in range(to.bins):
        inside = (to.bin_of == each) & (to.weight > 0)
        if inside.any() and not to.null[inside].any():
            silent[each] = False
            numbers[each] = to.low[inside].min() if lowest else to.high[inside].max()
    return numbers, silent


def _comparable(lower: Column, low: Numbers, upper: Column, high: Numbers) -> tuple[Numbers, Numbers]:
    """Return the numbers of two columns in one unit; exactly, unless one is a float or too large for that."""
    factors = _factor(lower), _factor(upper)
    if factors[0] == factors[1] and low.dtype == high.dtype:
        return low, high
    if low.dtype == high.dtype == np.int64:
        common = max(factors)
        by = common // factors[0], common // factors[1]
        if all(np.abs(n.astype(np.float64)).max(initial=0.0) * k < physical.LARGEST / 2
               for n, k in zip((low, high), by, strict=True)):  # fmt: skip
            return low * by[0], high * by[1]
    return low / float(factors[0]), high / float(factors[1])


def _factor(column: Column) -> int:
    """Return how many of the column's units make one of its kind's largest."""
    match column.kind:
        case Kind.DATETIME:
            return _DAY
        case Kind.DECIMAL:
            return int(10 ** (column.scale or 0))
        case _:
            return 1


def broken(
    orders: Sequence[tuple[int, int]], columns: Mapping[int, Column], drawn: Mapping[int, Drawn]
) -> NDArray[np.bool_]:
    """Return which rows break an order."""
    wrong: NDArray[np.bool_] | None = None
    for a, b in orders:
        low, high = _comparable(columns[a], drawn[a].numbers, columns[b], drawn[b].numbers)
        each = (low > high) & ~drawn[a].null & ~drawn[b].null
        wrong = each if wrong is None else wrong | each
    return np.zeros(0, dtype=np.bool_) if wrong is None else np.asarray(wrong)


def mend(
    orders: Sequence[tuple[int, int]],
    columns: Mapping[int, Column],
    drawn: dict[int, Drawn],
    again: Callable[[NDArray[np.int64]], Mapping[int, Drawn]],
    *,
    squeeze: Callable[[NDArray[np.int64]], Mapping[int, Drawn]],
) -> NDArray[np.int64]:
    """Redraw, in place, the rows that break an order; return those that still do.

    ``again`` draws all columns of the orders anew for some rows, inside their bins; ``squeeze`` does so between bounds.
    """
    rows = np.flatnonzero(broken(orders, columns, drawn))
    for attempt in range(TRIES + 1):
        if not rows.size:
            break
        made = again(rows) if attempt < TRIES else squeeze(rows)
        wrong = broken(orders, columns, made)
        for column, new in made.items():
            drawn[column].numbers[rows[~wrong]] = new.numbers[~wrong]
            drawn[column].null[rows[~wrong]] = new.null[~wrong]
        rows = rows[wrong]
    return rows


def squeeze(
    orders: Sequence[tuple[int, int]],
    expansions: Mapping[int, Expansion],
    codes: Mapping[int, NDArray[np.int32]],
    fixed: Mapping[int, Drawn],
    generator: np.random.Generator,
) -> dict[int, Drawn]:
    """Return numbers for some rows, drawn one column after the other between the bounds that the others leave.

    ``codes`` are the bins of every column of ``orders`` that is not ``fixed``; ``orders`` have to be ``closed``. Rows
    for which a bin has no number between its bounds are given any.
    """
    drawn = dict(fixed)
    before = {column: [a for a, b in orders if b == column] for column in codes}
    for column in sorted(codes, key=lambda c: len(before[c])):
        to, bins = expansions[column], codes[column]
        low, high = (edge.astype(to.low.dtype)[bins] for edge in _span(to))
        for other in before[column]:
            if other in drawn:
                bound = _converted(drawn[other].numbers, expansions[other].column, to, up=True)
                low = np.where(drawn[other].null, low, np.maximum(low, bound))
        for other in (b for a, b in orders if a == column):
            known = drawn[other].numbers if other in drawn else _span(expansions[other])[1][codes[other]]
            free = drawn[other].null if other in drawn else np.zeros(bins.size, dtype=np.bool_)
            bound = _converted(known, expansions[other].column, to, up=False)
            high = np.where(free, high, np.minimum(high, bound))
        drawn[column] = _between(to, bins, low.astype(to.low.dtype), high.astype(to.low.dtype), generator)
    return drawn


def _span(to: Expansion) -> tuple[Numbers, Numbers]:
    """Return the lowest and highest number of every bin; of a bin without any, the ends of what there is."""
    low, high = np.full(to.bins, to.low.min(), dtype=to.low.dtype), np.full(to.bins, to.high.max(), dtype=to.low.dtype)
    for each in range(to.bins):
        inside = (to.bin_of == each) & (to.weight > 0) & ~to.null
        if inside.any():
            low[each], high[each] = to.low[inside].min(), to.high[inside].max()
    return low, high


def _converted(numbers: Numbers, column: Column, to: Expansion, *, up: bool) -> Numbers:
    """Return ``numbers`` of ``column`` in the unit of ``to``, rounded up or down to what it can hold."""
    have, want = _factor(column), _factor(to.column)
    if have == want and numbers.dtype == to.low.dtype:
        return numbers
    if numbers.dtype == to.low.dtype == np.int64:
        if want > have:
            edge = physical.LARGEST // (want // have)
            return np.asarray(np.clip(numbers, -edge, edge) * (want // have))
        by = have // want
        return np.asarray(-(-numbers // by) if up else numbers // by)
    scaled = numbers.astype(np.float64) / have * want
    if to.low.dtype == np.float64:
        return np.asarray(scaled)
    limit = float(2**62)
    return np.asarray(np.clip(np.ceil(scaled) if up else np.floor(scaled), -limit, limit).astype(np.int64))


def _between(
    to: Expansion, bins: NDArray[np.int32], low: Numbers, high: Numbers, generator: np.random.Generator
) -> Drawn:
    """Return a number of each row's bin between ``low`` and ``high``, by the weights of what lies between them."""
    numbers, null = low.copy(), np.zeros(bins.size, dtype=np.bool_)
    for each in np.unique(bins):
        pieces = np.flatnonzero((to.bin_of == each) & (to.weight > 0) & ~to.null)
        if not pieces.size:
            null[bins == each] = to.column.nullable
            continue
        rows = np.flatnonzero(bins == each)
        for part in np.array_split(rows, -(-rows.size // _AT_ONCE)):
            numbers[part] = _inside(to, pieces, low[part], high[part], generator)
    return Drawn(numbers=numbers, null=null)


def _inside(
    to: Expansion, pieces: NDArray[np.int64], low: Numbers, high: Numbers, generator: np.random.Generator
) -> Numbers:
    least, most = np.maximum(low[:, np.newaxis], to.low[pieces]), np.minimum(high[:, np.newaxis], to.high[pieces])
    one = 1e-9  # a single float counts a little
    inside = np.where(least <= most, to.mass(least, np.maximum(least, most)) + one, 0.0)
    chances = np.cumsum(to.weight[pieces] * inside / (to.mass(to.low[pieces], to.high[pieces]) + one), axis=1)
    marks = generator.random(low.size) * chances[:, -1]
    chosen = np.minimum((chances <= marks[:, np.newaxis]).sum(axis=1), pieces.size - 1)
    row = np.arange(low.size)
    least, most = least[row, chosen], np.maximum(most[row, chosen], least[row, chosen])
    return to.within(least, most, generator)
