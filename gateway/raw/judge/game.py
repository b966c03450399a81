"""The distinguishing game: telling from what a generator let out whether one unit was there.

Played on tables made up from a schema (``neighbours``): no production row takes part. Each game measures one of two
neighbours with fresh noise, and scores all noisy answers by their exact likelihood ratio, which no attack can beat
(Neyman and Pearson 1933). So the bounds from many games come close to what really is lost, and a claim below them is
wrong: too little noise, a unit counted twice, a thing read and not metered, noise that repeats.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.judge.replaying import Asked, Diverged, Recording, Replay

if TYPE_CHECKING:
    from gateway.raw.generate.noise import Noise

Measure = Callable[[Asked, "Noise"], object]
"""Measures a table, or a whole database, with the noise given and returns everything that is let out: values, arrays,
dataclasses of them."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One score for each game; high ones speak for the target's being there."""

    without: tuple[float, ...]
    within: tuple[float, ...]


def play(
    measure: Measure[Asked],
    neighbours: tuple[Asked, Asked],
    *,
    games: int,
    noise: Callable[[], Noise] = DiscreteGaussian,
    progress: Callable[[str, float], None] = lambda _text, _share: None,
) -> Scores:
    """Play ``games`` games on each of two ``neighbours``, without the target and with it; return their scores.

    ``noise`` makes the source of noise for each game.
    """
    sides: tuple[list[float], list[float]] = ([], [])
    for number in range(games):
        progress("playing", number / games)
        for target, scores in enumerate(sides):
            scores.append(score(measure, neighbours, target=bool(target), noise=noise()))
    return Scores(without=tuple(sides[0]), within=tuple(sides[1]))


def score(measure: Measure[Asked], neighbours: tuple[Asked, Asked], *, target: bool, noise: Noise) -> float:
    """Play one game on the neighbour with or without the ``target``; return the log-likelihood ratio of what came out.

    It is infinite when the other neighbour, with the same noisy answers, gives another output or none.
    """
    return game(measure, neighbours, target=target, noise=noise).score


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """One game: its score, and what it was made of."""

    score: float
    recording: Recording
    replay: Replay
    output: object
    difference: str | None
    """What differed although all noisy answers were the same; None when nothing did."""


def game(measure: Measure[Asked], neighbours: tuple[Asked, Asked], *, target: bool, noise: Noise) -> Game:
    """Play one game as ``score`` does; return all of it. Exact counts are in it: as secret as the rows."""
    recording = Recording(noise)
    output = measure(recording.watch(neighbours[target]), recording)
    replay = Replay(recording)
    difference = _difference(measure, replay.watch(neighbours[not target]), replay, content(output))
    evidence = replay.evidence if difference is None else math.inf
    return Game(
        score=evidence if target else -evidence,
        recording=recording,
        replay=replay,
        output=output,
        difference=difference,
    )


def _difference(measure: Measure[Asked], asked: Asked, replay: Replay, output: object) -> str | None:
    try:
        again = content(measure(asked, replay))
    except Diverged as diverged:
        return str(diverged)
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever sees that it failed knows which of the two it was
        return f"an error ({type(error).__name__}) on one of the two"
    if not replay.finished:
        return "fewer answers were asked for than the first time"
    return None if again == output else "the same answers gave another output"


def content(output: Any) -> object:  # noqa: ANN401 - whatever a generator lets out
    """Return ``output`` as nested tuples that are equal when nothing in it differs, arrays bit for bit."""
    if dataclasses.is_dataclass(output):
        return type(output).__name__, *(content(getattr(output, each.name)) for each in dataclasses.fields(output))
    if isinstance(output, np.ndarray):
        return str(output.dtype), output.shape, output.tobytes()
    if isinstance(output, Mapping):
        return tuple((content(key), content(value)) for key, value in output.items())
    if isinstance(output, (list, tuple)):
        return tuple(content(value) for value in output)
    return repr(output)
