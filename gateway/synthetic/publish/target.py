"""The contract of a sharing database: stage, verify, switch at once, withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ReleaseId


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One release on its way into one schema."""

    release: ReleaseId
    schema: str
    readers: str | None
    info: dict[str, str]
    """The rows of ``release_info``: all declared or metered."""
    note: str
    """The comment put on every table and column; begins with SYNTHETIC."""


class Target(Protocol):
    """A database that approved tables are published to."""

    dialect: str

    def stage(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Load the tables beside the live ones, invisible to readers. Replaces an earlier unfinished staging.

        Raises ``PublishRefused`` when the schema exists and is not ours, leaving it untouched.
        """
        ...

    def verify(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Read the staged tables back; ``CheckFailed`` unless counts and contents are what was approved."""
        ...

    def switch(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Make the staged tables the live ones in one transaction: readers see the old release or the new one."""
        ...

    def withdraw(self, publication: Publication) -> None:
        """Take the release away from readers and delete its rows."""
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...
