"""Run a measurement again on a neighbour with the same noisy answers: what still differs came out some other way.

A measurement is a function of exact counts and noise. ``Recording`` takes both down; ``Replay`` gives the same noisy
answers back whatever the exact counts are now, and adds up what the answers alone say about which of the two tables was
measured. With nothing else different, that sum is all that anybody can learn from the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from gateway.estimation.histories.clipping import SCALE
from gateway.raw.generate.database import Counters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.histories import HistoryCounter
    from gateway.raw.generate.noise import Noise
    from gateway.vocabulary.names import ColumnName

Asked = TypeVar("Asked", "Counter", "HistoryCounter", Counters)
"""What answers a measurement: of one table, of one table of histories, or of a whole database."""

HIDDEN = -(2**45)
"""The noisy count of a value that the recorded run did not have: it passes no threshold."""


Seen = list[tuple[list[str], "NDArray[np.int64]"]]


class Diverged(Exception):
    """The second run asked for something else than the first, although all answers were the same."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """One query that noise was added to: ``answer`` is ``times * counts`` and ``times`` draws for every cell."""

    counts: NDArray[np.int64]
    sigma: float
    times: int
    answer: NDArray[np.int64]


class Watched:
    """A counter, the lists of values that were asked of which are kept: they tell what a search's cells stand for.

    A search is expected to hold these counts in their order, between cells that are the same for both neighbours. One
    that counts a value which the target alone has without finding it, such as the rest of a well-known list, is taken
    for a difference: that is a false alarm, and no fault is missed.
    """

    def __init__(self, counter: Counter | HistoryCounter, seen: Seen) -> None:
        """Pass everything on to ``counter``, and append to ``seen`` what ``values`` returns."""
        self._counter, self._seen = counter, seen

    def values(self, column: ColumnName, **how: Any) -> tuple[list[str], NDArray[np.int64]]:  # noqa: ANN401 - see below
        """See ``Counter.values`` and ``HistoryCounter.values``."""
        texts, counts = self._counter.values(column, **how)
        self._seen.append((list(texts), counts.copy()))
        return texts, counts

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the counter has
        """Return the counter's own."""
        return getattr(self._counter, name)


class Recording:
    """Noise from ``source``; every call is kept. Exact counts are in it: as secret as the rows."""

    def __init__(self, source: Noise) -> None:
        """Start with no call."""
        self.calls: list[Call] = []
        self.seen: Seen = []
        self._source = source

    def watch(self, counter: Asked) -> Asked:
        """Return ``counter``, or counters, as it has to be given to the measurement."""
        return _watched(counter, self.seen)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """See ``Noise.add``."""
        answer = self._source.add(counts, sigma=sigma, times=times)
        self.calls.append(Call(counts=counts.copy(), sigma=sigma, times=times, answer=answer.copy()))
        return answer


class Replay:
    """The answers of a ``recording``, in its order, for a neighbour."""

    def __init__(self, recording: Recording) -> None:
        """Start before the first call."""
        self.calls: list[Call] = []
        self.seen: Seen = []
        self.evidence = 0.0
        """Log of how much more likely the answers so far are on the recorded table than on this one."""
        self.moved: list[int] = []
        """For every call, the squared L2 distance of the exact counts from those recorded. Of histories both are in
        parts of a row, of which ``clipping.SCALE`` are one, as the noise is."""
        self._recording = recording

    def watch(self, counter: Asked) -> Asked:
        """Return ``counter``, or counters, as it has to be given to the measurement."""
        return _watched(counter, self.seen)

    @property
    def finished(self) -> bool:
        """Return whether all recorded answers were asked for again."""
        return len(self.calls) == len(self._recording.calls)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        """Return the recorded answer of the call in this place; ``Diverged`` when that was to another query.

        In a search, values that only one of the two tables has are unlike any other cell: those of the recorded one are
        left out, those of this one are answered as not found. Whether they show is what a selection's delta pays for.
        """
        if self.finished:
            raise Diverged("more noise was asked for than the first time")
        first = self._recording.calls[len(self.calls)]
        if (first.sigma, first.times) != (sigma, times):
            raise Diverged("noise of another size was asked for than the first time")
        here, there = self._aligned(counts, first.counts)
        answer = np.full(counts.size, HIDDEN, dtype=np.int64)
        answer[here] = first.answer.reshape(-1)[there]
        mine, theirs = counts.reshape(-1), first.counts.reshape(-1)
        step = (theirs[there] - mine[here]).astype(np.float64)
        sums = 2.0 * answer[here] - times * (theirs[there] + mine[here]).astype(np.float64)
        self.evidence += float(step @ sums) / (2 * sigma**2)
        only = np.delete(mine, here), np.delete(theirs, there)
        self.moved.append(int(step @ step) + sum(int(number) ** 2 for part in only for number in part))
        self.calls.append(Call(counts=counts.copy(), sigma=sigma, times=times, answer=answer.reshape(counts.shape)))
        return answer.reshape(counts.shape).copy()

    def _aligned(self, mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which cells of the two stand for the same, as positions in each."""
        for names, counts in self.seen:
            for other_names, other_counts in self._recording.seen:
                if names == other_names or mine.size - counts.size != theirs.size - other_counts.size:
                    continue
                for public in reversed(range(mine.size - counts.size + 1)):
                    # noise is added to whole rows, or of histories to parts of them
                    if any(
                        _holds(mine, counts * one, public) and _holds(theirs, other_counts * one, public)
                        for one in (1, SCALE)
                    ):
                        return _shared(names, other_names, public, after=mine.size - counts.size - public)
        if mine.shape != theirs.shape:
            raise Diverged("noise was asked for on a query of another shape than the first time")
        every = np.arange(mine.size, dtype=np.intp)
        return every, every


def _watched(counter: Asked, seen: Seen) -> Asked:
    if isinstance(counter, Counters):
        unit, owned = counter.unit, counter.owned
        watched: Any = Counters(unit=_watched(unit, seen), owned=lambda table: _watched(owned(table), seen))
    else:
        watched = Watched(counter, seen)
    return cast("Asked", watched)


def _holds(counts: NDArray[np.int64], part: NDArray[np.int64], start: int) -> bool:
    return counts.ndim == 1 and np.array_equal(counts[start : start + part.size], part)


def _shared(
    mine: Sequence[str], theirs: Sequence[str], public: int, *, after: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of ``public`` cells, of the names that both have, and of as many cells ``after`` these."""
    places = {name: public + at for at, name in enumerate(theirs)}
    pairs = [(at, at) for at in range(public)]
    pairs += [(public + at, places[name]) for at, name in enumerate(mine) if name in places]
    pairs += [(public + len(mine) + at, public + len(theirs) + at) for at in range(after)]
    both = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]
