"""What the judge found, for the steward alone. Every leaf is a figure, a name, an enum or a bool."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from gateway.release.figures import Count, Interval, Leaf, Rate
from gateway.vocabulary.roles import Role, Treatment

NAME = r"^[a-z][a-z0-9_]{0,59}$"
"""Of a recognizer or an entity: a word out of source code, and no room for a value."""


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
    means: str = ""
    """What the figure means, in words for a steward; empty in releases made before this was kept."""
    not_shown: str = ""
    """What a good figure does not show."""


class AttackReport(Leaf):
    """One attack's figures."""

    attack: str
    targets: Count
    rate: Interval
    control: Interval
    baseline: Interval
    excess: Interval


class Opinion(Leaf):
    """What one recognizer said of one column. Its sentences and masked shapes stay on the raw side."""

    recognizer: str = Field(pattern=NAME)
    entity: str = Field(pattern=NAME)
    score: Rate
    share: Rate | None
    """Of the distinct values sampled, or of the texts where ``within``; None when it did not look at values."""
    within: bool = False
    """Whether ``entity`` was found inside prose."""


class ColumnReport(Leaf):
    """One column: what the policy decided, what detection found, and why the one does not follow the other."""

    table: str
    column: str
    role: Role | None
    """The policy's; None in a public table, which is copied."""
    treatment: Treatment | None
    """The policy's; None in a public table."""
    found: Role
    entity: str = Field(pattern=rf"{NAME}|^$")
    """Empty when nothing was found."""
    confidence: Rate
    proposed: Treatment
    opinions: tuple[Opinion, ...]
    override: str | None
    """The policy's reason for not following detection."""


class MeasureReport(Leaf):
    """One measure of use: its figure and what that is made of. Those with a threshold are checks, too."""

    measure: str = Field(pattern=NAME)
    table: str
    question: str
    means: str
    not_shown: str
    value: Rate
    figures: dict[str, Rate] = Field(default_factory=dict)


class MarginalReport(Leaf):
    """One column of real and synthetic rows side by side, over cells that are declared or were found privately."""

    table: str
    column: str
    labels: tuple[str, ...]
    real: tuple[Rate, ...]
    """Shares of the training rows, in hundredths: coarse on purpose."""
    synthetic: tuple[Rate, ...]


class PairReport(Leaf):
    """Two columns together: how far the synthetic rows are from the real ones, and whether the pair was measured."""

    table: str
    one: str
    other: str
    distance: Rate
    correlation: Rate | None
    """Of the real rows: Cramer's V or the like, 0 to 1, or -1 to 1 between two numbers."""
    synthetic_correlation: Rate | None
    measured: bool


class AcceptanceReport(Leaf):
    """The private acceptance test: metered, and so public."""

    distance: Interval
    """Mean distance of the tables compared, and what the noise leaves open."""
    needed: Rate
    outcome: Outcome
    compared: Count
    """Of how many tables the distance is the mean."""


class StewardReport(Leaf):
    """Rests on production rows: shown to stewards only, coarse, counted. Never published."""

    checks: tuple[Check, ...]
    attacks: tuple[AttackReport, ...]
    distances: dict[str, Rate]
    columns: tuple[ColumnReport, ...] = ()
    """Every column of a table that is not dropped; none in releases made before this was kept."""
    measures: tuple[MeasureReport, ...] = ()
    marginals: tuple[MarginalReport, ...] = ()
    pairs: tuple[PairReport, ...] = ()
    blinding: str = ""
    """Random, and nothing else: the release's name is a digest over this report too, and is published. Without it,
    whoever guesses the other figures could try which digest comes out."""

    @property
    def passed(self) -> bool:
        """Whether there is at least one check and every one passed."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)
