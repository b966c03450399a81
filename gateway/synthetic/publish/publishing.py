"""Put an approved release before readers, and take it away again.

1. gate     every condition holds (``gate``)
2. stage    tables beside the live ones
3. verify   read back and compared
4. switch   the gate is asked again; then one transaction in the sharing database
5. record   one step in the records: published, and what was live before superseded

The sharing database itself says what is live. So publishing again after a kill finishes what was begun: before the
switch everything is staged anew, after it the live tables are verified and the record is made up for.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from gateway import plugins
from gateway.policy.model import TableTreatment
from gateway.privacy.odds import worst_posterior
from gateway.records.log import Action
from gateway.records.releases import ReleaseState
from gateway.release import bundle
from gateway.synthetic.publish import gate
from gateway.synthetic.publish.target import Publication
from gateway.vocabulary.errors import ArtefactFailed, PublishRefused, Refused, SettingsError
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from gateway.policy.model import TableClause
    from gateway.records.database import Records
    from gateway.synthetic.publish.target import Target
    from gateway.vocabulary.names import Person, ReleaseId

_log = logging.getLogger(__name__)
_TARGETS = "gateway.synthetic.publish.targets"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def publish(
    records: Records,
    releases_folder: Path,
    release: str,
    *,
    target_url: SecretStr,
    person: Person,
    clock: Callable[[], dt.datetime] = _now,
) -> Publication:
    """Publish ``release`` (its digest or the beginning of it) and return what readers see now.

    Doing it again changes nothing. ``PublishRefused`` when the gate is closed or the target is not ours (a closed gate
    is logged), ``CheckFailed`` when what was staged is not what was approved, ``TargetFailed`` when the sharing
    database fails: whatever was live before is live still.
    """
    case = _case(records, releases_folder, release, now=clock())
    publication = _publication(case)
    target = open_target(target_url)
    try:
        _publish(records, releases_folder, case, publication, target, person=person, clock=clock)
    finally:
        target.close()
    return publication


def _publish(
    records: Records,
    releases_folder: Path,
    case: gate.Case,
    publication: Publication,
    target: Target,
    *,
    person: Person,
    clock: Callable[[], dt.datetime],
) -> None:
    if case.release.state is ReleaseState.PUBLISHED and target.live(publication.schema) == publication.release:
        return
    tables = case.candidate.tables
    # 1.
    _pass_gate(records, case, person=person)
    # 2. and 3.
    target.stage(publication, tables)
    target.verify(publication, tables)
    # 4.: loading takes a while, and somebody may have voted against it meanwhile
    if target.live(publication.schema) != publication.release:
        _pass_gate(records, _again(records, case, now=clock()), person=person)
        target.switch(publication, tables)
    # 5.
    before = _take_the_place_of(records, releases_folder, case, target)
    try:
        _record(records, case, publication, before, person=person)
    except Refused:
        # the approval went between the gate and the record: what is not approved does not stay before readers
        target.withdraw(publication)
        raise


def withdraw(
    records: Records, releases_folder: Path, release: str, *, target_url: SecretStr, person: Person
) -> Publication:
    """Take ``release`` away from readers and record it; its budget stays spent.

    Also takes away a release that was switched to and, for whatever came between, never recorded as published.
    ``Refused`` when it is neither published nor live.
    """
    case = _case(records, releases_folder, release, now=_now())
    publication = _publication(case)
    target = open_target(target_url)
    try:
        published = case.release.state is ReleaseState.PUBLISHED
        if not published and target.live(publication.schema) != publication.release:
            raise Refused(
                f"release {publication.release[:12]} is {case.release.state} and not live; nothing to withdraw"
            )
        target.withdraw(publication)
    finally:
        target.close()
    with records.step(actor=person, action=Action.WITHDRAWN, subject=publication.release) as step:
        if published:
            step.releases.move(publication.release, ReleaseState.WITHDRAWN)
    return publication


def open_target(url: SecretStr) -> Target:
    """Return the target for a SQLAlchemy URL, chosen by its database; nothing is connected to yet.

    ``ConfigurationError`` names the databases that can be published to; the URL itself is never shown.
    """
    try:
        backend = sa.make_url(url.get_secret_value()).get_backend_name()
    except sa.exc.ArgumentError:
        raise SettingsError("the target's URL is malformed; expected DATABASE://ROLE:PASSWORD@HOST/NAME") from None
    return cast("Target", plugins.load(_TARGETS, backend)(url))


def _case(records: Records, folder: Path, release: str, *, now: dt.datetime) -> gate.Case:
    known = records.releases.get(release)
    candidate = bundle.read(folder, known.release)
    return gate.Case(
        release=known,
        votes=records.releases.votes(known.release),
        digest=known.release,  # ``bundle.read`` passes for the content of that digest alone
        candidate=candidate,
        now=now,
    )


def _again(records: Records, case: gate.Case, *, now: dt.datetime) -> gate.Case:
    known = records.releases.get(case.release.release)
    votes = records.releases.votes(known.release)
    return gate.Case(release=known, votes=votes, digest=case.digest, candidate=case.candidate, now=now)


def _pass_gate(records: Records, case: gate.Case, *, person: Person) -> None:
    try:
        gate.check(case)
    except PublishRefused as refused:
        details = {"reason": str(refused)}
        with records.step(actor=person, action=Action.PUBLISH_REFUSED, subject=case.release.release, details=details):
            pass  # nothing but the entry: who tried, when, what
        raise


def _take_the_place_of(records: Records, folder: Path, case: gate.Case, target: Target) -> list[ReleaseId]:
    """Return the published releases that this one supersedes: of the same policy, in the same target.

    One that stood in this schema went with the switch. One that its policy put into another schema goes now.
    """
    schema = case.candidate.policy.target.schema_name
    before = [
        each
        for each in records.releases.list(ReleaseState.PUBLISHED)
        if (each.policy, each.target) == (case.release.policy, case.release.target)
        and each.release != case.release.release
    ]
    for each in before:
        try:
            earlier = _publication(_case(records, folder, each.release, now=case.now))
        except ArtefactFailed:
            _log.warning("the files of a superseded release are damaged", extra={"release": each.release})
            continue
        if earlier.schema != schema:
            target.withdraw(earlier)
    return [each.release for each in before]


def _record(
    records: Records, case: gate.Case, publication: Publication, before: Sequence[ReleaseId], *, person: Person
) -> None:
    if records.releases.get(publication.release).state is ReleaseState.PUBLISHED:
        return
    details = {"schema": publication.schema, "target": case.release.target, "superseded": ", ".join(before)}
    with records.step(actor=person, action=Action.PUBLISHED, subject=publication.release, details=details) as step:
        step.releases.move(publication.release, ReleaseState.PUBLISHED)
        for each in before:
            step.releases.move(each, ReleaseState.SUPERSEDED)
    _log.info("published", extra={"release": publication.release, "schema": publication.schema})


def _publication(case: gate.Case) -> Publication:
    policy, last = case.candidate.policy, gate.expires(case)
    made = dt.datetime.fromisoformat(case.candidate.created).date()
    label = f"SYNTHETIC, release {case.release.release[:12]} of {made}, expires {last}."
    return Publication(
        release=case.release.release,
        schema=policy.target.schema_name,
        readers=policy.target.readers,
        info=_info(case),
        note=f"{label} No row is a real person's; see release_info.",
        treatments={
            each.table.name: {
                column.name: _values_are(policy.tables[each.table.name], column.name) for column in each.table.columns
            }
            for each in case.candidate.tables
            if each.table.name in policy.tables
        },
        table_notes={
            name: f"{label} This table is not: it is public, and copied as it is. {reason}"
            for name, reason in case.candidate.certificate.public.items()
        },
    )


def _info(case: gate.Case) -> dict[str, str]:
    """Return what readers are told: declared by the policy or metered by the ledger, nothing of the report."""
    policy, certificate = case.candidate.policy, case.candidate.certificate
    rows = {f"rows of {each.table.name}": str(each.count) for each in case.candidate.tables}
    return {
        "policy": policy.name,
        "purpose": policy.purpose,
        "system": certificate.source,
        "protected": certificate.unit,
        "protected means": certificate.meaning,
        "epsilon": f"{certificate.epsilon:.6g}",
        "delta": f"{certificate.delta:.6g}",
        "epsilon means": (
            "someone who is 50 % sure that one of the protected is in the data becomes at most "
            f"{100 * worst_posterior(certificate.epsilon):.0f} % sure"
        ),
        "generator": certificate.generator,
        "created": case.candidate.created,
        "expires": str(gate.expires(case)),
        **rows,
        **{f"{name} is public": f"copied as it is: {reason}" for name, reason in certificate.public.items()},
        **(
            {"constraints not kept": "; ".join(certificate.constraints_not_kept)}
            if certificate.constraints_not_kept
            else {}
        ),
    }


def _values_are(table: TableClause, name: str) -> str:
    if table.treatment is TableTreatment.REFERENCE:
        return "public: copied as they are"
    clause = table.columns.get(name)
    match clause.treatment if clause is not None else None:
        case Treatment.LEARN:
            return "drawn from a model learned under differential privacy"
        case Treatment.REPLACE:
            return f"invented: {clause.entity if clause is not None else None}"
        case Treatment.KEY:
            return "fresh keys"
        case _:
            return "left out"
