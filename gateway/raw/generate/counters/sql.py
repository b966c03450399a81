"""Counting inside the source: aggregates run there, over one snapshot, and no row leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from gateway.raw.connect import failures
from gateway.raw.generate.counters import sql_cells, sql_plan
from gateway.raw.generate.counters.sql_duckdb import DuckEngine
from gateway.raw.generate.counters.sql_mysql import MySQLEngine
from gateway.raw.generate.counters.sql_postgresql import PostgresEngine
from gateway.raw.generate.counters.sql_sqlite import SQLiteEngine
from gateway.raw.generate.encoding import cut
from gateway.vocabulary.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.counters.sql_engine import Engine
    from gateway.raw.generate.counting import Axis
    from gateway.raw.generate.domain import Values
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column, Table

ENGINES: dict[str, type[Engine]] = {
    "postgresql": PostgresEngine,
    "mysql": MySQLEngine,
    "mariadb": MySQLEngine,
    "sqlite": SQLiteEngine,
    "duckdb": DuckEngine,
}
_INT32 = 2**31
_BLOCK = 16
"""Bits of a cell's number that differ in one text of an answer: none is longer than two megabytes."""


class SqlCounter:
    """See ``gateway.raw.generate.counting.Counter``.

    A statement answers many tables, and each is an aggregate: what leaves the database is at most one line for each
    cell asked for, never a row. Which cells those are, the values listed and the names are parameters and identifiers,
    never text pasted into SQL. Answers that are sums of others of the same call are summed up here.
    """

    def __init__(
        self, connection: sa.Connection, table: Table, *, schema: str | None, unit: Sequence[Column] = ()
    ) -> None:
        """Count in ``table`` of ``schema`` through ``connection``, which is inside one read-only snapshot.

        ``unit`` are the columns of the key of the unit of protection, which need not be columns of ``table``'s shape.
        Without them one row per unit is the caller's promise. ``Unsupported`` for a database of an unknown kind.
        """
        if connection.dialect.name not in ENGINES:
            raise Unsupported(f"counting inside {connection.dialect.name} is not known; known: {', '.join(ENGINES)}")
        self.table = table
        self._connection = connection
        self._unit = tuple(unit)
        columns = {column.name: column for column in (*table.columns, *unit)}
        self._rows = sa.table(
            quoted_name(table.name, quote=True),
            *(sa.column(quoted_name(name, quote=True)) for name in columns),
            schema=None if schema is None else quoted_name(schema, quote=True),
        )
        try:
            self._engine = ENGINES[connection.dialect.name](connection)
            self._query = self._engine.place(self._rows, sa.select().select_from(self._rows))
        except sa.exc.DBAPIError as error:
            raise failures.failed(f"preparing to count in table {table.name}", code=error_code(error)) from None
        key = {column.name for column in unit}
        # a declared key is there once already, where different keys are never read alike
        self._declared = bool(table.primary_key) and key >= set(table.primary_key) and all(
            self._engine.injective(columns[name]) for name in table.primary_key
        )  # fmt: skip

    def values(
        self, column: ColumnName, *, length: int | None = None, besides: Values | None = None
    ) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur with their counts; see ``Counter.values``."""
        rows = self._engine.fenced(
            self._one_per_unit([self.table.column(column)], lambda read: [read[column]]), "texts"
        )
        text = rows.c.c0
        found: dict[str, int] = {}
        query = sa.select(text, sa.func.count()).where(text.is_not(None)).group_by(text)
        for sent, times in self._fetched(query):
            readable = self._engine.readable(sent)
            found[readable] = found.get(readable, 0) + int(times)
        counts = np.array(list(found.values()), dtype=np.int64)
        return cut(list(found), counts, length=length, besides=besides)

    def count(self, tables: Sequence[Sequence[Axis]]) -> list[NDArray[np.int64]]:
        """Return one contingency table for each of ``tables``; see ``Counter.count``."""
        axes, wanted = sql_plan.numbered(tables)
        known: dict[sql_plan.Asked, NDArray[np.int64]] = {}
        for some in sql_plan.statements(sql_plan.not_sums(wanted), axes, parameters=self._engine.parameters):
            known.update(zip(some, self._counted(some, axes), strict=True))
        return [known[one] if one in known else sql_plan.summed(one, known) for one in wanted]

    def _counted(self, tables: Sequence[sql_plan.Asked], axes: Sequence[Axis]) -> Iterator[NDArray[np.int64]]:
        """Ask for ``tables`` in one statement."""
        used = sorted({axis for table in tables for axis in table})
        layout = [[(f"c{used.index(axis)}", axes[axis].cells) for axis in table] for table in tables]
        starts = sql_cells.offsets(layout)
        columns = {axes[axis].column: self.table.column(axes[axis].column) for axis in used}
        # cells are numbered through all tables, so codes must be wide enough to be multiplied
        width = sa.Integer() if starts[-1] < _INT32 else sa.BigInteger()

        def codes(read: dict[str, sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
            coded = (self._code(axes[axis], read[axes[axis].column]) for axis in used)
            return [sa.cast(code, width) for code in coded]

        rows = self._engine.shared(self._one_per_unit(list(columns.values()), codes), "codes")
        counts = np.zeros(starts[-1], dtype=np.int64)
        for cells, times in self._numbers(self._engine.counted(rows, layout)):
            counts[cells] = times
        for start, end, table in zip(starts[:-1], starts[1:], tables, strict=True):
            yield counts[start:end].reshape([axes[axis].cells for axis in table])

    def _code(self, axis: Axis, read: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Return the cell of what is read of a column."""
        return sql_cells.code(axis, self.table.column(axis.column), read, self._engine)

    def _one_per_unit(
        self,
        columns: Sequence[Column],
        codes: Callable[[dict[str, sa.ColumnElement[Any]]], list[sa.ColumnElement[Any]]],
    ) -> sa.Select[Any]:
        """Return a query for the ``codes`` (c0, c1, ...) of what is read of ``columns``, one row for each unit.

        Of a key that occurs once the least code is the only one; that spares a join and a sort of the rows.
        """
        engine, place = self._engine, self._rows.c
        values = [engine.value(column, place[column.name]).label(f"v{k}") for k, column in enumerate(columns)]
        keys = [engine.key(column, place[column.name]).label(f"q{k}") for k, column in enumerate(self._unit)]
        # a table without any axis still has rows
        read = engine.fenced(self._query.add_columns(*values, *keys, sql_cells.whole(1).label("one")), "cells_read")
        coded = codes({column.name: read.c[f"v{k}"] for k, column in enumerate(columns)})
        named = [code.label(f"c{k}") for k, code in enumerate(coded)]
        known = [read.c[f"q{k}"] for k in range(len(self._unit))]
        full = [key.is_not(None) for key in known]
        if not known or self._declared:
            return sa.select(*named, read.c.one).where(*full)
        query = sa.select(*named, *known).where(*full)
        rows = engine.fenced(query, "coded")
        alone = [sa.func.min(rows.c[code.name]).label(code.name) for code in named]
        group = [rows.c[key.name] for key in known]
        times = sa.func.count()
        single = sa.select(*alone, times.label("one")).select_from(rows)
        return single.group_by(*group).having(times == sql_cells.whole(1))

    def _numbers(
        self, query: sa.Select[Any] | sa.CompoundSelect[Any]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Run a query for (cell, n)."""
        if not self._engine.packs:
            found = np.array(self._fetched(query), dtype=np.int64).reshape(-1, 2)
            yield found[:, 0], found[:, 1]
            return
        rows = query.subquery("counts")
        pair = sa.cast(rows.c.cell, sa.Text()).concat(" ").concat(sa.cast(rows.c.n, sa.Text()))
        block = rows.c.cell.bitwise_rshift(sql_cells.whole(_BLOCK))
        for (text,) in self._fetched(sa.select(sa.func.aggregate_strings(pair, " ")).group_by(block)):
            found = np.fromstring(text, dtype=np.int64, sep=" ").reshape(-1, 2)
            yield found[:, 0], found[:, 1]

    def _fetched(self, query: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.execute(query).all()
        except sa.exc.DBAPIError as error:
            raise failures.failed(f"counting in table {self.table.name}", code=error_code(error)) from None


def error_code(error: sa.exc.DBAPIError) -> object:
    """Return the database's code of an error, whose text may quote a cell."""
    cause: Any = error.orig
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    first = cause.args[0] if getattr(cause, "args", ()) else None
    return code or (first if isinstance(first, int) else type(cause).__name__)
