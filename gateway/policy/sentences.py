"""What pydantic finds wrong in a policy, and what a policy declares, in sentences. None quotes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.policy.model import EnvironmentReference, Slug
from gateway.policy.spelling import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import ErrorDetails

    from gateway.policy.model import KnowledgeClause

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


def _first_small(text: str) -> str:
    return text[0].lower() + text[1:]
