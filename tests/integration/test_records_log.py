"""Tampering with the log, or with the ledger and votes behind it, is found, and where it begins is said."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.privacy.budget import Budget
from gateway.records.database import Records
from gateway.records.log import Action, Head
from gateway.records.releases import ReleaseState
from gateway.records.tables import LOG, METADATA
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import Person, ReleaseId, RunId, SystemName, UnitName

ANA = Person("ana")
PATIENT, CLINIC = UnitName("patient"), SystemName("clinic")
RELEASE = ReleaseId("ab" * 32)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStr:
    if request.param == "sqlite":
        return SecretStr(f"sqlite:///{tmp_path}/records.db")
    return SecretStr(request.getfixturevalue("postgres_database")())


@pytest.fixture
def records(url: SecretStr) -> Iterator[Records]:
    """Records of six steps: two runs reserved (entries 2 and 4), a release (5) and a vote on it (6)."""
    with Records.open(url) as opened:
        for run in (RunId("r1"), RunId("r2")):
            with opened.step(actor=ANA, action=Action.RUN_CREATED, subject=run) as step:
                step.runs.create(run, policy="p", policy_digest="d", source=CLINIC, unit=PATIENT, requester=ANA)
            with opened.step(actor=ANA, action=Action.BUDGET_RESERVED, subject=run, details={"epsilon": 1.0}) as step:
                step.ledger.reserve(
                    run, unit=PATIENT, source=CLINIC, budget=Budget(1, 1e-6), rho=0.028, lifetime_epsilon=8
                )
        with opened.step(actor=ANA, action=Action.HANDED_OVER, subject=RELEASE) as step:
            step.releases.add(
                RELEASE, run=RunId("r1"), policy="p", requester=ANA, state=ReleaseState.PENDING, approvals_needed=1,
                approval_valid_days=1, expires="2999-01-01", target="sharing",
            )  # fmt: skip
        with opened.step(actor=Person("ben"), action=Action.APPROVED, subject=RELEASE) as step:
            step.releases.vote(RELEASE, reviewer=Person("ben"), approve=True, comment="fine", digest=RELEASE)
        yield opened


@pytest.fixture
def tamper(url: SecretStr, records: Records) -> Iterator[Callable[..., None]]:
    """Write as somebody would who owns the database: triggers dropped, references not looked at."""
    engine = sa.create_engine(url.get_secret_value())
    assert records.log.verify().seq == 6

    def execute(*statements: str | sa.Executable) -> None:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            else:
                names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
                for name in names.all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for statement in statements:
                if isinstance(statement, str):
                    connection.exec_driver_sql(statement)
                else:
                    connection.execute(statement)

    yield execute
    engine.dispose()


def rest(table: str) -> str:
    return {
        "ledger": "unit, epsilon, delta, rho, delta_selection, lifetime_epsilon, events, time, logged FROM ledger",
        "votes": "requester, approve, comment, time, logged FROM votes",
    }[table]


def test_a_log_that_was_left_alone_holds_and_shows_who_did_what(records: Records) -> None:
    head = records.log.verify()
    assert head == records.log.head()
    assert records.log.verify(head) == head
    assert records.log.verify(Head(0, "")) == head
    entries = records.log.entries()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[1].details == {"epsilon": 1.0}
    assert [entry.seq for entry in records.log.entries(subject=RELEASE)] == [5, 6]
    assert [entry.seq for entry in records.log.entries(newest=2)] == [5, 6]
    assert (entries[5].actor, entries[5].action) == ("ben", "approved")


TAMPERINGS = [
    (3, ["UPDATE log SET actor = 'eve' WHERE seq = 3"]),
    (2, ["""UPDATE log SET details = '{"epsilon":0.5}' WHERE seq = 2"""]),
    (2, ["UPDATE log SET time = '2020-01-01T00:00:00.000000+00:00' WHERE seq = 2"]),
    (3, ["DELETE FROM log WHERE seq = 3"]),
    (1, ["DELETE FROM log WHERE seq = 1"]),
    (
        3,
        [
            "UPDATE log SET seq = 99 WHERE seq = 3",
            "UPDATE log SET seq = 3 WHERE seq = 4",
            "UPDATE log SET seq = 4 WHERE seq = 99",
        ],
    ),
    (3, ["DELETE FROM log WHERE seq = 3", "UPDATE log SET seq = seq - 1 WHERE seq > 3"]),
    (7, ["INSERT INTO log VALUES (7, 'now', 'eve', 'approved', 'x', '{}', 'w', 'p', 'h')"]),
    (2, ["UPDATE ledger SET epsilon = 0.1 WHERE seq = 1"]),
    (4, ["UPDATE ledger SET unit = 'nurse' WHERE seq = 2"]),
    (4, ["DELETE FROM ledger WHERE seq = 2"]),
    (3, [f"INSERT INTO ledger SELECT 3, 'r3', kind, source, {rest('ledger')} WHERE seq = 1",
         "UPDATE ledger SET logged = 3 WHERE seq = 3"]),
    (6, ["UPDATE votes SET reviewer = 'cat'"]),
    (6, ["UPDATE votes SET comment = NULL"]),
    (6, ["DELETE FROM votes"]),
    (6, [f"INSERT INTO votes SELECT release, 2, reviewer, {rest('votes')}"]),
    # the newest entry cut off, the vote it stands for left behind
    (6, ["DELETE FROM log WHERE seq = 6"]),
]  # fmt: skip
"""What is done to the records, and the entry at which that shows."""


def test_what_was_changed_is_found_where_it_was_changed(records: Records, tamper: Callable[..., None]) -> None:
    before = {table: rows(records, table) for table in METADATA.sorted_tables}
    for at, statements in TAMPERINGS:
        tamper(*statements)
        with pytest.raises(CheckFailed, match=f"breaks at entry {at}:"):
            records.log.verify()
        tamper(
            *(sa.delete(table) for table in reversed(METADATA.sorted_tables)),
            *(sa.insert(table).values(found) for table, found in before.items()),
        )
        assert records.log.verify().seq == 6


def rows(records: Records, table: sa.Table) -> list[dict[str, Any]]:
    with records._connections.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def test_cutting_off_the_end_with_all_it_wrote_is_found_against_a_head_noted_before(
    records: Records, tamper: Callable[..., None]
) -> None:
    noted = records.log.verify()
    tamper("DELETE FROM log WHERE seq >= 5", "DELETE FROM votes", "DELETE FROM releases")
    assert records.log.verify().seq == 4
    with pytest.raises(CheckFailed, match="breaks at entry 6: the head noted earlier is no longer in it"):
        records.log.verify(noted)


def test_emptying_the_records_is_found_against_a_head_noted_before(
    records: Records, tamper: Callable[..., None]
) -> None:
    noted = records.log.verify()
    tamper(*(f"DELETE FROM {table}" for table in ("votes", "releases", "ledger", "runs", "log")))
    with pytest.raises(CheckFailed, match="breaks at entry 6"):
        records.log.verify(noted)


def test_a_chain_that_was_forged_anew_is_found_against_a_head_noted_before(
    records: Records, tamper: Callable[..., None]
) -> None:
    noted = records.log.verify()
    forged, previous = [], "0" * 64
    for entry in records.log.entries():
        body = {**entry.__dict__, "details": canonical_json(entry.details).decode(), "previous": previous}
        del body["hash"]
        body["actor"] = "eve" if entry.seq == 1 else entry.actor
        previous = sha256(canonical_json(body))
        forged.append(sa.update(LOG).where(LOG.c.seq == entry.seq).values(**body, hash=previous))
    tamper(*forged)
    assert records.log.verify().seq == 6
    with pytest.raises(CheckFailed, match="breaks at entry 6"):
        records.log.verify(noted)


def test_an_entry_that_was_forged_with_a_fitting_hash_shows_in_the_next(
    records: Records, tamper: Callable[..., None]
) -> None:
    entry = records.log.entries()[2]
    body = {**entry.__dict__, "details": "{}", "actor": "eve"}
    del body["hash"]
    tamper(sa.update(LOG).where(LOG.c.seq == 3).values(**body, hash=sha256(canonical_json(body))))
    with pytest.raises(CheckFailed, match="breaks at entry 4: it does not follow"):
        records.log.verify()


def test_an_entry_can_be_recomputed_without_this_code(records: Records) -> None:
    entry = records.log.entries()[1]
    ledger = records.ledger.entries()[0]
    row = {**ledger.__dict__, "logged": 2, "table": "ledger"}
    body = {**entry.__dict__, "details": json.dumps(entry.details, separators=(",", ":"))}
    del body["hash"]
    assert body["writes"] == sha256(json.dumps(row, sort_keys=True, separators=(",", ":")).encode())
    assert entry.hash == sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def test_the_log_goes_on_after_a_verified_head(records: Records) -> None:
    noted = records.log.verify()
    with records.step(actor=ANA, action=Action.REPORT_VIEWED, subject=RELEASE, details={"wörter": "größer"}):
        pass
    assert records.log.verify(noted).seq == 7
