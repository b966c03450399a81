"""The contract of counting histories: tables over the rows of one owned table, with every unit's part bounded.

A unit is counted with all its histories of the table together, over all its owners. *Bounded* means: whatever a unit
has, adding or removing it moves an answer by at most what is stated at the question. Every answer is exact, and as
secret as the rows: it may go to ``metering`` and nowhere else.

The one order of a history. Its rows are sorted by time; rows of one time by their cells under the coding in use, in
the order of ``Coding.columns``. So rows that still tie have the same codes, and no answer hangs on which comes first.
Time is the number of the order column (``physical``), date-times in whole seconds (rounded down), floats rounded down;
a row without one has the time of the earliest row of its history that has one, or 0. Without an order all are at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gateway.estimation.histories.clipping import GRID
from gateway.estimation.histories.terms import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Term
    from gateway.raw.generate.counting import Axis
    from gateway.raw.generate.domain import Ranges
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

FINEST_NORM = len(GRID) + 1
"""Cells of a histogram of norms, see ``norm_cell``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """How one column becomes cells. With several ``axes`` (of the same column) the row's kind chooses among them.

    ``axis_of[k]`` is the axis that holds for rows whose kind is in cell k of ``Coding.kind``; None when there is one.
    Cells of a shorter axis leave the last ones of the cut empty.
    """

    axes: tuple[Axis, ...]
    axis_of: tuple[int, ...] | None = None

    @property
    def column(self) -> ColumnName:
        """Return the column's name."""
        return self.axes[0].column

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return max(axis.cells for axis in self.axes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Coding:
    """How the rows of a table and of its owner become the codes that terms speak of. Public or noisy, never exact.

    A table is laid out by ``contexts.extent`` for ``shape``; where the gap is a term's target, the first rows of
    histories count nowhere, and rows that are in no bin of a context (``terms.NOWHERE``) never do.

    Columns of ``Histories.codes`` are the gap, if there is one, and then ``columns``.
    """

    columns: tuple[Cut, ...]
    gap: Ranges | None = None
    """Time since the row before, in units of the order; None: no order. After its cells, which have no rest, comes one
    for the first row of a history."""
    gap_bin_of: NDArray[np.int32] | None = None
    """For each cell of ``gap`` its bin; the cell for the first row then comes after the bins."""
    kind: int | None = None
    """Which of ``columns`` is the kind. Its own cut has one axis, and it stands before all that hang on it."""
    owner: tuple[Cut, ...] = ()
    """Cuts of the owner's columns, which OWNER contexts count through, by that order."""
    owner_kind: int | None = None
    """Which of ``owner`` is the owner's kind, where cuts of the owner hang on it."""

    @property
    def cells(self) -> tuple[int, ...]:
        """Return the cells of every column of the codes, the gap's first."""
        own = tuple(cut.cells for cut in self.columns)
        return own if self.gap is None else (self.gaps + 1, *own)

    @property
    def gaps(self) -> int:
        """Return the cells of gaps proper, without that of first rows."""
        if self.gap is None:
            return 0
        return self.gap.cells if self.gap_bin_of is None else int(self.gap_bin_of.max()) + 1

    @property
    def owner_cells(self) -> tuple[int, ...]:
        """Return the cells of every column of the owner's codes."""
        return tuple(cut.cells for cut in self.owner)

    @property
    def shape(self) -> Shape:
        """Return what there is to say of the codes, in the estimation's words."""
        return Shape(
            cells=self.cells,
            owner=self.owner_cells,
            ordered=self.gap is not None,
            kind=None if self.kind is None else self.kind + (self.gap is not None),
        )


def norm_cell(squared: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cell of norms, given their squares: how many numbers of ``clipping.GRID`` are at most the square.

    Cell 0 is 0; others are about a quarter octave of the norm wide.
    """
    return np.searchsorted(np.array(GRID, dtype=np.int64), squared, side="right")


def norm_edge(cell: int) -> int:
    """Return the least square of a norm that lies in ``cell``."""
    return GRID[cell - 1] if cell else 0


class HistoryCounter(Protocol):
    """Exact questions about the histories of one table. All answers of one counter are of one state of the source."""

    table: Table
    """The shape of the columns that can be counted: learned ones, the order and the kind."""
    owner: Table
    """The shape of the owner's columns that contexts may look at, derived ones (``<table>: rows``) included."""

    def values(self, column: ColumnName, *, most: int) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts of a text or enum ``column`` with the number of *units* that have each (int64), unordered.

        A unit counts for at most ``most`` texts: those that it has in fewest rows; of as many rows, those whose UTF-8
        bytes come first. NULL is not counted. Texts are the same when their code points are.
        Sensitivity: ``most`` cells by one each; L2 sqrt(most).
        """
        ...

    def norms(self, coding: Coding, terms: Sequence[Term]) -> list[NDArray[np.int64]]:
        """Return for each term how many units have a table of which L2 norm: ``FINEST_NORM`` cells, see ``norm_cell``.

        Units without rows are in cell 0. Sensitivity: one cell by one; L2 1.
        """
        ...

    def count(self, coding: Coding, terms: Sequence[tuple[Term, int]]) -> list[NDArray[np.int64]]:
        """Return each term's table over all units, each unit's part cut to an L2 norm of sqrt(clip), in 2^-20 rows.

        int64, one axis per context and the target's last. A unit's table of counts c with n2 = sum c^2 is taken times
        2^20 where n2 <= clip and otherwise times the largest whole w with w^2 n2 <= clip 2^40 (``clipping``). ``clip``
        is a whole number, at least 1 and below ``clipping.CLIPS``. Sensitivity: L2 sqrt(clip) 2^20.
        """
        ...

    def shares(self, coding: Coding, terms: Sequence[Term], *, weight: int) -> list[NDArray[np.int64]]:
        """Return each term's table with every unit weighing the same, whatever it owns; axes as those of ``count``.

        int64. A unit with k rows in the table, c of them in a cell, adds the whole part of ``weight * c / k`` to that
        cell (``estimation.histories.sharing``); one with no row in it adds nothing. ``weight`` is a whole number, from
        1 to ``sharing.MOST_WEIGHT``. Sensitivity: L1 ``weight``.
        """
        ...
