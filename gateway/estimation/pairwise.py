"""The pairwise model: maximum entropy given one-ways and noisy pairs, each pair trusted as far as its signal goes.

Noisy tables -> agreed one-ways (``consistency``) -> potentials by Gibbs sampling (``fitting``) -> rows polished to the
fitted pair tables. All of it is post-processing of measurements: no privacy is spent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import gibbs
from gateway.estimation.allocation import systematic
from gateway.estimation.consistency import association, gather, one_ways
from gateway.estimation.fitting import Fit, column_counts, relax
from gateway.estimation.layout import lay_out, starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal

PARTICLES = 6_000
SWEEPS = 200
PULL_FEW, PULL_MANY, MANY = 5.0, 15.0, 2_000
"""How hard polishing pulls at a cell, in powers of e, when its count is off by all of what is expected in it.

With few rows a hard pull favours the likeliest cells, so the softer one serves below ``MANY`` rows.
"""
WORTH_POLISHING = 100
"""Below so many rows polishing would repeat the likeliest rows instead of drawing from the model."""
POLISHED, POLISH_WORK = 100_000, 1_000_000_000
"""At most so many rows are polished, and of wide tables only as many as this many table cells can be looked at for.

They make up for what all other rows miss.
"""
TRACKED_CELLS = 16_000_000
"""Above so many cells in the tables of all pairs, only measured pairs are averaged and polished: bounds the memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairwiseModel:
    """A fitted model over columns of codes.

    ``one_ways`` are expected counts per column over all its cells, with sum max(rows, 1). Columns with at least two
    cells that can occur are ``live``: ``support`` lists those cells, and ``core`` is the model over them, in their
    order; it is None when no column is live.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    live: tuple[int, ...]
    support: tuple[NDArray[np.int64], ...]
    core: Fit | None

    def pair(self, left: int, right: int) -> NDArray[np.float64]:
        """Return expected counts over the cells of two different columns, with sum max(rows, 1).

        An estimate averaged over particles; where the tables of all pairs would not fit in memory and this pair was
        not measured, it is the table of the last particles, which is coarser.
        """
        ones = self.one_ways[left], self.one_ways[right]
        if left not in self.live or right not in self.live or self.core is None:
            return np.asarray(np.outer(*ones) / ones[0].sum())
        a, b = sorted((self.live.index(left), self.live.index(right)))
        shares = self._shares(self.core, a, b)
        table = np.zeros((ones[0].size, ones[1].size))
        cells = np.ix_(self.support[self.live.index(left)], self.support[self.live.index(right)])
        table[cells] = shares if left < right else shares.T
        return np.asarray(table * ones[0].sum())

    def _shares(self, core: Fit, a: int, b: int) -> NDArray[np.float64]:
        cells = core.tracked.cells[a], core.tracked.cells[b]
        if (a, b) in core.tracked.pairs:
            q = core.tracked.pairs.index((a, b))
            offset = core.tracked.links.offset
            return core.expected[offset[q] : offset[q + 1]].reshape(cells)
        joint = core.particles[:, a].astype(np.int64) * cells[1] + core.particles[:, b]
        return np.asarray(np.bincount(joint, minlength=cells[0] * cells[1]).reshape(cells) / joint.size)

    def sample(self, rows: int, *, seed: int) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns) in an order that says nothing; the same seed gives the same rows.

        Particles are repeated, moved by Gibbs sweeps and polished so that pair counts come nearer to the expected
        ones than independent draws would. Time and memory are linear in ``rows``.
        """
        generator = np.random.default_rng(seed)
        codes = np.empty((rows, len(self.one_ways)), dtype=np.int32)
        for column, counts in enumerate(self.one_ways):
            codes[:, column] = np.argmax(counts)
        if self.core is not None and rows > 0:
            ones = [self.one_ways[column][cells] for column, cells in zip(self.live, self.support, strict=True)]
            drawn = _draw(self.core, ones, rows, generator)
            order = generator.permutation(rows)
            for position, (column, cells) in enumerate(zip(self.live, self.support, strict=True)):
                codes[:, column] = cells[drawn[order, position]]
        return codes


