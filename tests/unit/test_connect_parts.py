"""The parts of reading that need no database."""

from __future__ import annotations

import datetime as dt
import math
import struct
from array import array
from decimal import Decimal

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.raw.connect import binary_copy, cells, failures
from gateway.raw.connect.reading import open_source
from gateway.vocabulary.errors import SettingsError
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind


def column(kind: Kind, *, precision: int | None = None, scale: int | None = None, name: str = "c") -> Column:
    return Column(name=ColumnName(name), kind=kind, native="", precision=precision, scale=scale)


@pytest.mark.parametrize("url", ["oracle://u:hunter2@h/d", "hunter2", "", "hunter2://"])
def test_unknown_scheme_lists_the_known_ones_and_shows_no_url(url: str) -> None:
    with pytest.raises(SettingsError, match="known kind: mysql, postgresql, sqlite") as caught:
        open_source(SecretStr(url), None)
    assert "u:" not in str(caught.value).partition("expected")[0]
    assert "hunter2@" not in str(caught.value)


def test_malformed_url_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError, match="malformed") as caught:
        open_source(SecretStr("postgresql://u:hunter2@h:port/d"), None)
    assert "hunter2" not in str(caught.value)


def test_password_with_a_stray_at_sign_is_not_shown_as_a_host() -> None:
    for text in ("postgresql://u:hun@ter2@h/d", "postgresql://u:x@h/hunter2@d", "mysql://u:x@h/d'; hunter2"):
        error = failures.unreachable(sa.make_url(text), RuntimeError("could not translate host name ter2@h"))
        assert "ter2" not in str(error)


def test_cells_in_text_are_read_exactly_and_bad_ones_are_null() -> None:
    cases: list[tuple[Column, dict[bytes | None, object]]] = [
        (column(Kind.TEXT), {b"": "", b"\xff": None, "é".encode(): "é", None: None, b"\xed\xa0\x80": None}),
        (column(Kind.INTEGER), {b"-9223372036854775808": -(2**63), b"9223372036854775808": None, b"": None}),
        (column(Kind.FLOAT), {b"1e-5": 1e-5, b"1e999": None, b"NaN": None, b"inf": None, b"-0": 0.0}),
        (column(Kind.DECIMAL), {b"12.5": 12.5, b"Infinity": None}),
        (column(Kind.DECIMAL, precision=6, scale=2), {b"1234.56": Decimal("1234.56"), b"12345.6": None, b"NaN": None}),
        (column(Kind.BOOLEAN), {b"0": False, b"1": True, b"2": None, None: None}),
        (column(Kind.DATE), {b"0001-01-01": dt.date(1, 1, 1), b"0000-00-00": None, b"2021-02-30": None}),
        (column(Kind.DATETIME), {b"2020-02-29 23:59:59.5": dt.datetime.fromisoformat("2020-02-29 23:59:59.500000"),
                                 b"0000-00-00 00:00:00": None, b"2020-02-29 25:00:00": None}),
    ]  # fmt: skip
    for declared, expected in cases:
        found = cells.from_text(pa.array(list(expected), pa.binary()), declared)
        assert found.type == declared.arrow_type
        assert found.to_pylist() == list(expected.values())
        assert cells.from_text(pa.array([], pa.binary()), declared).to_pylist() == []


@given(st.lists(st.one_of(st.binary(max_size=8), st.none()), max_size=30), st.sampled_from(list(Kind)))
def test_no_bytes_stop_the_reading_of_text(values: list[bytes | None], kind: Kind) -> None:
    if kind is Kind.UNSUPPORTED:
        return
    scale = 2 if kind is Kind.DECIMAL else None
    found = cells.from_text(pa.array(values, pa.binary()), column(kind, precision=9, scale=scale))
    assert len(found) == len(values)
    found.validate(full=True)


anything = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=12), st.binary(max_size=4), st.dates().map(str)
)


@given(st.lists(anything, max_size=20), st.sampled_from(list(Kind)), st.sampled_from([None, 0, 2]))
def test_no_value_stops_the_reading_of_loose_types(values: list[object], kind: Kind, scale: int | None) -> None:
    if kind is Kind.UNSUPPORTED:
        return
    declared = column(kind, precision=9, scale=scale if kind is Kind.DECIMAL else None)
    found = cells.from_values(values, declared)
    found.validate(full=True)
    assert found.type == declared.arrow_type
    if pa.types.is_floating(found.type):
        assert all(value is None or math.isfinite(value) for value in found.to_pylist())


def message(*fields: bytes | None) -> bytes:
    parts = [struct.pack(">i", -1) if f is None else struct.pack(">i", len(f)) + f for f in fields]
    return struct.pack(">h", len(fields)) + b"".join(parts)


HEADER = binary_copy.SIGNATURE + bytes(8)
TRAILER = struct.pack(">h", -1)


def decoded(messages: list[bytes], *columns: Column) -> list[list[object]]:
    lengths = array("q", map(len, messages))
    return [list(row.values()) for row in binary_copy.decode(b"".join(messages), lengths, columns).to_pylist()]


def test_header_comes_with_the_first_row_or_alone() -> None:
    rows = [message(struct.pack(">q", 1)), message(None)]
    for stream in ([HEADER + rows[0], rows[1], TRAILER], [HEADER, *rows, TRAILER], [*rows], [*rows, TRAILER]):
        assert decoded(stream, column(Kind.INTEGER)) == [[1], [None]]
    for stream in ([HEADER, TRAILER], [HEADER + TRAILER], [TRAILER], []):
        assert decoded(stream, column(Kind.INTEGER)) == []


def test_rows_of_another_form_than_asked_for_are_an_error() -> None:
    with pytest.raises(ValueError, match="number of fields"):
        decoded([message(b"12345678", b"12345678")], column(Kind.INTEGER))
    for kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME):
        with pytest.raises(ValueError, match="length"):
            decoded([message(b"123")], column(kind))
    with pytest.raises(ValueError, match="length"):
        decoded([message(struct.pack(">hhHHh", 2, 0, 0, 0, 5))], column(Kind.DECIMAL, precision=8, scale=2))


@given(
    st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=50)), min_size=1, max_size=40),
    st.data(),
)
def test_texts_and_numbers_come_out_of_the_wire_in_their_rows(texts: list[str | None], data: st.DataObject) -> None:
    numbers = [data.draw(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))) for _ in texts]
    rows = [
        message(None if t is None else t.encode(), None if n is None else struct.pack(">q", n))
        for t, n in zip(texts, numbers, strict=True)
    ]
    assert decoded([HEADER + rows[0], *rows[1:], TRAILER], column(Kind.TEXT), column(Kind.INTEGER, name="d")) == [
        [t, n] for t, n in zip(texts, numbers, strict=True)
    ]
