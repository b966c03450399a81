"""Membership by whole history: tell from all that a person has in all tables whether they were learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import most_telling_first
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
from gateway.raw.judge.sketches import extent, rarity, sketch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena


_PARTS = 3
_SURENESS = 3.0
"""Of four scores, with 200 thresholds each, one looks good by chance."""


class WholeHistory:
    """Guesses membership from how near a person, with all they own, lies to the synthetic persons.

    A person is their own row and a sketch of each of their histories (``sketches``). Four scores compete: distance and
    density ratio (see the attack by membership), of the whole person and of the histories alone; score and threshold
    are chosen on one half of the targets and applied to the other. Three parts are attacked apart, with thresholds of
    their own: the persons farthest from everybody, those with the most rows (the patient with 400 results), and those
    with the most extreme numbers. The latter two are the first of all persons trained on, and as many of the control.
    They are further out in the larger of the two sets, which makes them look strange and not familiar: the parts may
    miss, and do not accuse, by that alone.
    """

    name = "whole_history"
    criterion = "membership"
    of_histories = True
    question = "Can one tell from all that a person has in all tables that they were among those learned from?"
    means = (
        "Somebody who knows all that a person has in all tables compares it with the synthetic people and guesses "
        "whether their data was used. The figure says how much more often the guess is yes for people whose data was "
        "used than for people whose data was not."
    )
    not_shown = (
        "An attacker who can run the generator themselves, with and without somebody, may guess better; the proof that "
        "comes with a release bounds that one too."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind; the persons searched are never subsampled."""
        random = arena.random(self.name)
        views, sizes = _views(arena)
        each = min(sizes[0], sizes[1], MOST_TARGETS)
        members, others = random.choice(sizes[0], each, replace=False), random.choice(sizes[1], each, replace=False)
        targets = _targets(views, sizes, members, others, random)
        guessed = guess(targets, random, sureness=_SURENESS)
        whole = guessed_result(self.name, targets, guessed, np.ones(2 * each, dtype=np.bool_), random)
        count = outliers_of(min(sizes[:2]))
        if not count or count > each:
            return whole
        odd = oddest(targets, count)
        parts = [guessed_result(f"{self.name}/outliers", targets, guessed, odd, random, looks=_PARTS)]
        measures = {
            "most rows": sum((extent(history)[0] for history in arena.histories), np.zeros(sum(sizes))),
            "most extreme": np.max([rarity(history) for history in arena.histories], axis=0),
        }
        for name, measure in measures.items():
            first = [_first(measure[begin : begin + many], count) for begin, many in ((0, sizes[0]), sizes[:2])]
            apart = _targets(views, sizes, first[0], first[1], random)
            # the ratio would be swayed by how far out the persons of either set are
            apart = Targets(scores=apart.scores[::2], member=apart.member, oddness=apart.oddness)
            everyone = np.ones(2 * count, dtype=np.bool_)
            parts.append(
                guessed_result(f"{self.name}/{name}", apart, guess(apart, random), everyone, random, looks=_PARTS)
            )
        return AttackResult(**{**vars(whole), "parts": tuple(parts)})


def _views(arena: Arena) -> tuple[list[NDArray[np.float32]], tuple[int, int, int]]:
    """Return the positions of whole persons and of their histories alone, and how many persons each frame has."""
    codes = arena.codes
    histories = np.concatenate([sketch(history) for history in arena.histories], axis=1)
    own = [arena.own.positions] if arena.own else []
    sizes = (codes.train, codes.control, codes.synthetic)
    return [
        most_telling_first(view, sizes[2]) for view in (np.concatenate([*own, histories], axis=1), histories)
    ], sizes


def _targets(
    views: list[NDArray[np.float32]],
    sizes: tuple[int, int, int],
    members: NDArray[np.int64],
    others: NDArray[np.int64],
    random: np.random.Generator,
) -> Targets:
    chosen = np.concatenate([members, sizes[0] + others])
    # for a fair comparison somebody is left out of the reference for members too
    left_out = np.concatenate([random.integers(sizes[1], size=len(members)), others])
    found = [distances_to(view, sizes, chosen, left_out) for view in views]
    scores = [score for oddness, near in found for score in (-near, ratio(oddness, near))]
    return Targets(
        scores=np.stack(scores).astype(np.float64),
        member=np.arange(len(chosen)) < len(members),
        oddness=found[0][0],
    )


def _first(measure: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.argsort(-measure, kind="stable")[:count]


plugin = WholeHistory
