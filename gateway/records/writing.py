"""What the writers of one step share: its connection, its time, its place in the log, and what it has written."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.records.log import APPENDED
from gateway.vocabulary.errors import RecordsFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


class Writing:
    """One open step. Every row it writes carries the place of the step's log entry."""

    def __init__(self, connection: sa.Connection, *, seq: int, time: str) -> None:
        """Write through ``connection``; the log entry to come will be number ``seq``, at ``time`` (UTC, ISO 8601)."""
        self._open: sa.Connection | None = connection
        self._seq = seq
        self.time = time
        self.appended: list[dict[str, Any]] = []
        """Rows of append-only tables, for the digest in the log entry."""

    @property
    def connection(self) -> sa.Connection:
        """The step's connection; ``RecordsFailed`` when the step is over."""
        if self._open is None:
            raise RecordsFailed("something was to be written after its step had ended; write it inside the step")
        return self._open

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield the step's own connection, so that readers see what the step has written."""
        yield self.connection

    def scalar(self, query: sa.Select[Any]) -> Any:  # noqa: ANN401 - whatever is asked for
        """Return the first column of the first row, or None."""
        return self.connection.execute(query).scalar()

    def insert(self, table: sa.Table, **values: Any) -> None:  # noqa: ANN401 - columns are of many types
        """Add one row; refused with ``RecordsFailed`` when a text holds what PostgreSQL cannot store."""
        row = {column.name: None for column in table.columns} | values | {"logged": self._seq}
        storable(row)
        self.connection.execute(sa.insert(table).values(**row))
        if table in APPENDED:
            self.appended.append({"table": table.name, **row})

    def update(self, table: sa.Table, *, where: sa.ColumnElement[bool], **values: Any) -> int:  # noqa: ANN401 - same
        """Change the rows that ``where`` holds for; returns how many there were."""
        storable(values)
        query = sa.update(table).where(where).values(**values, logged=self._seq)
        return self.connection.execute(query).rowcount

    def next(self, table: sa.Table) -> int:
        """Return the number of the next row of a table that is counted by ``seq``: without gaps, under the lock."""
        return int(self.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.seq), 0) + 1)))

    def close(self) -> None:
        """End the step: nothing more can be written through it."""
        self._open = None


def storable(values: dict[str, Any]) -> None:
    """Refuse what one of the two databases would take and the other not: NUL, half characters, NaN, infinity."""
    for name, value in values.items():
        if isinstance(value, str) and ("\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
            raise RecordsFailed(f"the text given for {name} holds a NUL or half a character; leave it out")
        if isinstance(value, float) and not math.isfinite(value):
            raise RecordsFailed(f"the figure given for {name} is not finite")
