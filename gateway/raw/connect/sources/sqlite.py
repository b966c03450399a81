"""SQLite: one read transaction on a file that is opened for reading only."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from gateway.raw.connect import cells, failures, sampling
from gateway.raw.connect.introspection import chosen, looked_at, read_schema
from gateway.raw.connect.source import Lent, Limits
from gateway.vocabulary.errors import SettingsError
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from pydantic import SecretStr

    from gateway.vocabulary.errors import GatewayError
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Schema, Table

_quoted = sqlite.dialect(paramstyle="named").identifier_preparer.quote_identifier

_COLUMNS = sa.text(
    "SELECT t.name, c.name, c.type FROM sqlite_master AS t JOIN pragma_table_xinfo(t.name) AS c "
    "WHERE t.type = 'table' AND c.hidden <> 1 ORDER BY t.name, c.cid"
)
_BATCH = 20_000
_STEPS = 10_000
"""Steps of SQLite's virtual machine between two looks at the clock."""
_HASH = Column(name=ColumnName("hash"), kind=Kind.INTEGER, native="bigint", nullable=False)
_HALF = 2**63
"""Hashes are unsigned and SQLite's numbers are not: here they are less by a half."""
_ROW_NUMBERS = ("rowid", "_rowid_", "oid")
"""What the number of a row may be called, where no column is called so."""


class SQLiteSource:
    """A SQLite file, opened with ``mode=ro`` whatever its URL says, so that there is no writer to refuse.

    SQLite lets any cell hold any type: a column is what its declared type says, and cells that do not fit are NULL.
    """

    dialect = "sqlite"

    def __init__(self, url: SecretStr, schema: str | None, *, limits: Limits | None = None) -> None:
        """Keep the address; nothing is opened yet. The only schema is ``main``."""
        self._url = sa.make_url(url.get_secret_value())
        self._limits = limits or Limits()
        if schema not in (None, "main"):
            raise SettingsError(f"a SQLite source has no schema {schema}; leave it out")
        path = _path(self._url)
        if not path or path == ":memory:":
            raise SettingsError("the source's URL names no SQLite file; expected sqlite:////absolute/path/to/file.db")
        self._file = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
        self._engine = sa.create_engine("sqlite://", creator=self._open, poolclass=sa.NullPool, hide_parameters=True)

    def introspect(self) -> Schema:
        """Return tables, columns, keys and references of the file."""
        with self.snapshot() as snapshot:
            return snapshot.schema

    @contextmanager
    def snapshot(self) -> Iterator[SQLiteSnapshot]:
        """Open one read transaction; every read and the introspection happen inside it.

        Without a write-ahead log writers wait for its end.
        """
        try:
            connection = self._engine.connect()
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            raise failures.unreachable(self._url, error) from None
        try:
            try:
                connection.exec_driver_sql("PRAGMA query_only = ON")
                connection.exec_driver_sql("BEGIN")
                snapshot = SQLiteSnapshot(connection, self._limits)
            except (sa.exc.DBAPIError, sqlite3.Error) as error:
                if _code(error) in _LOCKED:
                    raise _failure("reading the source's catalogue", error, self._limits, table=None) from None
                raise failures.unreachable(self._url, error) from None
            yield snapshot
        finally:
            connection.invalidate()
            connection.close()

    def refuse_writers(self) -> None:
        """Do nothing: the file is opened for reading only."""

    def close(self) -> None:
        """Give back all connections; each snapshot gives back its own."""
        self._engine.dispose()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, uri=True, timeout=self._limits.lock, isolation_level=None)
        connection.text_factory = _utf8_or_none
        return connection


