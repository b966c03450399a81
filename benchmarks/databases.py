"""How near whole synthetic databases come: the clinic's study and, where it is, CDNow, at epsilon 1, 2 and 5.

    python -m benchmarks databases [--seeds N] [--epsilon E ...] [--only NAME ...] [--way WAY ...]

Beside Gateway's own way stand two others with the same generator and budget. *rows cut*: each person's rows are cut to
k, the 90th percentile, and noise is made for k rows, as is usual. *independent*: the person's table and each other one
are learned for themselves, the budget's square divided as the plans say, and put beside each other. *floor* is what as
many persons drawn with replacement from the real ones come to: nothing can be nearer and mean it.

Distances are total variation, numbers in 20 equal-frequency bins of the real column, NULL a cell of its own: pc person
x row, n rows per person, nc n x row, cc pairs within a row (gap and day among them), kk kind -> next kind, gg gap ->
next gap, vv value -> next value of the same kind, kind by kind. *rows* is the synthetic number over the real one, p99
the same of the 99th percentile of a history's length in time; *asked* are the figures the project set itself. Every
run is a fresh process: seconds are wall time from real rows in memory to synthetic ones, and MB the process's peak.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.persons import CDNOW, Database, as_synthetic, bare, cdnow, clinic, of_persons, taken
from gateway import plugins
from gateway.privacy.budget import Budget
from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate import rebuilding
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.database import Counters, Kindred, TablePlan, in_memory, measure
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.histories import norm_cell
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows, histories
from gateway.raw.judge.relations import relations
from gateway.raw.judge.sketches import extent
from gateway.raw.rows import RawTable
from gateway.vocabulary.schema import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Term
    from gateway.raw.generate.histories import Coding
    from gateway.vocabulary.names import ColumnName, TableName

DELTA = 1e-6
SHOWN = ("n", "pc", "nc", "cc", "kk", "gg", "vv", "rows", "p99")
ASKED: dict[tuple[str, str], dict[float, dict[str, float]]] = {
    ("clinic", "lab"): {
        1.0: {"pc": 0.11, "cc": 0.10, "n": 0.05, "kk": 0.09, "vv": 0.18},
        2.0: {"pc": 0.08, "cc": 0.07, "n": 0.035, "kk": 0.06, "vv": 0.14},
        5.0: {"pc": 0.07, "cc": 0.06, "n": 0.025, "kk": 0.035, "vv": 0.12},
    },
    ("cdnow", "purchases"): {
        1.0: {"n": 0.01, "cc": 0.09, "gg": 0.14},
        2.0: {"n": 0.01, "cc": 0.08, "gg": 0.12},
        5.0: {"n": 0.01, "cc": 0.07, "gg": 0.11},
    },
}


def floor(database: Database, _epsilon: float, seed: int) -> SyntheticFamily:
    """Return as many persons, drawn with replacement."""
    persons = database.family.units.expose().num_rows
    return as_synthetic(of_persons(database.family, np.random.default_rng(seed).integers(0, persons, persons)))


def gateway_way(database: Database, epsilon: float, seed: int) -> SyntheticFamily:
    """Return what Gateway makes of the whole database."""
    family = derive(database.family, database.lineage)
    return _made(family, database.plans, in_memory(family, database.plans), epsilon, seed)


def rows_cut(database: Database, epsilon: float, seed: int) -> SyntheticFamily:
    """Return what comes of cutting every person's rows to k, at random, and of noise for k rows in one cell."""
    family, plans = database.family, dict(database.plans)
    random, owned, most = np.random.default_rng(seed), {}, {}
    for table, rows in family.owned.items():
        lengths = np.diff(rows.starts)
        k = int(np.quantile(lengths[lengths > 0], 0.9))
        owner = np.repeat(np.arange(len(lengths)), lengths)
        order = np.lexsort((random.random(len(owner)), owner))
        kept = np.sort(order[np.arange(len(owner)) - rows.starts[:-1][owner] < k])
        starts = np.append(0, np.cumsum(np.minimum(lengths, k)))
        owned[table] = OwnedRows(rows=taken(rows.rows, kept), starts=starts)
        plans[table] = dataclasses.replace(plans[table], most=k)
        most[table] = k
    family = derive(dataclasses.replace(family, owned=owned), database.lineage)
    counters = in_memory(family, plans)
    cut = Counters(unit=counters.unit, owned=lambda t: CutHistories(family, t, order=plans[t].order, most=most[t]))
    return _made(family, plans, cut, epsilon, seed)


