"""The lifetime filter: never below the truth, never falling, and tight enough to be of use."""

from itertools import combinations

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution
from dp_accounting.rdp import rdp_privacy_accountant
from hypothesis import given
from hypothesis import strategies as st

from gateway.privacy.conversion import epsilon_from_zcdp
from gateway.privacy.filter import HARD_STOP_DELTA, NOTHING, Reservation, admit, total
from gateway.vocabulary.errors import BudgetRefused

TIGHT = 1 + 1e-9

reservations = st.builds(
    lambda epsilon, delta, rho, share: Reservation(
        epsilon=epsilon, delta=delta, rho=rho, delta_selection=share * delta
    ),
    epsilon=st.floats(1e-3, 10),
    delta=st.floats(1e-12, 1e-3),
    rho=st.floats(0, 5),
    share=st.floats(0, 0.95),
)
ledgers = st.lists(reservations, min_size=1, max_size=6)


def one(epsilon: float = 1.0, delta: float = 1e-6, rho: float = 0.0280, share: float = 0.0) -> Reservation:
    return Reservation(epsilon=epsilon, delta=delta, rho=rho, delta_selection=share * delta)


@pytest.mark.parametrize(("share", "epsilon"), [(0.0, 2.137), (0.1, 2.148), (0.5, 2.209)])
def test_four_releases_at_one_compose_to_little_more_than_two(share: float, epsilon: float) -> None:
    four = total([one(share=share)] * 4)
    assert four.epsilon == pytest.approx(epsilon, abs=5e-4)
    assert four.delta == pytest.approx(4e-6)
    assert four.releases == 4


def test_a_single_release_costs_what_it_says() -> None:
    assert total([one()]).epsilon == 1.0


def test_nothing_reserved_is_nothing_spent() -> None:
    assert total([]) == NOTHING


@given(ledgers, reservations)
def test_another_reservation_never_lowers_the_total(earlier: list[Reservation], new: Reservation) -> None:
    before, after = total(earlier), total([*earlier, new])
    assert after.epsilon * TIGHT >= before.epsilon
    assert after.delta > before.delta


@given(ledgers, st.randoms(use_true_random=False))
def test_the_order_of_reservations_does_not_matter(ledger: list[Reservation], random: object) -> None:
    shuffled = list(ledger)
    random.shuffle(shuffled)
    first, second = total(ledger), total(shuffled)
    assert first.epsilon == pytest.approx(second.epsilon, rel=1e-12)
    assert (first.delta, first.rho) == (second.delta, second.rho)


@given(ledgers)
def test_the_total_lies_between_the_largest_single_one_and_the_sum(ledger: list[Reservation]) -> None:
    epsilon = total(ledger).epsilon
    assert max(each.epsilon for each in ledger) <= epsilon <= sum(each.epsilon for each in ledger) * TIGHT


@given(ledgers)
def test_the_total_is_never_below_the_conversion_of_the_sums(ledger: list[Reservation]) -> None:
    converted = epsilon_from_zcdp(
        sum(each.rho for each in ledger), delta=sum(each.delta - each.delta_selection for each in ledger)
    )
    assert total(ledger).epsilon * TIGHT >= min(converted, sum(each.epsilon for each in ledger))


@given(st.lists(reservations, min_size=1, max_size=5))
def test_the_costliest_set_is_found_among_few(ledger: list[Reservation]) -> None:
    # every epsilon at 10 so that only the zCDP bound counts
    ledger = [one(10.0, each.delta, each.rho, each.delta_selection / each.delta) for each in ledger]
    orders = 1 + np.logspace(-3, 7, 8001)
    highest = np.full_like(orders, -np.inf)
    for size in range(1, len(ledger) + 1):
        for chosen in combinations(ledger, size):
            rho, delta = sum(e.rho for e in chosen), sum(e.delta_gaussian for e in chosen)
            highest = np.maximum(highest, rho * orders - np.log(delta) / (orders - 1))
    brute = float((highest + np.log1p(-1 / orders) - np.log(orders) / (orders - 1)).min())
    assert total(ledger).epsilon == pytest.approx(max(10.0, min(brute, 10.0 * len(ledger))), rel=1e-9)


