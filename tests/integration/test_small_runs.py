"""One small run, stopped where it matters: when it reads, what it makes only once, and what is told of real rows."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.policy.model import Policy
from gateway.raw import accepting, handover, making
from gateway.raw import run as running
from gateway.raw.folder import RunFolder
from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.verdict import Check, Judgement, Outcome
from gateway.records.database import Records
from gateway.records.ledger import Kind
from gateway.records.log import Action
from gateway.settings import RawSettings
from gateway.vocabulary.digest import sha256_file
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import RunId

POLICY = Policy.model_validate({
    "version": 1, "name": "small", "purpose": "to be looked at",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "one row, one person"},
    "budget": {"epsilon": 1.0}, "generate": {"generator": "independent"},
    "tables": {"people": {"treatment": "synthesize", "columns": {
        "id": {"role": "key", "treatment": "key"},
        "size": {"role": "none", "treatment": "learn", "domain": {"lowest": 0, "highest": 9}},
        "colour": {"role": "none", "treatment": "learn", "domain": {"values": ["red", "green", "blue"]}},
    }}},
})  # fmt: skip


class KilledError(Exception):
    """Stands for the end of the process: whatever was to come did not."""


def killed(*_: object, **__: object) -> Any:
    raise KilledError


@dataclass(frozen=True, kw_only=True)
class Place:
    """A source with a few hundred people, records, and a workspace."""

    folder: Path
    records: Records

    def run(self, *, resume: RunId | None = None) -> None:
        running.run(
            POLICY, records=self.records, settings=RawSettings(workspace=self.folder / "w", person="requester"),
            url=SecretStr(f"sqlite:///{self.folder}/source.db"), progress=lambda *_: None, resume=resume,
        )  # fmt: skip

    @property
    def name(self) -> RunId:
        return self.records.runs.list()[0].run

    @property
    def files(self) -> RunFolder:
        return RunFolder(self.folder / "w" / "runs" / self.name)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    draw = random.Random(3)  # noqa: S311 - rows of nobody
    rows = [(key, draw.randrange(10), draw.choice(["red", "green", "green", "blue"])) for key in range(300)]
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, colour TEXT NOT NULL)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
        connection.commit()
    with closing(Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))) as records:
        yield Place(folder=tmp_path, records=records)


def stopped(place: Place, monkeypatch: pytest.MonkeyPatch, where: object, what: str, **how: RunId) -> None:
    """Run until ``what`` is called, in the place of which the process ends."""
    with monkeypatch.context() as patch:
        patch.setattr(where, what, killed)
        with pytest.raises(KilledError):
            place.run(**how)


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_whole_budget_is_reserved_before_people_are_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(place, monkeypatch, making, "read")
    entries = [(entry.kind, entry.epsilon) for entry in place.records.ledger.entries()]
    assert entries == [(Kind.RESERVED, POLICY.budget.epsilon)]


def test_what_was_measured_and_is_not_on_record_yet_is_not_measured_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(place, monkeypatch, handover, "certify")
    before = digests(place.files.measurements)
    assert before
    assert [entry.kind for entry in place.records.ledger.entries()] == [Kind.RESERVED]
    stopped(place, monkeypatch, making, "draw", resume=place.name)
    assert digests(place.files.measurements) == before
    assert [entry.kind for entry in place.records.ledger.entries()] == [Kind.RESERVED, Kind.COMMITTED]


def test_what_the_acceptance_test_answered_is_not_asked_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(place, monkeypatch, accepting, "load")
    before = place.files.acceptance.read_bytes()
    stopped(place, monkeypatch, making, "judge", resume=place.name)
    assert place.files.acceptance.read_bytes() == before


def test_an_answer_of_the_acceptance_test_that_was_lost_is_not_asked_for_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(place, monkeypatch, making, "judge")
    place.files.acceptance.unlink()
    monkeypatch.setattr(accepting, "examine", killed)
    with pytest.raises(ArtefactFailed, match="cannot be asked again"):
        place.run(resume=place.name)


def test_the_acceptance_test_is_paid_for_with_the_measurements(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(place, monkeypatch, making, "draw")
    event = accepting.left(place.files.measurements).event.to_json()
    assert [each for each in place.records.ledger.entries()[-1].events or () if each == event] == [event]


def test_rows_follow_from_the_measurements_and_the_public_seed_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plans: list[making.Plan] = []
    plan: Callable[..., making.Plan] = making.plan
    monkeypatch.setattr(making, "plan", lambda *a, **k: plans.append(plan(*a, **k)) or plans[-1])
    stopped(place, monkeypatch, making, "judge")
    again = tmp_path / "again"
    again.mkdir()
    making.draw(plans[0], making.load(plans[0], place.files.measurements), again, lambda *_: None)
    assert digests(again) == digests(place.files.synthetic)


def test_the_log_tells_one_bit_of_what_the_judge_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check(
        name="one_way", question="?", comparison=Comparison.AT_MOST, needed=0.1, got=0.0417, outcome=Outcome.PASSED
    )
    found = Judgement(checks=(check,), attacks=(), distances={"mean_one_way": 0.0417})
    monkeypatch.setattr(making, "judge", lambda *_, **__: found)
    place.run()
    told = {entry.action: entry.details for entry in place.records.log.entries()}
    assert set(told[Action.JUDGED]) == {"passed"}
    names = {name for details in told.values() for name in details}
    assert names <= {"policy", "policy_digest", "epsilon", "delta", "passed", "release", "reached"}
    # what rests on real rows is in the release's report alone, and nothing of it stays in the run's folder
    assert not any(path.exists() for path in (place.files.report, place.files.synthetic, place.files.control))
