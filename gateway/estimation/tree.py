"""A tree of columns: every column depends on one other, as in MST (McKenna, Miklau, Sheldon 2021, arXiv 2108.04978).

The model is the one of maximum entropy given the tables of a tree's edges. It keeps these relationships, and of others
only what follows from them: two columns are independent given any column between them. Everything about it is exact -
fitting, conditioning, expected tables - and fast. Two things differ from MST: which edges are measured is chosen by
noisy distances rather than by an exponential mechanism, and each table is trusted as far as its own signal goes
(``ridge``), where MST takes it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import ancestral, feasible
from gateway.estimation.ancestral import Node, chances
from gateway.estimation.consistency import association, gather, one_ways
from gateway.estimation.ridge import fitted, relaxed
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.consistency import Evidence
    from gateway.estimation.measurement import NoisyMarginal

    Forbidden = Mapping[tuple[int, int], NDArray[np.bool_]]


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeModel:
    """Nodes in an order in which every parent comes before its children; a node has one parent or none.

    ``forbidden`` are the pairs of cells that never occur together and are no edge: rows that have one are drawn anew.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    """Expected counts of every column's cells, with equal sums."""
    nodes: tuple[Node, ...]
    forbidden: Forbidden

    def pair(self, left: int, right: int) -> NDArray[np.float64]:
        """Return expected counts over the cells of two columns, with the sum of the one-ways.

        Exact, but for ``forbidden``, which is not heeded.
        """
        nodes = {node.column: node for node in self.nodes}
        lines = [_line(nodes, column) for column in (left, right)]
        shared = [column for column in lines[0] if column in lines[1]]
        total = float(self.one_ways[left].sum())
        if not shared:
            one, other = (_chain(nodes, line[-1], line[0]) for line in lines)
            return np.asarray(total * np.outer(nodes[lines[0][-1]].chances @ one, nodes[lines[1][-1]].chances @ other))
        top, root = shared[0], lines[0][-1]
        shares = nodes[root].chances @ _chain(nodes, root, top)
        one, other = _chain(nodes, top, left), _chain(nodes, top, right)
        return np.asarray(total * (one.T * shares) @ other)

    def given(self, allowed: Mapping[int, NDArray[np.float64]]) -> TreeModel:
        """Return the model conditioned on ``allowed``: per column, weights of at least 0 over all of its cells.

        Exact, by passing messages from the leaves to the roots. ``ConfigurationError`` when no row is left.
        """
        weight = {j: np.asarray(each, dtype=np.float64) / (each.max() or 1.0) for j, each in allowed.items()}
        nodes = []
        for node in reversed(self.nodes):
            own = node.chances * weight.pop(node.column, 1.0)
            message = own.sum(axis=-1)
            if not message.any():
                raise ConfigurationError(feasible.CONTRADICTION)
            nodes.append(replace(node, chances=chances(own, node.chances)))
            if node.parents:
                message = message / message.max()
                weight[node.parents[0]] = weight.get(node.parents[0], 1.0) * message
        return replace(self, nodes=tuple(reversed(nodes)))

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), column by column in memory; the same seed gives the same rows.

        With ``allowed``, rows of the model ``given`` it. Time and memory are linear in ``rows``.
        """
        model = self.given(allowed) if allowed else self
        generator = np.random.default_rng(seed)
        return ancestral.obeying(
            lambda size, chance: ancestral.draw(model.nodes, size, generator=chance),
            rows,
            self.forbidden,
            generator=generator,
        ).T

    def describe(self) -> dict[str, Any]:
        """Return what is not an array, for ``restore``."""
        return ancestral.described(self.one_ways, self.nodes, self.forbidden)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays, for ``restore``."""
        return ancestral.arrays(self.one_ways, self.nodes, self.forbidden)


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TreeModel:
    """Return the model that gave ``describe`` and ``arrays``; ``ValueError`` or ``KeyError`` when it cannot be one."""
    ones = ancestral.restored_ones(described, arrays)
    nodes = ancestral.restored_nodes(described, arrays, ones)
    if any(len(node.parents) > 1 for node in nodes):
        raise ValueError("a tree's columns have one parent")
    return TreeModel(one_ways=ones, nodes=nodes, forbidden=ancestral.restored_rules(described, arrays, ones))


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,  # noqa: ARG001 - the one signature of every model here
    progress: Callable[[str, float], None],
    forbidden: Forbidden | None = None,
) -> TreeModel:
    """Fit to one one-way marginal per column and any number of pairs: those of the strongest tree are used.

    ``cells[j]`` is the number of cells of column ``j``; ``rows`` the noisy number of rows; ``forbidden`` has, for pairs
    of columns, True where two cells never occur together. Raises ``ValueError`` when ``marginals`` do not fit ``cells``
    or a column has no one-way marginal, ``ConfigurationError`` when ``forbidden`` leaves no row.
    """
    evidence = gather(marginals, cells)
    total = float(max(rows, 1))
    rules = feasible.rules(forbidden or {})
    ones = feasible.possible(one_ways(evidence, total), rules)
    tables = _tables(evidence, ones, rules, total)
    edges = strongest({pair: _information(table) for pair, table in tables.items()}, len(cells))
    nodes = [_node(child, parent, tables, ones) for child, parent in rooted(edges, len(cells), total=ones)]
    progress("fit", 1.0)
    others = {pair: table for pair, table in rules.items() if pair not in edges}
    model = TreeModel(one_ways=ones, nodes=tuple(nodes), forbidden=others)
    return model.given({j: (one > 0).astype(np.float64) for j, one in enumerate(ones)})


