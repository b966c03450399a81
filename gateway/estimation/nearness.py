"""How near synthetic rows are to what was measured with noise, and what of the distance is noise: post-processing.

Distances are total variation distances: the share of rows that would have to move. The synthetic rows were fitted to
the same noisy tables. They may follow some of the noise, so ``Nearness.corrected`` can be too low; the true distance is
at most ``apart`` and the noise together, but for luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal

    Scores = NDArray[np.float64] | None
    Table = NDArray[np.float64]

_ABSOLUTE = float(np.sqrt(2 / np.pi))
"""The mean of the absolute value of a standard normal."""
DROWNED = 0.1
"""A correlation whose noise has a greater standard deviation is not told."""
DROWNED_SQUARE = 0.04
"""The same of a squared Cramer's V."""
RARE = 0.05
"""Values with a smaller share are taken together for Cramer's V: what is divided by must not be noise."""
GROUPS = 8
"""Numbers are put into so many groups for it."""


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """Distances between a noisy table, the exact one that nobody sees, and the synthetic one; each 0 to 1."""

    apart: float
    """Between the noisy and the synthetic table."""
    noise: float
    """Expected between the noisy and the exact table."""
    corrected: float
    """Estimated between the exact and the synthetic table."""


def nearness(noisy: NoisyMarginal, synthetic: Table) -> Nearness:
    """Return how far ``synthetic`` counts, of the shape of the ``noisy`` ones, are from them, both as shares.

    The estimate takes the errors for normal, with a variance in proportion to a cell's share beside the known one of
    the noise, and finds the proportion at which they would be as large as they are. ``ValueError`` for another shape.
    """
    if synthetic.shape != noisy.counts.shape:
        raise ValueError("synthetic counts are compared in the cells that were measured")
    counts = noisy.counts.astype(np.float64).reshape(-1)
    rows, made = float(counts.sum()), float(synthetic.sum())
    if rows <= 0 or made <= 0:
        return Nearness(apart=1.0, noise=1.0 if rows <= 0 else 0.0, corrected=0.0 if rows <= 0 else 1.0)
    spread = np.broadcast_to(np.asarray(noisy.sigma, dtype=np.float64), noisy.counts.shape).reshape(-1) / rows
    real, ours = counts / rows, synthetic.reshape(-1) / made
    apart = float(np.abs(real - ours).sum()) / 2
    noise = _ABSOLUTE * float(spread.sum()) / 2
    weight = np.sqrt((np.clip(real, 0.0, 1.0) + ours) / 2)
    corrected = 0.0
    if apart > noise:
        corrected = _ABSOLUTE * _scale(apart / _ABSOLUTE * 2, spread, weight) * float(weight.sum()) / 2
    return Nearness(apart=min(apart, 1.0), noise=min(noise, 1.0), corrected=min(corrected, apart, 1.0))


def _scale(target: float, spread: Table, weight: Table) -> float:
    """Return the t at which the root of ``spread`` squared and (t ``weight``) squared sums to ``target``."""

    def excess(t: float) -> float:
        return float(np.sqrt(spread**2 + (t * weight) ** 2).sum()) - target

    return float(brentq(excess, 0.0, target / float(weight.sum()) + 1e-9, xtol=1e-9))


def associations(
    noisy: NoisyMarginal, synthetic: Table, scores: tuple[Scores, Scores]
) -> tuple[float | None, float | None]:
    """Return how two columns hang together in a noisy table, and in the ``synthetic`` one; see ``association``."""
    variance = np.broadcast_to(np.asarray(noisy.sigma, dtype=np.float64) ** 2, noisy.counts.shape)
    return (
        association(noisy.counts.astype(np.float64), variance, scores, like=synthetic),
        association(synthetic, np.zeros(synthetic.shape), scores, like=synthetic),
    )


def association(
    counts: Table, variance: Table, scores: tuple[Scores, Scores], *, like: Table | None = None
) -> float | None:
    """Return how the two columns of a table of ``counts``, with noise of ``variance``, hang together; None if unknown.

    With ``scores`` for both it is the rank correlation, -1 to 1: cells are in the order of their scores, those whose
    score is NaN (no value) left out. Without, it is Cramer's V, 0 to 1, less what noise adds to it; values that are
    rare in ``like`` are taken together, and so are neighbouring numbers. Unknown is what noise drowns, and what does
    not vary.
    """
    if scores[0] is not None and scores[1] is not None:
        return _ranked(counts, variance, scores[0], scores[1])
    return _cramer(counts, variance, counts if like is None else like, scores)


