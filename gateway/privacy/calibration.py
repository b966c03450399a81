"""From a budget to noise: how much each query of a fixed plan gets, and the threshold of a selection."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from gateway.privacy import accountant
from gateway.privacy.events import ClippedGaussianEvent, DiscreteGaussianEvent, SelectionEvent
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.privacy.budget import Budget
    from gateway.privacy.events import Event

GRID = 1024
"""Sigmas are whole multiples of 1/GRID, rounded up: exact in binary, so what is recorded is what was drawn."""

PRECISION = 3e-4
"""A plan's claim, or its total mu, is within this share of the largest that the accountant allows."""

SMOOTH = 2.0
"""From this sigma on a sum of k discrete Gaussians is taken for one with sigma sqrt(k), and the gap is added.

The sum of two with parameters s and t is c exp(-z^2 / (2 (s^2 + t^2))) h(z), where h sums a Gaussian with
1/v = 1/s^2 + 1/t^2 over shifted integers: 1 - e <= h <= 1 + e with e = 2 exp(-2 pi^2 v) + 2 exp(-8 pi^2 v) + ... by
Poisson summation, so that probabilities differ by a factor of exp(5 exp(-2 pi^2 v)) at most (as in Kairouz, Liu,
Steinke 2021). Adding k draws one by one, v >= sigma^2 / 2 each time, which makes exp(5 (k - 1) exp(-pi^2 sigma^2)), or
1 + 4e-17 (k - 1), in all.
"""

MOST_CONVOLVED = 1024
"""Below ``SMOOTH`` sums of up to so many draws are computed by convolution, which takes half a second at the most."""

WIDE = 1024.0
"""Beyond this sigma tails are bounded by an integral rather than summed, so that memory stays bounded."""


ROUNDING = 4
"""Parameter of the rounding by which ``accountant`` proves that discrete noise is as good as continuous noise."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Queries of a plan that all have the same noise."""

    weight: float
    """Share of the precision (1/sigma^2) that each of them gets, relative to the others; positive."""
    times: int = 1
    clipped: bool = False
    """Whether they are clipped tables, with sigma relative to the bound, or queries that one unit moves by one."""


@lru_cache(maxsize=64)
def mu(budget: Budget) -> float:
    """Return the Gaussian-DP parameter whose exact delta at ``budget.epsilon`` is ``budget.delta``."""
    lowest, highest = 1e-9, 1.0
    while accountant.gaussian_delta(highest, budget.epsilon) < budget.delta:
        highest *= 2
    return float(brentq(lambda value: accountant.gaussian_delta(value, budget.epsilon) - budget.delta, lowest, highest))


def rho(budget: Budget) -> float:
    """Return an upper bound on the total zCDP of any plan that ``sigmas`` makes for ``budget``.

    A discrete Gaussian of sensitivity 1 is 1/(2 sigma^2)-zCDP (Canonne, Kamath, Steinke 2020, Theorem 4), and so is a
    clipped table of noise multiplier sigma (Theorem 14). ``scales`` never lets the sum of 1/sigma^2 pass mu^2.
    Selections cost no rho; their delta comes on top.
    """
    return mu(budget) ** 2 / 2


