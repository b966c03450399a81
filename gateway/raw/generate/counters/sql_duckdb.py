"""Counting in DuckDB: one GROUP BY over the cells of all tables, in one scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counters.sql_engine import Engine
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.raw.generate.counters.sql_cells import Expression, Layout

_SMALL = 2**16
_FAST_SCALE = 18
"""A decimal of at most so many digits behind the point, held to +-``LARGEST``, fits into an int128 times its unit."""


class DuckEngine(Engine):
    """DuckDB, through ``duckdb-engine``."""

    listable = 2**12

    def __init__(self, connection: sa.Connection) -> None:
        """Let groups over 16-bit numbers do without hashing."""
        super().__init__(connection)
        connection.exec_driver_sql("SET SESSION perfect_ht_threshold = 17")

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

    def listed(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Look the text up by a join with one parameter, which is far faster than a CASE of many branches."""
        if not texts:
            return whole(unlisted)
        listed = sa.literal([text.encode() for text in texts], sa.types.NULLTYPE)
        cells = sa.literal(list(texts.values()), sa.types.NULLTYPE)
        rows = sa.select(sa.func.unnest(listed).label("v"), sa.func.unnest(cells).label("c")).subquery()
        return sa.func.coalesce(sa.select(rows.c.c).where(rows.c.v == found).scalar_subquery(), whole(unlisted))

    def looked_up(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Look the text up in a list: several joins with what a row holds take minutes to plan."""
        listed = sa.literal([text.encode() for text in texts], sa.types.NULLTYPE)
        at = sa.func.list_position(listed, found, type_=sa.BigInteger())
        cells = sa.literal(list(texts.values()), sa.types.NULLTYPE)
        return sa.func.coalesce(sa.func.list_extract(cells, at, type_=sa.BigInteger()), whole(unlisted))

    def beginning(self, found: Expression, length: int) -> Expression:
        """Return the bytes of the first code points."""
        text = sa.func.decode(found, type_=sa.Text())
        return sa.func.encode(sa.func.substring(text, whole(1), whole(length)), type_=sa.LargeBinary())

    def entry(self, numbers: Sequence[int], at: Expression) -> Expression:
        """Return an entry of a list, which is one step for thousands of rows."""
        listed = sa.literal(list(numbers), sa.types.NULLTYPE)
        return sa.func.list_extract(listed, at + whole(1), type_=sa.BigInteger())

    def double(self, number: float) -> Expression:
        """Return a float64 of ours as it is written: no digit of it is lost with an exponent."""
        written = repr(number)
        return sa.literal_column(written if "e" in written else f"{written}e0", sa.Double())

    def readable(self, value: Any) -> str:  # noqa: ANN401 - see Engine
        """Return the text that was fetched as bytes."""
        return bytes(value).decode()

    def fenced(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a plain subquery: DuckDB computes what is the same only once."""
        return query.subquery(name)

    def shared(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a plain subquery: it is scanned once for all tables."""
        return query.subquery(name)

    def counted(self, codes: sa.FromClause, tables: Sequence[Layout]) -> sa.Select[Any]:
        """Return (cell, n): every row gives the number of its cell in each table, and all are grouped at once.

        GROUPING SETS say the same, and take several times as long where the cells of a code are not known beforehand.
        """
        starts = sql_cells.offsets(tables)
        narrow = _Unsigned("USMALLINT" if starts[-1] <= _SMALL else "UBIGINT")
        numbers = [
            sa.cast(sql_cells.flat(codes, table, start), narrow) for table, start in zip(tables, starts, strict=False)
        ]
        lists = sa.select(sa.func.list_value(*numbers).label("l")).select_from(codes).subquery("lists")
        cells = sa.select(sa.func.unnest(lists.c.l, type_=narrow).label("cell")).subquery("cells")
        cell: Expression = sa.cast(cells.c.cell, sa.BigInteger())
        times: Expression = sa.func.count()
        return sa.select(cell.label("cell"), times.label("n")).group_by(cells.c.cell)


class _Unsigned(sa.types.UserDefinedType[int]):
    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        return self.name


class _HugeInteger(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "HUGEINT"


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
