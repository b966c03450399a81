"""Publish into one SQLite file: tables named after the release, views named after the tables, switched in one commit.

The file is the schema: it shows one release of one policy, and a second schema needs a second file. A file is ours when
it carries our application id; any other one that is not empty is left as it is. SQLite has no roles and no comments:
who may read the file decides who reads (the policy's `readers` has no meaning here), and ``column_notes`` says what a
comment would.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from gateway.synthetic.publish.layout import INFO, INFO_COLUMNS, shared_tables
from gateway.synthetic.publish.targets._sqlite_shape import cells, columns_of, quoted, staged, staged_name
from gateway.vocabulary.errors import CheckFailed, GatewayError, PublishRefused, SettingsError, TargetFailed
from gateway.vocabulary.names import ReleaseId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import SecretStr

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.synthetic.publish.target import Publication
    from gateway.vocabulary.schema import Table

_log = logging.getLogger(__name__)

APPLICATION_ID = 0x47575331
"""``GWS1`` in the file's header (PRAGMA application_id): the file was made by this target."""
_COMMIT_ROWS = 2**18
"""Rows that are loaded between two commits: a load stays in memory until then."""
_BROKEN = {
    "SQLITE_CONSTRAINT_PRIMARYKEY": "primary key",
    "SQLITE_CONSTRAINT_UNIQUE": "uniqueness",
    "SQLITE_CONSTRAINT_NOTNULL": "NOT NULL",
    "SQLITE_CONSTRAINT_CHECK": "CHECK",
}


