"""Counting in PostgreSQL: GROUPING SETS over cell codes, all tables in one scan."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import operator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells, sql_joints
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counters.sql_engine import MOST, Engine
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.raw.generate.counters.sql_cells import Expression, Layout

_EPOCH = dt.date(1970, 1, 1)
_SAFE_DIGITS = 18
"""Decimals of at most so many digits fit into an int64."""
_TOO_MANY_DIGITS = 2**1024 - 2**970
"""From here on a decimal is rounded to an infinite float64."""
_TOO_SMALL = str(decimal.Context(prec=1000).divide(decimal.Decimal(math.ulp(0.0)), 2))
"""Down from here it is rounded to 0."""
_UTF8 = (
    "^(?:[0-7].|c[2-9a-f][89ab].|d.[89ab].|e0[ab].[89ab].|e[1-9a-cef][89ab].[89ab].|ed[89].[89ab].|"
    "f0[9ab].[89ab].[89ab].|f[1-3][89ab].[89ab].[89ab].|f48.[89ab].[89ab].)*$"
)
"""UTF-8 in hexadecimal digits (RFC 3629, section 4)."""
_CLASS = sa.table("pg_class", sa.column("oid"), sa.column("relname"), sa.column("relnamespace"), sa.column("relkind"),
                  schema="pg_catalog")  # fmt: skip
_NAMESPACE = sa.table("pg_namespace", sa.column("oid"), sa.column("nspname"), schema="pg_catalog")


class PostgresEngine(Engine):
    """PostgreSQL 12 and later. The session's time zone must be UTC, as in the source's snapshot."""

    parameters = 60_000

    def __init__(self, connection: sa.Connection) -> None:
        """Learn the server's encoding. Compiling a statement of this kind costs more than it brings."""
        super().__init__(connection)
        self._encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())
        connection.exec_driver_sql("SET LOCAL jit = off")
        # with less the planner sorts all rows for most of the tables
        connection.exec_driver_sql("SET LOCAL work_mem = '128MB'")

    def place(self, rows: sa.TableClause, query: sa.Select[Any]) -> sa.Select[Any]:
        """Leave out what belongs to the children of an inherited table; a partitioned table is one table."""
        namespace = _NAMESPACE.c.nspname == (rows.schema or sa.func.current_schema())
        kind = sa.select(_CLASS.c.relkind.cast(sa.Text)).join(_NAMESPACE, _NAMESPACE.c.oid == _CLASS.c.relnamespace)
        found = self.connection.execute(kind.where(namespace, _CLASS.c.relname == rows.name)).scalar()
        return query if found == "p" else query.with_hint(rows, "ONLY", "postgresql")

    def text(self, column: Column, cell: Expression) -> Expression:
        """Return the text; its bytes in hexadecimal digits where the database is not in UTF-8."""
        text = sa.func.abbrev(cell) if column.native == "inet" else sa.cast(cell, sa.Text())
        if self._encoding == "UTF8":
            return text.collate("C")
        to = "SQL_ASCII" if self._encoding == "SQL_ASCII" else "UTF8"
        digits = sa.func.encode(sa.func.convert_to(text, to), "hex", type_=sa.Text()).collate("C")
        return sa.case((digits.op("~")(_UTF8), digits)) if to == "SQL_ASCII" else digits

    def number(self, column: Column, cell: Expression) -> Expression:  # noqa: PLR0911 - one for each kind
        """Return the number; NULL for NaN, infinities and moments outside the years 1-9999."""
        match column.kind:
            case Kind.BOOLEAN:
                return sa.cast(sa.cast(cell, sa.Boolean()), sa.Integer())
            case Kind.FLOAT:
                return self._finite(sa.cast(cell, sa.Double()))
            case Kind.DECIMAL if column.scale is None:
                return self._rounded(sa.cast(cell, sa.Numeric()))
            case Kind.DECIMAL:
                units = self.key(column, cell) * whole(10 ** (column.scale or 0))
                if (column.precision or 99) > _SAFE_DIGITS:
                    units = sa.func.least(sa.func.greatest(units, whole(-physical.LARGEST)), whole(physical.LARGEST))
                return sa.case((self.key(column, cell).is_not(None), sa.cast(units, sa.BigInteger())))
            case Kind.DATE:
                day = sa.cast(cell, sa.Date())
                return sa.case((_usual(day, sa.Date()), _minus_epoch(day)))
            case Kind.DATETIME:
                moment: Expression = sa.cast(cell, postgresql.TIMESTAMP(timezone="with time zone" in column.native))
                if "with time zone" in column.native:
                    moment = sa.func.timezone("UTC", moment)
                seconds = sa.extract("epoch", sa.cast(moment, sa.Time()))
                since = sa.cast(_minus_epoch(sa.cast(moment, sa.Date())), sa.BigInteger()) * whole(86_400_000_000)
                units = since + sa.cast(seconds * whole(1_000_000), sa.BigInteger())
                return sa.case((_usual(moment, postgresql.TIMESTAMP()), units))
            case _:
                return sa.cast(cell, sa.BigInteger())

    def key(self, column: Column, cell: Expression) -> Expression:
        """Return the number before it is held to +-``LARGEST``."""
        if column.kind is Kind.DECIMAL and column.scale is not None:
            number = sa.cast(cell, sa.Numeric())
            return sa.case((number != sql_cells.written("NaN", sa.Numeric()), number))
        return self.value(column, cell)

    def injective(self, column: Column) -> bool:
        """Return whether different cells are read differently."""
        return column.kind is Kind.INTEGER or (column.native in {"uuid", "text"} and self._encoding == "UTF8")

    def listed(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Look the text up in one JSON object, whose keys the server has in order."""
        if self._encoding != "UTF8":
            return super().listed(found, texts, unlisted)
        possible = json.dumps({text: cell for text, cell in texts.items() if "\0" not in text}, ensure_ascii=False)
        cell = sql_cells.written(possible, postgresql.JSONB())
        return sa.func.coalesce(sa.cast(cell.op("->>")(found), sa.Integer()), whole(unlisted))

    def beginning(self, found: Expression, length: int) -> Expression:
        """Return the first code points, of hexadecimal digits those of so many."""
        if self._encoding == "UTF8":
            return sa.func.left(found, whole(length), type_=sa.Text()).collate("C")
        return sa.func.substring(found, f"^(?:[0-7].|[cd].{{3}}|e.{{5}}|f.{{7}}){{0,{length}}}").collate("C")

    def bound(self, text: str) -> Expression:
        """Return the text in the form of ``text`` for databases that are not in UTF-8."""
        return sa.literal(text.encode().hex(), sa.Text())

    def entry(self, numbers: Sequence[int], at: Expression) -> Expression:
        """Return an entry of an array of ours."""
        return sa.cast(sa.literal(list(numbers), postgresql.ARRAY(sa.Integer())), postgresql.ARRAY(sa.Integer()))[
            at + whole(1)
        ]

    def readable(self, value: Any) -> str:  # noqa: ANN401 - see Engine
        """Return the text that was fetched."""
        return str(value) if self._encoding == "UTF8" else bytes.fromhex(value).decode()

    def remember(self, seed: bytes) -> None:
        """Keep the secret in a setting that ends with the transaction."""
        setting = sa.text("SELECT pg_catalog.set_config(:name, :seed, true)")
        self.connection.execute(setting, {"name": f"gateway.{self._named(seed)}", "seed": seed.hex()})

    def is_aside(self, key: Sequence[Expression], below: int) -> sa.ColumnElement[bool]:
        """Hash by SHA-256, secret first; the key is written as PostgreSQL writes rows, which no two share."""
        encoding = "SQL_ASCII" if self._encoding == "SQL_ASCII" else "UTF8"
        written = sa.func.convert_to(sa.cast(sa.func.row(*key), sa.Text()), encoding, type_=sa.LargeBinary())
        setting = sa.func.current_setting(sa.literal_column(f"'gateway.{self._setting}'"), type_=sa.Text())
        seed = sa.func.decode(setting, sa.literal_column("'hex'"), type_=sa.LargeBinary())
        hashed = sa.func.sha256(seed.op("||")(written), type_=sa.LargeBinary())
        return hashed < sa.literal(below.to_bytes(8, "big"), sa.LargeBinary())

    def listing(self, columns: Sequence[str], rows: Sequence[Sequence[int]], name: str) -> sa.FromClause:
        """Return one array for each column, side by side."""
        whole_numbers = postgresql.ARRAY(sa.BigInteger())
        arrays = [
            sa.cast(sa.literal([row[at] for row in rows], whole_numbers), whole_numbers) for at in range(len(columns))
        ]
        of = [sa.column(name, sa.BigInteger()) for name in columns]
        return sa.func.unnest(*arrays).table_valued(*of, name=name).render_derived()

    def fenced(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a subquery that the planner leaves alone."""
        return query.offset(whole(0)).subquery(name)

    def shared(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a subquery: it is scanned once for all GROUPING SETS."""
        return self.fenced(query, name)

    def counted(self, codes: sa.FromClause, tables: Sequence[Layout]) -> sa.Select[Any]:
        """Return (cell, n): one grouping set for each joint table, over the number of its cell."""
        joint = sql_joints.joints(tables)
        layouts = [layout for layout, _ in joint]
        starts = sql_cells.offsets(layouts)
        numbers = [
            sql_cells.flat(codes, layout, start).label(f"k{k}")
            for k, (layout, start) in enumerate(zip(layouts, starts, strict=False))
        ]
        rows = self.fenced(sa.select(*numbers).select_from(codes), "cells")
        sets = sa.func.grouping_sets(*(sa.tuple_(column) for column in rows.c))
        counted = sa.select(sa.func.coalesce(*rows.c).label("cell"), sa.func.count().label("n")).group_by(sets)
        return sql_joints.summed(
            counted, tables, joints=joint, array=postgresql.array, quotient=operator.floordiv, fenced=self.fenced
        )

    def _finite(self, number: Expression) -> Expression:
        return sa.case((number.between(self.double(-MOST), self.double(MOST)), number))

    def _rounded(self, number: Expression) -> Expression:
        """Return a decimal as float64: the cast itself would fail where the exponent is too large or too small."""
        largest, least = (
            sql_cells.written(str(_TOO_MANY_DIGITS), sa.Numeric()),
            sql_cells.written(_TOO_SMALL, sa.Numeric()),
        )
        size = sa.func.abs(number)
        return sa.case(
            (sa.and_(number > -largest, number < largest, size > least), sa.cast(number, sa.Double())),
            (size <= least, sa.cast(whole(0), sa.Double())),
        )


def _usual(moment: Expression, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(moment >= sql_cells.written("0001-01-01", kind), moment < sql_cells.written("10000-01-01", kind))


def _minus_epoch(day: Expression) -> Expression:
    return day.op("-", return_type=sa.Integer())(sql_cells.written(_EPOCH.isoformat(), sa.Date()))
