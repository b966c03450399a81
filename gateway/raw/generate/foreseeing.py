"""Which declared CHECKs no row can keep: told from catalogue and policy, before anything is spent.

A condition is followed over intervals: from what each column may be to what the condition may come to. What may be more
than is really possible is taken to be possible, so that nothing is refused that could be made.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import itertools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.generate.identities import invent
from gateway.raw.generate.keys import keys_at, room, whole_numbers
from gateway.vocabulary.checks import COMPARISONS, columns_of, keeps
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import NUMERIC_KINDS, TEXT_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.policy.model import ColumnClause
    from gateway.raw.generate.closing import KeyPlan
    from gateway.vocabulary.checks import Check, Condition
    from gateway.vocabulary.schema import Column

SOME = 256
"""Keys and invented cells that are made to see whether they keep a CHECK."""
_LEAST = 0.5
"""Share of them that has to keep it: of the rows, others are left out."""

Truths = frozenset[bool | None]
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - times here are without a zone
_ANY: Truths = frozenset((True, False, None))


@dataclass(frozen=True, kw_only=True)
class Possible:
    """What a value may be: a number (a time is one, too) between two, or one of some texts, or NULL."""

    low: float = -math.inf
    high: float = math.inf
    texts: frozenset[str] | None = None
    """None where nothing is known of them, or it is a number."""
    null: bool = True


def refuse_unkeepable(plan: KeyPlan, clauses: Mapping[str, ColumnClause], *, seed: int) -> None:
    """Refuse a table with a CHECK that its rows cannot keep whatever is learned; ``Unsupported`` names table and CHECK.

    NOT foreseen: what only some values keep, and CHECKs without a condition.
    """
    table = plan.table
    made = _made(plan, clauses, seed=seed)
    known = {column.name: _possible(column, plan, clauses[column.name]) for column in table.columns}
    for check in table.checks:
        if check.condition is None:
            continue
        names = columns_of(check.condition)
        if set(names) <= set(made.column_names):
            kept = float(np.mean(keeps(check.condition, made).to_numpy(zero_copy_only=False)))
            if kept < (_LEAST if any(clauses[name].treatment is Treatment.REPLACE for name in names) else 1.0):
                raise _unkeepable(plan, check, "the fresh keys, or the invented values, of its columns")
        elif _truths(check.condition, known) == {False}:
            raise _unkeepable(plan, check, "what the policy declares of its columns")


def _unkeepable(plan: KeyPlan, check: Check, what: str) -> Unsupported:
    return Unsupported(
        f"table {plan.table.name} has a CHECK {check.name!r} ({', '.join(check.columns)}) that rows cannot keep with "
        f"{what}; declare another `domain` or treatment for one of them, or drop it"
    )


def _made(plan: KeyPlan, clauses: Mapping[str, ColumnClause], *, seed: int) -> pa.Table:
    """Return some fresh keys and invented cells: of columns that stand by themselves."""
    found: dict[ColumnName, pa.Array] = {}
    keys = [plan.table.column(name) for name in sorted(plan.fresh)]
    rows = min([SOME, *(room(column) for column in keys)])
    for column in keys:
        found[column.name] = keys_at(column, np.arange(rows), of=rows, key=seed)
    for name in sorted(plan.counted):
        if plan.table.column(name).kind in NUMERIC_KINDS:
            found[name] = whole_numbers(plan.table.column(name), [1] * rows)
    entities = {
        ColumnName(name): clause.entity
        for name, clause in clauses.items()
        if clause.treatment is Treatment.REPLACE and clause.entity is not None
    }
    # whether there is room for as many different ones as there are rows is another matter
    shape = dataclasses.replace(plan.table, primary_key=(), unique=())
    return pa.table(found | invent(entities, shape, rows, seed=seed))


# --- what a column may be ---


def _possible(column: Column, plan: KeyPlan, clause: ColumnClause) -> Possible:
    if column.name in plan.keys:
        return Possible(low=1.0, null=column.nullable) if column.kind in NUMERIC_KINDS else Possible()
    domain = clause.domain
    if clause.treatment is not Treatment.LEARN or domain is None:
        return Possible(null=column.nullable)
    if column.kind in TEXT_KINDS:
        return Possible(texts=None if domain.values is None else frozenset(domain.values), null=column.nullable)
    bounds = [
        _number(bound) for bound in (*(domain.sentinels or ()), domain.lowest, domain.highest) if bound is not None
    ]
    if domain.lowest is None or domain.highest is None or None in bounds:
        return Possible(null=column.nullable)
    numbers = [number for number in bounds if number is not None]
    day = 1.0 if column.kind is Kind.DATETIME else 0.0  # the last one is meant to its end
    return Possible(low=min(numbers), high=max(numbers) + day, null=column.nullable)


def _number(value: object) -> float | None:
    """Return a number as it is and a time in days; None for what is neither."""
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)
    if isinstance(value, dt.date):
        return float((value - _EPOCH.date()).days)
    return float(value) if isinstance(value, int | float | decimal.Decimal) else None


# --- what a condition may come to ---


def _truths(  # noqa: PLR0911 - one case for each operator
    node: Condition, known: Mapping[ColumnName, Possible]
) -> Truths:
    match node:
        case ("truth", bool() as truth):
            return frozenset((truth,))
        case ("not", part):
            return frozenset(None if truth is None else not truth for truth in _truths(part, known))
        case ("and" | "or" as word, parts):
            found: Truths = frozenset((word == "and",))
            for part in parts:
                found = _together(word, found, _truths(part, known))
            return found
        case ("in", part, values):
            return _truths(("or", tuple(("=", part, value) for value in values)), known)
        case ("is null", part):
            value = _value(part, known)
            return frozenset((True, False)) if value.null else frozenset((False,))
        case (sign, one, other) if sign in COMPARISONS:
            sides = _value(one, known), _value(other, known)
            null: Truths = frozenset((None,)) if sides[0].null or sides[1].null else frozenset()
            return _compared(sign, *sides) | null
    return _ANY


def _together(word: str, one: Truths, other: Truths) -> Truths:
    """Return what AND, or OR, makes of two truths: the first that decides, else NULL if there is one."""
    decides = word == "or"
    return frozenset(
        decides if decides in pair else None if None in pair else not decides for pair in itertools.product(one, other)
    )


def _compared(sign: str, one: Possible, other: Possible) -> Truths:
    if one.texts is not None and other.texts is not None and sign in {"=", "<>"}:
        alike: Truths = frozenset(a == b for a in one.texts for b in other.texts)
        return alike if sign == "=" else frozenset(not truth for truth in alike)
    if one.texts is not None or other.texts is not None:
        one, other = _as_time(one), _as_time(other)
    match sign:
        case ">" | ">=":
            return _compared("<" if sign == ">" else "<=", other, one)
        case "<":
            return _either(one.low < other.high, one.high >= other.low)
        case "<=":
            return _either(one.low <= other.high, one.high > other.low)
    same = one.low == one.high == other.low == other.high
    alike = _either(one.low <= other.high and other.low <= one.high, not same)
    return alike if sign == "=" else frozenset(not truth for truth in alike)


def _either(may_hold: bool, may_fail: bool) -> Truths:  # noqa: FBT001 - the two ways it may end
    return frozenset([True] * may_hold + [False] * may_fail)


def _as_time(value: Possible) -> Possible:
    """Return a text that is compared with a time as that time; anything, where it is no single one."""
    if value.texts is None:
        return value
    try:
        (text,) = value.texts
        number = _number(dt.datetime.fromisoformat(text)) or 0.0
    except ValueError:
        return Possible(null=value.null)
    return Possible(low=number, high=number, null=value.null)


def _value(node: Condition, known: Mapping[ColumnName, Possible]) -> Possible:
    match node:
        case ("column", name):
            return known.get(ColumnName(name), Possible())
        case ("number", text):
            return Possible(low=float(text), high=float(text), null=False)
        case ("text", text):
            return Possible(texts=frozenset((text,)), null=False)
        case ("length", part):
            value = _value(part, known)
            lengths = [float(len(text)) for text in value.texts or ()]
            return Possible(low=min(lengths, default=0.0), high=max(lengths, default=math.inf), null=value.null)
        case ("+" | "-" | "*" as sign, one, other):
            return _calculated(sign, _value(one, known), _value(other, known))
    return Possible()


def _calculated(sign: str, one: Possible, other: Possible) -> Possible:
    null = one.null or other.null
    if not all(math.isfinite(end) for end in (one.low, one.high, other.low, other.high)):
        return Possible(null=null)
    ways = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    ends = [ways[sign](a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
    return Possible(low=min(ends), high=max(ends), null=null)
