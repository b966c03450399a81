"""The contract of a production database: what it looks like, and one consistent, read-only view of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa
    import sqlalchemy as sa

    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a source may keep us, or we may keep it, in seconds.

    A production database must not suffer from a reader: a lock that is not given soon is not waited for, and a
    statement that takes too long is ended by the server.
    """

    connect: int = 10
    lock: int = 10
    statement: int = 1800


@dataclass(frozen=True, kw_only=True)
class Lent:
    """What counting inside the source needs: a connection inside the view, and where the tables are."""

    connection: sa.Connection
    schema: str | None


class Snapshot(Protocol):
    """One consistent read-only view: every statement sees the same rows."""

    schema: Schema
    """The shape as it is inside this view."""

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns`` in batches whose Arrow types are ``Column.arrow_type``.

        Bad cells (not a number where one is declared, dates outside years 1-9999, infinity, invalid UTF-8) are NULL.
        Raises ``SourceFailed`` when the connection breaks or the table is not what the schema says.
        """
        ...

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return ``rows`` rows from all over the table (all of them if fewer), in no promised order.

        Nobody who writes rows can tell which. Texts may be cut at ``sampling.LONGEST`` characters.
        """
        ...

    def lend(self, table: TableName) -> Lent:
        """Lend the connection for aggregates over ``table``, whose rows stay where they are.

        It is for statements that only read, and for nothing once the view is closed. Raises ``SourceFailed`` as
        ``batches`` does.
        """
        ...


@runtime_checkable
class KeyedSnapshot(Snapshot, Protocol):
    """A view that draws the same rows again for the same secret, and looks again where a column is seldom filled.

    All sources here are such; a frame in memory that stands for one need not be. Both methods also read columns of an
    unsupported type that are documents (``kinds.is_document``), as texts: JSON, or XML as it is. Texts are cut at
    ``sampling.LONGEST`` characters. They raise ``SourceRefused`` for a
    table that the role may not read and ``TableUnreadable`` for one that is not what the schema says, after which
    other tables can still be read, and ``SourceFailed`` when none can.
    """

    def draw(self, table: TableName, columns: Sequence[ColumnName], *, rows: int, secret: bytes) -> pa.Table:
        """Return the ``rows`` rows (all if fewer) with the least hashes under ``secret``, in the order of the hashes.

        Which rows depends on the secret and, in a table with a declared key, on each row's key alone. Where no key is
        declared, the source's own address of a row stands for it: another sample is drawn when the table was rewritten.
        """
        ...

    def draw_filled(
        self, table: TableName, columns: Mapping[ColumnName, float], *, rows: int, secret: bytes
    ) -> dict[ColumnName, pa.ChunkedArray]:
        """Return of each column ``rows`` cells that are not NULL (all if fewer), chosen and ordered as in ``draw``.

        ``columns`` says about which share of the rows each fills; it may be wrong. Many columns share one pass.
        """
        ...


class Source(Protocol):
    """A production database that can be read."""

    dialect: str
    """``postgresql``, ``mysql`` (MariaDB too) or ``sqlite``."""

    def introspect(self) -> Schema:
        """Return tables (views are not tables), columns, keys and references of the configured schema."""
        ...

    def refuse_writers(self) -> None:
        """Raise ``SourceRefused`` when the role could change anything, with the statements that fix it."""
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Open one REPEATABLE READ, READ ONLY view with statement and lock time-outs."""
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...
