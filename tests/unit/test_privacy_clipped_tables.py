"""What a clipped table costs: the proof at the head of the accountant, step by step in numbers, and its bookkeeping."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.calibration import Demand
from gateway.privacy.events import (
    ClippedGaussianEvent,
    DiscreteGaussianEvent,
    Event,
    SelectionEvent,
    event_from_json,
)


def clipped(sigma: float, *, times: int = 1, clip: int = 4) -> Event:
    return ClippedGaussianEvent(label="", sigma=sigma, cells=7, clip=clip, times=times)


def selection(delta: float) -> Event:
    return SelectionEvent(label="", delta=delta)


# ---------------------------------------------------------------- the proof


@pytest.mark.parametrize(("rounding", "whole"), [(0.5, 0.8), (0.5, 1.5), (0.6, 0.7)])
def test_a_continuous_gaussian_rounded_at_random_is_a_discrete_one_but_for_what_was_proven(
    rounding: float, whole: float
) -> None:
    """Steps 2 and 3, by a fine sum in place of the integral, with parameters so small that the error shows."""
    spread = math.sqrt(whole**2 - rounding**2)
    y = np.linspace(-12 * whole, 12 * whole, 8_001)
    x = np.arange(-40, 41)

    def weight(apart: np.ndarray, sigma: float) -> np.ndarray:
        return np.exp(-0.5 * (apart / sigma) ** 2)

    density = weight(y, spread) / weight(y, spread).sum()
    around = sum(weight(k - y, rounding) for k in range(-60, 61))
    rounded = np.array([(density * weight(k - y, rounding) / around).sum() for k in x])
    discrete = weight(x, whole) / weight(x, whole).sum()
    seen = discrete > 1e-9
    ratio = rounded[seen] / discrete[seen]
    error = 2 * math.exp(-2 * (math.pi * rounding) ** 2) * 1.001
    assert ratio.max() <= (1 + error) / (1 - error) + 1e-9
    assert ratio.min() >= (1 - error) / (1 + error) - 1e-9
    # and it is no better than that: the bound is about the right thing
    assert np.abs(ratio - 1).max() > error / 1000


@pytest.mark.parametrize("shift", [(30, 40), (50, 0), (14, 48), (-40, 30), (35, 35)])
@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_the_price_covers_every_shift_of_a_vector_of_discrete_noise(shift: tuple[int, int], epsilon: float) -> None:
    """The definition itself, summed over a plane: two cells that one unit moves by a vector of norm 50 at most."""
    sigma = 2.0
    width = calibration.width(sigma, squared=2_500)
    grid = np.arange(-6 * width, 6 * width + 1)

    def mass(centre: int) -> np.ndarray:
        one = np.exp(-0.5 * ((grid - centre) / width) ** 2)
        return one / one.sum()

    without = np.multiply.outer(mass(0), mass(0))
    within = np.multiply.outer(mass(shift[0]), mass(shift[1]))
    exact = float(np.maximum(within - math.exp(epsilon) * without, 0).sum())
    claimed = accountant.gaussian_delta(1 / sigma, epsilon)
    assert exact <= claimed
    # only the norm counts, and the rounding of the width is all that is lost
    assert exact == pytest.approx(accountant.gaussian_delta(math.hypot(*shift) / width, epsilon), rel=2e-3)


@given(st.floats(2**-10, 2**16), st.integers(1, 2**62))
def test_the_width_is_the_least_whole_number_that_the_proof_asks_for(sigma: float, squared: int) -> None:
    width = calibration.width(sigma, squared=squared)
    numerator, denominator = sigma.as_integer_ratio()
    asked = numerator**2 * squared + calibration.ROUNDING**2 * denominator**2
    assert width**2 * denominator**2 >= asked
    assert (width - 1) ** 2 * denominator**2 < asked


def test_the_factor_of_the_proof_is_beyond_anything_computed() -> None:
    error = 2 * math.exp(-2 * (math.pi * calibration.ROUNDING) ** 2) * 1.001
    assert math.log2(error) < -453
    assert math.log2(3 * error) + 64 < -387


# ---------------------------------------------------------------- bookkeeping


@pytest.mark.parametrize("delta", [1e-5, 1e-9])
@pytest.mark.parametrize("sigmas", [(4.0,), (20.0, 31.5, 300.0), (0.7, 0.9)])
def test_the_claim_is_that_of_a_gaussian_and_never_less(sigmas: tuple[float, ...], delta: float) -> None:
    mu = accountant.gaussian_parameter(sigmas)
    claim = accountant.epsilon([clipped(sigma) for sigma in sigmas], delta)
    exact = accountant.gaussian_epsilon(mu, delta)
    assert exact * (1 - 1e-9) <= claim <= 1.002 * exact
    assert accountant.epsilon_independently([clipped(s) for s in sigmas], delta) == pytest.approx(exact, rel=1e-9)


MIXED: list[Event] = [
    clipped(60.0, times=40),
    clipped(60.0, times=3, clip=1),
    DiscreteGaussianEvent(label="", sigma=33.0, cells=4, times=9),
    DiscreteGaussianEvent(label="", sigma=60.0, cells=4),
    selection(1e-7),
]


@pytest.mark.parametrize("route", [accountant.epsilon, accountant.epsilon_independently])
def test_mistake_04_dropping_or_doubling_any_event_changes_the_claim(route: type[accountant.epsilon]) -> None:
    whole, rho = route(MIXED, 1e-6), accountant.concentrated(MIXED)
    for dropped, event in enumerate(MIXED):
        rest = MIXED[:dropped] + MIXED[dropped + 1 :]
        assert route(rest, 1e-6) < whole < route([*MIXED, event], 1e-6)
        assert isinstance(event, SelectionEvent) or accountant.concentrated(rest) < rho


def test_mistake_04_two_routes_agree_on_discrete_and_clipped_noise_together() -> None:
    claim, check = accountant.epsilon(MIXED, 1e-6), accountant.epsilon_independently(MIXED, 1e-6)
    assert claim == pytest.approx(check, rel=5e-3)
    mu = accountant.parameter(MIXED)
    assert mu**2 == pytest.approx(43 / 60**2 + 9 / 33**2 + 1 / 60**2)
    assert accountant.concentrated(MIXED) == pytest.approx(mu**2 / 2)


def test_neither_the_order_of_events_nor_how_they_are_put_together_matters() -> None:
    apart = [clipped(60.0)] * 43 + MIXED[2:]
    for order in itertools.islice(itertools.permutations(MIXED), 0, 720, 240):
        assert accountant.epsilon(order, 1e-6) == accountant.epsilon(apart, 1e-6)


def test_the_bound_itself_is_free_because_the_noise_is_in_its_units() -> None:
    assert accountant.epsilon([clipped(9.0, clip=1)], 1e-6) == accountant.epsilon([clipped(9.0, clip=999)], 1e-6)


@pytest.mark.parametrize("times", [0, -1])
def test_a_clipped_table_that_was_never_answered_is_refused(times: int) -> None:
    with pytest.raises(ValueError, match="less than once"):
        accountant.epsilon([clipped(3.0, times=times)], 1e-6)


@pytest.mark.parametrize("route", [accountant.epsilon, accountant.epsilon_independently])
@pytest.mark.parametrize("sigma", [0.0, -2.0, math.nan, math.inf])
def test_noise_that_is_none_has_no_price(sigma: float, route: type[accountant.epsilon]) -> None:
    for event in (clipped(sigma), DiscreteGaussianEvent(label="", sigma=sigma, cells=1)):
        with pytest.raises(ValueError, match="not a number above 0"):
            route([event], 1e-6)


def test_events_are_read_back_as_they_were_written() -> None:
    for event in MIXED:
        assert event_from_json(event.to_json()) == event
    with pytest.raises(TypeError):
        event_from_json({**MIXED[0].to_json(), "sensitivity": 9.0})
    with pytest.raises(TypeError):
        event_from_json({key: value for key, value in MIXED[0].to_json().items() if key != "clip"})


# ---------------------------------------------------------------- plans


@pytest.mark.parametrize("epsilon", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("selections", [(), (1e-8,) * 30])
def test_a_plan_of_both_kinds_spends_its_budget_and_no_more(epsilon: float, selections: tuple[float, ...]) -> None:
    demands = (
        Demand(weight=1.0, times=512),
        Demand(weight=0.3, times=80),
        Demand(weight=2.0, times=512, clipped=True),
        Demand(weight=0.05, times=512, clipped=True),
    )
    budget = Budget(epsilon, 1e-6)
    sigmas = calibration.scales(demands, budget, selections=selections)
    events = [
        clipped(sigma, times=d.times)
        if d.clipped
        else DiscreteGaussianEvent(label="", sigma=sigma, cells=1, times=d.times)
        for d, sigma in zip(demands, sigmas, strict=True)
    ]
    events += [selection(delta) for delta in selections]
    assert 0.998 * epsilon < accountant.epsilon(events, budget.delta) <= epsilon
    assert accountant.concentrated(events) <= calibration.rho(budget)
    assert sigmas[0] == pytest.approx(sigmas[2] * math.sqrt(2.0), rel=1e-3)
    assert sigmas[3] == pytest.approx(sigmas[2] * math.sqrt(40.0), rel=1e-3)
    assert all(sigma * calibration.GRID == round(sigma * calibration.GRID) for sigma in sigmas)


def test_equal_weights_are_one_demand() -> None:
    budget = Budget(1.0, 1e-6)
    many = calibration.sigmas((0.5,) * 40 + (2.0,) * 3, budget)
    few = calibration.scales((Demand(weight=0.5, times=40), Demand(weight=2.0, times=3)), budget)
    assert many == (few[0],) * 40 + (few[1],) * 3


# ---------------------------------------------------------------- thresholds


@pytest.mark.parametrize("most", [1, 2, 8])
@pytest.mark.parametrize(("sigma", "times", "one"), [(12.0, 3, 1), (2.0**24, 1, 2**20), (2.0**25 + 1, 40, 2**20)])
def test_any_of_several_values_of_one_unit_passes_with_a_chance_of_delta_at_most(
    sigma: float, times: int, one: int, most: int
) -> None:
    for delta in (0.1, 1e-4, 1e-9):
        bar = calibration.threshold(sigma, delta, times=times, one=one, most=most)
        assert most * calibration.tail(sigma, bar - times * one, times=times) <= delta
        assert most * calibration.tail(sigma, bar - times * one - 1, times=times) > delta


def test_in_large_numbers_the_threshold_is_that_of_a_continuous_gaussian() -> None:
    sigma, times = 2.0**25, 16
    bar = calibration.threshold(sigma, 1e-6, times=times, one=2**20, most=4)
    assert (bar - times * 2**20) / (sigma * 4) == pytest.approx(5.0263128, abs=1e-6)
