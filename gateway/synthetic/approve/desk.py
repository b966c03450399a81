"""Where a steward reads a release and decides on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.records.log import Action
from gateway.records.releases import ReleaseState
from gateway.release import bundle
from gateway.synthetic.approve.decision import FROM, Move, lapsed, refusal, visible_votes
from gateway.vocabulary.errors import DecisionRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gateway.records.database import Records
    from gateway.records.releases import Release, Vote
    from gateway.release.candidate import ReleaseCandidate
    from gateway.vocabulary.names import Person


@dataclass(frozen=True, kw_only=True)
class Showing:
    """One release as one person may see it."""

    release: Release
    candidate: ReleaseCandidate
    """Its ``report`` rests on production rows: for this person's eyes, never to be passed on."""
    votes: tuple[Vote, ...]
    votes_cast: int
    """How many votes there are in this round, seen or not: a reviewer does not see another's before voting."""
    refusals: Mapping[Move, str]
    """Moves this person may not make now, with the reason; a reject without its comment is not counted as one."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits, oldest first."""

    to_decide: tuple[Release, ...]
    """Pending, and this person may vote."""
    waiting: tuple[Release, ...]
    """Pending or blocked, and for somebody else, or already voted on."""
    to_publish: tuple[Release, ...]
    lapsed: tuple[Release, ...]
    """Approved and not published in time."""
    published: tuple[Release, ...]


class Desk:
    """The releases as ``person`` may see and decide on them."""

    def __init__(
        self,
        records: Records,
        releases_folder: Path,
        person: Person,
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """Read decisions from ``records`` and candidates from ``releases_folder``."""
        self._records = records
        self._folder = releases_folder
        self._person = person
        self._clock = clock

    def queue(self) -> Queue:
        """Return what waits for whom."""
        known = self._records.releases.list()
        undecided = [release for release in known if release.state in (ReleaseState.PENDING, ReleaseState.BLOCKED)]
        mine = [release for release in undecided if self._refusal(Move.APPROVE, release) is None]
        approved = [release for release in known if release.state is ReleaseState.APPROVED]
        late = [release for release in approved if lapsed(release, now=self._clock())]
        return Queue(
            to_decide=tuple(mine),
            waiting=tuple(release for release in undecided if release not in mine),
            to_publish=tuple(release for release in approved if release not in late),
            lapsed=tuple(late),
            published=tuple(release for release in known if release.state is ReleaseState.PUBLISHED),
        )

    def show(self, release: str) -> Showing:
        """Return a release, named by its digest or the beginning of it, with the report; the look is logged first.

        The report rests on production rows, so every look at one is on record, with the release and the person.
        ``ArtefactFailed`` when the candidate is not what its digest says.
        """
        known = self._records.releases.get(release)
        candidate = bundle.read(self._folder, known.release)
        with self._records.step(actor=self._person, action=Action.REPORT_VIEWED, subject=known.release):
            pass  # nothing but the entry; when it cannot be written, the report is not shown
        votes = self._records.releases.votes(known.release)
        refused = {move: self._refusal(move, known, comment="(to be given)") for move in FROM}
        return Showing(
            release=known,
            candidate=candidate,
            votes=visible_votes(known, votes, person=self._person),
            votes_cast=sum(vote.round == known.round for vote in votes),
            refusals={move: reason for move, reason in refused.items() if reason is not None},
        )

    def approve(self, release: str, comment: str | None = None) -> ReleaseState:
        """Vote for a release and return the state it is in then: approved once enough have.

        ``DecisionRefused`` says who may or what is missing. The candidate's digests are checked now: what is approved
        is what lies in the folder (``ArtefactFailed`` otherwise).
        """
        return self._vote(Move.APPROVE, release, comment)

    def reject(self, release: str, comment: str) -> ReleaseState:
        """Vote against a release, which ends it; the comment says why. Works on a damaged candidate too."""
        return self._vote(Move.REJECT, release, comment)

    def reopen(self, release: str) -> ReleaseState:
        """Ask for new votes on a release whose approval lapsed before it was published."""
        known = self._records.releases.get(release)
        self._allow(Move.REOPEN, known)
        with self._records.step(actor=self._person, action=Action.APPROVAL_LAPSED, subject=known.release) as step:
            step.releases.move(known.release, ReleaseState.PENDING)
        return ReleaseState.PENDING

    def _vote(self, move: Move, release: str, comment: str | None) -> ReleaseState:
        known = self._records.releases.get(release)
        self._allow(move, known, comment)
        approve = move is Move.APPROVE
        if approve:
            bundle.read(self._folder, known.release)
        action = Action.APPROVED if approve else Action.REJECTED
        details = {"comment": comment} if comment else {}
        with self._records.step(actor=self._person, action=action, subject=known.release, details=details) as step:
            return step.releases.vote(
                known.release, reviewer=self._person, approve=approve, comment=comment, digest=known.release
            )

    def _allow(self, move: Move, release: Release, comment: str | None = None) -> None:
        reason = self._refusal(move, release, comment)
        if reason is not None:
            raise DecisionRefused(reason)

    def _refusal(self, move: Move, release: Release, comment: str | None = None) -> str | None:
        votes = self._records.releases.votes(release.release)
        return refusal(move, release, votes, person=self._person, comment=comment, now=self._clock())
