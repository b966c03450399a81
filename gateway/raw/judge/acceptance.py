"""The private acceptance test: how far the finished tables are from the people they were made from, for a little noise.

It is what may decide by itself: its figure is differentially private, paid for by the share of the budget that the
policy sets aside (``schedule.Aside``), and asked for once. Of each table of people (the unit's, and every one that is
owned) one figure is asked: the sum over fixed *comparisons* of the L1 distance between exact counts of the people in
training and whole numbers that are known.

What is compared, and with what
    Comparisons are tables of one column, and of two, over the cells that were measured (``questions``): functions of
    policy, catalogue and noisy answers. What they are held against are the same tables of the finished synthetic rows,
    times the noisy number of people to a synthetic one, rounded to parts of a person. All of that is public, or noisy
    already, before the first exact count is made here.

Sensitivity
    Whole numbers only, from the exact counts to the noise. Let T be how many comparisons one table of people has, and
    w = WEIGHT // T the parts that one person is counted in. For a comparison with counts x (in parts) and targets t,
    f(x) = sum over cells |x_c - t_c|. For any x and y, |f(x) - f(y)| <= sum |x_c - y_c|, cell by cell by the triangle
    inequality. Adding or removing one person, with all they own, moves x by an L1 norm of at most w:

    1. In the unit's table a person is one row, in one cell of every comparison (``Counter``): that cell moves by w.
       Counts are first cut to MOST_PEOPLE, which moves no two whole numbers apart.
    2. In an owned table a person who has k rows, c of them in a cell, is w c // k parts there, and these sum to w at
       most: ``HistoryCounter.shares``. What others are does not hang on it.

    So the sum over T comparisons moves by T w <= WEIGHT at most. That is reached: by a person who is new in cells where
    there are more than the targets say. Last the sum, which is exact, is cut to MOST_FIGURE: no two whole numbers move
    apart. Somebody who is held out is in no count. The figures of m tables together move by an L2 norm of at most
    sqrt(m) WEIGHT, and that is a clipped table with a bound of 1 for each table of people (``accountant``).

Error
    f / (2 w T people) is the mean total variation distance of the comparisons, plus noise whose standard deviation is
    known: it makes the interval. Not in the interval: that the noisy number of people is not the exact one (this moves
    the distance by at most the error's share of the people), and roundings (under 2^-20 of a person a cell).

    The distance is that of the synthetic rows as they are, and a *model* is nearer than any finite number of rows drawn
    from it: rows of a perfect model would be ``sampling`` away. ``model`` has that taken out as squares: exactly so if
    both kinds of error are Gaussian and in proportion, cell by cell; too little, if Gaussian and out of proportion
    (Minkowski); too much by up to a half of sampling^2 / distance where the model's errors are of one size.
    The verdict is on the rows as they are, so this correction can never let a release pass.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gateway.estimation.histories.contexts import extent
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.metering import WEIGHT, answer_aside, aside_deviation
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.verdict import Check, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.database import Counters, DatabaseMeasurements
    from gateway.raw.generate.histories import Coding
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Aside
    from gateway.vocabulary.names import TableName

MOST_COMPARISONS = 1024
"""Of each table of people; of more, so many are chosen by the public seed."""
MOST_CELLS = 2**16
"""Two columns with more cells than this together are not compared."""
AT_ONCE = 8
"""Comparisons that are counted at once."""
MOST_PEOPLE = 2**32
MOST_FIGURE = 2**62
DEVIATIONS = 1.959964
"""Half of a 95 % interval, in standard deviations."""
LEAST_SHARE = 0.5
"""Of the threshold: an owned table that fewer people have rows in than would make the interval's half this wide is
measured as if so many had. No private test could say more of it; without this, none with few people could pass."""
CHECK = "acceptance"
_QUESTION = "How far are the synthetic rows from the people they were learned from, by a private estimate?"
_MEANS = (
    "The share of people that would have to be moved to other cells for the tables of one and of two columns to be "
    "alike, on average over these tables: 0 is alike, 1 is nothing in common. It is an estimate with noise, paid for "
    "out of the privacy budget, so it may be shown to anybody. What is held against the threshold is the upper end of "
    "its 95 % interval, for the table that is farthest: a release that is truly beyond it passes in 2.5 % of cases at "
    "the most."
)
_NOT_SHOWN = (
    "What three columns or more have to do with each other, and any value inside of a cell. People count alike, "
    "whatever they own: a table that few people have rows in can be wrong and hardly be noticed. It says nothing of "
    "risks to people."
)
Asked = TypeVar("Asked")


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """What is compared of one table of people. Public."""

    table: TableName
    axes: tuple[tuple[Axis, ...], ...] = ()
    """Of the unit's table."""
    coding: Coding | None = None
    """Of an owned one."""
    terms: tuple[Term, ...] = ()

    @property
    def comparisons(self) -> int:
        """Return how many there are; none where a table has nothing but keys."""
        return len(self.axes) + len(self.terms)

    @property
    def widths(self) -> tuple[int, ...]:
        """Return how many columns each comparison looks at."""
        return (*(len(axes) for axes in self.axes), *(1 + len(term.contexts) for term in self.terms))

    @property
    def weight(self) -> int:
        """Return in how many parts a person is counted, so that all comparisons together move by WEIGHT at most."""
        return WEIGHT // max(1, self.comparisons)

    def counted(self, counters: Counters) -> Iterator[NDArray[np.int64]]:
        """Yield each comparison's counts, in parts of a person; see the module for how one person moves them."""
        for start in range(0, self.comparisons, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            if self.coding is None:
                for counts in counters.unit.count(self.axes[some]):
                    yield np.minimum(counts, MOST_PEOPLE) * self.weight
            else:
                counter = counters.owned(self.table)
                yield from counter.shares(self.coding, self.terms[some], weight=self.weight)


def questions(measured: DatabaseMeasurements, unit: TableName, *, seed: int) -> tuple[Question, ...]:
    """Return what is compared: columns by themselves, and pairs; the unit's table first, owned ones in their order.

    Of an owned table also each column with those of the owner that were looked at, and with itself in the row before.
    Nothing exact is looked at.
    """
    return (
        _of_units(measured.unit, unit, seed=seed),
        *(_of_owned(each, name, seed=seed) for name, each in measured.owned.items()),
    )


def _of_units(measured: TableMeasurements, table: TableName, *, seed: int) -> Question:
    axes = [
        Axis(column=each.column.name, domain=each.domain, bin_of=to.bin_of)
        for each, to in zip(measured.columns, measured.bins, strict=True)
    ]
    pairs = [pair for pair in itertools.combinations(axes, 2) if pair[0].cells * pair[1].cells <= MOST_CELLS]
    return Question(table=table, axes=tuple(_some([(axis,) for axis in axes], pairs, seed=seed)))


def _of_owned(measured: HistoryMeasurements, table: TableName, *, seed: int) -> Question:
    coding = measured.coding
    shape = coding.shape
    columns = range(len(shape.cells))
    pairs = [
        Term(target=two, contexts=(Context(place=Place.ROW, column=one),))
        for one, two in itertools.combinations(columns, 2)
    ]
    pairs += [
        Term(target=at, contexts=(Context(place=Place.OWNER, column=owner),))
        for owner in range(len(shape.owner))
        for at in columns
    ]
    if shape.ordered:
        pairs += [Term(target=at, contexts=(Context(place=Place.BEFORE, column=at),)) for at in columns]
    pairs = [term for term in pairs if math.prod(extent(term, shape=shape)) <= MOST_CELLS]
    # a table may have no column but its keys
    alone = [Term(target=at) for at in columns if extent(Term(target=at), shape=shape)[-1] > 0]
    return Question(table=table, coding=coding, terms=tuple(_some(alone, pairs, seed=seed)))


def _some(alone: Sequence[Asked], pairs: Sequence[Asked], *, seed: int) -> list[Asked]:
    room = max(0, MOST_COMPARISONS - len(alone))
    if len(pairs) <= room:
        return [*alone[:MOST_COMPARISONS], *pairs]
    chosen = np.random.default_rng([seed, 0xACCE97]).choice(len(pairs), room, replace=False)
    return [*alone[:MOST_COMPARISONS], *(pairs[at] for at in sorted(chosen.tolist()))]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the test found of one table of people: a noisy figure, and what is known about it. Private as a whole."""

    table: TableName
    figure: int
    """With its noise: the sum of all L1 distances, in parts of a person."""
    deviation: float
    """The standard deviation of the noise."""
    weight: int
    """Parts of a person in one comparison."""
    comparisons: int
    people: float
    """How many people have rows in this table, by the synthetic rows and the noisy number of people; at least 1."""
    sampling: float
    """The distance of rows of a perfect model, as many as there are here, about: none but that by chance."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``Answer(**...)`` takes back."""
        return asdict(self)


def ask(
    asked: Sequence[Question],
    people: Counters,
    made: Counters,
    *,
    rows: int,
    aside: Aside,
    noise: Noise | None = None,
) -> tuple[Answer, ...]:
    """Ask what was kept ``aside`` for: the one place where exact counts are compared. To be called once in a run.

    ``people`` count those in training, ``made`` the finished synthetic rows; ``rows`` is the noisy number of people in
    training. ``noise`` is for tests. What is raised does not depend on what the people are.
    """
    units = int(made.unit.count([()])[0])
    found = [_compared(question, people, made, ratio=max(1, rows) / max(1, units)) for question in asked]
    figures = np.array([figure for figure, _, _ in found], dtype=np.int64)
    noisy = answer_aside(noise or DiscreteGaussian(), figures, aside)
    return tuple(
        Answer(
            table=question.table,
            figure=int(figure),
            deviation=aside_deviation(aside),
            weight=question.weight,
            comparisons=question.comparisons,
            people=float(max(1, rows)) if question.coding is None else max(1.0, having),
            sampling=sampling,
        )
        for question, figure, (_, having, sampling) in zip(asked, noisy.tolist(), found, strict=True)
    )


def _compared(question: Question, people: Counters, made: Counters, *, ratio: float) -> tuple[int, float, float]:
    """Return the exact figure; and, from synthetic rows alone, how many people have rows, and what chance does."""
    figure, having, sampling = 0, 0.0, 0.0
    for exact, drawn in zip(question.counted(people), question.counted(made), strict=True):
        figure += apart(exact, targets(drawn, ratio=ratio))
        whole = float(drawn.sum(dtype=np.float64)) / question.weight
        having += whole * ratio
        sampling += _by_chance(drawn / question.weight, whole)
    many = max(1, question.comparisons)
    return min(figure, MOST_FIGURE), having / many, sampling / many


def targets(drawn: NDArray[np.int64], *, ratio: float) -> NDArray[np.int64]:
    """Return whole numbers about ``ratio`` times ``drawn``, from 0 to 2^62. Nothing here is secret."""
    return np.asarray(np.minimum(np.rint(drawn * ratio), float(MOST_FIGURE)), dtype=np.int64)


def apart(exact: NDArray[np.int64], target: NDArray[np.int64]) -> int:
    """Return the L1 distance of two arrays of whole numbers from 0 to 2^62; it cannot overflow."""
    far = np.abs(exact - target)
    high, low = int((far >> 31).sum()), int((far & (2**31 - 1)).sum())
    return (high << 31) + low


def _by_chance(drawn: NDArray[np.float64], whole: float) -> float:
    """Return the expected distance of as many draws from shares as these, about: normal in every cell."""
    if whole <= 0:
        return 0.0
    shares = drawn / whole
    return float(np.sqrt(2 * shares * (1 - shares).clip(min=0) / (math.pi * whole)).sum()) / 2


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
    def passed(self) -> bool:
        """Return the verdict: whether no table is beyond the threshold, at the upper end of its interval."""
        # a distance is 1 at most, whatever noise says: a threshold of 1 is none
        return min(self.distance.high, 1.0) <= self.needed

    @property
    def check(self) -> Check:
        """Return the verdict as a check."""
        return Check(
            name=CHECK,
            question=_QUESTION,
            comparison=Comparison.AT_MOST,
            needed=self.needed,
            got=min(max(self.distance.high, 0.0), 1.0),
            outcome=Outcome.PASSED if self.passed else Outcome.FAILED,
            means=_MEANS,
            not_shown=_NOT_SHOWN,
        )


def verdict(answers: Sequence[Answer], *, needed: float) -> Acceptance:
    """Return what ``answers``, the unit's table first, say about a threshold. ``ValueError`` when there are none."""
    if not answers or not answers[0].comparisons:
        raise ValueError("a verdict needs the unit's table, with something compared")
    compared = [answer for answer in answers if answer.comparisons]
    return Acceptance(
        needed=needed,
        tables={each.table: _estimated(each, owned=each is not answers[0], needed=needed) for each in compared},
        sampling={each.table: each.sampling for each in compared},
        compared=sum(answer.comparisons for answer in answers),
    )


def _estimated(answer: Answer, *, owned: bool, needed: float) -> Estimate:
    parts = 2 * answer.weight * answer.comparisons
    half = DEVIATIONS * answer.deviation / parts
    people = max(answer.people, half / (LEAST_SHARE * needed)) if owned and needed else answer.people
    value = answer.figure / parts / people
    return Estimate(value=value, low=value - half / people, high=value + half / people)
