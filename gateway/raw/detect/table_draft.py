"""One table of a policy draft: what becomes of it, whose rows it holds, and every column with the reason beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.policy.coverage import KEY_KINDS
from gateway.policy.declarations import declaration
from gateway.policy.model import TO_BE_CONFIRMED, TableTreatment
from gateway.raw.detect.findings import contents, leading
from gateway.raw.detect.lexicon import BOOKKEEPING
from gateway.raw.detect.meanings import replaceable
from gateway.raw.detect.quoting import always_quoted, comment, quoted
from gateway.raw.detect.wording import singular, words
from gateway.vocabulary.checks import listed
from gateway.vocabulary.roles import LEARNABLE_ROLES, Role, Treatment
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.raw.detect.findings import Finding
    from gateway.raw.detect.kinship import Proposal
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column, Schema, Table

    Findings = Mapping[tuple[TableName, ColumnName], Finding]
    Proposals = Mapping[TableName, Proposal]

_MOST_EVIDENCE = 2
_MOST_LABELS = 1_000
_OF_A_LIFE = frozenset({"birth_date", "death_date"})
"""Dates that are no beginning of what happened to somebody at the source."""
_CONFIRM = f"{TO_BE_CONFIRMED}: look at its rows, and say why everything in them may be known to all"
_NO_REFERENCE = "seems to point at other rows, and no foreign key says so; declare it in the source to have it kept"


def table_draft(
    table: Table, schema: Schema, findings: Findings, proposals: Proposals, *, key: Sequence[ColumnName] = ()
) -> Iterator[str]:
    """Yield the lines of ``table``; ``key`` are its columns that name the unit of protection, if it is the unit's."""
    proposal = proposals[table.name]
    yield f"  {quoted(table.name)}:"
    yield f"    treatment: {proposal.treatment}"
    if proposal.treatment is TableTreatment.DROP:
        yield f"    reason: {proposal.reason}"
        return
    if proposal.treatment is TableTreatment.REFERENCE:
        yield f"    reason: {always_quoted(_CONFIRM)}"
        if proposal.without:
            yield f"    without: [{', '.join(map(quoted, proposal.without))}]"
        yield "    declared:"
        for column in table.columns:
            yield f"      {quoted(column.name)}: {always_quoted(declaration(column, table))}"
        return
    yield from _ownership(table, schema, findings, proposals)
    yield "    columns:"
    for column in table.columns:
        finding = findings.get((table.name, column.name))
        yield f"      # {_why(finding)}"
        yield f"      {clause(table, column, finding, proposals, key)}"


def clause(
    table: Table, column: Column, finding: Finding | None, proposals: Proposals, key: Sequence[ColumnName] = ()
) -> str:
    """Return the line that is proposed for ``column``: its name, and what the policy says of it."""
    declared = always_quoted(declaration(column, table))
    return f"{quoted(column.name)}: {{{_clause(table, column, finding, proposals, key)}, declared: {declared}}}"


def _ownership(table: Table, schema: Schema, findings: Findings, proposals: Proposals) -> Iterator[str]:
    """Yield the lines that say whose rows these are, how they follow each other, and of what kind they are."""
    proposal = proposals[table.name]
    if proposal.owner is None:
        return
    columns = ", ".join(map(quoted, proposal.owner.columns))
    nullable = proposal.holder is None and any(table.column(name).nullable for name in proposal.owner.columns)
    remarks = [
        *(["no foreign key is declared: check that these columns name a row there"] if proposal.guessed else []),
        *(["rows where this is NULL belong to nobody, and are left out"] if nullable else []),
        *(["each row there gets a row of its own here"] if proposal.holder is not None else []),
    ]
    remark = f"  # {'; '.join(remarks)}" if remarks else ""
    if proposal.holder is not None:
        yield f"    owner: {{table: {quoted(proposal.holder)}, named_by: [{columns}]}}{remark}"
        return
    yield f"    owner: {{table: {quoted(proposal.owner.target)}, columns: [{columns}]}}{remark}"
    if any(key and set(key) <= set(proposal.owner.columns) for key in (table.primary_key, *table.unique)):
        return
    order = _order(table, findings, proposals)
    if order is not None:
        yield f"    order: {quoted(order.name)}"
        since = _since(schema.table(proposal.owner.target), order.kind, findings, proposals)
        if since is not None:
            yield f"    since: {quoted(since)}"
    sort = _sort(table, schema, findings, proposals)
    if sort is not None:
        yield f"    kind: {quoted(sort)}"


def _order(table: Table, findings: Findings, proposals: Proposals) -> Column | None:
    """Return the column that rows of one owner follow each other by: a date that may not be NULL, if there is one."""
    found = [
        column
        for column in table.columns
        if column.kind in TEMPORAL_KINDS
        and not _is_bookkeeping(column)
        and not any(column.name in reference.columns for reference in table.references)
        and (_is_learned(table, column, findings, proposals) or _tells_apart(table, column, proposals))
    ]
    return min(found, key=lambda column: column.nullable, default=None)


def _since(owner: Table, kind: Kind, findings: Findings, proposals: Proposals) -> ColumnName | None:
    """Return the owner's column that ``order`` may be counted from: their own order, or a date of theirs."""
    above = proposals[owner.name]
    order = None if above.owner is None or above.holder is not None else _order(owner, findings, proposals)
    found = [
        column
        for column in owner.columns
        if column.kind is kind
        and not _is_bookkeeping(column)
        and _is_learned(owner, column, findings, proposals)
        and (order is None or column.name == order.name)
        and _entity(findings.get((owner.name, column.name))) not in _OF_A_LIFE
    ]
    return min(found, key=lambda column: column.nullable).name if found else None


