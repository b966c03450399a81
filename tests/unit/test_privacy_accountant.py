import math

import numpy as np
import pytest

from gateway.privacy import accountant
from gateway.privacy.conversion import epsilon_from_zcdp
from gateway.privacy.events import DiscreteGaussianEvent, Event, SelectionEvent


def noise(*sigmas: float) -> list[Event]:
    return [DiscreteGaussianEvent(label="", sigma=sigma, cells=1) for sigma in sigmas]


def selection(delta: float) -> Event:
    return SelectionEvent(label="", delta=delta)


def exact_delta(sigmas: list[float], epsilon: float) -> float:
    """Sum (P - e^eps Q)+ over the whole lattice: the definition itself, for one or two queries."""
    grids = [np.arange(-math.ceil(12 * s), math.ceil(12 * s) + 2) for s in sigmas]

    def density(centre: int) -> np.ndarray:
        out = np.ones(1)
        for grid, sigma in zip(grids, sigmas, strict=True):
            mass = np.exp(-0.5 * ((grid - centre) / sigma) ** 2)
            out = np.multiply.outer(out, mass / mass.sum())
        return out

    return float(np.maximum(density(1) - math.exp(epsilon) * density(0), 0).sum())


@pytest.mark.parametrize("sigmas", [[0.6], [1.0], [3.7], [25.5], [2.0, 2.0], [4.25, 9.0], [1.0, 7.5]])
@pytest.mark.parametrize("delta", [1e-3, 1e-6])
def test_the_claim_is_never_below_the_exact_figure_and_hardly_above(sigmas: list[float], delta: float) -> None:
    claim = accountant.epsilon(noise(*sigmas), delta)
    assert exact_delta(sigmas, claim) <= delta * (1 + 1e-9)
    assert claim == 0 or exact_delta(sigmas, claim * 0.998) > delta


@pytest.mark.parametrize("queries", [3, 40])
@pytest.mark.parametrize("delta", [1e-4, 1e-9])
@pytest.mark.parametrize("selected", [(), (1e-12, 1e-10)])
def test_two_routes_to_epsilon_agree_within_half_a_percent(
    queries: int, delta: float, selected: tuple[float, ...]
) -> None:
    generator = np.random.default_rng(queries)
    sigmas = np.ceil(2 ** generator.uniform(1, 8, size=queries) * 64) / 64
    events = noise(*sigmas.tolist()) + [selection(part) for part in selected]
    claim, check = accountant.epsilon(events, delta), accountant.epsilon_independently(events, delta)
    assert claim == pytest.approx(check, rel=5e-3, abs=1e-6)


def test_the_claim_is_tighter_than_zero_concentrated_privacy() -> None:
    events = noise(*[32.0] * 90)
    rho = accountant.gaussian_parameter([32.0] * 90) ** 2 / 2
    assert 0.9 < accountant.epsilon(events, 1e-6) / epsilon_from_zcdp(rho, delta=1e-6) < 0.96


def test_dropping_any_event_changes_the_claim() -> None:
    events = [*noise(20.0, 30.0, 30.0, 55.5, 200.0), selection(1e-7), selection(2e-7)]
    whole = accountant.epsilon(events, 1e-6)
    for dropped in range(len(events)):
        assert accountant.epsilon(events[:dropped] + events[dropped + 1 :], 1e-6) < whole
        assert accountant.epsilon_independently(events[:dropped] + events[dropped + 1 :], 1e-6) < whole


def test_the_order_of_events_does_not_matter() -> None:
    events = [*noise(20.0, 31.5, 30.0), selection(1e-7), *noise(8.25)]
    assert accountant.epsilon(events, 1e-6) == accountant.epsilon(events[::-1], 1e-6)


@pytest.mark.parametrize("route", [accountant.epsilon, accountant.epsilon_independently])
def test_selections_take_delta_and_nothing_else_is_free(route: type[accountant.epsilon]) -> None:
    assert route([], 1e-6) == 0
    assert route([selection(4e-7), selection(5e-7)], 1e-6) == 0
    assert route([selection(6e-7), selection(5e-7)], 1e-6) == math.inf
    assert route([*noise(30.0), selection(2e-6)], 1e-6) == math.inf


@pytest.mark.parametrize("route", [accountant.epsilon, accountant.epsilon_independently])
def test_selections_add_up_for_they_may_be_pieces_of_one(route: type[accountant.epsilon]) -> None:
    """A search that is worth five pieces lets a value pass with a chance of .5, not of 1 - .9^5 = .41."""
    events = [*noise(1000.0), *[selection(0.1)] * 5]
    assert route(events, 0.49) == math.inf
    assert route(events, 0.51) < math.inf


@pytest.mark.parametrize("route", [accountant.epsilon, accountant.epsilon_independently])
def test_an_event_that_happened_k_times_costs_as_much_as_k_events(route: type[accountant.epsilon]) -> None:
    often = [DiscreteGaussianEvent(label="", sigma=30.0, cells=4, times=7), *noise(12.5), selection(1e-8)]
    assert route(often, 1e-6) == route([*noise(*[30.0] * 7, 12.5), selection(1e-8)], 1e-6)
    assert accountant.concentrated(often) == pytest.approx(7 * 0.5 / 30**2 + 0.5 / 12.5**2)
    less = [DiscreteGaussianEvent(label="", sigma=30.0, cells=4, times=6), *often[1:]]
    assert route(less, 1e-6) < route(often, 1e-6)


def test_k_answers_cost_as_much_as_one_of_their_mean() -> None:
    """Up to the lattice: a sum of k discrete Gaussians is hardly told from one with sigma sqrt(k)."""
    often = [DiscreteGaussianEvent(label="", sigma=40.0, cells=1, times=16)]
    assert accountant.epsilon(often, 1e-6) == pytest.approx(accountant.epsilon(noise(10.0), 1e-6), rel=3e-3)


@pytest.mark.parametrize("times", [0, -1])
def test_an_event_that_never_happened_is_refused(times: int) -> None:
    with pytest.raises(ValueError, match="less than once"):
        accountant.epsilon([DiscreteGaussianEvent(label="", sigma=3.0, cells=1, times=times)], 1e-6)


def test_an_event_without_a_price_is_refused() -> None:
    with pytest.raises(TypeError, match="no price"):
        accountant.epsilon([object()], 1e-6)  # type: ignore[list-item]
