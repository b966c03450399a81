"""What is read of a table and what is published of it: shapes alone, from the catalogue and the policy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.raw.connect.public_rows import public_shape
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.policy.lineage import Lineage
    from gateway.policy.model import Policy, TableClause
    from gateway.vocabulary.schema import Column, Reference, Table


def learned_columns(clause: TableClause) -> list[ColumnName]:
    """Return the columns a model learns, in the policy's order."""
    return [ColumnName(name) for name, column in clause.columns.items() if column.treatment is Treatment.LEARN]


def read_shape(table: Table, clause: TableClause, *, key: Sequence[ColumnName]) -> Table:
    """Return the shape of what is read: the key and the learned columns. Nothing else leaves the source."""
    wanted = {*key, *learned_columns(clause)}
    return _only(table, [column for column in table.columns if column.name in wanted])


def published_shape(table: Table, clause: TableClause) -> Table:
    """Return the shape of what is published of one table alone, in the source's column order.

    Keys and uniqueness stay where all their columns are fresh or invented, and so unique by construction; comments of
    the source stay behind, since no policy declares them.
    """
    kept = [c for c in table.columns if clause.columns[c.name].treatment is not Treatment.DROP]
    made = {name for name, c in clause.columns.items() if c.treatment in {Treatment.KEY, Treatment.REPLACE}}
    return _only(table, [dataclasses.replace(column, comment=None) for column in kept], made=made)


def published_schema(schema: Schema, policy: Policy, tree: Lineage) -> Schema:
    """Return the shape of everything that is published: public tables first, then owners before what they own.

    A declared key, uniqueness or CHECK stays when all its columns do, a reference when the row it names does too:
    ``Assembly`` keeps them. Comments of the source stay behind, since no policy declares them.
    """
    shapes = {name: public_shape(schema.table(name), policy.tables[name].without) for name in tree.public}
    for kin in tree.kin:
        table, clauses = schema.table(kin.table), policy.tables[kin.table].columns
        columns = tuple(c for c in table.columns if clauses[c.name].treatment is not Treatment.DROP)
        shapes[kin.table] = dataclasses.replace(table, columns=columns)
    released = {name for name, clause in policy.tables.items() if clause.treatment is not TableTreatment.DROP}
    names = {name: {column.name for column in shape.columns} for name, shape in shapes.items()}

    def closes(reference: Reference, at: set[ColumnName]) -> bool:
        target = shapes.get(reference.target)
        if target is None or reference.target not in released or not set(reference.columns) <= at:
            return False
        keys = [set(key) for key in (target.primary_key, *target.unique)]
        return set(reference.target_columns) in keys and set(reference.target_columns) <= names[reference.target]

    return Schema(
        tables=tuple(
            dataclasses.replace(
                shape,
                columns=tuple(dataclasses.replace(column, comment=None) for column in shape.columns),
                primary_key=shape.primary_key if names[name].issuperset(shape.primary_key) else (),
                unique=tuple(unique for unique in shape.unique if names[name].issuperset(unique)),
                references=tuple(reference for reference in shape.references if closes(reference, names[name])),
                checks=tuple(check for check in shape.checks if names[name].issuperset(check.columns)),
                comment=None,
            )
            for name, shape in shapes.items()
        )
    )


def _only(table: Table, columns: list[Column], *, made: set[str] | None = None) -> Table:
    names = {column.name for column in columns}
    unique = names if made is None else made
    return dataclasses.replace(
        table,
        columns=tuple(columns),
        primary_key=table.primary_key if unique.issuperset(table.primary_key) else (),
        unique=tuple(each for each in table.unique if unique.issuperset(each)),
        checks=tuple(check for check in table.checks if names.issuperset(check.columns)) if made is None else (),
        references=(),
        comment=None,
    )
