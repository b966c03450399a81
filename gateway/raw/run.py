"""One run, top to bottom: production rows in, a release candidate out.

A run moves through the states of ``records.runs.RunState``. What a state stands for lies on disk before the state is
recorded, so a killed run resumes from the last state it recorded: measurements are made once, and read back after that.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway import plugins
from gateway.policy.coverage import coverage
from gateway.policy.loading import policy_digest
from gateway.policy.model import TableTreatment
from gateway.privacy.accountant import concentrated
from gateway.privacy.budget import Budget
from gateway.privacy.calibration import rho
from gateway.raw import accepting, auditing, disclosing, handover, making
from gateway.raw.connect.reading import open_source
from gateway.raw.detect.caching import FindingCache
from gateway.raw.detect.contradictions import contradictions
from gateway.raw.detect.detecting import detect
from gateway.raw.folder import RunFolder
from gateway.raw.generate.schedule import SELECTION_DELTA
from gateway.raw.judge.acceptance_verdict import verdict
from gateway.raw.people import People, closed, rehearse
from gateway.records.log import Action
from gateway.records.releases import ReleaseState
from gateway.records.runs import RunState
from gateway.release import bundle
from gateway.release.reports import StewardReport
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError, GatewayError, PolicyError, Refused
from gateway.vocabulary.names import Person, ReleaseId, RunId, SystemName, TableName, UnitName
from gateway.vocabulary.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic import SecretStr

    from gateway.policy.model import Policy
    from gateway.raw.connect.source import Snapshot
    from gateway.raw.detect.findings import Finding
    from gateway.raw.generate.generator import Generator, Measurements
    from gateway.raw.judge.acceptance_verdict import Acceptance
    from gateway.records.database import Records, Step
    from gateway.release.certificate import Certificate
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.settings import RawSettings

logger = logging.getLogger(__name__)

ORDER = (
    RunState.CREATED,
    RunState.RESERVED,
    RunState.MEASURED,
    RunState.SAMPLED,
    RunState.JUDGED,
    RunState.HANDED_OVER,
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a finished run left behind."""

    run: RunId
    release: ReleaseId
    report: StewardReport
    certificate: Certificate
    findings: tuple[Finding, ...]
    """What detection said of the columns that were released, for the worker's own eyes."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What was read, under one snapshot."""

    findings: tuple[Finding, ...]
    plan: making.Plan
    people: People


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run and what it works with."""

    run: RunId
    policy: Policy
    records: Records
    settings: RawSettings
    url: SecretStr
    progress: Callable[[str, float], None]

    @property
    def folder(self) -> RunFolder:
        """Where this run keeps what it needs to resume."""
        return RunFolder(self.settings.runs / self.run)

    @property
    def budget(self) -> Budget:
        """What this run may spend."""
        return Budget(self.policy.budget.epsilon, self.policy.budget.delta)

    @property
    def generator(self) -> Generator:
        """The generator the policy names."""
        plugin: Generator = plugins.load("gateway.raw.generate.generators", self.policy.generate.generator)
        return plugin

    def reached(self, state: RunState) -> bool:
        """Whether the run has been recorded in ``state`` or beyond."""
        return ORDER.index(self.records.runs.get(self.run).state) >= ORDER.index(state)

    @contextmanager
    def step(self, action: Action, state: RunState | None = None, **details: str | float) -> Iterator[Step]:
        """Write one step: its log line, the run's next state and whatever else, in one transaction."""
        person = Person(self.settings.person)
        with self.records.step(actor=person, action=action, subject=self.run, details=details) as step:
            if state is not None:
                step.runs.advance(self.run, state)
            yield step


def run(
    policy: Policy,
    *,
    records: Records,
    settings: RawSettings,
    url: SecretStr,
    progress: Callable[[str, float], None],
    resume: RunId | None = None,
) -> Outcome:
    """Carry out ``policy`` once, or take up the run ``resume`` where it was left.

    Raises ``PolicyError`` when the policy does not cover the source or a finding contradicts it, any other
    ``ConfigurationError`` when a declaration does not fit it, and ``Refused`` when the ledger would be overspent or the
    source's role can write: before anything is reserved, the run has then failed for good, and says that nothing was
    spent. Any other error leaves it resumable, and says so. A candidate whose checks failed is handed over too,
    blocked.
    """
    job = Job(
        run=resume or RunId(secrets.token_hex(6)),
        policy=policy,
        records=records,
        settings=settings,
        url=url,
        progress=progress,
    )
    if resume is not None:
        # before its name becomes a path: only names that a run was given are on record
        records.runs.get(resume)
    with job.folder.locked():
        _begin(job, resumed=resume is not None)
        try:
            return _work(job)
        except GatewayError as error:
            _note(job, error)
            raise


