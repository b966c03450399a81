"""Propose whose rows every table holds, from the catalogue and the findings: nothing here comes from rows but verdicts.

1. Tables that point at the unit's, in however many steps, are owned. Of several owners: one by references that are NOT
   NULL, then the most specific (the rental, which is the customer's, before the customer), then the nearest.
2. Tables that owned rows point at, and that hold something of a person (an address, an account), are named by those.
   What belongs to such rows would be several owners', and is dropped.
3. Tables without findings about persons that released rows point at, and those that only bring such together, may be
   public. A person has to say so: the draft's reason is refused.
4. The rest is dropped: other persons, and what nothing leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.policy.coverage import KEY_KINDS
from gateway.policy.model import TableTreatment
from gateway.raw.detect.context import contexts
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.wording import words
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Kind, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.raw.detect.context import TableContext
    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column, Schema, Table

OTHER_PERSONS = "holds persons of its own, who are not the unit of protection; a policy of their own could release them"
NOTHING_LEADS_HERE = "nothing that is released points here, and nothing here leads to the unit of protection"
IN_THE_WAY = "shares a column with the reference to the owner of rows; a value cannot be made up for both"
SHARED = (
    "points at rows that several owners may share, and so would be nobody's alone; to release it, make the table it "
    "points at the unit of protection"
)
SOMEBODYS = "has something of a person in it, and nothing here leads to the unit of protection"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What is proposed for one table."""

    treatment: TableTreatment
    reason: str = ""
    """Why it is dropped."""
    owner: Reference | None = None
    """To the owner; with ``holder``, from there to here."""
    holder: TableName | None = None
    """The owner, where its rows name those here."""
    guessed: bool = False
    """Whether the owner's columns were told by their names: no foreign key is declared."""
    without: tuple[ColumnName, ...] = ()
    """Columns that a public table leaves out."""
    keys: frozenset[ColumnName] = frozenset()
    """Columns that name synthesized rows."""
    public: tuple[Reference, ...] = ()
    """References to public tables."""
    undeclared: frozenset[ColumnName] = frozenset()
    """Columns that seem to point at other rows, though nothing says so."""


@dataclass
class _Family:
    schema: Schema
    unit: TableName
    findings: Mapping[tuple[TableName, ColumnName], Finding]
    contexts: Mapping[TableName, TableContext]
    pointing: dict[TableName, tuple[Reference, ...]] = field(default_factory=dict)
    guessed: set[tuple[TableName, Reference]] = field(default_factory=set)
    owners: dict[TableName, Reference | None] = field(default_factory=dict)
    """Owned tables, and how they point at their owner; None for the unit's."""
    named: dict[TableName, tuple[TableName, Reference]] = field(default_factory=dict)
    """Tables that their owner names: the owner, and how it points here."""

    @property
    def synthesized(self) -> list[TableName]:
        return [*self.owners, *self.named]

    def above(self, name: TableName) -> list[TableName]:
        """Return the owner of ``name``, that one's owner, and so on."""
        found: list[TableName] = []
        while name != self.unit:
            direct = self.owners.get(name)
            name = direct.target if direct is not None else self.named[name][0]
            found.append(name)
        return found


def propose(
    schema: Schema, findings: Mapping[tuple[TableName, ColumnName], Finding], *, unit: TableName
) -> dict[TableName, Proposal]:
    """Return a proposal for every table of ``schema``, where ``unit`` has one row for each unit of protection."""
    family = _Family(schema=schema, unit=unit, findings=findings, contexts=contexts(schema))
    for table in schema.tables:
        guesses = tuple(_guesses(schema, table))
        family.pointing[table.name] = (*table.references, *guesses)
        family.guessed |= {(table.name, guess) for guess in guesses}
    family.owners[unit] = None
    while _adopt(family) or _name(family):
        pass
    _refine(family)
    public = _public(family)
    return {table.name: _proposal(family, table, public) for table in schema.tables}


# --- 1. and 2. owned and named tables --------------------------------------------------------------------------------


