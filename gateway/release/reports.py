"""What the judge found, for the steward alone. Every leaf is a figure, a name, an enum or a bool."""

from __future__ import annotations

from enum import StrEnum

from gateway.release.figures import Count, Interval, Leaf, Rate


class Outcome(StrEnum):
    """How a check ended. A check that could not run has failed."""

    PASSED = "passed"
    FAILED = "failed"
    COULD_NOT_RUN = "could_not_run"


class Comparison(StrEnum):
    """Which way a figure must lie from its threshold."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Check(Leaf):
    """One criterion fixed beforehand: needed, got, outcome."""

    name: str
    question: str
    comparison: Comparison
    needed: Rate
    got: Rate | None
    outcome: Outcome


class AttackReport(Leaf):
    """One attack's figures."""

    attack: str
    targets: Count
    rate: Interval
    control: Interval
    baseline: Interval
    excess: Interval


class StewardReport(Leaf):
    """Rests on production rows: shown to stewards only, coarse, counted. Never published."""

    checks: tuple[Check, ...]
    attacks: tuple[AttackReport, ...]
    distances: dict[str, Rate]
    blinding: str = ""
    """Random, and nothing else: the release's name is a digest over this report too, and is published. Without it,
    whoever guesses the other figures could try which digest comes out."""

    @property
    def passed(self) -> bool:
        """Whether there is at least one check and every one passed."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)
