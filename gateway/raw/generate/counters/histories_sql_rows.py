"""Whose row it is, decided by the database: what ``connect.owning`` does with rows that it reads, as joins.

A key that two rows of a table have names neither of them, and a key that is not full names nobody; rows that lead to
no unit are in no answer. Everything is compared as ``connect.matching`` compares it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from gateway.raw.family import first_name, rows_name, span_name, there_name
from gateway.raw.generate import physical
from gateway.raw.generate.counters import histories_sql_words as words
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.histories_sql_members import Members
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Values
from gateway.raw.generate.history_coding import FURTHEST, SECOND
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, TEXT_KINDS, Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gateway.raw.connect.kinship import Kinship, Portrait
    from gateway.raw.connect.public_rows import PublicReference
    from gateway.raw.generate.counters.histories_sql_members import HeldOut
    from gateway.raw.generate.counters.sql_cells import Expression
    from gateway.raw.generate.counters.sql_engine import Engine
    from gateway.vocabulary.names import TableName

_Key = tuple[tuple[ColumnName, int], ...]
"""Columns of a key, each with what its number is multiplied by to compare with another's."""


_Item = tuple["Expression", "Callable[[Expression], Expression]"]
"""What is read of a cell, and what is then made of it."""


class Belonging:
    """Selects of the rows of a database with whom they belong to. Nothing is run here."""

    def __init__(
        self,
        engine: Engine,
        kinship: Kinship,
        *,
        schema: str | None,
        key: Sequence[ColumnName],
        aside: HeldOut | None = None,
    ) -> None:
        """Speak of the tables of ``kinship`` in ``schema``; ``key`` names a unit in the unit's table.

        With ``aside`` those are left out whom it sets aside, with all they own.
        """
        self.engine = engine
        self._aside = aside
        if aside is not None:
            engine.remember(aside.seed)
        self.kinship = kinship
        self.speech = words.SPEECHES[engine.connection.dialect.name](engine)
        self._schema = schema
        self._key: _Key = tuple((name, 1) for name in key)
        self._number = itertools.count()
        self._known: dict[str, tuple[sa.TableClause, sa.Select[Any]]] = {}

    def portrait(self, table: TableName) -> Portrait:
        """Return the portrait of ``table``, which is the unit's or owned."""
        return self.kinship.portraits[table]

    def told(self, portrait: Portrait) -> dict[ColumnName, tuple[Portrait, str]]:
        """Return the columns that rows of ``portrait`` have for what they own: of which table, and ``r, f or s``.

        ``Unsupported`` where rows end with a column of their owner's.
        """
        found: dict[ColumnName, tuple[Portrait, str]] = {}
        for child in self.kinship.owned:
            if child.kin.owner == portrait.name:
                found[rows_name(child.name)] = (child, "r")
                if child.kin.until is not None:
                    raise Unsupported(
                        f"rows of {child.name} end with {child.kin.until} of {portrait.name}, which is not counted "
                        "inside the database; count them in memory, or declare no `until`"
                    )
                if child.kin.order is not None:
                    found |= {first_name(child.name): (child, "f"), span_name(child.name): (child, "s")}
        return found

    def shape(self, portrait: Portrait) -> Table:
        """Return the shape of rows with what they are told of rows that they own."""
        told = [
            Column(name=name, kind=Kind.INTEGER, native="bigint", nullable=part != "r")
            for name, (_, part) in self.told(portrait).items()
        ]
        return Table(name=portrait.name, columns=(*portrait.columns, *told))

    def labels(self, portrait: Portrait, name: ColumnName) -> tuple[str, ...] | None:
        """Return the texts of a column that is read as 1 + the place of its text in them, sorted by their bytes."""
        reference = self._public(portrait, name)
        return None if reference is None else tuple(sorted(reference.column.values, key=str.encode))

    def units(self) -> Members:
        """Return everybody."""
        return self.members(self.kinship.unit, columns=())

    def by(self, portrait: Portrait) -> _Key:
        """Return by what the owner of ``portrait`` is named, as columns of the owner."""
        kin, own = portrait.kin, portrait.source
        assert kin.owner is not None  # noqa: S101 - the unit's table is owned by nobody
        pairs = zip(kin.columns, portrait.owner_keys, strict=True)
        return tuple((other.name, words.multipliers(own.column(name), other)[1]) for name, other in pairs)

    def members(
        self,
        portrait: Portrait,
        *,
        columns: Sequence[ColumnName],
        by: _Key = (),
        owner: Members | None = None,
        timed: bool = False,
    ) -> Members:
        """Return the rows of ``portrait`` that lead to a unit, with the values of ``columns`` as read.

        With ``by`` only those that it alone has names. ``owner`` are the owner's rows by ``by(portrait)``, whose other
        columns are handed on; by default just they. With ``timed`` there is the time by the table's order, or NULL.
        """
        if portrait.kin.owner is None:
            return self._units(portrait, columns=columns, by=by)
        if owner is None:
            above = self.portrait(portrait.kin.owner)
            owner = self.members(above, columns=(), by=self.by(portrait))
        read = self._read(portrait, columns=columns, keys=[by] if by else [], timed=timed)
        own = tuple(f"d{k}" for k in range(len(by)))
        given = tuple(f"v{k}" for k in range(len(columns)))
        matches = [read.c[f"q{k}"] == owner.rows.c[name] for k, name in enumerate(owner.own)]
        query = sa.select(
            *owner.named(owner.unit),
            *(owner.rows.c[name].label(f"h{k}") for k, name in enumerate(owner.own)),
            *(read.c[f"k0_{k}"].label(name) for k, name in enumerate(own)),
            *(read.c[name] for name in given),
            *((read.c.t,) if timed else ()),
            *owner.named(owner.columns),
        ).select_from(read.join(owner.rows, sa.and_(*matches)))
        return Members(
            rows=self.fenced(query.where(*([read.c.n0 == whole(1)] if by else []))),
            unit=owner.unit,
            owner=tuple(f"h{k}" for k in range(len(owner.own))),
            own=own,
            columns=(*given, *(("t",) if timed else ()), *owner.columns),
        )

    def fenced(self, query: sa.Select[Any]) -> sa.FromClause:
        """Return ``query`` as a step of its own, computed once for each row.

        Steps stand side by side in the statement: SQLite's parser takes no more than some dozen inside each other.
        """
        name = f"s{next(self._number)}"
        step = self.engine.fenced(query, name)
        return step.element.cte(name) if isinstance(step, sa.Subquery) else step

    def alone(
        self, portrait: Portrait, *, columns: Sequence[ColumnName], by: _Key = ()
    ) -> tuple[sa.FromClause, list[Expression], list[sa.ColumnElement[bool]]]:
        """Return all rows of the unit's table, the unit's key there, and when a row is one unit's alone."""
        keys = [self._key, by] if by else [self._key]
        read = self._read(portrait, columns=columns, keys=keys)
        alone: list[sa.ColumnElement[bool]] = []
        for i, key in enumerate(keys):
            declared = self._is_declared(portrait.source, key)  # then a server knows better how many rows to expect
            full = [read.c[f"k{i}_{k}"].is_not(None) for k in range(len(key))]
            alone += full if declared else [read.c[f"n{i}"] == whole(1)]
        return read, [read.c[f"k0_{k}"] for k in range(len(self._key))], alone

    def _units(self, portrait: Portrait, *, columns: Sequence[ColumnName], by: _Key) -> Members:
        read, key, alone = self.alone(portrait, columns=columns, by=by)
        query = sa.select(
            *(read.c[f"k1_{k}"].label(f"u{k}") for k in range(len(by))),
            *(read.c[f"k1_{k}"].label(f"d{k}") for k in range(len(by))),
            *(read.c[f"v{k}"] for k in range(len(columns))),
            whole(1).label("one"),
        )
        if self._aside is not None:
            alone.append(sa.not_(self.engine.is_aside(key, self._aside.below)))
        return Members(
            rows=self.fenced(query.where(*alone)),
            unit=tuple(f"u{k}" for k in range(len(by))),
            owner=(),
            own=tuple(f"d{k}" for k in range(len(by))),
            columns=tuple(f"v{k}" for k in range(len(columns))),
        )

    def _read(
        self, portrait: Portrait, *, columns: Sequence[ColumnName], keys: Sequence[_Key] = (), timed: bool = False
    ) -> sa.FromClause:
        """Return all rows of a table.

        Columns: ``v`` the values, ``q`` what names the owner, ``k<i>_`` keys of ``keys`` and ``n<i>`` how many rows
        have the same (NULL where it is not full), and the time ``t``.
        """
        told = {name: at for name, at in self.told(portrait).items() if name in columns}
        children = list({child.name: child for child, _ in told.values()}.values())
        keys = [*keys, *(self.by(child) for child in children)]
        cells, query = self._table(portrait.source)
        plain = [k for k, name in enumerate(columns) if name not in told]
        items = {f"v{k}": self._value(portrait, columns[k], cells) for k in plain}
        items |= {f"q{k}": (key, _as_it_is) for k, key in enumerate(self._naming(portrait, cells))}
        for i, key in enumerate(keys):
            for k, (name, times) in enumerate(key):
                compared = self._comparable(portrait.source.column(name), cells.c[name], times)
                items[f"k{i}_{k}"] = compared, _as_it_is
        if timed:
            items["t"] = self._time(portrait, cells)
        for at, child in enumerate(children):
            if child.kin.since is not None:
                items[f"w{at}"] = self._since(portrait, child, cells)
        counted = self._with_counts(self._made(query, items), portrait.source, keys)
        if not children:
            return counted
        first = len(keys) - len(children)
        return self._with_told(counted, children, told, columns=columns, first=first)

    def _made(self, query: sa.Select[Any], items: dict[str, _Item]) -> sa.FromClause:
        """Return ``items`` of the rows of ``query``: every cell is read once, then what is made of it is computed."""
        read = self.fenced(query.add_columns(*(raw.label(n) for n, (raw, _) in items.items()), whole(1).label("one")))
        if all(finish is _as_it_is for _, finish in items.values()):
            return read
        return self.fenced(sa.select(*(finish(read.c[n]).label(n) for n, (_, finish) in items.items()), read.c.one))

    def _is_declared(self, table: Table, key: _Key) -> bool:
        """Return whether the catalogue says that no two rows have this key, and none are read alike."""
        names = {name for name, _ in key}
        known = [table.column(name) for name in table.primary_key]
        return bool(known) and names.issuperset(table.primary_key) and all(map(self.engine.injective, known))

    def _with_counts(self, read: sa.FromClause, table: Table, keys: Sequence[_Key]) -> sa.FromClause:
        """Add how many rows have the same key, NULL where it is not full."""
        if not keys:
            return read
        counts = []
        for i, key in enumerate(keys):
            parts = [read.c[f"k{i}_{k}"] for k in range(len(key))]
            times = whole(1) if self._is_declared(table, key) else sa.func.count().over(partition_by=parts)
            full = sa.and_(*(part.is_not(None) for part in parts))
            counts.append(sa.case((full, times)).label(f"n{i}"))
        return self.fenced(sa.select(*read.c, *counts))

    def _with_told(
        self,
        read: sa.FromClause,
        children: Sequence[Portrait],
        told: dict[ColumnName, tuple[Portrait, str]],
        *,
        columns: Sequence[ColumnName],
        first: int,
    ) -> sa.FromClause:
        """Add what is told of each of ``children``, whose keys are numbered from ``first`` on."""
        joined: sa.FromClause = read
        parts: dict[tuple[str, str], Expression] = {}
        for at, child in enumerate(children):
            rows = self._sums(child)
            keys = [read.c[f"k{first + at}_{k}"] == rows.c[f"q{k}"] for k in range(len(child.kin.columns))]
            alone = read.c[f"n{first + at}"] == whole(1)
            joined = joined.outerjoin(rows, sa.and_(alone, *keys))
            parts[child.name, "r"] = sa.func.coalesce(rows.c.times, whole(0))
            if child.kin.order is not None:
                since = whole(0) if child.kin.since is None else read.c[f"w{at}"]
                parts[child.name, "f"] = rows.c.first - since
                parts[child.name, "s"] = rows.c.last - rows.c.first
        more = [
            parts[told[name][0].name, told[name][1]].label(f"v{k}") for k, name in enumerate(columns) if name in told
        ]
        return self.fenced(sa.select(*read.c, *more).select_from(joined))

    def _sums(self, child: Portrait) -> sa.FromClause:
        """Return how many rows of ``child`` name each key, the first time and the last."""
        cells, query = self._table(child.source)
        items: dict[str, _Item] = {f"q{k}": (key, _as_it_is) for k, key in enumerate(self._naming(child, cells))}
        timed = child.kin.order is not None
        if timed:
            items["t"] = self._time(child, cells)
        read = self._made(query, items)
        keys = [read.c[f"q{k}"] for k in range(len(child.kin.columns))]
        ends = [sa.func.min(read.c.t).label("first"), sa.func.max(read.c.t).label("last")] if timed else []
        summed = sa.select(*keys, sa.func.count().label("times"), *ends).where(*(key.is_not(None) for key in keys))
        return self.fenced(summed.group_by(*keys))

    def _value(self, portrait: Portrait, name: ColumnName, cells: sa.FromClause) -> _Item:
        """Return the value of a column as the engine reads it; of a reference to a public table see ``labels``.

        ``Unsupported`` for columns of rows that are named, and of references by several columns.
        """
        source = portrait.source
        for link in portrait.links:
            if there_name(link) == name:
                full = [self.engine.value(source.column(part), cells.c[part]).is_not(None) for part in link]
                return sa.case((sa.and_(*full), whole(1)), else_=whole(0)), _as_it_is
        if (reference := self._public(portrait, name)) is not None:
            return self._place_of(portrait, reference, cells)
        if name in {column.name for column in portrait.learned}:
            return self.engine.value(source.column(name), cells.c[name]), _as_it_is
        if not portrait.named and name in {column.name for column in portrait.bare}:
            return whole(1), _as_it_is
        raise Unsupported(
            f"column {name} of table {portrait.name} is made of rows that others name, or of several columns, which is "
            "not counted inside the database; count this table in memory"
        )

    def _public(self, portrait: Portrait, name: ColumnName) -> PublicReference | None:
        return next((one for one in portrait.public if one.reference.columns[0] == name == one.column.name), None)

    def _place_of(self, portrait: Portrait, reference: PublicReference, cells: sa.FromClause) -> _Item:
        """Return 1 + the place of the text of what is referred to, in ``labels``; 0 for NULL and what is not there."""
        (name,) = reference.reference.columns
        column = portrait.source.column(name)
        labels = self.labels(portrait, name) or ()
        keys = pa.chunked_array([reference.expand(pa.array(labels, pa.string()))[name].cast(column.arrow_type)])
        if column.kind in TEXT_KINDS:
            listed: list[Any] = keys.to_pylist()
        else:
            listed = physical.numbers(keys, column)[0].tolist()
        domain = Values(values=tuple(listed), rest=True)
        axis = Axis(column=name, domain=domain)
        raw = self.engine.value(column, cells.c[name])
        return raw, lambda value: sql_cells.code(axis, column, value, self.engine)

    def _time(self, portrait: Portrait, cells: sa.FromClause) -> _Item:
        order = portrait.kin.order
        if order is None:
            return sa.cast(sa.null(), sa.BigInteger()), _as_it_is
        return self._number_of(portrait.source.column(order), cells)

    def _since(self, portrait: Portrait, child: Portrait, cells: sa.FromClause) -> _Item:
        """Return the time that the first row of ``child`` is counted from, in the units of its order."""
        assert child.kin.since is not None  # noqa: S101 - the caller looks
        assert child.kin.order is not None  # noqa: S101 - a policy has no `since` without `order`
        column, order = portrait.source.column(child.kin.since), child.source.column(child.kin.order)
        if column.kind is not order.kind or (column.kind is Kind.DECIMAL and column.scale != order.scale):
            raise Unsupported(
                f"column {order.name} is counted from {column.name}, and they are of kinds {order.kind} and "
                f"{column.kind} or have other digits behind the point; inside the database both have to be of one type"
            )
        return self._number_of(column, cells)

    def _number_of(self, column: Column, cells: sa.FromClause) -> _Item:
        """Return the time that a number of ``column`` stands for; ``ConfigurationError`` if it stands for none."""
        if column.kind not in NUMERIC_KINDS | TEMPORAL_KINDS:
            raise ConfigurationError(
                f"column {column.name}, of kind {column.kind}, is to say when a row was; rows follow each other by a "
                "date, a date-time or a number"
            )
        return self.engine.number(column, cells.c[column.name]), lambda value: self._whole_time(column, value)

    def _whole_time(self, column: Column, value: Expression) -> Expression:
        if physical.is_whole(column):
            units = self.speech.floored(value, SECOND) if column.kind is Kind.DATETIME else value
            return _held(units, whole(-FURTHEST), whole(FURTHEST))
        ends = self.engine.double(-float(FURTHEST)), self.engine.double(float(FURTHEST))
        return self.speech.floor(_held(value, *ends))

    def _naming(self, portrait: Portrait, cells: sa.FromClause) -> Iterator[Expression]:
        """Yield what names the owner's row."""
        if portrait.kin.owner is None:
            return
        for name, other in zip(portrait.kin.columns, portrait.owner_keys, strict=True):
            column = portrait.source.column(name)
            yield self._comparable(column, cells.c[name], words.multipliers(column, other)[0])

    def _comparable(self, column: Column, cell: Expression, times: int) -> Expression:
        if column.kind in TEXT_KINDS:
            return self.engine.key(column, cell)
        words.multipliers(column, column)
        units = sa.cast(self.engine.number(column, cell), sa.BigInteger())
        return units if times == 1 else units * whole(times)

    def _table(self, table: Table) -> tuple[sa.TableClause, sa.Select[Any]]:
        """Return a table, and a select over its rows to add columns to."""
        if table.name not in self._known:
            cells = sa.table(
                quoted_name(table.name, quote=True),
                *(sa.column(quoted_name(column.name, quote=True)) for column in table.columns),
                schema=None if self._schema is None else quoted_name(self._schema, quote=True),
            )
            self._known[table.name] = cells, self.engine.place(cells, sa.select().select_from(cells))
        return self._known[table.name]


def _as_it_is(value: Expression) -> Expression:
    return value


def _held(value: Expression, least: Expression, most: Expression) -> Expression:
    """Return ``value``, or the nearer of two bounds that it is beyond; NULL for NULL."""
    return sa.case((value < least, least), (value > most, most), else_=value)
