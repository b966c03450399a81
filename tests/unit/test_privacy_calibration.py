import math

import numpy as np
import pytest

from gateway.privacy import accountant, calibration
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, Event, SelectionEvent


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
