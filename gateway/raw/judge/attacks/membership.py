"""Membership: tell whether a person was among those the generator learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.confidence import excess, wilson
from gateway.raw.judge.kernels import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.codes import Codes

_MOST_TARGETS = 2000
_MOST_THRESHOLDS = 200
_FEWEST_GUESSES = 0.01
"""The attacker calls at least this share of people members; one who says nothing learns nothing."""
_MOST_FALSE = 0.3
"""And at most this share of strangers: beyond it 1,700 control rows could not bound the excess."""
_OUTLIERS = 0.025
_FEWEST_OUTLIERS = 20
_SOFTENING = 1e-3
"""Added to distances before they are divided, so that an exact copy has a large ratio and not an infinite one."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Targets:
    """Equally many people trained on and held out, members first; per person what the attacker can compute."""

    scores: NDArray[np.float64]
    """Kinds of score x people: nearness, and nearness relative to people who are in no table (DOMIAS)."""
    member: NDArray[np.bool_]
    oddness: NDArray[np.float32]
    """Distance to the nearest other person of the control set: large for outliers."""


class Membership:
    """Guesses membership from how near a person's row lies to the synthetic rows.

    Two scores compete: the distance itself, and a density ratio (van Breugel et al. 2023, by nearest neighbours: the
    distance to the nearest held-out person over that to the nearest synthetic row). Score and threshold are chosen on
    one half of the targets and applied to the other, both ways round, so that no person helps to choose what is tried
    on them. Outliers, the 2.5 % of the targets farthest from everybody, are counted as a part of their own. Not
    checked: attackers who can run the generator themselves (shadow models).
    """

    name = "membership"
    question = "Can one tell that a person was among those learned from?"

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind; the rows searched are never subsampled."""
        random = arena.random(self.name)
        targets = _choose(arena.codes, random)
        guessed = _guess(targets, random)
        everyone = np.ones(len(targets.member), dtype=np.bool_)
        whole = _result(self.name, targets, guessed, everyone, random)
        count = max(_FEWEST_OUTLIERS, int(_OUTLIERS * everyone.sum() / 2))
        if count > everyone.sum() // 2:
            return whole
        part = _result(f"{self.name}/outliers", targets, guessed, _oddest(targets, count), random)
        return AttackResult(**{**vars(whole), "parts": (part,)})


def _choose(codes: Codes, random: np.random.Generator) -> _Targets:
    first_control, first_synthetic = codes.train, codes.train + codes.control
    each = min(codes.train, codes.control, _MOST_TARGETS)
    held_out = random.choice(codes.control, each, replace=False)
    chosen = np.concatenate([random.choice(codes.train, each, replace=False), first_control + held_out])
    queries = codes.positions[chosen]
    # A held-out person is left out of the reference they are compared with; for a fair comparison so is somebody, at
    # random, when the person was trained on.
    left_out = np.concatenate([random.integers(codes.control, size=each), held_out])
    held_out_places = np.ascontiguousarray(codes.positions[first_control:first_synthetic].T)
    synthetic_places = np.ascontiguousarray(codes.positions[first_synthetic:].T)
    oddness = nearest(queries, held_out_places, left_out)
    near = nearest(queries, synthetic_places, np.full(len(queries), -1))
    ratio = np.log(oddness + _SOFTENING) - np.log(near + _SOFTENING)
    return _Targets(
        scores=np.stack([-near, ratio]).astype(np.float64), member=np.arange(2 * each) < each, oddness=oddness
    )


def _guess(targets: _Targets, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return, per person, whether the attacker says "member", having chosen how to on the other half of the people."""
    each = len(targets.member) // 2
    half = np.concatenate([random.permutation(each) % 2, random.permutation(each) % 2]).astype(np.bool_)
    guessed = np.zeros(len(half), dtype=np.bool_)
    for tried in (half, ~half):
        score, threshold = _best(targets.scores[:, ~tried], targets.member[~tried])
        guessed[tried] = targets.scores[score, tried] >= threshold
    return guessed


def _best(scores: NDArray[np.float64], member: NDArray[np.bool_]) -> tuple[int, float]:
    """Return the score and threshold whose excess is surely largest: by the lower end of its interval (delta method).

    When no threshold separates (all rows alike), the attacker says nothing: an infinite threshold.
    """
    best, choice = -np.inf, (0, np.inf)
    trials = member.sum() + 1.0
    for kind, values in enumerate(scores):
        thresholds = np.unique(values)[::-1]
        thresholds = thresholds[np.linspace(0, len(thresholds) - 1, min(len(thresholds), _MOST_THRESHOLDS)).astype(int)]
        ours, others = np.sort(values[member]), np.sort(values[~member])
        hit = len(ours) - np.searchsorted(ours, thresholds)
        false = len(others) - np.searchsorted(others, thresholds)
        allowed = (hit + false >= _FEWEST_GUESSES * len(member)) & (false <= _MOST_FALSE * len(others))
        rate, control = (hit + 0.5) / trials, (false + 0.5) / trials
        ratio = (1 - rate) / (1 - control)
        error = ratio * np.sqrt(rate / ((1 - rate) * trials) + control / ((1 - control) * trials))
        surely = np.where(allowed, 1 - ratio - 1.96 * error, -np.inf)
        at = int(np.argmax(surely))
        if surely[at] > best:
            best, choice = float(surely[at]), (kind, float(thresholds[at]))
    return choice


def _oddest(targets: _Targets, count: int) -> NDArray[np.bool_]:
    """Return which people are outliers: ``count`` of either kind."""
    chosen = np.zeros(len(targets.member), dtype=np.bool_)
    for kind in (targets.member, ~targets.member):
        people = np.flatnonzero(kind)
        chosen[people[np.argsort(-targets.oddness[people], kind="stable")[:count]]] = True
    return chosen


def _result(
    name: str,
    targets: _Targets,
    guessed: NDArray[np.bool_],
    among: NDArray[np.bool_],
    random: np.random.Generator,
) -> AttackResult:
    trials = int((among & targets.member).sum())
    rate = wilson(int((guessed & among & targets.member).sum()), trials)
    control = wilson(int((guessed & among & ~targets.member).sum()), trials)
    return AttackResult(
        attack=name,
        targets=trials,
        rate=rate,
        control=control,
        # A coin that says "member" as often as this attacker does of strangers.
        baseline=wilson(int(random.binomial(trials, control.value)), trials),
        excess=excess(rate, control),
    )


plugin = Membership
