"""Each measure of use against a closed form, or counted out one by one, on small tables."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import Compared, of_history, of_units, once
from gateway.raw.judge.measure import Measured
from gateway.raw.judge.utility import three_way
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from tests.made_up_families import VISITS, arena, people

NONE = CriteriaClause()


def of(train: pa.Table, synthetic: pa.Table, control: pa.Table | None = None) -> Compared:
    columns = tuple(ColumnName(name) for name in train.column_names)
    made = Arena(train=train, control=control or train, synthetic=synthetic, columns=columns, seed=1)
    return of_units(made, TableName("people"))


def run(name: str, compared: Compared, criteria: CriteriaClause = NONE) -> Measured:
    found: Measured | None = plugins.load("gateway.raw.judge.measures", name)().run(compared, criteria)
    assert found is not None
    return found


def nothing(name: str, compared: Compared) -> bool:
    return plugins.load("gateway.raw.judge.measures", name)().run(compared, NONE) is None


def few_values(rows: int, columns: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({f"c{j}": [f"v{i}" for i in random.integers(0, 3, rows)] for j in range(columns)})


# --- three columns ---


def test_triples_are_counted_as_by_hand() -> None:
    real, made = few_values(60, 4, seed=1), few_values(80, 4, seed=2)
    expected = {}
    for triple in itertools.combinations(real.column_names, 3):
        sides = [list(zip(*(t[c].to_pylist() for c in triple), strict=True)) for t in (real, made)]
        cells = {*sides[0], *sides[1]}
        expected[triple] = sum(abs(sides[0].count(c) / 60 - sides[1].count(c) / 80) for c in cells) / 2
    compared = of(real, made)
    found = three_way(compared.coded, compared.columns, most=10, random=np.random.default_rng(1))
    assert found == pytest.approx(expected)
    measured = run("three_way", compared)
    assert measured.value == pytest.approx(np.mean(list(expected.values())))
    assert measured.figures["c0"] == pytest.approx(np.mean([d for t, d in expected.items() if "c0" in t]))


def test_three_columns_see_what_no_two_of_them_do() -> None:
    random = np.random.default_rng(1)
    one, two = random.random(4000) < 0.5, random.random(4000) < 0.5
    real = pa.table({"a": one, "b": two, "c": one ^ two})
    made = pa.table({"a": one, "b": two, "c": random.random(4000) < 0.5})
    assert run("two_way", of(real, made)).value < 0.03
    assert run("three_way", of(real, made)).value == pytest.approx(0.5, abs=0.03)


def test_of_many_triples_as_many_are_drawn_as_is_said_and_all_different() -> None:
    compared = of(few_values(60, 30, seed=1), few_values(60, 30, seed=2))
    found = three_way(compared.coded, compared.columns, most=200, random=np.random.default_rng(1))
    assert len(found) == 200
    assert len({frozenset(triple) for triple in found}) == 200
    assert all(len(set(triple)) == 3 for triple in found)
    everything = three_way(compared.coded, compared.columns, most=5000, random=np.random.default_rng(1))
    assert len(everything) == 30 * 29 * 28 // 6
    # the mean of a sample of triples is near that of all
    assert np.mean(list(found.values())) == pytest.approx(np.mean(list(everything.values())), rel=0.05)


def test_two_columns_have_no_triple() -> None:
    assert nothing("three_way", of(few_values(60, 2, seed=1), few_values(60, 2, seed=2)))


# --- correlations ---


def test_correlations_differ_by_what_was_lost() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=4000)
    real = pa.table({"x": x, "y": x, "z": random.normal(size=4000)})
    made = pa.table({"x": x, "y": random.permutation(x), "z": real["z"]})
    found = run("correlations", of(real, made))
    assert found.value == pytest.approx(1 / 3, abs=0.03)  # one pair of three
    assert found.figures["x"] == pytest.approx(0.5, abs=0.03)
    assert found.figures["z"] == pytest.approx(0, abs=0.03)
    assert "other columns (Cramer's V)" not in found.figures


def test_what_fell_and_now_rises_is_further_off_than_what_is_gone() -> None:
    x = np.random.default_rng(1).normal(size=500)
    assert run("correlations", of(pa.table({"x": x, "y": x}), pa.table({"x": x, "y": -x}))).value == pytest.approx(2)


def test_a_column_that_stopped_varying_has_lost_its_connections() -> None:
    x = np.arange(100.0)
    real, made = pa.table({"x": x, "y": x}), pa.table({"x": x, "y": np.ones(100)})
    assert run("correlations", of(real, made)).value == pytest.approx(1)
    assert nothing("correlations", of(made, made))


# --- what is missing ---


def test_missing_values_are_counted_together() -> None:
    def table(*rows: tuple[int | None, int | None, int | None]) -> pa.Table:
        return pa.table({n: pa.array([row[j] for row in rows] * 10, pa.int64()) for j, n in enumerate("abc")})

    real = table((None, None, 1), (None, None, 2), (3, 4, 5), (6, 7, 8), (9, 9, 9))
    made = table((None, 2, 1), (3, None, 1), (None, 2, 1), (3, None, 1), (9, 9, 9))
    found = run("missingness", of(real, made))
    assert found.figures == pytest.approx({"a": 0, "b": 0, "a, b": 0.4})
    assert found.value == pytest.approx(0.4 / 3)


def test_nothing_missing_is_no_difference() -> None:
    assert run("missingness", of(few_values(60, 2, seed=1), few_values(60, 2, seed=2))) == Measured(value=0.0)


def test_not_a_number_is_missing_too() -> None:
    x = np.arange(100.0)
    assert run("missingness", of(pa.table({"x": x}), pa.table({"x": np.where(x < 30, np.nan, x)}))).value == 0.3


# --- what is reached ---


@pytest.mark.parametrize(
    ("low", "high", "range_", "ends"),
    [(0, 1000, 1.0, 1.0), (0, 500, 0.5, 0.5), (250, 750, 0.5, 0.0), (5000, 6000, 0.0, 0.5), (-1000, 2000, 1.0, 1.0)],
)
def test_ranges_are_reached_as_far_as_they_overlap(low: int, high: int, range_: float, ends: float) -> None:
    real = pa.table({"x": np.linspace(0, 1000, 1001)})
    found = run("coverage", of(real, pa.table({"x": np.linspace(low, high, 1001)})))
    assert found.figures["all ranges"] == pytest.approx(range_, abs=0.02)
    assert found.figures["all ends"] == pytest.approx(ends, abs=0.02)
    assert found.value == found.figures["x"] == pytest.approx((range_ + ends) / 2, abs=0.02)


def test_rare_values_count_and_those_of_a_few_people_do_not() -> None:
    common = ["often"] * 2000
    rare = [f"rare {i}" for i in range(4) for _ in range(12)]
    single = [f"person {i}" for i in range(50)]
    real = pa.table({"a": common + rare + single})
    half = pa.table({"a": [*common, "rare 0", "rare 1", "somebody"]})
    assert run("coverage", of(real, half)).value == 0.5
    assert run("coverage", of(real, pa.table({"a": common + rare}))).value == 1
    assert nothing("coverage", of(pa.table({"a": single * 1}), pa.table({"a": single})))


def test_without_rare_values_the_common_ones_count() -> None:
    real = pa.table({"a": ["a", "b", "c", "d"] * 50})
    assert run("coverage", of(real, pa.table({"a": ["a"] * 100}))).value == 0.25


def test_a_number_that_never_varies_is_reached_where_it_is() -> None:
    real = pa.table({"x": [5.0] * 60})
    assert run("coverage", of(real, pa.table({"x": [5.0] * 60}))).value == 1
    assert run("coverage", of(real, pa.table({"x": [6.0] * 60}))).figures["all ranges"] == 0


# --- telling rows apart ---


def blocks(rows: int, *, seed: int, shift: float = 0.0) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({"x": random.normal(shift, 1, rows), "y": random.normal(size=rows)})


def test_rows_are_told_apart_as_well_as_two_bells_can_be() -> None:
    """Two normal distributions a distance d apart have an area of Phi(d / sqrt 2)."""
    found = run("detection", of(blocks(4000, seed=1), blocks(4000, seed=2, shift=1.0), blocks(2000, seed=3)))
    assert 0.42 < found.value < 2 * 0.7602 - 1 + 0.03  # no classifier does better, and ours a little worse
    assert abs(found.figures["real rows from other real rows"]) < 0.08
    assert 0 <= found.figures["pMSE"] <= 0.25


def test_control_rows_that_are_not_like_the_others_end_it() -> None:
    with pytest.raises(CheckFailed, match="not drawn at random"):
        run("detection", of(blocks(2000, seed=1), blocks(2000, seed=2), blocks(2000, seed=3, shift=1.0)))


def test_too_few_synthetic_rows_teach_no_classifier() -> None:
    with pytest.raises(CheckFailed, match="too few rows"):
        run("detection", of(blocks(2000, seed=1), blocks(15, seed=2), blocks(500, seed=3)))


def test_rows_of_one_unit_are_never_taught_and_tried_at_once() -> None:
    """Each unit has forty equal rows of its own: whoever saw one knows them all, and real and made are yet alike."""

    def rows(units: int, seed: int) -> pa.Table:
        return pa.table({"x": np.repeat(np.random.default_rng(seed).random(units), 40)})

    whole = of(rows(100, 1), rows(100, 2), rows(100, 3))
    by_unit = dataclasses.replace(whole, owner=np.arange(len(whole.owner)) // 40)
    with pytest.raises(CheckFailed, match="not drawn at random"):
        run("detection", whole)
    assert abs(run("detection", by_unit).value) < 0.25


# --- tasks and subgroups ---


def pupils(rows: int, *, seed: int, broken_for: str = "") -> pa.Table:
    """``passed`` follows from ``hours``, the same way in both schools; in synthetic rows not for one of them."""
    random = np.random.default_rng(seed)
    hours, school = random.normal(size=rows), np.where(random.random(rows) < 0.7, "north", "south")
    passed = hours + random.normal(0, 0.5, rows) > 0
    passed = np.where(school == broken_for, random.random(rows) < 0.5, passed)
    return pa.table({"hours": hours, "school": school, "passed": passed, "other": random.random(rows) < 0.5})


def taught(synthetic: pa.Table) -> Compared:
    return of(pupils(3000, seed=1), synthetic, pupils(2000, seed=2))


def test_the_worst_task_counts_and_all_are_shown() -> None:
    x = np.random.default_rng(5)
    made = pupils(3000, seed=3)
    made = made.set_column(1, "school", made["school"].take(pa.array(x.permutation(3000))))
    criteria = CriteriaClause(task="passed", tasks=["hours"])
    found = run("usefulness", taught(made), criteria)
    assert found.value == min(found.figures["passed"], found.figures["hours"])
    assert found.value > 0.9
    assert found.figures["passed: AUC from real rows"] == pytest.approx(0.93, abs=0.03)
    assert found.figures["passed: F1 from synthetic rows"] > 0.8
    assert "hours: R2 from synthetic rows" in found.figures
    assert "passed: R2 from real rows" not in found.figures


def test_one_hopeless_task_ends_all() -> None:
    with pytest.raises(CheckFailed, match="task column other"):
        run("usefulness", taught(pupils(3000, seed=3)), CriteriaClause(task="passed", tasks=["other"]))
    assert nothing("usefulness", taught(pupils(3000, seed=3)))


def test_a_school_of_which_nothing_is_learned_is_found() -> None:
    criteria = CriteriaClause(task="passed")
    fair, unfair = taught(pupils(3000, seed=3)), taught(pupils(3000, seed=3, broken_for="south"))
    assert run("fairness", fair, criteria).value < 0.02
    found = run("fairness", unfair, criteria)
    assert found.value > 0.25
    assert found.figures["school"] == found.value
    assert found.figures["other"] < 0.05
    assert "hours" not in found.figures


def test_a_small_group_is_not_called_badly_served_for_being_small() -> None:
    """Few synthetic rows teach less about everybody, and by chance still less about one of six small groups."""

    def with_groups(table: pa.Table, seed: int) -> pa.Table:
        random = np.random.default_rng(seed)
        for group in range(6):
            table = table.append_column(f"group {group}", pa.array(random.random(table.num_rows) < 0.03))
        return table

    compared = of(
        with_groups(pupils(3000, seed=1), 1), with_groups(pupils(150, seed=3), 2), with_groups(pupils(2000, seed=2), 3)
    )
    lesson = compared.lesson("passed")
    loss = lesson.area(lesson.real) - lesson.area(lesson.made)
    small = [compared.bins[column][0][lesson.rows] == 0 for column in range(4, 10)]
    small = [group if group.sum() < 200 else ~group for group in small]
    chance = max(2 * (lesson.area(lesson.real, group) - lesson.area(lesson.made, group) - loss) for group in small)
    assert chance > 0.03
    assert run("fairness", compared, CriteriaClause(task="passed")).value < 0.01


def test_fairness_without_a_task_is_nothing_unless_the_policy_asks_for_it() -> None:
    compared = taught(pupils(3000, seed=3))
    assert nothing("fairness", compared)
    with pytest.raises(CheckFailed, match="there is no task"):
        run("fairness", compared, CriteriaClause(fairness=0.1))


# --- time ---


def days(numbers: Any) -> pa.Table:
    first = dt.date(2020, 1, 1)
    return pa.table({"day": pa.array([first + dt.timedelta(int(n)) for n in numbers]), "n": pa.array(list(numbers))})


def test_rows_are_compared_over_time() -> None:
    real = days(range(1000))
    assert run("series", of(real, real)).value == 0
    assert run("series", of(real, days(range(500)))).value == pytest.approx(0.5, abs=0.02)
    assert run("series", of(real, days(range(2000, 3000)))).value == pytest.approx(0.98, abs=0.005)
    assert set(run("series", of(real, real)).figures) == {"day"}
    assert nothing("series", of(real.select(["n"]), real.select(["n"])))


def test_a_season_that_was_lost_is_seen() -> None:
    year = np.repeat(np.arange(1000), 1 + 4 * ((np.arange(1000) // 100) % 2))
    flat = np.linspace(0, 999, len(year)).astype(int)
    # half of the stretches have 1/6 of the rows instead of a half
    assert run("series", of(days(year), days(flat))).value == pytest.approx(1 / 3, abs=0.03)


def test_histories_are_compared_over_time_and_with_their_owners() -> None:
    made = arena(people(400, seed=1), people(200, seed=2), people(400, seed=3))
    visits = next(history for history in made.histories if history.table == VISITS)
    compared = of_history(visits, seed=1)
    assert set(run("series", compared).figures) == {"day"}
    assert {"rows per owner", "day", "day: gap"} <= set(run("one_way", compared).figures)
    assert {"with the owner", "with the number of rows", "row after row"} <= set(run("two_way", compared).figures)


# --- rows that cannot be compared ---


def test_rows_are_made_once_whether_they_can_be_compared_or_not() -> None:
    calls: list[int] = []

    def make() -> Compared:
        calls.append(1)
        raise CheckFailed("there is nothing")

    known = once(make)
    for _ in range(3):
        with pytest.raises(CheckFailed, match="there is nothing"):
            known()
    assert len(calls) == 1


def test_what_is_compared_does_not_print_itself() -> None:
    assert repr(of(few_values(60, 2, seed=1), few_values(60, 2, seed=2))) == "<Compared people: rows withheld>"
