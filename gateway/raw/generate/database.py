"""Spend one budget on a whole database: the unit's rows by the policy's generator, then everything that is owned.

1. Every table gets its part of one schedule, from declared things alone.
2. The unit's row is measured with what it owns told in columns: how many rows, when the first, how long until the last.
3. Each owned table is measured as histories of its owner's rows, owners before what they own, so that what an owner is
   cut into is known, from noisy counts, when its histories are looked at.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.policy.model import DomainClause
from gateway.raw.family import first_name, left_name, rows_name, span_name
from gateway.raw.generate import history_measurements, physical, remembering
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.domain import Ranges, declared_of_histories
from gateway.raw.generate.generator import Task
from gateway.raw.generate.history_survey import LONGEST, Childhood
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Division, Part, division
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gateway.privacy.budget import Budget
    from gateway.privacy.events import Event
    from gateway.raw.family import Family
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.generator import Generator, Progress
    from gateway.raw.generate.histories import Cut, HistoryCounter
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.raw.generate.knowledge import Knowledge
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Schedule
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Table

COUNTED_ONE_BY_ONE = 64
"""Up to so many rows an owner's number of rows has a cell of its own; then there are four to an octave."""
ROWS_WEIGHT = 8.0
"""How many times as much as others the unit's numbers of owned rows matter, where units are few (``Task.weights``).

All that is owned hangs on them: an owner who is wrongly given k rows brings k of them along, and of a light tail that
noise hides all rows are lost.
"""
TIMES = 200
"""Cells of a time since another, on either side of 0."""
SHORTEST = 876_600
"""Cells get narrower down to this part of the longest: an hour of a century; or down to 1."""
MOST_OWNER_COLUMNS = 24
"""Owner's columns that histories are looked at by."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """What is declared of one synthesized table. Public."""

    domains: Mapping[ColumnName, DomainClause | None]
    """Columns to learn, but for the order and for what is told of owned rows."""
    share: float
    """Of the budget, relative to other tables."""
    knowledge: Knowledge | None = None
    order: ColumnName | None = None
    order_domain: DomainClause | None = None
    since: ColumnName | None = None
    until: ColumnName | None = None
    """The owner's column after which no row lies."""
    kind: ColumnName | None = None
    most: int = 1
    """Rows of one owner, at most."""
    once: bool = False
    """Whether an owner has each kind at most once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DatabaseMeasurements:
    """Everything that was bought with one budget. Differentially private as a whole: may be stored and shared."""

    unit: TableMeasurements
    owned: Mapping[TableName, HistoryMeasurements]
    """Owners first."""

    @property
    def events(self) -> tuple[Event, ...]:
        """Return exactly what was spent, on all tables."""
        return (*self.unit.events, *(event for each in self.owned.values() for event in each.events))

    @property
    def notes(self) -> tuple[str, ...]:
        """Return in words what was decided from noisy counts."""
        return (*self.unit.notes, *(note for each in self.owned.values() for note in each.notes))

    @property
    def rows(self) -> int:
        """Return the noisy number of units in training."""
        return self.unit.rows

    def save(self, folder: Path) -> None:
        """Write a folder for the unit's table and one for every owned one, numbered in their order."""
        self.unit.save(folder / "unit")
        for number, each in enumerate(self.owned.values()):
            each.save(folder / f"owned-{number:03d}")


def load(folder: Path, generator: Generator) -> DatabaseMeasurements:
    """Read back what ``DatabaseMeasurements.save`` wrote; ``ArtefactFailed`` when it is damaged.

    NOT checked: that no folder of an owned table is missing at the end; the caller knows which tables there are.
    """
    unit = generator.load(folder / "unit")
    if not isinstance(unit, TableMeasurements):
        raise Unsupported("whole databases need a generator that counts; use one such as `pairwise`")
    owned = [history_measurements.load(each) for each in sorted(folder.glob("owned-*"))]
    return DatabaseMeasurements(unit=unit, owned={each.table: each for each in owned})


@dataclass(frozen=True, kw_only=True)
class Counters:
    """Where exact counts come from."""

    unit: Counter
    owned: Callable[[TableName], HistoryCounter]


def in_memory(family: Family, plans: Mapping[TableName, TablePlan]) -> Counters:
    """Return counters over rows that were read."""
    return Counters(
        unit=MemoryCounter.of(family.units),
        owned=lambda table: MemoryHistories(family, table, order=plans[table].order),
    )


