"""The raw side's commands: `scan`, `audit`, `run`, `synthesize`. What touches production rows is imported by them."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.printing import INTERRUPTED, Format, as_json, err, out, progress, say
from gateway.policy.loading import load_policy, locate
from gateway.records.database import Records
from gateway.settings import RawSettings, resolve
from gateway.vocabulary.errors import ConfigurationError, PolicyError
from gateway.vocabulary.names import RunId


def scan(  # noqa: PLR0917 - typer takes options as arguments
    url: Annotated[
        str | None, typer.Argument(help="SQLAlchemy URL of the production database, or ${NAME}; of POLICY if absent.")
    ] = None,
    schema: Annotated[str | None, typer.Option(help="Database schema; the role's default if absent.")] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="A policy: tell what has come apart between it and its source, and draft nothing."),
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print the findings.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the policy draft goes.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Where a page of the findings goes, with their evidence and filters.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="Look for this country's numbers too: DE, FR, ... May be repeated.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Use nothing that an earlier scan found.")] = False,  # noqa: FBT002 - a flag
    table: Annotated[
        list[str] | None, typer.Option(help="Only tables of this name or pattern (lab_*). May be repeated.")
    ] = None,
    source: Annotated[str, typer.Option(help="Name of the source system in the draft.")] = "production",
    unit: Annotated[str | None, typer.Option(help="Table with a row for each unit of protection; or guessed.")] = None,
) -> None:
    """Find what identifies people, and write a policy draft in which every column has a role and a treatment.

    The draft goes to OUTPUT; without it, to `policy.draft.yaml` when the findings are printed as a table, and nowhere
    when they are printed as JSON or are of some tables only. A draft that exists is never overwritten.

    With --against POLICY nothing is drafted: what is new in the source, vanished, declared otherwise or contradicted by
    what was found is told with the policy's line, and the exit code is 1 when there is any. For scheduled jobs.

    Nothing printed or written holds a value.
    """
    # loaded here and not above, so that the desk's commands never load the raw side
    from gateway.cli import scanning  # noqa: PLC0415

    asked = scanning.Asked(
        url=url,
        schema=schema,
        tables=tuple(table or ()),
        countries=tuple(code.upper() for code in country or ()),
        fresh=fresh,
    )
    if against is None:
        draft = output or (Path("policy.draft.yaml") if style is Format.TABLE and not table else None)
        scanning.scan(asked, draft=draft, html=html, source=source, unit=unit, style=style)
        return
    if output is not None or unit is not None:
        raise ConfigurationError("with --against nothing is drafted: leave out -o and --unit, or --against")
    if scanning.against(against, asked, html=html, style=style):
        raise typer.Exit(1)


def audit(
    file: Annotated[Path | None, typer.Argument(metavar="[POLICY]", help="The policy whose claim is tried.")] = None,
    release: Annotated[
        str | None, typer.Option(help="Instead of a policy, a release or its folder: from what lies in it alone.")
    ] = None,
    games: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many games are played.")] = 48,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Side by side; two if absent.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print what came out.")] = Format.TABLE,
) -> None:
    """Play games against the claim of a policy, to see whether anybody can tell that one made-up person was there.

    Measures made-up rows exactly as a run would, in the worst cases that the schema allows, and looks at everything
    that comes out. Of the source only its catalogue is read, and tables that the policy calls public: no person's row,
    so it costs no budget. What came out is kept, and goes with the releases of exactly this configuration.

    With --release nothing but the release is needed: no source, no credentials.

    Exit code 1 when the claim is contradicted. When nothing contradicts it, that is no proof.
    """
    from gateway.cli import audits  # noqa: PLC0415 - as above

    if (file is None) == (release is None):
        raise ConfigurationError("say what to audit: a policy, or --release with a release")
    at_once = processes or min(2, os.cpu_count() or 1)
    try:
        with progress() as report:
            if file is not None:
                found, kept = audits.of_policy(file, games=games, processes=at_once, progress=report)
            else:
                found, bundled, same = audits.of_release(str(release), games=games, processes=at_once, progress=report)
    except KeyboardInterrupt:
        say("interrupted: no game had come to its end, and nothing is kept")
        raise typer.Exit(INTERRUPTED) from None
    audits.show(found, style=style)
    if file is not None:
        audits.tell_kept(found, kept)
    else:
        audits.tell_bundled(found, bundled, same_program=same)
    if found.contradicted:
        raise typer.Exit(1)
    if found.games.count < games:
        say(f"interrupted: {found.games.count:,} of {games:,} games were played, and what they show stands above")
        raise typer.Exit(INTERRUPTED)


def run(
    file: Annotated[Path, typer.Argument(help="The policy to carry out.")],
    resume: Annotated[str | None, typer.Option(help="The run to take up where it was left.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print the outcome.")] = Format.TABLE,
) -> None:
    """Carry out a policy: read, measure under the budget, generate, attack, and hand a candidate to the stewards.

    Exit code 1 when a check failed: the candidate is then blocked, and its budget stays spent.
    """
    from gateway.raw.run import run as carry_out  # noqa: PLC0415 - as above

    policy = load_policy(file)
    settings = RawSettings()
    with closing(Records.open(settings.records_url)) as records, progress() as report:
        try:
            outcome = carry_out(
                policy,
                records=records,
                settings=settings,
                url=resolve(policy.source.url),
                progress=report,
                resume=RunId(resume) if resume else None,
            )
        except PolicyError as error:
            located = PolicyError(str(file), locate(file, error.problems))
            for note in getattr(error, "__notes__", ()):
                located.add_note(note)
            raise located from None
    found: dict[str, Any] = {
        "run": outcome.run,
        "release": outcome.release,
        "passed": outcome.report.passed,
        "epsilon": round(outcome.certificate.epsilon, 4),
        "delta": outcome.certificate.delta,
        "found": dict(Counter(finding.role.value for finding in outcome.findings)),
        "checks": {check.name: check.outcome.value for check in outcome.report.checks},
    }
    if style is Format.JSON:
        as_json(found)
    else:
        out.print(f"Run {outcome.run} is done: release candidate {outcome.release[:12]}.", highlight=False)
        columns = ", ".join(f"{count} {role}" for role, count in found["found"].items())
        out.print(f"  columns found: {columns}", highlight=False)
        for name, result in found["checks"].items():
            out.print(f"  {'✓' if result == 'passed' else '✗'} {name}: {result.replace('_', ' ')}", highlight=False)
        err.print(f"Next: gateway releases show {outcome.release[:12]}", highlight=False)
    if not outcome.report.passed:
        raise typer.Exit(1)


def synthesize(  # noqa: PLR0917 - typer takes options so
    table: Annotated[Path, typer.Argument(help="A CSV or Parquet file; or an OUT.gateway, whose model is used again.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where the rows go: .csv or .parquet.")] = None,
    epsilon: Annotated[float | None, typer.Option(help="The privacy budget; 1 is a common choice.")] = None,
    delta: Annotated[float | None, typer.Option(help="Below one in the number of rows: 1e-6.")] = None,
    domain: Annotated[Path | None, typer.Option(help="What is public about the file.")] = None,
    generator: Annotated[str, typer.Option(help="Name of a generator.")] = "pairwise",
    rows: Annotated[
        int | None, typer.Option(min=0, help="As many as in the file, by a noisy count, if absent.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help='Rows of a kind: "age >= 30". May be repeated.')] = None,
    shares: Annotated[str | None, typer.Option(help="Shares of classes: \"income: {'>50K': 1, '<=50K': 1}\".")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Public seed of the rows; the noise has none.")] = 1,
    lifetime_epsilon: Annotated[float, typer.Option(help="What may be spent on these data in all.")] = 8.0,
    resume: Annotated[bool, typer.Option("--resume", help="Take up a run; the same command does, too.")] = False,  # noqa: FBT002 - a flag
    draft_domain: Annotated[Path | None, typer.Option(help="Only write a first draft of the domain file.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print the outcome.")] = Format.TABLE,
) -> None:
    """Make synthetic rows of one file under differential privacy, with a certificate beside them.

    Spends EPSILON of what may be spent on these data; the ledger keeps the account. What was measured is kept in
    OUTPUT.gateway: the same command takes up a run that was stopped, and other rows of the same model cost nothing.
    """
    from gateway.cli import synthesis  # noqa: PLC0415 - as above

    if draft_domain is not None:
        synthesis.draft(table, domain, draft_domain)
        return
    if output is None:
        raise ConfigurationError("say where the rows go: -o OUT.csv or -o OUT.parquet")
    wanted = synthesis.Wanted(out=output, rows=rows, where=tuple(where or ()), shares=shares, seed=seed)
    if table.is_dir():
        outcome = synthesis.again(table, wanted)
    else:
        spending = synthesis.spending(
            table, domain, epsilon=epsilon, delta=delta, generator=generator, lifetime_epsilon=lifetime_epsilon
        )
        outcome = synthesis.anew(spending, wanted, domain=domain, resume=resume)
    synthesis.show(outcome, style=style)
