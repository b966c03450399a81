"""A view of a source of which rows of persons cannot be read: they are counted there, and stay there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.raw.connect.source import KeyedSnapshot, Snapshot
from gateway.vocabulary.errors import Refused
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from gateway.raw.connect.source import Lent
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema


class RowsStay:
    """See ``gateway.raw.connect.source.KeyedSnapshot``: a view through which only public tables are read.

    Of every other table a sample is empty, and to read it is ``Refused``, whatever asks for it. So it is with columns
    of public tables that the policy leaves out. What is counted through ``lend`` is the borrower's to answer for.
    """

    def __init__(self, snapshot: Snapshot, public: Mapping[TableName, Collection[str]]) -> None:
        """Stand before ``snapshot``; the tables ``public`` are read as ever, but for the columns listed with each."""
        self._snapshot = snapshot
        self._public = dict(public)
        self.schema: Schema = snapshot.schema

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of a public table; see the contract."""
        if table not in self._public or not set(columns).isdisjoint(self._public[table]):
            raise Refused(
                f"rows of table {table} stay in their source by the policy (`rows_stay`), and something was to read "
                "them; this is a fault of the gateway: report it with the run's log"
            )
        return self._snapshot.batches(table, columns)

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return rows of a public table, and none of any other."""
        if table not in self._public:
            return self._nothing(table, columns)
        return self._filled_up(table, columns, lambda open_: self._snapshot.sample(table, open_, rows=rows))

    def draw(self, table: TableName, columns: Sequence[ColumnName], *, rows: int, secret: bytes) -> pa.Table:
        """Return rows of a public table, and none of any other."""
        keyed = self._snapshot
        if table in self._public and isinstance(keyed, KeyedSnapshot):
            return self._filled_up(table, columns, lambda open_: keyed.draw(table, open_, rows=rows, secret=secret))
        return self.sample(table, columns, rows=rows)

    def draw_filled(
        self, table: TableName, columns: Mapping[ColumnName, float], *, rows: int, secret: bytes
    ) -> dict[ColumnName, pa.ChunkedArray]:
        """Return cells of a public table, and none of any other."""
        nothing = self._nothing(table, list(columns))
        found = {name: nothing.column(name) for name in columns}
        if table in self._public and isinstance(self._snapshot, KeyedSnapshot):
            known = {name: share for name, share in columns.items() if name not in self._public[table]}
            found |= self._snapshot.draw_filled(table, known, rows=rows, secret=secret) if known else {}
        return found

    def lend(self, table: TableName) -> Lent:
        """Lend the connection for aggregates; see the contract."""
        return self._snapshot.lend(table)

    def _filled_up(
        self, table: TableName, columns: Sequence[ColumnName], read: Callable[[list[ColumnName]], pa.Table]
    ) -> pa.Table:
        """Return what is ``read`` of the columns that are public, and NULL in all others."""
        nothing = self._nothing(table, columns)
        known = [name for name in columns if name not in self._public[table]]
        if not known:
            return nothing
        rows = read(known)
        kept = {
            n: rows.column(n) if n in known else pa.nulls(rows.num_rows, nothing.schema.field(n).type) for n in columns
        }
        return pa.table(kept)

    def _nothing(self, table: TableName, columns: Sequence[ColumnName]) -> pa.Table:
        shape = self.schema.table(table)
        kinds = [shape.column(name) for name in columns]
        # documents are sampled as texts
        types = [pa.string() if column.kind is Kind.UNSUPPORTED else column.arrow_type for column in kinds]
        return pa.schema([pa.field(name, kind) for name, kind in zip(columns, types, strict=True)]).empty_table()
