"""Rows of a kind: a pairwise model conditioned on weights over the cells of some columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import feasible
from gateway.estimation.fitting import BIAS_STEP, column_counts, count, move, streams_of, zeros
from gateway.estimation.workers import workers
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.fitting import Fit

NEAR, SETTLE, FAR = 5, 20, 60
"""Sweeps before averaging: from many particles that meet the conditions, from a few, and from rows that are made up.

No more than needed: particles that a fit has just moved are nearer to the measured tables than what sweeps without its
corrections lead to, where relationships are almost functional.
"""
AVERAGE = 20
MANY, FEW = 1_000, 30
"""How much the particles that meet the conditions are worth (effective sample size) where they are many, or a few."""


def condition(
    core: Fit, ones: Sequence[NDArray[np.float64]], allowed: Mapping[int, NDArray[np.float64]]
) -> tuple[Fit, list[NDArray[np.float64]]]:
    """Return the model given ``allowed`` (weights over the cells of columns) and its shares of every column's cells.

    Multiplying a column's bias by weights is exact conditioning of the model; new particles are moved until they
    follow it. What the fit's tables say of the other columns, given one, corrects the biases meanwhile. ``ones`` are
    the positive one-ways of the model's columns. ``ConfigurationError`` when no row is left.
    """
    generator = np.random.default_rng(0)  # part of the model, not of the rows
    bias = core.bias.copy()
    for column, weights in allowed.items():
        _tilt(core, bias, column, weights)
    particles, settle = _begin(core, ones, allowed, generator)
    given = replace(core, bias=bias, particles=particles)
    wanted = _shares(core, ones, allowed)
    model, streams = given.model(), streams_of(particles, generator)
    sums, single = np.zeros(core.tracked.size, dtype=np.int32), np.zeros(sum(core.active.cells))
    with workers() as crew:
        for number in range(settle + AVERAGE):
            move(particles, streams, model, crew)
            seen = column_counts(particles, core.active.cells) / particles.shape[0]
            if wanted is not None:
                _correct(core, bias, np.split(seen, np.cumsum(core.active.cells)[:-1]), wanted)
            if number >= settle:
                count(particles, core.tracked, sums, crew)
                single += seen / AVERAGE
    expected = (sums / (AVERAGE * particles.shape[0])).astype(np.float32)
    return replace(given, expected=expected), np.split(single, np.cumsum(core.active.cells)[:-1])


def _tilt(core: Fit, bias: NDArray[np.float32], column: int, weights: NDArray[np.float64]) -> None:
    """Multiply a column's bias by ``weights``; only ratios count, so the largest becomes 1."""
    start = core.active.links.start[column]
    piece = bias[start : start + weights.size].astype(np.float64) * weights
    if not piece.max() > 0:
        raise ConfigurationError(feasible.CONTRADICTION)
    bias[start : start + weights.size] = piece / piece.max()


def _begin(
    core: Fit,
    ones: Sequence[NDArray[np.float64]],
    allowed: Mapping[int, NDArray[np.float64]],
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint16], int]:
    """Return particles that meet the conditions, and how many sweeps they need: old ones if there are enough."""
    pool = core.particles.shape[0]
    weights = np.ones(pool)
    for column, table in allowed.items():
        weights *= table[core.particles[:, column]]
    worth = weights.sum() ** 2 / np.square(weights).sum() if weights.any() else 0.0
    if worth >= FEW:
        chosen = generator.choice(pool, size=pool, p=weights / weights.sum())
        return core.particles[chosen].copy(), NEAR if worth >= MANY else SETTLE
    wanted = [one * allowed[j] if j in allowed else one for j, one in enumerate(ones)]
    return feasible.start(wanted, zeros(core), pool, generator=generator).astype(np.uint16), FAR


def _shares(
    core: Fit, ones: Sequence[NDArray[np.float64]], allowed: Mapping[int, NDArray[np.float64]]
) -> list[NDArray[np.float64] | None] | None:
    """Return the shares of every column's cells given one column, by the fit's tables; None where these are silent."""
    if len(allowed) != 1:
        return None
    ((column, weights),) = allowed.items()
    shares: list[NDArray[np.float64] | None] = [None] * len(core.tracked.cells)
    own = ones[column] * weights
    shares[column] = own / own.sum()
    for pair, (part, rows, columns) in zip(core.tracked.pairs, core.tracked.tables(), strict=True):
        if column in pair:
            table = core.expected[part].reshape(rows, columns).astype(np.float64)
            beside = weights @ (table if column == pair[0] else table.T)
            if beside.any():
                shares[pair[1] if column == pair[0] else pair[0]] = beside / beside.sum()
    return shares


def _correct(
    core: Fit,
    bias: NDArray[np.float32],
    seen: Sequence[NDArray[np.float64]],
    wanted: Sequence[NDArray[np.float64] | None],
) -> None:
    """Move the biases of columns towards ``wanted`` shares, given the shares ``seen``: a step as of the fit's own."""
    for j, (have, want) in enumerate(zip(seen, wanted, strict=True)):
        if want is not None:
            step = BIAS_STEP / 2 * np.clip((want - have) / (np.maximum(want, have) + 1e-4), -1.0, 1.0)
            _tilt(core, bias, j, np.exp(step))
