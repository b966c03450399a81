"""What is measured of the rows that one row owns, and what a model of them is made of.

A *history* is the rows of one table that one row of another owns (the lab results of a patient), in order. Its columns
are coded and come in the order they are drawn in: the gap to the row before first, if the table has an order; then the
kind of the row, if it has one; then the others. A *term* says how one column hangs on contexts. Its table is counted
over real rows, and again over simulated ones, by the very same functions (``contexts``, ``clipping``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


NOWHERE = -1
"""In place of a bin: rows there count nowhere in the term, and it says nothing of them."""


class Place(StrEnum):
    """Where a context of a row is found."""

    OWNER = "owner"
    """A column of the row that owns this one."""
    ROW = "row"
    """A column of the same row that is drawn before."""
    BEFORE = "before"
    """A column of the row before; its last cell says that there is none."""
    LAST = "last"
    """A column of the last row before that has the same kind; its last cell says that there is none."""
    RANK = "rank"
    """How many rows of the history came before, in the bins of ``contexts.RANKS``."""
    LEFT = "left"
    """Time left until the last row, for each row left: octaves, see ``contexts``. Known while a history is drawn,
    because its number of rows and its span are drawn beforehand, with the owner."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """One context: a place, the column there (none for RANK and LEFT), and how its cells are merged."""

    place: Place
    column: int = -1
    bin_of: tuple[int, ...] | None = None
    """For each cell (the last of BEFORE and LAST included) the bin it belongs to, or ``NOWHERE``."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """How column ``target`` hangs on ``contexts`` together; with none, its own frequencies."""

    target: int
    contexts: tuple[Context, ...] = ()
    bin_of: tuple[int, ...] | None = None
    """How the target's cells are merged."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many cells the columns of a table of histories have, and what they are. All of it public or noisy."""

    cells: tuple[int, ...]
    """Of each column, in the order of drawing. With ``ordered`` column 0 is the gap, its last cell for first rows."""
    owner: tuple[int, ...] = ()
    """Of each column of ``Owners.codes``."""
    ordered: bool = False
    """Whether rows follow each other in time."""
    kind: int | None = None
    """The column that says what sort of row it is; ``Place.LAST`` needs it."""
    once: tuple[int, ...] = ()
    """Columns in which a history has each cell at most once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredTerm:
    """Noisy counts of a term: one axis per context, then the target.

    In every unit's part of the exact table the L2 norm was cut to the root of ``clip`` (``clipping``), so ``counts``
    are in rows, but of histories scaled down; ``sigma`` is the noise's standard deviation, in the same measure.
    """

    term: Term
    counts: NDArray[np.float64]
    sigma: float
    clip: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Owners:
    """The rows that own histories, and what was drawn with them. ``n`` owners."""

    unit: NDArray[np.int64]
    """(n,) the unit each belongs to, not falling."""
    codes: NDArray[np.int16]
    """(columns, n) cells of the columns that contexts look at."""
    rows: NDArray[np.int64]
    """(n,) how many rows each history has."""
    first: NDArray[np.int64]
    """(n,) time of the first row, in units of the order; ignored without an order or rows."""
    span: NDArray[np.int64]
    """(n,) time from the first row to the last."""
    end: NDArray[np.int64] | None = None
    """(n,) time after which no row is drawn, where the public says so. Real histories are not looked at for it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Histories:
    """Histories of ``n`` owners, end to end: the rows of owner i are ``starts[i]`` up to ``starts[i + 1]``."""

    starts: NDArray[np.int64]
    """(n + 1,)"""
    time: NDArray[np.int64]
    """(rows,) in units of the order (days, or seconds); zeros without an order."""
    codes: NDArray[np.int16]
    """(columns, rows) cells, in the order of drawing. With an order column 0 is the gap; its last cell is that of the
    first row of a history."""
