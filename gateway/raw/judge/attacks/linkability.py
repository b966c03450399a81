"""Linkability: find what one party knows of a person through what another knows of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import most_telling_first
from gateway.raw.judge.kernels import NOBODY, nearest_few
from gateway.raw.judge.sketches import sketch
from gateway.raw.judge.targets import attacked, part
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena, AttackResult

_MOST_TARGETS = 1000
"""People of each kind who are tried across tables."""
_FEWEST = 20
"""Fewer targets of either kind cannot be attacked."""
_FEWEST_OF_A_PART = 50
"""Fewer are no part of their own: of many small tables one would be accused by chance."""
_NEIGHBOURS = 5
"""Synthetic persons that are looked at from either side, across tables."""
_MOST_NEIGHBOURS = 10
_MEETING = 50
"""And within a table: as many that two blind draws of them meet in one of 50 tries, ten at most."""
_SPLITS = 4
"""Ways in which the columns of one table are divided between two parties."""
_TRIES = 4000
"""Targets that are looked for within a table, of either kind together; fewer are looked for in several ways."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Side:
    """What is known of every person from one place; ``known``: of whom anything is."""

    name: str
    positions: NDArray[np.float32]
    known: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Split:
    """Columns of ``cells`` that one party knows, and those that the other does."""

    name: str
    one: NDArray[np.int64]
    other: NDArray[np.int64]


