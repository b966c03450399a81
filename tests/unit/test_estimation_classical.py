"""Tree, network and copula: beside brute force and closed forms, conditioned, saved, and given hopeless input."""

from __future__ import annotations

from itertools import combinations, product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from gateway.estimation import bayes, copula, expected, tree
from gateway.estimation.ancestral import Node, draw
from gateway.estimation.correlation import nearest, tetrachoric
from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.ridge import fitted, relaxed, shrunk
from gateway.raw.generate.quadrants import TOGETHER, covering
from gateway.vocabulary.errors import ConfigurationError

CELLS = [3, 4, 2, 3]
ROWS = 10_000
MODELS = pytest.mark.parametrize("model", [tree, bayes, copula], ids=["tree", "bayes", "copula"])


def quiet(_step: str, _share: float) -> None:
    """Hear nothing."""


def population(seed: int = 0) -> np.ndarray:
    """Return the counts of a random table over all four columns."""
    return np.random.default_rng(seed).dirichlet(np.full(np.prod(CELLS), 0.5)).reshape(CELLS) * ROWS


def margin_of(table: np.ndarray, columns: tuple[int, ...]) -> np.ndarray:
    """Return the table of ``columns`` in their order."""
    kept = table.sum(axis=tuple(j for j in range(table.ndim) if j not in columns))
    return kept.transpose(np.argsort(np.argsort(columns)))


def marginal(table: np.ndarray, columns: tuple[int, ...], sigma: float = 0.01) -> NoisyMarginal:
    counts = np.rint(margin_of(table, columns)).astype(np.int64)
    return NoisyMarginal(columns=columns, counts=counts, sigma=sigma)


def halved(table: np.ndarray, columns: tuple[int, ...], sigma: float = 0.01) -> NoisyMarginal:
    groups = tuple(copula.halves(margin_of(table, (j,)), natural=True) for j in columns)
    counts = np.zeros([2] * len(columns))
    joint = margin_of(table, columns)
    np.add.at(counts, np.ix_(*groups), joint)
    return NoisyMarginal(columns=columns, counts=np.rint(counts).astype(np.int64), sigma=sigma, groups=groups)


def measured(model: ModuleType, table: np.ndarray, sigma: float = 0.01) -> list[NoisyMarginal]:
    """Return what ``model`` is fitted to: one-ways, and tables that hold the first three columns together."""
    ones = [marginal(table, (j,), sigma) for j in range(table.ndim)]
    if model is tree:
        return [*ones, *(marginal(table, pair, sigma) for pair in ((0, 1), (1, 2), (3, 1)))]
    if model is bayes:
        return [*ones, *(marginal(table, each, sigma) for each in ((0, 1), (0, 1, 2), (2, 1, 3)))]
    return [*ones, halved(table, (0, 1, 2, 3), sigma)]


def fit(model: ModuleType, marginals: list[NoisyMarginal], rows: int = ROWS, **more: Any) -> Any:
    return model.fit(marginals, more.pop("cells", CELLS), rows, seed=3, progress=quiet, **more)


def joint_of(nodes: tuple[Node, ...]) -> np.ndarray:
    """Return the probability of every row there can be, by multiplication."""
    found = np.ones(CELLS)
    for row in product(*map(range, CELLS)):
        for node in nodes:
            found[row] *= node.chances[(*(row[j] for j in node.parents), row[node.column])]
    return found


def shares_of(codes: np.ndarray) -> np.ndarray:
    found = np.zeros(CELLS)
    np.add.at(found, tuple(codes.T), 1 / len(codes))
    return found


ALLOWED = {0: np.array([0.0, 1.0, 0.5]), 3: np.array([1.0, 0.0, 2.0])}
WEIGHTS = ALLOWED[0][:, None, None, None] * ALLOWED[3]


# what the models keep


@pytest.mark.parametrize("seed", range(5))
def test_a_tree_has_the_tables_of_its_edges(seed: int) -> None:
    table = population(seed)
    joint = joint_of(fit(tree, measured(tree, table)).nodes)
    for pair in ((0, 1), (1, 2), (1, 3)):
        assert margin_of(joint, pair) * ROWS == pytest.approx(margin_of(table, pair), abs=1.5)


@pytest.mark.parametrize("seed", range(5))
def test_a_network_has_the_tables_of_three_columns(seed: int) -> None:
    table = population(seed)
    joint = joint_of(fit(bayes, measured(bayes, table)).nodes)
    for columns in ((0, 1), (0, 1, 2), (1, 2, 3)):
        assert margin_of(joint, columns) * ROWS == pytest.approx(margin_of(table, columns), abs=15)


