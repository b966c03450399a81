"""Counting in memory: rows arrive in batches and stay as narrow numbers and codes; one pass over codes per table."""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import physical
from gateway.raw.generate.encoding import cut, place, recode
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.counting import Axis
    from gateway.raw.generate.domain import Domain, Values
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column, Table

KEPT_CODES = 4
"""Arrays of codes kept between counts, for each column."""


class MemoryCounter:
    """See ``gateway.raw.generate.counting.Counter``.

    Of texts only the distinct ones are held, and a code for each row; memory is about a dozen bytes a cell of the
    table. The columns of ``unit`` that are not counted are forgotten once the rows are known that count.
    """

    def __init__(self, table: Table, batches: Iterable[pa.RecordBatch], *, unit: Sequence[ColumnName] = ()) -> None:
        """Take in ``batches``, whose columns include those of ``table`` and of ``unit``, typed as ``table`` says.

        Without ``unit`` one row per unit is the caller's promise.
        """
        self.table = table
        self._columns: dict[ColumnName, _Texts | _Numbers] = {
            column.name: _Texts() if column.kind in TEXT_KINDS else _Numbers(column) for column in table.columns
        }
        keys: list[list[pa.Array]] = [[] for _ in unit]
        rows = 0
        for batch in batches:
            rows += batch.num_rows
            for name, column in self._columns.items():
                column.take_in(batch.column(name))
            for key, name in zip(keys, unit, strict=True):
                key.append(batch.column(name))
        kept = _of_one_unit([pa.chunked_array(key) for key in keys], rows) if unit and rows else None
        for column in self._columns.values():
            column.finish(kept)
        self._rows = rows if kept is None else int(np.count_nonzero(kept))
        self._codes: OrderedDict[tuple[object, ...], NDArray[np.integer]] = OrderedDict()

    @classmethod
    def of(
        cls, rows: RawTable, *, unit: Sequence[ColumnName] = (), columns: Sequence[ColumnName] | None = None
    ) -> MemoryCounter:
        """Return a counter over ``columns`` (all, if None) of rows that were read already."""
        table = rows.table
        if columns is not None:
            table = dataclasses.replace(table, columns=tuple(table.column(name) for name in columns))
        return cls(table, rows.expose().to_batches(), unit=unit)

    def values(
        self, column: ColumnName, *, length: int | None = None, besides: Values | None = None
    ) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur with their counts; see ``Counter.values``."""
        held = self._columns[column]
        if not isinstance(held, _Texts):
            raise TypeError("values are counted of texts alone")
        return cut(*held.values(), length=length, besides=besides)

    def count(self, tables: Sequence[Sequence[Axis]]) -> list[NDArray[np.int64]]:
        """Return one contingency table for each of ``tables``; see ``Counter.count``."""
        return [self._count(axes) for axes in tables]

    def _count(self, axes: Sequence[Axis]) -> NDArray[np.int64]:
        shape = [axis.cells for axis in axes]
        size = math.prod(shape)
        flat = np.zeros(self._rows, dtype=np.min_scalar_type(size))
        for axis, cells in zip(axes, shape, strict=True):
            flat *= flat.dtype.type(cells)
            flat += self._coded(axis)
        return np.bincount(flat, minlength=size).astype(np.int64, copy=False).reshape(shape)

    def _coded(self, axis: Axis) -> NDArray[np.integer]:
        """Return the cell, or bin, of every row; the last few are kept, since many tables ask for the same."""
        key = (axis.column, axis.domain, None if axis.bin_of is None else axis.bin_of.tobytes())
        if key not in self._codes:
            cells = self._columns[axis.column].cells(axis.domain)
            if axis.bin_of is not None:
                cells = axis.bin_of[cells]
            self._codes[key] = cells.astype(np.min_scalar_type(max(axis.cells - 1, 0)))
            if len(self._codes) > KEPT_CODES * len(self._columns):
                self._codes.popitem(last=False)
        self._codes.move_to_end(key)
        return self._codes[key]


class _Texts:
    """A column of texts as codes into its distinct texts: 0 for NULL, k + 1 for the k-th."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._parts: list[NDArray[Any]] = []
        self._codes: NDArray[Any] = np.zeros(0, dtype=np.uint8)

    def take_in(self, batch: pa.Array) -> None:
        encoded = batch if pa.types.is_dictionary(batch.type) else pc.dictionary_encode(batch)
        places = [self._known.setdefault(text, len(self._known) + 1) for text in encoded.dictionary.to_pylist()]
        indices = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        codes = np.append(np.array(places, dtype=np.int64), 0)[indices]
        self._parts.append(codes.astype(np.min_scalar_type(len(self._known))))

    def finish(self, kept: NDArray[np.bool_] | None) -> None:
        self._codes = _joined(self._parts, kept, np.uint8)

    def cells(self, domain: Domain) -> NDArray[np.int32]:
        return recode(list(self._known), self._codes, domain)

    def values(self) -> tuple[list[str], NDArray[np.int64]]:
        counts = np.bincount(self._codes, minlength=len(self._known) + 1)[1:].astype(np.int64)
        occurring = np.flatnonzero(counts)
        texts = list(self._known)
        return [texts[at] for at in occurring.tolist()], counts[occurring]


