"""Connections to the records: SQLite or PostgreSQL, so set up that both keep the same promises."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from gateway.records.faults import translated
from gateway.vocabulary.errors import RecordsFailed, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

PATIENCE: Final = 30.0
"""Seconds to wait for another process's step; each takes milliseconds."""
_LOCK: Final = 0x67617465776179
"""Key of the PostgreSQL advisory lock that every writer takes first ("gateway")."""
_DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Connections:
    """Hands out transactions: any number that read, and at most one in the world that writes."""

    def __init__(self, url: SecretStr, *, patience: float) -> None:
        """Parse ``url`` and prepare; nothing is connected yet, but SQLite's folder is made.

        ``SettingsError`` for a URL that is malformed or of another kind of database.
        """
        parsed = _parse(url)
        self._patience = patience
        self._writing = local()
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._engine = _sqlite(parsed, patience) if self._sqlite else _postgresql(parsed, patience)

    @property
    def engine(self) -> sa.Engine:
        """The engine itself, for tests that inject faults."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state of the records throughout, and cannot write."""
        with translated(), self._engine.connect() as connection:
            if not self._sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open the one transaction that may write; others wait, up to the patience given. Any exception undoes it.

        SQLite: BEGIN IMMEDIATE. PostgreSQL: an advisory lock, taken before the first look at any row, in READ
        COMMITTED whatever the server's default, so that what is then read is what the last writer left.
        """
        if getattr(self._writing, "now", False):
            raise RecordsFailed("a step was begun inside another step, which would wait for itself; end the first one")
        with translated(), self._engine.connect() as connection:
            connection.execution_options(gateway_writes=True)
            self._writing.now = True
            try:
                with connection.begin():
                    if not self._sqlite:
                        self._lock(connection)
                    yield connection
            finally:
                self._writing.now = False

    def _lock(self, connection: sa.Connection) -> None:
        # a server that answers before it has written could forget a reservation in a power cut
        connection.execute(
            sa.select(
                sa.func.set_config("lock_timeout", f"{int(self._patience * 1000)}ms", True),  # noqa: FBT003 - SQL
                sa.func.set_config("synchronous_commit", "on", True),  # noqa: FBT003 - SQL
            )
        )
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()


def _parse(url: SecretStr) -> sa.URL:
    try:
        parsed = sa.make_url(url.get_secret_value())
        driver = _DRIVERS[parsed.drivername.split("+")[0]]
    except (sa.exc.ArgumentError, ValueError, KeyError):
        raise SettingsError(
            "the records URL is not one; expected sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        ) from None
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        raise SettingsError("the records URL names no file: records in memory would be lost; use sqlite:///PATH")
    return parsed.set(drivername=driver)


def _sqlite(url: sa.URL, patience: float) -> sa.Engine:
    path = str(url.database)
    if not path.startswith("file:"):
        try:
            Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordsFailed(
                f"the folder of the records cannot be made ({error.strerror}); check the records URL and its rights"
            ) from None
        with suppress(OSError):  # connecting tells better what is wrong
            # an empty file is an empty database: made here so that strangers on the machine cannot read it
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o640))
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, hide_parameters=True, connect_args={"timeout": patience, "check_same_thread": True}
    )

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
        connection.isolation_level = None  # the driver begins no transactions by itself; _begin does
        connection.execute("PRAGMA foreign_keys = ON")
        # one fsync more than FULL: with less, a power cut right after a commit could bring back the state before it
        connection.execute("PRAGMA synchronous = EXTRA")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("gateway_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: sa.URL, patience: float) -> sa.Engine:
    return sa.create_engine(
        url,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=patience,
        connect_args={"connect_timeout": max(2, int(patience)), "application_name": "gateway records"},
    )
