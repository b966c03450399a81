"""Noisy answers gathered so far, and the best single figures they give together. Post-processing: sees no rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.measurements import ColumnMeasured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain
    from gateway.vocabulary.schema import Column

_ROUNDING = 1 / 12
"""Variance added by rounding a mean of counts to a whole number."""


@dataclass(frozen=True)
class Answer:
    """Noisy counts of one query, all with the same noise."""

    counts: NDArray[np.int64]
    sigma: float


@dataclass
class Tally:
    """Answers about one table: its row count, each column's fine counts, and values found with their counts."""

    columns: tuple[Column, ...]
    domains: tuple[Domain, ...]
    found: Sequence[Answer | None]
    """For a column whose values were searched for: the counts of those kept. They say nothing of cell 0."""
    totals: list[Answer] = field(default_factory=list)
    one_ways: list[list[Answer]] = field(default_factory=list)

    def size(self) -> tuple[float, float]:
        """Return the row count and its standard deviation: every full one-way sums to it as well."""
        parts = [(float(answer.counts), answer.sigma**2) for answer in self.totals]
        for answers in self.one_ways:
            parts += [(float(answer.counts.sum()), answer.sigma**2 * answer.counts.size) for answer in answers]
        precision = math.fsum(1 / variance for _, variance in parts)
        return math.fsum(value / variance for value, variance in parts) / precision, precision**-0.5

    def measured(self) -> tuple[ColumnMeasured, ...]:
        """Return every column with the mean of its answers, each weighted by its precision."""
        return tuple(self._column(j) for j in range(len(self.columns)))

    def _column(self, j: int) -> ColumnMeasured:
        parts = [(a.counts.astype(np.float64), np.full(a.counts.size, a.sigma**2)) for a in self.one_ways[j]]
        if (kept := self.found[j]) is not None:
            parts.append(self._with_rest(kept))
        precision = np.sum([1 / variance for _, variance in parts], axis=0)
        mean = np.sum([counts / variance for counts, variance in parts], axis=0) / precision
        variance = 1 / precision + (_ROUNDING if len(parts) > 1 else 0.0)
        return ColumnMeasured(
            column=self.columns[j],
            domain=self.domains[j],
            counts=np.rint(mean).astype(np.int64),
            sigma=np.sqrt(variance),
        )

    def _with_rest(self, kept: Answer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Put before the kept values' counts what remains of the rows for cell 0."""
        size, spread = self.size()
        counts = np.concatenate([[size - kept.counts.sum()], kept.counts])
        variance = np.full(counts.size, kept.sigma**2)
        variance[0] = spread**2 + kept.sigma**2 * kept.counts.size
        return counts, variance
