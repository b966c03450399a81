"""Whatever breaks between two writes of a step, and whoever writes at the same time, the records stay whole."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.privacy.budget import Budget
from gateway.records.database import Records
from gateway.records.log import Action
from gateway.records.releases import ReleaseState
from gateway.records.runs import RunState
from gateway.records.tables import METADATA
from gateway.vocabulary.errors import BudgetRefused, RecordsFailed, Refused
from gateway.vocabulary.names import Person, ReleaseId, RunId, SystemName, UnitName

ANA = Person("ana")
PATIENT, CLINIC = UnitName("patient"), SystemName("clinic")
FORK = multiprocessing.get_context("fork")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStr:
    if request.param == "sqlite":
        return SecretStr(f"sqlite:///{tmp_path}/records.db")
    return SecretStr(request.getfixturevalue("postgres_database")())


def create(records: Records, run: str) -> RunId:
    with records.step(actor=ANA, action=Action.RUN_CREATED, subject=run) as step:
        step.runs.create(RunId(run), policy="p", policy_digest="d", source=CLINIC, unit=PATIENT, requester=ANA)
    return RunId(run)


def reserve(records: Records, run: RunId, *, lifetime: float = 8.0) -> None:
    with records.step(actor=ANA, action=Action.BUDGET_RESERVED, subject=run, details={"epsilon": 1.0}) as step:
        step.ledger.reserve(
            run, unit=PATIENT, source=CLINIC, budget=Budget(1.0, 1e-6), rho=0.028, lifetime_epsilon=lifetime
        )
        step.runs.advance(run, RunState.RESERVED)


def everything(records: Records, number: int) -> None:
    """Take one step that writes every table and reads in between."""
    run = RunId(f"run{number}")
    release = ReleaseId(f"{number:064x}")
    with records.step(actor=ANA, action=Action.HANDED_OVER, subject=run) as step:
        step.runs.create(run, policy="p", policy_digest="d", source=CLINIC, unit=PATIENT, requester=ANA)
        step.ledger.reserve(run, unit=PATIENT, source=CLINIC, budget=Budget(0.1, 1e-6), rho=1e-4, lifetime_epsilon=8.0)
        step.runs.advance(run, RunState.RESERVED)
        step.ledger.commit(run, epsilon=0.1, delta=1e-6, rho=1e-4, events=[])
        step.releases.add(
            release, run=run, policy="p", requester=ANA, state=ReleaseState.PENDING, approvals_needed=1,
            approval_valid_days=1, expires="2999-01-01", target="sharing",
        )  # fmt: skip
        step.releases.vote(release, reviewer=Person("ben"), approve=True, comment=None, digest=release)


@pytest.fixture
def contents(url: SecretStr) -> Iterator[Callable[[], dict[str, list[Any]]]]:
    """Yield a function that reads every row of every table by a connection of its own."""
    engine = sa.create_engine(url.get_secret_value())

    def read() -> dict[str, list[Any]]:
        with engine.connect() as connection:
            return {t.name: [tuple(r) for r in connection.execute(sa.select(t))] for t in METADATA.sorted_tables}

    yield read
    engine.dispose()


def at_statement(records: Records, number: int, do: Callable[[], None]) -> Callable[[], int]:
    """Have ``do`` called in the place of statement ``number``, COMMIT included, 0 for none.

    Returns what takes it back and says how many statements there have been.
    """
    count = [0]

    def next_statement(*_: object) -> None:
        count[0] += 1
        if count[0] == number:
            do()

    engine = records._connections.engine
    events = ("before_cursor_execute", "commit")
    for event in events:
        sa.event.listen(engine, event, next_statement)

    def stop() -> int:
        for event in events:
            sa.event.remove(engine, event, next_statement)
        return count[0]

    return stop


class Fault(Exception):
    pass


def fail() -> None:
    raise Fault


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def statements(url: SecretStr) -> int:
    """Return how many statements the step of ``everything`` is made of, after having taken it once."""
    with Records.open(url) as records:
        stop = at_statement(records, 0, fail)
        everything(records, 0)
        return stop()


def test_a_fault_at_any_statement_leaves_nothing_of_the_step(
    url: SecretStr, contents: Callable[[], dict[str, list[Any]]]
) -> None:
    many = statements(url)
    assert many >= 20
    before = contents()
    with Records.open(url) as records:
        for number in range(1, many + 1):
            stop = at_statement(records, number, fail)
            with pytest.raises(Fault):
                everything(records, 1)
            stop()
            assert contents() == before, f"statement {number} of {many}"
        everything(records, 1)
        assert records.log.verify().seq == 2


def test_a_process_killed_at_any_statement_leaves_nothing_of_the_step(
    url: SecretStr, contents: Callable[[], dict[str, list[Any]]]
) -> None:
    many = statements(url)
    before = contents()
    for number in range(1, many + 1):
        assert ended(start(killed_at, url, number)) == -signal.SIGKILL
        assert contents() == before, f"statement {number} of {many}"
    assert ended(start(killed_at, url, many + 1)) == 0
    with Records.open(url) as records:
        assert records.log.verify().seq == 2


def killed_at(url: SecretStr, number: int) -> None:
    records = Records.open(url)
    at_statement(records, number, kill)
    everything(records, 1)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_lost_database_connection_leaves_nothing_and_the_next_step_works(
    url: SecretStr, contents: Callable[[], dict[str, list[Any]]]
) -> None:
    many = statements(url)
    before = contents()
    engine = sa.create_engine(url.get_secret_value(), poolclass=sa.NullPool)

    def cut() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'gateway records'"
            )

    with Records.open(url) as records:
        at_statement(records, many - 3, cut)
        with pytest.raises(RecordsFailed, match="cannot be reached"):
            everything(records, 1)
        assert contents() == before
        everything(records, 1)


# --- several at once


def start(do: Callable[..., None], *arguments: object) -> Any:
    process = FORK.Process(target=do, args=arguments)
    process.start()
    return process


def ended(process: Any) -> int:
    process.join(60)
    code = process.exitcode
    assert code is not None, "a process hangs"
    return int(code)


def reserve_many(url: SecretStr, name: str, barrier: Any, lifetime: float, accepted: Any) -> None:
    with Records.open(url) as records:
        runs = [create(records, f"{name}{number}") for number in range(4)]
        barrier.wait(30)
        for run in runs:
            try:
                reserve(records, run, lifetime=lifetime)
            except BudgetRefused:
                continue
            with accepted.get_lock():
                accepted.value += 1


def test_two_processes_cannot_overspend_together(url: SecretStr) -> None:
    overspend(url)


def test_a_server_that_looks_at_stale_snapshots_by_default_changes_nothing(
    postgres_database: Callable[[], str],
) -> None:
    url = SecretStr(postgres_database())
    set_default_isolation(url)
    overspend(url)


def overspend(url: SecretStr) -> None:
    """Have two processes ask for four releases each where three fit."""
    lifetime = 2.15
    barrier, accepted = FORK.Barrier(2), FORK.Value("i", 0)
    processes = [start(reserve_many, url, name, barrier, lifetime, accepted) for name in "ab"]
    assert [ended(process) for process in processes] == [0, 0]
    with Records.open(url) as records:
        spent = records.ledger.spent(PATIENT, CLINIC)
        assert spent.epsilon <= lifetime
        assert spent.releases == accepted.value == 3
        assert records.log.verify().seq == 8 + 3


def set_default_isolation(url: SecretStr) -> None:
    engine = sa.create_engine(url.get_secret_value(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation TO 'repeatable read'")
    engine.dispose()


def test_of_two_processes_that_resume_a_run_at_once_one_goes_on(url: SecretStr) -> None:
    with Records.open(url) as records:
        run = create(records, "r1")
    barrier, accepted = FORK.Barrier(2), FORK.Value("i", 0)
    processes = [start(resume, url, run, barrier, accepted) for _ in range(2)]
    assert [ended(process) for process in processes] == [0, 0]
    assert accepted.value == 1


def resume(url: SecretStr, run: RunId, barrier: Any, accepted: Any) -> None:
    with Records.open(url) as records:
        barrier.wait(30)
        try:
            reserve(records, run)
        except Refused:
            return
        with accepted.get_lock():
            accepted.value += 1


def test_processes_that_open_new_records_at_once_make_them_once(url: SecretStr) -> None:
    barrier = FORK.Barrier(3)
    processes = [start(open_and_write, url, name, barrier) for name in "abc"]
    assert [ended(process) for process in processes] == [0, 0, 0]
    with Records.open(url) as records:
        assert records.log.verify().seq == 3


def open_and_write(url: SecretStr, name: str, barrier: Any) -> None:
    barrier.wait(30)
    with Records.open(url) as records:
        create(records, name)


def test_threads_share_one_records_and_the_log_stays_a_chain(url: SecretStr) -> None:
    with Records.open(url) as records:
        threads = [
            threading.Thread(target=lambda name=name: [create(records, f"{name}{n}") for n in range(4)])
            for name in "abcd"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(records.runs.list()) == 16
        assert records.log.verify().seq == 16
