"""How the command line speaks: tables for people, JSON for programs, progress on a terminal, log lines elsewhere."""

from __future__ import annotations

import json
import logging
import sys
import time
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

INTERRUPTED = 130
"""Exit code of a command that was stopped."""
LINE = 20
"""A column of sentences, that is of texts with blanks longer than this, is at least so wide."""
WIDE = 160
"""Columns of a table that is not printed on a terminal."""

out = Console(width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True)


class Format(StrEnum):
    """How a listing is printed."""

    TABLE = "table"
    JSON = "json"


def as_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print ``value`` as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def listing(rows: Sequence[Mapping[str, Any]], *, style: Format, title: str, empty: str) -> None:
    """Print rows that share their keys: a table, or a JSON list. ``empty`` is said when there are none."""
    if style is Format.JSON:
        as_json(list(rows))
    elif not rows:
        out.print(empty)
    else:
        table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
        for name in rows[0]:
            sentence = any(" " in str(row[name]) and len(str(row[name])) > LINE for row in rows)
            table.add_column(name.replace("_", " "), overflow="fold", min_width=LINE if sentence else None)
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        out.print(table)


def moment(time: str, style: Format) -> str:
    """Return a recorded time (UTC, ISO 8601): whole for programs, to the minute for people."""
    return time if style is Format.JSON else time[:16].replace("T", " ")


def say(text: str) -> None:
    """Print a line for people on standard error, where it does not disturb a program that reads the output."""
    err.print(text, highlight=False)


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """Yield ``report(phase, share)``: a moving line on a terminal, one log line for each new phase elsewhere."""
    if err.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("starting", total=1.0)
            yield lambda phase, share: bar.update(task, description=phase, completed=share)
    else:
        yield _phases()


def _phases() -> Callable[[str, float], None]:
    log = structlog.get_logger("gateway")
    started = time.monotonic()
    last = ""

    def report(phase: str, share: float) -> None:
        nonlocal last
        name = phase.split(":", maxsplit=1)[0]
        if name != last:
            log.info(name, share=round(share, 2), seconds=round(time.monotonic() - started, 1))
            last = name

    return report


def configure_logging() -> None:
    """Send every log line to standard error as one JSON object."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
