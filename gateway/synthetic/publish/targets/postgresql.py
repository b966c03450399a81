"""Publish into PostgreSQL: tables in a schema of their own, views in the public one, switched in one transaction.

Readers have a grant on the views alone; a view reads its table with the publisher's rights, so the staged schema is
closed to everybody else. A schema that is not ours is left as it is.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import sqlalchemy as sa
from psycopg import sql

from gateway.synthetic.publish.layout import shared_tables
from gateway.synthetic.publish.targets import _postgresql_rows as rows
from gateway.synthetic.publish.targets import _postgresql_schema as schemas
from gateway.synthetic.publish.targets import _postgresql_shape as shape
from gateway.synthetic.publish.targets._postgresql_connection import Busy, connect, reading, told
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import adbc_driver_postgresql.dbapi as adbc
    from pydantic import SecretStr

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.synthetic.publish.target import Publication
    from gateway.vocabulary.names import ReleaseId


class PostgresqlTarget:
    """A PostgreSQL database that approved tables are published to. Opens one connection, when first needed."""

    dialect = "postgresql"
    patience = 60.0
    """Seconds that a switch or withdrawal keeps trying while readers hold the live views."""

    def __init__(self, url: SecretStr) -> None:
        """Keep ``url``; nothing is opened yet."""
        self._url = sa.make_url(url.get_secret_value()).set(drivername="postgresql+psycopg")
        self._connection: psycopg.Connection | None = None

    def stage(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Load the tables into a schema nobody else can use; one transaction, so a kill leaves nothing of it."""
        every = shared_tables(publication, tables)
        shape.refuse_names(publication.schema, every)
        staged = shape.staged_name(publication.schema, publication.release)
        with self._transaction("staging") as connection:
            schemas.claim(connection, publication.schema)
            schemas.refuse_missing_role(connection, publication.readers)
            schemas.refuse_other_policy(connection, publication)
            if schemas.live(connection, publication.schema) == publication.release:
                return
            schemas.make_staging(connection, publication, staged)
            for each in every:
                place = sql.Identifier(staged, each.table.name)
                connection.execute(shape.create_table(place, each.table))
                rows.copy_in(connection, place, each)
                schemas.comment(connection, "TABLE", place, publication.note_of(each.table.name))
            for constraint in shape.constraints(staged, every):
                _add(connection, constraint)
            for each in every:
                connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(staged, each.table.name)))
            schemas.close_to_others(connection, staged)

    def verify(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Read every staged table back and compare all cells; ``CheckFailed`` names the table that differs.

        The order of rows does not matter, but in tables of millions, which are compared as they stream by: nobody but
        the gateway writes them. What is not checked: indexes and statistics.
        """
        staged = shape.staged_name(publication.schema, publication.release)
        every = shared_tables(publication, tables)
        with self._transaction("verifying") as connection:
            schemas.refuse_unstaged(connection, publication, staged)
            for each in every:
                expected = [(column.name, shape.type_of(column)) for column in each.table.columns]
                if schemas.columns(connection, staged, each.table.name) != expected:
                    raise CheckFailed(
                        f"staged table {each.table.name!r} has other columns than were approved; publish again"
                    )
        with reading(self._url) as reader:
            for each in every:
                _compare(each, reader, staged)

    def switch(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Point the public views at the staged tables and drop what they showed before; all or nothing.

        Whatever grants stood on the schema and its views, afterwards there is one: to the readers.
        """
        staged = shape.staged_name(publication.schema, publication.release)
        names = [each.table.name for each in shared_tables(publication, tables)]
        columns = {each.table.name: [c.name for c in each.table.columns] for each in tables}

        def work(connection: psycopg.Connection) -> None:
            schemas.claim(connection, publication.schema)
            schemas.refuse_missing_role(connection, publication.readers)
            schemas.refuse_other_policy(connection, publication)
            schemas.refuse_unstaged(connection, publication, staged)
            schemas.make_public(connection, publication)
            schemas.point_views(connection, publication.schema, staged, names)
            for name in names:
                view = sql.Identifier(publication.schema, name)
                schemas.comment(connection, "VIEW", view, publication.note_of(name))
                for column in columns.get(name, ()):
                    place = sql.Identifier(publication.schema, name, column)
                    schemas.comment(connection, "COLUMN", place, publication.note_of(name))
            schemas.close_to_others(connection, publication.schema)
            if publication.readers is not None:
                schemas.grant(connection, publication.schema, names, publication.readers)
            schemas.drop_stagings(connection, publication.schema, keep=staged)

        self._patiently("switching", work)

    def live(self, schema: str) -> ReleaseId | None:
        """Return what ``release_info`` in ``schema`` says is live; None when the schema does not exist."""
        with self._transaction("looking up what is live") as connection:
            return schemas.live(connection, schema)

    def withdraw(self, publication: Publication) -> None:
        """Drop the release's views and tables.

        Views that others built on ours go too: they show a release that is no longer to be seen. Copies that readers
        made cannot be reached. A public schema that holds objects of others stays, without our mark.
        """
        staged = shape.staged_name(publication.schema, publication.release)

        def work(connection: psycopg.Connection) -> None:
            schemas.claim(connection, publication.schema)
            if schemas.live(connection, publication.schema) == publication.release:
                schemas.drop_public(connection, publication.schema)
            schemas.drop_staging(connection, publication.schema, staged)

        self._patiently("withdrawing", work)

    def close(self) -> None:
        """Give back the connection, and with it the claim on the schema."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _transaction(self, doing: str) -> Iterator[psycopg.Connection]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._url)
            with self._connection.transaction():
                rows.prepare_session(self._connection)
                yield self._connection
        except psycopg.Error as problem:
            raise told(problem, doing, self._url) from None

    def _patiently(self, doing: str, work: Callable[[psycopg.Connection], None]) -> None:
        """Run ``work``, which begins with a claim, in a transaction that waits for readers in short turns.

        A turn is shorter than the server's deadlock timeout (1 s): when a reader holds one view and waits for the
        next, it is this transaction that gives way and tries again, never the reader that is cancelled.
        """
        deadline = time.monotonic() + self.patience
        while True:
            try:
                with self._transaction(doing) as connection:
                    return work(connection)
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _add(connection: psycopg.Connection, constraint: shape.Constraint) -> None:
    try:
        connection.execute(constraint.statement)
    except (psycopg.IntegrityError, psycopg.DataError):  # the library's text quotes the cells
        raise CheckFailed(
            f"table {constraint.table!r} breaks its declared {constraint.what}: rows do not keep their declared types "
            "or keys; nothing was published"
        ) from None


def _compare(approved: SyntheticTable, reader: adbc.Connection, staged: str) -> None:
    name = approved.table.name
    place = sql.Identifier(staged, name)
    try:
        count = rows.count(reader, place)
        if count != approved.count:
            raise CheckFailed(
                f"staged table {name!r} has {count} rows where {approved.count} were approved; publish again"
            )
        same = rows.same_in_order(rows.read_back(reader, place, approved.table), approved)
        if not same and count <= rows.SORTED:
            found = pa.concat_tables(rows.read_back(reader, place, approved.table))
            same = rows.same_rows(found, approved.rows)
    except (ValueError, pa.ArrowException):  # Arrow's text may quote the cell it could not read
        raise CheckFailed(f"staged table {name!r} has not the approved types; publish again") from None
    if not same:
        raise CheckFailed(f"staged table {name!r} holds other cells than were approved; publish again")


plugin = PostgresqlTarget
