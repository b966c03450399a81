"""The reference pages of policy and domain files, written from the models so that they cannot fall behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.policy.loading import json_schema
from gateway.policy.one_table import domain_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Policy reference

Generated from `gateway/policy/model.py`; do not edit. For completion in an editor, begin a policy with
`# yaml-language-server: $schema=policies/schema.json`. An unknown key is an error.
"""
_DOMAIN_HEAD = """\
# Domain file reference

Generated from `gateway/policy/one_table.py`; do not edit. `gateway policy schema --domain` prints a JSON schema for
completion in an editor. An unknown key is an error. Everything in a domain file is public.
"""
_BOUNDS = {
    "minimum": "{} or more",
    "exclusiveMinimum": "above {}",
    "maximum": "{} or less",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "minProperties": "at least {}",
}
_NAMED = {
    r"^[A-Z]{2}$": "ISO 3166 code, such as `DE`",
    r"^[a-z][a-z0-9_-]{0,39}$": "short name (small letters, digits, `-`, `_`)",
    r"^\$\{[A-Z][A-Z0-9_]*\}$": "reference such as `${CLINIC_URL}`",
}


def policy_reference() -> str:
    """Return the reference of every key of a policy as Markdown, in the order of the models."""
    return _reference(json_schema(), head=_HEAD, title="Policy")


def domain_reference() -> str:
    """Return the reference of every key of a domain file as Markdown, in the order of the models."""
    return _reference(domain_schema(), head=_DOMAIN_HEAD, title="Domain file")


def _reference(text: str, *, head: str, title: str) -> str:
    schema = json.loads(text)
    parts = [head, f"## {title}\n", *_table(schema)]
    for name, clause in schema["$defs"].items():
        heading = name.removesuffix("Clause")
        parts += [f"\n## {heading}\n", *_lines(clause.get("description", ""))]
        parts += _table(clause) if "properties" in clause else [_choices(clause)]
    return "\n".join(parts) + "\n"


def _lines(description: str) -> list[str]:
    return [f"{description}\n"] if description else []


def _table(clause: dict[str, Any]) -> Iterator[str]:
    yield "| key | what is expected | default | meaning |"
    yield "|---|---|---|---|"
    for name, entry in clause["properties"].items():
        needed = name in clause.get("required", ())
        default = "needed" if needed else _default(entry.get("default"))
        yield f"| `{name}` | {_expected(entry)} | {default} | {entry.get('description', '')} |"


def _default(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None:
        return "none"
    return "see there" if isinstance(value, dict) else f"`{json.dumps(value)}`"


def _expected(entry: dict[str, Any]) -> str:
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2].removesuffix("Clause")
        return f"[{name}](#{name.lower()})"
    if "anyOf" in entry:
        choices = [_expected(choice) for choice in entry["anyOf"] if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(choices))
    if "const" in entry:
        return f"`{entry['const']}`"
    if entry.get("type") == "array":
        return ", ".join([f"list of {_expected(entry['items'])}", *_limits(entry)])
    if entry.get("type") == "object":
        return ", ".join([f"name to {_expected(entry['additionalProperties'])}", *_limits(entry)])
    return ", ".join([_kind(entry), *_limits(entry)])


def _kind(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return " or ".join(f"`{json.dumps(choice)}`".replace("|", r"\|") for choice in entry["enum"])
    if isinstance(entry["type"], list):
        return " or ".join(_kind({"type": kind}) for kind in entry["type"])
    if entry.get("format"):
        return {"date-time": "date with time", "date": "date"}[entry["format"]]
    known = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    return _NAMED.get(entry.get("pattern", ""), known[entry["type"]])


def _limits(entry: dict[str, Any]) -> list[str]:
    return [words.format(entry[key]) for key, words in _BOUNDS.items() if key in entry]


def _choices(clause: dict[str, Any]) -> str:
    return "One of " + ", ".join(f"`{choice}`" for choice in clause["enum"]) + "."
