"""When rows happened and when their owner's time ends, in whole units: of real rows and of made-up ones alike.

Days, seconds of date-times, a decimal's declared unit, whole numbers as they are, floats rounded down. Times are held
to +-``FURTHEST``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import physical
from gateway.raw.generate.history_coding import FURTHEST, SECOND
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

    Times = tuple[NDArray[np.int64], NDArray[np.bool_]]
    """Times, and who has one."""

DAY = 86_400
"""Seconds."""


def times(rows: pa.Table, shape: Table, name: ColumnName) -> Times:
    """Return the time of every row of ``shape`` by its column ``name``.

    ``ConfigurationError`` when the column is no date, date-time or number.
    """
    column = shape.column(name)
    if column.kind not in NUMERIC_KINDS | TEMPORAL_KINDS:
        raise ConfigurationError(
            f"table {shape.name} is ordered by {name}, of kind {column.kind}; rows follow each other by a date, a "
            "date-time or a number"
        )
    numbers, present = physical.numbers(rows.column(name), column)
    if numbers.dtype == np.float64:
        numbers = np.clip(np.floor(numbers), -FURTHEST, FURTHEST)
    whole = numbers.astype(np.int64) // (SECOND if column.kind is Kind.DATETIME else 1)
    return np.clip(whole, -FURTHEST, FURTHEST), present


def typed(time: NDArray[np.int64], column: Column) -> pa.Array:
    """Return times as a column has them."""
    numbers: NDArray[Any] = time * SECOND if column.kind is Kind.DATETIME else time
    if not physical.is_whole(column):
        numbers = time.astype(np.float64)
    return physical.typed(numbers, np.ones(time.size, dtype=np.bool_), column)


def origins(owners: pa.Table, shape: Table, since: ColumnName, order: Column) -> Times:
    """Return the owners' column ``since`` in the units of ``order``.

    ``ConfigurationError`` when one is of another kind than the other.
    """
    column = shape.column(since)
    if column.kind is not order.kind:
        raise ConfigurationError(
            f"column {order.name} is counted from {since}, and one is of kind {order.kind}, the other of kind "
            f"{column.kind}; both have to be of one kind"
        )
    time, present = times(owners, shape, since)
    digits = (order.scale or 0) - (column.scale or 0) if column.kind is Kind.DECIMAL else 0
    if digits < 0:
        time = time // 10**-digits
    elif digits > 0:
        furthest = FURTHEST // 10**digits
        time = np.clip(time, -furthest, furthest) * 10**digits
    return time, present


def ends(owners: pa.Table, shape: Table, until: ColumnName, since: ColumnName | None, order: Column) -> Times:
    """Return the time after which none of an owner's rows lies, in the units of ``order``.

    ``until`` is a column of the owner like ``order``; or, where that is a date or a date-time and there is a ``since``,
    a number of days after it. ``ConfigurationError`` when it is neither.
    """
    column = shape.column(until)
    if since is None or order.kind not in TEMPORAL_KINDS or column.kind not in NUMERIC_KINDS:
        return origins(owners, shape, until, order)
    begin, begun = origins(owners, shape, since, order)
    numbers, present = physical.numbers(owners.column(until), column)
    units = DAY if order.kind is Kind.DATETIME else 1
    furthest = FURTHEST // units
    ones = min(10 ** (column.scale or 0), physical.LARGEST) if column.kind is Kind.DECIMAL else 1
    days, part = np.divmod(numbers, ones)
    after = np.clip(days, -furthest, furthest).astype(np.int64) * units + np.floor(part / ones * units).astype(np.int64)
    return np.clip(begin + after, -FURTHEST, FURTHEST), present & begun
