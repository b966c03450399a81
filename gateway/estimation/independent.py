"""Columns drawn one by one: right in every column, and no relationship between any two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import feasible
from gateway.estimation.allocation import systematic
from gateway.estimation.consistency import gather, project
from gateway.estimation.storage import expect
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal


@dataclass(frozen=True, kw_only=True, eq=False)
class IndependentModel:
    """One table of expected counts per column, each with the same positive sum.

    Cells of two columns that are ``forbidden`` beside each other (lower column first) never occur together: the only
    relationship there can be.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    forbidden: Mapping[tuple[int, int], NDArray[np.bool_]]

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), column by column in memory; the same seed gives the same rows.

        Every code of a column that has no rule appears its expected number of times, rounded up or down; columns are
        shuffled apart. Counts are multiplied by ``allowed``; ``ConfigurationError`` when that leaves none.
        """
        generator = np.random.default_rng(seed)
        given = [one * allowed[j] if allowed and j in allowed else one for j, one in enumerate(self.one_ways)]
        if any(not one.any() for one in given):
            raise ConfigurationError(feasible.CONTRADICTION)
        if self.forbidden and rows > 0:
            return np.asfortranarray(feasible.start(given, self.forbidden, rows, generator=generator).astype(np.int32))
        codes = np.zeros((len(given), rows), dtype=np.int32)
        for column, counts in enumerate(given):
            codes[column] = systematic(counts, rows, generator=generator)
        return codes.T

    def describe(self) -> dict[str, Any]:
        """Return which pairs of columns have rules, for ``restore``."""
        return {"forbidden": [list(pair) for pair in sorted(self.forbidden)]}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the counts, and the rules, for ``restore``."""
        counts = {f"one.{j}": one for j, one in enumerate(self.one_ways)}
        return {**counts, **{f"rule.{k}": self.forbidden[pair] for k, pair in enumerate(sorted(self.forbidden))}}


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> IndependentModel:
    """Return the model that gave ``describe`` and ``arrays``; ``ValueError`` or ``KeyError`` when it cannot be one."""
    ones: list[NDArray[np.float64]] = []
    while f"one.{len(ones)}" in arrays:
        ones.append(expect(arrays[f"one.{len(ones)}"], np.float64, [None], low=0.0))
    rules = {(int(a), int(b)): arrays[f"rule.{k}"] for k, (a, b) in enumerate(described["forbidden"])}
    if not all(0 <= a < b < len(ones) for a, b in rules) or not all(one.any() for one in ones):
        raise ValueError("counts or rules that no fit makes")
    return IndependentModel(
        one_ways=tuple(ones),
        forbidden={(a, b): expect(t, np.bool_, [ones[a].size, ones[b].size]) for (a, b), t in rules.items()},
    )


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,  # noqa: ARG001 - the one signature of every model here
    progress: Callable[[str, float], None],
    forbidden: Mapping[tuple[int, int], NDArray[np.bool_]] | None = None,
) -> IndependentModel:
    """Fit to the one-way marginals alone; ``rows`` is the noisy number of rows. Two-way marginals are not used.

    ``forbidden`` as in ``pairwise.fit``. Raises ``ValueError`` when ``marginals`` do not fit ``cells`` or a column has
    no one-way marginal, ``ConfigurationError`` when ``forbidden`` leaves no row.
    """
    evidence = gather(marginals, cells)
    rules = feasible.rules(forbidden or {})
    ones = feasible.possible(tuple(project(estimate, max(rows, 1)) for estimate in evidence.columns), rules)
    progress("fit", 1.0)
    return IndependentModel(one_ways=ones, forbidden=rules)
