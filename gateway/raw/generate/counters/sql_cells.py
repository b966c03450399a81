"""Cells and bins as SQL expressions: what ``encoding`` does to arrays, done by the database to its own rows."""

from __future__ import annotations

import bisect
import itertools
import math
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.raw.generate import physical
from gateway.raw.generate.domain import Ranges, Residues, Values
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from gateway.raw.generate.counters.sql_engine import Engine
    from gateway.raw.generate.counting import Axis
    from gateway.vocabulary.schema import Column

    Expression = sa.ColumnElement[Any]
    Layout = Sequence[tuple[str, int]]
    """A table as (name of a column of codes, number of its cells) for each axis."""


_NOWHERE = -1
_FEW = 4
"""Up to so many bounds are compared one by one."""

MOST_CUTS = 1_000
"""From more single numbers side by side on, their cells are computed: a CASE for each would not fit a statement."""


def code(axis: Axis, column: Column, value: Expression, engine: Engine) -> Expression:
    """Return the bin (or cell) of ``value``, a small whole number that is never NULL.

    ``value`` is what the engine reads for ``column``: a text, or a number as in ``physical`` but not held to
    +-``LARGEST``; NULL where nothing usable is there.
    """
    bins = list(range(axis.domain.cells)) if axis.bin_of is None else axis.bin_of.tolist()
    match axis.domain:
        case Values() as domain:
            unlisted = bins[int(domain.rest)] if domain.other else bins[0]
            at = {listed: bins[number + domain.first] for number, listed in enumerate(domain.values)}
            if column.kind in TEXT_KINDS:
                found = _text(value, {str(text): cell for text, cell in at.items()}, unlisted, domain.prefixes, engine)
            else:
                found = _number(value, at, unlisted, engine)
        case _ if column.kind in TEXT_KINDS:
            raise TypeError("texts have no domain but a list of values")
        case Ranges() as domain:
            found = _range(value, domain.starts[1:], bins[domain.first :] or bins[:1], engine)
            for cell, sentinel in enumerate(domain.sentinels, int(domain.rest)):
                found = sa.case((_same(value, sentinel, engine), whole(bins[cell])), else_=found)
        case Residues() as domain:
            found = _remainder(value, domain, bins if axis.bin_of is not None else None, engine)
    return sa.case((value.is_(None), whole(bins[0])), else_=found)


def _text(
    value: Expression, at: Mapping[str, int], unlisted: int, prefixes: Sequence[int], engine: Engine
) -> Expression:
    """Return the number beside a text, or else beside the longest that it begins with of such a length."""
    cut = {length: {text: cell for text, cell in at.items() if len(text) == length} for length in reversed(prefixes)}
    if not any(cut.values()):
        return engine.listed(value, at, unlisted)
    looked_up = [engine.looked_up(value, at, _NOWHERE)]
    looked_up += [engine.looked_up(engine.beginning(value, n), some, _NOWHERE) for n, some in cut.items() if some]
    return sa.func.coalesce(*(sa.func.nullif(found, whole(_NOWHERE)) for found in looked_up), whole(unlisted))


def whole(number: int) -> Expression:
    """Return a whole number of ours as it is written; a statement can hold any number of these."""
    return sa.literal_column(str(int(number)), sa.BigInteger())


def written(text: str, kind: sa.types.TypeEngine[Any]) -> Expression:
    """Return a constant of ours that the database reads from ``text``, a parameter; drivers have their own ideas."""
    return sa.cast(sa.literal(text, sa.Text()), kind)


def decimal(units: int, scale: int) -> str:
    """Return ``units`` (not below 0) with its last ``scale`` digits behind a point."""
    digits = str(units).rjust(scale + 1, "0")
    return f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits


def number(value: float, engine: Engine) -> Expression:
    """Return a number of ours: whole ones as they are written, others as a parameter, which keeps every bit."""
    return whole(value) if isinstance(value, int) else engine.double(float(value))


def searched(
    texts: Mapping[str, int], unlisted: int, found: Expression, bind: Callable[[str], Expression]
) -> Expression:
    """Return the number beside ``found`` in ``texts`` by bisection; the database must order texts by their bytes."""
    listed = sorted((text.encode(), text) for text in texts)

    def leaf(at: int) -> Expression:
        return sa.case((found == bind(listed[at][1]), whole(texts[listed[at][1]])), else_=whole(unlisted))

    if not listed:
        return whole(unlisted)
    return bisected(found, [bind(text) for _, text in listed[1:]], leaf)


