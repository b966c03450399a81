"""How much privacy may be spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """An (epsilon, delta) guarantee under adding or removing everything of one unit of protection."""

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless ``epsilon > 0`` and ``0 < delta < 1``."""
        if not (0 < self.epsilon < float("inf") and 0 < self.delta < 1):
            raise ValueError("a budget needs a finite epsilon above 0 and a delta between 0 and 1")
