"""The command line, put together; and the one place where an error becomes a message and an exit code.

0 done · 1 failed or refused · 2 usage or configuration · 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import auditor, demonstration, policies, steward, worker
from gateway.cli.printing import INTERRUPTED, configure_logging, say
from gateway.vocabulary.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="A privacy gateway: production databases in, differentially private synthetic tables out.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def gateway(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Take what comes before a command; without one, tell which there are."""
    if version:
        typer.echo(metadata.version("gateway"))
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("scan")(worker.scan)
app.add_typer(policies.app, name="policy")
app.command("audit")(worker.audit)
app.command("run")(worker.run)
app.command("synthesize")(worker.synthesize)
app.add_typer(steward.app, name="releases")
app.command("budget")(auditor.budget)
app.add_typer(auditor.app, name="log")
app.command("demo")(demonstration.demo)


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    configure_logging()
    sys.exit(_run())


def _run() -> int:
    try:
        app()  # leaves by SystemExit: 0, 2 for misuse, or what a command asks for
    except GatewayError as error:
        say("[bold red]error[/bold red]")
        _plain("\n".join([str(error), *getattr(error, "__notes__", ())]))
        return error.exit_code
    except SystemExit as leaving:
        if (interrupt := _interrupt_behind(leaving)) is None:
            raise
        resumable = ["A run that had begun can be resumed: gateway run POLICY --resume RUN"]
        say("\n".join(["interrupted", *getattr(interrupt, "__notes__", resumable)]))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop: what goes further would print values
        _plain(_without_values(error))
    return 1


def _interrupt_behind(leaving: SystemExit) -> KeyboardInterrupt | None:
    """Return the interrupt that typer made an exit of, with its notes; None if it was none."""
    error = leaving.__context__
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error


def _plain(text: str) -> None:
    """Print on standard error as it is: an error may quote brackets of a policy."""
    sys.stderr.write(text + "\n")


def _without_values(error: Exception) -> str:
    """Describe a fault of ours by type and place only: a library's message, and locals, may hold production values."""
    places = [f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    return "\n".join(
        [
            f"internal error: {type(error).__name__}. Its text may quote data and is withheld. Where it happened:",
            *places,
            "Please report these lines. Nothing was published; a run that had begun can be resumed.",
        ]
    )