class CutHistories(MemoryHistories):
    """Histories of at most ``most`` rows, with noise made for so many rows in one cell: nobody's norm is looked at."""

    def __init__(self, family: Family, table: TableName, *, order: ColumnName | None, most: int) -> None:
        """Count the rows of ``table``, which the caller has cut."""
        super().__init__(family, table, order=order)
        self._most = np.array([most**2], dtype=np.int64)

    def norms(self, coding: Coding, terms: Sequence[Term]) -> list[NDArray[np.int64]]:
        """Return that everybody's norm is the largest there can be."""
        answers = super().norms(coding, terms)
        for answer in answers:
            everybody = int(answer.sum())
            answer[:] = 0
            answer[int(norm_cell(self._most)[0])] = everybody
        return answers


def independent(database: Database, epsilon: float, seed: int) -> SyntheticFamily:
    """Return the person's table and every other one, each learned for itself, put beside each other.

    Parts of the budget's square as the plans share it: near enough what Gaussian noise composes to.
    """
    family, plans = database.family, database.plans
    total = sum(plan.share for plan in plans.values())
    part = {table: epsilon * (plan.share / total) ** 0.5 for table, plan in plans.items()}
    persons = family.units.expose().num_rows
    nothing = RawTable(Table(name=family.unit, columns=()), bare(persons))
    owned, units = {}, bare(persons)
    if family.units.table.columns:
        alone = dataclasses.replace(family, owned={}, owner_of={})
        units = _made(alone, plans, in_memory(alone, plans), part[family.unit], seed).units
    for kin in database.lineage.owned:
        # an owner without columns does not say when its time ends
        lineage = dataclasses.replace(database.lineage, owned=(dataclasses.replace(kin, until=None),))
        its = {
            family.unit: dataclasses.replace(plans[family.unit], domains={}),
            kin.table: dataclasses.replace(plans[kin.table], until=None),
        }
        child = dataclasses.replace(
            family, units=nothing, owned={kin.table: family.owned[kin.table]}, owner_of={kin.table: family.unit}
        )
        child = derive(child, lineage)
        made = _made(child, its, in_memory(child, its), part[kin.table], seed).owned[kin.table]
        # the tables came to different numbers of persons: the fewest are put together
        owned[kin.table] = made
    many = min([units.num_rows, *(len(rows.starts) - 1 for rows in owned.values())])
    return SyntheticFamily(
        units=units.slice(0, many) if units.num_columns else bare(many),
        owned={
            table: SyntheticRows(rows=rows.rows.slice(0, int(rows.starts[many])), starts=rows.starts[: many + 1])
            for table, rows in owned.items()
        },
    )


def _made(
    family: Family, plans: Mapping[TableName, TablePlan], counters: Counters, epsilon: float, seed: int
) -> SyntheticFamily:
    generator = plugins.load("gateway.raw.generate.generators", "pairwise")
    kindred = Kindred.of(family, {table: plans[table] for table in (family.unit, *family.owned)})
    measured = measure(kindred, counters, generator=generator, budget=Budget(epsilon, DELTA), progress=_quiet)
    fitted = rebuilding.fit(measured, kindred, generator=generator, progress=_quiet, seed=seed)
    return SyntheticFamily.of(fitted.sample(measured.rows, seed=seed, progress=_quiet))


def _quiet(_stage: str, _share: float) -> None:
    """Hear nothing."""


