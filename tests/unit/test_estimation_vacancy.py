"""Which cells of a noisy table of two ordered columns are taken to be empty."""

from __future__ import annotations

import numpy as np

from gateway.estimation.consistency import Estimate, association
from gateway.estimation.vacancy import vacant

SIGMA = 12.0


def owners() -> tuple[np.ndarray, np.ndarray]:
    """Return a true table of number of rows by time they take, and what independent columns would have.

    Nobody has more than two rows in no time; the others are spread.
    """
    table = np.zeros((60, 6))
    table[1:3, 0] = 500.0, 1660.0
    table[2:, 1:] = np.geomspace(600.0, 20.0, 58)[:, np.newaxis]
    return table, np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()


def noisy(table: np.ndarray, seed: int) -> np.ndarray:
    """Return the table with noise."""
    return np.rint(table + np.random.default_rng(seed).normal(0.0, SIGMA, table.shape))


def test_a_long_run_that_noise_may_have_filled_is_empty_and_cells_that_are_full_are_not() -> None:
    table, independent = owners()
    each = [vacant(noisy(table, seed), independent, sigma=SIGMA) for seed in range(20)]
    # what noise piles up in the run is more than hides in it now and then
    assert np.mean([found[8:, 0].mean() > 0.9 for found in each]) >= 0.75
    assert max(table[found].sum() for found in each) < 0.005 * table.sum()


def test_cells_that_would_be_light_anyway_are_left_alone() -> None:
    table = np.outer(np.geomspace(2000.0, 0.5, 60), np.ones(6))
    assert not vacant(noisy(table, 1), table, sigma=SIGMA).any()


def test_no_row_and_no_column_is_taken_to_be_empty() -> None:
    _, independent = owners()
    found = vacant(np.zeros_like(independent), independent, sigma=SIGMA)
    assert not found.all(axis=0).any()
    assert not found.all(axis=1).any()


def test_exact_counts_are_believed() -> None:
    table, independent = owners()
    assert not vacant(table, independent, sigma=0.0).any()


def test_only_of_ordered_columns_cells_are_emptied_and_margins_stay() -> None:
    table, _ = owners()
    ones = table.sum(axis=1)[1:], table.sum(axis=0)
    counts, variance = noisy(table, 3)[1:], np.full((59, 6), SIGMA**2)
    by_cell, by_run = (
        association((0, 1), Estimate(counts=counts, variance=variance, ordered=ordered), ones, table.sum())
        for ordered in (False, True)
    )
    assert by_cell is not None
    assert by_run is not None
    many = slice(10, None)
    assert np.abs(by_run.target[many, 0]).sum() < 0.2 * np.abs(by_cell.target[many, 0]).sum()
    assert by_run.ridge[many, 0].mean() < 0.2 * by_cell.ridge[many, 0].mean()
    np.testing.assert_allclose(by_run.target.sum(axis=1), ones[0], rtol=1e-3, atol=1.0)
    np.testing.assert_allclose(by_run.target.sum(axis=0), ones[1], rtol=1e-3, atol=1.0)
