"""The log: who did what, when, to which run or release. Each entry carries the hash of the one before.

An entry also carries a digest of every row its step added to the ledger and to the votes, so that the chain covers
those tables too: a ledger row that was edited, added or removed behind the gateway's back is found by ``verify``.
What the chain cannot show by itself is that its newest entries were cut off, together with the rows they wrote;
for that, keep a ``Head`` elsewhere and give it to ``verify``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from gateway.records.tables import LEDGER, LOG, VOTES
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from gateway.vocabulary.names import Person

GENESIS: Final = "0" * 64
"""What the first entry has for the hash before it."""
APPENDED: Final = (LEDGER, VOTES)
"""The tables whose rows never change, which the chain therefore can cover."""


class Action(StrEnum):
    """What can be done that is worth an entry."""

    SCANNED = "scanned"
    RUN_CREATED = "run_created"
    BUDGET_RESERVED = "budget_reserved"
    MEASURED = "measured"
    SAMPLED = "sampled"
    JUDGED = "judged"
    HANDED_OVER = "handed_over"
    RUN_RESUMED = "run_resumed"
    RUN_FAILED = "run_failed"
    REPORT_VIEWED = "report_viewed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPROVAL_LAPSED = "approval_lapsed"
    PUBLISHED = "published"
    PUBLISH_REFUSED = "publish_refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the log. ``time`` is UTC, ISO 8601; ``details`` are figures and names."""

    seq: int
    time: str
    actor: str
    action: str
    subject: str
    details: dict[str, str | int | float | bool]
    writes: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The newest entry at some moment: enough, kept elsewhere, to find that the log was cut or rewritten since."""

    seq: int
    hash: str


class Log:
    """Reads the log; nothing here writes."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        """Read through ``reading``, one consistent state at a time."""
        self._reading = reading

    def entries(self, *, subject: str | None = None, newest: int | None = None) -> list[Entry]:
        """Return the entries in order, of one subject or of all, only the ``newest`` so many if given."""
        query = sa.select(LOG).order_by(LOG.c.seq.desc()).limit(newest)
        if subject is not None:
            query = query.where(LOG.c.subject == subject)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Entry(**{**row, "details": json.loads(row["details"])}) for row in reversed(rows)]

    def head(self) -> Head:
        """Return the newest entry's place and hash, unverified; place 0 for an empty log."""
        with self._reading() as connection:
            return head(connection)

    def verify(self, expected: Head | None = None) -> Head:
        """Recompute the whole chain and return its head; ``CheckFailed`` names the first entry that does not hold.

        Finds edits, deletions, insertions and reordering in the log, and in the ledger and the votes behind it.
        Finds a log cut off or rewritten from some point on if ``expected`` is a head noted before that. Does not look
        at the present states of runs and releases, which change.
        """
        with self._reading() as connection:
            writes = _writes_by_entry(connection)
            reached = Head(0, GENESIS)
            seen = expected is None or expected.seq == 0
            for row in connection.execute(sa.select(LOG).order_by(LOG.c.seq)).mappings():
                reached = _follow(reached, dict(row), writes.pop(row["seq"], []))
                seen = seen or reached == expected
        if writes:
            raise CheckFailed(
                f"the log breaks at entry {min(writes)}: the ledger or the votes hold rows of that step, and the log "
                "does not; restore the records from a copy and compare"
            )
        if not seen and expected is not None:
            raise CheckFailed(
                f"the log breaks at entry {expected.seq}: the head noted earlier is no longer in it, so entries were "
                "cut off or rewritten; restore the records from a copy and compare"
            )
        return reached


def append(
    connection: sa.Connection,
    *,
    at: Head,
    time: str,
    actor: Person,
    action: Action,
    subject: str,
    details: Mapping[str, str | int | float | bool],
    writes: Iterable[dict[str, Any]],
) -> None:
    """Add the entry after ``at``; the caller holds the write lock and has read ``at`` under it."""
    entry = {
        "seq": at.seq + 1,
        "time": time,
        "actor": actor,
        "action": action.value,
        "subject": subject,
        "details": canonical_json(dict(details)).decode(),
        "writes": _digest(writes),
        "previous": at.hash,
    }
    connection.execute(sa.insert(LOG).values(**entry, hash=sha256(canonical_json(entry))))


def head(connection: sa.Connection) -> Head:
    """Return the newest entry's place and hash as ``connection`` sees it."""
    row = connection.execute(sa.select(LOG.c.seq, LOG.c.hash).order_by(LOG.c.seq.desc()).limit(1)).one_or_none()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)


def _follow(before: Head, row: Mapping[str, Any], writes: list[dict[str, Any]]) -> Head:
    """Return the head after ``row``; ``CheckFailed`` unless it follows on ``before``."""
    body = {key: value for key, value in row.items() if key != "hash"}
    reasons = (
        (row["seq"] == before.seq + 1, "an entry is missing before it"),
        (row["previous"] == before.hash, "it does not follow on the entry before"),
        (row["hash"] == sha256(canonical_json(body)), "it was changed after it was written"),
        (row["writes"] == _digest(writes), "rows its step wrote to the ledger or the votes were changed since"),
    )
    for holds, reason in reasons:
        if not holds:
            place = min(row["seq"], before.seq + 1)
            raise CheckFailed(f"the log breaks at entry {place}: {reason}; restore the records from a copy and compare")
    return Head(row["seq"], row["hash"])


def _writes_by_entry(connection: sa.Connection) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for table, row in _appended(connection):
        found.setdefault(row["logged"], []).append({"table": table, **row})
    return found


def _appended(connection: sa.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for table in APPENDED:
        for row in connection.execute(sa.select(table)).mappings():
            yield table.name, dict(row)


def _digest(writes: Iterable[dict[str, Any]]) -> str:
    """Return one digest of rows, whatever order they come in."""
    return sha256(b"\n".join(sorted(canonical_json(row) for row in writes)))