def test_a_little_epsilon_with_much_delta_buys_nothing_back() -> None:
    ledger = [one()] * 10
    assert total([*ledger, one(1e-3, 9e-4, 1e-9)]).epsilon >= total(ledger).epsilon


@pytest.mark.parametrize("rho", [1e-6, 1e-3, 0.028, 0.5, 5.0])
@pytest.mark.parametrize("delta", [1e-12, 1e-6, 1e-3])
def test_conversion_agrees_with_an_independent_accountant(rho: float, delta: float) -> None:
    orders = [1 + 10**power for power in np.linspace(-2, 6, 4001)]
    theirs, _ = rdp_privacy_accountant.compute_epsilon(orders, [rho * order for order in orders], delta)
    assert epsilon_from_zcdp(rho, delta=delta) == pytest.approx(theirs, rel=2e-4, abs=1e-6)


@pytest.mark.parametrize("releases", [1, 4, 12])
def test_the_total_covers_the_exact_loss_of_discrete_gaussians(releases: int) -> None:
    sigma = 1 / np.sqrt(2 * 0.0280)
    loss = privacy_loss_distribution.from_discrete_gaussian_mechanism(
        float(sigma), value_discretization_interval=1e-3, use_connect_dots=True
    ).self_compose(releases)
    # the exact loss is that of the promise (1, 1e-6); allow what rounding rho to three digits costs
    assert total([one()] * releases).epsilon >= loss.get_epsilon_for_delta(releases * 1e-6) * (1 - 2e-3)


@given(st.floats(0, 5), st.floats(0, 5), st.floats(1e-12, 0.1), st.floats(1, 9))
def test_conversion_rises_with_rho_and_falls_with_delta(low: float, high: float, delta: float, factor: float) -> None:
    low, high = sorted((low, high))
    assert epsilon_from_zcdp(low, delta=delta) <= epsilon_from_zcdp(high, delta=delta)
    assert epsilon_from_zcdp(high, delta=delta) >= epsilon_from_zcdp(high, delta=delta * factor)


def test_what_would_lie_above_the_lifetime_is_refused_with_figures() -> None:
    with pytest.raises(BudgetRefused, match=r"from 2\.137 to 2\.390, above the 2\.38 allowed"):
        admit([one()] * 4, one(), lifetime_epsilon=2.38)
    assert admit([one()] * 4, one(), lifetime_epsilon=2.4).releases == 5


def test_a_lifetime_may_be_used_up_to_the_last_bit() -> None:
    small = one(0.1, 1e-6, 5.0)
    assert admit([small] * 9, small, lifetime_epsilon=1.0).epsilon == 1.0


def test_delta_has_a_hard_stop_of_its_own() -> None:
    with pytest.raises(BudgetRefused, match="delta"):
        admit([one(0.01, HARD_STOP_DELTA * 0.6, 0.0)], one(0.01, HARD_STOP_DELTA * 0.6, 0.0), lifetime_epsilon=8)


@pytest.mark.parametrize(
    "figures",
    [
        {"epsilon": 0.0}, {"epsilon": float("nan")}, {"epsilon": float("inf")}, {"delta": 0.0}, {"delta": 1.0},
        {"rho": -1.0}, {"rho": float("nan")}, {"rho": float("inf")}, {"share": 1.0}, {"share": -0.1},
    ],
)  # fmt: skip
def test_figures_that_are_no_guarantee_are_refused(figures: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="delta"):
        one(**figures)


@pytest.mark.parametrize(("rho", "delta"), [(-1.0, 0.1), (float("nan"), 0.1), (1.0, 0.0), (1.0, 1.0)])
def test_conversion_refuses_figures_outside_its_range(rho: float, delta: float) -> None:
    with pytest.raises(ValueError, match="conversion needs"):
        epsilon_from_zcdp(rho, delta=delta)
