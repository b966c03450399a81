"""What a person writes of the rows they want, into a ``Request``: ``income = '>50K'``, ``age between 30 and 40``."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.policy import document
from gateway.policy.spelling import did_you_mean, shown
from gateway.raw.generate.request import Condition, Request
from gateway.vocabulary.errors import ConfigurationError, PolicyError
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.policy.model import Scalar

EXPECTED = (
    "write `age >= 30`, `age <= 40`, `age between 30 and 40`, `income = '>50K'`, `state in ('NY', 'CA')` or "
    "`state is null`; several conditions are one --where each"
)

_NAME = r"""\s*(?:"(?P<quoted>[^"]+)"|(?P<name>.+?))\s*"""
_VALUE = r"""(?:'(?:[^']|'')*'|[^\s',()](?:[^',()]*[^\s',()])?)"""
_FORMS = (
    (re.compile(rf"{_NAME}\bis\s+null\s*", re.IGNORECASE), "null"),
    (re.compile(rf"{_NAME}\bbetween\s+(?P<low>{_VALUE})\s+and\s+(?P<high>{_VALUE})\s*", re.IGNORECASE), "between"),
    (re.compile(rf"{_NAME}\bin\s*\((?P<values>\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*)\)\s*", re.IGNORECASE), "in"),
    (re.compile(rf"{_NAME}<=\s*(?P<high>{_VALUE})\s*"), "between"),
    (re.compile(rf"{_NAME}>=\s*(?P<low>{_VALUE})\s*"), "between"),
    (re.compile(rf"{_NAME}(?<![<>!])=\s*(?P<values>{_VALUE})\s*"), "in"),
)


def asked(where: Sequence[str], shares: str | None, schema: pa.Schema) -> Request | None:
    """Return what ``where`` (all of which must hold) and ``shares`` (``income: {'>50K': 0.5, '<=50K': 0.5}``) ask for.

    None for nothing. ``schema`` has the learned columns. ``ConfigurationError`` for what does not read, does not fit a
    column's type, or contradicts itself; whether such rows can be made is for the model to say.
    """
    conditions: dict[ColumnName, Condition] = {}
    for text in where:
        name, condition = _condition(text, schema)
        conditions[name] = _both(conditions[name], condition, name) if name in conditions else condition
    if shares is None:
        return Request(where=conditions) if conditions else None
    return Request(where=conditions, shares=_shares(shares, schema))


def _condition(text: str, schema: pa.Schema) -> tuple[ColumnName, Condition]:
    for form, kind in _FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        name = _column(found["quoted"] or found["name"], schema)
        if kind == "null":
            return name, Condition(values=(None,))
        if kind == "in":
            return name, Condition(values=tuple(_value(v, name, schema) for v in re.findall(_VALUE, found["values"])))
        bounds = found.groupdict()
        low, high = (None if bounds.get(k) is None else _value(bounds[k], name, schema) for k in ("low", "high"))
        if isinstance(low or high, str):
            raise ConfigurationError(f"--where: `{name}` holds text, which has no order; use = or in (...)")
        return name, Condition(lowest=low, highest=high)
    raise ConfigurationError(f"--where {shown(text)} is not understood; {EXPECTED}")


def _both(one: Condition, other: Condition, name: ColumnName) -> Condition:
    """Return the condition that holds where two bounds of one column do."""
    if one.values is not None or other.values is not None:
        raise ConfigurationError(f"--where names `{name}` twice; join values as `{name} in (...)`")
    for bound in ("lowest", "highest"):
        if getattr(one, bound) is not None and getattr(other, bound) is not None:
            raise ConfigurationError(f"--where bounds `{name}` twice on one side; give each bound once")
    return Condition(
        lowest=one.lowest if other.lowest is None else other.lowest,
        highest=one.highest if other.highest is None else other.highest,
    )


def _shares(text: str, schema: pa.Schema) -> tuple[ColumnName, dict[Scalar | None, float]]:
    try:
        data = document.read(text, name="--shares").data
    except PolicyError:
        data = {}
    if len(data) != 1 or not all(isinstance(wanted, dict) and wanted for wanted in data.values()):
        raise ConfigurationError("--shares is written column: {value: share, value: share}, with blanks after colons")
    ((given, wanted),) = data.items()
    name = _column(given, schema)
    shares: dict[Scalar | None, float] = {}
    for value, share in wanted.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or share <= 0:
            raise ConfigurationError(f"--shares of `{name}` should be numbers above 0; they need not sum to 1")
        shares[None if value == "null" else _converted(value, name, schema)] = float(share)
    return name, shares


def _column(name: str, schema: pa.Schema) -> ColumnName:
    if name not in schema.names:
        hint = did_you_mean(name, schema.names)
        raise ConfigurationError(f"`{shown(name)}` is not a column that is learned{hint}")
    return ColumnName(name)


def _value(text: str, name: ColumnName, schema: pa.Schema) -> Scalar:
    plain = text[1:-1].replace("''", "'") if text.startswith("'") else text
    return _converted(plain, name, schema)


def _converted(text: str, name: ColumnName, schema: pa.Schema) -> Scalar:
    kind = schema.field(name).type
    for is_one, convert in _CONVERSIONS:
        if is_one(kind):
            try:
                return convert(text)
            except (ValueError, KeyError):
                raise ConfigurationError(f"`{name}` is of type {kind}; {shown(text)} is none") from None
    return text


def _whole_or_float(text: str) -> float:
    number = float(text)
    if not abs(number) < float("inf"):
        raise ValueError
    return int(text) if text.lstrip("+-").isdigit() else number


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[str], Scalar]], ...] = (
    (pa.types.is_boolean, lambda text: {"true": True, "false": False}[text.lower()]),
    (pa.types.is_integer, int),
    (pa.types.is_floating, _whole_or_float),
    (pa.types.is_decimal, _whole_or_float),
    (pa.types.is_date, dt.date.fromisoformat),
    (pa.types.is_timestamp, dt.datetime.fromisoformat),
)
