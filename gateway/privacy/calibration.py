"""From a budget to noise: how much each query of a fixed plan gets, and the threshold of a selection."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from gateway.privacy import accountant
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from gateway.privacy.budget import Budget
    from gateway.privacy.events import Event

GRID = 1024
"""Sigmas are whole multiples of 1/GRID, rounded up: exact in binary, so what is recorded is what was drawn."""

PRECISION = 3e-4
"""A plan's claim, or its total mu, is within this share of the largest that the accountant allows."""


@lru_cache(maxsize=64)
def mu(budget: Budget) -> float:
    """Return the Gaussian-DP parameter whose exact delta at ``budget.epsilon`` is ``budget.delta``."""
    lowest, highest = 1e-9, 1.0
    while accountant.gaussian_delta(highest, budget.epsilon) < budget.delta:
        highest *= 2
    return float(brentq(lambda value: accountant.gaussian_delta(value, budget.epsilon) - budget.delta, lowest, highest))


def rho(budget: Budget) -> float:
    """Return an upper bound on the total zCDP of any plan that ``sigmas`` makes for ``budget``.

    A discrete Gaussian of sensitivity 1 is 1/(2 sigma^2)-zCDP (Canonne, Kamath, Steinke 2020, Theorem 4) and ``sigmas``
    never lets the sum of 1/sigma^2 pass mu^2. Selections cost no rho; their delta comes on top.
    """
    return mu(budget) ** 2 / 2


@lru_cache(maxsize=64)
def sigmas(weights: tuple[float, ...], budget: Budget, *, selections: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Return the noise of each query of a plan, so that all of them and ``selections`` together stay inside ``budget``.

    ``weights`` are relative shares of precision (1/sigma^2), one for each query, positive; ``selections`` the deltas of
    threshold selections. The result is a function of its arguments alone. ``ValueError`` when the selections take all
    of delta or a weight is not positive.
    """
    left = budget.delta - math.fsum(selections)
    if left <= 0 or not weights or min(weights) <= 0:
        raise ValueError("a plan needs positive weights, and selections that leave some of delta")
    highest = mu(type(budget)(budget.epsilon, left))
    price = _price(highest, weights, budget, selections)
    lowest = highest if price <= budget.epsilon else 0.0
    while highest - lowest > PRECISION * highest:
        # where the claim would meet the budget if it grew in proportion, kept inside the two ends
        margin = (highest - lowest) / 8
        aim = highest * budget.epsilon / price * (1 - PRECISION / 2)
        middle = min(max(aim, lowest + margin), highest - margin / 8)
        paid = _price(middle, weights, budget, selections)
        if (1 - PRECISION) * budget.epsilon <= paid <= budget.epsilon:
            return _scaled(middle, weights)
        if paid <= budget.epsilon:
            lowest = middle
        else:
            highest, price = middle, paid
    return _scaled(lowest, weights)


def tail(sigma: float, at: int) -> float:
    """Return P[Z >= ``at``] for discrete Gaussian noise Z with parameter ``sigma``, rounded up by a part in 10^9."""
    if at <= 0:
        return 1.0 if at < 0 else tail_sum(sigma, 0) * (1 + 1e-9)
    return min(1.0, tail_sum(sigma, at) * (1 + 1e-9))


def tail_sum(sigma: float, at: int) -> float:
    """Return P[Z >= ``at``] for ``at >= 0`` by summing the probability function directly."""
    reach = math.ceil(40 * sigma) + 2
    above = np.exp(-0.5 * (np.arange(at, at + reach, dtype=np.float64) / sigma) ** 2).sum()
    half = np.exp(-0.5 * (np.arange(1, reach, dtype=np.float64) / sigma) ** 2).sum()
    return float(above / (1 + 2 * half))


def threshold(sigma: float, delta: float) -> int:
    """Return the least noisy count at which a value may be kept: P[1 + Z >= threshold] <= ``delta``.

    A value that one unit alone carries has a count of 1, because each unit has exactly one row.
    """
    lowest, highest = 0, 1
    while tail(sigma, highest) > delta:
        lowest, highest = highest, highest * 2
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        lowest, highest = (middle, highest) if tail(sigma, middle) > delta else (lowest, middle)
    return highest + 1


def _scaled(total: float, weights: tuple[float, ...]) -> tuple[float, ...]:
    whole = math.fsum(weights)
    return tuple(math.ceil(GRID / (total * math.sqrt(weight / whole))) / GRID for weight in weights)


def _price(total: float, weights: tuple[float, ...], budget: Budget, selections: tuple[float, ...]) -> float:
    events: list[Event] = [DiscreteGaussianEvent(label="", sigma=s, cells=1) for s in _scaled(total, weights)]
    events += [SelectionEvent(label="", delta=part) for part in selections]
    return accountant.epsilon(events, budget.delta)
