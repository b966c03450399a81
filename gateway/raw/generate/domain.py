"""Which values a column may take, as cells: declared and public, or found under differential privacy (``discovery``).

Cell 0 of a domain with ``rest`` holds whatever the other cells do not: NULL, values not listed, bad values. Every value
falls into exactly one cell.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import physical
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import DomainClause

FINE_CELLS = 64
"""Equal-width cells of a numeric column whose bounds are declared."""
FOUND_CELLS = 128
"""The same where bounds were discovered: those are up to twice too wide."""
UNIT_RANGE = 128
"""Up to so many whole numbers between the bounds get a cell each."""
DYADIC = 16
"""How often the cell beside 0 (or beside a bound near 0) is halved again."""
DOMINANT = 0.95
"""From this share of one residue on, cells are laid between its numbers."""
SLACK = 1e-9
"""So much of a step is forgiven to multiples that binary fractions cannot hold."""

Number = int | float


@dataclass(frozen=True, kw_only=True)
class Values:
    """A list of values: texts, or numbers as in ``physical``. Cell k + ``rest`` + ``other`` is ``values[k]``.

    With ``other``, values that are there but not listed have a cell of their own, cell 0 + ``rest``, and cell 0 holds
    only NULL and bad values; so a list that was discovered does not make NULLs of what it lacks.
    """

    values: tuple[str, ...] | tuple[Number, ...]
    rest: bool
    other: bool = False
    groups: tuple[int, ...] = ()
    """The number of the group that each value belongs to, or nothing: then all belong together."""

    @property
    def first(self) -> int:
        """Return the cell of the first listed value."""
        return int(self.rest) + int(self.other)

    @property
    def cells(self) -> int:
        """Return the number of cells, at least 1."""
        return max(len(self.values) + self.first, 1)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``domain_from_json`` reads back."""
        return {
            "kind": "values",
            "values": list(self.values),
            "rest": self.rest,
            "other": self.other,
            "groups": list(self.groups),
        }


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Where numbers lie: at k * ``modulus`` + ``residues[i]`` for whole k, and ``shares[i]`` of them there.

    Residues rise from 0 to below ``modulus``; shares are positive and sum to 1. Floats have the one residue 0.
    """

    modulus: Number
    residues: tuple[Number, ...] = (0,)
    shares: tuple[float, ...] = (1.0,)

    @property
    def step(self) -> Number:
        """Return what cells should be multiples of: the modulus where nearly all numbers have one residue, else 1."""
        return self.modulus if max(self.shares) >= DOMINANT else 1

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads back."""
        return {"modulus": self.modulus, "residues": list(self.residues), "shares": list(self.shares)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Lattice:
        """Read back what ``to_json`` wrote; ``KeyError``, ``TypeError`` or ``ValueError`` when it is something else."""
        made = cls(
            modulus=value["modulus"],
            residues=tuple(value["residues"]),
            shares=tuple(float(share) for share in value["shares"]),
        )
        rising = all(a < b for a, b in itertools.pairwise((*made.residues, made.modulus)))
        if not made.residues or made.residues[0] < 0 or not rising or len(made.shares) != len(made.residues):
            raise ValueError("residues that are none")
        if not all(0 < share <= 1 for share in made.shares):
            raise ValueError("shares that are none")
        return made


def _span(low: NDArray[Any], high: NDArray[Any]) -> NDArray[np.uint64]:
    """Return ``high`` - ``low``, which may be twice the largest int64."""
    return np.asarray(high.astype(np.int64).view(np.uint64) - low.astype(np.int64).view(np.uint64))


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Neighbouring ranges of numbers: cell k + ``first`` runs from ``starts[k]`` up to the next start, or to ``last``.

    ``last`` is inclusive. A number outside counts as the nearest one inside. Without ``starts`` all numbers are the
    rest. ``sentinels`` have a meaning of their own: cell k + ``rest`` holds the number ``sentinels[k]``, and no range
    does. ``lattice`` says where in the ranges numbers lie, as far as is known; it changes nothing about the cells.
    """

    starts: tuple[Number, ...]
    last: Number
    rest: bool
    sentinels: tuple[Number, ...] = ()
    lattice: Lattice | None = None

    @property
    def first(self) -> int:
        """Return the cell of the first range."""
        return int(self.rest) + len(self.sentinels)

    @property
    def cells(self) -> int:
        """Return the number of cells, at least 1."""
        return max(len(self.starts) + self.first, 1)

    def single(self, *, whole: bool) -> NDArray[np.bool_]:
        """Return which cells hold one number (or one of the lattice's multiples), NULL or a sentinel."""
        alone = np.ones(self.cells, dtype=np.bool_)
        if self.starts:
            step = self.lattice.step if self.lattice is not None else 1
            ends, starts = self.ends(whole=whole), np.array(self.starts)
            alone[self.first :] = _span(starts, ends) < step if whole else ends <= np.nextafter(starts, np.inf)
        return alone

    def widths(self) -> NDArray[np.float64]:
        """Return how wide the ranges are; of whole numbers, how many there are in each."""
        whole = all(isinstance(start, int) for start in self.starts)
        starts, ends = np.array(self.starts), self.ends(whole=whole)
        return _span(starts, ends).astype(np.float64) + 1.0 if whole else np.asarray(ends - starts, dtype=np.float64)

    def ends(self, *, whole: bool) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return the inclusive end of every range for ``whole`` numbers, the exclusive one for others."""
        if whole:
            return np.array([*(int(start) - 1 for start in self.starts[1:]), int(self.last)], dtype=np.int64)
        return np.array([*self.starts[1:], self.last], dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``domain_from_json`` reads back."""
        return {
            "kind": "ranges",
            "starts": list(self.starts),
            "last": self.last,
            "rest": self.rest,
            "sentinels": list(self.sentinels),
            "lattice": None if self.lattice is None else self.lattice.to_json(),
        }


@dataclass(frozen=True, kw_only=True)
class Residues:
    """What remains of whole numbers divided by ``modulus`` (at least 2): cell k + ``rest`` holds remainder k.

    The remainder is never negative: -1 modulo 10 is 9. For the lattice that values lie on, such as whole centimetres
    in a column of millimetres, or weekdays.
    """

    modulus: int
    rest: bool

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return self.modulus + self.rest

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``domain_from_json`` reads back."""
        return {"kind": "residues", "modulus": self.modulus, "rest": self.rest}


Domain = Values | Ranges | Residues


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is declared of a column of numbers beside its bounds."""

    sentinels: tuple[Number, ...] = ()
    lattice: Lattice | None = None


NOTHING = Facts()


def domain_from_json(value: dict[str, Any]) -> Domain:
    """Read back what ``to_json`` wrote; ``KeyError`` or ``ValueError`` when it is something else."""
    match value["kind"]:
        case "values":
            values, groups = tuple(value["values"]), tuple(int(group) for group in value["groups"])
            if groups and len(groups) != len(values):
                raise ValueError("groups of other values")
            return Values(values=values, rest=bool(value["rest"]), other=bool(value["other"]), groups=groups)
        case "ranges":
            lattice = value["lattice"]
            return Ranges(
                starts=tuple(value["starts"]),
                last=value["last"],
                rest=bool(value["rest"]),
                sentinels=tuple(value["sentinels"]),
                lattice=None if lattice is None else Lattice.from_json(lattice),
            )
        case "residues":
            return Residues(modulus=int(value["modulus"]), rest=bool(value["rest"]))
        case _:
            raise ValueError("a domain of an unknown kind")


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
        lowest, highest = _multiples(lowest, highest, known.lattice.modulus)
    if lowest > highest:
        raise ConfigurationError(f"no value of column {column.name}'s type lies between its declared bounds")
    return with_ends(grid(lowest, highest, column, cells=FINE_CELLS, known=known), column)


def facts(column: Column, clause: DomainClause | None) -> Facts:
    """Return what ``clause`` declares of numbers; ``ConfigurationError`` when it does not fit the type."""
    if clause is None or (clause.step is None and clause.sentinels is None):
        return NOTHING
    if column.kind in TEXT_KINDS or column.kind is Kind.BOOLEAN:
        raise ConfigurationError(
            f"column {column.name} is of kind {column.kind}; `step` and `sentinels` are for numbers and dates"
        )
    texts = clause.sentinels or ()
    sentinels = tuple(sorted({physical.declared(each, column) for each in texts}))
    if clause.step is None:
        return Facts(sentinels=sentinels)
    if column.kind in TEMPORAL_KINDS:
        raise ConfigurationError(f"column {column.name} holds dates or times; `step` is for numbers")
    if not physical.is_whole(column):
        return Facts(sentinels=sentinels, lattice=Lattice(modulus=clause.step))
    units = Decimal(str(clause.step)).scaleb(column.scale or 0 if column.kind is Kind.DECIMAL else 0)
    if units != int(units):
        raise ConfigurationError(
            f"column {column.name} holds nothing as fine as its declared `step`; declare a multiple of what it holds"
        )
    return Facts(sentinels=sentinels, lattice=Lattice(modulus=int(units)) if units > 1 else None)


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
    return replace(domain, starts=tuple(sorted(starts)), last=math.nextafter(highest, math.inf))


def with_singles(domain: Ranges, numbers: Iterable[int]) -> Ranges:
    """Return ``domain`` of whole numbers with a cell for each of ``numbers``, or for its multiple's range."""
    step = int(domain.lattice.step) if domain.lattice is not None else 1
    cuts = {cut for number in numbers for low in [number - number % step] for cut in (low, low + step)}
    starts = {*domain.starts, *(cut for cut in cuts if domain.starts[0] < cut <= domain.last)}
    return replace(domain, starts=tuple(sorted(starts)))


def _multiples(lowest: Number, highest: Number, step: Number) -> tuple[Number, Number]:
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
