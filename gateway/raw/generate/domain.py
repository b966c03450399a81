"""Which values a column may take, as cells: declared and public, or found under differential privacy (``discovery``).

Cell 0 of a domain with ``rest`` holds whatever the other cells do not: NULL, values not listed, bad values. Every value
falls into exactly one cell.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import physical
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.schema import TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        return {"kind": "values", "values": list(self.values), "rest": self.rest, "other": self.other}


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Neighbouring ranges of numbers: cell k + ``rest`` runs from ``starts[k]`` up to the next start, or to ``last``.

    ``last`` is inclusive. A number outside counts as the nearest one inside. Without ``starts`` there is only the rest.
    """

    starts: tuple[Number, ...]
    last: Number
    rest: bool

    @property
    def cells(self) -> int:
        """Return the number of cells, at least 1."""
        return max(len(self.starts) + self.rest, 1)

    def ends(self, *, whole: bool) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return the inclusive end of every range for ``whole`` numbers, the exclusive one for others."""
        if whole:
            return np.array([*(int(start) - 1 for start in self.starts[1:]), int(self.last)], dtype=np.int64)
        return np.array([*self.starts[1:], self.last], dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``domain_from_json`` reads back."""
        return {"kind": "ranges", "starts": list(self.starts), "last": self.last, "rest": self.rest}


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


def domain_from_json(value: dict[str, Any]) -> Domain:
    """Read back what ``to_json`` wrote; ``KeyError`` or ``ValueError`` when it is something else."""
    match value["kind"]:
        case "values":
            return Values(values=tuple(value["values"]), rest=bool(value["rest"]), other=bool(value["other"]))
        case "ranges":
            return Ranges(starts=tuple(value["starts"]), last=value["last"], rest=bool(value["rest"]))
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
    _refuse_what_is_not_kept(column, clause)
    if clause is not None and clause.values is not None:
        return _listed(column, clause.values)
    if column.kind is Kind.BOOLEAN:
        return Values(values=(0, 1), rest=column.nullable)
    if column.kind is Kind.ENUM and column.values:
        return Values(values=column.values, rest=column.nullable)
    if clause is None or clause.lowest is None or clause.highest is None:
        return None
    if column.kind in {Kind.TEXT, Kind.ENUM}:
        raise ConfigurationError(f"column {column.name} holds text; declare `values` instead of bounds")
    lowest = physical.declared(clause.lowest, column, up=True)
    highest = physical.declared(_end_of_day(clause.highest, column), column)
    if lowest > highest:
        raise ConfigurationError(f"no value of column {column.name}'s type lies between its declared bounds")
    return grid(lowest, highest, column, cells=FINE_CELLS)


def _refuse_what_is_not_kept(column: Column, clause: DomainClause | None) -> None:
    """Refuse declarations that a policy may hold and that no generator keeps yet: silence would break a promise."""
    for name in ("step", "sentinels", "prefixes"):
        if clause is not None and getattr(clause, name) is not None:
            raise Unsupported(
                f"column {column.name} declares `{name}`, which this version does not keep yet; take it out of the "
                "policy or domain file, and declare bounds or values instead"
            )


def grid(lowest: Number, highest: Number, column: Column, *, cells: int) -> Ranges:
    """Return the fine grid between two public or noisy bounds: a function of these alone.

    Whole numbers in a small range get a cell each. Otherwise ``cells`` of equal width; 0 has its own, and the cells
    beside it (or beside the bound nearest to 0) are halved towards it again and again, for heavy tails.
    """
    whole = physical.is_whole(column)
    if whole and highest - lowest < UNIT_RANGE:
        return Ranges(starts=tuple(range(int(lowest), int(highest) + 1)), last=int(highest), rest=column.nullable)
    width = (highest - lowest) / cells
    starts = {lowest, *(lowest + step * width for step in range(1, cells))}
    if column.kind not in TEMPORAL_KINDS:
        starts |= _towards_zero(lowest, highest, width, whole=whole)
    kept = {int(start) if whole else float(start) for start in starts}
    return Ranges(
        starts=tuple(sorted(start for start in kept if lowest <= start <= highest)), last=highest, rest=column.nullable
    )


def _towards_zero(lowest: Number, highest: Number, width: float, *, whole: bool) -> set[Number]:
    """Return extra starts: 0 and the least number above it, then steps that halve towards 0."""
    steps = [width / 2**level for level in range(DYADIC)]
    if whole:
        steps = [step for step in steps if step >= 1]
    starts: set[Number] = set(steps) | {-step for step in steps}
    if lowest <= 0 <= highest:
        starts |= {0, 1 if whole else float(np.nextafter(0.0, 1.0))}
    return starts


def _listed(column: Column, texts: Iterable[str]) -> Values:
    if column.kind in {Kind.TEXT, Kind.ENUM}:
        listed = tuple(dict.fromkeys(texts))
        complete = column.kind is Kind.ENUM and not column.nullable and set(column.values) <= set(listed)
        return Values(values=listed, rest=not complete)
    return Values(values=tuple(sorted({physical.declared(text, column) for text in texts})), rest=True)


def _end_of_day(bound: float | dt.date, column: Column) -> float | dt.date:
    if column.kind is Kind.DATETIME and isinstance(bound, dt.date) and not isinstance(bound, dt.datetime):
        return dt.datetime.combine(bound, dt.time.max)
    return bound
