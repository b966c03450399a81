"""A file's text into a model, with everything that is wrong with it: what policies and domain files share.

1. The text becomes plain data with lines (``document``).
2. Unknown names are reported with the nearest valid one, and read on as if that had been written; what is meant as a
   text is taken as it was written.
3. What no single entry can know is checked over the whole file, on the plain data.
4. The models check each entry; what they find is put into sentences.
"""

from __future__ import annotations

import datetime as dt
import json
import types
import typing
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.policy import document
from gateway.policy.sentences import NUMBER_OR_DATE, sentence
from gateway.policy.spelling import nearest, shown
from gateway.vocabulary.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from gateway.policy.document import Document, Place

Read = TypeVar("Read", bound=BaseModel)

_AS_WRITTEN = frozenset({"values", "groups", "nulls"})
"""Keys of lists whose items are texts as they are written."""


def read_as(
    model: type[Read],
    text: str,
    *,
    name: str,
    before: Callable[[Document], None],
    after: Callable[[Document], None],
) -> Read:
    """Return ``text`` as ``model``, or raise one ``PolicyError`` with every problem; it calls the file ``name``.

    ``before`` and ``after`` the models look, the two may report what no single entry can know. What the first reports,
    the models do not tell again.
    """
    read = document.read(text, name=name)
    _repair(read, model)
    _as_texts(read, model)
    before(read)
    found = _validated(read, model)
    after(read)
    if found is None or read.problems:
        raise PolicyError(name, sorted(set(read.problems)))
    return found


def schema_text(model: type[BaseModel], *, title: str) -> str:
    """Return the JSON schema of ``model``'s files, for editors."""
    schema = model.model_json_schema(by_alias=True)
    for clause in (schema, *schema.get("$defs", {}).values()):
        for name in _AS_WRITTEN & clause.get("properties", {}).keys():
            _let_be_written(clause["properties"][name])
    titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
    return json.dumps(titled, indent=2, ensure_ascii=False) + "\n"


def _let_be_written(entry: dict[str, Any]) -> None:
    """Take numbers and booleans where texts are meant: they are read as they are written, without quotes."""
    for choice in (entry, *entry.get("anyOf", ())):
        inner = choice.get("additionalProperties", choice)
        if isinstance(inner, dict) and inner.get("items") == {"type": "string"}:
            inner["items"] = {"type": ["string", "number", "boolean"]}


# --- 2. unknown names ------------------------------------------------------------------------------------------------


def _repair(read: Document, model: type[BaseModel]) -> None:
    """Report unknown keys and enum values, and put the nearest valid name in their place so that reading goes on."""
    for place, value, annotation in list(_annotated(read.data, model, ())):
        if _is(annotation, BaseModel) and isinstance(value, dict):
            _repair_keys(read, place, value, annotation)
    for place, value, annotation in list(_annotated(read.data, model, ())):
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


def _as_texts(read: Document, model: type[BaseModel]) -> None:
    """Turn numbers, dates and booleans in ``values`` into the texts they were written as: categories are texts."""
    for place, text in read.texts.items():
        value = _at(read.data, place)
        match place:
            case (*_, "values" | "nulls", int(position)) | (*_, "groups", str(), int(position)):
                listed = _at(read.data, place[:-1])
                if not isinstance(listed, list):  # a misspelt key, which was moved to where it was meant to stand
                    continue
                if value is None:
                    read.report(place, "is null; NULL is always modelled and never listed. Quote it if it is a text")
                listed[position] = text
            case _ if isinstance(value, bool) and _meant(model, place)[0] is not bool:
                read.report(place, "true or false is not expected here; put a text in quotes")
            case (*_, "lowest" | "highest") | (*_, "sentinels", int()):
                pass
            case _ if isinstance(value, dt.date):
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


# --- 4. what the models find -----------------------------------------------------------------------------------------


def _validated(read: Document, model: type[Read]) -> Read | None:
    try:
        return model.model_validate(read.data)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            _tell(read, error, model)
    return None


def _tell(read: Document, error: ErrorDetails, model: type[BaseModel]) -> None:
    place: Place = error["loc"]
    branch = False
    while error["type"] != "missing" and place and place not in read.lines:  # the branches of a union are not places
        place, branch = place[:-1], True
    follows = error["type"] in {"value_error", "missing"} and any(told[: len(place)] == place for told in read.told)
    if place in read.told or follows:
        return
    read.report(place, NUMBER_OR_DATE if branch else sentence(error, _meant(model, place)[1]))


def _meant(model: type[BaseModel], place: Place) -> tuple[Any, str | None]:
    """Return the type that is meant for the entry at ``place``, and what the models say of it; None for neither."""
    annotation: Any = model
    description = None
    for part in place:
        choices = [annotation, *typing.get_args(annotation)]
        parent = next((choice for choice in choices if _is(choice, BaseModel)), None)
        if typing.get_origin(annotation) is dict:
            annotation, description = typing.get_args(annotation)[1], None
        elif parent is not None and part in _keys(parent):
            field = _keys(parent)[str(part)]
            annotation, description = field.annotation, field.description
        else:
            return None, None
    return annotation, description
