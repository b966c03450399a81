"""Whether the synthetic rows reach as far as the real ones: ranges, ends, rare values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL
from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared

RARE = 0.01
"""A value is rare when fewer than this share of the real rows have it."""
FEWEST = 10
"""What fewer real rows have is asked of nobody: it should not reappear."""


class Coverage:
    """The mean over the columns of the share of the real range, or of the real rare values, that synthetic rows reach.

    Numbers and times: the mean of two shares. The range: which part of the way from the real 1 % quantile to the 99 %
    quantile lies between those of the synthetic rows. The ends: how many rows lie at or beyond each of the two real
    quantiles, as a share of how many real rows do, at most 1. Other columns: which share of the rare values (under 1 %
    of the real rows, but 10 rows at least) some synthetic row has; where none is rare, of all with 10 rows.
    """

    name = "coverage"
    question = "Which share of the ranges and of the rare values of the real rows do the synthetic rows reach?"
    means = (
        "1: numbers reach as far down and up as the real ones, and every rare value appears. 0.5: half of that is "
        "missing. Rare is what fewer than one real row in a hundred has; what fewer than ten rows have is left out, "
        "since it may be about single people."
    )
    not_shown = "How often what is reached comes: a rare value may be far too frequent, or a range nearly empty."
    better = Comparison.AT_LEAST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:  # noqa: ARG002 - the contract's
        """Compare; None where no column has values enough."""
        coded = compared.coded
        real, made = slice(0, coded.train), slice(len(coded.cells) - coded.synthetic, len(coded.cells))
        figures: dict[str, float] = {}
        ranges, ends, rare = [], [], []
        for column, name in enumerate(compared.columns):
            if coded.ordered[column]:
                found = reached(compared.numbers(column, real), compared.numbers(column, made))
                if found is not None:
                    ranges.append(found[0])
                    ends.append(found[1])
                    figures[str(name)] = (found[0] + found[1]) / 2
            else:
                size = int(coded.sizes[column])
                share = reappearing(coded.cells[real, column], coded.cells[made, column], size)
                if share is not None:
                    rare.append(share)
                    figures[str(name)] = share
        if not figures:
            return None
        parts = {"all ranges": ranges, "all ends": ends, "all rare values": rare}
        means = {name: float(np.mean(each)) for name, each in parts.items() if each}
        return Measured(value=float(np.mean(list(figures.values()))), figures={**means, **figures})


def reached(real: NDArray[np.float64], made: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the share of the real range, and of the real ends, that ``made`` reaches; NaN is no number.

    None where there is no real number. A range of one number is reached where it lies in the synthetic one.
    """
    real, made = (numbers[~np.isnan(numbers)] for numbers in (real, made))
    if not len(real):
        return None
    if not len(made):
        return 0.0, 0.0
    low, high = np.quantile(real, [0.01, 0.99], method="nearest")
    least, most = np.quantile(made, [0.01, 0.99], method="nearest")
    if high > low:
        share = max(0.0, (min(high, most) - max(low, least)) / (high - low))
    else:
        share = float(made.min() <= low <= made.max())
    below = min(1.0, float((made <= low).mean() / (real <= low).mean()))
    above = min(1.0, float((made >= high).mean() / (real >= high).mean()))
    return float(share), (below + above) / 2


def reappearing(real: NDArray[np.int32], made: NDArray[np.int32], size: int) -> float | None:
    """Return the share of the rare values of ``real`` that ``made`` has; of all where none is rare; None for none."""
    counts = np.bincount(real[real != NULL], minlength=size)
    asked = counts >= FEWEST
    rare = asked & (counts < RARE * len(real))
    asked = rare if rare.any() else asked
    if not asked.any():
        return None
    there = np.bincount(made[made != NULL], minlength=size) > 0
    return float(there[asked].mean())


plugin = Coverage
