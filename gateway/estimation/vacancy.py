"""Cells of a noisy table of two ordered columns that are taken to be empty: runs that noise alone may have filled.

Where a column has many cells, what noise leaves in those that are empty adds up: of owners whose rows all fall on one
day, a seventh seemed to have many rows, each cell of them within its noise. Told cell by cell, they cannot be told from
rare ones; all together they can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.segments import GHOST, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCARCE = 4.0
"""Independent columns would have so many times as much in a run as there may be at most, or it is left alone."""


def vacant(counts: NDArray[np.float64], independent: NDArray[np.float64], *, sigma: float) -> NDArray[np.bool_]:
    """Return which cells of a table with noise ``sigma`` are taken to be empty; never all of a row or a column.

    Given each cell of the second column, the first is cut into steps of one density, relative to what there would be
    were the columns ``independent`` (``segments.steps``), whose margins are taken for known. Empty are runs of steps
    with less than ``GHOST`` standard deviations in them, where independent columns would have far more than hides in
    that (``SCARCE``). The few rows they may have after all are lost to other cells. The first column's cells are in
    order.
    """
    found = np.zeros(counts.shape, dtype=np.bool_)
    if sigma <= 0:
        return found
    for column in range(counts.shape[1]):
        noisy, usual = counts[:, column], independent[:, column]
        light = steps(noisy, sigma, widths=usual) <= 0
        bounds = np.flatnonzero(np.diff(np.concatenate([[0], light.astype(np.int8), [0]])))
        for begin, end in bounds.reshape(-1, 2).tolist():
            part = _empty(noisy, usual, begin, end, sigma=sigma)
            found[part, column] = True
    found[found.all(axis=1)] = False
    found[:, found.all(axis=0)] = False
    return found


def _empty(noisy: NDArray[np.float64], usual: NDArray[np.float64], begin: int, end: int, *, sigma: float) -> slice:
    """Return the part of a run that is empty, without what has to be left out at its ends: a step may end too late.

    What is in it is told by its own cells and by what the others leave of the margin.
    """
    missing = float(usual.sum() - noisy.sum())
    while begin < end:
        inside = float(noisy[begin:end].sum())
        cells, others = end - begin, noisy.size - (end - begin) + 1
        within = (inside * others + (missing + inside) * cells) / (cells + others)
        doubt = GHOST * sigma * (cells * others / (cells + others)) ** 0.5
        if within < doubt:
            scarce = usual[begin:end].sum() >= SCARCE * (max(within, 0.0) + doubt)
            return slice(begin, end) if scarce else slice(0, 0)
        if noisy[begin] > noisy[end - 1]:
            begin += 1
        else:
            end -= 1
    return slice(0, 0)
