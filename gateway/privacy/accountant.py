"""What recorded events cost together: one tight, rigorous claim, and one recomputation by another route.

Both take events under adding or removing one unit. A query of sensitivity 1 moves by at most one in one cell, so it is
dominated by the pair of discrete Gaussians centred at 0 and 1, whatever earlier answers it was chosen by. The sigmas
must not depend on answers, and as many must be spent whatever the answers are: ``gateway.raw.generate`` sees to both.

A clipped table is dominated by the pair of continuous Gaussians N(0, 1) and N(1 / sigma, 1), although its noise is
discrete and a unit moves many of its cells, and in whatever way. Let f be the table, a vector of whole numbers, D the
L2 norm by which a unit moves it, and s the noise's parameter, with s^2 >= sigma^2 D^2 + ROUNDING^2
(``calibration.width``).

1. Take t = ROUNDING and r^2 = s^2 - t^2. Releasing Y = f + N(0, r^2 I) is the Gaussian mechanism: for any shift of
   norm at most D it is D/r-GDP, and D / r <= 1 / sigma (Dong, Roth, Su 2019, Theorem 2.7; only the norm counts, because
   the noise is the same in all directions).
2. Round each cell of Y to a whole number X at random, with P[X = x] proportional to exp(-(x - Y)^2 / (2 t^2)). That is
   post-processing: it looks at Y alone.
3. X is all but f + discrete Gaussian noise. By completing the square, a cell's X is x with probability
   g(x) E[1 / h(Y')], where g is the density of N(f, s^2) at x and h(y) is exp(-(k - y)^2 / (2 t^2)) / sqrt(2 pi t^2)
   summed over whole k. By Poisson summation 1 - e <= h <= 1 + e with e = 2 exp(-2 pi^2 t^2) + 2 exp(-8 pi^2 t^2) + ...;
   and the g(x) of all whole x sum to a number in the same bounds, as s >= t. So the two differ by a factor between
   (1 - e) / (1 + e) and (1 + e) / (1 - e) at every x (Peikert 2010, section 3, put to another use).
4. Hence the table as released is (epsilon + 2c, delta e^c)-private wherever Y is (epsilon, delta)-private, where c is
   3 e for every cell of every draw, whatever was chosen on the way. With t = 4, e < 2^-453. For 2^64 cells drawn, c is
   below 2^-387, and the noise's own error (``gateway.raw.generate.noise``) below 2^-270: nothing that a computed
   epsilon, which is known to about 1 part in 10^9, could show.

So no delta is charged for it, and no bound on cells or draws is needed beyond what a machine can do.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dp_accounting.pld import privacy_loss_distribution as pld
from scipy.optimize import brentq
from scipy.special import log_ndtr

from gateway.privacy.events import ClippedGaussianEvent, DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.privacy.events import Event

RESOLUTION = 1e-3
"""Step of the privacy-loss grid as a share of the loss's own standard deviation; the claim's slack stays under .1 %."""


def epsilon(events: Sequence[Event], delta: float) -> float:
    """Return the smallest epsilon that can be claimed for all ``events`` together at ``delta``; infinity if none can.

    Composes the privacy-loss distributions of the discrete Gaussians themselves, and of one Gaussian that is worth all
    clipped tables, rounded pessimistically ("connect the dots", Doroshenko et al. 2022). The deltas of selections add
    up: rounds of one search share their noise, and one may be worth several events, so a union bound holds of them and
    a product does not. Does not check that the mechanisms had the sensitivity that is said or that their parameters
    were fixed beforehand. ``ValueError`` and ``TypeError`` for events that cannot be.
    """
    spent = _Spent.of(events)
    left = delta - math.fsum(spent.selected)
    if not spent.mu or left < 0:
        return 0.0 if left >= 0 else math.inf
    interval = RESOLUTION * spent.mu
    total = pld.identity(value_discretization_interval=interval)
    for sigma, times in sorted(spent.discrete.items()):
        one = pld.from_discrete_gaussian_mechanism(sigma, value_discretization_interval=interval, use_connect_dots=True)
        total = total.compose(one.self_compose(times))
    if spent.clipped:
        # Gaussians compose to a Gaussian: Dong, Roth, Su 2019, Corollary 3.3
        deviation = 1 / _parameter(spent.clipped)
        one = pld.from_gaussian_mechanism(deviation, value_discretization_interval=interval, use_connect_dots=True)
        total = total.compose(one)
    return float(total.get_epsilon_for_delta(left))


def epsilon_independently(events: Sequence[Event], delta: float) -> float:
    """Return epsilon by closed forms alone: Gaussian DP for the noise, a union bound for the selections.

    Delta of a mu-GDP mechanism is Phi(-eps/mu + mu/2) - e^eps Phi(-eps/mu - mu/2) (Dong, Roth, Su 2019, Corollary 2.13;
    Balle and Wang 2018, Theorem 8) with mu the root of the summed 1/sigma^2. It shares no code with ``epsilon``. It is
    exact for clipped tables; the discrete Gaussian's own figure lies within .5 % of it for sigma of 2 and more (tests
    hold that), so this is a cross-check, never the claim.
    """
    spent = _Spent.of(events)
    left = delta - math.fsum(spent.selected)
    if not spent.mu:
        return 0.0 if left >= 0 else math.inf
    if left <= 0:
        return math.inf
    return gaussian_epsilon(spent.mu, left)


def concentrated(events: Sequence[Event]) -> float:
    """Return the total zCDP of the noise among ``events``: the sum of 1/(2 sigma^2); selections cost delta, not rho.

    Canonne, Kamath and Steinke 2020, Theorem 4 for queries of sensitivity 1, Theorem 14 for clipped tables.
    """
    return parameter(events) ** 2 / 2


def parameter(events: Sequence[Event]) -> float:
    """Return mu of the noise among ``events``, as if it were continuous: the root of the summed 1/sigma^2."""
    return _Spent.of(events).mu


def gaussian_parameter(sigmas: Sequence[float]) -> float:
    """Return mu of Gaussian mechanisms of sensitivity 1 composed: the root of the summed 1/sigma^2."""
    return math.sqrt(math.fsum(1.0 / sigma**2 for sigma in sigmas))


def gaussian_delta(mu: float, epsilon: float) -> float:
    """Return delta at ``epsilon`` of a ``mu``-GDP mechanism, for ``mu > 0``."""
    first = float(log_ndtr(-epsilon / mu + mu / 2))
    second = epsilon + float(log_ndtr(-epsilon / mu - mu / 2))
    return math.exp(first) * -math.expm1(min(second - first, 0.0))


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Return the smallest epsilon at ``delta`` of a ``mu``-GDP mechanism, for ``mu > 0`` and ``0 < delta < 1``."""
    if gaussian_delta(mu, 0.0) <= delta:
        return 0.0
    highest = mu**2 / 2 + mu * math.sqrt(2 * math.log(1 / delta)) + 1.0
    return float(brentq(lambda value: gaussian_delta(mu, value) - delta, 0.0, highest, xtol=1e-12))


@dataclass(frozen=True, kw_only=True)
class _Spent:
    """Events without their order: how often noise of each sigma was drawn, and the deltas of selections."""

    discrete: Counter[float]
    clipped: Counter[float]
    selected: list[float]

    @classmethod
    def of(cls, events: Sequence[Event]) -> _Spent:
        spent = cls(discrete=Counter(), clipped=Counter(), selected=[])
        for event in events:
            match event:
                case DiscreteGaussianEvent():
                    spent.discrete[event.sigma] += _times(event)
                case ClippedGaussianEvent():
                    spent.clipped[event.sigma] += _times(event)
                case SelectionEvent():
                    spent.selected.append(event.delta)
                case _:
                    raise TypeError("an event of a kind that has no price here")
        return spent

    @property
    def mu(self) -> float:
        return _parameter(self.discrete + self.clipped)


def _times(event: DiscreteGaussianEvent | ClippedGaussianEvent) -> int:
    if event.times < 1:
        raise ValueError("an event that happened less than once")
    if not 0 < event.sigma < math.inf:
        raise ValueError("an event whose noise is not a number above 0")
    return event.times


def _parameter(drawn: Counter[float]) -> float:
    return math.sqrt(math.fsum(times / sigma**2 for sigma, times in drawn.items()))
