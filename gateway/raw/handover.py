"""Stage 5, the one door: results of the raw side in, a release candidate out. Nothing else crosses the border."""

from __future__ import annotations

import contextlib
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import gateway
from gateway.policy.criteria import STAY
from gateway.policy.model import TableTreatment
from gateway.privacy.accountant import epsilon
from gateway.privacy.budget import Budget
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    NAME,
    AcceptanceReport,
    AttackReport,
    Check,
    ColumnReport,
    Comparison,
    MarginalReport,
    MeasureReport,
    Opinion,
    Outcome,
    PairReport,
    StewardReport,
)
from gateway.release.synthetic_table import RowsFile, SyntheticTable
from gateway.vocabulary.digest import canonical_json, sha256, sha256_file
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from gateway.policy.model import ColumnClause, Policy
    from gateway.privacy.events import Event
    from gateway.raw.detect.findings import Finding
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.judge import attack, verdict
    from gateway.raw.judge.acceptance_verdict import Acceptance, Estimate
    from gateway.raw.judge.marginals import Marginal, Pair
    from gateway.raw.judge.measure import MeasureResult
    from gateway.release.reports import PublicReport
    from gateway.vocabulary.names import RunId, TableName
    from gateway.vocabulary.schema import Schema


def certify(
    policy: Policy, measurements: Measurements, *, tested: Sequence[Event] = (), schema: Schema | None = None
) -> Certificate:
    """State what was spent, recomputed from the events; ``CheckFailed`` if that is more than the policy allows.

    ``tested`` is what the acceptance test costs, beside the ``measurements``. Public tables and overrides are named
    with the policy's reasons, and, of the ``schema`` that is published, each CHECK that nobody can say is kept.
    """
    spending = certify_spending(
        measurements,
        budget=Budget(policy.budget.epsilon, policy.budget.delta),
        unit=policy.unit.name,
        meaning=policy.unit.meaning,
        source=policy.source.name,
        generator=policy.generate.generator,
        seed=policy.generate.seed,
        tested=tested,
    )
    return spending.model_copy(
        update={
            "public": {
                name: clause.reason or ""
                for name, clause in policy.tables.items()
                if clause.treatment is TableTreatment.REFERENCE
            },
            "overrides": policy.overrides,
            "constraints_not_kept": tuple(
                f"{table.name}: {check.name}"
                for table in (schema.tables if schema is not None else ())
                for check in table.checks
                if check.condition is None
            ),
        }
    )


def certify_spending(
    measurements: Measurements,
    *,
    budget: Budget,
    unit: str,
    meaning: str,
    source: str,
    generator: str,
    seed: int,
    tested: Sequence[Event] = (),
) -> Certificate:
    """State what was spent, recomputed from the events; ``CheckFailed`` if that is more than ``budget``."""
    events = (*measurements.events, *tested)
    spent = epsilon(events, budget.delta)
    if spent > budget.epsilon:
        raise CheckFailed(
            f"the recorded events cost epsilon {spent:.6f}, and {budget.epsilon:.6f} is allowed; "
            "nothing was handed over. This is a fault of the gateway: report it with the run's log."
        )
    return Certificate(
        unit=unit,
        meaning=meaning,
        source=source,
        epsilon=spent,
        delta=budget.delta,
        events=tuple(event.to_json() for event in events),
        generator=generator,
        notes=measurements.notes,
        sampling_seed=seed,
        code_digest=code_digest(),
    )


def report(
    judgement: verdict.Judgement, *, policy: Policy | None = None, findings: Sequence[Finding] = ()
) -> StewardReport:
    """Turn what judge and detection found into figures: rounded, closed, and for the steward alone.

    Beside each of ``findings`` stands what ``policy`` decided; a column that it does not know is left out.
    """
    return StewardReport(
        checks=tuple(
            Check(
                name=check.name,
                question=check.question,
                comparison=Comparison(check.comparison),
                needed=Rate.of(check.needed),
                got=None if check.got is None else Rate.of(check.got),
                outcome=Outcome(check.outcome),
                means=check.means,
                not_shown=check.not_shown,
                # any other reason is for the log: what crosses is this program's
                reason=check.reason if check.reason == STAY else "",
            )
            for check in judgement.checks
        ),
        attacks=tuple(
            AttackReport(
                attack=result.attack,
                targets=Count(count=result.targets),
                rate=_interval(result.rate),
                control=_interval(result.control),
                baseline=_interval(result.baseline),
                excess=_interval(result.excess),
            )
            for result in judgement.attacks
        ),
        distances={name: Rate.of(value) for name, value in judgement.distances.items()},
        columns=_columns(findings, policy) if policy is not None else (),
        measures=tuple(map(_measure, judgement.measures)),
        marginals=tuple(map(_marginal, judgement.marginals)),
        pairs=tuple(map(_pair, judgement.pairs)),
        unseen=judgement.unseen,
        blinding=secrets.token_hex(32),
    )


def _measure(result: MeasureResult) -> MeasureReport:
    return MeasureReport(
        measure=_word(result.measure),
        table=result.table,
        question=result.question,
        means=result.means,
        not_shown=result.not_shown,
        value=Rate.of(result.value),
        figures={name: Rate.of(figure) for name, figure in result.figures.items()},
    )


