import math

import numpy as np
import pytest

from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, Event, SelectionEvent
from gateway.vocabulary.errors import ConfigurationError


def events(sigmas: tuple[float, ...], selections: tuple[float, ...]) -> list[Event]:
    drawn: list[Event] = [DiscreteGaussianEvent(label="", sigma=sigma, cells=1) for sigma in sigmas]
    return drawn + [SelectionEvent(label="", delta=delta) for delta in selections]


def test_mu_and_rho_are_the_published_figures() -> None:
    assert calibration.mu(Budget(1.0, 1e-5)) == pytest.approx(0.26805, abs=5e-6)
    assert calibration.rho(Budget(1.0, 1e-6)) == pytest.approx(0.0280, abs=5e-5)


@pytest.mark.parametrize("epsilon", [0.8, 10.0])
@pytest.mark.parametrize("delta", [1e-5, 1e-8])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_plan_spends_nearly_all_of_its_budget_and_never_more(epsilon: float, delta: float, share: float) -> None:
    weights = tuple(np.random.default_rng(1).uniform(0.01, 1.0, size=10).tolist())
    budget, selections = Budget(epsilon, delta), (share * delta,) if share else ()
    sigmas = calibration.sigmas(weights, budget, selections=selections)
    claim = accountant.epsilon(events(sigmas, selections), delta)
    assert claim <= epsilon
    assert claim >= epsilon * 0.998
    assert sum(1 / (2 * sigma**2) for sigma in sigmas) <= calibration.rho(budget)
    assert all(sigma * calibration.GRID == round(sigma * calibration.GRID) for sigma in sigmas)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0])
def test_a_single_query_stays_inside_too(epsilon: float) -> None:
    budget = Budget(epsilon, 1e-6)
    sigmas = calibration.sigmas((1.0,), budget)
    assert accountant.epsilon(events(sigmas, ()), 1e-6) <= epsilon
    assert 1 / (2 * sigmas[0] ** 2) <= calibration.rho(budget)


def test_four_times_the_weight_is_half_the_noise() -> None:
    small, large = calibration.sigmas((1.0, 4.0), Budget(1.0, 1e-6))
    assert small == pytest.approx(2 * large, rel=1e-3)


@pytest.mark.parametrize(("weights", "selections"), [((), ()), ((1.0, 0.0), ()), ((1.0,), (6e-7, 6e-7))])
def test_impossible_plans_are_refused(weights: tuple[float, ...], selections: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a plan needs"):
        calibration.sigmas(weights, Budget(1.0, 1e-6), selections=selections)


@pytest.mark.timeout(60)
def test_a_delta_that_no_accountant_resolves_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="too small"):
        calibration.sigmas((1.0,) * 256, Budget(1.0, 1e-17))


@pytest.mark.parametrize("sigma", [0.5, 3.0, 25.5, 400.0])
def test_the_tail_is_the_sum_of_the_probability_function(sigma: float) -> None:
    x = np.arange(-math.ceil(40 * sigma), math.ceil(40 * sigma) + 1)
    mass = np.exp(-0.5 * (x / sigma) ** 2)
    for at in (-3, 0, 1, math.ceil(2 * sigma), math.ceil(5 * sigma)):
        exact = mass[x >= at].sum() / mass.sum()
        assert calibration.tail(sigma, at) >= min(exact, 1.0) * (1 - 1e-12)
        assert at < 0 or calibration.tail(sigma, at) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("sigma", [0.5, 3.0, 25.5, 400.0])
@pytest.mark.parametrize("delta", [0.2, 1e-4, 1e-8])
def test_the_threshold_is_the_least_that_keeps_delta(sigma: float, delta: float) -> None:
    threshold = calibration.threshold(sigma, delta)
    assert calibration.tail(sigma, threshold - 1) <= delta
    assert calibration.tail(sigma, threshold - 2) > delta


