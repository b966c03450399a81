"""Verbatim copies: find training rows that stand in the synthetic table as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.by_counts import copies
from gateway.raw.judge.choosing import strung_together
from gateway.raw.judge.kernels import occurrences
from gateway.raw.judge.targets import attacked, part

if TYPE_CHECKING:
    from gateway.raw.judge.attack import Arena, AttackResult
    from gateway.raw.judge.in_source import SourceArena


class Verbatim:
    """Looks up real rows among the synthetic ones, over all learned columns.

    Only a row that one real person alone has counts: a copy of a row that many share says nothing about any of them.
    Those who have such a row are a part. The guesser makes as many rows as the synthetic table has, each column drawn
    for itself from the control rows. Not checked: copies that differ in a digit (see the attack by near copies).
    """

    name = "verbatim"
    question = "How many people's rows stand in the synthetic table word for word?"
    means = (
        "A person's whole row is looked for in the synthetic table. The figure says how many more are found of people "
        "whose data was used than of people whose data was not, and who turn up by chance alone."
    )
    not_shown = "Copies with anything changed in them; the check by near copies looks for those."

    def run(self, arena: Arena) -> AttackResult:
        """Attack as many training rows as there are control rows; ``CheckFailed`` when the arena cannot be attacked."""
        codes, random = arena.codes, arena.random(self.name)
        wanted = min(codes.train, codes.control)
        members, others = (random.choice(rows, wanted, replace=False) for rows in (codes.train, codes.control))
        chosen = arena.chosen.drawing(np.concatenate([members, codes.train + others]))
        targets, every = codes.cells[chosen.rows], np.arange(len(arena.columns))
        alone = occurrences(targets, codes.real, every) == 1
        copied = alone & (occurrences(targets, codes.invented, every) > 0)
        guessed = alone & (occurrences(targets, strung_together(codes, random), every) > 0)
        unique = part(f"{self.name}/unique rows", chosen, copied, guessed, among=chosen.drawn & alone)
        return attacked(self.name, chosen, copied, guessed, columns=arena.columns, parts=[unique])

    def run_in_source(self, arena: SourceArena) -> AttackResult:
        """Look for every synthetic row, or many, where rows stay in their source."""
        return copies(arena, self.name)


plugin = Verbatim
