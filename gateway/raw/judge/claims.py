"""What was asked of noise, call by call, beside what the events claim, to find what is read and never told of.

A generator says what it spent by events; ``Recording`` has the calls themselves. They are matched in their order. Noise
on cells that are zero on both neighbours (values that are declared and that nobody has) tells nothing, and needs none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.clipping import SCALE
from gateway.privacy import calibration
from gateway.privacy.draws import NARROWEST, STARTS, Draws, following
from gateway.privacy.events import ACCEPTANCE, ClippedGaussianEvent, DiscreteGaussianEvent, SelectionEvent
from gateway.raw.generate.metering import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.privacy.events import Event
    from gateway.raw.judge.replaying import Call, Recording, Replay

_LEAST = 1.0
"""Below this sigma a discrete Gaussian's deviation is not its parameter."""
Priced = DiscreteGaussianEvent | ClippedGaussianEvent


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """One game's calls beside its events."""

    share: float
    """The largest distance by which one call's exact numbers moved, over what its event claims; more than 1 is wrong.
    Infinite for numbers that no event is of."""
    moved: float
    """Mu of all that moved: what the answers of this game tell, if the noise is what it should be."""
    drawn: float
    """Mu of the noise that was asked for, at the sensitivities that the events claim."""
    selected: float
    """Delta of all selections."""
    unmetered: int
    """Calls that no event tells of and that are not of zeros."""
    unasked: int
    """Events of which there was no call."""
    draws: dict[str, Draws]
    """By sort of call."""
    next_to: tuple[float, int]
    """Sum of the products of each call's draws with the next one's, and how many there are."""
    start: NDArray[np.float64] = field(repr=False)
    """The first ``STARTS`` draws, scaled; as many as there are."""


def account(recording: Recording, replay: Replay, events: Sequence[Event]) -> Account:
    """Hold the calls of a ``recording``, and what moved in its ``replay``, against ``events``."""
    priced = [event for event in events if not isinstance(event, SelectionEvent)]
    found = _matched(recording.calls, priced)
    told = [None if at is None else priced[at] for at in found]
    draws, scaled, wide = _draws(recording.calls, told)
    share, moved = 0.0, 0.0
    for call, distance, event in zip(recording.calls, replay.moved, told, strict=False):
        moved += call.times * distance / call.sigma**2
        if event is not None:
            share = max(share, math.sqrt(distance / _claimed(event)))
        elif distance:
            share = math.inf
    calls = list(zip(recording.calls, told, strict=True))
    return Account(
        share=share,
        moved=math.sqrt(moved),
        drawn=math.sqrt(math.fsum(call.times * _claimed(event) / call.sigma**2 for call, event in calls if event)),
        selected=math.fsum(event.delta for event in events if isinstance(event, SelectionEvent)),
        unmetered=sum(event is None and bool(call.counts.any()) for call, event in calls),
        unasked=len(priced) - sum(at is not None for at in found),
        draws=draws,
        next_to=following(scaled),
        start=np.concatenate([np.zeros(0), *wide])[:STARTS],
    )


def _draws(
    calls: Sequence[Call], told: Sequence[Priced | None]
) -> tuple[dict[str, Draws], list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return sums over the draws by sort of call; the draws of each call, scaled; and those that are wide."""
    draws: dict[str, Draws] = {}
    scaled, wide = [], []
    for call, event in zip(calls, told, strict=True):
        if call.sigma >= _LEAST and call.counts.size:
            noise, deviation = call.answer - call.times * call.counts, call.sigma * math.sqrt(call.times)
            scaled.append(draws.setdefault(_sort(call, event), Draws()).take(noise, deviation))
            if deviation >= NARROWEST:
                wide.append(scaled[-1])
    return draws, scaled, wide


def _sort(call: Call, event: Priced | None) -> str:
    if event is None:
        return "zeros"
    what = "clipped" if isinstance(event, ClippedGaussianEvent) else "counts"
    return f"{what}, searched" if not event.cells else f"{what}, one by one" if call.counts.size == 1 else what


def _claimed(event: Priced) -> int:
    """Return the squared distance by which one unit may move the numbers that noise was added to."""
    if isinstance(event, ClippedGaussianEvent):
        return int(event.clip) * (WEIGHT if event.label == ACCEPTANCE else SCALE) ** 2
    return 1


def _fits(call: Call, event: Priced) -> bool:
    if call.times != event.times or (event.cells and event.cells != call.counts.size):
        return False
    if isinstance(event, ClippedGaussianEvent):
        return call.sigma == calibration.width(event.sigma, squared=_claimed(event))
    return call.sigma == event.sigma


def _matched(calls: Sequence[Call], events: Sequence[Priced]) -> list[int | None]:
    """Return for each call which event tells of it, in order: the most that can be matched.

    Almost always each call is the next event's, or of zeros; only otherwise is the longest common sequence looked for.
    """
    found: list[int | None] = []
    at = 0
    for call in calls:
        fits = at < len(events) and _fits(call, events[at])
        found.append(at if fits else None)
        at += fits
    if at == len(events) and not any(e is None and call.counts.any() for call, e in zip(calls, found, strict=True)):
        return found
    return _longest(calls, events)


def _longest(calls: Sequence[Call], events: Sequence[Priced]) -> list[int | None]:
    """As ``_matched``; calls that are not of zeros count for more, so that a zero never takes an event from one."""
    fits = [[(2 if call.counts.any() else 1) * _fits(call, event) for event in events] for call in calls]
    best = [[0] * (len(events) + 1) for _ in range(len(calls) + 1)]
    for i in reversed(range(len(calls))):
        for j in reversed(range(len(events))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + fits[i][j])
    found: list[int | None] = []
    j = 0
    while (i := len(found)) < len(calls):
        if j < len(events) and fits[i][j] and best[i][j] == best[i + 1][j + 1] + fits[i][j]:
            found.append(j)
            j += 1
        elif best[i][j] == best[i + 1][j]:
            found.append(None)
        else:
            j += 1
    return found
