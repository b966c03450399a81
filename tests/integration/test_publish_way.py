"""From a candidate in its folder to readers: the desk, the gate, publishing, and every place where it can be killed."""

from __future__ import annotations

import datetime as dt
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from gateway.policy.model import Policy
from gateway.records.database import Records
from gateway.records.log import Action
from gateway.records.releases import Release, ReleaseState, Vote
from gateway.release import bundle
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    AcceptanceReport,
    AttackReport,
    Check,
    Comparison,
    Outcome,
    PublicReport,
    PublicTable,
    StewardReport,
)
from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.approve.decision import FROM, Move, refusal
from gateway.synthetic.approve.desk import Desk
from gateway.synthetic.publish import gate, publishing
from gateway.synthetic.publish.targets.sqlite import SqliteTarget
from gateway.vocabulary.errors import (
    ArtefactFailed,
    CheckFailed,
    ConfigurationError,
    DecisionRefused,
    PublishRefused,
    Refused,
    TargetFailed,
)
from gateway.vocabulary.names import ColumnName, Person, ReleaseId, RunId, SystemName, TableName, UnitName
from gateway.vocabulary.schema import Column, Kind, Table

REQUESTER, STEWARD, OTHER = Person("rita"), Person("sam"), Person("olga")
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EVENT = {"mechanism": "discrete_gaussian", "label": "one-way people.name", "sigma": 10.0, "cells": 3}
TESTED = {"mechanism": "clipped_gaussian", "label": "acceptance test", "sigma": 70.0, "cells": 1, "clip": 1}
"""A fiftieth of the precision of both, as policies set aside if they say nothing."""
REPORT_FIGURES = (0.137, 0.291, 0.463, 0.571, 0.613, 0.731)


def policy(*, needed: int = 1, schema: str = "clinic", target: str = "shared") -> Policy:
    return Policy.model_validate(
        {
            "version": 1,
            "name": "clinic",
            "purpose": "teaching statistics",
            "source": {"name": "his", "url": "${SOURCE_URL}"},
            "unit": {"name": "patient", "table": "people", "key": ["id"], "meaning": "one patient and all of theirs"},
            "tables": {
                "people": {
                    "treatment": "synthesize",
                    "columns": {
                        "id": {"role": "key", "treatment": "key"},
                        "name": {"role": "direct", "treatment": "replace", "entity": "full_name"},
                        "ssn": {"role": "direct", "treatment": "drop", "reason": "nobody needs it"},
                    },
                },
                "staff": {"treatment": "drop", "reason": "not about patients"},
                "wards": {"treatment": "reference", "reason": "painted on the doors", "without": ["nurse"]},
            },
            "approvals": {"needed": needed, "valid_days": 14},
            "target": {"name": target, "url": "${TARGET_URL}", "schema": schema},
        }
    )


def people(*names: str, table: str = "people", columns: tuple[str, str] = ("id", "name")) -> SyntheticTable:
    shape = Table(
        name=TableName(table),
        columns=(
            Column(name=ColumnName(columns[0]), kind=Kind.INTEGER, native="int4", nullable=False),
            Column(name=ColumnName(columns[1]), kind=Kind.TEXT, native="text"),
        ),
        primary_key=(ColumnName(columns[0]),),
    )
    arrays = [pa.array(range(1, len(names) + 1), pa.int64()), pa.array(names, pa.string())]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def report(outcome: Outcome = Outcome.PASSED) -> StewardReport:
    rates = [Rate.of(figure) for figure in REPORT_FIGURES]
    interval = Interval(rate=rates[0], low=rates[1], high=rates[2])
    return StewardReport(
        checks=(
            Check(name="two_way", question="?", comparison=Comparison.AT_MOST, needed=rates[4], got=rates[3],
                  outcome=outcome),
        ),
        attacks=(
            AttackReport(attack="verbatim", targets=Count(count=417), rate=interval, control=interval,
                         baseline=interval, excess=interval),
        ),
        distances={"one_way": rates[5]},
    )  # fmt: skip


