"""What kinds of databases do differently when they count."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.generate.counters import sql_cells
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.raw.generate.counters.sql_cells import Expression, Layout

MOST = 1.7976931348623157e308
"""The largest finite float64."""


class Engine:
    """A kind of database; the methods are those that most of them share.

    All expressions mean what the same database's source in ``gateway.raw.connect`` would have read: a cell that the
    declared type has no value for is NULL.
    """

    packs = True
    """Whether answers are sent as a few long texts, which is far faster than one row per cell."""
    parameters = 30_000
    """Parameters that one statement may have."""

    listable = 0
    """Whole numbers within so many of each other are put into cells by a list; 0 where a CASE is faster."""

    def __init__(self, connection: sa.Connection) -> None:
        """Look at the server (never at rows) and prepare the session."""
        self.connection = connection
        self._setting = "gateway_aside"
        """What the session calls the secret of ``remember``."""

    def place(self, rows: sa.TableClause, query: sa.Select[Any]) -> sa.Select[Any]:
        """Return ``query`` over the rows of ``rows`` that the source reads."""
        del rows
        return query

    def value(self, column: Column, cell: Expression) -> Expression:
        """Return the text, or the number in the sense of ``physical``, of a cell."""
        return self.text(column, cell) if column.kind in TEXT_KINDS else self.number(column, cell)

    def text(self, column: Column, cell: Expression) -> Expression:
        """Return a text that equals another only when the code points are the same."""
        raise NotImplementedError

    def number(self, column: Column, cell: Expression) -> Expression:
        """Return a number that need not be held to +-``physical.LARGEST``."""
        raise NotImplementedError

    def key(self, column: Column, cell: Expression) -> Expression:
        """Return what is the same for two cells exactly when what is read of them is."""
        return self.value(column, cell)

    def injective(self, column: Column) -> bool:
        """Return whether two cells that are not equal for the database never read alike, unless as NULL."""
        return column.kind is Kind.INTEGER

    def listed(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Return the number beside the text ``found``."""
        return sql_cells.searched(texts, unlisted, found, self.bound)

    def looked_up(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Return the same as ``listed``, for an expression with several of these."""
        return self.listed(found, texts, unlisted)

    def beginning(self, found: Expression, length: int) -> Expression:
        """Return the first ``length`` code points of the text ``found``, in the form of ``text``."""
        raise NotImplementedError

    def bound(self, text: str) -> Expression:
        """Return a text of ours as a parameter that compares like ``text``."""
        return sa.literal(text, sa.Text())

    def double(self, number: float) -> Expression:
        """Return a float64 of ours as a parameter."""
        return sa.literal(number, sa.Double())

    def entry(self, numbers: Sequence[int], at: Expression) -> Expression:
        """Return the entry ``at``, counted from 0, of a list of ours."""
        raise NotImplementedError

    def readable(self, value: Any) -> str:  # noqa: ANN401 - each driver has its own type
        """Return the text that was fetched as ``text`` has it."""
        return str(value)

    def remember(self, seed: bytes) -> None:
        """Give the session the secret by which ``is_aside`` decides, so that no further statement has to hold it."""
        del seed
        raise self._cannot("set people aside by a keyed hash")

    def _named(self, seed: bytes) -> str:
        """Return another name for every secret: two in one session must not take each other's place."""
        self._setting = f"gateway_aside_{hashlib.sha256(seed).hexdigest()[:16]}"
        return self._setting

    def is_aside(self, key: Sequence[Expression], below: int) -> sa.ColumnElement[bool]:
        """Return whether the first 64 bits of a keyed hash of ``key`` are a number less than ``below``.

        ``key`` is what ``Engine.key`` and the like return, never NULL; the hash is keyed with what ``remember`` had.
        """
        del key, below
        raise self._cannot("set people aside by a keyed hash")

    def kept(self, step: sa.FromClause) -> sa.FromClause:
        """Return ``step``, a common table expression that several selects of one statement read, computed once."""
        return step

    def listing(self, columns: Sequence[str], rows: Sequence[Sequence[int]], name: str) -> sa.FromClause:
        """Return ``rows`` of whole numbers of ours, few parameters however many there are, as something to join."""
        del columns, rows, name
        raise self._cannot("take lists of numbers")

    def _cannot(self, what: str) -> Unsupported:
        return Unsupported(f"{self.connection.dialect.name} is not a source of ours, and cannot {what}")

    def fenced(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return ``query`` as something to select from whose expressions are computed once for each row."""
        return query.limit(sql_cells.whole(2**62)).subquery(name)

    def shared(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return ``query`` as something that several selects of one statement select from."""
        return query.cte(name)

    def counted(self, codes: sa.FromClause, tables: Sequence[Layout]) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        """Return (cell, n) of all ``tables``, each a sequence of (column of ``codes``, its number of cells).

        Cells of a table are numbered with its last column the fastest, and go on from one table to the next.
        """
        parts = []
        for table, offset in zip(tables, sql_cells.offsets(tables), strict=False):
            cell = sql_cells.flat(codes, table, offset)
            parts.append(sa.select(cell.label("cell"), sa.func.count().label("n")).select_from(codes))
            # a number alone would be taken for the place of a column
            parts[-1] = parts[-1].group_by(cell) if table else parts[-1]
        return sa.union_all(*parts)
