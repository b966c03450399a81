"""Intervals cover what they say, with the product's own noise, for tables of every size and shares of every size."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.estimation import intervals
from gateway.estimation.intervals import Estimate, Reading, Rows
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate.noise import DiscreteGaussian

TABLE, POPULATION = Reading.TABLE, Reading.POPULATION
GAMES = 2_500
"""A share of .95 of so many lies within five standard deviations of .925 and .975 but once in 1e7 runs."""


def noisy(counts: object, sigma: float) -> NoisyMarginal:
    exact = np.asarray(counts, dtype=np.int64)
    columns = tuple(range(exact.ndim))
    return NoisyMarginal(columns=columns, counts=DiscreteGaussian().add(exact, sigma=sigma), sigma=sigma)


def coverage(draw: Callable[[], tuple[float, Estimate]]) -> float:
    """Return how often the truth lies inside, of ``GAMES`` tables."""
    hits = 0
    for _ in range(GAMES):
        truth, found = draw()
        assert found.low <= found.value <= found.high
        hits += found.low <= truth <= found.high
    return hits / GAMES


def tables(weights: NDArray[np.float64], rows: int, reading: Reading, sigma: float) -> Callable[[], tuple]:
    """Return a maker of (what is true of cells, noisy counts): one fixed table, or one drawn anew each time."""
    generator = np.random.default_rng(0)
    exact = generator.multinomial(rows, weights)
    noise = iter(DiscreteGaussian().add(np.zeros((GAMES, weights.size), dtype=np.int64), sigma=sigma))

    def make() -> tuple[NDArray[np.float64], NoisyMarginal]:
        drawn = exact if reading is TABLE else generator.multinomial(rows, weights)
        truth = exact if reading is TABLE else rows * weights
        return truth, NoisyMarginal(columns=(0,), counts=drawn + next(noise), sigma=sigma)

    return make


def cells(of_one: float) -> NDArray[np.float64]:
    """Return eight shares: the first is ``of_one``, the others are unequal."""
    rest = np.arange(1.0, 8.0)
    return np.concatenate([[of_one], (1 - of_one) * rest / rest.sum()])


FIRST = np.arange(8) == 0
GRID = [
    pytest.param(rows, sigma, share, id=f"{rows} rows, sigma {sigma}, share {share}")
    for rows, sigma, share in [(300, 10.0, 0.3), (2_000, 25.0, 0.5), (20_000, 9.0, 0.01), (20_000, 60.0, 0.9)]
]


@pytest.mark.parametrize("reading", [TABLE, POPULATION])
@pytest.mark.parametrize(("rows", "sigma", "share"), GRID)
def test_intervals_of_counts_and_shares_cover_as_often_as_they_say(
    rows: int, sigma: float, share: float, reading: Reading
) -> None:
    make = tables(cells(share), rows, reading, sigma)
    seen = [make() for _ in range(GAMES)]
    for ask, scale in ((intervals.count, 1.0), (intervals.share, 1.0 / rows)):
        draws = iter([(truth[0] * scale, ask(m, FIRST, reading=reading)) for truth, m in seen])
        assert 0.925 <= coverage(lambda draws=draws: next(draws)) <= 0.98


@pytest.mark.parametrize("reading", [TABLE, POPULATION])
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.9995, 1.0])
def test_near_what_is_possible_at_all_they_cover_more_often_and_stay_inside(share: float, reading: Reading) -> None:
    make = tables(cells(share), 2_000, reading, 12.0)

    def draw() -> tuple[float, Estimate]:
        truth, marginal = make()
        found = intervals.share(marginal, FIRST, reading=reading)
        assert 0 <= found.low <= found.high <= 1
        assert intervals.count(marginal, FIRST, reading=reading).low >= 0
        return truth[0] / 2_000, found

    assert coverage(draw) >= 0.95 - 0.02


@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
def test_any_other_level_may_be_asked_for(level: float) -> None:
    make = tables(cells(0.2), 3_000, POPULATION, 30.0)
    seen = [make()[1] for _ in range(GAMES)]
    found = [intervals.share(m, FIRST, reading=POPULATION, level=level) for m in seen]
    rate = sum(one.low <= 0.2 <= one.high for one in found) / GAMES
    assert abs(rate - level) <= 5 * math.sqrt(level * (1 - level) / GAMES) + 0.01


@pytest.mark.parametrize("sigma", [0.4, 0.7, 1.0, 1.5, 2.0, 5.0, 40.0])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_intervals_of_counts_hold_for_noise_that_is_whole_numbers(sigma: float, level: float) -> None:
    """Exactly, from the noise's own probabilities: the half width counts whole steps, also where there are few."""
    lattice = np.arange(-math.ceil(12 * sigma), math.ceil(12 * sigma) + 1)
    mass = np.exp(-0.5 * (lattice / sigma) ** 2)
    marginal = NoisyMarginal(columns=(0,), counts=1_000 + lattice, sigma=sigma)
    found = intervals.counts(marginal, level=level)
    covered = float(mass[(found.low <= 1_000) & (found.high >= 1_000)].sum() / mass.sum())
    assert covered >= level - 2e-3
    if sigma >= 40:
        assert covered <= level + 0.02


