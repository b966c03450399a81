"""The one way from exact counts to noisy ones: noise is drawn, and the event is recorded, in the same call.

On a table of units noise is added to counts. On histories everything is a clipped table, kept in whole numbers of which
SCALE are one row, and noise is added to these: where the bound is the root of c, its parameter in rows is the quantum's
sigma times that root, and a little more (``calibration.width``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.clipping import CLIPS, SCALE
from gateway.privacy import calibration
from gateway.privacy.events import ClippedGaussianEvent, DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.privacy.events import Event
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Aside, Schedule

_ROUNDING = 1 / 12
"""Variance added by rounding a mean of counts to a whole number."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Noisy counts of one query, and the standard deviation of the noise, the same in every cell."""

    counts: NDArray[np.int64]
    sigma: float


@dataclass(frozen=True, eq=False)
class ClippedAnswer(Answer):
    """Noisy counts of a clipped table and the noise's standard deviation: of both, SCALE are one row."""


class Meter:
    """Spends one part of a run's budget: exactly what its ``Schedule`` says, whatever the rows are.

    Does not check the sensitivity of what it is given: ``counting`` and ``histories`` promise it.
    """

    def __init__(self, noise: Noise, plan: Schedule) -> None:
        """Start with nothing spent, on ``noise``."""
        self._noise = noise
        self._plan = plan
        self._events: list[Event] = []
        self._quanta, self._scores, self._selections = plan.quanta, plan.scores, plan.selections

    @property
    def plan(self) -> Schedule:
        """Return what there was to spend."""
        return self._plan

    @property
    def left(self) -> int:
        """Return the number of quanta not yet spent."""
        return self._quanta

    @property
    def scores_left(self) -> int:
        """Return the number of scores not yet asked for."""
        return self._scores

    @property
    def selections_left(self) -> int:
        """Return the number of pieces of delta not yet used."""
        return self._selections

    @property
    def events(self) -> tuple[Event, ...]:
        """Return what was spent, in order; ``RuntimeError`` before all of it is."""
        if self._quanta or self._scores or self._selections:
            raise RuntimeError("a schedule has to be spent to the last quantum: what remains would tell of the rows")
        return tuple(self._events)

    def histogram(self, label: str, counts: NDArray[np.int64], *, quanta: int) -> Answer:
        """Return ``counts`` (any shape, sensitivity 1), answered for ``quanta``. ``label`` names schema parts only."""
        return self.mean(self._spend(label, self._kept(counts), quanta=quanta, cells=counts.size), quanta=quanta)

    def clipped(self, label: str, counts: NDArray[np.int64], *, clip: int, quanta: int) -> ClippedAnswer:
        """Return a clipped table (any shape), answered for ``quanta``. ``label`` names schema parts only.

        ``counts``, as the answer, are in whole numbers of which SCALE are a row, and one unit moves them by an L2 norm
        of the root of ``clip`` times SCALE at most: ``HistoryCounter.count`` promises that. ``clip`` has to be public
        or noisy.
        """
        if not self._plan.histories:
            raise RuntimeError("only the budget of histories is priced for clipped tables; this is a fault")
        sums = self._spend(label, counts, quanta=quanta, cells=counts.size, clip=clip)
        # rounding to a part of a row in 2^20 adds no noise to speak of
        return ClippedAnswer(np.rint(sums / quanta).astype(np.int64), self._deviation(quanta, clip) * SCALE)

    def score(self, label: str, figure: int) -> int:
        """Return a whole ``figure`` that one unit moves by at most one, with the noise of a score."""
        self._scores = _taken(self._scores, 1)
        noisy = self._noise.add(np.array(figure, dtype=np.int64), sigma=self._plan.score, times=1)
        self._events.append(DiscreteGaussianEvent(label=label, sigma=self._plan.score, cells=1))
        return int(noisy)

    def search(
        self,
        label: str,
        values: Sequence[str],
        counts: NDArray[np.int64],
        *,
        public: NDArray[np.int64],
        most: int = 1,
    ) -> Search:
        """Return a search among ``values`` with their exact ``counts``; nothing is spent yet.

        One unit adds one to at most ``most`` of ``counts``. ``public`` are exact counts of cells that are no secret,
        such as NULL: they always show. On histories a unit may add one to each of these too; in a table of units it
        adds one to a single cell of all, and ``most`` is 1.
        """
        if most < 1 or (most > 1 and not self._plan.histories):
            raise RuntimeError("a unit has one value in a table of units, and at least one in any; this is a fault")
        return Search(self, label, values, counts, public=public, most=most)

    def searched(self, label: str, counts: NDArray[np.int64], *, quanta: int, clip: int) -> NDArray[np.int64]:
        """Return the sum of ``quanta`` noisy answers. For ``Search`` alone: it is not yet fit to be seen."""
        return self._spend(label, self._kept(counts), quanta=quanta, cells=0, clip=clip)

    def missed(self, counts: NDArray[np.int64], *, quanta: int, clip: int) -> NDArray[np.int64]:
        """Return answers for cells of a search's query that were not asked for when it was answered.

        For ``Search`` alone. It is one query: its cells have no row in common, and the event is recorded already.
        """
        return self._noisy(self._kept(counts), quanta=quanta, clip=clip) if quanta else counts

    def bar(self, delta: float, *, quanta: int, clip: int, most: int) -> int:
        """Return the least sum of ``quanta`` answers at which a value may show; see ``calibration.threshold``."""
        sigma, one = self._plan.quantum, 1
        if self._plan.histories:
            sigma, one = self._width(clip), SCALE
        return calibration.threshold(sigma, delta, times=quanta, one=one, most=most)

    def mean(self, sums: NDArray[np.int64], *, quanta: int, clip: int = 1) -> Answer:
        """Return the mean of ``quanta`` answers in whole counts."""
        if not self._plan.histories and quanta == 1:
            return Answer(sums, self._plan.quantum)
        whole = quanta * SCALE if self._plan.histories else quanta
        deviation = self._deviation(quanta, clip)
        return Answer(np.rint(sums / whole).astype(np.int64), float(np.sqrt(deviation**2 + _ROUNDING)))

    def selected(self, label: str, *, pieces: int) -> float:
        """Record a selection that may use up ``pieces`` of delta, and return that delta. For ``Search`` alone."""
        self._selections = _taken(self._selections, pieces)
        delta = self._plan.selection_delta
        self._events += [SelectionEvent(label=label, delta=delta)] * pieces
        return delta * pieces

    def forgo(self, label: str) -> None:
        """Spend the pieces of delta that nobody needed: what is spent may not depend on the rows."""
        if self._selections:
            self.selected(label, pieces=self._selections)

    def _spend(
        self, label: str, numbers: NDArray[np.int64], *, quanta: int, cells: int, clip: int = 1
    ) -> NDArray[np.int64]:
        """Return the sum of ``quanta`` noisy answers, and record that."""
        if not 1 <= clip < CLIPS:
            raise RuntimeError("a bound has a square from 1 and below 2^23; this is a fault of the generator")
        self._quanta = _taken(self._quanta, quanta)
        sigma = self._plan.quantum
        event: Event = DiscreteGaussianEvent(label=label, sigma=sigma, cells=cells, times=quanta)
        if self._plan.histories:
            event = ClippedGaussianEvent(label=label, sigma=sigma, cells=cells, times=quanta, clip=clip)
        self._events.append(event)
        return self._noisy(numbers, quanta=quanta, clip=clip)

    def _noisy(self, numbers: NDArray[np.int64], *, quanta: int, clip: int) -> NDArray[np.int64]:
        sigma = self._width(clip) if self._plan.histories else self._plan.quantum
        return self._noise.add(numbers, sigma=sigma, times=quanta)

    def _kept(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return whole rows in the numbers that noise is added to."""
        return np.asarray(np.clip(counts, -MOST, MOST) * SCALE) if self._plan.histories else counts

    def _width(self, clip: int) -> float:
        return float(calibration.width(self._plan.quantum, squared=clip * SCALE**2))

    def _deviation(self, quanta: int, clip: int) -> float:
        """Return the standard deviation of a mean of ``quanta`` answers, in rows."""
        sigma = self._width(clip) / SCALE if self._plan.histories else self._plan.quantum
        return float(sigma / np.sqrt(quanta))


MOST = 2**63 // SCALE - 1
"""Counts of histories are cut to this, so that no product leaves int64."""


def answer_aside(noise: Noise, figures: NDArray[np.int64], aside: Aside) -> NDArray[np.int64]:
    """Return ``figures`` with the noise that was kept ``aside`` for them, which is ``aside.event``: once in a run.

    One unit moves the figures of one table of people by an L2 norm of ``WEIGHT`` at most, as
    ``gateway.raw.judge.acceptance`` promises. The noise has the standard deviation ``aside_deviation``.
    """
    if figures.shape != (aside.figures,):
        raise RuntimeError("noise was kept aside for another number of figures; this is a fault")
    return noise.add(figures, sigma=aside_deviation(aside))


def aside_deviation(aside: Aside) -> float:
    """Return the parameter of the noise on each figure of the acceptance test, a whole number."""
    return float(calibration.width(aside.sigma, squared=aside.tables * WEIGHT**2))


WEIGHT = 2**30
"""By what L2 norm one unit moves the acceptance test's figures of one table of people, at most."""


class Search:
    """A search for the values of one column, in one round or several that build on one another.

    A value shows when its noisy count passes a threshold that any of the ``most`` values that one unit alone may have
    passes with a chance of at most the round's delta; over all rounds a union bound holds, since the noise of a value
    that has not shown stays here and is independent of everything that was let out. How many values were tried leaves
    no trace.
    """

    def __init__(
        self,
        meter: Meter,
        label: str,
        values: Sequence[str],
        counts: NDArray[np.int64],
        *,
        public: NDArray[np.int64],
        most: int,
    ) -> None:
        """Hold the exact counts. They, and the noisy counts of values that have not shown, never leave."""
        self._meter, self._label, self._values = meter, label, list(values)
        self._exact = np.concatenate([public, counts])
        self._sums = np.zeros_like(self._exact)
        self._shown = np.arange(self._exact.size) < public.size
        self._public = public.size
        self._quanta = 0
        self._most = most
        # squared norm by which one unit moves all cells; a unit of a table of units is in one of them
        self._clip = most + public.size if meter.plan.histories else 1

    def declare(self, values: Sequence[str]) -> None:
        """Let ``values``, which are public, show from now on, whether or not a row has them.

        Those that no row has get the noise that they would have had from the beginning.
        """
        at = {value: place for place, value in enumerate(self._values, start=self._public)}
        absent = [value for value in values if value not in at]
        self._shown[[at[value] for value in values if value in at]] = True
        none = np.zeros(len(absent), dtype=np.int64)
        drawn = self._meter.missed(none, quanta=self._quanta, clip=self._clip)
        self._values += absent
        self._exact = np.concatenate([self._exact, none])
        self._sums = np.concatenate([self._sums, drawn])
        self._shown = np.concatenate([self._shown, np.ones(len(absent), dtype=np.bool_)])

    def more(self, quanta: int, *, pieces: int) -> tuple[list[str], Answer]:
        """Spend ``quanta`` and ``pieces`` of delta; return all values that have shown, sorted, and the noisy counts.

        The counts are the means of all rounds so far: those of the public cells, then those of the values shown.
        """
        self._sums += self._meter.searched(self._label, self._exact, quanta=quanta, clip=self._clip)
        self._quanta += quanta
        delta = self._meter.selected(self._label, pieces=pieces)
        self._shown |= self._sums >= self._meter.bar(delta, quanta=self._quanta, clip=self._clip, most=self._most)
        passing = np.flatnonzero(self._shown)[self._public :].tolist()
        passing.sort(key=lambda at: self._values[at - self._public])
        order = [*range(self._public), *passing]
        shown = [self._values[at - self._public] for at in passing]
        return shown, self._meter.mean(self._sums[order], quanta=self._quanta, clip=self._clip)


def _taken(held: int, wanted: int) -> int:
    if not 1 <= wanted <= held:
        raise RuntimeError("a schedule cannot give what it does not hold; this is a fault of the generator")
    return held - wanted
