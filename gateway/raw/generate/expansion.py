"""What a bin stands for: from a column's codes over bins to numbers and typed values. Never sees data.

A column's cells are pieces: a range of whole numbers or floats, a single value, a text, or NULL, each with its weight
inside its bin. Conditions cut pieces down (``conditions``); nothing else about drawing changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.estimation.allocation import Splits
from gateway.raw.generate import physical
from gateway.raw.generate.domain import SLACK, Ranges, Residues, Values
from gateway.raw.generate.encoding import UNKNOWN
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.domain import Domain, Lattice

    Numbers = NDArray[Any]
    """Whole numbers (int64) or floats (float64), as in ``physical``; of texts the places in their list."""

STEPS = 1_000
"""A float is drawn on a lattice of so many steps over its piece."""
_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Expansion:
    """The pieces of a column: each from ``low`` to ``high`` (inclusive), or NULL, with a weight inside its bin.

    ``origin[k]`` is the fine cell that piece k is (part of). Of a column of text, the numbers are places in ``texts``.
    """

    column: Column
    low: Numbers
    high: Numbers
    null: NDArray[np.bool_]
    origin: NDArray[np.int64]
    bin_of: NDArray[np.int64]
    weight: NDArray[np.float64]
    bins: int
    texts: tuple[str, ...] = ()
    lattice: Lattice | None = None
    """Where numbers lie inside pieces; None for evenly."""

    @cached_property
    def splits(self) -> Splits:
        """How bins divide into pieces."""
        return Splits(self.bin_of, self.weight, self.bins)

    def numbers(self, pieces: NDArray[np.int32], generator: np.random.Generator) -> Numbers:
        """Return a number inside each piece: evenly drawn, or on the lattice; date-times to the second."""
        if not (self.high > self.low).any():
            return self.low[pieces]
        return self.within(self.low[pieces], self.high[pieces], generator)

    def within(self, low: Numbers, high: Numbers, generator: np.random.Generator) -> Numbers:
        """Return a number between each ``low`` and ``high``, both inclusive, as ``numbers`` does."""
        if self.lattice is not None:
            return _on(self.lattice, low, high, generator)
        if low.dtype == np.float64:
            return np.minimum(low + (high - low) * (generator.integers(0, STEPS, size=low.size) / STEPS), high)
        return _settled(_whole(low, high, generator), low, self.column)

    def mass(self, low: Numbers, high: Numbers) -> NDArray[np.float64]:
        """Return how many numbers there are between ``low`` and ``high``, both inclusive, weighed as they are drawn.

        Of floats without a lattice it is the width, and a single one counts as nothing.
        """
        if self.lattice is not None:
            return _below(self.lattice, high) - _below(self.lattice, low, strictly=True)
        span = high.astype(np.float64) - low.astype(np.float64)
        return span if low.dtype == np.float64 else span + 1.0

    def typed(self, numbers: Numbers, null: NDArray[np.bool_] | None) -> pa.Array:
        """Return an Arrow array of the column's own type; ``null`` ones are NULL."""
        if self.column.kind not in TEXT_KINDS:
            present = np.ones(numbers.size, dtype=np.bool_) if null is None else ~null
            return physical.typed(numbers, present, self.column)
        return pc.take(pa.array(self.texts, pa.string()), pa.array(numbers, mask=null))


def expand(column: Column, domain: Domain, to: Bins) -> Expansion:
    """Return the pieces of a column: its fine cells.

    Values that were not listed are NULL. A column that must have values has none: its rest becomes whatever is listed
    first; ``binning`` sees to it that this is drawn only when nothing else is known.
    """
    first = int(domain.rest) if not isinstance(domain, Values) else domain.first
    known, low, high, texts = _listed(column, domain)
    at = np.arange(to.bin_of.size) - first
    null = at < 0 if known and column.nullable else np.full(at.size, column.nullable)
    at = np.maximum(at, 0) if known else np.zeros(at.size, dtype=np.int64)
    made = Expansion(
        column=column,
        low=low[at],
        high=high[at],
        null=null,
        # cells that become the same values are the same cell
        origin=np.arange(at.size) if column.nullable else np.minimum(at + first, at.size - 1),
        bin_of=to.bin_of.astype(np.int64),
        weight=np.where(to.ghost, 0.0, to.weight),
        bins=to.count,
        texts=texts,
        lattice=domain.lattice if isinstance(domain, Ranges) else None,
    )
    return made if made.lattice is None else replace(made, weight=_on_lattice(made))


