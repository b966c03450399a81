"""What noisy counts allow an analyst to conclude: intervals for counts, shares and means of measured cells.

Two readings. The table's own figure (``Reading.TABLE``) is uncertain by the noise alone; the figure of the population
that the rows were drawn from, independently of each other (``Reading.POPULATION``), by the sampling of rows as well. A
count x of n rows then has the half width z sqrt(x (1 - x/n) + sigma^2), a share one of the Wilson kind.

Rows sampled from a model carry none of this: an interval computed on them as if they were the rows forgets the noise,
and covers far too rarely (a test beside this module's shows it).

Sources
    counts      Wilson 1927 (the variance is taken at each candidate value, not at the estimate), with noise added to
                the binomial variance and half a count of correction for counts being whole (Newcombe 1998, method 4).
    ratios      Fieller 1954: the candidates r at which ``top - r bottom`` is within z of its own standard deviation.
                Both have noise, and common noise cancels. Where the bottom may be 0, everything possible is returned.
    truncation  An estimate outside what is possible is moved to the nearest possible one before the interval is made:
                limits stay inside, and coverage can only rise (to 97.5 % or more of 95 % where the truth is 0).

Not covered: cells shown *because* their noisy count was large (values found by a threshold, the largest of many) are
biased upwards; each interval holds at its level alone, not all of them together; the normal approximation needs a
standard deviation of noise and sampling together of about 1 or more. Sees no rows: post-processing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from gateway.estimation.measurement import NoisyMarginal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.95
HALF = 0.5
"""Whole counts are told apart half a count away from each."""


class Reading(StrEnum):
    """Whose figure the interval is to cover."""

    TABLE = "table"
    """The exact figure of the rows that were measured."""
    POPULATION = "population"
    """The figure expected of as many rows, drawn independently from the same population."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure with the ends of its interval; ``low <= value <= high``."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimates:
    """Figures of many cells at once, each with the ends of its own interval: arrays of the marginal's shape."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The number of rows, better known than by one marginal's own sum.

    ``value`` is the mean of several independent estimates, each weighted by its precision, the marginal's own sum among
    them; ``sigma`` its standard deviation.
    """

    value: float
    sigma: float


def counts(marginal: NoisyMarginal, *, reading: Reading = Reading.TABLE, level: float = LEVEL) -> Estimates:
    """Return every cell's count with its interval, at least 0. ``ValueError`` for a level not between 0 and 1."""
    noisy, variance = _parts(marginal)
    return Estimates(**_counted(noisy, variance, total=float(noisy.sum()), reading=reading, z=_z(level)))


def count(
    marginal: NoisyMarginal, of: NDArray[np.bool_], *, reading: Reading = Reading.TABLE, level: float = LEVEL
) -> Estimate:
    """Return the number of rows in the cells ``of``, a mask of the marginal's shape, with its interval.

    The noise of different cells is independent. ``ValueError`` for another shape, or a level not between 0 and 1.
    """
    noisy, variance = _parts(marginal)
    _mask(of, noisy)
    total = float(noisy.sum())
    return _one(_counted(noisy[of].sum(), variance[of].sum(), total=total, reading=reading, z=_z(level)))


def shares(
    marginal: NoisyMarginal,
    *,
    among: NDArray[np.bool_] | None = None,
    rows: Rows | None = None,
    reading: Reading = Reading.TABLE,
    level: float = LEVEL,
) -> Estimates:
    """Return every cell's share with its interval, as ``share`` does; cells outside ``among`` have a share of 0."""
    noisy, variance = _parts(marginal)
    inside = np.ones(noisy.shape, dtype=np.bool_) if among is None else _mask(among, noisy)
    whole = _whole(noisy[inside].sum(), variance[inside].sum(), rows, partial=among is not None)
    found = _shared(noisy, variance, whole, reading=reading, z=_z(level))
    return Estimates(**{name: np.where(inside, limits, 0.0) for name, limits in found.items()})


