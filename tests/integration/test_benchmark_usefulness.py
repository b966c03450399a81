import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers import environments, job, measured
from benchmarks.scoring import Scorer
from benchmarks.tables import BenchTable, Number, adult


def small_table(rows: int = 600) -> BenchTable:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "age": pd.array(rng.integers(17, 91, rows), dtype="Int64"),
            "rate": np.round(rng.random(rows) * 30, 2),
            "home": rng.choice(np.array(["own", "rent", None], dtype=object), rows),
        }
    )
    frame["late"] = np.where(frame["age"].to_numpy(float) + 10 * rng.random(rows) > 55, "yes", "no").astype(object)
    frame.loc[::7, "age"] = pd.NA
    return BenchTable(
        name="small", source="made up",
        numbers=(Number(name="age", low=17, high=90), Number(name="rate", low=0, high=30, scale=2)),
        texts=("home", "late"), target="late", positive=frozenset({"yes"}),
        train=frame.iloc[: rows // 2].reset_index(drop=True), test=frame.iloc[rows // 2 :].reset_index(drop=True),
    )  # fmt: skip


def official_scorer(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_adult", shared_data.parent / "bench" / "score_adult.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared_data
def test_our_split_and_distances_of_adult_are_those_of_the_official_scorer(shared_data: Path, tmp_path: Path) -> None:
    official, ours = official_scorer(shared_data), adult()
    train, test = official.split()
    assert len(ours.test) == len(test)
    categories = {c: sorted(pd.concat([train, test])[c].dropna().unique()) for c in train if c not in official.BOUNDS}
    synthetic = train.iloc[:3000].copy()
    synthetic["age"] = synthetic["age"].to_numpy()[::-1] + 3
    synthetic["workclass"] = synthetic["workclass"].where(synthetic.index % 5 > 0, "Unheard-of")
    synthetic.to_csv(tmp_path / "out.csv", index=False)
    real, sizes = official.codes(train, categories)
    rows, _ = official.codes(pd.read_csv(tmp_path / "out.csv"), categories)
    scorer = Scorer(ours)
    read = scorer.codes(ours.read(tmp_path / "out.csv"))
    assert np.array_equal(read, rows)
    assert scorer.sizes == sizes
    assert {k: round(v, 4) for k, v in scorer.distances(read).items()} == official.distances(real, rows, sizes)


def test_the_real_rows_are_at_no_distance_and_shuffled_ones_only_in_pairs() -> None:
    table = small_table()
    scorer = Scorer(table)
    assert set(scorer.distances(scorer.codes(table.train)).values()) == {0.0}
    rng = np.random.default_rng(1)
    shuffled = table.train.apply(lambda column: rng.permutation(column.to_numpy()))
    distances = scorer.distances(scorer.codes(shuffled))
    assert distances["tv1"] == 0
    assert distances["tv2"] > 0.1


@pytest.mark.parametrize(("low", "high", "scale"), [(1, 16, 0), (17, 90, 0), (0, 1_500_000, 0), (5, 36, 2)])
def test_a_number_made_from_a_public_bin_falls_into_that_bin_again(low: float, high: float, scale: int) -> None:
    codes = np.repeat(np.arange(job.cells(low, high, scale) + 1), 20)
    made = job.from_bins(codes, low, high, scale, np.random.default_rng(2))
    assert np.array_equal(job.to_bins(pd.Series(made), low, high, scale), codes)
    assert np.nanmin(made) >= low
    assert np.nanmax(made) <= high


def run_measured(tmp_path: Path, limit: str, code: str) -> dict:
    command = [sys.executable, "-I", measured.__file__, limit, str(tmp_path / "log"), sys.executable, "-c", code]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_memory_and_cpu_are_those_of_the_command_alone(tmp_path: Path) -> None:
    ballast = bytearray(300_000_000)  # this process is large, which must not show
    ballast[::4096] = b"x" * len(ballast[::4096])
    cost = run_measured(tmp_path, "30", "import time\nb = b'x' * 50_000_000\nwhile time.process_time() < 0.5: pass")
    assert cost["status"] == 0
    assert 0.5 <= cost["cpu"] < 4
    assert 50 <= cost["megabytes"] < 150


def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        f"import os, pathlib\nchild = os.fork() or os.execlp('sleep', 'sleep', '120')\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(child))\nos.waitpid(child, 0)"
    )
    limit = 1
    while not pid.exists():  # a busy machine may take longer than the limit to start the command at all
        cost = run_measured(tmp_path, str(limit), code)
        limit *= 4
    assert cost["status"] is None
    assert cost["seconds"] < 60
    deadline = time.monotonic() + 20
    while runs(int(pid.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(int(pid.read_text()))


def runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.is_file() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_pytorch_is_asked_for_before_what_would_bring_another() -> None:
    folder = Path(environments.__file__).parent
    torch, engine = "torch==2.13.0", "mostlyai-engine==2.7.3"
    assert environments.wishes((folder / "mostly.txt").read_text()) == ([torch, engine], ["torchvision", "torchaudio"])
    assert environments.wishes((folder / "dpmm.txt").read_text()) == (["dpmm==0.1.9"], [])