def _on_lattice(to: Expansion) -> NDArray[np.float64]:
    """Return weights without the ranges in which no number of the lattice lies, where a bin has others."""
    none = (to.low < to.high) & ~to.null & (to.mass(to.low, to.high) <= 0)
    kept = np.bincount(to.bin_of, weights=np.where(none, 0.0, to.weight), minlength=to.bins)[to.bin_of]
    return np.where(kept > 0, np.where(none, 0.0, to.weight) / np.where(kept > 0, kept, 1.0), to.weight)


def _listed(column: Column, domain: Domain) -> tuple[int, Numbers, Numbers, tuple[str, ...]]:
    """Return how many values or ranges are known, their lowest and highest numbers (at least one), and texts."""
    if column.kind in TEXT_KINDS:
        texts = tuple(str(v) for v in domain.values) if isinstance(domain, Values) else ()
        places = np.arange(max(len(texts), 1))
        return len(texts), places, places, texts or (UNKNOWN[: column.length],)
    whole = physical.is_whole(column)
    dtype = np.int64 if whole else np.float64
    low: Numbers
    high: Numbers
    match domain:
        case Values():
            low = high = np.array(domain.values, dtype=dtype)
        case Residues():
            low = high = np.arange(domain.modulus).astype(dtype)
        case Ranges():
            apart, starts = np.array(domain.sentinels, dtype=dtype), np.array(domain.starts, dtype=dtype)
            ends = domain.ends(whole=whole) if domain.starts else starts
            low = np.concatenate([apart, starts])
            high = np.concatenate([apart, np.maximum(ends if whole else np.nextafter(ends, starts), starts)])
    if not low.size:
        return 0, np.zeros(1, dtype=dtype), np.zeros(1, dtype=dtype), ()
    return low.size, low, high, ()


def _on(lattice: Lattice, low: Numbers, high: Numbers, generator: np.random.Generator) -> Numbers:
    """Return a number of the lattice between ``low`` and ``high``; where there is none, any number between them."""
    shares = np.cumsum(lattice.shares)
    least, most = _below(lattice, low, strictly=True), _below(lattice, high)
    marks = least + generator.random(low.size) * (most - least)
    period = np.floor(marks / shares[-1])
    residue = np.minimum(np.searchsorted(shares, marks - period * shares[-1], side="right"), shares.size - 1)
    if low.dtype == np.float64:
        digits = max(0, -int(Decimal(str(lattice.modulus)).as_tuple().exponent))
        drawn = np.round(period * lattice.modulus, digits)
        return np.where(most > least, drawn, low)
    drawn = period.astype(np.int64) * int(lattice.modulus) + np.array(lattice.residues, dtype=np.int64)[residue]
    # rounding may carry a mark over the edge of a period, and numbers off the lattice have none
    astray = (drawn < low) | (drawn > high) | (most <= least)
    return np.where(astray, _whole(low, high, generator), drawn) if astray.any() else drawn


def _below(lattice: Lattice, numbers: Numbers, *, strictly: bool = False) -> NDArray[np.float64]:
    """Return the summed shares of the lattice's numbers from 0 to ``numbers``; negative for what lies below 0."""
    shares = np.concatenate([[0.0], np.cumsum(lattice.shares)])
    if numbers.dtype == np.float64:
        steps = numbers / lattice.modulus
        return np.ceil(steps - SLACK) if strictly else np.floor(steps + SLACK) + 1.0
    period, residue = np.divmod(numbers, int(lattice.modulus))
    at = np.searchsorted(np.array(lattice.residues), residue, side="left" if strictly else "right")
    return np.asarray(period * shares[-1] + shares[at])


def _whole(low: Numbers, high: Numbers, generator: np.random.Generator) -> Numbers:
    """Return a whole number between ``low`` and ``high``, each as likely; in spans beyond 2**53 only nearly so."""
    least, most = low.astype(np.int64).view(np.uint64), high.astype(np.int64).view(np.uint64)
    span = most - least  # modulo 2**64, so the widest span there is fits too
    if not span.size or span.max() < 2**53:
        steps = (generator.random(low.size) * (span + np.uint64(1))).astype(np.uint64)
    else:
        steps = (generator.random(low.size) * span.astype(np.float64)).astype(np.uint64)
    return np.asarray((least + np.minimum(steps, span)).view(np.int64))


def _settled(numbers: Numbers, low: Numbers, column: Column) -> Numbers:
    """Return date-times brought to the whole second, where ``low`` allows it; other numbers as they are."""
    if column.kind is not Kind.DATETIME:
        return numbers
    return np.asarray(np.maximum(numbers - numbers % _SECOND, low))
