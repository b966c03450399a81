"""Which rows keep what is declared, on tables where that is known."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from gateway.raw.judge.constraints import constraints, kept
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.checks import Check
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table


def names(*columns: str) -> tuple[ColumnName, ...]:
    return tuple(ColumnName(column) for column in columns)


SHAPE = Table(
    name=TableName("visits"),
    columns=(
        Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int", nullable=False),
        Column(name=ColumnName("code"), kind=Kind.TEXT, native="text"),
        Column(name=ColumnName("part"), kind=Kind.TEXT, native="text"),
        Column(name=ColumnName("cost"), kind=Kind.INTEGER, native="int"),
    ),
    primary_key=names("id"),
    unique=(names("code", "part"),),
    checks=(
        Check(name="paid", columns=names("cost"), condition=(">", ("column", "cost"), ("number", "0"))),
        Check(name="unread", columns=names("cost"), condition=None),
    ),
)


class Rows:
    """Rows in small batches, whatever they break."""

    table = SHAPE

    def __init__(self, *rows: tuple[int | None, str | None, str | None, int | None]) -> None:
        self.rows = rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        loose = pa.schema([field.with_nullable(True) for field in SHAPE.arrow_schema()])
        for begin in range(0, len(self.rows), 2):
            some = self.rows[begin : begin + 2]
            columns = [pa.array([row[j] for row in some], field.type) for j, field in enumerate(loose)]
            yield pa.RecordBatch.from_arrays(columns, schema=loose)


def test_rows_that_keep_everything_are_all_kept() -> None:
    rows = Rows((1, "a", "x", 5), (2, "a", "y", None), (3, None, "x", 1), (4, None, "x", 1))
    assert set(kept(rows).values()) == {1.0}
    assert set(kept(rows)) == {"NOT NULL id", "CHECK paid", "PRIMARY KEY", "UNIQUE code, part"}


def test_each_rule_is_counted_by_itself() -> None:
    rows = Rows((1, "a", "x", 0), (1, "a", "x", 5), (None, "b", "x", 5), (None, "b", "y", -1), (5, "c", "x", 1))
    assert kept(rows) == pytest.approx(
        {"NOT NULL id": 0.6, "CHECK paid": 0.6, "PRIMARY KEY": 0.2, "UNIQUE code, part": 0.6}
    )
    (found,) = constraints([rows], {"visits.closed.id": 0.5, "other.closed.id": 0.1})
    assert found.value == pytest.approx(0.2)
    assert found.figures["reference id"] == 0.5
    assert (found.measure, found.table) == ("constraints", "visits")


def test_a_table_without_rows_breaks_nothing() -> None:
    assert set(kept(Rows()).values()) == {1.0}
    assert set(kept(SyntheticTable(SHAPE, SHAPE.arrow_schema().empty_table())).values()) == {1.0}


def test_what_cannot_be_counted_is_left_out_and_stops_nothing() -> None:
    class Broken(Rows):
        def batches(self) -> Iterator[pa.RecordBatch]:
            raise OSError("SECRET cell")

    assert constraints([Broken()], {}) == ()


def test_a_table_that_declares_nothing_is_not_shown() -> None:
    bare = Table(name=TableName("bare"), columns=(Column(name=ColumnName("a"), kind=Kind.TEXT, native="text"),))
    assert constraints([SyntheticTable(bare, pa.table({"a": ["x"]}))], {}) == ()
