"""Run killers against a copy of the sources, in a process of their own, and say how they ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants import stem
from tests.mutants.planting import Mutant
from tests.mutants.witness import TOLD

CAUGHT = frozenset({"AssertionError", "Failed", "Diverged"})
"""How tests fail: by an assertion, because nothing was raised, or because neighbours were asked other questions."""
PATIENCE = 900
"""Seconds for one process, and for one test in it a third of that."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How some tests ended on one copy."""

    folder: Path
    returncode: int
    gateway: str
    """The file of the package that was imported."""
    reports: tuple[dict[str, Any], ...]
    output: str

    @property
    def is_of_the_copy(self) -> bool:
        """Whether what was tested is the copy, and not what is installed."""
        return self.gateway == str(self.folder / "gateway" / "__init__.py")

    def passed(self, killer: str) -> bool:
        """Whether ``killer`` ran and no part of it failed, or was skipped."""
        own = self._of(killer)
        return bool(own) and all(report["outcome"] == "passed" for report in own)

    def killed(self, mutant: Mutant) -> bool:
        """Whether the mutant's killer failed as a test does: not by an error around it, a timeout, or another error."""
        failed = [report for report in self._of(mutant.killer) if report["outcome"] == "failed"]
        return (
            self.returncode == 1
            and bool(failed)
            and all(
                report["when"] == "call"
                and not report["timed_out"]
                and any(name in CAUGHT or name in mutant.by for name in report["errors"])
                for report in failed
            )
        )

    def _of(self, killer: str) -> list[dict[str, Any]]:
        return [r for r in self.reports if r["test"] == killer or r["test"].startswith(f"{killer}[")]


@dataclass(frozen=True)
class Trials:
    """Tries copies, one after the other."""

    _stem: subprocess.Popen[str]

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Trials]:
        """Start the process that the trials are forks of, and end it."""
        command = [sys.executable, str(Path(stem.__file__).resolve())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield cls(process)
            if process.stdin is not None:
                process.stdin.close()

    def tried(self, folder: Path, killers: Iterable[str], *, to_the_first: bool) -> Trial:
        """Run ``killers`` on the copy in ``folder``, ``to_the_first`` that fails or all of them."""
        told, output = folder.with_suffix(".jsonl"), folder.with_suffix(".txt")
        told.unlink(missing_ok=True)
        job = {
            "arguments": [
                "-p", "tests.mutants.witness", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(folder),
                "-c", str(folder / "pyproject.toml"), "-q", "-rN", "--tb", "short", "--no-header", "--timeout",
                str(PATIENCE // 3), "--hypothesis-profile", "mutants",
                # loaded before the fork
                "-W", "ignore::pytest.PytestAssertRewriteWarning", *(["-x"] if to_the_first else []),
                *sorted(set(killers)),
            ],
            "environment": _environment(folder, told), "folder": str(folder), "output": str(output),
            "patience": PATIENCE,
        }  # fmt: skip
        lines: list[dict[str, Any]] = []
        returncode = self._ask(job)
        if told.exists():
            lines = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
        return Trial(
            folder=folder,
            returncode=returncode,
            gateway=str(lines[0]["gateway"]) if lines else "",
            reports=tuple(lines[1:]),
            output=output.read_text("utf-8", errors="replace")[-6_000:] if output.exists() else "",
        )

    def _ask(self, job: dict[str, Any]) -> int:
        process = self._stem
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process that trials are forks of has no pipes")
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())


def _environment(folder: Path, told: Path) -> dict[str, str]:
    """Return this process's environment with the copy first on the path, and none of pytest's own variables.

    Compiled kernels are kept beside the sources that they were made of, so that each copy uses and makes its own.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "NUMBA_CACHE", "GATEWAY_"))}
    return kept | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", TOLD: str(told)}
