"""PostgreSQL: one snapshot in one session, rows by binary COPY."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from psycopg import Error
from sqlalchemy.dialects import postgresql

from gateway.raw.connect import binary_copy, cells, failures, postgresql_rights, sampling
from gateway.raw.connect.copy_stream import CopyFailed, copy_rows
from gateway.raw.connect.introspection import chosen, looked_at, read_schema
from gateway.raw.connect.kinds import is_document
from gateway.raw.connect.source import Lent, Limits
from gateway.vocabulary.errors import SourceFailed
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from psycopg.pq.abc import PGconn
    from pydantic import SecretStr

    from gateway.vocabulary.errors import GatewayError
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Schema, Table

_quoted = postgresql.dialect(paramstyle="named").identifier_preparer.quote_identifier  # type: ignore[no-untyped-call]

_CATALOGUE = sa.text("""
    SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), c.relkind = 'p', c.relispartition,
           c.oid::int8, pg_catalog.pg_relation_filenode(c.oid)::int8,
           CASE WHEN c.relispartition THEN (
               SELECT p.relname FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
               WHERE i.inhrelid = c.oid AND p.relnamespace = c.relnamespace) END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
    ORDER BY c.relname, a.attnum
""")
_DOMAINS = sa.text("""
    WITH RECURSIVE typed AS (
        SELECT c.relname, a.attname, t.oid, t.typbasetype, t.typtypmod
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
        WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
        UNION ALL
        SELECT typed.relname, typed.attname, t.oid, t.typbasetype, t.typtypmod
        FROM typed JOIN pg_catalog.pg_type t ON t.oid = typed.typbasetype AND t.typtype = 'd')
    SELECT typed.relname, typed.attname,
           CASE WHEN b.typtype <> 'd' THEN pg_catalog.format_type(typed.typbasetype, typed.typtypmod) END,
           d.conname, pg_catalog.pg_get_constraintdef(d.oid)
    FROM typed JOIN pg_catalog.pg_type b ON b.oid = typed.typbasetype
    LEFT JOIN pg_catalog.pg_constraint d ON d.contypid = typed.oid AND d.contype = 'c'
    ORDER BY typed.relname, typed.attname, d.conname
""")
"""For each column of a domain, of a domain over it, and so on: the type at the bottom, and what each CHECKs."""
_SIZE = sa.text("""
    SELECT sum(pg_catalog.pg_relation_size(c.oid)) / 8192, sum(greatest(c.reltuples, 0)), sum(c.relpages)
    FROM pg_catalog.pg_class c
    WHERE c.oid = :oid OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(:oid) WHERE isleaf)
