"""The contract of a sharing database: stage, verify, switch at once, withdraw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    treatments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Table -> column -> how its values were made, as the policy declares it; for ``column_notes``."""
    table_notes: Mapping[str, str] = field(default_factory=dict)
    """Table -> the comment put on it and its columns in the place of ``note``; begins with SYNTHETIC too, which is how
    what the gateway made is known again."""

    def note_of(self, table: str) -> str:
        """Return the comment for ``table`` and its columns."""
        return self.table_notes.get(table, self.note)


class Target(Protocol):
    """A database that approved tables are published to.

    Every method may be called again after a kill, in this order, and then ends as if it had been called once.
    ``TargetFailed`` when the database cannot be reached or written; whatever was live before stays live.
    """

    dialect: str

    def stage(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Load the tables beside the live ones, invisible to readers. Replaces an earlier unfinished staging.

        Does nothing when this release is live already. Raises ``PublishRefused`` when the schema exists and is not
        ours or shows another policy's release, or when the tables cannot be held faithfully, leaving it untouched.
        """
        ...

    def verify(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Read the staged tables back; ``CheckFailed`` unless counts and contents are what was approved."""
        ...

    def switch(self, publication: Publication, tables: Sequence[SyntheticTable]) -> None:
        """Make the staged tables the live ones in one transaction: readers see the old release or the new one.

        The tables of the release that was live before are gone with it. ``CheckFailed`` when nothing is staged.
        """
        ...

    def live(self, schema: str) -> ReleaseId | None:
        """Return the release that readers of ``schema`` see now, as the database itself says; None when none is.

        Raises ``PublishRefused`` when the schema exists and is not ours.
        """
        ...

    def withdraw(self, publication: Publication) -> None:
        """Take the release away from readers and delete its rows. Another release that is live stays live."""
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...
