"""The same person always falls on the same side, and only the secret says on which."""

from __future__ import annotations

import time
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from gateway.raw.connect.holdout import split_by_unit
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

SECRET = b"0123456789abcdef"
KEY = [ColumnName("k")]


def table(kind: Kind, values: object, *, scale: int | None = None, other: object = None) -> RawTable:
    columns = [
        Column(name=ColumnName("k"), kind=kind, native="", precision=12 if scale is not None else None, scale=scale)
    ]
    arrays = {"k": pa.array(values, columns[0].arrow_type)}
    if other is not None:
        columns.append(Column(name=ColumnName("l"), kind=Kind.TEXT, native=""))
        arrays["l"] = pa.array(other, pa.string())
    return RawTable(Table(name=TableName("t"), columns=tuple(columns)), pa.table(arrays))


def control(
    rows: RawTable, *, secret: bytes = SECRET, share: float = 0.3, key: list[ColumnName] | None = None
) -> list[object]:
    training, aside = split_by_unit(rows, key or KEY, share=share, secret=secret)
    assert training.expose().num_rows + aside.expose().num_rows == rows.expose().num_rows
    inside = {tuple(row.values()) for row in training.expose().to_pylist()}
    outside = [tuple(row.values()) for row in aside.expose().to_pylist()]
    assert not inside & set(outside)
    return [row[0] if len(row) == 1 else row for row in outside]


def test_a_person_is_on_one_side_in_every_table_and_order_is_kept() -> None:
    people = control(table(Kind.INTEGER, range(2000)))
    visits = control(table(Kind.INTEGER, [i % 2000 for i in range(6000)][::-1]))
    decimals = control(table(Kind.DECIMAL, [Decimal(i) for i in range(2000)], scale=2))
    whole = control(table(Kind.DECIMAL, [Decimal(i) for i in range(2000)], scale=0))
    assert people == sorted(people)
    assert visits == sorted(people, reverse=True) * 3
    assert decimals == whole == people


def test_share_is_kept_and_sides_follow_from_the_secret_alone() -> None:
    rows = table(Kind.INTEGER, range(20_000))
    first = control(rows)
    assert abs(len(first) / 20_000 - 0.3) < 0.02
    assert control(rows) == first
    other = set(control(rows, secret=b"another"))
    assert abs(len(other & set(first)) / 20_000 - 0.09) < 0.02
    assert set(control(rows, share=0.1)) < set(first)
    assert control(rows, secret=b"x" * 200) != control(rows, secret=b"x" * 201)


def test_rows_of_nobody_known_are_for_training() -> None:
    assert control(table(Kind.INTEGER, [None] * 50), share=0.99) == []
    both = [ColumnName("k"), ColumnName("l")]
    rows = table(Kind.INTEGER, [1, None, 3], other=[None, "a", "b"])
    assert control(rows, key=both, share=0.9999999) == [(3, "b")]


def test_all_parts_of_a_key_count_and_cannot_run_into_each_other() -> None:
    both = [ColumnName("k"), ColumnName("l")]
    rows = table(Kind.INTEGER, [i // 100 for i in range(10_000)], other=[str(i % 100) for i in range(10_000)])
    aside = control(rows, key=both, share=0.5)
    assert abs(len(aside) / 10_000 - 0.5) < 0.03
    pairs = table(Kind.TEXT, [f"{i}" for i in range(500)], other=["x:string:7"] * 500)
    shifted = table(Kind.TEXT, [f"{i}:string:x" for i in range(500)], other=["7"] * 500)
    sides = [{str(row[0]).split(":")[0] for row in control(rows, key=both, share=0.5)} for rows in (pairs, shifted)]
    assert sides[0] != sides[1]


def test_empty_tables_are_split_into_two() -> None:
    training, aside = split_by_unit(table(Kind.TEXT, []), KEY, share=0.2, secret=SECRET)
    assert (training.expose().num_rows, aside.expose().num_rows) == (0, 0)


@pytest.mark.parametrize(
    ("share", "secret", "key"), [(0.0, SECRET, KEY), (1.0, SECRET, KEY), (0.5, b"", KEY), (0.5, SECRET, [])]
)
def test_holdouts_without_a_share_a_secret_or_a_key_are_refused(
    share: float, secret: bytes, key: list[ColumnName]
) -> None:
    with pytest.raises(ValueError, match="holdout needs"):
        split_by_unit(table(Kind.INTEGER, [1]), key, share=share, secret=secret)


def test_large_tables_are_split_in_seconds() -> None:
    ids = np.random.default_rng(1).permutation(300_000)
    start = time.process_time()
    split_by_unit(table(Kind.INTEGER, ids), KEY, share=0.2, secret=SECRET)
    assert time.process_time() - start < 4