def with_one_not_run() -> StewardReport:
    """Return a report of which one check was not run and is said to have been accepted as such."""
    (check,) = report().checks
    return report().model_copy(
        update={"checks": (check, check.model_copy(update={"name": "shadow", "outcome": Outcome.NOT_RUN_ACCEPTED}))}
    )


def public(outcome: Outcome = Outcome.PASSED, *, high: float = 0.1, needed: float = 0.2) -> PublicReport:
    distance = Interval(rate=Rate.of(0.05), low=Rate.of(0.0), high=Rate.of(high))
    return PublicReport(
        tables=(PublicTable(table="people", rows=Count(count=2), copied=False),),
        acceptance=AcceptanceReport(
            distance=distance, needed=Rate.of(needed), outcome=outcome, compared=Count(count=1)
        ),
    )


def candidate(*names: str, **changes: Any) -> ReleaseCandidate:
    made = ReleaseCandidate(
        run="run-1",
        policy=policy(),
        tables=(people(*(names or ("Ada", "Bob"))),),
        certificate=Certificate(
            unit="patient", meaning="one patient and all of theirs", source="his", epsilon=0.75, delta=1e-6,
            events=(EVENT, TESTED), generator="pairwise", notes=("said",), sampling_seed=1, code_digest="0" * 64,
        ),
        report=report(),
        created=START.isoformat(),
        public=public(),
    )  # fmt: skip
    return replace(made, **changes)


@dataclass
class House:
    """Records, releases and a sharing database of one test, and a clock it can move."""

    folder: Path
    target: SecretStr
    now: dt.datetime = START
    opened: list[Records] = field(default_factory=list)

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    def clock(self) -> dt.datetime:
        return self.now

    def open(self) -> Records:
        url = SecretStr(f"sqlite:///{self.folder}/records.db")
        self.opened.append(Records.open(url, clock=self.clock))
        return self.opened[-1]

    def hand_over(self, made: ReleaseCandidate, *, state: ReleaseState = ReleaseState.PENDING) -> ReleaseId:
        release = bundle.write(made, self.releases)
        run = RunId(made.run)
        expires = (START + dt.timedelta(days=90)).date().isoformat()
        with self.records.step(actor=REQUESTER, action=Action.HANDED_OVER, subject=release) as step:
            if run not in {each.run for each in self.records.runs.list()}:
                step.runs.create(
                    run, policy="clinic", policy_digest="0", source=SystemName("his"), unit=UnitName("patient"),
                    requester=REQUESTER,
                )  # fmt: skip
            step.releases.add(
                release, run=run, policy=made.policy.name, requester=REQUESTER, state=state,
                approvals_needed=made.policy.approvals.needed, approval_valid_days=14, expires=expires,
                target=made.policy.target.name,
            )  # fmt: skip
        return release

    @property
    def records(self) -> Records:
        return self.opened[-1] if self.opened else self.open()

    def desk(self, person: Person) -> Desk:
        return Desk(self.records, self.releases, person, clock=self.clock)

    def approved(self, made: ReleaseCandidate) -> ReleaseId:
        release = self.hand_over(made)
        self.desk(STEWARD).approve(release)
        return release

    def publish(self, release: ReleaseId) -> None:
        publishing.publish(
            self.records, self.releases, release, target_url=self.target, person=STEWARD, clock=self.clock
        )

    def withdraw(self, release: ReleaseId) -> None:
        publishing.withdraw(self.records, self.releases, release, target_url=self.target, person=STEWARD)

    def state(self, release: ReleaseId) -> ReleaseState:
        return self.records.releases.get(release).state

    def shared(self, query: str = "SELECT name FROM people ORDER BY id") -> list[Any]:
        connection = sqlite3.connect(self.folder / "sharing.db")
        try:
            return [row[0] for row in connection.execute(query)]
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()

    def actions(self) -> list[str]:
        return [entry.action for entry in self.records.log.entries()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, SecretStr(f"sqlite:///{tmp_path}/sharing.db"))
    yield made
    for records in made.opened:
        records.close()


