"""Both models: same seed, same rows; codes in range; and every degenerate input there is."""

from __future__ import annotations

import tracemalloc
from itertools import combinations, pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimation import gibbs, independent, workers
from gateway.estimation import pairwise as related
from gateway.estimation.measurement import NoisyMarginal
from gateway.vocabulary.errors import ConfigurationError

MODELS = pytest.mark.parametrize("model", [independent, related], ids=["independent", "pairwise"])


def quiet(_step: str, _share: float) -> None:
    """Hear nothing."""


def marginals_of(
    codes: np.ndarray, cells: list[int], pairs: list[tuple[int, int]], sigma: float, seed: int = 0
) -> list[NoisyMarginal]:
    noise = np.random.default_rng(seed)
    found = []
    for columns in [(j,) for j in range(len(cells))] + pairs:
        shape = tuple(cells[j] for j in columns)
        counts = np.zeros(shape)
        np.add.at(counts, tuple(codes[:, j] for j in columns), 1)
        noisy = np.rint(counts + noise.normal(0, sigma, shape)).astype(np.int64)
        found.append(NoisyMarginal(columns=columns, counts=noisy, sigma=sigma))
    return found


def chained(rows: int, cells: list[int], seed: int = 0) -> np.ndarray:
    """Return codes in which every column mostly follows the one before."""
    random = np.random.default_rng(seed)
    columns = [random.integers(0, cells[0], rows)]
    for before, size in pairwise(cells):
        follow = (columns[-1] * size // before + (random.random(rows) < 0.2) * random.integers(0, size, rows)) % size
        columns.append(follow)
    return np.stack(columns, axis=1)


def fit_small(model: ModuleType, marginals: list[NoisyMarginal], cells: list[int], rows: int) -> Any:
    effort = {"particles": 300, "sweeps": 20} if model is related else {}
    return model.fit(marginals, cells, rows, seed=3, progress=quiet, **effort)


@MODELS
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(model: ModuleType) -> None:
    cells = [3, 4, 2]
    marginals = marginals_of(chained(500, cells), cells, [(0, 1), (1, 2)], 2.0)
    first, second = (fit_small(model, marginals, cells, 500) for _ in range(2))
    assert np.array_equal(first.sample(500, seed=7), second.sample(500, seed=7))
    assert not np.array_equal(first.sample(500, seed=7), first.sample(500, seed=8))


@MODELS
def test_sampling_leaves_the_model_as_it_was(model: ModuleType) -> None:
    cells = [3, 4]
    fitted = fit_small(model, marginals_of(chained(500, cells), cells, [(0, 1)], 2.0), cells, 500)
    before = fitted.sample(400, seed=1)
    fitted.sample(90, seed=2)
    assert np.array_equal(fitted.sample(400, seed=1), before)


@MODELS
@pytest.mark.parametrize("rows", [0, 1, 2, 99, 100, 301, 2_001])
def test_any_number_of_rows_can_be_drawn(model: ModuleType, rows: int) -> None:
    cells = [3, 1, 4]
    fitted = fit_small(model, marginals_of(np.zeros((50, 3), dtype=int), cells, [(0, 2)], 1.0), cells, 50)
    codes = fitted.sample(rows, seed=1)
    assert codes.shape == (rows, 3)
    assert codes.dtype == np.int32


def ladder(columns: int, cells: int) -> dict[tuple[int, int], np.ndarray]:
    """Return rules by which every column is at least the one before."""
    return {(j, j + 1): np.tril(np.ones((cells, cells), dtype=bool), -1) for j in range(columns - 1)}


@MODELS
@pytest.mark.parametrize("rows", [0, 1, 50, 3_000])
def test_rules_along_a_chain_hold_even_against_what_was_measured(model: ModuleType, rows: int) -> None:
    cells = [5] * 5
    backwards = np.repeat(np.arange(5)[::-1], 100)[:, np.newaxis] + np.zeros((1, 5), dtype=int)
    marginals = marginals_of(backwards, cells, [(0, 1), (0, 4)], 3.0)
    effort = {"particles": 300, "sweeps": 20} if model is related else {}
    fitted = model.fit(marginals, cells, 500, seed=0, progress=quiet, forbidden=ladder(5, 5), **effort)
    for allowed in (None, {2: np.array([0.0, 0, 1, 0, 0])}):
        drawn = fitted.sample(rows, seed=1, allowed=allowed)
        assert (np.diff(drawn, axis=1) >= 0).all()
        assert allowed is None or (drawn[:, 2] == 2).all()


@MODELS
def test_rules_that_leave_no_row_are_refused_and_noise_that_leaves_none_is_overruled(model: ModuleType) -> None:
    cells = [3, 3]
    top, bottom = np.array([[2, 0]] * 50), np.array([[0, 2]] * 50)
    effort = {"particles": 100, "sweeps": 5} if model is related else {}
    rule = {(0, 1): np.tril(np.ones((3, 3), dtype=bool), -1)}
    fitted = model.fit(marginals_of(top, cells, [], 0.0), cells, 50, seed=0, progress=quiet, forbidden=rule, **effort)
    drawn = fitted.sample(40, seed=0)
    assert (drawn[:, 0] <= drawn[:, 1]).all()
    with pytest.raises(ConfigurationError, match="exclude each other"):
        model.fit(
            marginals_of(bottom, cells, [], 0.0), cells, 50, seed=0, progress=quiet,
            forbidden={(0, 1): np.ones((3, 3), dtype=bool)}, **effort,
        )  # fmt: skip
    with pytest.raises(ConfigurationError, match="exclude each other"):
        fitted.sample(10, seed=0, allowed={0: np.zeros(3)})


@MODELS
def test_weights_on_no_column_and_all_ones_change_nothing_that_matters(model: ModuleType) -> None:
    cells = [3, 4]
    fitted = fit_small(model, marginals_of(chained(900, cells), cells, [(0, 1)], 1.0), cells, 900)
    assert np.array_equal(fitted.sample(200, seed=1), fitted.sample(200, seed=1, allowed={}))
    shares = [np.bincount(fitted.sample(900, seed=1, allowed=allowed)[:, 1], minlength=4) / 900
              for allowed in (None, {0: np.ones(3)})]  # fmt: skip
    assert np.abs(shares[0] - shares[1]).max() < 0.05


def test_the_number_of_threads_changes_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [3, 4, 5]
    made = []
    for threads in (1, 3):
        monkeypatch.setattr(workers, "threads", lambda threads=threads: threads)
        fitted = related.fit(
            marginals_of(chained(5_000, cells), cells, [(0, 1), (1, 2)], 2.0), cells, 5_000, seed=0, progress=quiet,
            particles=3_000, sweeps=10,
        )  # fmt: skip
        made.append(fitted.sample(9_000, seed=1, allowed={0: np.array([0.0, 1.0, 1.0])}))
    assert np.array_equal(*made)


@MODELS
@pytest.mark.parametrize("rows", [-5, 0, 1, 40])
@pytest.mark.parametrize("sigma", [0.0, 1e-9, 1.0, 1e9, 1e300])
@pytest.mark.parametrize("count", [-(2**62), -3, 0, 2**62])
def test_hopeless_counts_still_give_rows(model: ModuleType, rows: int, sigma: float, count: int) -> None:
    cells = [2, 1, 3]
    marginals = [
        NoisyMarginal(columns=columns, counts=np.full([cells[j] for j in columns], count), sigma=sigma)
        for columns in [(0,), (1,), (2,), (0, 1), (0, 2), (2, 0)]
    ]
    codes = fit_small(model, marginals, cells, rows).sample(120, seed=0)
    assert ((codes >= 0) & (codes < cells)).all()


@MODELS
@pytest.mark.parametrize("cells", [[], [1], [1, 1, 1], [5]])
def test_tables_with_nothing_to_relate_work(model: ModuleType, cells: list[int]) -> None:
    codes = np.zeros((30, len(cells)), dtype=int)
    pairs = list(combinations(range(len(cells)), 2))
    fitted = fit_small(model, marginals_of(codes, cells, pairs, 0.5), cells, 30)
    assert fitted.sample(200, seed=0).shape == (200, len(cells))


def test_cells_without_mass_never_occur() -> None:
    cells = [4, 3]
    codes = chained(2_000, cells)
    codes[codes[:, 0] == 2, 0] = 1
    fitted = related.fit(marginals_of(codes, cells, [(0, 1)], 0.0), cells, 2_000, seed=0, progress=quiet, sweeps=20)
    assert not (fitted.sample(5_000, seed=0)[:, 0] == 2).any()
    assert fitted.pair(0, 1)[2].sum() == 0


def test_pair_tables_agree_with_each_other_and_with_the_one_ways() -> None:
    cells = [3, 4, 1, 2]
    fitted = related.fit(
        marginals_of(chained(3_000, cells), cells, [(0, 1), (1, 3)], 2.0), cells, 3_000, seed=0, progress=quiet
    )
    assert fitted.pair(1, 0) == pytest.approx(fitted.pair(0, 1).T)
    for a, b in combinations(range(4), 2):
        table = fitted.pair(a, b)
        assert table.shape == (cells[a], cells[b])
        assert table.sum() == pytest.approx(3_000)
        assert table.sum(axis=1) == pytest.approx(fitted.one_ways[a], abs=15)


def test_where_all_pairs_would_not_fit_only_measured_ones_are_tracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "MEMORY", 4 * 500)
    cells = [3, 4, 2]
    fitted = related.fit(
        marginals_of(chained(2_000, cells), cells, [(0, 1)], 1.0), cells, 2_000, seed=0, progress=quiet
    )
    assert fitted.core is not None
    assert fitted.core.tracked.pairs == ((0, 1),)
    assert fitted.pair(2, 0).sum() == pytest.approx(2_000)
    assert fitted.sample(500, seed=0).shape == (500, 3)