def test_parents_not_measured_together_leave_the_columns_shares_right() -> None:
    random = np.random.default_rng(0)
    first = random.integers(0, 2, ROWS)
    second = np.where(random.random(ROWS) < 0.9, first, 1 - first)
    last = first & second
    table = np.zeros((2, 2, 2))
    np.add.at(table, (first, second, last), 1)
    ones = [marginal(table, (j,)) for j in range(3)]
    found = fit(bayes, [*ones, marginal(table, (0, 1, 2))], cells=[2, 2, 2]).sample(ROWS, seed=0)
    assert found[:, 2].mean() == pytest.approx(last.mean(), abs=0.01)


CORRELATION = np.array([[1, 0.7, -0.4, 0.8], [0.7, 1, -0.2, 0.5], [-0.4, -0.2, 1, 0.1], [0.8, 0.5, 0.1, 1]])


def normals() -> np.ndarray:
    """Return the counts of correlated normals, cut into cells of equal counts."""
    drawn = np.random.default_rng(0).multivariate_normal(np.zeros(4), CORRELATION, 200_000)
    codes = [np.searchsorted(np.quantile(column, np.linspace(0, 1, size + 1)[1:-1]), column)
             for column, size in zip(drawn.T, CELLS, strict=True)]  # fmt: skip
    table = np.zeros(CELLS)
    np.add.at(table, tuple(codes), 1)
    return table


def test_a_copula_finds_the_correlations_of_normals() -> None:
    table = normals()
    found = fit(copula, measured(copula, table, 20.0), 200_000)
    assert found.correlation == pytest.approx(CORRELATION, abs=0.03)
    assert found.pair(0, 1) / 200_000 == pytest.approx(margin_of(table, (0, 1)) / 200_000, abs=0.02)


def test_rows_of_a_kind_in_two_correlated_columns_come_as_often_as_they_should() -> None:
    found = fit(copula, measured(copula, normals(), 20.0), 200_000)
    given_rows = shares_of(found.sample(40_000, seed=1, allowed=ALLOWED))
    wanted = shares_of(found.sample(300_000, seed=2)) * WEIGHTS
    assert given_rows == pytest.approx(wanted / wanted.sum(), abs=0.01)


def test_values_without_an_order_are_ordered_by_how_frequent_they_are() -> None:
    counts = np.array([10.0, 500.0, 90.0, 0.0])
    assert copula.ordered(counts, natural=False).tolist() == [1, 2, 0, 3]
    assert copula.halves(counts, natural=False).tolist() == [1, 0, 1, 1]
    assert copula.halves(counts, natural=True).tolist() == [0, 0, 1, 1]
    assert not copula.halves(np.array([0.0, 7.0]), natural=True).any()


@MODELS
def test_every_cell_gets_its_rows_to_within_a_few(model: ModuleType) -> None:
    table = population()
    codes = fit(model, measured(model, table)).sample(ROWS, seed=0)
    for j, size in enumerate(CELLS):
        slack = 2 if model is copula else 4 * max(CELLS)
        counts = np.bincount(codes[:, j], minlength=size)
        assert counts == pytest.approx(margin_of(table, (j,)), abs=slack + 0.01 * ROWS * (model is bayes))


def test_rows_with_equal_parents_share_out_a_column_evenly() -> None:
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(5), size=3)
    nodes = (
        Node(column=0, parents=(), chances=np.array([0.2, 0.0, 0.8])),
        Node(column=1, parents=(0,), chances=chances),
    )
    codes = draw(nodes, 1_001, generator=random)
    counts = np.zeros((3, 5))
    np.add.at(counts, tuple(codes), 1)
    assert counts[1].sum() == 0
    assert np.abs(counts - counts.sum(axis=1, keepdims=True) * chances).max() < 1


PAIRS = list(combinations(range(4), 2))
TREES = [edges for edges in combinations(PAIRS, 3) if len({column for edge in edges for column in edge}) == 4]
# three edges over four columns that touch all of them are a tree: a triangle leaves one out


@given(st.lists(st.integers(-3, 9), min_size=6, max_size=6))
def test_the_strongest_tree_is_that_of_greatest_weight(weights: list[int]) -> None:
    weight = {pair: float(w) for pair, w in zip(PAIRS, weights, strict=True)}
    found = tree.strongest(weight, 4)
    assert tuple(sorted(found)) in TREES
    assert sum(weight[p] for p in found) == max(sum(weight[p] for p in each) for each in TREES)


