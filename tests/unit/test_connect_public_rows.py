"""A reference to a public table is one column over the keys there, and goes back to the columns that refer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from gateway.raw.connect.public_rows import PublicReference, public_shape
from gateway.vocabulary.errors import ConfigurationError, Refused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table


def column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native="", **more)


def shape(name: str, *columns: Column, **more: Any) -> Table:
    return Table(name=TableName(name), columns=columns, **more)


def refers(columns: str, target: str) -> Reference:
    names = [tuple(ColumnName(name) for name in one.split()) for one in (columns, target)]
    return Reference(columns=names[0], target=TableName("codes"), target_columns=names[1])


def rows(table: Table, *values: tuple[Any, ...]) -> pa.Table:
    columns = list(zip(*values, strict=True)) or [()] * len(table.columns)
    return pa.table(
        [pa.array(v, c.arrow_type) for v, c in zip(columns, table.columns, strict=True)], schema=table.arrow_schema()
    )


CODES = shape("codes", column("k", Kind.INTEGER), column("part", Kind.TEXT), column("since", Kind.DATE))
PUBLIC = rows(CODES, (10, "b", dt.date(2000, 1, 1)), (9, "a", None), (-1, "a", None), (None, "a", None), (9, "c", None))


def test_one_column_is_an_enum_of_all_keys_and_goes_back() -> None:
    visits = shape("visits", column("code", Kind.DECIMAL, precision=8, scale=2, nullable=False))
    reference = PublicReference(refers("code", "k"), visits, CODES, PUBLIC)
    assert reference.column.name == "code"
    assert reference.column.kind is Kind.ENUM
    assert reference.column.values == ("-1", "9", "10")
    assert not reference.column.nullable
    named = rows(visits, (Decimal("9.00"),), (Decimal("9.50"),), (None,), (Decimal(10),))
    coded = reference.code([named["code"]])
    assert coded.to_pylist() == ["9", None, None, "10"]
    back = reference.expand(coded.cast(pa.string()))
    assert back["code"].to_pylist() == [Decimal(9), None, None, Decimal(10)]
    assert back["code"].type == visits.columns[0].arrow_type


def test_several_columns_are_learned_as_one() -> None:
    visits = shape("visits", column("a", Kind.TEXT), column("n", Kind.INTEGER, nullable=False))
    reference = PublicReference(refers("a n", "part k"), visits, CODES, PUBLIC)
    assert reference.column.name == "a, n"
    assert len(reference.column.values) == 4
    assert reference.column.nullable
    named = rows(visits, ("c", 9), ("b", 9), (None, 9), ("b", 10))
    coded = reference.code([named["a"], named["n"]])
    assert coded.null_count == 2
    back = reference.expand(coded)
    assert back["a"].to_pylist() == ["c", None, None, "b"]
    assert back["n"].to_pylist() == [9, None, None, 10]


def test_a_public_table_that_lost_a_row_or_a_column_is_told() -> None:
    visits = shape("visits", column("code", Kind.INTEGER))
    reference = PublicReference(refers("code", "k"), visits, CODES, PUBLIC)
    with pytest.raises(Refused, match="start a new run"):
        reference.expand(pa.array(["9", "77"]))
    with pytest.raises(ConfigurationError, match="left out"):
        PublicReference(refers("code", "k"), visits, CODES, PUBLIC.drop_columns(["k"]))
    empty = PublicReference(refers("code", "k"), visits, CODES, PUBLIC.slice(0, 0))
    assert empty.code([rows(visits, (1,), (None,))["code"]]).to_pylist() == [None, None]
    assert empty.expand(pa.array([None, None], pa.string()))["code"].to_pylist() == [None, None]


def test_what_is_left_out_of_a_public_table_takes_its_keys_along() -> None:
    table = shape(
        "codes", column("k", Kind.INTEGER), column("photo", Kind.UNSUPPORTED), column("note", Kind.TEXT),
        primary_key=(ColumnName("k"),), unique=((ColumnName("note"),),),
        references=(refers("k", "k"), refers("photo", "k")),
    )  # fmt: skip
    assert [c.name for c in public_shape(table).columns] == ["k", "note"]
    assert public_shape(table).references == (refers("k", "k"),)
    left = public_shape(table, ["k", "note"])
    assert (left.columns, left.primary_key, left.unique, left.references) == ((), (), (), ())


@pytest.mark.parametrize(
    ("own", "target", "keys", "kept"),
    [
        (column("c", Kind.INTEGER), column("k", Kind.DECIMAL, precision=9, scale=1), ["7.0", "7.5"], [7]),
        (column("c", Kind.DECIMAL, precision=3, scale=1), column("k", Kind.INTEGER), [99, 100, -100], [Decimal(99)]),
        (column("c", Kind.DECIMAL, precision=3, scale=1), column("k", Kind.BOOLEAN), [True], [Decimal(1)]),
        (column("c", Kind.FLOAT), column("k", Kind.DECIMAL, precision=9, scale=1), ["0.5"], [0.5]),
        (column("c", Kind.DATE), column("k", Kind.DATETIME),
         [dt.datetime(2000, 1, 1), dt.datetime(2000, 1, 1, 9)], [dt.date(2000, 1, 1)]),  # noqa: DTZ001 - naive on purpose
    ],
)  # fmt: skip
def test_keys_that_a_referring_column_cannot_hold_are_not_among_its_values(
    own: Column, target: Column, keys: list[Any], kept: list[Any]
) -> None:
    table = shape("codes", target)
    values = [Decimal(key) if isinstance(key, str) else key for key in keys]
    public = pa.table([pa.array(values, target.arrow_type)], schema=table.arrow_schema())
    reference = PublicReference(refers("c", "k"), shape("visits", own), table, public)
    assert reference.expand(pa.array(reference.column.values))["c"].to_pylist() == kept
