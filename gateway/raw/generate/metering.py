"""The one way from exact counts to noisy ones: noise is drawn, and the event is recorded, in the same call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.privacy import calibration
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gateway.privacy.events import Event
    from gateway.raw.generate.noise import Noise


class Meter:
    """Spends one run's budget. Does not check the sensitivity of what it is given: ``counting`` promises 1."""

    def __init__(self, noise: Noise) -> None:
        """Start with nothing spent, on ``noise``."""
        self._noise = noise
        self._events: list[Event] = []

    @property
    def events(self) -> tuple[Event, ...]:
        """Return what was spent so far, in order."""
        return tuple(self._events)

    def histogram(self, label: str, counts: NDArray[np.int64], *, sigma: float) -> NDArray[np.int64]:
        """Return ``counts`` (any shape, sensitivity 1) with noise. ``label`` names schema parts only."""
        noisy = self._noise.add(counts, sigma=sigma)
        self._events.append(DiscreteGaussianEvent(label=label, sigma=sigma, cells=noisy.size))
        return noisy

    def values(
        self, label: str, values: Sequence[str], counts: NDArray[np.int64], *, sigma: float, delta: float
    ) -> dict[str, int]:
        """Return the values whose noisy count shows, but for a chance of ``delta``, that several units have them."""
        threshold = calibration.threshold(sigma, delta)
        kept = self._noise.select(values, counts, sigma=sigma, threshold=threshold)
        self._events.append(DiscreteGaussianEvent(label=label, sigma=sigma, cells=len(kept)))
        self._events.append(SelectionEvent(label=label, delta=delta))
        return kept
