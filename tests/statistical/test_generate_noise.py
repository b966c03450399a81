"""The noise against its definition, computed independently: in decimals, by convolution, and by OpenDP."""

import decimal
import itertools
import math
import multiprocessing
import os
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from multiprocessing.connection import Connection

import numpy as np
import opendp.prelude as dp
import pytest
from numpy.typing import NDArray
from scipy import stats

from gateway.privacy import calibration
from gateway.raw.generate import noise
from gateway.raw.generate.noise import DiscreteGaussian

DIGITS = 120
LEAST, MOST = -(2**63), 2**63 - 1
ALARM = 1e-7
"""A right sampler fails a test of distribution once in ten million runs."""


def no_more() -> int:
    raise AssertionError("this draw was decided already")


@cache
def cumulative(sigma: float) -> list[Decimal]:
    """P[|X| <= k] to about 100 decimal places, until it is 1 to 70."""
    with decimal.localcontext(prec=DIGITS):
        width = 2 * Decimal(sigma) ** 2
        weights = [2 * (-(k * k) / width).exp() for k in map(Decimal, range(math.ceil(22 * sigma) + 2))]
        weights[0] /= 2
        whole, total, found = sum(weights), Decimal(0), []
        for weight in weights:
            total += weight
            found.append(total / whole)
            if 1 - found[-1] < Decimal("1e-70"):
                break
        return found


def square(sigma: float) -> Fraction:
    return Fraction(sigma) ** 2


def digits(value: Decimal, count: int) -> int:
    """The first ``count`` binary digits of a number in [0, 1)."""
    with decimal.localcontext(prec=DIGITS):
        return int((value * 2**count).to_integral_value(rounding=decimal.ROUND_FLOOR))


def drawn(start: int, sigma: float, more: Callable[[], int], *, minus: bool = False) -> int:
    words = np.array([start << 1 | minus], dtype=np.uint64)
    return int(noise.invert(words, square(sigma), more=more)[0])


# ---------------------------------------------------------------- the table and the decision, bit by bit


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 3.7, 60.25, 200.0])
def test_the_table_is_the_distribution_function_cut_to_63_digits(sigma: float) -> None:
    thresholds = noise.table(square(sigma))
    assert thresholds.tolist() == [digits(value, 63) for value in cumulative(sigma)[: thresholds.size]]
    assert thresholds[-1] == MOST
    assert (np.diff(thresholds) >= 0).all()


@pytest.mark.parametrize("sigma", [1e-200, 0.01, 0.3, 1.0, 60.25])
@pytest.mark.parametrize("spare", [1, 5, 40])
def test_the_table_does_not_depend_on_how_many_digits_are_tried_first(sigma: float, spare: int) -> None:
    assert noise.table(square(sigma), spare=spare).tolist() == noise.table(square(sigma)).tolist()


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.7])
def test_enclosures_hold_the_distribution_function_and_are_tight(sigma: float) -> None:
    for bits in (64, 200, 330):
        for (low, high), value in zip(noise.cumulative(square(sigma), bits), cumulative(sigma)[:20], strict=False):
            assert low <= digits(value, bits) <= high
            assert high - low < 2**16


@pytest.mark.parametrize("minus", [False, True])
@pytest.mark.parametrize("sigma", [0.5, 3.7, 60.25])
def test_next_to_every_border_the_bits_read_decide(sigma: float, *, minus: bool) -> None:
    sign = -1 if minus else 1
    borders = noise.table(square(sigma)).tolist()
    checked = 0
    for size, (border, following) in enumerate(itertools.pairwise(borders)):
        if following - border > 1:  # the last few are neighbours
            assert drawn(border + 1, sigma, no_more, minus=minus) == sign * (size + 1)
            assert drawn(following - 1, sigma, no_more, minus=minus) == sign * (size + 1)
            checked += 1
    assert checked > 0.9 * len(borders) - 2
    assert drawn(0, sigma, no_more, minus=minus) == 0
    assert drawn(borders[0] - 1, sigma, no_more, minus=minus) == 0


