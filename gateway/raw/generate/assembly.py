"""From learned columns to a whole table: invented identities and fresh keys beside, dropped columns gone."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.raw.generate.identities import invent
from gateway.raw.generate.keys import fresh_keys
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.policy.model import TableClause
    from gateway.vocabulary.schema import Column, Table


def learned_columns(clause: TableClause) -> list[ColumnName]:
    """Return the columns a model learns, in the policy's order."""
    return _treated(clause, Treatment.LEARN)


def read_shape(table: Table, clause: TableClause, *, key: Sequence[ColumnName]) -> Table:
    """Return the shape of what is read: the key and the learned columns. Nothing else leaves the source."""
    wanted = {*key, *learned_columns(clause)}
    return _only(table, [column for column in table.columns if column.name in wanted])


def published_shape(table: Table, clause: TableClause) -> Table:
    """Return the shape of what is published, in the source's column order.

    Keys and uniqueness stay where all their columns are fresh or invented, and so unique by construction; comments of
    the source stay behind, since no policy declares them.
    """
    kept = [c for c in table.columns if clause.columns[c.name].treatment is not Treatment.DROP]
    return _only(table, [dataclasses.replace(column, comment=None) for column in kept], made=_made(clause))


def assemble(shape: Table, clause: TableClause, learned: pa.Table, *, seed: int) -> pa.Table:
    """Return rows of ``shape``: the learned columns as they are, the rest invented from ``seed``."""
    rows = len(learned)
    context = {ColumnName(name): learned[name].combine_chunks() for name in learned.column_names}
    entities = {
        name: entity
        for name in _treated(clause, Treatment.REPLACE)
        if (entity := clause.columns[name].entity) is not None
    }
    columns = context | invent(entities, shape, rows, seed=seed, context=context)
    for offset, name in enumerate(_treated(clause, Treatment.KEY)):
        columns[name] = fresh_keys(shape.column(name), rows, seed=seed + offset)
    return pa.Table.from_arrays(
        [columns[c.name].cast(c.arrow_type) for c in shape.columns], schema=shape.arrow_schema()
    )


def _treated(clause: TableClause, treatment: Treatment) -> list[ColumnName]:
    return [ColumnName(name) for name, column in clause.columns.items() if column.treatment is treatment]


def _made(clause: TableClause) -> set[str]:
    return {*_treated(clause, Treatment.KEY), *_treated(clause, Treatment.REPLACE)}


def _only(table: Table, columns: list[Column], *, made: set[str] | None = None) -> Table:
    names = {column.name for column in columns} if made is None else made
    return dataclasses.replace(
        table,
        columns=tuple(columns),
        primary_key=table.primary_key if names.issuperset(table.primary_key) else (),
        unique=tuple(unique for unique in table.unique if names.issuperset(unique)),
        references=(),
        comment=None,
    )