def _sort(table: Table, schema: Schema, findings: Findings, proposals: Proposals) -> ColumnName | None:
    """Return the column that says what sort of row it is: one that points at a plain list, or an enum."""
    for reference in proposals[table.name].public:
        if len(reference.columns) == 1 and not schema.table(reference.target).references:
            return reference.columns[0]
    enums = (c for c in table.columns if c.kind is Kind.ENUM and _is_learned(table, c, findings, proposals))
    return next((column.name for column in enums), None)


def _is_bookkeeping(column: Column) -> bool:
    tokens = words(column.name)
    return any(singular(word) in tokens for word in BOOKKEEPING)


def _entity(finding: Finding | None) -> str | None:
    return None if finding is None else finding.entity


# --- columns ---------------------------------------------------------------------------------------------------------


def _why(finding: Finding | None) -> str:
    if finding is None:
        return "not scanned"
    # what prose holds, by kind only: its shares are measured on rows, and a draft becomes a policy
    held = [f"its texts hold {', '.join(contents(finding))}"] if contents(finding) else []
    said = [f"{piece.recognizer} {piece.score:.1f}: {piece.reason}" for piece in leading(finding)[:_MOST_EVIDENCE]]
    opinions = "; ".join([*held, *said])
    entity = f", {finding.entity}" if finding.entity else ""
    return comment(f"{finding.role}{entity}, {finding.confidence:.1f} - {opinions or 'no recognizer knew it'}")


def _clause(
    table: Table, column: Column, finding: Finding | None, proposals: Proposals, key: Sequence[ColumnName]
) -> str:
    if column.name in key or column.name in proposals[table.name].keys:
        return "role: key, treatment: key"
    pointing = _pointing(table, column, finding, proposals)
    if pointing is not None:
        return pointing
    if column.name in table.primary_key and column.kind in KEY_KINDS:
        return "role: key, treatment: key"
    if finding is None:
        return _drop(Role.NONE, "detection has not seen this column yet")
    return _found(table, column, finding, proposals)


def _pointing(table: Table, column: Column, finding: Finding | None, proposals: Proposals) -> str | None:
    """Return what is proposed for a column that points at rows which are not synthesized; None if it does not."""
    role, proposal = finding.role if finding else Role.NONE, proposals[table.name]
    if _is_public(column, proposal):
        if role in LEARNABLE_ROLES:
            return f"role: {role}, treatment: learn"
        return f"role: {Role.SENSITIVE}, treatment: learn, override: {always_quoted('points at rows that are public')}"
    if any(column.name in reference.columns for reference in table.references):
        if column.name in table.primary_key and column.kind in KEY_KINDS:
            return "role: key, treatment: key"
        return _drop(role, "points at a table that is not released")
    return _drop(role, _NO_REFERENCE) if column.name in proposal.undeclared else None


def _found(table: Table, column: Column, finding: Finding, proposals: Proposals) -> str:
    """Return what the finding proposes for a column that points nowhere."""
    if column.name in table.primary_key and column.kind in TEMPORAL_KINDS:
        if _tells_apart(table, column, proposals) and finding.role in LEARNABLE_ROLES:
            return f"role: {finding.role}, treatment: learn"
        return _drop(finding.role, "is part of the primary key, and no fresh key can be a date")
    treatment, entity = finding.treatment, replaceable(finding.entity)
    if treatment is Treatment.REPLACE and entity is not None:
        return f"role: {finding.role}, treatment: replace, entity: {entity}"
    if treatment is Treatment.KEY:
        return f"role: {finding.role}, treatment: key"
    if treatment is Treatment.LEARN and finding.role in LEARNABLE_ROLES and column.kind is not Kind.UNSUPPORTED:
        return f"role: {finding.role}, treatment: learn{_domain(table, column)}"
    return _drop(finding.role, _reason(column, finding))


def _is_learned(table: Table, column: Column, findings: Findings, proposals: Proposals) -> bool:
    finding = findings.get((table.name, column.name))
    return ", treatment: learn" in _clause(table, column, finding, proposals, ())


def _tells_apart(table: Table, column: Column, proposals: Proposals) -> bool:
    """Tell whether ``column`` is the time in a key that has a fresh part beside it, as in (sensor, moment)."""
    rest = [table.column(name) for name in table.primary_key if name != column.name]
    owned = proposals[table.name].owner is not None and proposals[table.name].holder is None
    fresh = any(other.kind in KEY_KINDS and not _is_public(other, proposals[table.name]) for other in rest)
    return owned and column.name in table.primary_key and fresh


def _is_public(column: Column, proposal: Proposal) -> bool:
    return any(column.name in reference.columns for reference in proposal.public)


def _drop(role: Role, reason: str) -> str:
    return f"role: {role}, treatment: drop, reason: {quoted(reason)}"


def _reason(column: Column, finding: Finding) -> str:
    if column.kind is Kind.UNSUPPORTED:
        return "values of this type cannot be made up"
    if finding.role is Role.KEY:
        return "points at a person in another table, or at another person"
    if finding.role is Role.DIRECT:
        return f"identifies somebody and cannot be invented as a {column.kind} column"
    return "nearly every row has a text of its own: too varied to be learned safely"


def _domain(table: Table, column: Column) -> str:
    """Write what an enum or a CHECK lists: it is declared, so public. A boolean's two values need no declaration."""
    labels = column.values if column.kind is Kind.ENUM else ()
    labels = labels or (listed(table.checks, column.name) if column.kind in TEXT_KINDS else ())
    if not 0 < len(labels) <= _MOST_LABELS:
        return ""
    return f", domain: {{values: [{', '.join(always_quoted(label) for label in labels)}]}}"
