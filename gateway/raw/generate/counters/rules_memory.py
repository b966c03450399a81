"""Matching in memory: rules over the units of two families, one rule at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import physical
from gateway.raw.generate.rules import Condition, How, by_column, limits
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.rules import Rule
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.schema import Column


class MemoryMatches:
    """See ``gateway.raw.generate.rules.Matches``. For rows that were read; time is rules times rows."""

    def __init__(self, train: RawTable, control: RawTable) -> None:
        """Match the rows of ``train`` and of ``control``, one for each unit, of one shape."""
        self.table = train.table
        self._rows = pa.concat_tables([train.expose(), control.expose()])
        self._train = train.expose().num_rows

    def count(self, rules: Sequence[Rule]) -> NDArray[np.int64]:
        """Return for how many of either side each rule holds; see ``Matches.count``."""
        met = np.ones((len(rules), self._rows.num_rows), dtype=np.bool_)
        for name, conditions in by_column(rules, self.table).items():
            column = self.table.column(name)
            limits([condition for _, condition in conditions], column)  # refuses what cannot be
            for number, condition in conditions:
                met[number] &= self._meets(condition, column)
        return np.stack([met[:, : self._train].sum(axis=1), met[:, self._train :].sum(axis=1)], axis=1)

    def _meets(self, condition: Condition, column: Column) -> NDArray[np.bool_]:
        cells = self._rows.column(column.name)
        if column.kind in TEXT_KINDS:
            if condition.value is None:
                return np.asarray(pc.is_null(cells))
            return np.asarray(pc.fill_null(pc.equal(cells.cast(pa.large_string()), str(condition.value)), False))  # noqa: FBT003
        numbers, present = physical.numbers(cells, column)
        if condition.value is None:
            return ~present
        (wanted,), _ = physical.numbers(pa.chunked_array([pa.array([condition.value], column.arrow_type)]), column)
        match condition.how:
            case How.IS:
                held = numbers == wanted
            case How.AT_MOST:
                held = numbers <= wanted
            case How.AT_LEAST:
                held = numbers >= wanted
        return np.asarray(present & held)
