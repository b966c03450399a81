"""95 % intervals of rates, and of what one rate adds over another."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

from gateway.raw.judge.attack import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DOUBT = 0.05


def wilson(successes: float, trials: float, *, looks: int = 1) -> Interval:
    """Return the rate of ``successes`` in ``trials`` with its score interval (Wilson 1927).

    Neither need be whole: clustered trials are passed divided by their design effect. Where ``looks`` such rates are
    looked at and the worst is told, each interval is as wide as it takes for all of them to hold at once in 95 of 100
    tables (Bonferroni); what is made of such intervals (``excess``) then holds as often. Raises ``ValueError`` unless
    0 <= successes <= trials, trials > 0 and looks > 0.
    """
    if not 0 <= successes <= trials or trials <= 0 or looks < 1:
        raise ValueError("a rate needs trials, and no more successes than trials")
    rate, z = successes / trials, _point(looks)
    centre = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    return _interval(rate, centre - half, centre + half, floor=0.0)


def exact(successes: int, trials: int) -> Interval:
    """Return the rate of ``successes`` in ``trials`` with its exact interval (Clopper and Pearson 1934).

    It is wider than that of ``wilson`` and holds however few trials there are. ``ValueError`` as there.
    """
    if not 0 <= successes <= trials or trials <= 0:
        raise ValueError("a rate needs trials, and no more successes than trials")
    low = betaincinv(successes, trials - successes + 1, _DOUBT / 2) if successes else 0.0
    high = betaincinv(successes + 1, trials - successes, 1 - _DOUBT / 2) if successes < trials else 1.0
    return _interval(successes / trials, float(low), float(high), floor=0.0)


@cache
def _point(looks: int) -> float:
    """Return the point of the normal distribution that is passed, on either side, once in 20 times ``looks``."""
    return NormalDist().inv_cdf(1 - _DOUBT / looks / 2)


def clustered(shares: NDArray[np.float64], *, looks: int = 1) -> Interval:
    """Return the mean of ``shares``, one for each person tried: which share of the tries at her hit, 0 to 1.

    The tries at one person are no independent trials. So the persons are counted, and as many trials made of them as
    would spread like their shares do: one per person if she is hit always or never, more if her tries even out. Two
    further persons, one hit always and one never, are reckoned into the spread, since that of few hits is not known.
    ``ValueError`` where there is nobody, or a share outside 0 to 1.
    """
    if not len(shares) or shares.min() < 0 or shares.max() > 1:
        raise ValueError("a rate needs persons, and shares from 0 to 1")
    mean, trials = float(shares.mean()), float(len(shares))
    if ((shares > 0) & (shares < 1)).any():
        seen = np.append(shares, [0.0, 1.0])
        trials *= max(1.0, float(seen.mean() * (1 - seen.mean()) / seen.var()))
    return wilson(min(mean, 1.0) * trials, trials, looks=looks)


def scaled(interval: Interval, factor: float) -> Interval:
    """Return a rate's interval multiplied by a known ``factor``, cut off at 1."""
    return _interval(*(min(1.0, end * factor) for end in (interval.value, interval.low, interval.high)), floor=0.0)


def excess(rate: Interval, control: Interval, *, correlation: float = 0.0) -> Interval:
    """Return (rate - control) / (1 - control) with its interval, cut off at -1 and 1.

    This is the share of targets that the control's rate leaves over and that the attack still hits (anonymeter's
    residual risk, Giomi et al. 2023, section 4). It is 1 less a ratio of two shares, so both intervals are carried over
    by the method of variance estimates recovery for ratios (MOVER; Donner and Zou 2012, with Wilson's limits as
    Fagerland and Newcombe 2013 recommend); ``correlation`` is that of the two estimates. Where the control is hit
    always, nothing is left over to tell by: the interval then reaches from -1 and, if the attack succeeds too, to 1.
    """
    hit, spared = 1 - rate.value, 1 - control.value
    hit_low, hit_high, spared_low, spared_high = 1 - rate.high, 1 - rate.low, 1 - control.high, 1 - control.low
    product = hit * spared
    linear = product - correlation * (hit - hit_low) * (spared_high - spared)
    constant, square = hit_low * (2 * hit - hit_low), spared_high * (2 * spared - spared_high)
    divisor = linear + math.sqrt(max(0.0, linear**2 - square * constant))
    smallest = constant / divisor if divisor > 0 else 0.0
    linear = product - correlation * (hit_high - hit) * (spared - spared_low)
    constant, square = hit_high * (2 * hit - hit_high), spared_low * (2 * spared - spared_low)
    largest = (linear + math.sqrt(max(0.0, linear**2 - square * constant))) / square if square > 0 else math.inf
    value = 1 - hit / spared if spared > 0 else (0.0 if hit == 0 else -1.0)
    return _interval(value, 1 - largest, 1 - smallest, floor=-1.0)


def _interval(value: float, low: float, high: float, *, floor: float) -> Interval:
    value, low, high = (min(1.0, max(floor, end)) for end in (value, low, high))
    return Interval(value=value, low=min(low, value), high=max(high, value))
