"""A database's shape from its catalogue, by way of SQLAlchemy's inspector."""

from __future__ import annotations

import dataclasses
import re
import warnings
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.raw.connect import kinds
from gateway.raw.connect.checks import read_check, type_check
from gateway.vocabulary.checks import Check
from gateway.vocabulary.errors import SourceFailed, SourceRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, PartialKey, Reference, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine.interfaces import (
        ReflectedCheckConstraint,
        ReflectedColumn,
        ReflectedForeignKeyConstraint,
        ReflectedIndex,
        ReflectedPrimaryKeyConstraint,
        ReflectedUniqueConstraint,
    )


def read_schema(
    connection: sa.Connection,
    *,
    schema: str | None,
    natives: Mapping[tuple[str, str], str],
    bases: Mapping[tuple[str, str], str] | None = None,
    without: Mapping[str, str | None] | None = None,
    of_types: Iterable[tuple[str, str, str, str]] = (),
) -> Schema:
    """Return the tables of ``schema``, by name, each with its columns in declared order.

    ``natives`` gives the source's own name of each column's type by (table, column), in declared order, and
    ``bases`` that of the type behind a domain. Tables named in ``without`` (a
    partitioned table's partitions, each with the table it is a part of) are left out, and so are references that leave
    the schema. Views are no tables. A reference that a partition declares is the whole's too. ``of_types`` are the
    CHECKs of columns' types (PostgreSQL's domains): table, column, name and text of each.
    """
    inspector = sa.inspect(connection)
    with warnings.catch_warnings():
        # a type SQLAlchemy does not know is an unsupported column here, which is no news to warn of
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        columns = inspector.get_multi_columns(schema=schema)
        keys = inspector.get_multi_pk_constraint(schema=schema)
        references = inspector.get_multi_foreign_keys(schema=schema)
        unique = inspector.get_multi_unique_constraints(schema=schema)
        indexes = inspector.get_multi_indexes(schema=schema)
        checks = inspector.get_multi_check_constraints(schema=schema)
        commented = connection.dialect.supports_comments
        comments = inspector.get_multi_table_comment(schema=schema) if commented else {}
    unclear, of_types = _unclear(connection), tuple(of_types)
    dialect = "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name
    kept = sorted({name for _, name in columns} - set(without or {}))
    true_names = {name: _true_names(columns[schema, name], table=name, natives=natives) for name in kept}
    tables = []
    for name in kept:
        at, true = (schema, name), true_names[name]
        comment, key = comments.get(at), keys.get(at)
        tables.append(
            Table(
                name=TableName(name),
                columns=_columns(
                    columns[at], true=true, table=name, natives=natives, bases=bases or {}, dialect=dialect
                ),
                primary_key=_names(key["constrained_columns"] if key else (), true),
                references=_references(
                    [*references.get(at, ()), *_of_parts(name, without or {}, references, schema=schema)],
                    table=name,
                    schema=schema,
                    true=true_names,
                ),
                unique=_unique([*unique.get(at, ()), *_whole(indexes.get(at, ()))], key=key, true=true),
                comment=comment["text"] if comment else None,
            )
        )
        own = _checks(checks.get(at, ()), tables[-1], dialect="unclear" if name in unclear else dialect)
        partial, beyond = _partial(indexes.get(at, ()), tables[-1], true=true, dialect=dialect)
        typed = [type_check(tables[-1].column(ColumnName(of[1])), *of[2:]) for of in of_types if of[0] == name]
        tables[-1] = dataclasses.replace(tables[-1], checks=(*own, *typed, *beyond), partial=partial)
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


