"""Counting units inside the source, with all that a family has of their rows: what they own, name and refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from gateway.raw.connect import failures
from gateway.raw.generate.counters.histories_sql_rows import Belonging
from gateway.raw.generate.counters.histories_sql_terms import binned
from gateway.raw.generate.counters.sql import ENGINES, SqlCounter, error_code
from gateway.raw.generate.encoding import cut, recode
from gateway.vocabulary.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.connect.kinship import Kinship
    from gateway.raw.generate.counters.histories_sql_members import HeldOut
    from gateway.raw.generate.counting import Axis
    from gateway.raw.generate.domain import Values
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column


class SqlUnits(SqlCounter):
    """See ``gateway.raw.generate.counting.Counter``: the same whole numbers as ``MemoryCounter`` over a family's units.

    Its columns are those of the unit's rows in a family after ``derive``: references to public tables as texts, whether
    there is a link, how many rows a unit owns and when. What leaves the database is what ``SqlCounter`` says.
    """

    def __init__(
        self,
        connection: sa.Connection,
        kinship: Kinship,
        *,
        schema: str | None,
        key: Sequence[ColumnName],
        aside: HeldOut | None = None,
    ) -> None:
        """Count the units of ``kinship`` in ``schema`` through ``connection``, inside one read-only snapshot.

        ``key`` names a unit in the unit's table; with ``aside`` only those are counted who are not held out.
        ``Unsupported`` for a database of an unknown kind, and for what is not counted inside one: rows that others
        name, references by several columns, rows that end with a column of their owner's, and keys or times whose types
        it may compare otherwise. Rows of an owner with more than ``Kin.most`` are all counted, as ``most`` of them.
        """
        if connection.dialect.name not in ENGINES:
            raise Unsupported(f"counting inside {connection.dialect.name} is not known; known: {', '.join(ENGINES)}")
        self._connection = connection
        self._portrait = kinship.unit
        try:
            self._engine = ENGINES[connection.dialect.name](connection)
            self._belonging = Belonging(self._engine, kinship, schema=schema, key=key, aside=aside)
            self.table = self._belonging.shape(self._portrait)
            # refuses what cannot be counted before anything is
            self._belonging.members(self._portrait, columns=[column.name for column in self.table.columns])
        except sa.exc.DBAPIError as error:
            what = f"preparing to count in table {kinship.unit.name}"
            raise failures.failed(what, code=error_code(error)) from None

    def values(
        self, column: ColumnName, *, length: int | None = None, besides: Values | None = None
    ) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur with their counts; see ``Counter.values``."""
        labels = self._belonging.labels(self._portrait, column)
        if labels is None:
            return super().values(column, length=length, besides=besides)
        rows = self._belonging.members(self._portrait, columns=[column]).rows
        query = sa.select(rows.c.v0, sa.func.count()).where(rows.c.v0 > 0).group_by(rows.c.v0)
        found = [(labels[int(place) - 1], int(times)) for place, times in self._fetched(query)]
        counts = np.array([times for _, times in found], dtype=np.int64)
        return cut([text for text, _ in found], counts, length=length, besides=besides)

    def _code(self, axis: Axis, read: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        labels = self._belonging.labels(self._portrait, axis.column)
        if labels is None:
            return super()._code(axis, read)
        cells = recode(labels, np.arange(len(labels) + 1), axis.domain)
        return binned(read, (cells if axis.bin_of is None else axis.bin_of[cells]).tolist())

    def _one_per_unit(
        self,
        columns: Sequence[Column],
        codes: Callable[[dict[str, sa.ColumnElement[Any]]], list[sa.ColumnElement[Any]]],
    ) -> sa.Select[Any]:
        rows = self._belonging.members(self._portrait, columns=[column.name for column in columns]).rows
        coded = codes({column.name: rows.c[f"v{k}"] for k, column in enumerate(columns)})
        return sa.select(*(code.label(f"c{k}") for k, code in enumerate(coded)), rows.c.one)
