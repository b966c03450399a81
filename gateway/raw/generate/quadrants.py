"""How the copula spends on relationships: small tables that say who is in the upper half of which columns.

Every pair of columns has to be seen. A table over the halves of four columns has 16 cells, costs one query and shows
six pairs, each as the sum of 4 cells in each quadrant: its noise has 4 times the variance, where six queries of one
pair each would have 6 times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.copula import halves
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate.domain import Values
from gateway.raw.generate.surveying import allot
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.surveying import Survey
    from gateway.vocabulary.schema import Column

TOGETHER = 4
"""Columns in a table."""


def quadrants(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
    """Measure the halves of all columns, a few columns together; see ``measuring.Relate``."""
    order = naturally_ordered(
        (column, tally.domain) for column, tally in zip(known.columns, known.tally.columns, strict=True)
    )
    ones = [one.counts.astype(np.float64) for one in known.ones()]
    sides = [halves(one, natural=natural) for one, natural in zip(ones, order, strict=True)]
    tables = covering([j for j, side in enumerate(sides) if side.any()])[: known.meter.left]
    merged = [side[to.bin_of] for side, to in zip(sides, known.bins(), strict=True)]
    axes = [replace(known.axis(j), bin_of=bin_of) for j, bin_of in enumerate(merged)]
    exact = known.counter.count([[axes[j] for j in columns] for columns in tables])
    parts = allot([1.0] * len(tables), known.meter.left)
    noisy = []
    for at, (columns, quanta, counts) in enumerate(zip(tables, parts, exact, strict=True)):
        known.progress("measuring halves", at / len(tables))
        answer = known.meter.histogram(f"halves {known.name(*columns)}", counts, quanta=quanta)
        groups = tuple(sides[j] for j in columns)
        noisy.append(NoisyMarginal(columns=columns, counts=answer.counts, sigma=answer.sigma, groups=groups))
    unordered = [str(column.name) for column, natural in zip(known.columns, order, strict=True) if not natural]
    kept = (
        "Of every pair of columns one correlation was estimated, from who is in the upper half of both; relationships "
        "of any other shape are lost, and how much that is cannot be told from what was measured."
    )
    notes = [kept]
    if unordered:
        notes.append(f"Values without an order were put in order of how frequent they are: {', '.join(unordered)}.")
    return noisy, notes


def naturally_ordered(columns: Iterable[tuple[Column, Domain | None]]) -> list[bool]:
    """Return for every column with its domain whether its cells have an order of their own: public."""
    return [not (isinstance(domain, Values) and column.kind in TEXT_KINDS) for column, domain in columns]


def covering(columns: Sequence[int]) -> list[tuple[int, ...]]:
    """Return groups of up to ``TOGETHER`` of ``columns`` so that every two are in one group at least.

    Greedy: about a fifth more groups than a perfect cover, if there is one, would need.
    """
    size = len(columns)
    apart = ~np.eye(size, dtype=bool)
    groups = []
    while apart.any():
        group = [int(np.argmax(apart.sum(axis=1)))]
        while len(group) < TOGETHER:
            gains = apart[group].sum(axis=0)
            gains[group] = 0
            best = int(np.argmax(gains))
            if not gains[best]:
                break
            group.append(best)
        apart[np.ix_(group, group)] = False
        groups.append(tuple(sorted(columns[k] for k in group)))
    return groups