# the desk


def test_an_approved_release_reaches_its_readers(house: House) -> None:
    release = house.approved(candidate("Ada", "Bob"))
    house.publish(release)
    assert house.shared() == ["Ada", "Bob"]
    assert house.state(release) is ReleaseState.PUBLISHED
    assert house.actions() == ["handed_over", "approved", "published"]


def test_nobody_decides_on_their_own_request(house: House) -> None:
    release = house.hand_over(candidate())
    for name in ("rita", " RITA ", "Ｒita"):  # noqa: RUF001 - a wide letter is the same person
        with pytest.raises(DecisionRefused, match="somebody else"):
            house.desk(Person(name)).approve(release)
    assert house.state(release) is ReleaseState.PENDING


def test_two_approvals_come_from_two_people_and_hide_until_voted(house: House) -> None:
    release = house.hand_over(candidate(policy=policy(needed=2)))
    assert house.desk(STEWARD).approve(release, "fine") is ReleaseState.PENDING
    with pytest.raises(DecisionRefused, match="one vote each"):
        house.desk(STEWARD).approve(release)
    with pytest.raises(PublishRefused, match=r"1\. it is pending"):
        house.publish(release)
    seen = house.desk(OTHER).show(release)
    assert (seen.votes, seen.votes_cast) == ((), 1)
    assert [vote.comment for vote in house.desk(STEWARD).show(release).votes] == ["fine"]
    assert house.desk(OTHER).approve(release) is ReleaseState.APPROVED
    assert len(house.desk(OTHER).show(release).votes) == 2


def test_every_look_at_a_report_is_on_record(house: House) -> None:
    release = house.hand_over(candidate())
    seen = house.desk(STEWARD).show(release[:8])
    assert seen.candidate == candidate()
    assert set(seen.refusals) == {Move.PUBLISH, Move.WITHDRAW, Move.REOPEN}
    last = list(house.records.log.entries())[-1]
    assert (last.actor, last.action, last.subject) == (STEWARD, "report_viewed", release)


def test_a_rejection_needs_a_reason_and_ends_it(house: House) -> None:
    release = house.hand_over(candidate())
    with pytest.raises(DecisionRefused, match="say what has to change"):
        house.desk(STEWARD).reject(release, "  ")
    assert house.desk(STEWARD).reject(release, "too coarse") is ReleaseState.REJECTED
    with pytest.raises(DecisionRefused, match="rejected"):
        house.desk(OTHER).approve(release)
    with pytest.raises(PublishRefused):
        house.publish(release)
    assert house.shared() == []


def test_a_changed_candidate_is_not_approved_and_can_be_rejected(house: House) -> None:
    release = house.hand_over(candidate())
    (house.releases / release / "policy.json").write_bytes(b"{}")
    with pytest.raises(ArtefactFailed, match=r"policy\.json"):
        house.desk(STEWARD).approve(release)
    assert house.desk(STEWARD).reject(release, "damaged") is ReleaseState.REJECTED


def test_the_queue_tells_what_waits_for_whom(house: House) -> None:
    blocked = house.hand_over(candidate("a", report=report(Outcome.FAILED)), state=ReleaseState.BLOCKED)
    pending = house.hand_over(candidate("b"))
    approved = house.approved(candidate("c"))
    published = house.approved(candidate("d"))
    house.publish(published)
    mine, theirs = house.desk(STEWARD).queue(), house.desk(REQUESTER).queue()
    assert [each.release for each in mine.to_decide] == [pending]
    assert [each.release for each in mine.waiting] == [blocked]
    assert [each.release for each in mine.to_publish] == [approved]
    assert [each.release for each in mine.published] == [published]
    assert theirs.to_decide == ()
    house.now += dt.timedelta(days=15)
    assert [each.release for each in house.desk(STEWARD).queue().lapsed] == [approved]