def _note(job: Job, error: GatewayError) -> None:
    """Say how to go on: anew where it is declarations that were refused and nothing was spent, else where it stood."""
    spent = job.reached(RunState.RESERVED)
    if isinstance(error, ConfigurationError | Refused) and not spent:
        with job.step(Action.RUN_FAILED) as step:
            step.runs.fail(job.run, reason=type(error).__name__)
        error.add_note("Nothing was spent. Mend what is said above and start anew: gateway run POLICY")
        return
    so_far = "Nothing is lost." if spent else "Nothing was spent yet."
    error.add_note(f"{so_far} Resume with: gateway run POLICY --resume {job.run}")


def _work(job: Job) -> Outcome:
    with _read(job) as rows:
        measurements = _measure(job, rows)
        tables = _sample(job, rows, measurements)
        acceptance = _accept(job, rows, measurements, tables)
        report = _judge(job, rows, measurements, tables, acceptance)
    return _hand_over(job, rows, measurements, tables, report, acceptance=acceptance)


def _begin(job: Job, *, resumed: bool) -> None:
    digest = policy_digest(job.policy)
    if not resumed:
        with job.step(Action.RUN_CREATED, policy=job.policy.name, policy_digest=digest) as step:
            step.runs.create(
                job.run,
                policy=job.policy.name,
                policy_digest=digest,
                source=SystemName(job.policy.source.name),
                unit=UnitName(job.policy.unit.name),
                requester=Person(job.settings.person),
            )
        return
    known = job.records.runs.get(job.run)
    if known.state is RunState.FAILED:
        raise Refused(f"run {job.run} has failed and stays so; start a new one")
    if known.policy_digest != digest:
        raise ConfigurationError(
            f"run {job.run} was started with another version of this policy: resume it with that one, or start anew"
        )
    _nothing_is_missing(job)
    with job.step(Action.RUN_RESUMED, reached=known.state.value):
        pass


def _nothing_is_missing(job: Job) -> None:
    """Refuse to go on without what can be made only once: measurements, what was tested, and whom they left out.

    Measured again, noise would average out and no ledger would know; held out anew, the control would be people the
    generator has seen.
    """
    held_out, measured = job.folder.control.exists(), job.folder.measurements.exists()
    if job.reached(RunState.HANDED_OVER) and not held_out:
        job.folder.tidy()
        raise Refused(f"run {job.run} is done, and its release handed over; start a new run for another one")
    if (job.reached(RunState.MEASURED) and not measured) or (measured and not held_out):
        raise ArtefactFailed(
            f"run {job.run} has measured, and its folder lacks the measurements or the choice of the control set; "
            "neither can be made again. Resume where the folder is, restore it from a backup, or start a new run"
        )
    if measured:
        accepting.left(job.folder.measurements)
    if job.reached(RunState.SAMPLED) and not job.folder.acceptance.exists():
        raise ArtefactFailed(
            f"run {job.run} has made its acceptance test, and its folder lacks the answer; it cannot be asked again. "
            "Resume where the folder is, restore it from a backup, or start a new run"
        )


@contextmanager
def _read(job: Job) -> Iterator[Rows]:
    """Open one snapshot, stop if the policy does not fit what is there, reserve the budget, and only then read."""
    job.progress("connecting", 0.0)
    with ExitStack() as opened:
        source = opened.enter_context(closing(open_source(job.url, job.policy.source.schema_name)))
        source.refuse_writers()
        snapshot = closed(job.policy, opened.enter_context(source.snapshot()))
        findings = _fits(job, snapshot)
        plan = making.plan(job.policy, snapshot, generator=job.generator, progress=job.progress)
        if not job.reached(RunState.RESERVED):
            auditing.demand(plan, job.settings.audits, run=job.folder)
            making.rehearse(plan)
            accepting.rehearse(plan)
            rehearse(plan, snapshot)
            _reserve(job)
        people = People.of(plan, snapshot, secret=job.folder.control_secret(), progress=job.progress)
        if people.are_read:
            opened.close()
        yield Rows(findings=findings, plan=plan, people=people)


