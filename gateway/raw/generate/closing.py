"""Keys and references of a database that is made up: every key fresh, every reference closed, from places alone.

How a column comes by its value:

    the owner's        the value of the owner's column, in the row that owns this one
    named              that of the row of one's own which it names (``named_by``)
    linked             that of a row of a synthesized table, chosen among those of the same owner where both tables
                       stand under one, else among all; never the row itself; one to one where declared unique
    counted            1, 2, ... within the owner, where a key is made of the owner's and it
    fresh              a permutation of 1 to the number of rows, or a text
    remembered         learned or invented, and referred to by others: kept when it was made
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.generate.keys import keys_at, largest_number, permuted, room, salt, whole_numbers
from gateway.raw.generate.narrowing import narrowed
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import NUMERIC_KINDS, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gateway.policy.lineage import Kin, Lineage
    from gateway.policy.model import Policy
    from gateway.raw.generate.descent import Descent
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column, Schema, Table

NOWHERE = -1
"""The row that a reference which is NULL names."""


@dataclass(frozen=True, kw_only=True)
class KeyPlan:
    """How the key columns of one synthesized table come by their values. Declared: from schema and policy alone."""

    table: Table
    kin: Kin
    owner: Mapping[ColumnName, ColumnName] = field(default_factory=dict)
    """Columns that name the owner's row -> the owner's column."""
    named: Mapping[ColumnName, tuple[TableName, ColumnName]] = field(default_factory=dict)
    links: Mapping[ColumnName, tuple[Reference, ColumnName]] = field(default_factory=dict)
    counted: frozenset[ColumnName] = frozenset()
    fresh: frozenset[ColumnName] = frozenset()
    distinct: frozenset[Reference] = frozenset()
    """Links of which no two rows, or no two of one owner, may have the same."""
    one_to_one: frozenset[Reference] = frozenset()
    """Those of ``distinct`` of which no two rows at all may."""
    single: bool = False
    """Whether an owner has one row at most: the owner's columns are a key."""

    @property
    def keys(self) -> frozenset[ColumnName]:
        """Every column that is told from its place."""
        return frozenset((*self.owner, *self.named, *self.links, *self.counted, *self.fresh))


def key_plans(schema: Schema, policy: Policy, tree: Lineage) -> dict[TableName, KeyPlan]:
    """Return the plan of every synthesized table; ``schema`` holds what is published of them."""
    return {kin.table: _plan(schema.table(kin.table), policy, tree, kin) for kin in tree.kin}


def _plan(table: Table, policy: Policy, tree: Lineage, kin: Kin) -> KeyPlan:
    clauses = policy.tables[table.name].columns
    keys = {column.name for column in table.columns if clauses[column.name].treatment is Treatment.KEY}
    named = {
        here: (other.table, there)
        for other in tree.owned
        if other.named and other.owner == table.name
        for here, there in zip(other.owner_columns, other.columns, strict=True)
    }
    owner = {} if kin.named else dict(zip(kin.columns, kin.owner_columns, strict=True))
    owner = {name: above for name, above in owner.items() if name in keys}
    links = {
        here: (link, there)
        for link in kin.links
        for here, there in zip(link.columns, link.target_columns, strict=True)
        if here in keys and here not in owner and here not in named and not _is_own(table, tree, link, here)
    }
    own = keys - {*owner, *named, *links}
    unique = [set(key) for key in (table.primary_key, *table.unique) if key]
    alone = {name for key in unique if len(key) == 1 for name in key}
    parts = [key & own for key in unique if owner and set(owner) <= key]
    counted = {name for part in parts if len(part) == 1 for name in part} - alone
    distinct, one_to_one = set(), set()
    for link in kin.links:
        here = {name for name in link.columns if name in links}
        if any(key <= here for key in unique):
            one_to_one.add(link)
            distinct.add(link)
        elif any(owner and key == here | set(owner) for key in unique):
            distinct.add(link)
    return KeyPlan(
        table=table,
        kin=kin,
        owner=owner,
        named=named,
        links=links,
        counted=frozenset(counted),
        fresh=frozenset(own - counted),
        distinct=frozenset(distinct),
        one_to_one=frozenset(one_to_one),
        single=bool(owner) and any(key <= set(owner) for key in unique),
    )


