"""What foreign keys mean under a policy: which one leads to the owner, which are public, which only have to close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.policy.spelling import did_you_mean, shown
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import NUMERIC_KINDS, TEXT_KINDS, Column, Kind, Reference, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.policy.model import Policy, TableClause


class Misled(ValueError):
    """Columns that should name a row elsewhere do not; the text says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Relations:
    """The foreign keys of one synthesized table that the release keeps, by what they are."""

    owner: Reference | None = None
    """From here to the owner; None for the unit's table and where the owner names the row."""
    names: tuple[Reference, ...] = ()
    """From here to rows of tables that this one owns and names (``named_by``)."""
    public: tuple[Reference, ...] = ()
    links: tuple[Reference, ...] = ()
    ancestral: tuple[Reference, ...] = ()
    """Those of ``links`` that are the only ones to point at an owner further up."""
    implied: tuple[Reference, ...] = ()
    """Those that close because another's columns, which they share, close there."""

    @property
    def all(self) -> tuple[Reference, ...]:
        """Every one, each once."""
        return (*((self.owner,) if self.owner else ()), *self.names, *self.public, *self.links, *self.implied)


def relations(policy: Policy, schema: Schema, name: TableName) -> Relations:
    """Return what the references of the synthesized table ``name`` are; ``Misled`` when an owner's columns lead astray.

    A reference with a dropped column, or to a table that is not released, is none of them. Whether the columns are
    treated as each sort needs is ``ownership``'s to say.
    """
    table, clause = schema.table(name), policy.tables[name]
    owner = owning(policy, schema, name)
    names = tuple(
        owning(policy, schema, TableName(child), named=True)
        for child, other in policy.tables.items()
        if other.owner and other.owner.table == name and other.owner.named_by and child in _names(schema)
    )
    here = owner if clause.owner is not None and clause.owner.columns is not None else None
    told = {_identity(r) for r in (here, *names) if r is not None}
    kept = [r for r in _distinct(table.references) if _identity(r) not in told and _is_whole(clause, r.columns)]
    links: list[Reference] = []
    public: list[Reference] = []
    implied: list[Reference] = []
    for reference in kept:
        treatment = treated(policy, reference.target)
        larger = [r for r in kept if len(r.columns) > len(reference.columns)]
        if treatment is TableTreatment.DROP:
            continue
        if any(_follows(policy, schema, reference, other) for other in (*([here] if here else ()), *larger)):
            implied.append(reference)
        else:
            (public if treatment is TableTreatment.REFERENCE else links).append(reference)
    above = ancestors(policy, name)[1:]
    return Relations(
        owner=here,
        names=tuple(r for r in names if r is not None),
        public=tuple(public),
        links=tuple(links),
        ancestral=tuple(r for r in links if r.target in above and [s.target for s in links].count(r.target) == 1),
        implied=tuple(implied),
    )


def owning(policy: Policy, schema: Schema, name: TableName, *, named: bool | None = None) -> Reference | None:
    """Return the reference between the table ``name`` and its owner, from whichever of both holds the columns.

    None when the policy names no owner (or, with ``named``, none of that sort). ``Misled`` when the columns do not name
    one row: that takes a declared foreign key to a key, or columns that fit one.
    """
    owner = policy.tables[name].owner
    if owner is None or (named is not None and named != (owner.named_by is not None)):
        return None
    table, above = schema.table(name), schema.table(TableName(owner.table))
    if owner.named_by is not None:
        return naming(above, owner.named_by, at=table)
    preferred = policy.unit.key if owner.table == policy.unit.table else ()
    return naming(table, owner.columns or [], at=above, preferred=preferred)


def naming(table: Table, columns: Sequence[str], *, at: Table, preferred: Sequence[str] = ()) -> Reference:
    """Return how ``columns`` of ``table`` name one row of the table ``at``: as declared, or by fitting one of its keys.

    Of several keys that fit, ``preferred`` comes first, then the primary one. ``Misled`` when no key is fitted.
    """
    known = {str(column.name) for column in table.columns}
    for name in columns:
        if name not in known:
            hint = did_you_mean(name, known)
            raise Misled(f"names `{shown(name)}`, which is not a column of `{shown(table.name)}`{hint}")
    keys = [tuple(map(ColumnName, preferred)), at.primary_key, *at.unique]
    for reference in table.references:
        if reference.target == at.name and set(reference.columns) == set(columns):
            if set(reference.target_columns) not in [set(key) for key in keys]:
                raise Misled(
                    f"points at `{shown(at.name)}`, at columns that are no key there, so that a row here could have "
                    "several owners; declare them unique in the source, or name another owner"
                )
            return reference
    here = tuple(ColumnName(name) for name in columns)
    for key in keys:
        if key and len(key) == len(here) and all(_fit(table.column(a), at.column(b)) for a, b in zip(here, key)):  # noqa: B905 - of one length
            return Reference(columns=here, target=at.name, target_columns=key)
    known_keys = " or ".join(f"[{', '.join(map(shown, key))}]" for key in dict.fromkeys(keys) if key)
    raise Misled(
        f"no foreign key is declared from these columns to `{shown(at.name)}`, and they do not fit a key of it "
        f"({known_keys or 'it has none'}) in number and type"
    )


def ancestors(policy: Policy, name: str) -> tuple[str, ...]:
    """Return the owner of the table ``name``, that one's owner, and so on; a circle is followed once."""
    found: list[str] = []
    clause = policy.tables.get(name)
    while clause is not None and clause.owner is not None and clause.owner.table not in found:
        found.append(clause.owner.table)
        clause = policy.tables.get(clause.owner.table)
    return tuple(found)


def treated(policy: Policy, name: str) -> TableTreatment:
    """Return what becomes of the table ``name``; one that the policy does not know is not released."""
    clause = policy.tables.get(name)
    return TableTreatment.DROP if clause is None else clause.treatment


def _fit(one: Column, other: Column) -> bool:
    families = (NUMERIC_KINDS, TEXT_KINDS)
    same = one.kind is other.kind or any({one.kind, other.kind} <= family for family in families)
    return same and one.kind is not Kind.UNSUPPORTED


def _is_whole(clause: TableClause, columns: Iterable[ColumnName]) -> bool:
    known = [clause.columns.get(name) for name in columns]
    return all(column is not None and column.treatment is not Treatment.DROP for column in known)


def _distinct(references: Iterable[Reference]) -> Iterator[Reference]:
    seen = set()
    for reference in references:
        if _identity(reference) not in seen:
            seen.add(_identity(reference))
            yield reference


def _identity(reference: Reference) -> tuple[frozenset[tuple[ColumnName, ColumnName]], TableName]:
    return frozenset(zip(reference.columns, reference.target_columns, strict=False)), reference.target


def _follows(policy: Policy, schema: Schema, reference: Reference, other: Reference) -> bool:
    """Tell whether ``reference`` closes because its columns are the other's, and point from there to the same row."""
    if not set(reference.columns) <= set(other.columns) or treated(policy, other.target) is TableTreatment.DROP:
        return False
    above = dict(zip(other.columns, other.target_columns, strict=False))
    there = Reference(
        columns=tuple(above[name] for name in reference.columns),
        target=reference.target,
        target_columns=reference.target_columns,
    )
    declared = [*schema.table(other.target).references]
    further = owning(policy, schema, other.target, named=False)
    return _identity(there) in {_identity(r) for r in (*declared, *((further,) if further else ()))}


def _names(schema: Schema) -> frozenset[TableName]:
    return frozenset(table.name for table in schema.tables)
