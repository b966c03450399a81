"""Columns to codes and back, by a domain alone: nothing is learned here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import physical
from gateway.raw.generate.domain import Domain, Ranges, Residues, Values
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = "unknown"
"""The text of a column that must have one and of which no value could be learned."""

_TEXTS = frozenset({Kind.TEXT, Kind.ENUM})


def encode(array: pa.ChunkedArray, column: Column, domain: Domain) -> NDArray[np.int32]:
    """Return the cell of every value, 0 to ``domain.cells - 1``. Any value whatever has exactly one."""
    if isinstance(domain, Values) and column.kind in _TEXTS:
        return _look_up(array, domain)
    units, present = physical.numbers(array, column)
    if isinstance(domain, Residues):
        at = units % domain.modulus
    elif isinstance(domain, Values):
        known = np.array(domain.values, dtype=units.dtype)
        at = np.minimum(np.searchsorted(known, units), known.size - 1)
        present &= known[at] == units
    elif domain.starts:
        starts = np.array(domain.starts, dtype=units.dtype)
        at = np.maximum(np.searchsorted(starts, units, side="right") - 1, 0)
    else:
        return np.zeros(units.size, dtype=np.int32)
    return np.where(present, at + domain.rest, 0).astype(np.int32)


def decode(cells: NDArray[np.int64], column: Column, domain: Domain, generator: np.random.Generator) -> pa.Array:
    """Return a value for every cell: the listed one, or one drawn evenly from the cell's range; NULL for the rest.

    The rest of a column that must have values becomes whatever is listed first; ``binning`` sees to it that this is
    drawn only when nothing else is known.
    """
    at = cells - domain.rest
    present = at >= 0
    known = domain.starts if isinstance(domain, Ranges) else domain.values
    if not known or not column.nullable:
        present = np.full(cells.size, not column.nullable)
    at = np.maximum(at, 0)
    if column.kind in _TEXTS:
        listed = pa.array(known or (UNKNOWN[: column.length],), pa.string())
        return pc.take(listed, pa.array(at, mask=~present))
    if isinstance(domain, Values) or not known:
        units = np.array(known or (0,))
        whole = physical.is_whole(column)
        return physical.typed((units.astype(np.int64) if whole else units.astype(np.float64))[at], present, column)
    return physical.typed(_within(at, column, domain, generator), present, column)


def _look_up(array: pa.ChunkedArray, domain: Values) -> NDArray[np.int32]:
    listed = pa.array(domain.values, pa.string())
    found = pc.fill_null(pc.index_in(array, value_set=listed, skip_nulls=True), -1)
    return np.asarray(np.maximum(found.to_numpy() + int(domain.rest), 0), dtype=np.int32)


def _within(
    at: NDArray[np.int64], column: Column, domain: Ranges, generator: np.random.Generator
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return a number inside each range; date-times to the second, floats to a thousandth of the range's width."""
    ends = domain.ends(whole=physical.is_whole(column))
    if ends.dtype == np.float64:
        starts = np.array(domain.starts, dtype=np.float64)
        steps = generator.integers(0, 1000, size=at.size) / 1000.0
        below = np.nextafter(ends, starts)  # rounding must not carry a number into the next range
        return np.minimum(starts[at] + (ends - starts)[at] * steps, below[at])
    lowest = np.array(domain.starts, dtype=np.int64)[at]
    drawn = generator.integers(lowest, ends[at].astype(np.int64), endpoint=True)
    return np.maximum(drawn - drawn % 1_000_000, lowest) if column.kind is Kind.DATETIME else drawn
