"""Areas, errors and scores of lessons against their definitions, and numbers that are foretold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from gateway.raw.judge.codes import Codes, encode
from gateway.raw.judge.lessons import Lesson, area_under, estimate, lesson
from gateway.vocabulary.names import ColumnName


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60))
def test_the_area_is_how_often_a_positive_row_is_ahead(rows: list[tuple[int, bool]]) -> None:
    score, positive = np.array([float(s) for s, _ in rows]), np.array([p for _, p in rows])
    if positive.all() or not positive.any():
        return
    ahead = [(a > b) + (a == b) / 2 for a in score[positive] for b in score[~positive]]
    assert area_under(score, positive) == pytest.approx(np.mean(ahead))
    assert area_under(score, positive) == pytest.approx(roc_auc_score(positive, score))


def taught() -> Lesson:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 300)
    likely = np.zeros((300, 11))
    likely[np.arange(300), labels] = random.random(300)
    likely[:, :3] += random.random((300, 3))
    return Lesson(rows=np.arange(300), labels=labels, classes=(0, 1, 2), real=likely, made=likely)


def test_f1_is_the_mean_of_the_classes() -> None:
    found = taught()
    assert found.f1(found.real) == pytest.approx(
        f1_score(found.labels, found.real.argmax(axis=1), labels=[0, 1, 2], average="macro")
    )


def test_a_part_is_tried_by_itself_and_one_too_small_is_not_a_number() -> None:
    found = taught()
    half = np.arange(300) < 150
    expected = np.mean([roc_auc_score(found.labels[half] == c, found.real[half, c]) for c in range(3)])
    assert found.area(found.real, half) == pytest.approx(expected)
    assert np.isnan(found.area(found.real, np.arange(300) < 12))
    assert np.isnan(found.error(0.7, np.arange(300) < 12))
    assert found.error(0.7, half) > found.error(0.7)


def test_a_lesson_does_not_print_its_rows() -> None:
    assert "withheld" in repr(taught())


COLUMNS = [ColumnName("x"), ColumnName("y")]


def rows(count: int, seed: int, *, noise: float = 0.5, broken: bool = False) -> pa.Table:
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    y = x + random.normal(0, noise, count)
    return pa.table({"x": x, "y": random.permutation(y) if broken else y})


def coded(synthetic: pa.Table) -> Codes:
    return encode(rows(1500, 1), rows(800, 2), synthetic, COLUMNS)


def test_a_number_is_foretold_as_well_as_its_noise_lets_it() -> None:
    found = estimate(coded(rows(1500, 3)), COLUMNS, task="y", seed=1)
    assert found is not None
    # the variance of y is 1 + .25, of which the .25 cannot be foretold
    assert found.r2[0] == pytest.approx(0.8, abs=0.06)
    assert found.r2[1] == pytest.approx(0.8, abs=0.06)
    assert found.error[1] == pytest.approx(found.error[0], abs=0.05)


def test_rows_without_the_relation_foretell_no_better_than_the_median() -> None:
    found = estimate(coded(rows(1500, 3, broken=True)), COLUMNS, task="y", seed=1)
    assert found is not None
    assert found.r2[1] < 0.05
    assert found.error[1] > 0.95
    assert found.error[0] < 0.55


@pytest.mark.parametrize("y", [["a"] * 800, [1.0] * 800, [float("inf")] * 800, [float("nan")] * 800])
def test_what_is_no_number_or_never_varies_is_not_foretold(y: list[object]) -> None:
    frame = pa.table({"x": np.arange(800.0), "y": y})
    assert estimate(encode(frame, frame, frame, COLUMNS), COLUMNS, task="y", seed=1) is None


def test_a_synthetic_table_without_the_number_is_not_asked() -> None:
    empty = pa.table({"x": np.arange(100.0), "y": pa.array([None] * 100, pa.float64())})
    assert estimate(coded(empty), COLUMNS, task="y", seed=1) is None
    assert lesson(coded(empty), COLUMNS, task="y", seed=1).usefulness == 0


def test_of_many_rows_and_columns_some_are_taught_and_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lesson(coded(rows(1500, 3)), COLUMNS, task="y", seed=1)
    monkeypatch.setattr("gateway.raw.judge.lessons._MOST_CELLS", 1400)
    some = lesson(coded(rows(1500, 3)), COLUMNS, task="y", seed=1)
    assert (len(whole.rows), len(some.rows)) == (800, 700)
    assert len(set(some.rows.tolist())) == 700
    assert set(some.rows.tolist()) <= set(whole.rows.tolist())
    assert some.usefulness == pytest.approx(1, abs=0.1)
