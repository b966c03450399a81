"""Columns to codes, by a domain alone: nothing is learned here. The way back is ``expansion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import physical
from gateway.raw.generate.domain import Domain, Ranges, Residues, Values
from gateway.vocabulary.schema import TEXT_KINDS, Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

UNKNOWN = "unknown"
"""The text of a column that must have one and of which no value could be learned."""


def encode(array: pa.ChunkedArray, column: Column, domain: Domain) -> NDArray[np.int32]:
    """Return the cell of every value, 0 to ``domain.cells - 1``. Any value whatever has exactly one."""
    if column.kind not in TEXT_KINDS:
        return place(*physical.numbers(array, column), domain)
    encoded = pc.dictionary_encode(array).combine_chunks()
    codes = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False) + 1
    return recode(encoded.dictionary.to_pylist(), codes, domain)


def place(
    units: NDArray[np.integer] | NDArray[np.float64], present: NDArray[np.bool_], domain: Domain
) -> NDArray[np.int32]:
    """Return the cell of every number, as ``physical.numbers`` gives them."""
    at: NDArray[Any]
    match domain:
        case Residues():
            # units may be of any narrow type, by what the rows hold, and a modulus may not fit into it
            at = units.astype(np.int64) % domain.modulus
        case Values() if domain.values:
            known = np.array(domain.values)
            at = np.minimum(np.searchsorted(known, units), known.size - 1)
            listed = known[at] == units
            if domain.other:
                at = np.where(listed, at + 1, 0)
            else:
                present = present & listed
        case Ranges() if domain.starts:
            at = np.maximum(np.searchsorted(np.array(domain.starts), units, side="right") - 1, 0)
            at = _apart(units, at + len(domain.sentinels), domain.sentinels)
        case Ranges() if domain.sentinels:
            at = _apart(units, np.full(units.size, -1), domain.sentinels)
            present = present & (at >= 0)
        case Values(other=True):
            at = np.zeros(units.size, dtype=np.int32)
        case _:
            return np.zeros(units.size, dtype=np.int32)
    return np.asarray(np.where(present, at + domain.rest, 0), dtype=np.int32)


def _apart(
    units: NDArray[np.integer] | NDArray[np.float64], at: NDArray[np.integer], sentinels: Sequence[float]
) -> NDArray[np.integer]:
    for cell, number in enumerate(sentinels):
        at = np.where(units == number, cell, at)
    return at


def recode(texts: Sequence[str], codes: NDArray[np.integer], domain: Domain) -> NDArray[np.int32]:
    """Return the cell of every text, given as a code: 0 for NULL, k + 1 for ``texts[k]``."""
    if not isinstance(domain, Values):
        raise TypeError("texts have no domain but a list of values")
    cell = {str(value): number + domain.first for number, value in enumerate(domain.values)}
    unlisted = int(domain.rest) if domain.other else 0
    return np.asarray(np.array([0, *(_cell(text, cell, domain, unlisted) for text in texts)], dtype=np.int32)[codes])


def cut(
    texts: Sequence[str], counts: NDArray[np.int64], *, length: int | None, besides: Values | None
) -> tuple[list[str], NDArray[np.int64]]:
    """Return what distinct ``texts`` with their ``counts`` begin with; see ``Counter.values``."""
    left = list(range(len(texts)))
    if besides is not None:
        listed = recode(texts, np.arange(1, len(texts) + 1), besides) >= besides.first
        left = [at for at in left if not listed[at]]
    if length is None:
        return [texts[at] for at in left], counts[left]
    together: dict[str, int] = {}
    for at in left:
        start = texts[at][:length]
        together[start] = together.get(start, 0) + int(counts[at])
    return list(together), np.array(list(together.values()), dtype=np.int64)


def _cell(text: str, cell: Mapping[str, int], domain: Values, unlisted: int) -> int:
    if text in cell or not domain.prefixes:
        return cell.get(text, unlisted)
    starts = (text[:length] for length in reversed(domain.prefixes))
    return next((cell[start] for start in starts if start in cell), unlisted)
