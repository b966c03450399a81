"""CHECK conditions written out in SQL: in brackets throughout, names and values quoted by the target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.vocabulary.checks import ARITHMETIC, COMPARISONS
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from gateway.vocabulary.checks import Condition
    from gateway.vocabulary.schema import Table

Quote = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How one database writes names, texts and moments."""

    name: Quote
    text: Quote
    moment: Callable[[dt.datetime, Kind], str]
    """The text that a date or date-time is compared with."""


def written(condition: Condition, table: Table, spelling: Spelling) -> str:
    """Return ``condition`` on rows of ``table`` as an expression in SQL."""
    return _Writer(table, spelling).write(condition)


class _Writer:
    def __init__(self, table: Table, spelling: Spelling) -> None:
        self._kinds = {str(column.name): column.kind for column in table.columns}
        self._spelling = spelling

    def write(self, node: Condition) -> str:  # noqa: PLR0911 - one return for each operator
        """Return one node in SQL."""
        match node:
            case ("is null", part):
                return f"({self.write(part)} IS NULL)"
            case ("not", part):
                return f"(NOT {self.write(part)})"
            case ("length", part):
                return f"length({self.write(part)})"
            case ("and" | "or" as word, parts):
                return "(" + f" {word.upper()} ".join(map(self.write, parts)) + ")"
            case ("in", part, values):
                listed = ", ".join(self._beside(value, part) for value in values)
                return f"({self.write(part)} IN ({listed}))"
            case (sign, one, other) if sign in COMPARISONS:
                return f"({self._beside(one, other)} {sign} {self._beside(other, one)})"
            case (sign, one, other) if sign in ARITHMETIC:
                return f"({self.write(one)} {sign} {self.write(other)})"
        return self._single(node)

    def _single(self, node: Condition) -> str:
        match node:
            case ("column", name):
                return self._spelling.name(name)
            case ("number", text) if text.removeprefix("-").replace(".", "", 1).isdecimal():
                return f"({text})" if text.startswith("-") else str(text)
            case ("text", value):
                return self._spelling.text(value)
            case ("truth", value):
                return "TRUE" if value else "FALSE"
        raise ValueError("this is no condition of a CHECK")

    def _beside(self, node: Any, other: Any) -> str:  # noqa: ANN401 - operands
        """Write ``node``, a text beside a date or date-time as that."""
        kind = self._kinds.get(other[1]) if other[0] == "column" else None
        if node[0] == "text" and kind in (Kind.DATE, Kind.DATETIME):
            return self._spelling.text(self._spelling.moment(dt.datetime.fromisoformat(node[1]), kind))
        return self.write(node)
