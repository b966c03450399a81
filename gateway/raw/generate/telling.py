"""Between rows and histories on the made-up side: owners from their rows, and rows from the codes a model drew.

Never sees data: cells, bins and shares inside bins are noisy or public.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.estimation.histories.terms import Owners
from gateway.raw.family import first_name, left_name, rows_name, span_name
from gateway.raw.generate import moments, physical
from gateway.raw.generate.history_coding import FURTHEST, cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Histories
    from gateway.raw.generate.history_columns import HistoryColumn
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column, Table


OVER = 0.1
"""A history may last so much longer than it was to last, as a share of that."""
ENDLESS = 2**60
"""The end of an owner who has none."""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What is declared of how rows of one table lie in time. Public."""

    table: TableName
    most: int
    """Rows of one owner, at most."""
    order: Column | None = None
    """The column that says when a row was."""
    since: ColumnName | None = None
    """The owner's column that times are counted from."""
    until: ColumnName | None = None
    """The owner's column after which no row lies, see ``moments.ends``."""
    lowest: int | None = None
    """Times lie at or after this, and not after ``highest``."""
    highest: int | None = None


def owners(rows: pa.Table, shape: Table, unit: NDArray[np.int64], of: HistoryMeasurements, how: Telling) -> Owners:
    """Return ``rows`` of ``shape`` as owners of histories ``of`` a table; each belongs to a ``unit``, not falling.

    Rows that own something without a first time, or whose time is not known, begin at ``how.lowest``, or 0. Nobody's
    rows begin or last beyond ``how.until``; whose time ends before ``how.lowest`` has none.
    """
    lengths = np.clip(_numbers(rows, shape, rows_name(how.table), 0), 0, how.most)
    first, span, end = np.zeros_like(lengths), np.zeros_like(lengths), None
    if of.gap is not None:
        first = _numbers(rows, shape, first_name(how.table), how.lowest or 0)
        span = np.maximum(_numbers(rows, shape, span_name(how.table), 0), 0)
        if how.since is not None:
            since, begun = moments.origins(rows, shape, how.since, of.gap.column)
            first += np.where(begun, since, 0)
        first = np.clip(first, -FURTHEST, FURTHEST)
        if how.lowest is not None:
            first = np.maximum(first, how.lowest)
        if how.highest is not None:
            first = np.minimum(first, how.highest)
            span = np.minimum(span, how.highest - first)
        if how.until is not None:
            time, ended = moments.ends(rows, shape, how.until, how.since, of.gap.column)
            end = np.where(ended, time, ENDLESS)
            first = np.minimum(first, end)
            span = np.minimum(span, end - first)
            if how.lowest is not None:
                lengths = np.where(end < how.lowest, 0, lengths)
    codes = cut(rows, shape, of.owner, kind=of.owner_kind)
    return Owners(unit=unit, codes=codes, rows=lengths, first=first, span=span, end=end)


def mended(rows: pa.Table, shape: Table, how: Telling, *, ordered: bool, seed: int) -> pa.Table:
    """Return owners' ``rows`` with first and span where there are rows, and nowhere else.

    Who lacks them gets those of another owner with about as many rows; one row alone spans nothing. With an end, both
    meet what is left until then.
    """
    if not ordered:
        return rows
    count, first, span, left = (name(how.table) for name in (rows_name, first_name, span_name, left_name))
    lengths = _numbers(rows, shape, count, 0)
    generator = np.random.default_rng([seed, 7])
    for name, least in ((first, 1), (span, 2), *(((left, 1),) if how.until is not None else ())):
        values, there = _nullable(rows, shape, name)
        lacking = np.flatnonzero((lengths >= least) & ~there)
        donors = np.flatnonzero((lengths >= least) & there)
        if lacking.size and donors.size:
            values[lacking] = values[_alike(lengths, lacking, donors, generator)]
        elif lacking.size:
            values[lacking] = 0
        mended_column = physical.typed(np.where(lengths >= least, values, 0), lengths >= 1, shape.column(name))
        rows = _replaced(rows, name, mended_column)
    return (
        rows
        if how.until is None or how.order is None
        else _met(rows, shape, how, lengths, end=how.until, order=how.order)
    )


