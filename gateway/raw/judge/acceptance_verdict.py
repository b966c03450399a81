"""What the private acceptance test says: distances with their intervals, and the verdict that they give by themselves.

Sees noisy figures alone (``acceptance.Answer``).

Error
    With f_j the figure of column j, T_j the comparisons it is in, and w the parts of a person, f_j / (2 w T_j people)
    is the mean total variation distance of its comparisons; and the sum of all f_j over 2 w people sum T_j is the mean
    of these over columns (weighted by T_j, which are all but alike). Both have noise whose standard deviation is known:
    it makes the intervals. Noise is independent, so each of J columns is as uncertain as sqrt(J) times their mean, and
    the mean is as certain as if it had been asked alone. Not in the intervals: that the noisy number of people is not
    the exact one (this moves a distance by at most the error's share of the people), and roundings (under 2^-15 of a
    person a cell).

Bias
    The distance is that of the synthetic rows as they are, and a *model* is nearer than any finite number of rows drawn
    from it: rows of a perfect model would be ``sampling`` away. ``model`` has that taken out as squares: exactly so if
    both kinds of error are Gaussian and in proportion, cell by cell; too little, if Gaussian and out of proportion
    (Minkowski); too much by up to a half of sampling^2 / distance where the model's errors are of one size.
    The verdict is on the rows as they are, so this correction can never let a release pass.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.verdict import Check, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.raw.judge.acceptance import Answer
    from gateway.vocabulary.names import ColumnName, TableName

DEVIATIONS = 1.959964
"""Half of a 95 % interval, in standard deviations."""
LEAST_SHARE = 0.5
"""Of the threshold: an owned table that fewer people have rows in than would make the interval's half this wide is
measured as if so many had. No private test could say more of it; without this, none with few people could pass."""
OF_A_COLUMN = 2.0
"""So many times as far as tables may be on average may a single column be, before it alone fails a release: some are
always farther than the mean, such as those that are told of histories, and one that is plainly wrong is near 1."""
CHECK = "acceptance"
_QUESTION = "How far are the synthetic rows from the people they were learned from, by a private estimate?"
_MEANS = (
    "The share of people that would have to be moved to other cells for the tables of one and of two columns to be "
    "alike, on average over these tables: 0 is alike, 1 is nothing in common. It is an estimate with noise, paid for "
    "out of the privacy budget, so it may be shown to anybody. What is held against the threshold is the upper end of "
    "its 95 % interval, for the table that is farthest: a release that is truly beyond it passes in 2.5 % of cases at "
    "the most. A single column that is surely more than twice as far, at the lower end, fails the release as well."
)
_NOT_SHOWN = (
    "What three columns or more have to do with each other, and any value inside of a cell. People count alike, "
    "whatever they own: a table that few people have rows in can be wrong and hardly be noticed. It says nothing of "
    "risks to people."
)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A distance with the ends of its 95 % interval, from the noise alone. Not cut to between 0 and 1."""

    value: float
    low: float
    high: float

    def without(self, other: float) -> Estimate:
        """Return this with a distance by chance taken out as squares; see the module."""
        return Estimate(**{name: math.sqrt(max(0.0, end * abs(end) - other**2)) for name, end in asdict(self).items()})


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What the test says, held against the policy's threshold. Metered: it may be shown to anybody."""

    needed: float
    tables: Mapping[TableName, Estimate]
    """Of each table of people in which something was compared."""
    columns: Mapping[TableName, Mapping[ColumnName, Estimate]]
    """Of each of its columns, over the comparisons that it is in."""
    sampling: Mapping[TableName, float]
    compared: int
    """How many comparisons there were in all."""

    @property
    def farthest(self) -> TableName:
        """Return the table that the verdict hangs on."""
        return max(self.tables, key=lambda name: self.tables[name].high)

    @property
    def distance(self) -> Estimate:
        """Return the distance of the table that is farthest."""
        return self.tables[self.farthest]

    @property
    def model(self) -> Estimate:
        """Return that of its model, of which the rows are only so many draws."""
        return self.distance.without(self.sampling[self.farthest])

    @property
    def bound(self) -> float:
        """Return what is held against the threshold, 0 to 1.

        That is the upper end of the table that is farthest; or half the lower end of a column, if that is more.
        """
        surely = max(each.low for columns in self.columns.values() for each in columns.values())
        # a distance is 1 at most, whatever noise says: a threshold of 1 is none
        return min(max(self.distance.high, surely / OF_A_COLUMN, 0.0), 1.0)

    @property
    def passed(self) -> bool:
        """Return the verdict: whether no table may be beyond the threshold, and no column is surely twice as far."""
        return self.bound <= self.needed

    @property
    def check(self) -> Check:
        """Return the verdict as a check."""
        return Check(
            name=CHECK,
            question=_QUESTION,
            comparison=Comparison.AT_MOST,
            needed=self.needed,
            got=self.bound,
            outcome=Outcome.PASSED if self.passed else Outcome.FAILED,
            means=_MEANS,
            not_shown=_NOT_SHOWN,
        )


def verdict(answers: Sequence[Answer], *, needed: float) -> Acceptance:
    """Return what ``answers``, the unit's table first, say about a threshold. ``ValueError`` when there are none."""
    if not answers or not answers[0].comparisons:
        raise ValueError("a verdict needs the unit's table, with something compared")
    tables: dict[TableName, Estimate] = {}
    columns: dict[TableName, dict[ColumnName, Estimate]] = {}
    for answer in answers:
        if answer.comparisons:
            whole = sum(answer.shares)
            deviation = answer.deviation * math.sqrt(len(answer.figures))
            half = DEVIATIONS * deviation / (2 * answer.weight * whole)
            rare = answer is not answers[0] and needed > 0
            people = max(answer.people, half / (LEAST_SHARE * needed)) if rare else answer.people
            one = 2 * answer.weight * people
            tables[answer.table] = _estimated(sum(answer.figures), deviation, one * whole)
            columns[answer.table] = {
                name: _estimated(figure, answer.deviation, one * many)
                for name, figure, many in zip(answer.columns, answer.figures, answer.shares, strict=True)
                if many
            }
    return Acceptance(
        needed=needed,
        tables=tables,
        columns=columns,
        sampling={each.table: each.sampling for each in answers if each.comparisons},
        compared=sum(answer.comparisons for answer in answers),
    )


def _estimated(figure: int, deviation: float, one: float) -> Estimate:
    """Return an estimate from a noisy ``figure``, of which ``one`` is a distance of 1."""
    value, half = figure / one, DEVIATIONS * deviation / one
    return Estimate(value=value, low=value - half, high=value + half)
