"""Structural zeros: which cells can occur at all, and rows to start from that break no rule.

A forbidden table has True where two columns' cells never occur together. Gibbs sweeps keep to the zeros by themselves
(their weights are 0), but they need rows to start from that keep to them already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.allocation import systematic
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Forbidden = Mapping[tuple[int, int], NDArray[np.bool_]]

TRIES = 30
"""How often rows that ran into a dead end are begun anew, before rows that did not take their place."""
AT_ONCE = 16_384
"""Rows drawn at once, which bounds memory."""
SELDOM = 1e-6
CONTRADICTION = (
    "no row can meet everything that is declared and asked for: the declared orders between columns, and the rows "
    "wanted, exclude each other; take one of them out"
)


def both_ways(forbidden: Forbidden) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """Return every table under its pair and, transposed, under the pair turned round; together where both are there."""
    tables: dict[tuple[int, int], NDArray[np.bool_]] = {}
    for (a, b), table in forbidden.items():
        for pair, seen in (((a, b), table), ((b, a), table.T)):
            tables[pair] = tables[pair] | seen if pair in tables else seen
    return tables


def prune(weights: Sequence[NDArray[np.float64]], forbidden: Forbidden) -> list[NDArray[np.float64]]:
    """Return ``weights`` per column with 0 for cells that occur with no cell of another column (arc consistency).

    ``ConfigurationError`` when nothing is left of a column.
    """
    left = [weight.copy() for weight in weights]
    tables, changed = both_ways(forbidden), True
    while changed:
        changed = False
        for (a, b), table in tables.items():
            alone = (left[a] > 0) & table[:, left[b] > 0].all(axis=1)
            if alone.any():
                left[a][alone], changed = 0.0, True
    if any(not weight.any() for weight in left):
        raise ConfigurationError(CONTRADICTION)
    return left


def rules(forbidden: Forbidden) -> dict[tuple[int, int], NDArray[np.bool_]]:
    """Return the tables that forbid anything, the lower column first, one for each pair."""
    return {(a, b): table for (a, b), table in both_ways(forbidden).items() if a < b and table.any()}


def possible(ones: Sequence[NDArray[np.float64]], forbidden: Forbidden) -> tuple[NDArray[np.float64], ...]:
    """Return the one-ways without cells that the rules leave no room for, with the same sums.

    Noise may leave columns whose likely cells exclude each other: then every cell of a ruled column may occur.
    """
    try:
        kept = prune(ones, forbidden)
    except ConfigurationError:
        ruled = {column for pair in forbidden for column in pair}
        kept = prune([one + (one.sum() * SELDOM if j in ruled else 0) for j, one in enumerate(ones)], forbidden)
    return tuple(one * (before.sum() / one.sum()) for one, before in zip(kept, ones, strict=True))


def start(
    weights: Sequence[NDArray[np.float64]], forbidden: Forbidden, rows: int, *, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return rows of codes drawn column by column in proportion to ``weights``, with no forbidden pair of cells.

    Columns without a rule are independent and have exact shares. ``ConfigurationError`` when no such row is found.
    """
    weights, tables = prune(weights, forbidden), both_ways(forbidden)
    found = np.stack([systematic(weight, rows, generator=generator) for weight in weights], axis=1)
    order = sorted({a for a, _ in tables})
    open_rows = np.arange(rows)
    for _ in range(TRIES if order else 0):
        stuck = [
            part[_draw(found, part, order, weights, tables, generator)]
            for part in np.array_split(open_rows, -(-open_rows.size // AT_ONCE))
        ]
        open_rows = np.concatenate(stuck)
        if not open_rows.size:
            return found
    if order and open_rows.size:
        done = np.setdiff1d(np.arange(rows), open_rows)
        if not done.size:
            raise ConfigurationError(CONTRADICTION)
        found[open_rows] = found[generator.choice(done, open_rows.size)]
    return found


def _draw(  # noqa: PLR0917 - what `start` has at hand
    found: NDArray[np.int32],
    rows: NDArray[np.int64],
    order: Sequence[int],
    weights: Sequence[NDArray[np.float64]],
    tables: Mapping[tuple[int, int], NDArray[np.bool_]],
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Draw the columns of ``order`` anew for ``rows``; return which of them ran into a dead end."""
    stuck = np.zeros(rows.size, dtype=np.bool_)
    for place, column in enumerate(order):
        chances = np.broadcast_to(weights[column], (rows.size, weights[column].size)).copy()
        for before in order[:place]:
            if (before, column) in tables:
                chances[tables[before, column][found[rows, before]]] = 0.0
        sums = np.cumsum(chances, axis=1)
        stuck |= sums[:, -1] <= 0
        marks = generator.random(rows.size) * sums[:, -1]
        found[rows, column] = np.minimum((sums <= marks[:, np.newaxis]).sum(axis=1), weights[column].size - 1)
    return stuck


def fulfilled(rows: NDArray[np.integer], forbidden: Forbidden) -> NDArray[np.bool_]:
    """Return which rows of codes have no forbidden pair of cells."""
    fine = np.ones(rows.shape[0], dtype=np.bool_)
    for (a, b), table in forbidden.items():
        fine &= ~table[rows[:, a], rows[:, b]]
    return fine


def rebalance(
    target: NDArray[np.float64], forbidden: NDArray[np.bool_], left: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``target`` with 0 where ``forbidden`` and, as nearly as that allows, the sums ``left`` and ``right``.

    What is missing from a row or column goes to its allowed cells in proportion to the independent table. Noisy
    targets may be negative, so this is least squares by turns rather than proportional fitting.
    """
    allowed = ~forbidden
    base = np.outer(left, right) * allowed
    across = base / np.maximum(base.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    down = base / np.maximum(base.sum(axis=0), np.finfo(np.float64).tiny)
    fitted = np.where(allowed, target, 0.0)
    for _ in range(50):
        fitted = fitted + across * (left - fitted.sum(axis=1))[:, np.newaxis]
        fitted = fitted + down * (right - fitted.sum(axis=0))
    return np.asarray(fitted)
