"""The synthetic side's commands: `gateway releases`. Cannot reach production rows, by import contract."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import reports
from gateway.cli.columns import print_columns
from gateway.cli.printing import Format, as_json, listing, moment, out, say
from gateway.privacy.odds import worst_posterior
from gateway.records.database import Records
from gateway.records.releases import ReleaseState  # noqa: TC001 - typer reads annotations at run time
from gateway.release import bundle
from gateway.settings import SyntheticSettings, resolve
from gateway.synthetic.approve.desk import Desk
from gateway.vocabulary.names import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.release.candidate import ReleaseCandidate
    from gateway.release.reports import Check
    from gateway.synthetic.publish.target import Publication
    from gateway.vocabulary.names import ReleaseId

app = typer.Typer(help="Decide on release candidates; publish and withdraw them.", no_args_is_help=True)

Release = Annotated[str, typer.Argument(help="The release's id, or its first characters.")]
Style = Annotated[Format, typer.Option("--format", help="How to print.")]
Page = Annotated[Path | None, typer.Option("--html", help="Write a page with pictures here.")]
Program = Annotated[Format | None, typer.Option("--format", help="`json` prints the report for programs.")]


@app.command("list")
def list_releases(
    state: Annotated[ReleaseState | None, typer.Option(help="Only releases in this state.")] = None,
    style: Style = Format.TABLE,
) -> None:
    """List releases, oldest first."""
    with _records() as records:
        rows = [
            {
                "release": release.release if style is Format.JSON else release.release[:12],
                "policy": release.policy,
                "state": release.state.value,
                "requested_by": release.requester,
                "created": moment(release.created, style),
                "expires": release.expires,
                "target": release.target,
            }
            for release in records.releases.list(state)
        ]
    listing(rows, style=style, title="Releases", empty="There are no releases. `gateway run POLICY` makes one.")


@app.command()
def show(
    release: Release,
    style: Style = Format.TABLE,
    columns: Annotated[bool, typer.Option("--columns", help="List all columns, not only those to look at.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Show one release candidate as a steward reads it: who is protected, the guarantee, checks, attacks, columns.

    Of the columns, those are listed that the policy treats otherwise than detection proposed, with its reason. The
    report rests on production rows: it is for stewards, and every look at it is recorded.
    """
    with _desk() as desk:
        view = desk.show(release)
    if style is Format.JSON:
        as_json(_facts(view.candidate, view.release.state.value) | {"report": view.candidate.report.model_dump()})
        return
    _print(view.candidate, view.release.release, view.release.state)
    print_columns(view.candidate.report.columns, every=columns)
    say(f"A page with pictures, and with what each figure means: gateway releases report {release} --html FILE")


@app.command()
def report(release: Release, html: Page = None, style: Program = None) -> None:
    """Write the steward's report of one release as a page with pictures, or print it as JSON.

    It rests on production rows: the page is for your eyes alone, and every look is recorded. It works without a script
    and asks for nothing else; a file that is no such page is not overwritten.
    """
    with _records() as records:
        settings = SyntheticSettings()
        desk = Desk(records, settings.releases, Person(settings.person))
        reports.steward_report(desk, records, release, html=html, style=style)


@app.command("public-report")
def public_report(release: Release, html: Page = None, style: Program = None) -> None:
    """Write the public report of one release as a page with pictures, or print it as JSON.

    It is made from noisy measurements and synthetic rows alone: whoever may see the tables may see it.
    """
    with _records() as records:
        known = records.releases.get(release)
        candidate = bundle.read(SyntheticSettings().releases, known.release)
        reports.public_report(known, candidate, html=html, style=style)


@app.command()
def approve(release: Release, comment: Annotated[str | None, typer.Option(help="For the record.")] = None) -> None:
    """Approve a candidate; never one's own request. Binds to its digest and lapses when not published in time."""
    with _desk() as desk:
        state = desk.approve(release, comment)
    out.print(f"The release is {state.value}.", highlight=False)


@app.command()
def reject(release: Release, comment: Annotated[str, typer.Option(help="Why; needed.")]) -> None:
    """Reject a candidate, with a comment. Its budget stays spent."""
    with _desk() as desk:
        state = desk.reject(release, comment)
    out.print(f"The release is {state.value}.", highlight=False)


@app.command()
def reopen(release: Release) -> None:
    """Ask for new votes on a release whose approval lapsed before it was published."""
    with _desk() as desk:
        state = desk.reopen(release)
    out.print(f"The release is {state.value}.", highlight=False)


@app.command()
def publish(release: Release) -> None:
    """Put an approved release into the sharing database: stage, verify, switch at once."""
    from gateway.synthetic.publish import publishing  # noqa: PLC0415 - the accountant behind the gate loads slowly

    done = _on_target(publishing.publish, release)
    out.print(f"Release {done.release[:12]} is published in schema {done.schema}.", highlight=False)


