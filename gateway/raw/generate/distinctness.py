"""Declared uniqueness of learned values: rows that repeat one another are changed as little as it takes.

A learned column that is part of a key is drawn without looking at other rows, so some rows repeat. Each of them gets,
in the first way that works: the next number, date or time; another of the declared values; another row of the public
table; several of these at once; NULL. What breaks a CHECK is no way. This looks at rows that were made up, and costs
nothing.
"""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.raw.generate.keys import permuted, salt
from gateway.vocabulary.checks import columns_of, holds, keeps
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import ColumnClause, DomainClause
    from gateway.raw.generate.closing import KeyPlan
    from gateway.vocabulary.checks import Condition
    from gateway.vocabulary.schema import Column

_TRIES = 5_000
"""Values after a repeated one that are looked at."""
_TOGETHER = 200_000
"""Combinations of several columns' values that are looked at, for all rows that repeat in one scope."""
_LEAST_TRIES = 16
"""Values after a repeated one that are looked at where, of many more, none did for the rows before."""
_FEWEST, _MOST = 4, 256
"""Rows held against the conditions at once: few at first, because one of the first does most often."""


@dataclass(frozen=True, kw_only=True)
class LooseKey:
    """A declared key that nothing in how rows are made keeps unique."""

    columns: tuple[ColumnName, ...]
    within_owner: bool
    """Whether it holds all columns that name the owner: rows of two owners never repeat each other then."""
    condition: Condition | None = None
    """Of which rows it is a key; None for all."""


def loose_keys(
    plan: KeyPlan, clauses: Mapping[str, ColumnClause]
) -> tuple[tuple[LooseKey, ...], frozenset[ColumnName]]:
    """Return the keys to watch over, and the invented columns that have to be unique by themselves."""
    found, invented = [], set()
    whole = [(key, None) for key in dict.fromkeys((plan.table.primary_key, *plan.table.unique))]
    for key, condition in (*whole, *((each.columns, each.condition) for each in plan.table.partial)):
        columns = set(key)
        owned = bool(plan.owner) and set(plan.owner) <= columns
        made = [name for name in key if clauses[name].treatment is Treatment.REPLACE]
        kept = (
            not key
            or columns & plan.fresh
            or columns & set(plan.named)
            or (owned and (plan.single or columns & plan.counted))
            or any(set(link.columns) <= columns and (owned or link in plan.one_to_one) for link in plan.distinct)
        )
        if kept:
            continue
        if made:
            invented.add(made[0])
        else:
            found.append(LooseKey(columns=key, within_owner=owned, condition=condition))
    return tuple(found), frozenset(invented)


