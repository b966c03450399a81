"""`gateway demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.printing import progress


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its databases and records.")] = Path(
        ".gateway/demo"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an earlier demo first.")] = False,  # noqa: FBT002 - a flag
    stop: Annotated[bool, typer.Option("--stop", help="Only stop the demo's databases.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Go the whole way once: a clinic's production database in, an approved synthetic database out."""
    from gateway.demo import tour  # noqa: PLC0415 - the demo loads the raw side

    if stop:
        tour.stop(folder)
        return
    if fresh:
        tour.forget(folder)
    with progress() as report:
        place = tour.prepare(folder, report)
    tour.go(place)
