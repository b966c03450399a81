"""Noisy fine counts along a line as steps: long ones where little changes, a single cell where something stands out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PENALTY = 2.0
"""A step has to explain so many times the logarithm of the number of cells (half a squared deviation in sigmas)."""
GHOST = 2.0
"""Steps whose sum is below so many standard deviations of it are taken to be empty."""
NARROWEST = 1e-6
"""No cell counts as narrower than this part of the mean."""


def steps(
    noisy: NDArray[np.float64], sigma: float, *, widths: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return counts of at least 0, of one density over each step, of about the same sum; shape as ``noisy``.

    Density is by ``widths``, at least 0; without them, or where all are 0, cells are equally wide. The steps minimize
    the squared deviations in units of ``sigma`` plus a price for each step (the Potts functional, by dynamic
    programming, Friedrich et al. 2008): a cell that stands out costs two, whatever lies beside it. Takes a time that
    grows with the square of the number of cells.
    """
    if not noisy.size:
        return noisy.copy()
    wide = np.ones(noisy.size)
    if widths is not None and widths.any():
        wide = np.maximum(widths / widths.mean(), NARROWEST)
    smooth = np.zeros(noisy.size)
    for begin, end in itertools.pairwise(_bounds(noisy / sigma, wide)):
        whole = float(noisy[begin:end].sum())
        if whole >= GHOST * sigma * (end - begin) ** 0.5:
            smooth[begin:end] = whole * wide[begin:end] / wide[begin:end].sum()
    total = max(float(noisy.sum()), 0.0)
    return smooth * (total / smooth.sum()) if smooth.any() and total > 0 else smooth


def _bounds(scaled: NDArray[np.float64], wide: NDArray[np.float64]) -> list[int]:
    """Return where steps begin, and the number of cells at the end."""
    cells = scaled.size
    products, squares, widths = scaled * wide, scaled**2, wide**2
    price = 2 * PENALTY * np.log(max(cells, 2))
    best = np.zeros(cells + 1)
    best[0] = -price
    before = np.zeros(cells + 1, dtype=np.int64)
    for end in range(1, cells + 1):
        # summed from here back to every begin: a difference of sums over all cells would lose narrow ones beside a wide
        product, square, width = (np.cumsum(each[:end][::-1])[::-1] for each in (products, squares, widths))
        costs = best[:end] + square - product**2 / width + price
        before[end] = np.argmin(costs)
        best[end] = costs[before[end]]
    bounds = [cells]
    while bounds[-1]:
        bounds.append(int(before[bounds[-1]]))
    return bounds[::-1]
