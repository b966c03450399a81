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
"""Fewer targets of either kind cannot be attacked."""
_FEWEST_OF_A_PART = 50
"""Fewer are no part of their own: of many small tables one would be accused by chance."""
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
    as many held out, are persons that have two sides at least; each is tried with one pair, and each pair is a part.
    """

    name = "linkability"
    of_histories = True
    question = "Does what is known of a person from one table lead to the same person in another?"

    def run(self, arena: Arena) -> AttackResult:
        """Attack every pair of sides. ``CheckFailed`` when there are not 20 targets of each kind."""
        random, codes = arena.random(self.name), arena.codes
        sides = _sides(arena, len(codes.cells))
        real = codes.train + codes.control
        several = np.flatnonzero(np.sum([side.known[:real] for side in sides], axis=0) > 1)
        members, others = several[several < codes.train], several[several >= codes.train]
        each = min(len(members), len(others), _MOST_TARGETS)
        if each < _FEWEST:
            raise CheckFailed("fewer than 20 training or 20 control persons have rows in two tables")
        targets = np.concatenate([random.choice(who, each, replace=False) for who in (members, others)])
        found = [_nearest(side, targets, real + random.permutation(codes.synthetic)) for side in sides]
        pairs = list(itertools.combinations(range(len(sides)), 2))
        both = np.stack([sides[one].known[targets] & sides[other].known[targets] for one, other in pairs])
        met = np.stack([_met(found[one], found[other]) for one, other in pairs])
        blind = 1 - (1 - min(1, _NEIGHBOURS / codes.synthetic)) ** min(_NEIGHBOURS, codes.synthetic)
        tried = np.argmax(np.where(both, random.random(both.shape), -1), axis=0)
        linked = np.take_along_axis(met, tried[None], axis=0)[0]
        whole = _result(self.name, linked[:each], linked[each:], random.random(each) < blind)
        parts = []
        for (one, other), known, hit in zip(pairs, both, met, strict=True):
            ours, theirs = hit[:each][known[:each]], hit[each:][known[each:]]
            fewer = min(len(ours), len(theirs))
            if fewer >= _FEWEST_OF_A_PART:
                name = f"{self.name}/{sides[one].name} and {sides[other].name}"
                parts.append(_result(name, ours[:fewer], theirs[:fewer], random.random(fewer) < blind))
        return AttackResult(**{**vars(whole), "parts": tuple(parts)})


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


def _result(name: str, ours: NDArray[np.bool_], theirs: NDArray[np.bool_], blind: NDArray[np.bool_]) -> AttackResult:
    rate, control = wilson(int(ours.sum()), len(ours)), wilson(int(theirs.sum()), len(theirs))
    return AttackResult(
        attack=name,
        targets=len(ours),
        rate=rate,
        control=control,
        # who draws the five persons blindly
        baseline=wilson(int(blind.sum()), len(blind)),
        excess=excess(rate, control),
    )


def _met(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return, per target, whether somebody is among those found from either side."""
    same = (one[:, :, None] == other[:, None, :]) & (one != NOBODY)[:, :, None]
    return np.asarray(same.any(axis=(1, 2)))


def _nearest(side: _Side, targets: NDArray[np.int64], turned: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the synthetic persons nearest to each target, who is known or not.

    Of equally near ones the first are found, so they are in a random order, another one for each side.
    """
    positions = most_telling_first(side.positions, len(turned))
    places = nearest_few(positions[targets], np.ascontiguousarray(positions[turned].T), _NEIGHBOURS)
    return np.where(places == NOBODY, NOBODY, turned[places])


plugin = Linkability
