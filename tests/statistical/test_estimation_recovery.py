"""What a fitted model and its rows recover: against brute force on tables small enough to write down."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gateway.estimation import independent, pairwise, polishing
from gateway.estimation.measurement import NoisyMarginal


def quiet(_step: str, _share: float) -> None:
    """Hear nothing."""


def table_of(codes: np.ndarray, cells: list[int], columns: tuple[int, ...]) -> np.ndarray:
    counts = np.zeros([cells[j] for j in columns])
    np.add.at(counts, tuple(codes[:, j] for j in columns), 1)
    return counts


def measured(joint: np.ndarray, columns: tuple[int, ...], sigma: float, seed: int) -> NoisyMarginal:
    exact = joint.sum(axis=tuple(j for j in range(joint.ndim) if j not in columns))
    noise = np.random.default_rng(seed).normal(0, sigma, exact.shape)
    return NoisyMarginal(columns=columns, counts=np.rint(exact + noise).astype(np.int64), sigma=sigma)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(0.5 * np.abs(one / one.sum() - other / other.sum()).sum())


def maximum_entropy(joint: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Return the table of highest entropy with the one-ways and ``pairs`` of ``joint``: proportional fitting."""
    fitted = np.ones(joint.shape)
    for _ in range(300):
        for kept in [(j,) for j in range(joint.ndim)] + pairs:
            gone = tuple(j for j in range(joint.ndim) if j not in kept)
            now = fitted.sum(axis=gone, keepdims=True)
            fitted = fitted * np.divide(
                joint.sum(axis=gone, keepdims=True), now, out=np.zeros(now.shape), where=now > 0
            )
    return fitted


def entangled(seed: int = 0) -> np.ndarray:
    """Return a joint table of four columns and 100,000 rows in which every pair is related."""
    random = np.random.default_rng(seed)
    shape = (3, 4, 2, 5)
    logits = np.zeros(shape)
    for a, b in combinations(range(4), 2):
        beside = [shape[j] if j in (a, b) else 1 for j in range(4)]
        logits = logits + random.normal(0, 0.8, (shape[a], shape[b])).reshape(beside)
    weights = np.exp(logits)
    return np.rint(weights / weights.sum() * 100_000)


@pytest.mark.parametrize("pairs", [[(0, 1), (1, 2), (2, 3)], list(combinations(range(4), 2))], ids=["chain", "all"])
def test_rows_come_near_the_exact_maximum_entropy_table(pairs: list[tuple[int, int]]) -> None:
    joint = entangled()
    cells = list(joint.shape)
    wanted = maximum_entropy(joint, pairs)
    marginals = [measured(joint, columns, 0.3, 1) for columns in [(j,) for j in range(4)] + pairs]
    fitted = pairwise.fit(marginals, cells, int(joint.sum()), seed=0, progress=quiet)
    rows = fitted.sample(50_000, seed=0)
    assert distance(table_of(rows, cells, (0, 1, 2, 3)), wanted) < 0.035  # independent draws would be at .018
    for a, b in combinations(range(4), 2):
        exact = wanted.sum(axis=tuple(j for j in range(4) if j not in (a, b)))
        assert distance(fitted.pair(a, b), exact) < 0.01
        assert distance(table_of(rows, cells, (a, b)), exact) < 0.01


def test_two_columns_reproduce_their_noisy_joint_in_the_rows() -> None:
    joint = entangled(2).sum(axis=(0, 2))
    marginals = [measured(joint, columns, 2.0, 5) for columns in [(0,), (1,), (0, 1)]]
    rows = pairwise.fit(marginals, [4, 5], int(joint.sum()), seed=0, progress=quiet).sample(20_000, seed=0)
    assert distance(table_of(rows, [4, 5], (0, 1)), marginals[2].counts.astype(float)) < 0.004


def test_columns_that_are_independent_stay_so_under_noise() -> None:
    joint = np.rint(np.einsum("i,j,k->ijk", [0.5, 0.3, 0.2], [0.6, 0.4], [0.1, 0.2, 0.3, 0.4]) * 20_000)
    marginals = [measured(joint, c, 30.0, 7) for c in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]]
    fitted = pairwise.fit(marginals, [3, 2, 4], 20_000, seed=0, progress=quiet)
    for a, b in combinations(range(3), 2):
        product = np.outer(fitted.one_ways[a], fitted.one_ways[b])
        assert distance(fitted.pair(a, b), product) < 0.012