def test_a_lapsed_approval_is_asked_for_anew(house: House) -> None:
    release = house.approved(candidate())
    with pytest.raises(DecisionRefused, match="publish it"):
        house.desk(STEWARD).reopen(release)
    house.now += dt.timedelta(days=15)
    with pytest.raises(PublishRefused, match=r"3\. its approval lapsed"):
        house.publish(release)
    assert house.desk(STEWARD).reopen(release) is ReleaseState.PENDING
    house.desk(STEWARD).approve(release)
    house.publish(release)
    assert house.shared() == ["Ada", "Bob"]
    assert house.actions()[-4:] == ["publish_refused", "approval_lapsed", "approved", "published"]


def test_the_tables_of_moves_are_total() -> None:
    assert set(FROM) == set(Move)
    for state in ReleaseState:
        release = _release(state=state)
        for move in Move:
            why = refusal(move, release, [], person=STEWARD, comment="because", now=START)
            if state not in FROM[move]:
                assert why is not None
                assert state in why


# the gate


def _release(**changes: Any) -> Release:
    values: dict[str, Any] = {
        "release": ReleaseId("a" * 64), "run": RunId("run-1"), "policy": "clinic", "requester": REQUESTER,
        "state": ReleaseState.APPROVED, "approvals_needed": 1, "approval_valid_days": 14, "round": 1,
        "approved_until": "2026-03-15T12:00:00+00:00", "expires": "2026-05-30", "target": "shared",
        "created": START.isoformat(), "changed": START.isoformat(),
    }  # fmt: skip
    return Release(**{**values, **changes})


def _vote(**changes: Any) -> Vote:
    values: dict[str, Any] = {
        "release": "a" * 64,
        "round": 1,
        "reviewer": STEWARD,
        "approve": True,
        "comment": None,
        "time": "",
    }
    return Vote(**{**values, **changes})


def _case(**changes: Any) -> gate.Case:
    values: dict[str, Any] = {
        "release": _release(), "votes": [_vote()], "digest": ReleaseId("a" * 64), "candidate": candidate(),
        "now": START,
    }  # fmt: skip
    return gate.Case(**{**values, **changes})


def _certified(**changes: Any) -> ReleaseCandidate:
    return candidate(certificate=candidate().certificate.model_copy(update=changes))


def _with_wards(*, public: dict[str, str] | None = None, columns: tuple[str, str] = ("id", "name")) -> ReleaseCandidate:
    said = {"wards": "painted on the doors"} if public is None else public
    return replace(_certified(public=said), tables=(people("Ada"), people("A1", table="wards", columns=columns)))


