"""MySQL and MariaDB: one consistent snapshot in one session, rows by an unbuffered cursor."""

from __future__ import annotations

import dataclasses
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pymysql
import sqlalchemy as sa
from pymysql.cursors import SSCursor
from sqlalchemy.dialects import mysql

from gateway.raw.connect import cells, failures, sampling
from gateway.raw.connect.introspection import chosen, looked_at, read_schema
from gateway.raw.connect.kinds import is_document
from gateway.raw.connect.source import Lent, Limits
from gateway.vocabulary.errors import SettingsError
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from pydantic import SecretStr

    from gateway.vocabulary.errors import GatewayError
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Schema, Table

_quoted = mysql.dialect(paramstyle="named").identifier_preparer.quote_identifier

_COLUMNS = sa.text(
    "SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = :schema "
    "ORDER BY table_name, ordinal_position"
)
_ESTIMATE = sa.text(
    "SELECT table_rows FROM information_schema.tables WHERE table_schema = :schema AND table_name = :table"
)
_BATCH = 20_000
_HASH = Column(name=ColumnName("hash"), kind=Kind.TEXT, native="char", nullable=False)
_READING = frozenset(
    [
        "SELECT",
        "USAGE",
        "SHOW VIEW",
        "SHOW DATABASES",
        "SHOW CREATE ROUTINE",
        "SHOW_ROUTINE",
        "PROCESS",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",
        "SLAVE MONITOR",
        "REPLICA MONITOR",
    ]
)
_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?P<place>.+) TO ", re.DOTALL)
_ROLE = re.compile(r"GRANT (?P<roles>.+?) TO ", re.DOTALL)

_LOST = frozenset({0, 1053, 1927, 2006, 2013, 2055})
_LATE = frozenset({1317, 1969, 3024})
_LOCKED = frozenset({1205, 3572})
_CHANGED = frozenset({1054, 1146, 1412, 1049})
_FORBIDDEN = frozenset({1142, 1143})


class MySQLSource:
    """A MySQL or MariaDB database, read by one user and never written.

    The snapshot covers InnoDB's tables; other engines (MyISAM, Aria, Memory) have none, and their tables may change
    between two reads. Values that the catalogue cannot tell apart: TINYINT(1), which BOOLEAN is written as, is read as
    a boolean, and what is neither 0 nor 1 in it is NULL.
    Foreign keys whose names hold a backtick are not seen (SQLAlchemy parses them from SHOW CREATE TABLE).
    """

    dialect = "mysql"

    def __init__(self, url: SecretStr, schema: str | None, *, limits: Limits | None = None) -> None:
        """Keep the address; nothing is connected yet. ``schema`` is the URL's database when None."""
        address = sa.make_url(url.get_secret_value()).set(drivername="mysql+pymysql")
        if not (schema or address.database):
            raise SettingsError("the source's URL names no database, and no schema was given; expected one of them")
        self._url = address
        self._schema = str(schema or address.database)
        self._limits = limits or Limits()
        self._engine = sa.create_engine(
            address,
            poolclass=sa.NullPool,
            hide_parameters=True,
            connect_args={
                "charset": "utf8mb4",
                "connect_timeout": self._limits.connect,
                # a server that vanished without a word: no byte for longer than any statement may take
                "read_timeout": self._limits.statement + self._limits.connect,
            },
        )

    def introspect(self) -> Schema:
        """Return tables, columns, keys and references of the database."""
        with self.snapshot() as snapshot:
            return snapshot.schema

    @contextmanager
    def snapshot(self) -> Iterator[MySQLSnapshot]:
        """Open one REPEATABLE READ, READ ONLY transaction; every read and the introspection happen inside it."""
        with self._session() as connection:
            remedy = f"GRANT SELECT ON {_quoted(self._schema)}.* TO ...;"
            with _told("opening a snapshot", self._limits, remedy=remedy):
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
                snapshot = MySQLSnapshot(connection, self._schema, self._limits)
            yield snapshot

    def refuse_writers(self) -> None:
        """Raise ``SourceRefused`` when the user has any right, or any role with a right, beyond those of reading.

        Every grant that the server shows counts, whatever database it is for.
        """
        with self._session() as connection, _told("reading the user's rights", self._limits):
            user = str(connection.exec_driver_sql("SELECT CURRENT_USER()").scalar_one())
            beyond = sorted(_rights(connection) - _READING)
        if beyond:
            remedy = (
                "CREATE USER gateway_reader IDENTIFIED BY '...';  -- choose a password",
                f"GRANT SELECT, SHOW VIEW ON {_quoted(self._schema)}.* TO gateway_reader;",
            )
            raise failures.writer(user, [f"it has the right {failures.few(beyond)}"], remedy)

    def close(self) -> None:
        """Give back all connections; each snapshot gives back its own."""
        self._engine.dispose()

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        try:
            connection = self._engine.connect()
        except (sa.exc.DBAPIError, UnicodeError, ValueError, OSError, RuntimeError) as error:
            raise failures.unreachable(self._url, error) from None
        try:
            with _told("setting time-outs", self._limits):
                self._limit(connection)
            yield connection
        finally:
            # there is nothing to commit, and rows may be under way that a ROLLBACK would have to wait for
            connection.invalidate()
            connection.close()

    def _limit(self, connection: sa.Connection) -> None:
        if getattr(connection.dialect, "is_mariadb", False):
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {self._limits.statement}")
        else:
            connection.exec_driver_sql(f"SET SESSION max_execution_time = {1000 * self._limits.statement}")
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {self._limits.lock}")
        connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {self._limits.lock}")
        connection.exec_driver_sql("SET SESSION time_zone = '+00:00'")
        connection.commit()