def _met(
    rows: pa.Table, shape: Table, how: Telling, lengths: NDArray[np.int64], *, end: ColumnName, order: Column
) -> pa.Table:
    """Return owners' ``rows`` whose first row and span lead to where the time left begins.

    A model of pairs draws the three, and the end, so that they do not quite add up. What is amiss is taken from the
    first and the span, in halves, but from none that is 0: that is no matter of more or less, and neither is the time
    left, which is short for most who have an end. Spans so found are put in the place of those drawn, the longest for
    the longest, so that what was measured of how long histories last still holds.
    """
    names = [name(how.table) for name in (first_name, span_name, left_name)]
    (first, begun), (span, lasting), (left, known) = (_nullable(rows, shape, name) for name in names)
    last, ended = moments.ends(rows, shape, end, how.since, order)
    origin = np.zeros_like(last) if how.since is None else moments.origins(rows, shape, how.since, order)[0]
    if how.highest is not None:
        # noise draws spans that lead beyond all that is declared; they are not to be handed on
        span = np.minimum(span, np.maximum(how.highest - origin - first, 0))
    last = last - origin - np.maximum(left, 0)
    those = (lengths > 1) & begun & lasting & known & ended
    amiss = np.where(those, last - first - span, 0)
    moved = np.where(first == 0, 0, np.where(span == 0, amiss, amiss // 2))
    moved = np.minimum(moved, np.where(those & (first != 0), last - first, moved))
    stretched = np.where(span == 0, span, np.maximum(span + amiss - moved, 0))
    both = np.flatnonzero(those & (first != 0) & (span != 0))
    stretched[both[np.argsort(stretched[both], kind="stable")]] = np.sort(span[both])
    moved[both] = (last - first - stretched)[both]
    rows = _replaced(rows, names[0], physical.typed(first + moved, begun, shape.column(names[0])))
    return _replaced(rows, names[1], physical.typed(stretched, lasting, shape.column(names[1])))


def _replaced(rows: pa.Table, name: ColumnName, values: pa.Array) -> pa.Table:
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), values)


