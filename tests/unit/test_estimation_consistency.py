"""Noisy marginals become agreed one-ways and residuals: against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gateway.estimation.allocation import systematic
from gateway.estimation.consistency import Estimate, association, gather, low_rank, mean, one_ways, project
from gateway.estimation.measurement import NoisyMarginal


def one(column: int, counts: list[int], sigma: float | list[float] = 1.0) -> NoisyMarginal:
    spread = sigma if isinstance(sigma, float) else np.asarray(sigma)
    return NoisyMarginal(columns=(column,), counts=np.asarray(counts, dtype=np.int64), sigma=spread)


def two(columns: tuple[int, int], counts: list[list[int]], sigma: float = 1.0) -> NoisyMarginal:
    return NoisyMarginal(columns=columns, counts=np.asarray(counts, dtype=np.int64), sigma=sigma)


def test_mean_weighs_by_inverse_variance() -> None:
    both = mean(
        [
            Estimate(counts=np.array([10.0]), variance=np.array([1.0])),
            Estimate(counts=np.array([20.0]), variance=np.array([4.0])),
        ]
    )
    assert both.counts[0] == pytest.approx(12.0)
    assert both.variance[0] == pytest.approx(0.8)


def test_an_exact_estimate_outweighs_a_noisy_one() -> None:
    noisy = Estimate(counts=np.array([90.0]), variance=np.array([4.0]))
    assert mean([noisy, Estimate(counts=np.array([7.0]), variance=np.zeros(1))]).counts[0] == pytest.approx(7.0)


def test_a_pair_measured_the_other_way_round_is_turned() -> None:
    evidence = gather([one(0, [1, 2]), one(1, [1, 1, 1]), two((1, 0), [[1, 2], [3, 4], [5, 6]])], [2, 3])
    assert evidence.pairs[0, 1].counts.tolist() == [[1, 3, 5], [2, 4, 6]]


def test_one_ways_are_the_weighted_mean_of_histogram_and_row_sums() -> None:
    marginals = [one(0, [60, 40], 1.0), one(1, [50, 50], 1.0), two((0, 1), [[35, 35], [15, 15]], 1.0)]
    left, right = one_ways(gather(marginals, [2, 2]), 100)
    # the row sums (70, 30) have twice the variance of the histogram (60, 40)
    assert left == pytest.approx([60 + 10 / 3, 40 - 10 / 3])
    assert right == pytest.approx([50, 50])


def test_projection_shares_out_what_is_missing_by_variance() -> None:
    estimate = Estimate(counts=np.array([10.0, 10.0, 10.0]), variance=np.array([1.0, 1.0, 4.0]))
    assert project(estimate, 36.0) == pytest.approx([11.0, 11.0, 14.0])


def test_projection_leaves_no_negative_count() -> None:
    estimate = Estimate(counts=np.array([-5.0, 10.0, 10.0]), variance=np.ones(3))
    assert project(estimate, 18.0) == pytest.approx([0.0, 9.0, 9.0])


@given(
    counts=hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-1e4, 1e4)),
    total=st.integers(1, 10_000),
    data=st.data(),
)
def test_projection_is_nearest_by_the_optimality_conditions(
    counts: np.ndarray, total: int, data: st.DataObject
) -> None:
    variance = data.draw(hnp.arrays(np.float64, counts.size, elements=st.floats(0.1, 10.0)))
    found = project(Estimate(counts=counts, variance=variance), total)
    assert found.sum() == pytest.approx(total)
    assert (found >= 0).all()
    pull = (counts - found) / variance
    inside = found > 1e-7 * total
    assert np.ptp(pull[inside]) < 1e-5 * (np.abs(counts).max() + total)
    assert (pull[~inside] <= pull[inside].max() + 1e-5 * (np.abs(counts).max() + total)).all()


@pytest.mark.parametrize("size", [1e18, -1e18])
def test_projection_survives_figures_that_drown_the_total(size: float) -> None:
    found = project(Estimate(counts=np.array([size, 0.0, -3.0]), variance=np.full(3, 1e30)), 1.0)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()


def test_association_has_the_margins_of_the_one_ways() -> None:
    ones = (np.array([60.0, 0.0, 40.0]), np.array([70.0, 30.0]))
    table = Estimate(counts=np.array([[58.0, 1.0], [9.0, 9.0], [12.0, 30.0]]), variance=np.full((3, 2), 0.5))
    found = association((0, 1), table, ones, 100.0)
    assert found is not None
    assert found.target.sum(axis=1) == pytest.approx([60.0, 40.0])
    assert found.target.sum(axis=0) == pytest.approx([70.0, 30.0])


def test_ridge_is_noise_over_signal() -> None:
    ones = (np.array([50.0, 50.0]), np.array([50.0, 50.0]))
    table = Estimate(counts=np.array([[45.0, 5.0], [5.0, 45.0]]), variance=np.full((2, 2), 9.0))
    found = association((0, 1), table, ones, 100.0)
    assert found is not None
    # residual +-20 in four cells: 1600 squared in all, of which one degree of freedom's worth is noise
    assert found.ridge == pytest.approx(np.full((2, 2), 9.0 * 100.0 / (1600.0 - 9.0)))


def test_ridge_lets_rare_cells_move_as_far_as_common_ones_when_they_do() -> None:
    ones = (np.array([950.0, 50.0]), np.full(5, 200.0))
    shift = np.array([20.0, 10.0, 0.0, -10.0, -20.0])
    independent = np.outer(ones[0], ones[1]) / 1000.0
    table = Estimate(counts=independent + np.stack([-shift, shift]), variance=np.full((2, 5), 25.0))
    found = association((0, 1), table, ones, 1000.0)
    assert found is not None
    # a prior of one variance for all cells: the relaxation of the potentials goes with the count
    assert found.ridge[0] == pytest.approx(found.ridge[1] * 19.0)


def test_ridge_follows_the_count_when_the_association_does() -> None:
    share = np.array([0.5, 0.3, 0.15, 0.05])
    ones = (1000.0 * share, 1000.0 * share)
    counts = 1000.0 * (0.8 * np.outer(share, share) + 0.2 * np.diag(share))
    found = association((0, 1), Estimate(counts=counts, variance=np.full((4, 4), 4.0)), ones, 1000.0)
    assert found is not None
    assert found.ridge[0, 0] < 10 * found.ridge[3, 3]


@pytest.mark.parametrize("variance", [1e-300, 1e-20, 1e-3])
def test_shrinkage_leaves_what_hardly_has_noise_as_it_is(variance: float) -> None:
    residual = np.outer([1.0, 1.0, -2.0], [3.0, 1.0, -4.0])
    assert low_rank(residual, variance) == pytest.approx(residual, rel=1e-2)


def test_shrinkage_takes_away_what_noise_alone_could_have_made() -> None:
    residual = np.outer([1.0, 1.0, -2.0], [3.0, 1.0, -4.0])
    assert not low_rank(residual, 1e4).any()


@pytest.mark.parametrize(("cells", "sigma"), [((2, 2), 100.0), ((1, 2), 1.0)])
def test_a_pair_without_signal_or_freedom_is_left_out(cells: tuple[int, int], sigma: float) -> None:
    ones = tuple(np.full(size, 100.0 / size) for size in cells)
    table = Estimate(counts=np.arange(cells[0] * cells[1]).reshape(cells) * 1.0, variance=np.full(cells, sigma**2))
    assert association((0, 1), table, ones, 100.0) is None


@pytest.mark.parametrize(
    ("marginals", "cells", "says"),
    [
        ([one(0, [1, 2])], [2, 2], "no one-way"),
        ([one(0, [1, 2, 3])], [2], "shape"),
        ([one(0, [1, 2], -1.0)], [2], "sigma"),
        ([one(0, [1, 2], float("nan"))], [2], "sigma"),
        ([one(0, [1, 2]), two((0, 0), [[1, 2], [3, 4]])], [2], "two different"),
        ([one(3, [1, 2])], [2], "shape"),
        ([], [0], "at least one cell"),
    ],
)
def test_marginals_that_do_not_fit_are_refused(marginals: list[NoisyMarginal], cells: list[int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        gather(marginals, cells)


@given(
    shares=hnp.arrays(np.float64, st.integers(1, 9), elements=st.floats(0.0, 1.0)).filter(lambda s: s.sum() > 1e-3),
    rows=st.integers(0, 500),
    seed=st.integers(0, 9),
)
def test_systematic_allocation_is_right_to_within_a_row(shares: np.ndarray, rows: int, seed: int) -> None:
    codes = systematic(shares, rows, generator=np.random.default_rng(seed))
    counts = np.bincount(codes, minlength=shares.size)
    assert counts.size == shares.size
    assert counts.sum() == rows
    assert (np.abs(counts - rows * shares / shares.sum()) < 1.0 + 1e-9).all()
    assert not counts[shares == 0].any()
