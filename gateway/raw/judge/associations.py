"""How columns hang together: one figure between 0 (or -1) and 1 for every pair, of one set of rows.

Two columns that have an order: Pearson's correlation of the numbers, and Spearman's of their ranks. One with an order
and one without: the correlation ratio of the ranks (eta, adjusted for the number of groups as Kelley 1935 does). Two
without: Cramer's V, adjusted for the size of the table (Bergsma 2013). Without that few rows, or many values, would
look like a connection. Rows with a NULL in either column are left out of a pair; infinite numbers count among the
ranks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.utility import Bins, Coded

MOST = 50_000
"""Rows that are looked at; of more, every second, third .. one. Then a correlation is off by about 0.004 by chance."""
_AT_ONCE = 2**14
"""Rows whose products are summed at once: memory does not grow with the rows."""
_FEWEST = 3
_STILL = 1e-9
"""A column varies when its variance, in numbers of about 1, is above this."""
_ENDLESS = 1e150
"""Numbers from here on stand for infinity (``codes.numbers_of``)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Associations:
    """Columns x columns, symmetric; NaN where nothing is defined: other kinds of columns, one that does not vary."""

    linear: NDArray[np.float64]
    """Pearson's correlation, -1 to 1, of two columns that have an order."""
    ranked: NDArray[np.float64]
    """Spearman's, -1 to 1, of the same. Ranks are those among all rows that have a value."""
    mixed: NDArray[np.float64]
    """Eta, 0 to 1, of one column that has an order and one that has none."""
    listed: NDArray[np.float64]
    """Cramer's V, 0 to 1, of two columns that have no order."""

    @property
    def shown(self) -> NDArray[np.float64]:
        """The one figure for each pair: Spearman's correlation, eta, or Cramer's V."""
        found = np.where(np.isnan(self.mixed), self.listed, self.mixed)
        return np.where(np.isnan(self.ranked), found, self.ranked)


def associations(coded: Coded, bins: list[Bins], rows: slice) -> Associations:
    """Return how all pairs of columns hang together in ``rows``, or ``MOST`` of them: a pass over these for each."""
    rows = slice(rows.start, rows.stop, max(1, -(-(rows.stop - rows.start) // MOST)))
    cells = coded.cells[rows]
    ordered, others = (np.flatnonzero(kind).tolist() for kind in (coded.ordered, ~coded.ordered))
    count = len(coded.ordered)
    found = {name: np.full((count, count), np.nan) for name in ("linear", "ranked", "mixed", "listed")}
    ranks = [_ranks(cells[:, j], len(coded.numbers[j])) for j in ordered]
    values = [_standard(coded.numbers[j][cells[:, j]]) for j in ordered]
    found["linear"][np.ix_(ordered, ordered)] = _correlated(values)
    found["ranked"][np.ix_(ordered, ordered)] = _correlated(ranks)
    groups = {j: (bins[j][0][rows], bins[j][1]) for j in others}
    for i, rank in zip(ordered, ranks, strict=True):
        for j in others:
            found["mixed"][i, j] = found["mixed"][j, i] = eta(rank, *groups[j])
    for place, i in enumerate(others):
        for j in others[place + 1 :]:
            found["listed"][i, j] = found["listed"][j, i] = cramers_v(groups[i], groups[j])
    return Associations(**found)


def eta(values: NDArray[np.float64], group: NDArray[np.int64], size: int) -> float:
    """Return the adjusted correlation ratio of ``values`` (NaN is left out) by ``group``, whose last is NULL's.

    NaN where there is one group, or as many as rows, or values that do not vary.
    """
    kept = ~np.isnan(values) & (group < size - 1)
    values, group = values[kept], group[kept]
    counts = np.bincount(group, minlength=size)
    groups, many = int(np.count_nonzero(counts)), len(values)
    if groups < 2 or many <= groups:  # noqa: PLR2004 - of one group there is nothing to tell
        return float("nan")
    values = values - values.mean()
    whole = float(values @ values)
    if whole <= _STILL * many:
        return float("nan")
    sums = np.bincount(group, weights=values, minlength=size)
    between = float((sums**2 / np.maximum(counts, 1)).sum())
    return float(np.sqrt(max(0.0, 1 - (1 - between / whole) * (many - 1) / (many - groups))))


def cramers_v(one: Bins, other: Bins) -> float:
    """Return the adjusted Cramer's V of two columns in bins, of which the last is NULL's and left out.

    NaN where one of them has a single value.
    """
    (first, rows), (second, columns) = one, other
    table = np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)[:-1, :-1]
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    many, (r, c) = float(table.sum()), table.shape
    if min(r, c) < 2 or many < _FEWEST:  # noqa: PLR2004 - one value says nothing of another
        return float("nan")
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    excess = float((table**2 / expected).sum()) - 1 - (r - 1) * (c - 1) / (many - 1)
    most = min(r - (r - 1) ** 2 / (many - 1), c - (c - 1) ** 2 / (many - 1)) - 1
    return float(np.sqrt(min(1.0, max(0.0, excess) / most))) if most > 0 else float("nan")


def _ranks(cells: NDArray[np.int32], size: int) -> NDArray[np.float64]:
    """Return the mean rank of each row's value, from -0.5 to 0.5; NaN for NULL."""
    counts = np.bincount(cells[cells != NULL], minlength=size)[:size].astype(np.float64)
    counts[-1] = 0.0
    places = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1.0) - 0.5
    places[-1] = np.nan
    return np.asarray(places[cells], dtype=np.float64)


def _standard(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers with mean 0 and variance 1; NaN for what is not finite; 0 where they do not vary."""
    finite = np.where(np.abs(numbers) < _ENDLESS, numbers, np.nan)
    known = finite[~np.isnan(finite)]
    if not len(known):
        return finite
    # first a difference: little else would be left of date-times that are microseconds apart
    finite = finite - known[0]
    finite = finite / max(float(np.nanmax(np.abs(finite))), np.finfo(np.float64).tiny)
    spread = float(np.nanstd(finite))
    return np.asarray((finite - np.nanmean(finite)) / (spread or 1.0), dtype=np.float64)


def _correlated(columns: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the correlation of every two columns, over the rows that have both."""
    count = len(columns)
    n, x, xx, xy = (np.zeros((count, count)) for _ in range(4))
    for begin in range(0, len(columns[0]) if columns else 0, _AT_ONCE):
        some = np.stack([column[begin : begin + _AT_ONCE] for column in columns], axis=1)
        there = ~np.isnan(some)
        some = np.where(there, some, 0.0)
        present = there.astype(np.float64)
        n += present.T @ present
        x += some.T @ present
        xx += (some**2).T @ present
        xy += some.T @ some
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = xy - x * x.T / n
        variance = xx - x**2 / n
        found = np.clip(covariance / np.sqrt(variance * variance.T), -1, 1)
    still = (n < _FEWEST) | (variance <= _STILL * n) | (_STILL * n >= variance.T)
    return np.asarray(np.where(still, np.nan, found))
