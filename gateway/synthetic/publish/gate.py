"""The gate before publishing. Closed unless every condition holds; what could not be asked does not hold.

1. The release is on record as approved, or as published already (to finish what a kill interrupted).
2. As many different people as its policy asks for approved it in this round, none of them its requester, none against.
3. The approval has not lapsed.
4. The release has not expired, by the record or by its policy.
5. What lies in the folder is what was approved: its digest is the release's name, and its policy the recorded one.
6. The steward's report holds at least one check, and every one passed, but for attacks that need rows where rows stay
   and that its policy accepted by name; and an audit that its policy asks for is with it, with as many games, and found
   nothing against the claim.
7. The guarantee is the policy's: same unit and source, epsilon and delta within the budget, also when epsilon is
   recomputed from the events.
8. It holds at least one synthesized table, and only tables and columns that the policy releases; and every public
   table that it copies is named as such in its certificate, and every override of what detection found.
9. The target is the recorded one, and its schema is not one of the database's own.
10. It passed the private acceptance test: the public report says so, of the policy's threshold; and the test is among
    the events of its guarantee, once, with the share of the budget that its policy sets aside.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.policy.model import TableTreatment
from gateway.privacy.accountant import epsilon_independently, parameter
from gateway.privacy.events import ACCEPTANCE, event_from_json
from gateway.records.releases import ReleaseState
from gateway.release.figures import Rate
from gateway.release.reports import Outcome
from gateway.synthetic.approve.decision import lapsed, same_person
from gateway.vocabulary.errors import PublishRefused
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.policy.model import TableClause
    from gateway.records.releases import Release, Vote
    from gateway.release.candidate import ReleaseCandidate
    from gateway.vocabulary.names import ReleaseId
    from gateway.vocabulary.schema import Table

_CROSS_CHECK = 1.01
"""The independent recomputation of epsilon is exact to .5 %; more than this over the budget is another guarantee."""
_SHARE_TOLERANCE = 0.01
"""Sigmas are rounded up to whole parts of a count, so shares are the policy's but for this."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that the conditions look at."""

    release: Release
    votes: Sequence[Vote]
    digest: ReleaseId
    """What the candidate in the folder is called by its content."""
    candidate: ReleaseCandidate
    now: dt.datetime


def expires(case: Case) -> dt.date:
    """Return the last day of the release: the earlier of the recorded one and the policy's."""
    made = dt.datetime.fromisoformat(case.candidate.created).date()
    by_policy = made + dt.timedelta(days=case.candidate.policy.expires_after_days)
    return min(dt.date.fromisoformat(case.release.expires), by_policy)


def _1_recorded_as_approved(case: Case) -> str | None:
    if case.release.state in (ReleaseState.APPROVED, ReleaseState.PUBLISHED):
        return None
    return f"it is {case.release.state}, not approved"


def _2_enough_approvals(case: Case) -> str | None:
    cast = [vote for vote in case.votes if vote.round == case.release.round]
    if any(not vote.approve for vote in cast):
        return "somebody voted against it"
    names = [vote.reviewer for vote in cast if not same_person(vote.reviewer, case.release.requester)]
    people = {name for i, name in enumerate(names) if not any(same_person(name, other) for other in names[:i])}
    needed = case.candidate.policy.approvals.needed
    return None if len(people) >= needed else f"it has {len(people)} of {needed} approvals"


def _3_approval_holds(case: Case) -> str | None:
    if not lapsed(case.release, now=case.now):
        return None
    return f"its approval lapsed on {case.release.approved_until}; reopen it for new votes"


def _4_not_expired(case: Case) -> str | None:
    last = expires(case)
    return None if case.now.astimezone(dt.UTC).date() <= last else f"it expired on {last}; make a new release"


def _5_what_was_approved(case: Case) -> str | None:
    if case.digest != case.release.release:
        return "its content is not what was approved: the digest differs"
    if case.candidate.policy.name != case.release.policy or case.candidate.run != case.release.run:
        return "it is recorded under another policy or run than it holds"
    return None


def _6_report_passed(case: Case) -> str | None:
    if not case.candidate.report.passed:
        return "not every check of its report passed"
    policy = case.candidate.policy
    accepted = policy.criteria.accept_not_run if policy.source.rows_stay else []
    not_run = [check.name for check in case.candidate.report.checks if check.outcome is Outcome.NOT_RUN_ACCEPTED]
    if beyond := [name for name in not_run if name not in accepted]:
        return f"its report calls {beyond[0]!r} not run and accepted, and its policy did not accept that"
    audit, needed = case.candidate.audit, case.candidate.policy.criteria.audit_games
    if needed and (audit is None or audit.games.count < needed):
        return "its policy asks for an audit of its configuration, and there is none with it of as many games"
    if audit is not None and audit.contradicted:
        return "an audit of its configuration found that it may let out more than it claims"
    if audit is not None and audit.code_digest != case.candidate.certificate.code_digest:
        return "the audit that is with it is of another version of the program"
    return None


