"""Verbatim copies: find training rows that stand in the synthetic table as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import row_ids
from gateway.raw.judge.confidence import excess, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.codes import Codes

_FEWEST = 20
"""A part of fewer targets is not reported."""


class Verbatim:
    """Looks up real rows among the synthetic ones, over all learned columns.

    Only a row that one real person alone has counts: a copy of a row that many share says nothing about any of them.
    Not checked: copies that differ in a digit (near copies; the membership attack sees those by their distance).
    """

    name = "verbatim"
    question = "How many people's rows stand in the synthetic table word for word?"

    def run(self, arena: Arena) -> AttackResult:
        """Attack equally many training and control rows; ``CheckFailed`` when the arena cannot be attacked."""
        codes, random = arena.codes, arena.random(self.name)
        wanted = min(codes.train, codes.control)
        members = random.choice(codes.train, wanted, replace=False)
        others = codes.train + random.choice(codes.control, wanted, replace=False)
        alone, copied, guessed = _facts(codes, random)
        whole = _result(self.name, members, others, alone & copied, alone & guessed)
        members, others = members[alone[members]], others[alone[others]]
        fewer = min(len(members), len(others))
        if fewer < _FEWEST:
            return whole
        part = _result(f"{self.name}/unique rows", members[:fewer], others[:fewer], copied, guessed)
        return AttackResult(**{**vars(whole), "parts": (part,)})


def _facts(codes: Codes, random: np.random.Generator) -> tuple[NDArray[np.bool_], ...]:
    """Return, per real row: is it the only one of its kind, is it in the synthetic table, would guessing have hit it.

    The guess makes as many rows as the synthetic table has, each column drawn for itself from the control rows.
    """
    real, rows = codes.train + codes.control, codes.synthetic
    drawn = random.integers(codes.train, real, size=(rows, codes.cells.shape[1]))
    guesses = np.take_along_axis(codes.real, drawn, axis=0)
    ids = row_ids(np.concatenate([codes.cells, guesses]))
    of_real, of_synthetic, of_guesses = np.split(ids, [real, real + rows])
    many = int(ids.max()) + 1
    alone = np.bincount(of_real, minlength=many) == 1
    copied = np.bincount(of_synthetic, minlength=many) > 0
    guessed = np.bincount(of_guesses, minlength=many) > 0
    return alone[of_real], copied[of_real], guessed[of_real]


def _result(
    name: str,
    members: NDArray[np.int64],
    others: NDArray[np.int64],
    hit: NDArray[np.bool_],
    guessed: NDArray[np.bool_],
) -> AttackResult:
    rate = wilson(int(hit[members].sum()), len(members))
    control = wilson(int(hit[others].sum()), len(others))
    return AttackResult(
        attack=name,
        targets=len(members),
        rate=rate,
        control=control,
        baseline=wilson(int(guessed[members].sum()), len(members)),
        excess=excess(rate, control),
    )


plugin = Verbatim
