"""Shares to whole rows with as little chance as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def systematic(shares: NDArray[np.float64], rows: int, *, generator: np.random.Generator) -> NDArray[np.int32]:
    """Return ``rows`` codes in which code v appears ``rows * share`` times, rounded up or down, in shuffled order.

    ``shares`` is non-negative with a positive sum, which need not be 1. One uniform draw places an even comb over the
    cumulated shares (systematic sampling), so the expected number of every code is exact and its error below one row.
    """
    edges = np.cumsum(shares) * (rows / shares.sum())
    teeth = np.arange(rows) + generator.random()
    found = np.searchsorted(edges, teeth, side="right")
    # rounding may leave the last tooth behind the last edge: it belongs to the last code that has a share
    codes = np.minimum(found, np.flatnonzero(shares > 0)[-1])
    generator.shuffle(codes)
    return np.asarray(codes, dtype=np.int32)
