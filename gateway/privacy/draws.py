"""Whether draws of noise are what they are claimed to be: as wide, as far out, and independent.

The draws were taken down when made-up rows were measured, so the exact numbers below them are known and no secret. Each
is divided by the standard deviation that it was claimed to have. Gaussians have as much in their tail as they are wide,
which is what a privacy claim rests on: noise that is narrower, cut off, or the same twice keeps less than it says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr, ndtr
from scipy.stats import binom, chi2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FAR = 3.0
"""Standard deviations from which on a draw counts as far out."""
SMOOTH = 8.0
"""From this deviation on, how many whole numbers lie far out is known from the continuous tail, to less than SLACK."""
SLACK = 0.02
STARTS = 2048
"""Draws of a game that are compared with those of other games."""
NARROWEST, SAME = 2.0, 0.2
"""Of the draws that are compared, the least deviation; and the chance, or more, of the most likely number at that."""


@dataclass(kw_only=True)
class Draws:
    """Sums over draws, each in units of its claimed deviation. May be added up over calls and games."""

    count: int = 0
    squares: float = 0.0
    products: float = 0.0
    """Of each draw with the next one."""
    pairs: int = 0
    tried: int = 0
    """Draws of noise that is wide enough for its tail to be counted."""
    far: int = 0
    expected: float = 0.0
    """How many of those tried should be far out."""

    def take(self, noise: NDArray[np.int64], deviation: float) -> NDArray[np.float64]:
        """Add ``noise`` of one call, which is claimed to have that standard ``deviation``; return it scaled."""
        scaled = noise.reshape(-1) / deviation
        self.count += scaled.size
        self.squares += float(scaled @ scaled)
        self.products += float(scaled[1:] @ scaled[:-1])
        self.pairs += max(0, scaled.size - 1)
        if deviation >= SMOOTH:
            bar = math.ceil(FAR * deviation)
            self.tried += scaled.size
            self.far += int((np.abs(noise) >= bar).sum())
            self.expected += scaled.size * 2 * float(ndtr((0.5 - bar) / deviation))
        return scaled

    def add(self, other: Draws) -> None:
        """Add what another has seen."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def width(self) -> float:
        """Return the standard deviation over the claimed one; 1 for no draws."""
        return math.sqrt(self.squares / self.count) if self.count else 1.0

    def widest(self, alpha: float) -> float:
        """Return an upper limit of the true width that is too low with a chance of ``alpha``.

        By the chi-squared distribution, which a discrete Gaussian's squares follow but for their being discrete.
        """
        if not self.count:
            return math.inf
        return math.sqrt(self.squares / float(chi2.ppf(alpha, self.count)))

    def cut_off(self) -> float:
        """Return the chance of so few draws far out, if there is as much in the tail as there should be."""
        if not self.tried:
            return 1.0
        return float(binom.cdf(self.far, self.tried, (1 - SLACK) * self.expected / self.tried))

    def dependent(self) -> float:
        """Return the chance of draws so like those next to them, if they are independent."""
        return alike(self.products, self.pairs, chained=True)


@dataclass(kw_only=True)
class Starts:
    """The first draws of every game, to see that no two games have the same."""

    rows: list[NDArray[np.float64]] = field(default_factory=list)

    def likest(self) -> float:
        """Return the chance that any two games are as like as the likest are, if all are independent.

        They are like when their draws go together, and when they are the same: a chance of ``SAME`` at most for each.
        """
        games = len(self.rows)
        length = min((row.size for row in self.rows), default=0)
        if games < 2 or not length:  # noqa: PLR2004 - a pair
            return 1.0
        together = np.stack([row[:length] for row in self.rows])
        products = together @ together.T
        most = float(np.abs(products[np.triu_indices(games, 1)]).max())
        same = len(np.unique(together, axis=0)) < games
        chance = min(alike(most, length), SAME**length if same else 1.0)
        return min(1.0, 2 * chance * games * (games - 1) / 2)


def alike(products: float, pairs: int, *, chained: bool = False) -> float:
    """Return a bound on the chance that products of ``pairs`` independent draws sum to so much, either way.

    Chernoff's: a product of two Gaussians has the moment generating function (1 - t^2)^(-1/2), and discrete Gaussians
    are no heavier (Canonne, Kamath and Steinke 2020). Where each draw is multiplied with the next one the products are
    ``chained``; those at the odd and at the even places are not, so half of the sum is in one of them.
    """
    if not pairs or not products:
        return 1.0
    parts = 2 if chained else 1
    total, each = abs(products) / parts, math.ceil(pairs / parts)
    t = (math.sqrt(each**2 + 4 * total**2) - each) / (2 * total)
    return min(1.0, 2 * parts * math.exp(-t * total - each / 2 * math.log1p(-(t**2))))


def following(calls: Sequence[NDArray[np.float64]]) -> tuple[float, int]:
    """Return the sum of products of each call's draws with the next one's, place by place, and how many there are."""
    parts = [(one[: other.size], other[: one.size]) for one, other in pairwise(calls)]
    return sum(float(one @ other) for one, other in parts), sum(one.size for one, _ in parts)


def gaussian_epsilon(mu: float, delta: float) -> float:
    """Return the least epsilon at ``delta`` of a ``mu``-GDP mechanism, by bisection; it shares no code with a claim.

    Delta is Phi(mu/2 - epsilon/mu) - e^epsilon Phi(-mu/2 - epsilon/mu) (Balle and Wang 2018, Theorem 8). 0 for no mu,
    and infinity where ``delta`` is not above 0.
    """
    if mu <= 0:
        return 0.0
    if delta <= 0:
        return math.inf
    lowest, highest = 0.0, mu**2 / 2 + mu * math.sqrt(2 * math.log(2 / delta)) + 1
    for _ in range(200):
        middle = (lowest + highest) / 2
        rest = math.exp(min(middle + float(log_ndtr(-mu / 2 - middle / mu)), 0.0))
        passed = float(ndtr(mu / 2 - middle / mu)) - rest
        lowest, highest = (middle, highest) if passed > delta else (lowest, middle)
    return highest
