"""Ways to spend on relationships what the survey left, for the classical generators; the flagship's is ``selecting``.

Both choose by noisy distances of pairs from independence, each asked for once, and then measure few tables well.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.tree import strongest
from gateway.raw.generate.selecting import distances, importance, independence
from gateway.raw.generate.surveying import allot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.raw.generate.surveying import Survey

ROUNDS = 1


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
