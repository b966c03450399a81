"""A noisy table drawn towards a simpler one, as far as its own noise makes that wise. Post-processing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.consistency import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 30
ROUNDS = 30
"""Steps of Newton's method, and rounds of proportional fitting: fixed, so that time is."""
FARTHEST = 30.0
"""Cells stay within this of their base, as logarithms."""
_SURE = 1e-9


def relaxed(
    base: NDArray[np.float64], target: NDArray[np.float64], ridge: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return the positive table m with ``m + ridge * log(m / base) = target`` in every cell of positive ``base``.

    It is near ``target`` where the ridge is small and near ``base`` where it is large: the fixed point of a potential
    log(m / base) that is pulled to 0 in proportion to its size, found by Newton's method from the side on which it
    cannot overshoot. Cells whose base is 0 stay 0.
    """
    alive = base > 0
    safe = np.where(alive, base, 1.0)
    soft = np.maximum(ridge, _SURE * safe)
    u = np.where(target > safe, np.log(np.maximum(target, safe) / safe), 0.0)
    for _ in range(STEPS):
        grown = safe * np.exp(u)
        u = np.clip(u - (grown + soft * u - target) / (grown + soft), -FARTHEST, FARTHEST)
    return np.where(alive, safe * np.exp(u), 0.0)


def fitted(table: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return non-negative ``table`` scaled by rows and columns to the sums ``left`` and, exactly, ``right``.

    Proportional fitting; where zeros make both impossible, the row sums are as near as ``ROUNDS`` rounds bring them.
    Columns without any mass are left empty.
    """
    for _ in range(ROUNDS):
        table = table * _ratio(left, table.sum(axis=1))[:, np.newaxis]
        table = table * _ratio(right, table.sum(axis=0))
    return table


def shrunk(noisy: NDArray[np.float64], base: NDArray[np.float64], *, variance: float) -> NDArray[np.float64]:
    """Return counts of the shape (groups, cells) of ``noisy``, drawn towards ``base`` by the strength of the signal.

    ``base`` is what a simpler model expects, ``variance`` that of the noise in every cell. Row sums are those of
    ``base``. Empirical Bayes as in ``consistency.association``, which is the case of an independent base.
    """
    alive = base > 0
    residual = np.where(alive, noisy - base, 0.0)
    in_row = np.maximum(alive.sum(axis=1, keepdims=True), 1)
    residual = np.where(alive, residual - residual.sum(axis=1, keepdims=True) / in_row, 0.0)
    freedom = int(alive.sum() - alive.any(axis=1).sum())
    signal = float(np.square(residual).sum()) - variance * freedom
    if freedom < 1 or signal <= max(variance * (2.0 * freedom) ** 0.5, _SURE * float(base.sum())):
        return base
    prior = spread(residual[alive], base[alive], signal=signal, noise=variance * freedom / int(alive.sum()))
    ridge = np.zeros_like(base)
    ridge[alive] = variance * base[alive] / prior
    table = relaxed(base, base + residual, ridge)
    return np.asarray(table * _ratio(base.sum(axis=1), table.sum(axis=1))[:, np.newaxis])


def _ratio(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)
