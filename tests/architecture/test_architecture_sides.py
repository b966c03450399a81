"""The synthetic side runs without the raw side: refused when asked for, and not even there in the desk's image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gateway

HEAVY = ("gateway.raw", "torch", "opacus", "presidio_analyzer", "opendp", "faker", "spacy")


def python(code: str, *, cwd: Path | None = None, side: str = "synthetic") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GATEWAY_SIDE": side}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )


@pytest.mark.parametrize("module", ["gateway.raw", "gateway.raw.rows", "gateway.raw.run"])
def test_the_synthetic_side_refuses_to_import_the_raw_side(module: str) -> None:
    done = python(f"import {module}")
    assert done.returncode == 1
    assert "GATEWAY_SIDE=synthetic" in done.stderr


def test_the_raw_side_imports_where_no_side_is_set() -> None:
    assert python("import gateway.raw.rows", side="").returncode == 0


def test_the_command_line_loads_nothing_of_the_raw_side_until_it_is_asked_to_read() -> None:
    done = python(
        "import sys, json, gateway.cli.main; print(json.dumps(sorted(sys.modules)))",
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert [module for module in loaded if module.startswith(HEAVY)] == []


def test_the_desk_works_where_the_raw_side_was_removed(tmp_path: Path) -> None:
    house = Path(gateway.__file__).parent
    shutil.copytree(house, tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__", "raw", "demo"))
    environment = {**os.environ, "GATEWAY_SIDE": "synthetic", "PYTHONPATH": str(tmp_path)}
    where = "import gateway, pathlib; print(pathlib.Path(gateway.__file__).parent)"
    used = subprocess.run([sys.executable, "-c", where], capture_output=True, text=True, check=True, cwd=tmp_path,
                          env=environment).stdout.strip()  # fmt: skip
    assert used == str(tmp_path / "gateway")
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "releases", "list", "--format", "json"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
