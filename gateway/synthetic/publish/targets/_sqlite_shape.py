"""How tables and rows are written in SQLite: names, types, constraints, cells."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from gateway.synthetic.publish import constraining
from gateway.synthetic.publish.check_sql import Spelling, written
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    import pyarrow as pa

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.checks import Check
    from gateway.vocabulary.names import ReleaseId, TableName
    from gateway.vocabulary.schema import Column, Table

_BATCH_ROWS = 10_000
_EXACT_DIGITS = 15
"""Decimal digits that a double holds exactly; a wider decimal is kept as text."""
_TYPES = {
    # BIGINT, not INTEGER: an INTEGER primary key would take the place of the row id that keeps the order of rows
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "REAL",
    Kind.FLOAT: "REAL",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.DATETIME: "DATETIME",
    Kind.TEXT: "TEXT",
    Kind.ENUM: "TEXT",
}


def quoted(name: str) -> str:
    """Return ``name`` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def staged_name(table: str, release: ReleaseId) -> str:
    """Return what ``table`` is called in the file: views carry the tables' own names."""
    return f"{table}__{release[:12]}"


def staged(table: str, release: ReleaseId) -> str:
    """Return ``staged_name`` as an identifier."""
    return quoted(staged_name(table, release))


def columns_of(table: Table, tables: Mapping[TableName, Table], release: ReleaseId) -> str:
    """Return the columns and constraints of ``table`` as CREATE TABLE wants them; ``tables`` can be referred to."""
    lines = []
    for column in table.columns:
        line = f"{quoted(column.name)} {_type(column)}"
        if not column.nullable or column.name in table.primary_key:
            line += " NOT NULL"
        if column.kind is Kind.ENUM and column.values:
            labels = ", ".join("'" + label.replace("'", "''") + "'" for label in column.values)
            line += f" CHECK ({quoted(column.name)} IN ({labels}))"
        lines.append(line)
    for key in constraining.keys(table):
        kind = "PRIMARY KEY" if key == table.primary_key else "UNIQUE"
        lines.append(f"{kind} ({', '.join(map(quoted, key))})")
    lines += [f"CHECK ({written(constraining.condition_of(check), table, _SPELLING)})" for check in _checks(table)]
    for reference in constraining.references(table, tables):
        here, there = (", ".join(map(quoted, names)) for names in (reference.columns, reference.target_columns))
        lines.append(f"FOREIGN KEY ({here}) REFERENCES {staged(reference.target, release)} ({there})")
    return ", ".join(lines)


def _checks(table: Table) -> Iterator[Check]:
    """Yield the CHECKs that mean the same here: a wide decimal is kept as text, whose order is another."""
    for check in constraining.checks(table):
        if not any(_type(table.column(name)) == "TEXT" and _is_decimal(table.column(name)) for name in check.columns):
            yield check


def _is_decimal(column: Column) -> bool:
    return column.kind is Kind.DECIMAL


def _told_moment(value: dt.datetime, kind: Kind) -> str:
    """Return the form that dates and date-times are stored in, in which texts lie as the moments do."""
    return value.date().isoformat() if kind is Kind.DATE and value.time() == dt.time() else _moment(value)


def _type(column: Column) -> str:
    if column.kind is Kind.DECIMAL and column.scale is not None:
        digits = column.precision or 38
        return f"NUMERIC({digits}, {column.scale})" if digits <= _EXACT_DIGITS else "TEXT"
    if column.kind is Kind.TEXT and column.length is not None:
        return f"VARCHAR({column.length})"
    return _TYPES[column.kind]


def cells(table: SyntheticTable) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows as SQLite stores them, a batch at a time."""
    columns = table.table.columns
    for batch in table.batches(_BATCH_ROWS):
        yield list(zip(*(_stored(column, batch.column(i)) for i, column in enumerate(columns)), strict=True))


def _stored(column: Column, values: pa.Array) -> list[Any]:
    cells: list[Any] = values.to_pylist()
    match column.kind:
        case Kind.DECIMAL if column.scale is not None:
            as_text = _type(column) == "TEXT"
            return [None if cell is None else _decimal(cell, as_text=as_text) for cell in cells]
        case Kind.BOOLEAN:
            return [None if cell is None else int(cell) for cell in cells]
        case Kind.DATE:
            return [None if cell is None else cell.isoformat() for cell in cells]
        case Kind.DATETIME:
            return [None if cell is None else _moment(cell) for cell in cells]
        case _:
            return cells


def _decimal(value: Decimal, *, as_text: bool) -> str | float:
    return format(value, "f") if as_text else float(value)


def _moment(value: dt.datetime) -> str:
    """Return the form that SQLite's date functions and SQLAlchemy read."""
    return value.isoformat(sep=" ", timespec="microseconds")


_SPELLING = Spelling(name=quoted, text=lambda text: "'" + text.replace("'", "''") + "'", moment=_told_moment)
