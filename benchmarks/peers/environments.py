"""A virtual environment for each peer, made on first use under ``.bench/``: never the project's own.

``benchmarks/peers/NAME.txt`` lists every package of a peer with its version; its first line, a comment, says what to
install, and after the word ``without`` what to take out again: packages that the peer asks for and does not import, and
that do not load beside a PyTorch built for CPUs. PyTorch itself, where a peer needs it, is installed first and by its
version, since any later request for it could bring gigabytes of CUDA packages.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".bench"
PATIENCE = 1800
"""Seconds that installing may take."""


class CannotInstall(Exception):
    """A peer cannot be installed here; the text says why."""


def interpreter(peer: str) -> Path:
    """Return the Python of ``peer``'s environment, making it if need be; ``CannotInstall`` when that fails."""
    pins = Path(__file__).parent / f"{peer}.txt"
    folder = FOLDER / "environments" / peer
    python, stamp = folder / "bin" / "python", folder / "installed"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return python
    print(f"installing {peer} into {folder.relative_to(FOLDER.parent)} (once)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(folder))
    wanted, unwanted = wishes(pins.read_text())
    for each in wanted:
        _run(str(python), "-m", "pip", "install", "--quiet", "--constraint", str(pins), each)
    if unwanted:
        _run(str(python), "-m", "pip", "uninstall", "--quiet", "--yes", *unwanted)
    stamp.write_text(digest)
    return python


def wishes(pins: str) -> tuple[list[str], list[str]]:
    """Return what to install, in order (the pinned PyTorch, if any, comes first), and what to take out again."""
    lines = pins.splitlines()
    wanted, _, unwanted = lines[0].removeprefix("#").partition(" without ")
    return [line for line in lines if line.startswith("torch==")] + wanted.split(), unwanted.split()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"not installed within {PATIENCE} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise CannotInstall(said[-1] if said else f"{command[0]} ended with status {done.returncode}")
