"""Numbers that will be summed have no far end made of noise."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.raw.generate.binning import Bins, bins, near
from gateway.raw.generate.database import count_grid, time_grid
from gateway.raw.generate.history_columns import grained
from gateway.vocabulary.schema import Kind

SIGMA = 50.0
FORTY = count_grid(40)
UP_TO_FOUR = [240, 240, 240, 240, 240] + [0] * 36


def noisy(*, seed: int, like: list[int] = UP_TO_FOUR) -> np.ndarray:
    return np.rint(np.array(like) + np.random.default_rng(seed).normal(0, SIGMA, len(like))).astype(np.int64)


def kept(counts: np.ndarray | list[int]) -> list[int]:
    return np.flatnonzero(near(np.array(counts), np.full(len(counts), SIGMA), FORTY)).tolist()


def told(counts: np.ndarray) -> Bins:
    sigma = np.full(counts.size, SIGMA)
    return bins(counts, sigma, total=1200.0, domain=FORTY, nullable=False, told=True)


@pytest.mark.parametrize(
    ("like", "upto"),
    [
        ({0: 900}, 2),  # owners of nothing say nothing of others
        ({1: 900}, 2),
        ({1: 900, 12: 224}, 2),
        ({1: 900, 12: 226}, 24),
        ({1: 900, 12: 160, 13: 160}, 26),
        ({1: 900, 12: 115, 13: 115, 14: 115, 15: 115}, 30),
        ({1: 900, 12: -226}, 2),
        ({1: 900, 40: 226}, 40),
        # beside what stands out already a longer run does not
        ({1: 900, 2: 900, 3: 900, 4: 50}, 6),
    ],
)
def test_cells_are_left_to_twice_as_far_as_something_stands_out(like: dict[int, int], upto: int) -> None:
    assert kept([like.get(cell, 0) for cell in range(41)]) == list(range(upto + 1))


def test_either_side_of_0_is_looked_at_for_itself() -> None:
    grid = time_grid(Kind.DATE, both=True)
    starts = np.array(grid.starts)
    counts = np.where((starts > -40) & (starts < 400), 100_000, 0)
    left = starts[near(np.append(0, counts), np.full(counts.size + 1, SIGMA), grid)[1:]]
    assert (-80 <= left.min() < -60, 600 < left.max() <= 800) == (True, True)


def test_noise_makes_no_owner_of_many_rows_where_nobody_has_many() -> None:
    drawn = [told(noisy(seed=seed)) for seed in range(300)]
    most = [int(np.flatnonzero((each.weight > 0) & ~each.ghost).max()) for each in drawn]
    # runs of noise may reach a little further
    assert (np.array(most) > 12).sum() <= 3
    assert np.median(most) <= 8


def test_who_is_far_out_all_the_same_counts_where_the_nearest_do() -> None:
    to = told(noisy(seed=1, like=[900, 240, 240, 240, 240] + [0] * 36))
    last = int(np.flatnonzero(~to.ghost).max())
    assert last < 40
    assert (to.bin_of[last + 1 :] == to.bin_of[last]).all()
    assert (to.weight[to.ghost] == 0).all()
    assert np.bincount(to.bin_of, weights=to.weight) == pytest.approx(np.ones(to.count))


def test_with_nothing_to_see_there_are_hardly_any_rows() -> None:
    to = told(noisy(seed=3, like=[0] * 41))
    assert np.flatnonzero(to.weight > 0).max() <= 2


def test_noise_makes_no_row_of_a_history_that_owns_many_where_none_does() -> None:
    made = [grained(FORTY, noisy(seed=seed).astype(float), sigma=SIGMA, told=True) for seed in range(300)]
    most = [int(np.flatnonzero((each.mass > 0) & (each.bins.weight > 0)).max()) for each in made]
    assert (np.array(most) > 12).sum() <= 3
    assert all(np.bincount(each.bins.bin_of, weights=each.bins.weight) == pytest.approx(1) for each in made)