@app.command()
def withdraw(release: Release) -> None:
    """Take a published release away from readers. Its budget stays spent."""
    from gateway.synthetic.publish import publishing  # noqa: PLC0415 - as above

    done = _on_target(publishing.withdraw, release)
    out.print(f"Release {done.release[:12]} is withdrawn from schema {done.schema}.", highlight=False)


def _on_target(act: Callable[..., Publication], release: str) -> Publication:
    """Publish or withdraw ``release`` in the target that its own policy names."""
    settings = SyntheticSettings()
    with _records() as records:
        known = records.releases.get(release).release
        url = resolve(bundle.read(settings.releases, known).policy.target.url)
        return act(records, settings.releases, known, target_url=url, person=Person(settings.person))


@contextmanager
def _records() -> Iterator[Records]:
    with closing(Records.open(SyntheticSettings().records_url)) as records:
        yield records


@contextmanager
def _desk() -> Iterator[Desk]:
    settings = SyntheticSettings()
    with _records() as records:
        yield Desk(records, settings.releases, Person(settings.person))


def _facts(candidate: ReleaseCandidate, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "policy": candidate.policy.name,
        "purpose": candidate.policy.purpose,
        "tables": {str(table.table.name): table.count for table in candidate.tables},
        "protects": candidate.certificate.meaning,
        "epsilon": round(candidate.certificate.epsilon, 4),
        "delta": candidate.certificate.delta,
        "generator": candidate.certificate.generator,
        "notes": list(candidate.certificate.notes),
        "public": dict(candidate.certificate.public),
        "overrides": dict(candidate.certificate.overrides),
        "constraints_not_kept": list(candidate.certificate.constraints_not_kept),
    }


def _print(candidate: ReleaseCandidate, release: ReleaseId, state: ReleaseState) -> None:
    report, facts = candidate.report, _facts(candidate, state.value)
    accepted = sum(check.outcome.value == "not_run_accepted" for check in report.checks)
    failed = [check for check in report.checks if check.outcome.value not in {"passed", "not_run_accepted"}]
    unrun = f", {accepted} not run as the policy accepted beforehand" if accepted else ""
    verdict = (
        f"all checks passed{unrun}" if report.passed else f"{len(failed)} of {len(report.checks)} checks did not pass"
    )
    out.print(f"[bold]{release[:12]}[/bold] · {state.value} · {verdict}\n", highlight=False)
    out.print(f"  purpose    {facts['purpose']}", highlight=False, markup=False)
    for name, rows in facts["tables"].items():
        reason = facts["public"].get(name)
        made = "synthetic rows" if reason is None else f"PUBLIC rows, copied as they are: {reason}"
        out.print(f"  table      {name}: {rows:,} {made}", highlight=False, markup=False)
    for name in facts["constraints_not_kept"]:
        out.print(
            f"  constraint {name}: not understood; whether rows keep it is not known", highlight=False, markup=False
        )
    out.print(f"  protects   {facts['protects']}", highlight=False, markup=False)
    odds = worst_posterior(candidate.certificate.epsilon)
    out.print(
        f"  guarantee  epsilon {facts['epsilon']:g}, delta {facts['delta']:g}: someone who is 50 % sure that a given "
        f"{candidate.certificate.unit} is in the data becomes at most {odds:.0%} sure\n",
        highlight=False,
        markup=False,
    )
    for note in candidate.certificate.notes:
        out.print(f"  {note}\n", highlight=False, markup=False)
    listing([_row(check) for check in report.checks], style=Format.TABLE, title="Checks", empty="No check ran.")
    attacks = [
        {
            "attack": attack.attack,
            "targets": attack.targets.count,
            "success": f"{attack.rate.rate.rate:.3f}",
            "on control": f"{attack.control.rate.rate:.3f}",
            "guessing": f"{attack.baseline.rate.rate:.3f}",
            "excess": f"{attack.excess.rate.rate:.3f} ({attack.excess.low.rate:.3f} to {attack.excess.high.rate:.3f})",
        }
        for attack in report.attacks
    ]
    out.print()
    listing(attacks, style=Format.TABLE, title="Attacks", empty="No attack ran.")
    say("\nFor stewards only: these figures rest on production rows. This look has been recorded.")


def _row(check: Check) -> dict[str, Any]:
    return {
        "check": check.name,
        "question": check.question,
        "needed": f"{check.comparison.value.replace('_', ' ')} {check.needed.rate:g}",
        "got": "-" if check.got is None else f"{check.got.rate:g}",
        "outcome": check.outcome.value.replace("not_run_", "not run, ").replace("_", " "),
    }
