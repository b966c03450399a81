"""Counting in SQLite: one GROUP BY for each table over a common table expression of cell codes."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.connect import cells
from gateway.raw.generate import physical
from gateway.raw.generate.counters.sql_engine import MOST, Engine
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.raw.generate.counters.sql_cells import Expression

_EPOCH_DAY, _EPOCH = dt.date(1970, 1, 1), dt.datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose
_MICROSECOND = dt.timedelta(microseconds=1)
_names = itertools.count()


class SQLiteEngine(Engine):
    """SQLite 3.25 and later.

    A cell of SQLite may hold any type, whatever its column's is, and what it means is decided by ``connect.cells`` in
    Python. SQLite runs in this process: it calls those functions for each cell instead of SQL that cannot say the same.
    """

    def __init__(self, connection: sa.Connection) -> None:
        """Look at the file's encoding."""
        super().__init__(connection)
        self._seed = b""
        self._utf8 = connection.exec_driver_sql("PRAGMA encoding").scalar_one() == "UTF-8"

    def text(self, column: Column, cell: Expression) -> Expression:
        """Return the text; a number in a column of texts is written as Python writes it."""
        return self._called(cells.converter(column), cell, sa.Text())

    def number(self, column: Column, cell: Expression) -> Expression:
        """Return the number."""
        stored = sa.func.typeof(cell)
        if column.kind is Kind.INTEGER:
            return sa.case((stored == "integer", cell))
        if column.kind is Kind.FLOAT or (column.kind is Kind.DECIMAL and column.scale is None):
            number: Expression = sa.cast(cell, sa.Double())
            numeric = stored.in_(["integer", "real"])
            return sa.case((sa.and_(numeric, number.between(self.double(-MOST), self.double(MOST))), number))
        convert = cells.converter(column)
        return self._called(lambda value: _units(convert(value), column), cell, sa.BigInteger())

    def key(self, column: Column, cell: Expression) -> Expression:
        """Return the number before it is held to +-``LARGEST``."""
        if column.kind is Kind.DECIMAL and column.scale is not None:
            convert = cells.converter(column)
            return self._called(lambda value: _plain(convert(value)), cell, sa.Text())
        return self.value(column, cell)

    def listed(self, found: Expression, texts: Mapping[str, int], unlisted: int) -> Expression:
        """Look the text up in a dictionary of this process."""
        return self._function(lambda text: texts.get(text, unlisted), 1, sa.Integer())(found)

    def beginning(self, found: Expression, length: int) -> Expression:
        """Return the first code points; SQLite's own function stops at a NUL."""
        return self._function(lambda text: None if text is None else text[:length], 1, sa.Text())(found)

    def remember(self, seed: bytes) -> None:
        """Keep the secret in this process, where SQLite runs."""
        self._seed = seed

    def is_aside(self, key: Sequence[Expression], below: int) -> sa.ColumnElement[bool]:
        """Hash by keyed BLAKE2b, each part with its length."""
        keyed = hashlib.blake2b(digest_size=8, key=self._seed)

        def aside(*parts: str | int | None) -> int:
            one = keyed.copy()
            for part in parts:
                written = str(part).encode()
                one.update(b"%d:" % len(written))
                one.update(written)
            return int(int.from_bytes(one.digest(), "big") < below)

        return self._function(aside, len(key), sa.Integer())(*key) == 1

    def kept(self, step: sa.FromClause) -> sa.FromClause:
        """Ask for it: SQLite computes what is read twice twice."""
        return step.prefix_with("MATERIALIZED") if isinstance(step, sa.CTE) else step

    def listing(self, columns: Sequence[str], rows: Sequence[Sequence[int]], name: str) -> sa.FromClause:
        """Return the rows of one JSON document."""
        items = ", ".join(f"json_extract(value, '$[{at}]') AS {column}" for at, column in enumerate(columns))
        text = sa.text(f"SELECT {items} FROM json_each(:{name})")
        text = text.bindparams(**{name: json.dumps([list(map(int, row)) for row in rows])})
        of = [sa.column(column, sa.BigInteger()) for column in columns]
        return text.columns(*of).cte(name).prefix_with("MATERIALIZED")

    def shared(self, query: sa.Select[Any], name: str) -> sa.FromClause:
        """Return a common table expression that is computed once."""
        return query.cte(name).prefix_with("MATERIALIZED")

    def _called(self, convert: Callable[[Any], object], cell: Expression, kind: sa.types.TypeEngine[Any]) -> Expression:
        def read(stored: str, value: Any) -> object:  # noqa: ANN401 - any type there is
            if stored == "text" and isinstance(value, bytes):
                try:
                    value = value.decode()
                except UnicodeDecodeError:
                    return None
            return None if value is None or stored == "blob" else convert(value)

        stored = sa.func.typeof(cell)
        # a text that is not UTF-8 would stop the statement on its way into a function
        value = sa.case((stored == "text", sa.cast(cell, sa.LargeBinary())), else_=cell) if self._utf8 else cell
        return self._function(read, 2, kind)(stored, value)

    def _function(
        self, function: Callable[..., object], arguments: int, kind: sa.types.TypeEngine[Any]
    ) -> Callable[..., Expression]:
        name = f"gateway_{next(_names)}"
        driver: Any = self.connection.connection.driver_connection
        driver.create_function(name, arguments, function, deterministic=True)
        return lambda *values: getattr(sa.func, name)(*values, type_=kind)


def _plain(value: object) -> str | None:
    return None if value is None else str(value)


def _units(value: object, column: Column) -> int | None:
    match value:
        case None:
            return None
        case dt.datetime():
            return (value - _EPOCH) // _MICROSECOND
        case dt.date():
            return (value - _EPOCH_DAY).days
        case Decimal():
            units = int(value.scaleb(column.scale or 0))
            return max(min(units, physical.LARGEST), -physical.LARGEST)
        case _:
            return int(bool(value))
