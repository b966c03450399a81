"""What an epsilon means to somebody who is not a statistician."""

from __future__ import annotations

import math


def worst_posterior(epsilon: float, prior: float = 0.5) -> float:
    """Return how sure an attacker can become that one unit is in the data, having been ``prior`` sure before.

    Bayes' rule with the likelihood ratio at its worst, e^epsilon; delta is left out (Wood et al. 2018, section IV).
    """
    odds = math.exp(epsilon) * prior / (1 - prior)
    return odds / (1 + odds)
