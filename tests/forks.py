"""The command line without the seconds of its imports: a process of each side imports once, and forks for each command.

What a process loads by itself is for tests that start a fresh one. The desk's process is started with
``GATEWAY_SIDE=synthetic``, in which the raw side cannot be imported.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# what the commands of a side import when they are called
SLOW = {
    "raw": (
        "gateway.raw.run", "gateway.cli.synthesis", "gateway.raw.detect.drafting", "presidio_analyzer", "pandas",
        "psycopg", "alembic.command", "sqlalchemy.dialects.sqlite",
    ),
    "synthetic": ("gateway.synthetic.publish.publishing", "psycopg", "alembic.command", "sqlalchemy.dialects.sqlite"),
}  # fmt: skip
# the first kernel of a process takes a second more than the others
WARM = (
    "import numpy; from gateway.raw.generate.noise import DiscreteGaussian as D; D().add(numpy.zeros(1, int), sigma=1.)"
)

KILLED_AFTER = """
import os, signal
from contextlib import contextmanager
from gateway.records.database import Records

whole, left = Records.step, [{steps}]

@contextmanager
def step(self, **about):
    with whole(self, **about) as writing:
        yield writing
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

Records.step = step
"""
"""Code that kills its process with SIGKILL as soon as ``steps`` transactions of the records are committed."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One command: the whole of its environment, where it is run, and code that is executed before it."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    first: str = ""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended (a signal's number, negated, if by one), and what it had said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Forks:
    """The processes of both sides, started when first asked for."""

    _stack: ExitStack = field(default_factory=ExitStack)
    _started: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Forks]:
        forks = cls()
        with forks._stack:
            yield forks

    def run(self, *jobs: Job, side: str = "raw") -> list[Ended]:
        """Run ``jobs`` at the same time, each in a fork of its own; return how they ended, in their order."""
        if side not in self._started:
            self._started[side] = self._start(side)
        process = self._started[side]
        assert process.stdin is not None
        assert process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="gateway-said-") as said:
            asked = [
                {
                    "arguments": ["gateway", *job.arguments], "environment": dict(job.environment),
                    "folder": str(job.folder), "first": job.first, "said": f"{said}/{number}",
                }
                for number, job in enumerate(jobs)
            ]  # fmt: skip
            try:
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.flush()
                codes: list[int] = json.loads(process.stdout.readline())
            except BaseException:  # a test that ran out of time: its answer is not the next one's
                self._started.pop(side).kill()
                raise
            out, err = ([Path(f"{job['said']}.{stream}").read_text("utf-8") for job in asked] for stream in (1, 2))
        return [Ended(returncode=code, stdout=o, stderr=e) for code, o, e in zip(codes, out, err, strict=True)]

    def _start(self, side: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
        if side == "synthetic":
            environment["GATEWAY_SIDE"] = side
        return self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-P", __file__, side],
                env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip


def _serve(side: str) -> None:
    """Answer each line of standard input, a list of jobs, with a line that lists how they ended."""
    from gateway.__main__ import main  # noqa: PLC0415 - by the process that forks alone

    for name in SLOW[side]:
        importlib.import_module(name)
    if side == "raw":
        exec(WARM, {})  # noqa: S102 - ours
    for line in sys.stdin:
        children = []
        for job in json.loads(line):
            child = os.fork()
            if child == 0:
                _work(job, main)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


def _work(job, main) -> None:  # noqa: ANN001 - out of JSON
    """Be the command that ``job`` asks for; does not return."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(job["environment"])
        os.chdir(job["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(f"{job['said']}.{stream}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream)
        exec(job["first"], {})  # noqa: S102 - out of our tests
        sys.argv = job["arguments"]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - what would be printed at the end of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
