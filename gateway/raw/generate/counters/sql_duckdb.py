"""Counting in DuckDB: GROUPING SETS over narrow columns of cell codes, all tables in one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counters.sql_engine import Engine, flat, offsets
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    Expression = sa.ColumnElement[Any]

_FAST_SCALE = 18
"""A decimal of at most so many digits behind the point, held to +-``LARGEST``, fits into an int128 times its unit."""


class DuckEngine(Engine):
    """DuckDB, through ``duckdb-engine``."""

    def text(self, column: Column, cell: Expression) -> Expression:
        """Return the bytes of the text, which no collation touches."""
        del column
        return sa.func.encode(sa.cast(cell, sa.Text()), type_=sa.LargeBinary())

    def number(self, column: Column, cell: Expression) -> Expression:
        """Return the number; NULL for NaN, infinities, moments outside the years 1-9999 and integers beyond int64."""
        match column.kind:
            case Kind.BOOLEAN:
                return sa.cast(cell, sa.Integer())
            case Kind.DECIMAL if column.scale is not None:
                # greatest and least pass over NULL
                return sa.case((cell.is_not(None), _unscaled(cell, column.scale)))
            case Kind.FLOAT | Kind.DECIMAL:
                number: Expression = sa.cast(cell, sa.Double())
                return sa.case((sa.func.isfinite(number), number))
            case Kind.DATE:
                day = sa.cast(cell, sa.Date())
                since = sa.func.date_diff("day", sql_cells.written("1970-01-01", sa.Date()), day, type_=sa.BigInteger())
                return sa.case((_usual(day, sa.Date()), since))
            case Kind.DATETIME:
                moment = cell if "with time zone" in column.native.lower() else sa.cast(cell, sa.TIMESTAMP())
                since = sa.func.epoch_us(moment, type_=sa.BigInteger())
                first, last = physical.limits(column)
                return sa.case((sa.and_(sa.func.isfinite(moment), since.between(whole(first), whole(last))), since))
            case _:
                return sa.try_cast(cell, sa.BigInteger())

    def key(self, column: Column, cell: Expression) -> Expression:
        """Return the number before it is held to +-``LARGEST``."""
        if column.kind is Kind.DECIMAL and column.scale is not None:
            return cell
        return self.value(column, cell)

    def bound(self, text: str) -> Expression:
        """Return a text of ours as its bytes."""
        return sa.literal(text.encode(), sa.LargeBinary())

    def readable(self, value: Any) -> str:  # noqa: ANN401 - see Engine
        """Return the text that was fetched as bytes."""
        return bytes(value).decode()

    def fenced(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a plain subquery: DuckDB computes what is the same only once."""
        return query.subquery(name)

    def shared(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a plain subquery: it is scanned once for all GROUPING SETS."""
        return query.subquery(name)

    def counted(
        self, codes: sa.FromClause, tables: Sequence[Sequence[tuple[str, int]]]
    ) -> sa.Select[Any] | sa.CompoundSelect[Any]:
        """Return (cell, n): one grouping set for each table, over the codes themselves in the narrowest type."""
        names = list(dict.fromkeys(name for table in tables for name, _ in table))
        sizes = dict(one for table in tables for one in table)
        narrow = [sa.type_coerce(_narrow(codes.c[name], sizes[name]), sa.Integer()).label(name) for name in names]
        rows = sa.select(*narrow).subquery("narrow")
        sets = sa.func.grouping_sets(*(sa.tuple_(*(rows.c[name] for name, _ in table)) for table in tables))
        which = sa.func.grouping(*(rows.c[name] for name in names), type_=sa.BigInteger())
        found = sa.select(*rows.c, which.label("absent"), sa.func.count().label("n")).group_by(sets).subquery("found")
        cells = {}
        for table, start in zip(tables, offsets(tables), strict=False):
            present = {name for name, _ in table}
            absent = sum(1 << place for place, name in enumerate(reversed(names)) if name not in present)
            cells[absent] = flat(found, table, start)
        cell = sa.case(*((found.c.absent == whole(absent), cell) for absent, cell in cells.items()))
        return sa.select(cell.label("cell"), found.c.n)


class _HugeInteger(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "HUGEINT"


class _Narrow(sa.types.UserDefinedType[int]):
    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        return self.name


def _narrow(code: Expression, cells: int) -> Expression:
    """Cast a code to a type of few values: groups over these need no hashing."""
    return sa.cast(code, _Narrow("UTINYINT" if cells <= 2**8 else "USMALLINT" if cells <= 2**16 else "BIGINT"))


def _usual(day: Expression, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(day >= sql_cells.written("0001-01-01", kind), day < sql_cells.written("10000-01-01", kind))


def _unscaled(cell: Expression, scale: int) -> Expression:
    if scale <= _FAST_SCALE:
        most = sql_cells.written(sql_cells.decimal(physical.LARGEST, scale), sa.Numeric(38, scale))
        held = sa.func.greatest(sa.func.least(sa.cast(cell, sa.Numeric(38, scale)), most), -most)
        return sa.cast(held * whole(10**scale), sa.BigInteger())
    digits = sa.cast(sa.func.replace(sa.cast(cell, sa.Text()), ".", ""), _HugeInteger())
    held = sa.func.greatest(sa.func.least(digits, whole(physical.LARGEST)), whole(-physical.LARGEST))
    return sa.cast(held, sa.BigInteger())
