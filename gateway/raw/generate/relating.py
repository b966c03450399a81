"""Ways to spend on relationships what the survey left, for the classical generators; the flagship's is ``selecting``.

Both choose by noisy distances of pairs from independence and then measure few tables well.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.tree import strongest
from gateway.raw.generate import expecting
from gateway.raw.generate.selecting import distances, importance, independence
from gateway.raw.generate.surveying import allot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.surveying import Survey

ROUNDS = 1
DEGREE = 3
"""Parents of a column in a network, at most."""
USEFUL = 4.0
STANDS_OUT = 3.0
"""In standard deviations of a score's noise."""


def spanning_tree(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
    """Measure the pairs of a spanning tree of greatest noisy distance; see ``measuring.Relate``.

    A pair's weight is its distance from independence; pairs whose order is declared come before all others, so that
    the model can keep the order.
    """
    found, sigma = scored(known)
    weights = {pair: importance(known, pair) * distance for pair, distance in found.items()}
    declared = [{str(name) for name in order} for order in known.knowledge.orders]
    first = 2 * max(abs(weight) for weight in weights.values()) + 1.0
    for pair in weights:
        if {str(known.columns[j].name) for j in pair} in declared:
            weights[pair] += first
    tables = measured(known, sorted(strongest(weights, len(known.columns))))
    note = (
        f"{len(tables)} of {len(weights)} pairs of columns were measured, which form a tree; relationships between "
        "other pairs are kept only as far as they follow from these."
    )
    return tables, [note, expecting.pairs(known, tables, found, sigma=sigma)]


def network(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
    """Measure every column with its parents in a network; see ``measuring.Relate``.

    Columns join in the order of a spanning tree of greatest noisy distance, from the declared target on if there is
    one. Each has the nearest column before it as a parent, and up to ``DEGREE`` where that leaves a table's cells
    ``USEFUL`` times as many rows as noise, on average (the usefulness of PrivBayes), and the distance stands out.
    """
    found, sigma = scored(known)
    cells = [each.count for each in known.bins()]
    weight = np.zeros((len(cells), len(cells)))
    for (i, j), distance in found.items():
        weight[i, j] = weight[j, i] = importance(known, (i, j)) * distance
    most = known.size / (USEFUL * known.meter.plan.quantum * (len(cells) / max(known.meter.left, 1)) ** 0.5)
    joined = [_root(known, weight)]
    tables: list[tuple[int, ...]] = []
    while len(joined) < len(cells):
        others = [j for j in range(len(cells)) if j not in joined]
        child = others[int(np.argmax(weight[np.ix_(others, joined)].max(axis=1)))]
        parents: list[int] = []
        for other in sorted(joined, key=lambda p: (-weight[child, p], p)):
            size = cells[child] * cells[other] * math.prod(cells[p] for p in parents)
            stands_out = weight[child, other] > STANDS_OUT * sigma
            if not parents or (len(parents) < DEGREE and size <= most and stands_out):
                parents.append(other)
        tables.append((*parents, child))
        joined.append(child)
    made = measured(known, tables)
    several = sum(len(each.columns) > 2 for each in made)  # noqa: PLR2004 - the column and one parent
    note = (
        f"{len(made)} columns were measured together with one column before each, {several} of them with more; other "
        "relationships are kept only as far as they follow from these."
    )
    return made, [note, expecting.pairs(known, made, found, sigma=sigma)]


def _root(known: Survey, weight: NDArray[np.float64]) -> int:
    if known.knowledge.target is not None:
        return [column.name for column in known.columns].index(known.knowledge.target)
    return int(np.argmax(weight.sum(axis=1)))


def scored(known: Survey) -> tuple[dict[tuple[int, int], float], float]:
    """Return every pair's noisy distance from independence, in rows, and the standard deviation of the noise.

    A distance is the mean of as many scores as there are for the pair.
    """
    every = list(combinations(range(len(known.columns)), 2))
    expected = independence(known)
    rounds = known.meter.scores_left // len(every)
    found = np.mean([distances(known, every, known.bins(), expected) for _ in range(rounds)], axis=0)
    return dict(zip(every, found.tolist(), strict=True)), known.meter.plan.score / rounds**0.5


def measured(known: Survey, columns: Sequence[tuple[int, ...]]) -> list[NoisyMarginal]:
    """Spend all quanta that are left on tables over the bins of ``columns``, in proportion to cells^(2/3).

    Of more tables than quanta, the first ones are measured.
    """
    to = known.bins()
    columns = columns[: known.meter.left]
    cells = [float(np.prod([to[j].count for j in each])) for each in columns]
    parts = allot([size ** (2 / 3) for size in cells], known.meter.left - len(columns))
    exact = known.counter.count([[known.axis(j, to[j]) for j in each] for each in columns])
    tables = []
    for at, (each, part, counts) in enumerate(zip(columns, parts, exact, strict=True)):
        known.progress("measuring tables", at / len(columns))
        answer = known.meter.histogram(f"table {known.name(*each)}", counts, quanta=part + 1)
        tables.append(NoisyMarginal(columns=tuple(each), counts=answer.counts, sigma=answer.sigma))
    return tables
