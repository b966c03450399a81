"""The private acceptance test: how far the finished tables are from the people they were made from, for a little noise.

It is what may decide by itself: its figure is differentially private, paid for by the share of the budget that the
policy sets aside (``schedule.Aside``), and asked for once. Of each table of people (the unit's, and every one that is
owned) one figure is asked for each column: the sum, over the *comparisons* that it is in, of the L1 distance between
exact counts of the people in training and whole numbers that are known.

What is compared, and with what
    Comparisons are tables of one column, and of two, over the cells that were measured (``questions``): functions of
    policy, catalogue and noisy answers. What they are held against are the same tables of the finished synthetic rows,
    times the noisy number of people to a synthetic one, rounded to parts of a person. All of that is public, or noisy
    already, before the first exact count is made here.

Sensitivity
    Whole numbers only, from the exact counts to the noise. Let T_j be in how many comparisons column j of one table of
    people is, and w the parts that one person is counted in: the whole root of WEIGHT^2 // sum T_j^2. For a comparison
    with counts x (in parts) and targets t, f(x) = sum over cells |x_c - t_c|. For any x and y, |f(x) - f(y)| <= sum
    |x_c - y_c|, cell by cell by the triangle inequality. Adding or removing one person, with all they own, moves x by
    an L1 norm of at most w:

    1. In the unit's table a person is one row, in one cell of every comparison (``Counter``): that cell moves by w.
       Counts are first cut to MOST_PEOPLE, which moves no two whole numbers apart.
    2. In an owned table a person who has k rows, c of them in a cell, is w c // k parts there, and these sum to w at
       most: ``HistoryCounter.shares``. What others are does not hang on it.

    So figure j moves by T_j w at most, and all figures of the table by an L2 norm of w sqrt(sum T_j^2) <= WEIGHT. That
    is reached: by a person who is new in cells where there are more than the targets say. Last each figure, which is
    exact, is cut to MOST_FIGURE: no two whole numbers move apart. Somebody who is held out is in no count. The figures
    of m tables together move by an L2 norm of at most sqrt(m) WEIGHT, and that is a clipped table with a bound of 1 for
    each table of people (``accountant``).

What the figures say is in ``acceptance_verdict``.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter as Counted
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gateway.estimation.histories.contexts import extent
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.metering import WEIGHT, answer_aside, aside_deviation
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.judge.histories import GAP
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    columns: tuple[ColumnName, ...] = ()
    """The columns compared."""
    members: tuple[tuple[int, ...], ...] = ()
    """Of each comparison, which of ``columns`` are in it."""

    @property
    def shares(self) -> tuple[int, ...]:
        """Return of each column in how many comparisons it is."""
        found = Counted(at for members in self.members for at in members)
        return tuple(found[at] for at in range(len(self.columns)))

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
        """Return in how many parts a person is counted, so that all figures move by an L2 norm of WEIGHT at most."""
        return math.isqrt(WEIGHT**2 // max(1, sum(many**2 for many in self.shares)))

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
    chosen = _some([(axis,) for axis in axes], pairs, seed=seed)
    names = tuple(axis.column for axis in axes)
    members = tuple(tuple(names.index(axis.column) for axis in each) for each in chosen)
    return Question(table=table, axes=tuple(chosen), columns=names, members=members)


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
    chosen = _some(alone, pairs, seed=seed)
    gap = (ColumnName(GAP),) if shape.ordered else ()
    return Question(
        table=table,
        coding=coding,
        terms=tuple(chosen),
        columns=(*gap, *(cut.column for cut in coding.columns)),
        members=tuple(
            (*(each.column for each in term.contexts if each.place is Place.ROW), term.target) for term in chosen
        ),
    )


def _some(alone: Sequence[Asked], pairs: Sequence[Asked], *, seed: int) -> list[Asked]:
    room = max(0, MOST_COMPARISONS - len(alone))
    if len(pairs) <= room:
        return [*alone[:MOST_COMPARISONS], *pairs]
    chosen = np.random.default_rng([seed, 0xACCE97]).choice(len(pairs), room, replace=False)
    return [*alone[:MOST_COMPARISONS], *(pairs[at] for at in sorted(chosen.tolist()))]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the test found of one table of people: noisy figures, and what is known of them. Private as a whole."""

    table: TableName
    columns: tuple[ColumnName, ...]
    figures: tuple[int, ...]
    """With their noise: for each column the sum of the L1 distances of the comparisons it is in, in parts of a
    person."""
    shares: tuple[int, ...]
    """In how many comparisons each column is."""
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
        """Return a JSON object that ``from_json`` takes back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Answer:
        """Read back what ``to_json`` wrote; ``KeyError`` or ``TypeError`` when it is something else."""
        return cls(**{**value, **{name: tuple(value[name]) for name in ("columns", "figures", "shares")}})


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
    exact = np.array([figure for figures, _, _ in found for figure in figures], dtype=np.int64)
    noisy = iter(answer_aside(noise or DiscreteGaussian(), exact, aside).tolist())
    return tuple(
        Answer(
            table=question.table,
            columns=question.columns,
            figures=tuple(next(noisy) for _ in figures),
            shares=question.shares,
            deviation=aside_deviation(aside),
            weight=question.weight,
            comparisons=question.comparisons,
            people=float(max(1, rows)) if question.coding is None else max(1.0, having),
            sampling=sampling,
        )
        for question, (figures, having, sampling) in zip(asked, found, strict=True)
    )


def _compared(question: Question, people: Counters, made: Counters, *, ratio: float) -> tuple[list[int], float, float]:
    """Return the exact figures; and, from synthetic rows alone, how many people have rows, and what chance does."""
    # a table of keys alone has a figure all the same: it was planned
    figures = [0] * max(1, len(question.columns))
    having, sampling = 0.0, 0.0
    compared = zip(question.members, question.counted(people), question.counted(made), strict=True)
    for members, exact, drawn in compared:
        far = apart(exact, targets(drawn, ratio=ratio))
        for at in members:
            figures[at] += far
        whole = float(drawn.sum(dtype=np.float64)) / question.weight
        having += whole * ratio
        sampling += len(members) * _by_chance(drawn / question.weight, whole)
    return (
        [min(figure, MOST_FIGURE) for figure in figures],
        having / max(1, question.comparisons),
        sampling / max(1, sum(question.shares)),
    )


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
