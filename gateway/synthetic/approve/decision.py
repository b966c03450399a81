"""Who may do what with a release, and when: tables keyed by one enum, and one function that reads them.

    blocked ──reject──▶ rejected          (a check failed: nothing else can follow)
    pending ──approve─▶ approved ──publish─▶ published ──withdraw─▶ withdrawn
       │                   │  └─reopen─▶ pending (approval lapsed)     └─▶ superseded, by the next release
       └──────reject───────┴──────────────▶ rejected

The records hold the same transitions again, in the database: this page answers "can I?", they answer "did it?".
What is not held here yet: roles. Whoever can read the releases' folder is a steward, and each look is logged.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gateway.records.releases import ReleaseState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.records.releases import Release, Vote
    from gateway.vocabulary.names import Person


class Move(StrEnum):
    """What a person can do with a release."""

    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"
    """Ask for new votes after an approval lapsed unpublished."""
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


FROM: Final[Mapping[Move, frozenset[ReleaseState]]] = MappingProxyType(
    {
        Move.APPROVE: frozenset({ReleaseState.PENDING}),
        Move.REJECT: frozenset({ReleaseState.BLOCKED, ReleaseState.PENDING, ReleaseState.APPROVED}),
        Move.REOPEN: frozenset({ReleaseState.APPROVED}),
        Move.PUBLISH: frozenset({ReleaseState.APPROVED}),
        Move.WITHDRAW: frozenset({ReleaseState.PUBLISHED}),
    }
)
"""The states each move starts from."""

VOTES: Final = frozenset({Move.APPROVE, Move.REJECT})
"""Moves that are a vote: never on one's own request, once in a round."""

NEEDS_COMMENT: Final = frozenset({Move.REJECT})
"""Moves that say why."""


def refusal(
    move: Move, release: Release, votes: Sequence[Vote], *, person: Person, comment: str | None, now: dt.datetime
) -> str | None:
    """Return why ``person`` may not make this move now, or None when they may. ``votes`` may be of any round."""
    return next(_reasons(move, release, votes, person=person, comment=comment, now=now), None)


def _reasons(
    move: Move, release: Release, votes: Sequence[Vote], *, person: Person, comment: str | None, now: dt.datetime
) -> Iterator[str]:
    short = release.release[:12]
    if release.state not in FROM[move]:
        yield f"release {short} is {release.state}; to {move} it, it has to be {' or '.join(sorted(FROM[move]))}"
    if move in VOTES and same_person(person, release.requester):
        yield f"{person} asked for release {short}; somebody else has to decide on it"
    if move in VOTES and any(same_person(person, vote.reviewer) for vote in votes if vote.round == release.round):
        yield f"{person} has decided on release {short} already; one vote each"
    if move in NEEDS_COMMENT and not (comment or "").strip():
        yield f"to {move} release {short} takes a comment: say what has to change"
    if move is Move.REOPEN and not lapsed(release, now=now):
        yield f"the approval of release {short} holds until {release.approved_until}; publish it"
    if move is Move.PUBLISH and lapsed(release, now=now):
        yield f"the approval of release {short} lapsed on {release.approved_until}; reopen it for new votes"


def lapsed(release: Release, *, now: dt.datetime) -> bool:
    """Return whether the last day for publishing is over, or none was ever fixed."""
    return release.approved_until is None or dt.datetime.fromisoformat(release.approved_until) <= now


def same_person(one: str, other: str) -> bool:
    """Return whether two names are one person's, whatever their letters' case, width or surrounding blanks."""
    first, second = (unicodedata.normalize("NFKC", name).strip().casefold() for name in (one, other))
    return first == second


def visible_votes(release: Release, votes: Sequence[Vote], *, person: Person) -> tuple[Vote, ...]:
    """Return the votes that ``person`` may see: while they could still vote, none of this round's but their own."""
    voted = any(same_person(person, vote.reviewer) for vote in votes if vote.round == release.round)
    undecided = release.state in FROM[Move.APPROVE] and not voted and not same_person(person, release.requester)
    return tuple(vote for vote in votes if not undecided or vote.round != release.round)
