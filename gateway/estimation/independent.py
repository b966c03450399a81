"""Columns drawn one by one: right in every column, and no relationship between any two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.allocation import systematic
from gateway.estimation.consistency import gather, project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal


@dataclass(frozen=True, kw_only=True, eq=False)
class IndependentModel:
    """One table of expected counts per column, each with the same positive sum."""

    one_ways: tuple[NDArray[np.float64], ...]

    def sample(self, rows: int, *, seed: int) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns); the same seed gives the same rows.

        Every code of a column appears its expected number of times, rounded up or down; columns are shuffled apart.
        """
        generator = np.random.default_rng(seed)
        codes = np.zeros((rows, len(self.one_ways)), dtype=np.int32)
        for column, counts in enumerate(self.one_ways):
            codes[:, column] = systematic(counts, rows, generator=generator)
        return codes


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,  # noqa: ARG001 - the one signature of every model here
    progress: Callable[[str, float], None],
) -> IndependentModel:
    """Fit to the one-way marginals alone; ``rows`` is the noisy number of rows. Two-way marginals are not used.

    Raises ``ValueError`` when ``marginals`` do not fit ``cells`` or a column has no one-way marginal.
    """
    evidence = gather(marginals, cells)
    progress("fit", 1.0)
    return IndependentModel(one_ways=tuple(project(estimate, max(rows, 1)) for estimate in evidence.columns))
