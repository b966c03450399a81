"""A table that holds nobody: synthetic rows with their declared shape, in memory or in a file larger than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.vocabulary.errors import ArtefactFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.vocabulary.schema import Table

BATCH = 2**16
"""Rows of a batch, unless asked otherwise."""
ROW_GROUP = 2**17
"""Rows of a row group in a file of the gateway's own: so many are in memory when it is written."""


class SyntheticTable:  # noqa: PLW1641 - tables are compared, and never hashed
    """Rows made by a generator. ``table`` is the shape of exactly these columns.

    The rows are an Arrow table or a Parquet file, which stays where it is and is read in batches. A table is frozen,
    and equal to another of the same shape and rows wherever they are.
    """

    __slots__ = ("_keeping", "_rows", "table")

    def __init__(self, table: Table, rows: pa.Table | Path, *, keeping: object = None) -> None:
        """Raise ``ValueError`` unless the rows have the columns and types of the shape.

        ``ArtefactFailed`` when the file cannot be read. ``keeping`` lives as long as the table does: a file that goes
        when nobody holds it.
        """
        found = rows.schema if isinstance(rows, pa.Table) else _file_schema(rows)
        if not found.equals(table.arrow_schema(), check_metadata=False):
            raise ValueError(f"the rows of synthetic table {table.name} do not fit its shape")
        self.table: Table
        self._rows: pa.Table | Path
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_keeping", keeping)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a table is frozen."""
        raise AttributeError(f"a synthetic table is frozen; {name} was not set")

    @property
    def count(self) -> int:
        """How many rows there are, without reading them."""
        if isinstance(self._rows, pa.Table):
            return int(self._rows.num_rows)
        return int(pq.read_metadata(self._rows).num_rows)

    @property
    def rows(self) -> pa.Table:
        """All rows at once: for tables that are known to fit into memory."""
        if isinstance(self._rows, pa.Table):
            return self._rows
        return pa.Table.from_batches(self.batches(), self.table.arrow_schema())

    def batches(self, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Yield all rows in order, at most ``size`` at a time; memory holds one batch and what it was read from."""
        schema = self.table.arrow_schema()
        if isinstance(self._rows, pa.Table):
            for batch in self._rows.to_batches(max_chunksize=size):
                yield batch.cast(schema)
            return
        try:
            # buffered: a row group is read as its batches are asked for, not before
            with pq.ParquetFile(self._rows, buffer_size=2**20, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=size, use_threads=False):
                    yield batch.cast(schema)
        except (OSError, pa.ArrowException):  # the library's text may quote cells
            raise _unreadable(self._rows) from None

    def __eq__(self, other: object) -> bool:
        """Tell whether ``other`` has the same shape and rows."""
        if not isinstance(other, SyntheticTable) or self.table != other.table or self.count != other.count:
            return NotImplemented if not isinstance(other, SyntheticTable) else False
        return all(one == same for one, same in zip(_cut(self), _cut(other), strict=True))

    def __repr__(self) -> str:
        """Show name and number of rows."""
        return f"<SyntheticTable {self.table.name!r}: {self.count} rows>"


class RowsFile:
    """A Parquet file of one table that is written piece by piece. Equal rows become equal bytes, however they were cut.

    Memory holds one row group. ``OSError`` when the file cannot be written; the file is whole when the context ends.
    """

    def __init__(self, path: Path, table: Table) -> None:
        """Make the file ``path`` for rows of ``table``."""
        self._schema = table.arrow_schema()
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._count = 0

    def write(self, rows: pa.Table) -> None:
        """Write the next rows; ``ValueError`` when they do not have the table's columns, types and NOT NULLs."""
        self._waiting.append(rows.cast(self._schema).replace_schema_metadata(None))
        self._count += len(rows)
        while self._count >= ROW_GROUP:
            together = pa.concat_tables(self._waiting)
            self._put(together.slice(0, ROW_GROUP))
            self._waiting, self._count = [together.slice(ROW_GROUP)], self._count - ROW_GROUP

    def _put(self, rows: pa.Table) -> None:
        self._file.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP)

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Write what is left, unless something went wrong, and close the file."""
        try:
            if kind is None and self._count:
                self._put(pa.concat_tables(self._waiting))
        finally:
            self._file.close()


def write_rows(path: Path, table: SyntheticTable) -> None:
    """Write all rows of ``table`` into the Parquet file ``path``; see ``RowsFile``."""
    with RowsFile(path, table.table) as file:
        for batch in table.batches():
            file.write(pa.Table.from_batches([batch]))


def _cut(table: SyntheticTable) -> Iterator[pa.Table]:
    """Yield the rows in batches whose ends do not depend on how they are stored."""
    waiting = table.table.arrow_schema().empty_table()
    for batch in table.batches():
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while len(waiting) >= BATCH:
            yield waiting.slice(0, BATCH)
            waiting = waiting.slice(BATCH)
    yield waiting


def _file_schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException):
        raise _unreadable(path) from None


def _unreadable(path: Path) -> ArtefactFailed:
    return ArtefactFailed(f"the rows in {path.name} cannot be read; the file is damaged or gone: make the release anew")
