"""Made-up persons with visits and prescriptions, for tests of what reads or judges whole databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gateway.policy.lineage import Kin, Lineage
from gateway.raw.family import Family, OwnedRows
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.database import arena_of
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PERSONS, VISITS, DRUGS = TableName("persons"), TableName("visits"), TableName("drugs")
CANARY = "CANARY-7f3d"
"""Stands in every text."""
COLUMNS = {
    PERSONS: [ColumnName(name) for name in ("age", "sex", "city", "enrolled")],
    VISITS: [ColumnName(name) for name in ("day", "test", "value", "note")],
    DRUGS: [ColumnName(name) for name in ("drug", "dose")],
}
KINDS = {
    PERSONS: {"age": Kind.INTEGER, "sex": Kind.TEXT, "city": Kind.TEXT, "enrolled": Kind.DATE},
    VISITS: {"day": Kind.DATE, "test": Kind.TEXT, "value": Kind.FLOAT, "note": Kind.TEXT},
    DRUGS: {"drug": Kind.TEXT, "dose": Kind.INTEGER},
}
SHAPES = {
    table: Table(name=table, columns=tuple(Column(name=ColumnName(n), kind=k, native=k) for n, k in kinds.items()))
    for table, kinds in KINDS.items()
}
LINEAGE = Lineage(
    unit=Kin(table=PERSONS),
    owned=(
        Kin(
            table=VISITS, owner=PERSONS, order=ColumnName("day"), since=ColumnName("enrolled"), kind=ColumnName("test"),
            most=1000,
        ),
        Kin(table=DRUGS, owner=VISITS, most=10),
    ),
    public=(),
    dropped=(),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """A whole database in plain tables, owners first; rows of owner i are ``starts[i]:starts[i + 1]``."""

    persons: pa.Table
    visits: pa.Table
    visit_starts: NDArray[np.int64]
    drugs: pa.Table
    drug_starts: NDArray[np.int64]

    def __len__(self) -> int:
        """How many persons."""
        return int(self.persons.num_rows)

    def take(self, chosen: Sequence[int] | NDArray[np.int64]) -> People:
        """These persons with all they own, in this order; one may come several times."""
        chosen = np.asarray(chosen, dtype=np.int64)
        visits, visit_starts = _owned(self.visit_starts, chosen)
        drugs, drug_starts = _owned(self.drug_starts, visits)
        return People(
            persons=self.persons.take(pa.array(chosen)),
            visits=self.visits.take(pa.array(visits)),
            visit_starts=visit_starts,
            drugs=self.drugs.take(pa.array(drugs)),
            drug_starts=drug_starts,
        )

    def first(self, count: int) -> People:
        """The first persons."""
        return self.take(np.arange(count))

    def after(self, count: int) -> People:
        """All but the first persons."""
        return self.take(np.arange(count, len(self)))

    def family(self) -> Family:
        """As the raw side holds it."""
        owned = {
            VISITS: OwnedRows(rows=RawTable(SHAPES[VISITS], self.visits), starts=self.visit_starts),
            DRUGS: OwnedRows(rows=RawTable(SHAPES[DRUGS], self.drugs), starts=self.drug_starts),
        }
        return Family(
            unit=PERSONS,
            units=RawTable(SHAPES[PERSONS], self.persons),
            owned=owned,
            owner_of={VISITS: PERSONS, DRUGS: VISITS},
        )

    def synthetic(self) -> SyntheticFamily:
        """As the judge takes it."""
        owned = {
            VISITS: SyntheticRows(rows=self.visits, starts=self.visit_starts),
            DRUGS: SyntheticRows(rows=self.drugs, starts=self.drug_starts),
        }
        return SyntheticFamily(units=self.persons, owned=owned)


def people(count: int, *, seed: int) -> People:
    """Persons whose tables hang together: the old come oftener, values persist, drugs follow tests."""
    random = np.random.default_rng([20261122, seed])
    age = random.integers(18, 95, count)
    enrolled = random.integers(8000, 15000, count)
    many = np.minimum((random.pareto(1.3, count) * age / 20).astype(int), 150)
    visit_starts = np.append(0, np.cumsum(many))
    owner = np.repeat(np.arange(count), many)
    rows = len(owner)
    gap = random.integers(0, 3, rows) * random.integers(1, 200, rows)
    elapsed = np.cumsum(gap)
    before = np.append(0, elapsed)[visit_starts[:-1]][owner]
    level = random.normal(0, 1, count)[owner]
    test = random.integers(0, 6, rows)
    drugs_each = random.integers(0, 3, rows)
    drug = np.minimum(random.zipf(1.8, int(drugs_each.sum())), 30)
    value = np.round(100 + 10 * test + 15 * level + random.normal(0, 5, rows), 1)
    return People(
        persons=pa.table(
            {
                "age": age,
                "sex": pa.array(np.where(random.random(count) < 0.5, "f", "m"), mask=random.random(count) < 0.05),
                "city": [f"{CANARY} {i}" for i in np.minimum(random.zipf(1.7, count), 200)],
                "enrolled": pa.array(enrolled.astype(np.int32)).cast(pa.date32()),
            },
            schema=SHAPES[PERSONS].arrow_schema(),
        ),
        visits=pa.table(
            {
                "day": pa.array((enrolled[owner] + elapsed - before).astype(np.int32)).cast(pa.date32()),
                "test": [f"{CANARY} test {i}" for i in test],
                "value": pa.array(value, mask=random.random(rows) < 0.1),
                "note": pa.array(["O'Brien", '"; --', "", None, "👩‍⚕️"]).take(pa.array(random.integers(0, 5, rows))),
            },
            schema=SHAPES[VISITS].arrow_schema(),
        ),
        visit_starts=visit_starts,
        drugs=pa.table(
            {"drug": [f"{CANARY} drug {i}" for i in drug], "dose": random.integers(1, 9, len(drug)) * 50},
            schema=SHAPES[DRUGS].arrow_schema(),
        ),
        drug_starts=np.append(0, np.cumsum(drugs_each)),
    )  # fmt: skip


def joined(first: People, second: People) -> People:
    """Both one after the other."""

    def starts(which: Callable[[People], NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.append(0, np.cumsum(np.concatenate([np.diff(which(first)), np.diff(which(second))])))

    return People(
        persons=pa.concat_tables([first.persons, second.persons]),
        visits=pa.concat_tables([first.visits, second.visits]),
        visit_starts=starts(lambda each: each.visit_starts),
        drugs=pa.concat_tables([first.drugs, second.drugs]),
        drug_starts=starts(lambda each: each.drug_starts),
    )


def arena(train: People, control: People, synthetic: People, *, seed: int = 1) -> Arena:
    """What attacks may use."""
    return arena_of(
        train.family(), control.family(), synthetic.synthetic(), lineage=LINEAGE, columns=COLUMNS, seed=seed
    )


def leaking(share: float, *, train: int = 1500, control: int = 700, seed: int = 1) -> Arena:
    """A generator that copies a share of the persons it learned from, and draws the others afresh."""
    everyone = people(2 * train + control, seed=seed)
    copies = round(share * train)
    ours, held_out, others = (
        everyone.first(train),
        everyone.take(range(train, train + control)),
        everyone.after(train + control + copies),
    )
    return arena(ours, held_out, joined(others, ours.first(copies)), seed=seed)


def _owned(starts: NDArray[np.int64], owners: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    many = np.diff(starts)[owners]
    begin = np.append(0, np.cumsum(many))
    return np.repeat(starts[owners] - begin[:-1], many) + np.arange(begin[-1]), begin


def alone(visits: int, drugs: int) -> People:
    """One person unlike any other, with so many visits and at each so many drugs."""
    shape = people(1, seed=8)
    rows = visits * drugs
    return People(
        persons=shape.persons.set_column(0, shape.persons.schema.field(0), pa.array([10**9])),
        visits=pa.table(
            {
                "day": pa.array(np.arange(visits) * 400, pa.int32()).cast(pa.date32()),
                "test": [f"only one has test {at % 20}" for at in range(visits)],
                "value": [1e300] * visits, "note": [None] * visits,
            },
            schema=shape.visits.schema,
        ),
        visit_starts=np.array([0, visits]),
        drugs=pa.table(
            {"drug": [f"nobody else has {at}" for at in range(rows)], "dose": [-(2**62)] * rows},
            schema=shape.drugs.schema,
        ),
        drug_starts=np.arange(0, rows + 1, drugs) if drugs else np.zeros(visits + 1, dtype=np.int64),
    )  # fmt: skip
