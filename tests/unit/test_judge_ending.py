"""The judge counts what lies after its owner's end."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from gateway.policy.lineage import Kin, Lineage
from gateway.raw.family import Family, OwnedRows
from gateway.raw.judge.ending import rows_after_their_end
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PEOPLE, STAYS, TESTS = TableName("people"), TableName("stays"), TableName("tests")
DAY = dt.date(2020, 1, 1)


def day(number: int | None) -> dt.date | None:
    return None if number is None else DAY + dt.timedelta(number)


def shape(name: TableName, **columns: Kind) -> Table:
    return Table(name=name, columns=tuple(Column(name=ColumnName(n), kind=k, native="") for n, k in columns.items()))


SHAPES = {
    PEOPLE: shape(PEOPLE, joined=Kind.DATE, days=Kind.INTEGER),
    STAYS: shape(STAYS, begins=Kind.DATE, ends=Kind.DATE),
    TESTS: shape(TESTS, at=Kind.DATE),
}


def rows(table: TableName, **columns: list[object]) -> pa.Table:
    schema = SHAPES[table].arrow_schema()
    return pa.Table.from_arrays([pa.array(columns[n], schema.field(n).type) for n in schema.names], schema=schema)


def test_rows_after_the_end_are_counted_under_units_and_under_what_these_own() -> None:
    synthetic = SyntheticFamily(
        units=rows(PEOPLE, joined=[day(0), day(5), None, day(0)], days=[10, None, 3, -1]),
        owned={
            STAYS: SyntheticRows(
                rows=rows(
                    STAYS, begins=[day(n) for n in (10, 11, 99, 99, -1, 0)], ends=[day(9), day(12), None, *[day(3)] * 3]
                ),
                starts=np.array([0, 2, 3, 4, 6]),
            ),
            TESTS: SyntheticRows(
                rows=rows(TESTS, at=[day(n) for n in (9, 10, 12, 50, 4, 3, 2)]), starts=np.array([0, 2, 3, 4, 5, 6, 7])
            ),
        },
    )
    real = {name: RawTable(table, table.arrow_schema().empty_table()) for name, table in SHAPES.items()}
    none = np.zeros(1, dtype=np.int64)
    family = Family(
        unit=PEOPLE,
        units=real[PEOPLE],
        owned={name: OwnedRows(rows=real[name], starts=none) for name in (STAYS, TESTS)},
        owner_of={STAYS: PEOPLE, TESTS: STAYS},
    )
    begins, at = ColumnName("begins"), ColumnName("at")
    lineage = Lineage(
        unit=Kin(table=PEOPLE),
        owned=(
            Kin(table=STAYS, owner=PEOPLE, order=begins, since=ColumnName("joined"), until=ColumnName("days")),
            Kin(table=TESTS, owner=STAYS, order=at, until=ColumnName("ends")),
        ),
        public=(),
        dropped=(),
    )
    # of the stays, those that begin on day 11 of 10 and on day 0 of -1; of the tests, those on day 10 of 9 and 4 of 3
    assert rows_after_their_end(synthetic, family, lineage) == {STAYS: 2, TESTS: 2}
    assert not rows_after_their_end(synthetic, family, Lineage(unit=Kin(table=PEOPLE), owned=(), public=(), dropped=()))