class SqliteTarget:
    """A SQLite file that approved tables are published to."""

    dialect = "sqlite"
    patience = 60.0
    """Seconds that a commit waits for readers."""

    def __init__(self, url: SecretStr) -> None:
        """Keep the path; nothing is opened yet. ``SettingsError`` when the URL names no file."""
        database = sa.make_url(url.get_secret_value()).database
        if not database or database == ":memory:":
            raise SettingsError("a SQLite target needs a file: sqlite:///PATH")
        self._path = Path(database)
        self._connection: sqlite3.Connection | None = None

    def stage(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Load the tables beside the live ones, under names of their own, a commit every so many rows.

        ``release_info`` comes last: without it nothing is staged. A staging that fails is taken away again.
        """
        every = shared_tables(publication, tables)
        _refuse_names(every)
        for each in tables:
            _refuse_not_a_number(each)
        if publication.readers is not None:
            _log.info("SQLite has no roles: access to the file decides who reads", extra={"readers": "not granted"})
        with self._transaction("staging", make=True) as connection:
            _refuse_other(connection, publication)
            if _live(connection) == publication.release:
                return
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            _drop_tables(connection, only=publication.release)
        try:
            self._load(publication, every)
        except GatewayError:
            with contextlib.suppress(GatewayError), self._transaction("clearing away") as connection:
                _drop_tables(connection, only=publication.release)
            raise

    def _load(self, publication: Publication, every: Sequence[SyntheticTable]) -> None:
        shapes = {each.table.name: each.table for each in every}
        with self._transaction("staging") as connection:
            loaded = 0
            for each in sorted(every, key=lambda table: table.table.name == INFO):
                place = staged(each.table.name, publication.release)
                connection.execute(f"CREATE TABLE {place} ({columns_of(each.table, shapes, publication.release)})")
                marks = ", ".join("?" * len(each.table.columns))
                for rows in cells(each):
                    _insert(connection, f"INSERT INTO {place} VALUES ({marks})", rows, each.table)
                    loaded += len(rows)
                    if loaded >= _COMMIT_ROWS:
                        connection.execute("COMMIT")
                        connection.execute("BEGIN IMMEDIATE")
                        loaded = 0
            for each in every:
                _refuse_dangling(connection, each.table, publication.release)

    def verify(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Read every staged table back, in the order it was written; ``CheckFailed`` names the one that differs."""
        with self._transaction("verifying") as connection:
            _refuse_other(connection, publication)
            for each in shared_tables(publication, tables):
                _compare(connection, each, publication.release)

    def switch(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Point the views at the staged tables and drop what they showed before, in one commit."""
        every = shared_tables(publication, tables)
        with self._transaction("switching") as connection:
            _refuse_other(connection, publication)
            present = _names(connection, "table")
            if not all(staged_name(each.table.name, publication.release) in present for each in every):
                raise CheckFailed(f"release {publication.release[:12]} is not staged; publish again")
            _drop_views(connection)
            for each in every:
                columns = ", ".join(quoted(column.name) for column in each.table.columns)
                view, place = quoted(each.table.name), staged(each.table.name, publication.release)
                connection.execute(f"CREATE VIEW {view} AS SELECT {columns} FROM {place}")
            _drop_tables(connection, keep=publication.release)

    def live(self, schema: str) -> ReleaseId | None:
        """Return the release the file shows; None when it does not exist, is empty, or shows another schema."""
        if not self._path.exists():
            return None
        with self._transaction("looking up what is live") as connection:
            _refuse_foreign(connection)
            info = _info(connection)
            return ReleaseId(info["release"]) if info is not None and info.get("schema") == schema else None

    def withdraw(self, publication: Publication) -> None:
        """Drop the release's views and tables; their pages are overwritten."""
        if not self._path.exists():
            return
        with self._transaction("withdrawing") as connection:
            _refuse_foreign(connection)
            if _live(connection) == publication.release:
                _drop_views(connection)
            _drop_tables(connection, only=publication.release)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _transaction(self, doing: str, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._opened(make=make)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OverflowError) as problem:
            raise self._told(problem, doing) from None

    def _opened(self, *, make: bool) -> sqlite3.Connection:
        if self._connection is None:
            if not make and not self._path.exists():
                raise CheckFailed(f"there is no sharing database at {self._path}: nothing is staged; publish again")
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=self.patience)
            # dropped rows are overwritten; a load stays in memory until its commit, so that readers read on meanwhile
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA cache_spill = OFF")
            self._connection = connection
        return self._connection

    def _told(self, problem: Exception, doing: str) -> GatewayError:
        """Return our error for the library's, whose text may quote names or cells."""
        if isinstance(problem, sqlite3.IntegrityError | OverflowError):
            return CheckFailed(f"{doing} failed: rows do not keep their declared types or keys; nothing was published")
        code = getattr(problem, "sqlite_errorname", type(problem).__name__)
        if code == "SQLITE_NOTADB":
            return PublishRefused(f"{self._path} is not a SQLite database; it was left untouched: name another file")
        return TargetFailed(
            f"{doing} failed in the sharing database {self._path} ({code}); what was live before is untouched: see "
            "that the file can be written and that no reader holds it, and publish again"
        )


def _refuse_names(tables: Sequence[SyntheticTable]) -> None:
    """Raise ``PublishRefused`` for names that SQLite, blind to case, could not tell apart or keeps to itself."""
    groups: list[list[str]] = [[each.table.name for each in tables]]
    groups += [[column.name for column in each.table.columns] for each in tables]
    for names in groups:
        for index, name in enumerate(names):
            if name.lower() in {other.lower() for other in names[:index]}:
                raise PublishRefused(f"{name!r} differs from another name in case only, which SQLite cannot tell apart")
    for each in tables:
        if each.table.name.lower().startswith("sqlite_"):
            raise PublishRefused(f"table {each.table.name!r} cannot be published: SQLite keeps such names to itself")


def _refuse_not_a_number(table: SyntheticTable) -> None:
    for column in table.table.columns:
        if not pa.types.is_floating(column.arrow_type):
            continue
        if any(pc.any(pc.is_nan(batch.column(column.name))).as_py() for batch in table.batches()):
            raise PublishRefused(
                f"column {column.name!r} of table {table.table.name!r} holds NaN, which SQLite would turn into NULL"
            )


def _names(connection: sqlite3.Connection, kind: str) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = ?", [kind])}


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if objects and mark != APPLICATION_ID:
        raise PublishRefused(
            "the SQLite file exists and was not made by the gateway; it was left untouched: name another file in the "
            "target's URL"
        )


def _info(connection: sqlite3.Connection) -> dict[str, str] | None:
    if INFO not in _names(connection, "view"):
        return None
    return dict(connection.execute(f"SELECT {', '.join(map(quoted, INFO_COLUMNS))} FROM {quoted(INFO)}").fetchall())


def _live(connection: sqlite3.Connection) -> ReleaseId | None:
    info = _info(connection)
    return None if info is None else ReleaseId(info["release"])


def _refuse_other(connection: sqlite3.Connection, publication: Publication) -> None:
    """Raise ``PublishRefused`` for a file that is not ours, or shows another policy's release or another schema."""
    _refuse_foreign(connection)
    info = _info(connection)
    wanted = (publication.info.get("policy"), publication.schema)
    if info is not None and (info.get("policy"), info.get("schema")) != wanted:
        raise PublishRefused(
            f"the SQLite file shows schema {info.get('schema')!r} of policy {info.get('policy')!r}; it was left "
            "untouched: each needs a file of its own"
        )


def _insert(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[Any, ...]], table: Table) -> None:
    try:
        connection.executemany(statement, rows)
    except sqlite3.IntegrityError as problem:
        what = _BROKEN.get(problem.sqlite_errorname, "types or keys")
        raise CheckFailed(
            f"table {table.name!r} breaks its declared {what}: rows do not keep their declared types or keys; nothing "
            "was published"
        ) from None


