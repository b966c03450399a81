"""Tables that are public: read whole, as they are; and references to them, learned as one column over their keys."""

from __future__ import annotations

import dataclasses
import decimal
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.connect.matching import NOBODY, Keys, comparable, comparable_values
from gateway.raw.family import joined_name
from gateway.vocabulary.errors import ConfigurationError, Refused
from gateway.vocabulary.schema import Column, Kind, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from gateway.policy.lineage import Lineage
    from gateway.policy.model import TableClause
    from gateway.raw.connect.source import Snapshot
    from gateway.vocabulary.names import ColumnName, TableName

_WIDEST = 76


def public_shape(table: Table, without: Collection[str] = ()) -> Table:
    """Return the shape of a public table as it is copied: without those columns and any of an unsupported type.

    A key or reference stays when all its columns do.
    """
    columns = tuple(c for c in table.columns if c.kind is not Kind.UNSUPPORTED and c.name not in without)
    kept = {column.name for column in columns}
    return dataclasses.replace(
        table,
        columns=columns,
        primary_key=table.primary_key if kept.issuperset(table.primary_key) else (),
        unique=tuple(unique for unique in table.unique if kept.issuperset(unique)),
        references=tuple(reference for reference in table.references if kept.issuperset(reference.columns)),
    )


def public_tables(
    snapshot: Snapshot,
    lineage: Lineage,
    clauses: Mapping[TableName, TableClause],
    *,
    progress: Callable[[str, float], None],
) -> dict[TableName, pa.Table]:
    """Return every public table with the columns of its ``public_shape``. It is not metered: a steward declared it so.

    The caller answers for the memory that the rows take.
    """
    found = {}
    for name in lineage.public:
        shape = public_shape(snapshot.schema.table(name), clauses[name].without)
        batches = []
        for batch in snapshot.batches(name, [column.name for column in shape.columns]):
            batches.append(batch)
            progress(f"reading {name}", 0.0)
        found[name] = pa.Table.from_batches(batches, shape.arrow_schema())
    return found


class PublicReference:
    """A reference to a public table as one column: its values are the keys that stand there, written as texts."""

    def __init__(self, reference: Reference, table: Table, target: Table, rows: pa.Table) -> None:
        """Take the keys from ``rows`` of the public table ``target`` (its whole shape); ``table`` is who refers to it.

        ``ConfigurationError`` when the columns referred to were left out.
        """
        missing = [name for name in reference.target_columns if name not in rows.column_names]
        if missing:
            raise ConfigurationError(
                f"table {table.name} refers to {', '.join(missing)} of the public table {target.name}, which is left "
                "out there; keep it, or drop the columns that refer to it"
            )
        self.reference = reference
        self._own = tuple(table.column(name) for name in reference.columns)
        theirs = [target.column(name) for name in reference.target_columns]
        types = [comparable(one, other) for one, other in zip(self._own, theirs, strict=True)]
        keys = rows.select(list(dict.fromkeys(reference.target_columns)))
        keys = keys.group_by(keys.column_names, use_threads=False).aggregate([])
        columns = [keys.column(name) for name in reference.target_columns]
        typed = [_typed(column, own) for column, own in zip(columns, self._own, strict=True)]
        keeps = np.ones(keys.num_rows, dtype=np.bool_)
        for column, own, kind in zip(columns, typed, types, strict=True):
            equal = pc.equal(comparable_values(column, kind), comparable_values(own, kind))
            keeps &= pc.fill_null(equal, fill_value=False).to_numpy()
        at = np.flatnonzero(keeps)
        labels = _labels([column.take(pa.array(at)) for column in columns])
        sort = np.array(sorted(range(len(labels)), key=lambda at: _sortable(labels[at])), dtype=np.int64)
        self._keys = [column.take(pa.array(at[sort])) for column in typed]
        self._labels = [labels[at] for at in sort]
        self._rows = Keys(self._keys, types)
        self.column = Column(
            name=joined_name(reference.columns),
            kind=Kind.ENUM,
            native=f"key of {target.name}",
            nullable=any(column.nullable for column in self._own),
            values=tuple(self._labels),
        )
        """The column that is learned: an enum of all keys, in the order of their texts (numbers by their size)."""

    @property
    def size(self) -> int:
        """Return how many keys there are."""
        return self._rows.size

    def code(self, columns: Sequence[pa.ChunkedArray]) -> pa.DictionaryArray:
        """Return the labels that the referring columns of some rows stand for; NULL when they name no row there."""
        found = self._rows.find(columns)
        labels = pa.array(self._labels, pa.large_string())
        return pa.DictionaryArray.from_arrays(pa.array(found.astype(np.int32), mask=found == NOBODY), labels)

    def expand(self, learned: pa.Array) -> dict[ColumnName, pa.Array]:
        """Return the referring columns, in their own types, for values of the learned one; NULL for NULL.

        ``Refused`` when a value is no key of the public table: it has changed since the column was learned.
        """
        places = pc.index_in(learned.cast(pa.string()), value_set=pa.array(self._labels, pa.string()))
        if places.null_count > learned.null_count:
            raise Refused(
                f"the public table that {self.column.name} refers to has lost rows since it was learned from; "
                "start a new run"
            )
        return {own.name: keys.combine_chunks().take(places) for own, keys in zip(self._own, self._keys, strict=True)}


def _typed(keys: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Return keys in the type of a ``column`` that refers to them; those that it cannot hold are NULL, or another."""
    if not pa.types.is_decimal(column.arrow_type):
        return keys.cast(column.arrow_type, safe=False)
    if pa.types.is_boolean(keys.type):
        keys = keys.cast(pa.int64())
    wide = keys.cast(pa.decimal256(_WIDEST, column.arrow_type.scale), safe=False)
    room = decimal.Decimal(10) ** (column.arrow_type.precision - column.arrow_type.scale)
    fits = pc.less(pc.abs(wide), pa.scalar(room, wide.type))
    return pc.if_else(fits, wide, pa.scalar(None, wide.type)).cast(column.arrow_type)


def _labels(columns: Sequence[pa.ChunkedArray]) -> list[str]:
    """Return each key as one text: as it is written, or, of several columns, as a JSON list of them."""
    texts = [column.cast(pa.string()).to_pylist() for column in columns]
    if len(texts) == 1:
        return [str(text) for text in texts[0]]
    return [json.dumps(parts, ensure_ascii=False) for parts in zip(*texts, strict=True)]


def _sortable(label: str) -> tuple[int, str]:
    """Sort whole numbers by their size, before any other text."""
    digits = label.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return 2**200, label
    return int(label), label
