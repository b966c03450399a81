"""Matching in memory: rules over the units of two families, one rule at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.generate import physical
from gateway.raw.generate.rules import How, by_column, limits
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.rules import Limits, Rule
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
            named = limits([condition for _, condition in conditions], column)
            cells, present = self._cells(column, named)
            for (number, condition), place in zip(conditions, named.place.tolist(), strict=True):
                met[number] &= _meets(condition.how, cells, present, at=place, named=named)
        return np.stack([met[:, : self._train].sum(axis=1), met[:, self._train :].sum(axis=1)], axis=1)

    def _cells(self, column: Column, named: Limits) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the numbers of a column, or which named text each cell is, or -1; and which cells are there."""
        cells = self._rows.column(column.name)
        if column.kind not in TEXT_KINDS:
            return physical.numbers(cells, column)
        known = pa.array(named.texts, pa.large_string())
        found = pc.index_in(cells.cast(pa.large_string()), value_set=known).fill_null(-1)
        return found.to_numpy(), cells.is_valid().to_numpy()


def _meets(how: How, cells: NDArray[Any], present: NDArray[np.bool_], *, at: int, named: Limits) -> NDArray[np.bool_]:
    if at < 0:
        return ~present
    wanted = at if named.texts else named.numbers[at]
    match how:
        case How.IS:
            held = cells == wanted
        case How.AT_MOST:
            held = cells <= wanted
        case How.AT_LEAST:
            held = cells >= wanted
    return np.asarray(present & held)
