"""How useful synthetic rows are, and what they cost: Gateway's generators beside peers that pip can install.

    python -m benchmarks usefulness [--peers] [--quick] [--seeds N] [--table NAME] [--only PATTERN] ...

Every run is a fresh process from a CSV file of real rows to a CSV file of synthetic ones, and all of it is measured:
imports, reading, fitting, writing; CPU seconds with children, peak memory of the largest process, one thread per
library so that CPU seconds compare. Lines are medians over the seeds, with the least and the greatest where they
differ. The figures are those of ``benchmarks/scoring.py``, the tables those of ``benchmarks/tables.py``.

All get the same: epsilon 1 and delta 1e-5 for the whole run, public bounds of numbers, no list of categories and no
bins. What a peer cannot find by itself, its module in ``benchmarks/peers/`` says and supplies; otherwise its defaults
hold. Seeds of peers are fixed where they take one. Gateway's noise cannot be seeded, only its sampling.

With ``--peers``, dpmm, smartnoise-synth and mostlyai-engine are installed on first use, each into an environment of its
own under ``.bench/``; a peer that cannot be installed is named with the reason. A run that fails or passes its time
limit is named too, and its remaining seeds on that table are left out.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import scoring
from benchmarks.peers import environments
from benchmarks.tables import tables
from gateway import plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.tables import BenchTable

OPTIONS_FOR_ALL = ("--peers",)
"""What is asked for when every benchmark runs."""
FLAGSHIP = "pairwise"
"""The generator that is also run with a declared target, and without declared bounds."""
PEERS = {
    "dpmm": ("mst", "privbayes"),
    "smartnoise": ("mst", "dpctgan"),
    "mostly": ("argn",),
}
"""Environment and module of each peer, with the variants that are run."""
YARDSTICK = "dpmm mst"
QUICK_ROWS = 2_000
WARM_UP_ROWS = 500
ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One line of the table: a module of ``benchmarks.peers``, the Python it runs under, and which of its variants."""

    name: str
    module: str
    variant: str
    python: Path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run came to."""

    table: str
    contender: str
    seed: int
    tv1: float
    tv2: float
    tv3: float
    auc: float
    f1: float
    cpu: float
    seconds: float
    megabytes: float


class Failed(Exception):
    """A run gave no rows; the text says why."""


def main(options: Sequence[str] = ()) -> None:
    """Run the contenders on the tables, one table after the other; see the module for the options."""
    asked = _options(options)
    loaders = {name: load for name, load in tables().items() if not asked.table or name in asked.table}
    if "adult" not in tables():
        print("Adult is left out: the shared data folder is not beside the checkout")
    print(f"classifier: {scoring.classifier()}")
    contenders = [each for each in _contenders(asked) if fnmatch.fnmatch(each.name, asked.only)]
    runs = []
    for number, load in enumerate(loaders.values()):
        table = load()
        if number == 0:
            _warm_up(table.first(WARM_UP_ROWS), [each for each in contenders if each.module == "gateway"], asked)
        runs += _compare(table.first(asked.rows), contenders, asked)
    environments.FOLDER.mkdir(exist_ok=True)
    kept = environments.FOLDER / "usefulness.json"
    kept.write_text(json.dumps([asdict(run) for run in runs], indent=1))
    print(f"\nevery run: {kept.relative_to(ROOT)}")


def _options(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks usefulness", description=main.__doc__)
    parser.add_argument("--peers", action="store_true", help="also run the peers, installing them on first use")
    parser.add_argument("--quick", action="store_true", help=f"one seed, {QUICK_ROWS:,} training rows, first table")
    parser.add_argument("--seeds", type=int, help="runs of each contender (default 5)")
    parser.add_argument("--rows", type=int, help="training rows (default all)")
    parser.add_argument("--table", action="append", choices=list(tables()), help="only this table; may be repeated")
    parser.add_argument("--only", default="*", help="only contenders of this name; * and ? stand for others")
    parser.add_argument("--epsilon", type=float, default=1.0)
    parser.add_argument("--delta", type=float, default=1e-5)
    parser.add_argument("--limit", type=float, default=900, help="seconds a run may take (default 900)")
    parser.add_argument("--logs", action="store_true", help="show what each run printed")
    asked = parser.parse_args(options)
    asked.seeds = asked.seeds or (1 if asked.quick else 5)
    if asked.quick:
        asked.rows = asked.rows or QUICK_ROWS
        asked.table = asked.table or [next(iter(tables()))]
    return asked


def _contenders(asked: argparse.Namespace) -> list[Contender]:
    """Return the references, Gateway's plugins and, if asked for, the peers that can be installed."""
    here = Path(sys.executable)
    found = [
        Contender(name=f"{variant} (not private)", module="reference", variant=variant, python=here)
        for variant in ("bootstrap", "independent")
    ]
    own = [*plugins.names("gateway.raw.generate.generators"), f"{FLAGSHIP}+target", f"{FLAGSHIP}-bounds"]
    found += [Contender(name=f"gateway {name}", module="gateway", variant=name, python=here) for name in own]
    for peer, variants in PEERS.items() if asked.peers else ():
        names = [f"{peer} {variant}" for variant in variants]
        if not any(fnmatch.fnmatch(name, asked.only) for name in names):
            continue
        try:
            python = environments.interpreter(peer)
        except environments.CannotInstall as reason:
            print(f"{peer} is left out, it cannot be installed here: {reason}")
            continue
        found += [Contender(name=f"{peer} {each}", module=peer, variant=each, python=python) for each in variants]
    return found


