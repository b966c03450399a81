"""Read the labelled schemas of this folder as databases without rows."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

FOLDER = Path(__file__).resolve().parent
DEVELOPMENT, HELD_OUT = "development", "held out"
_KINDS = (
    (r"bool|bit\b|bit\(1\)|tinyint\(1\)", Kind.BOOLEAN),
    (r"enum", Kind.ENUM),
    (r"datetime|timestamp", Kind.DATETIME),
    (r"date", Kind.DATE),
    (r"(var)?char|(long|medium)?text|clob|uuid|name$|phone|(account|order)number|string", Kind.TEXT),
    (r"\w*int\b|\w*int\d?\b|\w*int\(|serial|integer|year", Kind.INTEGER),
    (r"number\(\d+\)|numeric\(\d+,\s*0\)", Kind.INTEGER),
    (r"dec|num|money", Kind.DECIMAL),
    (r"float|double|real", Kind.FLOAT),
    (r"flag|namestyle", Kind.BOOLEAN),
)
"""Beginnings of declared types and their kinds, the first that fits; anything else is unsupported."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One schema and its labels."""

    name: str
    half: str
    language: str
    schema: Schema
    frames: dict[str, pa.Table]
    """Every table, without rows."""
    roles: dict[tuple[str, str], Role]
    """Table and column to role, ambiguous columns left out."""


def labelled_schemas() -> list[Labelled]:
    """Return all schemas of this folder, in the order of ``sources.csv``."""
    with (FOLDER / "sources.csv").open(encoding="utf-8", newline="") as file:
        return [_read(row["schema"], row["half"], row["language"]) for row in csv.DictReader(file)]


def _read(name: str, half: str, language: str) -> Labelled:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["table"], []).append(row)
    folded = {table.lower(): table for table in grouped}
    tables = tuple(_table(table, columns, folded) for table, columns in grouped.items())
    return Labelled(
        name=name,
        half=half,
        language=language,
        schema=Schema(tables=tables),
        frames={
            t.name: pa.table({c.name: pa.array([], c.arrow_type) for c in t.columns if c.kind is not Kind.UNSUPPORTED})
            for t in tables
        },
        roles={(row["table"], row["column"]): Role(row["role"]) for row in rows if not row["ambiguous"]},
    )


def _table(name: str, rows: list[dict[str, str]], folded: dict[str, str]) -> Table:
    return Table(
        name=TableName(name),
        columns=tuple(_column(row) for row in rows),
        primary_key=tuple(ColumnName(row["column"]) for row in rows if row["key"] == "primary"),
        unique=tuple((ColumnName(row["column"]),) for row in rows if row["key"] == "unique"),
        references=tuple(_reference(row, folded) for row in rows if row["references"]),
    )


def _reference(row: dict[str, str], folded: dict[str, str]) -> Reference:
    target, _, column = row["references"].partition(".")
    return Reference(
        columns=(ColumnName(row["column"]),),
        target=TableName(folded.get(target.lower(), target)),
        target_columns=(ColumnName(column or "id"),),
    )


def _column(row: dict[str, str]) -> Column:
    kind = next((kind for pattern, kind in _KINDS if re.match(pattern, row["type"])), Kind.UNSUPPORTED)
    labels = tuple(re.findall(r"'([^']*)'", row["type"])) if kind is Kind.ENUM else ()
    return Column(name=ColumnName(row["column"]), kind=kind, native=row["type"], values=labels)
