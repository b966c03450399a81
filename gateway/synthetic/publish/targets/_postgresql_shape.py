"""How a table's shape is written in PostgreSQL: names, types, keys."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from psycopg import sql

from gateway.synthetic.publish import constraining
from gateway.synthetic.publish.check_sql import Spelling, written
from gateway.synthetic.publish.targets._postgresql_rows import has_zone
from gateway.vocabulary.errors import PublishRefused
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ReleaseId
    from gateway.vocabulary.schema import Column, Table

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


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """One declared constraint of a table, to be added when all rows are in."""

    table: str
    what: str
    """In words, with names and no value."""
    statement: sql.Composed


def constraints(schema: str, tables: Sequence[SyntheticTable]) -> Iterator[Constraint]:
    """Yield the declared keys and CHECKs of all tables, then the references whose two ends are both released.

    In this order references may run in circles. NOT NULL and the labels of enums stand in ``create_table``.
    """
    shapes = {each.table.name: each.table for each in tables}
    for table in shapes.values():
        for what, rest in _of_one_table(table):
            statement = sql.SQL("ALTER TABLE {} ADD {}").format(sql.Identifier(schema, table.name), rest)
            yield Constraint(table=table.name, what=what, statement=statement)
    for table in shapes.values():
        for reference in constraining.references(table, shapes):
            statement = sql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})").format(
                sql.Identifier(schema, table.name),
                _names(reference.columns),
                sql.Identifier(schema, reference.target),
                _names(reference.target_columns),
            )
            what = f"reference ({', '.join(reference.columns)}) to {reference.target!r}"
            yield Constraint(table=table.name, what=what, statement=statement)


def _of_one_table(table: Table) -> Iterator[tuple[str, sql.Composed]]:
    for key in constraining.keys(table):
        primary = key == table.primary_key
        kind = "PRIMARY KEY" if primary else "UNIQUE"
        what = f"{'primary key' if primary else 'uniqueness of'} ({', '.join(key)})"
        yield what, sql.SQL(kind + " ({})").format(_names(key))
    for check in constraining.checks(table):
        condition = constraining.condition_of(check)
        text = written(condition, table, _SPELLING)
        yield (
            f"CHECK on ({', '.join(check.columns)})",
            sql.SQL("CHECK ({})").format(sql.SQL(text)),
        )


def _moment(value: dt.datetime, kind: Kind) -> str:
    return value.date().isoformat() if kind is Kind.DATE and value.time() == dt.time() else value.isoformat(sep=" ")


_SPELLING = Spelling(
    name=lambda name: sql.Identifier(name).as_string(),
    text=lambda text: sql.Literal(text).as_string(),
    moment=_moment,
)


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
