"""From noisy counts of neighbouring ranges to likely ones: noise is averaged away where neighbours look alike.

1. Cells that stand out from the median of their neighbours by SPIKE standard deviations keep what they have above it.
2. The rest is divided down a binary tree. At every node the left part's count is drawn towards its share by width, by
   z^2 / (z^2 + SHRINK) with z the standardised distance from it: empirical Bayes for a part that is one of many.
3. That is done for TREES trees that are cut elsewhere, and averaged, so that no cut shows.

Post-processing: sees noisy counts only, and is a function of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import median_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPIKE = 3.0
NEIGHBOURS = 5
SHRINK = 2.0
TREES = 8
_NARROW = 1e-12
"""No range counts as narrower than this part of all."""


def smoothed(
    noisy: NDArray[np.int64], sigma: NDArray[np.float64], width: NDArray[np.float64], *, total: float
) -> NDArray[np.float64]:
    """Return nonnegative counts of sum ``total`` for ranges side by side that are ``width`` wide."""
    if total <= 0:
        return np.zeros(noisy.size)
    whole = width.sum()
    wide = np.maximum(width / whole, _NARROW) if whole > 0 else np.ones(width.size)
    usual = np.maximum(median_filter(noisy / wide, size=NEIGHBOURS, mode="nearest") * wide, 0.0)
    spike = noisy - usual > SPIKE * sigma
    above = np.where(spike, noisy - usual, 0.0)
    if above.sum() >= total:
        return np.asarray(above * (total / above.sum()))
    return above + _divided(np.where(spike, usual, noisy), sigma**2, wide, total - float(above.sum()))


def _divided(
    noisy: NDArray[np.float64], variance: NDArray[np.float64], width: NDArray[np.float64], total: float
) -> NDArray[np.float64]:
    counts, spread, wide = (np.concatenate([[0.0], np.cumsum(each)]) for each in (noisy, variance, width))
    cuts = np.random.default_rng(0)  # places to cut at, the same for everyone
    low, high = np.zeros(TREES, dtype=np.int64), np.full(TREES, noisy.size, dtype=np.int64)
    mass, found = np.full(TREES, total / TREES), np.zeros(noisy.size)
    while low.size:
        single = high - low == 1
        np.add.at(found, low[single], mass[single])
        low, high, mass = low[~single], high[~single], mass[~single]
        span = high - low
        middle = low + np.clip(np.rint(span * cuts.uniform(0.3, 0.7, span.size)).astype(np.int64), 1, span - 1)
        left, right = (counts[b] - counts[a] for a, b in ((low, middle), (middle, high)))
        noise, other = (spread[b] - spread[a] for a, b in ((low, middle), (middle, high)))
        usual = mass * TREES * (wide[middle] - wide[low]) / (wide[high] - wide[low])
        away = left + (mass * TREES - left - right) * noise / (noise + other) - usual
        signal = away**2 / (away**2 + SHRINK * noise * other / (noise + other))
        part = np.clip((usual + signal * away) / TREES, 0.0, mass)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        mass = np.concatenate([part, mass - part])
    return found