def share(
    marginal: NoisyMarginal,
    of: NDArray[np.bool_],
    *,
    among: NDArray[np.bool_] | None = None,
    rows: Rows | None = None,
    reading: Reading = Reading.TABLE,
    level: float = LEVEL,
) -> Estimate:
    """Return the share that the cells ``of`` have of the rows in the cells ``among``, with its interval within [0, 1].

    Both are masks of the marginal's shape; cells of ``of`` outside ``among`` do not count. ``among`` is everything,
    NULL included, unless said otherwise: to ask about rows that have a value, leave the NULL cells out of it. ``rows``
    narrows the interval when ``among`` is not given. ``ValueError`` for masks of another shape, for both ``among`` and
    ``rows``, or a level not between 0 and 1.
    """
    noisy, variance = _parts(marginal)
    inside = np.ones(noisy.shape, dtype=np.bool_) if among is None else _mask(among, noisy)
    chosen = _mask(of, noisy) & inside
    whole = _whole(noisy[inside].sum(), variance[inside].sum(), rows, partial=among is not None)
    return _one(_shared(noisy[chosen].sum(), variance[chosen].sum(), whole, reading=reading, z=_z(level)))


def mean(
    marginal: NoisyMarginal,
    values: NDArray[np.float64],
    *,
    spread: NDArray[np.float64] | float = 0.0,
    among: NDArray[np.bool_] | None = None,
    reading: Reading = Reading.TABLE,
    level: float = LEVEL,
) -> Estimate:
    """Return the mean of a measured column over the cells ``among``, with its interval.

    ``values`` are what rows in each cell have on average, in the marginal's shape; what stands in cells outside
    ``among`` (such as the NULL cell, which has no value) is not looked at. ``spread`` is the standard deviation of the
    values within a cell: a width / sqrt(12) where they lie evenly. That the cells' averages are the ``values`` is taken
    at its word; ``mean_between`` needs no such word. The interval is everything between the least and the greatest of
    ``values`` when the number of rows cannot be told from 0. ``ValueError`` as for ``share``, or without any cell.
    """
    noisy, variance, z = *_parts(marginal), _z(level)
    inside = np.ones(noisy.shape, dtype=np.bool_) if among is None else _mask(among, noisy)
    if not inside.any():
        raise ValueError("a mean needs at least one cell")
    noisy, variance = noisy[inside], variance[inside]
    at = np.broadcast_to(values, inside.shape)[inside].astype(np.float64)
    within = np.broadcast_to(np.asarray(spread, dtype=np.float64) ** 2, inside.shape)[inside]
    ends = float(at.min()), float(at.max())
    total = float(noisy.sum())
    if total <= 0 or total**2 <= z**2 * variance.sum():
        return Estimate(value=(ends[0] + ends[1]) / 2, low=ends[0], high=ends[1])
    middle = sum(ends) / 2  # differences from here keep their digits: columns of years, or of microseconds
    offset = at - middle
    estimate = min(max(float(noisy @ offset) / total, ends[0] - middle), ends[1] - middle)
    drawn = (offset - estimate) ** 2 if reading is Reading.POPULATION else 0.0
    known = max(0.0, float((noisy * (within + drawn)).sum()))
    low, high = _fieller(
        top=estimate * total,
        bottom=total,
        variances=(float(variance @ offset**2) + known, float(variance @ offset), float(variance.sum())),
        z=z,
    )
    reach = z * float(np.sqrt(within.max()))  # a cell's own rows may lie beyond its average
    return Estimate(
        value=middle + estimate,
        low=middle + max(low, ends[0] - middle - reach),
        high=middle + min(high, ends[1] - middle + reach),
    )


