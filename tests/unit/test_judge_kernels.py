"""The two compiled loops, against the same written out plainly."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.raw.judge.kernels import NOBODY, SEVERAL, isolated, nearest, sorted_rows


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