@pytest.mark.parametrize(("cap", "measured"), [(512, 400), (24, 400), (24, 800)])
def test_tables_never_take_more_memory_than_the_cap(monkeypatch: pytest.MonkeyPatch, cap: int, measured: int) -> None:
    monkeypatch.setattr(related, "MEMORY", cap * 2**20)
    random, cells = np.random.default_rng(0), [32] * 100
    every = list(combinations(range(100), 2))
    chosen = [every[k] for k in random.permutation(len(every))[:measured]]
    marginals = [NoisyMarginal(columns=(j,), counts=np.full(32, 300), sigma=1.0) for j in range(100)]
    lean = np.rint(9 + 4 * np.cos(np.subtract.outer(np.arange(32), np.arange(32)) / 5)).astype(np.int64)
    marginals += [NoisyMarginal(columns=pair, counts=lean, sigma=2.0) for pair in chosen]
    related.compile_kernels(quiet)
    tracemalloc.start()
    try:
        fitted = related.fit(marginals, cells, 9_600, seed=0, progress=quiet, particles=100, sweeps=2)
        kept = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        fitted.sample(2_000, seed=0)
        drawn = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    handed_in = 3 * sum(marginal.counts.size * 8 for marginal in marginals)
    assert kept < cap * 2**20 + handed_in
    assert drawn < cap * 2**20
    assert fitted.core is not None
    assert (len(fitted.core.tracked.pairs) == len(every)) == (cap == 512)
    assert (len(fitted.core.active.pairs) == measured) == (cap == 512)


