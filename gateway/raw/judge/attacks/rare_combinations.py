"""Rare combinations: find values that one real person alone has together standing together in the synthetic table."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.choosing import strung_together
from gateway.raw.judge.kernels import occurrences
from gateway.raw.judge.targets import attacked, part
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena, AttackResult
    from gateway.raw.judge.choosing import Chosen
    from gateway.raw.judge.codes import Codes

_SIZES = {2: "pairs", 3: "triples", 4: "fours"}
_SETS = 16
"""Sets of columns of each size that are tried."""
_CHANCE = 3e-4
"""Combinations may reappear by chance, for each target of either kind, so often at most that the figure stays within
0.05: twice the square root of twice this."""


class RareCombinations:
    """Takes two to four values that exactly one real person has together, and looks for them in one synthetic row.

    Columns are the quasi-identifiers of the policy, or all where it names fewer than two; up to 16 sets of each size
    are drawn. A combination is somebody's own if no other row, trained on or held out, has it, which says as much of
    either kind of person. Sets in which combinations reappear by chance more often than so many targets could tell
    from a leak are left out: how often that is, is estimated from who shares theirs with just one other (Good 1953,
    the estimate of what was seen once). The figure is the mean over persons of the share of their own combinations
    that reappear, nought for who has none; pairs, triples and fours are parts, among those who have some. The guesser
    strings values of control rows together. Not checked: combinations that reappear with a value slightly off.
    """

    name = "rare_combinations"
    question = "Do combinations of values that only one real person has reappear in the synthetic table?"
    means = (
        "Some people are the only one with, say, their age, district and occupation together. The figure says how many "
        "more of such combinations reappear of people whose data was used than of people whose data was not."
    )
    not_shown = (
        "Combinations of five and more columns, and those that came back with a value slightly changed. A combination "
        "may also reappear by chance; that is subtracted."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind and the outliers; all rows are searched."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        targets = np.ascontiguousarray(codes.cells[chosen.rows])
        guesses = strung_together(codes, random)
        sizes = sorted({min(size, len(arena.columns)) for size in _SIZES})
        counts = np.zeros((len(sizes), 3, len(targets)))
        for place, size in enumerate(sizes):
            for columns in _sets(_columns(arena), size, random):
                own = _own(codes, chosen, targets, columns)
                if own.any():
                    counts[place, 0] += own
                    counts[place, 1] += own & (occurrences(targets, codes.invented, columns) > 0)
                    counts[place, 2] += own & (occurrences(targets, guesses, columns) > 0)
        parts = [
            part(
                f"{self.name}/{_SIZES.get(size, 'single values')}",
                chosen,
                _share(found[1], found[0]),
                _share(found[2], found[0]),
                among=chosen.drawn & (found[0] > 0),
                looks=len(sizes),
            )
            for size, found in zip(sizes, counts, strict=True)
        ]
        own, again, guessed = counts.sum(axis=0)
        return attacked(self.name, chosen, _share(again, own), _share(guessed, own), columns=arena.columns, parts=parts)


def _columns(arena: Arena) -> NDArray[np.int64]:
    """Return the columns that combinations are made of."""
    known = [place for place, name in enumerate(arena.columns) if arena.roles.get(name) is Role.QUASI]
    return np.array(known if len(known) > 1 else range(len(arena.columns)), dtype=np.int64)


def _sets(columns: NDArray[np.int64], size: int, random: np.random.Generator) -> Sequence[NDArray[np.int64]]:
    """Return up to 16 different sets of ``columns``: all there are, or as many drawn at random."""
    if math.comb(len(columns), size) <= _SETS:
        return [np.array(each) for each in itertools.combinations(columns.tolist(), size)]
    found: set[tuple[int, ...]] = set()
    while len(found) < _SETS:
        found.add(tuple(sorted(random.choice(columns, size, replace=False).tolist())))
    return [np.array(each) for each in sorted(found)]


def _own(codes: Codes, chosen: Chosen, targets: NDArray[np.int32], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whose combination of values in ``columns`` nobody else has; nobody's, if chance would bring many back."""
    seen = occurrences(targets, codes.real, columns)
    again = (seen == 2)[chosen.drawn].mean() * max(1.0, codes.synthetic / len(codes.real))  # noqa: PLR2004 - a pair
    own: NDArray[np.bool_] = (seen == 1) & (again <= _CHANCE * chosen.drawn.sum() / 2)
    return own


def _share(hits: NDArray[np.float64], tries: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(hits, tries, out=np.zeros(len(hits)), where=tries > 0)


plugin = RareCombinations
