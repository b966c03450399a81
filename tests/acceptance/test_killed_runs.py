"""kill -9 at every state a run records: it resumes, and never measures twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.vocabulary.digest import sha256_file
from tests.acceptance.conftest import Gateway

# The command line, with a kill -9 after the n-th transaction of the records has been committed.
KILLED = """
import os, signal, sys
from contextlib import contextmanager
from gateway.records.database import Records

whole, left = Records.step, int(sys.argv.pop(1))

@contextmanager
def step(self, **about):
    global left
    with whole(self, **about) as writing:
        yield writing
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

Records.step = step
from gateway.__main__ import main
main()
"""

STATES = ["created", "reserved", "measured", "sampled", "judged", "handed_over"]


@pytest.mark.parametrize(("steps", "state"), list(enumerate(STATES, start=1)))
def test_a_run_killed_after_it_recorded_a_state_resumes_from_there(
    small_clinic: Callable[[], Gateway], steps: int, state: str
) -> None:
    gateway = small_clinic()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(steps), "run", "policy.yaml", "--format", "json"],
        env=gateway.environment("raw", "requester"), cwd=gateway.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run, recorded = _ask(gateway, "SELECT run, state FROM runs")[0]
    assert recorded == state
    before = _measurements(gateway, run)
    assert bool(before) == (STATES.index(state) >= STATES.index("measured"))

    resumed = gateway("run", "policy.yaml", "--resume", run, "--format", "json")
    assert resumed.returncode == 0, resumed.stderr

    after = _measurements(gateway, run)
    assert after
    assert {name: after[name] for name in before} == before, "what was measured before the kill was measured again"
    assert _ask(gateway, "SELECT run, state FROM runs") == [(run, "handed_over")]
    assert _ask(gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind") == [("committed", 1), ("reserved", 1)]
    assert len(_ask(gateway, "SELECT release FROM releases")) == 1
    assert gateway("log", "verify", side="synthetic").returncode == 0


def _measurements(gateway: Gateway, run: str) -> dict[str, str]:
    folder = gateway.folder / "workspace" / "runs" / run / "measurements"
    return {path.name: sha256_file(path) for path in sorted(folder.glob("*"))}


def _ask(gateway: Gateway, query: str) -> list[tuple[str, ...]]:
    records: Path = gateway.folder / "workspace" / "records.db"
    connection = sqlite3.connect(records)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_two_workers_cannot_resume_the_same_run_at_once(small_clinic: Callable[[], Gateway]) -> None:
    gateway = small_clinic()
    first = subprocess.run(
        [sys.executable, "-c", KILLED, "2", "run", "policy.yaml"],
        env=gateway.environment("raw", "requester"), cwd=gateway.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert first.returncode == -signal.SIGKILL
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


def test_a_full_disk_loses_nothing(small_clinic: Callable[[], Gateway], postgres_database: Callable[[], str]) -> None:
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
