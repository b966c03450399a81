"""Guessing who is a member: scores of equally many people trained on and held out, a threshold, and what it hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.confidence import excess, wilson
from gateway.raw.judge.kernels import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_TARGETS = 2000
_MOST_THRESHOLDS = 200
_FEWEST_GUESSES = 0.01
"""The attacker calls at least this share of people members; one who says nothing learns nothing."""
_MOST_FALSE = 0.3
"""And at most this share of strangers: beyond it 1,700 control rows could not bound the excess."""
_SURENESS = 1.96
_OUTLIERS = 0.025
_FEWEST_OUTLIERS = 20
_SOFTENING = 1e-3
"""Added to distances before they are divided, so that an exact copy has a large ratio and not an infinite one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Targets:
    """About as many people trained on as held out; per person what the attacker can compute."""

    scores: NDArray[np.float64]
    """Kinds of score x people: nearness, and nearness relative to people who are in no table (DOMIAS)."""
    member: NDArray[np.bool_]
    oddness: NDArray[np.float32]
    """Distance to the nearest other person of the control set: large for outliers."""


def outliers_of(people: int) -> int:
    """Return how many of so many people of one kind count as outliers; 0 when there are too few people for a part."""
    count = max(_FEWEST_OUTLIERS, int(_OUTLIERS * people))
    return count if count <= people else 0


def ratio(oddness: NDArray[np.float32], near: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithm of a distance over another: nearness relative to people who are in no table (DOMIAS)."""
    logarithms: NDArray[np.float32] = np.log(oddness + _SOFTENING) - np.log(near + _SOFTENING)
    return logarithms


def distances_to(
    positions: NDArray[np.float32],
    sizes: tuple[int, int, int],
    chosen: NDArray[np.int64],
    left_out: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each ``chosen`` row's distance to the nearest held-out row but ``left_out``, and to the nearest synthetic.

    ``positions`` are those of training, control and synthetic rows, ``sizes`` of each; all rows are searched.
    """
    train, control, _ = sizes
    queries = positions[chosen]
    held_out = np.ascontiguousarray(positions[train : train + control].T)
    synthetic = np.ascontiguousarray(positions[train + control :].T)
    return nearest(queries, held_out, left_out), nearest(queries, synthetic, np.full(len(queries), -1))


def guess(targets: Targets, random: np.random.Generator, *, sureness: float = _SURENESS) -> NDArray[np.bool_]:
    """Return, per person, whether the attacker says "member", having chosen how to on the other half of the people.

    ``sureness`` is how many standard errors are taken off an excess before it is compared with others: more where
    there are many scores to choose from, one of which looks good by chance.
    """
    half = np.zeros(len(targets.member), dtype=np.bool_)
    for kind in (targets.member, ~targets.member):
        half[kind] = random.permutation(int(kind.sum())) % 2 == 1
    guessed = np.zeros(len(half), dtype=np.bool_)
    for tried in (half, ~half):
        score, threshold = _best(targets.scores[:, ~tried], targets.member[~tried], sureness)
        guessed[tried] = targets.scores[score, tried] >= threshold
    return guessed


def _best(scores: NDArray[np.float64], member: NDArray[np.bool_], sureness: float) -> tuple[int, float]:
    """Return the score and threshold whose excess is surely largest: by the lower end of its interval (delta method).

    When no threshold separates (all rows alike), the attacker says nothing: an infinite threshold.
    """
    best, choice = -np.inf, (0, np.inf)
    trials, others = member.sum() + 1.0, (~member).sum() + 1.0
    for kind, values in enumerate(scores):
        thresholds = np.unique(values)[::-1]
        thresholds = thresholds[np.linspace(0, len(thresholds) - 1, min(len(thresholds), _MOST_THRESHOLDS)).astype(int)]
        hit = member.sum() - np.searchsorted(np.sort(values[member]), thresholds)
        false = (~member).sum() - np.searchsorted(np.sort(values[~member]), thresholds)
        allowed = (hit + false >= _FEWEST_GUESSES * len(member)) & (false <= _MOST_FALSE * (~member).sum())
        rate, control = (hit + 0.5) / trials, (false + 0.5) / others
        ratio = (1 - rate) / (1 - control)
        error = ratio * np.sqrt(rate / ((1 - rate) * trials) + control / ((1 - control) * others))
        surely = np.where(allowed, 1 - ratio - sureness * error, -np.inf)
        at = int(np.argmax(surely))
        if surely[at] > best:
            best, choice = float(surely[at]), (kind, float(thresholds[at]))
    return choice


def oddest(targets: Targets, count: int) -> NDArray[np.bool_]:
    """Return which people are outliers: ``count`` of either kind."""
    chosen = np.zeros(len(targets.member), dtype=np.bool_)
    for kind in (targets.member, ~targets.member):
        people = np.flatnonzero(kind)
        chosen[people[np.argsort(-targets.oddness[people], kind="stable")[:count]]] = True
    return chosen


def guessed_result(
    name: str,
    targets: Targets,
    guessed: NDArray[np.bool_],
    among: NDArray[np.bool_],
    random: np.random.Generator,
    *,
    looks: int = 1,
) -> AttackResult:
    """Return how the guesses went on the targets ``among``, of which as many are members as not.

    ``looks`` is how many such parts are told of together, so that all their intervals hold at once.
    """
    trials = int((among & targets.member).sum())
    rate = wilson(int((guessed & among & targets.member).sum()), trials, looks=looks)
    control = wilson(int((guessed & among & ~targets.member).sum()), trials, looks=looks)
    return AttackResult(
        attack=name,
        targets=trials,
        rate=rate,
        control=control,
        # A coin that says "member" as often as this attacker does of strangers.
        baseline=wilson(int(random.binomial(trials, control.value)), trials),
        excess=excess(rate, control),
    )
