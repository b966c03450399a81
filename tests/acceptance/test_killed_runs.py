"""kill -9 at every state a run records: it resumes, and never measures twice."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.vocabulary.digest import sha256_file
from tests.acceptance.conftest import Gateway, alone
from tests.forks import KILLED_AFTER, Ended

# Every draw of noise for rows that are there leaves a line in the file "draws": on disk, so that no kill takes it back.
DRAWING_IS_TOLD = """
from gateway.raw import accepting, making
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian

add, measure, missed, heard = DiscreteGaussian.add, making.measure, Meter.missed, [False]
examine = accepting.examine

def told(self, counts, *, sigma, times=1):
    if heard[0]:
        with open("draws", "a") as file:
            file.write(f"{times}\\n")
    return add(self, counts, sigma=sigma, times=times)

def measured(plan, family, progress):
    heard[0] = family.units.expose().num_rows > 0  # a rehearsal is without rows
    return measure(plan, family, progress)

def examined(*what, **how):
    heard[0] = True
    found = examine(*what, **how)
    heard[0] = False
    return found

def other_cells(self, counts, **how):  # more cells of a query that was counted when it was first asked
    heard[0], was = False, heard[0]
    found = missed(self, counts, **how)
    heard[0] = was
    return found

DiscreteGaussian.add, making.measure, Meter.missed = told, measured, other_cells
accepting.examine = examined
"""

pytestmark = pytest.mark.timeout(600)  # a run, and seven processes that take it up
RUN = ("run", "policy.yaml", "--format", "json")
STATES = ["created", "reserved", "measured", "sampled", "judged", "handed_over"]


@dataclass(frozen=True)
class Killed:
    """What a run had left behind when it was killed: its recorded state, and digests of what noise was drawn for."""

    end: Ended
    state: str
    measured: dict[str, str]


@dataclass(frozen=True)
class Chain:
    """One run that was killed after each state it recorded, and resumed each time; and how its last process ended."""

    gateway: Gateway
    run: str
    kills: dict[str, Killed]
    end: Ended


@pytest.fixture(scope="module")
def chain(small_clinic: Callable[..., Gateway]) -> Chain:
    """Kill a run after it recorded its first state, resume it, kill it after the next, and so on until it is done."""
    gateway, kills, resume = small_clinic(), {}, ()
    for wanted in STATES:
        # a resumed run first records that it was
        killed = DRAWING_IS_TOLD + KILLED_AFTER.format(steps=2 if resume else 1)
        end = gateway(*RUN, *resume, first=killed)
        ((run, state),) = _ask(gateway, "SELECT run, state FROM runs")
        kills[wanted] = Killed(end, state, _measurements(gateway, run))
        resume = ("--resume", run)
    return Chain(gateway, run, kills, gateway(*RUN, *resume, first=DRAWING_IS_TOLD))


@pytest.mark.parametrize("state", STATES)
def test_a_run_killed_after_it_recorded_a_state_goes_on_from_there(chain: Chain, state: str) -> None:
    killed = chain.kills[state]
    assert (killed.end.returncode, killed.state) == (-signal.SIGKILL, state), killed.end.stderr
    assert bool(killed.measured) == (STATES.index(state) >= STATES.index("measured"))
    assert ("acceptance.json" in killed.measured) == (STATES.index(state) >= STATES.index("sampled"))
    after = _measurements(chain.gateway, chain.run)
    assert {name: after[name] for name in killed.measured} == killed.measured, "measured again after the kill"


def test_a_run_killed_at_every_state_is_done_once_and_paid_once(chain: Chain) -> None:
    assert chain.end.returncode == 0, chain.end.stderr
    assert _ask(chain.gateway, "SELECT run, state FROM runs") == [(chain.run, "handed_over")]
    ledger = _ask(chain.gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind")
    assert ledger == [("committed", 1), ("reserved", 1)]
    assert len(_ask(chain.gateway, "SELECT release FROM releases")) == 1


def test_no_noise_was_drawn_that_the_ledger_does_not_know(chain: Chain) -> None:
    drawn = [int(line) for line in (chain.gateway.folder / "draws").read_text().splitlines()]
    ((events,),) = _ask(chain.gateway, "SELECT events FROM ledger WHERE kind = 'committed'")
    assert sum(drawn) == sum(event.get("times", 0) for event in json.loads(events))
    assert [event["times"] for event in json.loads(events) if event["label"] == "acceptance test"] == [1]


ANSWERED = """
import os, signal
from gateway.raw import accepting

