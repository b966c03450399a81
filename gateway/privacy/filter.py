"""The lifetime filter: what all reservations of one unit of protection compose to, and when to refuse the next.

What a reservation promises
    Release i, given everything released before it, is (e_i, d_i)-differentially private; and, with s_i = d_i times its
    declared share for selection, it is s_i-approximate r_i-zCDP: outside an event of probability at most s_i (a value
    that one unit alone carries passes a threshold) it is a composition of discrete Gaussians, on counts or on clipped
    tables, of total zCDP r_i.
    Whether a generator keeps that promise, the accountant and the ledger's commit check; this module does not see it.

Two bounds on what n releases compose to, both at delta = sum(d_i)
    basic    (sum e_i, sum d_i): Dwork and Roth 2014, Theorem 3.16.
    zCDP     Approximate zCDP composes by sums, to (sum s_i)-approximate (sum r_i)-zCDP (Bun and Steinke 2016, section
             8), also when each release and its parameters depend on all earlier outputs (Feldman and Zrnic 2021;
             Whitehouse, Ramdas, Rogers and Wu 2023), and when releases are measured side by side (Haney et al. 2023).
             The Gaussians get g = sum(d_i - s_i) of the delta for the conversion (``conversion``); selection gets the
             rest, and the two add up: the output differs from one that is (epsilon, g)-private with probability at
             most sum s_i, so it is (epsilon, g + sum s_i) = (epsilon, sum d_i)-private.
    The smaller epsilon counts. It is raised to the largest single e_i if need be, which keeps it a valid bound.

Why a subset may cost more than the whole, and what is done about it
    Converted at a larger delta the same rho costs less epsilon, so a reservation of a little epsilon and much delta
    would lower the total: a refund by the back door. At each order the costliest set of reservations is charged
    instead of the set of all. The bound at one order, as a function of (sum r, sum d - s) over a set, is convex, grows
    with the first and falls with the second; so it is largest at a corner of the hull of all sets' sums, and those are
    the single reservations and the first k in ascending (d - s) / r. The total so never falls when one is added.

What refusing guarantees
    ``admit`` lets a reservation pass while the epsilon above stays within a lifetime E and sum d_i within D. Parameters
    that were fixed without looking at any output: everything released is (E, D)-private. Parameters chosen by looking:
    it is (E, 2D + S)-private, where S <= D bounds sum s_i. For the hockey-stick divergence of the whole is an integral
    over histories; those that pass by the basic bound are histories of a basic filter (at most D), the others those of
    a zCDP filter with targets (R, S), where R converts to E at D (at most D + S). The price of choosing the smaller
    epsilon after the fact is paid in delta, by a constant factor, and not in epsilon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from gateway.privacy.conversion import epsilon_of_costliest
from gateway.vocabulary.errors import BudgetRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

SELECTION_SHARE: Final = 0.5
"""The part of a release's delta that is kept for selections where nobody declares another."""

HARD_STOP_DELTA: Final = 1e-3
"""No lifetime may add up to more delta than this."""


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What one release may cost at most: (epsilon, delta) as a whole, ``rho`` of zCDP outside ``delta_selection``."""

    epsilon: float
    delta: float
    rho: float
    delta_selection: float

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for figures that are no guarantee, or that leave the Gaussians no delta."""
        if not (0 < self.epsilon < math.inf and 0 < self.delta < 1 and 0 <= self.rho < math.inf):
            raise ValueError("a reservation needs a finite epsilon above 0, a delta between 0 and 1 and a finite rho")
        if not 0 <= self.delta_selection < self.delta:
            raise ValueError("the delta for selections is at least 0 and below the delta of the release")

    @property
    def delta_gaussian(self) -> float:
        """What selections leave of the delta."""
        return self.delta - self.delta_selection


@dataclass(frozen=True, kw_only=True)
class Total:
    """What a number of reservations compose to; all zero for none."""

    epsilon: float
    delta: float
    rho: float
    releases: int


NOTHING: Final = Total(epsilon=0.0, delta=0.0, rho=0.0, releases=0)


def total(reservations: Sequence[Reservation]) -> Total:
    """Return what ``reservations`` compose to; their order does not matter. The proof is at the top of this module."""
    if not reservations:
        return NOTHING
    basic = math.fsum(each.epsilon for each in reservations)
    gaussian = epsilon_of_costliest(_corners(reservations))
    return Total(
        epsilon=max(min(basic, gaussian), *(each.epsilon for each in reservations), 0.0),
        delta=math.fsum(each.delta for each in reservations),
        rho=math.fsum(each.rho for each in reservations),
        releases=len(reservations),
    )


def admit(earlier: Sequence[Reservation], new: Reservation, *, lifetime_epsilon: float) -> Total:
    """Return the total with ``new``; ``BudgetRefused`` when it lies above ``lifetime_epsilon`` or the hard stop."""
    before, after = total(earlier), total([*earlier, new])
    if after.epsilon > lifetime_epsilon:
        raise BudgetRefused(
            f"epsilon {new.epsilon:g} more would bring the lifetime total from {before.epsilon:.3f} to "
            f"{after.epsilon:.3f}, above the {lifetime_epsilon:g} allowed; lower the release's epsilon, or have the "
            f"policy's lifetime_epsilon raised with a reason. What was reserved is never refunded"
        )
    if after.delta > HARD_STOP_DELTA:
        raise BudgetRefused(
            f"delta {new.delta:g} more would bring the lifetime total from {before.delta:g} to {after.delta:g}, above "
            f"the {HARD_STOP_DELTA:g} allowed; lower the release's delta. What was reserved is never refunded"
        )
    return after


def _corners(reservations: Sequence[Reservation]) -> list[tuple[float, float]]:
    """Return (rho, Gaussian delta) of every set that can be the costliest: each alone, and the first k by ratio."""
    alone = [(each.rho, each.delta_gaussian) for each in reservations]
    # multiplied out: rho may be zero, and such a reservation comes last
    by_ratio = sorted(alone, key=lambda pair: (pair[1] / pair[0] if pair[0] else math.inf, pair))
    first = accumulate(by_ratio, lambda sums, pair: (sums[0] + pair[0], sums[1] + pair[1]))
    return sorted({*alone, *((rho, min(delta, _BELOW_ONE)) for rho, delta in first)})


_BELOW_ONE: Final = math.nextafter(1.0, 0.0)
"""Deltas that add up to more than 1 promise nothing; converting at less is only more careful."""
