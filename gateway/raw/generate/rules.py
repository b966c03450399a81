"""The contract of matching: how many people in training, and how many held out, each of some rules holds for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from gateway.raw.generate import physical
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column, Table


class How(StrEnum):
    """How a cell is held against a value."""

    IS = "="
    """Is the value; of None: is NULL."""
    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Condition:
    """What one cell has to be. NULL meets no condition but to be NULL. Texts are compared by their code points."""

    column: ColumnName
    how: How
    value: object
    """Of the column's Arrow type as Python has it; None only with ``How.IS``."""


Rule = tuple[Condition, ...]
"""What a person's row has to be, all of it; nothing at all holds for everybody."""


class Matches(Protocol):
    """Exact counts of units in training and of units held out. All answers are of one state of the source.

    They are as secret as the rows: they may go to attacks, whose figures are withheld, and nowhere else.
    """

    table: Table
    """The shape of the columns that rules may speak of: those of the unit's rows, what is told of owned rows among
    them."""

    def count(self, rules: Sequence[Rule]) -> NDArray[np.int64]:
        """Return (rules, 2): for how many in training, and how many held out, each rule holds.

        ``ValueError`` for a condition that cannot be: of a column that is not there, of a value that is not of its
        type, or of texts that are to be at most or at least another.
        """
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """The values that some rules name of one column, as numbers (``physical``) or texts; both sorted, each once."""

    texts: tuple[str, ...] = ()
    numbers: NDArray[Any]
    """int64 or float64."""
    place: NDArray[np.int64]
    """For each condition which of them it names; -1 for None."""


def limits(conditions: Sequence[Condition], column: Column) -> Limits:
    """Return the values that ``conditions``, all of ``column``, name; see ``Matches.count`` for what is refused."""
    texts = column.kind in TEXT_KINDS
    for condition in conditions:
        if condition.how is not How.IS and (texts or condition.value is None):
            raise ValueError(f"column {column.name} has no order, or nothing is named that cells could be held against")
    try:
        values = pa.chunked_array([pa.array([each.value for each in conditions], column.arrow_type)])
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        # the library's text would quote the value
        raise ValueError(f"a rule names a value that is not of the type of column {column.name}") from None
    if texts:
        named = values.to_pylist()
        listed = tuple(sorted({text for text in named if text is not None}, key=str.encode))
        at = {text: number for number, text in enumerate(listed)}
        place = np.array([-1 if text is None else at[text] for text in named], dtype=np.int64)
        return Limits(texts=listed, numbers=np.zeros(0, dtype=np.int64), place=place)
    numbers, present = physical.numbers(values, column)
    if (present != values.is_valid().to_numpy()).any():
        raise ValueError(f"a rule names a number of column {column.name} that is none")
    known, inverse = np.unique(numbers[present], return_inverse=True)
    place = np.full(len(conditions), -1, dtype=np.int64)
    place[present] = inverse
    return Limits(numbers=known, place=place)


def by_column(rules: Sequence[Rule], table: Table) -> dict[ColumnName, list[tuple[int, Condition]]]:
    """Return the conditions of ``rules`` by column, each with the number of its rule; ``ValueError`` as ``Matches``."""
    known = {column.name for column in table.columns}
    found: dict[ColumnName, list[tuple[int, Condition]]] = {}
    for number, rule in enumerate(rules):
        for condition in rule:
            if condition.column not in known:
                raise ValueError(f"a rule speaks of column {condition.column}, which table {table.name} has not")
            found.setdefault(condition.column, []).append((number, condition))
    return found
