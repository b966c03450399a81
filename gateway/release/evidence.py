"""What an audit found: games played on made-up rows against the very configuration of a release. Public.

No row of a person took part, so nothing here is metered or withheld: figures come from the schema, the policy, public
tables, the program, and noise over rows that were made up.
"""

from __future__ import annotations

from enum import StrEnum

from gateway.release.figures import Count, Leaf


class Fault(StrEnum):
    """How a claim was contradicted."""

    DIFFERENCE = "difference"
    SENSITIVITY = "sensitivity"
    UNMETERED = "unmetered"
    NARROW = "narrow"
    CUT_OFF = "cut_off"
    REPEATED = "repeated"
    BOUND = "bound"
    ACCOUNTING = "accounting"


WORDS = {
    Fault.DIFFERENCE: "with the same noisy answers something else differed: some of what was let out had no noise",
    Fault.SENSITIVITY: "one unit moved the numbers below a noisy answer further than the claim says",
    Fault.UNMETERED: "noise was asked for that no event tells of, or an event tells of noise that was not asked for",
    Fault.NARROW: "the noise was narrower than it is said to be",
    Fault.CUT_OFF: "the noise lacked the rare large draws that it needs",
    Fault.REPEATED: "noise repeated itself, within a game or from game to game",
    Fault.BOUND: "guesses about who was there succeeded more often than the claim allows",
    Fault.ACCOUNTING: "the noise that was asked for costs more than is claimed, or not the same each time",
}
"""What each fault means, for whoever reads the result."""


class TargetReport(Leaf):
    """The games about one sort of unit."""

    target: str
    """How it differs from all others, in words of the program."""
    units: Count
    """How many other units there were."""
    games: Count
    moved: float | None
    """Mu of what its numbers moved, if the noise is what it should be; None when something had no bound."""


class AuditReport(Leaf):
    """What an audit tried, and what came out. Lower bounds contradict a claim or do not; they prove none."""

    configuration: str
    """SHA-256 over all that measuring is a function of, but for the rows: declared things, public keys, the program."""
    code_digest: str
    """SHA-256 over the program's own source files."""
    generator: str
    created: str
    """UTC, ISO 8601."""
    games: Count
    confidence: float
    """A true claim is contradicted with a chance of one less this, at most."""
    epsilon: float
    """Claimed by the policy, at ``delta``."""
    delta: float
    mu: float
    """Claimed by the events: the Gaussian-DP parameter of all noise."""
    mu_at_least: float
    """What the guesses of all games prove; 0 when they prove nothing."""
    epsilon_at_least: float
    """Likewise, at ``delta``."""
    epsilon_recomputed: float | None
    """From the noise that was asked for, by a formula of the audit's own; None when it has no bound."""
    share: float | None
    """The largest part of any answer's claimed sensitivity that a target used, exactly; None when it has no bound."""
    draws: Count
    width: float
    """The standard deviation of all noise drawn over the claimed one."""
    width_at_most: float
    """Of the sort of answers whose noise was the narrowest: the width that it has at most."""
    differences: Count
    """Games in which something but the noisy answers differed."""
    unmetered: Count
    """Answers that no event tells of."""
    faults: tuple[Fault, ...]
    targets: tuple[TargetReport, ...]
    not_played: tuple[str, ...]
    """What of a run no game was about, in sentences of the program."""
    seconds: float
    """CPU seconds of all games."""

    @property
    def contradicted(self) -> bool:
        """Whether anything was found that the claim forbids."""
        return bool(self.faults)