class MySQLSnapshot(sampling.Drawing):
    """One consistent view. One table is read at a time."""

    def __init__(self, connection: sa.Connection, schema: str, limits: Limits) -> None:
        """Introspect ``schema`` inside the transaction that ``connection`` has open."""
        self._connection = connection
        self._name = schema
        self._limits = limits
        rows = connection.execute(_COLUMNS, {"schema": schema})
        self.schema = read_schema(connection, schema=schema, natives={(row[0], row[1]): row[2] for row in rows})
        self._reading: str | None = None

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns`` in batches; see the contract."""
        wanted = chosen(self._table(table), columns)
        if wanted:
            yield from self._selected(table, wanted, [_expression(column) for column in wanted])

    def count(self, table: TableName) -> float:
        """Return about how many rows there are, from InnoDB's statistics."""
        self._table(table)
        with _told(f"measuring table {table}", self._limits, table=table):
            known = self._connection.execute(_ESTIMATE, {"schema": self._name, "table": table}).scalar()
        return float(known or 0)

    def look(self, wanted: sampling.Look) -> tuple[pa.Table, NDArray[np.uint64]]:
        """Return rows by SHA-256 of the table's seed and each row's key, or its number; see ``sampling.Drawing``.

        The server passes over the whole table and sends the chosen rows only.
        """
        table = self._table(wanted.table)
        columns = looked_at(table, wanted.columns)
        with _told(f"reading table {table.name}", self._limits, table=table.name):
            # in a variable: what is in the text of a query, others may see while it runs
            self._connection.execute(
                sa.text("SET @gateway_seed = :seed, @gateway_row = 0"), {"seed": wanted.seed.hex()}
            )
        key = [_told_apart(table.column(name)) for name in sampling.identity(table)]
        # a table without a key keeps its rows in the order they were written, and that is how they are numbered
        count = "" if key else "(@gateway_row := @gateway_row + 1) > 0 AND "
        hashed = f"SHA2(CONCAT({', '.join(['@gateway_seed', *(key or ['@gateway_row'])])}), 256)"
        clause = f" WHERE {count}({_condition(wanted, hashed)}) LIMIT {wanted.most}"
        items = [*map(_cut, columns), f"LEFT({hashed}, 16)"]
        read = list(self._selected(table.name, (*columns, _HASH), items, clause))
        found = pa.Table.from_batches(read, cells.schema_of((*columns, _HASH)))
        hashes = [int(text, 16) for text in found.column(found.num_columns - 1).to_pylist()]
        return found.remove_column(found.num_columns - 1), np.array(hashes, dtype=np.uint64)

    def lend(self, table: TableName) -> Lent:
        """Lend the connection for aggregates over ``table``; see the contract."""
        self._table(table)
        return Lent(connection=self._connection, schema=self._name)

    def _table(self, name: TableName) -> Table:
        try:
            return self.schema.table(name)
        except KeyError:
            raise failures.changed(name) from None

    def _selected(
        self, table: TableName, wanted: Sequence[Column], items: Sequence[str], clause: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """Stream ``items``, SQL that gives the columns ``wanted``, of the rows of ``table`` that ``clause`` leaves."""
        if self._reading is not None:
            raise RuntimeError(f"table {self._reading} is still being read from this snapshot; finish it first")
        place = f"{_quoted(self._name)}.{_quoted(table)}"
        self._reading = table
        try:
            with _told(f"reading table {table}", self._limits, table=table, remedy=f"GRANT SELECT ON {place} TO ...;"):
                for rows in self._raw_rows(f"SELECT {', '.join(items)} FROM {place}{clause}"):
                    arrays = [
                        cells.from_text(pa.array(values, pa.binary()), column)
                        for values, column in zip(zip(*rows, strict=True), wanted, strict=True)
                    ]
                    yield pa.RecordBatch.from_arrays(arrays, schema=cells.schema_of(wanted))
        finally:
            self._reading = None

    def _raw_rows(self, query: str) -> Iterator[Sequence[tuple[bytes | None, ...]]]:
        """Yield batches of rows as the server wrote them: the driver would stop at the first byte that is not UTF-8."""
        driver: Any = self._connection.connection.driver_connection
        unicode, decoders = driver.use_unicode, driver.decoders
        cursor = SSCursor(driver)
        driver.use_unicode, driver.decoders = False, {}
        try:
            cursor.execute(query)
            while rows := cursor.fetchmany(_BATCH):
                yield rows
        finally:
            driver.use_unicode, driver.decoders = unicode, decoders
            # closing receives the rest; after a failure there is none
            with suppress(pymysql.MySQLError, OSError, AttributeError):
                cursor.close()
            # or both try to receive the rest once more when they are collected
            cursor.connection = None
            if cursor._result is not None:  # noqa: SLF001 - the driver has no other way to leave a broken result
                cursor._result.unbuffered_active = False  # noqa: SLF001


def _expression(column: Column) -> str:
    name = _quoted(column.name)
    if column.kind is Kind.BOOLEAN:
        return f"{name} + 0"  # BIT(1) is sent as a byte otherwise
    if column.kind is Kind.ENUM and "" not in column.values:
        return f"NULLIF({name}, '')"  # what the server stores for a label it does not know
    return name


def _cut(column: Column) -> str:
    """Return the SQL of a column as a sample holds it: texts up to a length."""
    if is_document(dataclasses.replace(column, kind=Kind.UNSUPPORTED)):
        return f"LEFT(CAST({_quoted(column.name)} AS CHAR), {sampling.LONGEST})"
    if column.kind is Kind.TEXT and not 0 < (column.length or 0) <= sampling.LONGEST:
        return f"LEFT({_quoted(column.name)}, {sampling.LONGEST})"
    return _expression(column)


def _told_apart(column: Column) -> str:
    """Return the SQL of a key's value with its length before it, so that (1, 23) and (12, 3) differ."""
    value = f"CAST({_quoted(column.name)} AS BINARY)"
    return f"LENGTH({value}), ':', {value}"


def _condition(wanted: sampling.Look, hashed: str) -> str:
    """Return the SQL that is true of the rows of any part."""
    parts = []
    for part in wanted.parts:
        tests = [] if part.filled is None else [f"{_quoted(part.filled)} IS NOT NULL"]
        if part.below is not None:
            tests.append(f"{hashed} < '{part.below:016x}'")
        parts.append(f"({' AND '.join(tests) or 'TRUE'})")
    return " OR ".join(parts)


def _rights(connection: sa.Connection) -> set[str]:
    """Return all rights in the user's grants and in those of its roles; a role that is not shown is a right itself."""
    rights: set[str] = set()
    waiting, seen = ["CURRENT_USER()"], set[str]()
    while waiting:
        of = waiting.pop()
        seen.add(of)
        try:
            grants = _grants(connection, of)
        except sa.exc.DBAPIError:
            rights.add(f"to act as {of}, whose own rights it may not see")
            continue
        for grant in grants:
            found, roles = _parsed(grant)
            rights |= found
            waiting += [role for role in roles if role not in seen]
    return rights


def _grants(connection: sa.Connection, of: str) -> list[str]:
    try:
        return [str(row[0]) for row in connection.execute(sa.text(f"SHOW GRANTS FOR {_escaped(of)}"))]
    except sa.exc.DBAPIError:
        # MariaDB shows a role's grants to those only who have put it on
        connection.execute(sa.text(f"SET ROLE {_escaped(of)}"))
        try:
            return [str(row[0]) for row in connection.exec_driver_sql("SHOW GRANTS FOR CURRENT_ROLE")]
        finally:
            connection.exec_driver_sql("SET ROLE NONE")


def _escaped(sql: str) -> str:
    return sql.replace("\\", "\\\\").replace(":", "\\:")


def _parsed(grant: str) -> tuple[set[str], list[str]]:
    """Return the rights and the roles of one line of SHOW GRANTS. Columns in brackets do not matter."""
    if grant.startswith("SET DEFAULT ROLE"):
        return set(), []
    extra = {"GRANT OPTION"} if re.search(r"WITH (GRANT|ADMIN) OPTION", grant) else set()
    if match := _GRANT.match(grant):
        rights = re.sub(r"\([^)]*\)", "", match["rights"])
        return {right.strip().upper() for right in rights.split(",")} | extra, []
    if match := _ROLE.match(grant):
        return extra, [role.strip() for role in match["roles"].split(",")]
    return {"an unknown grant"}, []


@contextmanager
def _told(what: str, limits: Limits, *, table: str | None = None, remedy: str = "") -> Iterator[None]:
    """Say in our words what the server or the driver reports while ``what`` is done."""
    try:
        yield
    except (pymysql.MySQLError, sa.exc.DBAPIError, sa.exc.NoSuchTableError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        code = cause.args[0] if isinstance(cause, pymysql.MySQLError) and cause.args else None
        raise _failure(what, code, limits, table=table, remedy=remedy) from None


def _failure(what: str, code: object, limits: Limits, *, table: str | None, remedy: str) -> GatewayError:
    if code is None or code in _LOST:
        return failures.lost(what)
    if code in _LATE:
        return failures.too_slow(what, seconds=limits.statement)
    if code in _LOCKED:
        return failures.locked(what, seconds=limits.lock)
    if table and code in _CHANGED:
        return failures.changed(table)
    if code in _FORBIDDEN:
        return failures.forbidden(f"table {table}" if table else "a table of which it sees some columns only", remedy)
    return failures.failed(what, code=code)


plugin = MySQLSource
