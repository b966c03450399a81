"""Which row a key names: composite keys of any types, in time linear in the rows, without a loop over them.

Keys are equal when their values are, whatever types the two sides declare: 7.00 is 7, a date is that day's midnight.
Texts are equal when their code points are, whatever a collation says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.vocabulary.errors import SourceRefused
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NOBODY = -1
"""The row that no row is."""
_WHOLE = frozenset({Kind.INTEGER, Kind.BOOLEAN})
_DIGITS = 76
"""Any two decimals of 38 digits, or whole numbers, are exact side by side in so many."""


def comparable(one: Column, other: Column) -> pa.DataType:
    """Return the type in which values of both columns compare; ``SourceRefused`` when they cannot be equal at all."""
    kinds = {one.kind, other.kind}
    if kinds <= TEXT_KINDS:
        return pa.large_string()
    if kinds <= TEMPORAL_KINDS:
        return pa.date32() if kinds == {Kind.DATE} else pa.timestamp("us")
    if kinds <= _WHOLE:
        return pa.int64()
    if kinds <= _WHOLE | {Kind.DECIMAL, Kind.FLOAT}:
        if any(pa.types.is_floating(column.arrow_type) for column in (one, other)):
            return pa.float64()
        return pa.decimal256(_DIGITS, max(column.scale or 0 for column in (one, other)))
    raise SourceRefused(
        f"column {one.name} ({one.native}) is to name rows by their column {other.name} ({other.native}), and values "
        "of these types are never equal; correct the columns of the reference in the policy"
    )


def comparable_values(column: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray:
    """Return ``column`` in the type ``to`` that ``comparable`` gave; NaN, which equals nothing, is NULL."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int64())
    if not pa.types.is_floating(to):
        return column.cast(to)
    floats = column.cast(to, safe=False)
    # -0.0 is 0.0, as it is for every database
    return pc.if_else(pc.is_nan(floats), pa.scalar(None, to), pc.add(floats, 0.0))


class Keys:
    """Rows by their keys. A row whose key is not full, or not its own alone, is nobody.

    If a row could be found by a key that another one has too, one unit's rows could change what another's are: with
    the first row gone, its key would name the second.
    """

    def __init__(
        self, columns: Sequence[pa.ChunkedArray], types: Sequence[pa.DataType], rows: NDArray[np.int64] | None = None
    ) -> None:
        """Take in the columns of the keys, each to compare in one of ``types``.

        ``rows`` says under which number each is found (NOBODY: it takes its key's place, and is not found); by default
        its own.
        """
        self._types = tuple(types)
        self._values: list[pa.Array] = []
        self._pairs: list[NDArray[np.int64]] = []
        codes = np.zeros(len(columns[0]), dtype=np.int64)
        for number, (column, kind) in enumerate(zip(columns, self._types, strict=True)):
            encoded = pc.dictionary_encode(comparable_values(column, kind))
            values = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], kind)
            self._values.append(values)
            one = _places([chunk.indices for chunk in encoded.chunks])
            codes = _paired(codes, one, len(values))
            if number:
                pairs = np.unique(codes[codes >= 0])
                self._pairs.append(pairs)
                codes = _position(codes, pairs)
        known = codes >= 0
        times = np.bincount(codes[known])
        self._row = np.full(times.size, NOBODY, dtype=np.int64)
        numbers = np.arange(codes.size) if rows is None else rows
        self._row[codes[known]] = numbers[known]
        self._row[times > 1] = NOBODY
        self.size = codes.size

    def find(self, columns: Sequence[pa.ChunkedArray]) -> NDArray[np.int64]:
        """Return for each key the row that has it, or NOBODY: the key is not full, nobody's, or not one row's alone.

        Costs time in the number of rows that were taken in, too: ask for many at once.
        """
        codes = np.zeros(len(columns[0]), dtype=np.int64)
        for number, (column, kind) in enumerate(zip(columns, self._types, strict=True)):
            values = self._values[number]
            found = pc.index_in(comparable_values(column, kind), value_set=values)
            codes = _paired(codes, _places(found.chunks), len(values))
            if number:
                codes = _position(codes, self._pairs[number - 1])
        rows = np.append(self._row, NOBODY)
        return rows[codes]


def alone(columns: Sequence[pa.ChunkedArray], kinds: Sequence[Column]) -> NDArray[np.bool_]:
    """Return which rows have a full key that no other row has."""
    keys = Keys(columns, [comparable(column, column) for column in kinds])
    return keys.find(columns) >= 0


def _places(indices: Sequence[pa.Array]) -> NDArray[np.int64]:
    """Return indices as numbers, -1 for NULL."""
    parts = [np.asarray(pc.fill_null(one, -1).to_numpy(zero_copy_only=False), dtype=np.int64) for one in indices]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _paired(codes: NDArray[np.int64], one: NDArray[np.int64], many: int) -> NDArray[np.int64]:
    return np.where((codes >= 0) & (one >= 0), codes * many + one, -1)


def _position(codes: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each code stands in the sorted ``known``, -1 where it does not."""
    if not known.size:
        return np.full(codes.size, -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, codes), known.size - 1)
    return np.where(known[at] == codes, at, -1)
