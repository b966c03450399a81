"""Counting in MySQL and MariaDB: one GROUP BY for each table over a common table expression of cell codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counters.sql_engine import Engine
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.raw.generate.counters.sql_cells import Expression

_EPOCH_DAY = 719_528
"""TO_DAYS('1970-01-01')."""


class MySQLEngine(Engine):
    """MySQL 8 and MariaDB 10.2 and later. The session's time zone must be UTC, as in the source's snapshot.

    MySQL computes the codes once and MariaDB once for each table, from one snapshot either way.
    """

    packs = False

    def text(self, column: Column, cell: Expression) -> Expression:
        """Return the bytes of the text in UTF-8, which no collation touches: ``'a' = 'A '`` holds in most others."""
        text = sa.func.convert(cell.op("USING")(sa.literal_column("utf8mb4")), type_=sa.Text())
        if column.kind is Kind.ENUM and "" not in column.values:
            text = sa.func.nullif(text, "")
        return sa.cast(text, mysql.BINARY())

    def number(self, column: Column, cell: Expression) -> Expression:  # noqa: PLR0911 - one for each kind
        """Return the number; NULL for dates that are none, booleans beyond 0 and 1, and integers beyond int64."""
        match column.kind:
            case Kind.BOOLEAN:
                number = cell + whole(0)
                return sa.case((number.between(whole(0), whole(1)), number))
            case Kind.FLOAT if column.native.lower().startswith(("double", "real")) and "(" not in column.native:
                return cell
            case Kind.FLOAT:
                # as it is sent: a FLOAT shows six digits
                return sa.func.concat(cell) + sa.literal_column("0e0", sa.Double())
            case Kind.DECIMAL if column.scale is None:
                return cell + sa.literal_column("0e0", sa.Double())
            case Kind.DECIMAL:
                most = sa.literal_column(sql_cells.decimal(physical.LARGEST, column.scale or 0), sa.Numeric())
                held = sa.func.least(sa.func.greatest(cell, -most), most)
                return sa.cast(held * whole(10 ** (column.scale or 0)), sa.BigInteger())
            case Kind.DATE:
                return sa.case((_is_day(cell), _days(cell)))
            case Kind.DATETIME:
                seconds = sa.func.floor(sa.func.time_to_sec(sa.func.time(cell)))  # MariaDB's has a fraction
                since = sa.cast(seconds * whole(1_000_000) + sa.func.microsecond(cell), sa.BigInteger())
                return sa.case((_is_day(sa.func.date(cell)), _days(cell) * whole(86_400_000_000) + since))
            case _:
                number = cell + whole(0)
                if column.lowest is not None:  # a YEAR of 0000 counts as the nearest that there is
                    number = sa.func.greatest(number, whole(column.lowest))
                return sa.case((number <= whole(2**63 - 1), sa.cast(number, sa.BigInteger())))

    def key(self, column: Column, cell: Expression) -> Expression:
        """Return the number before it is held to +-``LARGEST``; of a long text its hash.

        The server compares only the first ``max_sort_length`` bytes of what it sorts by.
        """
        if column.kind is Kind.DECIMAL and column.scale is not None:
            return cell
        if column.kind in {Kind.TEXT, Kind.ENUM}:
            return sa.func.sha2(self.text(column, cell), whole(512))
        return self.value(column, cell)

    def beginning(self, found: Expression, length: int) -> Expression:
        """Return the bytes of the first code points."""
        text = sa.func.convert(found.op("USING")(sa.literal_column("utf8mb4")), type_=sa.Text())
        return sa.cast(sa.func.left(text, whole(length)), mysql.BINARY())

    def bound(self, text: str) -> Expression:
        """Return a text of ours as its bytes."""
        return sa.literal(text.encode(), sa.LargeBinary())

    def remember(self, seed: bytes) -> None:
        """Keep the secret in a variable: what is in the text of a query, others may see while it runs."""
        self.connection.execute(sa.text(f"SET @{self._named(seed)} = :seed"), {"seed": seed.hex()})

    def is_aside(self, key: Sequence[Expression], below: int) -> sa.ColumnElement[bool]:
        """Hash by SHA-256, secret first; of several parts each is a number or of one length, see ``key``."""
        written = sa.func.concat_ws(":", sa.literal_column(f"@{self._setting}", sa.Text()), *key)
        hashed = sa.cast(sa.func.left(sa.func.sha2(written, whole(256)), whole(16)), mysql.BINARY())
        return hashed < sa.literal(f"{below:016x}".encode(), sa.LargeBinary())

    def listing(self, columns: Sequence[str], rows: Sequence[Sequence[int]], name: str) -> sa.FromClause:
        """Return the rows of one JSON document; it takes MariaDB 10.6 or MySQL 8."""
        items = ", ".join(f"{column} BIGINT PATH '$[{at}]'" for at, column in enumerate(columns))
        listed = ", ".join(f"listed.{column}" for column in columns)
        text = sa.text(f"SELECT {listed} FROM JSON_TABLE(:{name}, '$[*]' COLUMNS ({items})) AS listed")
        text = text.bindparams(**{name: json.dumps([list(map(int, row)) for row in rows])})
        return text.columns(*(sa.column(column, sa.BigInteger()) for column in columns)).subquery(name)

    def readable(self, value: Any) -> str:  # noqa: ANN401 - see Engine
        """Return the text that was fetched as bytes."""
        return bytes(value).decode()


def _days(cell: Expression) -> Expression:
    return sa.func.to_days(cell, type_=sa.BigInteger()) - whole(_EPOCH_DAY)


def _is_day(day: Expression) -> sa.ColumnElement[bool]:
    """Tell days from 0000-00-00, 2000-00-00 and, with ALLOW_INVALID_DATES, 2001-02-31."""
    known = sa.and_(sa.func.year(day) > whole(0), sa.func.month(day) > whole(0), sa.func.dayofmonth(day) > whole(0))
    return sa.and_(known, sa.func.from_days(sa.func.to_days(day)) == day)