def figures(database: Database, synthetic: SyntheticFamily) -> dict[str, dict[str, float]]:
    """Return the figures of every owned table, by the names of ``SHOWN``."""
    real = database.family
    control = of_persons(real, np.arange(100))
    coded = histories(real, control, synthetic, lineage=database.lineage, columns=database.columns)
    found = {}
    for history in coded:
        each = relations(history)
        kind = database.plans[history.table].kind
        gap = history.rows.columns[-1]
        spans = extent(history)[2]
        p99 = [
            float(np.nanquantile(part, 0.99)) for part in (spans[: history.units[0]], spans[sum(history.units[:2]) :])
        ]
        shares = [history.rows.train / history.units[0], history.rows.synthetic / history.units[2]]
        people = history.units[2] / history.units[0]
        others = [value for name, value in each.following.items() if name not in (kind, gap)]
        found[str(history.table)] = {
            "n": each.rows,
            "pc": float(np.mean(list(each.owner.values()))) if each.owner else float("nan"),
            "nc": float(np.mean(list(each.number.values()))),
            "cc": each.within.mean_two_way if each.within else float("nan"),
            "kk": each.following[kind] if kind else float("nan"),
            "gg": each.following[gap],
            "vv": float(np.mean(others)) if others else float("nan"),
            "rows": shares[1] / shares[0] * people,
            "p99": p99[1] / p99[0],
        }
    return found


DATABASES = {"clinic": clinic, "cdnow": cdnow}
WAYS = {"floor": floor, "gateway": gateway_way, "rows cut": rows_cut, "independent": independent}


def run(name: str, way: str, epsilon: float, seed: int) -> tuple[dict[str, dict[str, float]], float, float]:
    """Return the figures of one run, its wall seconds and the peak memory of its process in MB."""
    database = DATABASES[name]()
    started = time.perf_counter()
    synthetic = WAYS[way](database, epsilon, seed)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures(database, synthetic), seconds, peak


def main(arguments: Sequence[str] = ()) -> int:
    """Print one line per table, way and epsilon: means over the seeds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks databases")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epsilon", type=float, nargs="+", default=[1.0, 2.0, 5.0])
    parser.add_argument("--only", nargs="+", choices=sorted(DATABASES), default=sorted(DATABASES))
    parser.add_argument("--way", nargs="+", choices=sorted(WAYS), default=list(WAYS))
    asked = parser.parse_args(arguments)
    for name in asked.only:
        if name == "cdnow" and not CDNOW.is_dir():
            print(f"benchmarks.databases: {CDNOW} is not there; cdnow is left out", flush=True)
            continue
        print(f"\n{name:12}{'way':13}{'eps':>5}" + "".join(f"{each:>8}" for each in SHOWN) + f"{'s':>7}{'MB':>7}")
        for epsilon in asked.epsilon:
            for way in asked.way:
                if way != "floor" or epsilon == asked.epsilon[0]:
                    _show(name, way, epsilon, asked.seeds)
            for (database, table), figure in ASKED.items():
                if database == name and epsilon in figure:
                    print(_line(table, "asked", epsilon, figure[epsilon]))
    return 0


def _show(name: str, way: str, epsilon: float, seeds: int) -> None:
    # a process of its own, so that nothing of one run is in the memory of the next
    context = multiprocessing.get_context("spawn")
    results = []
    for seed in range(1, seeds + 1):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                results.append(pool.submit(run, name, way, epsilon, seed).result())
            except Exception as error:  # noqa: BLE001 - one way that fails is named, and the others are run
                print(f"{name} {way} eps {epsilon} seed {seed} failed: {type(error).__name__}: {error}", flush=True)
    if not results:
        return
    cost = [statistics.median(each) for each in zip(*(result[1:] for result in results), strict=True)]
    for table in results[0][0]:
        mean = {each: statistics.fmean(result[0][table][each] for result in results) for each in SHOWN}
        print(_line(table, way, epsilon, mean) + f"{cost[0]:7.1f}{cost[1]:7.0f}", flush=True)


def _line(table: str, way: str, epsilon: float, found: Mapping[str, float]) -> str:
    cells = "".join(
        f"{found[each]:8.3f}" if found.get(each, np.nan) == found.get(each) else f"{'':8}" for each in SHOWN
    )
    return f"{table:12}{way:13}{epsilon:5g}{cells}"