@pytest.mark.parametrize("sigma", [0.5, 3.7, 7.0])
def test_on_every_border_more_digits_decide_and_still_more_when_those_are_on_it_too(sigma: float) -> None:
    for size, border in enumerate(noise.table(square(sigma)).tolist()[:-1]):
        value = cumulative(sigma)[size]
        second, third = digits(value, 127) & (2**64 - 1), digits(value, 191) & (2**64 - 1)
        assert 0 < second < 2**64 - 1
        assert 0 < third < 2**64 - 1
        for given, expected in (
            ([second - 1], size),
            ([second + 1], size + 1),
            ([second, third - 1], size),
            ([second, third + 1], size + 1),
            ([0], size),
            ([2**64 - 1], size + 1),
        ):
            for minus in (False, True):
                left = list(given)
                found = drawn(border, sigma, lambda left=left: left.pop(0), minus=minus)  # type: ignore[misc]
                assert found == (-expected if minus else expected)
                assert not left, "all digits given were needed"


@pytest.mark.parametrize("sigma", [0.5, 3.7, 7.0])
def test_the_tail_beyond_the_table_is_drawn_by_its_own_probabilities(sigma: float) -> None:
    values = cumulative(sigma)
    sizes = [k for k in range(noise.table(square(sigma)).size, len(values)) if 1 - values[k] > Decimal("1e-50")]
    assert len(sizes) >= 5 * sigma - 1
    for size in sizes:
        for start in (digits(values[size - 1], 191) + 1, digits(values[size], 191) - 1):
            assert start >> 128 == MOST
            known = [start >> 64 & (2**64 - 1), start & (2**64 - 1)]
            assert drawn(MOST, sigma, lambda known=known: known.pop(0)) == size  # type: ignore[misc]


@pytest.mark.parametrize("spare", [0, 8])
@pytest.mark.parametrize("sigma", [0.5, 3.7])
def test_where_precision_does_not_suffice_more_digits_are_read_instead_of_guessing(
    sigma: float, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise.table(square(sigma))  # made with the usual precision
    monkeypatch.setattr(noise, "SPARE", spare)
    for size, border in enumerate(noise.table(square(sigma)).tolist()[:-1]):
        value = digits(cumulative(sigma)[size], 63 + 3 * 64)
        for apart in (1, 2**30, 2**64 - 1, 2**64, 2**66, 3 * 2**64, 9 * 2**64, 2**100, 2**129):
            for near, expected in ((value - apart, size), (value + apart, size + 1)):
                if near >> 192 == border:
                    known = [near >> 128 & (2**64 - 1), near >> 64 & (2**64 - 1), near & (2**64 - 1), 2**63]
                    assert drawn(border, sigma, lambda known=known: known.pop(0)) == expected  # type: ignore[misc]


@pytest.mark.parametrize("bits", [1, 2, 5, 8, 30, 191])
def test_the_exponential_is_enclosed_whatever_the_precision(bits: int) -> None:
    for x in (Fraction(part, 97) * Fraction(3) ** power for part in range(1, 98, 6) for power in (-9, -2, 0, 1, 4)):
        low, high = noise._exponential(x, bits)
        with decimal.localcontext(prec=DIGITS):
            value = (-Decimal(x.numerator) / Decimal(x.denominator)).exp() * 2**bits
            assert low <= value <= high


def test_a_border_in_a_crowd_of_draws_changes_its_own_lane_only() -> None:
    thresholds = noise.table(square(3.7))
    starts = [0, int(thresholds[2]), int(thresholds[0]) + 1, int(thresholds[5]), int(thresholds[4]) + 1]
    words = np.array([start << 1 | (at == 4) for at, start in enumerate(starts)], dtype=np.uint64)
    left = [0, 2**64 - 1]
    assert noise.invert(words, square(3.7), more=lambda: left.pop(0)).tolist() == [0, 2, 1, 6, -5]


# ---------------------------------------------------------------- the distribution, in large numbers


def mass(sigma: float, times: int = 1) -> NDArray[np.float64]:
    reach = math.ceil(12 * sigma) + 1
    one = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    one /= one.sum()
    whole = one
    for _ in range(times - 1):
        whole = np.convolve(whole, one)
    return whole


def fits(draws: NDArray[np.int64], expected: NDArray[np.float64]) -> None:
    """Chi-square over groups of at least 40 expected draws, the two tails included."""
    reach = expected.size // 2
    assert np.abs(draws).max() <= reach
    seen = np.bincount(draws + reach, minlength=expected.size)
    below = np.cumsum(expected) * draws.size
    group = np.floor(below / max(40.0, draws.size / 1000))
    group = np.minimum(group, np.floor((below[-1] - 40) / max(40.0, draws.size / 1000))).astype(int)
    group = np.unique(group, return_inverse=True)[1]
    want = np.bincount(group, weights=expected) * draws.size
    got = np.bincount(group, weights=seen)
    kept = want > 5
    statistic = ((got - want) ** 2 / want)[kept].sum()
    assert stats.chi2.sf(statistic, int(kept.sum()) - 1) > ALARM


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 3.7, 60.0, 1e4])
def test_a_million_draws_follow_the_discrete_gaussian(sigma: float) -> None:
    draws = DiscreteGaussian().add(np.zeros(1_000_000, dtype=np.int64), sigma=sigma)
    assert draws.dtype == np.int64
    fits(draws, mass(sigma))
    # independent of each other, and the sign of the size
    centred = draws.astype(np.float64)
    assert abs(np.corrcoef(centred[1:], centred[:-1])[0, 1]) < 5.5e-3
    assert abs(np.corrcoef(np.abs(centred[1:]), np.abs(centred[:-1]))[0, 1]) < 5.5e-3
    assert stats.binomtest(int((draws > 0).sum()), int((draws != 0).sum())).pvalue > ALARM


