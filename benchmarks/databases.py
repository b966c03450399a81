"""How near whole synthetic databases come: the clinic's study and, where it is, CDNow, at epsilon 1, 2 and 5.

    python -m benchmarks databases [--seeds N] [--epsilon E ...] [--only NAME ...] [--way WAY ...]

Beside Gateway's own way stand two others with the same generator and budget. *rows cut*: each person's rows are cut to
k, the median, and noise is made for k rows, as is usual. *independent*: the person's table and each other table are
learned for themselves, with equal parts of the budget's square, and put beside each other. *floor* is what as many
persons drawn with replacement from the real ones come to: nothing can be nearer and mean it.

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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gateway import plugins
from gateway.demo.people import study
from gateway.policy.lineage import Kin, Lineage
from gateway.policy.model import DomainClause
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
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Term
    from gateway.raw.generate.histories import Coding

CDNOW = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdnow"
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Database:
    """A real database with what its publisher would declare without looking at the rows."""

    name: str
    family: Family
    lineage: Lineage
    plans: Mapping[TableName, TablePlan]

    @property
    def columns(self) -> dict[TableName, list[ColumnName]]:
        """Return the learned columns of every table, for the judge."""
        return {table: list(plan.domains) for table, plan in self.plans.items()}


def clinic() -> Database:
    """Return the 17,549 patients of the study the demo is made of, their laboratory results and diagnoses, by day."""
    persons, results, events = study(1), study(2), study(3)
    unit, lab, diagnoses = TableName("patients"), TableName("lab"), TableName("diagnoses")
    domains = {
        unit: {"age": (0, 120), "male": (0, 1), "weight": (20, 250), "height": (100, 230), "bmi": (5, 100),
               "futime": (0, 8000), "status": (0, 1)},
        lab: {"days": (-18000, 8000), "test": None, "value": (0, 1000)},
        diagnoses: {"days": (-18000, 8000), "event": None},
    }  # fmt: skip
    kinds = {"weight": Kind.FLOAT, "bmi": Kind.FLOAT, "value": Kind.FLOAT, "test": Kind.TEXT, "event": Kind.TEXT}
    plans = {
        table: _plan(domains[table], share=share, order=order, kind=kind)
        for table, share, order, kind in (
            (unit, 0.3, None, None),
            (lab, 0.5, "days", "test"),
            (diagnoses, 0.2, "days", "event"),
        )
    }
    place = np.searchsorted(persons["id"], np.arange(persons["id"].max() + 1))
    persons = persons | {"bmi": np.round(persons["bmi"], 1)}
    return _database(
        "clinic",
        unit=RawTable(*_table(unit, persons, domains[unit], kinds)),
        owned={
            table: (_table(table, rows, domains[table], kinds), place[rows["id"]])
            for table, rows in ((lab, results), (diagnoses, events))
        },
        plans=plans,
    )


def cdnow(folder: Path = CDNOW) -> Database:
    """Return the 23,570 customers of CDNow, who have nothing but purchases: a date, a number of discs, an amount."""
    unit, bought = TableName("users"), TableName("purchases")
    users = np.sort(pq.read_table(folder / "users.parquet")["id"].to_numpy())
    rows = pq.read_table(folder / "purchases.parquet")
    domains = {"date": ("1997-01-01", "1998-06-30"), "cds": (0, 100), "amt": (0, 2000)}
    kinds = {"date": Kind.DATE, "amt": Kind.FLOAT}
    found = {name: rows[name].to_numpy() for name in ("date", "cds", "amt")}
    found["date"] = found["date"].astype("datetime64[D]")
    return _database(
        "cdnow",
        unit=RawTable(Table(name=unit, columns=()), pa.table({"user": users}).select([])),
        owned={bought: (_table(bought, found, domains, kinds), np.searchsorted(users, rows["users_id"].to_numpy()))},
        plans={unit: _plan({}, share=0.3), bought: _plan(domains, share=0.7, order="date", kind="cds")},
    )


def _plan(
    domains: Mapping[str, tuple[float | str, float | str] | None],
    *,
    share: float,
    order: str | None = None,
    kind: str | None = None,
) -> TablePlan:
    clauses = {
        ColumnName(name): None if ends is None else DomainClause(lowest=ends[0], highest=ends[1])
        for name, ends in domains.items()
    }
    at = None if order is None else ColumnName(order)
    return TablePlan(
        domains={name: clause for name, clause in clauses.items() if name != at},
        share=share,
        order=at,
        order_domain=None if at is None else clauses[at],
        kind=None if kind is None else ColumnName(kind),
        most=1 if at is None else 1000,
    )


def _table(
    name: TableName, rows: Mapping[str, NDArray[np.generic]], columns: Iterable[str], kinds: Mapping[str, Kind]
) -> tuple[Table, pa.Table]:
    held = tuple(Column(name=ColumnName(c), kind=kinds.get(c, Kind.INTEGER), native="") for c in columns)
    shape = Table(name=name, columns=held)
    arrays = [pa.array(rows[c], from_pandas=True).cast(shape.column(ColumnName(c)).arrow_type) for c in columns]
    return shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema())


def _database(
    name: str,
    *,
    unit: RawTable,
    owned: Mapping[TableName, tuple[tuple[Table, pa.Table], NDArray[np.int64]]],
    plans: Mapping[TableName, TablePlan],
) -> Database:
    units = unit.expose().num_rows
    children: dict[TableName, OwnedRows] = {}
    for table, ((shape, rows), owner) in owned.items():
        order = np.argsort(owner, kind="stable")
        starts = np.append(0, np.cumsum(np.bincount(owner, minlength=units)))
        children[table] = OwnedRows(rows=RawTable(shape, rows.take(pa.array(order))), starts=starts)
    above = unit.table.name
    kin = [
        Kin(table=table, owner=above, order=plans[table].order, kind=plans[table].kind, most=plans[table].most)
        for table in owned
    ]
    lineage = Lineage(unit=Kin(table=above), owned=tuple(kin), public=(), dropped=())
    family = Family(unit=above, units=unit, owned=children, owner_of=dict.fromkeys(owned, above))
    return Database(name=name, family=family, lineage=lineage, plans=plans)


def of_persons(family: Family, chosen: NDArray[np.int64]) -> Family:
    """Return these persons with all they own, in this order; one may come several times."""
    owned = {}
    for table, rows in family.owned.items():
        lengths = np.diff(rows.starts)[chosen]
        starts = np.append(0, np.cumsum(lengths))
        at = np.repeat(rows.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        owned[table] = OwnedRows(rows=_taken(rows.rows, at), starts=starts)
    return dataclasses.replace(family, units=_taken(family.units, chosen), owned=owned)


def _taken(rows: RawTable, at: NDArray[np.int64]) -> RawTable:
    # a table without columns keeps its number of rows only where it is sliced
    frame = rows.expose().take(pa.array(at)) if rows.table.columns else _bare(len(at))
    return RawTable(rows.table, frame)


def _bare(rows: int) -> pa.Table:
    return pa.table({"row": np.zeros(rows)}).select([])


def as_synthetic(family: Family) -> SyntheticFamily:
    """Return real rows as if they were synthetic ones, for what is nearest of all."""
    return SyntheticFamily(
        units=family.units.expose(),
        owned={table: SyntheticRows(rows=o.rows.expose(), starts=o.starts) for table, o in family.owned.items()},
    )


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
        k = int(np.median(lengths[lengths > 0]))
        owner = np.repeat(np.arange(len(lengths)), lengths)
        order = np.lexsort((random.random(len(owner)), owner))
        kept = np.sort(order[np.arange(len(owner)) - rows.starts[:-1][owner] < k])
        starts = np.append(0, np.cumsum(np.minimum(lengths, k)))
        owned[table] = OwnedRows(rows=_taken(rows.rows, kept), starts=starts)
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
    nothing = RawTable(Table(name=family.unit, columns=()), _bare(persons))
    owned, units = {}, _bare(persons)
    if family.units.table.columns:
        alone = dataclasses.replace(family, owned={}, owner_of={})
        units = _made(alone, plans, in_memory(alone, plans), part[family.unit], seed).units
    for kin in database.lineage.owned:
        lineage = dataclasses.replace(database.lineage, owned=(kin,))
        its = {family.unit: dataclasses.replace(plans[family.unit], domains={}), kin.table: plans[kin.table]}
        child = dataclasses.replace(
            family, units=nothing, owned={kin.table: family.owned[kin.table]}, owner_of={kin.table: family.unit}
        )
        child = derive(child, lineage)
        made = _made(child, its, in_memory(child, its), part[kin.table], seed).owned[kin.table]
        # the tables came to different numbers of persons: the fewest are put together
        owned[kin.table] = made
    many = min([units.num_rows, *(len(rows.starts) - 1 for rows in owned.values())])
    return SyntheticFamily(
        units=units.slice(0, many) if units.num_columns else _bare(many),
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
