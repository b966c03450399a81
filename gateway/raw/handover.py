"""Stage 5, the one door: results of the raw side in, a release candidate out. Nothing else crosses the border."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import gateway
from gateway.privacy.accountant import epsilon
from gateway.privacy.budget import Budget
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import AttackReport, Check, Comparison, Outcome, StewardReport
from gateway.vocabulary.digest import canonical_json, sha256, sha256_file
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.policy.model import Policy
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.judge import attack, verdict
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import RunId


def certify(policy: Policy, measurements: Measurements) -> Certificate:
    """State what was spent, recomputed from the events; ``CheckFailed`` if that is more than the policy allows."""
    return certify_spending(
        measurements,
        budget=Budget(policy.budget.epsilon, policy.budget.delta),
        unit=policy.unit.name,
        meaning=policy.unit.meaning,
        source=policy.source.name,
        generator=policy.generate.generator,
        seed=policy.generate.seed,
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
) -> Certificate:
    """State what was spent, recomputed from the events; ``CheckFailed`` if that is more than ``budget``."""
    spent = epsilon(measurements.events, budget.delta)
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
        events=tuple(event.to_json() for event in measurements.events),
        generator=generator,
        notes=measurements.notes,
        sampling_seed=seed,
        code_digest=code_digest(),
    )


def report(judgement: verdict.Judgement) -> StewardReport:
    """Turn the judge's findings into figures: rounded, closed, and for the steward alone."""
    return StewardReport(
        checks=tuple(
            Check(
                name=check.name,
                question=check.question,
                comparison=Comparison(check.comparison),
                needed=Rate.of(check.needed),
                got=None if check.got is None else Rate.of(check.got),
                outcome=Outcome(check.outcome),
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
        blinding=secrets.token_hex(32),
    )


def hand_over(
    policy: Policy,
    *,
    run: RunId,
    created: str,
    tables: Sequence[SyntheticTable],
    certificate: Certificate,
    report: StewardReport,
) -> ReleaseCandidate:
    """Build the candidate from values that each passed the border's own types. ``created`` is UTC, ISO 8601."""
    return ReleaseCandidate(
        run=run,
        policy=policy,
        tables=tuple(tables),
        certificate=certificate,
        report=report,
        created=created,
    )


def code_digest() -> str:
    """Return the SHA-256 over the path and digest of each of the gateway's own source files, in order of path."""
    home = Path(gateway.__file__).parent
    files = {str(path.relative_to(home)): sha256_file(path) for path in sorted(home.rglob("*.py"))}
    return sha256(canonical_json(files))


def _interval(value: attack.Interval) -> Interval:
    return Interval(rate=Rate.of(value.value), low=Rate.of(value.low), high=Rate.of(value.high))