def sigmas(weights: tuple[float, ...], budget: Budget, *, selections: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Return the noise of each query of a plan, so that all of them and ``selections`` together stay inside ``budget``.

    ``weights`` are relative shares of precision (1/sigma^2), one for each query; otherwise as ``scales``.
    """
    often = Counter(weights)
    demands = tuple(Demand(weight=weight, times=times) for weight, times in often.items())
    found = dict(zip(often, scales(demands, budget, selections=selections), strict=True))
    return tuple(found[weight] for weight in weights)


@lru_cache(maxsize=64)
def scales(demands: tuple[Demand, ...], budget: Budget, *, selections: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Return the sigma of each of ``demands``, so that all of them and ``selections`` together stay inside ``budget``.

    ``selections`` are the deltas of threshold selections. The result is a function of its arguments alone.
    ``ValueError`` when the selections take all of delta or a weight is not positive, ``ConfigurationError`` when delta
    is too small to be accounted for.
    """
    left = budget.delta - math.fsum(selections)
    if left <= 0 or not demands or min(each.weight for each in demands) <= 0:
        raise ValueError("a plan needs positive weights, and selections that leave some of delta")
    highest = mu(type(budget)(budget.epsilon, left))
    price = _price(highest, demands, budget, selections)
    if math.isinf(price):
        # distributions are cut where less than about 1e-15 is left, whatever the noise
        raise ConfigurationError(f"delta {budget.delta:g} is too small to be accounted for; 1e-12 always suffices")
    lowest = highest if price <= budget.epsilon else 0.0
    while highest - lowest > PRECISION * highest:
        # where the claim would meet the budget if it grew in proportion, kept inside the two ends
        margin = (highest - lowest) / 8
        aim = highest * budget.epsilon / price * (1 - PRECISION / 2)
        middle = min(max(aim, lowest + margin), highest - margin / 8)
        paid = _price(middle, demands, budget, selections)
        if (1 - PRECISION) * budget.epsilon <= paid <= budget.epsilon:
            return _scaled(middle, demands)
        if paid <= budget.epsilon:
            lowest = middle
        else:
            highest, price = middle, paid
    return _scaled(lowest, demands)


def width(sigma: float, *, squared: int) -> int:
    """Return the least whole parameter of noise that is worth ``sigma`` on whole numbers.

    ``squared`` is the square of the L2 norm by which a unit moves them. The proof that it is worth that is at the head
    of ``accountant``, and asks for a squared parameter of at least sigma^2 ``squared`` + ROUNDING^2.
    """
    least = math.ceil(Fraction(sigma) ** 2 * squared) + ROUNDING**2
    return math.isqrt(least - 1) + 1


def tail(sigma: float, at: int, *, times: int = 1) -> float:
    """Return P[Z1 + ... + Zk >= ``at``] or a little more, for k = ``times`` discrete Gaussians of parameter ``sigma``.

    More by a part in 10^9, which covers the rounding of floats; but see ``_one`` for sums wider than ``WIDE`` and
    ``_chernoff`` for narrow noise drawn very often. ``ValueError`` when ``times`` is not positive.
    """
    if times < 1:
        raise ValueError("a sum of noise needs at least one draw")
    if at < 0:
        return 1.0
    if times == 1 or sigma >= SMOOTH:
        found = _one(sigma * math.sqrt(times), at) * math.exp(5 * (times - 1) * math.exp(-((math.pi * sigma) ** 2)))
    else:
        found = _summed(sigma, at, times) if times <= MOST_CONVOLVED else _chernoff(sigma, at, times)
    return min(1.0, found * (1 + 1e-9))


def threshold(sigma: float, delta: float, *, times: int = 1, one: int = 1, most: int = 1) -> int:
    """Return the least sum of ``times`` noisy counts at which a value may be kept.

    A value that one unit alone carries has a count of 1, which is ``one`` in the numbers that noise of parameter
    ``sigma`` is added to; and at most ``most`` values are carried by that unit alone. So this is the least T with
    P[times one + Z1 + ... + Z_times >= T] <= ``delta`` / ``most``, with that probability taken from ``tail``: by a
    union bound the chance that any of these values passes is at most ``delta``, however their noise hangs together.
    """
    delta /= most
    lowest, highest = 0, 1
    while tail(sigma, highest, times=times) > delta:
        lowest, highest = highest, highest * 2
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        lowest, highest = (middle, highest) if tail(sigma, middle, times=times) > delta else (lowest, middle)
    return highest + times * one


def _one(sigma: float, at: int) -> float:
    """Return P[Z >= ``at``] for ``at >= 0``: summed directly, or an upper bound when ``sigma`` is above ``WIDE``.

    The weights f(x) = exp(-x^2 / (2 sigma^2)) sum to sigma sqrt(2 pi) at least (Poisson summation). Where f is convex,
    from sigma on, f(x) is at most its integral from x - 1/2 to x + 1/2; elsewhere from x - 1 to x, since it falls. So
    the tail is at most the continuous Gaussian's from ``at`` - 1/2 (too much by parts in 10^6) or ``at`` - 1.
    """
    if sigma > WIDE:
        start = at - 0.5 if at - 0.5 >= sigma else at - 1
        return math.erfc(start / (sigma * math.sqrt(2))) / 2
    reach = math.ceil(40 * sigma) + 2
    above = np.exp(-0.5 * (np.arange(at, at + reach, dtype=np.float64) / sigma) ** 2).sum()
    half = np.exp(-0.5 * (np.arange(1, reach, dtype=np.float64) / sigma) ** 2).sum()
    return float(above / (1 + 2 * half))


def _summed(sigma: float, at: int, times: int) -> float:
    """Return P[Z1 + ... + Zk >= ``at``] for ``at >= 0`` from the k-fold convolution of the probability function.

    The draws are cut at 12 sigma, and the chance that any of them lies beyond is added. Only sums and products of
    positive numbers are formed, so the relative error stays below 10^-10 up to ``MOST_CONVOLVED``.
    """
    reach, beyond = _convolved(sigma, times)
    outside = 2 * times * _one(sigma, reach + 1)
    return outside + (float(beyond[at]) if at < beyond.size else 0.0)


@lru_cache(maxsize=16)
def _convolved(sigma: float, times: int) -> tuple[int, NDArray[np.float64]]:
    """Return where draws are cut, and P[their sum >= at] for at = 0, 1, ... up to the last that is possible."""
    reach = math.ceil(12 * sigma) + 1
    power = np.exp(-0.5 * (np.arange(-reach, reach + 1, dtype=np.float64) / sigma) ** 2)
    power /= power.sum()
    whole = np.ones(1)
    left = times
    while left:
        if left % 2:
            whole = np.convolve(whole, power)
        left //= 2
        if left:
            power = np.convolve(power, power)
    return reach, np.cumsum(whole[::-1])[::-1][times * reach :]


def _chernoff(sigma: float, at: int, times: int) -> float:
    """Return an upper bound that every ``sigma`` and ``times`` keep, and that is several times too large.

    E[exp(t Z)] <= exp(t^2 sigma^2 / 2) (Canonne, Kamath, Steinke 2020: completing the square leaves a sum over shifted
    integers, which is largest without a shift), so that Chernoff's bound for Gaussians holds.
    """
    return math.exp(-(at**2) / (2 * times * sigma**2))


def _scaled(total: float, demands: tuple[Demand, ...]) -> tuple[float, ...]:
    whole = math.fsum(each.weight * each.times for each in demands)
    return tuple(math.ceil(GRID / (total * math.sqrt(each.weight / whole))) / GRID for each in demands)


def _price(total: float, demands: tuple[Demand, ...], budget: Budget, selections: tuple[float, ...]) -> float:
    events: list[Event] = [SelectionEvent(label="", delta=part) for part in selections]
    for each, sigma in zip(demands, _scaled(total, demands), strict=True):
        if each.clipped:
            events.append(ClippedGaussianEvent(label="", sigma=sigma, cells=1, clip=1, times=each.times))
        else:
            events.append(DiscreteGaussianEvent(label="", sigma=sigma, cells=1, times=each.times))
    return accountant.epsilon(events, budget.delta)
