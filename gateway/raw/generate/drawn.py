"""The rows of a database as they were drawn, in files, and which of them are put together.

A row that cannot keep what its table declares is taken out with all that belongs to it, as if it had not been drawn.
Only then are keys and references given out, so that none of them leads to a row that is not there.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.policy.lineage import Lineage
    from gateway.raw.generate.rebuilding import Portion
    from gateway.vocabulary.names import TableName

BLOCK = 2**16
"""Rows that are read at a time."""


@dataclass(kw_only=True, eq=False)
class Drawn:
    """What was drawn. Memory holds 8 bytes for each owner row, and one for each row of a table that lost some."""

    tree: Lineage
    rows: Mapping[TableName, int]
    """How many there are of each table, in all; tables that are named are not drawn by themselves."""
    lengths: Mapping[TableName, NDArray[np.int64]]
    """Of each table that is owned, how many rows each owner row has."""
    files: Mapping[TableName, Path]
    _kept: dict[TableName, NDArray[np.bool_]] = field(default_factory=dict)
    """Which rows are left, of tables that lost some."""
    _marked: dict[TableName, list[NDArray[np.int64]]] = field(default_factory=dict)

    @classmethod
    def spooled(cls, portions: Iterable[Portion], *, tree: Lineage, folder: Path) -> Drawn:
        """Write ``portions`` as they are drawn into the empty ``folder``; ``OSError`` when the disk is full."""
        rows: dict[TableName, int] = {tree.unit.table: 0}
        counted: dict[TableName, list[NDArray[np.int64]]] = {kin.table: [] for kin in tree.owned if not kin.named}
        paths: dict[TableName, Path] = {}
        with contextlib.ExitStack() as open_:
            files: dict[TableName, pq.ParquetWriter] = {}
            for portion in portions:
                name, learned = portion.table, portion.rows
                if portion.lengths is not None:
                    counted[name].append(portion.lengths)
                    learned = learned if learned.num_columns else bare(int(portion.lengths.sum()))
                rows[name] = rows.get(name, 0) + len(learned)
                if name not in files:
                    paths[name] = folder / f"{len(files):03d}.parquet"
                    files[name] = open_.enter_context(pq.ParquetWriter(paths[name], learned.schema))
                files[name].write_table(learned, row_group_size=BLOCK)
        lengths = {}
        for kin in tree.owned:
            if not kin.named and kin.owner is not None:
                found = counted[kin.table]
                lengths[kin.table] = np.concatenate(found) if found else np.zeros(rows[kin.owner], dtype=np.int64)
                rows.setdefault(kin.table, 0)
        return cls(tree=tree, rows=rows, lengths=lengths, files=paths)

    @property
    def units(self) -> int:
        """How many units are left."""
        name = self.tree.unit.table
        return int(self._kept[name].sum()) if name in self._kept else self.rows[name]

    def starts(self, table: TableName) -> NDArray[np.int64]:
        """Return where the rows of each owner row that is left begin, and the end, among the rows that are left."""
        owner = self.tree.of(table).owner
        counts = self.lengths[table]
        if table in self._kept:
            owners = np.repeat(np.arange(len(counts)), counts)
            counts = np.bincount(owners[self._kept[table]], minlength=len(counts))
        if owner in self._kept:
            counts = counts[self._kept[owner]]
        return starts_of(counts)

    def pieces(self, table: TableName) -> Iterator[pa.Table]:
        """Yield the rows of ``table`` that are left, in order; it must have a file."""
        kept, at = self._kept.get(table), 0
        with pq.ParquetFile(self.files[table], pre_buffer=False) as file:
            for batch in file.iter_batches(BLOCK, use_threads=False):
                piece = pa.Table.from_batches([batch])
                yield piece if kept is None else piece.filter(pa.array(kept[at : at + len(piece)]))
                at += len(piece)

    def mark(self, table: TableName, rows: NDArray[np.int64]) -> None:
        """Say which of the rows of ``table`` that are left are to be taken out."""
        self._marked.setdefault(table, []).append(rows)

    def weeded(self) -> bool:
        """Take out what was marked, with all that belongs to it; return whether that was anything."""
        marked, self._marked = self._marked, {}
        if not marked:
            return False
        for name, rows in marked.items():
            left = np.flatnonzero(self._mask(name))
            self._kept[name] = self._mask(name)
            self._kept[name][left[np.concatenate(rows)]] = False
        for kin in self.tree.owned:
            if not kin.named and kin.owner in self._kept:
                below = np.repeat(self._kept[kin.owner], self.lengths[kin.table])
                self._kept[kin.table] = self._mask(kin.table) & below
        return True

    def _mask(self, table: TableName) -> NDArray[np.bool_]:
        return self._kept.get(table, np.ones(self.rows[table], dtype=np.bool_))


def starts_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the rows of each owner begin, and the end, of how many each has."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])


def bare(rows: int) -> pa.Table:
    """Return rows without a column that anybody asks for: a table of no columns has no rows."""
    return pa.table({"": pa.nulls(rows)})
