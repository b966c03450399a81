"""Rows of a kind: a pairwise model conditioned on weights over the cells of some columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import feasible
from gateway.estimation.fitting import column_counts, count, move, streams_of, zeros
from gateway.estimation.workers import workers
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.fitting import Fit

SETTLE, FAR = 20, 60
"""Sweeps before averaging: when the particles that meet the conditions are many, and when rows have to be made up."""
AVERAGE = 40
ENOUGH = 200
"""Particles of which the chosen ones must be worth this many (effective sample size), or others are made up."""


def condition(
    core: Fit, ones: Sequence[NDArray[np.float64]], allowed: Mapping[int, NDArray[np.float64]]
) -> tuple[Fit, list[NDArray[np.float64]]]:
    """Return the model given ``allowed`` (weights over the cells of columns) and its shares of every column's cells.

    Multiplying a column's bias by weights is exact conditioning of the model; new particles are moved until they
    follow it. ``ones`` are the positive one-ways of the model's columns. ``ConfigurationError`` when no row is left.
    """
    generator = np.random.default_rng(0)  # part of the model, not of the rows
    bias = core.bias.copy()
    for column, weights in allowed.items():
        start = core.active.links.start[column]
        # only the ratios count: keep the largest weight where the kernels' precision is best
        piece = bias[start : start + weights.size].astype(np.float64) * weights
        top = piece.max()
        if not top > 0:
            raise ConfigurationError(feasible.CONTRADICTION)
        bias[start : start + weights.size] = piece / top
    particles, settle = _begin(core, ones, allowed, generator)
    given = replace(core, bias=bias, particles=particles)
    sums = np.zeros(core.tracked.size, dtype=np.int32)
    model, streams = given.model(), streams_of(particles, generator)
    single = np.zeros(sum(core.active.cells))
    with workers() as crew:
        for number in range(settle + AVERAGE):
            move(particles, streams, model, crew)
            if number >= settle:
                count(particles, core.tracked, sums, crew)
                single += column_counts(particles, core.active.cells)
    seen = AVERAGE * particles.shape[0]
    shares = np.split(single / seen, np.cumsum(core.active.cells)[:-1])
    return replace(given, expected=(sums / seen).astype(np.float32)), shares


def _begin(
    core: Fit,
    ones: Sequence[NDArray[np.float64]],
    allowed: Mapping[int, NDArray[np.float64]],
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint16], int]:
    """Return particles that meet the conditions, and how many sweeps they need: old ones if they are enough."""
    pool = core.particles.shape[0]
    weights = np.ones(pool)
    for column, table in allowed.items():
        weights *= table[core.particles[:, column]]
    if weights.sum() ** 2 >= ENOUGH * np.square(weights).sum() > 0:
        chosen = generator.choice(pool, size=pool, p=weights / weights.sum())
        return core.particles[chosen].copy(), SETTLE
    wanted = [one * allowed[j] if j in allowed else one for j, one in enumerate(ones)]
    return feasible.start(wanted, zeros(core), pool, generator=generator).astype(np.uint16), FAR
