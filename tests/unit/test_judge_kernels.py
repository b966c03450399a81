"""The compiled loops, against the same written out plainly."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.raw.judge.kernels import (
    NOBODY,
    SEVERAL,
    close_by,
    isolated,
    nearest,
    nearest_few,
    nearest_without,
    occurrences,
    sorted_rows,
)


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
    begin = np.where(np.arange(30) % 2, random.integers(0, 300, 30), 0)
    order = (np.arange(300)[None] + begin[:, None]) % 300
    expected = np.argsort(np.take_along_axis(apart, order, axis=1), axis=1, kind="stable")[:, :5]
    expected = np.take_along_axis(order, expected, axis=1)
    assert nearest_few(queries, np.ascontiguousarray(rows.T), begin, 5).tolist() == expected.tolist()


def test_of_fewer_rows_than_wanted_all_are_found() -> None:
    rows = np.array([[0.5], [0.0]], dtype=np.float32)
    nought = np.zeros(1, dtype=np.int64)
    found = nearest_few(np.zeros((1, 1), dtype=np.float32), np.ascontiguousarray(rows.T), nought, 4)
    assert found.tolist() == [[1, 0, NOBODY, NOBODY]]


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_without_a_column_is_that_of_brute_force_and_the_first_of_equals(seed: int) -> None:
    """Grids of fifths and thirds, so that many rows are equally far, and sums do not come out even."""
    random = np.random.default_rng(seed)
    width = [1, 2, 3, 5, 9, 20][seed]
    rows = (random.integers(0, 4, (500, width)) / random.choice([1, 3, 5], width)).astype(np.float32)
    rows[random.random(rows.shape) < 0.1] = -1000
    queries = np.concatenate([rows[::20], (random.integers(0, 4, (30, width)) / 3).astype(np.float32)])
    left_out = random.permutation(width)[: max(1, width - 1)]
    begin = random.integers(0, 500, len(queries)) * (np.arange(len(queries)) % 2)
    order = (np.arange(500)[None] + begin[:, None]) % 500
    apart = np.minimum(np.float32(1), np.abs(queries[:, None] - rows[None]))
    for place, column in enumerate(left_out):
        before, after = np.zeros(apart.shape[:2], np.float32), np.zeros(apart.shape[:2], np.float32)
        for c in range(column):
            before += apart[:, :, c]
        for c in range(width - 1, column, -1):
            after += apart[:, :, c]
        first = np.argmin(np.take_along_axis(before + after, order, axis=1), axis=1)
        got = nearest_without(queries, np.ascontiguousarray(rows.T), begin, left_out)[:, place]
        assert got.tolist() == order[np.arange(len(queries)), first].tolist()


def test_without_its_only_column_every_row_is_as_near_and_among_no_rows_none_is() -> None:
    rows = np.array([[0.5], [0.0]], dtype=np.float32)
    only = np.zeros(1, dtype=np.int64)
    begin = np.array([0, 1])
    assert nearest_without(rows, np.ascontiguousarray(rows.T), begin, only).tolist() == [[0], [1]]
    nobody = nearest_without(rows, np.empty((1, 0), dtype=np.float32), 0 * begin, only)
    assert nobody.tolist() == [[NOBODY], [NOBODY]]


@pytest.mark.parametrize("seed", range(5))
def test_rows_close_by_are_those_of_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    width = 2 + seed
    rows = (random.integers(0, 6, (200, width)) / 4).astype(np.float32)
    rows[::7, 0] = -1000
    queries = np.concatenate([rows[:20], (random.integers(0, 6, (60, width)) / 4 + 0.1).astype(np.float32)])
    skip = np.where(np.arange(80) < 10, np.arange(80), -1)
    slight = np.where(np.arange(width) % 2, 0.0, 0.125 + 0.001).astype(np.float32)
    near = (np.abs(queries[:, None] - rows[None]) <= slight).all(axis=2)
    near[np.arange(10), np.arange(10)] = False
    got = close_by(queries, np.ascontiguousarray(rows.T), slight, skip)
    assert got.tolist() == near.any(axis=1).tolist()
    assert 0 < got.sum() < 80


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("targets", [0, 1, 300])
def test_combinations_are_counted_as_by_brute_force(seed: int, targets: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.integers(-1, 3 + 40 * (seed % 2), (400, 5)).astype(np.int32)
    wanted = np.concatenate([rows, random.integers(-1, 50, (200, 5)).astype(np.int32)])
    wanted = random.permutation(wanted)[:targets]
    columns = random.permutation(5)[: seed + 1]
    expected = (wanted[:, None, columns] == rows[None, :, columns]).all(axis=2).sum(axis=1)
    assert occurrences(wanted, rows, columns).tolist() == expected.tolist()


def test_all_rows_stand_together_in_no_column() -> None:
    rows = np.zeros((7, 2), dtype=np.int32)
    assert occurrences(rows[:2], rows, np.empty(0, dtype=np.int64)).tolist() == [7, 7]


def test_every_loop_is_compiled_once_whatever_it_is_given() -> None:
    """A second signature would be seconds more of compiling for whoever meets it first."""
    for kernel in (nearest, nearest_few, nearest_without, close_by, occurrences, isolated):
        assert len(kernel.signatures) <= 1


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
