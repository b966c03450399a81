"""What a resumed run refuses before it opens anything: names that are paths, and a folder that lost what it bought."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.policy.loading import load_policy, policy_digest
from gateway.raw.folder import RunFolder
from gateway.raw.run import ORDER, run
from gateway.records.database import Records
from gateway.records.log import Action
from gateway.records.runs import RunState
from gateway.settings import RawSettings
from gateway.vocabulary.errors import ArtefactFailed, Refused
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


def test_a_run_that_is_done_is_not_judged_again(records: Records, tmp_path: Path) -> None:
    reach(records, RunState.HANDED_OVER)
    folder = RunFolder(tmp_path / "runs" / RUN)
    with folder.locked():
        folder.measurements.mkdir()
        folder.synthetic.touch()  # killed in the midst of tidying
    with pytest.raises(Refused, match="is done"):
        resume(records, tmp_path)
    assert not folder.synthetic.exists()
