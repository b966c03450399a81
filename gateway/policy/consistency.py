"""What no single entry of a policy can know: whether its parts fit each other.

Works on the plain data, so that it can speak beside the models about a file that is not a policy yet: a part of the
wrong shape is passed over here, because the models report it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.policy.criteria import COUNTABLE, NEED_ROWS, NEED_ROWS_TOO
from gateway.policy.facts import contradictions
from gateway.policy.model import TableTreatment
from gateway.policy.ownership import misled, missplit
from gateway.policy.spelling import did_you_mean, shown
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Collection

    from gateway.policy.document import Document, Place

RESERVED_TABLES = frozenset({"release_info", "column_notes", "measured_marginals"})
"""Names the gateway publishes under itself."""
RESERVED_SCHEMAS = frozenset({"information_schema", "public", "main", "temp"})
"""Schemas of the database itself, beside all that begin with ``pg_``: refused here, before anything is spent."""


def check(read: Document) -> None:
    """Add to ``read`` every contradiction between its parts."""
    tables = {name: table for name, table in _mapping(read.data.get("tables")).items() if isinstance(table, dict)}
    released = {name for name, table in tables.items() if table.get("treatment") == TableTreatment.SYNTHESIZE}
    _check_unit(read, tables, released)
    published = released | {n for n, table in tables.items() if table.get("treatment") == TableTreatment.REFERENCE}
    for name in published:
        _check_released(read, name, _mapping(tables[name].get("columns")))
    _refuse_twins(read, ("tables",), published)
    _check_target(read)
    _check_staying(read)


def check_declared(read: Document) -> None:
    """Add to ``read`` what is wrong in what is declared; the models would tell it with the line of a whole entry."""
    for table, clause in _mapping(read.data.get("tables")).items():
        columns = _mapping(_mapping(clause).get("columns"))
        learned = [name for name, column in columns.items() if _treatment(column) == Treatment.LEARN]
        if columns:
            tell_knowledge(read, ("tables", table), _mapping(clause), columns=columns, learned=learned)
        for name, column in columns.items():
            refuse_repeated(read, ("tables", table, "columns", name, "domain"), _mapping(column).get("domain"))


def tell_knowledge(
    read: Document, place: Place, clause: dict[str, Any], *, columns: Collection[str] | None, learned: Collection[str]
) -> None:
    """Add to ``read`` what is wrong in the ``knowledge`` of the ``clause`` at ``place`` (``facts.contradictions``)."""
    for inside, message in contradictions(_mapping(clause.get("knowledge")), columns=columns, learned=learned):
        read.report((*place, "knowledge", *inside), message)


def _check_unit(read: Document, tables: dict[str, Any], released: set[str]) -> None:
    unit = _mapping(read.data.get("unit"))
    table = unit.get("table")
    if not isinstance(table, str) or not tables:
        return
    if table not in tables:
        hint = did_you_mean(table, tables)
        read.report(("unit", "table"), f"names a table that is not under `tables`{hint}")
        return
    if table not in released:
        read.report(("unit", "table"), f"names the table `{shown(table)}`, which has not `treatment: synthesize`")
        return
    owners = {name: _owner(tables[name]) for name in tables if name in released}
    for place, message in misled(owners, unit=table, known=tables):
        read.report(place, message)
    split = _mapping(_mapping(read.data.get("budget")).get("split"))
    for place, message in missplit(split, released) if split else ():
        read.report(place, message)
    columns = _mapping(tables[table].get("columns"))
    _check_key(read, unit.get("key"), columns, table)
    learned = {name for name, column in columns.items() if _treatment(column) == Treatment.LEARN}
    if columns and not learned and len(released) == 1:
        read.report(("tables", table), "has no column with `treatment: learn`: there would be nothing to release")
    task = _mapping(read.data.get("criteria")).get("task")
    if isinstance(task, str) and task not in learned:
        reason = "is not a learned column" if task in columns else "is not a column"
        hint = "" if task in columns else did_you_mean(task, learned)
        read.report(("criteria", "task"), f"{reason} of the unit's table `{shown(table)}`{hint}")


def _check_key(read: Document, key: object, columns: dict[str, Any], table: str) -> None:
    names = [name for name in key if isinstance(name, str)] if isinstance(key, list) else []
    for position, name in enumerate(names):
        place = ("unit", "key", position)
        if name in names[:position]:
            read.report(place, f"names the column `{shown(name)}` twice")
        elif name not in columns:
            hint = did_you_mean(name, columns)
            read.report(place, f"names `{shown(name)}`, which is not a column of the table `{shown(table)}`{hint}")
        elif _treatment(columns[name]) not in {Treatment.KEY, None}:
            read.report(
                ("tables", table, "columns", name),
                "names the unit of protection, so its `treatment` is `key`: a fresh key, never the real one",
            )


def _check_released(read: Document, table: str, columns: dict[str, Any]) -> None:
    if table.casefold() in RESERVED_TABLES:
        read.report(("tables", table), "is a name the gateway publishes under itself; do not release it")
    kept = {name for name, column in columns.items() if _treatment(column) != Treatment.DROP}
    _refuse_twins(read, ("tables", table, "columns"), kept)


def refuse_repeated(read: Document, place: Place, domain: object) -> None:
    """Add to ``read`` every value that the ``domain`` at ``place`` lists twice."""
    _refuse_seen(read, (*place, "values"), _mapping(domain).get("values"), set())
    grouped: set[str] = set()
    for name, values in _mapping(_mapping(domain).get("groups")).items():
        _refuse_seen(read, (*place, "groups", name), values, grouped)


def _refuse_seen(read: Document, place: Place, values: object, seen: set[str]) -> None:
    for position, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(value, str) and value in seen:
            read.report((*place, position), "is listed twice")
        elif isinstance(value, str):
            seen.add(value)


def _refuse_twins(read: Document, place: tuple[str, ...], released: set[str]) -> None:
    """Refuse released names that differ in case alone: not every sharing database can hold both."""
    first: dict[str, str] = {}
    for name in sorted(released):
        twin = first.setdefault(name.casefold(), name)
        if twin != name:
            read.report(
                (*place, name),
                f"differs from `{shown(twin)}` in capitals only; not every database tells them apart, so drop one",
            )


def _check_target(read: Document) -> None:
    target = _mapping(read.data.get("target"))
    source, url, schema = _mapping(read.data.get("source")).get("url"), target.get("url"), target.get("schema")
    if isinstance(url, str) and source == url:
        read.report(
            ("target", "url"), "is the reference of `source` too; production and sharing never use one credential"
        )
    if isinstance(schema, str):
        plain = schema.strip().lower()
        if plain in RESERVED_SCHEMAS or plain.startswith("pg_"):
            read.report(("target", "schema"), "is a schema of the database itself; name one for the releases alone")


def _check_staying(read: Document) -> None:
    """Add what cannot be where rows stay, and what is only for policies by which they do."""
    criteria = _mapping(read.data.get("criteria"))
    accepted = criteria.get("accept_not_run")
    names = [name for name in accepted if isinstance(name, str)] if isinstance(accepted, list) else []
    if _mapping(read.data.get("source")).get("rows_stay") is not True:
        if names:
            message = "is only for policies whose `source` says `rows_stay: true`: here every attack runs; leave it out"
            read.report(("criteria", "accept_not_run"), message)
        return
    for position, name in enumerate(names):
        place = ("criteria", "accept_not_run", position)
        if name in names[:position]:
            read.report(place, f"names `{shown(name)}` twice")
        elif name in COUNTABLE:
            read.report(place, f"names `{shown(name)}`, which runs where rows stay, too; leave it out")
        elif name not in NEED_ROWS:
            hint = did_you_mean(name, NEED_ROWS)
            known = ", ".join(f"`{each}`" for each in sorted(NEED_ROWS))
            read.report(place, f"names `{shown(name)}`, which is no attack that needs rows{hint}; those are {known}")
    for name in NEED_ROWS_TOO:
        if criteria.get(name):
            message = "needs rows, which stay in their source by `source.rows_stay`: nothing could be held against it"
            read.report(("criteria", name), f"{message}; leave it out")


def _owner(table: dict[str, Any]) -> str | None:
    owner = _mapping(table.get("owner")).get("table")
    return owner if isinstance(owner, str) else None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _treatment(column: object) -> object:
    return _mapping(column).get("treatment")