@pytest.mark.parametrize(("sigma", "times"), [(0.5, 2), (1.0, 7), (12.0, 3), (3.7, 300)])
def test_several_answers_are_summed(sigma: float, times: int) -> None:
    counts = np.full(3_000 if times > 100 else 200_000, 11, dtype=np.int64)
    sums = DiscreteGaussian().add(counts, sigma=sigma, times=times)
    fits(sums - 11 * times, mass(sigma, times))


def opendp_draws(size: int, sigma: float) -> NDArray[np.int64]:
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64")
    return np.array(dp.m.make_gaussian(*space, scale=sigma)([0] * size), dtype=np.int64)


@pytest.mark.parametrize("sigma", [0.5, 3.7, 60.0])
def test_opendp_draws_the_same_distribution(sigma: float) -> None:
    theirs = opendp_draws(15_000, sigma)
    ours = DiscreteGaussian().add(np.zeros(300_000, dtype=np.int64), sigma=sigma)
    edges = np.unique(np.quantile(ours, np.linspace(0.01, 0.99, 41)))
    table = [np.bincount(np.searchsorted(edges, draws), minlength=edges.size + 1) for draws in (ours, theirs)]
    assert stats.chi2_contingency(np.array(table)[:, np.sum(table, axis=0) > 0]).pvalue > ALARM


# ---------------------------------------------------------------- noise that is too wide for a table


def test_a_wide_draw_is_a_fine_one_and_a_coarse_one_whose_variances_add_up_exactly() -> None:
    rough, step, bound = noise.ROUGH, noise.STEP, noise.WIDEST_TABLE
    for sigma in (bound + 2**-10, 16_384.0, 1e6 + 1 / 3, 2.0**27, float(noise.WIDEST) * 2**10):
        variance, factor, whole, sums = square(sigma), 1, Fraction(0), 0
        while variance > bound**2:
            coarse = (variance - rough**2) / step**2
            # what the error of a sum hangs on: far beyond what is needed for 2^-340
            assert 1 / coarse + Fraction(step, rough) ** 2 < Fraction(1, 12)
            whole, variance, factor, sums = whole + (factor * rough) ** 2, coarse, factor * step, sums + 1
        assert whole + factor**2 * variance == square(sigma)
        assert sums <= 6


@pytest.mark.parametrize(("rough", "step", "coarse"), [(3, 1, 3), (4, 2, 3), (5, 3, 4)])
def test_the_sum_of_two_draws_is_a_discrete_gaussian_but_for_what_was_proven(
    rough: int, step: int, coarse: int
) -> None:
    """In decimals, for small parameters: with v as in the module, ratios of probabilities are within 2 e of 1."""
    with decimal.localcontext(prec=50):
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534")

        def weight(x: int, sigma: int | Decimal) -> Decimal:
            return (-Decimal(x * x) / (2 * Decimal(sigma) ** 2)).exp()

        reach = 17 * coarse
        whole = [
            sum(weight(x - step * k, rough) * weight(k, coarse) for k in range(-reach, reach + 1)) for x in range(30)
        ]
        wide = (Decimal(rough) ** 2 + Decimal(step * coarse) ** 2).sqrt()
        v = 1 / (1 / Decimal(coarse) ** 2 + Decimal(step) ** 2 / Decimal(rough) ** 2)
        error = 2 * (-2 * pi**2 * v).exp()
        ratios = [found / weight(x, wide) / whole[0] for x, found in enumerate(whole)]
        assert max(abs(1 - ratio) for ratio in ratios) <= Decimal("2.01") * error
        # and it is no better than that: the bound is about the right thing
        assert max(abs(1 - ratio) for ratio in ratios) >= error / 100


