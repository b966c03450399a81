"""Cells as a database's driver gives them, into Arrow columns of the declared type; a bad cell becomes NULL.

A bad cell is one that the declared type has no value for: a text where a number is declared, a number out of range, a
date outside the years 1-9999, an infinity, bytes that are not UTF-8. It must not stop a run, because then one person's
row would decide whether the run stops; and it must not be quoted, so nothing here raises with a value in its text.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.vocabulary.schema import Column

_NUMBER = r"^[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?$"
_DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_SHAPES = {
    Kind.INTEGER: r"^[+-]?[0-9]+$",
    Kind.FLOAT: _NUMBER,
    Kind.DECIMAL: _NUMBER,
    Kind.DATE: _DAY,
    Kind.DATETIME: _DAY,
}
_BEFORE_YEAR_ONE = "0000"
_TRUE, _FALSE = (1, "1", "true", "t"), (0, "0", "false", "f")
_INT64 = 2**63


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema of a frame with just these columns."""
    return pa.schema([pa.field(column.name, column.arrow_type, column.nullable) for column in columns])


def from_text(texts: pa.Array, column: Column) -> pa.Array:
    """Return binary ``texts``, one per cell in the source's own notation, as an array of ``column.arrow_type``.

    Dates and times are ISO 8601, booleans 0 or 1. Bad cells are NULL. A decimal with more digits behind the point than
    declared is rounded.
    """
    cells = _cast_or_null(texts, pa.string())
    if column.kind in (Kind.TEXT, Kind.ENUM):
        return cells
    if column.kind is Kind.BOOLEAN:
        known = pc.is_in(cells, value_set=pa.array(["0", "1"]))
        return pc.if_else(known, pc.equal(cells, "1"), pa.scalar(None, pa.bool_()))
    shaped = pc.match_substring_regex(cells, _SHAPES[column.kind])
    if column.kind in (Kind.DATE, Kind.DATETIME):
        shaped = pc.and_(shaped, pc.invert(pc.starts_with(cells, _BEFORE_YEAR_ONE)))
    shaped = pc.fill_null(shaped, fill_value=False)
    cells = pc.if_else(shaped, cells, pa.scalar(None, pa.string()))
    numbers = _cast_or_null(cells, column.arrow_type)
    return finite(numbers) if pa.types.is_floating(column.arrow_type) else numbers


def from_values(values: Sequence[object], column: Column) -> pa.Array:
    """Return Python ``values`` of any types, as SQLite has them, as an array of ``column.arrow_type``; bad ones NULL.

    Dates and times are those written in ISO 8601; a number in such a column (seconds? days? since when?) is bad.
    A decimal is rounded to its declared scale, and bad when its digits exceed the declared precision.
    """
    convert = converter(column)
    return pa.array([None if value is None else convert(value) for value in values], column.arrow_type)


def converter(column: Column) -> Callable[[object], object]:
    """Return what makes one Python value, other than None, a value of ``column``'s type; None if it is bad."""
    if column.kind is Kind.DECIMAL and column.scale is not None:
        unit = decimal.Decimal(1).scaleb(-column.scale)
        context = decimal.Context(prec=column.precision or 38, rounding=decimal.ROUND_HALF_EVEN)
        return lambda value: _decimal(value, unit=unit, context=context)
    return _CONVERT[column.kind]


def finite(numbers: pa.Array) -> pa.Array:
    """Return float64 ``numbers`` with NULL for NaN and infinities."""
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, numbers.type))


def _cast_or_null(cells: pa.Array, to: pa.DataType) -> pa.Array:
    """Cast, halving where that fails until the bad cells stand alone: fast for none or few of them, right for all."""
    try:
        return cells.cast(to)
    except pa.ArrowInvalid:
        if len(cells) == 1:
            return pa.nulls(1, to)
    middle = len(cells) // 2
    return pa.concat_arrays([_cast_or_null(cells[:middle], to), _cast_or_null(cells[middle:], to)])


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and -_INT64 <= value < _INT64 else None


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _boolean(value: object) -> bool | None:
    word = value.lower() if isinstance(value, str) else value
    return True if word in _TRUE else False if word in _FALSE else None


def _date(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _datetime(value: object) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
        # a moment with a zone near the ends of the calendar may have no UTC form
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    if isinstance(value, (int, float)):
        return str(value)
    return value if isinstance(value, str) else None


_CONVERT: dict[Kind, Callable[[object], object]] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _float,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.TEXT: _text,
    Kind.ENUM: _text,
}


def _decimal(value: object, *, unit: decimal.Decimal, context: decimal.Context) -> decimal.Decimal | None:
    if not isinstance(value, (int, float, str)):
        return None
    try:
        # the shortest text of a float is what was meant: 0.1, not 0.1000000000000000055
        number = decimal.Decimal(str(value)).quantize(unit, context=context)
    except decimal.InvalidOperation:
        return None
    return number if number.is_finite() else None
