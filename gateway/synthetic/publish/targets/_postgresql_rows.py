"""Rows into PostgreSQL by COPY and back out of it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql
from pyarrow import csv

from gateway.synthetic.publish.targets import _postgresql_binary as binary
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import adbc_driver_postgresql.dbapi as adbc
    import psycopg

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.schema import Column, Table

_BATCH_ROWS = 16_384
_PIECES_AHEAD = 4
SORTED = 2**21
"""Rows of a table that are sorted in memory to be compared, when they come back in another order."""
_WHOLE_DIGITS = 18
"""Decimal digits that a 64-bit integer holds."""
_SESSION = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 3; "
    "SET LOCAL client_encoding = 'UTF8'; SET LOCAL statement_timeout = 0"
)
"""What makes text forms exact and independent of how the role or server is set up; for one transaction."""


def prepare_session(connection: psycopg.Connection) -> None:
    """Fix, for this transaction, every setting that the text form of a value depends on."""
    connection.execute(_SESSION)


def copy_in(connection: psycopg.Connection, place: sql.Composable, approved: SyntheticTable) -> None:
    """Load all rows into the table ``place``, which this transaction made.

    FREEZE makes the rows visible to every snapshot, also to one older than the load: a reader inside a long
    REPEATABLE READ transaction who meets the switched views must find the new rows, not an empty table.
    """
    form = sql.SQL("binary" if binary.can_encode(approved.table) else "csv")
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT {}, FREEZE)").format(place, form)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for data in encoded(approved):
            copy.write(data)


def encoded(approved: SyntheticTable) -> Iterator[bytes]:
    """Yield what ``copy_in`` sends, encoded a few pieces ahead while the server takes it in.

    Binary, or CSV for a table with decimals that ``binary`` has no form for: text is always quoted there and NULL
    never is, so that an empty string stays one.
    """
    in_binary = binary.can_encode(approved.table)
    encode = partial(binary.encode, approved.table) if in_binary else as_csv
    if in_binary:
        yield binary.HEADER
    with ThreadPoolExecutor(max_workers=1) as ahead:
        waiting: deque[Future[bytes]] = deque()
        for batch in approved.batches(_BATCH_ROWS):
            waiting.append(ahead.submit(encode, batch))
            if len(waiting) > _PIECES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    if in_binary:
        yield binary.TRAILER


def as_csv(batch: pa.RecordBatch) -> bytes:
    """Return the rows of ``batch`` as CSV without a header."""
    buffer = pa.BufferOutputStream()
    csv.write_csv(batch, buffer, csv.WriteOptions(include_header=False))
    return bytes(buffer.getvalue())


def count(reader: adbc.Connection, place: sql.Composable) -> int:
    """Return the number of rows of ``place``."""
    with reader.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(place).as_string())
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def read_back(reader: adbc.Connection, place: sql.Composable, table: Table) -> Iterator[pa.Table]:
    """Yield the rows of ``place`` in stored order, a batch at a time, with the Arrow types of ``table``.

    Through ADBC, which turns a binary COPY into Arrow in C: a quarter of the processor time that libpq's row by row
    takes. ``ValueError`` when a column is of another type than ``table`` was staged with.
    """
    columns = sql.SQL(", ").join(_selected(column) for column in table.columns)
    query = sql.SQL("SELECT {} FROM {}").format(columns, place).as_string()
    with reader.cursor() as cursor:
        # rows come in the order they went in: one process, from the first block on
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SET synchronize_seqscans = off")
        cursor.execute(query)
        stream = cursor.fetch_record_batch()
        yield _typed(pa.Table.from_batches([], stream.schema), table)
        for batch in stream:
            yield _typed(pa.Table.from_batches([batch]), table)


def _typed(found: pa.Table, table: Table) -> pa.Table:
    arrays = [_declared(column, found.column(index)) for index, column in enumerate(table.columns)]
    return pa.Table.from_arrays(arrays, schema=table.arrow_schema())


def _selected(column: Column) -> sql.Composable:
    """Return what to select so that the value crosses in binary and whole."""
    name = sql.Identifier(column.name)
    match _way(column):
        case _Way.SCALED:
            return sql.SQL("({} * {})::bigint").format(name, sql.Literal(10 ** (column.scale or 0)))
        case _Way.TEXT:
            return sql.SQL("{}::text").format(name)
        case _Way.DOUBLE:
            return sql.SQL("{}::double precision").format(name)
        case _:
            return name


class _Way(Enum):
    """How a column's values cross: the server sends a numeric in a form that is slow to read."""

    AS_IS = auto()
    SCALED = auto()
    """A decimal of few digits, as a whole number of its last digit."""
    TEXT = auto()
    DOUBLE = auto()
    """A decimal without a declared scale: its rows are doubles."""


def _way(column: Column) -> _Way:
    if column.kind is not Kind.DECIMAL:
        return _Way.AS_IS
    if column.scale is None:
        return _Way.DOUBLE
    return _Way.SCALED if 0 <= column.scale <= (column.precision or 38) <= _WHOLE_DIGITS else _Way.TEXT


def _declared(column: Column, found: pa.ChunkedArray) -> pa.ChunkedArray:
    match _way(column):
        case _Way.SCALED:
            _expect(column, found, pa.int64())
            return pa.chunked_array([_rescaled(chunk, column.arrow_type) for chunk in found.chunks], column.arrow_type)
        case _Way.TEXT:
            _expect(column, found, pa.string())
            return found.cast(column.arrow_type)
        case _:
            _expect(column, found, pa.timestamp("us", "UTC") if has_zone(column) else column.arrow_type)
            return found.cast(column.arrow_type)


def _expect(column: Column, found: pa.ChunkedArray, expected: pa.DataType) -> None:
    if found.type != expected:
        raise ValueError(f"column {column.name!r} was staged as {expected} and is {found.type} now")


def _rescaled(whole: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return whole numbers of a decimal's last digit as that decimal: 128 bits, the sign drawn out over the upper."""
    words = np.empty((len(whole), 2), dtype=np.int64)
    words[:, 0] = whole.fill_null(0).to_numpy(zero_copy_only=False)
    words[:, 1] = words[:, 0] >> 63
    present = whole.is_valid()  # a boolean array's second buffer is the bitmap that a validity buffer is
    return pa.Array.from_buffers(kind, len(whole), [present.buffers()[1], pa.py_buffer(words)], whole.null_count)


def has_zone(column: Column) -> bool:
    """Return whether the source declared ``column`` with a time zone; its rows are UTC."""
    native = column.native.lower()
    return column.kind is Kind.DATETIME and ("with time zone" in native or "timestamptz" in native)


def same_in_order(found: Iterator[pa.Table], approved: SyntheticTable) -> bool:
    """Return whether ``found`` are the approved rows in their order. Memory holds a batch of each."""
    expected = (pa.Table.from_batches([batch]) for batch in approved.batches())
    here = there = approved.table.arrow_schema().empty_table()
    while True:
        while here is not None and not here.num_rows:
            here = next(found, None)
        while there is not None and not there.num_rows:
            there = next(expected, None)
        if here is None or there is None:
            return here is there
        rows = min(here.num_rows, there.num_rows)
        if not _same_in_order(here.slice(0, rows), there.slice(0, rows)):
            return False
        here, there = here.slice(rows), there.slice(rows)


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
