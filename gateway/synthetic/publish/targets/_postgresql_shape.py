"""How a table's shape is written in PostgreSQL: names, types, keys."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, LiteralString

from psycopg import sql

from gateway.synthetic.publish.targets._postgresql_rows import has_zone
from gateway.vocabulary.errors import PublishRefused
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ReleaseId
    from gateway.vocabulary.schema import Column, Reference, Table

LONGEST_NAME = 63
"""Bytes of an identifier; PostgreSQL cuts longer ones off without an error."""
_LONGEST_VARCHAR = 10_485_760
_MOST_DIGITS = 1000
_PLAIN: dict[Kind, LiteralString] = {
    Kind.INTEGER: "bigint",
    Kind.DECIMAL: "numeric",
    Kind.FLOAT: "double precision",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamp without time zone",
    Kind.TEXT: "text",
    Kind.ENUM: "text",
}


def staged_name(schema: str, release: ReleaseId) -> str:
    """Return the schema that ``release`` is staged in: the public one's name, ``__`` and the release's first digits.

    A name that would be too long is cut and given four digits of its own digest, so that two of them stay apart.
    """
    ending = f"__{release[:12]}"
    room = LONGEST_NAME - len(ending)
    if len(schema.encode()) > room:
        mark = hashlib.sha256(schema.encode()).hexdigest()[:4]
        schema = schema.encode()[: room - len(mark)].decode(errors="ignore") + mark
    return schema + ending


def refuse_names(schema: str, tables: Sequence[SyntheticTable]) -> None:
    """Raise ``PublishRefused`` for names PostgreSQL would cut off or refuse."""
    names = [schema, *(name for each in tables for name in (each.table.name, *(c.name for c in each.table.columns)))]
    for name in names:
        if len(name.encode()) > LONGEST_NAME:
            raise PublishRefused(f"{name!r} is longer than PostgreSQL's {LONGEST_NAME} bytes; it cannot be published")
    if schema.startswith("pg_") or "\0" in schema:
        raise PublishRefused(f"{schema!r} cannot be the name of a schema; choose another in the policy's `target`")


def create_table(place: sql.Composable, table: Table) -> sql.Composed:
    """Return the statement that makes ``table`` at ``place``: types and NOT NULL; keys come after the rows."""
    return sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(map(_column, table.columns)))


def _column(column: Column) -> sql.Composed:
    name = sql.Identifier(column.name)
    parts: list[sql.Composable] = [name, sql.SQL(type_of(column))]
    if not column.nullable:
        parts.append(sql.SQL("NOT NULL"))
    if column.kind is Kind.ENUM and column.values:
        labels = sql.SQL(", ").join(map(sql.Literal, column.values))
        parts.append(sql.SQL("CHECK ({} IN ({}))").format(name, labels))
    return sql.SQL(" ").join(parts)


def type_of(column: Column) -> LiteralString:
    """Return the type, as PostgreSQL itself writes it: as wide as the kind needs, as the source may be of another make.

    So ``integer`` and ``smallint`` become bigint, ``real`` double precision, ``char(n)`` varchar(n), an enum text with
    a CHECK. Numbers in the string come from the catalogue's integers; nothing of ``native`` gets in.
    """
    if column.kind is Kind.DECIMAL and column.scale is not None:
        digits = min(column.precision or 38, _MOST_DIGITS)
        return f"numeric({int(digits)},{int(column.scale)})"
    if column.kind is Kind.TEXT and column.length is not None and 1 <= column.length <= _LONGEST_VARCHAR:
        return f"character varying({int(column.length)})"
    if has_zone(column):
        return "timestamp with time zone"
    return _PLAIN[column.kind]


def keys(schema: str, tables: Sequence[SyntheticTable]) -> Iterator[sql.Composed]:
    """Yield the statements that add primary keys, then the references whose two ends are both released."""
    shapes = {each.table.name: each.table for each in tables}
    for table in shapes.values():
        if table.primary_key and set(table.primary_key) <= {column.name for column in table.columns}:
            yield sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(
                sql.Identifier(schema, table.name), _names(table.primary_key)
            )
    for table in shapes.values():
        for reference in table.references:
            if _both_ends_are_here(reference, table, shapes.get(reference.target)):
                yield sql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})").format(
                    sql.Identifier(schema, table.name),
                    _names(reference.columns),
                    sql.Identifier(schema, reference.target),
                    _names(reference.target_columns),
                )


def _both_ends_are_here(reference: Reference, table: Table, target: Table | None) -> bool:
    here = {column.name for column in table.columns}
    return (
        target is not None
        and set(reference.columns) <= here
        and set(reference.target_columns) == set(target.primary_key)
    )


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
