"""Singling out: find rules in the synthetic table that match exactly one real person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.by_counts import alone, isolations
from gateway.raw.judge.codes import NULL
from gateway.raw.judge.kernels import isolated, sorted_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena, AttackResult
    from gateway.raw.judge.codes import Codes
    from gateway.raw.judge.in_source import SourceArena

_MOST_VALUES = 2000
"""Rules on one column that are tried."""
_MOST_COMBINATIONS = 4000
"""Rules on several columns that are tried."""
_MOST_CONDITIONS = 6
_ROUNDS = 10
"""How often as many rules are drawn as are wanted, since not every drawn one isolates a synthetic row."""
_PLANNED = 500
"""Rules the attacker sets out with; where the table yields fewer, the missing ones count as misses."""
_BASELINE = 1000
_ANYTHING = np.iinfo(np.int32).max - 1


@dataclass(frozen=True, repr=False)
class _Rows:
    """Rows to read rules over, and their order by each column."""

    cells: NDArray[np.int32]
    order: NDArray[np.int32]

    @classmethod
    def of(cls, cells: NDArray[np.int32]) -> _Rows:
        return cls(cells, sorted_rows(cells))


@dataclass(frozen=True, kw_only=True, repr=False)
class _Rules:
    """Conditions ``low <= code <= high``; all arrays are rules x conditions, C-ordered. An unused one holds always."""

    columns: NDArray[np.int32]
    lows: NDArray[np.int32]
    highs: NDArray[np.int32]

    def match(self, rows: _Rows) -> NDArray[np.int64]:
        """Return, per rule, the one row it isolates, or a negative number."""
        return np.asarray(isolated(self.columns, self.lows, self.highs, rows.cells, rows.order))

    def isolating(self, rows: _Rows, at_most: int) -> _Rules:
        """Return the first ``at_most`` different rules that match exactly one of ``rows``."""
        together = np.concatenate([self.columns, self.lows, self.highs], axis=1)
        different = _Rules.split(together[np.sort(np.unique(together, axis=0, return_index=True)[1])])
        chosen = np.flatnonzero(different.match(rows) >= 0)[:at_most]
        return _Rules(columns=different.columns[chosen], lows=different.lows[chosen], highs=different.highs[chosen])

    @classmethod
    def joined(cls, parts: list[_Rules]) -> _Rules:
        """Return the rules of all ``parts``, which have equally many conditions."""
        return cls.split(
            np.concatenate([np.concatenate([part.columns, part.lows, part.highs], axis=1) for part in parts])
        )

    @classmethod
    def split(cls, together: NDArray[np.int32]) -> _Rules:
        """Return rules from their columns, lows and highs side by side."""
        columns, lows, highs = (np.ascontiguousarray(part) for part in np.split(together, 3, axis=1))
        return cls(columns=columns, lows=lows, highs=highs)


class SinglingOut:
    """Collects rules that match exactly one synthetic row and counts those that match exactly one real row.

    Rules on one column: a value that occurs once, or at most the least and at least the greatest. Rules on several
    columns: those of a random synthetic row, each by equality or, for numbers, by a side ("at least", "at most").
    (Article 29 Working Party, Opinion 05/2014; the form of the rules follows Giomi et al. 2023, section 5.1.)

    The control: a rule that owes nothing to training isolates a held-out person as readily as a training person. So
    every rule is read over training and control rows together, where it isolates one of the former (a hit), one of the
    latter, or nobody, and the hits among the control rows are scaled to the number of training rows. Counting in each
    set alone would compare sets of different sizes, in which being alone means different things. Intervals allow for
    rules that isolate the same person (design effect).
    """

    name = "singling_out"
    question = "Does a rule found in the synthetic table match exactly one real person?"
    means = (
        "A rule such as 'over 80, and from this district' that fits exactly one synthetic row is tried on the real "
        "people. The figure says how many more rules point at exactly one person whose data was used than at one whose "
        "data was not."
    )
    not_shown = (
        "What an attacker could do next with the one person found. Rules that would point at one person in any such "
        "population are subtracted."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack with up to 6,000 rules; all real rows are read. ``CheckFailed`` when the arena holds too little."""
        codes, random = arena.codes, arena.random(self.name)
        real, invented = _Rows.of(codes.real), _Rows.of(codes.invented)
        baseline = _combine(codes, _random_cells(codes, random), random).match(real)
        parts = {
            "one column": _values(codes, invented, random).match(real),
            "several columns": _combinations(codes, invented, random).match(real),
        }
        found = {kind: (_sides(rows, codes), rows) for kind, rows in parts.items()}
        return _result(self.name, found, _sides(baseline, codes), (codes.train, codes.control))

    def run_in_source(self, arena: SourceArena) -> AttackResult:
        """Attack with as many rules where rows stay in their source: it tells how many on either side each matches."""
        people, codes, random = arena.people, arena.codes, arena.random(self.name)
        invented = _Rows.of(codes.invented)

        def count(rules: _Rules) -> NDArray[np.int64]:
            return arena.count(rules.columns, rules.lows, rules.highs)

        baseline = count(_combine(codes, arena.made_up(_BASELINE, random), random))
        kinds = {
            "one column": _values(codes, invented, random), "several columns": _combinations(codes, invented, random)
        }  # fmt: skip
        found = {kind: (alone(count(rules)), rules.match(invented)) for kind, rules in kinds.items()}
        return _result(self.name, found, alone(baseline), people)


