"""95 % intervals of rates, and of what one rate adds over another."""

from __future__ import annotations

import math

from gateway.raw.judge.attack import Interval

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


def wilson(successes: float, trials: float) -> Interval:
    """Return the rate of ``successes`` in ``trials`` with its score interval (Wilson 1927).

    Neither need be whole: clustered trials are passed divided by their design effect. Raises ``ValueError`` unless
    0 <= successes <= trials and trials > 0.
    """
    if not 0 <= successes <= trials or trials <= 0:
        raise ValueError("a rate needs trials, and no more successes than trials")
    rate = successes / trials
    centre = (rate + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = _Z / (1 + _Z**2 / trials) * math.sqrt(rate * (1 - rate) / trials + _Z**2 / (4 * trials**2))
    return _interval(rate, centre - half, centre + half, floor=0.0)


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
