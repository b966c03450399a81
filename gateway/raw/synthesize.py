"""One file in, synthetic rows out, for people who only have a file: measure once under a budget, fit, sample, certify.

It is ``run`` without a database, a control group, attacks or stewards; what spends, is counted and is certified is the
same code. What it measured is kept beside the output in ``OUT.gateway``, so that the same command takes up a run that
was killed, and never measures twice. A ``RunState`` past ``SAMPLED`` does not come: there is nothing to hand over.
"""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway import plugins
from gateway.policy.one_table import domain_digest
from gateway.privacy.accountant import concentrated
from gateway.privacy.calibration import rho
from gateway.privacy.filter import Reservation, total
from gateway.raw.delivering import certificate_of, deliver, folder_of, refuse_output
from gateway.raw.folder import RunFolder
from gateway.raw.generate.asking import asked
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.generate.schedule import SELECTION_DELTA
from gateway.raw.handover import certify_spending
from gateway.raw.planning import plan
from gateway.records.ledger import Kind
from gateway.records.log import Action
from gateway.records.runs import RunState
from gateway.release.certificate import Certificate
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed, GatewayError, Refused
from gateway.vocabulary.names import Person, RunId, SystemName, UnitName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.raw.delivering import Wanted
    from gateway.raw.generate.generator import Fitted, Generator, Measurements
    from gateway.raw.planning import Plan, Spending
    from gateway.records.database import Records, Step
    from gateway.settings import RawSettings

GENERATORS = "gateway.raw.generate.generators"
ORDER = (RunState.CREATED, RunState.RESERVED, RunState.MEASURED, RunState.SAMPLED)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was made and what it cost."""

    run: RunId
    rows: int
    columns: tuple[str, ...]
    left_out: dict[str, str]
    """Columns that were not learned, and why."""
    certificate: Certificate
    spent_before: float
    """Epsilon that earlier runs on these data had reserved; with this one it is ``spent``."""
    spent: float
    measured_now: bool
    """Whether this command measured; a run that is taken up after that spends nothing more."""
    files: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run and what it works with."""

    run: RunId
    spending: Spending
    plan: Plan
    generator: Generator
    folder: RunFolder
    records: Records
    settings: RawSettings
    progress: Callable[[str, float], None]

    @property
    def source(self) -> SystemName:
        """The data's name in the ledger: declared, or the file's own. Never made from what is in it."""
        named = self.spending.domain.source or self.spending.table.name
        return SystemName(named.encode(errors="replace").decode())

    @property
    def unit(self) -> UnitName:
        """The unit of protection."""
        return UnitName(self.spending.domain.unit.name if self.spending.domain.unit else "row")

    @property
    def task(self) -> Task:
        """What to learn under which budget."""
        return Task(domains=self.plan.clauses, budget=self.spending.budget, knowledge=self.plan.knowledge)

    @property
    def known(self) -> bool:
        """Whether the run is on record."""
        return any(run.run == self.run for run in self.records.runs.list())

    @property
    def state(self) -> RunState:
        """How far the run has come on record."""
        return self.records.runs.get(self.run).state

    def reached(self, state: RunState) -> bool:
        """Whether the run has been recorded in ``state`` or beyond."""
        return ORDER.index(self.state) >= ORDER.index(state)

    @contextmanager
    def step(self, action: Action, state: RunState | None = None, **details: str | float) -> Iterator[Step]:
        """Write one step: its log line, the run's next state and whatever else, in one transaction."""
        person = Person(self.settings.person)
        with self.records.step(actor=person, action=action, subject=self.run, details=details) as step:
            if state is not None:
                step.runs.advance(self.run, state)
            yield step


def synthesize(
    spending: Spending,
    wanted: Wanted,
    *,
    records: Records,
    settings: RawSettings,
    progress: Callable[[str, float], None],
    resume: bool = False,
) -> Outcome:
    """Make ``wanted.out`` of ``spending.table``, or take up the run that was to make it; see the module.

    Whatever can be wrong without looking at rows is told before anything is reserved. With ``resume``, ``Refused``
    when there is no run to take up. An output that exists is never overwritten.
    """
    refuse_output(wanted.out)
    what = plan(spending)
    asked(wanted.where, wanted.shares, what.table.arrow_schema())
    generator = _generator(spending.generator)
    folder = RunFolder(folder_of(wanted.out))
    begun = folder.path / "run.json"
    if resume and not begun.exists():
        raise Refused(f"there is no run to resume: {begun} is not there; leave --resume out to start one")
    if not begun.exists() and certificate_of(wanted.out).exists():
        raise Refused(f"{certificate_of(wanted.out)} is there already and of another run; move it away")
    with folder.locked():
        job = Job(
            run=_run_of(folder, spending),
            spending=spending,
            plan=what,
            generator=generator,
            folder=folder,
            records=records,
            settings=settings,
            progress=progress,
        )
        try:
            return _work(job, wanted)
        except GatewayError as error:
            _note(job, error)
            raise
        except KeyboardInterrupt as error:
            error.add_note("Nothing is lost. The same command takes up what had begun; it never measures twice.")
            raise


