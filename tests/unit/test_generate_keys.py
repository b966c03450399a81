"""Fresh keys: unique, typed, from the seed alone."""

from __future__ import annotations

import uuid
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.raw.generate.keys import fresh_keys, largest_number
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind


def column(kind: Kind, native: str, **declared: Any) -> Column:
    return Column(name=ColumnName("id"), kind=kind, native=native, **declared)


WIDE = [
    column(Kind.INTEGER, "integer"),
    column(Kind.INTEGER, "bigint"),
    column(Kind.DECIMAL, "numeric(10,0)", precision=10, scale=0),
    column(Kind.DECIMAL, "numeric(12,2)", precision=12, scale=2),
    column(Kind.DECIMAL, "numeric"),
    column(Kind.FLOAT, "double precision"),
    column(Kind.TEXT, "text"),
    column(Kind.TEXT, "uuid"),
    column(Kind.TEXT, "char(36)", length=36),
    column(Kind.TEXT, "varchar(32)", length=32),
    column(Kind.TEXT, "varchar(20)", length=20),
    column(Kind.TEXT, "varchar(4)", length=4),
]


@pytest.mark.parametrize("shape", WIDE, ids=lambda shape: shape.native)
@pytest.mark.parametrize("rows", [0, 1, 1_000])
def test_keys_are_distinct_typed_and_repeatable(shape: Column, rows: int) -> None:
    keys = fresh_keys(shape, rows, seed=1)
    assert keys.type == shape.arrow_type
    assert keys.null_count == 0
    assert len(set(keys.to_pylist())) == rows
    assert keys.equals(fresh_keys(shape, rows, seed=1))
    if shape.length is not None:
        assert all(len(key) <= shape.length for key in keys.to_pylist())


@pytest.mark.parametrize("shape", WIDE, ids=lambda shape: shape.native)
def test_another_seed_gives_another_order(shape: Column) -> None:
    assert not fresh_keys(shape, 1_000, seed=1).equals(fresh_keys(shape, 1_000, seed=2))


def test_numbers_are_one_to_n_in_no_order() -> None:
    keys = fresh_keys(column(Kind.INTEGER, "integer"), 1_000, seed=1).to_pylist()
    assert sorted(keys) == list(range(1, 1_001))
    assert sum(a < b for a, b in pairwise(keys)) < 600


def test_decimal_keys_keep_their_scale() -> None:
    keys = fresh_keys(column(Kind.DECIMAL, "numeric(6,2)", precision=6, scale=2), 9_999, seed=1).to_pylist()
    assert max(keys) == Decimal("9999.00")


@pytest.mark.parametrize("native", ["uuid", "UNIQUEIDENTIFIER"])
def test_uuid_columns_get_uuids_of_version_four(native: str) -> None:
    for key in fresh_keys(column(Kind.TEXT, native), 50, seed=1).to_pylist():
        parsed = uuid.UUID(key)
        assert str(parsed) == key
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_every_text_of_a_tiny_length_is_used_before_refusing() -> None:
    tiny = column(Kind.TEXT, "char(1)", length=1)
    assert len(set(fresh_keys(tiny, 36, seed=1).to_pylist())) == 36
    with pytest.raises(Unsupported, match="room for 36 different keys and 37 rows"):
        fresh_keys(tiny, 37, seed=1)


@pytest.mark.parametrize(
    ("shape", "room"),
    [
        (column(Kind.INTEGER, "smallint", lowest=-32_768, highest=32_767), 32_767),
        (column(Kind.INTEGER, "tinyint(3) unsigned", lowest=0, highest=255), 255),
        (column(Kind.DECIMAL, "numeric(3,0)", precision=3, scale=0), 999),
        (column(Kind.DECIMAL, "numeric(3,3)", precision=3, scale=3), 0),
    ],
    ids=lambda value: getattr(value, "native", str(value)),
)
def test_numbers_beyond_the_declared_type_are_refused(shape: Column, room: int) -> None:
    assert largest_number(shape) == room
    fresh_keys(shape, room, seed=1)
    with pytest.raises(Unsupported, match=f"room for {room} "):
        fresh_keys(shape, room + 1, seed=1)


@pytest.mark.parametrize("kind", [Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.ENUM, Kind.UNSUPPORTED])
def test_other_kinds_hold_no_keys(kind: Kind) -> None:
    with pytest.raises(Unsupported, match="numbers and texts only"):
        fresh_keys(column(kind, "whatever"), 3, seed=1)


def test_a_hundred_thousand_keys_of_any_kind() -> None:
    for shape in (column(Kind.INTEGER, "integer"), column(Kind.TEXT, "uuid"), column(Kind.TEXT, "char(5)", length=5)):
        assert len(set(fresh_keys(shape, 100_000, seed=3).to_pylist())) == 100_000


@given(length=st.integers(1, 40), rows=st.integers(0, 60), seed=st.integers(0, 2**32))
def test_texts_fit_and_differ_or_are_refused(length: int, rows: int, seed: int) -> None:
    shape = column(Kind.TEXT, f"varchar({length})", length=length)
    if rows > 36**length:
        with pytest.raises(Unsupported):
            fresh_keys(shape, rows, seed=seed)
        return
    keys = fresh_keys(shape, rows, seed=seed).to_pylist()
    assert len(set(keys)) == rows
    assert all(0 < len(key) <= length for key in keys)