def bisected(value: Expression, cuts: Sequence[Expression], leaf: Callable[[int], Expression]) -> Expression:
    """Return leaf k where ``value`` is at or above k of the ascending ``cuts``: a CASE as deep as their logarithm."""

    def between(low: int, high: int) -> Expression:
        if low == high:
            return leaf(low)
        middle = (low + high) // 2
        return sa.case((value < cuts[middle], between(low, middle)), else_=between(middle + 1, high))

    return between(0, len(cuts))


def _number(value: Expression, at: Mapping[Any, int], unlisted: int, engine: Engine) -> Expression:
    if not at:
        return whole(unlisted)
    listed = sorted(at)

    def leaf(place: int) -> Expression:
        one = listed[place]
        return sa.case((_same(value, one, engine), whole(at[one])), else_=whole(unlisted))

    return bisected(value, [number(one, engine) for one in listed[1:]], leaf)


def _same(value: Expression, one: float, engine: Engine) -> Expression:
    wanted = number(one, engine)
    # what lies beyond the largest number counts as that
    beyond = isinstance(one, int) and abs(one) >= physical.LARGEST
    return value == wanted if not beyond else value >= wanted if one > 0 else value <= wanted


def _range(value: Expression, cuts: Sequence[float], bins: Sequence[int], engine: Engine) -> Expression:
    """Ranges side by side with the same bin are one range; among many single numbers nothing is looked up."""
    if len(cuts) > MOST_CUTS and _even(cuts) and list(bins) == list(range(bins[0], bins[0] + len(bins))):
        step = int(cuts[1] - cuts[0])
        lowest, highest = whole(int(cuts[0]) - step), whole(int(cuts[-1]))
        above = sa.case((value < lowest, lowest), (value > highest, highest), else_=value) - lowest
        return _quotient(above, step) + whole(bins[0])
    kept = [k for k in range(len(cuts)) if bins[k] != bins[k + 1]]
    near = (
        bool(kept) and all(isinstance(cuts[k], int) for k in kept) and cuts[kept[-1]] - cuts[kept[0]] < engine.listable
    )
    if near and len(kept) > _FEW:
        # a list with one entry for each number from just below the first bound up to the last
        first, last = int(cuts[kept[0]]) - 1, int(cuts[kept[-1]])
        at = (bisect.bisect_right(cuts, number) for number in range(first, last + 1))
        held = sa.func.greatest(sa.func.least(value, whole(last)), whole(first))
        return engine.entry([bins[k] for k in at], held - whole(first))
    bounds = [number(cuts[k], engine) for k in kept]
    return bisected(value, bounds, lambda k: whole(bins[kept[k]] if k < len(kept) else bins[len(cuts)]))


def _even(cuts: Sequence[float]) -> bool:
    """Return whether ``cuts`` are whole numbers that rise by the same each time."""
    first, second = cuts[:2]
    if not isinstance(first, int) or not isinstance(second, int):
        return False
    return list(cuts) == list(range(first, first + len(cuts) * (second - first), second - first))


def _quotient(number: Expression, by: int) -> Expression:
    """Return how many times ``by`` goes into a ``number`` that is not negative; dividing without a rest is exact."""
    return number if by == 1 else sa.cast((number - number % whole(by)) / whole(by), sa.BigInteger())


def _remainder(value: Expression, domain: Residues, bins: Sequence[int] | None, engine: Engine) -> Expression:
    lowest = whole(-physical.LARGEST)
    rest = sa.case((value < lowest, lowest), else_=value) % whole(domain.modulus)
    least = sa.case((rest < 0, rest + whole(domain.modulus)), else_=rest)
    if bins is None:
        return least + whole(int(domain.rest))
    return _range(least, list(range(1, domain.modulus)), bins[int(domain.rest) :], engine)


def offsets(tables: Sequence[Layout]) -> list[int]:
    """Return where the cells of each of ``tables`` begin, and behind them where they all end."""
    return [0, *itertools.accumulate(math.prod(cells for _, cells in table) for table in tables)]


def flat(codes: sa.FromClause | Mapping[str, Expression], table: Layout, offset: int) -> Expression:
    """Return the number of the cell of ``table`` that a row with ``codes`` is in, counted from ``offset``.

    Cells are numbered with the last axis the fastest.
    """
    named = codes.c if isinstance(codes, sa.FromClause) else codes
    expression: Expression = whole(offset)
    stride = 1
    for name, cells in reversed(table):
        expression = expression + (named[name] if stride == 1 else named[name] * whole(stride))
        stride *= cells
    return expression
