"""What recorded events cost together: one tight, rigorous claim, and one recomputation by another route.

Both take events under adding or removing one unit. Every noisy query moves by at most one in one cell, so each is
dominated by the pair of discrete Gaussians centred at 0 and 1, whatever earlier answers it was chosen by. The sigmas
must not depend on answers, and as many must be spent whatever the answers are: ``gateway.raw.generate`` sees to both.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from dp_accounting.pld import privacy_loss_distribution as pld
from scipy.optimize import brentq
from scipy.special import log_ndtr

from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.privacy.events import Event

RESOLUTION = 1e-3
"""Step of the privacy-loss grid as a share of the loss's own standard deviation; the claim's slack stays under .1 %."""


def epsilon(events: Sequence[Event], delta: float) -> float:
    """Return the smallest epsilon that can be claimed for all ``events`` together at ``delta``; infinity if none can.

    Composes the privacy-loss distributions of the discrete Gaussians themselves, rounded pessimistically ("connect the
    dots", Doroshenko et al. 2022). The deltas of selections add up: rounds of one search share their noise, and one may
    be worth several events, so a union bound holds of them and a product does not. Does not check that the mechanisms
    had sensitivity 1 or that their parameters were fixed beforehand.
    """
    sigmas, selected = _sorted(events)
    left = delta - math.fsum(selected)
    if not sigmas or left < 0:
        return 0.0 if left >= 0 else math.inf
    interval = RESOLUTION * gaussian_parameter(sigmas)
    total = pld.identity(value_discretization_interval=interval)
    for sigma, times in sorted(Counter(sigmas).items()):
        one = pld.from_discrete_gaussian_mechanism(sigma, value_discretization_interval=interval, use_connect_dots=True)
        total = total.compose(one.self_compose(times))
    return float(total.get_epsilon_for_delta(left))


def epsilon_independently(events: Sequence[Event], delta: float) -> float:
    """Return epsilon by closed forms alone: Gaussian DP for the noise, a union bound for the selections.

    Delta of a mu-GDP mechanism is Phi(-eps/mu + mu/2) - e^eps Phi(-eps/mu - mu/2) (Dong, Roth, Su 2019, Corollary 2.13;
    Balle and Wang 2018, Theorem 8) with mu the root of the summed 1/sigma^2. It shares no code with ``epsilon``. It is
    exact for continuous noise; the discrete Gaussian's own figure lies within .5 % of it for sigma of 2 and more (tests
    hold that), so this is a cross-check, never the claim.
    """
    sigmas, selected = _sorted(events)
    left = delta - math.fsum(selected)
    if not sigmas:
        return 0.0 if left >= 0 else math.inf
    if left <= 0:
        return math.inf
    return gaussian_epsilon(gaussian_parameter(sigmas), left)


def concentrated(events: Sequence[Event]) -> float:
    """Return the total zCDP of the noise among ``events``: the sum of 1/(2 sigma^2); selections cost delta, not rho.

    Canonne, Kamath and Steinke 2020, Theorem 4, for queries of sensitivity 1.
    """
    sigmas, _ = _sorted(events)
    return math.fsum(0.5 / sigma**2 for sigma in sigmas)


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


def _sorted(events: Sequence[Event]) -> tuple[list[float], list[float]]:
    """Return the sigmas and the selections' deltas, in an order that does not depend on the events' own."""
    drawn = [event for event in events if isinstance(event, DiscreteGaussianEvent)]
    selected = sorted(event.delta for event in events if isinstance(event, SelectionEvent))
    if len(drawn) + len(selected) != len(events):
        raise TypeError("an event of a kind that has no price here")
    if any(event.times < 1 for event in drawn):
        raise ValueError("an event that happened less than once")
    sigmas = sorted(event.sigma for event in drawn for _ in range(event.times))
    return sigmas, selected