@pytest.mark.parametrize("sigma", [noise.WIDEST_TABLE + 1.0, 9_000.5])
def test_a_million_wide_draws_follow_the_discrete_gaussian(sigma: float) -> None:
    draws = DiscreteGaussian().add(np.zeros(1_000_000, dtype=np.int64), sigma=sigma)
    fits(draws, mass(sigma))
    # the last digits are as even as they should be: nothing of the coarse part's lattice is left
    for modulus in (2, 256, 257):
        seen = np.bincount(draws % modulus, minlength=modulus)
        assert stats.chisquare(seen).pvalue > ALARM


@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize("sigma", [1e6, 2.0**27 + 0.5, 2.0**45, float(noise.WIDEST)])
def test_very_wide_noise_is_as_wide_as_it_should_be(sigma: float, times: int) -> None:
    draws = DiscreteGaussian().add(np.zeros(200_000, dtype=np.int64), sigma=sigma, times=times)
    scaled = draws / (sigma * math.sqrt(times))
    assert stats.kstest(scaled, "norm").pvalue > ALARM
    assert ALARM < stats.chi2.cdf((scaled**2).sum(), scaled.size) < 1 - ALARM
    for modulus in (256, 257, 2**16 + 1):
        assert stats.kstest(draws % modulus / modulus, "uniform").pvalue > 1e-12 if modulus > 2**15 else True
        assert modulus > 2**15 or stats.chisquare(np.bincount(draws % modulus, minlength=modulus)).pvalue > ALARM
    assert abs(np.corrcoef(scaled[1:], scaled[:-1])[0, 1]) < 0.0125


def test_wide_noise_of_opendp_is_the_same() -> None:
    theirs, ours = (
        opendp_draws(6_000, 20_000.5),
        DiscreteGaussian().add(np.zeros(200_000, dtype=np.int64), sigma=20_000.5),
    )
    assert stats.ks_2samp(ours, theirs).pvalue > ALARM


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sigma", [100.0, 2.0**27])
def test_noise_is_drawn_at_a_million_a_second_and_more(sigma: float) -> None:
    counts = np.zeros(500_000, dtype=np.int64)
    DiscreteGaussian().add(counts[:10], sigma=sigma)
    taken = []
    for _ in range(3):
        start = time.process_time()
        DiscreteGaussian().add(counts, sigma=sigma)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.5


@pytest.mark.parametrize(("sigma", "delta", "times"), [(12.0, 0.01, 1), (3.0, 0.003, 7), (0.7, 0.02, 2)])
def test_a_value_of_one_unit_passes_the_threshold_with_probability_delta_at_most(
    sigma: float, delta: float, times: int
) -> None:
    tries = 1_000_000
    threshold = calibration.threshold(sigma, delta, times=times)
    passed = int((DiscreteGaussian().add(np.ones(tries, dtype=np.int64), sigma=sigma, times=times) >= threshold).sum())
    assert stats.binomtest(passed, tries, delta, alternative="greater").pvalue > ALARM
    tail = calibration.tail(sigma, threshold - times, times=times)
    assert stats.binomtest(passed, tries, tail).pvalue > ALARM


# ---------------------------------------------------------------- where the bits come from


def test_two_calls_differ() -> None:
    counts = np.zeros(1_000, dtype=np.int64)
    source = DiscreteGaussian()
    first, second, other = (s.add(counts, sigma=1e3) for s in (source, source, DiscreteGaussian()))
    assert len({tuple(first), tuple(second), tuple(other)}) == 3


@pytest.mark.parametrize("sigma", [1e3, 1e6])
def test_seeding_numpy_has_no_influence(sigma: float) -> None:
    found = set()
    for _ in range(2):
        np.random.seed(7)  # noqa: NPY002 - the global state is what this is about
        found.add(tuple(DiscreteGaussian().add(np.zeros(100, dtype=np.int64), sigma=sigma)))
    assert len(found) == 2


