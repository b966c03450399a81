"""kill -9 at every state a run records: it resumes, and never measures twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.vocabulary.digest import sha256_file
from tests.acceptance.conftest import Gateway, alone

# Runs the command line once for each job on standard input, each in a fork of its own; prints how each ended. A job
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

ends = []
for job in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        try:
            work(job)
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code or 0)
        os._exit(99)
    ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(ends))
"""

STATES = ["created", "reserved", "measured", "sampled", "judged", "handed_over"]


@dataclass(frozen=True)
class Killed:
    """One run, killed and resumed: what it had recorded and measured in between, and how both ended."""

    gateway: Gateway
    run: str
    state: str
    measured: dict[str, str]
    ends: tuple[int, int]


@pytest.fixture(scope="module")
def killed(small_clinic: Callable[..., Gateway]) -> dict[str, Killed]:
    """Kill a run after each state it records, look, and resume it."""
    gateways = [small_clinic() for _ in STATES]
    first = _fork([_job(gateway, steps) for steps, gateway in enumerate(gateways, start=1)])
    between = []
    for gateway in gateways:
        run, state = _ask(gateway, "SELECT run, state FROM runs")[0]
        between.append((run, state, _measurements(gateway, run)))
    again = _fork([_job(gateway, 0, "--resume", run) for gateway, (run, _, _) in zip(gateways, between, strict=True)])
    return {
        wanted: Killed(gateway, run, state, measured, (one, two))
        for wanted, gateway, (run, state, measured), one, two in zip(
            STATES, gateways, between, first, again, strict=True
        )
    }


def _job(gateway: Gateway, steps: int, *arguments: str) -> dict[str, Any]:
    return {
        "environment": gateway.environment("raw", "requester"),
        "folder": str(gateway.folder),
        "steps": steps,
        "arguments": ["run", "policy.yaml", "--format", "json", *arguments],
    }


def _fork(jobs: list[dict[str, Any]]) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", FORKS], input=json.dumps(jobs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ends: list[int] = json.loads(done.stdout)
    return ends


@pytest.mark.parametrize("state", STATES)
def test_a_run_killed_after_it_recorded_a_state_resumes_from_there(killed: dict[str, Killed], state: str) -> None:
    case = killed[state]
    said = (case.gateway.folder / "said-2").read_text()
    assert case.ends == (-signal.SIGKILL, 0), said
    assert case.state == state
    assert bool(case.measured) == (STATES.index(state) >= STATES.index("measured"))
    after = _measurements(case.gateway, case.run)
    assert after
    assert {name: after[name] for name in case.measured} == case.measured, "measured again after the kill"
    assert _ask(case.gateway, "SELECT run, state FROM runs") == [(case.run, "handed_over")]
    ledger = _ask(case.gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind")
    assert ledger == [("committed", 1), ("reserved", 1)]
    assert len(_ask(case.gateway, "SELECT release FROM releases")) == 1
    drawn = [int(line) for line in (case.gateway.folder / "draws").read_text().splitlines()]
    (events,) = _ask(case.gateway, "SELECT events FROM ledger WHERE kind = 'committed'")
    assert sum(drawn) == sum(event.get("times", 0) for event in json.loads(events[0])), "noise nobody accounted for"


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


def test_two_workers_cannot_resume_the_same_run_at_once(small_clinic: Callable[..., Gateway]) -> None:
    gateway = small_clinic(alone())
    assert _fork([_job(gateway, 2)]) == [-signal.SIGKILL]
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