def _adopt(family: _Family) -> bool:
    """Take in every table that points at one owned before; tell whether there was any.

    What points at a row that an owner names is not: several may name one account, whose loans would be all theirs.
    """
    found = {}
    for table in family.schema.tables:
        if table.name in family.synthesized:
            continue
        candidates = [r for r in family.pointing[table.name] if r.target in family.owners and _names_one(family, r)]
        if candidates:
            found[table.name] = min(candidates, key=lambda r: _is_nullable(table, r))
    family.owners |= found
    return bool(found)


def _name(family: _Family) -> bool:
    """Take in one table that an owned row points at, if it holds something of a person; tell whether there was any."""
    for name in family.synthesized:
        for reference in family.pointing[name]:
            target = reference.target
            known = {table.name: table for table in family.schema.tables}.get(target)
            if known is None or target in family.synthesized or not _is_somebodys(family, known):
                continue
            if set(reference.target_columns) == set(known.primary_key) and _is_fresh(family, reference):
                family.named[target] = (name, reference)
                return True
    return False


def _refine(family: _Family) -> None:
    """Give every owned table the best of its owners."""
    for name in [name for name in family.owners if name != family.unit]:
        table = family.schema.table(name)
        candidates = [
            reference
            for reference in family.pointing[name]
            if reference.target in family.owners
            and _names_one(family, reference)
            and name not in (reference.target, *family.above(reference.target))
        ]
        targets = {reference.target for reference in candidates}

        def rank(reference: Reference, table: Table = table, targets: set[TableName] = targets) -> tuple[int, ...]:
            above = family.above(reference.target)
            general = len(targets & set(above))
            return (int(_is_nullable(table, reference)), -general, len(above))

        family.owners[name] = min(candidates, key=rank)


def _names_one(family: _Family, reference: Reference) -> bool:
    target = family.schema.table(reference.target)
    keys = [set(key) for key in (target.primary_key, *target.unique) if key]
    return set(reference.target_columns) in keys and _is_fresh(family, reference)


def _is_fresh(family: _Family, reference: Reference) -> bool:
    """Tell whether what ``reference`` points at can be made up: a key with a date in it cannot."""
    target = family.schema.table(reference.target)
    return all(target.column(name).kind in KEY_KINDS for name in reference.target_columns)


def _is_nullable(table: Table, reference: Reference) -> bool:
    return any(table.column(name).nullable and name not in table.primary_key for name in reference.columns)


def _is_somebodys(family: _Family, table: Table) -> bool:
    """Tell whether rows of ``table`` say something of a person, and are not persons themselves."""
    if family.contexts[table.name].nearness is Need.PERSON:
        return False
    for column in table.columns:
        finding = family.findings.get((table.name, column.name))
        if finding is not None and (
            finding.role is Role.DIRECT or (finding.role is Role.KEY and column.name in table.primary_key)
        ):
            return True
    return False


def _guesses(schema: Schema, table: Table) -> Iterator[Reference]:
    """Yield references that are not declared: a column called like the key of another table, of the same kind."""
    declared = {name for reference in table.references for name in reference.columns}
    for column in table.columns:
        if column.name in declared:
            continue
        targets = [t for t in schema.tables if t.name != table.name and _is_called_like_key(column, t)]
        if len(targets) == 1 and table.primary_key != (column.name,):
            key = targets[0].primary_key
            yield Reference(columns=(column.name,), target=targets[0].name, target_columns=key)


def _is_called_like_key(column: Column, table: Table) -> bool:
    if len(table.primary_key) != 1 or table.column(table.primary_key[0]).kind is not column.kind:
        return False
    key, name = words(table.primary_key[0]), words(column.name)
    return column.kind is not Kind.UNSUPPORTED and len(name) > 1 and name in {key, (*words(table.name), *key)}


# --- 3. public tables ------------------------------------------------------------------------------------------------


