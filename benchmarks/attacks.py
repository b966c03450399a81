"""Time and figures of the judge's attacks: on Adult, beside anonymeter in the same run, and on a whole database.

    python -m benchmarks attacks [--quick]

Needs the folder `anonymeter_adult` (training, control and CTGAN rows as Parquet): its path is the first argument, or
`../shared/data/anonymeter_adult` beside the checkout. Four synthetic tables are attacked: the training rows themselves,
an independent real half, the same with 30 % training rows put in, and the CTGAN rows.

Then both suites run on the same three frames, every column a secret, each in a process of its own on one thread:
anonymeter with the sizes of its own notebook, and all of the judge's attacks that are played on one table, on a
quarter, a half and all of the rows, and on a million. The targets are at most 2,000 people of either kind, and outliers
beside them, however many rows there are; all rows are searched for each. With `--quick` there is no such comparison.

The database is the clinic's study (``benchmarks/persons.py``), of which half the patients with all they own are
trained on and a tenth are control. Attacked are the training patients, independent ones, the same with 5 % of the
training patients put in, and with the 80 training patients who have the most rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers import environments
from benchmarks.persons import as_synthetic, clinic, of_persons
from gateway import plugins
from gateway.raw.judge.attack import Arena, AttackResult, Interval
from gateway.raw.judge.database import arena_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ATTACKS = "gateway.raw.judge.attacks"
ROOT = Path(__file__).resolve().parents[1]
DEFAULT = ROOT.parent / "shared" / "data" / "anonymeter_adult"
OPTIONS_FOR_ALL = ("--quick",)
FILES = {
    "train": "adults_train_reconstructed.parquet",
    "control": "adults_control.parquet",
    "ctgan": "adults_syn_ctgan.parquet",
}
PUBLISHED = "anonymeter's notebook, CTGAN rows: singling out by one column .014 (0 to .034), by four .029 (0 to .138)"
SEED = 1
ROWS = 39_032
SIZES = (ROWS // 4, ROWS // 2, ROWS, 1_000_000)
WARM_UP = 2_000
"""Rows of a first run, in which the kernels are compiled, or loaded."""
PATIENCE = 1800
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


def main(options: Sequence[str] = ()) -> int:
    """Print one line per attack and synthetic table, and what both suites cost; 1 when the data is not there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks attacks", description=main.__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--quick", action="store_true", help="without anonymeter, and without growth")
    asked = parser.parse_args(options)
    folder: Path = asked.folder
    attack_database()
    missing = [file for file in FILES.values() if not (folder / file).is_file()]
    if missing:
        print(f"benchmarks.attacks: {folder} lacks {', '.join(missing)}; give the folder that holds them", flush=True)
        return 1
    frames = {name: pq.read_table(folder / file) for name, file in FILES.items()}
    frames = {name: frame.cast(frames["train"].schema) for name, frame in frames.items()}
    compiled = attack_all(arena(frames["train"], frames["control"], frames["train"]), show=False)
    print(f"first run, loading or compiling the kernels included: {compiled:.2f} CPU-s")
    for name, each in cases(frames).items():
        rows = f"{each.train.num_rows:,}/{each.control.num_rows:,}/{each.synthetic.num_rows:,} rows"
        print(f"\n{name} ({rows}, {len(each.columns)} columns)")
        print(f"  suite: {attack_all(each, show=True):.2f} CPU-s")
    print(f"\n{PUBLISHED}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, interpreter included")
    if not asked.quick:
        compare(folder)
    return 0


