"""What is told of distances and of correlations is right on average, and silent where noise drowns it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.nearness import association, nearness

ROWS = 20_000
NUMBERS = np.arange(8, dtype=np.float64)


def noisy(exact: NDArray[np.float64], sigma: float, random: np.random.Generator) -> NoisyMarginal:
    counts = np.rint(exact + random.normal(0, sigma, exact.shape)).astype(np.int64)
    return NoisyMarginal(columns=tuple(range(exact.ndim)), counts=counts, sigma=sigma)


def hanging(strength: float, cells: int = 8) -> NDArray[np.float64]:
    at = np.arange(cells)
    table = np.exp(-strength * np.abs(at[:, None] - at[None, :]))
    return np.asarray(ROWS * table / table.sum())


@pytest.mark.parametrize("sigma", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("moved", [0.02, 0.08, 0.2])
def test_the_corrected_distance_is_near_the_true_one_and_what_is_measured_above_it(sigma: float, moved: float) -> None:
    random = np.random.default_rng(6)
    found, true = [], []
    for _ in range(40):
        exact = random.multinomial(ROWS, random.dirichlet(np.ones(40))).astype(np.float64)
        shares = exact / ROWS + random.normal(0, 1, 40) * np.sqrt(exact / ROWS) * moved / 2
        ours = np.maximum(shares, 0) * ROWS
        true.append(np.abs(ours / ours.sum() - exact / ROWS).sum() / 2)
        found.append(nearness(noisy(exact, sigma, random), ours))
    assert np.mean([each.apart for each in found]) >= np.mean(true) - 0.001
    assert np.mean([each.corrected for each in found]) == pytest.approx(np.mean(true), abs=0.012)


def test_rows_that_are_the_real_ones_are_as_far_off_as_noise_alone_says() -> None:
    random = np.random.default_rng(7)
    exact = random.multinomial(ROWS, np.ones(60) / 60).astype(np.float64)
    found = [nearness(noisy(exact, 25.0, random), exact) for _ in range(60)]
    assert np.mean([each.apart for each in found]) == pytest.approx(found[0].noise, rel=0.05)
    assert np.mean([each.corrected for each in found]) < 0.01


@pytest.mark.parametrize(
    ("counts", "synthetic", "expected"),
    [([0, 0], [1, 1], (1.0, 1.0, 0.0)), ([-9, 2], [1, 1], (1.0, 1.0, 0.0)), ([5, 5], [0, 0], (1.0, 0.0, 1.0))],
)
def test_nothing_to_compare_is_as_far_as_can_be_and_no_error(
    counts: list[int], synthetic: list[float], expected: tuple[float, float, float]
) -> None:
    marginal = NoisyMarginal(columns=(0,), counts=np.array(counts), sigma=1.0)
    found = nearness(marginal, np.array(synthetic, dtype=np.float64))
    assert (found.apart, found.noise, found.corrected) == expected


def test_other_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="in the cells"):
        nearness(NoisyMarginal(columns=(0,), counts=np.ones(3, dtype=np.int64), sigma=1.0), np.ones(4))


@pytest.mark.parametrize("scores", [(NUMBERS, NUMBERS), (None, None), (NUMBERS, None)])
def test_a_correlation_with_its_noise_is_that_without_on_average(
    scores: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None],
) -> None:
    random = np.random.default_rng(8)
    exact = hanging(0.7)
    true = association(exact, np.zeros(exact.shape), scores)
    found = [
        association(each.counts.astype(np.float64), np.full(exact.shape, 15.0**2), scores, like=exact)
        for each in (noisy(exact, 15.0, random) for _ in range(30))
    ]
    assert true is not None
    assert 0.3 < true < 0.95
    assert np.mean([each for each in found if each is not None]) == pytest.approx(true, abs=0.02)


def test_two_columns_that_have_nothing_to_do_with_each_other_have_no_correlation_to_speak_of() -> None:
    exact = np.full((8, 8), ROWS / 64)
    table = noisy(exact, 15.0, np.random.default_rng(9)).counts.astype(np.float64)
    for scores in ((NUMBERS, NUMBERS), (None, None)):
        found = association(table, np.full((8, 8), 15.0**2), scores)
        assert found is not None
        assert abs(found) < 0.05


def test_order_gives_a_sign_and_cells_without_a_number_are_left_out() -> None:
    table, nothing = hanging(2.0), np.zeros((8, 8))
    rising = association(table, nothing, (NUMBERS, NUMBERS))
    falling = association(table, nothing, (NUMBERS, -NUMBERS))
    assert rising == pytest.approx(-(falling or 0))
    empty = np.where(NUMBERS == 0, np.nan, NUMBERS)
    assert association(table, nothing, (empty, empty)) == association(
        table[1:, 1:], nothing[1:, 1:], (NUMBERS[1:], NUMBERS[1:])
    )


def test_a_column_of_many_numbers_is_told_from_one_of_few_words() -> None:
    """Each of the 60 numbers is rare; taken together they would say nothing."""
    at = np.linspace(-3, 3, 60)
    table = np.stack([np.exp(-((at - 1) ** 2)), np.exp(-((at + 1) ** 2))]) * 100
    found = association(table, np.zeros(table.shape), (None, at))
    assert found is not None
    assert found > 0.7


@pytest.mark.parametrize("scores", [(NUMBERS, NUMBERS), (None, None)])
def test_what_noise_drowns_is_not_told(
    scores: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None],
) -> None:
    table = hanging(0.7) / 200
    assert association(table, np.full(table.shape, 20.0**2), scores) is None


@pytest.mark.parametrize("table", [np.zeros((3, 3)), np.full((3, 3), -4.0), np.ones((1, 3)), np.diag([5.0, 0.0, 0.0])])
@pytest.mark.parametrize("scores", [(NUMBERS[:3], NUMBERS[:3]), (None, None)])
def test_what_does_not_vary_has_no_correlation(
    table: NDArray[np.float64], scores: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]
) -> None:
    cut = (scores[0][: table.shape[0]], scores[1]) if scores[0] is not None else scores
    assert association(table, np.zeros(table.shape), cut) is None