def sample_again(folder: Path, wanted: Wanted, *, progress: Callable[[str, float], None]) -> Outcome:
    """Make other rows of the model in ``folder``, an ``OUT.gateway``: nothing is read of the data, nothing is spent."""
    refuse_output(wanted.out)
    try:
        kept = Certificate.model_validate_json((folder / "certificate.json").read_bytes())
    except (OSError, ValueError):
        raise ArtefactFailed(f"{folder} holds no finished model; run the command that measured again first") from None
    generator = _generator(kept.generator)
    progress("reading the model", 0.0)
    fitted = generator.load_model(folder / "model")
    count = generator.load(folder / "measurements").rows if wanted.rows is None else wanted.rows
    certificate = kept.model_copy(update={"sampling_seed": wanted.seed})
    with RunFolder(folder).locked():
        files = deliver(
            RunFolder(folder), wanted=wanted, fitted=fitted, count=count, certificate=certificate, progress=progress
        )
    run = RunId(json.loads((folder / "run.json").read_text())["run"])
    return Outcome(run=run, rows=count, columns=tuple(fitted.schema.names), left_out={}, certificate=certificate,
                   spent_before=0.0, spent=0.0, measured_now=False, files=(*files, folder))  # fmt: skip


def _generator(name: str) -> Generator:
    plugin: Generator = plugins.load(GENERATORS, name)
    return plugin


