"""The only place where protecting noise is drawn: exact discrete Gaussians from the operating system's randomness.

Never seeded. Sampling of synthetic rows uses another, public seed elsewhere and nothing from here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import opendp.prelude as dp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH = 1 << 16
"""Cells handed to the sampler at once, so that its Python lists stay small."""


class Noise(Protocol):
    """A source of noise. There is one in the product; tests bring frozen ones to see what else depends on rows."""

    released: int
    """How many noisy counts were handed out; equals the sum of ``cells`` over the recorded events."""

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return ``counts`` (any shape) with independent noise of parameter ``sigma`` on every cell."""
        ...

    def select(
        self, values: Sequence[str], counts: NDArray[np.int64], *, sigma: float, threshold: int
    ) -> dict[str, int]:
        """Return the values whose noisy count is at least ``threshold``, with that count, sorted by value."""
        ...


class DiscreteGaussian:
    """Noise with P[x] proportional to exp(-x^2 / (2 sigma^2)) over the integers.

    Sampled exactly (Canonne, Kamath, Steinke 2020, Algorithm 3, as OpenDP implements it) from OpenSSL's generator,
    which the operating system feeds. Sums saturate at the ends of int64.
    """

    def __init__(self) -> None:
        """Start with nothing released."""
        self.released = 0

    def add(self, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return ``counts`` with independent noise on every cell; see ``Noise.add``."""
        noisy = _draw(counts, sigma=sigma)
        self.released += noisy.size
        return noisy

    def select(
        self, values: Sequence[str], counts: NDArray[np.int64], *, sigma: float, threshold: int
    ) -> dict[str, int]:
        """Return the values that pass; how many were tried leaves no trace. See ``Noise.select``."""
        noisy = _draw(counts, sigma=sigma)
        passing = np.flatnonzero(noisy >= threshold)
        self.released += passing.size
        return dict(sorted((values[at], int(noisy[at])) for at in passing.tolist()))


def _draw(counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
    mechanism = _mechanism(sigma)
    flat = counts.reshape(-1)
    noisy = np.empty(flat.size, dtype=np.int64)
    for start in range(0, flat.size, BATCH):
        noisy[start : start + BATCH] = mechanism(flat[start : start + BATCH].tolist())
    return noisy.reshape(counts.shape)


@lru_cache(maxsize=256)
def _mechanism(sigma: float) -> Any:  # noqa: ANN401 - OpenDP ships no types
    if not sigma > 0:
        raise ValueError("noise needs a sigma above 0")
    dp.enable_features("contrib")
    return dp.m.make_gaussian(dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64"), scale=float(sigma))
