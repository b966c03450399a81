"""Ways to spend on relationships what the survey left, for the classical generators; the flagship's is ``selecting``.

Both choose by noisy distances of pairs from independence, each asked for once, and then measure few tables well.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.tree import strongest
from gateway.raw.generate.selecting import distances, importance, independence
from gateway.raw.generate.surveying import allot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    weights = scored(known)
    declared = [{str(name) for name in order} for order in known.knowledge.orders]
    named = {pair: {str(known.columns[j].name) for j in pair} for pair in weights}
    first = max(abs(weight) for weight in weights.values()) + 1.0
    weights = {pair: weight + 2 * first * (named[pair] in declared) for pair, weight in weights.items()}
    edges = sorted(strongest(weights, len(known.columns)))
    tables = measured(known, edges)
    note = (
        f"{len(tables)} of {len(weights)} pairs of columns were measured, which form a tree; relationships between "
        "other pairs are kept only as far as they follow from these."
    )
    return tables, [note]


def network(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
    """Measure every column with its parents in a network; see ``measuring.Relate``.

    Columns join in the order of a spanning tree of greatest noisy distance, from the declared target on if there is
    one. Each has the nearest column before it as a parent, and up to ``DEGREE`` where that leaves a table's cells
    ``USEFUL`` times as many rows as noise, on average (the usefulness of PrivBayes), and the distance stands out.
    """
    weights = scored(known)
    cells = [each.count for each in known.bins()]
    joined = [_root(known, weights)]
    most = known.size / (USEFUL * known.meter.plan.quantum * (len(cells) / max(known.meter.left, 1)) ** 0.5)
    tables: list[tuple[int, ...]] = []
    while len(joined) < len(cells):
        near = {c: {p: weights[min(c, p), max(c, p)] for p in joined} for c in range(len(cells)) if c not in joined}
        child = max(near, key=lambda c: (max(near[c].values()), -c))
        parents: list[int] = []
        for other in sorted(joined, key=lambda p: (-near[child][p], p)):
            size = cells[child] * cells[other] * math.prod(cells[p] for p in parents)
            stands_out = near[child][other] > STANDS_OUT * known.meter.plan.score
            if not parents or (len(parents) < DEGREE and size <= most and stands_out):
                parents.append(other)
        tables.append((*parents, child))
        joined.append(child)
    made = measured(known, tables)
    degrees = [len(each.columns) - 1 for each in made]
    return made, [
        f"Every column but the first was measured together with {min(degrees)} to {max(degrees)} columns before it."
    ]


def _root(known: Survey, weights: Mapping[tuple[int, int], float]) -> int:
    names = [column.name for column in known.columns]
    if known.knowledge.target is not None:
        return names.index(known.knowledge.target)
    return max(range(len(names)), key=lambda j: (sum(w for pair, w in weights.items() if j in pair), -j))


def scored(known: Survey) -> dict[tuple[int, int], float]:
    """Return every pair's noisy distance from independence, in rows, times what it matters."""
    every = list(combinations(range(len(known.columns)), 2))
    ones = [one.counts.astype(np.float64) for one in known.ones()]
    found = distances(known, every, known.bins(), independence(ones, known.size))
    return {pair: importance(known, pair) * score for pair, score in zip(every, found, strict=True)}


def measured(known: Survey, columns: Sequence[tuple[int, ...]]) -> list[NoisyMarginal]:
    """Spend all quanta that are left on tables over the bins of ``columns``, in proportion to cells^(2/3).

    Of more tables than quanta, the first ones are measured.
    """
    to = known.bins()
    columns = columns[: known.meter.left]
    cells = [float(np.prod([to[j].count for j in each])) for each in columns]
    parts = allot([size ** (2 / 3) for size in cells], known.meter.left - len(columns))
    tables = []
    for at, (each, part) in enumerate(zip(columns, parts, strict=True)):
        known.progress("measuring tables", at / len(columns))
        exact = known.counter.count([[known.axis(j, to[j]) for j in each]])[0]
        answer = known.meter.histogram(f"table {known.name(*each)}", exact, quanta=part + 1)
        tables.append(NoisyMarginal(columns=tuple(each), counts=answer.counts, sigma=answer.sigma))
    return tables
