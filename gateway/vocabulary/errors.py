"""Every error the gateway raises on purpose.

    GatewayError                     exit code 1
    ├── ConfigurationError           exit code 2: what was asked for is not well formed
    │   ├── PolicyError              the policy file; carries every problem of the file at once
    │   └── SettingsError            environment, URLs, secrets
    ├── Refused                      well formed, and not allowed
    │   ├── SourceRefused            the source role can write, or the table cannot be read as asked
    │   ├── BudgetRefused            the ledger would be overspent
    │   ├── DecisionRefused          this person may not take this decision now
    │   ├── PublishRefused           the gate is closed: not approved, expired, changed, or the target is not ours
    │   └── Unsupported              a later version may; this one says so instead of guessing
    ├── SourceFailed                 the production database: connection, time-out, changed during the run
    │   └── TableUnreadable          one table of it; the others can still be read
    ├── TargetFailed                 the sharing database
    ├── RecordsFailed                the gateway's own records: damaged, locked, or at another schema version
    ├── ArtefactFailed               a file of the run or release cannot be written, or is not what its digest says
    └── CheckFailed                  a check of the judge or of a verification found something wrong

The rule for every message: what was refused, what was expected, what to do - and never a cell value, a password or a
URL with one. A library's error is wrapped at the edge, with ``from None`` when its text may quote data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class GatewayError(Exception):
    """Anything the gateway refuses or fails at; the text is fit to be shown and logged."""

    exit_code = 1


class ConfigurationError(GatewayError):
    """What was asked for is not well formed."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a policy file: the line it stands on (1-based, 0 when there is none) and what to do."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        """Return ``line 12, tables.patients: ...``."""
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.where) if part)
        return f"{place}: {self.message}" if place else self.message


class PolicyError(ConfigurationError):
    """A policy file with problems: all of them, in line order."""

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        """Keep ``problems`` sorted; ``path`` is shown as it was given."""
        self.path = path
        self.problems = tuple(sorted(problems))
        many = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        super().__init__("\n".join([f"{path}: {many}", *(f"  {problem}" for problem in self.problems)]))


class SettingsError(ConfigurationError):
    """A setting, URL or secret is missing or malformed."""


class Refused(GatewayError):
    """Well formed, and not allowed."""


class SourceRefused(Refused):
    """The source role can write, or a table cannot be read as asked."""


class BudgetRefused(Refused):
    """The ledger would be overspent."""


class DecisionRefused(Refused):
    """This person may not take this decision now."""


class PublishRefused(Refused):
    """The gate is closed: not approved, expired, changed since, or the target is not ours."""


class Unsupported(Refused):
    """A later version may do this; this one says so instead of guessing."""


class SourceFailed(GatewayError):
    """The production database could not be reached or read to the end."""


class TableUnreadable(SourceFailed):
    """One table could not be read (dropped, altered, locked, too slow); others can, through the same snapshot."""


class TargetFailed(GatewayError):
    """The sharing database could not be reached or written."""


class RecordsFailed(GatewayError):
    """The gateway's own records are damaged, locked, or at another schema version."""


class ArtefactFailed(GatewayError):
    """A file of a run or release cannot be written, or is not what its digest says."""


class CheckFailed(GatewayError):
    """A check of the judge or of a verification found something wrong."""