def test_a_pair_measured_twice_counts_for_more_than_once() -> None:
    joint = entangled(4).sum(axis=(1, 2))
    marginals = [measured(joint, c, 400.0, seed) for seed, c in enumerate([(0,), (1,), (0, 1)])]
    many = marginals + [measured(joint, (0, 1), 400.0, seed) for seed in range(10, 40)]
    few_error, many_error = (
        distance(pairwise.fit(m, [3, 5], int(joint.sum()), seed=0, progress=quiet).pair(0, 1), joint)
        for m in (marginals, many)
    )
    assert many_error < 0.6 * few_error


def test_polished_rows_are_nearer_to_the_model_than_independent_draws() -> None:
    joint = entangled()
    cells = list(joint.shape)
    columns = [(j,) for j in range(4)] + list(combinations(range(4), 2))
    fitted = pairwise.fit([measured(joint, c, 5.0, 1) for c in columns], cells, 100_000, seed=0, progress=quiet)
    rows = fitted.sample(5_000, seed=0)
    random = np.random.default_rng(0)
    for a, b in combinations(range(4), 2):
        drawn = random.multinomial(5_000, (fitted.pair(a, b) / fitted.pair(a, b).sum()).ravel())
        drawn_error = distance(drawn.reshape(cells[a], cells[b]), fitted.pair(a, b))
        assert distance(table_of(rows, cells, (a, b)), fitted.pair(a, b)) < 0.5 * drawn_error


def test_a_tenth_of_the_rows_polished_makes_up_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = entangled()
    cells = list(joint.shape)
    columns = [(j,) for j in range(4)] + list(combinations(range(4), 2))
    fitted = pairwise.fit([measured(joint, c, 5.0, 1) for c in columns], cells, 100_000, seed=0, progress=quiet)
    errors = []
    for polished in (1, 2_000):
        monkeypatch.setattr(polishing, "POLISH_WORK", polished * (3 * sum(cells) + sum(cells)))
        rows = fitted.sample(20_000, seed=0)
        errors.append(np.mean([distance(table_of(rows, cells, p), fitted.pair(*p)) for p in combinations(range(4), 2)]))
    assert errors[1] < 0.4 * errors[0]


def test_rows_polished_in_parts_are_as_near_as_rows_polished_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = entangled()
    cells = list(joint.shape)
    columns = [(j,) for j in range(4)] + list(combinations(range(4), 2))
    fitted = pairwise.fit([measured(joint, c, 5.0, 1) for c in columns], cells, 100_000, seed=0, progress=quiet)
    errors = []
    for parts in (1, 4):
        monkeypatch.setattr(polishing, "MOST_PARTS", parts)
        rows = fitted.sample(100_000, seed=0)
        errors.append(np.mean([distance(table_of(rows, cells, p), fitted.pair(*p)) for p in combinations(range(4), 2)]))
    assert errors[1] < 1.5 * errors[0] < 0.002


