"""Whether every synthesized row belongs to a unit of protection, and every reference can close.

1. The tables: each synthesized one but the unit's has an owner, and owners lead to the unit without a circle.
2. The owner's columns name one row, in the source's catalogue.
3. What is said of an owner's rows (`order`, `since`, `until`, `kind`) stands in learned columns of fitting types.
4. Each reference is kept whole, and treated as what it points at: public rows are learned, synthesized rows get keys.
5. A public table holds no column that points at somebody.

Reads no rows. That rows have an owner is not checked: those without one belong to nobody, and are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.policy.document import where
from gateway.policy.model import TableTreatment
from gateway.policy.relations import Misled, ancestors, owning, relations, treated
from gateway.policy.spelling import did_you_mean, shown
from gateway.vocabulary.errors import Problem
from gateway.vocabulary.names import TableName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.policy.model import ColumnClause, Policy, TableClause
    from gateway.policy.relations import Relations
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Reference, Schema, Table

ORDERED_KINDS = NUMERIC_KINDS | TEMPORAL_KINDS
SORTS = frozenset({Kind.TEXT, Kind.ENUM, Kind.BOOLEAN})
"""Kinds of columns that say what sort of row it is."""


def misowned(policy: Policy, schema: Schema) -> Iterator[Problem]:
    """Yield everything in which the tables of ``policy`` do not hang together over ``schema``, without lines.

    Tables that one of both does not know are passed over: they are ``coverage``'s to tell.
    """
    owners = {name: clause.owner.table if clause.owner else None for name, clause in _synthesized(policy)}
    adrift = list(misled(owners, unit=policy.unit.table, known=policy.tables))
    yield from (_problem(message, *place) for place, message in adrift)
    if policy.budget.split is not None:
        yield from (_problem(message, *place) for place, message in missplit(policy.budget.split, owners))
    tables = {str(table.name): table for table in schema.tables}
    lost = {place[1] for place, _ in adrift}
    for name, clause in policy.tables.items():
        if name not in tables:
            continue
        if clause.treatment is TableTreatment.REFERENCE:
            yield from _public(policy, tables, tables[name], clause)
        elif clause.treatment is TableTreatment.SYNTHESIZE and not lost & {name, *ancestors(policy, name)}:
            yield from _synthetic(policy, schema, tables[name], clause)


def misled(
    owners: Mapping[str, str | None], *, unit: str, known: Iterable[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield a place and what is wrong there with ``owners``: the owner of each synthesized table, None for no owner.

    ``known`` are all tables of the policy, whatever becomes of them.
    """
    for name, owner in owners.items():
        if name == unit:
            if owner is not None:
                yield ("tables", name, "owner"), "belongs to the unit's own table, which nobody owns; take it out"
        elif owner is None:
            message = (
                f"has no `owner`: say whose rows these are, such as `owner: {{table: {shown(unit)}, columns: [...]}}`; "
                "or use `treatment: reference` if everything in it is public, or `drop`, with a `reason`"
            )
            yield ("tables", name), message
        elif owner not in owners:
            hint = "" if owner in known else did_you_mean(owner, owners)
            message = f"names `{shown(owner)}`, which is not a synthesized table, so its rows lead to nobody{hint}"
            yield ("tables", name, "owner", "table"), message
        elif circle := _circle(owners, name):
            told = ", ".join(f"`{shown(table)}`" for table in circle)
            yield ("tables", name, "owner"), f"leads in a circle ({told}), and never to `{shown(unit)}`"


