"""Copied runs: find rows that follow each other in one person's history standing so in a synthetic history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import row_ids
from gateway.raw.judge.confidence import excess, wilson
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.histories import History

_LENGTHS = {3: "triples", 2: "pairs", 1: "rows"}
_FEWEST = 20
"""Fewer persons on either side are not counted."""
_ENOUGH = 200
"""With as many, longer runs are preferred: they hardly ever occur by chance, so the figure is sharp."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Runs:
    """All runs of one length: what they say, whose they are, and as many strung together by a guesser."""

    ids: NDArray[np.int64]
    units: NDArray[np.int64]
    guessed: NDArray[np.int64]


class CopiedRuns:
    """Looks up single rows, pairs and triples of consecutive rows of real histories in the synthetic ones.

    Rows are compared in all columns; a single row with its time, the rows of a run with the gaps between them, so that
    a history is found again that was only moved in time. As many training as control persons are tried, each with one
    run at random among those that no other real person has: a run that many share says nothing about any of them. For
    each table the triples count (where too few persons have three rows, pairs or single rows), the other lengths are
    parts; the table with the worst figure is the attack's own. The guesser strings rows of control persons together.
    Not checked: copies that differ in a digit (the attacks by whole histories see those by their distance).
    """

    name = "copied_runs"
    criterion = "verbatim"
    of_histories = True
    question = "How many people's rows stand in the synthetic histories, one after the other, word for word?"

    def run(self, arena: Arena) -> AttackResult:
        """Attack every owned table. ``CheckFailed`` when in none 20 persons of each kind have a run of their own."""
        random = arena.random(self.name)
        tables: list[AttackResult] = []
        parts: list[AttackResult] = []
        for history in arena.histories:
            found = {length: _attacked(self.name, history, length, random) for length in _LENGTHS}
            results = [result for result in found.values() if result is not None]
            if results:
                enough = [result for result in results if result.targets >= _ENOUGH]
                tables.append((enough or sorted(results, key=lambda each: -each.targets))[0])
                parts += results
        if not tables:
            raise CheckFailed("in no table do 20 training and 20 control persons have rows that are theirs alone")
        worst = max(tables, key=lambda each: each.excess.high)
        return AttackResult(**{**vars(worst), "attack": self.name, "parts": tuple(parts)})


def _attacked(name: str, history: History, length: int, random: np.random.Generator) -> AttackResult | None:
    train, control, _ = history.units
    runs = _runs(history, length, random)
    if runs is None:
        return None
    real = runs.units < train + control
    alone = _alone(runs.ids[real], runs.units[real])
    ids, units = runs.ids[real][alone], runs.units[real][alone]
    # one run of each person: the first in a random order
    order = random.permutation(len(units))
    units, first = np.unique(units[order], return_index=True)
    ids = ids[order][first]
    each = min(int((units < train).sum()), int((units >= train).sum()))
    if each < _FEWEST:
        return None
    copied, guessed = np.isin(ids, runs.ids[~real]), np.isin(ids, runs.guessed)
    members = random.choice(np.flatnonzero(units < train), each, replace=False)
    others = random.choice(np.flatnonzero(units >= train), each, replace=False)
    rate, held_out = (wilson(int(copied[who].sum()), each) for who in (members, others))
    return AttackResult(
        attack=f"{name}/{history.table}: {_LENGTHS[length]}",
        targets=each,
        rate=rate,
        control=held_out,
        baseline=wilson(int(guessed[members].sum()), each),
        excess=excess(rate, held_out),
    )


def _runs(history: History, length: int, random: np.random.Generator) -> _Runs | None:
    """Return all runs of ``length`` rows of one owner; None when rows say nothing, or there are no such runs."""
    rows = history.rows
    gap = len(rows.columns) - 1
    first = [*history.said, gap - 1] if history.timed and length == 1 else history.said
    further = [*history.said, gap] if history.timed else history.said
    if not further:
        return None
    starts = np.arange(len(history.owner) - length + 1)
    starts = starts[history.owner[starts] == history.owner[starts + length - 1]]
    of_control = rows.train + np.arange(rows.control)
    if not len(starts) or not rows.control:
        return None
    heads = row_ids(rows.cells[:, first])
    tails = row_ids(rows.cells[:, further]) if length > 1 else heads
    strung = random.choice(of_control, (length, int((history.unit[starts] >= sum(history.units[:2])).sum())))
    links = [
        np.concatenate([ids[starts + place], ids[strung[place]]])
        for place, ids in enumerate([heads, *[tails] * (length - 1)])
    ]
    together = row_ids(np.stack(links, axis=1).astype(np.int32))
    return _Runs(ids=together[: len(starts)], units=history.unit[starts], guessed=together[len(starts) :])


def _alone(ids: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which runs belong to one person only; she may have it several times."""
    order = np.lexsort((units, ids))
    first = np.flatnonzero(np.append(True, np.diff(ids[order]) > 0)[: len(order)])
    last = np.append(first[1:], len(order)) - 1
    theirs = units[order[first]] == units[order[last]]
    found = np.empty(len(ids), dtype=np.bool_)
    found[order] = np.repeat(theirs, last - first + 1)
    return found


plugin = CopiedRuns
