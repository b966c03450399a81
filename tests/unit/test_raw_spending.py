"""What a run cost is recomputed from its events, and held against what was allowed before anything goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, Event, SelectionEvent
from gateway.raw.handover import certify_spending
from gateway.release.certificate import Certificate
from gateway.vocabulary.errors import CheckFailed

EVENTS: tuple[Event, ...] = (
    DiscreteGaussianEvent(label="one-way t.a", sigma=20.0, cells=3, times=8),
    SelectionEvent(label="values of t.b", delta=1e-7),
)
COST = accountant.epsilon(EVENTS, 1e-6)


class Measured:
    """Measurements of which nothing but their price is looked at."""

    events = EVENTS
    notes = ()
    rows = 0

    def save(self, folder: Path) -> None:
        pass


def certified(epsilon: float) -> Certificate:
    return certify_spending(
        Measured(), budget=Budget(epsilon, 1e-6), unit="patient", meaning="one row, one patient", source="clinic",
        generator="pairwise", seed=1,
    )  # fmt: skip


def test_a_run_that_cost_more_than_was_allowed_is_certified_by_nobody() -> None:
    with pytest.raises(CheckFailed, match="nothing was handed over"):
        certified(COST * 0.999)


def test_a_certificate_states_what_the_events_cost_and_not_what_was_allowed() -> None:
    certificate = certified(COST * 1.5)
    assert certificate.epsilon == COST
    assert certificate.events == tuple(event.to_json() for event in EVENTS)