def _ranked(counts: Table, variance: Table, one: Table, other: Table) -> float | None:
    kept = np.ix_(np.isfinite(one), np.isfinite(other))
    counts, variance = counts[kept], variance[kept]
    rows = float(counts.sum())
    if rows <= 0:
        return None
    places = (
        _places(counts.sum(axis=1), one[np.isfinite(one)]),
        _places(counts.sum(axis=0), other[np.isfinite(other)]),
    )
    if places[0] is None or places[1] is None:
        return None
    both = np.outer(places[0], places[1])
    noise = float(np.sqrt((variance * both**2).sum())) / rows
    return None if noise > DROWNED else float(np.clip((counts * both).sum() / rows, -1.0, 1.0))


def _places(margin: Table, scores: Table) -> Table | None:
    """Return each cell's middle rank, with mean 0 and variance 1 over the rows; None if all have the same."""
    mass = np.maximum(margin, 0.0)
    order = np.argsort(scores, kind="stable")
    rank = np.empty(mass.size)
    rank[order] = np.cumsum(mass[order]) - mass[order] / 2
    whole = float(mass.sum())
    if whole <= 0:
        return None
    rank -= float((mass * rank).sum()) / whole
    variance = float((mass * rank**2).sum()) / whole
    return rank / np.sqrt(variance) if variance > 0 else None


def _cramer(counts: Table, variance: Table, like: Table, scores: tuple[Scores, Scores]) -> float | None:
    for axis in (0, 1):
        margin, order = np.maximum(like.sum(axis=1 - axis), 0.0), scores[axis]
        to = _common(margin) if order is None else _evened(margin, order)
        counts, variance, like = (_gathered(each, to, axis) for each in (counts, variance, like))
    rows = float(counts.sum())
    degrees = min(counts.shape) - 1
    expected = np.outer(np.maximum(counts.sum(axis=1), 0.0), np.maximum(counts.sum(axis=0), 0.0)) / max(rows, 1.0)
    if rows <= 0 or degrees < 1 or (expected <= 0).any():
        return None
    over = (counts - expected) ** 2
    square = float(((over - variance) / expected).sum()) / rows / degrees
    doubt = float(np.sqrt(((2 * variance**2 + 4 * variance * over) / expected**2).sum())) / rows / degrees
    return None if doubt > DROWNED_SQUARE else float(np.sqrt(np.clip(square, 0.0, 1.0)))


def _common(margin: Table) -> NDArray[np.int64]:
    """Return the group of every value: common ones alone, rare ones together or with the least common."""
    share = margin / max(float(margin.sum()), 1e-9)
    common = share >= RARE
    group = np.cumsum(common) - 1
    count = int(common.sum())
    if not count:
        return np.zeros(margin.size, dtype=np.int64)
    rare = count if share[~common].sum() >= RARE else int(group[common][np.argmin(share[common])])
    return np.where(common, group, rare)


def _evened(margin: Table, scores: Table) -> NDArray[np.int64]:
    """Return the group of every cell of numbers: ``GROUPS`` at most, neighbours together, and those without a number.

    Groups hold about as many rows each; without a number is a group where that is not rare, else the first.
    """
    there = np.isfinite(scores)
    order = np.argsort(np.where(there, scores, -np.inf), kind="stable")
    mass = np.where(there, margin, 0.0)[order]
    whole = float(mass.sum())
    group = np.zeros(margin.size, dtype=np.int64)
    group[order] = np.minimum((np.cumsum(mass) - mass / 2) * GROUPS / max(whole, 1e-9), GROUPS - 1).astype(np.int64)
    rare = float(margin[~there].sum()) < RARE * float(margin.sum())
    group[~there] = group[there].min(initial=GROUPS) if rare else GROUPS
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _gathered(table: Table, to: NDArray[np.int64], axis: int) -> Table:
    made = np.zeros((int(to.max()) + 1, table.shape[1 - axis]))
    np.add.at(made, to, np.moveaxis(table, axis, 0))
    return np.moveaxis(made, 0, axis)
