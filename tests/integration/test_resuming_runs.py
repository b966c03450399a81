"""How runs are taken up: what a resumed one refuses before it opens anything, and what is said where one ended.

Refused are names that are paths, and a folder that lost what it bought.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.policy.loading import load_policy, policy_digest
from gateway.policy.model import Policy
from gateway.raw.folder import RunFolder
from gateway.raw.run import ORDER, run
from gateway.records.database import Records
from gateway.records.log import Action
from gateway.records.runs import RunState
from gateway.settings import RawSettings
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError, Refused, SourceFailed
from gateway.vocabulary.names import Person, RunId, SystemName, UnitName

POLICY = load_policy(Path(__file__).parents[2] / "policies" / "clinic.yaml")
RUN = RunId("0123456789ab")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))
    yield opened
    opened.close()


def resume(records: Records, workspace: Path, name: str = RUN) -> None:
    settings = RawSettings(workspace=workspace, person="requester")
    nowhere = SecretStr("sqlite:////nowhere/at/all.db")  # whoever gets as far as the source fails differently
    run(POLICY, records=records, settings=settings, url=nowhere, progress=lambda *_: None, resume=RunId(name))


def reach(records: Records, state: RunState) -> None:
    with records.step(actor=Person("requester"), action=Action.RUN_CREATED, subject=RUN, details={}) as step:
        step.runs.create(
            RUN, policy=POLICY.name, policy_digest=policy_digest(POLICY), source=SystemName(POLICY.source.name),
            unit=UnitName(POLICY.unit.name), requester=Person("requester"),
        )  # fmt: skip
        for each in ORDER[1 : ORDER.index(state) + 1]:
            step.runs.advance(RUN, each)


@pytest.mark.parametrize("name", ["../../outside", "unknown"])
def test_a_name_that_is_not_on_record_touches_no_disk(records: Records, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused, match="there is no run"):
        resume(records, tmp_path / "one" / "workspace", name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("state", [RunState.MEASURED, RunState.SAMPLED, RunState.JUDGED])
def test_a_run_that_lost_its_measurements_does_not_measure_again(
    records: Records, tmp_path: Path, state: RunState
) -> None:
    reach(records, state)
    folder = RunFolder(tmp_path / "runs" / RUN)
    with folder.locked():
        folder.control_secret()
    with pytest.raises(ArtefactFailed, match="start a new run"):
        resume(records, tmp_path)


@pytest.mark.parametrize("state", [RunState.RESERVED, RunState.MEASURED, RunState.JUDGED])
def test_a_run_that_lost_its_control_set_does_not_choose_another(
    records: Records, tmp_path: Path, state: RunState
) -> None:
    reach(records, state)
    folder = RunFolder(tmp_path / "runs" / RUN)
    with folder.locked():
        folder.measurements.mkdir()
    with pytest.raises(ArtefactFailed, match="start a new run"):
        resume(records, tmp_path)
    assert not folder.control.exists()


def held(tmp_path: Path, *, aside: bool) -> RunFolder:
    folder = RunFolder(tmp_path / "runs" / RUN)
    with folder.locked():
        folder.control_secret()
        folder.measurements.mkdir()
        if aside:
            (folder.measurements / "aside.json").write_text('{"sigma": 30.0, "figures": 4, "tables": 1}')
    return folder


@pytest.mark.parametrize("state", [RunState.RESERVED, RunState.MEASURED, RunState.SAMPLED, RunState.JUDGED])
def test_a_run_that_left_nothing_for_the_acceptance_test_says_so(
    records: Records, tmp_path: Path, state: RunState
) -> None:
    reach(records, state)
    held(tmp_path, aside=False)
    with pytest.raises(Refused, match="made no private acceptance test, and nothing of its budget is left"):
        resume(records, tmp_path)


@pytest.mark.parametrize("state", [RunState.SAMPLED, RunState.JUDGED])
def test_a_run_that_lost_the_answer_of_its_test_does_not_ask_again(
    records: Records, tmp_path: Path, state: RunState
) -> None:
    reach(records, state)
    held(tmp_path, aside=True)
    with pytest.raises(ArtefactFailed, match="cannot be asked again"):
        resume(records, tmp_path)


def test_a_run_that_only_measured_goes_on_to_its_test(records: Records, tmp_path: Path) -> None:
    reach(records, RunState.MEASURED)
    held(tmp_path, aside=True)
    with pytest.raises(SourceFailed):  # it got as far as the source
        resume(records, tmp_path)


def test_a_run_that_is_done_is_not_judged_again(records: Records, tmp_path: Path) -> None:
    reach(records, RunState.HANDED_OVER)
    folder = RunFolder(tmp_path / "runs" / RUN)
    with folder.locked():
        folder.measurements.mkdir()
        folder.synthetic.touch()  # killed in the midst of tidying
    with pytest.raises(Refused, match="is done"):
        resume(records, tmp_path)
    assert not folder.synthetic.exists()


EMPTY = Policy.model_validate({
    "version": 1, "name": "empty", "purpose": "to be refused",
    "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "one row, one person"},
    "budget": {"epsilon": 1.0, "reason": "never to be spent"},
    "tables": {"people": {"treatment": "synthesize", "columns": {"id": {"role": "key", "treatment": "key"}}}},
})  # fmt: skip


def test_declarations_that_do_not_fit_cost_nothing_and_say_so(records: Records, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")
        connection.commit()
    settings, url = RawSettings(workspace=tmp_path, person="requester"), SecretStr(f"sqlite:///{tmp_path}/source.db")
    with pytest.raises(ConfigurationError, match="no column to learn") as refused:
        run(EMPTY, records=records, settings=settings, url=url, progress=lambda *_: None)
    assert refused.value.__notes__ == ["Nothing was spent. Mend what is said above and start anew: gateway run POLICY"]
    assert not records.ledger.entries()
    assert [known.state for known in records.runs.list()] == [RunState.FAILED]


def test_a_source_that_is_not_there_may_be_tried_again(records: Records, tmp_path: Path) -> None:
    nowhere = SecretStr("sqlite:////nowhere/at/all.db")
    with pytest.raises(SourceFailed) as failed:
        run(EMPTY, records=records, settings=RawSettings(workspace=tmp_path, person="requester"), url=nowhere,
            progress=lambda *_: None)  # fmt: skip
    known = records.runs.list()[0]
    assert known.state is RunState.CREATED
    assert failed.value.__notes__ == [f"Nothing was spent yet. Resume with: gateway run POLICY --resume {known.run}"]
