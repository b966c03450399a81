"""What has come apart between a policy and the source it was written for: what a scheduled scan tells.

1. New: a table or column of the source that the policy does not know; of a public table too, where the policy says what
   its columns were (``declared``).
2. Vanished: one of the policy that the source has no more.
3. Changed: a column that is declared otherwise than the policy says it was, and all else in which the policy does not
   cover the source (``policy.coverage``): a domain its type cannot hold, a unit's key that is no key any more.
4. Contradicted: a column that the policy opens and detection says identifies somebody (``contradictions``).
5. No longer needed: an override of what detection does not say any more. That is information, and fails nothing.

Nothing is read here: not the source, not the clock. What is said holds names and verdicts, never a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.policy.coverage import coverage
from gateway.policy.declarations import declaration
from gateway.policy.document import where
from gateway.policy.model import TableTreatment
from gateway.policy.spelling import did_you_mean, shown
from gateway.raw.detect.contradictions import contradicted, identifies
from gateway.raw.detect.findings import leading
from gateway.raw.detect.kinship import propose
from gateway.raw.detect.table_draft import clause
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gateway.policy.model import Policy, TableClause
    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.schema import Schema, Table

    Findings = Mapping[tuple[TableName, ColumnName], Finding]

_MOST_NAMES = 8


class Change(StrEnum):
    """How a policy and its source have come apart."""

    NEW = "new"
    VANISHED = "vanished"
    CHANGED = "changed"
    CONTRADICTED = "contradicted"
    NO_LONGER_NEEDED = "no longer needed"
    """An override. Worth knowing, and no failure."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One thing that has come apart."""

    change: Change
    table: TableName
    column: ColumnName | None
    """None where it is about the table as a whole."""
    message: str
    """What is so now."""
    remedy: str
    """What to do."""
    where: str
    """The place in the policy, as its problems name it; ``loading.line_finder`` tells the line."""

    @property
    def fails(self) -> bool:
        """Whether the policy must not be run before somebody has looked."""
        return self.change is not Change.NO_LONGER_NEEDED


def drift(
    policy: Policy, schema: Schema, findings: Sequence[Finding], *, tables: Collection[TableName] | None = None
) -> tuple[Drift, ...]:
    """Return all that has come apart, by table, column and kind; nothing when ``policy`` fits ``schema`` as it is.

    ``findings`` are of all tables that are not dropped; of a column without one nothing is contradicted, and no
    override is called needless. With ``tables`` only what concerns these is told.
    """
    known = {(finding.table, finding.column): finding for finding in findings}
    found = [*_new(policy, schema, known), *_vanished(policy, schema)]
    told = {each.where for each in found if each.change in {Change.NEW, Change.VANISHED}}
    found += [*_redeclared(policy, schema), *_uncovered(policy, schema, told=told)]
    found += [*_contradicted(policy, findings), *_needless(policy, known)]
    chosen = (each for each in found if tables is None or each.table in tables)
    order = list(Change)
    return tuple(sorted(chosen, key=lambda d: (d.table, d.column or "", order.index(d.change), d.message)))


def to_scan(policy: Policy, schema: Schema) -> list[TableName]:
    """Return the tables of ``schema`` that ``drift`` wants findings of: new ones, and those that are not dropped."""
    dropped = {name for name, clause_ in policy.tables.items() if clause_.treatment is TableTreatment.DROP}
    return [table.name for table in schema.tables if table.name not in dropped]


# --- 1. new ----------------------------------------------------------------------------------------------------------


def _new(policy: Policy, schema: Schema, known: Findings) -> Iterator[Drift]:
    proposals = propose(schema, known, unit=TableName(policy.unit.table)) if _has(schema, policy.unit.table) else {}
    for table in schema.tables:
        said = policy.tables.get(table.name)
        if said is None:
            yield _new_table(table, known)
            continue
        for column in table.columns:
            if column.name in _columns(said) or not _columns(said):
                continue
            finding = known.get((table.name, column.name))
            public = said.treatment is TableTreatment.REFERENCE
            if public:
                remedy = "it would be copied as it is: put it under `without`, or under `declared` if all may know it"
            elif finding is not None and proposals:
                remedy = f"add it under `columns`; detection proposes: {clause(table, column, finding, proposals)}"
            else:
                remedy = "add it under `columns`, with a `role` and a `treatment`"
            yield Drift(
                change=Change.NEW,
                table=table.name,
                column=column.name,
                message=f"is a column of the source ({shown(declaration(column, table))}) that the policy does not "
                f"know{_found(finding)}",
                remedy=remedy,
                where=_place(table.name, "declared" if public else "columns", column.name),
            )


def _new_table(table: Table, known: Findings) -> Drift:
    names = [
        shown(column.name)
        for column in table.columns
        if (finding := known.get((table.name, column.name))) is not None and identifies(finding)
    ]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    people = f"; who is in it is told by {', '.join(names[:_MOST_NAMES])}{more}" if names else ""
    return Drift(
        change=Change.NEW,
        table=table.name,
        column=None,
        message=f"is a table of the source with {len(table.columns)} columns that the policy does not know{people}",
        remedy="add it, if only with `treatment: drop` and a `reason`; a scan without --against drafts its columns",
        where=_place(table.name),
    )


