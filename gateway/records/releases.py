"""Releases, the votes on them, and the states they pass through. A release is named by the digest of what it is."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from gateway.records.tables import RELEASES, RUNS, VOTES
from gateway.vocabulary.errors import DecisionRefused, PublishRefused, Refused

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gateway.records.writing import Writing
    from gateway.vocabulary.names import Person, ReleaseId, RunId


class ReleaseState(StrEnum):
    """Where a release stands."""

    BLOCKED = "blocked"
    """A check failed: it can only be rejected."""
    PENDING = "pending"
    """Waits for votes."""
    APPROVED = "approved"
    """Enough approvals; may be published until a day that is fixed by then."""
    REJECTED = "rejected"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    """Another release has taken its place in the target."""


TRANSITIONS: Final[dict[ReleaseState, frozenset[ReleaseState]]] = {
    ReleaseState.BLOCKED: frozenset({ReleaseState.REJECTED}),
    ReleaseState.PENDING: frozenset({ReleaseState.APPROVED, ReleaseState.REJECTED}),
    # back to pending when its approval has lapsed: votes are then cast anew
    ReleaseState.APPROVED: frozenset({ReleaseState.PUBLISHED, ReleaseState.REJECTED, ReleaseState.PENDING}),
    ReleaseState.REJECTED: frozenset(),
    ReleaseState.PUBLISHED: frozenset({ReleaseState.WITHDRAWN, ReleaseState.SUPERSEDED}),
    ReleaseState.WITHDRAWN: frozenset(),
    ReleaseState.SUPERSEDED: frozenset(),
}
"""From each state, the states that may follow."""

VOTED: Final = frozenset({ReleaseState.APPROVED, ReleaseState.REJECTED})
"""States that only votes lead to; ``move`` does not."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release as recorded. Times are UTC, ISO 8601; ``expires`` is a date.

    ``round`` counts how often approval was asked for: one more each time an approval lapsed unpublished.
    """

    release: ReleaseId
    run: RunId
    policy: str
    requester: Person
    state: ReleaseState
    approvals_needed: int
    approval_valid_days: int
    round: int
    approved_until: str | None
    expires: str
    target: str
    created: str
    changed: str


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One reviewer's decision in one round."""

    release: ReleaseId
    round: int
    reviewer: Person
    approve: bool
    comment: str | None
    time: str


_COLUMNS = [RELEASES.c[field.name] for field in fields(Release)]
_VOTE_COLUMNS = [VOTES.c[field.name] for field in fields(Vote)]