def _warm_up(table: BenchTable, contenders: Sequence[Contender], asked: argparse.Namespace) -> None:
    """Run ``contenders`` once on few rows, so that whatever is compiled on a first run is compiled, and print its cost.

    Kernels are kept on disk: the measured runs load them, as all runs but a machine's first do.
    """
    with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder:
        table.train.to_csv(Path(folder) / "rows.csv", index=False)
        for contender in contenders:
            try:
                cost = _process(contender, table, 0, Path(folder), asked)
            except Failed as reason:
                print(f"  {contender.name}, first run on {WARM_UP_ROWS} rows: {reason}", flush=True)
                continue
            print(f"  {contender.name}, first run on {WARM_UP_ROWS} rows: {cost['cpu']:.1f} CPU-s", flush=True)


def _compare(table: BenchTable, contenders: Sequence[Contender], asked: argparse.Namespace) -> list[Run]:
    """Run all contenders on one table and print their lines."""
    scorer = scoring.Scorer(table)
    print(
        f"\n{table.name} ({table.source}): {len(table.train):,} rows to learn, {len(table.test):,} to test, "
        f"{len(table.numbers)} numbers and {len(table.texts)} texts, target {table.target}, "
        f"epsilon {asked.epsilon:g}, delta {asked.delta:g}, seeds {asked.seeds}"
    )
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder:
        table.train.to_csv(Path(folder) / "rows.csv", index=False)
        for contender in contenders:
            try:
                for seed in range(asked.seeds):
                    runs.append(_run(contender, scorer, seed, Path(folder), asked))
                    print(f"  {contender.name}, seed {seed}: {_short(runs[-1])}", flush=True)
            except Failed as reason:
                print(f"  {contender.name}, seed {seed}: left out, {reason}", flush=True)
    _print(table, scorer, runs)
    return runs


def _run(contender: Contender, scorer: scoring.Scorer, seed: int, folder: Path, asked: argparse.Namespace) -> Run:
    """Run ``contender`` once and score what it wrote; ``Failed`` when no rows come of it."""
    cost = _process(contender, scorer.table, seed, folder, asked)
    score = scorer.score(scorer.table.read(folder / "out.csv"))
    return Run(table=scorer.table.name, contender=contender.name, seed=seed, **asdict(score), **cost)


