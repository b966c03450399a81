"""Which rows belong to whom: the tables of a policy as a tree under the unit of protection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway.policy.model import MOST_ROWS, TableTreatment
from gateway.policy.ownership import misowned
from gateway.policy.relations import ancestors, owning, relations
from gateway.vocabulary.errors import PolicyError
from gateway.vocabulary.names import ColumnName, TableName

if TYPE_CHECKING:
    from gateway.policy.model import Policy
    from gateway.vocabulary.schema import Reference, Schema, Table

UNIT_SHARE = 0.3
"""Share of the budget that the unit's table has, when others are owned and the policy splits nothing."""


@dataclass(frozen=True, kw_only=True)
class Kin:
    """One synthesized table: the unit's (``owner`` is None), or one whose rows each belong to a row of ``owner``."""

    table: TableName
    owner: TableName | None = None
    columns: tuple[ColumnName, ...] = ()
    """This table's columns that name the owner's row; or, with ``named``, the columns that the owner's rows name."""
    owner_columns: tuple[ColumnName, ...] = ()
    """The owner's columns, position by position."""
    named: bool = False
    """Whether the owner's row names this one (a customer their address): each owner row then has one of its own."""
    order: ColumnName | None = None
    since: ColumnName | None = None
    """The owner's column that the first row's ``order`` is counted from."""
    until: ColumnName | None = None
    """The owner's column after which no row lies: like ``order``, or, beside dates, days after ``since``."""
    kind: ColumnName | None = None
    most: int = 0
    """How many rows one owner can have, at most; more are not looked at. Public. One, where ``columns`` are a key."""
    public: tuple[Reference, ...] = ()
    """References to tables that are public: their columns are learned, as one, over the rows there."""
    links: tuple[Reference, ...] = ()
    """References to synthesized rows other than the owner's. They close, and say nothing of who pointed at whom."""
    ancestral: tuple[Reference, ...] = ()
    """Those of ``links`` that point at an owner further up (a payment of a rental at the customer), and are the only
    ones to do so: they are filled with the one that the row leads to."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """All tables of a policy."""

    unit: Kin
    owned: tuple[Kin, ...]
    """Owners before what they own."""
    public: tuple[TableName, ...]
    dropped: tuple[TableName, ...]

    @property
    def kin(self) -> tuple[Kin, ...]:
        """Every synthesized table, owners first."""
        return (self.unit, *self.owned)

    def of(self, table: TableName) -> Kin:
        """Return the synthesized ``table``; ``KeyError`` when there is none."""
        return {kin.table: kin for kin in self.kin}[table]

    def children(self, table: TableName) -> tuple[Kin, ...]:
        """Return what ``table`` owns itself, in the order of the policy."""
        return tuple(kin for kin in self.owned if kin.owner == table)


def lineage(policy: Policy, schema: Schema) -> Lineage:
    """Return whose rows every table of ``policy`` holds, in ``schema``; ``PolicyError`` with all that is wrong in that.

    Children come in the policy's order. That every column is covered is ``coverage``'s to check, which tells the same
    problems too.
    """
    if problems := tuple(sorted(misowned(policy, schema))):
        raise PolicyError(policy.name, problems)
    tables = {TableName(name): clause.treatment for name, clause in policy.tables.items()}
    made = [name for name, treatment in tables.items() if treatment is TableTreatment.SYNTHESIZE]
    made.sort(key=lambda name: len(ancestors(policy, name)))  # stable: the policy's order within a generation
    unit, *owned = (_kin(policy, schema, name) for name in made)
    return Lineage(
        unit=unit,
        owned=tuple(owned),
        public=tuple(name for name, treatment in tables.items() if treatment is TableTreatment.REFERENCE),
        dropped=tuple(name for name, treatment in tables.items() if treatment is TableTreatment.DROP),
    )


def shares(policy: Policy, tree: Lineage) -> dict[TableName, float]:
    """Return each synthesized table's share of the budget, owners first, 1 in all: as declared, or ``UNIT_SHARE``.

    What is declared is given as written; a table alone has everything.
    """
    if policy.budget.split is not None:
        return {kin.table: policy.budget.split[kin.table] for kin in tree.kin}
    if not tree.owned:
        return {tree.unit.table: 1.0}
    even = (1.0 - UNIT_SHARE) / len(tree.owned)
    return {tree.unit.table: UNIT_SHARE, **{kin.table: even for kin in tree.owned}}


def _kin(policy: Policy, schema: Schema, name: TableName) -> Kin:
    clause, related = policy.tables[name], relations(policy, schema, name)
    to_owner = owning(policy, schema, name)
    kin = Kin(table=name, public=related.public, links=related.links, ancestral=related.ancestral)
    if clause.owner is None or to_owner is None:
        return kin
    named = clause.owner.named_by is not None
    here, there = (to_owner.target_columns, to_owner.columns) if named else (to_owner.columns, to_owner.target_columns)
    alone = named or _is_key(schema.table(name), here)
    return replace(
        kin,
        owner=TableName(clause.owner.table),
        columns=here,
        owner_columns=there,
        named=named,
        order=_column(clause.order),
        since=_column(clause.since),
        until=_column(clause.until),
        kind=_column(clause.kind),
        most=1 if alone else clause.most or MOST_ROWS,
    )


def _is_key(table: Table, columns: tuple[ColumnName, ...]) -> bool:
    """Tell whether no two rows of ``table`` can have the same ``columns``."""
    return any(key and set(key) <= set(columns) for key in (table.primary_key, *table.unique))


def _column(name: str | None) -> ColumnName | None:
    return None if name is None else ColumnName(name)
