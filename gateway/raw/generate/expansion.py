"""What a bin stands for: from a column's codes over bins to numbers and typed values. Never sees data.

A column's cells are pieces: a range of whole numbers or floats, a single value, a text, or NULL, each with its weight
inside its bin. Conditions cut pieces down (``conditions``); nothing else about drawing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.estimation.allocation import Splits
from gateway.raw.generate import physical
from gateway.raw.generate.domain import Ranges, Residues, Values
from gateway.raw.generate.encoding import UNKNOWN
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.domain import Domain

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

    @cached_property
    def splits(self) -> Splits:
        """How bins divide into pieces."""
        return Splits(self.bin_of, self.weight, self.bins)

    def numbers(self, pieces: NDArray[np.int32], generator: np.random.Generator) -> Numbers:
        """Return a number inside each piece: evenly drawn; date-times to the second, floats on a lattice."""
        if not (self.high > self.low).any():
            return self.low[pieces]
        return self.within(self.low[pieces], self.high[pieces], generator)

    def within(self, low: Numbers, high: Numbers, generator: np.random.Generator) -> Numbers:
        """Return a number between each ``low`` and ``high``, both inclusive, as ``numbers`` does."""
        if low.dtype == np.float64:
            return np.minimum(low + (high - low) * (generator.integers(0, STEPS, size=low.size) / STEPS), high)
        return _settled(_whole(low, high, generator), low, self.column)

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
    first = domain.first if isinstance(domain, Values) else int(domain.rest)
    known, low, high, texts = _listed(column, domain)
    at = np.arange(to.bin_of.size) - first
    null = at < 0 if known and column.nullable else np.full(at.size, column.nullable)
    at = np.maximum(at, 0) if known else np.zeros(at.size, dtype=np.int64)
    return Expansion(
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
    )


def _listed(column: Column, domain: Domain) -> tuple[int, Numbers, Numbers, tuple[str, ...]]:
    """Return how many values or ranges are known, their lowest and highest numbers (at least one), and texts."""
    whole = physical.is_whole(column)
    known = (
        domain.modulus
        if isinstance(domain, Residues)
        else len(getattr(domain, "values", getattr(domain, "starts", ())))
    )
    if column.kind in TEXT_KINDS:
        texts = tuple(str(v) for v in domain.values) if isinstance(domain, Values) else ()
        places = np.arange(max(len(texts), 1))
        return known, places, places, texts or (UNKNOWN[: column.length],)
    dtype = np.int64 if whole else np.float64
    if isinstance(domain, Ranges) and domain.starts:
        starts = np.array(domain.starts, dtype=dtype)
        ends = domain.ends(whole=whole)
        return known, starts, np.maximum(ends if whole else np.nextafter(ends, starts), starts), ()
    values: Sequence[float] = ()
    if isinstance(domain, Values):
        values = [float(v) if not whole else int(v) for v in domain.values]
    elif isinstance(domain, Residues):
        values = range(domain.modulus)
    numbers = np.array(values or (0,), dtype=dtype)
    return known, numbers, numbers, ()


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