def compare(folder: Path) -> None:
    """Run the judge's suite on growing tables and anonymeter's on all rows, each in its own process; print a table."""
    print(f"\n{'suite':<28}{'training rows':>14}{'CPU-s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as out:
        at = Path(out)
        _suite(at, [sys.executable, "-P", "-m", "benchmarks.peers.judge", str(folder), "{out}", str(WARM_UP)])
        ours: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        for rows in SIZES:
            command = [sys.executable, "-P", "-m", "benchmarks.peers.judge", str(folder), "{out}", str(rows)]
            ours[rows] = _suite(at, command)
            _told("judge", rows, ours[rows][0])
        try:
            python = str(environments.interpreter("anonymeter"))
        except environments.CannotInstall as reason:
            print(f"anonymeter is left out, it cannot be installed here: {reason}")
            return
        cost, risks = _suite(at, [python, "-P", "-m", "benchmarks.peers.anonymeter", str(folder), "{out}"])
    _told("anonymeter", ROWS, cost)
    print(f"judge / anonymeter, CPU seconds: 1/{cost['cpu'] / ours[ROWS][0]['cpu']:.1f}, imports and reading included")
    for suite, found in (("judge", ours[ROWS][1]), ("anonymeter", risks)):
        print(f"\n{suite} on the CTGAN rows")
        for name, each in found.items():
            risk = f"{each['value']:7.3f} ({each['low']:.3f} to {each['high']:.3f})" if "value" in each else ""
            print(f"  {name:<32}{each['cpu']:8.2f} CPU-s   {risk}")


def _told(suite: str, rows: int, cost: dict[str, Any]) -> None:
    print(f"{suite:<28}{rows:>14,}{cost['cpu']:>9.1f}{cost['megabytes']:>9.0f}", flush=True)


def _suite(at: Path, command: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run one suite, which writes to the file in place of ``{out}``; return what it cost, and what it wrote."""
    out, log = at / "out.json", at / "log.txt"
    out.unlink(missing_ok=True)
    launcher = [sys.executable, "-I", str(ROOT / "benchmarks" / "peers" / "measured.py"), str(PATIENCE), str(log)]
    done = subprocess.run(
        [*launcher, *(str(out) if part == "{out}" else part for part in command)],
        env=os.environ | ONE_THREAD | {"PYTHONPATH": str(ROOT)}, cwd=at, capture_output=True, text=True, check=True,
    )  # fmt: skip
    cost: dict[str, Any] = json.loads(done.stdout)
    if cost["status"] or not out.is_file():
        said = log.read_text(errors="replace").strip().splitlines() or ["nothing printed"]
        raise SystemExit(f"benchmarks.attacks: a suite ended with status {cost['status']}: {said[-1]}")
    return cost, json.loads(out.read_text())


def cases(frames: dict[str, pa.Table]) -> dict[str, Arena]:
    """Return the four arenas, by name."""
    train, control = frames["train"], frames["control"]
    order = np.random.default_rng(SEED).permutation(train.num_rows)
    half = train.num_rows // 2
    ours, others = train.take(order[:half]), train.take(order[half:])
    leaked = pa.concat_tables([ours[: int(0.3 * half)], others[int(0.3 * half) :]])
    return {
        "leak: the training rows": arena(train, control, train),
        "independent real half": arena(ours, control, others),
        "30 % leaked": arena(ours, control, leaked),
        "CTGAN": arena(train, control, frames["ctgan"]),
    }


def arena(train: pa.Table, control: pa.Table, synthetic: pa.Table) -> Arena:
    """Return the arena of three frames, all columns learned."""
    columns = tuple(train.column_names)
    again = resampling(synthetic)
    return Arena(train=train, control=control, synthetic=synthetic, columns=columns, seed=SEED, redraw=again)


def resampling(rows: pa.Table) -> Callable[[int], pa.Table]:
    """Return what stands for drawing anew where there is no model: other samples of the synthetic rows."""
    return lambda seed: rows.take(np.random.default_rng(seed).integers(rows.num_rows, size=rows.num_rows))


def attack_all(target: Arena, *, show: bool) -> float:
    """Run all attacks, print their figures if asked to, and return the CPU seconds taken."""
    started = time.process_time()
    for name in plugins.names(ATTACKS):
        attack = plugins.load(ATTACKS, name)
        needs_histories = getattr(attack, "of_histories", False) and not target.histories
        if needs_histories or getattr(attack, "asked_by", ""):
            continue
        result: AttackResult = attack().run(target)
        for each in (result, *result.parts) if show else ():
            print(
                f"  {each.attack:44} {each.targets:6,} targets   hit {shown(each.rate)}   control {shown(each.control)}"
                f"   guess {each.baseline.value:.3f}   excess {shown(each.excess)}"
            )
    return time.process_time() - started


def attack_database() -> None:
    """Attack four synthetic versions of the clinic's study, patients with all they own."""
    database = clinic()
    everyone = database.family
    order = np.random.default_rng(SEED).permutation(everyone.units.expose().num_rows)
    half, tenth = len(order) // 2, len(order) // 10
    ours, held_out, others = order[:half], order[half : half + tenth], order[half + tenth :]
    rows = np.sum([np.diff(owned.starts) for owned in everyone.owned.values()], axis=0)
    largest = ours[np.argsort(-rows[ours], kind="stable")[:80]]
    copies = int(0.05 * half)
    made = {
        "leak: the training patients": ours,
        "independent patients": others,
        "5 % leaked": np.concatenate([others[copies:], ours[:copies]]),
        "the 80 largest histories leaked": np.concatenate([others[80:], largest]),
    }
    train, control = of_persons(everyone, ours), of_persons(everyone, held_out)
    for name, chosen in made.items():
        target = arena_of(
            train,
            control,
            as_synthetic(of_persons(everyone, chosen)),
            lineage=database.lineage,
            columns=database.columns,
            seed=SEED,
        )
        target = replace(target, redraw=resampling(target.synthetic))
        print(f"\nclinic: {name} ({half:,}/{tenth:,}/{len(chosen):,} patients)")
        print(f"  suite: {attack_all(target, show=True):.2f} CPU-s")


def shown(interval: Interval) -> str:
    """Return ``.123 (.100 to .150)``."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
