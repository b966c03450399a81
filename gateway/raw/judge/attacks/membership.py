"""Membership: tell whether a person was among those the generator learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.guessing import (
    MOST_TARGETS,
    Targets,
    distances_to,
    guess,
    guessed_result,
    oddest,
    outliers_of,
    ratio,
)

if TYPE_CHECKING:
    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.codes import Codes


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
        guessed = guess(targets, random)
        everyone = np.ones(len(targets.member), dtype=np.bool_)
        whole = guessed_result(self.name, targets, guessed, everyone, random)
        count = outliers_of(len(everyone) // 2)
        if not count:
            return whole
        part = guessed_result(f"{self.name}/outliers", targets, guessed, oddest(targets, count), random)
        return AttackResult(**{**vars(whole), "parts": (part,)})


def _choose(codes: Codes, random: np.random.Generator) -> Targets:
    each = min(codes.train, codes.control, MOST_TARGETS)
    held_out = random.choice(codes.control, each, replace=False)
    chosen = np.concatenate([random.choice(codes.train, each, replace=False), codes.train + held_out])
    # A held-out person is left out of the reference they are compared with; for a fair comparison so is somebody, at
    # random, when the person was trained on.
    left_out = np.concatenate([random.integers(codes.control, size=each), held_out])
    oddness, near = distances_to(codes.positions, (codes.train, codes.control, codes.synthetic), chosen, left_out)
    return Targets(
        scores=np.stack([-near, ratio(oddness, near)]).astype(np.float64),
        member=np.arange(2 * each) < each,
        oddness=oddness,
    )


plugin = Membership
