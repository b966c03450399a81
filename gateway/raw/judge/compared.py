"""One table's real and synthetic rows, as the measures of use see them; what several of them need is made once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.judge.associations import associations
from gateway.raw.judge.lessons import Lesson, lesson
from gateway.raw.judge.relations import relations
from gateway.raw.judge.utility import Coded, binned, distances
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.associations import Associations
    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.histories import History
    from gateway.raw.judge.relations import Relations
    from gateway.raw.judge.utility import Distances
    from gateway.vocabulary.names import ColumnName, TableName


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """The rows of one table on all three sides. Raw: does not print itself."""

    table: TableName
    columns: tuple[ColumnName, ...]
    coded: Coded
    seed: int
    times: tuple[int, ...]
    """Which of ``columns`` say when a row happened, or began."""
    owner: NDArray[np.int64]
    """The unit that each row belongs to, numbered through training, control and synthetic: rows of one unit are alike,
    and what learns must not be taught and tried on the same one."""
    history: History | None = None
    """The rows with whom they belong to; None in the unit's own table."""
    _lessons: dict[str, Lesson] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return f"<Compared {self.table}: rows withheld>"

    @cached_property
    def bins(self) -> list[tuple[NDArray[np.int64], int]]:
        """Every column in the bins of ``utility.distances``: each row's, and how many there are, NULL's the last."""
        return [binned(self.coded, column) for column in range(len(self.columns))]

    @cached_property
    def near(self) -> Distances:
        """The distances of columns and of pairs of columns within rows; ``CheckFailed`` where there is no column."""
        if not self.columns:
            raise CheckFailed(f"table {self.table} has no learned column to compare")
        return distances(self.coded, self.columns)

    @cached_property
    def relations(self) -> Relations | None:
        """What holds between owned rows and their owners; None in the unit's own table."""
        return None if self.history is None else relations(self.history)

    @cached_property
    def associations(self) -> tuple[Associations, Associations]:
        """How columns hang together, in training rows and in synthetic ones."""
        real = slice(0, self.coded.train)
        made = slice(len(self.coded.cells) - self.coded.synthetic, len(self.coded.cells))
        return associations(self.coded, self.bins, real), associations(self.coded, self.bins, made)

    def numbers(self, column: int, rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """Return the numbers of ``rows`` in a column that has an order; NaN for NULL and for what is no number."""
        return self.coded.numbers[column][self.coded.cells[rows, column]]

    def lesson(self, task: str) -> Lesson:
        """Return what real and synthetic rows teach about ``task``; taught once. ``CheckFailed`` as ``lessons`` has."""
        if task not in self._lessons:
            self._lessons[task] = lesson(self.coded, self.columns, task=task, seed=self.seed)
        return self._lessons[task]

    def random(self, purpose: int) -> np.random.Generator:
        """Return the random stream of one purpose: the same seed and purpose give the same draws."""
        return np.random.default_rng([self.seed, purpose])


def once(make: Callable[[], Compared]) -> Callable[[], Compared]:
    """Return ``make``, which is then called once, whether it returns rows or says why there are none to compare."""
    made: list[Compared | str] = []

    def known() -> Compared:
        if not made:
            try:
                made.append(make())
            except CheckFailed as problem:
                made.append(str(problem))
        if isinstance(made[0], str):
            raise CheckFailed(made[0])
        return made[0]

    return known


def of_units(arena: Arena, table: TableName) -> Compared:
    """Return the unit's rows; ``CheckFailed`` when they cannot be compared."""
    codes = arena.codes
    return Compared(
        table=table,
        columns=tuple(arena.columns),
        coded=codes,
        seed=arena.seed,
        times=_times(arena.train.schema, arena.columns),
        owner=np.arange(len(codes.cells)),
    )


def of_history(history: History, *, seed: int) -> Compared:
    """Return the rows of one owned table; with an order, the time and the gap to the row before are columns too."""
    rows = history.rows
    return Compared(
        table=history.table,
        columns=tuple(rows.columns),
        coded=rows,
        seed=seed,
        times=(len(rows.columns) - 2,) if history.timed else (),
        owner=history.unit,
        history=history,
    )


def _times(schema: pa.Schema, columns: Sequence[ColumnName]) -> tuple[int, ...]:
    return tuple(j for j, name in enumerate(columns) if pa.types.is_temporal(schema.field(name).type))
