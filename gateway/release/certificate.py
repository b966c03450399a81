"""What is guaranteed, to whom, and what was spent to give it. Public."""

from __future__ import annotations

from typing import Any

from gateway.release.figures import Leaf


class Certificate(Leaf):
    """The privacy statement of one release: declared by the policy or metered by the ledger, nothing else."""

    unit: str
    meaning: str
    source: str
    epsilon: float
    """Recomputed from ``events`` at ``delta``; at most the budget."""
    delta: float
    events: tuple[dict[str, Any], ...]
    """Every mechanism call, in order (``privacy.events``)."""
    generator: str
    notes: tuple[str, ...]
    """What the generator decided from noisy counts, and why."""
    sampling_seed: int
    code_digest: str
    """SHA-256 over the gateway's own source files."""