def _marginal(found: Marginal) -> MarginalReport:
    return MarginalReport(
        table=found.table,
        column=found.column,
        labels=found.labels,
        real=tuple(map(Rate.of, found.real)),
        synthetic=tuple(map(Rate.of, found.synthetic)),
    )


def _pair(found: Pair) -> PairReport:
    real, made = found.correlation, found.synthetic_correlation
    return PairReport(
        table=found.table,
        one=found.one,
        other=found.other,
        distance=Rate.of(found.distance),
        correlation=None if real is None else Rate.of(real),
        synthetic_correlation=None if made is None else Rate.of(made),
        measured=found.measured,
    )


def _columns(findings: Iterable[Finding], policy: Policy) -> tuple[ColumnReport, ...]:
    overrides = policy.overrides
    return tuple(
        _column(
            finding,
            policy.tables[finding.table].columns.get(finding.column),
            overrides.get(finding.table, {}).get(finding.column),
        )
        for finding in findings
        if finding.table in policy.tables
    )


def _column(finding: Finding, clause: ColumnClause | None, override: str | None) -> ColumnReport:
    """Return what crosses of ``finding``: words of the program and coarse figures. Sentences and shapes do not."""
    return ColumnReport(
        table=finding.table,
        column=finding.column,
        role=clause.role if clause else None,
        treatment=clause.treatment if clause else None,
        found=finding.role,
        entity=_word(finding.entity) if finding.entity else "",
        confidence=Rate.of(finding.confidence),
        proposed=finding.treatment,
        opinions=tuple(
            Opinion(
                recognizer=_word(piece.recognizer),
                entity=_word(piece.within or piece.entity),
                score=Rate.of(piece.score),
                share=None if piece.share is None else Rate.of(piece.share),
                within=piece.within is not None,
            )
            for piece in finding.evidence
        ),
        override=override,
    )


def _word(name: str) -> str:
    """Return ``name`` if it is a word as recognizers and entities are called; a recognizer of others may say more."""
    return name if re.fullmatch(NAME, name) else "unnamed"


def acceptance_report(found: Acceptance) -> AcceptanceReport:
    """Turn what the private acceptance test found into figures. Metered, and so fit for anybody."""
    return AcceptanceReport(
        distance=_share(found.distance),
        needed=Rate.of(found.needed),
        outcome=Outcome.PASSED if found.passed else Outcome.FAILED,
        compared=Count(count=found.compared),
        tables={name: _share(estimate) for name, estimate in found.tables.items()},
        columns={
            f"{table}.{name}": _share(estimate)
            for table, columns in found.columns.items()
            for name, estimate in columns.items()
        },
        sampling=Rate.of(min(1.0, found.sampling[found.farthest])),
        model=_share(found.model),
    )


def _share(found: Estimate) -> Interval:
    """Return an estimate as the share that it is of: noise may have put it below 0 or above 1."""
    value, low, high = (Rate.of(min(max(end, 0.0), 1.0)) for end in (found.value, found.low, found.high))
    return Interval(rate=value, low=low, high=high)


def written_tables(
    schema: Schema, blocks: Iterable[tuple[TableName, pa.Table]], folder: Path
) -> tuple[SyntheticTable, ...]:
    """Write ``blocks`` of finished rows into the empty ``folder``, a file for each table of ``schema``.

    Rows of one table come in order; blocks of several tables may be mixed. Memory holds one row group for each table
    that is being written. A table of which no block comes has no rows. ``OSError`` when the disk is full.
    """
    shapes = {table.name: table for table in schema.tables}
    paths = {name: folder / f"{number:04d}.parquet" for number, name in enumerate(shapes)}
    with contextlib.ExitStack() as open_:
        files = {name: open_.enter_context(RowsFile(path, shapes[name])) for name, path in paths.items()}
        for name, rows in blocks:
            files[name].write(rows)
    return tuple(SyntheticTable(shapes[name], path) for name, path in paths.items())


def read_tables(schema: Schema, folder: Path) -> tuple[SyntheticTable, ...]:
    """Return the tables of ``schema`` that ``written_tables`` wrote into ``folder``.

    ``ValueError`` when a table has other columns than it had, ``ArtefactFailed`` when a file cannot be read.
    """
    return tuple(SyntheticTable(table, folder / f"{number:04d}.parquet") for number, table in enumerate(schema.tables))


def hand_over(
    policy: Policy,
    *,
    run: RunId,
    created: str,
    tables: Sequence[SyntheticTable],
    certificate: Certificate,
    report: StewardReport,
    public: PublicReport | None = None,
) -> ReleaseCandidate:
    """Build the candidate from values that each passed the border's own types. ``created`` is UTC, ISO 8601."""
    return ReleaseCandidate(
        run=run,
        policy=policy,
        tables=tuple(tables),
        certificate=certificate,
        report=report,
        created=created,
        public=public,
    )


def code_digest() -> str:
    """Return the SHA-256 over the path and digest of each of the gateway's own source files, in order of path."""
    home = Path(gateway.__file__).parent
    files = {str(path.relative_to(home)): sha256_file(path) for path in sorted(home.rglob("*.py"))}
    return sha256(canonical_json(files))


def _interval(value: attack.Interval) -> Interval:
    return Interval(rate=Rate.of(value.value), low=Rate.of(value.low), high=Rate.of(value.high))
