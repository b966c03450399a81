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


def column(reflected: ReflectedColumn, *, name: str, native: str, base: str | None = None) -> Column:
    """Return the column that SQLAlchemy ``reflected``, as ``name``; ``native`` is the source's own name of its type.

    A domain is what it is a domain of, and ``base`` the source's own name of that, such as ``numeric(8,2)``. A
    decimal of more than ``MOST_DIGITS`` digits has no scale here.
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
    return Column(
        name=ColumnName(name),
        kind=kind,
        native=native,
        nullable=nullable,
        values=tuple(declared.enums) if isinstance(declared, sa.Enum) else (),
        precision=precision,
        scale=scale,
        length=length,
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


def _declared_digits(declared: TypeEngine[Any]) -> tuple[int | None, int | None]:
    return getattr(declared, "precision", None), getattr(declared, "scale", None)


def _digits(precision: int | None = None, scale: int | None = None) -> tuple[int | None, int | None]:
    if precision is None or scale is None:
        return precision, None
    return precision, scale if 0 <= scale <= precision <= MOST_DIGITS else None
