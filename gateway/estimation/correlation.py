"""Correlations of normal figures that are seen in halves only, and the nearest matrix of correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRONGEST = 0.99
"""Correlations stay within this."""
GRID = 200
"""Steps of the integral that turns a share into a correlation, on either side of 0."""
PROJECTIONS = 100
"""Rounds of the search for the nearest matrix."""
LEAST = 1e-4
"""No eigenvalue is smaller, before the diagonal is made 1."""


def tetrachoric(
    excess: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return correlations of pairs of standard normals, and by how much the excess grows with each at 0.

    ``left`` and ``right`` are the chances that either is in its upper part, ``excess`` by how much the chance of both
    is above their product; all are arrays over pairs. The excess is the integral of the bivariate normal density at the
    cuts over the correlation (Plackett 1954), here over its arc sine as in Drezner and Wesolowsky 1990. What no
    correlation gives is taken for the strongest.
    """
    h, k = (np.clip(-ndtri(np.clip(share, 1e-9, 1 - 1e-9)), -6.0, 6.0)[:, np.newaxis] for share in (left, right))
    angles = np.linspace(-np.arcsin(STRONGEST), np.arcsin(STRONGEST), 2 * GRID + 1)
    sine = np.sin(angles)
    density = np.exp(-(h**2 + k**2 - 2 * h * k * sine) / (2 * (1 - sine**2))) / (2 * np.pi)
    steps = (density[:, 1:] + density[:, :-1]) / 2 * np.diff(angles)
    integral = np.concatenate([np.zeros((excess.size, 1)), np.cumsum(steps, axis=1)], axis=1)
    integral -= integral[:, GRID : GRID + 1]
    found = [np.interp(each, row, sine) for each, row in zip(excess, integral, strict=True)]
    return np.array(found), density[:, GRID]


def drawn_in(values: NDArray[np.float64], variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return noisy ``values`` drawn towards 0 by what their common spread has above their ``variances``.

    Empirical Bayes: the spread of the true values is estimated by moments, with most weight on values of least noise.
    """
    weight = 1.0 / np.maximum(variances, 1e-12) ** 2
    signal = max(0.0, float(((values**2 - variances) * weight).sum() / weight.sum()))
    return np.asarray(values * signal / np.maximum(signal + variances, 1e-12))


def nearest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a correlation matrix near the symmetric ``matrix``, positive definite, with ones on its diagonal.

    Higham 2002: projections by turns on the semi-definite matrices and on those of unit diagonal, the first corrected
    as Dykstra does; then eigenvalues are raised to ``LEAST``. A matrix that is one already is returned as it is.
    """
    size = matrix.shape[0]
    if size == 0 or np.linalg.eigvalsh(matrix)[0] >= LEAST:
        return matrix
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(PROJECTIONS):
        before = found
        part = _raised(found - correction, 0.0)
        correction = part - (found - correction)
        found = part.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < LEAST / size:
            break
    found = _raised(found, LEAST)
    scale = 1.0 / np.sqrt(np.diag(found))
    found = found * np.outer(scale, scale)
    found = (found + found.T) / 2
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def _raised(matrix: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, least)) @ vectors.T)
