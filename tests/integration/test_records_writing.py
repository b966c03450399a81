"""What can be written to the records, and what is refused: the same on SQLite and on PostgreSQL."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.privacy.budget import Budget
from gateway.privacy.events import DiscreteGaussianEvent, SelectionEvent
from gateway.records.database import Records, Step
from gateway.records.ledger import Kind
from gateway.records.log import Action
from gateway.records.releases import VOTED, ReleaseState
from gateway.records.runs import RunState
from gateway.vocabulary.errors import (
    BudgetRefused,
    CheckFailed,
    DecisionRefused,
    PublishRefused,
    RecordsFailed,
    Refused,
)
from gateway.vocabulary.names import Person, ReleaseId, RunId, SystemName, UnitName

ANA, BEN, CAT = Person("ana"), Person("ben"), Person("cat")
PATIENT, CLINIC = UnitName("patient"), SystemName("clinic")
RELEASE = ReleaseId("ab" * 32)
NOISE = DiscreteGaussianEvent(label="one-way patients.sex", sigma=5.0, cells=3).to_json()
SELECTION = SelectionEvent(label="domain patients.city", delta=4e-7).to_json()


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStr:
    if request.param == "sqlite":
        return SecretStr(f"sqlite:///{tmp_path}/new folder/records.db")
    return SecretStr(request.getfixturevalue("postgres_database")())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(url: SecretStr, clock: Clock) -> Iterator[Records]:
    with Records.open(url, clock=clock) as opened:
        yield opened


def write(records: Records, what: Callable[[Step], object], *, action: Action = Action.SCANNED) -> None:
    with records.step(actor=ANA, action=action, subject="test") as step:
        what(step)


def create(
    records: Records, run: str = "r1", *, unit: UnitName = PATIENT, requester: Person = ANA, policy: str = "p"
) -> RunId:
    name = RunId(run)
    with records.step(actor=requester, action=Action.RUN_CREATED, subject=run) as step:
        step.runs.create(name, policy=policy, policy_digest="d", source=CLINIC, unit=unit, requester=requester)
    return name


def reserve(records: Records, run: RunId, *, epsilon: float = 1.0, rho: float = 0.028, lifetime: float = 8.0) -> None:
    with records.step(actor=ANA, action=Action.BUDGET_RESERVED, subject=run, details={"epsilon": epsilon}) as step:
        step.ledger.reserve(
            run, unit=PATIENT, source=CLINIC, budget=Budget(epsilon, 1e-6), rho=rho, lifetime_epsilon=lifetime
        )


def candidate(records: Records, *, state: ReleaseState = ReleaseState.PENDING, needed: int = 1) -> ReleaseId:
    run = create(records, "handed")
    with records.step(actor=ANA, action=Action.HANDED_OVER, subject=RELEASE) as step:
        step.releases.add(
            RELEASE, run=run, policy="p", requester=ANA, state=state, approvals_needed=needed, approval_valid_days=14,
            expires="2026-06-01", target="sharing",
        )  # fmt: skip
    return RELEASE


def vote(
    records: Records, reviewer: Person, *, approve: bool = True, comment: str | None = None, digest: str = RELEASE
) -> None:
    with records.step(actor=reviewer, action=Action.APPROVED if approve else Action.REJECTED, subject=RELEASE) as step:
        step.releases.vote(RELEASE, reviewer=reviewer, approve=approve, comment=comment, digest=ReleaseId(digest))


def move(records: Records, state: ReleaseState) -> None:
    write(records, lambda step: step.releases.move(RELEASE, state), action=Action.PUBLISHED)


# --- runs


def test_a_run_passes_through_its_states_in_order(records: Records) -> None:
    run = create(records)
    for state in list(RunState)[1:-1]:
        write(records, lambda step, to=state: step.runs.advance(run, to))
    assert records.runs.get(run).state is RunState.HANDED_OVER
    assert [known.run for known in records.runs.list()] == [run]
    assert dt.datetime.fromisoformat(records.runs.get(run).created).tzinfo is not None


def test_a_state_that_does_not_follow_is_refused(records: Records) -> None:
    run = create(records)
    for state in set(RunState) - {RunState.RESERVED, RunState.FAILED}:
        with pytest.raises(Refused, match="is created and cannot become"):
            write(records, lambda step, to=state: step.runs.advance(run, to))
    assert records.runs.get(run).state is RunState.CREATED


def test_of_two_who_resume_one_run_the_second_is_refused(records: Records) -> None:
    run = create(records)
    write(records, lambda step: step.runs.advance(run, RunState.RESERVED))
    with pytest.raises(Refused, match="another process"):
        write(records, lambda step: step.runs.advance(run, RunState.RESERVED))


def test_a_failed_run_keeps_its_reason_and_never_goes_on(records: Records) -> None:
    run = create(records)
    write(records, lambda step: step.runs.fail(run, reason="SourceRefused"))
    assert records.runs.get(run).reason == "SourceRefused"
    for again in (lambda s: s.runs.advance(run, RunState.RESERVED), lambda s: s.runs.fail(run, reason="twice")):
        with pytest.raises(Refused, match="is failed"):
            write(records, again)


def test_a_run_is_created_once_and_an_unknown_one_is_refused(records: Records) -> None:
    run = create(records)
    with pytest.raises(Refused, match="already on record"):
        create(records)
    with pytest.raises(Refused, match="no run r9"):
        records.runs.get(RunId("r9"))
    with pytest.raises(Refused, match="no run r9"):
        write(records, lambda step: step.runs.advance(RunId("r9"), RunState.RESERVED))
    with pytest.raises(ValueError, match="fail"):
        write(records, lambda step: step.runs.advance(run, RunState.FAILED))


# --- ledger


def test_reservations_compose_and_are_never_refunded(records: Records) -> None:
    assert (records.ledger.spent(PATIENT, CLINIC).epsilon, records.ledger.left(PATIENT, CLINIC, 8.0)) == (0.0, 8.0)
    for number in range(4):
        run = create(records, f"r{number}")
        reserve(records, run)
        write(records, lambda step, run=run: step.runs.fail(run, reason="lost"))
    assert records.ledger.spent(PATIENT, CLINIC).epsilon == pytest.approx(2.209, abs=1e-3)
    assert records.ledger.left(PATIENT, CLINIC, 8.0) == pytest.approx(5.791, abs=1e-3)
    assert records.ledger.left(PATIENT, CLINIC, 2.0) == 0.0
    assert records.ledger.left(UnitName("nurse"), CLINIC, 8.0) == 8.0


def test_what_exceeds_the_lifetime_is_refused_and_leaves_no_trace(records: Records) -> None:
    reserve(records, create(records, "r1"), lifetime=1.0)
    run, head = create(records, "r2"), records.log.head()
    with pytest.raises(BudgetRefused, match="never refunded"):
        reserve(records, run, lifetime=1.0)
    assert len(records.ledger.entries()) == 1
    # the dearer head belongs to creating r2; the refusal left none
    assert records.log.head() == head


def test_two_policies_of_one_unit_share_its_lifetime(records: Records) -> None:
    reserve(records, create(records, "r1", policy="for research"), lifetime=1.0)
    with pytest.raises(BudgetRefused, match="lifetime total from 1"):
        reserve(records, create(records, "r2", policy="for teaching"), lifetime=1.0)


def test_no_lifetime_is_above_the_hard_stop(records: Records) -> None:
    with pytest.raises(BudgetRefused, match="above the 10 allowed"):
        reserve(records, create(records), epsilon=10.5, rho=50.0, lifetime=1000.0)


def test_a_run_reserves_once_and_only_for_its_own_unit_and_source(records: Records) -> None:
    run = create(records)
    reserve(records, run)
    with pytest.raises(Refused, match="reserved its budget already"):
        reserve(records, run)
    with pytest.raises(Refused, match="recorded for nurse"):
        reserve(records, create(records, "r2", unit=UnitName("nurse")))
    with pytest.raises(Refused, match="no run r9"):
        reserve(records, RunId("r9"))


def test_what_was_spent_is_recorded_once_beside_the_reservation(records: Records) -> None:
    run = create(records)
    reserve(records, run)
    spend = {"epsilon": 0.9, "delta": 1e-6, "rho": 0.027, "events": [NOISE, SELECTION]}
    write(records, lambda step: step.ledger.commit(run, **spend))
    reserved, committed = records.ledger.entries(PATIENT, CLINIC)
    assert (reserved.kind, committed.kind) == (Kind.RESERVED, Kind.COMMITTED)
    assert committed.events == (NOISE, SELECTION)
    assert committed.delta_selection == 4e-7
    assert records.ledger.spent(PATIENT, CLINIC).epsilon == 1.0
    with pytest.raises(Refused, match="must not measure again"):
        write(records, lambda step: step.ledger.commit(run, **spend))


def test_spending_above_the_reservation_is_found(records: Records) -> None:
    run = create(records)
    reserve(records, run)
    above = [("epsilon", 1.001), ("delta", 1.1e-6), ("rho", 0.0281), ("epsilon", float("nan")), ("rho", -1.0)]
    for figure, value in above:
        spend = {"epsilon": 1.0, "delta": 1e-6, "rho": 0.028, "events": [NOISE]} | {figure: value}
        with pytest.raises(CheckFailed, match=figure):
            write(records, lambda step, spend=spend: step.ledger.commit(run, **spend))
    assert [entry.kind for entry in records.ledger.entries()] == [Kind.RESERVED]


def test_selections_may_not_cost_more_than_was_kept_for_them(records: Records) -> None:
    run = create(records)
    reserve(records, run)
    greedy = SelectionEvent(label="domain", delta=6e-7).to_json()
    for events in ([greedy], [{"mechanism": "magic"}], [{"mechanism": "discrete_gaussian", "oops": 1}]):
        with pytest.raises(CheckFailed):
            write(records, lambda step, e=events: step.ledger.commit(run, epsilon=1, delta=1e-6, rho=0.028, events=e))


def test_nothing_is_spent_without_a_reservation(records: Records) -> None:
    run = create(records)
    with pytest.raises(Refused, match="reserve before reading"):
        write(records, lambda step: step.ledger.commit(run, epsilon=0.1, delta=1e-7, rho=0.01, events=[]))


# --- releases


def test_enough_approvals_approve_until_a_day_fixed_by_then(records: Records) -> None:
    candidate(records, needed=2)
    vote(records, BEN)
    assert records.releases.get(RELEASE).state is ReleaseState.PENDING
    vote(records, CAT, comment="fine")
    release = records.releases.get(RELEASE[:6])
    assert release.state is ReleaseState.APPROVED
    assert release.approved_until == "2026-03-15T12:00:00.000000+00:00"
    assert [(v.reviewer, v.approve, v.comment) for v in records.releases.votes(RELEASE)] == [
        (BEN, True, None),
        (CAT, True, "fine"),
    ]


def test_nobody_decides_on_their_own_request(records: Records) -> None:
    candidate(records)
    for name in ("ana", "Ana", " ANA ", "\uff21\uff2e\uff21"):
        for approve in (True, False):
            with pytest.raises(DecisionRefused, match="somebody else"):
                vote(records, Person(name), approve=approve, comment="because")


def test_one_rejection_with_its_comment_rejects(records: Records) -> None:
    candidate(records, needed=2)
    vote(records, BEN)
    for comment in (None, "", "  "):
        with pytest.raises(DecisionRefused, match="needs a comment"):
            vote(records, CAT, approve=False, comment=comment)
    vote(records, CAT, approve=False, comment="rare town")
    assert records.releases.get(RELEASE).state is ReleaseState.REJECTED


def test_a_reviewer_has_one_vote(records: Records) -> None:
    candidate(records, needed=2)
    vote(records, BEN)
    for again in ("ben", "Ben "):
        with pytest.raises(DecisionRefused, match="one vote each"):
            vote(records, Person(again))
    assert records.releases.get(RELEASE).state is ReleaseState.PENDING


def test_a_vote_binds_to_the_digest_and_needs_a_name(records: Records) -> None:
    candidate(records)
    with pytest.raises(DecisionRefused, match="digest differs"):
        vote(records, BEN, digest="cd" * 32)
    with pytest.raises(DecisionRefused, match="name of who"):
        vote(records, Person("  "))


def test_a_blocked_release_can_only_be_rejected(records: Records) -> None:
    candidate(records, state=ReleaseState.BLOCKED)
    with pytest.raises(DecisionRefused, match="a check failed"):
        vote(records, BEN)
    vote(records, BEN, approve=False, comment="leaks")
    assert records.releases.get(RELEASE).state is ReleaseState.REJECTED


def test_votes_alone_approve_and_reject(records: Records) -> None:
    candidate(records)
    for state in VOTED:
        with pytest.raises(DecisionRefused, match="by a vote"):
            move(records, state)


def test_an_approved_release_is_published_then_withdrawn_and_that_is_the_end(records: Records) -> None:
    candidate(records)
    vote(records, BEN)
    move(records, ReleaseState.PUBLISHED)
    move(records, ReleaseState.WITHDRAWN)
    assert [r.release for r in records.releases.list(ReleaseState.WITHDRAWN)] == [RELEASE]
    assert records.releases.list(ReleaseState.PUBLISHED) == []
    for state in set(ReleaseState) - VOTED:
        with pytest.raises(Refused, match="what can follow: nothing"):
            move(records, state)


def test_a_pending_release_moves_nowhere_without_votes(records: Records) -> None:
    candidate(records)
    for state in set(ReleaseState) - VOTED:
        with pytest.raises(Refused, match="is pending and cannot become"):
            move(records, state)


def test_a_lapsed_approval_publishes_nothing_and_can_be_asked_for_anew(records: Records, clock: Clock) -> None:
    candidate(records)
    vote(records, BEN)
    with pytest.raises(DecisionRefused, match="approved until"):
        move(records, ReleaseState.PENDING)
    clock.now += dt.timedelta(days=14)
    with pytest.raises(PublishRefused, match="lapsed"):
        move(records, ReleaseState.PUBLISHED)
    move(records, ReleaseState.PENDING)
    vote(records, BEN)
    assert [v.round for v in records.releases.votes(RELEASE)] == [1, 2]
    move(records, ReleaseState.PUBLISHED)


def test_an_expired_release_is_not_published(records: Records, clock: Clock) -> None:
    candidate(records)
    clock.now = dt.datetime(2026, 5, 31, tzinfo=dt.UTC)
    vote(records, BEN)
    clock.now = dt.datetime(2026, 6, 2, tzinfo=dt.UTC)
    with pytest.raises(PublishRefused, match="expired"):
        move(records, ReleaseState.PUBLISHED)


def test_a_release_is_found_by_an_unambiguous_beginning_only(records: Records) -> None:
    candidate(records)
    run = create(records, "r2")
    other = ReleaseId("abcd" + "0" * 60)
    write(records, lambda step: step.releases.add(
        other, run=run, policy="p", requester=ANA, state=ReleaseState.PENDING, approvals_needed=1,
        approval_valid_days=1, expires="2026-06-01", target="sharing",
    ))  # fmt: skip
    assert records.releases.get("abc").release == other
    for prefix, message in (("ab", "2 releases"), ("", "no release"), ("AB", "no release"), ("a%", "no release")):
        with pytest.raises(Refused, match=message):
            records.releases.get(prefix)


def test_a_release_belongs_to_whoever_asked_for_its_run(records: Records) -> None:
    create(records, "r1", requester=BEN)
    for run, state in (("r1", ReleaseState.PENDING), ("r9", ReleaseState.PENDING)):
        with pytest.raises(Refused, match="cannot hand it over"):
            write(records, lambda step, run=run, state=state: step.releases.add(
                RELEASE, run=RunId(run), policy="p", requester=ANA, state=state, approvals_needed=1,
                approval_valid_days=1, expires="2026-06-01", target="sharing",
            ))  # fmt: skip


# --- steps


def test_a_step_that_fails_leaves_nothing_and_passes_the_error_on(records: Records) -> None:
    run = create(records)
    head = records.log.head()

    class Broken(Exception):
        pass

    def breaks(step: Step) -> None:
        step.runs.advance(run, RunState.RESERVED)
        raise Broken

    with pytest.raises(Broken):
        write(records, breaks)
    assert records.runs.get(run).state is RunState.CREATED
    assert records.log.head() == head


def test_a_step_sees_what_it_has_written_and_others_do_not_yet(records: Records) -> None:
    with records.step(actor=ANA, action=Action.RUN_CREATED, subject="r1") as step:
        step.runs.create(RunId("r1"), policy="p", policy_digest="d", source=CLINIC, unit=PATIENT, requester=ANA)
        assert step.runs.get(RunId("r1")).state is RunState.CREATED
        assert records.runs.list() == []
    assert len(records.runs.list()) == 1


def test_nothing_is_written_after_a_step_or_inside_another(records: Records) -> None:
    with records.step(actor=ANA, action=Action.SCANNED, subject="x") as step:
        pass
    with pytest.raises(RecordsFailed, match="after its step"):
        step.runs.fail(RunId("r1"), reason="late")
    with (
        pytest.raises(RecordsFailed, match="inside another step"),
        records.step(actor=ANA, action=Action.SCANNED, subject="x"),
        records.step(actor=ANA, action=Action.SCANNED, subject="y"),
    ):
        pass


@pytest.mark.parametrize("text", ["nul\0", "half\ud800"])
def test_text_that_one_database_cannot_store_is_refused_by_both(records: Records, text: str) -> None:
    run = create(records)
    for what in (lambda s: s.runs.fail(run, reason=text), lambda s: s.runs.fail(run, reason=f"a{text}b")):
        with pytest.raises(RecordsFailed, match="NUL or half"):
            write(records, what)
    with (
        pytest.raises(RecordsFailed, match="NUL or half"),
        records.step(actor=ANA, action=Action.SCANNED, subject=text),
    ):
        pass


def test_details_that_are_no_json_are_refused_before_anything_is_done(records: Records) -> None:
    for details in ({"x": float("nan")}, {"x": object()}):
        with (
            pytest.raises((ValueError, TypeError)),
            records.step(actor=ANA, action=Action.SCANNED, subject="x", details=details),
        ):
            pytest.fail("the step began")
    assert records.log.head().seq == 0


def test_the_database_itself_holds_the_rules_that_matter_most(records: Records) -> None:
    """Whoever writes past this code meets the same refusals, in both databases."""
    candidate(records, needed=2)
    vote(records, BEN)
    reserve(records, create(records))
    engine = records._connections.engine
    with engine.begin() as connection:  # the statement is well formed, so what follows fails for a rule
        connection.exec_driver_sql(cast_vote("cat", "ana"))
        connection.rollback()
    for statement in [*FORBIDDEN, *FORBIDDEN_THERE[engine.dialect.name]]:
        assert breaks_a_rule(engine, statement), statement
    records.log.verify()


def breaks_a_rule(engine: sa.Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.IntegrityError:  # of a constraint or a trigger; a malformed statement is another error
        return True
    return False


def cast_vote(reviewer: str, requester: str, approve: str = "true", comment: str = "NULL") -> str:
    return f"INSERT INTO votes VALUES ('{RELEASE}', 1, '{reviewer}', '{requester}', {approve}, {comment}, 'now', 1)"


LEDGER_REST = "delta, rho, delta_selection, lifetime_epsilon, events, time, logged FROM ledger"
LOG_REST = "action, subject, details, writes, previous"
FORBIDDEN = [
    cast_vote("ana", "ana"),
    cast_vote(" ANA", "ana"),
    cast_vote("ana", "ben"),  # another requester beside it: the reference does not hold
    cast_vote("ben", "ana"),  # a second vote
    cast_vote("cat", "ana", "false"),
    cast_vote("cat", "ana", "false", "'  '"),
    "UPDATE log SET actor = 'eve'",
    "DELETE FROM log",
    "UPDATE ledger SET epsilon = 0.1",
    "DELETE FROM ledger WHERE seq = 1",
    "DELETE FROM votes",
    "UPDATE votes SET approve = true",
    "UPDATE releases SET requester = 'eve'",
    "UPDATE releases SET approvals_needed = 1",
    "UPDATE releases SET state = 'published'",
    "DELETE FROM releases",
    "UPDATE runs SET source = 'other'",
    "UPDATE runs SET state = 'elsewhere'",
    "DELETE FROM runs",
    f"INSERT INTO ledger SELECT 9, run, kind, source, unit, 0.1, {LEDGER_REST}",
    "INSERT INTO ledger VALUES (9, 'r9', 'reserved', 'clinic', 'patient', 1, 0.1, 0, 0, 8, NULL, 'now', 1)",
]
FORBIDDEN_THERE = {
    "postgresql": [f"TRUNCATE {table} CASCADE" for table in ("log", "ledger", "votes", "runs", "releases")],
    "sqlite": [
        f"INSERT OR REPLACE INTO log SELECT seq, time, 'eve', {LOG_REST}, hash FROM log",
        f"INSERT OR REPLACE INTO log SELECT 99, time, 'eve', {LOG_REST}, 'h' FROM log",
        f"INSERT OR REPLACE INTO ledger SELECT seq, run, kind, source, unit, 0.1, {LEDGER_REST}",
        "REPLACE INTO releases SELECT * FROM releases",
    ],
}
