"""Numbers behind typed values: days, microseconds, unscaled decimals; and back. Never raises for a value."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.model import Scalar

LARGEST = 2**63 - 1
"""Whole numbers are held to +-LARGEST; what lies beyond (the lowest int64, huge decimals) counts as that."""

_EPOCH = dt.date(1970, 1, 1)
_DAY = 86_400_000_000
_DAYS = ((dt.date.min - _EPOCH).days, (dt.date.max - _EPOCH).days)


def is_whole(column: Column) -> bool:
    """Return whether the column's numbers are whole: all but floats and decimals of no declared scale."""
    return not (column.kind is Kind.FLOAT or (column.kind is Kind.DECIMAL and column.scale is None))


def limits(column: Column) -> tuple[int, int]:
    """Return the lowest and highest whole number that the column's type can hold."""
    lowest, highest = _limits_of_kind(column)
    # a decimal's are told in ones, and 0 is all that they are for
    by = 10 ** (column.scale or 0) if column.kind is Kind.DECIMAL else 1
    if column.lowest is not None:
        lowest = max(lowest, column.lowest * by)
    if column.highest is not None:
        highest = min(highest, column.highest * by)
    return lowest, highest


def _limits_of_kind(column: Column) -> tuple[int, int]:
    match column.kind:
        case Kind.BOOLEAN:
            return 0, 1
        case Kind.DATE:
            return _DAYS
        case Kind.DATETIME:
            return _DAYS[0] * _DAY, (_DAYS[1] + 1) * _DAY - 1
        case Kind.DECIMAL:
            highest = min(10 ** min(column.precision or 38, 38) - 1, LARGEST)
            return -highest, highest
        case _:
            return -LARGEST, LARGEST


def numbers(
    array: pa.ChunkedArray, column: Column
) -> tuple[NDArray[np.int64] | NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers of ``array`` and which of them are there. NULL, NaN and infinities are not."""
    whole = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    present = whole.is_valid().to_numpy(zero_copy_only=False)
    if not is_whole(column):
        values = whole.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False).astype(np.float64)
        finite = np.isfinite(values)
        return np.where(finite, values, 0.0), present & finite
    if column.kind is Kind.DECIMAL:
        return _unscaled(whole), present
    storage = {Kind.DATE: pa.int32(), Kind.BOOLEAN: pa.int8()}.get(column.kind, pa.int64())
    units = whole.cast(storage).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.clip(units, *limits(column)), present


def typed(units: NDArray[np.int64] | NDArray[np.float64], present: NDArray[np.bool_], column: Column) -> pa.Array:
    """Return an Arrow array of the column's own type from its numbers; absent ones are NULL."""
    missing = ~present
    if not is_whole(column):
        held = (
            units.astype(np.float64) if column.lowest is None else np.maximum(units.astype(np.float64), column.lowest)
        )
        return pa.array(held, pa.float64(), mask=missing)
    whole = np.where(present, np.clip(units, *limits(column)), 0).astype(np.int64)
    match column.kind:
        case Kind.DECIMAL:
            return _scaled(whole, missing, column)
        case Kind.BOOLEAN:
            return pa.array(whole != 0, pa.bool_(), mask=missing)
        case Kind.DATE:
            return pa.array(whole.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())
        case _:
            return pa.array(whole, pa.int64(), mask=missing).cast(column.arrow_type)


def declared(value: Scalar, column: Column, *, up: bool = False) -> int | float:
    """Return the number of a declared (public) ``value``; between two whole numbers the lower, or upper if ``up``.

    ``ConfigurationError`` when the value is not of the column's type.
    """
    try:
        number = _declared(value, column)
        # of NaN and infinities there is no floor: that is an error too
        nearest = math.ceil(number) if up else math.floor(number)
        lowest, highest = limits(column)
        return min(max(nearest, lowest), highest) if is_whole(column) else _not_below(float(number), column)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
        raise ConfigurationError(
            f"column {column.name} is of kind {column.kind}; its declared domain holds a value of another kind; "
            "write bounds and values in the column's own type"
        ) from None


def _declared(value: Scalar, column: Column) -> Decimal | float:
    match column.kind:
        case Kind.BOOLEAN:
            return {"true": 1, "t": 1, "1": 1, "false": 0, "f": 0, "0": 0}[str(value).lower()]
        case Kind.DATE | Kind.DATETIME:
            return _moment(value) // (_DAY if column.kind is Kind.DATE else 1)
        case Kind.DECIMAL if column.scale is not None:
            return Decimal(str(value)).scaleb(column.scale)
        case Kind.INTEGER:
            return Decimal(str(value))
        case _:
            return float(cast("float", value))


def _not_below(number: float, column: Column) -> float:
    return number if column.lowest is None else max(number, float(column.lowest))


def _moment(value: Scalar) -> int:
    """Return microseconds since 1970 (UTC where a zone is given)."""
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, dt.datetime):
        naive = moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
        return (naive - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)  # noqa: DTZ001 - naive on purpose
    return (cast("dt.date", moment) - _EPOCH).days * _DAY


def _unscaled(array: pa.Array) -> NDArray[np.int64]:
    """Return a decimal128 array's unscaled numbers, saturated: two little-endian words each, the upper one signed."""
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    words = np.frombuffer(array.buffers()[1], dtype="<i8")[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = words[0::2], words[1::2]
    return np.where(high == (low >> 63), np.maximum(low, -LARGEST), np.where(high < 0, -LARGEST, LARGEST))


def _scaled(units: NDArray[np.int64], missing: NDArray[np.bool_], column: Column) -> pa.Array:
    words = np.empty(2 * units.size, dtype="<i8")
    words[0::2], words[1::2] = units, units >> 63
    validity = pa.array(~missing).buffers()[1]
    return pa.Array.from_buffers(column.arrow_type, units.size, [validity, pa.py_buffer(words)])
