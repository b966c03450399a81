"""An owner's row is told how many rows it owns, when the first was, and how long it took until the last."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.policy.lineage import Kin, Lineage
from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate.deriving import derive
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PERSONS, VISITS, NOTES = TableName("persons"), TableName("visits"), TableName("notes")
day, moment = dt.date.fromisoformat, dt.datetime.fromisoformat


def table(name: TableName, column: Column, values: list[Any]) -> RawTable:
    shape = Table(name=name, columns=(column,))
    return RawTable(shape, pa.table([pa.array(values, column.arrow_type)], schema=shape.arrow_schema()))


def column(name: str, kind: Kind, scale: int | None = None) -> Column:
    return Column(name=ColumnName(name), kind=kind, native="", precision=None if scale is None else 20, scale=scale)


def told(kind: Kind, times: list[Any], since: list[Any] | None = None, *, scales: tuple[int, int] | None = None) -> Any:
    """Return what three persons, with two, no and three visits, are told; of the third's notes there are none."""
    order, start = column("at", kind, scales and scales[0]), column("since", kind, scales and scales[1])
    family = Family(
        unit=PERSONS,
        units=table(PERSONS, start, since or [None] * 3),
        owned={
            VISITS: OwnedRows(rows=table(VISITS, order, times), starts=np.array([0, 2, 2, 5])),
            NOTES: OwnedRows(rows=table(NOTES, column("n", Kind.TEXT), ["x"]), starts=np.array([0, 0, 1, 1, 1, 1])),
        },
        owner_of={VISITS: PERSONS, NOTES: VISITS},
    )
    name = None if since is None else ColumnName("since")
    lineage = Lineage(
        unit=Kin(table=PERSONS),
        owned=(
            Kin(table=VISITS, owner=PERSONS, order=ColumnName("at"), since=name, most=9),
            Kin(table=TableName("places"), owner=PERSONS, named=True, most=1),
            Kin(table=NOTES, owner=VISITS, most=9),
        ),
        public=(),
        dropped=(),
    )
    derived = derive(family, lineage)
    assert derived.owned[VISITS].rows.expose()["notes: rows"].to_pylist() == [0, 1, 0, 0, 0]
    assert derived.owned[VISITS].rows.table.column(ColumnName("notes: rows")).kind is Kind.INTEGER
    assert derived.owned[NOTES].rows.expose().column_names == ["n"]
    units = derived.units.expose().to_pydict()
    assert units["visits: rows"] == [2, 0, 3]
    assert list(units) == ["since", "visits: rows", "visits: first", "visits: span"]
    return units["visits: first"], units["visits: span"]


def test_days_are_counted_from_the_owners_own_day_or_from_1970() -> None:
    times = [day("2020-01-11"), day("2020-01-03"), day("2021-01-01"), None, day("2020-01-01")]
    assert told(Kind.DATE, times) == ([18264, None, 18262], [8, None, 366])
    since = [day("2020-01-01"), day("2020-01-01"), None]
    assert told(Kind.DATE, times, since) == ([2, None, None], [8, None, 366])


def test_moments_count_in_whole_seconds_and_numbers_in_their_own_units() -> None:
    early = moment("1969-12-31 23:59:59.5")
    times = [moment("1970-01-01 00:00:09.9"), early, moment("1970-01-02 00:00:00"), moment("1970-01-02 00:00:00"), None]
    assert told(Kind.DATETIME, times) == ([-1, None, 86400], [10, None, 0])
    assert told(Kind.INTEGER, [7, -3, 5, 5, 2**63 - 1]) == ([-3, None, 5], [10, None, 2**52 - 5])
    assert told(Kind.FLOAT, [1.9, -0.5, float("nan"), float("inf"), None]) == ([-1, None, None], [2, None, None])


def test_decimals_count_in_the_units_of_the_order() -> None:
    times = [Decimal("1.25"), Decimal("0.75"), Decimal(2), Decimal(3), Decimal(4)]
    assert told(Kind.DECIMAL, times, scales=(2, 0)) == ([75, None, 200], [50, None, 200])
    since = [Decimal("0.5"), None, Decimal(2)]
    assert told(Kind.DECIMAL, times, since, scales=(2, 1)) == ([25, None, 0], [50, None, 200])
    since = [Decimal("0.505"), None, Decimal(2)]
    assert told(Kind.DECIMAL, times, since, scales=(2, 3)) == ([25, None, 0], [50, None, 200])


def test_what_is_left_until_the_end_is_counted_from_the_last_row_and_never_below_none() -> None:
    begin, days, at = column("since", Kind.DATE), column("days", Kind.INTEGER), column("at", Kind.DATE)
    shape = Table(name=PERSONS, columns=(begin, days))
    start = day("2020-01-01")
    people = [(start, 12), (start, 0), (None, 5), (start, None), (start, 3), (start, 4)]
    units = pa.Table.from_arrays(
        [pa.array(c, t) for c, t in zip(zip(*people, strict=True), shape.arrow_schema().types, strict=True)],
        schema=shape.arrow_schema(),
    )
    visits = [day("2020-01-03"), day("2020-01-11"), start, day("2020-01-02"), start, start, None]
    family = Family(
        unit=PERSONS,
        units=RawTable(shape, units),
        owned={VISITS: OwnedRows(rows=table(VISITS, at, visits), starts=np.array([0, 2, 4, 5, 6, 6, 7]))},
        owner_of={VISITS: PERSONS},
    )
    kin = Kin(table=VISITS, owner=PERSONS, order=at.name, since=begin.name, until=days.name, most=9)
    derived = derive(family, Lineage(unit=Kin(table=PERSONS), owned=(kin,), public=(), dropped=()))
    # two days before the end; a row after it; no origin; no end; no row; a row without a time
    assert derived.units.expose()["visits: left"].to_pylist() == [2, 0, None, None, None, None]


def test_an_order_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ordered by at"):
        told(Kind.TEXT, ["a", "b", "c", "d", "e"])