# conditions and rules


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_given_weights_is_exactly_the_tree_with_weighted_rows(seed: int) -> None:
    fitted_tree = fit(tree, measured(tree, population(seed)))
    wanted = joint_of(fitted_tree.nodes) * WEIGHTS
    assert joint_of(fitted_tree.given(ALLOWED).nodes) == pytest.approx(wanted / wanted.sum(), abs=1e-12)


@MODELS
def test_rows_of_a_kind_are_the_models_rows_of_that_kind(model: ModuleType) -> None:
    found = fit(model, measured(model, population()))
    given_rows = shares_of(found.sample(40_000, seed=1, allowed=ALLOWED))
    wanted = shares_of(found.sample(300_000, seed=2)) * WEIGHTS
    assert given_rows == pytest.approx(wanted / wanted.sum(), abs=0.01)
    assert given_rows[np.broadcast_to(WEIGHTS, CELLS) == 0].sum() == 0


@MODELS
def test_rows_that_cannot_be_are_refused(model: ModuleType) -> None:
    table = population()
    table[0, :, :, 0] = table[2] = 0
    table *= ROWS / table.sum()
    marginals = measured(model, table)
    if model is tree:
        marginals = [*marginals[:4], marginal(table, (0, 3)), marginal(table, (0, 1)), marginal(table, (1, 2))]
    found = fit(model, marginals)
    with pytest.raises(ConfigurationError):
        found.sample(10, seed=0, allowed={0: np.array([0.0, 0.0, 1.0])})
    if model is tree:
        found = fit(model, marginals, forbidden={(0, 3): (np.indices((3, 3)) == 0).all(axis=0)})
        with pytest.raises(ConfigurationError):
            found.sample(10, seed=0, allowed={0: np.array([1.0, 0.0, 0.0]), 3: np.array([1.0, 0.0, 0.0])})


def test_rows_too_rare_to_be_drawn_are_refused_in_time() -> None:
    table = population()
    table[0, :, :, 0] = 0
    table *= ROWS / table.sum()
    found = fit(bayes, measured(bayes, table), forbidden={(0, 3): (np.indices((3, 3)) == 0).all(axis=0)})
    with pytest.raises(ConfigurationError, match="too rare"):
        found.sample(10, seed=0, allowed={0: np.array([1.0, 0.0, 0.0]), 3: np.array([1.0, 0.0, 0.0])})


@MODELS
def test_forbidden_cells_never_occur_together(model: ModuleType) -> None:
    rules = {(0, 1): np.eye(3, 4, dtype=bool), (0, 3): np.eye(3, dtype=bool)}
    found = fit(model, measured(model, population()), forbidden=rules)
    for codes in (found.sample(5_000, seed=0), found.sample(500, seed=0, allowed=ALLOWED)):
        for (a, b), table in rules.items():
            assert not table[codes[:, a], codes[:, b]].any()


@MODELS
def test_rules_that_leave_no_row_are_refused(model: ModuleType) -> None:
    with pytest.raises(ConfigurationError):
        fit(model, measured(model, population()), forbidden={(0, 1): np.ones((3, 4), dtype=bool)})


# expected tables


def test_a_trees_tables_are_those_of_all_rows_there_can_be() -> None:
    found = fit(tree, measured(tree, population())[:-1])
    joint = joint_of(found.nodes)
    for pair in product(range(4), repeat=2):
        if pair[0] != pair[1]:
            assert found.pair(*pair) == pytest.approx(margin_of(joint, pair) * ROWS, abs=1e-6)


@MODELS
def test_tables_agree_with_rows(model: ModuleType) -> None:
    found = fit(model, measured(model, population()))
    codes = found.sample(200_000, seed=5)
    for a, b in combinations(range(4), 2):
        counts = margin_of(shares_of(codes), (a, b)) * ROWS
        assert found.pair(a, b) == pytest.approx(counts, abs=0.012 * ROWS)
        assert found.pair(b, a) == pytest.approx(found.pair(a, b).T, abs=1e-6)


# seeds, files and bad input


@MODELS
def test_a_model_that_was_taken_apart_gives_the_same_rows(model: ModuleType) -> None:
    found = fit(model, measured(model, population()), forbidden={(0, 3): np.eye(3, dtype=bool)})
    again = model.restore(found.describe(), {name: array.copy() for name, array in found.arrays().items()})
    for allowed in (None, ALLOWED):
        rows = found.sample(300, seed=7, allowed=allowed)
        assert np.array_equal(rows, again.sample(300, seed=7, allowed=allowed))
        assert not np.array_equal(rows, found.sample(300, seed=8, allowed=allowed))


