"""`gateway policy`: check a policy file, print its JSON schema."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import Annotated

import typer

from gateway.cli.printing import Format, as_json, out
from gateway.policy.loading import json_schema, load_policy, policy_digest
from gateway.policy.model import Policy, TableTreatment
from gateway.policy.one_table import domain_schema
from gateway.policy.sentences import told, told_of_shares, told_of_tables

app = typer.Typer(help="Check policy files; print their JSON schema.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The policy file.")],
    style: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Read a policy; print what it says in short, or every problem it has at once (exit code 2)."""
    policy = load_policy(file)
    if style is Format.JSON:
        as_json({"policy": policy.name, "digest": policy_digest(policy), **_short(policy)})
        return
    out.print(f"[green]{file} is well formed.[/green]")
    for name, value in _short(policy).items():
        out.print(f"  {name:<14} {value}", highlight=False)
    out.print("Whether it covers every column of the source is checked when it runs.", style="dim")


@app.command()
def schema(
    domain: Annotated[bool, typer.Option("--domain", help="Of the domain files of `synthesize` instead.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Print the JSON schema of policy files, for editors."""
    typer.echo(domain_schema() if domain else json_schema(), nl=False)


def _short(policy: Policy) -> dict[str, str]:
    knowledge = [clause.knowledge for clause in policy.tables.values() if clause.knowledge is not None]
    treated = {
        treatment: ", ".join(name for name, table in policy.tables.items() if table.treatment is treatment) or "nothing"
        for treatment in TableTreatment
    }
    return {
        "protects": policy.unit.meaning,
        "synthesizes": treated[TableTreatment.SYNTHESIZE],
        "copies": treated[TableTreatment.REFERENCE],
        "drops": treated[TableTreatment.DROP],
        "of whom": "; ".join(told_of_tables(policy)) or "one row for each",
        "spends": f"epsilon {policy.budget.epsilon:g}, delta {policy.budget.delta:g}",
        "splits": told_of_shares(policy),
        "takes as known": "; ".join(sentence for clause in knowledge for sentence in told(clause)) or "nothing",
        "goes to": f"{policy.target.name}, schema {policy.target.schema_name}",
        "needs": f"{policy.approvals.needed} approval(s), none of them the requester's",
    }
