"""A policy file into a ``Policy``, or all that is wrong with it at once.

1. The text becomes plain data with lines (``document``).
2. Unknown names are reported with the nearest valid one, and read on as if that had been written; what is meant as a
   text is taken as it was written.
3. The models check each entry; what they find is put into sentences.
4. What no single entry can know is checked over the whole file (``consistency``).
5. One ``PolicyError`` with every problem, or the policy.
"""

from __future__ import annotations

import datetime as dt
import json
import types
import typing
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from gateway.policy import consistency, document
from gateway.policy.model import DomainClause, Policy
from gateway.policy.sentences import NUMBER_OR_DATE, sentence
from gateway.policy.spelling import nearest, shown
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import PolicyError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from gateway.policy.document import Document, Place


def load_policy(path: Path) -> Policy:
    """Return the policy in the file ``path``; ``PolicyError`` with every problem, each with its line.

    What only the source can tell (whether the tables and columns exist) is left to ``coverage``.
    """
    return parse_policy(document.read_text(path), name=str(path))


def parse_policy(text: str, *, name: str) -> Policy:
    """Return the policy that ``text`` holds; ``name`` is what ``PolicyError`` calls it."""
    read = document.read(text, name=name)
    _repair(read)
    _as_texts(read)
    policy = _validated(read)
    consistency.check(read)
    if policy is None or read.problems:
        raise PolicyError(name, sorted(set(read.problems)))
    return policy


