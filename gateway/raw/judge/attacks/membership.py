"""Membership: tell whether a person was among those the generator learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.guessing import Targets, guess, ratio
from gateway.raw.judge.kernels import nearest
from gateway.raw.judge.targets import attacked

if TYPE_CHECKING:
    from gateway.raw.judge.attack import Arena, AttackResult


class Membership:
    """Guesses membership from how near a person's row lies to the synthetic rows.

    Two scores compete: the distance itself, and a density ratio (van Breugel et al. 2023, by nearest neighbours: the
    distance to the nearest held-out person over that to the nearest synthetic row). Score and threshold are chosen on
    one half of the targets and applied to the other, both ways round, so that no person helps to choose what is tried
    on them. Outliers, the 2.5 % farthest from everybody, are a part of their own. The naive attacker is a coin that
    says "member" as often as this one does of strangers. Not checked: attackers who can run the generator themselves
    (shadow models).
    """

    name = "membership"
    question = "Can one tell that a person was among those learned from?"
    means = (
        "Somebody who knows a person's row guesses, from how similar the synthetic rows are, whether that person's "
        "data was used. The figure says how much more often the guess is yes for people whose data was used than for "
        "people whose data was not."
    )
    not_shown = (
        "An attacker who can run the generator themselves, with and without somebody, may guess better; the proof that "
        "comes with a release bounds that one too."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind and the outliers; the rows searched are never subsampled."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        near = np.asarray(nearest(codes.positions[chosen.rows], codes.searched, np.full(len(chosen.rows), -1)))
        scores = np.stack([-near, ratio(chosen.oddness, near)]).astype(np.float64)
        guessed = guess(Targets(scores=scores, member=chosen.member, oddness=chosen.oddness), random)
        coin = random.random(len(guessed)) < guessed[chosen.drawn & ~chosen.member].mean()
        return attacked(self.name, chosen, guessed, coin, columns=arena.columns)


plugin = Membership
