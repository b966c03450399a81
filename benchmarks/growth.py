"""Whether time and memory grow with the rows and no faster: the clinic, and as many persons times N.

    python -m benchmarks growth [--times N ...] [--epsilon E]

Persons are drawn with replacement from the clinic's, with all they own. Every size is a fresh process, and its peak
memory counts the real rows, which it holds. Seconds are those of the process's CPUs: counting under noise, fitting, and
drawing every row once; *ratio* is to the first size.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.databases import DELTA
from benchmarks.persons import clinic, of_persons
from gateway import plugins
from gateway.privacy.budget import Budget
from gateway.raw.generate import rebuilding
from gateway.raw.generate.database import Kindred, in_memory, measure
from gateway.raw.generate.deriving import derive

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES = ("count", "fit", "draw")
OPTIONS_FOR_ALL = ("--times", "1", "10")


def run(times: int, epsilon: float) -> tuple[dict[str, int], dict[str, float], float]:
    """Return real and drawn rows owned, CPU seconds of each stage, and the peak memory in MB."""
    database = clinic()
    persons = database.family.units.expose().num_rows
    chosen = np.sort(np.random.default_rng(1).integers(0, persons, times * persons)) if times > 1 else None
    raw = database.family if chosen is None else of_persons(database.family, chosen)
    family = derive(raw, database.lineage)
    kindred = Kindred.of(family, database.plans)
    generator = plugins.load("gateway.raw.generate.generators", "pairwise")
    marks = [time.process_time()]
    measured = measure(
        kindred, in_memory(family, database.plans), generator=generator, budget=Budget(epsilon, DELTA), progress=_quiet
    )
    marks.append(time.process_time())
    fitted = rebuilding.fit(measured, kindred, generator=generator, progress=_quiet)
    marks.append(time.process_time())
    # every portion is let go at once: what takes them writes them to files
    drawn = sum(part.rows.num_rows for part in fitted.sample(measured.rows, seed=1, progress=_quiet)) - measured.rows
    marks.append(time.process_time())
    rows = {"real": sum(owned.rows.expose().num_rows for owned in raw.owned.values()), "drawn": drawn}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return rows, dict(zip(STAGES, np.diff(marks).tolist(), strict=True)), peak


def _quiet(_stage: str, _share: float) -> None:
    """Hear nothing."""


def main(arguments: Sequence[str] = ()) -> int:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--epsilon", type=float, default=1.0)
    asked = parser.parse_args(arguments)
    print(f"{'times':>6}{'rows owned':>12}{'drawn':>12}" + "".join(f"{s:>8}" for s in (*STAGES, "all", "ratio", "MB")))
    first = 0.0
    for times in asked.times:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            rows, seconds, peak = pool.submit(run, times, asked.epsilon).result()
        whole = sum(seconds.values())
        first = first or whole
        print(
            f"{times:>6}{rows['real']:>12,}{rows['drawn']:>12,}"
            + "".join(f"{seconds[stage]:8.1f}" for stage in STAGES)
            + f"{whole:8.1f}{whole / first:8.1f}{peak:8.0f}",
            flush=True,
        )
    return 0