def _refuse_dangling(connection: sqlite3.Connection, table: Table, release: ReleaseId) -> None:
    """Raise ``CheckFailed`` when a row refers to none. SQLite looks at references when it is told to."""
    if connection.execute(f"PRAGMA foreign_key_check({staged(table.name, release)})").fetchone() is not None:
        raise CheckFailed(
            f"table {table.name!r} breaks a declared reference: rows do not keep their declared types or keys; nothing "
            "was published"
        )


def _compare(connection: sqlite3.Connection, table: SyntheticTable, release: ReleaseId) -> None:
    name, place = table.table.name, staged(table.table.name, release)
    if staged_name(name, release) not in _names(connection, "table"):
        raise CheckFailed(f"release {release[:12]} is not staged; publish again")
    (count,) = connection.execute(f"SELECT count(*) FROM {place}").fetchone()
    if count != table.count:
        raise CheckFailed(f"staged table {name!r} has {count} rows where {table.count} were approved; publish again")
    columns = ", ".join(quoted(column.name) for column in table.table.columns)
    found = connection.execute(f"SELECT {columns} FROM {place} ORDER BY rowid")
    if any(one != other for one, other in zip(found, itertools.chain.from_iterable(cells(table)), strict=True)):
        raise CheckFailed(f"staged table {name!r} holds other cells than were approved; publish again")


def _drop_views(connection: sqlite3.Connection) -> None:
    """Drop the views that a switch made; what others put into the file stays."""
    for name, made_by in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall():
        if re.search(r'__[0-9a-f]{12}"$', made_by):
            connection.execute(f"DROP VIEW {quoted(name)}")


def _drop_tables(
    connection: sqlite3.Connection, *, keep: ReleaseId | None = None, only: ReleaseId | None = None
) -> None:
    for name in sorted(_names(connection, "table")):
        staged = re.search(r"__([0-9a-f]{12})$", name)
        if staged is None:
            continue
        if (keep is not None and staged[1] != keep[:12]) or (only is not None and staged[1] == only[:12]):
            connection.execute(f"DROP TABLE {quoted(name)}")


plugin = SqliteTarget