def locate(path: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return ``problems`` in line order, each without a line given that of the nearest entry of ``path`` around it.

    A file that cannot be read any more leaves them as they are.
    """
    try:
        read = document.read(document.read_text(path), name=str(path))
    except PolicyError:
        return tuple(problems)
    lines: dict[str, int] = {}
    for place, line in read.lines.items():
        lines.setdefault(document.where(place), line)
    return tuple(sorted(p if p.line else Problem(_nearest_line(lines, p.where), p.where, p.message) for p in problems))


def json_schema() -> str:
    """Return the JSON schema of a policy file, for editors; checked in as ``policies/schema.json``."""
    schema = Policy.model_json_schema(by_alias=True)
    # the loader reads these as they are written, so an editor need not ask for quotes
    values = schema["$defs"][DomainClause.__name__]["properties"]["values"]
    values["anyOf"][0]["items"] = {"type": ["string", "number", "boolean"]}
    titled = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A policy of the privacy gateway",
    }
    return json.dumps(titled, indent=2, ensure_ascii=False) + "\n"


def policy_digest(policy: Policy) -> str:
    """Return the SHA-256 of what ``policy`` says, defaults written out: the same for any layout of its file."""
    return sha256(canonical_json(policy.model_dump(mode="json", by_alias=True)))


def _nearest_line(lines: dict[str, int], where: str) -> int:
    while where and where not in lines:
        where = where.rpartition(".")[0]
    return lines.get(where, 0)


# --- 2. unknown names ------------------------------------------------------------------------------------------------


def _repair(read: Document) -> None:
    """Report unknown keys and enum values, and put the nearest valid name in their place so that reading goes on."""
    for place, value, annotation in list(_annotated(read.data, Policy, ())):
        if _is(annotation, BaseModel) and isinstance(value, dict):
            _repair_keys(read, place, value, annotation)
    for place, value, annotation in list(_annotated(read.data, Policy, ())):
        if _is(annotation, Enum) and isinstance(value, str):
            _repair_enum(read, place, value, [member.value for member in annotation])
        elif place[-1:] in {("lowest",), ("highest",)} and isinstance(value, str) and place not in read.told:
            read.report(place, NUMBER_OR_DATE)


def _repair_keys(read: Document, place: Place, value: dict[str, Any], model: type[BaseModel]) -> None:
    names = _keys(model)
    for key in [key for key in value if key not in names]:
        absent = [name for name in names if name not in value]
        near = nearest(key, absent) or nearest(key, names)
        hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(names)}"
        read.report((*place, key), f"unknown key `{shown(key)}`; {hint}")
        item = value.pop(key)
        if near in absent:
            _rename(read, place, key, near)
            value[near] = item


def _rename(read: Document, place: Place, old: str, new: str) -> None:
    depth = len(place)
    entries: tuple[dict[Place, Any], ...] = (read.lines, read.texts)
    for entry in entries:
        for known in [known for known in entry if known[: depth + 1] == (*place, old)]:
            entry[(*place, new, *known[depth + 1 :])] = entry[known]


def _repair_enum(read: Document, place: Place, value: str, names: list[str]) -> None:
    if value in names:
        return
    near = nearest(value, names)
    hint = f"did you mean `{near}`?" if near else f"known here: {', '.join(names)}"
    read.report(place, f"unknown {place[-1]} `{shown(value)}`; {hint}")
    parent = _at(read.data, place[:-1])
    parent[place[-1]] = near or value


def _annotated(value: Any, annotation: Any, place: Place) -> Iterator[tuple[Place, Any, Any]]:  # noqa: ANN401 - plain data beside the type that is meant for it
    """Yield every entry of ``value`` that has a place in the models, with the type meant for it."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        meant = [choice for choice in typing.get_args(annotation) if _is(choice, (BaseModel, Enum))]
        annotation = meant[0] if meant else annotation
    yield place, value, annotation
    if not isinstance(value, dict):
        return
    if _is(annotation, BaseModel):
        fields = _keys(annotation)
        for key in [key for key in value if key in fields]:
            yield from _annotated(value[key], fields[key].annotation, (*place, key))
    elif typing.get_origin(annotation) is dict:
        for key in list(value):
            yield from _annotated(value[key], typing.get_args(annotation)[1], (*place, key))


def _is(annotation: Any, kind: type | tuple[type, ...]) -> bool:  # noqa: ANN401 - any annotation
    return isinstance(annotation, type) and issubclass(annotation, kind)


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _as_texts(read: Document) -> None:
    """Turn numbers, dates and booleans in ``values`` into the texts they were written as: categories are texts."""
    for place, text in read.texts.items():
        match place:
            case ("tables", _, "columns", _, "domain", "values", int(position)):
                values = _at(read.data, place[:-1])
                if values[position] is None:
                    read.report(place, "is null; NULL is always modelled and never listed. Quote it if it is a text")
                values[position] = text
            case _ if isinstance(_at(read.data, place), bool):
                read.report(place, "true or false is not expected here; put a text in quotes")
            case (*_, "lowest" | "highest"):
                pass
            case _ if isinstance(_at(read.data, place), dt.date):
                read.report(place, "a date is not expected here; put a text in quotes")


def _at(data: Any, place: Place) -> Any:  # noqa: ANN401 - plain data
    """Return what stands at ``place`` of ``data``; None when there is nothing."""
    for part in place:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part] if part < len(data) else None
        else:
            return None
    return data


# --- 3. what the models find -----------------------------------------------------------------------------------------


def _validated(read: Document) -> Policy | None:
    try:
        return Policy.model_validate(read.data)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            _tell(read, error)
    return None


def _tell(read: Document, error: ErrorDetails) -> None:
    place: Place = error["loc"]
    branch = False
    while error["type"] != "missing" and place and place not in read.lines:  # the branches of a union are not places
        place, branch = place[:-1], True
    follows = error["type"] in {"value_error", "missing"} and any(told[: len(place)] == place for told in read.told)
    if place in read.told or follows:
        return
    read.report(place, NUMBER_OR_DATE if branch else sentence(error, _description(place)))


def _description(place: Place) -> str | None:
    """Return what the models say of the entry at ``place``, if they do."""
    annotation: Any = Policy
    description = None
    for part in place:
        choices = [annotation, *typing.get_args(annotation)]
        model = next((choice for choice in choices if _is(choice, BaseModel)), None)
        if typing.get_origin(annotation) is dict:
            annotation, description = typing.get_args(annotation)[1], None
        elif model is not None and part in _keys(model):
            field = _keys(model)[str(part)]
            annotation, description = field.annotation, field.description
        else:
            return None
    return description
