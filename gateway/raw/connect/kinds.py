"""Which of our kinds a column of a real database is, judged by its declared type alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import ReflectedColumn
    from sqlalchemy.types import TypeEngine

MOST_DIGITS = 38
"""Digits an Arrow decimal128 holds; a column that declares more is read as float64."""

# The first match counts: Float stands before Numeric because it is one in some versions, MySQL's SET is a String.
# What is not listed cannot be learned: bytes, arrays, JSON, geometry, ranges, times of day, intervals, money.
_KINDS: tuple[tuple[tuple[type[TypeEngine[Any]], ...], Kind], ...] = (
    ((sa.Enum,), Kind.ENUM),
    ((sa.Boolean,), Kind.BOOLEAN),
    ((sa.Integer, mysql.YEAR), Kind.INTEGER),
    ((sa.Float,), Kind.FLOAT),
    ((sa.Numeric,), Kind.DECIMAL),
    ((sa.DateTime,), Kind.DATETIME),
    ((sa.Date,), Kind.DATE),
    ((sa.String, sa.Uuid, postgresql.INET, postgresql.CIDR, postgresql.MACADDR), Kind.TEXT),
)


_BITS = 64
_WIDTHS: tuple[tuple[type[TypeEngine[Any]], int], ...] = (
    (mysql.TINYINT, 8),
    (mysql.MEDIUMINT, 24),
    (sa.SmallInteger, 16),
    (sa.BigInteger, _BITS),
    (sa.Integer, 32),
)
"""Bits of whole numbers, those of special names before what they are special cases of."""
_DOCUMENTS = frozenset({"json", "jsonb", "xml", "hstore"})
_NESTED = ("list<", "large_list<", "fixed_size_list<", "struct<", "map<")
_YEARS = (1901, 2155)
"""What MySQL's YEAR holds besides 0000, which stands for no year and counts as the nearest here."""
_SECOND = 1_000_000
_TIMESTAMPS = (_SECOND, 2**31 * _SECOND - 1)
"""What MySQL's TIMESTAMP holds everywhere; servers of 64 bits may go further."""


def column(reflected: ReflectedColumn, *, name: str, native: str, dialect: str, base: str | None = None) -> Column:
    """Return the column that SQLAlchemy ``reflected``, as ``name``; ``native`` is the source's own name of its type.

    A domain is what it is a domain of, and ``base`` the source's own name of that, such as ``numeric(8,2)``. A
    decimal of more than ``MOST_DIGITS`` digits has no scale here. ``dialect`` (``Source.dialect``) says how wide whole
    numbers are.
    """
    declared, nullable = reflected["type"], reflected["nullable"]
    while isinstance(declared, postgresql.DOMAIN):
        nullable = nullable and not declared.not_null
        declared = declared.data_type
    kind = kind_of(declared)
    sizes = [int(size) for size in re.findall(r"-?\d+", base or "")]
    precision, scale, length = None, None, None
    if kind is Kind.DECIMAL:
        precision, scale = _digits(*sizes[:2]) if sizes else _digits(*_declared_digits(declared))
    elif kind is Kind.TEXT and isinstance(declared, sa.String) and not isinstance(declared, mysql.SET):
        # a SET may hold all its members at once, and what is told of it is how long the longest one is
        length = sizes[0] if sizes else declared.length
    lowest, highest = range_of(declared, dialect=dialect)
    return Column(
        name=ColumnName(name),
        kind=kind,
        native=native,
        nullable=nullable,
        values=tuple(declared.enums) if isinstance(declared, sa.Enum) else (),
        precision=precision,
        scale=scale,
        length=length,
        lowest=lowest,
        highest=highest,
        comment=reflected.get("comment"),
    )


def kind_of(declared: TypeEngine[Any]) -> Kind:
    """Return the kind of a reflected type. MySQL's BOOLEAN is a TINYINT(1); its BIT(1) is used as one."""
    if isinstance(declared, mysql.TINYINT) and declared.display_width == 1:
        return Kind.BOOLEAN
    if isinstance(declared, mysql.BIT) and declared.length == 1:
        return Kind.BOOLEAN
    for types, kind in _KINDS:
        if isinstance(declared, types):
            return kind
    return Kind.UNSUPPORTED


def is_document(column: Column) -> bool:
    """Tell whether a column that cannot be learned holds documents, which detection reads as texts and flattens.

    JSON, XML, hstore, arrays; in Parquet files lists, structures and maps.
    """
    if column.kind is not Kind.UNSUPPORTED:
        return False
    native = column.native.lower()
    plain = native.rpartition(".")[2].strip('"')
    return plain in _DOCUMENTS or native.endswith("[]") or native.startswith(_NESTED)


def range_of(declared: TypeEngine[Any], *, dialect: str) -> tuple[int | None, int | None]:
    """Return the least and the greatest number that a reflected type holds; see ``Column.lowest``.

    SQLite keeps whole numbers in 64 bits, whatever it calls their type.
    """
    if dialect == "sqlite" or kind_of(declared) is Kind.BOOLEAN:
        return None, None
    if isinstance(declared, mysql.YEAR):
        return _YEARS
    if isinstance(declared, mysql.TIMESTAMP) and dialect == "mysql":
        return _TIMESTAMPS
    # ZEROFILL makes a number unsigned
    unsigned = bool(getattr(declared, "unsigned", False) or getattr(declared, "zerofill", False))
    bits = next((width for one, width in _WIDTHS if isinstance(declared, one)), _BITS)
    if bits == _BITS:
        return (0 if unsigned else None), None
    return (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _declared_digits(declared: TypeEngine[Any]) -> tuple[int | None, int | None]:
    return getattr(declared, "precision", None), getattr(declared, "scale", None)


def _digits(precision: int | None = None, scale: int | None = None) -> tuple[int | None, int | None]:
    if precision is None or scale is None:
        return precision, None
    return precision, scale if 0 <= scale <= precision <= MOST_DIGITS else None
