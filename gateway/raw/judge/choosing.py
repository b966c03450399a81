"""Who is attacked: equally many people trained on and held out, drawn at random, and beside them the oddest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL
from gateway.raw.judge.kernels import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.codes import Codes

MOST_TARGETS = 2000
"""People of each kind who are attacked at random."""
_CANDIDATES = 5000
"""People of each kind among whom the oddest are looked for."""
_OUTLIERS = 0.025
FEWEST = 20
"""A part needs as many targets of each kind."""
_FEW_VALUES = 12
"""A column of at most as many values is divided by value."""
_BINS = 4
"""And one of more values that have an order into as many parts; of others, as many of the commonest as above."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Chosen:
    """The targets of an attack, rows of ``codes.real``. Raw: does not print itself."""

    codes: Codes
    rows: NDArray[np.int64]
    """Training rows first, then control rows."""
    drawn: NDArray[np.bool_]
    """Who was drawn at random: equally many of either kind. The others are here as outliers only."""
    outlier: NDArray[np.bool_]
    """Who is among the oddest: equally many of either kind."""
    oddness: NDArray[np.float32]
    """Distance to the nearest other control row, as the mean over columns (Gower): large for outliers."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return f"<Chosen: {len(self.rows)} rows withheld>"

    @property
    def member(self) -> NDArray[np.bool_]:
        """Per target: whether it was trained on."""
        return self.rows < self.codes.train

    @cached_property
    def groups(self) -> dict[int, NDArray[np.int64]]:
        """Per column of ``codes.cells``: which group of its values each target is in; -1 if in none that counts."""
        real = self.codes.real
        found = {}
        for column, ordered in enumerate(self.codes.ordered):
            cells = real[:, column]
            own = cells[self.rows]
            counts = np.bincount(cells - NULL, minlength=1)
            if (counts > 0).sum() <= _FEW_VALUES:
                found[column] = own.astype(np.int64) - NULL
            elif ordered:
                ends = np.quantile(cells[cells != NULL], np.arange(1, _BINS) / _BINS, method="nearest")
                found[column] = np.where(own == NULL, 0, 1 + np.searchsorted(ends, own, side="left"))
            else:
                common = np.sort(np.argsort(-counts, kind="stable")[:_FEW_VALUES])
                place = np.minimum(np.searchsorted(common, own - NULL), len(common) - 1)
                found[column] = np.where(common[place] == own - NULL, place, -1)
        return found

    def drawing(self, rows: NDArray[np.int64]) -> Chosen:
        """Return these targets with other ones drawn at random, training rows first, and the same outliers."""
        apart = np.flatnonzero(self.outlier)
        joined = np.concatenate([rows, self.rows[apart]])
        ours = np.argsort(joined >= self.codes.train, kind="stable")
        drawn = np.arange(len(joined)) < len(rows)
        oddness = np.concatenate([np.zeros(len(rows), dtype=np.float32), self.oddness[apart]])
        return replace(self, rows=joined[ours], drawn=drawn[ours], outlier=~drawn[ours], oddness=oddness[ours])


def choose(codes: Codes, random: np.random.Generator, *, most: int = MOST_TARGETS) -> Chosen:
    """Return up to ``most`` training rows and as many control rows, and the oddest 2.5 % of up to 5,000 of either.

    Odd is who is far from everybody in the control set, themselves left out; for a fair comparison somebody, at
    random, is left out for training rows too. At least 20 of either kind are called odd. All control rows are
    searched. The same ``random`` gives the same targets.
    """
    each = min(codes.train, codes.control, max(_CANDIDATES, most))
    held_out = random.choice(codes.control, each, replace=False)
    rows = np.concatenate([random.choice(codes.train, each, replace=False), codes.train + held_out])
    left_out = np.concatenate([random.integers(codes.control, size=each), held_out])
    oddness = np.asarray(nearest(codes.positions[rows], codes.held_out, left_out))
    count = max(FEWEST, int(_OUTLIERS * each))
    outlier = np.zeros(2 * each, dtype=np.bool_)
    for begin in (0, each):
        outlier[begin + np.argsort(-oddness[begin : begin + each], kind="stable")[:count]] = True
    drawn = np.tile(np.arange(each) < most, 2)
    kept = drawn | outlier
    return Chosen(codes=codes, rows=rows[kept], drawn=drawn[kept], outlier=outlier[kept], oddness=oddness[kept])


def strung_together(codes: Codes, random: np.random.Generator) -> NDArray[np.int32]:
    """Return cells of as many rows as there are synthetic ones, each column drawn for itself from the control rows.

    What somebody makes who knows the population's columns, and has no synthetic table.
    """
    rows = np.empty((codes.synthetic, len(codes.sizes)), dtype=np.int32)
    for column in range(len(codes.sizes)):
        rows[:, column] = codes.cells[random.integers(codes.train, codes.train + codes.control, len(rows)), column]
    return rows
