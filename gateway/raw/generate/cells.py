"""Which values a column may take, as cells: declared and public, or found under differential privacy (``discovery``).

Cell 0 of a domain with ``rest`` holds whatever the other cells do not: NULL, values not listed, bad values. Every value
falls into exactly one cell.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    prefixes: tuple[int, ...] = ()
    """A text that is not listed is in the cell of the longest listed one of such a length that it begins with."""

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
            "prefixes": list(self.prefixes),
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
        """Return how wide the ranges are; of whole numbers, how many there are in each. Floats: in units of 1000."""
        whole = all(isinstance(start, int) for start in self.starts)
        starts, ends = np.array(self.starts), self.ends(whole=whole)
        if whole:
            return _span(starts, ends).astype(np.float64) + 1.0
        # a thousandth: their sum must stay finite
        return np.asarray(ends * 1e-3 - starts * 1e-3, dtype=np.float64)

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


def domain_from_json(value: dict[str, Any]) -> Domain:
    """Read back what ``to_json`` wrote; ``KeyError`` or ``ValueError`` when it is something else."""
    match value["kind"]:
        case "values":
            values, groups = tuple(value["values"]), tuple(int(group) for group in value["groups"])
            if groups and len(groups) != len(values):
                raise ValueError("groups of other values")
            return Values(
                values=values,
                rest=bool(value["rest"]),
                other=bool(value["other"]),
                groups=groups,
                prefixes=tuple(int(length) for length in value["prefixes"]),
            )
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
