"""How a budget is cut into pieces: a function of public things alone, so that all noise is fixed before rows are read.

Most of it becomes equal *quanta*. What a quantum is spent on may depend on noisy answers; its sigma and the number of
quanta may not, and all are spent. A query that is worth k quanta is answered k times with fresh noise and the mean is
taken. So spending adapts to the data while every run of a policy records the same sigmas as often, and composing them
needs no adaptive accounting.

Where a share is kept *aside* for the acceptance test, it is one answer of one sigma, composed with all the others.

The budget of a whole database is cut at once, for all its *parts*: tables of units, in which a unit is one row, and
tables of histories, in which it has any number of them. There every answer is a clipped table. What a unit moves in one
cell by one is a table with a bound of 1, so all quanta of a part have one price, whatever they are spent on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.privacy import calibration
from gateway.privacy.calibration import Demand
from gateway.privacy.events import ACCEPTANCE, ClippedGaussianEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.privacy.budget import Budget

QUANTA = 512
QUANTA_PER_COLUMN = 32
"""A budget is cut into QUANTA, or so many for each column if that is more."""
SCORES = 0.05
"""Share of a part's precision (sum of 1/sigma^2) for choosing what to measure, where something is chosen."""
SELECTION_DELTA = 0.2
"""Share of delta for all searches for values together."""
SELECTIONS_PER_COLUMN = 8
"""That share is cut into so many equal pieces for each column whose values are searched for: one goes to a first
search, and the others to second searches of the columns that seem to lack values."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What will be asked of one table, as far as it can be said beforehand: from policy and catalogue alone."""

    columns: int
    """How many columns, or terms, there are to count: wide tables get more quanta."""
    searched: int = 0
    """Of how many the values are not known and will be searched for."""
    scores: int = 0
    """How many scores will be asked for."""
    histories: bool = False
    """Whether a unit may have any number of rows here."""
    compared: int = 1
    """How many figures the acceptance test has of it."""
    share: float = 1.0
    """Its share of the precision, and of the delta of searches, relative to the other parts; positive."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What there is to spend on one part, all of it. Sigmas are in counts, or in the bounds of clipped tables."""

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
    histories: bool = False
    """Whether quanta are those of clipped tables."""

    @property
    def mu(self) -> float:
        """Return the Gaussian-DP parameter of all quanta and scores."""
        scores = self.scores / self.score**2 if self.scores else 0.0
        return math.sqrt(self.quanta / self.quantum**2 + scores)


@dataclass(frozen=True, kw_only=True)
class Aside:
    """What is kept for the acceptance test: one noisy answer of several figures of each part, asked for once."""

    sigma: float
    """The noise multiplier: of a vector that one unit moves by an L2 norm of 1."""
    figures: int
    tables: int
    """How many parts there are. One unit moves the figures of one by an L2 norm of 1 at most, and so all of them
    together by the root of this."""

    @property
    def event(self) -> ClippedGaussianEvent:
        """Return what is recorded of it."""
        return ClippedGaussianEvent(label=ACCEPTANCE, sigma=self.sigma, cells=self.figures, clip=self.tables)

    def to_json(self) -> dict[str, float | int]:
        """Return a JSON object that ``Aside(**...)`` takes back."""
        return {"sigma": self.sigma, "figures": self.figures, "tables": self.tables}


@dataclass(frozen=True, kw_only=True)
class Division:
    """A whole budget: the plan of every part, and what is kept aside."""

    parts: tuple[Schedule, ...]
    aside: Aside | None
    """None where nothing was asked to be kept."""


def schedule(budget: Budget, *, columns: int, searched: int, scores: int) -> Schedule:
    """Return the plan for a table of units alone: that of the only part, see ``Part`` and ``schedules``."""
    return schedules(budget, [Part(columns=columns, searched=searched, scores=scores)])[0]


def schedules(budget: Budget, parts: Sequence[Part]) -> tuple[Schedule, ...]:
    """Return the plan of each of ``parts``, which have all of ``budget`` to themselves; see ``division``."""
    return division(budget, parts).parts


def division(budget: Budget, parts: Sequence[Part], *, acceptance: float = 0.0) -> Division:
    """Return the plan of each of ``parts``. With what is kept aside they spend all of ``budget`` and no more.

    ``acceptance`` is the share of the precision (sum of 1/sigma^2) that is kept for the acceptance test; parts have
    their shares of the rest, and likewise of the delta of the parts that search. ``ValueError`` when there is no part,
    or a share is not positive, or not below 1; ``ConfigurationError`` for a delta too small.
    """
    if not parts or min(part.share for part in parts) <= 0 or not 0 <= acceptance < 1:
        raise ValueError("a budget is cut for at least one part, and every part has a share")
    deltas = _deltas(budget, parts)
    demands = [demand for part in parts for demand in _demands(part)]
    if acceptance:
        shares = math.fsum(part.share for part in parts)
        demands.append(Demand(weight=shares * acceptance / (1 - acceptance), clipped=True))
    selections = [d for part, d in zip(parts, deltas, strict=True) for _ in range(_pieces(part))]
    sigmas = iter(calibration.scales(tuple(demands), budget, selections=tuple(selections)))
    plans = tuple(
        Schedule(
            quantum=next(sigmas),
            quanta=_quanta(part),
            score=next(sigmas) if part.scores else 0.0,
            scores=part.scores,
            selection_delta=delta,
            selections=_pieces(part),
            histories=part.histories,
        )
        for part, delta in zip(parts, deltas, strict=True)
    )
    if not acceptance:
        return Division(parts=plans, aside=None)
    figures = sum(part.compared for part in parts)
    return Division(parts=plans, aside=Aside(sigma=next(sigmas), figures=figures, tables=len(parts)))


def _demands(part: Part) -> list[Demand]:
    quanta, share = _quanta(part), SCORES if part.scores else 0.0
    found = [Demand(weight=part.share * (1 - share) / quanta, times=quanta, clipped=part.histories)]
    if part.scores:
        found.append(Demand(weight=part.share * share / part.scores, times=part.scores))
    return found


def _deltas(budget: Budget, parts: Sequence[Part]) -> list[float]:
    """Return the delta of one piece of a selection, for each part: 0 where nothing is searched for."""
    whole = math.fsum(part.share for part in parts if part.searched)
    return [
        SELECTION_DELTA * budget.delta * (part.share / whole) / _pieces(part) if part.searched else 0.0
        for part in parts
    ]


def _quanta(part: Part) -> int:
    return max(QUANTA, QUANTA_PER_COLUMN * part.columns)


def _pieces(part: Part) -> int:
    return SELECTIONS_PER_COLUMN * part.searched