@pytest.mark.parametrize("rows", [150, 1_000])
def test_few_polished_rows_are_still_drawn_from_the_model(rows: int) -> None:
    joint = entangled()
    cells = list(joint.shape)
    columns = [(j,) for j in range(4)] + list(combinations(range(4), 2))
    fitted = pairwise.fit([measured(joint, c, 5.0, 1) for c in columns], cells, 100_000, seed=0, progress=quiet)
    pooled = np.concatenate([fitted.sample(rows, seed=seed) for seed in range(30_000 // rows)])
    for a, b in combinations(range(4), 2):
        assert distance(table_of(pooled, cells, (a, b)), fitted.pair(a, b)) < 0.03


def test_columns_drawn_apart_have_exact_one_ways_and_no_relationship() -> None:
    joint = entangled()
    marginals = [measured(joint, (j,), 0.0, 0) for j in range(4)]
    rows = independent.fit(marginals, list(joint.shape), 100_000, seed=0, progress=quiet).sample(20_000, seed=0)
    for j, size in enumerate(joint.shape):
        wanted = marginals[j].counts / 5
        assert np.abs(np.bincount(rows[:, j], minlength=size) - wanted).max() < 1.5
    product = np.outer(marginals[0].counts, marginals[1].counts)
    assert distance(table_of(rows, list(joint.shape), (0, 1)), product) < 0.02


def with_a_rare_class() -> np.ndarray:
    """Return a joint table of four columns, the third with a class of 1 % that the others tell apart."""
    joint = entangled(6).astype(float)
    joint[:, :, 1] *= np.linspace(0.2, 4, 12).reshape(3, 4, 1)
    joint[:, :, 1] *= 0.01 * joint[:, :, 0].sum() / joint[:, :, 1].sum()
    return np.rint(joint * 200)


@pytest.mark.parametrize(
    "allowed",
    [{2: [0.0, 1.0]}, {2: [0.0, 1.0], 1: [1.0, 1.0, 0.3, 0.0]}, {3: [1.0, 0.0, 0.0, 0.5, 0.0]}],
    ids=["rare class", "rare class and half of a column", "weights"],
)
def test_conditioned_rows_are_those_that_rejection_would_leave(allowed: dict[int, list[float]]) -> None:
    joint = with_a_rare_class()
    cells, random = list(joint.shape), np.random.default_rng(0)
    columns = [(j,) for j in range(4)] + list(combinations(range(4), 2))
    fitted = pairwise.fit(
        [measured(joint, c, 5.0, 1) for c in columns], cells, int(joint.sum()), seed=0, progress=quiet
    )
    everything = fitted.sample(400_000, seed=1)
    chance = np.prod([np.array(weights)[everything[:, j]] for j, weights in allowed.items()], axis=0)
    rejected = everything[random.random(chance.size) < chance]
    rows = fitted.sample(20_000, seed=2, allowed={j: np.array(weights) for j, weights in allowed.items()})
    for columns_of in columns:
        kept, made = (table_of(codes, cells, columns_of) for codes in (rejected, rows))
        noise = np.sqrt(kept.size / (np.pi * 2 * len(rejected)))
        assert distance(kept, made) < 0.015 + noise
        assert not made[kept == 0].sum() > 40


@pytest.mark.parametrize("measure", [True, False], ids=["measured", "not measured"])
def test_cells_that_are_forbidden_beside_each_other_never_occur(measure: bool) -> None:
    joint = np.zeros((6, 6, 3))
    for a in range(6):
        for b in range(a, 6):
            joint[a, b] = np.array([1.0, 2.0, 1 + a]) * (1 + (a + 2 * b) % 4)
    joint = np.rint(joint * 40_000 / joint.sum())
    never = np.tril(np.ones((6, 6), dtype=bool), -1)
    columns = [(0,), (1,), (2,), (0, 2), (1, 2)] + [(0, 1)] * measure
    marginals = [measured(joint, c, 60.0, seed) for seed, c in enumerate(columns)]
    fitted = pairwise.fit(marginals, [6, 6, 3], 40_000, seed=0, progress=quiet, forbidden={(1, 0): never.T})
    for allowed in (None, {0: np.array([0, 0, 0, 0, 0.5, 1.0])}, {1: np.array([1.0, 0, 0, 0, 0, 0])}):
        for rows in (1, 99, 30_000):
            drawn = fitted.sample(rows, seed=1, allowed=allowed)
            assert (drawn[:, 0] <= drawn[:, 1]).all()
    assert fitted.pair(0, 1)[never].sum() == 0
    for j in range(3):
        assert distance(fitted.one_ways[j], joint.sum(axis=tuple({0, 1, 2} - {j}))) < 0.02
        drawn = fitted.sample(30_000, seed=1)
        assert distance(np.bincount(drawn[:, j], minlength=joint.shape[j]), fitted.one_ways[j]) < 0.01
    if measure:
        assert distance(fitted.pair(0, 1), joint.sum(axis=2)) < 0.03


@pytest.mark.shared_data
def test_adult_is_a_third_nearer_than_independent_columns_at_epsilon_one(shared_data: Path) -> None:
    frame = pd.read_parquet(next((shared_data / "adult").glob("*train*.parquet")))
    names = ["age", "workclass", "education", "marital_status", "relationship", "sex", "hours_per_week", "income"]
    frame.columns = [name.replace("-", "_").replace(".", "_") for name in frame.columns]
    coded = [pd.qcut(frame[n], 12, duplicates="drop").cat.codes if frame[n].dtype.kind in "if"
             else pd.Series(pd.factorize(frame[n], use_na_sentinel=False)[0]) for n in names]  # fmt: skip
    codes = np.stack([np.asarray(c, dtype=np.int64) for c in coded], axis=1)
    cells = [int(c.max()) + 1 for c in codes.T]
    random, mu_squared = np.random.default_rng(0), 0.2367**2
    pairs = list(combinations(range(len(names)), 2))
    marginals = []
    for share, group in ((0.3, [(j,) for j in range(len(names))]), (0.7, pairs)):
        sigma = (len(group) / (share * mu_squared)) ** 0.5
        for columns in group:
            exact = table_of(codes, cells, columns)
            noisy = np.rint(exact + random.normal(0, sigma, exact.shape)).astype(np.int64)
            marginals.append(NoisyMarginal(columns=columns, counts=noisy, sigma=sigma))
    errors = []
    for model in (pairwise, independent):
        rows = model.fit(marginals, cells, len(codes), seed=0, progress=quiet).sample(len(codes), seed=0)
        errors.append(np.mean([distance(table_of(rows, cells, p), table_of(codes, cells, p)) for p in pairs]))
    assert errors[0] < 0.65 * errors[1]
