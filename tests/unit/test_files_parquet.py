"""Parquet files: the schema's types are taken, statistics and dictionaries are not, and other kinds may be declared."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.policy.one_table import DomainFile, parse_domain
from gateway.raw.connect.files import TableFile, open_file
from gateway.vocabulary.errors import SourceFailed, SourceRefused
from gateway.vocabulary.schema import Kind

NOON = dt.datetime.fromisoformat("2020-01-02 12:00:00")
DAY = dt.date(2020, 1, 2)


def opened(folder: Path, table: pa.Table, domain: str = "") -> TableFile:
    path = folder / "t.parquet"
    pq.write_table(table, path)
    return open_file(path, parse_domain(domain, name="d") if domain else DomainFile())


def rows(file: TableFile) -> pa.Table:
    names = [column.name for column in file.table.columns if column.kind is not Kind.UNSUPPORTED]
    return pa.Table.from_batches(file.batches(file.table.name, names))


def test_the_types_are_those_of_the_schema(tmp_path: Path) -> None:
    table = pa.table({
        "small": pa.array([1, None], pa.uint8()), "huge": pa.array([2**64 - 1, 7], pa.uint64()),
        "half": pa.array([0.5, float("nan")], pa.float32()), "flag": [True, None],
        "price": pa.array([Decimal("1.25"), None], pa.decimal128(6, 2)),
        "wide": pa.array([Decimal(3), None], pa.decimal128(38)),
        "day": pa.array([DAY, None], pa.date64()), "at": pa.array([NOON, None], pa.timestamp("ns", "Europe/Berlin")),
        "text": pa.array(["a", None], pa.large_string()), "coded": pa.array(["x", "y"]).dictionary_encode(),
        "edu.num": [1, 2], "blob": pa.array([b"a", b"b"]), "list": [[1], [2]],
    })  # fmt: skip
    file = opened(tmp_path, table)
    kinds = {str(column.name): column.kind.value for column in file.table.columns}
    assert kinds == {
        "small": "integer", "huge": "integer", "half": "float", "flag": "boolean", "price": "decimal",
        "wide": "decimal", "day": "date", "at": "datetime", "text": "text", "coded": "text", "edu.num": "integer",
        "blob": "unsupported", "list": "unsupported",
    }  # fmt: skip
    assert rows(file).to_pydict() == {
        "small": [1, None], "huge": [None, 7], "half": [0.5, None], "flag": [True, None],
        "price": [Decimal("1.25"), None], "wide": [3.0, None], "day": [DAY, None],
        "at": [NOON, None], "text": ["a", None], "coded": ["x", "y"], "edu.num": [1, 2],
    }  # fmt: skip


def test_whole_numbers_are_as_wide_as_the_schema_says(tmp_path: Path) -> None:
    types = [pa.int8(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float32(), pa.bool_()]
    columns = {str(one): pa.array([None], one) for one in types}
    coded = pa.array([1, 2, 1], pa.int16()).dictionary_encode().slice(0, 1)
    file = opened(tmp_path, pa.table(columns | {"coded": coded}))
    assert {str(column.name): (column.lowest, column.highest) for column in file.table.columns} == {
        "int8": (-128, 127), "uint16": (0, 65_535), "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1),
        "int64": (None, None), "uint64": (0, None), "float": (None, None), "bool": (None, None),
        "coded": (-(2**15), 2**15 - 1),
    }  # fmt: skip


def test_another_kind_can_be_declared_and_what_does_not_fit_is_null(tmp_path: Path) -> None:
    table = pa.table({
        "whole": [1.0, 2.5], "price": ["1.25", "dear"], "day": [NOON, None], "number": ["7", " 8 "], "flag": [1, 2],
        "code": [10, None], "exact": [0.1, 1e9],
    })  # fmt: skip
    domain = (
        "columns: {whole: {kind: integer}, price: {kind: 'decimal(5,2)'}, day: {kind: date}, number: {kind: integer},"
        " flag: {kind: boolean}, code: {kind: text}, exact: {kind: 'decimal(4,1)'}}"
    )
    assert rows(opened(tmp_path, table, domain)).to_pydict() == {
        "whole": [1, None], "price": [Decimal("1.25"), None], "day": [DAY, None], "number": [7, 8],
        "flag": [True, None], "code": ["10", None], "exact": [Decimal("0.1"), None],
    }  # fmt: skip


def test_a_column_that_cannot_be_read_can_be_declared_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="put it under `ignore`"):
        opened(tmp_path, pa.table({"b": pa.array([b"a"])}), "columns: {b: {kind: text}}")


def test_text_that_is_not_utf_8_is_null(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a", b"\xff"]).buffers())
    assert rows(opened(tmp_path, pa.table({"t": bad}))).to_pydict() == {"t": ["a", None]}


def test_a_file_that_is_no_parquet_is_told_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"ZQXV-secret")
    with pytest.raises(SourceFailed) as caught:
        open_file(path, DomainFile())
    assert "ZQXV" not in str(caught.value)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="more than one column called a"):
        opened(tmp_path, pa.table([[1], [2]], names=["a", "a"]))


def test_no_rows_are_a_table_too(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, pa.table({"a": pa.array([1], pa.int64())}))).num_rows == 1
    file = opened(tmp_path, pa.table({"a": pa.array([], pa.int64())}))
    assert list(file.batches(file.table.name, [file.table.columns[0].name])) == []
