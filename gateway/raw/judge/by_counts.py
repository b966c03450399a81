"""Attacks that can be put as counts: what rules about synthetic rows match, among people in training and held out.

Whom a rule matches is not known here, only how many on either side. So nobody is a target of their own: there are no
outliers and no subgroups, and what would be counted by person is counted by rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import NULL, row_ids
from gateway.raw.judge.confidence import excess, scaled, wilson
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Interval
    from gateway.raw.judge.codes import Codes
    from gateway.raw.judge.in_source import SourceArena

MOST_ROWS = 20_000
"""Different synthetic rows that are looked for; of more, so many are drawn, and the figures scaled up."""
MOST_STRUNG = 1_000
"""Rows that a guesser makes of single columns."""
KNOWN = 2
"""Columns that somebody knows of a person whose secret they infer: more leave too few people to count."""
MOST_CELLS = 8
"""Values, or ranges, that a column is told by."""
_ENOUGH = 65_536
"""Synthetic rows by which it is chosen what to know."""


# --- singling out ---


def isolations(
    name: str,
    sides: NDArray[np.int64],
    cases: NDArray[np.int64],
    baseline: NDArray[np.int64],
    *,
    people: tuple[int, int],
    planned: int = 0,
    looks: int = 1,
) -> AttackResult:
    """Return how rules isolate people: ``sides`` says of each whether in training (0), held out (1), or nobody (-1).

    A rule is read over both sides together; those that isolate somebody held out are scaled to the number of people in
    training. Rules with the same number in ``cases`` isolate the same person, or, where persons are not known, the same
    synthetic row: intervals allow for that. ``baseline`` are the sides of a guesser's rules.
    """
    ours, others = int((sides == 0).sum()), int((sides == 1).sum())
    per_case = np.unique(cases[sides >= 0], return_counts=True)[1] if ours + others else np.ones(1)
    cluster = float((per_case**2).sum() / per_case.sum())
    trials = max(len(sides), planned)
    rate, one_in = (wilson(hits / cluster, trials / cluster, looks=looks) for hits in (ours, others))
    control = scaled(one_in, people[0] / people[1])
    spread = math.sqrt(rate.value * (1 - rate.value) * one_in.value * (1 - one_in.value))
    return AttackResult(
        attack=name,
        targets=trials,
        rate=rate,
        control=control,
        baseline=wilson(int((baseline == 0).sum()), len(baseline), looks=looks),
        # of one rule one person can be isolated at most: a multinomial
        excess=excess(rate, control, correlation=-rate.value * one_in.value / spread if spread > 0 else 0.0),
    )


def alone(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, of ``counts`` (rules, 2), the side of the one person whom a rule matches; -1 if it is not one."""
    return np.where(counts.sum(axis=1) == 1, counts[:, 1], -1)


# --- verbatim copies ---


def copies(arena: SourceArena, name: str) -> AttackResult:
    """Look for people whose whole row stands in the synthetic table and is theirs alone.

    Every different synthetic row is a rule, or ``MOST_ROWS`` of them, scaled up. The guesser strings rows together from
    single columns of the synthetic table. ``CheckFailed`` when there are too few people.
    """
    people, codes, random = arena.people, arena.codes, arena.random(name)
    different = np.unique(row_ids(codes.cells), return_index=True)[1]
    many = min(MOST_ROWS, len(different))
    chosen = random.choice(different, many, replace=False)
    strung = np.stack([random.permutation(column)[:MOST_STRUNG] for column in codes.cells.T], axis=1)
    found, guessed = arena.alike(codes.cells[chosen]), arena.alike(strung)
    rate, control = (_copied(found, side, people[side], many, len(different)) for side in (0, 1))
    return AttackResult(
        attack=name,
        targets=many,
        rate=rate,
        control=control,
        baseline=_copied(guessed, 0, people[0], len(strung), len(different)),
        excess=excess(rate, control),
    )


def _copied(counts: NDArray[np.int64], side: int, people: int, tried: int, rows: int) -> Interval:
    """Return the share of the ``people`` of one side of whom a copy is among ``rows``, of which some were tried."""
    hits = int((alone(counts) == side).sum())
    if tried == rows:
        return wilson(hits, people)
    return scaled(wilson(hits, tried), rows / people)


# --- inference ---


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cells:
    """A column in a few cells: single values, or ranges of values; -1 for rows in none."""

    lows: NDArray[np.int32]
    highs: NDArray[np.int32]
    of_row: NDArray[np.int64]


def inferences(arena: SourceArena, name: str) -> AttackResult:
    """Tell secrets by what the synthetic table says of people who are alike in what is known of them.

    Of every secret the ``KNOWN`` columns are known that tell most of it in the synthetic rows, each as one of
    ``MOST_CELLS`` values or ranges; the guess is the commonest value, or range, of the secret among synthetic rows that
    are alike. The figure is the share of right guesses on everybody who is like any synthetic row; every secret is a
    part. The naive guess is the same for everybody. ``CheckFailed`` where there is nothing to know or to tell.
    """
    people, codes = arena.people, arena.codes
    cells = [_cut(codes, column) for column in range(len(arena.columns))]
    secrets = [at for at, column in enumerate(arena.columns) if column in arena.secrets and len(cells[at].lows) > 1]
    if not secrets or len(cells) < 2:  # noqa: PLR2004 - a secret, and something to know
        raise CheckFailed("there is no secret that could have two values, or nothing that is known beside it")
    tried = [_guesses(cells, secret) for secret in secrets]
    asked = [rule for known, right, naive in tried for rule in (*known, *right, naive)]
    counted = iter(arena.count(*_stacked(asked)))
    tallies = []
    for known, right, _ in tried:
        tallied = [np.array([next(counted) for _ in some]) for some in (known, right, (None,))]
        tallies.append(np.array([part.sum(axis=0) for part in tallied]))
    parts = tuple(
        _inferred(f"{name}/{arena.columns[secret]}", tally, people, looks=len(secrets))
        for secret, tally in zip(secrets, tallies, strict=True)
        if tally[0].min() > 0
    )
    if not parts:
        raise CheckFailed("nobody is like any synthetic row in what is known of them")
    whole = _inferred(name, np.sum(tallies, axis=0), people, looks=1, secrets=len(secrets))
    return AttackResult(**{**vars(whole), "parts": parts})


