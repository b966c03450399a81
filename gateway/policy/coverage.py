"""Every source table and column has exactly one treatment that fits it, or the run does not start.

Compares a policy with what the source's catalogue declares. Reads no rows, and so says nothing of them: whether the
values lie in a declared domain is not checked here or anywhere (others count as NULL).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.policy.document import where
from gateway.policy.model import TableTreatment
from gateway.policy.ownership import misowned
from gateway.policy.spelling import did_you_mean, shown
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import Problem
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.policy.model import ColumnClause, DomainClause, KnowledgeClause, Policy, TableClause
    from gateway.vocabulary.schema import Column, Schema, Table

KEY_KINDS = NUMERIC_KINDS | {Kind.TEXT}
"""Kinds that can hold a fresh key."""
DIGITS = frozenset({Entity.PHONE, Entity.NATIONAL_NUMBER, Entity.POST_CODE, Entity.CREDIT_CARD, Entity.BANK_ACCOUNT})
"""Entities that a column of whole numbers can hold too. Whether it is wide enough is not checked here."""

_BOOLEANS = frozenset({"true", "false", "t", "f", "1", "0"})
_BEYOND_64_BITS = 2**63
_OF_UNITS_ALONE = ("step", "sentinels", "prefixes")


def coverage(policy: Policy, schema: Schema) -> tuple[Problem, ...]:
    """Return everything in which ``policy`` does not cover ``schema``, sorted by place; nothing when it does.

    The problems have no lines; ``loading.locate`` finds them in the policy's file.
    """
    return tuple(sorted({*_tables(policy, schema), *misowned(policy, schema)}))


def _problem(message: str, *place: str) -> Problem:
    return Problem(0, where(place), message)


def _tables(policy: Policy, schema: Schema) -> Iterator[Problem]:
    tables = {str(table.name): table for table in schema.tables}
    for name in tables.keys() - policy.tables.keys():
        message = (
            "is a table of the source and not in the policy; add it, if only with `treatment: drop` and a `reason`"
        )
        yield _problem(message, "tables", name)
    for name, clause in policy.tables.items():
        if name not in tables:
            hint = did_you_mean(name, tables.keys() - policy.tables.keys())
            yield _problem(f"is not a table of the source{hint}", "tables", name)
        elif clause.treatment is TableTreatment.SYNTHESIZE:
            yield from _columns(clause, tables[name])
            yield from _beyond_histories(policy, name, clause)
    if policy.unit.table in tables:
        yield from _unit(policy, tables[policy.unit.table])


def _columns(clause: TableClause, table: Table) -> Iterator[Problem]:
    columns = {str(column.name): column for column in table.columns}
    for name in columns.keys() - clause.columns.keys():
        message = "is a column of the source and not in the policy; give it a `role` and a `treatment`"
        yield _problem(message, "tables", table.name, "columns", name)
    for name, column in clause.columns.items():
        place = ("tables", str(table.name), "columns", name)
        if name not in columns:
            hint = did_you_mean(name, columns.keys() - clause.columns.keys())
            yield _problem(f"is not a column of the table{hint}", *place)
            continue
        for message in _column(clause, column, columns[name], table):
            yield _problem(message, *place)
    if clause.knowledge is not None:
        for message in misordered(clause.knowledge, columns):
            yield _problem(message, "tables", table.name, "knowledge", "order")


def _beyond_histories(policy: Policy, name: str, clause: TableClause) -> Iterator[Problem]:
    """Yield what is declared of values and kept in the rows of units alone: those they name are among them."""
    known: set[str] = set()
    above = clause
    while above.owner is not None and above.owner.named_by is not None and above.owner.table not in known:
        known.add(above.owner.table)
        above = policy.tables.get(above.owner.table, above)
    if above.owner is None:
        return
    for column, said in clause.columns.items():
        for field in _OF_UNITS_ALONE if said.domain is not None else ():
            if getattr(said.domain, field) is not None:
                message = (
                    f"declares `{field}`, which is kept only in the table of the protected unit so far; take it out, "
                    "and declare bounds or values instead"
                )
                yield _problem(message, "tables", name, "columns", column)


def _column(whole: TableClause, clause: ColumnClause, column: Column, table: Table) -> Iterator[str]:
    if clause.treatment is Treatment.DROP:
        return
    if column.kind is Kind.UNSUPPORTED:
        yield f"is of type {shown(column.native)}, which is not supported; use `treatment: drop` with a `reason`"
    elif clause.treatment is Treatment.KEY:
        yield from _key(clause, column, table)
    elif clause.treatment is Treatment.REPLACE:
        yield from _replaced(clause, column)
    else:
        yield from _learned(whole, clause, column, table)


def _key(clause: ColumnClause, column: Column, table: Table) -> Iterator[str]:
    if column.kind not in KEY_KINDS:
        yield f"is of kind {column.kind} and cannot hold a fresh key; `treatment: key` is for numbers and texts"
    groups = [table.primary_key, *table.unique, *(reference.columns for reference in table.references)]
    if clause.role is not Role.KEY and not any(column.name in names for names in groups):
        yield "belongs to no key of the source and its role is not `key`; use `replace`, or `drop` with a `reason`"


def _replaced(clause: ColumnClause, column: Column) -> Iterator[str]:
    whole = column.kind is Kind.INTEGER or (column.kind is Kind.DECIMAL and not column.scale)
    if column.kind is not Kind.TEXT and not (whole and clause.entity in DIGITS):
        yield (
            f"is of kind {column.kind} and cannot hold an invented `{clause.entity}`, which takes a text column; "
            "use `drop` with a `reason`"
        )


def _learned(whole: TableClause, clause: ColumnClause, column: Column, table: Table) -> Iterator[str]:
    if column.name in table.primary_key and not _is_told_apart(whole, column, table):
        yield "is part of the primary key: every row has its own value. Use `key`"
    if clause.domain is not None:
        yield from misfits(clause.domain, column)


def _is_told_apart(whole: TableClause, column: Column, table: Table) -> bool:
    """Tell whether ``column`` only tells an owner's rows apart: the rest of the primary key is fresh.

    So it may be learned where it is their order, their kind, or points at other rows, such as those of a public table.
    """
    rest = [whole.columns.get(name) for name in table.primary_key if name != column.name]
    fresh = any(clause is not None and clause.treatment is Treatment.KEY for clause in rest)
    pointing = any(column.name in reference.columns for reference in table.references)
    return whole.owner is not None and fresh and (pointing or column.name in {whole.order, whole.kind})


def misfits(domain: DomainClause, column: Column) -> Iterator[str]:
    """Yield all in which ``domain`` does not fit the type of ``column``."""
    if domain.values is not None:
        yield from _values(domain.values, column)
    if domain.lowest is not None:
        yield from _bounds(domain, column)
    if domain.prefixes is not None and column.kind is not Kind.TEXT:
        yield f"is of kind {column.kind}; `prefixes` are for text"
    if domain.step is not None:
        yield from _step(domain.step, column)
    yield from _sentinels(domain.sentinels or (), column)


def _step(step: float, column: Column) -> Iterator[str]:
    if column.kind not in NUMERIC_KINDS:
        yield f"is of kind {column.kind}; `step` is for numbers"
    elif column.kind is Kind.INTEGER and step != int(step):
        yield "holds whole numbers; `step` should be a whole number"
    elif column.kind is Kind.DECIMAL and column.scale is not None and Decimal(str(step)).scaleb(column.scale) % 1:
        yield f"has {column.scale} digits behind the point; `step` has more"


def _sentinels(sentinels: Iterable[float | dt.date], column: Column) -> Iterator[str]:
    if sentinels and column.kind not in NUMERIC_KINDS | TEMPORAL_KINDS:
        yield f"is of kind {column.kind}; `sentinels` are for numbers and dates"
        return
    if expected := next(filter(None, (_expected(sentinel, column) for sentinel in sentinels)), ""):
        yield f"is of kind {column.kind}; each of `sentinels` should be {expected}"


def misordered(knowledge: KnowledgeClause, columns: Mapping[str, Column]) -> Iterator[str]:
    """Yield every declared order between columns whose kinds have no order, or not the same one."""
    for lower, upper in knowledge.orders:
        kinds = [columns[name].kind for name in (lower, upper) if name in columns]
        if not all(kind in NUMERIC_KINDS | TEMPORAL_KINDS for kind in kinds):
            yield f"orders `{shown(lower)}` and `{shown(upper)}`, and only numbers, dates and date-times have an order"
        elif len({*kinds}) > 1:
            yield (
                f"orders `{shown(lower)}`, of kind {kinds[0]}, and `{shown(upper)}`, of kind {kinds[1]}; "
                "an order holds between columns of one kind"
            )


def _values(values: list[str], column: Column) -> Iterator[str]:
    if column.kind is Kind.ENUM and column.values:
        for value in values:
            if value not in column.values:
                hint = did_you_mean(value, column.values)
                yield f"has no value `{shown(value)}` among the {len(column.values)} the source declares{hint}"
    elif column.kind in {Kind.TEXT, Kind.ENUM}:
        for value in values:
            if column.length is not None and len(value) > column.length:
                yield f"is declared at most {column.length} characters long; `{shown(value)}` is longer"
    else:
        for value in values:
            expected = _expected_text(value, column)
            if expected:
                yield f"is of kind {column.kind}; its value `{shown(value)}` should be {expected}"


def _expected_text(text: str, column: Column) -> str:
    """Return what a listed value of ``column`` should have been; nothing when it fits."""
    if column.kind is Kind.BOOLEAN:
        return "" if text.lower() in _BOOLEANS else "true or false"
    try:
        if column.kind is Kind.DATE:
            dt.date.fromisoformat(text)
        elif column.kind is Kind.DATETIME:
            moment = dt.datetime.fromisoformat(text)
            return "without a time zone" if moment.tzinfo else ""
        else:
            return _expected_number(Decimal(text), column)
    except ValueError:
        return "a date, such as 1900-01-31"
    except ArithmeticError:
        return "a number"
    return ""


def _bounds(domain: DomainClause, column: Column) -> Iterator[str]:
    if column.kind not in NUMERIC_KINDS | TEMPORAL_KINDS:
        yield f"is of kind {column.kind}; declare `values`, not `lowest` and `highest`"
        return
    for name, bound in (("lowest", domain.lowest), ("highest", domain.highest)):
        expected = _expected(bound, column)
        if expected:
            yield f"is of kind {column.kind}; `{name}` should be {expected}"


def _expected(bound: float | dt.date | None, column: Column) -> str:
    """Return what ``bound`` of ``column`` should have been; nothing when it fits."""
    is_time, is_date = isinstance(bound, dt.datetime), isinstance(bound, dt.date)  # a datetime is a date to Python
    if column.kind is Kind.DATE:
        return "" if is_date and not is_time else "a date without a time, such as 1900-01-31, without quotes"
    if column.kind is Kind.DATETIME:
        return "" if is_date else "a date, such as 1900-01-31, without quotes"
    if bound is None or isinstance(bound, dt.date):
        return "a number"
    return _expected_number(bound, column)


def _expected_number(number: float | Decimal, column: Column) -> str:
    exact = Decimal(number)
    if not exact.is_finite():
        return "a finite number"
    if column.kind is Kind.INTEGER:
        if exact != exact.to_integral_value():
            return "a whole number"
        return _expected_whole(exact, column)
    if column.kind is Kind.DECIMAL and column.precision is not None:
        digits = column.precision - (column.scale or 0)
        return "" if abs(exact) < Decimal(10) ** digits else f"of at most {digits} digits before the point"
    return ""


def _expected_whole(exact: Decimal, column: Column) -> str:
    lowest = 1 - _BEYOND_64_BITS if column.lowest is None else column.lowest
    highest = _BEYOND_64_BITS - 1 if column.highest is None else column.highest
    if lowest <= exact <= highest:
        return ""
    if column.lowest is None and column.highest is None:
        return "within 64 bits"
    return f"from {lowest} to {highest}, which is all that its type holds"


def _unit(policy: Policy, table: Table) -> Iterator[Problem]:
    key = frozenset(ColumnName(name) for name in policy.unit.key)
    columns = {column.name: column for column in table.columns}
    for name in sorted(key - columns.keys()):
        yield _problem(f"names `{shown(name)}`, which is not a column of the source's table", "unit", "key")
    if key - columns.keys() or key == frozenset(table.primary_key):
        return
    if key not in {frozenset(unique) for unique in table.unique}:
        known = " or ".join(f"[{', '.join(shown(name) for name in names)}]" for names in _unique_keys(table))
        yield _problem(
            "is not the primary key of the table, nor declared unique there, so one unit could have many rows; "
            + (f"expected {known}" if known else "the table has no key that could name the unit"),
            "unit",
            "key",
        )
    elif any(columns[name].nullable for name in key):
        yield _problem("may be NULL, and rows without a key would belong to nobody; it needs NOT NULL", "unit", "key")


def _unique_keys(table: Table) -> list[tuple[ColumnName, ...]]:
    return [names for names in (table.primary_key, *table.unique) if names]
