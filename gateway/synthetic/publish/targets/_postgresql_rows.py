"""Rows into PostgreSQL and back out of it, as CSV through COPY: both ends are Arrow's and the server's own C code.

Text is always quoted and NULL never is, so that an empty string stays one.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import pq, sql
from pyarrow import csv

from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from gateway.vocabulary.schema import Column, Table

_BATCH_ROWS = 16_384
_CHUNK_BYTES = 8 << 20
_SESSION = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 3; "
    "SET LOCAL client_encoding = 'UTF8'; SET LOCAL statement_timeout = 0; "
    # rows come back in the order they went in: one process, from the first block on
    "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL synchronize_seqscans = off"
)
"""What makes text forms exact and independent of how the role or server is set up; for one transaction."""


def prepare_session(connection: psycopg.Connection) -> None:
    """Fix, for this transaction, every setting that the text form of a value depends on."""
    connection.execute(_SESSION)


def copy_in(connection: psycopg.Connection, place: sql.Composable, rows: pa.Table) -> None:
    """Load ``rows`` into the table ``place``, which this transaction made.

    FREEZE makes the rows visible to every snapshot, also to one older than the load: a reader inside a long
    REPEATABLE READ transaction who meets the switched views must find the new rows, not an empty table.
    """
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, FREEZE)").format(place)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for data in encoded(rows):
            copy.write(data)


def encoded(rows: pa.Table) -> Iterator[bytes]:
    """Yield ``rows`` as the CSV that ``copy_in`` sends, in pieces small enough to encode while the server parses."""
    for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
        buffer = pa.BufferOutputStream()
        csv.write_csv(batch, buffer, csv.WriteOptions(include_header=False))
        yield bytes(buffer.getvalue())


def copy_out(connection: psycopg.Connection, place: sql.Composable, table: Table) -> pa.Table:
    """Return the rows of ``place`` in stored order, with the Arrow types of ``table``."""
    with contextlib.closing(_chunks(connection, _select(connection, place, table))) as chunks:
        parts = [_parsed(data, table) for data in chunks]
    return pa.concat_tables([table.arrow_schema().empty_table(), *parts])


def _select(connection: psycopg.Connection, place: sql.Composable, table: Table) -> bytes:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    texts = [sql.Identifier(column.name) for column in table.columns if column.kind in (Kind.TEXT, Kind.ENUM)]
    quoted = sql.SQL(", FORCE_QUOTE ({})").format(sql.SQL(", ").join(texts)) if texts else sql.SQL("")
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv{})").format(names, place, quoted)
    return statement.as_bytes(connection)


def _chunks(connection: psycopg.Connection, statement: bytes) -> Generator[bytes]:
    """Yield whole rows, about eight megabytes at a time.

    Goes below psycopg's ``Cursor.copy``, which costs more per row than the server needs to make one (0.7 s of 1.1 s
    for 400,000 rows); the calls are libpq's own.
    """
    wire = connection.pgconn
    begun = wire.exec_(statement)
    if begun.status != pq.ExecStatus.COPY_OUT:
        raise psycopg.errors.lookup(_state(begun))("reading back was refused")
    rows: list[bytes | memoryview] = []
    size, over = 0, False
    try:
        while not over:
            length, data = wire.get_copy_data(0)
            over = length < 0
            if not over:
                rows.append(data)
                size += length
            if rows and (over or size >= _CHUNK_BYTES):
                yield b"".join(rows)
                rows, size = [], 0
    finally:
        # also when the caller gave up: what is left on the wire is read and thrown away, so that a rollback can pass
        while not over:
            over = wire.get_copy_data(0)[0] < 0
        while (ended := wire.get_result()) is not None:
            if ended.status != pq.ExecStatus.COMMAND_OK:
                raise psycopg.errors.lookup(_state(ended))("reading back broke off")


def _state(result: pq.abc.PGresult) -> str:
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"XX000").decode()


def _parsed(data: bytes, table: Table) -> pa.Table:
    read = csv.read_csv(
        pa.BufferReader(data),
        csv.ReadOptions(column_names=[str(index) for index in range(len(table.columns))], block_size=len(data) + 1),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types={str(index): _read_type(column) for index, column in enumerate(table.columns)},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    schema = table.arrow_schema()
    columns = [read.column(index).cast(field.type) for index, field in enumerate(schema)]
    return pa.Table.from_arrays(columns, schema=schema)


def has_zone(column: Column) -> bool:
    """Return whether the source declared ``column`` with a time zone; its rows are UTC."""
    native = column.native.lower()
    return column.kind is Kind.DATETIME and ("with time zone" in native or "timestamptz" in native)


def _read_type(column: Column) -> pa.DataType:
    return pa.timestamp("us", "UTC") if has_zone(column) else column.arrow_type


def same_rows(left: pa.Table, right: pa.Table) -> bool:
    """Return whether two tables of one schema hold the same rows, in the same order or, failing that, in any."""
    if left.num_rows != right.num_rows:
        return False
    if _same_in_order(left, right):
        return True
    # names may be hostile or repeated up to case: sorted by position
    order = [(str(index), "ascending") for index in range(left.num_columns)]
    left, right = (side.rename_columns([name for name, _ in order]).sort_by(order) for side in (left, right))
    return _same_in_order(left, right)


def _same_in_order(left: pa.Table, right: pa.Table) -> bool:
    return all(_same_column(*pair) for pair in zip(left.columns, right.columns, strict=True))


def _same_column(left: pa.ChunkedArray, right: pa.ChunkedArray) -> bool:
    if left.equals(right):
        return True
    if not pa.types.is_floating(left.type) or not pc.is_nan(left).equals(pc.is_nan(right)):
        return False
    left, right = (pc.if_else(pc.is_nan(side), None, side) for side in (left, right))
    return bool(left.equals(right))
