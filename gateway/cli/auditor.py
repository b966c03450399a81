"""The auditor's commands: `gateway budget` and `gateway log`."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from gateway.cli.printing import Format, as_json, listing, moment, out
from gateway.records.database import Records
from gateway.records.log import Head
from gateway.settings import SyntheticSettings
from gateway.vocabulary.errors import ConfigurationError

app = typer.Typer(help="Read and verify the log of who did what, when.", no_args_is_help=True)


def budget(style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE) -> None:
    """Show what has been spent on each unit of protection, and what is left of the lifetime its last policy allows."""
    with closing(Records.open(SyntheticSettings().records_url)) as records:
        pairs = sorted({(entry.unit, entry.source) for entry in records.ledger.entries()})
        rows = []
        for unit, source in pairs:
            spent = records.ledger.spent(unit, source)
            allowed = [e.lifetime_epsilon for e in records.ledger.entries(unit, source) if e.lifetime_epsilon][-1]
            rows.append(
                {
                    "unit": unit,
                    "source": source,
                    "releases": spent.releases,
                    "epsilon_spent": round(spent.epsilon, 4),
                    "delta": spent.delta,
                    "epsilon_allowed": allowed,
                    "epsilon_left": round(records.ledger.left(unit, source, allowed), 4),
                }
            )
    listing(rows, style=style, title="Privacy budget", empty="Nothing has been spent.")


@app.command()
def show(
    subject: Annotated[str | None, typer.Option(help="Only of this run or release.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Show the log, oldest first."""
    with closing(Records.open(SyntheticSettings().records_url)) as records:
        rows = [
            {
                "seq": entry.seq,
                "time": moment(entry.time, style),
                "who": entry.actor,
                "action": entry.action,
                "subject": entry.subject if style is Format.JSON else entry.subject[:12],
                "hash": entry.hash if style is Format.JSON else entry.hash[:12],
            }
            for entry in records.log.entries()
            if subject is None or entry.subject.startswith(subject)
        ]
    listing(rows, style=style, title="Log", empty="The log is empty.")


@app.command()
def verify(
    head: Annotated[str | None, typer.Option(help="A head noted before, as SEQ:HASH; finds truncation.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Recompute the chain of hashes. Exit code 1 names the first entry that was changed, moved or removed."""
    with closing(Records.open(SyntheticSettings().records_url)) as records:
        found = records.log.verify(_head(head) if head else None)
    if style is Format.JSON:
        as_json({"entries": found.seq, "head": f"{found.seq}:{found.hash}"})
    else:
        head_now = f"{found.seq}:{found.hash}"
        out.print(f"The log is whole: {found.seq} entries. Head: {head_now}", highlight=False, soft_wrap=True)
        out.print("Note the head somewhere else: a later `--head` then finds entries cut off at the end.", style="dim")


def _head(text: str) -> Head:
    place, _, digest = text.partition(":")
    if not (place.isdigit() and digest):
        raise ConfigurationError("--head takes what `gateway log verify` printed: a number, a colon and a hash")
    return Head(int(place), digest)