def test_a_column_with_very_many_neighbours_does_not_overflow() -> None:
    columns = 80
    cells = [2] * columns
    codes = np.repeat(np.random.default_rng(0).integers(0, 2, (400, 1)), columns, axis=1)
    marginals = marginals_of(codes, cells, [(0, j) for j in range(1, columns)], 0.0)
    fitted = related.fit(marginals, cells, 400, seed=0, progress=quiet, particles=200, sweeps=30)
    drawn = fitted.sample(300, seed=0)
    assert (drawn == drawn[:, :1]).mean() > 0.9


def test_progress_rises_to_one() -> None:
    heard: list[float] = []
    related.compile_kernels(quiet)
    marginals = marginals_of(chained(50, [2, 2]), [2, 2], [(0, 1)], 1.0)
    related.fit(marginals, [2, 2], 50, seed=0, progress=lambda _, share: heard.append(share), particles=50, sweeps=7)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_fitting_compiles_nothing_the_compile_step_has_not() -> None:
    related.compile_kernels(quiet)
    kernels: list[Any] = [gibbs.sweep, gibbs.polish, gibbs.count, gibbs.spread, gibbs.weigh]
    cells = [3, 4]
    marginals = marginals_of(chained(500, cells), cells, [(0, 1)], 2.0)
    fit_small(related, marginals, cells, 500).sample(300, seed=0)
    fit_small(related, marginals[:2], cells, 500).sample(300, seed=0)
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)


@given(data=st.data())
def test_codes_are_in_range_whatever_was_measured(data: st.DataObject) -> None:
    cells = data.draw(st.lists(st.integers(1, 5), min_size=0, max_size=5))
    every = list(combinations(range(len(cells)), 2))
    pairs = data.draw(st.lists(st.sampled_from(every), max_size=6)) if every else []
    counts = st.one_of(st.integers(-50, 200), st.integers(-(2**60), 2**60))
    marginals = []
    for columns in [(j,) for j in range(len(cells))] + pairs:
        shape = tuple(cells[j] for j in columns)
        flat = data.draw(st.lists(counts, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        sigma = data.draw(st.sampled_from([0.0, 0.5, 20.0, 1e12]))
        per_cell = data.draw(st.booleans())
        marginals.append(
            NoisyMarginal(
                columns=columns,
                counts=np.asarray(flat, dtype=np.int64).reshape(shape),
                sigma=np.linspace(sigma, 2 * sigma, len(flat)).reshape(shape) if per_cell else sigma,
            )
        )
    rows = data.draw(st.integers(-10, 10**7))
    fitted = related.fit(
        marginals, cells, rows, seed=data.draw(st.integers(0, 5)), progress=quiet, particles=60, sweeps=6
    )
    codes = fitted.sample(data.draw(st.sampled_from([0, 1, 130])), seed=0)
    assert ((codes >= 0) & (codes < np.asarray(cells, dtype=np.int32))).all()
    for a, b in combinations(range(len(cells)), 2):
        assert np.isfinite(fitted.pair(a, b)).all()
