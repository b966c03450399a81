"""The kernels alone: their stationary distribution, their bookkeeping, their numerics."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.estimation import gibbs
from gateway.estimation.consistency import Association
from gateway.estimation.fitting import column_counts, relax
from gateway.estimation.layout import Layout, lay_out, starts


def model_of(layout: Layout, tables: list[np.ndarray], bias: np.ndarray) -> gibbs.Model:
    once = np.concatenate([np.empty(0)] + [table.ravel() for table in tables]).astype(np.float32)
    return gibbs.Model(
        links=layout.links, start=starts(layout.cells), bias=bias.astype(np.float64), potential=layout.both_ways(once)
    )


def state(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, size=1, dtype=np.uint64)


def test_sweeps_converge_to_the_distribution_their_potentials_say() -> None:
    random = np.random.default_rng(0)
    layout = lay_out([2, 3, 4], [(0, 1), (0, 2), (1, 2)])
    ab, ac, bc = (np.exp(random.normal(0, 1, shape)) for shape in [(2, 3), (2, 4), (3, 4)])
    a, b, c = (random.random(size) + 0.1 for size in (2, 3, 4))
    exact = np.einsum("i,j,k,ij,ik,jk->ijk", a, b, c, ab, ac, bc)
    rows = np.zeros((40_000, 3), dtype=np.int32)
    moved, model = state(1), model_of(layout, [ab, ac, bc], np.concatenate([a, b, c]))
    for _ in range(25):
        gibbs.sweep(rows, moved, model)
    seen = np.zeros((2, 3, 4))
    np.add.at(seen, tuple(rows.T), 1)
    assert 0.5 * np.abs(seen / seen.sum() - exact / exact.sum()).sum() < 0.012  # 24 cells, 40,000 draws: .009 expected


def test_counting_agrees_with_brute_force() -> None:
    layout = lay_out([2, 5, 3], [(0, 1), (1, 2)])
    rows = np.random.default_rng(0).integers(0, [2, 5, 3], (1_000, 3)).astype(np.int32)
    counts = np.zeros(layout.size, dtype=np.int64)
    gibbs.count(rows, layout.links, counts)
    for (a, b), (part, height, width) in zip(layout.pairs, layout.tables(), strict=True):
        expected = np.zeros((height, width), dtype=np.int64)
        np.add.at(expected, (rows[:, a], rows[:, b]), 1)
        assert counts[part].tolist() == expected.ravel().tolist()


def excess_of(layout: Layout, rows: np.ndarray, wanted: np.ndarray, step: np.ndarray) -> gibbs.Excess:
    counts = np.zeros(layout.size, dtype=np.int64)
    gibbs.count(rows, layout.links, counts)
    one = column_counts(rows, layout.cells)
    return gibbs.Excess(
        pair=layout.both_ways(((counts - wanted) * step).astype(np.float32)),
        pair_step=layout.both_ways(step.astype(np.float32)),
        one=one - one.mean(),
        one_step=np.ones(one.size),
    )


def test_polishing_keeps_its_books() -> None:
    random = np.random.default_rng(0)
    layout = lay_out([2, 3, 4], [(0, 1), (0, 2), (1, 2)])
    rows = random.integers(0, [2, 3, 4], (500, 3)).astype(np.int32)
    wanted, step = random.random(layout.size) * 40, random.random(layout.size) + 0.1
    excess = excess_of(layout, rows, wanted, step)
    one_before, counted_before = excess.one.copy(), column_counts(rows, layout.cells)
    before = rows.copy()
    gibbs.polish(rows, state(2), model_of(lay_out([2, 3, 4], []), [], np.ones(9)), layout.links, excess)
    assert (rows != before).mean() > 0.2
    assert excess.pair == pytest.approx(excess_of(layout, rows, wanted, step).pair, abs=1e-3)
    assert excess.one - one_before == pytest.approx(column_counts(rows, layout.cells) - counted_before)


def test_a_row_is_not_pushed_away_from_where_it_is_by_its_own_count() -> None:
    layout = lay_out([2, 2], [(0, 1)])
    model, moved, stayed = model_of(lay_out([2, 2], []), [], np.ones(4)), state(3), 0
    for _ in range(2_000):
        rows = np.zeros((1, 2), dtype=np.int32)
        excess = excess_of(layout, rows, np.full(4, 0.25), np.full(4, 3.0))
        gibbs.polish(rows, moved, model, layout.links, excess)
        stayed += int(rows[0, 0] == 0)
    assert 900 < stayed < 1_100


def test_two_hundred_strong_potentials_neither_overflow_nor_underflow() -> None:
    columns = 201
    layout = lay_out([2] * columns, [(0, j) for j in range(1, columns)])
    for weight in (np.exp(8.0), np.exp(-8.0)):
        tables = [np.array([[1.0, 1.0], [weight, weight]])] * (columns - 1)
        rows = np.full((1, columns), 0 if weight > 1 else 1, dtype=np.int32)
        gibbs.sweep(rows, state(4), model_of(layout, tables, np.ones(2 * columns)))
        assert rows[0, 0] == (1 if weight > 1 else 0)


def test_impossible_weights_leave_a_row_where_it_is() -> None:
    rows = np.full((3, 1), 2, dtype=np.int32)
    gibbs.sweep(rows, state(5), model_of(lay_out([4], []), [], np.zeros(4)))
    assert rows.ravel().tolist() == [2, 2, 2]


def test_fitted_potentials_satisfy_the_ridge_equation_and_lie_the_same_both_ways() -> None:
    ones = [np.array([500.0, 300.0, 200.0]), np.array([600.0, 400.0])]
    independent = np.outer(ones[0], ones[1]) / 1_000
    target = independent + np.array([[120.0, -120.0], [-60.0, 60.0], [-60.0, 60.0]])
    ridge = 100.0
    fit = relax(
        [Association(pair=(0, 1), target=target, ridge=np.full((3, 2), ridge))],
        ones,
        np.zeros((20_000, 2), dtype=np.int32),
        [(0, 1)],
        sweeps=200,
        state=state(6),
        progress=lambda _step, _share: None,
    )
    theta = np.log(fit.model.potential[:6].reshape(3, 2).astype(float))
    expected = fit.expected.reshape(3, 2) * 1_000
    assert theta == pytest.approx((target - expected) / ridge, abs=0.05)
    assert np.abs(theta).max() > 0.2
    assert fit.model.potential[6:].reshape(2, 3).tolist() == fit.model.potential[:6].reshape(3, 2).T.tolist()