def strongest(weights: Mapping[tuple[int, int], float], columns: int) -> set[tuple[int, int]]:
    """Return the pairs of a spanning forest of greatest weight (Kruskal 1956), lower column first.

    Of pairs of equal weight the first in order is taken.
    """
    group = list(range(columns))
    chosen = set()
    for pair in sorted(weights, key=lambda each: (-weights[each], each)):
        a, b = (group[j] for j in pair)
        if a != b:
            chosen.add(pair)
            group = [a if g == b else g for g in group]
    return chosen


def rooted(
    edges: set[tuple[int, int]], columns: int, *, total: Sequence[NDArray[np.float64]]
) -> list[tuple[int, int | None]]:
    """Return (column, its parent) in an order that starts each tree at its column of most cells that occur."""
    beside: list[list[int]] = [[] for _ in range(columns)]
    for a, b in sorted(edges):
        beside[a].append(b)
        beside[b].append(a)
    order: list[tuple[int, int | None]] = []
    seen: set[int] = set()
    for root in sorted(range(columns), key=lambda j: -int(np.count_nonzero(total[j]))):
        waiting: list[tuple[int, int | None]] = [] if root in seen else [(root, None)]
        while waiting:
            column, parent = waiting.pop(0)
            seen.add(column)
            order.append((column, parent))
            waiting += [(other, column) for other in beside[column] if other not in seen]
    return order


def _tables(
    evidence: Evidence, ones: Sequence[NDArray[np.float64]], rules: Forbidden, total: float
) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Return the expected counts of every measured or ruled pair in which something stands out or is ruled out."""
    tables = {}
    for pair in sorted({*evidence.pairs, *rules}):
        left, right = (ones[j] for j in pair)
        base = np.outer(left, right) / total
        if pair in rules:
            base = fitted(np.where(rules[pair], 0.0, base), left, right)
        found = association(pair, evidence.pairs[pair], ones, total) if pair in evidence.pairs else None
        if found is not None:
            inside = np.ix_(left > 0, right > 0)
            base[inside] = fitted(relaxed(base[inside], found.target, found.ridge), left[left > 0], right[right > 0])
        if found is not None or pair in rules:
            tables[pair] = base
    return tables


def _information(table: NDArray[np.float64]) -> float:
    """Return the mutual information of a table's two columns, in nats times rows."""
    independent = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    inside = table > 0
    return float((table[inside] * np.log(table[inside] / independent[inside])).sum())


def _node(
    child: int,
    parent: int | None,
    tables: Mapping[tuple[int, int], NDArray[np.float64]],
    ones: Sequence[NDArray[np.float64]],
) -> Node:
    if parent is None:
        return Node(column=child, parents=(), chances=chances(ones[child], ones[child]))
    table = tables[parent, child] if parent < child else tables[child, parent].T
    return Node(column=child, parents=(parent,), chances=chances(table, ones[child]))


def _line(nodes: Mapping[int, Node], column: int) -> list[int]:
    """Return ``column``, its parent, the parent's parent and so on."""
    line = [column]
    while nodes[line[-1]].parents:
        line += nodes[line[-1]].parents
    return line


def _chain(nodes: Mapping[int, Node], top: int, bottom: int) -> NDArray[np.float64]:
    """Return the chances of ``bottom`` given its ancestor ``top``: of shape (cells of top, cells of bottom)."""
    found = np.eye(nodes[bottom].chances.shape[-1])
    for column in _line(nodes, bottom):
        if column == top:
            return found
        found = nodes[column].chances @ found
    raise ValueError("no ancestor of the column")
