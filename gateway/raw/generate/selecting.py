"""Which pairs of columns are worth measuring, and how much each gets: found in two rounds from noisy scores.

A score is the distance, in rows, between a pair's table and what is expected of it so far: in the first round that the
columns are independent, in the second what a model of the first round's measurements says. A pair is measured when
removing its distance is worth more than the error that its noise would bring (the subset rule of SWIFT, in Google's
dpsynth, without its limit on the width of a junction tree).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation import pairwise
from gateway.estimation.consistency import gather, one_ways
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate import expecting
from gateway.raw.generate.surveying import allot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.surveying import Survey

    Pair = tuple[int, int]
    Expectation = Callable[[int, int], NDArray[np.float64]]

ROUNDS = 2
FIRST = 0.3
"""Share of the quanta that the survey left for the first round."""
COST = (1.0, 0.4)
"""How much of a table's noise is expected to remain after fitting: in the first round, in the second."""
IMPORTANT = 8.0
"""Weight of a pair that is declared to be important, or that the declared target is part of."""
CHUNK = 500
"""Tables counted at once, which bounds memory."""
PARTICLES, SWEEPS = 5_000, 60
"""For the model between the rounds, which only serves to choose."""


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """Pairs to measure, with what each gets."""

    pairs: tuple[Pair, ...]
    quanta: tuple[int, ...]
    distances: dict[Pair, float]
    """The noisy distance of every pair from what was expected of it."""


def two_rounds(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
    """Measure pairs in two rounds, with all quanta that the survey left; see ``measuring.Relate``."""
    width = len(known.columns)
    every = [(i, j) for i in range(width) for j in range(i + 1, width)]
    to = known.bins()
    first = _choose(known, every, to, independence(known), round(FIRST * known.meter.left), COST[0])
    tables = _measure(known, first, to, "first round")
    model = pairwise.fit(
        [*known.ones(), *tables],
        [each.count for each in to],
        round(known.size),
        seed=0,
        progress=lambda _stage, share: known.progress("fitting the first round", share),
        particles=PARTICLES,
        sweeps=SWEEPS,
    )
    second = _choose(known, every, to, model.pair, known.meter.left, COST[1])
    tables += _measure(known, second, to, "second round")
    measured = set(first.pairs) | set(second.pairs)
    note = f"{len(measured)} of {len(every)} pairs of columns were measured, the others follow from these."
    return tables, [note, expecting.pairs(known, tables, second.distances, sigma=known.meter.plan.score)]


def independence(known: Survey) -> Expectation:
    """Return what is expected of pairs if columns are independent, from noisy one-ways that add up to the rows."""
    size = known.size
    ones = one_ways(gather(known.ones(), [each.count for each in known.bins()]), size)
    return lambda i, j: np.outer(ones[i], ones[j]) / size


def _choose(  # noqa: PLR0917 - what a round differs in
    known: Survey, every: Sequence[Pair], to: Sequence[Bins], expected: Expectation, quanta: int, cost: float
) -> _Choice:
    """Score ``every`` pair and divide ``quanta`` over those that are worth it; over the best one if none is."""
    scores = np.array(distances(known, every, to, expected), dtype=np.float64)
    weight = np.array([importance(known, pair) for pair in every])
    cells = np.array([to[i].count * to[j].count for i, j in every], dtype=np.float64)
    # E|noise| of one cell is sigma * sqrt(2/pi); the least summed error gives every pair precision in proportion to y
    y = (weight * cells * np.sqrt(2 / np.pi) * cost) ** (2 / 3)
    order = np.argsort(-weight * scores / y, kind="stable")
    total_sigma = known.meter.plan.quantum / np.sqrt(max(quanta, 1))
    worth = np.cumsum((weight * scores)[order]) - np.cumsum(y[order]) ** 1.5 * total_sigma
    # no pair can have less than a quantum
    chosen = order[: min(int(np.argmax(worth)) + 1, max(quanta, 1))]
    # small tables would be rounded to nothing, and they are the cheapest
    parts = allot(list(y[chosen]), quanta, least=1)
    kept = sorted((every[at], part) for at, part in zip(chosen.tolist(), parts, strict=True) if part)
    return _Choice(pairs=tuple(pair for pair, _ in kept), quanta=tuple(part for _, part in kept),
                   distances=dict(zip(every, scores.tolist(), strict=True)))  # fmt: skip


def importance(known: Survey, pair: Pair) -> float:
    """Return how much a pair matters, from what is declared: 1 for most."""
    names = {known.columns[j].name for j in pair}
    facts = known.knowledge
    return IMPORTANT if facts.target in names or any(names == set(each) for each in facts.pairs) else 1.0


def distances(known: Survey, every: Sequence[Pair], to: Sequence[Bins], expected: Expectation) -> list[int]:
    """Return noisy L1 distances. One row moves a count by one, and what is subtracted is whole: so by at most one."""
    scores = []
    for start in range(0, len(every), CHUNK):
        known.progress("choosing pairs", start / len(every))
        chunk = every[start : start + CHUNK]
        exact = known.counter.count([[known.axis(i, to[i]), known.axis(j, to[j])] for i, j in chunk])
        for pair, counts in zip(chunk, exact, strict=True):
            # whole, finite and far from overflow: what a score's sensitivity of one hangs on
            whole = np.rint(np.clip(np.nan_to_num(expected(*pair)), 0, 2**52)).astype(np.int64)
            distance = np.abs(counts - whole).sum()
            scores.append(known.meter.score(f"distance of {known.name(*pair)}", int(distance)))
    return scores


def _measure(known: Survey, choice: _Choice, to: Sequence[Bins], stage: str) -> list[NoisyMarginal]:
    tables = []
    exact = known.counter.count([[known.axis(i, to[i]), known.axis(j, to[j])] for i, j in choice.pairs])
    for at, (pair, quanta, counts) in enumerate(zip(choice.pairs, choice.quanta, exact, strict=True)):
        known.progress(stage, at / len(choice.pairs))
        answer = known.meter.histogram(f"pair {known.name(*pair)}", counts, quanta=quanta)
        tables.append(NoisyMarginal(columns=pair, counts=answer.counts, sigma=answer.sigma))
    return tables
