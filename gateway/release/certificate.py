"""What is guaranteed, to whom, and what was spent to give it. Public."""

from __future__ import annotations

from typing import Any

from pydantic import Field

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
    public: dict[str, str] = Field(default_factory=dict)
    """Tables that were copied as they are, and why everything in them may be known to all: nothing protects them."""
    overrides: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Table to column to the policy's reason why what detection found there is not followed."""
    constraints_not_kept: tuple[str, ...] = ()
    """Declared constraints that were not understood, as ``table: name``: whether rows keep them is not known."""
    sampling_seed: int
    code_digest: str
    """SHA-256 over the gateway's own source files."""
