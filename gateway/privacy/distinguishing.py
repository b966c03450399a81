"""How well two neighbours can be told apart, from scores of many games: lower bounds that a privacy claim must exceed.

A game draws one of two neighbouring tables, runs the mechanism on it and scores the output; a high score speaks for the
larger table. Whoever guesses by a threshold is wrong at two rates, and differential privacy forbids both to be small
(Wasserman and Zhou 2010). Turned round, rates that were seen put a floor under the privacy loss: Jagielski, Ullman and
Oprea 2020 for epsilon, Nasr et al. 2023, "Tight Auditing of Differentially Private Machine Learning", for Gaussian DP.
Sees scores alone; that the games were independent and the scores made without peeking is the caller's word.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri
from scipy.stats import beta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONFIDENCE = 0.999
"""A true claim is contradicted with a chance of one in a thousand at the most."""
THRESHOLDS = 5
PILOT = 0.1
"""Share of the games that only serve to choose thresholds and direction, so that these are fixed for all others."""


@dataclass(frozen=True, kw_only=True)
class LowerBounds:
    """With ``confidence``, the mechanism's figures are at least these; 0 when the games show nothing."""

    mu: float
    """The Gaussian-DP parameter: what tells the neighbours apart is no less than N(0, 1) from N(mu, 1)."""
    epsilon: float
    """Epsilon at the ``delta`` asked for."""
    confidence: float
    games: int


def lower_bounds(
    without: Sequence[float], within: Sequence[float], *, delta: float, confidence: float = CONFIDENCE
) -> LowerBounds:
    """Return what scores of games ``without`` the target and with it (``within``) prove about the mechanism.

    Scores may be infinite (an output that only one of the two can have), not NaN. Clopper-Pearson limits on both error
    rates at each threshold, with Bonferroni's correction over all thresholds and both rates. ``ValueError`` for fewer
    than 20 games on a side, NaN, or a ``delta`` or ``confidence`` not between 0 and 1.
    """
    sides = [np.asarray(side, dtype=np.float64) for side in (without, within)]
    if min(side.size for side in sides) < FEWEST or any(np.isnan(side).any() for side in sides):
        raise ValueError(f"bounds need at least {FEWEST} games on each side, each with a score")
    if not (0 < delta < 1 and 0 < confidence < 1):
        raise ValueError("delta and confidence lie between 0 and 1")
    pilots = [side[: math.ceil(PILOT * side.size)] for side in sides]
    rest = [side[math.ceil(PILOT * side.size) :] for side in sides]
    if np.median(pilots[0]) > np.median(pilots[1]):
        pilots, rest = [-side for side in pilots], [-side for side in rest]
    at = _thresholds(np.concatenate(pilots))
    alpha = (1 - confidence) / (2 * at.size)
    false = [_upper(int((rest[0] >= bar).sum()), rest[0].size, alpha) for bar in at]
    missed = [_upper(int((rest[1] < bar).sum()), rest[1].size, alpha) for bar in at]
    rates = list(zip(false, missed, strict=True))
    return LowerBounds(
        mu=max(0.0, *(float(-ndtri(one) - ndtri(two)) for one, two in rates)),
        epsilon=max(0.0, *(_epsilon(*pair, delta) for one, two in rates for pair in ((one, two), (two, one)))),
        confidence=confidence,
        games=sum(side.size for side in sides),
    )


FEWEST = 20


def _thresholds(pilot: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bars at even steps through the ``pilot`` scores, and those that only infinite scores are beyond."""
    finite = pilot[np.isfinite(pilot)]
    even = np.arange(1, THRESHOLDS + 1) / (THRESHOLDS + 1)
    inside: list[float] = np.quantile(finite, even, method="inverted_cdf").tolist() if finite.size else []
    return np.array([*inside, math.inf, -sys.float_info.max])


def _upper(wrong: int, games: int, alpha: float) -> float:
    """Return the upper limit of an error rate, missed with a chance of ``alpha`` (Clopper and Pearson 1934)."""
    return 1.0 if wrong == games else float(beta.ppf(1 - alpha, wrong + 1, games - wrong))


def _epsilon(one: float, two: float, delta: float) -> float:
    """Return epsilon from upper limits of two error rates: 1 - two <= e^epsilon one + delta."""
    hit = 1 - two - delta
    return math.log(hit / one) if hit > 0 else 0.0