def _is_own(table: Table, tree: Lineage, link: Reference, column: ColumnName) -> bool:
    """Tell whether ``column`` is the row's own key, though part of a link: to one of the rows that belong to it."""
    alone = any(set(key) == {column} for key in (table.primary_key, *table.unique))
    above, at = set[str](), link.target
    while (owner := tree.of(at).owner) is not None:
        above.add(owner)
        at = owner
    return alone and len(link.columns) > 1 and table.name in above


class Keyring:
    """The keys of every row of every synthesized table, told from its place."""

    def __init__(self, plans: Mapping[TableName, KeyPlan], descent: Descent, *, seed: int) -> None:
        """Keep the plans and where rows stand; ``seed`` is the public one of sampling."""
        self._plans = plans
        self._descent = descent
        self._seed = seed
        self._fresh = narrowed(plans)
        self._memory: dict[tuple[TableName, ColumnName], list[pa.Array]] = {}
        referred = {(name, there) for plan in plans.values() for name, columns in _pointed(plan).items()
                    for there in columns}  # fmt: skip
        self._remembered = {
            (name, column)
            for name, column in referred
            if column not in plans[name].keys or _may_be_null(plans[name], column)
        }
        for name, column in sorted(self._remembered):
            if plans[name].kin.named and column not in plans[name].keys:
                raise Unsupported(
                    f"column {column} of {name} names its rows for {plans[name].kin.owner} and is no fresh key; use "
                    "`role: key` and `treatment: key`"
                )

    def remember(self, table: TableName, rows: pa.Table) -> None:
        """Keep of the next ``rows`` of ``table`` what others refer to and no place can tell. In order, all of them."""
        for name, column in self._remembered:
            if name == table:
                self._memory.setdefault((name, column), []).append(rows.column(column).combine_chunks())

    def values(self, table: TableName, column: ColumnName, rows: NDArray[np.int64]) -> pa.Array:
        """Return the values of a key column at ``rows``, in its Arrow type; NULL for ``NOWHERE``.

        ``RuntimeError`` when a table it depends on has not been laid out, or not been made, yet.
        """
        plan = self._plans[table]
        shape = plan.table.column(column)
        absent = rows == NOWHERE
        if absent.any():
            present = self.values(table, column, rows[~absent])
            places = np.full(len(rows), 0, dtype=np.int64)
            places[~absent] = np.arange(len(present))
            return present.take(pa.array(places, mask=absent))
        if (table, column) in self._remembered:
            return self._recalled(table, column, rows)
        return self._told(plan, shape, rows)

    def made(self, table: TableName, column: ColumnName, rows: NDArray[np.int64]) -> pa.Array:
        """Return what ``values`` will, for rows that are being made: nothing of them can be remembered yet."""
        return self._told(self._plans[table], self._plans[table].table.column(column), rows)

    def _told(self, plan: KeyPlan, column: Column, rows: NDArray[np.int64]) -> pa.Array:
        table, name = plan.table.name, column.name
        if name in plan.owner and plan.kin.owner is not None:
            above = self._descent.above(table, rows, at=plan.kin.owner)
            return self._fitting(column, self.values(plan.kin.owner, plan.owner[name], above), plan.kin.owner)
        if name in plan.named:
            other, there = plan.named[name]
            return self._fitting(column, self.values(other, there, self._named(other, rows)), other)
        if name in plan.links:
            link, there = plan.links[name]
            linked = self.linked(table, link, rows)
            if not column.nullable and _optional(plan, link):  # another column of the same reference is NULL then
                linked = np.maximum(linked, 0)
            return self._fitting(column, self.values(link.target, there, linked), link.target)
        if name in plan.counted:
            return self._counted(column, plan, rows)
        return keys_at(self._fresh[table, name], rows, of=self.bound(table), key=salt(self._seed, "key", table, name))

    def bound(self, table: TableName) -> int:
        """Return the number of rows of ``table``, or, of one that owners name, that of the rows that could name one."""
        kin = self._plans[table].kin
        return self.bound(kin.owner) if kin.named and kin.owner is not None else self._descent.rows(table)

    def _counted(self, column: Column, plan: KeyPlan, rows: NDArray[np.int64]) -> pa.Array:
        table = plan.table.name
        rank = self._descent.rank(table, rows)
        if column.kind in NUMERIC_KINDS:
            return whole_numbers(column, rank + 1)
        most = max(plan.kin.most, int(np.diff(self._descent.starts(table)).max(initial=0)))
        return keys_at(column, rank, of=min(most, room(column)), key=salt(self._seed, "key", table, column.name))

    def _named(self, other: TableName, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        starts = self._descent.starts(other)
        return np.where(starts[rows + 1] > starts[rows], starts[rows], NOWHERE)

    def _recalled(self, table: TableName, column: ColumnName, rows: NDArray[np.int64]) -> pa.Array:
        kept = self._memory.get((table, column), [])
        if len(kept) > 1:
            kept[:] = [pa.concat_arrays(kept)]
        if not kept or (rows.size and rows.max() >= len(kept[0])):
            raise RuntimeError(f"rows refer to column {column} of {table}, which has not been made yet")
        return kept[0].take(pa.array(rows))

    def _fitting(self, column: Column, values: pa.Array, target: TableName) -> pa.Array:
        """Return ``values`` in the type of ``column``; ``Unsupported`` when keys that are no wider do not fit."""
        if column.kind in NUMERIC_KINDS and self.bound(target) > largest_number(column):
            raise Unsupported(
                f"column {column.name} ({column.native}) has no room for the keys of {target}; widen it in the source"
            )
        return values.cast(column.arrow_type)

    # --- links ---

    def candidates(
        self, table: TableName, link: Reference, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return from which row of the link's target up to which one each of ``rows`` may choose; none when equal."""
        descent, target = self._descent, link.target
        everything = np.zeros(len(rows), dtype=np.int64), np.full(len(rows), descent.rows(target))
        if link in self._plans[table].one_to_one or (table == target and link in self._plans[table].distinct):
            return everything
        if link in self._plans[table].kin.ancestral:
            above = descent.above(table, rows, at=target)
            return above, above + 1
        if table == target:
            owner = self._plans[table].kin.owner
            if owner is None:
                return everything
            first, end = descent.below(target, at=owner, rows=descent.above(table, rows, at=owner))
            return first, end
        meeting = descent.meeting(table, target)
        if meeting == target:  # another of the unit's table, say: not the owner, for whom there is a column
            return everything
        return descent.below(target, at=meeting, rows=descent.above(table, rows, at=meeting))

    def linked(self, table: TableName, link: Reference, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which row of its target each of ``rows`` links to; ``NOWHERE`` when there is none that it could."""
        plan = self._plans[table]
        key = salt(self._seed, "link", table, *link.columns)
        first, end = self.candidates(table, link, rows)
        if link not in plan.distinct and link not in plan.kin.ancestral:
            first, end = self._widened(plan, link, first, end)
        itself = table == link.target
        places, keys = np.zeros(len(rows), dtype=np.int64), _each(key, rows)
        if link in plan.one_to_one:
            places, keys = rows, np.full(len(rows), key, dtype=np.uint64)
        elif link in plan.distinct and plan.kin.owner is not None:
            places = self._descent.rank(table, rows)
            keys = _each(key, self._descent.above(table, rows, at=plan.kin.owner))
        room = end - first
        if itself and link not in plan.one_to_one:
            return self._others(plan, link, rows, first=first, end=end, places=places, keys=keys)
        possible = places < room
        found = first + permuted(np.where(possible, places, 0), np.maximum(room, 1), key=keys)
        found = np.where(possible, found, NOWHERE)
        if itself:  # one to one within one table: whoever drew himself goes without, or is his own
            found = np.where(found == rows, NOWHERE if _optional(plan, link) else rows, found)
        return found

    def limit(self, table: TableName, owners: int) -> NDArray[np.int64] | None:
        """Return how many rows each of ``owners`` owner rows may have in ``table`` so that keys can be unique.

        None when there is no such limit. To be asked before ``table`` is laid out, and after all that it links to.
        """
        plan = self._plans[table]
        limits = [np.full(owners, 1)] if plan.single else []
        # in the source, too, no owner has more rows than its type can number
        limits += [np.full(owners, room(plan.table.column(name))) for name in sorted(plan.counted)]
        for link in plan.kin.links:
            if _optional(plan, link) or link.target == table or not self._descent.knows(link.target):
                continue
            there = self._descent.rows(link.target)
            if link in plan.one_to_one:  # the first owners get what there is
                continue
            if link in plan.distinct and plan.kin.owner is not None:
                limits.append(self._choices(plan, link, owners))
            elif there == 0:
                limits.append(np.zeros(owners, dtype=np.int64))
        return np.minimum.reduce(limits) if limits else None

    def total(self, table: TableName) -> int | None:
        """Return how many rows ``table`` may have in all; None for any number.

        Each may have to link to another row, and each has a key of its own. Noise alone makes more rows than the source
        has keys for.
        """
        plan = self._plans[table]
        rows = [room(self._fresh[table, name]) for name in plan.fresh]
        rows += [
            self._descent.rows(link.target)
            for link in plan.one_to_one
            if not _optional(plan, link) and link.target != table and self._descent.knows(link.target)
        ]
        return min(rows, default=None)

    def _choices(self, plan: KeyPlan, link: Reference, owners: int) -> NDArray[np.int64]:
        """Return how many rows each owner's rows can link to; the owner's own rows need not be laid out for it."""
        owner, target = plan.kin.owner, link.target
        rows = np.arange(owners)
        if owner is None:
            raise ValueError("only rows that are owned have owners")
        if link in plan.kin.ancestral:
            return np.ones(owners, dtype=np.int64)
        meeting = self._descent.meeting(owner, target)
        if meeting == target:
            return np.full(owners, self._descent.rows(target))
        first, end = self._descent.below(target, at=meeting, rows=self._descent.above(owner, rows, at=meeting))
        return end - first

    def _widened(
        self, plan: KeyPlan, link: Reference, first: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Let rows that find nobody under their own owner choose among all, when they may not be NULL."""
        least = 1 + (plan.table.name == link.target)
        if _optional(plan, link):
            return first, end
        lonely = end - first < least
        return np.where(lonely, 0, first), np.where(lonely, self._descent.rows(link.target), end)

    def _others(
        self,
        plan: KeyPlan,
        link: Reference,
        rows: NDArray[np.int64],
        *,
        first: NDArray[np.int64],
        end: NDArray[np.int64],
        places: NDArray[np.int64],
        keys: NDArray[np.uint64],
    ) -> NDArray[np.int64]:
        """Choose another row of the same table: an earlier one where there may be none, so that no circle closes."""
        inside = (rows >= first) & (rows < end)
        if _optional(plan, link) and link not in plan.distinct:
            room = np.where(inside, rows - first, end - first)
            found = first + permuted(np.zeros_like(rows), np.maximum(room, 1), key=keys)
            return np.where(room > 0, found, NOWHERE)
        room = end - first - inside
        possible = places < room
        found = first + permuted(np.where(possible, places, 0), np.maximum(room, 1), key=keys)
        found += inside & (found >= rows)
        lonely = NOWHERE if _optional(plan, link) or link in plan.distinct else rows
        return np.where(possible, found, lonely)


def _each(key: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a key of its own for each number."""
    return numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.full(1, key, dtype=np.uint64)


def _optional(plan: KeyPlan, link: Reference) -> bool:
    return any(plan.table.column(name).nullable and name not in plan.table.primary_key for name in link.columns)


def _may_be_null(plan: KeyPlan, column: ColumnName) -> bool:
    """Tell whether a key column may be NULL by what is learned, which no place tells."""
    return column in plan.links and _optional(plan, plan.links[column][0])


def _pointed(plan: KeyPlan) -> dict[TableName, set[ColumnName]]:
    """Return which columns of which tables the keys of ``plan`` take their values from."""
    found: dict[TableName, set[ColumnName]] = {}
    if plan.kin.owner is not None:
        found.setdefault(plan.kin.owner, set()).update(plan.owner.values())
    for other, there in plan.named.values():
        found.setdefault(other, set()).add(there)
    for link, there in plan.links.values():
        found.setdefault(link.target, set()).add(there)
    return found