def _run_of(folder: RunFolder, spending: Spending) -> RunId:
    """Return the name of the run in ``folder``, a new one if there is none; ``Refused`` if it is another one's."""
    begun = folder.path / "run.json"
    asked_for = sha256(canonical_json({
        "table": spending.table.name, "domain": domain_digest(spending.domain), "generator": spending.generator,
        "epsilon": spending.budget.epsilon, "delta": spending.budget.delta,
    }))  # fmt: skip
    if not begun.exists():
        run = RunId(secrets.token_hex(6))
        with folder.written(begun) as partial:
            partial.write_text(json.dumps({"run": run, "asked": asked_for}), encoding="utf-8")
        return run
    try:
        known = json.loads(begun.read_text(encoding="utf-8"))
        run, before = RunId(str(known["run"])), known["asked"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ArtefactFailed(f"{begun} is damaged; restore it, or name another output to start a new run") from None
    if before != asked_for:
        raise Refused(
            f"{folder.path} belongs to another run: another file name, domain, budget or generator. Measuring anew "
            "spends anew: name another output with -o"
        )
    return run


def _note(job: Job, error: GatewayError) -> None:
    """Say how to go on; a run that was refused before it reserved anything is over, and leaves no trace beside OUT."""
    if not job.known or not job.reached(RunState.RESERVED):
        if job.known:
            with job.step(Action.RUN_FAILED) as step:
                step.runs.fail(job.run, reason=type(error).__name__)
        # with other records at hand a run may seem unknown that has measured: what it spent must stay known
        if not job.folder.measurements.exists():
            (job.folder.path / "run.json").unlink(missing_ok=True)
    else:
        error.add_note("Nothing is lost. The same command takes up what had begun; it never measures twice.")


def _work(job: Job, wanted: Wanted) -> Outcome:
    before = _begin(job)
    measured_now = not job.folder.measurements.exists()
    measurements = _measure(job)
    certificate = _certify(job, measurements, seed=wanted.seed)
    fitted = _fit(job, measurements)
    count = measurements.rows if wanted.rows is None else wanted.rows
    files = deliver(
        job.folder, wanted=wanted, fitted=fitted, count=count, certificate=certificate, progress=job.progress
    )
    if not job.reached(RunState.SAMPLED):
        with job.step(Action.SAMPLED, RunState.SAMPLED, rows=count):
            pass
    return Outcome(
        run=job.run,
        rows=count,
        columns=tuple(str(name) for name in job.plan.clauses),
        left_out=job.plan.left_out,
        certificate=certificate,
        spent_before=before,
        spent=job.records.ledger.spent(job.unit, job.source).epsilon,
        measured_now=measured_now,
        files=(*files, job.folder.path),
    )


def _begin(job: Job) -> float:
    """Put the run on record and reserve its budget, unless that was done; return what was reserved before it."""
    entries = job.records.ledger.entries(job.unit, job.source)
    others = [
        Reservation(epsilon=entry.epsilon, delta=entry.delta, rho=entry.rho, delta_selection=entry.delta_selection)
        for entry in entries
        if entry.kind is Kind.RESERVED and entry.run != job.run
    ]
    if not job.known:
        if job.folder.measurements.exists():
            raise Refused(
                f"run {job.run} has measured and is not in these records; use the records it was begun with "
                "(GATEWAY_WORKER_RECORDS_URL, or the folder the command was given in)"
            )
        digest = domain_digest(job.spending.domain)
        with job.step(Action.RUN_CREATED, policy="synthesize", policy_digest=digest) as step:
            step.runs.create(job.run, policy="synthesize", policy_digest=digest, source=job.source, unit=job.unit,
                             requester=Person(job.settings.person))  # fmt: skip
    else:
        with job.step(Action.RUN_RESUMED, reached=job.state.value):
            pass
    if job.state is RunState.FAILED:
        raise Refused(f"run {job.run} has failed and stays so; name another output to start a new one")
    if not job.reached(RunState.RESERVED):
        # whatever the generator will not take of the declarations, it refuses of a table without rows too
        job.generator.measure(MemoryCounter(job.plan.table, []), job.task, job.progress)
        budget = job.spending.budget
        with job.step(Action.BUDGET_RESERVED, RunState.RESERVED, epsilon=budget.epsilon, delta=budget.delta) as step:
            step.ledger.reserve(job.run, unit=job.unit, source=job.source, budget=budget, rho=rho(budget),
                                delta_selection=SELECTION_DELTA * budget.delta,
                                lifetime_epsilon=job.spending.lifetime_epsilon)  # fmt: skip
    return total(others).epsilon


def _measure(job: Job) -> Measurements:
    """Spend the budget, once: what was measured lies on disk before anything is made of it."""
    if not job.folder.measurements.exists():
        if job.reached(RunState.MEASURED):
            raise ArtefactFailed(
                f"run {job.run} has measured, and {job.folder.measurements} is gone; it cannot be measured again. "
                "Restore the folder from a backup, or name another output to start a new run"
            )
        job.progress("reading", 0.0)
        names = list(dict.fromkeys([*job.plan.clauses, *job.plan.key]))
        batches = job.plan.file.batches(job.plan.file.table.name, names)
        counter = MemoryCounter(job.plan.table, batches, unit=job.plan.key)
        measured = job.generator.measure(counter, job.task, job.progress)
        with job.folder.written(job.folder.measurements) as partial:
            partial.mkdir()
            measured.save(partial)
    return job.generator.load(job.folder.measurements)


def _certify(job: Job, measurements: Measurements, *, seed: int) -> Certificate:
    """State what was spent, and commit it to the ledger unless that was done."""
    unit = job.spending.domain.unit
    certificate = certify_spending(
        measurements,
        budget=job.spending.budget,
        unit=job.unit,
        meaning=unit.meaning if unit else "one row of the file",
        source=job.source,
        generator=job.spending.generator,
        seed=seed,
    )
    if not job.reached(RunState.MEASURED):
        with job.step(Action.MEASURED, RunState.MEASURED, epsilon=certificate.epsilon) as step:
            step.ledger.commit(job.run, epsilon=certificate.epsilon, delta=certificate.delta,
                               rho=concentrated(measurements.events), events=list(certificate.events))  # fmt: skip
    kept = job.folder.path / "certificate.json"
    if not kept.exists():
        with job.folder.written(kept) as partial:
            partial.write_text(certificate.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return certificate


def _fit(job: Job, measurements: Measurements) -> Fitted:
    """Return the model as it was saved, so that later rows come from the very same one."""
    model = job.folder.path / "model"
    if not model.exists():
        fitted = job.generator.fit(measurements, job.progress)
        with job.folder.written(model) as partial:
            partial.mkdir()
            fitted.save(partial)
    return job.generator.load_model(model)