@dataclass(frozen=True, kw_only=True)
class Kindred:
    """The tables of one database as they are learned: shapes, plans, and who owns what. Declared, public."""

    unit: TableName
    shapes: Mapping[TableName, Table]
    """Columns as a family has them, told ones included; owners first."""
    owner_of: Mapping[TableName, TableName]
    plans: Mapping[TableName, TablePlan]
    acceptance: float = 0.0
    """Share of the budget that is left to the acceptance test."""

    @classmethod
    def of(cls, family: Family, plans: Mapping[TableName, TablePlan], *, acceptance: float = 0.0) -> Kindred:
        """Return the tables of ``family``: their shapes only."""
        shapes = {family.unit: family.units.table} | {name: owned.rows.table for name, owned in family.owned.items()}
        return cls(unit=family.unit, shapes=shapes, owner_of=family.owner_of, plans=plans, acceptance=acceptance)

    def children(self, table: TableName) -> list[TableName]:
        """Return what ``table`` owns itself."""
        return [child for child in self.shapes if self.owner_of.get(child) == table]

    def domains(self, table: TableName) -> dict[ColumnName, DomainClause | None]:
        """Return the columns of ``table`` to learn, those told of what it owns behind its own."""
        plan, shape = self.plans[table], self.shapes[table]
        own = {name: clause for name, clause in plan.domains.items() if name != plan.order}
        there = {column.name for column in shape.columns}
        told: dict[ColumnName, DomainClause | None] = {}
        for child in self.children(table):
            told |= self._told(child)
        return own | {name: clause for name, clause in told.items() if name in there}

    def _told(self, child: TableName) -> dict[ColumnName, DomainClause | None]:
        """Return the columns that tell an owner of its rows in ``child``, with the bounds that its period gives them.

        Of dates a span has a grid of its own, and so has a first time that is counted from another, see ``grids``.
        """
        plan, found = self.plans[child], period(self.plans[child], self.shapes[child])
        first = span = None
        if found is not None and found[0] < found[1]:
            lowest, highest = found
            first = DomainClause(lowest=lowest, highest=highest) if plan.since is None else None
            span = DomainClause(lowest=0, highest=highest - lowest)
        told = {rows_name(child): None, first_name(child): first, span_name(child): span, left_name(child): None}
        return {name: None if name in self._gridded(child) else clause for name, clause in told.items()}

    def grids(self, table: TableName) -> dict[ColumnName, Domain]:
        """Return the cells of what is told of the rows that ``table`` owns: functions of declared things."""
        found: dict[ColumnName, Domain] = {}
        for child in self.children(table):
            found |= self._gridded(child)
        return found

    def _gridded(self, child: TableName) -> dict[ColumnName, Domain]:
        plan = self.plans[child]
        found: dict[ColumnName, Domain] = {rows_name(child): count_grid(plan.most)}
        if plan.order is not None:
            kind = self.shapes[child].column(plan.order).kind
            declared_times = period(plan, self.shapes[child])
            longest = declared_times[1] - declared_times[0] if declared_times else LONGEST.get(kind, 0)
            if plan.until is not None and longest > 0:
                found[left_name(child)] = time_grid(kind, both=False, longest=longest)
            if kind in TEMPORAL_KINDS:
                found[span_name(child)] = time_grid(kind, both=False)
            if kind in TEMPORAL_KINDS and plan.since is not None:
                found[first_name(child)] = time_grid(kind, both=True)
        return found

    def task(self, budget: Budget, schedule: Schedule | None = None) -> Task:
        """Return the task for the unit's table."""
        return Task(
            domains=self.domains(self.unit),
            budget=budget,
            knowledge=self.plans[self.unit].knowledge,
            schedule=schedule,
            grids=self.grids(self.unit),
            weights={rows_name(child): ROWS_WEIGHT for child in self.children(self.unit)},
        )

    def childhood(self, table: TableName) -> Childhood:
        """Return the task for an owned table."""
        plan = self.plans[table]
        return Childhood(
            domains=self.domains(table),
            order=plan.order,
            kind=plan.kind,
            once=plan.once,
            grids=self.grids(table),
        )

    def looked_at(self, table: TableName) -> list[ColumnName]:
        """Return the columns of the owner that histories of ``table`` are looked at by: those told of itself first."""
        owner = self.owner_of[table]
        own = [n(table) for n in (rows_name, first_name, span_name)]
        # what is left follows from these and the end, which is a column of the owner
        names = [name for name in self.domains(owner) if name != left_name(table)]
        return [*(n for n in own if n in names), *(n for n in names if n not in own)][:MOST_OWNER_COLUMNS]

    def parts(self, generator: Generator, budget: Budget) -> list[Part]:
        """Return what will be asked of each table, the unit's first: from declared things alone."""
        unit = self.shapes[self.unit]
        of_unit = generator.part(unit, self.task(budget), share=self.plans[self.unit].share)
        return [
            dataclasses.replace(of_unit, compared=len(self.domains(self.unit))),
            *(self._part(table) for table in self.shapes if table != self.unit),
        ]

    def division(self, generator: Generator, budget: Budget) -> Division:
        """Return how ``budget`` is cut for the tables, the unit's first, and what is kept aside of it."""
        return division(budget, self.parts(generator, budget), acceptance=self.acceptance)

    def _part(self, table: TableName) -> Part:
        plan, shape, domains = self.plans[table], self.shapes[table], self.domains(table)
        grids = self.grids(table)
        unknown = [
            name
            for name, clause in domains.items()
            if name not in grids
            if declared_of_histories(shape.column(name), clause) is None and shape.column(name).kind in TEXT_KINDS
        ]
        # about as many terms as there are: each column with each of the owner's and with those before it
        wide = (len(domains) + 1) * (len(self.looked_at(table)) + len(domains) // 2 + 3) // 8
        # the gap is compared like a column; a table of keys alone has a figure that says nothing
        compared = max(1, len(domains) + (plan.order is not None))
        return Part(
            columns=max(len(domains), wide),
            searched=len(unknown),
            histories=True,
            compared=compared,
            share=plan.share,
        )


def time_grid(kind: Kind, *, both: bool, longest: int | None = None) -> Ranges:
    """Return the cells of times since another: 0, then ``TIMES`` of equal width by the logarithm; ``both`` ways.

    They reach to twice ``longest``, which for dates may be left out.
    """
    longest = longest or LONGEST[kind]
    shortest = max(1, longest // SHORTEST)
    edges = [int(edge) for edge in np.unique(np.floor(np.geomspace(shortest, longest, TIMES)).astype(np.int64))]
    if edges[0] > 1:
        edges.insert(0, 1)
    below = [1 - edge for edge in reversed(edges) if edge > 1] if both else []
    return Ranges(starts=(*below, 0, *edges), last=2 * longest, rest=True)


def period(plan: TablePlan, shape: Table) -> tuple[int, int] | None:
    """Return the first and the last time that is declared of the rows of ``shape``, if they are."""
    clause = plan.order_domain
    if plan.order is None or clause is None or clause.lowest is None or clause.highest is None:
        return None
    column = shape.column(plan.order)
    declared_of_histories(column, clause)  # refuses bounds of another kind than the column
    low, high = physical.declared(clause.lowest, column, up=True), physical.declared(clause.highest, column)
    by = 1_000_000 if column.kind is Kind.DATETIME else 1
    return int(-(-low // by)), int(high // by)


def count_grid(most: int) -> Ranges:
    """Return the cells of a number of rows: one for each up to ``COUNTED_ONE_BY_ONE``, then quarter octaves."""
    starts = list(range(min(most, COUNTED_ONE_BY_ONE) + 1))
    quarter = 4
    step = 1
    while (start := round(COUNTED_ONE_BY_ONE * 2 ** (step / quarter))) <= most:
        starts.append(start)
        step += 1
    return Ranges(starts=tuple(dict.fromkeys(starts)), last=most, rest=False)


def measure(
    kindred: Kindred,
    counters: Counters,
    *,
    generator: Generator,
    budget: Budget,
    progress: Progress,
    noise: Noise | None = None,
) -> DatabaseMeasurements:
    """Return noisy counts of all tables that cost all of ``budget`` together and no more.

    What ``kindred`` leaves to the acceptance test is not spent here. ``noise`` is for tests. ``ConfigurationError`` and
    ``Unsupported`` for declarations that do not fit the columns; no error depends on what the rows are.
    """
    unit_plan, *others = kindred.division(generator, budget).parts
    progress(f"measuring {kindred.unit}", 0.0)
    extra = {} if noise is None else {"noise": noise}
    unit = generator.measure(counters.unit, kindred.task(budget, unit_plan), progress, **extra)
    if not isinstance(unit, TableMeasurements):
        raise Unsupported("whole databases need a generator that counts; use one such as `pairwise`")
    owned: dict[TableName, HistoryMeasurements] = {}
    for table, plan in zip((name for name in kindred.shapes if name != kindred.unit), others, strict=True):
        progress(f"measuring {table}", 0.0)
        cuts, kind = _owner(kindred, table, unit, owned)
        owned[table] = remembering.remember(
            counters.owned(table),
            kindred.childhood(table),
            Meter(noise or DiscreteGaussian(), plan),
            owner=cuts,
            owner_kind=kind,
            progress=progress,
        )
    return DatabaseMeasurements(unit=unit, owned=owned)


def _owner(
    kindred: Kindred,
    table: TableName,
    unit: TableMeasurements,
    owned: Mapping[TableName, HistoryMeasurements],
) -> tuple[tuple[Cut, ...], int | None]:
    """Return the owner's columns in groups, from noisy counts of it; and which of them is its kind."""
    names = kindred.looked_at(table)
    owner = kindred.owner_of[table]
    if owner == kindred.unit:
        known = {each.column.name: (each, to) for each, to in zip(unit.columns, unit.bins, strict=True)}
        return remembering.owner_cuts([known[name] for name in names]), None
    columns = {column.column.name: column for column in owned[owner].columns}
    kind = kindred.plans[owner].kind
    if kind is not None:
        # what hangs on the kind can be cut where the kind is, and before it
        names = [kind, *(name for name in names if name != kind)]
    cuts = [remembering.grouped(columns[name]) for name in names]
    if kind is not None:
        cuts[0] = dataclasses.replace(columns[kind].cut)
    return tuple(cuts), None if kind is None else 0
