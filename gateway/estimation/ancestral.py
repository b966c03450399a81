"""Drawing rows down a network: each column given the columns before it, with as little chance as can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import feasible
from gateway.estimation.allocation import Splits
from gateway.estimation.storage import expect
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

LEAST, MOST = 200_000, 200
"""So many proposals, and so many more for each row wanted, before rows of a kind are given up as too rare."""
BATCH = 65_536
"""Proposals drawn at once, at most, which bounds memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """A column with the chances of its cells: ``chances[p1, .., pk, x]`` is that of x given its ``parents``' cells.

    Every row sums to 1; without parents there is one axis.
    """

    column: int
    parents: tuple[int, ...]
    chances: NDArray[np.float64]

    def rows_of(self, codes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return which row of ``flat`` holds for each row of ``codes`` (columns first)."""
        at = np.zeros(codes.shape[1], dtype=np.int64)
        for parent, size in zip(self.parents, self.chances.shape, strict=False):
            at = at * size + codes[parent]
        return at

    @property
    def flat(self) -> NDArray[np.float64]:
        """Return the chances with one row for every combination of the parents' cells."""
        return self.chances.reshape(-1, self.chances.shape[-1])

    @cached_property
    def splits(self) -> Splits:
        """Return ``flat`` ready to be drawn from."""
        groups, cells = self.flat.shape
        return Splits(np.repeat(np.arange(groups), cells), self.flat.ravel(), groups)


def chances(counts: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``counts`` with its last axis scaled to sum 1; where that has no mass, ``otherwise`` stands in."""
    counts = np.where(counts.sum(axis=-1, keepdims=True) > 0, counts, otherwise)
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def draw(nodes: Sequence[Node], rows: int, *, generator: np.random.Generator) -> NDArray[np.int32]:
    """Return codes of shape (columns, rows); every node's parents come before it.

    Among rows whose parents agree, every cell gets its expected number of rows, rounded up or down: systematic
    sampling, so that pair counts are nearer to the model's than independent draws would bring them. Which of these rows
    it is, is chance. Time is linear in rows.
    """
    codes = np.zeros((len(nodes), rows), dtype=np.int32)
    for node in nodes:
        codes[node.column] = draw_one(node, codes, generator=generator)
    return codes


def draw_one(node: Node, codes: NDArray[np.int32], *, generator: np.random.Generator) -> NDArray[np.int32]:
    """Return one column of rows whose parents' codes are in ``codes`` (columns first); see ``draw``."""
    group = node.rows_of(codes).astype(np.int32)
    drawn = node.splits.divide(group, seed=int(generator.integers(2**63)))
    return drawn - group * np.int32(node.chances.shape[-1])


def seen(codes: NDArray[np.int32], ones: Sequence[NDArray[np.float64]], left: int, right: int) -> NDArray[np.float64]:
    """Return the table of two columns of ``codes`` (rows, columns), scaled to the sum of the one-ways ``ones``."""
    shape = ones[left].size, ones[right].size
    joint = codes[:, left].astype(np.int64) * shape[1] + codes[:, right]
    counts = np.bincount(joint, minlength=shape[0] * shape[1]).reshape(shape)
    return np.asarray(counts * (ones[left].sum() / joint.size))


def accept(
    propose: Callable[[int, np.random.Generator], tuple[NDArray[np.int32], NDArray[np.float64]]],
    rows: int,
    *,
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """Return ``rows`` rows of codes (columns first) of those ``propose`` gives, each kept with its chance, at most 1.

    Rejection sampling: exact, and the slower the rarer such rows are. ``ConfigurationError`` when they are too rare.
    """
    kept: list[NDArray[np.int32]] = []
    found = proposed = 0
    while proposed <= LEAST + MOST * rows:
        size = min(BATCH, max(2 * (rows - found), 1024))
        codes, chance = propose(size, generator)
        kept.append(codes[:, generator.random(chance.size) < chance])
        found, proposed = found + kept[-1].shape[1], proposed + size
        if found >= rows:
            return np.ascontiguousarray(np.concatenate(kept, axis=1)[:, :rows])
    raise ConfigurationError(
        "rows of the kind asked for are too rare in the fitted model to be drawn from it; ask for fewer rows, for a "
        "wider condition, or use a generator that conditions exactly, such as `pairwise` or `tree`"
    )


def obeying(
    draw_rows: Callable[[int, np.random.Generator], NDArray[np.int32]],
    rows: int,
    forbidden: Mapping[tuple[int, int], NDArray[np.bool_]],
    *,
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """Return ``rows`` rows of codes (columns first) without a ``forbidden`` pair of cells: others are drawn anew."""
    if not forbidden:
        return draw_rows(rows, generator)
    codes = draw_rows(rows, generator)
    fine = feasible.fulfilled(codes.T, forbidden)
    if fine.all():
        return codes

    def propose(size: int, again: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        made = draw_rows(size, again)
        return made, feasible.fulfilled(made.T, forbidden).astype(np.float64)

    codes[:, ~fine] = accept(propose, int((~fine).sum()), generator=generator)
    return codes


def described(
    ones: Sequence[NDArray[np.float64]], nodes: Sequence[Node], forbidden: Mapping[tuple[int, int], NDArray[np.bool_]]
) -> dict[str, Any]:
    """Return what is not an array of one-ways, nodes and rules: a JSON object."""
    return {
        "columns": len(ones),
        "nodes": [[node.column, *node.parents] for node in nodes],
        "forbidden": [list(pair) for pair in sorted(forbidden)],
    }


def arrays(
    ones: Sequence[NDArray[np.float64]], nodes: Sequence[Node], forbidden: Mapping[tuple[int, int], NDArray[np.bool_]]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of one-ways, nodes and rules by name."""
    found: dict[str, NDArray[Any]] = {f"one.{j}": one for j, one in enumerate(ones)}
    found |= {f"chances.{k}": node.chances for k, node in enumerate(nodes)}
    return found | {f"rule.{k}": forbidden[pair] for k, pair in enumerate(sorted(forbidden))}


def restored_ones(told: Mapping[str, Any], held: Mapping[str, NDArray[Any]]) -> tuple[NDArray[np.float64], ...]:
    """Return the one-ways of ``described`` and ``arrays``; ``ValueError`` or ``KeyError`` when no fit makes them."""
    ones = tuple(expect(held[f"one.{j}"], np.float64, [None], low=0.0) for j in range(int(told["columns"])))
    if not all(one.any() for one in ones):
        raise ValueError("counts that no fit makes")
    return ones


def restored_rules(
    told: Mapping[str, Any], held: Mapping[str, NDArray[Any]], ones: Sequence[NDArray[np.float64]]
) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """Return the rules, checked as ``restored_ones`` are."""
    rules = {}
    for k, (a, b) in enumerate(told["forbidden"]):
        if not 0 <= a < b < len(ones):
            raise ValueError("a rule of columns that are not there")
        rules[int(a), int(b)] = expect(held[f"rule.{k}"], np.bool_, [ones[a].size, ones[b].size])
    return rules


def restored_nodes(
    told: Mapping[str, Any], held: Mapping[str, NDArray[Any]], ones: Sequence[NDArray[np.float64]]
) -> tuple[Node, ...]:
    """Return the nodes, checked as ``restored_ones`` are: every column once, after its parents."""
    nodes: list[Node] = []
    before: set[int] = set()
    for k, (column, *parents) in enumerate(told["nodes"]):
        if column in before or not set(parents) <= before:
            raise ValueError("nodes that no fit makes")
        shape = [ones[j].size for j in (*parents, column)]
        table = expect(held[f"chances.{k}"], np.float64, shape, low=0.0, high=1.0 + 1e-9)
        if not np.allclose(table.sum(axis=-1), 1.0):
            raise ValueError("chances that no fit makes")
        nodes.append(Node(column=int(column), parents=tuple(int(j) for j in parents), chances=table))
        before.add(column)
    if before != set(range(len(ones))):
        raise ValueError("columns without a node")
    return tuple(nodes)