class SQLiteSnapshot(sampling.Drawing):
    """One consistent view."""

    def __init__(self, connection: sa.Connection, limits: Limits) -> None:
        """Introspect the file inside the transaction that ``connection`` has open."""
        self._connection = connection
        self._limits = limits
        natives = {(row[0], row[1]): row[2] for row in connection.execute(_COLUMNS)}
        self.schema = read_schema(connection, schema=None, natives=natives)

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns`` in batches; see the contract."""
        wanted = chosen(self._table(table), columns)
        if wanted:
            yield from self._selected(table, wanted, [_name(column) for column in wanted])

    def count(self, table: TableName) -> float:
        """Return how many rows there are."""
        self._table(table)
        with _told(f"measuring table {table}", self._limits, table=table):
            (count,) = self._set_deadline().execute(f"SELECT count(*) FROM main.{_quoted(table)}").fetchone()
        return float(count)

    def look(self, wanted: sampling.Look) -> tuple[pa.Table, NDArray[np.uint64]]:
        """Return rows by BLAKE2b, keyed by the table's seed, of each row's key or number; see ``sampling.Drawing``.

        All rows are passed over inside SQLite, which calls the hash for each; only the chosen ones are handed out.
        """
        table = self._table(wanted.table)
        columns = looked_at(table, wanted.columns)
        driver: Any = self._connection.connection.driver_connection
        with _told(f"reading table {table.name}", self._limits, table=table.name):
            driver.create_function("gateway_hash", -1, _hasher(wanted.seed), deterministic=True)
            driver.create_function("gateway_hash", 1, _number_hasher(wanted.seed), deterministic=True)
            hashed = f"gateway_hash({', '.join(self._identity(table))})"
        clause = f" WHERE {_condition(wanted, hashed)} LIMIT {wanted.most}"
        read = list(self._selected(table.name, (*columns, _HASH), [*map(_cut, columns), hashed], clause))
        found = pa.Table.from_batches(read, cells.schema_of((*columns, _HASH)))
        hashes = found.column(found.num_columns - 1).to_numpy().view(np.uint64) + np.uint64(_HALF)
        return found.remove_column(found.num_columns - 1), hashes

    def _identity(self, table: Table) -> list[str]:
        """Return the SQL of what tells a row of ``table`` from the others: its key, and its number where it has one.

        A key that is not a row's number may be NULL in SQLite, even more than once; such rows are told by the number.
        """
        columns = [table.column(name) for name in sampling.identity(table)]
        if len(columns) == 1 and columns[0].native.upper() == "INTEGER" and table.primary_key:
            return [_name(columns[0])]  # what SQLite takes for the row's number, and would not let be NULL
        key = [f"CAST({_name(column)} AS BLOB)" for column in columns]
        taken = {column.name.lower() for column in table.columns}
        number = next((name for name in _ROW_NUMBERS if name not in taken), None)
        if number is None or not self._has(table.name, number):
            return key or [_name(column) for column in table.columns]
        if not key:
            return [f"t.{number}"]
        return [*key, f"CASE WHEN {' OR '.join(f'{one} IS NULL' for one in key)} THEN t.{number} END"]

    def _has(self, table: TableName, number: str) -> bool:
        driver: Any = self._connection.connection.driver_connection
        try:
            driver.execute(f"SELECT t.{number} FROM main.{_quoted(table)} AS t LIMIT 0")
        except sqlite3.OperationalError:
            return False
        return True

    def lend(self, table: TableName) -> Lent:
        """Lend the connection for aggregates, which have one statement's time together; see the contract."""
        self._table(table)
        self._set_deadline()
        return Lent(connection=self._connection, schema="main")

    def _table(self, name: TableName) -> Table:
        try:
            return self.schema.table(name)
        except KeyError:
            raise failures.changed(name) from None

    def _selected(
        self, table: TableName, wanted: Sequence[Column], items: Sequence[str], clause: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """Stream ``items``, SQL over ``t`` that gives the columns ``wanted``, of the rows that ``clause`` leaves."""
        with _told(f"reading table {table}", self._limits, table=table):
            for rows in self._rows(f"SELECT {', '.join(items)} FROM main.{_quoted(table)} AS t{clause}"):
                arrays = [
                    cells.from_values(values, column)
                    for values, column in zip(zip(*rows, strict=True), wanted, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=cells.schema_of(wanted))

    def _set_deadline(self) -> Any:  # noqa: ANN401 - SQLAlchemy does not say which driver
        driver: Any = self._connection.connection.driver_connection
        end = time.monotonic() + self._limits.statement
        driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        return driver

    def _rows(self, query: str) -> Iterator[Sequence[tuple[object, ...]]]:
        driver = self._set_deadline()
        with closing(driver.cursor()) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(_BATCH):
                yield rows


def _name(column: Column) -> str:
    # a quoted name that is no column would be read as a text; with the table's alias before it, it is an error
    return f"t.{_quoted(column.name)}"


def _cut(column: Column) -> str:
    """Return the SQL of a column as a sample holds it: texts up to a length."""
    if column.kind not in TEXT_KINDS:
        return _name(column)
    name, most = _name(column), sampling.LONGEST
    return f"CASE typeof({name}) WHEN 'text' THEN substr({name}, 1, {most}) ELSE {name} END"


def _condition(wanted: sampling.Look, hashed: str) -> str:
    """Return the SQL that is true of the rows of any part."""
    parts = []
    for part in wanted.parts:
        tests = [] if part.filled is None else [f"t.{_quoted(part.filled)} IS NOT NULL"]
        if part.below is not None:
            tests.append(f"{hashed} < {part.below - _HALF}")
        parts.append(f"({' AND '.join(tests) or '1'})")
    return " OR ".join(parts)


def _hasher(seed: bytes) -> Callable[..., int]:
    keyed = hashlib.blake2b(key=seed, digest_size=8)

    def hashed(*parts: bytes | str | float | None) -> int:
        one = keyed.copy()
        for part in parts:
            written = part if isinstance(part, bytes) else b"" if part is None else str(part).encode()
            one.update(b"%d:" % (-1 if part is None else len(written)))
            one.update(written)
        return int.from_bytes(one.digest(), "big") - _HALF

    return hashed


def _number_hasher(seed: bytes) -> Callable[[object], int]:
    """Return the hash of a single number, which most keys are: twice as fast as that of several parts."""
    copy, number = hashlib.blake2b(key=seed, digest_size=8).copy, int.from_bytes

    def hashed(part: object) -> int:
        one = copy()
        one.update(b"%d" % part if type(part) is int else repr(part).encode())
        return number(one.digest(), "big") - _HALF

    return hashed


def _path(url: sa.URL) -> str:
    """Return the file that a URL names, also in the form ``file:path?mode=ro&uri=true``."""
    database = url.database or ""
    return unquote(urlsplit(database).path) if database.startswith("file:") else database


def _utf8_or_none(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


_LOCKED = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT"})
_CHANGED = frozenset({"SQLITE_ERROR", "SQLITE_SCHEMA"})


@contextmanager
def _told(what: str, limits: Limits, *, table: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sa.exc.DBAPIError) as error:
        raise _failure(what, error, limits, table=table) from None


def _failure(what: str, error: BaseException, limits: Limits, *, table: str | None) -> GatewayError:
    code = _code(error)
    if code == "SQLITE_INTERRUPT":
        return failures.too_slow(what, seconds=limits.statement)
    if code in _LOCKED:
        return failures.locked(what, seconds=limits.lock)
    if table and code in _CHANGED:
        return failures.changed(table)
    return failures.failed(what, code=code)


def _code(error: BaseException) -> str:
    return str(getattr(getattr(error, "orig", None) or error, "sqlite_errorname", "SQLITE_ERROR"))


plugin = SQLiteSource
