"""A Gaussian copula: every column its own shape, and one number, a correlation, for every pair of columns.

Each column is taken for a normal figure that was cut into cells; correlations of these figures are estimated from noisy
counts of who is in the upper half of both columns (tetrachoric correlations: Pearson 1900). What a correlation says is
all that is kept of a pair: whether more of one comes with more of the other. Relationships that rise and fall, and
those of three columns, are lost; so is what makes single categories go together, because the cells of a column whose
values have no order are ordered by how frequent they are. In return the model is small, and needs little budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from gateway.estimation import ancestral, feasible
from gateway.estimation.consistency import HOPELESS, gather, one_ways
from gateway.estimation.correlation import drawn_in, nearest, tetrachoric
from gateway.estimation.storage import expect
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal

    Forbidden = Mapping[tuple[int, int], NDArray[np.bool_]]

SEEN = 20_000
"""Rows drawn to see what the model expects of a pair."""
_SURE = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class CopulaModel:
    """Expected counts of every column's cells, the order of these cells, and the correlations of the columns.

    ``order[j]`` lists the cells of column j from the lowest to the highest. ``forbidden`` are pairs of cells that never
    occur together: rows that have one are drawn anew.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    order: tuple[NDArray[np.int64], ...]
    correlation: NDArray[np.float64]
    forbidden: Forbidden

    def pair(self, left: int, right: int) -> NDArray[np.float64]:
        """Return expected counts over the cells of two columns, as seen in ``SEEN`` rows, with the sum of one-ways."""
        return ancestral.seen(self.sample(SEEN, seed=0), self.one_ways, left, right)

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), column by column in memory; the same seed gives the same rows.

        Without ``allowed`` every cell of a column appears as often as expected, nearly. ``allowed`` has, per column,
        weights of at least 0 over its cells that a row's probability is multiplied by: exact, and fast for one column;
        with several, rows are drawn and rejected. ``ConfigurationError`` when such rows are too rare.
        """
        generator = np.random.default_rng(seed)
        if not allowed:
            return ancestral.obeying(self._draw, rows, self.forbidden, generator=generator).T
        weights = {j: np.asarray(each, dtype=np.float64) / (each.max() or 1.0) for j, each in allowed.items()}
        if any(not (self.one_ways[j] * weight).any() for j, weight in weights.items()):
            raise ConfigurationError(feasible.CONTRADICTION)
        # columns asked for come first: all others follow from them without any being rejected
        first = sorted(weights, key=lambda j: float((self.one_ways[j] * weights[j]).sum()))
        columns = [*first, *(j for j in range(len(self.one_ways)) if j not in weights)]
        root = np.asarray(np.linalg.cholesky(self.correlation[np.ix_(columns, columns)]), dtype=np.float64)

        def propose(size: int, again: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
            codes, chance = self._given(size, columns, root, weights, again)
            return codes, chance * feasible.fulfilled(codes.T, self.forbidden)

        return ancestral.accept(propose, rows, generator=generator).T

    def _draw(self, rows: int, generator: np.random.Generator) -> NDArray[np.int32]:
        codes = np.empty((len(self.one_ways), rows), dtype=np.int32)
        root = np.linalg.cholesky(self.correlation)
        for start in range(0, rows, ancestral.BATCH):
            part = codes[:, start : start + ancestral.BATCH]
            normal = root @ generator.standard_normal(part.shape)
            for j, (one, order) in enumerate(zip(self.one_ways, self.order, strict=True)):
                # the lowest rows get the lowest cell, as many as it has
                ends = np.ceil(part.shape[1] * _shares(one, order) - generator.random()).astype(np.int64)
                counts = np.diff(np.maximum(ends, 0), prepend=0)
                part[j, np.argsort(normal[j])] = np.repeat(order, counts)
        return codes

    def _given(
        self,
        rows: int,
        columns: Sequence[int],
        root: NDArray[np.float64],
        weights: Mapping[int, NDArray[np.float64]],
        generator: np.random.Generator,
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return rows and the chance to keep each; ``root`` is the Cholesky factor of ``columns`` in their order."""
        normal = generator.standard_normal((len(columns), rows))
        codes, kept = np.empty((len(columns), rows), dtype=np.int32), np.ones(rows)
        for at, j in enumerate(columns):
            middle, width = root[at, :at] @ normal[:at], float(root[at, at])
            order, edges = self.order[j], ndtri(_shares(self.one_ways[j], self.order[j]))
            if j not in weights:
                codes[j] = order[np.searchsorted(edges[:-1], middle + width * normal[at])]
                continue
            below = ndtr((np.concatenate([[-np.inf], edges])[:, np.newaxis] - middle) / width)
            mass = np.diff(below, axis=0) * weights[j][order][:, np.newaxis]
            sums = np.cumsum(mass, axis=0)
            if at:
                kept *= sums[-1]
            cell = np.minimum((sums <= generator.random(rows) * sums[-1]).sum(axis=0), order.size - 1)
            codes[j] = order[cell]
            low, high = below[cell, np.arange(rows)], below[cell + 1, np.arange(rows)]
            normal[at] = ndtri(np.clip(low + (high - low) * generator.random(rows), 1e-12, 1 - 1e-12))
        return codes, kept

    def describe(self) -> dict[str, Any]:
        """Return which pairs of columns have rules, for ``restore``."""
        return {"columns": len(self.one_ways), "forbidden": [list(pair) for pair in sorted(self.forbidden)]}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays, for ``restore``."""
        found: dict[str, NDArray[Any]] = {"correlation": self.correlation}
        found |= {f"one.{j}": one for j, one in enumerate(self.one_ways)}
        found |= {f"order.{j}": order for j, order in enumerate(self.order)}
        return found | {f"rule.{k}": self.forbidden[pair] for k, pair in enumerate(sorted(self.forbidden))}


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> CopulaModel:
    """Return the model that gave ``describe`` and ``arrays``; ``ValueError`` or ``KeyError`` when it cannot be one."""
    ones = ancestral.restored_ones(described, arrays)
    order = [expect(arrays[f"order.{j}"], np.int64, [one.size]) for j, one in enumerate(ones)]
    correlation = expect(arrays["correlation"], np.float64, [len(ones), len(ones)], low=-1.0, high=1.0)
    sorted_ = all((np.sort(each) == np.arange(each.size)).all() for each in order)
    if not sorted_ or not np.array_equal(correlation, correlation.T) or not np.allclose(np.diag(correlation), 1.0):
        raise ValueError("orders or correlations that no fit makes")
    if ones and np.linalg.eigvalsh(correlation)[0] <= 0:
        raise ValueError("correlations that no fit makes")
    return CopulaModel(
        one_ways=ones,
        order=tuple(order),
        correlation=correlation,
        forbidden=ancestral.restored_rules(described, arrays, ones),
    )


def ordered(counts: NDArray[np.float64], *, natural: bool) -> NDArray[np.int64]:
    """Return a column's cells in their own order if that is ``natural``, else from the most frequent to the least."""
    return np.arange(counts.size) if natural else np.argsort(-counts, kind="stable")


