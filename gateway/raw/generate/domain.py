"""What type, catalogue and policy declare of a column's values, as a domain: a function of public things alone."""

from __future__ import annotations

import datetime as dt
import math
import sys
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import physical
from gateway.raw.generate.cells import (
    SLACK,
    Domain,
    Lattice,
    Number,
    Ranges,
    Residues,
    Values,
    domain_from_json,
)
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gateway.policy.model import Bound, DomainClause

__all__ = [
    "FINE_CELLS", "FOUND_CELLS", "NOTHING", "SLACK", "UNIT_RANGE", "Domain", "Facts", "Lattice", "Number", "Ranges",
    "Residues", "Values", "countable", "declared", "declared_of_histories", "domain_from_json", "facts", "grid",
    "multiples", "with_ends", "with_singles",
]  # fmt: skip

FINE_CELLS = 64
"""Equal-width cells of a numeric column whose bounds are declared."""
FOUND_CELLS = 128
"""The same where bounds were discovered: those are up to twice too wide."""
UNIT_RANGE = 128
"""Up to so many whole numbers between the bounds get a cell each."""
DYADIC = 16
"""How often the cell beside 0 (or beside a bound near 0) is halved again."""
MOST_PREFIXES = 4
"""Lengths of prefixes: each costs a search of its own, with a piece of delta."""
_EXACT = 48
"""A multiple of a float's step is below step * 2^_EXACT: rounding then stays far below a step."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is declared of a column beside its values or bounds."""

    sentinels: tuple[Number, ...] = ()
    lattice: Lattice | None = None
    prefixes: tuple[int, ...] = ()
    """See ``Values``."""


NOTHING = Facts()


def declared(column: Column, clause: DomainClause | None) -> Domain | None:
    """Return the domain that type, catalogue and policy declare; None when it has to be discovered.

    Raises ``ConfigurationError`` for declarations that do not fit the type, ``Unsupported`` for types not learned.
    """
    if column.kind is Kind.UNSUPPORTED:
        raise Unsupported(
            f"column {column.name} has type {column.native}, which is not learned; treat it as `drop` in the policy"
        )
    known = facts(column, clause)
    if clause is not None and clause.values is not None:
        return _listed(column, clause.values, clause.groups)
    if column.kind is Kind.BOOLEAN:
        return Values(values=(0, 1), rest=column.nullable)
    if column.kind is Kind.ENUM and column.values:
        return Values(values=column.values, rest=column.nullable)
    if clause is None or clause.lowest is None or clause.highest is None:
        return None
    if column.kind in TEXT_KINDS:
        raise ConfigurationError(f"column {column.name} holds text; declare `values` instead of bounds")
    lowest = physical.declared(clause.lowest, column, up=True)
    highest = physical.declared(_end_of_day(clause.highest, column), column)
    if known.lattice is not None:
        if not countable(lowest, highest, known.lattice):
            raise ConfigurationError(
                f"column {column.name} declares a `step` that is too fine for its bounds; leave the step out"
            )
        lowest, highest = multiples(lowest, highest, known.lattice.modulus)
    if lowest > highest:
        raise ConfigurationError(f"no value of column {column.name}'s type lies between its declared bounds")
    return with_ends(grid(lowest, highest, column, cells=FINE_CELLS, known=known), column)


def declared_of_histories(column: Column, clause: DomainClause | None) -> Domain | None:
    """Return ``declared``; ``Unsupported`` for what no generator keeps yet where a unit has many rows."""
    for name in ("step", "sentinels", "prefixes"):
        if clause is not None and getattr(clause, name) is not None:
            raise Unsupported(
                f"column {column.name} declares `{name}`, which is kept only in the table of the protected unit "
                "so far; take it out of the policy, and declare bounds or values instead"
            )
    return declared(column, clause)


def facts(column: Column, clause: DomainClause | None) -> Facts:
    """Return what ``clause`` declares; ``ConfigurationError`` when it does not fit the type."""
    if clause is None:
        return NOTHING
    if clause.prefixes is not None:
        return _prefixes(column, clause.prefixes)
    if clause.step is None and clause.sentinels is None:
        return NOTHING
    if column.kind in TEXT_KINDS or column.kind is Kind.BOOLEAN:
        raise ConfigurationError(
            f"column {column.name} is of kind {column.kind}; `step` and `sentinels` are for numbers and dates"
        )
    sentinels = tuple(sorted({_sentinel(each, column) for each in clause.sentinels or ()}))
    if clause.step is None:
        return Facts(sentinels=sentinels)
    if column.kind in TEMPORAL_KINDS:
        raise ConfigurationError(f"column {column.name} holds dates or times; `step` is for numbers")
    if not physical.is_whole(column):
        return Facts(sentinels=sentinels, lattice=Lattice(modulus=clause.step))
    units = Decimal(str(clause.step)).scaleb(column.scale or 0 if column.kind is Kind.DECIMAL else 0)
    if units != int(units) or units > physical.limits(column)[1]:
        raise ConfigurationError(
            f"column {column.name} has no multiples of its declared `step`, or not these alone; declare a multiple of "
            "the least number that the type can hold"
        )
    return Facts(sentinels=sentinels, lattice=Lattice(modulus=int(units)) if units > 1 else None)


def _sentinel(value: Bound, column: Column) -> Number:
    lower, upper = physical.declared(value, column), physical.declared(value, column, up=True)
    if lower != upper:
        raise ConfigurationError(
            f"column {column.name} is of kind {column.kind} and cannot hold one of its declared `sentinels`"
        )
    return lower


def countable(lowest: Number, highest: Number, lattice: Lattice) -> bool:
    """Return whether a float can tell every multiple of the step from the next, between ``lowest`` and ``highest``."""
    return isinstance(lattice.modulus, int) or max(abs(lowest), abs(highest)) < lattice.modulus * 2**_EXACT