def _public(family: _Family) -> dict[TableName, tuple[ColumnName, ...]]:
    """Return the tables that may be public, with the columns they leave out."""
    tables = {table.name: table for table in family.schema.tables}
    may = {name for name, table in tables.items() if name not in family.synthesized and _says_nothing(family, table)}
    may -= {name for name in may if _is_in_the_way(family, name)}
    while True:
        without = {name: _without(family, tables[name], may) for name in may}
        bare = {n for n, left in without.items() if set(left) & set(tables[n].primary_key) or not tables[n].primary_key}
        if not bare:
            break
        may -= bare
    reached = {r.target for name in family.synthesized for r in tables[name].references if r.target in may}
    while more := {n for n in may - reached if _is_bridge(tables[n], reached=reached, may=may)} | {
        r.target for name in reached for r in tables[name].references if r.target in may - reached
    }:
        reached |= more
    return {name: without[name] for name in tables if name in reached}


def _is_in_the_way(family: _Family, name: TableName) -> bool:
    """Tell whether a reference to ``name`` has columns that are keys of synthesized rows, as in a table of tenants."""
    for table in map(family.schema.table, family.synthesized):
        keys, own = _keys(family, table), set(table.primary_key)
        pointing = {column for reference in table.references for column in reference.columns}
        # with nothing fresh in its key, a row could not be told from another
        bound = own if table.name == family.unit or (own <= pointing and not own & keys) else set()
        for reference in table.references:
            here = set(reference.columns)
            if reference.target == name and here & (keys | bound):
                return True
    return False


def _says_nothing(family: _Family, table: Table) -> bool:
    """Tell whether nothing in ``table`` is known to say something of a person."""
    return family.contexts[table.name].nearness is not Need.PERSON and not _is_somebodys(family, table)


def _without(family: _Family, table: Table, may: set[TableName]) -> tuple[ColumnName, ...]:
    elsewhere = {n for r in family.pointing[table.name] if r.target not in may for n in r.columns}
    left = []
    for column in table.columns:
        finding = family.findings.get((table.name, column.name))
        unsure = finding is None or finding.role in {Role.DIRECT, Role.KEY}
        if unsure or column.kind is Kind.UNSUPPORTED or column.name in elsewhere:
            left.append(column.name)
    return tuple(left)


def _is_bridge(table: Table, *, reached: set[TableName], may: set[TableName]) -> bool:
    """Tell whether ``table`` only brings public tables together, one of which is there already."""
    targets = {reference.target for reference in table.references}
    return len(targets) > 1 and targets <= may and bool(targets & reached)


# --- what comes of it ------------------------------------------------------------------------------------------------


def _proposal(family: _Family, table: Table, public: Mapping[TableName, tuple[ColumnName, ...]]) -> Proposal:
    name = table.name
    if name in public:
        return Proposal(treatment=TableTreatment.REFERENCE, without=public[name])
    if name not in family.synthesized:
        return Proposal(treatment=TableTreatment.DROP, reason=_reason(family, table))
    holder, owner = family.named.get(name, (None, family.owners.get(name)))
    return Proposal(
        treatment=TableTreatment.SYNTHESIZE,
        owner=owner,
        holder=holder,
        guessed=owner is not None and (holder or name, owner) in family.guessed,
        keys=frozenset(_keys(family, table)),
        public=tuple(reference for reference in table.references if reference.target in public),
        undeclared=frozenset(n for at, guess in family.guessed if at == name for n in guess.columns),
    )


def _reason(family: _Family, table: Table) -> str:
    if family.contexts[table.name].nearness is Need.PERSON:
        return OTHER_PERSONS
    if _is_in_the_way(family, table.name):
        return IN_THE_WAY
    if any(reference.target in family.named for reference in family.pointing[table.name]):
        return SHARED
    return SOMEBODYS if _is_somebodys(family, table) else NOTHING_LEADS_HERE


def _keys(family: _Family, table: Table) -> set[ColumnName]:
    """Return the columns of ``table`` that name synthesized rows: the owner's, those it names, and links.

    A link that shares a column with what came before it is given up.
    """
    owner = family.owners.get(table.name)
    kept = [*([owner] if owner else []), *(r for holder, r in family.named.values() if holder == table.name)]
    keys = {name for reference in kept for name in reference.columns}
    for reference in table.references:
        free = reference.target in family.synthesized and not keys & set(reference.columns)
        if free and _is_fresh(family, reference):
            keys |= set(reference.columns)
    return keys
