"""Frames as numbers: equal codes are equal values, whatever hostile values there are."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.raw.judge.codes import FEWEST_ROWS, NULL, Codes, encode, row_ids
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName

HOSTILE = [
    "",
    " ",
    "'",
    "''",
    "O'Brien",
    '"',
    "\\",
    "NULL",
    "null",
    "nan",
    "é",
    "é",
    "👩‍⚕️",
    "👩",
    "\x00",
    "a\nb",
    "1",
    "01",
]
CASES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "text": (pa.string(), HOSTILE),
    "integer": (pa.int64(), [-(2**63), -1, 0, 1, 2**53, 2**53 + 1, 2**63 - 1]),
    "float": (pa.float64(), [-math.inf, -1e308, -5e-324, 0.0, 5e-324, 0.1, 0.1 + 1e-17 + 1e-16, 1e308, math.inf]),
    "decimal": (
        pa.decimal128(38, 2),
        [Decimal(text) for text in ("-1.00", "12345678901234567890.01", "12345678901234567890.02")],
    ),
    "boolean": (pa.bool_(), [False, True]),
    "date": (pa.date32(), [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(2024, 2, 29), dt.date(9999, 12, 31)]),
    "datetime": (
        pa.timestamp("us"),
        [dt.datetime.fromisoformat(text) for text in ("0001-01-01", "2024-01-01T00:00:00.000001", "9999-12-31")],
    ),
}  # fmt: skip


def columns_of(frame: pa.Table) -> list[ColumnName]:
    return [ColumnName(name) for name in frame.column_names]


def three(kind: pa.DataType, values: list[Any], seed: int) -> tuple[list[list[Any]], Codes]:
    random = np.random.default_rng(seed)
    drawn = [[([*values, None])[i] for i in random.integers(0, len(values) + 1, n)] for n in (60, 55, 70)]
    frames = [pa.table({"a": pa.chunked_array([part[:20], part[20:]], kind)}) for part in drawn]
    return drawn, encode(*frames, columns_of(frames[0]))


@pytest.mark.parametrize("name", CASES)
def test_codes_are_equal_where_values_are_and_rise_with_them(name: str) -> None:
    kind, values = CASES[name]
    drawn, codes = three(kind, values, 1)
    flat = [value for part in drawn for value in part]
    by_value: dict[Any, set[int]] = {}
    for value, code in zip(flat, codes.cells[:, 0].tolist(), strict=True):
        by_value.setdefault(value, set()).add(code)
    assert all(len(found) == 1 for found in by_value.values())
    assert by_value.pop(None) == {NULL}
    assert [next(iter(by_value[value])) for value in sorted(by_value)] == list(range(len(by_value)))
    assert codes.sizes.tolist() == [len(by_value)]
    assert bool(codes.ordered[0]) is (name not in {"text", "boolean"})
    assert np.isfinite(codes.positions).all()


@pytest.mark.parametrize("name", CASES)
def test_null_is_at_full_distance_from_every_value_and_at_none_from_itself(name: str) -> None:
    _, codes = three(*CASES[name], 2)
    null = codes.cells[:, 0] == NULL
    places = codes.positions[:, 0]
    assert (places[null] == places[null][0]).all()
    assert (np.abs(places[null][0] - places[~null]) >= 1).all()


def test_nan_counts_as_null_and_minus_zero_as_zero() -> None:
    frame = pa.table({"a": pa.array([math.nan, None, -0.0, 0.0] * 20)})
    codes = encode(frame, frame, frame, columns_of(frame))
    assert codes.cells[:4, 0].tolist() == [NULL, NULL, 0, 0]


def test_an_all_null_column_and_a_column_without_type_are_held() -> None:
    frame = pa.table({"a": pa.array([None] * 60, pa.int64()), "b": pa.nulls(60), "c": pa.array(["x"] * 60)})
    codes = encode(frame, frame, frame, columns_of(frame))
    assert (codes.cells == [NULL, NULL, 0]).all()
    assert codes.sizes.tolist() == [0, 0, 1]


def test_one_far_value_does_not_make_the_others_look_alike() -> None:
    frame = pa.table({"a": pa.array([*range(200), 10**9])})
    positions = encode(frame, frame, frame, columns_of(frame)).positions[:, 0]
    assert abs(positions[100] - positions[0]) == pytest.approx(0.5, abs=0.02)


@given(st.lists(st.tuples(*[st.integers(-1, 3)] * 3), min_size=1, max_size=60))
def test_row_ids_are_equal_for_equal_rows_only(rows: list[tuple[int, ...]]) -> None:
    ids = row_ids(np.array(rows, dtype=np.int32)).tolist()
    assert len(set(zip(rows, ids, strict=True))) == len(set(rows)) == len(set(ids))


def frame(rows: int, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"a": pa.array(range(rows)).cast(kind or pa.int64())})


@pytest.mark.parametrize(
    ("frames", "columns", "told"),
    [
        ((frame(60), frame(60), frame(60)), [], "no learned column"),
        ((frame(60), frame(60), frame(0)), ["a"], "synthetic table is empty"),
        ((frame(FEWEST_ROWS - 1), frame(60), frame(60)), ["a"], "fewer than 50"),
        ((frame(60), frame(FEWEST_ROWS - 1), frame(60)), ["a"], "fewer than 50"),
        ((frame(60), frame(60), frame(60)), ["a", "b"], "column b is missing"),
        ((frame(60), frame(60), frame(60, pa.float64())), ["a"], "column a has another type"),
    ],
)
def test_what_cannot_be_attacked_is_refused(frames: tuple[pa.Table, ...], columns: list[str], told: str) -> None:
    with pytest.raises(CheckFailed, match=told):
        encode(*frames, [ColumnName(name) for name in columns])


def test_codes_do_not_print_their_rows() -> None:
    assert repr(encode(frame(60), frame(60), frame(60), [ColumnName("a")])) == "<Codes: rows withheld>"
