"""The optimiser of the pairwise model: particles that follow the potentials while the potentials follow the targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import gibbs
from gateway.estimation.feasible import fulfilled, rebalance
from gateway.estimation.layout import Layout, lay_out, starts
from gateway.estimation.storage import expect
from gateway.estimation.workers import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.consistency import Association
    from gateway.estimation.workers import Workers

STEP = 0.5
BIAS_STEP = 0.8
STRONGEST = 8.0
"""Potentials stay within this, as logarithms."""
AVERAGED = 0.4
"""The share of sweeps, at the end, whose pair tables are averaged."""
PIECE = 1_024
"""Rows that share a stream of random numbers, and a thread."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A fitted model, the particles last seen under it, and the average of what the particles looked like.

    ``weights`` has one potential (not its logarithm) per cell of every table of ``active``, each once, 0 where cells
    never occur together; ``bias`` one weight per cell of every column, filled up to lanes. ``particles`` has one row
    of codes per particle. ``expected`` holds shares of the rows per cell of every table of ``tracked``, each once.
    """

    active: Layout
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    tracked: Layout
    particles: NDArray[np.uint16]
    expected: NDArray[np.float32]

    def model(self) -> gibbs.Model:
        """Return the model as the kernels take it."""
        potential = np.zeros(self.active.filled, dtype=np.float32)
        gibbs.spread(self.weights, self.active.links, potential)
        return gibbs.Model(links=self.active.links, bias=self.bias, potential=potential)


def zeros(core: Fit) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """Return the tables of cells that never occur together: potentials of exactly 0."""
    tables = {}
    for pair, (part, rows, columns) in zip(core.active.pairs, core.active.tables(), strict=True):
        table = core.weights[part].reshape(rows, columns) == 0
        if table.any():
            tables[pair] = table
    return tables


def read(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], cells: Sequence[int]) -> Fit:
    """Return a fit of its pairs and arrays; ``ValueError`` when codes, weights or shapes are not what it could have."""
    pairs = {}
    for name, array in (("active", arrays["weights"]), ("tracked", arrays["expected"])):
        found = pairs[name] = [(int(a), int(b)) for a, b in described[name]]
        wrong = len(set(found)) != len(found) or not all(0 <= a < b < len(cells) for a, b in found)
        # before anything is laid out: sizes that only the description has could be anything
        if wrong or sum(cells[a] * cells[b] for a, b in found) != array.size:
            raise ValueError("pairs that no fit has")
    active, tracked = lay_out(cells, pairs["active"]), lay_out(cells, pairs["tracked"])
    fit = Fit(
        active=active,
        weights=expect(arrays["weights"], np.float32, [active.size], low=0.0),
        bias=expect(arrays["bias"], np.float32, [int(active.links.width.sum())], low=0.0),
        tracked=tracked,
        particles=expect(arrays["particles"], np.uint16, [None, len(cells)]),
        expected=expect(arrays["expected"], np.float32, [tracked.size], low=0.0),
    )
    filling = np.ones(fit.bias.size, dtype=np.bool_)
    for start, size in zip(active.links.start, cells, strict=True):
        filling[start : start + size] = False
        if not fit.bias[start : start + size].any():
            raise ValueError("a column without a cell that can occur")
    if not fit.particles.shape[0] or (fit.particles >= np.array(cells)).any() or fit.bias[filling].any():
        raise ValueError("codes of cells that are not there")
    if not fulfilled(fit.particles, zeros(fit)).all():
        raise ValueError("particles where none can be")
    return fit


class _Potentials:
    """The parameters and one step of their ascent; all counts are scaled to the sum of the one-ways."""

    def __init__(
        self,
        associations: Sequence[Association],
        ones: Sequence[NDArray[np.float64]],
        forbidden: Mapping[tuple[int, int], NDArray[np.bool_]],
    ) -> None:
        ruled = [pair for pair in forbidden if pair not in {a.pair for a in associations}]
        self.active = lay_out([one.size for one in ones], [*(a.pair for a in associations), *ruled])
        self._learned = sum(a.target.size for a in associations)
        self._never = np.zeros(self.active.size, dtype=np.bool_)
        for pair, (part, _, _) in zip(self.active.pairs, self.active.tables(), strict=True):
            if pair in forbidden:
                self._never[part] = forbidden[pair].ravel()
        self._one = np.concatenate(ones)
        self._share = self._one / ones[0].sum()
        self._left, self._right = (each[: self._learned] for each in self.active.single_cells())
        self._target, self._ridge = np.empty(self._learned), np.empty(self._learned)
        for a, (part, _, _) in zip(associations, self.active.tables(), strict=False):
            table = a.target
            if a.pair in forbidden:
                table = rebalance(table, forbidden[a.pair], ones[a.pair[0]], ones[a.pair[1]])
            self._target[part], self._ridge[part] = table.ravel(), a.ridge.ravel()
        self._independent = self._one[self._left] * self._share[self._right]
        self._theta = np.zeros(self._learned)
        self._log_bias = np.log(self._share)
        self._start = starts(self.active.cells)
        # where the cells of all columns, one after the other, lie when each column is filled up
        self._filled = np.arange(self._one.size) + np.repeat(
            self.active.links.start - self._start[:-1], self.active.cells
        )
        self.weights = np.where(self._never, 0.0, 1.0).astype(np.float32)
        self.model = gibbs.Model(
            links=self.active.links,
            bias=np.zeros(int(self.active.links.width.sum()), dtype=np.float32),
            potential=np.zeros(self.active.filled, dtype=np.float32),
        )
        self._show()

    def step(self, pair_counts: NDArray[np.float64], one_counts: NDArray[np.float64], rate: float) -> None:
        """Move towards the targets, given what the particles count."""
        miss = self._one - one_counts
        damping = min(1.0, 4.0 * rate / STEP)
        self._log_bias += BIAS_STEP * damping * np.clip(miss / (np.maximum(one_counts, self._one) + 1.0), -1.0, 1.0)
        pair_counts = pair_counts[: self._learned]
        # what the one-ways still miss is the bias's business: take its share out of the pairs' gradient
        gradient = self._target - pair_counts
        gradient -= self._ridge * self._theta
        gradient -= miss[self._left] * self._share[self._right]
        gradient -= self._share[self._left] * miss[self._right]
        scale = np.maximum(pair_counts, self._independent)
        scale += self._ridge
        scale += 1.0
        gradient /= scale
        np.clip(gradient, -1.0, 1.0, out=gradient)
        gradient *= rate
        self._theta += gradient
        np.clip(self._theta, -STRONGEST, STRONGEST, out=self._theta)
        self.weights[: self._learned] = np.exp(self._theta)
        self.weights[self._never] = 0.0
        self._show()

    def _show(self) -> None:
        # the weights of a column matter up to a factor: keep them inside the floating-point range
        self._log_bias -= np.repeat(np.maximum.reduceat(self._log_bias, self._start[:-1]), self.active.cells)
        self.model.bias[self._filled] = np.exp(self._log_bias)
        gibbs.spread(self.weights, self.active.links, self.model.potential)


def _schedule(sweeps: int) -> NDArray[np.float64]:
    """Return the step of every sweep: constant for half of them, then down to a tenth in a straight line."""
    half = sweeps // 2
    return STEP * np.concatenate([np.ones(half), np.linspace(1.0, 0.1, sweeps - half)])


def relax(
    associations: Sequence[Association],
    ones: Sequence[NDArray[np.float64]],
    particles: NDArray[np.uint16],
    tracked_pairs: Sequence[tuple[int, int]],
    *,
    sweeps: int,
    generator: np.random.Generator,
    progress: Callable[[str, float], None],
    forbidden: Mapping[tuple[int, int], NDArray[np.bool_]] | None = None,
) -> Fit:
    """Fit potentials to ``associations`` and one-ways ``ones`` (all positive, equal sums) by persistent Gibbs sampling.

    ``particles`` (one row each, at least one column) are moved in place; none may have a pair of cells that is
    ``forbidden`` (lower column first), and none ever will. Stochastic approximation of the maximum entropy with
    relaxed pair constraints (persistent contrastive divergence: Tieleman 2008). Convergence is not checked; the
    number of sweeps is the budget.
    """
    potentials = _Potentials(associations, ones, forbidden or {})
    active = potentials.active
    tracked = lay_out(active.cells, tracked_pairs)
    sums = np.zeros(tracked.size, dtype=np.int32)
    averaged = max(1, round(sweeps * AVERAGED))
    scale = ones[0].sum() / particles.shape[0]
    streams = streams_of(particles, generator)
    with workers() as crew:
        for number, rate in enumerate(_schedule(sweeps)):
            move(particles, streams, potentials.model, crew)
            counts = np.zeros(active.size, dtype=np.int32)
            count(particles, active, counts, crew)
            if number >= sweeps - averaged:
                count(particles, tracked, sums, crew)
            potentials.step(counts * scale, column_counts(particles, active.cells) * scale, float(rate))
            progress("fit", (number + 1) / sweeps)
    return Fit(
        active=active,
        weights=potentials.weights,
        bias=potentials.model.bias,
        tracked=tracked,
        particles=particles,
        expected=(sums / (averaged * particles.shape[0])).astype(np.float32),
    )


def streams_of(rows: NDArray[np.uint16], generator: np.random.Generator) -> list[NDArray[np.uint64]]:
    """Return the state of a stream of random numbers for every piece of ``rows``."""
    pieces = -(-rows.shape[0] // PIECE)
    return [generator.integers(0, 2**64, size=1, dtype=np.uint64) for _ in range(pieces)]


def move(rows: NDArray[np.uint16], streams: Sequence[NDArray[np.uint64]], model: gibbs.Model, crew: Workers) -> None:
    """Sweep once over ``rows``, in place, each piece with its own stream."""
    crew.each(
        lambda piece: gibbs.sweep(rows[piece * PIECE : (piece + 1) * PIECE], streams[piece], model),
        range(len(streams)),
    )


def count(rows: NDArray[np.uint16], layout: Layout, counts: NDArray[np.int32], crew: Workers) -> None:
    """Add to ``counts`` the rows in each cell of each table of ``layout``, each pair once."""
    ends = np.unique(np.linspace(0, len(layout.pairs), 9).astype(np.int64))
    crew.each(lambda k: gibbs.count(rows, layout.links, counts, int(ends[k]), int(ends[k + 1])), range(len(ends) - 1))


def column_counts(rows: NDArray[np.uint16], cells: Sequence[int]) -> NDArray[np.float64]:
    """Return how many rows have each cell of each column, all columns one after the other."""
    start = starts(cells)
    counts = np.zeros(start[-1], dtype=np.int64)
    gibbs.tally(rows, start, counts)
    return counts.astype(np.float64)
