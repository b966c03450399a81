"""`gateway synthesize` between the command line and the raw side: what is asked for, and what is said at the end."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from gateway.cli.printing import Format, as_json, err, out, progress
from gateway.policy.loading import locate
from gateway.policy.one_table import DomainFile, load_domain
from gateway.privacy.budget import Budget
from gateway.privacy.odds import worst_posterior
from gateway.raw.delivering import Wanted
from gateway.raw.detect.domain_draft import draft_domain
from gateway.raw.planning import Spending
from gateway.raw.synthesize import sample_again, synthesize
from gateway.records.database import Records
from gateway.settings import RawSettings
from gateway.vocabulary.errors import ConfigurationError, PolicyError

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.raw.synthesize import Outcome

__all__ = ["Wanted", "again", "anew", "draft", "show", "spending"]

LARGEST_EPSILON = 10.0
LARGEST_DELTA = 1e-3
CERTAIN = 99
"""From so many per cent on the digits behind the point matter."""


def draft(table: Path, domain: Path | None, to: Path) -> None:
    """Write a draft of the domain file of ``table``; how the file is written may be declared in ``domain`` already."""
    if to.exists():
        raise ConfigurationError(f"{to} exists and is not overwritten; move it away, or name another file")
    declared = load_domain(domain) if domain else DomainFile()
    with progress() as report:
        text = draft_domain(table, declared, progress=report)
    to.write_text(text, encoding="utf-8")
    err.print(
        f"A draft is in {to}. Its kinds were guessed from the rows: read it, correct it, and declare what is public. "
        f"Then: gateway synthesize {table} --domain {to} --epsilon 1 --delta 1e-6 -o OUT.csv",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


def spending(
    table: Path,
    domain: Path | None,
    *,
    epsilon: float | None,
    delta: float | None,
    generator: str,
    lifetime_epsilon: float,
) -> Spending:
    """Return what is to be measured; ``ConfigurationError`` for figures that are no budget."""
    if epsilon is None or delta is None:
        raise ConfigurationError("say what may be spent: --epsilon, such as 1, and --delta, such as 1e-6")
    if not (0 < epsilon <= LARGEST_EPSILON and 0 < lifetime_epsilon <= LARGEST_EPSILON and 0 < delta < LARGEST_DELTA):
        raise ConfigurationError(
            f"--epsilon and --lifetime-epsilon are above 0 and at most {LARGEST_EPSILON:g}, --delta above 0 and below "
            f"{LARGEST_DELTA:g}"
        )
    return Spending(
        table=table,
        domain=load_domain(domain) if domain else DomainFile(),
        budget=Budget(epsilon, delta),
        generator=generator,
        lifetime_epsilon=lifetime_epsilon,
    )


def anew(work: Spending, wanted: Wanted, *, domain: Path | None, resume: bool) -> Outcome:
    """Carry out ``work``, or take it up; problems of the file ``domain`` are told with their lines."""
    settings = RawSettings()
    with closing(Records.open(settings.records_url)) as records, progress() as report:
        try:
            return synthesize(work, wanted, records=records, settings=settings, progress=report, resume=resume)
        except PolicyError as error:
            if domain is None:
                raise
            raise PolicyError(str(domain), locate(domain, error.problems)) from None


def again(folder: Path, wanted: Wanted) -> Outcome:
    """Make other rows of a model that is there."""
    with progress() as report:
        return sample_again(folder, wanted, progress=report)


def show(outcome: Outcome, *, style: Format) -> None:
    """Print what was made, what it cost and what that means."""
    certificate = outcome.certificate
    if style is Format.JSON:
        as_json(_found(outcome))
        return
    sure = 100 * worst_posterior(certificate.epsilon)
    _line(f"{outcome.rows:,} synthetic rows of {len(outcome.columns)} columns.")
    _line(f"  protects   {certificate.meaning}")
    _line(f"  guarantee  epsilon {certificate.epsilon:.3f}, delta {certificate.delta:g}: who was 50 % sure that "
          f"somebody is in the file can become {sure:.{0 if sure < CERTAIN else 3}f} % sure, no more")  # fmt: skip
    _line(f"  spent      {_account(outcome)}")
    for note in certificate.notes:
        _line(f"  note       {note}")
    for reason in dict.fromkeys(outcome.left_out.values()):
        names = [name for name, why in outcome.left_out.items() if why == reason]
        _line(f"  left out   {', '.join(names)}: {reason}")
    for file in outcome.files:
        _line(f"  written    {file}")
    if any("is not declared" in reason or "is text without" in reason for reason in outcome.left_out.values()):
        err.print("Columns are left out until a domain file declares them: --domain, or --draft-domain for a draft.")


def _account(outcome: Outcome) -> str:
    source = outcome.certificate.source
    if not outcome.measured_now:
        return "nothing now: the rows come from what was measured before"
    if outcome.spent_before > 0:
        return (
            f"epsilon {outcome.certificate.epsilon:.3f} MORE on {source}: {outcome.spent_before:.3f} was spent before, "
            f"{outcome.spent:.3f} in all now"
        )
    return f"epsilon {outcome.spent:.3f} in all on {source}"


def _line(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _found(outcome: Outcome) -> dict[str, Any]:
    return {
        "run": outcome.run,
        "rows": outcome.rows,
        "columns": list(outcome.columns),
        "left_out": outcome.left_out,
        "epsilon": round(outcome.certificate.epsilon, 4),
        "delta": outcome.certificate.delta,
        "spent_before": round(outcome.spent_before, 4),
        "spent": round(outcome.spent, 4),
        "measured_now": outcome.measured_now,
        "notes": list(outcome.certificate.notes),
        "files": [str(file) for file in outcome.files],
    }