def _found(finding: Finding | None) -> str:
    if finding is None:
        return ""
    reasons = "; ".join(f"{piece.recognizer}: {piece.reason}" for piece in leading(finding)[:2])
    entity = f", {finding.entity}" if finding.entity else ""
    return f"; detection found role `{finding.role}` ({finding.confidence:.2f}{entity}{reasons and '; '}{reasons})"


# --- 2. vanished -----------------------------------------------------------------------------------------------------


def _vanished(policy: Policy, schema: Schema) -> Iterator[Drift]:
    tables = {table.name: table for table in schema.tables}
    for name, said in policy.tables.items():
        table = tables.get(TableName(name))
        if table is None:
            near = did_you_mean(name, tables.keys() - policy.tables.keys())
            yield _gone(name, None, f"is a table of the policy that the source has not (any more){near}", name)
            continue
        columns = {column.name for column in table.columns}
        for column, place in _places(said):
            if column not in columns:
                near = did_you_mean(column, columns - _columns(said))
                message = f"is a column of the policy that the source has not (any more){near}"
                yield _gone(name, column, message, name, *place)


def _gone(table: str, column: str | None, message: str, *place: str) -> Drift:
    return Drift(
        change=Change.VANISHED,
        table=TableName(table),
        column=None if column is None else ColumnName(column),
        message=message,
        remedy="take it out of the policy, or give the new name if it was renamed",
        where=_place(*place),
    )


# --- 3. changed ------------------------------------------------------------------------------------------------------


def _redeclared(policy: Policy, schema: Schema) -> Iterator[Drift]:
    for table in schema.tables:
        said = policy.tables.get(table.name)
        if said is None:
            continue
        columns = {name: column.declared for name, column in said.columns.items()}
        for column in table.columns:
            public = said.declared.get(column.name)
            before, now = public or columns.get(column.name), declaration(column, table)
            if before is not None and before != now:
                yield Drift(
                    change=Change.CHANGED,
                    table=table.name,
                    column=column.name,
                    message=f"is declared `{shown(now)}` in the source, and was `{shown(before)}` for the policy",
                    remedy="look at what the policy says of it again, then write what is declared now into `declared`",
                    where=_place(table.name, "columns" if public is None else "declared", column.name),
                )


def _uncovered(policy: Policy, schema: Schema, *, told: Collection[str]) -> Iterator[Drift]:
    """Yield what ``coverage`` says beyond what is new or vanished, which it says too."""
    places = _known_places(policy, schema)
    for problem in coverage(policy, schema):
        if problem.where in told:
            continue
        place = problem.where
        while place and place not in places:
            place = place.rpartition(".")[0]
        table, column = places.get(place, (policy.unit.table, None))
        yield Drift(
            change=Change.CHANGED,
            table=TableName(table),
            column=None if column is None else ColumnName(column),
            message=problem.message,
            remedy="decide what is right, and change the policy or the source",
            where=problem.where,
        )


def _known_places(policy: Policy, schema: Schema) -> dict[str, tuple[str, str | None]]:
    """Return (table, column) by its place in the policy. Long names that begin alike may share one."""
    found: dict[str, tuple[str, str | None]] = {}
    for table in (*policy.tables, *(str(table.name) for table in schema.tables)):
        found[_place(table)] = (table, None)
    for name, said in policy.tables.items():
        for column, place in _places(said):
            found[_place(name, *place)] = (name, column)
    return found


# --- 4. and 5. contradicted, no longer needed ------------------------------------------------------------------------


def _contradicted(policy: Policy, findings: Sequence[Finding]) -> Iterator[Drift]:
    for finding, problem in contradicted(findings, policy):
        message, _, remedy = problem.message.rpartition("; ")
        yield Drift(
            change=Change.CONTRADICTED,
            table=finding.table,
            column=finding.column,
            message=message,
            remedy=remedy,
            where=problem.where,
        )


def _needless(policy: Policy, known: Findings) -> Iterator[Drift]:
    for (table, column), finding in known.items():
        said = policy.tables.get(table)
        own = None if said is None else said.columns.get(column)
        if said is None or not (column in said.overrides or (own is not None and own.override is not None)):
            continue
        if identifies(finding) and (own is None or own.treatment is Treatment.LEARN):
            continue
        yield Drift(
            change=Change.NO_LONGER_NEEDED,
            table=table,
            column=column,
            message=f"has an override, and detection says nothing against it: role `{finding.role}` "
            f"({finding.confidence:.2f})",
            remedy="take the override out if the sample is large enough to trust; it stands in every release",
            where=_place(table, "overrides" if own is None else "columns", column),
        )


# --- places ----------------------------------------------------------------------------------------------------------


def _places(said: TableClause) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every column that ``said`` names, with its place in there; once, though several say something of it."""
    seen: set[str] = set()
    named = (("columns", [*said.columns]), ("declared", [*said.declared]), ("overrides", [*said.overrides]))
    for key, names in named:
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name, (key, name)
    for name in said.without:
        if name not in seen:
            seen.add(name)
            yield name, ("without",)


def _columns(said: TableClause) -> set[str]:
    """Return the columns that ``said`` knows; none where it is silent about which there are."""
    if said.treatment is TableTreatment.REFERENCE and not said.declared:
        return set()
    return {*said.columns, *said.declared, *said.without, *said.overrides}


def _place(*parts: str) -> str:
    return where(("tables", *parts))


def _has(schema: Schema, table: str) -> bool:
    return any(each.name == table for each in schema.tables)