def _values(codes: Codes, invented: _Rows, random: np.random.Generator) -> _Rules:
    """Return rules on one column that isolate a synthetic row, the columns taking turns."""
    rules, turns = [], []
    for column, (cells, ordered) in enumerate(zip(codes.invented.T, codes.ordered, strict=True)):
        low = high = np.flatnonzero(np.bincount(cells - NULL) == 1) + NULL
        present = cells[cells != NULL]
        if ordered and len(present):
            low = np.append(low, [0, present.max()])
            high = np.append(high, [present.min(), codes.sizes[column] - 1])
        rules.append(np.stack([np.full(len(low), column), low, high], axis=1))
        turns.append(random.permutation(len(low)))
    by_turn = np.argsort(np.concatenate(turns), kind="stable")[: 2 * _MOST_VALUES]
    columns, lows, highs = np.concatenate(rules)[by_turn].astype(np.int32).T.copy()
    drawn = _Rules(columns=columns[:, None], lows=lows[:, None], highs=highs[:, None])
    return drawn.isolating(invented, _MOST_VALUES)


def _combinations(codes: Codes, invented: _Rows, random: np.random.Generator) -> _Rules:
    """Return rules on several columns that isolate a synthetic row; fewer than wanted where the table yields few."""
    found: list[_Rules] = []
    for _ in range(_ROUNDS if len(codes.ordered) > 1 else 1):
        rows = codes.invented[random.integers(codes.synthetic, size=_MOST_COMBINATIONS)]
        found.append(_combine(codes, rows, random).isolating(invented, _MOST_COMBINATIONS))
        if sum(len(rules.columns) for rules in found) >= _MOST_COMBINATIONS:
            break
    return _Rules.joined(found).isolating(invented, _MOST_COMBINATIONS)


def _combine(codes: Codes, rows: NDArray[np.int32], random: np.random.Generator) -> _Rules:
    """Return one rule per row: two to six of its cells, each as equality or, half of the ordered ones, as a side.

    The side is the one away from the synthetic median, so that the rule points at the rarer end.
    """
    width = rows.shape[1]
    most = min(_MOST_CONDITIONS, width)
    columns = np.argsort(random.random(rows.shape), axis=1)[:, :most]
    values = np.take_along_axis(rows, columns, axis=1)
    sided = codes.ordered[columns] & (values != NULL) & (random.random(columns.shape) < 0.5)  # noqa: PLR2004 - half
    upper = values > np.median(codes.invented, axis=0)[columns]
    unused = np.arange(most) >= random.integers(min(2, most), most + 1, size=(len(rows), 1))
    lows = np.where(unused, NULL, np.where(sided & ~upper, 0, values))
    highs = np.where(unused, _ANYTHING, np.where(sided & upper, codes.sizes[columns] - 1, values))
    # The same conditions in another order are the same rule.
    order = np.argsort(np.where(unused, width, columns), axis=1, kind="stable")
    parts = (np.where(unused, 0, columns), lows, highs)
    return _Rules.split(np.concatenate([np.take_along_axis(p, order, axis=1) for p in parts], axis=1, dtype=np.int32))


def _random_cells(codes: Codes, random: np.random.Generator) -> NDArray[np.int32]:
    """Return rows of values drawn evenly from all that exist: what is known without the synthetic table."""
    drawn = random.integers(np.maximum(codes.sizes, 1), size=(_BASELINE, len(codes.sizes)))
    return np.where(codes.sizes > 0, drawn, NULL).astype(np.int32)


def _result(
    name: str,
    found: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]],
    baseline: NDArray[np.int64],
    people: tuple[int, int],
) -> AttackResult:
    """Return the figures of all rules and of each kind, ``found`` as ``isolations`` takes them."""
    sides, cases = (np.concatenate(part) for part in zip(*found.values(), strict=True))
    whole = isolations(name, sides, cases, baseline, people=people, planned=_PLANNED)
    parts = tuple(
        isolations(f"{name}/{kind}", *each, baseline, people=people, looks=len(found))
        for kind, each in found.items()
        if len(each[0])
    )
    return replace(whole, parts=parts)


def _sides(found: NDArray[np.int64], codes: Codes) -> NDArray[np.int64]:
    """Return on which side the real rows in ``found`` are: see ``isolations``."""
    return np.where(found < 0, -1, found >= codes.train)


plugin = SinglingOut
