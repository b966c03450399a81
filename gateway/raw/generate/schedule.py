"""How a budget is cut into pieces: a function of public things alone, so that all noise is fixed before rows are read.

Most of it becomes equal *quanta*. What a quantum is spent on may depend on noisy answers; its sigma and the number of
quanta may not, and all are spent. A query that is worth k quanta is answered k times with fresh noise and the mean is
taken. So spending adapts to the data while every run of a policy records the same sigmas as often, and composing them
needs no adaptive accounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.privacy import calibration

if TYPE_CHECKING:
    from gateway.privacy.budget import Budget

QUANTA = 512
QUANTA_PER_COLUMN = 32
"""A budget is cut into QUANTA, or so many for each column if that is more."""
SCORES = 0.05
"""Share of the precision (sum of 1/sigma^2) for choosing what to measure, where something is chosen."""
SELECTION_DELTA = 0.2
"""Share of delta for all searches for values together."""
SELECTIONS_PER_COLUMN = 8
"""That share is cut into so many equal pieces for each column whose values are searched for: one goes to a first
search, and the others to second searches of the columns that seem to lack values."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What there is to spend, all of it. Sigmas are in counts."""

    quantum: float
    """The sigma of one quantum."""
    quanta: int
    score: float
    """The sigma of one score; 0 when there are none."""
    scores: int
    selection_delta: float
    """The delta of one piece of a selection."""
    selections: int
    """How many pieces of delta there are."""


def schedule(budget: Budget, *, columns: int, searched: int, scores: int) -> Schedule:
    """Return the plan for a table of ``columns``, of which the values of ``searched`` are not known.

    ``scores`` is the number of scores that will be asked for. The plan spends all of ``budget`` and no more.
    """
    quanta = max(QUANTA, QUANTA_PER_COLUMN * columns)
    selections = SELECTIONS_PER_COLUMN * searched
    delta = SELECTION_DELTA * budget.delta / max(selections, 1)
    share = SCORES if scores else 0.0
    weights = (*[(1 - share) / quanta] * quanta, *[share / max(scores, 1)] * scores)
    sigmas = calibration.sigmas(weights, budget, selections=(delta,) * selections)
    return Schedule(
        quantum=sigmas[0],
        quanta=quanta,
        score=sigmas[-1] if scores else 0.0,
        scores=scores,
        selection_delta=delta,
        selections=selections,
    )
