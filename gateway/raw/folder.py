"""Where one run keeps what it needs to resume: whole files or none, one process at a time, nobody else's eyes."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.vocabulary.errors import ArtefactFailed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class RunFolder:
    """The folder of one run. Mode 0700: besides noisy measurements it holds the secret that chose the control set."""

    def __init__(self, path: Path) -> None:
        """Remember ``path``; nothing is written before ``locked``."""
        self.path = path

    @property
    def measurements(self) -> Path:
        """Folder of the noisy measurements."""
        return self.path / "measurements"

    @property
    def synthetic(self) -> Path:
        """Folder of the sampled rows, one file for each table."""
        return self.path / "synthetic"

    @property
    def acceptance(self) -> Path:
        """File of what the private acceptance test answered."""
        return self.path / "acceptance.json"

    @property
    def report(self) -> Path:
        """File of the steward's report."""
        return self.path / "steward_report.json"

    @property
    def audit(self) -> Path:
        """File of what an audit found of exactly what this run does, where there was one."""
        return self.path / "audit.json"

    @property
    def control(self) -> Path:
        """File of the secret that decides who is held out."""
        return self.path / "control.key"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process; ``Refused`` when another one has it. A killed process leaves no lock."""
        with _disk(self.path):
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.path / "lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Refused(f"run {self.path.name} is being worked on by another process; wait for it") from None
            yield

    @contextmanager
    def written(self, target: Path) -> Iterator[Path]:
        """Yield a path to write a file or folder at; it becomes ``target`` when all of it is on disk, or never."""
        partial = target.with_name(target.name + ".partial")
        with _disk(target):
            _remove(partial)
            try:
                yield partial
                for path in (*partial.rglob("*"), partial):
                    _flush(path)
                partial.rename(target)
                _flush(target.parent)
            except BaseException:
                _remove(partial)
                raise

    def control_secret(self) -> bytes:
        """Return the 32 random bytes that decide who is held out, made once: a resumed run keeps its control."""
        if not self.control.exists():
            with self.written(self.control) as partial:
                partial.touch(mode=0o600)
                partial.write_bytes(secrets.token_bytes(32))
        return self.control.read_bytes()

    def tidy(self) -> None:
        """Remove what only the run needed: the control secret, the rows and the report. What was bought stays."""
        for path in (self.control, self.synthetic, self.report):
            _remove(path)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtefactFailed(
            f"cannot write {path.name} in {path.parent}: {os.strerror(error.errno) if error.errno else 'disk error'}. "
            "Nothing half-written was kept. Free space or permissions there, then resume the run."
        ) from None


def _flush(path: Path) -> None:
    """Ask the disk to keep a file, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