""")
_ROWS_PER_PAGE = 60
"""Guessed where the catalogue knows nothing yet."""
_MOST_PAGES = 2**21
"""Up to 16 GiB a table is passed over in full, so that every row has its own chance. Of a bigger one so many pages are
drawn first (TABLESAMPLE SYSTEM, by a secret seed), which are many enough for rows that lie side by side to be too few
to matter."""
_SEED = "(SELECT pg_catalog.decode(pg_catalog.current_setting('gateway.seed'), 'hex'))"
"""A setting of the transaction: what is in the text of a query, others may see while it runs."""
_TEXTS = ("text", "character varying", "citext", "public.citext")
_HASH = Column(name=ColumnName("hash"), kind=Kind.INTEGER, native="bigint", nullable=False)


class PostgresSource:
    """A PostgreSQL database, read by one role and never written.

    Rows that row-level security hides from the role are not read. Tables of other schemas, foreign tables and views are
    not seen; a partitioned table is one table. A child of an inherited table is a table of its own, and its rows are
    not read again with the parent's.
    """

    dialect = "postgresql"

    def __init__(self, url: SecretStr, schema: str | None, *, limits: Limits | None = None) -> None:
        """Keep the address; nothing is connected yet. ``schema`` is the role's default schema when None."""
        self._url = sa.make_url(url.get_secret_value()).set(drivername="postgresql+psycopg")
        self._schema = schema
        self._limits = limits or Limits()
        self._engine = sa.create_engine(
            self._url,
            poolclass=sa.NullPool,
            hide_parameters=True,
            use_native_hstore=False,
            connect_args={
                "connect_timeout": self._limits.connect,
                "client_encoding": "utf8",
                "application_name": "gateway",
                # a server that vanished without a word is noticed within a minute
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 60_000,
            },
        )

    def introspect(self) -> Schema:
        """Return tables, columns, keys and references of the schema."""
        with self.snapshot() as snapshot:
            return snapshot.schema

    @contextmanager
    def snapshot(self) -> Iterator[PostgresSnapshot]:
        """Open one REPEATABLE READ, READ ONLY transaction; every read and the introspection happen inside it."""
        with self._session() as connection:
            with _told("reading the source's catalogue", self._limits):
                schema = self._schema or str(connection.dialect.default_schema_name)
                snapshot = PostgresSnapshot(connection, schema, self._limits)
            yield snapshot

    def refuse_writers(self) -> None:
        """Raise ``SourceRefused`` when the role, or a role it is a member of, could change anything in the database.

        Seen: superusers and roles that make roles or databases, ownership, INSERT, UPDATE, DELETE and TRUNCATE on
        tables, columns and views, UPDATE on sequences, CREATE on schemas and the database. Not seen: functions that
        run with their owner's rights (every read is in a READ ONLY transaction besides).
        """
        with self._session() as connection, _told("reading the role's rights", self._limits):
            schema = self._schema or str(connection.dialect.default_schema_name)
            postgresql_rights.refuse_writers(connection, schema=schema, quoted=_quoted)

    def close(self) -> None:
        """Give back all connections; each snapshot gives back its own."""
        self._engine.dispose()

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        try:
            connection = self._engine.connect()
        except (sa.exc.DBAPIError, UnicodeError, ValueError) as error:
            raise failures.unreachable(self._url, error) from None
        try:
            with _told("opening a snapshot", self._limits):
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{self._limits.statement}s'")
                connection.exec_driver_sql("SET LOCAL timezone = 'UTC'")
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{self._limits.lock}s'")
            yield connection
        finally:
            # there is nothing to commit, and a COPY may be under way that a ROLLBACK would have to wait for
            connection.invalidate()
            connection.close()


