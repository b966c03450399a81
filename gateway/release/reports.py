"""The two reports of a release, with a wall between. Every leaf is a figure, a name, an enum or a bool.

``StewardReport`` rests on production rows and never leaves the stewards. ``PublicReport`` is made from noisy
measurements and synthetic rows alone (``describing``), so whoever may see the release may see it.
"""

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
    NOT_RUN_ACCEPTED = "not_run_accepted"
    """It needs rows, which stayed in their source; the policy accepted that beforehand, by name."""


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
    reason: str = ""
    """Why it was not run, where that is for rows that stay in their source: words of the program."""


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

    @property
    def needs_a_look(self) -> bool:
        """Whether the policy gives a reason against detection, or opens what detection proposed to keep closed."""
        if self.treatment is None:
            return self.override is not None or self.found in {Role.DIRECT, Role.KEY}
        opened = self.treatment is Treatment.LEARN and self.proposed is not Treatment.LEARN
        return self.override is not None or opened


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
    """Mean distance over all that was compared of one table, and what the noise leaves open: of the farthest table."""
    needed: Rate
    """The upper end is held against this."""
    outcome: Outcome
    compared: Count
    """How many columns and pairs of columns were compared, in all tables together."""
    tables: dict[str, Interval] = Field(default_factory=dict)
    """The distance of every table of people."""
    columns: dict[str, Interval] = Field(default_factory=dict)
    """That of every column, as ``table.column``: mean over itself and its pairs; none is surely twice as far."""
    sampling: Rate | None = None
    """Of the farthest table: what chance alone would make of as many rows of a perfect model, about."""
    model: Interval | None = None
    """The distance of the farthest table with that taken out: an estimate for the model its rows were drawn from."""


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
    unseen: tuple[str, ...] = ()
    """What was not looked at, since rows stay in their source: measures of use, and the values of columns."""
    blinding: str = ""
    """Random, and nothing else: the release's name is a digest over this report too, and is published. Without it,
    whoever guesses the other figures could try which digest comes out."""

    @property
    def passed(self) -> bool:
        """Whether a check passed, and every one did but for those that the policy accepted as not run."""
        ended = {check.outcome for check in self.checks}
        return Outcome.PASSED in ended and ended <= {Outcome.PASSED, Outcome.NOT_RUN_ACCEPTED}


class ShareReport(Leaf):
    """One cell of a column: a value, several, or a range of numbers."""

    label: str
    noisy: Interval
    """The share of the measured rows that are in it, as it was measured, with the 95 % error of the noise."""
    synthetic: Rate


class DistanceReport(Leaf):
    """How far the synthetic rows are from one noisy table: the share of rows that would have to change."""

    apart: Rate
    """From the table as it was measured. Its noise is in it."""
    noise: Rate
    """How far noise alone is expected to put the measured table from the exact one."""
    corrected: Rate
    """An estimate of the distance without that noise; 0 where noise explains all of it."""


class PublicColumn(Leaf):
    """One measured column."""

    column: str
    cells: tuple[ShareReport, ...]
    distance: DistanceReport
    bounded: bool
    """Whether each person's part was scaled down before it was counted, on both sides: shares are then of that."""


class PublicPair(Leaf):
    """Two columns together, or a column and what it was looked at by."""

    one: str
    other: str
    distance: DistanceReport | None
    """None where the pair was not measured."""
    correlation: Rate | None
    """From the noisy table; None where it was not measured, or noise drowns it. -1 to 1 between two columns in order,
    else 0 to 1 (Cramer's V)."""
    synthetic_correlation: Rate | None


class Step(StrEnum):
    """How long one period of a time series is."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    DECADE = "decade"


class PeriodReport(Leaf):
    """How many synthetic rows there are in a day, month, year or decade."""

    period: str
    rows: Count


class SeriesReport(Leaf):
    """How many synthetic rows there are over time, by one column."""

    column: str
    step: Step
    periods: tuple[PeriodReport, ...]
    """Every period from the first to the last, also those without rows."""
    undated: Count
    """Rows without a date."""


class PublicTable(Leaf):
    """One published table."""

    table: str
    rows: Count
    copied: bool
    """Whether the policy calls the table public, and its rows are copies."""
    invented: tuple[str, ...] = ()
    """Columns of which nothing was learned: identities and keys that were made up."""
    columns: tuple[PublicColumn, ...] = ()
    pairs: tuple[PublicPair, ...] = ()
    unmeasured: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Columns, and for each the others with which it was not measured together; every such pair once."""
    series: tuple[SeriesReport, ...] = ()


class PublicReport(Leaf):
    """What anybody may know who may see the release: from noisy measurements and synthetic rows alone."""

    tables: tuple[PublicTable, ...]
    acceptance: AcceptanceReport | None = None
    """None where no private acceptance test was made."""