def halves(counts: NDArray[np.float64], *, natural: bool) -> NDArray[np.int32]:
    """Return 0 for the cells of the lower half of a column and 1 for the upper: as even as whole cells allow.

    All are 0 when there is one cell, or none that has a positive count besides another.
    """
    order = ordered(counts, natural=natural)
    shares = np.cumsum(np.maximum(counts, 0.0)[order])
    half = np.zeros(counts.size, dtype=np.int32)
    inside = np.flatnonzero((shares > 0) & (shares < shares[-1]))
    if inside.size:
        cut = inside[np.argmin(np.abs(shares[inside] / shares[-1] - 0.5))]
        half[order[cut + 1 :]] = 1
    return half


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,  # noqa: ARG001 - the one signature of every model here
    progress: Callable[[str, float], None],
    forbidden: Forbidden | None = None,
    natural: Sequence[bool] | None = None,
) -> CopulaModel:
    """Fit to one one-way marginal per column and any number of tables over halves of columns.

    Such a table has ``groups`` (see ``measurement``) with two cells on every axis. ``natural`` says of which columns
    the cells have an order; of all, when it is None. ``cells[j]`` is the number of cells of column ``j``; ``rows`` the
    noisy number of rows; ``forbidden`` has, for pairs of columns, True where two cells never occur together. Raises
    ``ValueError`` when ``marginals`` do not fit ``cells``, ``ConfigurationError`` when ``forbidden`` leaves no row.
    """
    evidence = gather([each for each in marginals if len(each.columns) == 1], cells)
    rules = feasible.rules(forbidden or {})
    ones = feasible.possible(one_ways(evidence, float(max(rows, 1))), rules)
    order = tuple(ordered(one, natural=natural is None or natural[j]) for j, one in enumerate(ones))
    correlation = nearest(_correlations([each for each in marginals if len(each.columns) > 1], ones))
    progress("fit", 1.0)
    return CopulaModel(one_ways=ones, order=order, correlation=correlation, forbidden=rules)


def _correlations(tables: Sequence[NoisyMarginal], ones: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return noisy correlations of all columns, drawn towards 0 as far as their noise makes that wise."""
    width, rows = len(ones), float(ones[0].sum()) if ones else 1.0
    upper = np.zeros(width)
    total, precision = np.zeros((width, width)), np.zeros((width, width))
    for table in tables:
        sides = _sides(table, ones)
        for j, half in zip(table.columns, sides, strict=True):
            upper[j] = ones[j][half == 1].sum() / rows
        for a, b in combinations(range(len(table.columns)), 2):
            left, right = sorted((table.columns[a], table.columns[b]))
            # rows on the same side in both columns, less those on different sides: a sum of all cells up to signs
            signs = np.indices(table.counts.shape)[[a, b]].sum(axis=0) % 2
            variance = float(np.square(np.broadcast_to(np.minimum(table.sigma, HOPELESS), table.counts.shape)).sum())
            total[left, right] += float(np.where(signs, -table.counts, table.counts).sum()) / max(variance, _SURE)
            precision[left, right] += 1.0 / max(variance, _SURE)
    found = np.eye(width)
    one, other = np.nonzero(precision)
    if one.size:
        same = total[one, other] / precision[one, other] / rows
        excess = (same - (1 - 2 * upper[one]) * (1 - 2 * upper[other])) / 4
        spread = (1.0 / precision[one, other]) / (4 * rows) ** 2
        value, slope = tetrachoric(excess, upper[one], upper[other])
        found[one, other] = found[other, one] = drawn_in(value, spread / np.maximum(slope, _SURE) ** 2)
    return found


def _sides(table: NoisyMarginal, ones: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.int32], ...]:
    """Return for each column of ``table`` on which side every cell is; ``ValueError`` when it is of another kind."""
    sides = table.groups
    if sides is None or table.counts.shape != (2,) * len(sides):
        raise ValueError(f"the marginal of columns {table.columns} is not one over halves of columns")
    if any(half.shape != ones[j].shape for j, half in zip(table.columns, sides, strict=True)):
        raise ValueError(f"the marginal of columns {table.columns} does not have the cells of its columns")
    return sides


def _shares(one: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return which share of the rows lies at or below every cell in ``order``; the last is exactly 1."""
    sums = np.cumsum(one[order])
    return np.asarray(sums / sums[-1])
