"""Noisy counts as steps: the cheapest ones there are, however unlike the widths of cells are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.estimation.segments import GHOST, NARROWEST, PENALTY, steps


def by_trying_all(noisy: NDArray[np.float64], sigma: float, widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cheapest steps of all there are, each cost added up on its own."""
    wide = np.maximum(widths / widths.mean(), NARROWEST) if widths.any() else np.ones(noisy.size)
    best, found = np.inf, np.zeros(0)
    for chosen in itertools.product([False, True], repeat=noisy.size - 1):
        bounds = [0, *(at + 1 for at, cut in enumerate(chosen) if cut), noisy.size]
        cost, made = 2 * PENALTY * np.log(max(noisy.size, 2)) * (len(bounds) - 2), np.zeros(noisy.size)
        for begin, end in itertools.pairwise(bounds):
            part, width = noisy[begin:end] / sigma, wide[begin:end]
            cost += (part**2).sum() - (part * width).sum() ** 2 / (width**2).sum()
            whole = noisy[begin:end].sum()
            made[begin:end] = whole * width / width.sum() if whole >= GHOST * sigma * (end - begin) ** 0.5 else 0.0
        if cost < best - 1e-9:
            best, found = cost, made
    total = max(noisy.sum(), 0.0)
    return found * (total / found.sum()) if found.any() and total > 0 else found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["even", "by octave", "some empty", "one very wide", "all empty"])
def test_steps_are_the_cheapest_of_all(kind: str, seed: int) -> None:
    generator = np.random.default_rng([seed, len(kind)])
    noisy = np.repeat(generator.integers(0, 60, 5), 2) + generator.normal(0, 6, 10)
    widths = {
        "even": np.ones(10), "by octave": 2.0 ** np.arange(10), "some empty": generator.integers(0, 2, 10) * 3.0,
        "one very wide": np.array([1e15, *[1.0] * 9]), "all empty": np.zeros(10),
    }[kind]  # fmt: skip
    np.testing.assert_allclose(steps(noisy, 6.0, widths=widths), by_trying_all(noisy, 6.0, widths), atol=1e-6)


def test_narrow_cells_behind_a_wide_one_are_told_apart() -> None:
    """As gaps between rows are cut: hours at one end, a century at the other."""
    noisy = np.concatenate([[0.0], np.full(100, 40.0), np.full(100, 400.0)])
    made = steps(noisy, 1.0, widths=np.concatenate([[1e16], np.ones(200)]))
    np.testing.assert_allclose(made, noisy, rtol=1e-6)
