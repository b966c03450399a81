"""CHECK constraints in the small language that every database reads alike: comparisons, lists, AND, OR, NOT.

A condition is a nested tuple, an operator and its operands:

    ("column", name)   ("number", "12.5")   ("text", "f")   ("truth", True)
    ("=", a, b) and <> < <= > >=   ("in", a, (b, ...))   ("is null", a)   ("length", a)
    ("and", (a, ...))   ("or", (a, ...))   ("not", a)   ("+", a, b) and - *

What a source declares beyond that has no condition here: it is known by name, and that it holds is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.vocabulary.names import ColumnName

Condition = tuple[Any, ...]
COMPARISONS = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
ARITHMETIC = {"+": pc.add_checked, "-": pc.subtract_checked, "*": pc.multiply_checked}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One declared CHECK. ``condition`` is None when it says more than this language can."""

    name: str
    columns: tuple[ColumnName, ...]
    """Every column that it speaks of; all that are known of one without a condition."""
    condition: Condition | None


def listed(checks: Iterable[Check], column: ColumnName) -> tuple[str, ...]:
    """Return the texts that ``checks`` leave to ``column``, as declared; none when no check lists them.

    The first list wins: ``column IN ('a', 'b')``, or the same written as equalities with OR between them.
    """
    for check in checks:
        if check.columns == (column,) and check.condition is not None and (found := _texts(check.condition)):
            return tuple(dict.fromkeys(found))
    return ()


def _texts(node: Condition) -> tuple[str, ...]:
    match node:
        case ("in", ("column", _), values) if all(value[0] == "text" for value in values):
            return tuple(value[1] for value in values)
        case ("=", ("column", _), ("text", text)):
            return (text,)
        case ("or", parts):
            found = [_texts(part) for part in parts if part[0] != "is null"]
            return tuple(text for part in found for text in part) if all(found) else ()
    return ()


def bounds(checks: Iterable[Check], column: ColumnName) -> tuple[float, float]:
    """Return the least and the greatest number that ``checks`` leave to ``column`` by itself; infinite where none does.

    A bound that is not itself allowed (``column > 0``) counts as allowed. Every check holds, so the narrowest wins.
    """
    found = [_bounds(check.condition) for check in checks if check.columns == (column,) and check.condition is not None]
    return max((low for low, _ in found), default=-math.inf), min((high for _, high in found), default=math.inf)


def _bounds(node: Condition) -> tuple[float, float]:
    """Return bounds that every number keeps which keeps a condition on one column."""
    match node:
        case (">" | ">=", ("column", _), ("number", text)) | ("<" | "<=", ("number", text), ("column", _)):
            return float(text), math.inf
        case ("<" | "<=", ("column", _), ("number", text)) | (">" | ">=", ("number", text), ("column", _)):
            return -math.inf, float(text)
        case ("=", ("column", _), ("number", text)):
            return float(text), float(text)
        case ("in", ("column", _) as column, values):
            return _bounds(("or", tuple(("=", column, value) for value in values)))
        case ("and" | "or" as word, parts):
            # of a number that is there, NULL says nothing
            found = [_bounds(part) for part in parts if part[0] != "is null" or word == "and"]
            lows, highs = zip(*found, strict=True) if found else ((-math.inf,), (math.inf,))
            return (max(lows), min(highs)) if word == "and" else (min(lows), max(highs))
    return -math.inf, math.inf


def columns_of(condition: Condition) -> tuple[str, ...]:
    """Return the columns that ``condition`` speaks of, each once."""
    return tuple(dict.fromkeys(_columns(condition)))


def _columns(node: Any) -> Iterator[str]:  # noqa: ANN401 - an operand
    if isinstance(node, tuple):
        if len(node) == 2 and node[0] == "column":  # noqa: PLR2004 - operator and name
            yield node[1]
        else:
            for part in node[1:] if node and isinstance(node[0], str) else node:
                yield from _columns(part)


def from_json(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a condition as it was before it was written as JSON, which has lists alone."""
    return tuple(from_json(part) for part in value) if isinstance(value, list) else value


def keeps(condition: Condition, rows: pa.Table) -> pa.Array:
    """Return for each of ``rows`` whether it keeps ``condition``: not false, as in SQL; never NULL.

    Numbers are compared as doubles unless all are whole; texts byte by byte, whatever the source's collation.
    """
    return _told(condition, rows, null=True)


def holds(condition: Condition, rows: pa.Table) -> pa.Array:
    """Return for each of ``rows`` whether ``condition`` is true of it, as WHERE asks; never NULL; see ``keeps``."""
    return _told(condition, rows, null=False)


def _told(condition: Condition, rows: pa.Table, *, null: bool) -> pa.Array:
    found = _value(condition, rows)
    if isinstance(found, pa.Scalar):
        found = pa.array([found.as_py()] * len(rows), pa.bool_())
    found = pc.fill_null(found, fill_value=null)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _value(  # noqa: C901, PLR0911 - one case for each operator
    node: Condition, rows: pa.Table
) -> Any:  # noqa: ANN401 - an array or a scalar
    match node:
        case ("column", name):
            return rows.column(name)
        case ("number", text):
            return pa.scalar(int(text), pa.int64()) if text.lstrip("-").isdecimal() else pa.scalar(float(text))
        case ("text" | "truth", value):
            return pa.scalar(value)
        case ("is null", part):
            return pc.is_null(_value(part, rows))
        case ("length", part):
            return pc.utf8_length(_value(part, rows)).cast(pa.int64())
        case ("not", part):
            return pc.invert(_value(part, rows))
        case ("and" | "or" as word, parts):
            together = pc.and_kleene if word == "and" else pc.or_kleene
            found = _value(parts[0], rows)
            for part in parts[1:]:
                found = together(found, _value(part, rows))
            return found
        case ("in", part, values):
            return _value(("or", tuple(("=", part, value) for value in values)), rows)
        case (sign, one, other) if sign in COMPARISONS:
            return COMPARISONS[sign](*_alike(_value(one, rows), _value(other, rows)))
        case (sign, one, other) if sign in ARITHMETIC:
            return ARITHMETIC[sign](*(side.cast(pa.float64()) for side in (_value(one, rows), _value(other, rows))))
    raise ValueError("this is no condition of a CHECK")


def _alike(one: Any, other: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays or scalars
    """Return both sides in one type: a text beside a date is a date; numbers are doubles unless both are whole."""
    if one.type == other.type and not pa.types.is_decimal(one.type):
        return one, other
    if pa.types.is_temporal(one.type) and pa.types.is_string(other.type):
        return one, _moment(other, one.type)
    if pa.types.is_temporal(other.type) and pa.types.is_string(one.type):
        return _moment(one, other.type), other
    return one.cast(pa.float64()), other.cast(pa.float64())


def _moment(text: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 - a scalar
    return text.cast(pa.timestamp("us")).cast(kind)
