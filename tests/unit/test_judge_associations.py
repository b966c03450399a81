"""Associations against the definitions, written out the long way, and against another library where that has them."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from gateway.raw.judge.associations import Associations, associations, cramers_v, eta
from gateway.raw.judge.codes import encode
from gateway.raw.judge.utility import binned
from gateway.vocabulary.names import ColumnName


def of(**columns: object) -> Associations:
    frame = pa.table(columns)
    names = [ColumnName(name) for name in frame.column_names]
    codes = encode(frame, frame, frame, names)
    return associations(codes, [binned(codes, column) for column in range(len(names))], slice(0, frame.num_rows))


def numbers(rows: int, *, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return x, np.exp(x + random.normal(size=rows)).round(1)


def test_numbers_have_the_correlations_of_the_textbook() -> None:
    x, y = numbers(500)
    found = of(x=x, y=y)
    assert found.linear[0, 1] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert found.ranked[0, 1] == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.shown[1, 0] == found.ranked[0, 1]
    assert np.isnan(found.mixed).all()
    assert np.isnan(found.listed).all()


def test_rows_without_one_of_the_two_numbers_are_left_out_of_the_pair_alone() -> None:
    x, y = numbers(400)
    z = -x
    gone = x < 0.5
    found = of(x=pa.array(x), y=pa.array(y, mask=gone), z=pa.array(z, mask=~gone))
    assert found.linear[0, 1] == pytest.approx(np.corrcoef(x[~gone], y[~gone])[0, 1])
    assert found.linear[0, 2] == pytest.approx(-1)
    assert np.isnan(found.linear[1, 2])  # no row has both


def test_infinity_counts_among_the_ranks_and_not_among_the_numbers() -> None:
    x, y = numbers(300)
    far = y.copy()
    far[:10], far[10:20] = np.inf, -np.inf
    found = of(x=x, y=far)
    assert found.linear[0, 1] == pytest.approx(np.corrcoef(x[20:], y[20:])[0, 1])
    assert found.ranked[0, 1] == pytest.approx(stats.spearmanr(x, far).statistic)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e140])
def test_scale_and_place_change_no_correlation(scale: float) -> None:
    x, y = numbers(300)
    assert of(x=x, y=y * scale + 7 * scale).linear[0, 1] == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_a_few_microseconds_of_this_year_are_told_apart() -> None:
    ticks = np.random.default_rng(1).integers(0, 100, 300)
    when = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(s)) for s in ticks]
    moments = pa.array([each.replace(tzinfo=None) for each in when], pa.timestamp("us"))
    assert of(when=moments, s=ticks).linear[0, 1] == pytest.approx(1)


def brute_eta(values: NDArray[np.float64], group: NDArray[np.int64]) -> float:
    groups = np.unique(group)
    within = sum(((values[group == g] - values[group == g].mean()) ** 2).sum() for g in groups)
    whole = ((values - values.mean()) ** 2).sum()
    squared = 1 - within / (len(values) - len(groups)) / (whole / (len(values) - 1))
    return math.sqrt(max(0.0, squared))


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3)), min_size=6, max_size=60))
def test_eta_is_what_its_definition_says(rows: list[tuple[int, int]]) -> None:
    values, group = np.array([float(v) for v, _ in rows]), np.array([g for _, g in rows])
    found = eta(values, group, 5)
    if len(set(group)) < 2 or len(set(values)) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(brute_eta(values, group), abs=1e-6)
        assert 0 <= found <= 1


def brute_v(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Bergsma 2013, by way of scipy's chi-squared."""
    table = stats.contingency.crosstab(one, other).count
    n, (r, c) = table.sum(), table.shape
    squared = max(0.0, stats.chi2_contingency(table, correction=False).statistic / n - (r - 1) * (c - 1) / (n - 1))
    return math.sqrt(squared / (min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=12, max_size=80))
def test_cramers_v_is_what_its_definition_says(rows: list[tuple[int, int]]) -> None:
    one, other = np.array([a for a, _ in rows]), np.array([b for _, b in rows])
    found = cramers_v((one, 5), (other, 4))
    if len(set(one)) < 2 or len(set(other)) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(min(1.0, brute_v(one, other)), abs=1e-6)


def test_what_follows_is_one_and_what_has_nothing_to_do_with_it_is_about_nought() -> None:
    random = np.random.default_rng(1)
    letter = random.integers(0, 5, 2000)
    found = of(
        a=[f"a{i}" for i in letter],
        same=[f"b{i % 3}" for i in letter],
        other=[f"c{i}" for i in random.integers(0, 50, 2000)],
        number=letter * 10,
        noise=random.normal(size=2000),
    )
    shown = found.shown
    assert shown[0, 1] == pytest.approx(1, abs=0.001)
    assert shown[0, 3] == pytest.approx(1)
    assert shown[0, 2] < 0.1  # unadjusted, 5 x 50 cells would show .16 of nothing
    assert shown[2, 4] < 0.1
    assert abs(shown[3, 4]) < 0.1
    assert np.array_equal(shown, shown.T, equal_nan=True)


def test_columns_that_do_not_vary_have_no_association() -> None:
    found = of(
        x=np.arange(60.0), one=["a"] * 60, none=pa.array([None] * 60, pa.string()), nought=np.zeros(60),
        empty=pa.array([None] * 60, pa.float64()), ends=[float("inf")] * 60, b=["a", "b"] * 30,
    )  # fmt: skip
    shown = found.shown
    assert not np.isnan(shown[0, 6])
    shown[0, 6] = shown[6, 0] = np.nan
    np.fill_diagonal(shown, np.nan)
    assert np.isnan(shown).all()


def test_of_many_rows_some_are_looked_at_and_the_same_of_equal_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = numbers(400)
    monkeypatch.setattr("gateway.raw.judge.associations.MOST", 150)
    some = slice(0, 400, 3)
    assert of(x=x, y=y).linear[0, 1] == pytest.approx(np.corrcoef(x[some], y[some])[0, 1])
