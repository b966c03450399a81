"""Inference: tell a secret of a person from all the rest that is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.by_counts import inferences
from gateway.raw.judge.codes import NULL
from gateway.raw.judge.kernels import nearest_without
from gateway.raw.judge.targets import attacked, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena, AttackResult
    from gateway.raw.judge.codes import Codes
    from gateway.raw.judge.in_source import SourceArena

_TOLERANCE = 0.05
"""A number is told when it is off by a twentieth at most: of itself, and of the range that numbers of the column have.

Of itself alone, every year and every day would be told by any other; of the range alone, every small amount in a
column where a few are huge."""
_LOOKED_AT = 65_536
"""Synthetic rows of which the naive guess is made."""


class Inference:
    """Knows everything of a person but one secret, and takes the secret of the synthetic row nearest in all the rest.

    Each secret of the policy, or each column where it names none, is attacked for every target (Giomi et al. 2023,
    section 5.3): values without an order are told when they are equal, numbers and times when they are off by a
    twentieth at most, and that nothing is known of somebody is told by NULL. Of equally near rows any is taken.

    An answer that the usual one (the commonest or median synthetic value) gives anyway is no secret: it counts as not
    told. The figure is the mean over secrets and targets. Each secret is a part, among those targets alone to whom the
    usual answer does not apply, with an interval that allows for all secrets: the risk of the few who have a rare
    illness shows there, and would not show in the figure; while on all targets together it could not be told from
    chance, since nearly everybody is told right. The guesser draws the answer from the control rows. Not checked:
    attackers who know less than all the rest, or who learn a model from many rows (what those find holds for the
    population, not for one person).
    """

    name = "inference"
    question = "Does the synthetic table tell a secret of a person to somebody who knows all the rest of them?"
    means = (
        "Somebody who knows everything else about a person looks for the most similar synthetic row and reads the "
        "missing answer there. The figure says how much more often that is right, where the usual answer is not, for "
        "people whose data was used than for people whose data was not."
    )
    not_shown = (
        "Facts that hold for whole groups can still be told of everybody in them, whether or not their data was used; "
        "that is what data is for, and is not counted here."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind and the outliers; all synthetic rows are searched."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        secrets = np.array([list(arena.columns).index(name) for name in arena.secrets], dtype=np.int64)
        places = np.argsort(codes.placed)
        begin = random.integers(codes.synthetic, size=len(chosen.rows))
        found = np.asarray(nearest_without(codes.positions[chosen.rows], codes.searched, begin, places[secrets]))
        secret, hit, guessed = (np.empty(found.shape, dtype=np.bool_) for _ in range(3))
        for place, (column, rows) in enumerate(zip(secrets, found.T, strict=True)):
            truth = codes.cells[chosen.rows, column]
            drawn = codes.cells[random.integers(codes.train, len(codes.real), len(rows)), column]
            secret[:, place] = ~told(codes, column, usual(codes, column), truth)
            hit[:, place] = secret[:, place] & told(codes, column, codes.invented[rows, column], truth)
            guessed[:, place] = secret[:, place] & told(codes, column, drawn, truth)
        parts = [
            part(
                f"{self.name}/{arena.columns[column]}",
                chosen,
                hit[:, place],
                guessed[:, place],
                among=chosen.drawn & secret[:, place],
                looks=len(secrets),
            )
            for place, column in enumerate(secrets)
        ]
        return attacked(self.name, chosen, hit.mean(axis=1), guessed.mean(axis=1), columns=arena.columns, parts=parts)

    def run_in_source(self, arena: SourceArena) -> AttackResult:
        """Tell secrets of everybody by what people like them have, where rows stay in their source."""
        return inferences(arena, self.name)


def told(codes: Codes, column: int, guess: NDArray[np.int32] | np.int32, truth: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which guesses are right: codes of ``column`` that are equal, or numbers off by a twentieth at most."""
    equal = np.asarray(guess == truth)
    if not codes.ordered[column]:
        return equal
    numbers = codes.numbers[column]
    span = spread(numbers[codes.invented[:, column]])
    off = np.abs(numbers[guess] - numbers[truth])  # NaN of a NULL is off by nothing that compares
    return equal | (off <= _TOLERANCE * np.minimum(np.abs(numbers[truth]), span))


def spread(numbers: NDArray[np.float64]) -> float:
    """Return the range of the middle 98 % of ``numbers``, of all if that is nothing; NaN counts for none."""
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return 0.0
    low, high = np.quantile(known, [0.01, 0.99])
    return float(high - low) if high > low else float(known.max() - known.min())


def usual(codes: Codes, column: int) -> np.int32:
    """Return what tells most synthetic rows: the commonest value or the median."""
    cells = codes.invented[:_LOOKED_AT, column]
    commonest = np.int32(np.bincount(cells - NULL).argmax() + NULL)
    known = cells[cells != NULL]
    if not codes.ordered[column] or not len(known):
        return commonest
    median = np.int32(np.quantile(known, 0.5, method="nearest"))
    return max(commonest, median, key=lambda guess: told(codes, column, guess, cells).sum())


plugin = Inference