def test_the_bytes_of_the_operating_system_are_all_that_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.arange(100_000, dtype=np.int64)
    real, tape = os.urandom, []

    def recorded(size: int) -> bytes:
        tape.append(real(size))
        return tape[-1]

    monkeypatch.setattr(os, "urandom", recorded)
    first = DiscreteGaussian().add(counts, sigma=60.0, times=3)
    assert sum(map(len, tape)) >= 8 * 3 * counts.size, "64 bits for every draw"
    tape.reverse()
    monkeypatch.setattr(os, "urandom", lambda size: tape.pop() if len(tape[-1]) == size else real(size))
    assert (DiscreteGaussian().add(counts, sigma=60.0, times=3) == first).all()
    assert not tape


def _in_a_child(pipe: Connection, sigma: float) -> None:
    pipe.send(DiscreteGaussian().add(np.zeros(50, dtype=np.int64), sigma=sigma).tolist())
    pipe.close()


@pytest.mark.parametrize("sigma", [1e3, 1e6])
def test_forked_processes_draw_apart(sigma: float) -> None:
    forking = multiprocessing.get_context("fork")
    DiscreteGaussian().add(np.zeros(50, dtype=np.int64), sigma=sigma)
    found = []
    for _ in range(2):
        ours, theirs = forking.Pipe(duplex=False)
        child = forking.Process(target=_in_a_child, args=(theirs, sigma))
        child.start()
        found.append(tuple(ours.recv()))
        child.join()
    found.append(tuple(DiscreteGaussian().add(np.zeros(50, dtype=np.int64), sigma=sigma)))
    assert len(set(found)) == 3


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3, 4)])
@pytest.mark.parametrize("times", [1, 5, noise.BATCH + 1])
def test_any_shape_comes_back_as_it_went_in(shape: tuple[int, ...], times: int) -> None:
    counts = np.full(shape, 1000, dtype=np.int64)
    noisy = DiscreteGaussian().add(counts, sigma=0.01, times=times)
    assert isinstance(noisy, np.ndarray)
    assert noisy.dtype == np.int64
    assert noisy.shape == shape
    assert (noisy == 1000 * times).all()
    assert (counts == 1000).all()


def test_cells_that_do_not_lie_next_to_each_other_are_taken_in_order() -> None:
    counts = np.arange(24, dtype=np.int64).reshape(4, 6)[::2, ::3].T
    assert (DiscreteGaussian().add(counts, sigma=0.01) == counts).all()


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize(("end", "side"), [(MOST, 1), (LEAST, -1)])
def test_sums_stop_at_the_ends_of_int64(end: int, side: int, times: int) -> None:
    noisy = DiscreteGaussian().add(np.full(2_000, end, dtype=np.int64), sigma=50.0, times=times)
    apart = (end - noisy) * side
    assert (apart >= 0).all()
    assert (apart <= 50 * 13 * math.sqrt(times) + times).all()
    assert 0.4 < (apart <= times).mean() < 0.6
    assert int(DiscreteGaussian().add(np.array(end), sigma=1e6, times=times)) * side > 2**62


def test_counts_too_large_to_multiply_are_cut_first() -> None:
    counts = np.array([2**62, -(2**62), 2**62 + 5, 2**61, LEAST], dtype=np.int64)
    noisy = DiscreteGaussian().add(counts, sigma=0.01, times=3)
    third, below = MOST // 3 * 3, -(2**63 // 3) * 3
    assert noisy.tolist() == [third, below, third, 3 * 2**61, below]


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf, 2.0**48 + 2**20])
def test_a_sigma_that_makes_no_noise_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="sigma above 0"):
        DiscreteGaussian().add(np.zeros(3, dtype=np.int64), sigma=sigma)


@pytest.mark.parametrize("times", [0, -1, 2**20 + 1])
def test_a_number_of_answers_that_makes_no_noise_is_refused(times: int) -> None:
    with pytest.raises(ValueError, match="number of answers"):
        DiscreteGaussian().add(np.zeros(3, dtype=np.int64), sigma=1.0, times=times)


@pytest.mark.parametrize("kind", [np.float64, np.uint64, np.int32])
def test_only_int64_counts_get_noise(kind: type) -> None:
    with pytest.raises(TypeError, match="int64"):
        DiscreteGaussian().add(np.zeros(3, dtype=kind), sigma=1.0)