load = accepting.load

def killed(*what, **how):
    os.kill(os.getpid(), signal.SIGKILL)

accepting.load = killed
"""


def test_a_run_killed_between_the_answer_and_its_record_does_not_ask_again(
    small_clinic: Callable[..., Gateway],
) -> None:
    gateway = small_clinic(alone())
    assert gateway(*RUN, first=DRAWING_IS_TOLD + ANSWERED).returncode == -signal.SIGKILL
    ((run, state),) = _ask(gateway, "SELECT run, state FROM runs")
    assert state == "measured"
    answer = _measurements(gateway, run)["acceptance.json"]
    drawn = (gateway.folder / "draws").read_text()
    done = gateway(*RUN, "--resume", run, first=DRAWING_IS_TOLD)
    assert done.returncode == 0, done.stderr
    assert _measurements(gateway, run)["acceptance.json"] == answer
    assert (gateway.folder / "draws").read_text() == drawn


def test_a_run_that_lost_its_answer_does_not_ask_again(small_clinic: Callable[..., Gateway]) -> None:
    gateway = small_clinic(alone())
    assert gateway(*RUN, first=KILLED_AFTER.format(steps=4)).returncode == -signal.SIGKILL
    ((run, state),) = _ask(gateway, "SELECT run, state FROM runs")
    assert state == "sampled"
    (gateway.folder / "workspace" / "runs" / run / "acceptance.json").unlink()
    done = gateway(*RUN, "--resume", run)
    assert done.returncode == 1
    assert "cannot be asked again" in done.stderr


def _measurements(gateway: Gateway, run: str) -> dict[str, str]:
    folder = gateway.folder / "workspace" / "runs" / run
    files = sorted(path for path in (folder / "measurements").rglob("*") if path.is_file())
    files += [path for path in [folder / "acceptance.json"] if path.exists()]
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
    assert gateway(*RUN, first=KILLED_AFTER.format(steps=2)).returncode == -signal.SIGKILL
    run = _ask(gateway, "SELECT run FROM runs")[0][0]
    both = gateway.at_once([*RUN, "--resume", run], [*RUN, "--resume", run])
    assert sorted(ended.returncode for ended in both) in ([0, 0], [0, 1]), both
    releases = {json.loads(ended.stdout)["release"] for ended in both if ended.returncode == 0}
    assert len(releases) == 1
    assert _ask(gateway, "SELECT kind, count(*) FROM ledger GROUP BY kind") == [("committed", 1), ("reserved", 1)]


# files of this process end at 4 kB, as on a disk that is full; what a kernel is compiled to is no file of a run
FULL = """
import resource
from numba.core.caching import Cache

Cache.save_overload = lambda *_: None
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))
"""


def test_a_full_disk_loses_nothing(small_clinic: Callable[..., Gateway], postgres_database: Callable[[], str]) -> None:
    gateway = small_clinic(alone())
    # the records are on PostgreSQL and do not feel it
    variables = {"GATEWAY_WORKER_RECORDS_URL": postgres_database()}
    full = gateway(*RUN, first=FULL, variables=variables)
    assert full.returncode == 1, full.stderr
    assert "Free space" in full.stderr
    assert not list((gateway.folder / "workspace").rglob("*.partial"))
    run = next((gateway.folder / "workspace" / "runs").iterdir()).name
    done = gateway(*RUN, "--resume", run, variables=variables)
    assert done.returncode == 0, done.stderr
