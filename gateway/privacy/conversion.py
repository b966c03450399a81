"""From zero-concentrated differential privacy to (epsilon, delta), never below the truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDERS: Final = 1.0 + np.logspace(-3, 7, 8001)
"""Orders alpha of Rényi divergence. Every one gives a valid bound, so the grid costs tightness only: below 1e-6."""
_FIXED: Final = np.log1p(-1.0 / _ORDERS) - np.log(_ORDERS) / (_ORDERS - 1.0)
_ROUNDING: Final = 1.0 + 1e-12
"""Lifts a bound over the rounding of the dozen floating-point operations behind it."""


def epsilon_from_zcdp(rho: float, *, delta: float) -> float:
    """Return an epsilon such that every rho-zCDP mechanism is (epsilon, delta)-differentially private.

    The least over the orders alpha > 1 of ``rho alpha + log(1/(alpha delta))/(alpha - 1) + log(1 - 1/alpha)``: Canonne,
    Kamath and Steinke 2020, "The Discrete Gaussian for Differential Privacy", Proposition 12 with Corollary 13.
    ``rho`` must be finite and not negative, ``delta`` between 0 and 1; ``ValueError`` otherwise.
    """
    return epsilon_of_costliest([(rho, delta)])


def epsilon_of_costliest(choices: Sequence[tuple[float, float]]) -> float:
    """Return the least, over the orders, of the largest bound any ``(rho, delta)`` of ``choices`` has at that order.

    It is therefore at least ``epsilon_from_zcdp`` of each of them. Errors as there, and for no choices at all.
    """
    if not choices:
        raise ValueError("there is nothing to convert")
    highest = np.full_like(_ORDERS, -np.inf)
    for rho, delta in choices:
        if not (0 <= rho < math.inf and 0 < delta < 1):
            raise ValueError("a conversion needs a finite rho of at least 0 and a delta between 0 and 1")
        np.maximum(highest, rho * _ORDERS - math.log(delta) / (_ORDERS - 1.0), out=highest)
    return max(0.0, float((highest + _FIXED).min()) * _ROUNDING)
