"""How a budget is divided: a function of public things alone, so that all noise is fixed before any row is read.

Which query a slot is spent on may depend on noisy answers; its sigma may not, and every slot is spent. So every run of
a policy records the same sigmas, whatever the rows are, and composing them is rigorous without adaptive accounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.privacy import calibration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.privacy.budget import Budget

TOTAL = 0.01
"""Share of the precision (sum of 1/sigma^2) for the number of rows."""
ONE_WAY = 0.3
"""Share for one-way counts when pairs are measured too."""
BOUNDS = 0.25
"""What the search for a column's bounds gets, relative to the column's one-way counts."""
VALUES = 1.5
"""What the search for a column's values gets, relative to a column's one-way counts, which it replaces."""
SCORES = 0.05
"""Share for choosing pairs, when there are too many to measure all."""
SELECTION_DELTA = 0.1
"""Share of delta for all searches for values together."""
ALL_PAIRS_UP_TO = 16
"""Columns up to which all pairs are measured."""
PAIRS_PER_COLUMN = 4
"""Pairs measured beyond that, for each column."""


class Search(StrEnum):
    """What has to be discovered about a column."""

    NOTHING = "nothing"
    BOUNDS = "bounds"
    VALUES = "values"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is publicly known of a column: what to search for, and about how many bins it will have in pairs."""

    search: Search
    bins: int


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The sigma of every query, in counts. ``search`` and ``one_way`` are 0 where a column has no such query."""

    total: float
    search: tuple[float, ...]
    one_way: tuple[float, ...]
    scores: tuple[float, ...]
    """One for every pair that is scored; empty when all are measured."""
    pairs: tuple[float, ...]
    """In the order of ``pairs_of``, or any pairs when ``scores`` is not empty."""
    selection_delta: float
    """For each column whose values are searched for."""


def pairs_of(columns: int) -> list[tuple[int, int]]:
    """Return all pairs of columns in lexicographic order."""
    return [(i, j) for i in range(columns) for j in range(i + 1, columns)]


def schedule(columns: Sequence[Expected], budget: Budget, *, relationships: bool) -> Schedule:
    """Return the plan for ``columns`` (at least one) that spends all of ``budget`` and no more."""
    width = len(columns)
    every = pairs_of(width) if relationships else []
    chosen = every if width <= ALL_PAIRS_UP_TO else every[: PAIRS_PER_COLUMN * width]
    each = ONE_WAY / width
    search = [{Search.BOUNDS: BOUNDS, Search.VALUES: VALUES}.get(column.search, 0.0) * each for column in columns]
    one_way = [0.0 if column.search is Search.VALUES else each for column in columns]
    scores = [SCORES / len(every)] * len(every) if len(chosen) < len(every) else []
    pairs = _pair_weights(
        columns, chosen, equal=bool(scores), share=1 - TOTAL - sum(search) - sum(one_way) - sum(scores)
    )
    weights = [TOTAL, *search, *one_way, *scores, *pairs]
    searched = sum(column.search is Search.VALUES for column in columns)
    delta = SELECTION_DELTA * budget.delta / max(searched, 1)
    used = [weight for weight in weights if weight]
    sigmas = iter(calibration.sigmas(tuple(used), budget, selections=(delta,) * searched))
    placed = [next(sigmas) if weight else 0.0 for weight in weights]
    cut = [1, 1 + width, 1 + 2 * width, 1 + 2 * width + len(scores)]
    return Schedule(
        total=placed[0],
        search=tuple(placed[cut[0] : cut[1]]),
        one_way=tuple(placed[cut[1] : cut[2]]),
        scores=tuple(placed[cut[2] : cut[3]]),
        pairs=tuple(placed[cut[3] :]),
        selection_delta=delta,
    )


def _pair_weights(
    columns: Sequence[Expected], pairs: Sequence[tuple[int, int]], *, equal: bool, share: float
) -> list[float]:
    """Return shares in proportion to cells^(2/3), for the least summed error; equal when pairs are chosen later."""
    raw = [1.0 if equal else float(columns[i].bins * columns[j].bins) ** (2 / 3) for i, j in pairs]
    return [share * weight / sum(raw) for weight in raw]