def test_the_gate_opens_for_what_keeps_every_condition() -> None:
    gate.check(_case())
    gate.check(_case(candidate=_with_wards()))
    gate.check(_case(release=_release(state=ReleaseState.PUBLISHED)))


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        *[
            (1, {"release": _release(state=state)})
            for state in ReleaseState
            if state not in (ReleaseState.APPROVED, ReleaseState.PUBLISHED)
        ],
        (2, {"votes": []}),
        (2, {"votes": [_vote(reviewer="RITA")]}),
        (2, {"votes": [_vote(round=2)]}),
        (2, {"votes": [_vote(), _vote(reviewer=OTHER, approve=False)]}),
        (2, {"votes": [_vote(), _vote(reviewer=" SAM")], "candidate": candidate(policy=policy(needed=2))}),
        (3, {"now": START + dt.timedelta(days=14)}),
        (3, {"release": _release(approved_until=None)}),
        (4, {"release": _release(expires="2026-02-28")}),
        (4, {"candidate": candidate(created="2025-11-30T00:00:00+00:00")}),
        (5, {"digest": ReleaseId("b" * 64)}),
        (5, {"release": _release(policy="other")}),
        (5, {"release": _release(run=RunId("run-2"))}),
        (6, {"candidate": candidate(report=report(Outcome.FAILED))}),
        (6, {"candidate": candidate(report=report(Outcome.COULD_NOT_RUN))}),
        (6, {"candidate": candidate(report=StewardReport(checks=(), attacks=(), distances={}))}),
        (6, {"candidate": candidate(report=with_one_not_run())}),
        (7, {"candidate": _certified(epsilon=1.01)}),
        (7, {"candidate": _certified(delta=1e-5)}),
        (7, {"candidate": _certified(unit="household")}),
        (7, {"candidate": _certified(source="other")}),
        (7, {"candidate": _certified(events=({**EVENT, "sigma": 1.0}, {**TESTED, "sigma": 7.0}))}),
        (7, {"candidate": _certified(events=({"mechanism": "trust me"},))}),
        (7, {"candidate": _certified(events=({"mechanism": "discrete_gaussian"},))}),
        (8, {"candidate": _certified(overrides={"people": {"name": "nobody said so"}})}),
        (8, {"candidate": candidate(tables=())}),
        (8, {"candidate": candidate(tables=(people("a"), people("b")))}),
        (8, {"candidate": candidate(tables=(people("a", table="staff"),))}),
        (8, {"candidate": candidate(tables=(people("a", table="unknown"),))}),
        (8, {"candidate": candidate(tables=(people("a", columns=("id", "ssn")),))}),
        (8, {"candidate": candidate(tables=(people("a", columns=("id", "unknown")),))}),
        (8, {"candidate": _with_wards(public={})}),
        (8, {"candidate": _with_wards(public={"wards": "another reason"})}),
        (8, {"candidate": _with_wards(columns=("id", "nurse"))}),
        (8, {"candidate": replace(_with_wards(), tables=(people("a", table="wards"),))}),
        (9, {"release": _release(target="elsewhere")}),
        (9, {"candidate": candidate(policy=policy(schema="pg_catalog"))}),
        (9, {"candidate": candidate(policy=policy(schema="Information_Schema"))}),
        (9, {"candidate": candidate(policy=policy(schema="public"))}),
        (10, {"candidate": candidate(public=None)}),
        (10, {"candidate": candidate(public=PublicReport(tables=()))}),
        (10, {"candidate": candidate(public=public(Outcome.FAILED))}),
        (10, {"candidate": candidate(public=public(Outcome.COULD_NOT_RUN))}),
        (10, {"candidate": candidate(public=public(high=0.201))}),
        (10, {"candidate": candidate(public=public(needed=0.3))}),
        (10, {"candidate": _certified(events=(EVENT,))}),
        (10, {"candidate": _certified(events=(EVENT, {**TESTED, "label": "another"}))}),
        (10, {"candidate": _certified(events=(EVENT, {**TESTED, "sigma": 80.0}))}),
        (10, {"candidate": _certified(events=(EVENT, {**TESTED, "sigma": 99.0}, {**TESTED, "sigma": 99.0}))}),
    ],
)
def test_the_gate_is_closed_by_each_condition_alone(number: int, changes: dict[str, Any]) -> None:
    with pytest.raises(PublishRefused) as caught:
        gate.check(_case(**changes))
    assert re.findall(r"(?<![\w.])(\d+)\. ", str(caught.value)) == [str(number)]


def test_a_gate_without_conditions_is_closed() -> None:
    with pytest.raises(PublishRefused, match="no conditions"):
        gate.check(_case(), conditions=())


def test_the_numbers_in_the_code_are_the_numbers_in_the_text() -> None:
    assert [each.__name__.split("_")[1] for each in gate.CONDITIONS] == [
        str(number) for number in range(1, len(gate.CONDITIONS) + 1)
    ]
    assert gate.__doc__ is not None
    assert len(re.findall(r"(?m)^\d+\. ", gate.__doc__)) == len(gate.CONDITIONS)


# publishing


def test_readers_are_told_which_table_is_public(house: House) -> None:
    house.publish(house.approved(_with_wards()))
    order = "FROM column_notes ORDER BY table_name, column_name"
    assert house.shared(f"SELECT table_name || ' ' || values_are {order}") == [
        "people fresh keys", "people invented: full_name",
        "wards public: copied as they are", "wards public: copied as they are",
    ]  # fmt: skip
    notes = house.shared(f"SELECT note {order}")
    assert all(note.startswith("SYNTHETIC") for note in notes)
    assert ["is public, and copied as it is. painted" in note for note in notes] == [False, False, True, True]
    info = house.shared("SELECT key || '=' || value FROM release_info")
    assert "wards is public=copied as it is: painted on the doors" in info
    assert "rows of wards=1" in info