def _process(
    contender: Contender, table: BenchTable, seed: int, folder: Path, asked: argparse.Namespace
) -> dict[str, float]:
    """Run ``contender`` once in a fresh process, from rows.csv to out.csv in ``folder``; return what it cost."""
    job, out, log = folder / "job.json", folder / "out.csv", folder / "log.txt"
    out.unlink(missing_ok=True)
    told = {
        "rows": str(folder / "rows.csv"), "out": str(out), "texts": table.texts, "target": table.target,
        "numbers": {number.name: (number.low, number.high, number.scale) for number in table.numbers},
        "epsilon": asked.epsilon, "delta": asked.delta, "seed": seed, "variant": contender.variant,
    }  # fmt: skip
    job.write_text(json.dumps(told))
    command = [str(contender.python), "-P", "-m", f"benchmarks.peers.{contender.module}", str(job)]
    cost = _measured(command, folder, log, asked.limit)
    printed = log.read_text(errors="replace").strip()
    if asked.logs:
        print(printed)
    status = cost.pop("status")
    if status is None:
        raise Failed(f"the time limit of {asked.limit:g} s is over ({cost['cpu']:.0f} CPU-s used)")
    if status or not out.is_file():
        last = printed.splitlines()[-1] if printed else "nothing printed"
        raise Failed(f"ended with status {status}: {last}")
    return cost


def _measured(command: Sequence[str], folder: Path, log: Path, limit: float) -> dict[str, Any]:
    """Run ``command`` in ``folder`` through ``peers/measured.py`` and return what that prints."""
    launcher = [sys.executable, "-I", str(ROOT / "benchmarks" / "peers" / "measured.py"), str(limit), str(log)]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [*launcher, *command], env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def _print(table: BenchTable, scorer: scoring.Scorer, runs: Sequence[Run]) -> None:
    """Print the table of medians, cheapest way to read it: one line per contender."""
    ceiling = scorer.score(table.train)
    yardstick = [run.cpu for run in runs if run.contender == YARDSTICK]
    base = statistics.median(yardstick) if yardstick else None
    print(f"\n{'':<28}{'TV1':<21}{'TV2':<21}{'TV3':<21}{'AUC':<18}{'F1':<18}{'CPU-s':<20}MB")
    print(f"{'real rows (not private)':<28}{'0':<21}{'0':<21}{'0':<21}{ceiling.auc:<18.3f}{ceiling.f1:<18.3f}")
    for name in dict.fromkeys(run.contender for run in runs):
        own = [run for run in runs if run.contender == name]
        ratio = f"   {statistics.median(run.cpu for run in own) / base:.3f} of {YARDSTICK}" if base else ""
        print(f"{name:<28}{_line(own)}{ratio}")


def _line(runs: Sequence[Run]) -> str:
    """Return the medians of ``runs`` in columns, with least and greatest where there are several."""
    columns: tuple[tuple[Callable[[Run], float], str, int], ...] = (
        (lambda run: run.tv1, ".4f", 21),
        (lambda run: run.tv2, ".4f", 21),
        (lambda run: run.tv3, ".4f", 21),
        (lambda run: run.auc, ".3f", 18),
        (lambda run: run.f1, ".3f", 18),
        (lambda run: run.cpu, ".1f", 20),
        (lambda run: run.megabytes, ",.0f", 0),
    )
    return "".join(f"{_spread([figure(run) for run in runs], form):<{width}}" for figure, form, width in columns)


def _short(run: Run) -> str:
    return f"TV2 {run.tv2:.4f}, AUC {run.auc:.3f}, {run.cpu:.1f} CPU-s ({run.seconds:.1f} s elapsed)"


def _spread(values: Sequence[float], form: str) -> str:
    middle = f"{statistics.median(values):{form}}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):{form}}-{max(values):{form}})"


if __name__ == "__main__":
    main(sys.argv[1:])
