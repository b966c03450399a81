"""The databases that whole databases are judged on: the clinic's study, and CDNow where the shared data folder is.

Each comes with what its publisher would declare without looking at the rows: round bounds, orders, kinds and caps.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gateway.demo.people import study
from gateway.policy.lineage import Kin, Lineage
from gateway.policy.model import DomainClause
from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate.database import TablePlan
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

CDNOW = Path(__file__).resolve().parents[2] / "shared" / "data" / "cdnow"


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
        table: _plan(domains[table], share=share, order=order, kind=kind, until=until)
        for table, share, order, kind, until in (
            (unit, 0.3, None, None, None),
            (lab, 0.5, "days", "test", "futime"),
            (diagnoses, 0.2, "days", "event", "futime"),
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
    until: str | None = None,
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
        until=None if until is None else ColumnName(until),
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
        Kin(
            table=table,
            owner=above,
            order=plans[table].order,
            until=plans[table].until,
            kind=plans[table].kind,
            most=plans[table].most,
        )
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
        owned[table] = OwnedRows(rows=taken(rows.rows, at), starts=starts)
    return dataclasses.replace(family, units=taken(family.units, chosen), owned=owned)


def taken(rows: RawTable, at: NDArray[np.int64]) -> RawTable:
    """Return the rows at these places."""
    # a table without columns keeps its number of rows only where it is sliced
    frame = rows.expose().take(pa.array(at)) if rows.table.columns else bare(len(at))
    return RawTable(rows.table, frame)


def bare(rows: int) -> pa.Table:
    """Return a table of so many rows and no column."""
    return pa.table({"row": np.zeros(rows)}).select([])


def as_synthetic(family: Family) -> SyntheticFamily:
    """Return real rows as if they were synthetic ones, for what is nearest of all."""
    return SyntheticFamily(
        units=family.units.expose(),
        owned={table: SyntheticRows(rows=o.rows.expose(), starts=o.starts) for table, o in family.owned.items()},
    )