def _prefixes(column: Column, lengths: Sequence[int]) -> Facts:
    if column.kind is not Kind.TEXT:
        raise ConfigurationError(f"column {column.name} is of kind {column.kind}; `prefixes` are for text")
    if len(lengths) > MOST_PREFIXES:
        raise ConfigurationError(
            f"column {column.name} declares {len(lengths)} lengths of `prefixes`; the budget of a column is enough for "
            f"{MOST_PREFIXES}"
        )
    return Facts(prefixes=tuple(lengths))


def grid(lowest: Number, highest: Number, column: Column, *, cells: int, known: Facts = NOTHING) -> Ranges:
    """Return the fine grid between two public or noisy bounds: a function of these alone, and of what is declared.

    Whole numbers in a small range get a cell each. Otherwise ``cells`` of equal width; 0 has its own, and the cells
    beside it (or beside the bound nearest to 0) are halved towards it again and again, for heavy tails. With a lattice
    of one residue its multiples take the part of whole numbers.
    """
    whole = physical.is_whole(column)
    step = known.lattice.step if known.lattice is not None else 1
    stepped = whole or known.lattice is not None
    # floats are only nearly multiples, so their cells meet half-way between
    half = 0 if whole or not stepped else step / 2
    made = Ranges(
        starts=(), last=highest + half, rest=column.nullable, sentinels=known.sentinels, lattice=known.lattice
    )
    if stepped and (highest - lowest) / step < UNIT_RANGE:
        first, last = (int(each // step) if whole else round(each / step) for each in (lowest, highest))
        return replace(made, starts=tuple(max(k * step, lowest) - half for k in range(first, last + 1)))
    width = (highest - lowest) / cells
    starts: set[Number] = {lowest + k * width for k in range(1, cells)}
    if column.kind not in TEMPORAL_KINDS:
        starts |= _towards_zero(lowest, highest, width, step=step if stepped else None)
    kept = {_snapped(start, step, whole=whole) for start in starts} if stepped else {float(start) for start in starts}
    inside = sorted(start for start in kept if lowest < start <= highest)
    return replace(made, starts=tuple(start - half for start in (lowest, *inside)))


def _snapped(start: Number, step: Number, *, whole: bool) -> Number:
    """Return the multiple of ``step`` next to ``start``, towards 0."""
    if whole:
        number = int(start)
        return number - number % int(step) if number >= 0 else number + -number % int(step)
    return round(start / step) * step


def _towards_zero(lowest: Number, highest: Number, width: float, *, step: Number | None) -> set[Number]:
    """Return extra starts: 0 and the least number above it, then steps that halve towards 0."""
    steps = [width / 2**level for level in range(DYADIC)]
    if step is not None:
        steps = [each for each in steps if each >= step]
    starts: set[Number] = set(steps) | {-each for each in steps}
    if lowest <= 0 <= highest:
        starts |= {0, float(np.nextafter(0.0, 1.0)) if step is None else step}
    return starts


def with_ends(domain: Ranges, column: Column) -> Ranges:
    """Return ``domain`` with a cell for its lowest and its highest number each: what lies beyond is counted there."""
    if not domain.starts:
        return domain
    lowest, highest = domain.starts[0], domain.last
    if physical.is_whole(column):
        return with_singles(domain, [int(lowest), int(highest)])
    if domain.lattice is not None:
        return domain
    above = math.nextafter(lowest, math.inf)
    starts = {*domain.starts, above, highest}
    last = min(math.nextafter(highest, math.inf), sys.float_info.max)
    return replace(domain, starts=tuple(sorted(starts)), last=last)


def with_singles(domain: Ranges, numbers: Iterable[int]) -> Ranges:
    """Return ``domain`` of whole numbers with a cell for each of ``numbers``, or for its multiple's range."""
    step = int(domain.lattice.step) if domain.lattice is not None else 1
    cuts = {cut for number in numbers for low in [number - number % step] for cut in (low, low + step)}
    starts = {*domain.starts, *(cut for cut in cuts if domain.starts[0] < cut <= domain.last)}
    return replace(domain, starts=tuple(sorted(starts)))


def multiples(lowest: Number, highest: Number, step: Number) -> tuple[Number, Number]:
    """Return the outermost multiples of ``step`` between two bounds, or what crosses when there is none."""
    if isinstance(step, int):
        return -(-lowest // step) * step, highest // step * step
    return math.ceil(lowest / step - SLACK) * step, math.floor(highest / step + SLACK) * step


def _listed(column: Column, texts: Iterable[str], groups: Mapping[str, Sequence[str]] | None) -> Values:
    if column.kind in TEXT_KINDS:
        listed = tuple(dict.fromkeys(texts))
        complete = column.kind is Kind.ENUM and not column.nullable and set(column.values) <= set(listed)
        return Values(values=listed, rest=not complete, groups=_numbered(listed, groups, str))
    values = tuple(sorted({physical.declared(text, column) for text in texts}))
    return Values(values=values, rest=True, groups=_numbered(values, groups, lambda t: physical.declared(t, column)))


def _numbered(
    values: Sequence[Any], groups: Mapping[str, Sequence[str]] | None, read: Callable[[str], Any]
) -> tuple[int, ...]:
    """Return the number of each value's group."""
    if groups is None:
        return ()
    group = {read(text): number for number, texts in enumerate(groups.values()) for text in texts}
    return tuple(group[value] for value in values)


def _end_of_day(bound: float | dt.date, column: Column) -> float | dt.date:
    if column.kind is Kind.DATETIME and isinstance(bound, dt.date) and not isinstance(bound, dt.datetime):
        return dt.datetime.combine(bound, dt.time.max)
    return bound