@pytest.mark.parametrize("reading", [TABLE, POPULATION])
@pytest.mark.parametrize(("rows", "sigma"), [(400, 8.0), (20_000, 40.0)])
def test_intervals_of_means_cover_as_often_as_they_say(rows: int, sigma: float, reading: Reading) -> None:
    values = np.array([0.0, 1, 2, 3, 5, 8, 100, 1_900_000_000])
    null = values > 1e9
    make = tables(cells(0.1), rows, reading, sigma)

    def draw() -> tuple[float, Estimate]:
        truth, marginal = make()
        return float(truth[~null] @ values[~null] / truth[~null].sum()), intervals.mean(
            marginal, values, among=~null, reading=reading
        )

    assert 0.925 <= coverage(draw) <= 0.98


def test_intervals_of_means_allow_for_values_that_spread_within_their_cell() -> None:
    generator = np.random.default_rng(2)
    edges = np.array([0.0, 10, 30, 100])
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    noise = iter(DiscreteGaussian().add(np.zeros((GAMES, 3), dtype=np.int64), sigma=4.0))

    def draw(spread: object) -> tuple[float, Estimate]:
        cell = generator.choice(3, size=300, p=[0.2, 0.5, 0.3])
        real = edges[cell] + generator.random(300) * widths[cell]
        marginal = NoisyMarginal(columns=(0,), counts=np.bincount(cell, minlength=3) + next(noise), sigma=4.0)
        return float(real.mean()), intervals.mean(marginal, middles, spread=spread)

    assert 0.925 <= coverage(lambda: draw(widths / math.sqrt(12))) <= 0.98
    noise = iter(DiscreteGaussian().add(np.zeros((GAMES, 3), dtype=np.int64), sigma=4.0))
    assert coverage(lambda: draw(0.0)) < 0.92


def test_intervals_between_the_ends_of_cells_hold_wherever_in_them_the_values_lie() -> None:
    lowest, highest = np.array([0.0, 10, 30]), np.array([9.0, 29, 100])
    exact = np.array([100, 900, 500])
    for real in (lowest, highest, np.array([0.0, 29, 30])):
        truth = float(exact @ real / exact.sum())
        found = [intervals.mean_between(noisy(exact, 10.0), lowest, highest) for _ in range(300)]
        assert sum(one.low <= truth <= one.high for one in found) >= 0.93 * 300


@pytest.mark.parametrize("reading", [TABLE, POPULATION])
def test_questions_over_several_cells_of_a_pair_are_answered_with_the_noise_of_all_of_them(reading: Reading) -> None:
    generator = np.random.default_rng(3)
    weights = generator.dirichlet(np.ones(60)).reshape(6, 10)
    exact = generator.multinomial(5_000, weights.reshape(-1)).reshape(6, 10)
    known = np.ones((6, 10), dtype=np.bool_)
    known[:, 0] = False  # NULL
    of = np.zeros((6, 10), dtype=np.bool_)
    of[1, 2:7] = of[4, :] = True
    noise = iter(DiscreteGaussian().add(np.zeros((GAMES, 6, 10), dtype=np.int64), sigma=7.0))

    def draw() -> tuple[float, Estimate]:
        drawn = exact if reading is TABLE else generator.multinomial(5_000, weights.reshape(-1)).reshape(6, 10)
        truth = exact if reading is TABLE else weights
        marginal = NoisyMarginal(columns=(3, 5), counts=drawn + next(noise), sigma=7.0)
        found = intervals.share(marginal, of, among=known, reading=reading)
        return float(truth[of & known].sum() / truth[known].sum()), found

    assert 0.925 <= coverage(draw) <= 0.98


def test_the_margin_of_a_pair_carries_the_noise_of_the_cells_it_sums() -> None:
    exact = np.full((4, 25), 40)
    one = intervals.margin(noisy(exact, 5.0), [0])
    assert one.columns == (0,)
    assert one.counts.shape == (4,)
    assert np.asarray(one.sigma) == pytest.approx(np.full(4, 25.0))
    same = intervals.margin(noisy(exact, 5.0), [1, 0])
    assert same.columns == (0, 1)
    found = [intervals.counts(intervals.margin(noisy(exact, 5.0), [0])) for _ in range(400)]
    inside = np.array([(one.low <= 1_000) & (one.high >= 1_000) for one in found])
    assert 0.92 <= inside.mean() <= 0.98


