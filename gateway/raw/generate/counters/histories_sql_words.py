"""Whole-number arithmetic as each kind of database says it: dividing, rounding down, roots; and keys as numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.generate.counters.sql_cells import whole
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.raw.generate.counters.sql_cells import Expression
    from gateway.raw.generate.counters.sql_engine import Engine

_DAY = 86_400_000_000
_SAFE_DIGITS = 18
"""Decimals of at most so many digits fit into an int64."""
_TIGHT = 20
"""Binds closer than any other: without it ``(a - b) / c`` would be written without its parentheses."""


class Speech:
    """PostgreSQL's, which divides whole numbers into whole numbers."""

    divides = "/"
    sorts: int | None = None
    """Bytes of a text that the server sorts by; None: all."""

    def __init__(self, engine: Engine) -> None:
        """Prepare the session."""
        self.engine = engine

    def quotient(self, number: Expression, by: Expression) -> Expression:
        """Return how many times ``by``, above 0, goes into a whole ``number``: not negative, or a multiple of it."""
        return number.op(self.divides, precedence=_TIGHT, return_type=sa.BigInteger())(by)

    def floored(self, number: Expression, by: int) -> Expression:
        """Return a whole ``number`` divided by ``by``, rounded down: below 0 databases round up."""
        rest = number % whole(by)
        least = sa.case((rest < whole(0), rest + whole(by)), else_=rest)
        return self.quotient(number - least, whole(by))

    def floor(self, number: Expression) -> Expression:
        """Return a float64 of at most 2^52 rounded down."""
        return sa.cast(sa.func.floor(number), sa.BigInteger())

    def root(self, number: Expression) -> Expression:
        """Return a whole number that is the root of a whole ``number`` below 2^40 rounded down, or beside it."""
        return sa.cast(sa.func.floor(sa.func.sqrt(sa.cast(number, sa.Double()))), sa.BigInteger())


class DuckSpeech(Speech):
    """DuckDB's, where ``/`` gives a float."""

    divides = "//"


class MySQLSpeech(Speech):
    """MySQL's and MariaDB's, where ``/`` gives a decimal."""

    divides = "DIV"
    sorts = 1000


class SQLiteSpeech(Speech):
    """SQLite's, which often comes without any function of mathematics."""

    def __init__(self, engine: Engine) -> None:
        """Lend it Python's root; SQLite runs in this process."""
        super().__init__(engine)
        driver: Any = engine.connection.connection.driver_connection
        driver.create_function("gateway_whole_root", 1, math.isqrt, deterministic=True)

    def floor(self, number: Expression) -> Expression:
        """Round down: a cast rounds towards 0."""
        cut = sa.cast(number, sa.BigInteger())
        return cut - sa.case((sa.cast(cut, sa.Double()) > number, whole(1)), else_=whole(0))

    def root(self, number: Expression) -> Expression:
        """Return the root rounded down."""
        return sa.func.gateway_whole_root(number, type_=sa.BigInteger())


SPEECHES: Mapping[str, type[Speech]] = {
    "postgresql": Speech,
    "mysql": MySQLSpeech,
    "mariadb": MySQLSpeech,
    "sqlite": SQLiteSpeech,
    "duckdb": DuckSpeech,
}


def whole_root(number: Expression, speech: Speech) -> Expression:
    """Return the largest whole number whose square is at most ``number``, which is whole and below 2^40.

    The engine's own root may be off by one either way: a float's rounding decides nothing.
    """
    near = speech.root(number)
    above = near + whole(1)
    too_large = sa.case((near * near > number, whole(1)), else_=whole(0))
    too_small = sa.case((above * above <= number, whole(1)), else_=whole(0))
    return near - too_large + too_small


def multipliers(one: Column, other: Column) -> tuple[int, int]:
    """Return what numbers of two columns are multiplied by to be equal as their values are.

    ``Unsupported`` for types that not every database compares exactly.
    """
    kinds = {one.kind, other.kind}
    if kinds <= TEXT_KINDS:
        return 1, 1
    if kinds <= TEMPORAL_KINDS:
        day = 1 if kinds == {Kind.DATE} else _DAY
        return (day if one.kind is Kind.DATE else 1), (day if other.kind is Kind.DATE else 1)
    scales = [_scale(column) for column in (one, other)]
    if kinds <= {Kind.INTEGER, Kind.BOOLEAN, Kind.DECIMAL} and scales[0] == scales[1] is not None:
        return 1, 1
    raise Unsupported(
        f"column {one.name} ({one.native}) is to be compared with {other.name} ({other.native}); inside the database "
        f"keys are texts, dates, whole numbers, or decimals of as many digits, at most {_SAFE_DIGITS}; count in memory"
    )


def _scale(column: Column) -> int | None:
    """Return the digits behind the point; None where the number may not fit into an int64."""
    if column.kind is not Kind.DECIMAL:
        return 0
    return column.scale if (column.precision or _SAFE_DIGITS + 1) <= _SAFE_DIGITS else None
