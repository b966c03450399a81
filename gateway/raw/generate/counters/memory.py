"""Counting in memory: narrow integer codes and one pass over the rows for each table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName


class MemoryCounter:
    """Counts over codes held in memory, one array for each column, in the narrowest unsigned type."""

    def __init__(self, codes: Sequence[NDArray[np.integer]], *, cells: Sequence[int], rows: int) -> None:
        """Hold ``codes`` (each of length ``rows``, each code under its column's number of ``cells``)."""
        self.cells = tuple(cells)
        self._codes = [column.astype(np.min_scalar_type(max(n - 1, 0))) for column, n in zip(codes, cells, strict=True)]
        self._rows = rows

    def count(self, columns: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the contingency table of ``columns``; see ``Counter.count``."""
        shape = [self.cells[column] for column in columns]
        size = math.prod(shape)
        flat = np.zeros(self._rows, dtype=np.min_scalar_type(size))
        for column, cells in zip(columns, shape, strict=True):
            flat *= flat.dtype.type(cells)
            flat += self._codes[column]
        return np.bincount(flat, minlength=size).astype(np.int64, copy=False).reshape(shape)

    def coarsened(self, bins: Sequence[NDArray[np.int32]]) -> MemoryCounter:
        """Return a counter over coarser cells: cell c of column j becomes ``bins[j][c]``."""
        codes = [bins[j][column] for j, column in enumerate(self._codes)]
        return MemoryCounter(codes, cells=[int(to.max()) + 1 for to in bins], rows=self._rows)


def distinct(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """Return the texts that occur in ``column`` with their counts, in no promised order. NULL is not counted."""
    if not len(column):
        return [], np.zeros(0, dtype=np.int64)
    found = pc.value_counts(pc.drop_null(column))
    return found.field("values").to_pylist(), found.field("counts").to_numpy(zero_copy_only=False).astype(np.int64)


def one_row_per_unit(rows: pa.Table, unit: Sequence[ColumnName]) -> pa.Table:
    """Return the ``rows`` whose key is theirs alone; rows without a full key belong to nobody and are left out.

    Two keys of the database can read alike (a decimal too wide for a float). To keep the first such row would let the
    second step into its place when the first one's person goes: two cells would move. With neither kept, adding or
    removing one row (or all of one key) moves what is kept by one row. With no ``unit`` the rows are returned as they
    are: one row per unit is then the caller's promise.
    """
    if not unit or not rows.num_rows:
        return rows
    combined = np.zeros(rows.num_rows, dtype=np.int64)
    known = np.ones(rows.num_rows, dtype=np.bool_)
    for name in unit:
        indices = pc.dictionary_encode(rows.column(name)).combine_chunks().indices
        known &= indices.is_valid().to_numpy(zero_copy_only=False)
        one = indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        _, combined = np.unique(combined * (int(one.max()) + 1) + one, return_inverse=True)
    at = np.flatnonzero(known)
    _, first, times = np.unique(combined[at], return_index=True, return_counts=True)
    return rows.take(pa.array(at[np.sort(first[times == 1])]))