class Releases:
    """Reads releases."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        """Read through ``reading``."""
        self._reading = reading

    def get(self, release: str) -> Release:
        """Return the release of that digest, or the only one whose digest begins so; ``Refused`` otherwise."""
        begins = sa.func.substr(RELEASES.c.release, 1, len(release)) == release
        with self._reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).where(begins)).mappings().all()
        exact = [row for row in rows if row["release"] == release]
        found = exact or rows
        if not release or not found:
            raise Refused(f"no release begins with {release!r}; list the releases to see their digests")
        if len(found) > 1:
            raise Refused(f"{len(found)} releases begin with {release!r}; give more of the digest")
        return _release(found[0])

    def list(self, state: ReleaseState | None = None) -> builtins.list[Release]:
        """Return the releases, oldest first: all, or those in one state."""
        query = sa.select(*_COLUMNS).order_by(RELEASES.c.created, RELEASES.c.release)
        if state is not None:
            query = query.where(RELEASES.c.state == state.value)
        with self._reading() as connection:
            return [_release(row) for row in connection.execute(query).mappings()]

    def votes(self, release: ReleaseId) -> builtins.list[Vote]:
        """Return the votes on a release in the order they were cast, earlier rounds included."""
        query = sa.select(*_VOTE_COLUMNS).where(VOTES.c.release == release)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(VOTES.c.logged, VOTES.c.reviewer)).mappings().all()
        return [Vote(**row) for row in rows]


class ReleasesWriter(Releases):
    """Writes releases and votes, as part of one step."""

    def __init__(self, writing: Writing) -> None:
        """Write through ``writing``, and read what it has written."""
        super().__init__(writing.reading)
        self._writing = writing

    def add(
        self,
        release: ReleaseId,
        *,
        run: RunId,
        policy: str,
        requester: Person,
        state: ReleaseState,
        approvals_needed: int,
        approval_valid_days: int,
        expires: str,
        target: str,
    ) -> None:
        """Record a candidate, pending or blocked; ``expires`` is a date (ISO 8601).

        ``Refused`` when it is on record already, when its run is not, or when that run was asked for by someone else:
        the requester of a release is the requester of its run.
        """
        if state not in {ReleaseState.PENDING, ReleaseState.BLOCKED}:
            raise ValueError("a release begins pending or blocked")
        if self._writing.scalar(sa.select(RELEASES.c.release).where(RELEASES.c.release == release)) is not None:
            raise Refused(f"release {release} is on record already; the same candidate is not handed over twice")
        owner = self._writing.scalar(sa.select(RUNS.c.requester).where(RUNS.c.run == run))
        if owner != requester:
            raise Refused(f"run {run} was asked for by {owner or 'nobody'}, so {requester} cannot hand it over")
        now = self._writing.time
        self._writing.insert(
            RELEASES,
            release=release,
            run=run,
            policy=policy,
            requester=requester,
            state=state.value,
            approvals_needed=approvals_needed,
            approval_valid_days=approval_valid_days,
            round=1,
            expires=dt.date.fromisoformat(expires).isoformat(),
            target=target,
            created=now,
            changed=now,
        )

    def vote(
        self, release: ReleaseId, *, reviewer: Person, approve: bool, comment: str | None, digest: ReleaseId
    ) -> ReleaseState:
        """Record one decision and what follows from it; returns the state the release is in then.

        ``DecisionRefused``: on one's own request, twice in a round, without a comment for a rejection, on another
        ``digest`` than the release's (what was reviewed is not what is on record), or in a state where the decision
        changes nothing. Enough approvals approve, with a last day for publishing; one rejection rejects.
        """
        known = self.get(release)
        if digest != known.release:
            raise DecisionRefused(
                f"what was reviewed is not release {known.release}: its digest differs; review it as it is now"
            )
        _may_vote(known, reviewer=reviewer, approve=approve, comment=comment)
        before = [vote for vote in self.votes(known.release) if vote.round == known.round]
        if any(_same(vote.reviewer, reviewer) for vote in before):
            raise DecisionRefused(f"{reviewer} has decided on release {known.release[:12]} already; one vote each")
        self._writing.insert(
            VOTES,
            release=known.release,
            round=known.round,
            reviewer=reviewer,
            requester=known.requester,
            approve=approve,
            comment=comment,
            time=self._writing.time,
        )
        if not approve:
            return self._change(known, ReleaseState.REJECTED)
        if len(before) + 1 < known.approvals_needed:
            return known.state
        until = dt.datetime.fromisoformat(self._writing.time) + dt.timedelta(days=known.approval_valid_days)
        return self._change(known, ReleaseState.APPROVED, approved_until=until.isoformat(timespec="microseconds"))

    def move(self, release: ReleaseId, state: ReleaseState) -> None:
        """Move a release on, if ``state`` may follow on the one it is in; ``Refused`` otherwise.

        To ``published`` only while its approval holds and it has not expired (``PublishRefused``). To ``pending`` only
        when its approval has lapsed (``DecisionRefused``): a new round of votes begins. Approved and rejected are
        reached by votes, never from here (``DecisionRefused``).
        """
        if state in VOTED:
            raise DecisionRefused(f"a release becomes {state} by a vote and in no other way")
        known = self.get(release)
        if state is ReleaseState.PENDING:
            if known.state is ReleaseState.APPROVED and not self._lapsed(known):
                raise DecisionRefused(f"release {known.release[:12]} is approved until {known.approved_until}")
            self._change(known, state, round=known.round + 1, approved_until=None)
            return
        if state is ReleaseState.PUBLISHED and known.state is ReleaseState.APPROVED:
            if self._lapsed(known):
                raise PublishRefused(
                    f"the approval of release {known.release[:12]} lapsed on {known.approved_until}; ask for another"
                )
            if known.expires < self._writing.time[:10]:
                raise PublishRefused(f"release {known.release[:12]} expired on {known.expires}; make a new one")
        self._change(known, state)

    def _lapsed(self, known: Release) -> bool:
        return known.approved_until is None or known.approved_until <= self._writing.time

    def _change(self, known: Release, state: ReleaseState, **values: str | int | None) -> ReleaseState:
        if state not in TRANSITIONS[known.state]:
            following = ", ".join(sorted(TRANSITIONS[known.state])) or "nothing"
            raise Refused(
                f"release {known.release[:12]} is {known.state} and cannot become {state}; what can follow: {following}"
            )
        where = RELEASES.c.release == known.release
        self._writing.update(RELEASES, where=where, state=state.value, changed=self._writing.time, **values)
        return state


def _may_vote(known: Release, *, reviewer: Person, approve: bool, comment: str | None) -> None:
    wanted = ReleaseState.APPROVED if approve else ReleaseState.REJECTED
    if not reviewer.strip():
        raise DecisionRefused("a decision needs the name of who takes it")
    if _same(reviewer, known.requester):
        raise DecisionRefused(f"{reviewer} asked for release {known.release[:12]}; somebody else has to decide on it")
    if not approve and not (comment or "").strip():
        raise DecisionRefused("a rejection needs a comment: say what has to change")
    if wanted not in TRANSITIONS[known.state]:
        why = " because a check failed, and can only be rejected" if known.state is ReleaseState.BLOCKED else ""
        raise DecisionRefused(f"release {known.release[:12]} is {known.state}{why}; it cannot become {wanted}")


def _same(one: str, other: str) -> bool:
    """Return whether two names are one person's: writing Ana or ANA makes no second reviewer."""
    first, second = (unicodedata.normalize("NFKC", name).strip().casefold() for name in (one, other))
    return first == second


def _release(row: sa.RowMapping) -> Release:
    return Release(**{**row, "state": ReleaseState(row["state"])})
