"""Holds finished rows to the end of their owner's time, as published, where something moved either of them.

What was drawn ends in time (``telling``). But declared uniqueness, NOT NULL and CHECK may change an owner's end, or a
row's own time, after that.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import moments
from gateway.raw.generate.telling import ENDLESS
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.lineage import Kin, Lineage
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Schema

logger = logging.getLogger(__name__)

END = ColumnName(": end")
"""The column of rows on their way that holds their owner's end; no column of a source is called so."""


class Ending:
    """The ends of all owners whose rows have one."""

    def __init__(self, schema: Schema, tree: Lineage) -> None:
        """Begin without a row; ``schema`` is what is published."""
        self._schema = schema
        self._ending: dict[TableName, list[Kin]] = {}
        for kin in tree.owned:
            if kin.owner is not None and kin.until is not None and kin.order is not None:
                self._ending.setdefault(kin.owner, []).append(kin)
        self._ends: dict[TableName, list[NDArray[np.int64]]] = {
            kin.table: [] for kins in self._ending.values() for kin in kins
        }

    def is_for(self, table: TableName) -> bool:
        """Tell whether rows of ``table`` have an end."""
        return table in self._ends

    def remember(self, table: TableName, rows: pa.Table) -> None:
        """Keep when the time of the next finished ``rows`` of ``table`` ends. In order, all of them."""
        for kin in self._ending.get(table, ()):
            assert kin.until is not None  # noqa: S101 - see ``__init__``
            assert kin.order is not None  # noqa: S101 - see ``__init__``
            order = self._schema.table(kin.table).column(kin.order)
            time, ended = moments.ends(rows, self._schema.table(table), kin.until, kin.since, order)
            self._ends[kin.table].append(np.where(ended, time, ENDLESS))

    def told(self, table: TableName, rows: pa.Table, owners: NDArray[np.int64]) -> pa.Table:
        """Return ``rows`` of ``table`` with the column ``END``, if they have one; ``owners`` are their owner rows."""
        if not self.is_for(table):
            return rows
        kept = self._ends[table]
        if len(kept) > 1:
            kept[:] = [np.concatenate(kept)]
        return rows.append_column(END, pa.array(kept[0][owners] if owners.size else owners, pa.int64()))

    def held(self, kin: Kin, rows: pa.Table, block: pa.Table) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Return finished ``rows`` of ``kin``, made of ``block``, that end in time; and which of them were late."""
        if END not in block.column_names or kin.order is None:
            return rows, np.zeros(len(rows), dtype=np.bool_)
        end = block.column(END).to_numpy()
        shape = self._schema.table(kin.table)
        time, there = moments.times(rows, shape, kin.order)
        late = there & (time > end)
        if late.any():
            logger.info("rows brought back to their owner's end", extra={"table": kin.table, "rows": int(late.sum())})
            at = rows.column_names.index(kin.order)
            timely = moments.typed(np.where(late, end, 0), shape.column(kin.order)).cast(rows.schema.field(at).type)
            cells = pc.if_else(pa.array(late), timely, rows.column(at).combine_chunks())
            rows = rows.set_column(at, rows.schema.field(at), cells)
        return rows, late