def looked_at(table: Table, columns: Sequence[ColumnName]) -> tuple[Column, ...]:
    """Return the columns of ``table`` so called as a sample holds them: documents as texts. Refuses as ``chosen``."""
    as_texts = tuple(
        dataclasses.replace(column, kind=Kind.TEXT) if kinds.is_document(column) else column for column in table.columns
    )
    return chosen(dataclasses.replace(table, columns=as_texts), columns)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _true_names(
    found: Iterable[ReflectedColumn], *, table: str, natives: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """Return the catalogue's names by the reflected ones, which for MySQL are parsed from SQL and may be off.

    ``SourceFailed`` when a column was lost on the way (a line break in a name): a column nobody sees is nobody's duty.
    """
    reflected = [one["name"] for one in found]
    declared = [column for of, column in natives if of == table and column is not None]
    if len(reflected) != len(declared):
        raise SourceFailed(f"the columns of table {table} cannot be read from the catalogue; rename the odd ones")
    return dict(zip(reflected, declared, strict=True))


def _of_parts(
    table: str,
    parts: Mapping[str, str | None],
    references: Mapping[tuple[str | None, str], Sequence[ReflectedForeignKeyConstraint]],
    *,
    schema: str | None,
) -> Iterator[ReflectedForeignKeyConstraint]:
    """Yield the references that a partition of ``table`` declares for itself; those of the whole come down to all.

    Dumps may forget one on the newest partition. What it holds is the same sort of row, so the reference is taken to be
    meant for the whole. A partition of a partition counts for its own whole alone.
    """
    told = {_said(one) for one in references.get((schema, table), ())}
    for part in sorted(part for part, whole in parts.items() if whole == table):
        for one in references.get((schema, part), ()):
            if _said(one) not in told:
                told.add(_said(one))
                yield one


def _said(one: ReflectedForeignKeyConstraint) -> tuple[object, ...]:
    return (
        tuple(one["constrained_columns"]),
        one["referred_schema"],
        one["referred_table"],
        tuple(one["referred_columns"]),
    )


def _whole(indexes: Iterable[ReflectedIndex]) -> Iterator[ReflectedIndex]:
    """Yield the unique indexes over whole columns and all rows: those that say no less than a constraint."""
    for index in indexes:
        if index["unique"] and _where(index) is None and not _is_shortened(index) and None not in index["column_names"]:
            yield index


def _where(index: ReflectedIndex) -> str | None:
    """Return of which rows an index is; None where it is of all. SQLite's has no truth of its own."""
    options = index.get("dialect_options", {}).items()
    return next((str(value) for name, value in options if name.endswith("_where") and value is not None), None)


def _is_shortened(index: ReflectedIndex) -> bool:
    return any(name.endswith("_length") and value for name, value in index.get("dialect_options", {}).items())


def _partial(
    indexes: Iterable[ReflectedIndex], table: Table, *, true: Mapping[str, str], dialect: str
) -> tuple[tuple[PartialKey, ...], list[Check]]:
    """Return the unique indexes over some rows alone; and, by name, those that say more than can be understood.

    Those over expressions, or over the beginning of texts, are among the latter.
    """
    found, beyond = [], []
    indexes = list(indexes)
    whole = [index["name"] for index in _whole(indexes)]
    for index in indexes:
        if not index["unique"] or index["name"] in whole:
            continue
        name = index["name"] or "unique index"
        check = read_check(name, _where(index) or "", table.columns, dialect=dialect)
        if None in index["column_names"] or _is_shortened(index) or check.condition is None:
            beyond.append(Check(name=name, columns=(), condition=None))
        else:
            found.append(PartialKey(columns=_names(index["column_names"], true), condition=check.condition))
    return tuple(sorted(found, key=lambda key: (key.columns, str(key.condition)))), beyond


def _unique(
    found: Iterable[ReflectedUniqueConstraint | ReflectedIndex],
    *,
    key: ReflectedPrimaryKeyConstraint | None,
    true: Mapping[str, str],
) -> tuple[tuple[ColumnName, ...], ...]:
    """Return what is declared unique beside the primary key, each once."""
    primary = _names(key["constrained_columns"] if key else (), true)
    names = {_names(one["column_names"], true) for one in found}
    return tuple(sorted(each for each in names if each and each != primary))


def _unclear(connection: sa.Connection) -> set[str]:
    """Return the tables of SQLite whose constraints may be misread.

    SQLAlchemy looks for CHECK in the text of the table, and takes one in a comment or a default for one that holds.
    """
    if connection.dialect.name != "sqlite":
        return set()
    declared = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    return {
        name
        for name, text in declared
        if re.search(r"--|/\*|'[^']*check[^']*'|\"[^\"]*check", text or "", re.IGNORECASE)
    }


def _checks(found: Iterable[ReflectedCheckConstraint], table: Table, *, dialect: str) -> tuple[Check, ...]:
    """Return the CHECK constraints; one without a name is called by its place, never by its text."""
    read = [
        read_check(one["name"] or f"check {number}", one["sqltext"], table.columns, dialect=dialect)
        for number, one in enumerate(found, start=1)
    ]
    return tuple(sorted(read, key=lambda check: check.name))


def _names(names: Iterable[str | None], true: Mapping[str, str]) -> tuple[ColumnName, ...]:
    return tuple(ColumnName(true.get(name, name)) for name in names if name is not None)


def _columns(
    found: Iterable[ReflectedColumn],
    *,
    true: Mapping[str, str],
    table: str,
    natives: Mapping[tuple[str, str], str],
    bases: Mapping[tuple[str, str], str],
    dialect: str,
) -> tuple[Column, ...]:
    places = ((one, true[one["name"]]) for one in found)
    return tuple(
        kinds.column(one, name=name, native=natives[table, name], dialect=dialect, base=bases.get((table, name)))
        for one, name in places
    )


def _references(
    found: Iterable[ReflectedForeignKeyConstraint],
    *,
    table: str,
    schema: str | None,
    true: Mapping[str, Mapping[str, str]],
) -> tuple[Reference, ...]:
    references = []
    for one in found:
        target = one["referred_table"]
        whole = len(one["referred_columns"]) == len(one["constrained_columns"])
        if whole and target in true and one["referred_schema"] in (None, schema):
            references.append(
                Reference(
                    columns=_names(one["constrained_columns"], true[table]),
                    target=TableName(target),
                    target_columns=_names(one["referred_columns"], true[target]),
                )
            )
    return tuple(sorted(references, key=lambda reference: (reference.columns, reference.target)))