def _alike(
    lengths: NDArray[np.int64], lacking: NDArray[np.int64], donors: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each of ``lacking`` one of ``donors`` that is among the nearest in length."""
    order = donors[np.lexsort((generator.random(donors.size), lengths[donors]))]
    low = np.searchsorted(lengths[order], lengths[lacking], side="left")
    high = np.maximum(np.searchsorted(lengths[order], lengths[lacking], side="right"), low + 1)
    at = low + (generator.random(lacking.size) * (high - low)).astype(np.int64)
    return order[np.minimum(at, order.size - 1)]


def within(
    histories: Histories, span: NDArray[np.int64], how: Telling, *, end: NDArray[np.int64] | None = None
) -> Histories:
    """Return ``histories`` with times that none lie after the declared end, and that last hardly longer than ``span``.

    ``end`` is each owner's own, beside that of ``how``; first rows lie before both, see ``owners``. ``span`` has the
    time from the first row to the last that each was to have; up to ``OVER`` more is left alone. Whoever goes beyond
    keeps the number of rows and their order, and the longest gaps become equally long: shortened alike, no gap would
    stay the year, or the half, that it was. To cut rows off instead would lose them, and with few persons a great part.
    """
    lengths = np.diff(histories.starts)
    there = lengths > 0
    if not histories.time.size:
        return histories
    first, last = histories.time[histories.starts[:-1][there]], histories.time[histories.starts[1:][there] - 1]
    longest = np.where(last - first > span[there] * (1 + OVER), span[there], last - first)
    if how.highest is not None:
        longest = np.minimum(longest, how.highest - first)
    if end is not None:
        # not to the end itself: few rows lie just there
        longest = np.where(last > end[there], np.minimum(span[there], end[there] - first), longest)
    gaps = _levelled(np.diff(histories.time, prepend=0), lengths[there], longest)
    starts = histories.starts[:-1][there]
    since = np.cumsum(gaps)
    time = np.repeat(first - since[starts], lengths[there]) + since
    return dataclasses.replace(histories, time=time)


def _levelled(gaps: NDArray[np.int64], lengths: NDArray[np.int64], longest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``gaps`` with the longest of each history cut to one height, where they come to more than ``longest``.

    Of ``lengths`` in a row, the first is no gap, and is 0.
    """
    starts = np.cumsum(lengths) - lengths
    gaps[starts] = 0
    history = np.repeat(np.arange(lengths.size), lengths)
    order = np.lexsort((gaps, history))
    rising = gaps[order]
    total = np.cumsum(rising)
    before = total - rising - np.repeat(total[starts] - rising[starts], lengths)
    place = np.arange(gaps.size) - np.repeat(starts, lengths)
    # a gap stays when all that are longer could be as short as it is
    stays = before + rising * (np.repeat(lengths, lengths) - place) <= np.repeat(longest, lengths)
    left = np.bincount(history, minlength=lengths.size, weights=stays).astype(np.int64)
    used = np.zeros(lengths.size, dtype=np.int64)
    np.add.at(used, history, np.where(stays, rising, 0))
    height, rest = np.divmod(longest - used, np.maximum(lengths - left, 1))
    cut = np.repeat(height, lengths) + (place - np.repeat(left, lengths) < np.repeat(rest, lengths))
    found = np.empty_like(gaps)
    found[order] = np.where(stays, rising, cut)
    return found


def tell(histories: Histories, of: HistoryMeasurements, *, seed: int) -> pa.Table:
    """Return the rows of ``histories`` as columns of their own types: the order if there is one, then the others.

    Cells become numbers by the fine noisy counts inside their bin.
    """
    generator = np.random.default_rng([seed, 11])
    arrays: list[pa.Array] = []
    fields: list[pa.Field] = []
    first = 0
    if of.gap is not None:
        first, order = 1, of.gap.column
        arrays.append(moments.typed(histories.time, order))
        fields.append(pa.field(order.name, order.arrow_type, order.nullable))
    kind = histories.codes[first] if of.kind else None
    for position, column in enumerate(of.columns, start=first):
        grains = None if column.grain_of is None or kind is None else np.array(column.grain_of)[kind]
        arrays.append(_values(column, histories.codes[position], grains, generator))
        fields.append(pa.field(column.column.name, column.column.arrow_type, column.column.nullable))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _values(
    column: HistoryColumn, codes: NDArray[np.int16], grains: NDArray[np.int64] | None, generator: np.random.Generator
) -> pa.Array:
    expansions = column.expansions()
    if grains is None:
        grains = np.zeros(codes.size, dtype=np.int64)
    numbers: NDArray[Any] = np.zeros(codes.size, dtype=expansions[0].low.dtype)
    null = np.zeros(codes.size, dtype=np.bool_)
    for number, to in enumerate(expansions):
        those = np.flatnonzero(grains == number)
        pieces = to.splits.draw(codes[those].astype(np.int32), generator)
        drawn, step = to.numbers(pieces, generator), column.grains[number].step
        # cells begin at multiples of the step, so this stays inside of them
        numbers[those], null[those] = drawn if step == 1 else drawn - drawn % step, to.null[pieces]
    return expansions[0].typed(numbers, null)


def _numbers(rows: pa.Table, shape: Table, name: ColumnName, otherwise: int) -> NDArray[np.int64]:
    values, there = _nullable(rows, shape, name)
    return np.where(there, values, otherwise)


def _nullable(rows: pa.Table, shape: Table, name: ColumnName) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    values, there = physical.numbers(rows.column(name), shape.column(name))
    return values.astype(np.int64), there