def test_a_refused_publication_is_on_record_and_touches_nothing(house: House) -> None:
    release = house.hand_over(candidate())
    with pytest.raises(PublishRefused):
        house.publish(release)
    assert house.actions()[-1] == "publish_refused"
    assert not (house.folder / "sharing.db").exists()


def test_publishing_twice_is_publishing_once(house: House) -> None:
    release = house.approved(candidate())
    house.publish(release)
    house.now += dt.timedelta(days=30)  # its approval is long over; it is live all the same
    house.publish(release)
    assert house.actions().count("published") == 1


def test_the_next_release_supersedes_the_one_before(house: House) -> None:
    first, second = house.approved(candidate("old")), house.approved(candidate("new"))
    house.publish(first)
    house.publish(second)
    assert house.shared() == ["new"]
    assert (house.state(first), house.state(second)) == (ReleaseState.SUPERSEDED, ReleaseState.PUBLISHED)
    assert [each.release for each in house.records.releases.list(ReleaseState.PUBLISHED)] == [second]
    assert "old" not in house.shared("SELECT name FROM sqlite_master")


def test_a_withdrawn_release_is_gone_and_stays_on_record(house: House) -> None:
    release = house.approved(candidate())
    house.publish(release)
    house.withdraw(release)
    assert house.shared() == []
    assert house.state(release) is ReleaseState.WITHDRAWN
    with pytest.raises(Refused, match="nothing to withdraw"):
        house.withdraw(release)
    with pytest.raises(PublishRefused):
        house.publish(release)


def test_nothing_of_the_stewards_report_reaches_readers(house: House) -> None:
    house.publish(house.approved(candidate()))
    connection = sqlite3.connect(house.folder / "sharing.db")
    everything = "\n".join(connection.iterdump())
    connection.close()
    told = dict(
        zip(house.shared("SELECT key FROM release_info"), house.shared("SELECT value FROM release_info"), strict=True)
    )
    assert told["epsilon"] == "0.75"
    assert told["epsilon means"].endswith("68 % sure")
    assert told["rows of people"] == "2"
    assert told["expires"] == "2026-05-30"
    for figure in REPORT_FIGURES:
        assert str(figure) not in everything
        assert f"{100 * figure:.1f}" not in everything
    for word in ("417", "verbatim", "two_way"):
        assert word not in everything


def test_a_damaged_candidate_is_not_published(house: House) -> None:
    release = house.approved(candidate())
    (house.releases / release / "tables" / "0000.parquet").write_bytes(b"other")
    with pytest.raises(ArtefactFailed, match="0000"):
        house.publish(release)
    assert house.state(release) is ReleaseState.APPROVED