class Linkability:
    """Takes a person apart and tries to bring the halves together again through the synthetic rows.

    In one table the columns are divided between two parties: the policy's quasi-identifiers by halves, those and all
    the rest, and halves of all columns drawn at random, four ways in all. Each party looks up the ten synthetic rows
    nearest in what it knows (fewer in a small table, where ten here and ten there meet by chance); a target is linked
    when some row is among both, so that the parties learn that they speak of the same person (Giomi et al. 2023,
    section 5.2). Each target is tried in one way, or in several where targets are few, and each way is a part. A
    table of one column has nothing to link.

    Across tables sides are the unit's row and the history in each owned table (``sketches``: an attacker who knows
    somebody's tests and their dates), with the five nearest synthetic persons each. In a database of one table whose
    unit has nothing else, the sides are the earlier and the later half of each history. Targets, up to 1,000 trained
    on and as many held out, are persons that have two sides at least; each is tried with one pair, and each pair is a
    part. Not checked there: the columns of the unit's own table among themselves.
    """

    name = "linkability"
    question = "Do two halves of what is known of a person lead to each other?"
    means = (
        "Two parties each know one half of a person's data, and look for the most similar synthetic people. The figure "
        "says how many more people can be put together from their halves if their data was used than if it was not."
    )
    not_shown = (
        "Parties who know other halves than those that were tried, or who bring a third source along. Halves that fit "
        "together for everybody of a kind are subtracted."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack within the table, or across tables; ``CheckFailed`` when there are not 20 targets of each kind."""
        return self._across(arena) if arena.histories else self._within(arena)

    def _within(self, arena: Arena) -> AttackResult:
        """Attack up to 2,000 people of each kind and the outliers; all synthetic rows are searched."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        splits = _splits(arena, random)
        count = int(np.clip((codes.synthetic / _MEETING) ** 0.5, 1, _MOST_NEIGHBOURS))
        tried = _tried(len(splits), chosen.drawn, random)
        linked = np.zeros(tried.shape, dtype=np.bool_)
        places = np.argsort(codes.placed)
        for split, who, hit in zip(splits, tried, linked, strict=True):
            found = [
                _nearest_by(codes.positions[chosen.rows[who]], codes.searched, places[columns], count, random)
                for columns in (split.one, split.other)
            ]
            hit[who] = _met(*found)
        blind = tried & (random.random(tried.shape) < _blind(count, codes.synthetic))
        tries = np.maximum(1, tried.sum(axis=0))
        parts = [
            part(
                f"{self.name}/{split.name}",
                chosen,
                linked[number],
                blind[number],
                among=chosen.drawn & tried[number],
                looks=len(splits),
                fewest=_FEWEST_OF_A_PART,
            )
            for number, split in enumerate(splits)
        ]
        hits, guesses = linked.sum(axis=0) / tries, blind.sum(axis=0) / tries
        return attacked(self.name, chosen, hits, guesses, columns=arena.columns, parts=parts)

    def _across(self, arena: Arena) -> AttackResult:
        random, codes = arena.random(self.name), arena.codes
        sides = _sides(arena, len(codes.cells))
        real = codes.train + codes.control
        several = np.flatnonzero(np.sum([side.known[:real] for side in sides], axis=0) > 1)
        members, others = several[several < codes.train], several[several >= codes.train]
        each = min(len(members), len(others), _MOST_TARGETS)
        if each < _FEWEST:
            raise CheckFailed("fewer than 20 training or 20 control persons have rows in two tables")
        drawn = np.concatenate([random.choice(who, each, replace=False) for who in (members, others)])
        chosen = arena.chosen.drawing(drawn)
        found = [_nearest(side, chosen.rows, real, random) for side in sides]
        pairs = list(itertools.combinations(range(len(sides)), 2))
        both = np.stack([sides[one].known[chosen.rows] & sides[other].known[chosen.rows] for one, other in pairs])
        met = both & np.stack([_met(found[one], found[other]) for one, other in pairs])
        tried = np.argmax(np.where(both, random.random(both.shape), -1), axis=0)
        linked = np.take_along_axis(met, tried[None], axis=0)[0]
        blind = random.random(len(linked)) < _blind(_NEIGHBOURS, codes.synthetic)
        parts = [
            part(
                f"{self.name}/{sides[one].name} and {sides[other].name}",
                chosen,
                hit,
                blind,
                among=chosen.drawn & known,
                looks=len(pairs),
                fewest=_FEWEST_OF_A_PART,
            )
            for (one, other), known, hit in zip(pairs, both, met, strict=True)
        ]
        return attacked(self.name, chosen, linked, blind, columns=arena.columns, parts=parts)


def _splits(arena: Arena, random: np.random.Generator) -> list[_Split]:
    """Return up to four different ways to divide the columns between two parties; none of a single column."""
    every = np.arange(len(arena.columns))
    quasi = np.array([arena.roles.get(name) is Role.QUASI for name in arena.columns], dtype=np.bool_)
    found: dict[frozenset[frozenset[int]], _Split] = {}

    def add(name: str, one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        sides = frozenset({frozenset(one.tolist()), frozenset(other.tolist())})
        if len(one) and len(other) and len(found) < _SPLITS:
            found.setdefault(sides, _Split(name=name, one=one, other=other))

    known = random.permutation(every[quasi])
    add("quasi-identifiers by halves", known[::2], known[1::2])
    add("quasi-identifiers and the rest", every[quasi], every[~quasi])
    for _ in range(4 * _SPLITS):
        turned = random.permutation(every)
        add(f"halves {len(found) + 1}", turned[::2], turned[1::2])
    return list(found.values())


def _tried(splits: int, drawn: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return, per way to divide the columns, which targets are tried in it: each in one, and in more if few are drawn.

    Ways are tried by turns, as long as 2,000 targets of either kind would be tried in one.
    """
    turn = random.integers(max(1, splits), size=len(drawn))
    tries = max(1, round(_TRIES / max(1, drawn.sum())))
    return (
        np.stack([(turn + number) % splits < tries for number in range(splits)])
        if splits
        else np.zeros((0, len(drawn)), dtype=np.bool_)
    )


def _blind(count: int, synthetic: int) -> float:
    """Return how often two parties meet who draw their rows blindly."""
    return float(1 - (1 - min(1, count / synthetic)) ** min(count, synthetic))


def _nearest_by(
    queries: NDArray[np.float32],
    searched: NDArray[np.float32],
    columns: NDArray[np.int64],
    count: int,
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the ``count`` synthetic rows nearest in ``columns`` of positions; of equally near ones any."""
    begin = random.integers(searched.shape[1], size=len(queries))
    kept = np.sort(columns)  # the most telling ones first, as they stand
    return np.asarray(nearest_few(np.ascontiguousarray(queries[:, kept]), searched[kept], begin, count))


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


def _met(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return, per target, whether somebody is among those found from either side."""
    same = (one[:, :, None] == other[:, None, :]) & (one != NOBODY)[:, :, None]
    return np.asarray(same.any(axis=(1, 2)), dtype=np.bool_)


def _nearest(side: _Side, targets: NDArray[np.int64], real: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return the synthetic persons nearest to each target, who is known or not; of equally near ones any."""
    positions = most_telling_first(side.positions, len(side.positions) - real)
    begin = random.integers(len(positions) - real, size=len(targets))
    return np.asarray(nearest_few(positions[targets], np.ascontiguousarray(positions[real:].T), begin, _NEIGHBOURS))


plugin = Linkability
