"""Rows as PostgreSQL's binary COPY wants them, a whole column at a time.

The format (PostgreSQL manual, COPY, "Binary Format"): for each row the number of fields as int16, then for each field
its length as int32 (-1 for NULL) and its bytes; all numbers most significant byte first. A server takes a third of the
time over it that it takes over text.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.vocabulary.schema import Column, Table

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

_EPOCH_DAYS = (dt.date(2000, 1, 1) - dt.date(1970, 1, 1)).days
_MOST_DIGITS = 16
"""Decimal digits for which every group of four can be cut out with 64-bit arithmetic."""
_NEGATIVE = 0x4000


def can_encode(table: Table) -> bool:
    """Return whether every column has a form here: wide decimals and those without a declared scale have none."""
    return all(column.kind is not Kind.DECIMAL or _is_short(column) for column in table.columns)


def _is_short(column: Column) -> bool:
    return column.scale is not None and 0 <= column.scale <= (column.precision or 38) <= _MOST_DIGITS


def encode(table: Table, batch: pa.RecordBatch) -> bytes:
    """Return the rows of ``batch``, without header and trailer."""
    if not batch.num_rows:
        return b""
    fields = [_field(column, batch.column(index)) for index, column in enumerate(table.columns)]
    sizes = np.full(batch.num_rows, 2, dtype=np.int64)
    for field in fields:
        sizes += 4 + field.sizes
    ends = np.cumsum(sizes)
    out = np.empty(ends[-1], dtype=np.uint8)
    at = ends - sizes
    count = np.full(batch.num_rows, len(fields), dtype=">i2")
    _put(out, at, count.view(np.uint8).reshape(-1, 2))
    at += 2
    for field in fields:
        field.write(out, at)
        at += 4 + field.sizes
    return out.tobytes()


def _put(out: NDArray[np.uint8], at: NDArray[np.int64], block: NDArray[np.uint8]) -> None:
    """Write row i of ``block`` at ``at[i]``."""
    out[at[:, None] + np.arange(block.shape[1])] = block


@dataclass(frozen=True)
class _Fixed:
    """Values of one width: a row of ``block`` each, its length in front; NULL is the length alone."""

    block: NDArray[np.uint8]
    present: NDArray[np.bool_]

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.where(self.present, self.block.shape[1], 0)

    def write(self, out: NDArray[np.uint8], at: NDArray[np.int64]) -> None:
        width = self.block.shape[1]
        length = np.full(len(at), width, dtype=">i4")
        whole = np.hstack([length.view(np.uint8).reshape(-1, 4), self.block])
        if self.present.all():
            _put(out, at, whole)
            return
        _put(out, at[self.present], whole[self.present])
        _put(out, at[~self.present], np.full((int((~self.present).sum()), 4), 255, dtype=np.uint8))


@dataclass(frozen=True)
class _Text:
    """Values of any length: bytes ``data[starts[i] : starts[i] + sizes[i]]``."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    present: NDArray[np.bool_]

    def write(self, out: NDArray[np.uint8], at: NDArray[np.int64]) -> None:
        length = np.where(self.present, self.sizes, -1).astype(">i4")
        _put(out, at, length.view(np.uint8).reshape(-1, 4))
        first = np.cumsum(self.sizes) - self.sizes
        within = np.arange(int(self.sizes.sum())) - np.repeat(first, self.sizes)
        out[np.repeat(at + 4, self.sizes) + within] = self.data[np.repeat(self.starts, self.sizes) + within]


@dataclass(frozen=True)
class _Number:
    """How a kind's values become numbers of one form: the type Arrow shows them as, and where zero lies."""

    shown: pa.DataType
    form: str
    zero: int = 0


_NUMBERS = {
    Kind.INTEGER: _Number(pa.int64(), ">i8"),
    Kind.FLOAT: _Number(pa.float64(), ">f8"),
    Kind.BOOLEAN: _Number(pa.int8(), "u1"),
    Kind.DATE: _Number(pa.int32(), ">i4", zero=_EPOCH_DAYS),
    Kind.DATETIME: _Number(pa.int64(), ">i8", zero=_EPOCH_DAYS * 86_400 * 10**6),
}


def _field(column: Column, values: pa.Array) -> _Fixed | _Text:
    present = values.is_valid().to_numpy(zero_copy_only=False)
    if column.kind in (Kind.TEXT, Kind.ENUM):
        return _text(values, present)
    if column.kind is Kind.DECIMAL:
        return _Fixed(_numeric(values, column), present)
    number = _NUMBERS[column.kind]
    plain = values.cast(number.shown).fill_null(0).to_numpy(zero_copy_only=False)
    return _Fixed(_bytes(plain - number.zero if number.zero else plain, number.form), present)


def _bytes(numbers: NDArray[Any], form: str) -> NDArray[np.uint8]:
    packed = numbers.astype(form)
    return packed.view(np.uint8).reshape(len(packed), packed.dtype.itemsize)


def _text(values: pa.Array, present: NDArray[np.bool_]) -> _Text:
    filled = values.fill_null("")
    _, offsets, data = filled.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[filled.offset : filled.offset + len(filled) + 1].astype(np.int64)
    held = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.empty(0, dtype=np.uint8)
    return _Text(held, bounds[:-1], np.diff(bounds), present)


def _numeric(values: pa.Array, column: Column) -> NDArray[np.uint8]:
    """Return NUMERIC: int16s for the number of digits, weight, sign and scale, then digits of base 10,000.

    The digits are laid out from the decimal point; zeros in front and behind are the server's to strip.
    """
    scale, precision = column.scale or 0, column.precision or 38
    before, behind = -(-(precision - scale) // 4), -(-scale // 4)
    filled = values.fill_null(Decimal(0))
    words = np.frombuffer(filled.buffers()[1], dtype=np.int64)[::2]  # 128 bits each; these digits fit the lower 64
    whole = words[filled.offset : filled.offset + len(filled)]
    size = np.abs(whole)
    front, back = size // 10**scale, (size % 10**scale) * 10 ** (4 * behind - scale)
    out = np.empty((len(whole), 4 + before + behind), dtype=">i2")
    out[:, 0], out[:, 1], out[:, 3] = before + behind, before - 1, scale
    out[:, 2] = np.where(whole < 0, _NEGATIVE, 0)
    for place in range(before):
        out[:, 4 + place] = front // 10_000 ** (before - 1 - place) % 10_000
    for place in range(behind):
        out[:, 4 + before + place] = back // 10_000 ** (behind - 1 - place) % 10_000
    return out.view(np.uint8).reshape(len(whole), -1)
