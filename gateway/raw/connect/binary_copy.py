"""PostgreSQL's binary COPY format into Arrow, a column at a time.

Every row says its field count and each field's length, so rows must be walked field by field; but the walk can be
done for all rows of a batch at once: keep one position per row, gather, advance. That costs a few numpy calls per
column and no Python per cell. Format: PostgreSQL documentation, "COPY", section "Binary Format"; the types' own forms:
``*send`` functions in PostgreSQL's ``src/backend/utils/adt``.

Only the forms that ``expression`` casts to are known here, whatever the column's own type is.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.connect import cells
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gateway.vocabulary.schema import Column

    Positions = npt.NDArray[np.int64]
    Nulls = npt.NDArray[np.bool_]

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER = len(SIGNATURE) + 8
_TRAILER = 2
_PADDING = b"\0" * 16
_FAST_DIGITS = 15
"""Decimals of at most so many digits fit into an int64 as groups of four; wider ones travel as text."""

_EPOCH = dt.date(2000, 1, 1)
"""Day 0 of the wire."""
_UNIX_DAYS = (_EPOCH - dt.date(1970, 1, 1)).days
_FIRST_DAY = (dt.date(dt.MINYEAR, 1, 1) - _EPOCH).days
_LAST_DAY = (dt.date(dt.MAXYEAR, 12, 31) - _EPOCH).days
_DAY_MICROSECONDS = 86_400_000_000
_NUMERIC_NEGATIVE, _NUMERIC_SPECIAL = 0x4000, 0xC000
_POWERS = 10_000 ** np.arange(5, dtype=np.int64)


def expression(column: Column, quoted: str, *, unchecked: bool = False) -> str:
    """Return the SQL that sends ``quoted`` in a form known here. The session's time zone must be UTC.

    ``unchecked`` says that the database is in SQL_ASCII, which lets any bytes in: the server would end the whole COPY
    at the first that are not UTF-8, so they are sent as bytes.
    """
    if unchecked and column.kind in (Kind.TEXT, Kind.ENUM):
        return f"pg_catalog.convert_to({quoted}::pg_catalog.text, 'SQL_ASCII')"
    if column.kind is Kind.DATETIME:
        zoned = "with time zone" in column.native
        return f"{quoted}::pg_catalog.{'timestamptz' if zoned else 'timestamp'}"
    if column.native == "inet":
        return f"pg_catalog.abbrev({quoted})"  # as text it would carry the mask of a single host
    if _is_fast_decimal(column):
        return f"{quoted}::pg_catalog.numeric({column.precision},{column.scale})"
    return f"{quoted}::pg_catalog.{_CASTS[column.kind]}"


def decode(buffer: bytes, lengths: array[int], columns: Sequence[Column]) -> pa.RecordBatch:
    """Return the rows in ``buffer``, the CopyData messages of ``lengths`` bytes one after the other.

    The stream's header and trailer may be among them. Bad cells are NULL. ``ValueError`` when the rows do not have the
    form that ``expression`` asks for.
    """
    wire = _Wire(buffer)
    at = _starts(buffer, lengths)
    if (wire.int16(at) != len(columns)).any():
        raise ValueError("rows with another number of fields than columns")
    at = at + 2
    arrays = []
    for column in columns:
        sizes = wire.int32(at).astype(np.int64)
        nulls = sizes < 0
        sizes[nulls] = 0
        at = at + 4
        arrays.append(_decoder(column)(wire, at, sizes, nulls, column))
        at = at + sizes
    return pa.RecordBatch.from_arrays(arrays, schema=cells.schema_of(columns))


class _Wire:
    """A buffer read as big-endian numbers at any byte."""

    def __init__(self, buffer: bytes) -> None:
        self.buffer = buffer + _PADDING
        self._views = {
            size: np.ndarray((len(self.buffer) - size + 1,), f">i{size}", self.buffer, 0, (1,)) for size in (1, 2, 4, 8)
        }

    def int8(self, at: Positions) -> npt.NDArray[np.int8]:
        return self._views[1][at].astype(np.int8)

    def int16(self, at: Positions) -> npt.NDArray[np.int16]:
        return self._views[2][at].astype(np.int16)

    def int32(self, at: Positions) -> npt.NDArray[np.int32]:
        return self._views[4][at].astype(np.int32)

    def int64(self, at: Positions) -> npt.NDArray[np.int64]:
        return self._views[8][at].astype(np.int64)


def _starts(buffer: bytes, lengths: array[int]) -> Positions:
    sizes = np.frombuffer(lengths, np.int64)
    ends = np.cumsum(sizes)
    at = ends - sizes
    if buffer.startswith(SIGNATURE):
        # servers put the header into the first row's message or into one of its own
        at[0] += _HEADER
    return at[ends - at > _TRAILER]


def _expect(sizes: Positions, nulls: Nulls, *, size: int) -> None:
    if ((sizes != size) & ~nulls).any():
        raise ValueError("a field of another length than its type has")


def _array(values: npt.NDArray[np.generic], bad: Nulls) -> pa.Array:
    return pa.array(values, mask=bad if bad.any() else None)


def _integers(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, _: Column) -> pa.Array:
    _expect(sizes, nulls, size=8)
    return _array(wire.int64(at), nulls)


def _floats(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, _: Column) -> pa.Array:
    _expect(sizes, nulls, size=8)
    values = wire.int64(at).view(np.float64)
    return _array(values, nulls | ~np.isfinite(values))


def _booleans(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, _: Column) -> pa.Array:
    _expect(sizes, nulls, size=1)
    return _array(wire.int8(at) != 0, nulls)


def _dates(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, _: Column) -> pa.Array:
    _expect(sizes, nulls, size=4)
    days = wire.int32(at)
    bad = nulls | (days < _FIRST_DAY) | (days > _LAST_DAY)
    days[bad] = 0
    return _array(days + np.int32(_UNIX_DAYS), bad).cast(pa.date32())


def _datetimes(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, column: Column) -> pa.Array:
    _expect(sizes, nulls, size=8)
    moments = wire.int64(at)
    bad = nulls | (moments < _FIRST_DAY * _DAY_MICROSECONDS) | (moments >= (_LAST_DAY + 1) * _DAY_MICROSECONDS)
    moments[bad] = 0
    return _array(moments + _UNIX_DAYS * _DAY_MICROSECONDS, bad).cast(column.arrow_type)


def _texts(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, column: Column) -> pa.Array:
    # An Arrow array over the whole buffer whose elements are by turns a field and the gap behind it; taking every
    # second one copies the fields out in C++. Only UTF-8 gets through the cast that follows.
    offsets = np.empty(2 * len(at) + 1, np.int32)
    offsets[0:-1:2] = at
    offsets[1::2] = at + sizes
    offsets[-1] = offsets[-2] if len(at) else 0
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(wire.buffer)]
    whole = pa.Array.from_buffers(pa.binary(), 2 * len(at), buffers)
    return cells.from_text(whole.take(_array(np.arange(0, 2 * len(at), 2), nulls)), column)


def _decimals(wire: _Wire, at: Positions, sizes: Positions, nulls: Nulls, column: Column) -> pa.Array:
    """Decode base-10,000 digits: count, weight of the first, sign, digits shown, then the digits, 16 bits each."""
    head = wire.int64(at)
    count, weight = head >> 48, (head << 16) >> 48
    sign = (head >> 16) & 0xFFFF
    bad = nulls | (sign >= _NUMERIC_SPECIAL)
    count[bad] = 0
    if ((sizes != 8 + 2 * count) & ~bad).any():
        raise ValueError("a field of another length than its type has")
    values = np.zeros(len(at), np.int64)
    last = len(wire.buffer) - 2
    for place in range(int(count.max(initial=0))):
        digits = wire.int16(np.minimum(at + 8 + 2 * place, last))
        values = np.where(count > place, values * 10_000 + digits, values)
    # the last digit now counts ones; make it count units of the group of four that the scale ends in, then of the scale
    scale = column.scale or 0
    groups = -(-scale // 4)
    values *= _POWERS[(weight + 1 - count + groups).clip(0, len(_POWERS) - 1)]
    values //= 10 ** (4 * groups - scale)
    np.negative(values, out=values, where=sign == _NUMERIC_NEGATIVE)
    # a decimal128 is a 128-bit integer, low half first; the high half of an int64 is its sign
    halves = np.column_stack([values, values >> 63])
    valid = pa.array(~bad).buffers()[1] if bad.any() else None
    return pa.Array.from_buffers(column.arrow_type, len(at), [valid, pa.py_buffer(halves)])


def _is_fast_decimal(column: Column) -> bool:
    return column.kind is Kind.DECIMAL and column.scale is not None and (column.precision or 99) <= _FAST_DIGITS


def _decoder(column: Column) -> Callable[[_Wire, Positions, Positions, Nulls, Column], pa.Array]:
    if column.kind is Kind.DECIMAL:
        return _decimals if _is_fast_decimal(column) else _texts
    return _DECODERS[column.kind]


_CASTS = {
    Kind.INTEGER: "int8",
    Kind.DECIMAL: "text",
    Kind.FLOAT: "float8",
    Kind.BOOLEAN: "bool",
    Kind.DATE: "date",
    Kind.TEXT: "text",
    Kind.ENUM: "text",
}
_DECODERS: dict[Kind, Callable[[_Wire, Positions, Positions, Nulls, Column], pa.Array]] = {
    Kind.INTEGER: _integers,
    Kind.FLOAT: _floats,
    Kind.BOOLEAN: _booleans,
    Kind.DATE: _dates,
    Kind.DATETIME: _datetimes,
    Kind.TEXT: _texts,
    Kind.ENUM: _texts,
}
