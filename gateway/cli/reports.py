"""`gateway releases report` and `public-report`: the two reports of a release, as a page or as JSON.

Synthetic side. The pages load slowly, so they are imported when one is asked for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gateway.cli import pages
from gateway.cli.printing import Format, say
from gateway.records.log import Action
from gateway.release import bundle
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError
from gateway.vocabulary.names import SystemName, UnitName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.records.database import Records
    from gateway.records.releases import Release
    from gateway.release.candidate import ReleaseCandidate
    from gateway.synthetic.approve.desk import Desk, Showing
    from gateway.web.steward import Standing

_VOTES = frozenset({Action.APPROVED.value, Action.REJECTED.value})


def steward_report(desk: Desk, records: Records, release: str, *, html: Path | None, style: Format | None) -> None:
    """Write or print the steward's report; the look is recorded before anything of it is seen."""
    _asked(html, style)
    if html is not None:
        from gateway.web import steward  # noqa: PLC0415 - see above

        pages.refuse_others(html, steward.FIRST_LINE, what="page of a steward's report")
    view = desk.show(release)
    if html is not None:
        text = steward.page(view.candidate, _standing(records, view))
        pages.write_page(html, text, mode=pages.OWN)
        say(f"The report is in {html}, for your eyes alone: open it in a browser. This look has been recorded.")
    if style is Format.JSON:
        _json(bundle.report_json(view.candidate.report))


def public_report(known: Release, candidate: ReleaseCandidate, *, html: Path | None, style: Format | None) -> None:
    """Write or print the public report, which holds no figure of a real row."""
    _asked(html, style)
    if candidate.public is None:
        raise ArtefactFailed(
            f"release {known.release[:12]} was made before there were public reports and has none; run the policy "
            "again for one"
        )
    if html is not None:
        from gateway.web import public  # noqa: PLC0415 - see above

        pages.refuse_others(html, public.FIRST_LINE, what="page of a public report")
        text = public.page(
            candidate.public,
            release=known.release,
            created=candidate.created,
            policy=candidate.policy,
            certificate=candidate.certificate,
        )
        pages.write_page(html, text, mode=pages.SHARED)
        say(f"The report is in {html}: open it in a browser. Whoever may see the tables may see it.")
    if style is Format.JSON:
        _json(bundle.report_json(candidate.public))


def _asked(html: Path | None, style: Format | None) -> None:
    if html is None and style is not Format.JSON:
        raise ConfigurationError("say what for: --html FILE for a page, --format json for programs, or both")


def _json(data: bytes) -> None:
    """Print the very bytes that the release keeps, so that their digest is that of its manifest, and a line's end."""
    sys.stdout.write(data.decode() + "\n")


def _standing(records: Records, view: Showing) -> Standing:
    from gateway.web import steward  # noqa: PLC0415 - see above

    policy, known = view.candidate.policy, view.release
    unit, source = UnitName(policy.unit.name), SystemName(policy.source.name)
    return steward.Standing(
        release=known.release,
        state=known.state.value,
        requester=known.requester,
        expires=known.expires,
        votes=f"{view.votes_cast} cast, {known.approvals_needed} needed",
        epsilon_left=records.ledger.left(unit, source, policy.budget.lifetime_epsilon),
        epsilon_allowed=policy.budget.lifetime_epsilon,
        history=tuple(_history(records, view)),
    )


def _history(records: Records, view: Showing) -> Iterator[tuple[str, str, str]]:
    """Yield the log of the release, without the votes that this person may not see yet."""
    seen = {vote.reviewer for vote in view.votes}
    for entry in records.log.entries():
        if entry.subject not in {view.release.release, view.release.run}:
            continue
        if entry.action in _VOTES and entry.actor not in seen:
            continue
        yield entry.time[:16].replace("T", " "), entry.actor, entry.action.replace("_", " ")