@MODELS
def test_a_damaged_model_is_refused(model: ModuleType) -> None:
    found = fit(model, measured(model, population()), forbidden={(0, 3): np.eye(3, dtype=bool)})
    described, arrays = found.describe(), found.arrays()
    for name, array in arrays.items():
        worse = [array[..., :-1], np.full_like(array, 7), array.astype(np.float32), np.full_like(array, np.nan)
                 if array.dtype.kind == "f" else -array.astype(np.int8)]  # fmt: skip
        for each in worse:
            if array.dtype == bool and each.dtype == bool and each.shape == array.shape:
                continue
            if name.startswith("one.") and each.shape == array.shape and each.dtype == array.dtype and (each > 0).all():
                continue
            with pytest.raises(ValueError, match=r"."):
                model.restore(described, arrays | {name: each})
        with pytest.raises(KeyError):
            model.restore(described, {n: a for n, a in arrays.items() if n != name})
    with pytest.raises(ValueError, match=r"."):
        model.restore(described | {"forbidden": [[3, 0]]}, arrays)


@pytest.mark.parametrize("nodes", [[], [[0]], [[1, 0], [0], [2, 0, 1], [3, 2, 1]], [[0], [0], [2, 0, 1], [3, 2, 1]]])
def test_nodes_that_are_no_network_are_refused(nodes: list[list[int]]) -> None:
    found = fit(bayes, measured(bayes, population()))
    with pytest.raises(ValueError, match=r"."):
        bayes.restore(found.describe() | {"nodes": nodes}, found.arrays())


@MODELS
@pytest.mark.parametrize("rows", [-5, 0, 1, 40])
@pytest.mark.parametrize("sigma", [0.0, 1e-9, 1.0, 1e9, 1e300])
@pytest.mark.parametrize("count", [-(2**60), -3, 0, 2**60])
def test_hopeless_counts_still_give_rows(model: ModuleType, rows: int, sigma: float, count: int) -> None:
    cells = [2, 1, 3]
    columns: list[tuple[int, ...]] = [(0,), (1,), (2,)]
    columns += [] if model is copula else [(0, 1), (0, 2)] if model is tree else [(0, 1), (0, 1, 2)]
    marginals = [NoisyMarginal(columns=c, counts=np.full([cells[j] for j in c], count), sigma=sigma) for c in columns]
    if model is copula:
        sides = (np.array([0, 1], dtype=np.int32), np.array([0, 0, 1], dtype=np.int32))
        marginals.append(NoisyMarginal(columns=(0, 2), counts=np.full((2, 2), count), sigma=sigma, groups=sides))
    codes = fit(model, marginals, rows, cells=cells).sample(120, seed=0)
    assert ((codes >= 0) & (codes < cells)).all()


@MODELS
@pytest.mark.parametrize("rows", [0, 1, 2, 99])
@pytest.mark.parametrize("cells", [[], [1], [1, 1, 1], [5]])
def test_tables_with_nothing_to_relate_work(model: ModuleType, cells: list[int], rows: int) -> None:
    ones = [NoisyMarginal(columns=(j,), counts=np.full(size, 9), sigma=1.0) for j, size in enumerate(cells)]
    codes = fit(model, ones, 30, cells=cells).sample(rows, seed=0)
    assert codes.shape == (rows, len(cells))
    assert codes.dtype == np.int32


def test_tables_that_are_no_network_are_refused() -> None:
    table = population()
    ones = [marginal(table, (j,)) for j in range(4)]
    with pytest.raises(ValueError, match="network"):
        fit(bayes, [*ones, marginal(table, (0, 1)), marginal(table, (1, 0))])
    with pytest.raises(ValueError, match="shape"):
        fit(bayes, [*ones, NoisyMarginal(columns=(0, 1), counts=np.zeros((4, 3), dtype=np.int64), sigma=1.0)])
    with pytest.raises(ValueError, match="halves"):
        fit(copula, [*ones, marginal(table, (0, 1))])


# the parts


@given(st.floats(1e-3, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e9))
def test_a_relaxed_count_solves_its_equation(base: float, target: float, ridge: float) -> None:
    found = float(relaxed(np.array([base]), np.array([target]), ridge)[0])
    assert found > 0
    if abs(np.log(found / base)) < 29:
        assert found + ridge * np.log(found / base) == pytest.approx(target, abs=1e-6 * max(1, ridge, abs(target)))