def missplit(split: Mapping[str, object], synthesized: Iterable[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield a place and what is wrong there with ``split``, which should name all ``synthesized`` tables alone."""
    made = set(synthesized)
    for name in split.keys() - made:
        hint = did_you_mean(name, made - split.keys())
        yield ("budget", "split", name), f"is not a synthesized table, and has nothing to spend{hint}"
    for name in sorted(made - split.keys()):
        yield ("budget", "split"), f"leaves out `{shown(name)}`, which is synthesized and needs a share"


def _circle(owners: Mapping[str, str | None], name: str) -> list[str]:
    """Return the circle that ``name`` is on; nothing when its owners end somewhere, or in another circle."""
    path, at = [name], owners.get(name)
    while at is not None and at not in path:
        path.append(at)
        at = owners.get(at)
    return path if at == name else []


# --- synthesized tables ----------------------------------------------------------------------------------------------


def _synthetic(policy: Policy, schema: Schema, table: Table, clause: TableClause) -> Iterator[Problem]:
    try:
        related = relations(policy, schema, table.name)
        owning(policy, schema, table.name)
    except KeyError:  # a table of the path that the source does not have: told by coverage
        return
    except Misled as problem:
        if clause.owner is not None and not _is_told_above(policy, schema, table.name):
            yield _problem(
                str(problem), "tables", table.name, "owner", "named_by" if clause.owner.named_by else "columns"
            )
        return
    if clause.owner is not None:
        yield from _history(policy, schema, table, clause, related)
        if clause.knowledge is not None:
            message = "is kept for the unit's own table only, so far; take it out here"
            yield _problem(message, "tables", table.name, "knowledge")
    for name, message in _referring(policy, table, clause, related):
        yield _problem(message, "tables", table.name, "columns", name)


def _is_told_above(policy: Policy, schema: Schema, name: str) -> bool:
    """Tell whether it is another table whose owner cannot be found: that one tells it."""
    try:
        owning(policy, schema, TableName(name))
    except Misled:
        return False
    return True


def _history(
    policy: Policy, schema: Schema, table: Table, clause: TableClause, related: Relations
) -> Iterator[Problem]:
    place = ("tables", str(table.name))
    order = _column(table, clause.order)
    for message in _owning_what_is_shared(policy, clause):
        yield _problem(message, *place, "owner", "table")
    if clause.order is not None:
        for message in _ordering(table, clause, clause.order):
            yield _problem(message, *place, "order")
    if clause.since is not None and clause.owner is not None:
        above = schema.table(TableName(clause.owner.table))
        for message in _since(policy, above, clause.since, order):
            yield _problem(message, *place, "since")
    if clause.until is not None and clause.owner is not None:
        above = schema.table(TableName(clause.owner.table))
        for message in _until(policy, above, clause, order):
            yield _problem(message, *place, "until")
    if clause.kind is not None:
        for message in _sort(table, clause, clause.kind, related):
            yield _problem(message, *place, "kind")


def _owning_what_is_shared(policy: Policy, clause: TableClause) -> Iterator[str]:
    owner = clause.owner
    if owner is None or owner.columns is None:
        return
    above = policy.tables[owner.table].owner
    if above is not None and above.named_by is not None:
        yield (
            f"is `{shown(owner.table)}`, whose rows are named by `{shown(above.table)}`: several may name one, and "
            "what belongs to it would be all theirs. Name another owner, make that table the unit of protection, or "
            "use `treatment: drop` with a `reason`"
        )


def _ordering(table: Table, clause: TableClause, name: str) -> Iterator[str]:
    column = _column(table, name)
    if column is None:
        yield _not_a_column(name, table)
    elif column.kind not in ORDERED_KINDS:
        yield f"names `{shown(name)}`, of kind {column.kind}; rows follow each other by a date, a date-time or a number"
    elif any(column.name in reference.columns for reference in table.references):
        yield f"names `{shown(name)}`, which points at other rows; what it counts says nothing of time"
    elif not _is_learned(clause.columns.get(name)):
        yield f"names `{shown(name)}`, which is not learned, so that no row could be given its place"
    elif (domain := clause.columns[name].domain) is not None and domain.sentinels:
        yield f"names `{shown(name)}`, whose `sentinels` are no moments; take them out, or order by another column"


def _since(policy: Policy, above: Table, name: str, order: Column | None) -> Iterator[str]:
    column = _column(above, name)
    if column is None:
        yield _not_a_column(name, above)
    elif order is not None and column.kind is not order.kind:
        yield (
            f"names `{shown(name)}`, of kind {column.kind}, and `order` is of kind {order.kind}; "
            "one is counted from the other, so both are of one kind"
        )
    elif not _is_learned(policy.tables[above.name].columns.get(name)):
        yield f"names `{shown(name)}`, which is not a learned column of the owner `{shown(above.name)}`"


def _until(policy: Policy, above: Table, clause: TableClause, order: Column | None) -> Iterator[str]:
    name = clause.until or ""
    column = _column(above, name)
    if column is None:
        yield _not_a_column(name, above)
    elif not _is_learned(policy.tables[above.name].columns.get(name)):
        yield f"names `{shown(name)}`, which is not a learned column of the owner `{shown(above.name)}`"
    elif (domain := policy.tables[above.name].columns[name].domain) is not None and domain.sentinels:
        yield f"names `{shown(name)}`, whose `sentinels` are no moments; take them out, or leave `until` out"
    elif order is None:  # told by the order
        return
    elif order.kind in TEMPORAL_KINDS and column.kind in NUMERIC_KINDS:
        if clause.since is None:
            yield f"names `{shown(name)}`, a number: beside dates it counts days after `since`, and there is no `since`"
    elif column.kind is not order.kind:
        yield (
            f"names `{shown(name)}`, of kind {column.kind}, and `order` is of kind {order.kind}; the end is of the "
            "same kind, or, for rows ordered by dates, a number of days after `since`"
        )


def _sort(table: Table, clause: TableClause, name: str, related: Relations) -> Iterator[str]:
    column = _column(table, name)
    public = [reference for reference in related.public if name in reference.columns]
    if column is None:
        yield _not_a_column(name, table)
    elif not _is_learned(clause.columns.get(name)):
        yield f"names `{shown(name)}`, which is not learned"
    elif name == clause.order:
        yield f"names `{shown(name)}`, which is the `order`"
    elif any(len(reference.columns) > 1 for reference in public):
        yield f"names `{shown(name)}`, one of several columns that point at a public table together; name another one"
    elif not public and column.kind not in SORTS:
        yield (
            f"names `{shown(name)}`, of kind {column.kind}; a kind is a text, an enum, or a column that points at a "
            "public table"
        )


def _referring(policy: Policy, table: Table, clause: TableClause, related: Relations) -> Iterator[tuple[str, str]]:
    """Yield each column of a reference that is not treated as the reference needs, and why."""
    declared = [r for r in table.references if not any(_is_same(r, kept) for kept in related.all)]
    for reference in related.all:
        yield from _kept(policy, clause, reference, related)
    for reference in declared:
        yield from _given_up(policy, table, clause, reference, related)
    yield from _shared(related)


def _kept(policy: Policy, clause: TableClause, reference: Reference, related: Relations) -> Iterator[tuple[str, str]]:
    there, owns = shown(reference.target), reference is related.owner or reference in related.names
    for name in reference.columns:
        column = clause.columns.get(name)
        if column is None:  # told by coverage
            continue
        if reference in related.public:
            if column.treatment is not Treatment.LEARN:
                yield name, f"points at the public table `{there}`, whose keys are public; use `treatment: learn`"
            elif column.domain is not None:
                yield name, f"points at the public table `{there}`, whose rows are its values; it needs no `domain`"
        elif column.treatment is not Treatment.KEY:
            why = "to whom the rows belong" if owns else "where no value of the source may appear"
            drop = "" if owns else ", or `drop` with a `reason`"
            yield name, f"points at `{there}`, {why}; use `role: key` and `treatment: key`{drop}"
    target = policy.tables.get(reference.target)
    for name, pointed in zip(reference.columns, reference.target_columns, strict=False):
        if target is not None and _is_left_out(target, pointed):
            yield name, f"points at `{shown(pointed)}` of `{there}`, which is left out there"


def _given_up(
    policy: Policy, table: Table, clause: TableClause, reference: Reference, related: Relations
) -> Iterator[tuple[str, str]]:
    """Yield the columns of a reference that the release does not keep, and that are still there."""
    elsewhere = {name for other in related.all for name in other.columns}
    keys = {name for key in (table.primary_key, *table.unique) for name in key}
    dropped = treated(policy, reference.target) is TableTreatment.DROP
    for name in reference.columns:
        column = clause.columns.get(name)
        own = column is not None and column.treatment is Treatment.KEY and name in keys
        if column is None or column.treatment is Treatment.DROP or name in elsewhere or own:
            continue
        if not dropped:
            rest = ", ".join(f"`{shown(other)}`" for other in reference.columns if other != name)
            yield name, f"points at `{shown(reference.target)}` together with {rest}; keep all of them, or drop all"
        else:
            there = shown(reference.target)
            yield name, f"points at other rows, of `{there}`, which is not released; use `drop` with a `reason`"


def _shared(related: Relations) -> Iterator[tuple[str, str]]:
    """Yield each column that two references share, so that it cannot close for both."""
    first: dict[ColumnName, Reference] = {}
    for reference in related.all:
        if reference in related.implied:
            continue
        for name in reference.columns:
            other = first.setdefault(name, reference)
            if other is not reference:
                message = (
                    f"points at `{shown(other.target)}` and at `{shown(reference.target)}`, and one value cannot be "
                    "made up for both; drop another column of one of the two references, with a `reason`"
                )
                yield name, message


# --- public tables ---------------------------------------------------------------------------------------------------


def _public(policy: Policy, tables: Mapping[str, Table], table: Table, clause: TableClause) -> Iterator[Problem]:
    place = ("tables", str(table.name), "without")
    columns = {str(column.name): column for column in table.columns}
    for name in clause.without:
        if name not in columns:
            yield _problem(_not_a_column(name, table), *place)
    for name in clause.overrides:
        if name not in columns or name in clause.without:
            message = "is left out already" if name in columns else _not_a_column(name, table)
            yield _problem(message, *place[:-1], "overrides", name)
    rest = [column for name, column in columns.items() if name not in clause.without]
    if not rest:
        yield _problem("names every column, so that nothing is left; use `treatment: drop`", *place)
    for column in rest:
        if column.kind is Kind.UNSUPPORTED:
            message = f"should name `{shown(column.name)}`, of type {shown(column.native)}, which is not supported"
            yield _problem(message, *place)
    for reference in table.references:
        for message in _pointing(policy, tables, table, reference):
            yield _problem(message, *place)


def _pointing(policy: Policy, tables: Mapping[str, Table], table: Table, reference: Reference) -> Iterator[str]:
    without = policy.tables[table.name].without
    there = treated(policy, reference.target)
    if there is TableTreatment.REFERENCE:
        target = policy.tables[reference.target]
        if all(name not in without for name in reference.columns) and reference.target in tables:
            for name in sorted(set(reference.target_columns) & set(target.without)):
                yield f"leaves the way to `{shown(name)}` of `{shown(reference.target)}`, which is left out there"
        return
    public = {
        name
        for other in table.references
        if treated(policy, other.target) is TableTreatment.REFERENCE
        for name in other.columns
    }
    why = "and points at rows that are somebody's" if there is TableTreatment.SYNTHESIZE else "which is not released"
    for name in reference.columns:
        if name not in without and (name not in public or there is TableTreatment.SYNTHESIZE):
            yield f"should name `{shown(name)}`, of the reference to `{shown(reference.target)}`, {why}"


# --- words and small things ------------------------------------------------------------------------------------------


def _synthesized(policy: Policy) -> Iterator[tuple[str, TableClause]]:
    return ((n, clause) for n, clause in policy.tables.items() if clause.treatment is TableTreatment.SYNTHESIZE)


def _is_left_out(clause: TableClause, name: str) -> bool:
    column = clause.columns.get(name)
    return name in clause.without or (column is not None and column.treatment is Treatment.DROP)


def _is_same(one: Reference, other: Reference) -> bool:
    pairs = [set(zip(r.columns, r.target_columns, strict=False)) for r in (one, other)]
    return one.target == other.target and pairs[0] == pairs[1]


def _is_learned(clause: ColumnClause | None) -> bool:
    return clause is not None and clause.treatment is Treatment.LEARN


def _column(table: Table, name: str | None) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)


def _not_a_column(name: str, table: Table) -> str:
    hint = did_you_mean(name, [column.name for column in table.columns])
    return f"names `{shown(name)}`, which is not a column of `{shown(table.name)}`{hint}"


def _problem(message: str, *place: str) -> Problem:
    return Problem(0, where(tuple(place)), message)
