"""Which row stands under which, in a database that is made up: by place alone, whatever has been made of it so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.policy.lineage import Lineage
    from gateway.vocabulary.names import TableName


class Descent:
    """The tree of tables with the places of their rows: those of owner row i are ``starts[i]:starts[i + 1]``.

    So the rows of any table under one row of any table above lie together. Takes 8 bytes for each owner row.
    """

    def __init__(self, tree: Lineage, *, units: int) -> None:
        """Begin with ``units`` rows of the unit's table."""
        self._owner_of = {kin.table: kin.owner for kin in tree.owned if kin.owner is not None}
        self._starts: dict[TableName, NDArray[np.int64]] = {}
        self._rows = {tree.unit.table: units}

    def grow(self, table: TableName, starts: NDArray[np.int64]) -> None:
        """Lay the rows of ``table`` under those of its owner, which has been grown; ``ValueError`` if they do not fit.

        ``starts`` has one entry for each owner row and one for the end.
        """
        starts = np.asarray(starts, dtype=np.int64)
        if len(starts) != self.rows(self._owner_of[table]) + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
            raise ValueError(f"the starts of {table} do not fit the rows that own it")
        self._starts[table] = starts
        self._rows[table] = int(starts[-1])

    def knows(self, table: TableName) -> bool:
        """Tell whether the rows of ``table`` have been laid out."""
        return table in self._rows

    def rows(self, table: TableName) -> int:
        """Return how many rows ``table`` has; ``KeyError`` before it has been grown."""
        return self._rows[table]

    def starts(self, table: TableName) -> NDArray[np.int64]:
        """Return where the rows of each owner row begin, and the end."""
        return self._starts[table]

    def path(self, table: TableName) -> Sequence[TableName]:
        """Return ``table``, its owner, that one's owner, and so on up to the unit's."""
        path = [table]
        while (owner := self._owner_of.get(path[-1])) is not None:
            path.append(owner)
        return path

    def above(self, table: TableName, rows: NDArray[np.int64], *, at: TableName) -> NDArray[np.int64]:
        """Return the rows of the table ``at``, ``table`` itself or one that it is under, that ``rows`` belong to."""
        for below in self.path(table):
            if below == at:
                return rows
            rows = np.searchsorted(self._starts[below], rows, side="right") - 1
        raise KeyError(at)

    def below(
        self, table: TableName, *, at: TableName, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the rows of ``table`` that are under ``rows`` of the table ``at`` begin, and where they end."""
        first, end = rows, rows + 1
        path = list(self.path(table))
        for below in reversed(path[: path.index(at)]):
            first, end = self._starts[below][first], self._starts[below][end]
        return first, end

    def meeting(self, table: TableName, other: TableName) -> TableName:
        """Return the lowest table that both stand under, or are."""
        over = set(self.path(other))
        return next(name for name in self.path(table) if name in over)

    def rank(self, table: TableName, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows of the same owner come before each of ``rows``."""
        starts = self._starts[table]
        first: NDArray[np.int64] = starts[np.searchsorted(starts, rows, side="right") - 1]
        return rows - first
