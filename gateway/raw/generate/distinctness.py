"""Declared uniqueness of learned values: rows that repeat one another are changed as little as it takes.

A learned column that is part of a key is drawn without looking at other rows, so some rows repeat. Each of them gets,
in the first way that works: the next number, date or time; another of the declared values; another row of the public
table; NULL. This looks at rows that were made up, and costs nothing.
"""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.raw.generate.keys import permuted, salt
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import ColumnClause, DomainClause
    from gateway.raw.generate.closing import KeyPlan
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column

_TRIES = 5_000
"""Values after a repeated one that are looked at."""


@dataclass(frozen=True, kw_only=True)
class LooseKey:
    """A declared key that nothing in how rows are made keeps unique."""

    columns: tuple[ColumnName, ...]
    within_owner: bool
    """Whether it holds all columns that name the owner: rows of two owners never repeat each other then."""


def loose_keys(
    plan: KeyPlan, clauses: Mapping[str, ColumnClause]
) -> tuple[tuple[LooseKey, ...], frozenset[ColumnName]]:
    """Return the keys to watch over, and the invented columns that have to be unique by themselves."""
    found, invented = [], set()
    for key in dict.fromkeys((plan.table.primary_key, *plan.table.unique)):
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
            found.append(LooseKey(columns=key, within_owner=owned))
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
        self._pools = {
            column.name: _pool(column, clauses[column.name].domain)
            for column in plan.table.columns
            if clauses[column.name].treatment is Treatment.LEARN
            and not any(column.name in columns for columns, _ in public)
        }
        self._domains = {name: clauses[name].domain for name in self._pools}
        self._seen: dict[LooseKey, set[tuple[Any, ...]]] = {key: set() for key in keys}
        self._salt = salt(seed, "distinct", plan.table.name)

    def settle(
        self, piece: pa.Table, owners: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Return ``piece`` with repetitions changed, and which rows repeat another one still."""
        stuck = np.zeros(len(piece), dtype=np.bool_)
        for key in self._keys:
            piece = self._settled(key, piece, owners, rows, stuck)
        return piece, stuck

    def _settled(
        self,
        key: LooseKey,
        piece: pa.Table,
        owners: NDArray[np.int64],
        rows: NDArray[np.int64],
        stuck: NDArray[np.bool_],
    ) -> pa.Table:
        scope = owners if key.within_owner else np.zeros_like(owners)
        if key.within_owner:
            looked_at = _of_repeating_owners(key, piece, scope)
            seen: set[tuple[Any, ...]] = set()
        else:
            looked_at, seen = np.arange(len(piece)), self._seen[key]
        cells = {name: piece.column(name).take(pa.array(looked_at)).to_pylist() for name in key.columns}
        changed: dict[ColumnName, dict[int, Any]] = {}
        for at, place in enumerate(looked_at.tolist()):
            row = {name: cells[name][at] for name in key.columns}
            if stuck[place] or any(value is None for value in row.values()):
                continue
            whose = int(scope[place])
            if (whose, *row.values()) in seen:
                found = self._another(key, row, whose, seen, int(rows[place]))
                if found is None:
                    stuck[place] = True
                    continue
                for name, value in found.items():
                    if value != row[name]:
                        changed.setdefault(name, {})[place] = value
                row = found
            seen.add((whose, *row.values()))
        for name, values in changed.items():
            piece = _put(piece, name, values)
        return piece

    def _another(
        self, key: LooseKey, row: dict[ColumnName, Any], whose: int, seen: set[tuple[Any, ...]], place: int
    ) -> dict[ColumnName, Any] | None:
        """Return the first row like ``row`` that is not taken; None when there is none."""
        for changes in self._alternatives(key, row, place):
            other = row | changes
            if None in other.values() or (whose, *other.values()) not in seen:
                return other
        return None

    def _alternatives(self, key: LooseKey, row: dict[ColumnName, Any], place: int) -> Iterator[dict[ColumnName, Any]]:
        open_ = [name for name in key.columns if name in self._pools]
        for name in open_:
            column, domain = self._plan.table.column(name), self._domains[name]
            yield from ({name: value} for value in _following(column, row[name], domain))
        for name in open_:
            pool = self._pools[name]
            yield from ({name: pool[at]} for at in self._order(len(pool), place))
        for columns, values in self._public:
            if set(columns) <= set(key.columns):
                order = self._order(len(values), place)
                yield from (dict(zip(columns, values[at], strict=True)) for at in order)
        for name in key.columns:
            if name not in self._plan.keys and self._plan.table.column(name).nullable:
                yield {name: None}

    def _order(self, size: int, place: int) -> Iterator[int]:
        key = (self._salt + place * 0x9E3779B97F4A7C15) % 2**64
        for first in range(0, size, 1_000):
            places = np.arange(first, min(first + 1_000, size))
            yield from permuted(places, size, key=key).tolist()


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
