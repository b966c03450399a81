"""Noisy answers gathered so far, and the best single figures they give together. Post-processing: sees no rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.domain import FINE_CELLS, NOTHING, Ranges, Values
from gateway.raw.generate.measurements import ColumnMeasured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain, Facts
    from gateway.raw.generate.metering import Answer
    from gateway.vocabulary.schema import Column

_ROUNDING = 1 / 12
"""Variance added by rounding a mean of counts to a whole number."""


@dataclass
class ColumnTally:
    """Answers about one column."""

    column: Column
    domain: Domain | None
    """None until it is known."""
    one_ways: list[Answer] = field(default_factory=list)
    """Over all cells of ``domain``."""
    facts: Facts = NOTHING
    """What is declared of its numbers beside bounds."""
    fixed: bool = False
    """Whether its cells are given and stay as they are."""
    weight: float = 1.0
    """How many times as much as another's of as many cells its counts matter, at most."""
    fine: int = FINE_CELLS
    """Cells of equal width between its bounds."""
    every: tuple[Ranges, Answer] | None = None
    """Over all numbers between the bounds, one by one; ``domain`` merges these."""
    coarse: list[tuple[Ranges, Answer]] = field(default_factory=list)
    """Answers over wider cells, from which those of ``domain`` were cut."""
    found: Answer | None = None
    """For a column whose values were searched for: over all cells but that of values not listed."""


@dataclass
class Tally:
    """Answers about one table: its row count and its columns."""

    columns: list[ColumnTally]
    totals: list[Answer] = field(default_factory=list)

    def size(self) -> tuple[float, float]:
        """Return the row count and its standard deviation: every full one-way sums to it as well."""
        parts = [(float(answer.counts), answer.sigma**2) for answer in self.totals]
        for column in self.columns:
            parts += [(float(a.counts.sum()), a.sigma**2 * a.counts.size) for a in column.one_ways]
        precision = math.fsum(1 / variance for _, variance in parts)
        return math.fsum(value / variance for value, variance in parts) / precision, precision**-0.5

    def measured(self) -> tuple[ColumnMeasured, ...]:
        """Return every column with the mean of its answers, each weighted by its precision."""
        return tuple(self.of(position) for position in range(len(self.columns)))

    def of(self, position: int) -> ColumnMeasured:
        """Return one column with the mean of its answers."""
        tally = self.columns[position]
        assert tally.domain is not None  # noqa: S101 - surveyed before it is measured
        parts = [(a.counts.astype(np.float64), np.full(a.counts.size, a.sigma**2)) for a in tally.one_ways]
        if tally.found is not None:
            parts.append(self._with_others(tally.domain, tally.found))
        if tally.every is not None:
            parts.append(_merged(*tally.every, tally.domain))
        precision = np.sum([1 / variance for _, variance in parts], axis=0)
        mean = np.sum([counts / variance for counts, variance in parts], axis=0) / precision
        variance = 1 / precision
        for wider, answer in tally.coarse:
            mean, variance = _reconciled(mean, variance, tally.domain, wider, answer)
        variance += _ROUNDING if len(parts) > 1 or tally.coarse else 0.0
        return ColumnMeasured(
            column=tally.column,
            domain=tally.domain,
            counts=np.rint(mean).astype(np.int64),
            sigma=np.sqrt(variance),
        )

    def _with_others(self, domain: Domain, found: Answer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Insert what remains of the rows as the count of values that are not listed."""
        at = int(domain.rest) if isinstance(domain, Values) and domain.other else None
        variance = np.full(found.counts.size, found.sigma**2)
        if at is None:
            return found.counts.astype(np.float64), variance
        size, spread = self.size()
        counts = np.insert(found.counts.astype(np.float64), at, size - found.counts.sum())
        return counts, np.insert(variance, at, spread**2 + found.sigma**2 * found.counts.size)


def _merged(every: Ranges, answer: Answer, domain: Domain) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what counts of single numbers say of the cells that merge them, and the variances."""
    assert isinstance(domain, Ranges)  # noqa: S101 - no other has single numbers
    at = np.searchsorted(np.array(domain.starts), np.array(every.starts), side="right") - 1 + domain.first
    cell = np.concatenate([np.arange(domain.first), at])
    counts = np.bincount(cell, weights=answer.counts, minlength=domain.cells).astype(np.float64)
    return counts, answer.sigma**2 * np.maximum(np.bincount(cell, minlength=domain.cells), 1)


def _reconciled(
    mean: NDArray[np.float64], variance: NDArray[np.float64], domain: Domain, wider: Ranges, answer: Answer
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts moved towards the answer for the wider cells they are in, by least squares, and their variances.

    The outermost of the wider ranges that are in use are left out: they may hold rows from beyond.
    """
    assert isinstance(domain, Ranges)  # noqa: S101 - no other has wider cells
    if not domain.starts:
        return mean, variance  # its one cell holds more than the wider one
    at = np.searchsorted(np.array(wider.starts), np.array(domain.starts), side="right") - 1 + wider.first
    group = np.concatenate([np.arange(domain.first) + wider.first - domain.first, at])
    summed, spread = (np.bincount(group, weights=each, minlength=wider.cells) for each in (mean, variance))
    gain = 1 / (spread + answer.sigma**2)
    if (wider.starts[0], wider.last) != (domain.starts[0], domain.last):
        gain[[at[0], at[-1]]] = 0.0
    moved = mean + variance * ((answer.counts - summed) * gain)[group]
    return moved, variance * (1 - variance * gain[group])
