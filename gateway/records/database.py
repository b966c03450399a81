"""The records: runs, ledger, releases and log in one database, written one step at a time.

A step is one transaction. It holds the log entry and every write the entry stands for, and there is no other way to
write: either all of it is on record or none of it.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from gateway.records import log
from gateway.records.connecting import PATIENCE, Connections
from gateway.records.ledger import Ledger, LedgerWriter
from gateway.records.releases import Releases, ReleasesWriter
from gateway.records.runs import Runs, RunsWriter
from gateway.records.upgrading import upgrade
from gateway.records.writing import Writing, storable
from gateway.vocabulary.digest import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from pydantic import SecretStr

    from gateway.records.log import Action
    from gateway.vocabulary.names import Person


class Step:
    """One transaction in progress: its writers, which also read what it has written so far."""

    def __init__(self, writing: Writing) -> None:
        """Bind the writers to ``writing``."""
        self.runs = RunsWriter(writing)
        self.ledger = LedgerWriter(writing)
        self.releases = ReleasesWriter(writing)


class Records:
    """The gateway's own records. Safe to use from several threads and processes at once."""

    def __init__(self, connections: Connections, *, clock: Callable[[], dt.datetime]) -> None:
        """Use ``open``; this takes connections to a database that is at this code's schema already."""
        self._connections = connections
        self._clock = clock
        self.runs = Runs(connections.reading)
        self.ledger = Ledger(connections.reading)
        self.releases = Releases(connections.reading)
        self.log = log.Log(connections.reading)

    @classmethod
    def open(
        cls,
        url: SecretStr,
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        patience: float = PATIENCE,
    ) -> Self:
        """Open the records at ``url``: ``sqlite:///PATH`` (made, with its folder, if absent) or PostgreSQL.

        Brings the schema up to date; any number of processes may do so at once. ``patience`` is how many seconds to
        wait for another process's step. ``SettingsError`` for a malformed URL, ``RecordsFailed`` when the database
        cannot be used: unreachable, locked, damaged, of a newer gateway, or not the gateway's.
        """
        connections = Connections(url, patience=patience)
        try:
            upgrade(connections.reading, connections.writing)
        except BaseException:
            connections.close()
            raise
        return cls(connections, clock=clock)

    @contextmanager
    def step(
        self,
        *,
        actor: Person,
        action: Action,
        subject: str,
        details: Mapping[str, str | int | float | bool] | None = None,
    ) -> Iterator[Step]:
        """Write one log entry and, through the step, everything it stands for, in one transaction.

        Any exception inside undoes all of it, and passes through. Steps are serial: a second one waits, so keep slow
        work outside. ``details`` are names and figures, never a value of the data: that is the caller's to keep.
        ``RecordsFailed`` when the database fails, refuses, or stays locked.
        """
        storable({"actor": actor, "subject": subject})
        canonical_json(dict(details or {}))  # so that a detail that cannot be written fails before anything is done
        with self._connections.writing() as connection:
            at = log.head(connection)
            now = self._clock().astimezone(dt.UTC).isoformat(timespec="microseconds")
            writing = Writing(connection, seq=at.seq + 1, time=now)
            try:
                yield Step(writing)
                log.append(
                    connection,
                    at=at,
                    time=now,
                    actor=actor,
                    action=action,
                    subject=subject,
                    details=details or {},
                    writes=writing.appended,
                )
            finally:
                writing.close()

    def close(self) -> None:
        """Give back all connections."""
        self._connections.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()
