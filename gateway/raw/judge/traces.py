"""What synthetic rows tell of one person: how often her values are there, and how near rows come to hers."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL, code_column, has_order, numbers_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_NEAR = 0.05
"""Two numbers are alike that lie no farther apart, as a share of what is usual in their column."""
_MOST_PAIRS = 30
_NEAREST = 5
_ALIKE = (1.0, 0.9, 0.75, 0.5)
"""Shares of the columns in which rows are like the person's."""


def traces(rows: pa.Table, person: pa.Table, base: pa.Table) -> NDArray[np.float64]:
    """Return what ``rows`` tell of the one row ``person``; the same figures, in the same order, for all ``rows``.

    They are roots of counts (of each value alike, equal, as far out or farther; of the 30 pairs of values that are
    rarest in ``base``; of rows alike in all or most columns; of all rows) and distances to the nearest rows (Gower).
    ``base`` says what is usual. All three have the same columns and types.
    """
    apart, equal, beyond = _columns(rows, person, base, of_base=False)
    usual = _columns(rows, person, base, of_base=True)[0]
    near, near_in_base = apart <= _NEAR, usual <= _NEAR
    counts = [near.sum(axis=0), equal.sum(axis=0), beyond.sum(axis=0)]
    pairs = list(combinations(range(apart.shape[1]), 2))
    rarity = [int((near_in_base[:, one] & near_in_base[:, other]).sum()) for one, other in pairs]
    for place in np.argsort(rarity, kind="stable")[:_MOST_PAIRS]:
        one, other = pairs[place]
        counts.append(np.array([(near[:, one] & near[:, other]).sum()]))
    width = max(apart.shape[1], 1)
    alike = near.sum(axis=1) / width
    counts.append(np.array([(alike >= share).sum() for share in _ALIKE] + [len(apart)]))
    distance = np.sort(apart.mean(axis=1))[:_NEAREST] if len(apart) else np.ones(1)
    return np.concatenate([np.sqrt(np.concatenate(counts)), [distance[0], distance.mean()]])


def _columns(
    rows: pa.Table, person: pa.Table, base: pa.Table, *, of_base: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, rows x columns, how far apart they are from the person (0 to 1), which are equal, which farther out."""
    shown = base if of_base else rows
    apart, equal, beyond = [], [], []
    for name in person.column_names:
        codes, values = code_column([person.column(name), shown.column(name), base.column(name)])
        own, others, usual = codes[0], codes[1 : 1 + shown.num_rows], codes[1 + shown.num_rows :]
        equal.append(others == own)
        if has_order(values.type):
            numbers = np.append(numbers_of(values), np.nan)
            distance, farther = _numbers(float(numbers[own]), numbers[others], numbers[usual[usual != NULL]])
        else:
            distance, farther = (others != own).astype(np.float64), others == own
        apart.append(distance)
        beyond.append(farther)
    return np.stack(apart, axis=1), np.stack(equal, axis=1), np.stack(beyond, axis=1)


def _numbers(
    own: float, others: NDArray[np.float64], usual: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how far numbers are from the person's, and which are at least as far out on her side of the middle."""
    if np.isnan(own):
        return np.where(np.isnan(others), 0.0, 1.0), np.isnan(others)
    low, middle, high = np.quantile(usual, [0.05, 0.5, 0.95]) if len(usual) else (0.0, 0.0, 0.0)
    away = np.abs(others - own)
    # where numbers hardly differ, only equal ones are alike
    scaled = away / (high - low) if high > low else (away > 0).astype(np.float64)
    distance = np.where(np.isnan(others), 1.0, np.minimum(scaled, 1.0))
    return distance, others >= own if own >= middle else others <= own
