"""The compiled loops, against the same written out plainly."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.raw.judge.kernels import NOBODY, SEVERAL, isolated, nearest, nearest_few, sorted_rows


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_row_is_that_of_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    width = 1 + seed
    rows = random.normal(0, 1, (200, width)).astype(np.float32)
    rows[::7, 0] = -1000
    queries = np.concatenate([rows[:10], random.normal(0, 1, (20, width)).astype(np.float32)])
    skip = np.where(np.arange(30) < 5, np.arange(30), -1)
    apart = np.minimum(1, np.abs(queries[:, None] - rows[None])).mean(axis=2)
    apart[np.arange(5), np.arange(5)] = np.inf
    assert nearest(queries, np.ascontiguousarray(rows.T), skip) == pytest.approx(apart.min(axis=1), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_few_are_those_of_brute_force_and_the_first_of_equals(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.integers(0, 4, (300, 1 + seed)).astype(np.float32) / 4
    rows[::7, 0] = -1000
    queries = np.concatenate([rows[:10], random.normal(0, 1, (20, 1 + seed)).astype(np.float32)])
    apart = np.zeros((30, 300), dtype=np.float32)
    for column in range(1 + seed):
        apart += np.minimum(np.float32(1), np.abs(queries[:, column, None] - rows[None, :, column]))
    expected = np.argsort(apart, axis=1, kind="stable")[:, :5]
    assert nearest_few(queries, np.ascontiguousarray(rows.T), 5).tolist() == expected.tolist()


def test_of_fewer_rows_than_wanted_all_are_found() -> None:
    rows = np.array([[0.5], [0.0]], dtype=np.float32)
    found = nearest_few(np.zeros((1, 1), dtype=np.float32), np.ascontiguousarray(rows.T), 4)
    assert found.tolist() == [[1, 0, NOBODY, NOBODY]]


@pytest.mark.parametrize("seed", range(4))
def test_a_rule_finds_the_rows_of_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    cells = random.integers(-1, 12, (150, 4)).astype(np.int32)
    columns = random.integers(0, 4, (400, 3)).astype(np.int32)
    lows = random.integers(-1, 12, (400, 3)).astype(np.int32)
    highs = (lows + random.integers(0, 4, (400, 3))).astype(np.int32)
    highs[::5, 2] = np.iinfo(np.int32).max - 1
    expected = []
    for rule in range(400):
        seen = cells[:, columns[rule]]
        matches = np.flatnonzero(((seen >= lows[rule]) & (seen <= highs[rule])).all(axis=1))
        expected.append(NOBODY if len(matches) == 0 else SEVERAL if len(matches) > 1 else matches[0])
    got = isolated(columns, lows, highs, cells, sorted_rows(cells))
    assert {NOBODY, SEVERAL} < set(expected)
    assert got.tolist() == expected


def test_a_rule_without_conditions_matches_everybody() -> None:
    cells = np.array([[3], [-1]], dtype=np.int32)
    anything = np.array([[np.iinfo(np.int32).max - 1]], dtype=np.int32)
    none = np.array([[0]], dtype=np.int32)
    assert isolated(none, none - 1, anything, cells, sorted_rows(cells)).tolist() == [SEVERAL]
    assert isolated(none, none - 1, anything, cells[:1], sorted_rows(cells[:1])).tolist() == [0]
