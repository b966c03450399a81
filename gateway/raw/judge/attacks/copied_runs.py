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
"""Fewer persons on either side cannot be attacked."""
_FEWEST_OF_A_PART = 50
"""Fewer are no part of their own: of many small tables one would be accused by chance."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Runs:
    """Runs of real rows that one person alone has, one for each such person, persons rising."""

    units: NDArray[np.int64]
    copied: NDArray[np.bool_]
    """Whether the run stands in a synthetic history."""
    guessed: NDArray[np.bool_]
    """Whether it is among as many runs that a guesser strung together."""


class CopiedRuns:
    """Looks up single rows, pairs and triples of consecutive rows of real histories in the synthetic ones.

    Rows are compared in all columns; a single row with its time, the rows of a run with the gaps between them, so that
    a history is found again that was only moved in time. As many training as control persons are tried, each with one
    run among those that no other real person has: a run that many share says nothing about any of them. It is as long
    as the person's rows allow, since long runs hardly ever occur by chance, and of any table. Parts are the triples
    of each table; its pairs or rows, where fewer have triples. The guesser strings rows of control persons together.
    Not checked: copies that differ in a digit (the attacks by whole histories see those by their distance).
    """

    name = "copied_runs"
    criterion = "verbatim"
    of_histories = True
    question = "How many people's rows stand in the synthetic histories, one after the other, word for word?"
    means = (
        "Up to three rows that follow each other in one person's history, and in nobody else's, are looked for in the "
        "synthetic histories. The figure says how many more are found of people whose data was used than of people "
        "whose data was not."
    )
    not_shown = "Histories that were copied with small changes; the checks by whole histories and by links see those."

    def run(self, arena: Arena) -> AttackResult:
        """Attack every owned table. ``CheckFailed`` when not 20 persons of each kind have a run of their own."""
        random = arena.random(self.name)
        by_length: dict[int, list[_Runs]] = {length: [] for length in _LENGTHS}
        parts: list[AttackResult] = []
        for history in arena.histories:
            apart = None
            for length, name in _LENGTHS.items():
                if (runs := _runs(history, length, random)) is None:
                    continue
                by_length[length].append(runs)
                label = f"{self.name}/{history.table}: {name}"
                apart = apart or _result(label, runs, history.units, random, fewest=_FEWEST_OF_A_PART)
            parts += [apart] if apart else []
        sizes = arena.histories[0].units
        longest = _one_of_each([_one_of_each(runs, random) for runs in by_length.values() if runs], None)
        whole = _result(self.name, longest, sizes, random, fewest=_FEWEST)
        if whole is None:
            raise CheckFailed("fewer than 20 training or 20 control persons have rows that are theirs alone")
        return AttackResult(**{**vars(whole), "parts": tuple(parts)})


def _one_of_each(found: list[_Runs], random: np.random.Generator | None) -> _Runs:
    """Return one run of each person: any, or without ``random`` that of the first that has one."""
    units = np.concatenate([np.empty(0, dtype=np.int64), *(runs.units for runs in found)])
    order = random.permutation(len(units)) if random else np.arange(len(units))
    persons, first = np.unique(units[order], return_index=True)
    none = np.empty(0, dtype=np.bool_)
    return _Runs(
        units=persons,
        copied=np.concatenate([none, *(runs.copied for runs in found)])[order[first]],
        guessed=np.concatenate([none, *(runs.guessed for runs in found)])[order[first]],
    )


def _result(
    name: str, runs: _Runs, sizes: tuple[int, int, int], random: np.random.Generator, *, fewest: int
) -> AttackResult | None:
    ours, theirs = np.flatnonzero(runs.units < sizes[0]), np.flatnonzero(runs.units >= sizes[0])
    each = min(len(ours), len(theirs))
    if each < fewest:
        return None
    members, others = random.choice(ours, each, replace=False), random.choice(theirs, each, replace=False)
    rate, control = (wilson(int(runs.copied[who].sum()), each) for who in (members, others))
    return AttackResult(
        attack=name,
        targets=each,
        rate=rate,
        control=control,
        baseline=wilson(int(runs.guessed[members].sum()), each),
        excess=excess(rate, control),
    )


def _runs(history: History, length: int, random: np.random.Generator) -> _Runs | None:
    """Return one run of ``length`` rows of each person who has one alone; None when there are no such runs."""
    rows, real = history.rows, sum(history.units[:2])
    gap = len(rows.columns) - 1
    first = [*history.said, gap - 1] if history.timed and length == 1 else history.said
    further = [*history.said, gap] if history.timed else history.said
    starts = np.arange(len(history.owner) - length + 1)
    starts = starts[history.owner[starts] == history.owner[starts + length - 1]]
    if not further or not len(starts) or not rows.control:
        return None
    invented = history.unit[starts] >= real
    strung = rows.train + random.integers(rows.control, size=(length, int(invented.sum())))
    heads = row_ids(rows.cells[:, first])
    tails = row_ids(rows.cells[:, further]) if length > 1 else heads
    links = [
        np.concatenate([ids[starts + place], ids[strung[place]]])
        for place, ids in enumerate([heads, *[tails] * (length - 1)])
    ]
    ids = row_ids(np.stack(links, axis=1).astype(np.int32))
    actual, guesses = ids[: len(starts)], ids[len(starts) :]
    mine, whose = actual[~invented], history.unit[starts][~invented]
    alone = _alone(mine, whose)
    found = _Runs(
        units=whose[alone],
        copied=np.isin(mine[alone], actual[invented]),
        guessed=np.isin(mine[alone], guesses),
    )
    return _one_of_each([found], random)


def _alone(ids: NDArray[np.int64], units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which runs belong to one person only; she may have it several times."""
    if not len(ids):
        return np.empty(0, dtype=np.bool_)
    order = np.lexsort((units, ids))
    first = np.flatnonzero(np.append(True, np.diff(ids[order]) > 0)[: len(order)])
    last = np.append(first[1:], len(order)) - 1
    theirs = units[order[first]] == units[order[last]]
    found = np.empty(len(ids), dtype=np.bool_)
    found[order] = np.repeat(theirs, last - first + 1)
    return found


plugin = CopiedRuns
