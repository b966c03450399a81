"""SQLite: one read transaction on a file that is opened for reading only."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from gateway.raw.connect import cells, failures, sampling
from gateway.raw.connect.introspection import chosen, read_schema
from gateway.raw.connect.source import Lent, Limits
from gateway.vocabulary.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import SecretStr

    from gateway.vocabulary.errors import GatewayError
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema, Table

_quoted = sqlite.dialect(paramstyle="named").identifier_preparer.quote_identifier

_COLUMNS = sa.text(
    "SELECT t.name, c.name, c.type FROM sqlite_master AS t JOIN pragma_table_xinfo(t.name) AS c "
    "WHERE t.type = 'table' AND c.hidden <> 1 ORDER BY t.name, c.cid"
)
_BATCH = 20_000
_STEPS = 10_000
"""Steps of SQLite's virtual machine between two looks at the clock."""
_GOLDEN, _WHOLE = 2_654_435_761, 2**32
"""Multiples of the golden ratio of 2**32 are spread evenly over it (Knuth, vol. 3, 6.4)."""


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


class SQLiteSnapshot:
    """One consistent view."""

    def __init__(self, connection: sa.Connection, limits: Limits) -> None:
        """Introspect the file inside the transaction that ``connection`` has open."""
        self._connection = connection
        self._limits = limits
        natives = {(row[0], row[1]): row[2] for row in connection.execute(_COLUMNS)}
        self.schema = read_schema(connection, schema=None, natives=natives)

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns`` in batches; see the contract."""
        yield from self._selected(table, columns)

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return about ``rows`` rows from all over the table, the same ones each time it is asked of the same rows.

        All rows are passed over, and only the chosen ones are handed out.
        """
        known = self._table(table)
        schema = cells.schema_of(chosen(known, columns))
        with _told(f"measuring table {table}", self._limits, table=table):
            driver: Any = self._connection.connection.driver_connection
            (count,) = driver.execute(f"SELECT count(*) FROM main.{_quoted(table)}").fetchone()

        def read(share: float) -> pa.Table:
            return pa.Table.from_batches(self._selected(table, columns, share=share), schema)

        return sampling.by_share(read, rows=rows, estimate=float(count))

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
        self, table: TableName, columns: Sequence[ColumnName], *, share: float = 1
    ) -> Iterator[pa.RecordBatch]:
        wanted = chosen(self._table(table), columns)
        if not wanted:
            return
        # a quoted name that is no column would be read as a text; with the table's alias before it, it is an error
        items = ", ".join(f"t.{_quoted(column.name)}" for column in wanted)
        place = f"main.{_quoted(table)} AS t"
        query = f"SELECT {items} FROM {place}"
        if share < 1:
            # columns are renamed c0, c1, ...: no name of the table's can be mistaken for the row's number
            names = ", ".join(f"c{i}" for i in range(len(wanted)))
            query = (
                f"WITH numbered({names}, n) AS (SELECT {items}, row_number() OVER () FROM {place}) "
                f"SELECT {names} FROM numbered WHERE (n * {_GOLDEN}) % {_WHOLE} < {int(share * _WHOLE)}"
            )
        with _told(f"reading table {table}", self._limits, table=table):
            for rows in self._rows(query):
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
