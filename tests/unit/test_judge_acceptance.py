"""The private acceptance test: one person moves it no more than is paid for, and its estimate is right."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gateway.estimation.histories import sharing
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.database import Counters, TablePlan, in_memory
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.domain import Domain, Ranges, Values
from gateway.raw.generate.histories import Coding, Cut
from gateway.raw.generate.metering import WEIGHT, answer_aside, aside_deviation
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Aside, Part, division
from gateway.raw.judge import acceptance
from gateway.raw.judge.acceptance import Answer, Question, apart, targets
from gateway.raw.judge.acceptance_verdict import Estimate, verdict
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table
from tests.made_up_families import COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, People, joined, people

# ---------------------------------------------------------------- the unit's table

HOSTILE: dict[str, tuple[Kind, list[object], Domain]] = {
    "text": (Kind.TEXT, [None, "", "a", "b", "unique 1", "unique 2", "\U0010ffff", "A", "a "],
             Values(values=("a", "b"), rest=True, other=True)),
    "number": (Kind.FLOAT, [None, math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 3.0],
               Ranges(starts=(0.0, 1.0, 5.0), last=9.0, rest=True)),
    "whole": (Kind.INTEGER, [None, 2**63 - 1, -(2**63), 0, 7, -7], Ranges(starts=(-10, 0, 5), last=10, rest=True)),
    "yes": (Kind.BOOLEAN, [None, True, False], Values(values=(0, 1), rest=True)),
}  # fmt: skip
"""What one person may have in each column, and the cells that were measured."""
SHAPE = Table(
    name=TableName("people"),
    columns=tuple(Column(name=ColumnName(n), kind=kind, native=str(kind)) for n, (kind, _, _) in HOSTILE.items()),
)
AXES = [Axis(column=ColumnName(name), domain=domain) for name, (_, _, domain) in HOSTILE.items()]
NAMES = tuple(axis.column for axis in AXES)
PAIRS = tuple(itertools.combinations(range(len(AXES)), 2))
UNITS = Question(
    table=SHAPE.name,
    axes=(*((axis,) for axis in AXES), *((AXES[one], AXES[two]) for one, two in PAIRS)),
    columns=NAMES,
    members=(*((at,) for at in range(len(AXES))), *PAIRS),
)


def counters(rows: list[tuple[object, ...]]) -> Counters:
    columns = zip(*rows, strict=True) if rows else [()] * len(SHAPE.columns)
    arrays = [
        pa.array(list(values), column.arrow_type, from_pandas=False)
        for values, column in zip(columns, SHAPE.columns, strict=True)
    ]
    table = RawTable(SHAPE, pa.Table.from_arrays(arrays, schema=SHAPE.arrow_schema()))
    return Counters(unit=MemoryCounter.of(table), owned=lambda _: pytest.fail("nothing is owned"))


def figures(question: Question, people: Counters, made: Counters, *, ratio: float = 1.0) -> NDArray[np.int64]:
    return np.array(acceptance._compared(question, people, made, ratio=ratio)[0], dtype=np.int64)


def norm(step: NDArray[np.int64]) -> float:
    """Return the L2 norm, exactly enough: squares of whole numbers add up as such."""
    return math.sqrt(sum(int(each) ** 2 for each in step))


def neighbours(random: np.random.Generator) -> Iterator[float]:
    """Yield by how much figures move as one person after another joins: ordinary ones, hostile ones, and twins."""

    def person() -> tuple[object, ...]:
        return tuple(values[random.integers(len(values))] for _, values, _ in HOSTILE.values())

    made = counters([person() for _ in range(random.integers(0, 30))])
    ratio = float(random.choice([0.0, 0.3, 0.9, 1.0, 7.7]))
    rows: list[tuple[object, ...]] = []
    before = figures(UNITS, counters(rows), made, ratio=ratio)
    while len(rows) < 50:
        # now and then somebody who is as the last one was
        rows.append(rows[-1] if rows and random.random() < 0.3 else person())
        after = figures(UNITS, counters(rows), made, ratio=ratio)
        yield norm(after - before)
        before = after


def moved(repeats: int, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    return [step for _ in range(repeats) for step in neighbours(random)]


def test_one_person_whoever_it_is_moves_the_units_figure_by_one_weight_at_most() -> None:
    steps = moved(8, seed=1)
    assert len(steps) == 400
    assert 0.999999 * WEIGHT < max(steps) <= WEIGHT  # reached: the bound is tight


@pytest.mark.audit
def test_ten_thousand_hostile_neighbours_move_it_no_further() -> None:
    assert max(moved(200, seed=2)) <= WEIGHT


class Crowd:
    """A counter of a table of so many people that it need not be made."""

    def __init__(self, people: int) -> None:
        self.people = people

    def count(self, tables: tuple[tuple[Axis, ...], ...]) -> list[NDArray[np.int64]]:
        found = []
        for axes in tables:
            cells = np.zeros(math.prod(axis.cells for axis in axes), dtype=np.int64)
            cells[0] = self.people
            found.append(cells)
        return found


def crowd(people: int) -> Counters:
    return Counters(unit=Crowd(people), owned=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("many", "comparisons"),
    [
        pytest.param(10**9, 1024, marks=pytest.mark.audit),
        (10**9, 1),
        (2**32 - 1, 3),
        (2**33, 3),
        (2**62, 3),
        (2**63 - 2, 1),
    ],
)
def test_nothing_overflows_however_many_people_there_are(many: int, comparisons: int) -> None:
    question = Question(
        table=SHAPE.name, axes=((AXES[0],),) * comparisons, columns=NAMES[:1], members=((0,),) * comparisons
    )
    for made in (crowd(0), crowd(1), crowd(10**9), crowd(2**62)):
        found = [figures(question, crowd(people), made) for people in (many, many + 1)]
        assert all(0 <= int(each[0]) <= 2**62 for each in found)
        assert norm(found[1] - found[0]) <= WEIGHT
        array = np.concatenate(found)
        noisy = answer_aside(DiscreteGaussian(), array, Aside(sigma=30.0, figures=2, tables=2))
        assert np.abs(noisy - array).max() < 40 * 30.0 * 2 * WEIGHT
    exact = min(many, 10**9)
    assert figures(question, crowd(exact), crowd(0)).tolist() == [exact * question.weight * comparisons]


def test_distances_are_exact_where_sums_pass_64_bits() -> None:
    far = np.full(10, 2**62, dtype=np.int64)
    assert apart(far, np.zeros(10, dtype=np.int64)) == 10 * 2**62
    assert apart(far, far) == 0
    assert targets(np.array([2**62, 0, 3], dtype=np.int64), ratio=9.0).tolist() == [2**62, 0, 27]


# ---------------------------------------------------------------- owned tables

PLANS = {
    PERSONS: TablePlan(domains=dict.fromkeys(COLUMNS[PERSONS]), share=0.3),
    VISITS: TablePlan(domains={}, share=0.4, order=ColumnName("day"), since=ColumnName("enrolled"),
                      kind=ColumnName("test"), most=1000),
    DRUGS: TablePlan(domains={}, share=0.3, most=10),
}  # fmt: skip
VALUE = Ranges(starts=(-1e6, 0.0, 50.0, 100.0), last=1e6, rest=True)
TEST = Values(values=("hba1c", "ldl"), rest=True, other=True)
DAYS = Ranges(starts=(0, 1, 30, 365), last=100_000, rest=False)
CODING = Coding(
    columns=tuple(
        Cut(axes=(Axis(column=ColumnName(name), domain=domain),)) for name, domain in (("test", TEST), ("value", VALUE))
    ),
    gap=DAYS,
    kind=0,
    owner=(Cut(axes=(Axis(column=ColumnName("age"), domain=Ranges(starts=(0, 40, 60), last=120, rest=True)),)),),
)
TERMS = (
    *(Term(target=at) for at in range(3)),
    Term(target=2, contexts=(Context(place=Place.ROW, column=1),)),
    *(Term(target=at, contexts=(Context(place=Place.OWNER, column=0),)) for at in range(3)),
    *(Term(target=at, contexts=(Context(place=Place.BEFORE, column=at),)) for at in range(3)),
)
OWNED = Question(
    table=VISITS, coding=CODING, terms=TERMS, columns=tuple(map(ColumnName, ("gap", "test", "value"))),
    members=((0,), (1,), (2,), (1, 2), (0,), (1,), (2,), (0,), (1,), (2,)),
)  # fmt: skip


def counted(family: People) -> Counters:
    return in_memory(derive(family.family(), LINEAGE), PLANS)


def visitor(days: list[int | None], tests: list[str | None], values: list[float | None]) -> People:
    """One person with these visits."""
    shape, rows = people(1, seed=8), len(days)
    return replace(
        shape,
        visits=pa.table(
            {
                "day": pa.array(days, pa.int32()).cast(pa.date32()),
                "test": tests,
                "value": values,
                "note": [None] * rows,
            },
            schema=shape.visits.schema,
        ),
        visit_starts=np.array([0, rows]),
        drugs=shape.drugs.slice(0, 0),
        drug_starts=np.zeros(rows + 1, dtype=np.int64),
    )


VISITORS = [
    visitor([], [], []),
    visitor([0], ["hba1c"], [1.0]),
    visitor([None], [None], [None]),
    visitor([5] * 1000, ["nobody else has it"] * 1000, [1e300] * 1000),
    visitor(list(range(0, 3000, 3)), [f"test {at}" for at in range(1000)], [math.nan] * 1000),
    visitor([0, 1, 2], ["ldl", "hba1c", "ldl"], [math.inf, -math.inf, -0.0]),
    visitor([2_000_000, -700_000], ["", "ldl"], [1e6, -1e6]),
]


@pytest.mark.parametrize("at", range(len(VISITORS)))
def test_one_person_moves_an_owned_figure_by_one_weight_whatever_they_own(at: int) -> None:
    others, made = people(25, seed=3), counted(people(30, seed=4))
    for ratio in (0.0, 0.8, 3.0):
        before = figures(OWNED, counted(others), made, ratio=ratio)
        after = figures(OWNED, counted(joined(others, VISITORS[at])), made, ratio=ratio)
        assert norm(after - before) <= WEIGHT
    nobody = figures(OWNED, counted(others.first(0)), counted(others.first(0)))
    single = figures(OWNED, counted(VISITORS[at]), counted(others.first(0)))
    rows = VISITORS[at].visits.num_rows
    assert nobody.tolist() == [0, 0, 0]
    # all of the person is somewhere, but for what rounding down left, and but for gaps, which first rows have not
    whole = [many * OWNED.weight for many in OWNED.shares]
    least = [0.0 if rows <= (at == 0) else 0.99 * each for at, each in enumerate(whole)]
    assert all(low <= each <= high for low, each, high in zip(least, single.tolist(), whole, strict=True))
    assert norm(single) <= WEIGHT


def test_ten_thousand_people_with_any_rows_are_parts_of_one() -> None:
    random = np.random.default_rng(6)
    weights = [1, 7, 1000, WEIGHT // 3, 2**31]
    for at in range(200):
        rows = random.integers(0, 1000 if at % 20 == 0 else 20, 50)
        unit = np.repeat(np.arange(50, dtype=np.int64), rows)
        cells = random.integers(-1, 9, unit.size).astype(np.int32)
        weight = weights[at % len(weights)]
        whole = sharing.shared(cells, unit, size=9, weight=weight)
        for person in range(50):
            others = unit != person
            moved = whole - sharing.shared(cells[others], unit[others], size=9, weight=weight)
            assert (moved >= 0).all()
            assert moved.sum() <= weight
            counts = np.bincount(cells[~others & (cells >= 0)], minlength=9)
            assert moved.tolist() == [weight * int(c) // int(counts.sum()) if c else 0 for c in counts]


@pytest.mark.parametrize(
    ("cells", "unit", "weight"),
    [([0], [0], 0), ([0], [0], 2**31 + 1), ([9], [0], 5), ([0, 0], [1, 0], 5), ([0], [], 5)],
)
def test_shares_of_what_cannot_be_are_refused(cells: list[int], unit: list[int], weight: int) -> None:
    with pytest.raises(ValueError, match=r"weight|cell|sorted"):
        sharing.shared(np.array(cells, dtype=np.int32), np.array(unit, dtype=np.int64), size=9, weight=weight)


# ---------------------------------------------------------------- what is paid, and what is said


@pytest.mark.parametrize("share", [0.005, 0.02, 0.2])
@pytest.mark.parametrize("epsilon", [0.1, 1.0, 8.0])
def test_the_test_and_the_measurements_cost_the_budget_by_both_accounts(share: float, epsilon: float) -> None:
    budget = Budget(epsilon, 1e-6)
    parts = [Part(columns=5, compared=5), Part(columns=3, histories=True, share=2.0, compared=4)]
    whole = division(budget, parts, acceptance=share)
    assert whole.aside is not None
    assert (whole.aside.figures, whole.aside.tables) == (9, 2)
    assert (whole.aside.event.cells, whole.aside.event.clip) == (9, 2)
    total = accountant.parameter([whole.aside.event]) ** 2 + sum(part.mu**2 for part in whole.parts)
    assert accountant.parameter([whole.aside.event]) ** 2 == pytest.approx(share * total, rel=3e-3)
    assert whole.parts[1].mu ** 2 == pytest.approx(2 * whole.parts[0].mu ** 2, rel=3e-3)
    assert accountant.gaussian_epsilon(math.sqrt(total), budget.delta) <= epsilon * 1.005


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5])
def test_a_share_that_leaves_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        division(Budget(1.0, 1e-6), [Part(columns=5)], acceptance=share)


def answer(
    *values: float, table: str = "people", people: float = 10_000.0, columns: int = 4, compared: bool = True
) -> Answer:
    """Return what was found of a table whose columns are ``values`` apart, or all of them as the only one."""
    values = values if len(values) > 1 else values * columns
    shares = (len(values),) * len(values) if compared else ()
    weight = math.isqrt(WEIGHT**2 // max(1, len(values) ** 3))
    return Answer(
        table=TableName(table),
        columns=tuple(ColumnName(f"c{at}") for at in range(len(shares))),
        figures=tuple(round(value * people * 2 * weight * len(values)) for value in values) if compared else (12345,),
        shares=shares,
        deviation=aside_deviation(Aside(sigma=30, figures=len(values), tables=1)),
        weight=weight,
        comparisons=len(values) ** 2 if compared else 0,
        people=people,
        sampling=0.01,
    )


def test_the_interval_is_that_of_the_noise() -> None:
    found = verdict([answer(0.1)], needed=0.2).distance
    assert found.value == pytest.approx(0.1)
    assert found.high - found.value == pytest.approx(1.96 * 30 / (2 * 10_000), rel=1e-3)
    assert found.value - found.low == pytest.approx(found.high - found.value)


@pytest.mark.parametrize(
    ("value", "needed", "passed"),
    [
        (0.196, 0.2, True), (0.198, 0.2, False), (0.21, 0.2, False), (-0.4, 0.2, True), (-0.4, 0.0, True),
        (0.0, 0.0, False), (1.7, 1.0, True), (1.7, 0.999, False),
    ],
)  # fmt: skip
def test_the_verdict_hangs_on_the_upper_end(value: float, needed: float, passed: bool) -> None:
    found = verdict([answer(value)], needed=needed)
    assert found.passed is passed
    assert found.check.outcome == ("passed" if passed else "failed")
    assert found.check.got == pytest.approx(min(max(found.distance.high, 0.0), 1.0))


def test_a_column_is_as_uncertain_as_the_root_of_their_number_makes_it() -> None:
    found = verdict([answer(0.1, columns=16)], needed=0.2)
    for each in found.columns[TableName("people")].values():
        assert each.value == pytest.approx(0.1)
        assert each.high - each.value == pytest.approx(4 * 1.96 * 30 / (2 * 10_000), rel=1e-3)


@pytest.mark.parametrize(("worst", "passed"), [(0.2, True), (0.405, True), (0.45, False), (0.9, False)])
def test_one_column_that_is_surely_twice_as_far_fails_however_good_the_mean_is(worst: float, passed: bool) -> None:
    found = verdict([answer(*[0.01] * 11, worst)], needed=0.2)
    assert found.distance.high < 0.2
    assert found.passed is passed
    assert (found.check.got is not None and found.check.got > 0.2) is not passed


def test_answers_are_read_back() -> None:
    assert Answer.from_json(json.loads(json.dumps(answer(0.1).to_json()))) == answer(0.1)


def test_one_bad_table_fails_however_good_the_others_are() -> None:
    others = [answer(0.01, table=f"owned {at}") for at in range(9)]
    found = verdict([answer(0.01), *others, answer(0.3, table="bad")], needed=0.2)
    assert (found.passed, found.farthest) == (False, "bad")


def test_a_table_of_few_people_is_measured_as_if_there_were_enough_for_a_private_test() -> None:
    """Empty ones pass, those that are wrong for as many people as can be seen do not; and few units never pass."""
    least = 1.96 * 30 / (2 * 0.5 * 0.2)
    empty = verdict([answer(0.01), answer(0.0, table="owned", people=1.0)], needed=0.2)
    wrong = verdict([answer(0.01), answer(1.0, table="owned", people=0.6 * least)], needed=0.2)
    assert (empty.passed, wrong.passed) == (True, False)
    assert empty.tables[TableName("owned")].high == pytest.approx(0.1, rel=1e-2)
    assert not verdict([answer(0.0, people=100.0)], needed=0.2).passed


def test_tables_in_which_nothing_can_be_compared_say_nothing() -> None:
    found = verdict([answer(0.01), answer(0.9, table="keys", compared=False)], needed=0.2)
    assert set(found.tables) == {"people"}
    with pytest.raises(ValueError, match="unit's table"):
        verdict([answer(0.01, compared=False)], needed=0.2)


def test_what_chance_does_is_taken_out_as_squares() -> None:
    found = Estimate(value=0.05, low=0.02, high=0.13).without(0.03)
    assert (found.value, found.low) == (pytest.approx(0.04), 0.0)
    assert found.high == pytest.approx(math.sqrt(0.13**2 - 0.03**2))
    assert Estimate(value=-0.05, low=-0.1, high=0.0).without(0.03) == Estimate(value=0.0, low=0.0, high=0.0)


def test_of_many_columns_some_pairs_are_chosen_by_the_public_seed() -> None:
    alone, pairs = list(range(50)), list(range(100, 2000))
    chosen = acceptance._some(alone, pairs, seed=1)
    assert len(chosen) == acceptance.MOST_COMPARISONS
    assert chosen[:50] == alone
    assert chosen == acceptance._some(alone, pairs, seed=1) != acceptance._some(alone, pairs, seed=2)
    assert acceptance._some(alone, pairs[:9], seed=1) == [*alone, *pairs[:9]]
    assert len(acceptance._some(list(range(3000)), pairs, seed=1)) == acceptance.MOST_COMPARISONS