def test_a_target_that_fails_leaves_the_old_release_and_can_be_tried_again(house: House) -> None:
    first, second = house.approved(candidate("old")), house.approved(candidate("new"))
    house.publish(first)
    blocker = sqlite3.connect(house.folder / "sharing.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    patience, SqliteTarget.patience = SqliteTarget.patience, 0.05
    try:
        with pytest.raises(TargetFailed, match="SQLITE_BUSY"):
            house.publish(second)
    finally:
        SqliteTarget.patience = patience
        blocker.close()
    assert (house.shared(), house.state(second)) == (["old"], ReleaseState.APPROVED)
    house.publish(second)
    assert house.shared() == ["new"]


def test_a_vote_against_it_while_it_loads_keeps_it_from_readers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    release = house.approved(candidate())
    verify = SqliteTarget.verify

    def verify_slowly(self: SqliteTarget, *arguments: Any) -> None:
        verify(self, *arguments)
        house.desk(OTHER).reject(release, "stop")

    monkeypatch.setattr(SqliteTarget, "verify", verify_slowly)
    with pytest.raises(PublishRefused, match=r"1\. it is rejected"):
        house.publish(release)
    assert house.shared() == []


def test_a_vote_against_it_at_the_last_moment_takes_it_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    release = house.approved(candidate())
    switch = SqliteTarget.switch

    def vetoed_switch(self: SqliteTarget, *arguments: Any) -> None:
        switch(self, *arguments)
        house.desk(OTHER).reject(release, "stop")

    monkeypatch.setattr(SqliteTarget, "switch", vetoed_switch)
    with pytest.raises(Refused, match="rejected"):
        house.publish(release)
    assert house.shared() == []
    assert house.state(release) is ReleaseState.REJECTED


def _killed(house: House, release: ReleaseId, patch: Callable[[], None]) -> None:
    """Publish in a child process that ``patch`` makes kill itself somewhere on the way."""
    child = os.fork()
    if child == 0:
        try:
            patch()
            house.open()
            house.publish(release)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child was to be killed on the way"


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), 9)


def _instead_of(owner: Any, name: str) -> Callable[[], None]:
    return lambda: setattr(owner, name, _die)


def _after(owner: Any, name: str) -> Callable[[], None]:
    real = getattr(owner, name)

    def patched(*arguments: Any, **more: Any) -> None:
        real(*arguments, **more)
        _die()

    return lambda: setattr(owner, name, patched)


@pytest.mark.parametrize(
    ("patch", "live"),
    [
        (_instead_of(SqliteTarget, "stage"), ["old"]),
        (_after(SqliteTarget, "stage"), ["old"]),
        (_after(SqliteTarget, "verify"), ["old"]),
        (_instead_of(SqliteTarget, "switch"), ["old"]),
        (_after(SqliteTarget, "switch"), ["new"]),
        (_instead_of(publishing, "_record"), ["new"]),
    ],
)
def test_publishing_again_finishes_what_a_kill_interrupted(
    house: House, patch: Callable[[], None], live: list[str]
) -> None:
    first, second = house.approved(candidate("old")), house.approved(candidate("new"))
    house.publish(first)
    house.records.close()
    house.opened.clear()
    _killed(house, second, patch)
    assert house.shared() == live
    assert house.state(second) is ReleaseState.APPROVED
    house.publish(second)
    assert house.shared() == ["new"]
    assert (house.state(first), house.state(second)) == (ReleaseState.SUPERSEDED, ReleaseState.PUBLISHED)
    assert house.actions().count("published") == 2
    assert all(first[:12] not in name for name in house.shared("SELECT name FROM sqlite_master"))


def test_a_switched_release_that_was_never_recorded_can_be_withdrawn(house: House) -> None:
    release = house.approved(candidate())
    house.records.close()
    house.opened.clear()
    _killed(house, release, _after(SqliteTarget, "switch"))
    house.now += dt.timedelta(days=15)
    with pytest.raises(PublishRefused, match="lapsed"):
        house.publish(release)
    house.withdraw(release)
    assert house.shared() == []
    assert house.actions()[-1] == "withdrawn"


def test_tables_changed_after_the_switch_are_not_recorded_as_published(house: House) -> None:
    release = house.approved(candidate())
    house.records.close()
    house.opened.clear()
    _killed(house, release, _after(SqliteTarget, "switch"))
    connection = sqlite3.connect(house.folder / "sharing.db")
    with connection:
        connection.execute(f"UPDATE people__{release[:12]} SET name = 'Eve'")
    connection.close()
    with pytest.raises(CheckFailed, match="other cells"):
        house.publish(release)
    assert house.state(release) is ReleaseState.APPROVED


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "not a url hunter2", ""])
def test_an_unknown_target_is_a_matter_of_configuration(house: House, url: str) -> None:
    house.target = SecretStr(url)
    with pytest.raises(ConfigurationError) as caught:
        house.publish(house.approved(candidate()))
    assert "hunter2" not in str(caught.value)
