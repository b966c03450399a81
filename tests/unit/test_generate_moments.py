"""When rows happened and when an owner's time ends, in the units of the order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from gateway.raw.generate.moments import ends, times
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

UNTIL, SINCE = ColumnName("until"), ColumnName("since")
day, moment = dt.date.fromisoformat, dt.datetime.fromisoformat


def column(name: str, kind: Kind, scale: int | None = None) -> Column:
    return Column(name=ColumnName(name), kind=kind, native="", precision=None if scale is None else 20, scale=scale)


def ended(order: Column, until: Column, values: list[Any], since: list[Any] | None = None) -> list[int | None]:
    begin = column("since", order.kind, order.scale)
    shape = Table(name=TableName("people"), columns=(until, begin))
    given = since or [None] * len(values)
    arrays = [pa.array(values, until.arrow_type), pa.array(given, begin.arrow_type)]
    rows = pa.Table.from_arrays(arrays, schema=shape.arrow_schema())
    found, present = ends(rows, shape, UNTIL, SINCE if since else None, order)
    return [time if there else None for time, there in zip(found.tolist(), present.tolist(), strict=True)]


def test_an_end_of_the_orders_own_kind_is_a_time_like_it() -> None:
    at = column("at", Kind.DATE)
    assert ended(at, column("until", Kind.DATE), [day("1970-02-01"), None]) == [31, None]
    at = column("at", Kind.DATETIME)
    assert ended(at, column("until", Kind.DATETIME), [moment("1970-01-01 00:01:00.9"), None]) == [60, None]
    assert ended(column("at", Kind.FLOAT), column("until", Kind.FLOAT), [-0.5, float("nan")]) == [-1, None]
    assert ended(column("at", Kind.INTEGER), column("until", Kind.INTEGER), [5], [3]) == [5]
    decimals = [Decimal("1.29"), Decimal("-1.21")]
    assert ended(column("at", Kind.DECIMAL, 1), column("until", Kind.DECIMAL, 2), decimals) == [12, -13]


def test_beside_dates_a_number_counts_days_from_where_they_are_counted_from() -> None:
    since = [day("1970-01-11"), day("1970-01-11"), None, day("1970-01-11")]
    assert ended(column("at", Kind.DATE), column("until", Kind.INTEGER), [5, None, 5, -20], since) == [
        15,
        None,
        None,
        -10,
    ]
    assert ended(column("at", Kind.DATE), column("until", Kind.FLOAT), [5.9, -0.5, 1.0, 0.0], since) == [
        15,
        9,
        None,
        10,
    ]
    begun = [moment("1970-01-02 00:00:10")] * 3
    at = column("at", Kind.DATETIME)
    assert ended(at, column("until", Kind.FLOAT), [0.5, -0.5, float("inf")], begun) == [129610, 43210, None]
    decimals = [Decimal("1.5"), Decimal("-0.5"), Decimal(9999999999999)]
    assert ended(at, column("until", Kind.DECIMAL, 2), decimals, begun)[:2] == [216010, 43210]
    assert ended(at, column("until", Kind.INTEGER), [2**62, -(2**62), 0], begun)[2] == 86410


def test_what_does_not_compare_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at is counted from until"):
        ended(column("at", Kind.DATE), column("until", Kind.INTEGER), [5])
    with pytest.raises(ConfigurationError, match="both have to be of one kind"):
        ended(column("at", Kind.DATE), column("until", Kind.DATETIME), [None], [None])
    shape = Table(name=TableName("people"), columns=(column("name", Kind.TEXT),))
    with pytest.raises(ConfigurationError, match="ordered by name"):
        times(shape.arrow_schema().empty_table(), shape, ColumnName("name"))
