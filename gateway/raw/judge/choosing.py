"""Who is attacked: equally many people trained on and held out, drawn at random, and beside them the outliers."""

from __future__ import annotations

import math
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
"""Training rows among which those far from everybody are looked for: the ones whose values are the rarest."""
_OUTLIERS = 0.025
_MOST_OUTLIERS = 250
FEWEST = 20
"""A part needs as many targets of each kind."""
_FEW_VALUES = 12
"""A column of at most as many values is divided by value."""
_PARTS = 20
"""Parts of a column that has an order, by how many different values are below, in which rows are counted."""
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
    far: NDArray[np.bool_]
    """Who is among those farthest from everybody: the same share of training and of control rows."""
    extreme: NDArray[np.bool_]
    """Who is among those with the most extreme number or time in any column: likewise."""
    oddness: NDArray[np.float32]
    """Distance to the nearest other control row, as the mean over columns (Gower): large for outliers."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return f"<Chosen: {len(self.rows)} rows withheld>"

    @property
    def member(self) -> NDArray[np.bool_]:
        """Per target: whether it was trained on."""
        return self.rows < self.codes.train

    @property
    def outlier(self) -> NDArray[np.bool_]:
        """Who is an outlier of either sort."""
        return self.far | self.extreme

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
        none = np.zeros(len(rows), dtype=np.bool_)
        far, extreme = (np.concatenate([none, sort[apart]])[ours] for sort in (self.far, self.extreme))
        oddness = np.concatenate([np.zeros(len(rows), dtype=np.float32), self.oddness[apart]])[ours]
        drawn = np.arange(len(joined))[ours] < len(rows)
        return replace(self, rows=joined[ours], drawn=drawn, far=far, extreme=extreme, oddness=oddness)


def choose(codes: Codes, random: np.random.Generator, *, most: int = MOST_TARGETS) -> Chosen:
    """Return up to ``most`` training rows and as many control rows, and the outliers of all training and control rows.

    Outliers are 2.5 % of the rows, at least 20 of the control and at most 250 of training, in two sorts: those with the
    most extreme number or time in any column; and, among 5,000 with the rarest values, those farthest from everybody in
    the control set, themselves left out (for a fair comparison somebody, at random, is left out for training rows too).
    Of either kind of rows it is the same share, so that outliers of the larger set are not farther out. All rows are
    looked at, so who is an outlier does not hang on whom a sample left out; all control rows are searched. The same
    ``random`` gives the same targets.
    """
    each = min(codes.train, codes.control, most)
    drawn = np.concatenate([
        random.choice(codes.train, each, replace=False),
        codes.train + random.choice(codes.control, each, replace=False),
    ])  # fmt: skip
    share = max(FEWEST / codes.control, min(_OUTLIERS, _MOST_OUTLIERS / codes.train))
    extreme = _first(_extremity(codes), codes, share, random)
    candidates = _first(_rarity(codes), codes, max(share, min(1.0, _CANDIDATES / codes.train)), random)
    rows = np.unique(np.concatenate([drawn, extreme, candidates]))
    aside = rows - codes.train
    left_out = np.where(aside >= 0, aside, random.integers(codes.control, size=len(rows)))
    oddness = np.asarray(nearest(codes.positions[rows], codes.held_out, left_out))
    odd = np.full(len(codes.real), -np.inf)
    odd[candidates] = oddness[np.searchsorted(rows, candidates)]
    far = _first(odd, codes, share, random)
    kept = np.isin(rows, np.concatenate([drawn, extreme, far]))
    return Chosen(
        codes=codes,
        rows=rows[kept],
        drawn=np.isin(rows, drawn)[kept],
        far=np.isin(rows, far)[kept],
        extreme=np.isin(rows, extreme)[kept],
        oddness=oddness[kept],
    )


def _first(score: NDArray[np.float64], codes: Codes, share: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the ``share`` of training rows and that of control rows with the highest ``score``; ties at random."""
    found = []
    for begin, many in ((0, codes.train), (codes.train, codes.control)):
        order = np.lexsort((random.random(many), -score[begin : begin + many]))
        found.append(begin + order[: min(many, math.ceil(share * many))])
    return np.concatenate(found)


def _extremity(codes: Codes) -> NDArray[np.float64]:
    """Return, per real row, how far out its farthest number or time is, in ranges of the middle 98 %."""
    found = np.zeros(len(codes.real))
    for place, column in enumerate(codes.placed):
        there = codes.real[:, column] != NULL
        if codes.ordered[column] and there.any():
            places = codes.positions[: len(found), place][there]
            found[there] = np.maximum(found[there], np.abs(places - np.median(places)))
    return found


def _rarity(codes: Codes) -> NDArray[np.float64]:
    """Return, per real row, how rare its values are: the sum of logarithms, numbers by twentieths of their column."""
    found = np.zeros(len(codes.real))
    for column, ordered in enumerate(codes.ordered):
        cells = codes.real[:, column].astype(np.int64)
        if ordered and codes.sizes[column] > _FEW_VALUES:
            cells = np.where(cells == NULL, NULL, cells * _PARTS // codes.sizes[column])
        counts = np.bincount(cells - NULL)
        found -= np.log(counts.clip(min=1) / len(cells))[cells - NULL]
    return found


def strung_together(codes: Codes, random: np.random.Generator) -> NDArray[np.int32]:
    """Return cells of as many rows as there are synthetic ones, each column drawn for itself from the control rows.

    What somebody makes who knows the population's columns, and has no synthetic table.
    """
    rows = np.empty((codes.synthetic, len(codes.sizes)), dtype=np.int32)
    for column in range(len(codes.sizes)):
        rows[:, column] = codes.cells[random.integers(codes.train, codes.train + codes.control, len(rows)), column]
    return rows