class _Numbers:
    """A column of numbers, as ``physical`` has them, in the narrowest type; and which of them are there."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._parts: list[NDArray[Any]] = []
        self._there: list[NDArray[Any]] = []
        self._units: NDArray[Any] = np.zeros(0, dtype=np.int64)
        self._present: NDArray[Any] = np.zeros(0, dtype=np.bool_)

    def take_in(self, batch: pa.Array) -> None:
        units, present = physical.numbers(pa.chunked_array([batch]), self._column)
        self._parts.append(_narrow(units))
        self._there.append(present)

    def finish(self, kept: NDArray[np.bool_] | None) -> None:
        self._units = _joined(self._parts, kept, np.int64 if physical.is_whole(self._column) else np.float64)
        self._present = _joined(self._there, kept, np.bool_)

    def cells(self, domain: Domain) -> NDArray[np.int32]:
        return place(self._units, self._present, domain)


def _narrow(units: NDArray[Any]) -> NDArray[Any]:
    if not units.size or units.dtype != np.int64:
        return units
    furthest = max(int(units.max()), -1 - int(units.min()))
    return units.astype(np.min_scalar_type(-1 - furthest))


def _joined(parts: list[NDArray[Any]], kept: NDArray[np.bool_] | None, empty: type) -> NDArray[Any]:
    whole: NDArray[Any] = np.concatenate(parts) if parts else np.zeros(0, dtype=empty)
    parts.clear()
    return whole if kept is None else whole[kept]


def _of_one_unit(keys: Sequence[pa.ChunkedArray], rows: int) -> NDArray[np.bool_]:
    """Return which rows have a full key that is theirs alone.

    Two keys of the database can read alike (a decimal too wide for a float). To keep the first such row would let the
    second step into its place when the first one's person goes: two cells would move. With neither kept, adding or
    removing one row (or all of one key) moves what is kept by one row.
    """
    combined = np.zeros(rows, dtype=np.int64)
    known = np.ones(rows, dtype=np.bool_)
    for key in keys:
        if pa.types.is_dictionary(key.type):
            key = key.cast(key.type.value_type)  # noqa: PLW2901 - a dictionary may hold one value twice
        if pa.types.is_floating(key.type):
            key = pc.add(key, 0.0)  # noqa: PLW2901 - -0.0 is 0.0, as it is for every database
        indices = pc.dictionary_encode(key).combine_chunks().indices
        known &= indices.is_valid().to_numpy(zero_copy_only=False)
        one = indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        _, combined = np.unique(combined * (int(one.max()) + 1) + one, return_inverse=True)
    at = np.flatnonzero(known)
    _, first, times = np.unique(combined[at], return_index=True, return_counts=True)
    kept = np.zeros(rows, dtype=np.bool_)
    kept[at[first[times == 1]]] = True
    return kept
