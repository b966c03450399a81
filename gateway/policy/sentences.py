"""What pydantic finds wrong in a policy, and what a policy declares, in sentences. None quotes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.policy.model import MOST_ROWS, EnvironmentReference, TableTreatment
from gateway.policy.part import Slug
from gateway.policy.spelling import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic_core import ErrorDetails

    from gateway.policy.model import KnowledgeClause, Policy, TableClause

NUMBER_OR_DATE = "expected a number, or a date such as 1900-01-31, without quotes"

_PATTERNS = {
    Slug.__metadata__[0].pattern: (  # type: ignore[attr-defined]
        "expected a short name: up to 40 small letters, digits, `-` and `_`, beginning with a letter"
    ),
    EnvironmentReference.__metadata__[0].pattern: (  # type: ignore[attr-defined]
        "expected a reference such as `${CLINIC_URL}`, the name of an environment variable in capitals; "
        "a URL is never written into a policy, since it may hold a password"
    ),
}

_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: "expected a text; put it in quotes",
    "string_pattern_mismatch": lambda ctx: _PATTERNS.get(ctx["pattern"], "is not written as expected here"),
    "string_too_short": lambda ctx: f"needs at least {ctx['min_length']} characters",
    "string_too_long": lambda ctx: f"may have at most {ctx['max_length']} characters",
    "int_type": lambda _: "expected a whole number",
    "int_parsing": lambda _: "expected a whole number",
    "int_from_float": lambda _: "expected a whole number",
    "bool_type": lambda _: "expected `true` or `false`",
    "bool_parsing": lambda _: "expected `true` or `false`",
    "float_type": lambda _: "expected a number",
    "float_parsing": lambda _: "expected a number",
    "greater_than": lambda ctx: f"must be above {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"must be {ctx['ge']:g} or more",
    "less_than": lambda ctx: f"must be below {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"must be {ctx['le']:g} or less",
    "list_type": lambda _: "expected a list, such as `[id]`",
    "dict_type": lambda _: "expected names with what becomes of each, one a line, indented",
    "model_type": lambda _: "expected entries `key: value`, one a line, indented",
    "model_attributes_type": lambda _: "expected entries `key: value`, one a line, indented",
    "too_long": lambda ctx: f"may hold at most {ctx['max_length']}",
    "too_short": lambda ctx: "is empty; name at least one" if ctx["min_length"] == 1 else f"needs {ctx['min_length']}",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "enum": lambda ctx: f"expected {ctx['expected']}",
    "value_error": lambda ctx: str(ctx["error"]),
}


def sentence(error: ErrorDetails, description: str | None) -> str:
    """Return ``error`` in words; ``description`` is the model's own of the field, if it has one.

    An error type that is not known here is told by the description alone: pydantic's text quotes the input.
    """
    if error["type"] == "missing":
        return "is missing" + (f": {_first_small(description)}" if description else "")
    told = _SENTENCES.get(error["type"])
    return (
        told(error.get("ctx", {})) if told else "is not what belongs here" + (f": {description}" if description else "")
    )


def told(knowledge: KnowledgeClause) -> tuple[str, ...]:
    """Return what ``knowledge`` declares, one sentence each, for whoever confirms it."""
    parts = [f"`{shown(knowledge.target)}` is what analysts will predict"] if knowledge.target else []
    parts += [f"`{shown(one)}` and `{shown(other)}` matter together" for one, other in knowledge.pairs]
    parts += [f"`{shown(lower)}` is never above `{shown(upper)}`" for lower, upper in knowledge.orders]
    parts += [f"`{shown(one)}` follows from `{shown(other)}`" for one, other in knowledge.depends.items()]
    return tuple(parts)


def told_of_tables(policy: Policy) -> tuple[str, ...]:
    """Return whose rows each table of ``policy`` holds, one sentence each, in its order; nothing of dropped ones."""
    return tuple(
        _told_of_public(name, clause) if clause.treatment is TableTreatment.REFERENCE else _told_of_rows(name, clause)
        for name, clause in policy.tables.items()
        if clause.treatment is TableTreatment.REFERENCE or clause.owner is not None
    )


def told_of_shares(policy: Policy) -> str:
    """Return how the budget is split over tables."""
    if policy.budget.split is None:
        return "three tenths to the unit's table, the rest evenly, if there are others"
    return ", ".join(f"{shown(name)} {share:.0%}" for name, share in policy.budget.split.items())


def _told_of_public(name: str, clause: TableClause) -> str:
    rest = f", without {_listed(clause.without)}" if clause.without else ""
    return f"`{shown(name)}` is public and copied as it is{rest}: {clause.reason}"


def _told_of_rows(name: str, clause: TableClause) -> str:
    owner = clause.owner
    if owner is None:
        return ""
    if owner.named_by is not None:
        names = _listed(owner.named_by)
        return f"each row of `{shown(owner.table)}` has a row of `{shown(name)}`, which its {names} names"
    parts = [
        f"each row of `{shown(name)}` belongs to the row of `{shown(owner.table)}` in its {_listed(owner.columns)}"
    ]
    parts += [f"at most {clause.most or MOST_ROWS} each"]
    if clause.order is not None:
        since = f", counted from `{shown(clause.since)}` there" if clause.since is not None else ""
        parts += [f"in the order of `{shown(clause.order)}`{since}"]
    if clause.until is not None:
        parts += [f"none after `{shown(clause.until)}` there"]
    if clause.kind is not None:
        parts += [f"of the kinds in `{shown(clause.kind)}`"]
    return "; ".join(parts)


def _listed(names: Iterable[str] | None) -> str:
    return ", ".join(f"`{shown(name)}`" for name in names or ())


def _first_small(text: str) -> str:
    return text[0].lower() + text[1:]
