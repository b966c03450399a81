"""A Bayesian network: every column depends on a few columns before it (PrivBayes: Zhang et al. 2014, 2017).

What the network looks like is read off the measured tables, in their order: the last column of a table depends on the
others. Two things differ from PrivBayes. Which tables are measured is chosen from noisy distances of pairs
(``gateway.raw.generate.relating``), not by an exponential mechanism on the mutual information of whole candidates. And
the chances in a table are drawn towards those with fewer parents as far as its own noise makes that wise (``ridge``),
where PrivBayes cuts negative counts off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import ancestral, feasible
from gateway.estimation.ancestral import Node, chances
from gateway.estimation.consistency import HOPELESS, gather, one_ways
from gateway.estimation.intervals import margin
from gateway.estimation.ridge import fitted, shrunk
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal

    Forbidden = Mapping[tuple[int, int], NDArray[np.bool_]]

PARTICLES = 20_000
"""Rows drawn down the network while it is fitted, to see how often parents come together in it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BayesModel:
    """Nodes in an order in which parents come before their children.

    ``forbidden`` are pairs of cells that never occur together: rows that have one are drawn anew.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    """Expected counts of every column's cells, with equal sums."""
    nodes: tuple[Node, ...]
    forbidden: Forbidden

    def pair(self, left: int, right: int) -> NDArray[np.float64]:
        """Return expected counts over two columns' cells, as seen in ``PARTICLES`` rows, with the sum of one-ways."""
        return ancestral.seen(self.sample(PARTICLES, seed=0), self.one_ways, left, right)

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), column by column in memory; the same seed gives the same rows.

        ``allowed`` has, per column, weights of at least 0 over its cells that a row's probability is multiplied by:
        rejection sampling, exact, and slow where such rows are rare. ``ConfigurationError`` when they are too rare.
        """
        generator = np.random.default_rng(seed)
        if not allowed:
            return ancestral.obeying(self._draw, rows, self.forbidden, generator=generator).T
        weights = {j: np.asarray(each, dtype=np.float64) / (each.max() or 1.0) for j, each in allowed.items()}
        tilted, masses = self._tilted(weights)
        at_most = float(np.prod([mass.max() for mass in masses.values()]))
        if at_most <= 0:
            raise ConfigurationError(feasible.CONTRADICTION)

        def propose(size: int, again: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
            codes = tilted._draw(size, again)  # noqa: SLF001 - a model of the same class
            kept = feasible.fulfilled(codes.T, self.forbidden) / at_most
            for node in self.nodes:
                if node.column in masses:
                    kept *= masses[node.column][node.rows_of(codes)]
            return codes, kept

        return ancestral.accept(propose, rows, generator=generator).T

    def _draw(self, rows: int, generator: np.random.Generator) -> NDArray[np.int32]:
        return ancestral.draw(self.nodes, rows, generator=generator)

    def _tilted(self, weights: Mapping[int, NDArray[np.float64]]) -> tuple[BayesModel, dict[int, NDArray[np.float64]]]:
        """Return nodes that heed the weights of their own column, and what that leaves out: a factor for each group."""
        nodes, masses = [], {}
        for node in self.nodes:
            if node.column not in weights:
                nodes.append(node)
                continue
            own = node.chances * weights[node.column]
            masses[node.column] = own.sum(axis=-1).reshape(-1)
            nodes.append(replace(node, chances=chances(own, node.chances)))
        return replace(self, nodes=tuple(nodes)), masses

    def describe(self) -> dict[str, Any]:
        """Return what is not an array, for ``restore``."""
        return ancestral.described(self.one_ways, self.nodes, self.forbidden)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays, for ``restore``."""
        return ancestral.arrays(self.one_ways, self.nodes, self.forbidden)


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> BayesModel:
    """Return the model that gave ``describe`` and ``arrays``; ``ValueError`` or ``KeyError`` when it cannot be one."""
    ones = ancestral.restored_ones(described, arrays)
    nodes = ancestral.restored_nodes(described, arrays, ones)
    return BayesModel(one_ways=ones, nodes=nodes, forbidden=ancestral.restored_rules(described, arrays, ones))


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,
    progress: Callable[[str, float], None],
    forbidden: Forbidden | None = None,
) -> BayesModel:
    """Fit to one one-way marginal per column and at most one table per column in which that column is the last.

    The columns before it in its table are its parents. ``cells[j]`` is the number of cells of column ``j``; ``rows``
    the noisy number of rows; ``forbidden`` has, for pairs of columns, True where two cells never occur together. Raises
    ``ValueError`` when ``marginals`` do not fit ``cells``, or are no network; ``ConfigurationError`` when
    ``forbidden`` leaves no row.
    """
    for each in marginals:
        if each.counts.shape != tuple(cells[j] for j in each.columns):
            raise ValueError(f"the marginal of columns {each.columns} does not have the shape of their cells")
    tables = {
        each.columns[-1]: replace(each, sigma=np.minimum(each.sigma, HOPELESS))
        for each in marginals
        if len(each.columns) > 1
    }
    alone = [margin(each, (j,)) for each in tables.values() for j in each.columns]
    evidence = gather([*(each for each in marginals if len(each.columns) == 1), *alone], cells)
    rules = feasible.rules(forbidden or {})
    ones = feasible.possible(one_ways(evidence, float(max(rows, 1))), rules)
    order = _ordered({child: table.columns[:-1] for child, table in tables.items()}, len(cells))
    nodes: list[Node] = []
    generator = np.random.default_rng(seed)
    codes = np.zeros((len(cells), PARTICLES), dtype=np.int32)
    for at, column in enumerate(order):
        node = _node(column, tables.get(column), ones)
        nodes.append(_levelled(node, codes, ones[column]))
        codes[column] = ancestral.draw_one(nodes[-1], codes, generator=generator)
        progress("fit", (at + 1) / len(order))
    if not order:
        progress("fit", 1.0)
    return BayesModel(one_ways=ones, nodes=tuple(nodes), forbidden=rules)


