"""Distances against closed forms; usefulness on tasks whose answer is known."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

from gateway.raw.judge.codes import Codes, encode
from gateway.raw.judge.lessons import usefulness
from gateway.raw.judge.utility import Distances, distances
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName


def names(frame: pa.Table) -> list[ColumnName]:
    return [ColumnName(name) for name in frame.column_names]


def compared(real: pa.Table, synthetic: pa.Table) -> Distances:
    return distances(encode(real, real, synthetic, names(real)), names(real))


def mixed(rows: int, *, seed: int = 1) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "number": pa.array(random.lognormal(0, 1, rows), mask=random.random(rows) < 0.1),
            "text": pa.array([f"v{i}" for i in random.integers(0, 5, rows)], mask=random.random(rows) < 0.1),
            "flag": random.random(rows) < 0.3,
        }
    )


def test_a_copy_is_at_no_distance() -> None:
    frame = mixed(500)
    found = compared(frame, frame)
    assert (found.mean_one_way, found.mean_two_way) == (0, 0)
    assert set(found.one_way) == set(frame.column_names)
    assert set(found.two_way) == set(itertools.combinations(frame.column_names, 2))


def test_nothing_in_common_is_at_full_distance() -> None:
    real = pa.table({"a": ["x"] * 60, "b": pa.array([1.0] * 60)})
    other = pa.table({"a": ["y"] * 60, "b": pa.array([None] * 60, pa.float64())})
    found = compared(real, other)
    assert (found.mean_one_way, found.mean_two_way) == (1, 1)


def test_shares_are_compared_as_the_formula_says() -> None:
    real = pa.table({"a": ["x"] * 30 + ["y"] * 50 + [None] * 20})
    other = pa.table({"a": ["x"] * 10 + ["y"] * 10 + ["z"] * 60 + [None] * 20})
    assert compared(real, other).mean_one_way == pytest.approx((0.2 + 0.4 + 0.6) / 2)
    assert compared(real, other).mean_two_way == compared(real, other).mean_one_way  # one column has no pair


def test_a_pair_sees_a_relation_that_columns_alone_do_not() -> None:
    random = np.random.default_rng(1)
    a = random.random(4000) < 0.5
    real = pa.table({"a": a, "b": a})
    other = pa.table({"a": a, "b": random.permutation(a)})
    found = compared(real, other)
    assert found.mean_one_way == 0
    assert found.mean_two_way == pytest.approx(0.5, abs=0.03)


def test_numbers_are_put_into_twenty_bins_of_the_real_column() -> None:
    real = pa.table({"a": pa.array(range(2000))})
    within = pa.table({"a": pa.array([number - number % 100 for number in range(2000)])})
    upper = pa.table({"a": pa.array(range(1000, 3000))})
    assert compared(real, within).mean_one_way == pytest.approx(0, abs=0.03)
    assert compared(real, upper).mean_one_way == pytest.approx(0.5, abs=0.01)


def test_a_frequent_number_has_a_bin_of_its_own() -> None:
    real = pa.table({"a": pa.array([0] * 1000 + list(range(1, 1001)))})
    other = pa.table({"a": pa.array([1] * 1000 + list(range(1, 1001)))})
    assert compared(real, other).mean_one_way == pytest.approx(0.5, abs=0.01)


def test_values_beyond_the_hundred_most_frequent_are_one_cell() -> None:
    common = [f"common {i}" for i in range(100)] * 10
    real = pa.table({"a": [*common, *(f"rare {i}" for i in range(500))]})
    other = pa.table({"a": [*common, *(f"other {i}" for i in range(500))]})
    assert compared(real, other).mean_one_way == 0


def test_two_samples_of_one_population_are_as_far_apart_as_the_docstring_says() -> None:
    found = compared(pa.table({"a": mixed(4000)["number"]}), pa.table({"a": mixed(4000, seed=2)["number"]}))
    assert found.mean_one_way == pytest.approx(np.sqrt(21 / (np.pi * 4000)), rel=0.4)


def lesson(rows: int, *, seed: int, noise: float = 0.3, classes: int = 2) -> pa.Table:
    """Rows whose ``target`` follows from ``x`` and the text ``t``, but for noise."""
    random = np.random.default_rng(seed)
    x, t = random.normal(size=rows), random.integers(0, 3, rows)
    hidden = x + t + random.normal(0, noise, rows)
    return pa.table(
        {
            "x": pa.array(x, mask=random.random(rows) < 0.05),
            "t": pa.array([f"t{i}" for i in t]),
            "target": pa.array([f"class {int(np.clip(h, 0, classes - 1))}" for h in hidden]),
            "amount": pa.array(hidden),
        }
    )


def arena(synthetic: pa.Table, columns: list[str], *, classes: int = 2) -> tuple[Codes, list[ColumnName]]:
    train, control = lesson(800, seed=1, classes=classes), lesson(600, seed=2, classes=classes)
    kept = [ColumnName(name) for name in columns]
    return encode(train, control, synthetic, kept), kept


@pytest.mark.parametrize(("task", "classes"), [("target", 2), ("target", 4), ("amount", 2)])
def test_rows_of_the_same_kind_teach_as_much(task: str, classes: int) -> None:
    codes, columns = arena(lesson(800, seed=3, classes=classes), ["x", "t", task], classes=classes)
    assert usefulness(codes, columns, task=task, seed=1) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("task", ["target", "amount"])
def test_rows_without_the_relation_teach_nothing(task: str) -> None:
    broken = lesson(1200, seed=3)
    at = broken.column_names.index(task)
    turned = np.random.default_rng(1).permutation(1200)
    broken = broken.set_column(at, task, broken[task].take(turned))
    codes, columns = arena(broken, ["x", "t", task])
    assert usefulness(codes, columns, task=task, seed=1) < 0.3


def test_a_synthetic_table_of_one_class_teaches_nothing() -> None:
    rows = lesson(1200, seed=3)
    rows = rows.set_column(2, "target", pa.array(["class 0"] * 1200))
    codes, columns = arena(rows, ["x", "t", "target"])
    assert usefulness(codes, columns, task="target", seed=1) == 0


def test_the_same_seed_gives_the_same_figure() -> None:
    codes, columns = arena(lesson(800, seed=3), ["x", "t", "target"])
    assert usefulness(codes, columns, task="target", seed=5) == usefulness(codes, columns, task="target", seed=5)


def test_a_number_whose_median_is_its_greatest_is_still_a_task() -> None:
    def rows(count: int, seed: int) -> pa.Table:
        made = lesson(count, seed=seed)
        return pa.table({"x": made["x"], "y": pa.array(np.clip(np.asarray(made["amount"]), -1, 0).round(1))})

    columns = [ColumnName("x"), ColumnName("y")]
    codes = encode(rows(1200, 1), rows(600, 2), rows(1200, 3), columns)
    assert usefulness(codes, columns, task="y", seed=1) == pytest.approx(1, abs=0.1)


def test_yes_or_no_written_as_numbers_is_a_task_even_if_most_are_one() -> None:
    def rows(count: int, seed: int) -> pa.Table:
        made = lesson(count, seed=seed)
        return pa.table({"x": made["x"], "y": pa.array((np.asarray(made["amount"]) > 0.2).astype(int))})

    codes = encode(rows(1200, 1), rows(600, 2), rows(1200, 3), [ColumnName("x"), ColumnName("y")])
    assert usefulness(codes, [ColumnName("x"), ColumnName("y")], task="y", seed=1) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("columns", "task", "told"),
    [
        (["x", "t"], "target", "task column target is not learned"),
        (["target"], "target", "no other column"),
        (["x", "noise"], "noise", "not predict the task column noise better than chance"),
        (["x", "same"], "same", "too few control rows"),
        (["x", "empty"], "empty", "too few control rows"),
    ],
)
def test_a_task_that_cannot_be_judged_says_why(columns: list[str], task: str, told: str) -> None:
    def rows(count: int, seed: int) -> pa.Table:
        made, random = lesson(count, seed=seed), np.random.default_rng(seed)
        made = made.append_column("noise", pa.array(random.random(count) < 0.5))
        made = made.append_column("same", pa.array(["one"] * count))
        return made.append_column("empty", pa.array([None] * count, pa.string()))

    kept = [ColumnName(name) for name in columns]
    codes = encode(rows(600, 1), rows(300, 2), rows(600, 3), kept)
    with pytest.raises(CheckFailed, match=told):
        usefulness(codes, kept, task=task, seed=1)
