"""Intervals of rates and of their excess: against scipy, closed forms, and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from gateway.raw.judge.attack import Interval
from gateway.raw.judge.confidence import excess, scaled, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(counts: tuple[int, int]) -> None:
    successes, trials = counts
    theirs = binomtest(successes, trials).proportion_ci(method="wilson")
    ours = wilson(successes, trials)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 10), (11, 10), (0, 0)])
def test_a_rate_without_sense_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no more successes than trials"):
        wilson(successes, trials)


@given(st.tuples(*[st.integers(0, 50)] * 2), st.floats(-1, 0))
def test_every_excess_lies_in_its_interval_and_within_bounds(hits: tuple[int, int], correlation: float) -> None:
    got = excess(wilson(hits[0], 50), wilson(hits[1], 50), correlation=correlation)
    assert -1 <= got.low <= got.value <= got.high <= 1


def test_excess_is_the_share_of_what_the_control_leaves_over() -> None:
    assert excess(wilson(60, 100), wilson(20, 100)).value == pytest.approx(0.5)
    assert excess(wilson(20, 100), wilson(20, 100)).value == pytest.approx(0)
    assert excess(wilson(10, 100), wilson(20, 100)).value == pytest.approx(-0.125)


def test_a_leak_excludes_zero_and_equal_rates_include_it() -> None:
    assert excess(wilson(100, 100), wilson(0, 100)).low > 0.9
    equal = excess(wilson(30, 100), wilson(30, 100))
    assert equal.low < 0 < equal.high


def test_a_control_that_is_always_hit_tells_nothing() -> None:
    assert excess(wilson(50, 50), wilson(50, 50)) == Interval(value=0, low=-1, high=1)
    assert excess(wilson(25, 50), wilson(50, 50)).value == -1


def test_a_scaled_rate_is_cut_off_at_one() -> None:
    rate = wilson(20, 100)
    assert scaled(rate, 2) == Interval(value=0.4, low=rate.low * 2, high=rate.high * 2)
    assert scaled(rate, 9).high == 1


def test_excess_intervals_cover_the_truth_as_often_as_they_say() -> None:
    random, trials, rounds = np.random.default_rng(1), 400, 800
    covered = {}
    for one, other in itertools.product((0.01, 0.1, 0.5, 0.95), (0.0, 0.02, 0.3, 0.8)):
        truth = max(-1, 1 - (1 - one) / (1 - other))
        hits, false = random.binomial(trials, one, rounds), random.binomial(trials, other, rounds)
        got = [excess(wilson(h, trials), wilson(f, trials)) for h, f in zip(hits, false, strict=True)]
        covered[one, other] = np.mean([each.low <= truth <= each.high for each in got])
    # Counts are whole numbers, so that a single setting swings around 95 % (Brown, Cai and DasGupta 2001).
    assert min(covered.values()) >= 0.915, covered
    assert np.mean(list(covered.values())) >= 0.945


def test_exclusive_counts_are_covered_only_with_their_correlation() -> None:
    """One trial counts for the training or the control rows, never both; the scale is that of ten to one."""
    random, trials, scale, rounds = np.random.default_rng(2), 3000, 1.5, 1500
    one, other = 0.45, 0.3  # scaled to the same rate: no excess
    counts = random.multinomial(trials, [one, other, 1 - one - other], size=rounds)
    related = -np.sqrt(one * other / ((1 - one) * (1 - other)))
    with_it, without = (
        np.mean([
            abs(np.sign(got.low) + np.sign(got.high)) < 2
            for hit, false, _ in counts
            for got in [excess(wilson(hit, trials), scaled(wilson(false, trials), scale), correlation=correlation)]
        ])
        for correlation in (related, 0.0)
    )  # fmt: skip
    assert with_it >= 0.94
    assert without < 0.92