def summed(sigma: float, times: int) -> np.ndarray:
    """The probability function of a sum of noise, convolved one by one; the middle entry is that of 0."""
    reach = math.ceil(14 * sigma) + 2
    one = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    one /= one.sum()
    whole = one
    for _ in range(times - 1):
        whole = np.convolve(whole, one)
    return whole


@pytest.mark.parametrize(
    ("sigma", "times"),
    [(0.3, 5), (0.5, 2), (1.0, 3), (1.0, 300), (1.99, 64), (2.0, 2), (2.0, 300), (3.5, 17), (40.0, 4), (750.0, 2)],
)
def test_the_tail_of_a_sum_is_that_of_the_convolution_and_never_less(sigma: float, times: int) -> None:
    mass = summed(sigma, times)
    beyond = np.cumsum(mass[::-1])[::-1][mass.size // 2 :]
    width = sigma * math.sqrt(times)
    slack = 1e-8 if width <= calibration.WIDE else 3e-5
    for deviations in (0.0, 0.3, 1.0, 2.0, 4.0, 6.0, 8.0):
        at = math.ceil(deviations * width)
        if at < beyond.size and beyond[at] > 1e-30:
            assert calibration.tail(sigma, at, times=times) >= beyond[at] * (1 - 1e-11)
            if deviations >= 2 or width <= calibration.WIDE:
                assert calibration.tail(sigma, at, times=times) <= beyond[at] * (1 + slack)
    assert calibration.tail(sigma, -1, times=times) == 1.0


@pytest.mark.parametrize("sigma", [1025.0, 3_000.0])
def test_the_tail_of_wide_noise_is_bounded_closely(sigma: float) -> None:
    x = np.arange(0, 12 * sigma)
    mass = np.exp(-0.5 * (x / sigma) ** 2)
    beyond = np.cumsum(mass[::-1])[::-1] / (2 * mass.sum() - 1)
    for at in (0, 1, 2, int(sigma / 2), int(sigma) - 1, int(sigma) + 1, int(2 * sigma), int(6 * sigma)):
        allowed = 2e-5 if at > sigma else 1.6 / sigma
        assert beyond[at] <= calibration.tail(sigma, at) <= beyond[at] * (1 + allowed)


@pytest.mark.parametrize(("sigma", "times"), [(0.5, 3), (1.5, 40), (2.5, 300), (1e4, 300), (1e6, 1)])
@pytest.mark.parametrize("delta", [0.2, 1e-4, 1e-8])
def test_the_threshold_of_a_sum_is_the_least_that_keeps_delta(sigma: float, times: int, delta: float) -> None:
    threshold = calibration.threshold(sigma, delta, times=times)
    assert calibration.tail(sigma, threshold - times, times=times) <= delta
    assert calibration.tail(sigma, threshold - times - 1, times=times) > delta
    # a bound that holds for whatever is sub-Gaussian is never below
    assert threshold - times <= math.ceil(sigma * math.sqrt(-2 * times * math.log(delta))) + 1


def test_narrow_noise_drawn_very_often_has_a_looser_bound() -> None:
    times = calibration.MOST_CONVOLVED + 1
    mass = summed(0.5, times)
    beyond = np.cumsum(mass[::-1])[::-1][mass.size // 2 :]
    for at in (0, 10, 40, 80):
        assert beyond[at] <= calibration.tail(0.5, at, times=times) <= 200 * beyond[at]


def test_a_mean_of_more_answers_needs_a_lower_threshold() -> None:
    per_answer = [calibration.threshold(20.0, 1e-6, times=times) / times for times in (1, 4, 16, 64, 256)]
    assert per_answer == sorted(per_answer, reverse=True)
    assert per_answer[0] / per_answer[4] == pytest.approx(16, rel=0.15)


@pytest.mark.parametrize("times", [0, -3])
def test_a_sum_of_no_noise_has_no_tail(times: int) -> None:
    with pytest.raises(ValueError, match="at least one draw"):
        calibration.tail(3.0, 5, times=times)
