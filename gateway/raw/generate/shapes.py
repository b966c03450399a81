"""What is read of a table and what is published of it: shapes alone, from the catalogue and the policy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.raw.connect.public_rows import public_shape
from gateway.vocabulary.checks import columns_of
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import Schema

if TYPE_CHECKING:
    from gateway.policy.lineage import Lineage
    from gateway.policy.model import Policy, TableClause
    from gateway.vocabulary.schema import Reference


def learned_columns(clause: TableClause) -> list[ColumnName]:
    """Return the columns a model learns, in the policy's order."""
    return [ColumnName(name) for name, column in clause.columns.items() if column.treatment is Treatment.LEARN]


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
                partial=tuple(
                    key for key in shape.partial if names[name].issuperset((*key.columns, *columns_of(key.condition)))
                ),
                comment=None,
            )
            for name, shape in shapes.items()
        )
    )