class PostgresSnapshot(sampling.Drawing):
    """One consistent view. One table is read at a time."""

    def __init__(self, connection: sa.Connection, schema: str, limits: Limits) -> None:
        """Introspect ``schema`` inside the transaction that ``connection`` has open."""
        self._connection = connection
        self._name = schema
        self._limits = limits
        rows = connection.execute(_CATALOGUE, {"schema": schema}).all()
        if not rows and not sa.inspect(connection).has_schema(schema):
            raise SourceFailed(f"the source has no schema {schema}, or the role may not see it")
        self._partitioned = {row[0] for row in rows if row[3]}
        self._files = {row[0]: (row[5], row[6]) for row in rows}
        domains = connection.execute(_DOMAINS, {"schema": schema}).all()
        self.schema = read_schema(
            connection,
            schema=schema,
            natives={(row[0], row[1]): row[2] for row in rows},
            bases={(row[0], row[1]): row[2] for row in domains if row[2]},
            without={row[0]: row[7] for row in rows if row[4]},
            of_types=[(row[0], row[1], row[3], row[4]) for row in domains if row[3]],
        )
        self._reading: str | None = None

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns`` in batches; see the contract."""
        wanted = chosen(self._table(table), columns)
        items = [binary_copy.expression(column, _quoted(column.name), unchecked=self._unchecked) for column in wanted]
        yield from self._copied(table, wanted, items)

    def count(self, table: TableName) -> float:
        """Return about how many rows a look passes over, from the table's size on disk and its last ANALYZE."""
        pages, density = self._size(table)
        return density * min(pages, _MOST_PAGES)

    def look(self, wanted: sampling.Look) -> tuple[pa.Table, NDArray[np.uint64]]:
        """Return rows by SHA-256 of the table's seed and each row's key; see ``sampling.Drawing``.

        After a failure of one table others can be read: it happens inside a savepoint.
        """
        table = self._table(wanted.table)
        columns = looked_at(table, wanted.columns)
        hashed = f"pg_catalog.sha256({_SEED} || {self._identity(table)})"
        number = f"('x' || pg_catalog.encode(pg_catalog.substr({hashed}, 1, 8), 'hex'))::bit(64)::int8"
        items = [binary_copy.expression(c, _cut(c), unchecked=self._unchecked) for c in columns]
        clause = f"{self._pages(wanted)} WHERE {_condition(wanted, hashed)} LIMIT {wanted.most}"
        with self._savepoint():
            with _told(f"reading table {table.name}", self._limits, table=table.name):
                seed = {"seed": wanted.seed.hex()}
                self._connection.execute(sa.text("SELECT pg_catalog.set_config('gateway.seed', :seed, true)"), seed)
            batches = list(self._copied(table.name, (*columns, _HASH), [*items, number], clause))
        found = pa.Table.from_batches(batches, cells.schema_of((*columns, _HASH)))
        hashes = found.column(found.num_columns - 1).to_numpy().view(np.uint64)
        return found.remove_column(found.num_columns - 1), hashes

    def _identity(self, table: Table) -> str:
        """Return the SQL of the bytes that tell a row of ``table`` from the others: its key, else its address."""
        key = [table.column(name) for name in sampling.identity(table)]
        if not key:
            return "pg_catalog.oidsend(tableoid) || pg_catalog.tidsend(ctid)"
        if len(key) == 1 and key[0].native in {"smallint", "integer", "bigint"}:
            return f"pg_catalog.int8send({_quoted(key[0].name)}::int8)"
        if len(key) == 1 and key[0].native == "uuid":
            return f"pg_catalog.uuid_send({_quoted(key[0].name)})"
        encoding = "SQL_ASCII" if self._unchecked else "UTF8"
        names = ", ".join(_quoted(column.name) for column in key)
        return f"pg_catalog.convert_to(ROW({names})::pg_catalog.text, '{encoding}')"

    def _size(self, table: TableName) -> tuple[float, float]:
        """Return how many pages ``table`` has, and about how many rows a page."""
        self._table(table)
        oid, _ = self._files[table]
        with self._savepoint(), _told(f"measuring table {table}", self._limits, table=table):
            pages, tuples, known_pages = self._connection.execute(_SIZE, {"oid": oid}).one()
        return float(pages or 0), float(tuples) / float(known_pages) if known_pages and tuples else _ROWS_PER_PAGE

    def _pages(self, wanted: sampling.Look) -> str:
        pages, _ = self._size(wanted.table)
        if pages <= _MOST_PAGES:
            return ""
        seed = int.from_bytes(wanted.seed[:4], "big")
        return f" TABLESAMPLE SYSTEM ({100 * _MOST_PAGES / pages:.9f}) REPEATABLE ({seed})"

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        """Undo what fails inside, so that the transaction goes on."""
        with _told("opening a savepoint", self._limits):
            self._connection.exec_driver_sql("SAVEPOINT gateway_look")
        try:
            yield
        except BaseException:
            with suppress(Error, sa.exc.DBAPIError):
                self._connection.exec_driver_sql("ROLLBACK TO SAVEPOINT gateway_look")
            raise
        with _told("closing a savepoint", self._limits):
            self._connection.exec_driver_sql("RELEASE SAVEPOINT gateway_look")

    def lend(self, table: TableName) -> Lent:
        """Lend the connection for aggregates over ``table``, which is locked against changes; see the contract."""
        self._table(table)
        place = f"{_quoted(self._name)}.{_quoted(table)}"
        with _told(f"reading table {table}", self._limits, table=table, remedy=self._grant(table)):
            self._check_unchanged(table, place=place, items="")
        return Lent(connection=self._connection, schema=self._name)

    def _table(self, name: TableName) -> Table:
        try:
            return self.schema.table(name)
        except KeyError:
            raise failures.changed(name) from None

    def _copied(
        self, table: TableName, wanted: Sequence[Column], items: Sequence[str], clause: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """Stream ``items``, SQL that gives the columns ``wanted``, of the rows of ``table`` that ``clause`` leaves."""
        if self._reading is not None:
            raise RuntimeError(f"table {self._reading} is still being read from this snapshot; finish it first")
        only = "" if table in self._partitioned else "ONLY "
        place = f"{only}{_quoted(self._name)}.{_quoted(table)}"
        listed = ", ".join(items)
        self._reading = table
        try:
            with _told(f"reading table {table}", self._limits, table=table, remedy=self._grant(table)):
                self._check_unchanged(table, place=place, items=listed)
                copy = f"COPY (SELECT {listed} FROM {place}{clause}) TO STDOUT (FORMAT binary)"
                for buffer, lengths in copy_rows(self._pgconn(), copy):
                    yield binary_copy.decode(buffer, lengths, wanted)
        finally:
            self._reading = None

    def _check_unchanged(self, table: TableName, *, place: str, items: str) -> None:
        """Lock the table against changes, then compare it with the one that was introspected.

        TRUNCATE and those forms of ALTER TABLE that rewrite a table show it empty to older snapshots (PostgreSQL
        documentation, "Caveats" of concurrency control), so a table with another file behind it is not read. What
        happens to a partition is not seen.
        """
        for _ in copy_rows(self._pgconn(), f"COPY (SELECT {items} FROM {place} LIMIT 0) TO STDOUT (FORMAT binary)"):
            pass
        oid, file = self._files[table]
        now = self._connection.execute(sa.text("SELECT pg_catalog.pg_relation_filenode(:oid)"), {"oid": oid}).scalar()
        if now != file:
            raise failures.changed(table)

    def _grant(self, table: TableName) -> str:
        role = _quoted(self._connection.engine.url.username or "gateway_reader")
        return f"GRANT SELECT ON {_quoted(self._name)}.{_quoted(table)} TO {role};"

    @property
    def _unchecked(self) -> bool:
        return bool(self._pgconn().parameter_status(b"server_encoding") == b"SQL_ASCII")

    def _pgconn(self) -> PGconn:
        driver: Any = self._connection.connection.driver_connection
        return driver.pgconn  # type: ignore[no-any-return]


def _cut(column: Column) -> str:
    """Return the SQL of a column as a sample holds it: texts up to a length, arrays and hstore as JSON."""
    name, native = _quoted(column.name), column.native.lower()
    if is_document(dataclasses.replace(column, kind=Kind.UNSUPPORTED)):
        text = name if native in {"json", "jsonb", "xml"} else f"pg_catalog.to_json({name})"
        return f"pg_catalog.left({text}::pg_catalog.text, {sampling.LONGEST})"
    if native.startswith(_TEXTS) and not 0 < (column.length or 0) <= sampling.LONGEST:
        return f"pg_catalog.left({name}::pg_catalog.text, {sampling.LONGEST})"
    return name


def _condition(wanted: sampling.Look, hashed: str) -> str:
    """Return the SQL that is true of the rows of any part."""
    parts = []
    for part in wanted.parts:
        tests = [] if part.filled is None else [f"{_quoted(part.filled)} IS NOT NULL"]
        if part.below is not None:
            tests.append(f"{hashed} < '\\x{part.below:016x}'::bytea")
        parts.append(f"({' AND '.join(tests) or 'true'})")
    return " OR ".join(parts)


@contextmanager
def _told(what: str, limits: Limits, *, table: str | None = None, remedy: str = "") -> Iterator[None]:
    """Say in our words what the server or the driver reports while ``what`` is done."""
    try:
        yield
    except (CopyFailed, Error, sa.exc.DBAPIError) as error:
        cause = getattr(error, "orig", None) or error
        raise _failure(what, getattr(cause, "sqlstate", None), limits, table=table, remedy=remedy) from None
    except ValueError:
        # the rows do not have the form that the query asked for
        raise failures.failed(what, code="malformed rows") from None


def _failure(what: str, code: str | None, limits: Limits, *, table: str | None, remedy: str) -> GatewayError:
    if code is None or (code[:2] in {"08", "57"} and code != "57014"):
        return failures.lost(what)
    if code == "57014":
        return failures.too_slow(what, seconds=limits.statement)
    if code == "55P03":
        return failures.locked(what, seconds=limits.lock)
    if table and code in _CHANGED:
        return failures.changed(table)
    if table and code == "42501":
        return failures.forbidden(f"table {table}", remedy)
    return failures.failed(what, code=code)


_CHANGED = frozenset({"42P01", "42703", "42846", "22P02", "22007", "22008", "22003"})
"""No such table or column; no such cast, or a cast that fails: the types are not those of the catalogue."""

plugin = PostgresSource
