"""kill -9 at every state a run records: it resumes, and never measures twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.vocabulary.digest import sha256_file
from tests.acceptance.conftest import Gateway, alone

# Runs the command line once for each job, a line on standard input, in a fork of its own; prints how each ended. A job
# that names a number of steps is killed with SIGKILL as soon as so many transactions of the records are committed.
# Every draw of noise for rows that are there leaves a line in the file "draws": on disk, so that no kill takes it back.
FORKS = """
import json, os, signal, sys
from contextlib import contextmanager
import gateway.raw.run, presidio_analyzer  # the slow imports, shared by all forks
from gateway.raw import making
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.__main__ import main
from gateway.records.database import Records

def killed_after(steps):
    whole, left = Records.step, [steps]
    @contextmanager
    def step(self, **about):
        with whole(self, **about) as writing:
            yield writing
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    Records.step = step

def drawing_is_told():
    add, measure, missed, heard = DiscreteGaussian.add, making.measure, Meter.missed, [False]
    def told(self, counts, *, sigma, times=1):
        if heard[0]:
            with open("draws", "a") as file:
                file.write(f"{times}\\n")
        return add(self, counts, sigma=sigma, times=times)
    def measured(plan, family, progress):
        heard[0] = family.units.expose().num_rows > 0  # a rehearsal is without rows
        return measure(plan, family, progress)
    def other_cells(self, counts, **how):  # more cells of a query that was counted when it was first asked
        heard[0], was = False, heard[0]
        found = missed(self, counts, **how)
        heard[0] = was
        return found
    DiscreteGaussian.add, making.measure, Meter.missed = told, measured, other_cells

def work(job):
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    for stream in (1, 2):
        os.dup2(os.open(f"said-{stream}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream)
    drawing_is_told()
    if job["steps"]:
        killed_after(job["steps"])
    sys.argv = ["gateway", *job["arguments"]]
    main()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            work(json.loads(line))
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code or 0)
        os._exit(99)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

pytestmark = pytest.mark.timeout(600)  # a run, and seven processes that take it up
STATES = ["created", "reserved", "measured", "sampled", "judged", "handed_over"]


@dataclass(frozen=True)
class Killed:
    """What a run had left behind when it was killed: its recorded state, and digests of what it had measured."""

    end: int
    state: str
    measured: dict[str, str]


@dataclass(frozen=True)
class Chain:
    """One run that was killed after each state it recorded, and resumed each time; and how its last process ended."""

    gateway: Gateway
    run: str
    kills: dict[str, Killed]
    end: int


@pytest.fixture(scope="module")
def fork() -> Iterator[Callable[[dict[str, Any]], int]]:
    """Return a function that runs one job and returns how it ended."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answered = process.stdin, process.stdout

        def go(job: dict[str, Any]) -> int:
            asked.write(json.dumps(job) + "\n")
            asked.flush()
            return int(answered.readline())

        yield go


@pytest.fixture(scope="module")
def chain(small_clinic: Callable[..., Gateway], fork: Callable[[dict[str, Any]], int]) -> Chain:
    """Kill a run after it recorded its first state, resume it, kill it after the next, and so on until it is done."""
    gateway, kills, resume = small_clinic(), {}, ()
    for wanted in STATES:
        # a resumed run first records that it was
        end = fork(_job(gateway, 2 if resume else 1, *resume))
        ((run, state),) = _ask(gateway, "SELECT run, state FROM runs")
        kills[wanted] = Killed(end, state, _measurements(gateway, run))
        resume = ("--resume", run)
    return Chain(gateway, run, kills, fork(_job(gateway, 0, *resume)))


def _job(gateway: Gateway, steps: int, *arguments: str) -> dict[str, Any]:
    return {
        "environment": gateway.environment("raw", "requester"),
        "folder": str(gateway.folder),
        "steps": steps,
        "arguments": ["run", "policy.yaml", "--format", "json", *arguments],
    }


@pytest.mark.parametrize("state", STATES)
def test_a_run_killed_after_it_recorded_a_state_goes_on_from_there(chain: Chain, state: str) -> None:
    killed = chain.kills[state]
    assert (killed.end, killed.state) == (-signal.SIGKILL, state), (chain.gateway.folder / "said-2").read_text()
    assert bool(killed.measured) == (STATES.index(state) >= STATES.index("measured"))
    after = _measurements(chain.gateway, chain.run)
    assert {name: after[name] for name in killed.measured} == killed.measured, "measured again after the kill"


def test_a_run_killed_at_every_state_is_done_once_and_paid_once(chain: Chain) -> None:
    assert chain.end == 0, (chain.gateway.folder / "said-2").read_text()
    assert _ask(chain.gateway, "SELECT run, state FROM runs") == [(chain.run, "handed_over")]
    ledger = _ask(chain.gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind")
    assert ledger == [("committed", 1), ("reserved", 1)]
    assert len(_ask(chain.gateway, "SELECT release FROM releases")) == 1


def test_no_noise_was_drawn_that_the_ledger_does_not_know(chain: Chain) -> None:
    drawn = [int(line) for line in (chain.gateway.folder / "draws").read_text().splitlines()]
    ((events,),) = _ask(chain.gateway, "SELECT events FROM ledger WHERE kind = 'committed'")
    assert sum(drawn) == sum(event.get("times", 0) for event in json.loads(events))


def _measurements(gateway: Gateway, run: str) -> dict[str, str]:
    folder = gateway.folder / "workspace" / "runs" / run / "measurements"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256_file(path) for path in files}


def _ask(gateway: Gateway, query: str) -> list[tuple[str, ...]]:
    records: Path = gateway.folder / "workspace" / "records.db"
    connection = sqlite3.connect(records)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_two_workers_cannot_resume_the_same_run_at_once(
    small_clinic: Callable[..., Gateway], fork: Callable[[dict[str, Any]], int]
) -> None:
    gateway = small_clinic(alone())
    assert fork(_job(gateway, 2)) == -signal.SIGKILL
    run = _ask(gateway, "SELECT run FROM runs")[0][0]
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "policy.yaml", "--resume", run, "--format", "json"],
            env=gateway.environment("raw", "requester"), cwd=gateway.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    ends = [(process.communicate(timeout=240), process.returncode) for process in both]
    assert sorted(code for _, code in ends) in ([0, 0], [0, 1]), ends
    releases = {json.loads(out)["release"] for (out, _), code in ends if code == 0}
    assert len(releases) == 1
    assert _ask(gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind") == [("committed", 1), ("reserved", 1)]


def test_a_full_disk_loses_nothing(small_clinic: Callable[..., Gateway], postgres_database: Callable[[], str]) -> None:
    gateway = small_clinic()
    # files of this process end at 20 kB, as on a disk that is full; the records are on PostgreSQL and do not feel it
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY));"
    environment = gateway.environment("raw", "requester") | {"GATEWAY_WORKER_RECORDS_URL": postgres_database()}
    command = ["run", "policy.yaml", "--format", "json"]
    full = subprocess.run(
        [sys.executable, "-c", limited + "from gateway.__main__ import main; main()", *command],
        env=environment | {"NUMBA_CACHE_DIR": os.devnull}, cwd=gateway.folder,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert full.returncode == 1, full.stderr
    assert "Free space" in full.stderr
    assert not list((gateway.folder / "workspace").rglob("*.partial"))
    run = next((gateway.folder / "workspace" / "runs").iterdir()).name
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *command, "--resume", run],
        env=environment, cwd=gateway.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