def mean_between(
    marginal: NoisyMarginal,
    lowest: NDArray[np.float64],
    highest: NDArray[np.float64],
    *,
    among: NDArray[np.bool_] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Return the table's own mean of a column of which only each cell's ``lowest`` and ``highest`` value is known.

    The interval holds wherever in their cells the values lie; it is wider by about a cell than that of ``mean``.
    """
    below, above = (mean(marginal, ends, among=among, level=level) for ends in (lowest, highest))
    return Estimate(value=(below.value + above.value) / 2, low=below.low, high=above.high)


def margin(marginal: NoisyMarginal, columns: Sequence[int]) -> NoisyMarginal:
    """Return the marginal of some of its ``columns``, in their order there: sums of cells, with the noise of the sums.

    ``ValueError`` for a column that was not measured in it.
    """
    if not set(columns) <= set(marginal.columns):
        raise ValueError("a margin is over columns that were measured together")
    gone = tuple(axis for axis, column in enumerate(marginal.columns) if column not in columns)
    _, variance = _parts(marginal)
    return NoisyMarginal(
        columns=tuple(column for column in marginal.columns if column in columns),
        counts=marginal.counts.sum(axis=gone),
        sigma=np.sqrt(variance.sum(axis=gone)),
    )


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """What shares are shares of: a noisy number of rows, its variance, and the variance of the marginal's own sum."""

    value: float
    variance: float
    own: float


def _whole(total: float, variance: float, rows: Rows | None, *, partial: bool) -> _Whole:
    if rows is None:
        return _Whole(value=float(total), variance=float(variance), own=float(variance))
    if partial:
        raise ValueError("a number of all rows does not say how many of them are in some cells")
    return _Whole(value=rows.value, variance=rows.sigma**2, own=float(variance))


def _counted(noisy: Any, variance: Any, *, total: float, reading: Reading, z: float) -> dict[str, Any]:  # noqa: ANN401 - figures or arrays of them
    """Solve (noisy -+ 1/2 - m)^2 = z^2 (variance + m (1 - m / total)) for m; without the last term for the table."""
    value = np.maximum(np.asarray(noisy, dtype=np.float64), 0.0)
    drawn = z**2 if reading is Reading.POPULATION else 0.0
    rows = max(total, 1.0)
    ends = {}
    for name, at, sign in (("low", value - HALF, -1.0), ("high", value + HALF, 1.0)):
        a, b, c = 1 + drawn / rows, 2 * at + drawn, at**2 - z**2 * np.asarray(variance, dtype=np.float64)
        ends[name] = (b + sign * np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))) / (2 * a)
    if reading is Reading.TABLE:  # exact counts are whole
        ends = {"low": np.ceil(ends["low"]), "high": np.floor(ends["high"])}
    return {"value": value, "low": np.clip(ends["low"], 0.0, value), "high": np.maximum(ends["high"], value)}


def _shared(noisy: Any, variance: Any, whole: _Whole, *, reading: Reading, z: float) -> dict[str, Any]:  # noqa: ANN401 - figures or arrays of them
    """Solve (x -+ 1/2 - p n)^2 = z^2 (Var[x - p n] + n p (1 - p)) for p; without the last term for the table.

    A precision-weighted number of rows n has the covariance Var[n] Var[x] / own with the noise of a part x of a sum
    that went into it and has the variance ``own``; it is Var[x] when n is that sum.
    """
    top, part = np.asarray(noisy, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    if whole.value <= 0:
        return {"value": np.full(top.shape, 0.0), "low": np.full(top.shape, 0.0), "high": np.full(top.shape, 1.0)}
    top = np.clip(top, 0.0, whole.value)
    common = part * (whole.variance / whole.own if whole.own else 0.0)
    drawn = whole.value if reading is Reading.POPULATION else 0.0
    value = top / whole.value
    ends = {}
    for name, at, sign in (("low", top - HALF, -1.0), ("high", top + HALF, 1.0)):
        a = whole.value**2 - z**2 * (whole.variance - drawn)
        b = 2 * (at * whole.value - z**2 * (common - drawn / 2))
        c = at**2 - z**2 * part
        root = (b + sign * np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))) / (2 * a) if a > 0 else 0.5 + sign / 2
        ends[name] = np.clip(root, 0.0, 1.0)
    return {"value": value, "low": np.minimum(ends["low"], value), "high": np.maximum(ends["high"], value)}


def _fieller(*, top: float, bottom: float, variances: tuple[float, float, float], z: float) -> tuple[float, float]:
    """Return the ends of all r with (top - r bottom)^2 <= z^2 (Var top - 2 r Cov + r^2 Var bottom).

    ``variances`` are those three. The bottom must be farther from 0 than z of its standard deviations.
    """
    a = bottom**2 - z**2 * variances[2]
    b = top * bottom - z**2 * variances[1]
    c = top**2 - z**2 * variances[0]
    reach = float(np.sqrt(max(b**2 - a * c, 0.0)))
    return (b - reach) / a, (b + reach) / a


def _parts(marginal: NoisyMarginal) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    noisy = marginal.counts.astype(np.float64)
    return noisy, np.broadcast_to(np.asarray(marginal.sigma, dtype=np.float64) ** 2, noisy.shape)


def _mask(mask: NDArray[np.bool_], like: NDArray[np.float64]) -> NDArray[np.bool_]:
    if mask.shape != like.shape or mask.dtype != np.bool_:
        raise ValueError("cells are chosen by a mask of bools in the marginal's shape")
    return mask


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("an interval needs a level between 0 and 1")
    return float(ndtri((1 + level) / 2))


def _one(limits: dict[str, Any]) -> Estimate:
    return Estimate(**{name: float(limit) for name, limit in limits.items()})