def _fits(job: Job, snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return what detection finds; ``PolicyError`` with every column uncovered and every finding contradicted."""
    chosen = [TableName(n) for n, t in job.policy.tables.items() if t.treatment is not TableTreatment.DROP]
    kept = FindingCache.open(job.settings.scans)
    countries = frozenset(job.policy.source.countries)
    findings = detect(snapshot, tables=chosen, progress=job.progress, cache=kept, countries=countries, strict=True)
    if problems := [*coverage(job.policy, snapshot.schema), *contradictions(findings, job.policy)]:
        raise PolicyError(job.policy.name, problems)
    return findings


def _reserve(job: Job) -> None:
    spending = {"epsilon": job.budget.epsilon, "delta": job.budget.delta}
    with job.step(Action.BUDGET_RESERVED, RunState.RESERVED, **spending) as step:
        step.ledger.reserve(
            job.run,
            unit=UnitName(job.policy.unit.name),
            source=SystemName(job.policy.source.name),
            budget=job.budget,
            rho=rho(job.budget),
            delta_selection=SELECTION_DELTA * job.budget.delta,
            lifetime_epsilon=job.policy.budget.lifetime_epsilon,
        )


def _measure(job: Job, rows: Rows) -> Measurements:
    """Spend the budget, once: what was measured lies on disk before the ledger and the state say so."""
    folder = job.folder.measurements
    if not folder.exists():
        measured = rows.people.measure(job.progress)
        with job.folder.written(folder) as partial:
            partial.mkdir()
            measured.save(partial)
            accepting.keep(rows.plan, partial)
    measurements = making.load(rows.plan, folder)
    if not job.reached(RunState.MEASURED):
        # the acceptance test is on record before it is made: what it costs is fixed
        tested = [accepting.left(folder).event]
        certificate = handover.certify(job.policy, measurements, tested=tested)
        with job.step(Action.MEASURED, RunState.MEASURED, epsilon=certificate.epsilon) as step:
            step.ledger.commit(
                job.run,
                epsilon=certificate.epsilon,
                delta=certificate.delta,
                rho=concentrated([*measurements.events, *tested]),
                events=list(certificate.events),
            )
    return measurements


def _sample(job: Job, rows: Rows, measurements: Measurements) -> tuple[SyntheticTable, ...]:
    """Fit, sample the noisy number of units there are with all they own, and put invented names and keys beside."""
    if not job.folder.synthetic.exists():
        with job.folder.written(job.folder.synthetic) as partial:
            partial.mkdir()
            making.draw(rows.plan, measurements, partial, job.progress)
    try:
        return making.drawn(rows.plan, job.folder.synthetic)
    except ValueError:
        raise Refused(f"the source has changed its columns since run {job.run} began; start a new run") from None


def _accept(job: Job, rows: Rows, measurements: Measurements, tables: Sequence[SyntheticTable]) -> Acceptance:
    """Ask, once, how far the tables are from the people: the answer lies on disk before the state says so."""
    file, made = job.folder.acceptance, job.folder.synthetic
    if not file.exists():
        left = accepting.left(job.folder.measurements)
        found = accepting.examine(
            rows.plan, rows.people.training, measurements, tables, kept=left, progress=job.progress
        )
        with job.folder.written(file) as partial:
            accepting.save(found, partial, tables=made)
    answers = accepting.load(file, tables=made)
    if not job.reached(RunState.SAMPLED):
        with job.step(Action.SAMPLED, RunState.SAMPLED):
            pass
    return verdict(answers, needed=job.policy.criteria.acceptance)


def _judge(
    job: Job, rows: Rows, measurements: Measurements, tables: Sequence[SyntheticTable], acceptance: Acceptance
) -> StewardReport:
    if not job.folder.report.exists():
        kept = making.shares_kept(tables, job.folder.synthetic)
        judgement = rows.people.judge(tables, job.progress, measured=measurements, kept=kept)
        judgement = replace(judgement, checks=(*judgement.checks, acceptance.check))
        found = handover.report(judgement, policy=job.policy, findings=rows.findings)
        found = auditing.checked(found, job.policy, run=job.folder)
        with job.folder.written(job.folder.report) as partial:
            partial.write_text(found.model_dump_json(), encoding="utf-8")
    report = StewardReport.model_validate_json(job.folder.report.read_text(encoding="utf-8"))
    if not job.reached(RunState.JUDGED):
        # a veto is one recorded bit; the figures stay in the steward's report
        with job.step(Action.JUDGED, RunState.JUDGED, passed=report.passed):
            pass
    return report


def _hand_over(
    job: Job,
    rows: Rows,
    measurements: Measurements,
    tables: Sequence[SyntheticTable],
    report: StewardReport,
    *,
    acceptance: Acceptance,
) -> Outcome:
    # the run's own time, so that a resumed run writes the same bundle again
    created = job.records.runs.get(job.run).created
    tested = [accepting.left(job.folder.measurements).event]
    certificate = handover.certify(job.policy, measurements, tested=tested, schema=Schema(tables=rows.plan.published))
    job.progress("describing", 0.0)
    candidate = handover.hand_over(
        job.policy,
        run=job.run,
        created=created,
        tables=tables,
        certificate=certificate,
        report=report,
        public=disclosing.public_report(
            rows.plan, measurements, tables, acceptance=handover.acceptance_report(acceptance)
        ),
    )
    release = bundle.write(replace(candidate, audit=auditing.left(job.folder)), job.settings.releases)
    if not job.reached(RunState.HANDED_OVER):
        expires = dt.datetime.fromisoformat(created) + dt.timedelta(days=job.policy.expires_after_days)
        with job.step(Action.HANDED_OVER, RunState.HANDED_OVER, release=release) as step:
            step.releases.add(
                release,
                run=job.run,
                policy=job.policy.name,
                requester=Person(job.settings.person),
                state=ReleaseState.PENDING if report.passed else ReleaseState.BLOCKED,
                approvals_needed=job.policy.approvals.needed,
                approval_valid_days=job.policy.approvals.valid_days,
                expires=expires.date().isoformat(),
                target=job.policy.target.name,
            )
    job.folder.tidy()
    return Outcome(run=job.run, release=release, report=report, certificate=certificate, findings=rows.findings)
