"""A database's shape from its catalogue, by way of SQLAlchemy's inspector."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.raw.connect import kinds
from gateway.vocabulary.errors import SourceRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine.interfaces import (
        ReflectedColumn,
        ReflectedForeignKeyConstraint,
        ReflectedUniqueConstraint,
    )


def read_schema(
    connection: sa.Connection,
    *,
    schema: str | None,
    natives: Mapping[tuple[str, str], str],
    bases: Mapping[tuple[str, str], str] | None = None,
    without: Iterable[str] = (),
) -> Schema:
    """Return the tables of ``schema``, by name, each with its columns in declared order.

    ``natives`` gives the source's own name of each column's type by (table, column), and
    ``bases`` that of the type behind a domain. Tables named in ``without`` (a
    partitioned table's partitions) are left out, and so are references that leave the schema. Views are no tables.
    """
    inspector = sa.inspect(connection)
    with warnings.catch_warnings():
        # a type SQLAlchemy does not know is an unsupported column here, which is no news to warn of
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        columns = inspector.get_multi_columns(schema=schema)
        keys = inspector.get_multi_pk_constraint(schema=schema)
        references = inspector.get_multi_foreign_keys(schema=schema)
        unique = inspector.get_multi_unique_constraints(schema=schema)
        commented = connection.dialect.supports_comments
        comments = inspector.get_multi_table_comment(schema=schema) if commented else {}
    kept = sorted({name for _, name in columns} - set(without))
    tables = []
    for name in kept:
        at = (schema, name)
        comment = comments.get(at)
        key = keys.get(at)
        tables.append(
            Table(
                name=TableName(name),
                columns=_columns(columns[at], table=name, natives=natives, bases=bases or {}),
                primary_key=_names(key["constrained_columns"] if key else ()),
                references=_references(references.get(at, ()), schema=schema, known=set(kept)),
                unique=_unique(unique.get(at, ())),
                comment=comment["text"] if comment else None,
            )
        )
    return Schema(tables=tuple(tables))


def chosen(table: Table, columns: Sequence[ColumnName]) -> tuple[Column, ...]:
    """Return the columns of ``table`` so called, in that order.

    ``SourceRefused`` when the catalogue has no such column, or when it is of a type that cannot be read.
    """
    known = {column.name: column for column in table.columns}
    missing = [name for name in columns if name not in known]
    if missing:
        raise SourceRefused(
            f"table {table.name} has no column {_listed(missing)}; it has {_listed(known) or 'none at all'}"
        )
    unreadable = [name for name in columns if known[name].kind is Kind.UNSUPPORTED]
    if unreadable:
        types = ", ".join(f"{name} ({known[name].native})" for name in unreadable)
        raise SourceRefused(f"table {table.name}: the type of column {types} cannot be read; drop it in the policy")
    return tuple(known[name] for name in columns)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _names(names: Iterable[str | None]) -> tuple[ColumnName, ...]:
    return tuple(ColumnName(str(name)) for name in names if name is not None)


def _columns(
    found: Iterable[ReflectedColumn],
    *,
    table: str,
    natives: Mapping[tuple[str, str], str],
    bases: Mapping[tuple[str, str], str],
) -> tuple[Column, ...]:
    places = ((one, (table, one["name"])) for one in found)
    return tuple(kinds.column(one, native=natives.get(at, ""), base=bases.get(at)) for one, at in places)


def _references(
    found: Iterable[ReflectedForeignKeyConstraint], *, schema: str | None, known: set[str]
) -> tuple[Reference, ...]:
    inside = [
        one
        for one in found
        if one["referred_schema"] in (None, schema)
        and one["referred_table"] in known
        and len(one["referred_columns"]) == len(one["constrained_columns"])
    ]
    return tuple(
        Reference(
            columns=_names(one["constrained_columns"]),
            target=TableName(one["referred_table"]),
            target_columns=_names(one["referred_columns"]),
        )
        for one in sorted(inside, key=lambda one: one["constrained_columns"])
    )


def _unique(found: Iterable[ReflectedUniqueConstraint]) -> tuple[tuple[ColumnName, ...], ...]:
    return tuple(sorted(_names(one["column_names"]) for one in found))
