"""Rows out of a fitted pairwise model: particles, repeated, moved, and polished to the expected tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import gibbs
from gateway.estimation.fitting import PIECE, column_counts, count, streams_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.estimation.fitting import Fit
    from gateway.estimation.workers import Workers

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
CREW, MOST_PARTS = 25_000, 4
"""Polished rows for which a further thread is worth while, and how many parts there are at most."""
_HUGE = 1e30
"""What cells that only fill up lanes are made to seem in excess by."""


def draw(
    core: Fit, ones: Sequence[NDArray[np.float64]], rows: int, generator: np.random.Generator, crew: Workers
) -> tuple[NDArray[np.uint16], int]:
    """Return rows of codes, in an order that only says which of them, the last ones, were polished; how many were."""
    pool = core.particles.shape[0]
    picks = np.concatenate([np.tile(np.arange(pool), rows // pool), generator.permutation(pool)[: rows % pool]])
    generator.shuffle(picks)
    drawn = np.empty((rows, core.particles.shape[1]), dtype=np.uint16)
    model, streams = core.model(), streams_of(drawn, generator)

    def piece(number: int) -> None:
        part = slice(number * PIECE, (number + 1) * PIECE)
        gibbs.pick(core.particles, picks[part], drawn[part])
        gibbs.sweep(drawn[part], streams[number], model)

    crew.each(piece, range(len(streams)))
    polished = _polish(core, model, ones, drawn, generator, crew) if rows >= WORTH_POLISHING else 0
    return drawn, polished


def mixed(rows: int, polished: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return an order of rows in which the last ``polished`` ones, shuffled, lie evenly among the others."""
    places = np.arange(rows)
    if polished:
        spread = np.arange(polished) * rows // polished
        others = np.ones(rows, dtype=np.bool_)
        others[spread] = False
        places[others] = np.arange(rows - polished)
        places[spread] = rows - polished + generator.permutation(polished)
    return places


def _polish(  # noqa: PLR0917 - what `_draw` has at hand
    core: Fit,
    model: gibbs.Model,
    ones: Sequence[NDArray[np.float64]],
    drawn: NDArray[np.uint16],
    generator: np.random.Generator,
    crew: Workers,
) -> int:
    """Sweep over the last rows of ``drawn``, pulled towards cells that have too few rows; return over how many."""
    rows = drawn.shape[0]
    tracked = core.tracked
    counts = np.zeros(tracked.size, dtype=np.int32)
    count(drawn, tracked, counts, crew)
    looked_at = int(np.repeat(tracked.links.cells, np.diff(tracked.links.first)).sum()) + sum(tracked.cells)
    polished: int = max(1, min(rows, POLISHED, POLISH_WORK // looked_at))
    parts = max(1, min(MOST_PARTS, polished // CREW))
    pull = PULL_MANY if rows >= MANY else PULL_FEW
    pair, pair_step = np.zeros(tracked.filled, dtype=np.float32), np.zeros(tracked.size, dtype=np.float32)
    gibbs.weigh(counts, core.expected, rows, pull, tracked.links, pair, pair_step)
    wanted = [one * (rows / one.sum()) for one in ones]
    steps = [pull / (one + 2.0) for one in wanted]
    seen = np.split(column_counts(drawn, tracked.cells), np.cumsum(tracked.cells)[:-1])
    one = tracked.one_way([(s - w) * k for s, w, k in zip(seen, wanted, steps, strict=True)], filling=_HUGE)
    # each part of the rows makes up for its part of the excess: then one row of it weighs that much more
    pair_step *= parts
    one_step = tracked.one_way(steps) * np.float32(parts)
    states = generator.integers(0, 2**64, size=(parts, 1), dtype=np.uint64)
    edges = rows - polished + np.linspace(0, polished, parts + 1).astype(np.int64)

    excesses = [
        gibbs.Excess(pair=pair if part == 0 else pair.copy(), pair_step=pair_step,
                     one=one if part == 0 else one.copy(), one_step=one_step)
        for part in range(parts)
    ]  # fmt: skip

    def polish(part: int) -> None:
        gibbs.polish(drawn[edges[part] : edges[part + 1]], states[part], model, tracked.links, excesses[part])

    crew.each(polish, range(parts))
    return polished