def _ordered(parents: Mapping[int, tuple[int, ...]], columns: int) -> list[int]:
    """Return all columns so that parents come before their children; ``ValueError`` when no order does that."""
    order: list[int] = []
    while len(order) < columns:
        ready = [j for j in range(columns) if j not in order and set(parents.get(j, ())) <= set(order)]
        if not ready:
            raise ValueError("the measured tables make columns depend on themselves; they are not those of a network")
        order += ready
    return order


def _node(column: int, table: NoisyMarginal | None, ones: Sequence[NDArray[np.float64]]) -> Node:
    """Return the node of ``column``, whose chances are refined parent by parent."""
    one = ones[column]
    found = chances(one, one)
    if table is None:
        return Node(column=column, parents=(), chances=found)
    parents = table.columns[:-1]
    for depth in range(1, len(parents) + 1):
        seen = parents[:depth]
        part = margin(table, (*seen, column))
        groups = _groups(margin(table, seen), ones)
        base = groups[..., np.newaxis] * found[..., np.newaxis, :]
        noisy = part.counts.reshape(-1, one.size).astype(np.float64)
        counts = shrunk(noisy, base.reshape(noisy.shape), variance=_variance(part))
        if depth == 1:
            counts = fitted(counts, groups, one)
        found = chances(counts.reshape(base.shape), np.broadcast_to(found[..., np.newaxis, :], base.shape))
    return Node(column=column, parents=parents, chances=found)


def _levelled(node: Node, codes: NDArray[np.int32], one: NDArray[np.float64]) -> Node:
    """Return ``node`` with chances that give its column the shares of ``one`` where parents are as in ``codes``.

    Parents that were not measured together come together in the network more or less often than in the rows.
    """
    sizes = np.bincount(node.rows_of(codes), minlength=node.flat.shape[0]) * (one.sum() / codes.shape[1])
    levelled = fitted(sizes[:, np.newaxis] * node.flat, sizes, one).reshape(node.chances.shape)
    return replace(node, chances=chances(levelled, node.chances))


def _groups(marginal: NoisyMarginal, ones: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return how many rows every combination of the parents' cells has, drawn towards independent parents."""
    shares = [ones[j] / ones[j].sum() for j in marginal.columns]
    base = ones[marginal.columns[0]]
    for share in shares[1:]:
        base = base[..., np.newaxis] * share
    if len(shares) == 1:
        return base
    flat = (-1, base.shape[-1])
    noisy = marginal.counts.reshape(flat).astype(np.float64)
    return shrunk(noisy, base.reshape(flat), variance=_variance(marginal)).reshape(base.shape)


def _variance(marginal: NoisyMarginal) -> float:
    return float(np.mean(np.square(marginal.sigma)))
