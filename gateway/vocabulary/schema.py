"""A database's shape without its rows: tables, columns, keys, references."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.vocabulary.checks import Check, Condition
    from gateway.vocabulary.names import TableName


class Kind(StrEnum):
    """The types a column can have here. A source maps its own types onto these and keeps the native name beside."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TEXT = "text"
    ENUM = "enum"
    UNSUPPORTED = "unsupported"
    """Bytes, arrays, JSON, geometry, ...: can be dropped, never learned."""


NUMERIC_KINDS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT})
TEMPORAL_KINDS = frozenset({Kind.DATE, Kind.DATETIME})
TEXT_KINDS = frozenset({Kind.TEXT, Kind.ENUM})


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column as the catalogue declares it. Nothing here comes from rows."""

    name: ColumnName
    kind: Kind
    native: str
    """The source's own name of the type, such as ``numeric(5,1)``."""
    nullable: bool = True
    values: tuple[str, ...] = ()
    """The labels of an enum, in declared order; empty otherwise."""
    precision: int | None = None
    """All digits of a decimal, when declared."""
    scale: int | None = None
    """Digits behind the point of a decimal, when declared."""
    length: int | None = None
    """The longest text allowed, when declared."""
    lowest: int | None = None
    """The least number that the declared type holds, where that is more than the least of its kind; of date-times in
    microseconds since 1970. None for the kind's own: of whole numbers, 64 bits."""
    highest: int | None = None
    """The greatest number that the declared type holds, likewise."""
    comment: str | None = None

    @property
    def arrow_type(self) -> pa.DataType:
        """The one Arrow type this column has in every frame, raw or synthetic.

        A decimal without a declared scale is a float64; a date-time is in microseconds without a zone (UTC when the
        source has zones); an unsupported column is null.
        """
        if self.kind is Kind.DECIMAL and self.scale is not None:
            return pa.decimal128(min(self.precision or 38, 38), self.scale)
        return _ARROW[self.kind]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads back. The comment is left out: nothing is made from it."""
        return {name: getattr(self, name) for name in _FIELDS} | {"values": list(self.values)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read back what ``to_json`` wrote; ``KeyError`` or ``ValueError`` when it is something else."""
        found = {name: value[name] for name in _FIELDS}
        for name, (least, most) in _NUMBERS.items():
            if found[name] is not None and (type(found[name]) is not int or not least <= found[name] <= most):
                raise ValueError("a column of another type than there is")
        values = tuple(str(each) for each in value["values"])
        return cls(**found | {"name": ColumnName(str(found["name"])), "kind": Kind(found["kind"]), "values": values})


_SIZE, _WHOLE = (0, 2**31 - 1), (-(2**63), 2**63 - 1)
_NUMBERS = {"precision": _SIZE, "scale": _SIZE, "length": _SIZE, "lowest": _WHOLE, "highest": _WHOLE}
_FIELDS = ("name", "kind", "native", "nullable", *_NUMBERS)
_ARROW: dict[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.float64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: pa.timestamp("us"),
    Kind.TEXT: pa.string(),
    Kind.ENUM: pa.string(),
    Kind.UNSUPPORTED: pa.null(),
}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key: ``columns`` here point at ``target_columns`` of ``target``, position by position."""

    columns: tuple[ColumnName, ...]
    target: TableName
    target_columns: tuple[ColumnName, ...]


@dataclass(frozen=True, kw_only=True)
class PartialKey:
    """A unique index over some rows: no two of which ``condition`` is true have the same ``columns``."""

    columns: tuple[ColumnName, ...]
    condition: Condition


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table as the catalogue declares it."""

    name: TableName
    columns: tuple[Column, ...]
    primary_key: tuple[ColumnName, ...] = ()
    references: tuple[Reference, ...] = ()
    unique: tuple[tuple[ColumnName, ...], ...] = ()
    checks: tuple[Check, ...] = ()
    partial: tuple[PartialKey, ...] = ()
    """What a source holds unique among some of its rows. Made rows keep it; what is published declares none of it."""
    comment: str | None = None

    def column(self, name: ColumnName) -> Column:
        """Return the column called ``name``; ``KeyError`` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def arrow_schema(self) -> pa.Schema:
        """Return the Arrow schema of a frame with all columns of this table."""
        return pa.schema([pa.field(c.name, c.arrow_type, c.nullable) for c in self.columns])


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The tables of one database schema, in catalogue order."""

    tables: tuple[Table, ...]

    def table(self, name: TableName) -> Table:
        """Return the table called ``name``; ``KeyError`` when there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