_Intervals = tuple[tuple[int, int, int], ...]
"""A rule as (column, low, high) of codes."""


def _guesses(cells: Sequence[_Cells], secret: int) -> tuple[list[_Intervals], list[_Intervals], _Intervals]:
    """Return whom something is known of, of whom the guess is then right, and of whom the naive guess would be."""
    told = cells[secret]
    others = [at for at in range(len(cells)) if at != secret and len(cells[at].lows) > 1]
    telling = sorted(others, key=lambda at: -_information(cells[at].of_row[:_ENOUGH], told.of_row[:_ENOUGH]))[:KNOWN]
    there = np.flatnonzero(np.all([cells[at].of_row >= 0 for at in (*telling, secret)], axis=0))
    combined = np.zeros(len(there), dtype=np.int64)
    for at in telling:
        combined = combined * MOST_CELLS + cells[at].of_row[there]
    kinds, kind = np.unique(combined, return_inverse=True)
    table = np.zeros((len(kinds), len(told.lows)), dtype=np.int64)
    np.add.at(table, (kind, told.of_row[there]), 1)
    known, right = [], []
    for code, counts in zip(kinds.tolist(), table, strict=True):
        rule = []
        for at in reversed(telling):
            code, cell = divmod(code, MOST_CELLS)  # noqa: PLW2901 - its digits, one by one
            rule.append((at, int(cells[at].lows[cell]), int(cells[at].highs[cell])))
        known.append(tuple(rule))
        right.append((*rule, _interval_of(secret, told, int(counts.argmax()))))
    usual = int(np.bincount(told.of_row[told.of_row >= 0], minlength=1).argmax())
    return known, right, (_interval_of(secret, told, usual),)


def _interval_of(column: int, cells: _Cells, cell: int) -> tuple[int, int, int]:
    return column, int(cells.lows[cell]), int(cells.highs[cell])


def _stacked(rules: Sequence[_Intervals]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return rules as ``SourceArena.count`` takes them; what a rule says nothing of holds always."""
    wide = max(len(rule) for rule in rules)
    nothing = (0, NULL, np.iinfo(np.int32).max)
    filled = np.array([[*rule, *[nothing] * (wide - len(rule))] for rule in rules], dtype=np.int32)
    return filled[:, :, 0], filled[:, :, 1], filled[:, :, 2]


def _cut(codes: Codes, column: int) -> _Cells:
    """Return the commonest values of a column, or ranges of as many rows each where its values have an order.

    NULL is a value. What is seldom, and what lies between two ranges, is in no cell: nothing is guessed of it.
    """
    cells = codes.cells[:, column]
    known = cells[cells != NULL]
    different = np.unique(known)
    if codes.ordered[column] and len(different) >= MOST_CELLS:
        ends = np.unique(np.quantile(known, np.linspace(0, 1, MOST_CELLS), method="nearest"))
        lows = np.concatenate([ends[:1], ends[1:-1] + 1]).astype(np.int32)
        highs = ends[1:].astype(np.int32)
    else:
        times = np.bincount(known, minlength=1)
        lows = highs = np.sort(np.argsort(-times, kind="stable")[: min(MOST_CELLS - 1, len(different))]).astype(
            np.int32
        )
    if len(known) < len(cells):
        lows, highs = np.append(np.int32(NULL), lows), np.append(np.int32(NULL), highs)
    at = np.searchsorted(lows, cells, side="right") - 1
    inside = (at >= 0) & (cells <= highs[at])
    return _Cells(lows=lows, highs=highs, of_row=np.where(inside, at, -1))


def _information(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Return how much either tells of the other, in nats, over the rows that are in a cell of both."""
    both = (one >= 0) & (other >= 0)
    if not both.any():
        return 0.0
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one[both], other[both]), 1 / both.sum())
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    there = table > 0
    return float((table[there] * np.log(table[there] / expected[there])).sum())


def _inferred(
    name: str, tally: NDArray[np.int64], people: tuple[int, int], *, looks: int, secrets: int = 1
) -> AttackResult:
    """Return the figures of (known, right, right by the naive guess) x (in training, held out).

    Over several secrets a person is guessed at several times: the trials count as one for each person.
    """
    known, right, naive = tally[0], tally[1], int(tally[2, 0])
    rate, control = (wilson(right[k] / secrets, known[k] / secrets, looks=looks) for k in (0, 1))
    return AttackResult(
        attack=name,
        targets=int(min(known)) // secrets,
        rate=rate,
        control=control,
        baseline=wilson(min(naive, people[0] * secrets) / secrets, people[0], looks=looks),
        excess=excess(rate, control),
    )
