"""The kernels alone: their stationary distribution, their bookkeeping, their numerics."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.estimation import gibbs
from gateway.estimation.consistency import Association
from gateway.estimation.fitting import column_counts, relax
from gateway.estimation.layout import Layout, filled, lay_out


def model_of(layout: Layout, tables: list[np.ndarray], bias: list[np.ndarray]) -> gibbs.Model:
    once = np.concatenate([np.empty(0)] + [table.ravel() for table in tables]).astype(np.float32)
    potential = np.zeros(layout.filled, dtype=np.float32)
    gibbs.spread(once, layout.links, potential)
    return gibbs.Model(links=layout.links, bias=layout.one_way(bias), potential=potential)


def state(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, size=1, dtype=np.uint64)


def test_sweeps_converge_to_the_distribution_their_potentials_say() -> None:
    random = np.random.default_rng(0)
    layout = lay_out([2, 3, 11], [(0, 1), (0, 2), (1, 2)])
    ab, ac, bc = (np.exp(random.normal(0, 1, shape)) for shape in [(2, 3), (2, 11), (3, 11)])
    a, b, c = (random.random(size) + 0.1 for size in (2, 3, 11))
    exact = np.einsum("i,j,k,ij,ik,jk->ijk", a, b, c, ab, ac, bc)
    rows = np.zeros((60_001, 3), dtype=np.uint16)
    moved, model = state(1), model_of(layout, [ab, ac, bc], [a, b, c])
    for _ in range(25):
        gibbs.sweep(rows, moved, model)
    seen = np.zeros((2, 3, 11))
    np.add.at(seen, tuple(rows.T), 1)
    assert 0.5 * np.abs(seen / seen.sum() - exact / exact.sum()).sum() < 0.014  # 66 cells, 60,001 draws: .011 expected


def test_counting_agrees_with_brute_force() -> None:
    layout = lay_out([2, 5, 3], [(0, 1), (1, 2)])
    rows = np.random.default_rng(0).integers(0, [2, 5, 3], (10_000, 3)).astype(np.uint16)
    counts = np.zeros(layout.size, dtype=np.int32)
    gibbs.count(rows, layout.links, counts, 0, 1)
    gibbs.count(rows, layout.links, counts, 1, 2)
    for (a, b), (part, height, width) in zip(layout.pairs, layout.tables(), strict=True):
        expected = np.zeros((height, width), dtype=np.int64)
        np.add.at(expected, (rows[:, a], rows[:, b]), 1)
        assert counts[part].tolist() == expected.ravel().tolist()


def excess_of(layout: Layout, rows: np.ndarray, expected: np.ndarray, pull: float) -> gibbs.Excess:
    counts = np.zeros(layout.size, dtype=np.int32)
    gibbs.count(rows, layout.links, counts, 0, len(layout.pairs))
    pair, step = np.zeros(layout.filled, dtype=np.float32), np.zeros(layout.size, dtype=np.float32)
    gibbs.weigh(counts, expected.astype(np.float32), len(rows), pull, layout.links, pair, step)
    one = np.split(column_counts(rows, layout.cells), np.cumsum(layout.cells)[:-1])
    return gibbs.Excess(
        pair=pair,
        pair_step=step,
        one=layout.one_way([each - each.mean() for each in one], filling=1e30),
        one_step=layout.one_way([np.ones(each.size) for each in one]),
    )


def test_polishing_keeps_its_books() -> None:
    random = np.random.default_rng(0)
    layout = lay_out([2, 3, 12], [(0, 1), (0, 2), (1, 2)])
    rows = random.integers(0, [2, 3, 12], (500, 3)).astype(np.uint16)
    expected = np.concatenate([random.dirichlet(np.ones(part.stop - part.start)) for part, _, _ in layout.tables()])
    excess = excess_of(layout, rows, expected, 5.0)
    one_before, counted_before = (
        excess.one.copy(),
        layout.one_way([*np.split(column_counts(rows, layout.cells), [2, 5])]),
    )
    before = rows.copy()
    bias = [np.ones(size) for size in layout.cells]
    gibbs.polish(rows, state(2), model_of(lay_out([2, 3, 12], []), [], bias), layout.links, excess)
    assert (rows != before).mean() > 0.2
    assert excess.pair == pytest.approx(excess_of(layout, rows, expected, 5.0).pair, abs=1e-3)
    counted = layout.one_way([*np.split(column_counts(rows, layout.cells), [2, 5])])
    real = one_before < 1e29
    assert (excess.one - one_before)[real] == pytest.approx((counted - counted_before)[real])


def test_a_row_is_not_pushed_away_from_where_it_is_by_its_own_count() -> None:
    layout = lay_out([2, 2], [(0, 1)])
    model, moved, stayed = model_of(lay_out([2, 2], []), [], [np.ones(2), np.ones(2)]), state(3), 0
    for _ in range(2_000):
        rows = np.zeros((1, 2), dtype=np.uint16)
        excess = excess_of(layout, rows, np.full(4, 0.25), 6.0)
        gibbs.polish(rows, moved, model, layout.links, excess)
        stayed += int(rows[0, 0] == 0)
    assert 900 < stayed < 1_100


def test_the_tilt_of_polishing_is_an_exponential() -> None:
    layout, model = lay_out([3, 2], []), model_of(lay_out([3, 2], []), [], [np.ones(3), np.ones(2)])
    tilt, moved, seen = np.array([0.0, 1.0, 3.0]), state(4), np.zeros(3)
    for _ in range(8_000):
        rows = np.zeros((1, 2), dtype=np.uint16)
        one, none = layout.one_way([tilt, np.zeros(2)], filling=1e30), layout.one_way([np.zeros(3), np.zeros(2)])
        nothing = np.zeros(0, dtype=np.float32)
        gibbs.polish(rows, moved, model, layout.links, gibbs.Excess(nothing, nothing, one, none))
        seen[rows[0, 0]] += 1
    assert seen / seen.sum() == pytest.approx(np.exp(-tilt) / np.exp(-tilt).sum(), abs=0.02)


def test_two_hundred_strong_potentials_neither_overflow_nor_underflow() -> None:
    columns = 201
    layout = lay_out([2] * columns, [(0, j) for j in range(1, columns)])
    for half, likelier in ((110, 1), (90, 0)):
        # half of the neighbours are all but sure of one cell, the others of the other cell
        tables = [np.exp(8.0 * np.array([[j >= half] * 2, [j < half] * 2])) for j in range(columns - 1)]
        rows = np.full((3, columns), 1 - likelier, dtype=np.uint16)
        gibbs.sweep(rows, state(4), model_of(layout, tables, [np.ones(2)] * columns))
        assert rows[:, 0].tolist() == [likelier] * 3


def test_impossible_weights_leave_a_row_where_it_is() -> None:
    rows = np.full((3, 1), 2, dtype=np.uint16)
    gibbs.sweep(rows, state(5), model_of(lay_out([4], []), [], [np.zeros(4)]))
    assert rows.ravel().tolist() == [2, 2, 2]


@pytest.mark.parametrize("cells", [3, 8, 9, 40])
def test_a_weight_of_zero_is_never_drawn(cells: int) -> None:
    bias = np.random.default_rng(cells).random(cells)
    bias[::2] = 0.0
    rows = np.ones((40_000, 1), dtype=np.uint16)
    gibbs.sweep(rows, state(7), model_of(lay_out([cells], []), [], [bias]))
    assert set(np.unique(rows).tolist()) == set(range(1, cells, 2))
    shares = np.bincount(rows[:, 0], minlength=cells) / rows.size
    assert shares == pytest.approx(bias / bias.sum(), abs=0.012)


def test_tables_lie_both_ways_round_over_their_largest() -> None:
    layout = lay_out([3, 10], [(0, 1)])
    table = np.random.default_rng(0).random((3, 10)).astype(np.float32)
    table[1] = 0.0
    both = np.full(layout.filled, np.nan, dtype=np.float32)
    gibbs.spread(table.ravel(), layout.links, both)
    forth, back = both[:48].reshape(3, 16)[:, :10], both[48:].reshape(10, filled(3))[:, :3]
    assert forth[[0, 2]] == pytest.approx(table[[0, 2]] / table[[0, 2]].max(axis=1, keepdims=True))
    assert forth[1].tolist() == [0.0] * 10
    assert back == pytest.approx(table.T / table.T.max(axis=1, keepdims=True))


def test_fitted_potentials_satisfy_the_ridge_equation() -> None:
    ones = [np.array([500.0, 300.0, 200.0]), np.array([600.0, 400.0])]
    independent = np.outer(ones[0], ones[1]) / 1_000
    target = independent + np.array([[120.0, -120.0], [-60.0, 60.0], [-60.0, 60.0]])
    ridge = 100.0
    fit = relax(
        [Association(pair=(0, 1), target=target, ridge=np.full((3, 2), ridge))],
        ones,
        np.zeros((20_000, 2), dtype=np.uint16),
        [(0, 1)],
        sweeps=200,
        generator=np.random.default_rng(6),
        progress=lambda _step, _share: None,
    )
    theta = np.log(fit.weights.reshape(3, 2).astype(float))
    expected = fit.expected.reshape(3, 2) * 1_000
    assert theta == pytest.approx((target - expected) / ridge, abs=0.05)
    assert np.abs(theta).max() > 0.2


def test_layout_says_where_every_table_lies() -> None:
    layout = lay_out([2, 3, 9], [(0, 1), (0, 2), (1, 2)])
    once = np.random.default_rng(0).random(layout.size).astype(np.float32) + 1
    tables = [once[part].reshape(rows, columns) for part, rows, columns in layout.tables()]
    both = np.zeros(layout.filled, dtype=np.float32)
    gibbs.spread(once, layout.links, both)
    links = layout.links
    for j in range(3):
        for e in range(links.first[j], links.first[j + 1]):
            other, cells = int(links.other[e]), layout.cells[j]
            table = tables[layout.pairs.index((min(j, other), max(j, other)))]
            table = table if other < j else table.T
            for start, shape in ((links.table[e], table), (links.mirror[e], table.T)):
                lies = both[start : start + shape.shape[0] * filled(shape.shape[1])].reshape(shape.shape[0], -1)
                assert lies[:, : shape.shape[1]] == pytest.approx(shape / shape.max(axis=1, keepdims=True))
                assert not lies[:, shape.shape[1] :].any()
            assert once[links.once[e] + links.own[e] * (cells - 1) + links.beside[e]] == table[1, cells - 1]
    left, right = layout.single_cells()
    assert (left[0], right[0], left[-1], right[-1]) == (0, 2, 4, 13)
