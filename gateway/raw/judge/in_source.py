"""What an attack may use where rows stay in their source: synthetic rows, and counts of whom rules about them match."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.rules import Condition, How
from gateway.raw.judge.attack import secrets_of, stream
from gateway.raw.judge.codes import FEWEST_ROWS, NULL, Codes, code_column, has_order, numbers_of
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.raw.generate.rules import Matches
    from gateway.vocabulary.roles import Role


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SourceArena:
    """Counts are exact and stay raw-side: an attack makes figures of them, with intervals, for the steward alone.

    One row is one unit, with columns beside that say how much it owns and when, as ``matches`` knows them.
    """

    matches: Matches
    synthetic: pa.Table
    """Its columns are among those of ``matches.table``, with their types."""
    seed: int
    roles: Mapping[ColumnName, Role] = field(default_factory=dict)
    """What the policy says of the columns."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<SourceArena: counts withheld>"

    @property
    def columns(self) -> tuple[ColumnName, ...]:
        """The columns that are attacked."""
        return tuple(ColumnName(name) for name in self.synthetic.column_names)

    @property
    def secrets(self) -> tuple[ColumnName, ...]:
        """The columns whose values an attacker is after: the sensitive ones; all where none is called so."""
        return secrets_of(self.columns, self.roles)

    @cached_property
    def people(self) -> tuple[int, int]:
        """How many are in training and how many held out; ``CheckFailed`` when there are too few, or nothing to try."""
        if not self.synthetic.num_rows or not self.columns:
            raise CheckFailed("there are no synthetic rows, or no learned column; there is nothing to judge")
        ((train, control),) = self.matches.count([()]).tolist()
        if min(train, control) < FEWEST_ROWS:
            raise CheckFailed(
                f"fewer than {FEWEST_ROWS} people in training or held out, so that no attack could tell anything: "
                "raise `holdout`, or do not release so small a table"
            )
        return int(train), int(control)

    @cached_property
    def codes(self) -> Codes:
        """The synthetic rows as numbers, and nobody real: code 0 is below the least value, the last above the greatest.

        So a rule "at most" begins at 0 and a rule "at least" ends at the last code, and neither is taken for equality.
        """
        rows = self.synthetic.num_rows
        cells = np.empty((rows, len(self.columns)), dtype=np.int32)
        for place, (codes, _) in enumerate(self._coded):
            cells[:, place] = np.where(codes == NULL, NULL, codes + 1)
        return Codes(
            cells=cells,
            positions=np.zeros((rows, 0), dtype=np.float32),
            placed=np.zeros(0, dtype=np.int64),
            ordered=np.array([has_order(values.type) for _, values in self._coded], dtype=np.bool_),
            sizes=np.array([len(values) + 2 if len(values) else 0 for _, values in self._coded], dtype=np.int32),
            numbers=tuple(self._numbers(values) for _, values in self._coded),
            train=0,
            control=0,
            synthetic=rows,
        )

    def count(self, columns: NDArray[np.int32], lows: NDArray[np.int32], highs: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return (rules, 2): how many in training and how many held out keep ``low <= code <= high``, all conditions.

        All arrays are rules x conditions, of ``codes``; a condition that begins at NULL and ends above it holds always.
        """
        sides = (columns.tolist(), lows.tolist(), highs.tolist())
        rules = [tuple(self._conditions(*rule)) for rule in zip(*sides, strict=True)]
        return self.matches.count(rules)

    def alike(self, cells: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return (rows, 2): how many in training and how many held out are as each row of ``cells``, in all columns."""
        every = range(len(self.columns))
        return self.matches.count([tuple(self._conditions(every, row, row)) for row in cells.tolist()])

    def made_up(self, many: int, random: np.random.Generator) -> NDArray[np.int32]:
        """Return ``many`` rows of codes that are drawn evenly from all values of a column: what nobody's rows say."""
        drawn = random.integers(1, np.maximum(self.codes.sizes - 1, 2), size=(many, len(self.codes.sizes)))
        return np.where(self.codes.sizes > 0, drawn, NULL).astype(np.int32)

    def random(self, purpose: str) -> np.random.Generator:
        """Return the random stream of one attack: the same seed and purpose give the same draws."""
        return stream(self.seed, purpose)

    def _conditions(self, columns: Sequence[int], lows: Sequence[int], highs: Sequence[int]) -> list[Condition]:
        found = []
        for column, low, high in zip(columns, lows, highs, strict=True):
            name, values = self.columns[column], self._values[column]
            if low == high:
                found.append(Condition(name, How.IS, None if low == NULL else values[low - 1]))
                continue
            if low > 0:
                found.append(Condition(name, How.AT_LEAST, values[low - 1]))
            if low > NULL and high <= len(values):
                found.append(Condition(name, How.AT_MOST, values[high - 1]))
        return found

    @cached_property
    def _coded(self) -> list[tuple[NDArray[np.int32], pa.Array]]:
        return [code_column([self.synthetic.column(name)]) for name in self.columns]

    @cached_property
    def _values(self) -> list[list[Any]]:
        return [values.to_pylist() for _, values in self._coded]

    @staticmethod
    def _numbers(values: pa.Array) -> NDArray[np.float64]:
        own = numbers_of(values) if has_order(values.type) else np.arange(len(values), dtype=np.float64)
        return np.concatenate([[-np.inf], own, [np.inf], [np.nan]])