class Distinctness:
    """Keeps the loose keys of one table, piece by piece; pieces hold all rows of an owner."""

    def __init__(
        self,
        plan: KeyPlan,
        keys: Sequence[LooseKey],
        clauses: Mapping[str, ColumnClause],
        *,
        public: Sequence[tuple[tuple[ColumnName, ...], pa.Table]],
        seed: int,
    ) -> None:
        """Watch over ``keys``; ``public`` are the rows that columns of a reference may take, in the columns' types."""
        self._plan = plan
        self._keys = keys
        self._public = [(columns, list(zip(*rows.to_pydict().values(), strict=True))) for columns, rows in public]
        self._domains = {
            column.name: clauses[column.name].domain
            for column in plan.table.columns
            if clauses[column.name].treatment is Treatment.LEARN
            and not any(column.name in columns for columns, _ in public)
        }
        self._pools = {name: _pool(plan.table.column(name), domain) for name, domain in self._domains.items()}
        self._seen: dict[LooseKey, set[tuple[Any, ...]]] = {key: set() for key in keys}
        self._together: dict[tuple[Any, ...], _Spare] = {}
        self._patience: dict[tuple[LooseKey, ColumnName], int] = {}
        self._salt = salt(seed, "distinct", plan.table.name)
        self._typed = _Typed((), pa.schema([]))
        told = {name for key in keys for name in _spoken_of(key)}
        self._conditions = [
            check.condition
            for check in plan.table.checks
            if check.condition is not None and told.intersection(columns_of(check.condition))
        ]

    def settle(
        self, piece: pa.Table, owners: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Return ``piece`` with repetitions changed, and which rows repeat another one still."""
        stuck = np.zeros(len(piece), dtype=np.bool_)
        changed: dict[ColumnName, dict[int, Any]] = {}
        looked_at = self._looked_at(piece, owners)
        conditions = [each for each in self._conditions if set(columns_of(each)) <= set(piece.column_names)]
        told = {name for key in self._keys for name in _spoken_of(key)}
        told |= {ColumnName(name) for condition in conditions for name in columns_of(condition)}
        names = [name for name in piece.column_names if name in told]
        schema = pa.schema([piece.schema.field(name).with_nullable(nullable=True) for name in names])
        self._typed = _Typed(conditions, schema)
        some = piece.select(names).take(pa.array(looked_at))
        cells = {name: some.column(name).to_pylist() for name in names}
        among = {key: self._typed.of_which(key, some) for key in self._keys}
        for at, place in enumerate(looked_at.tolist()):
            row, whose = {ColumnName(name): cells[name][at] for name in names}, int(owners[place])
            of = {key for key in self._keys if among[key][at]}
            if any(_cells(key, row, whose) in self._seen[key] for key in of):
                found = self._another(row, whose, int(rows[place]))
                if found is None:
                    stuck[place] = True
                    continue
                for name, value in found.items():
                    if value != row[name]:
                        changed.setdefault(name, {})[place] = value
                row = found
                of = {key for key in self._keys if self._typed.is_of(key, row)}
            for key in of:
                self._seen[key].add(_cells(key, row, whose))
        for name, values in changed.items():
            piece = _put(piece, name, values)
        return piece, stuck

    def _looked_at(self, piece: pa.Table, owners: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows among which some may repeat others; forget what was seen of owners that are done with."""
        found = np.zeros(len(piece), dtype=np.bool_)
        for key in self._keys:
            if key.within_owner:
                self._seen[key].clear()
                found[_of_repeating_owners(key, piece, owners)] = True
            else:
                found[:] = True
        for scope in [scope for scope in self._together if scope[0].within_owner]:
            del self._together[scope]
        return np.flatnonzero(found)

    def _taken(self, key: LooseKey, row: Mapping[ColumnName, Any], whose: int) -> bool:
        return _cells(key, row, whose) in self._seen[key] and self._typed.is_of(key, row)

    def _another(self, row: dict[ColumnName, Any], whose: int, place: int) -> dict[ColumnName, Any] | None:
        """Return a row like ``row`` that is taken in no key and breaks no CHECK; None if there is none to be found."""
        taken = {key for key in self._keys if self._taken(key, row, whose)}
        for key in self._keys:
            if key in taken:
                taken.remove(key)
                others = (row | changes for changes in self._alternatives(key, row, whose, place))
                found = self._first(
                    other
                    for other in others
                    if all(each in taken or not self._taken(each, other, whose) for each in self._keys)
                )
                if found is None:
                    return None
                for name in key.columns:
                    if found[name] != row[name]:
                        self._patience.pop((key, name), None)
                row = found
                taken = {each for each in taken if self._taken(each, row, whose)}
        return row

    def _first(self, others: Iterator[dict[ColumnName, Any]]) -> dict[ColumnName, Any] | None:
        """Return the first of ``others`` that breaks no CHECK; it may look at some that come after it."""
        size = _FEWEST
        while some := list(itertools.islice(others, size)):
            kept = np.flatnonzero(self._typed.keep(some))
            if kept.size:
                return some[int(kept[0])]
            size = min(4 * size, _MOST)
        return None

    def _alternatives(
        self, key: LooseKey, row: dict[ColumnName, Any], whose: int, place: int
    ) -> Iterator[dict[ColumnName, Any]]:
        open_ = [name for name in key.columns if name in self._pools]
        for name in open_:
            yield from ({name: value} for value in self._next(key, name, row[name]))
        for name in open_:
            pool = self._pools[name]
            yield from ({name: pool[at]} for at in self._order(len(pool), place))
        for columns, values in self._public:
            if set(columns) <= set(key.columns):
                order = self._order(len(values), place)
                yield from (dict(zip(columns, values[at], strict=True)) for at in order)
        yield from self._at_once(key, row, whose)
        # of rows that a key is not of, it holds nothing
        beside = [name for name in _spoken_of(key) if name not in key.columns]
        for name in beside:
            yield from ({name: value} for value in self._pools.get(name, ()))
        for name in (*beside, *key.columns):
            if name not in self._plan.keys and self._plan.table.column(name).nullable:
                yield {name: None}

    def _next(self, key: LooseKey, name: ColumnName, value: Any) -> Iterator[Any]:  # noqa: ANN401 - a cell
        """Yield what follows ``value``; less of it when all of it was in vain for the row before."""
        most = self._patience.get((key, name), 2 * _TRIES)
        yield from itertools.islice(_following(self._plan.table.column(name), value, self._domains[name]), most)
        self._patience[key, name] = max(_LEAST_TRIES, most // 4)

    def _at_once(self, key: LooseKey, row: dict[ColumnName, Any], whose: int) -> Iterator[dict[ColumnName, Any]]:
        """Yield what several columns of ``key`` may be at once, in an order of their own; not what is taken already."""
        groups: list[tuple[tuple[ColumnName, ...], list[tuple[Any, ...]]]] = []
        for name in key.columns:
            if name in self._pools:
                values = self._pools[name] or _span(self._plan.table.column(name), self._domains[name])
                groups += [((name,), [(value,) for value in values])] if values else []
        groups += [(columns, values) for columns, values in self._public if set(columns) <= set(key.columns)]
        if len(groups) < 2:  # noqa: PLR2004 - one by one they were looked at before
            return
        moved = {name for columns, _ in groups for name in columns}
        fixed = tuple(row[name] for name in key.columns if name not in moved)
        scope = (key, whose if key.within_owner else 0, *fixed)
        size = math.prod(len(values) for _, values in groups)
        spare = self._together.setdefault(scope, _Spare(self._order(size, whose if key.within_owner else 0)))
        for number in spare:
            changes: dict[ColumnName, Any] = {}
            rest = number
            for columns, values in groups:
                changes |= dict(zip(columns, values[rest % len(values)], strict=True))
                rest //= len(values)
            if self._taken(key, row | changes, whose):
                spare.drop()
            else:
                yield changes

    def _order(self, size: int, place: int) -> Iterator[int]:
        key = (self._salt + place * 0x9E3779B97F4A7C15) % 2**64
        for first in range(0, min(size, _TOGETHER), 1_000):
            places = np.arange(first, min(first + 1_000, size))
            yield from permuted(places, size, key=key).tolist()


class _Spare:
    """Numbers that are gone through again and again, but for those that were dropped."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._new = numbers
        self._kept: deque[int] = deque()

    def drop(self) -> None:
        """Never come back to the number that came last."""
        self._kept.pop()

    def __iter__(self) -> Iterator[int]:
        for _ in range(min(len(self._kept), _TRIES)):
            self._kept.append(self._kept.popleft())
            yield self._kept[-1]
        for number in self._new:
            self._kept.append(number)
            yield number


class _Typed:
    """Holds rows, of which the columns' types are known, against conditions."""

    def __init__(self, conditions: Sequence[Condition], schema: pa.Schema) -> None:
        self._conditions = conditions
        self._schema = schema

    def keep(self, rows: Sequence[Mapping[ColumnName, Any]]) -> NDArray[np.bool_]:
        """Tell which of ``rows`` keep all conditions."""
        found = np.ones(len(rows), dtype=np.bool_)
        if self._conditions:
            table = self._rows(rows)
            for condition in self._conditions:
                found &= keeps(condition, table).to_numpy(zero_copy_only=False)
        return found

    def is_of(self, key: LooseKey, row: Mapping[ColumnName, Any]) -> bool:
        """Tell whether ``key`` is one of ``row``: no cell of it is NULL, and its condition is true."""
        if any(row[name] is None for name in key.columns):
            return False
        return key.condition is None or bool(self.of_which(key, self._rows([row]))[0])

    def of_which(self, key: LooseKey, rows: pa.Table) -> NDArray[np.bool_]:
        """Tell of which of ``rows`` it is one."""
        found = np.ones(len(rows), dtype=np.bool_)
        for name in key.columns:
            found &= rows.column(name).combine_chunks().is_valid().to_numpy(zero_copy_only=False)
        if key.condition is not None and set(columns_of(key.condition)) <= set(rows.column_names):
            found &= holds(key.condition, rows).to_numpy(zero_copy_only=False)
        return found

    def _rows(self, rows: Sequence[Mapping[ColumnName, Any]]) -> pa.Table:
        return pa.Table.from_pylist(list(map(dict, rows)), schema=self._schema)


def _spoken_of(key: LooseKey) -> tuple[ColumnName, ...]:
    """Return the columns of ``key``, and those that tell of which rows it is one."""
    beside = columns_of(key.condition) if key.condition is not None else ()
    return tuple(dict.fromkeys((*key.columns, *map(ColumnName, beside))))


def _cells(key: LooseKey, row: Mapping[ColumnName, Any], whose: int) -> tuple[Any, ...]:
    return (whose if key.within_owner else 0, *(row[name] for name in key.columns))


def _of_repeating_owners(key: LooseKey, piece: pa.Table, owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of all owners of whom two rows have the same cells in ``key``."""
    codes = [owners]
    for name in key.columns:
        encoded = piece.column(name).combine_chunks().dictionary_encode().indices
        codes.append(encoded.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64))
    _, which, many = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True, return_counts=True)
    repeating = np.unique(owners[many[which.reshape(-1)] > 1])
    return np.flatnonzero(np.isin(owners, repeating))


def _pool(column: Column, domain: DomainClause | None) -> list[Any]:
    """Return the values that a column is declared to have."""
    if column.kind is Kind.BOOLEAN:
        return [False, True]
    if column.kind in (Kind.TEXT, Kind.ENUM):
        return list((domain.values if domain is not None else None) or column.values)
    return []


def _span(column: Column, domain: DomainClause | None) -> list[Any]:
    """Return the numbers or dates between declared bounds, the first ``_TRIES`` of them; none without bounds."""
    lowest: Any = domain.lowest if domain is not None else None
    if domain is None or lowest is None or domain.highest is None:
        return []
    if column.kind is Kind.INTEGER:
        lowest = math.ceil(lowest)
    elif column.kind is Kind.DECIMAL and column.scale is not None:
        lowest = decimal.Decimal(str(lowest)).quantize(decimal.Decimal(1).scaleb(-column.scale), decimal.ROUND_CEILING)
    elif column.kind is not Kind.DATE:
        return []
    return [lowest, *_following(column, lowest, domain)]


def _following(column: Column, value: Any, domain: DomainClause | None) -> Iterator[Any]:  # noqa: ANN401 - a cell
    """Yield the numbers, dates or times after ``value`` up to the declared highest, then those before it."""
    step: Any
    match column.kind:
        case Kind.INTEGER:
            step = max(1, round(domain.step)) if domain is not None and domain.step else 1
        case Kind.DECIMAL if column.scale is not None:
            step = decimal.Decimal(1).scaleb(-column.scale)
        case Kind.DATE:
            step = dt.timedelta(days=1)
        case Kind.DATETIME:
            step = dt.timedelta(seconds=1)
        case _:
            return
    highest = domain.highest if domain is not None else None
    lowest = domain.lowest if domain is not None else None
    for count in itertools.chain(range(1, _TRIES), range(-1, -_TRIES, -1)):
        try:
            found = value + count * step
            fits = (highest is None or found <= highest) and (lowest is None or found >= lowest)
        except (OverflowError, TypeError):
            continue
        if fits:
            yield found


def _put(piece: pa.Table, name: ColumnName, values: Mapping[int, Any]) -> pa.Table:
    """Return ``piece`` with other cells at some places of one column."""
    at = piece.column_names.index(name)
    column = piece.column(at).combine_chunks()
    places = np.arange(len(column))
    places[list(values)] = len(column) + np.arange(len(values))
    both = pa.concat_arrays([column, pa.array(list(values.values()), column.type)])
    return piece.set_column(at, piece.schema.field(at), both.take(pa.array(places)))
