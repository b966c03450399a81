"""The one way from exact counts to noisy ones: noise is drawn, and the event is recorded, in the same call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.privacy import calibration
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.privacy.events import Event
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Schedule

_ROUNDING = 1 / 12
"""Variance added by rounding a mean of counts to a whole number."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Noisy counts of one query, and the standard deviation of the noise, the same in every cell."""

    counts: NDArray[np.int64]
    sigma: float


class Meter:
    """Spends one run's budget: exactly what its ``Schedule`` says, whatever the rows are.

    Does not check the sensitivity of what it is given: ``counting`` promises 1.
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
        self._quanta = _taken(self._quanta, quanta)
        noisy = self._noise.add(counts, sigma=self._plan.quantum, times=quanta)
        self._record(label, self._plan.quantum, noisy.size, quanta)
        return _mean(noisy, self._plan.quantum, quanta)

    def score(self, label: str, figure: int) -> int:
        """Return a whole ``figure`` that one unit moves by at most one, with the noise of a score."""
        self._scores = _taken(self._scores, 1)
        noisy = self._noise.add(np.array(figure, dtype=np.int64), sigma=self._plan.score, times=1)
        self._record(label, self._plan.score, 1, 1)
        return int(noisy)

    def search(
        self, label: str, values: Sequence[str], counts: NDArray[np.int64], *, public: NDArray[np.int64]
    ) -> Search:
        """Return a search among ``values`` with their exact ``counts``; nothing is spent yet.

        ``public`` are exact counts of cells that are no secret, such as NULL: they always show.
        """
        return Search(self, label, values, counts, public)

    def searched(self, label: str, counts: NDArray[np.int64], *, quanta: int) -> NDArray[np.int64]:
        """Return the sum of ``quanta`` noisy answers. For ``Search`` alone: it is not yet fit to be seen."""
        self._quanta = _taken(self._quanta, quanta)
        self._record(label, self._plan.quantum, 0, quanta)
        return self._noise.add(counts, sigma=self._plan.quantum, times=quanta)

    def missed(self, counts: NDArray[np.int64], *, quanta: int) -> NDArray[np.int64]:
        """Return answers for cells of a search's query that were not asked for when it was answered.

        For ``Search`` alone. It is one query: its cells have no row in common, and the event is recorded already.
        """
        if not quanta:
            return counts
        return self._noise.add(counts, sigma=self._plan.quantum, times=quanta)

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

    def _record(self, label: str, sigma: float, cells: int, times: int) -> None:
        self._events.append(DiscreteGaussianEvent(label=label, sigma=sigma, cells=cells, times=times))


class Search:
    """A search for the values of one column, in one round or several that build on one another.

    A value shows when its noisy count passes a threshold that a value of one unit passes with a chance of at most
    the round's delta; over all rounds a union bound holds, since the noise of a value that has not
    shown stays here and is independent of everything that was let out. How many values were tried leaves no trace.
    """

    def __init__(
        self,
        meter: Meter,
        label: str,
        values: Sequence[str],
        counts: NDArray[np.int64],
        public: NDArray[np.int64],
    ) -> None:
        """Hold the exact counts. They, and the noisy counts of values that have not shown, never leave."""
        self._meter, self._label, self._values = meter, label, list(values)
        self._exact = np.concatenate([public, counts])
        self._sums = np.zeros_like(self._exact)
        self._shown = np.arange(self._exact.size) < public.size
        self._public = public.size
        self._quanta = 0

    def declare(self, values: Sequence[str]) -> None:
        """Let ``values``, which are public, show from now on, whether or not a row has them.

        Those that no row has get the noise that they would have had from the beginning.
        """
        at = {value: place for place, value in enumerate(self._values, start=self._public)}
        absent = [value for value in values if value not in at]
        self._shown[[at[value] for value in values if value in at]] = True
        none = np.zeros(len(absent), dtype=np.int64)
        drawn = self._meter.missed(none, quanta=self._quanta)
        self._values += absent
        self._exact = np.concatenate([self._exact, none])
        self._sums = np.concatenate([self._sums, drawn])
        self._shown = np.concatenate([self._shown, np.ones(len(absent), dtype=np.bool_)])

    def more(self, quanta: int, *, pieces: int) -> tuple[list[str], Answer]:
        """Spend ``quanta`` and ``pieces`` of delta; return all values that have shown, sorted, and the noisy counts.

        The counts are the means of all rounds so far: those of the public cells, then those of the values shown.
        """
        self._sums += self._meter.searched(self._label, self._exact, quanta=quanta)
        self._quanta += quanta
        delta = self._meter.selected(self._label, pieces=pieces)
        plan = self._meter.plan
        self._shown |= self._sums >= calibration.threshold(plan.quantum, delta, times=self._quanta)
        passing = np.flatnonzero(self._shown)[self._public :].tolist()
        passing.sort(key=lambda at: self._values[at - self._public])
        order = [*range(self._public), *passing]
        shown = [self._values[at - self._public] for at in passing]
        return shown, _mean(self._sums[order], plan.quantum, self._quanta)


def _mean(sums: NDArray[np.int64], sigma: float, times: int) -> Answer:
    if times == 1:
        return Answer(sums, sigma)
    return Answer(np.rint(sums / times).astype(np.int64), float(np.sqrt(sigma**2 / times + _ROUNDING)))


def _taken(held: int, wanted: int) -> int:
    if not 1 <= wanted <= held:
        raise RuntimeError("a schedule cannot give what it does not hold; this is a fault of the generator")
    return held - wanted