def test_a_better_known_number_of_rows_narrows_shares_and_they_still_cover() -> None:
    generator = np.random.default_rng(4)
    exact = generator.multinomial(4_000, np.full(100, 0.01))
    of = np.arange(100) < 50
    own, other = 6.0 * 10.0, 20.0
    best = 1 / (own**-2 + other**-2)
    widths = []

    def draw() -> tuple[float, Estimate]:
        marginal = noisy(exact, 6.0)
        total = best * (marginal.counts.sum() / own**2 + (4_000 + generator.normal(scale=other)) / other**2)
        found = intervals.share(marginal, of, rows=Rows(value=float(total), sigma=math.sqrt(best)))
        plain = intervals.share(marginal, of)
        widths.append((found.high - found.low) / (plain.high - plain.low))
        return exact[of].sum() / 4_000, found

    assert 0.925 <= coverage(draw) <= 0.98
    first = np.arange(100) == 0
    marginal = noisy(np.array([2_000, *[20] * 99]), 6.0)
    narrow = intervals.share(marginal, first, rows=Rows(value=4_000.0, sigma=5.0))
    plain = intervals.share(marginal, first)
    assert narrow.high - narrow.low < 0.6 * (plain.high - plain.low)


def test_intervals_as_if_synthetic_rows_were_the_rows_cover_half_the_time() -> None:
    rows, share, sigma = 2_000, 0.1, 33.0
    generator = np.random.default_rng(5)
    make = tables(np.array([share, 1 - share]), rows, POPULATION, sigma)
    first = np.array([True, False])
    good = naive = 0
    for _ in range(GAMES):
        _, marginal = make()
        found = intervals.share(marginal, first, reading=POPULATION)
        good += found.low <= share <= found.high
        model = np.maximum(marginal.counts, 0) / np.maximum(marginal.counts, 0).sum()
        synthetic = generator.binomial(rows, model[0]) / rows
        naive += abs(synthetic - share) <= 1.96 * math.sqrt(synthetic * (1 - synthetic) / rows)
    assert 0.925 <= good / GAMES <= 0.98
    assert 0.35 <= naive / GAMES <= 0.65


@pytest.mark.parametrize("reading", [TABLE, POPULATION])
def test_every_cell_at_once_is_answered_as_each_alone(reading: Reading) -> None:
    marginal = noisy([[5, 0, 300], [70, 1, 0]], 9.0)
    among = np.array([[True, True, False], [True, True, True]])
    many = intervals.shares(marginal, among=among, reading=reading)
    counted = intervals.counts(marginal, reading=reading)
    for at in np.ndindex(2, 3):
        of = np.zeros((2, 3), dtype=np.bool_)
        of[at] = True
        one = intervals.count(marginal, of, reading=reading)
        assert (counted.value[at], counted.low[at], counted.high[at]) == (one.value, one.low, one.high)
        alone = intervals.share(marginal, of, among=among, reading=reading)
        expected = (alone.value, alone.low, alone.high) if among[at] else (0.0, 0.0, 0.0)
        assert (many.value[at], many.low[at], many.high[at]) == pytest.approx(expected)


def test_cells_with_noise_of_their_own_are_weighed_by_it() -> None:
    marginal = NoisyMarginal(columns=(0,), counts=np.array([1_000, 1_000]), sigma=np.array([3.0, 40.0]))
    found = intervals.counts(marginal)
    assert (found.high - found.low).tolist() == [12.0, 156.0]


def test_where_nothing_is_known_everything_possible_is_returned() -> None:
    marginal = NoisyMarginal(columns=(0,), counts=np.array([-3, 5]), sigma=50.0)
    first = np.array([True, False])
    assert intervals.share(marginal, first) == Estimate(value=0.0, low=0.0, high=1.0)
    assert intervals.share(marginal, first, rows=Rows(value=-1.0, sigma=3.0)).high == 1.0
    ages = np.array([20.0, 60.0])
    assert intervals.mean(marginal, ages) == Estimate(value=40.0, low=20.0, high=60.0)
    assert intervals.count(marginal, first).low == 0.0


def test_without_noise_the_table_speaks_for_itself() -> None:
    marginal = NoisyMarginal(columns=(0,), counts=np.array([30, 70]), sigma=0.0)
    of = np.array([True, False])
    assert intervals.count(marginal, of) == Estimate(value=30.0, low=30.0, high=30.0)
    found = intervals.mean(marginal, np.array([1.0, 3.0]))
    assert (found.low, found.value, found.high) == pytest.approx((2.4, 2.4, 2.4))


def test_questions_that_do_not_fit_the_marginal_are_refused() -> None:
    marginal = NoisyMarginal(columns=(0,), counts=np.array([30, 70]), sigma=2.0)
    of = np.array([True, False])
    with pytest.raises(ValueError, match="mask"):
        intervals.count(marginal, np.array([True]))
    with pytest.raises(ValueError, match="mask"):
        intervals.share(marginal, np.array([0, 1]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level"):
        intervals.count(marginal, of, level=1.0)
    with pytest.raises(ValueError, match="number of all rows"):
        intervals.share(marginal, of, among=of, rows=Rows(value=3.0, sigma=1.0))
    with pytest.raises(ValueError, match="at least one cell"):
        intervals.mean(marginal, np.array([1.0, 2.0]), among=np.zeros(2, dtype=np.bool_))
    with pytest.raises(ValueError, match="measured together"):
        intervals.margin(marginal, [1])