def test_noise_alone_moves_nothing_and_a_signal_is_seen_more_clearly() -> None:
    random = np.random.default_rng(0)
    base = np.outer(np.full(6, 500.0), np.full(5, 0.2))
    signal = base.copy()
    signal[:3, :2] += [40, -40]
    signal[3:, :2] += [-40, 40]
    before = after = 0.0
    for _ in range(20):
        noise = np.rint(random.normal(0, 20, base.shape))
        assert np.array_equal(shrunk(base + noise * 0.5, base, variance=400.0), base)
        found = shrunk(signal + noise, base, variance=400.0)
        assert found.sum(axis=1) == pytest.approx(base.sum(axis=1))
        before += np.square(noise).sum()
        after += np.square(found - signal).sum()
    assert after < 0.75 * before


def test_fitted_tables_have_the_sums_asked_for_and_keep_zeros() -> None:
    table = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 5.0], [2.0, 2.0, 0.0]])
    found = fitted(table, np.array([3.0, 4.0, 5.0]), np.array([4.0, 4.0, 4.0]))
    assert found.sum(axis=0) == pytest.approx([4.0, 4.0, 4.0])
    assert found.sum(axis=1) == pytest.approx([3.0, 4.0, 5.0], rel=1e-3)
    assert (found[table == 0] == 0).all()


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.2, 0.8])
def test_tetrachoric_correlations_are_those_of_normals(rho: float) -> None:
    left, right = np.array([0.5, 0.2, 0.7]), np.array([0.5, 0.6, 0.1])
    below = [multivariate_normal.cdf([-a, -b], cov=[[1, rho], [rho, 1]])
             for a, b in zip(*(-_quantile(1 - p) for p in (left, right)), strict=True)]  # fmt: skip
    both = np.array(below) - (1 - left) - (1 - right) + 1
    found, _ = tetrachoric(both - left * right, left, right)
    assert found == pytest.approx(np.full(3, rho), abs=0.005)


def _quantile(share: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri  # noqa: PLC0415 - for this test alone

    return np.asarray(ndtri(share))


def test_the_nearest_correlation_matrix_is_one_and_near() -> None:
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    found = nearest(impossible)
    assert np.linalg.eigvalsh(found)[0] > 0
    assert np.diag(found) == pytest.approx(1.0)
    assert found[0, 1] == pytest.approx(0.5, abs=0.01)  # by symmetry the nearest is (.5, .5, -.5)
    possible = np.array([[1, 0.3], [0.3, 1]])
    assert np.array_equal(nearest(possible), possible)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 14, 60])
def test_every_two_columns_are_in_one_group_at_least(size: int) -> None:
    columns = [7 * k + 1 for k in range(size)]
    groups = covering(columns)
    seen = {pair for group in groups for pair in combinations(group, 2)}
    assert seen == set(combinations(columns, 2))
    assert all(len(group) <= TOGETHER for group in groups)
    assert len(groups) <= size * (size - 1) / 12 * 1.2 + 4


def test_the_expected_error_is_the_one_that_simulated_noise_makes() -> None:
    random = np.random.default_rng(0)
    cells, sigma = [8, 6, 5], 30.0
    for strength in (0.0, 0.15, 0.4):
        first = random.integers(0, 8, ROWS)
        second = np.where(random.random(ROWS) < strength, first % 6, random.integers(0, 6, ROWS))
        third = np.where(random.random(ROWS) < strength, second % 5, random.integers(0, 5, ROWS))
        table = np.zeros(cells)
        np.add.at(table, (first, second, third), 1)
        noisy = []
        for columns in ((0,), (1,), (2,), (0, 1), (1, 2)):
            exact = margin_of(table, columns)
            counts = np.rint(exact + random.normal(0, sigma, exact.shape)).astype(np.int64)
            noisy.append(NoisyMarginal(columns=columns, counts=counts, sigma=sigma))
        model = fit(tree, noisy, cells=cells)
        away = {pair: np.abs(model.pair(*pair) - margin_of(table, pair)).sum() for pair in ((0, 1), (1, 2), (0, 2))}
        told = expected.of_pairs(noisy, cells, ROWS, distances={(0, 1): 0.0, (1, 2): 0.0, (0, 2): away[0, 2]})
        found = np.mean([away[pair] / 2 / ROWS for pair in away])
        assert 0.6 < told / found < 1.7
    assert expected.before(noisy, cells, ROWS, distances={}) > told
    assert expected.of_noise(sigma, 48, ROWS) == pytest.approx(48 * sigma * (2 / np.pi) ** 0.5 / 2 / ROWS)
    assert expected.of_pairs(noisy, cells, 0, distances={(0, 1): 1e9}) <= 1
