"""Linkability: find what a person has in one table through what is known of them from another."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import most_telling_first
from gateway.raw.judge.confidence import excess, wilson
from gateway.raw.judge.kernels import NOBODY, nearest_few
from gateway.raw.judge.sketches import sketch
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena

_MOST_TARGETS = 1000
_FEWEST = 20
"""Fewer targets of either kind are not counted."""
_NEIGHBOURS = 5


@dataclass(frozen=True, kw_only=True, repr=False)
class _Side:
    """What is known of every person from one place; ``known``: of whom anything is."""

    name: str
    positions: NDArray[np.float32]
    known: NDArray[np.bool_]


class Linkability:
    """Takes two tables apart and tries to bring each person's halves together again through the synthetic database.

    Sides are the unit's row and the history in each owned table (``sketches``: an attacker who knows somebody's tests
    and their dates). For each pair of sides the five synthetic persons nearest in the one and the five nearest in the
    other are looked up; a target is linked when somebody is among both, so that who knows the one side learns whose the
    other is (Giomi et al. 2023, section 5.2, across tables instead of columns). In a database of one table whose unit
    has nothing else, the sides are the earlier and the later half of each history. Targets, up to 1,000 trained on and
    as many held out, are persons that have both sides; the pair with the worst figure is the attack's own.
    """

    name = "linkability"
    of_histories = True
    question = "Does what is known of a person from one table lead to the same person in another?"

    def run(self, arena: Arena) -> AttackResult:
        """Attack every pair of sides. ``CheckFailed`` when no pair has 20 targets of each kind."""
        random = arena.random(self.name)
        codes = arena.codes
        sizes = (codes.train, codes.control, codes.synthetic)
        # of equally near persons the first are found, and which come first must mean nothing
        turned = sum(sizes[:2]) + random.permutation(sizes[2])
        sides = _sides(arena, sum(sizes))
        results = [_linked(self.name, pair, sizes, turned, random) for pair in itertools.combinations(sides, 2)]
        found = [result for result in results if result is not None]
        if not found:
            raise CheckFailed("fewer than 20 training or 20 control persons have rows in two tables")
        worst = max(found, key=lambda each: each.excess.high)
        return AttackResult(**{**vars(worst), "attack": self.name, "parts": tuple(found)})


def _sides(arena: Arena, persons: int) -> list[_Side]:
    sides = []
    if arena.own is not None:
        everyone = np.ones(persons, dtype=np.bool_)
        sides.append(_Side(name="row", positions=arena.own.positions, known=everyone))
    for history in arena.histories:
        known = np.bincount(history.unit, minlength=persons) > 0
        sides.append(_Side(name=history.table, positions=sketch(history), known=known))
    if len(sides) > 1:
        return sides
    history = arena.histories[0]
    rows = np.bincount(history.unit, minlength=persons)
    rank = np.arange(len(history.unit)) - (np.cumsum(rows) - rows)[history.unit]
    earlier = 2 * rank < rows[history.unit]
    enough = rows > 1
    return [
        _Side(name=f"{name} {history.table}", positions=sketch(history, np.flatnonzero(half)), known=enough)
        for name, half in (("earlier", earlier), ("later", ~earlier))
    ]


def _linked(
    name: str,
    sides: tuple[_Side, _Side],
    sizes: tuple[int, int, int],
    turned: NDArray[np.int64],
    random: np.random.Generator,
) -> AttackResult | None:
    train = sizes[0]
    known = np.flatnonzero((sides[0].known & sides[1].known)[: sum(sizes[:2])])
    members, others = known[known < train], known[known >= train]
    each = min(len(members), len(others), _MOST_TARGETS)
    if each < _FEWEST:
        return None
    targets = np.concatenate([random.choice(members, each, replace=False), random.choice(others, each, replace=False)])
    found = [_nearest(side, targets, turned) for side in sides]
    met = ((found[0][:, :, None] == found[1][:, None, :]) & (found[0] != NOBODY)[:, :, None]).any(axis=(1, 2))
    rate, control = wilson(int(met[:each].sum()), each), wilson(int(met[each:].sum()), each)
    # who draws the five persons blindly
    blind = random.random(each) < 1 - (1 - min(1, _NEIGHBOURS / sizes[2])) ** min(_NEIGHBOURS, sizes[2])
    return AttackResult(
        attack=f"{name}/{sides[0].name} and {sides[1].name}",
        targets=each,
        rate=rate,
        control=control,
        baseline=wilson(int(blind.sum()), each),
        excess=excess(rate, control),
    )


def _nearest(side: _Side, targets: NDArray[np.int64], turned: NDArray[np.int64]) -> NDArray[np.int64]:
    positions = most_telling_first(side.positions, len(turned))
    return nearest_few(positions[targets], np.ascontiguousarray(positions[turned].T), _NEIGHBOURS)


plugin = Linkability
