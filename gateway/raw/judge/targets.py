"""From what became of each target to the figures of an attack: on all, on the oddest, and on the worst subgroup."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.choosing import FEWEST
from gateway.raw.judge.confidence import clustered, excess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.choosing import Chosen
    from gateway.vocabulary.names import ColumnName

_NOT_ALL = 0.9


def attacked(
    name: str,
    chosen: Chosen,
    hit: NDArray[np.bool_] | NDArray[np.float64],
    guessed: NDArray[np.bool_] | NDArray[np.float64],
    *,
    columns: Sequence[ColumnName],
    parts: Sequence[AttackResult | None] = (),
) -> AttackResult:
    """Return how an attack went on those drawn at random, with its parts: outliers, worst subgroup, ``parts``.

    ``hit`` says of every target of ``chosen`` whether the attack succeeded, or at which share of its tries, 0 to 1;
    ``guessed`` the same of an attacker who has no synthetic table. ``columns`` name those of ``chosen.codes``. Parts
    that are None, as ``part`` returns where there are too few targets, are left out.
    """
    whole = part(name, chosen, hit, guessed, among=chosen.drawn, fewest=1)
    if whole is None:
        raise ValueError("an attack needs targets of both kinds")
    found = (
        part(f"{name}/outliers", chosen, hit, guessed, among=chosen.far, looks=2),
        part(f"{name}/extremes", chosen, hit, guessed, among=chosen.extreme, looks=2),
        worst_subgroup(name, chosen, hit, guessed, columns=columns),
        *parts,
    )
    return replace(whole, parts=tuple(each for each in found if each is not None))


def part(
    name: str,
    chosen: Chosen,
    hit: NDArray[np.bool_] | NDArray[np.float64],
    guessed: NDArray[np.bool_] | NDArray[np.float64],
    *,
    among: NDArray[np.bool_],
    looks: int = 1,
    fewest: int = FEWEST,
) -> AttackResult | None:
    """Return how an attack went on the targets ``among``; None with fewer than ``fewest`` of either kind.

    ``looks`` is how many such parts are told of together, so that all their intervals hold at once.
    """
    ours, theirs = among & chosen.member, among & ~chosen.member
    targets = int(min(ours.sum(), theirs.sum()))
    if targets < fewest:
        return None
    rate, control = (clustered(hit[who].astype(np.float64), looks=looks) for who in (ours, theirs))
    return AttackResult(
        attack=name,
        targets=targets,
        rate=rate,
        control=control,
        baseline=clustered(guessed[ours].astype(np.float64), looks=looks),
        excess=excess(rate, control),
    )


def worst_subgroup(
    name: str,
    chosen: Chosen,
    hit: NDArray[np.bool_] | NDArray[np.float64],
    guessed: NDArray[np.bool_] | NDArray[np.float64],
    *,
    columns: Sequence[ColumnName],
) -> AttackResult | None:
    """Return how the attack went on that group of the targets drawn at random which it surely harms most.

    Groups are those of equal, or similar, values in one column; all with 20 targets of either kind are looked at, and
    every interval allows for that many looks, so that the worst of many honest groups is not accused by chance. The
    part is named by its column alone ("inference/worst of race"): which value it is would tell of the rows. A group
    that nine in ten of the targets are in is the whole, and no group. None where there is none.
    """
    looked = [
        (column, among)
        for column, group in chosen.groups.items()
        for value in np.unique(group[group >= 0])
        for among in [chosen.drawn & (group == value)]
        if min((among & chosen.member).sum(), (among & ~chosen.member).sum()) >= FEWEST
        and among.sum() <= _NOT_ALL * chosen.drawn.sum()
    ]
    found = [
        result
        for column, among in looked
        for result in [part(f"{name}/worst of {columns[column]}", chosen, hit, guessed, among=among, looks=len(looked))]
        if result is not None
    ]
    return max(found, key=lambda result: result.excess.low, default=None)