def _7_guarantee_is_the_policys(case: Case) -> str | None:
    certificate, policy = case.candidate.certificate, case.candidate.policy
    if (certificate.unit, certificate.source) != (policy.unit.name, policy.source.name):
        return "its certificate speaks of another unit or source than its policy"
    if certificate.epsilon > policy.budget.epsilon or certificate.delta > policy.budget.delta:
        return "its certificate claims more than the policy's budget"
    try:
        again = epsilon_independently([event_from_json(event) for event in certificate.events], certificate.delta)
    except (ValueError, TypeError):
        return "its certificate lists events that cannot be accounted for"
    if again > policy.budget.epsilon * _CROSS_CHECK:
        return "its events, recomputed, cost more than the policy's budget"
    return None


def _8_only_what_the_policy_releases(case: Case) -> str | None:
    tables = case.candidate.tables
    if not tables or len({each.table.name for each in tables}) != len(tables):
        return "it holds no table, or one twice"
    clauses = case.candidate.policy.tables
    copied = [each.table.name for each in tables if _is_public(clauses.get(each.table.name))]
    if len(copied) == len(tables):
        return "it holds no synthesized table, and public ones need no release"
    said = case.candidate.certificate.public
    if unsaid := [name for name in copied if said.get(name) != clauses[name].reason]:
        return f"it holds the public table {unsaid[0]!r}, which its certificate does not name with the policy's reason"
    if case.candidate.certificate.overrides != case.candidate.policy.overrides:
        return "its certificate does not name every override of its policy with its reason: run the policy again"
    return next((reason for each in tables if (reason := _beyond(each.table, clauses.get(each.table.name)))), None)


def _is_public(clause: TableClause | None) -> bool:
    return clause is not None and clause.treatment is TableTreatment.REFERENCE


def _beyond(table: Table, clause: TableClause | None) -> str | None:
    """Return what of ``table`` the policy does not release; None when it releases all of it."""
    if clause is None or clause.treatment is TableTreatment.DROP:
        return f"it holds table {table.name!r}, which the policy does not release"
    for column in table.columns:
        allowed = clause.columns.get(column.name)
        if clause.treatment is TableTreatment.REFERENCE:
            released = column.name not in clause.without
        else:
            released = allowed is not None and allowed.treatment is not Treatment.DROP
        if not released:
            return f"table {table.name!r} holds column {column.name!r}, which the policy does not release"
    return None


def _9_target_is_allowed(case: Case) -> str | None:
    target = case.candidate.policy.target
    if target.name != case.release.target:
        return f"it is recorded for target {case.release.target!r}, and its policy names {target.name!r}"
    name = target.schema_name.strip().lower()
    if not name or name.startswith("pg_") or name in ("information_schema", "public", "main", "temp"):
        return f"schema {target.schema_name!r} belongs to the database itself"
    return None


def _10_accepted_privately(case: Case) -> str | None:
    public, policy = case.candidate.public, case.candidate.policy
    verdict = public.acceptance if public is not None else None
    if verdict is None:
        return "no private acceptance test was made, as by versions before there was one: run the policy again"
    if verdict.outcome is not Outcome.PASSED or verdict.distance.high.rate > verdict.needed.rate:
        return "it did not pass the private acceptance test"
    if verdict.needed != Rate.of(policy.criteria.acceptance):
        return "its private acceptance test was held against another threshold than the policy's"
    try:
        events = [event_from_json(event) for event in case.candidate.certificate.events]
        tests = [event for event in events if event.label == ACCEPTANCE]
        share = parameter(tests) ** 2 / parameter(events) ** 2
    except (ValueError, TypeError, ZeroDivisionError):
        return None  # condition 7 says so
    if len(tests) != 1 or abs(share / policy.budget.acceptance - 1) > _SHARE_TOLERANCE:
        return "its certificate does not list the private acceptance test, once, with the share that the policy says"
    return None


CONDITIONS: Final[tuple[Callable[[Case], str | None], ...]] = (
    _1_recorded_as_approved,
    _2_enough_approvals,
    _3_approval_holds,
    _4_not_expired,
    _5_what_was_approved,
    _6_report_passed,
    _7_guarantee_is_the_policys,
    _8_only_what_the_policy_releases,
    _9_target_is_allowed,
    _10_accepted_privately,
)


def check(case: Case, *, conditions: Sequence[Callable[[Case], str | None]] = CONDITIONS) -> None:
    """Raise ``PublishRefused`` with the number of every condition that does not hold; pass when all do.

    No conditions at all is a closed gate.
    """
    if not conditions:
        raise PublishRefused("the gate has no conditions, so nothing passes it; this is a fault of the gateway")
    reasons = [(number, condition(case)) for number, condition in enumerate(conditions, start=1)]
    failed = [f"{number}. {reason}" for number, reason in reasons if reason is not None]
    if failed:
        raise PublishRefused(f"release {case.release.release[:12]} was not published: {'; '.join(failed)}")
