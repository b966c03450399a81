"""A run's folder holds whole files or none, for one process at a time."""

import resource
import signal
from pathlib import Path

import pytest

from gateway.raw.folder import RunFolder
from gateway.vocabulary.errors import ArtefactFailed, Refused


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "run").mkdir()
    return RunFolder(tmp_path / "run")


def test_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "one")
    with folder.locked():
        assert folder.path.stat().st_mode & 0o077 == 0


def test_a_second_worker_is_refused_while_the_first_works(folder: RunFolder) -> None:
    # flock belongs to the open file, so another opening of it stands for another process
    with folder.locked():
        with pytest.raises(Refused, match="another process"), RunFolder(folder.path).locked():
            pass
        assert folder.path.exists()
    with RunFolder(folder.path).locked():
        pass


def test_a_file_that_fails_half_way_is_not_there(folder: RunFolder) -> None:
    with pytest.raises(RuntimeError), folder.written(folder.report) as partial:
        _fail_half_way(partial)
    assert list(folder.path.iterdir()) == []


def _fail_half_way(partial: Path) -> None:
    partial.write_text("half")
    raise RuntimeError


def test_a_full_disk_is_said_and_leaves_nothing(folder: RunFolder) -> None:
    # a limit on file size fails a write the way a full disk does, without needing one
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(ArtefactFailed, match="Free space"), folder.written(folder.report) as partial:
            partial.write_bytes(b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(folder.path.iterdir()) == []


def test_the_control_secret_is_made_once_and_is_private(folder: RunFolder) -> None:
    first = folder.control_secret()
    assert len(first) == 32
    assert folder.control_secret() == first
    assert (folder.path / "control.key").stat().st_mode & 0o077 == 0


def test_two_runs_hold_out_by_different_secrets(tmp_path: Path) -> None:
    secrets = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        secrets.add(RunFolder(tmp_path / name).control_secret())
    assert len(secrets) == 2


def test_what_only_the_run_needed_is_removed_and_the_measurements_stay(folder: RunFolder) -> None:
    folder.control_secret()
    folder.report.write_text("{}")
    folder.synthetic.write_text("x")
    folder.measurements.mkdir()
    folder.tidy()
    assert [path.name for path in folder.path.iterdir()] == ["measurements"]
