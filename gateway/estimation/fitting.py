"""The optimiser of the pairwise model: particles that follow the potentials while the potentials follow the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import gibbs
from gateway.estimation.layout import Layout, lay_out, starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.consistency import Association

STEP = 0.5
BIAS_STEP = 0.8
STRONGEST = 8.0
"""Potentials stay within this, as logarithms."""
AVERAGED = 0.4
"""The share of sweeps, at the end, whose pair tables are averaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A fitted model, the particles last seen under it, and the average of what the particles looked like.

    ``particles`` has one row of codes per particle. ``expected`` holds shares of the rows per cell of every table of
    ``tracked``, each once.
    """

    model: gibbs.Model
    tracked: Layout
    particles: NDArray[np.int32]
    expected: NDArray[np.float64]


class _Potentials:
    """The parameters and one step of their ascent; all counts are scaled to the sum of the one-ways."""

    def __init__(self, associations: Sequence[Association], ones: Sequence[NDArray[np.float64]]) -> None:
        self.active = lay_out([one.size for one in ones], [a.pair for a in associations])
        self._one = np.concatenate(ones)
        self._share = self._one / ones[0].sum()
        self._left, self._right = self.active.single_cells()
        self._turned = self.active.turned()
        nothing = [np.empty(0)]
        self._target = np.concatenate(nothing + [a.target.ravel() for a in associations])
        self._ridge = np.concatenate(nothing + [a.ridge.ravel() for a in associations])
        self._independent = self._one[self._left] * self._share[self._right]
        self._theta = np.zeros(self.active.size)
        self._log_bias = np.log(self._share)
        self._start = starts(self.active.cells)
        self.model = gibbs.Model(
            links=self.active.links,
            start=self._start,
            bias=self._share.copy(),
            potential=np.ones(2 * self.active.size, dtype=np.float32),
        )

    def step(self, pair_counts: NDArray[np.float64], one_counts: NDArray[np.float64], rate: float) -> None:
        """Move towards the targets, given what the particles count."""
        miss = self._one - one_counts
        damping = min(1.0, 4.0 * rate / STEP)
        self._log_bias += BIAS_STEP * damping * np.clip(miss / (np.maximum(one_counts, self._one) + 1.0), -1.0, 1.0)
        # the weights of a column matter up to a factor: keep them away from the ends of the floating-point range
        tops = np.maximum.reduceat(self._log_bias, self._start[:-1])
        self._log_bias -= np.repeat(tops, self.active.cells)
        self.model.bias[:] = np.exp(self._log_bias)
        # what the one-ways still miss is the bias's business: take its share out of the pairs' gradient
        gradient = (
            self._target
            - pair_counts
            - self._ridge * self._theta
            - miss[self._left] * self._share[self._right]
            - self._share[self._left] * miss[self._right]
        )
        scale = np.maximum(pair_counts, self._independent) + self._ridge + 1.0
        self._theta = np.clip(self._theta + rate * np.clip(gradient / scale, -1.0, 1.0), -STRONGEST, STRONGEST)
        weights = np.exp(self._theta).astype(np.float32)
        self.model.potential[: self.active.size] = weights
        self.model.potential[self.active.size + self._turned] = weights


def _schedule(sweeps: int) -> NDArray[np.float64]:
    """Return the step of every sweep: constant for half of them, then down to a tenth in a straight line."""
    half = sweeps // 2
    return STEP * np.concatenate([np.ones(half), np.linspace(1.0, 0.1, sweeps - half)])


def relax(
    associations: Sequence[Association],
    ones: Sequence[NDArray[np.float64]],
    particles: NDArray[np.int32],
    tracked_pairs: Sequence[tuple[int, int]],
    *,
    sweeps: int,
    state: NDArray[np.uint64],
    progress: Callable[[str, float], None],
) -> Fit:
    """Fit potentials to ``associations`` and one-ways ``ones`` (all positive, equal sums) by persistent Gibbs sampling.

    ``particles`` (one row each, at least one column) are moved in place. Stochastic approximation of the maximum
    entropy with relaxed pair constraints (persistent contrastive divergence: Tieleman 2008). Convergence is not
    checked; the number of sweeps is the budget.
    """
    potentials = _Potentials(associations, ones)
    active = potentials.active
    tracked = lay_out(active.cells, tracked_pairs)
    sums = np.zeros(tracked.size, dtype=np.int64)
    averaged = max(1, round(sweeps * AVERAGED))
    scale = ones[0].sum() / particles.shape[0]
    for number, rate in enumerate(_schedule(sweeps)):
        gibbs.sweep(particles, state, potentials.model)
        counts = np.zeros(active.size, dtype=np.int64)
        gibbs.count(particles, active.links, counts)
        if number >= sweeps - averaged:
            gibbs.count(particles, tracked.links, sums)
        potentials.step(counts * scale, column_counts(particles, active.cells) * scale, float(rate))
        progress("fit", (number + 1) / sweeps)
    return Fit(
        model=potentials.model,
        tracked=tracked,
        particles=particles,
        expected=sums / (averaged * particles.shape[0]),
    )


def column_counts(rows: NDArray[np.int32], cells: Sequence[int]) -> NDArray[np.float64]:
    """Return how many rows have each cell of each column, all columns one after the other."""
    return np.concatenate([np.bincount(rows[:, j], minlength=size) for j, size in enumerate(cells)]).astype(np.float64)
