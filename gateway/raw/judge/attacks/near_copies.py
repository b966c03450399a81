"""Near copies: find people whose rows stand in the synthetic table but for a detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.choosing import strung_together
from gateway.raw.judge.kernels import close_by, occurrences
from gateway.raw.judge.targets import attacked, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena, AttackResult
    from gateway.raw.judge.choosing import Chosen
    from gateway.raw.judge.codes import Codes

_SLIGHT = 0.01
"""Numbers and times may be off by a hundredth of the range that most of the column's have."""
_CHANCE = 1e-5
"""Rows may meet by chance, for each target of either kind, so often at most that the figure stays within 0.01: of a
hundred targets one in ten times, of 2,000 at one in fifty."""
_TRIED = 500
"""Targets by which it is told how often rows meet."""


class NearCopies:
    """Looks for real rows that reappear with all but one column equal, or with every number off by a little.

    Only a row that is alone of its kind counts: no other real row, trained on or held out, is as near to it. And a
    column may only differ where nearly all real rows are alone without it, else rows meet by chance: how many, hangs
    on the number of targets. An exact copy of a row that is alone is a near copy as well. A target is hit when there
    is any; those alone with all their values are a part. The guesser makes as many rows as the
    synthetic table has, each column drawn for itself from the control rows. Not checked: copies with several columns
    changed (the attack by membership sees those by their distance).
    """

    name = "near_copies"
    question = "How many people's rows stand in the synthetic table with only a detail changed?"
    means = (
        "A person's row is looked for in the synthetic table with one answer changed, or with all its numbers slightly "
        "off. The figure says how many more are found of people whose data was used than of people whose data was not."
    )
    not_shown = "Rows that were changed in several places at once; the check by membership looks for those."

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind and the outliers; all rows are searched."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        guesses = strung_together(codes, random)
        targets = np.ascontiguousarray(codes.cells[chosen.rows])
        every = np.arange(targets.shape[1])
        alone, copied = occurrences(targets, codes.real, every) == 1, _slightly_off(codes, chosen, random)
        guessed = np.zeros(len(copied), dtype=np.bool_)
        for columns in [every, *_all_but_one(codes, chosen, targets)]:
            own = occurrences(targets, codes.real, columns) == 1
            copied |= own & (occurrences(targets, codes.invented, columns) > 0)
            guessed |= own & (occurrences(targets, guesses, columns) > 0)
        apart = part(f"{self.name}/rows alone of their kind", chosen, copied, guessed, among=chosen.drawn & alone)
        return attacked(self.name, chosen, copied, guessed, columns=arena.columns, parts=[apart])


def _all_but_one(codes: Codes, chosen: Chosen, targets: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the sets of columns, one left out of each, in which rows hardly meet by chance.

    How often somebody is not alone in real rows says how often two people meet; whether they were trained on plays no
    part.
    """
    width = targets.shape[1]
    sets = [np.delete(np.arange(width), column) for column in range(width)] if width > 1 else []
    shared = np.array([(occurrences(targets, codes.real, columns) > 1)[chosen.drawn].mean() for columns in sets])
    order = np.argsort(shared, kind="stable")
    return [sets[place] for place in order[np.cumsum(shared[order]) <= _allowed(codes, chosen)]]


def _slightly_off(codes: Codes, chosen: Chosen, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which targets have a synthetic row close by, and no real one; nobody, where rows often meet so."""
    slight = np.where(codes.ordered[codes.placed], np.float32(_SLIGHT), np.float32(0))
    queries = codes.positions[chosen.rows]
    real = np.ascontiguousarray(codes.positions[: len(codes.real)].T)
    near = np.zeros(len(queries), dtype=np.bool_)
    tried = random.permutation(np.flatnonzero(chosen.drawn))[:_TRIED]
    if close_by(queries[tried], real, slight, chosen.rows[tried]).mean() <= _allowed(codes, chosen):
        near |= close_by(queries, codes.searched, slight, np.full(len(queries), -1))
        near[near] = ~close_by(queries[near], real, slight, chosen.rows[near])
    return near


def _allowed(codes: Codes, chosen: Chosen) -> float:
    """Return the share of real rows that may have others as near."""
    scale = max(1.0, codes.synthetic / len(codes.real))
    return float(_CHANCE * chosen.drawn.sum() / 2 / scale)


plugin = NearCopies