def _draw(
    core: Fit, ones: Sequence[NDArray[np.float64]], rows: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    state = generator.integers(0, 2**64, size=1, dtype=np.uint64)
    pool = core.particles.shape[0]
    picks = np.concatenate([np.tile(np.arange(pool), rows // pool), generator.permutation(pool)[: rows % pool]])
    drawn = np.ascontiguousarray(core.particles[generator.permutation(picks)])
    gibbs.sweep(drawn, state, core.model)
    if rows >= WORTH_POLISHING:
        _polish(core, ones, drawn, state)
    return drawn


def _polish(
    core: Fit, ones: Sequence[NDArray[np.float64]], drawn: NDArray[np.int32], state: NDArray[np.uint64]
) -> None:
    """Sweep over the last rows of ``drawn``, pulled towards cells that have too few rows."""
    rows = drawn.shape[0]
    tracked = core.tracked
    counts = np.zeros(tracked.size, dtype=np.int64)
    gibbs.count(drawn, tracked.links, counts)
    wanted = core.expected * rows
    pull = PULL_MANY if rows >= MANY else PULL_FEW
    step = pull / (wanted + 2.0)
    one = np.concatenate(ones) * (rows / ones[0].sum())
    one_step = pull / (one + 2.0)
    excess = gibbs.Excess(
        pair=tracked.both_ways(((counts - wanted) * step).astype(np.float32)),
        pair_step=tracked.both_ways(step.astype(np.float32)),
        one=(column_counts(drawn, tracked.cells) - one) * one_step,
        one_step=one_step,
    )
    looked_at = int(np.repeat(tracked.links.cells, np.diff(tracked.links.first)).sum()) + one.size
    polished = max(1, min(POLISHED, POLISH_WORK // looked_at))
    gibbs.polish(drawn[-polished:], state, core.model, tracked.links, excess)


def compile_kernels(progress: Callable[[str, float], None]) -> None:
    """Load the kernels, once in a process; where they were never used before, compile them and cache them on disk.

    Compiling takes seconds, so an installation may want to call this. ``progress`` hears ``("compile", share done)``,
    and nothing when the kernels are there already.
    """
    if gibbs.polish.signatures:  # type: ignore[attr-defined]
        return
    layout = lay_out([1, 1], [(0, 1)])
    rows, state = np.zeros((1, 2), dtype=np.int32), np.zeros(1, dtype=np.uint64)
    pair, one = np.ones(2, dtype=np.float32), np.ones(2)
    model = gibbs.Model(links=layout.links, start=starts(layout.cells), bias=one, potential=pair)
    progress("compile", 0.0)
    gibbs.count(rows, layout.links, np.zeros(1, dtype=np.int64))
    progress("compile", 0.1)
    gibbs.sweep(rows, state, model)
    progress("compile", 0.4)
    gibbs.polish(rows, state, model, layout.links, gibbs.Excess(pair=pair, pair_step=pair, one=one, one_step=one))
    progress("compile", 1.0)


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,
    progress: Callable[[str, float], None],
    particles: int = PARTICLES,
    sweeps: int = SWEEPS,
) -> PairwiseModel:
    """Fit to one one-way marginal per column and any number of pairs, where a pair may come more than once.

    ``cells[j]`` is the number of cells of column ``j``; ``rows`` the noisy number of rows; ``progress`` hears what
    ``compile_kernels`` says, then ``("fit", share done)``. Time is linear in particles x sweeps x pairs that stand out.
    Fewer particles and sweeps are enough for a first model that only serves to choose what to measure next. Raises
    ``ValueError`` when ``marginals`` do not fit ``cells`` or a column has no one-way marginal.
    """
    compile_kernels(progress)
    evidence = gather(marginals, cells)
    ones = one_ways(evidence, max(rows, 1))
    live = tuple(j for j, one in enumerate(ones) if np.count_nonzero(one) > 1)
    support = tuple(np.flatnonzero(ones[j]) for j in live)
    if not live:
        progress("fit", 1.0)
        return PairwiseModel(one_ways=ones, live=live, support=support, core=None)
    position = {column: at for at, column in enumerate(live)}
    found = [association(pair, table, ones, max(rows, 1)) for pair, table in evidence.pairs.items()]
    associations = [a.over((position[a.pair[0]], position[a.pair[1]])) for a in found if a is not None]
    generator = np.random.default_rng(seed)
    positive = [ones[j][s] for j, s in zip(live, support, strict=True)]
    core = relax(
        associations,
        positive,
        np.stack([systematic(one, particles, generator=generator) for one in positive], axis=1),
        _tracked(support, [a.pair for a in associations]),
        sweeps=sweeps,
        state=generator.integers(0, 2**64, size=1, dtype=np.uint64),
        progress=progress,
    )
    return PairwiseModel(one_ways=ones, live=live, support=support, core=core)


def _tracked(support: Sequence[NDArray[np.int64]], measured: list[tuple[int, int]]) -> list[tuple[int, int]]:
    every = list(combinations(range(len(support)), 2))
    return every if sum(support[a].size * support[b].size for a, b in every) <= TRACKED_CELLS else measured
