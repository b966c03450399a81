"""What a run does with rows: plan from declared things, measure, draw and judge. Keeps no records.

A table alone (nothing owned, nothing public, nothing linked) is fitted and judged by the generator's and the judge's
shorter way. A database is measured table by table under one budget. Both are drawn into files piece by piece, and put
together from there.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.policy.lineage import lineage, shares
from gateway.policy.model import DomainClause
from gateway.privacy.budget import Budget
from gateway.raw import handover
from gateway.raw.connect.kinship import kinship
from gateway.raw.connect.owning import read_family
from gateway.raw.connect.public_rows import public_tables
from gateway.raw.generate import database
from gateway.raw.generate.assembly import (
    Assembly,
    learned_columns,
    published_schema,
    put_together,
)
from gateway.raw.generate.closing import key_plans
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.database import Counters, DatabaseMeasurements, Kindred, TablePlan
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.drawn import Drawn
from gateway.raw.generate.foreseeing import refuse_unkeepable
from gateway.raw.generate.identities import invent
from gateway.raw.generate.knowledge import declared_knowledge
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.narrowing import most_units
from gateway.raw.judge.database import judge_database
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.judge.remaking import Modeller, Remaker, drawer, roles_of, trainer
from gateway.vocabulary.checks import listed
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import TEXT_KINDS, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gateway.policy.lineage import Lineage
    from gateway.policy.model import Policy, TableClause
    from gateway.raw.connect.kinship import Kinship, Portrait
    from gateway.raw.connect.source import Snapshot
    from gateway.raw.family import Family
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.generator import Generator, Measurements
    from gateway.raw.generate.noise import Noise
    from gateway.raw.judge.verdict import Judgement
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.schema import Column, Reference, Table

    Progress = Callable[[str, float], None]

_SOME = 256
"""Rows that are invented without any reason but to see that their columns hold them."""
_ASKED = "asked.json"
"""What ``draw`` writes beside the tables: how many rows were drawn of each."""
_NEVER = 2.0**-100
"""A share of which a holdout sets nobody aside."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """What a run will do with which tables: from the catalogue, the policy and public rows, before a person's."""

    policy: Policy
    schema: Schema
    tree: Lineage
    public: Mapping[TableName, pa.Table]
    kinship: Kinship
    kindred: Kindred
    generator: Generator

    @cached_property
    def modeller(self) -> Modeller:
        """What makes models of measurements."""
        return Modeller(kindred=self.kindred, generator=self.generator, seed=self.seed)

    @property
    def is_alone(self) -> bool:
        """Whether there is the unit's table and nothing else, and nothing in it refers to anything."""
        return not (self.tree.owned or self.tree.public or self.tree.unit.links)

    @property
    def budget(self) -> Budget:
        """What may be spent."""
        return Budget(self.policy.budget.epsilon, self.policy.budget.delta)

    @property
    def key(self) -> tuple[ColumnName, ...]:
        """The columns that name one unit."""
        return tuple(ColumnName(name) for name in self.policy.unit.key)

    @property
    def published(self) -> tuple[Table, ...]:
        """The tables that are published, owners first."""
        tables = published_schema(self.schema, self.policy, self.tree).tables
        return tuple(replace(table, partial=()) for table in tables)

    @property
    def seed(self) -> int:
        """The public seed of sampling."""
        return self.policy.generate.seed


def plan(policy: Policy, snapshot: Snapshot, *, generator: Generator, progress: Progress) -> Plan:
    """Return what to do under ``policy`` with the tables of ``snapshot``, of which the public ones are read here.

    Raises ``ConfigurationError``, ``PolicyError`` and ``Unsupported`` for declarations that do not fit the source.
    """
    tree = lineage(policy, snapshot.schema)
    clauses = {TableName(name): clause for name, clause in policy.tables.items()}
    public = public_tables(snapshot, tree, clauses, progress=progress)
    kin = kinship(snapshot.schema, tree, clauses, public)
    found = Plan(
        policy=policy,
        schema=snapshot.schema,
        tree=tree,
        public=public,
        kinship=kin,
        kindred=Kindred.of(derive(kin.empty(), tree), _plans(policy, tree, kin), acceptance=policy.budget.acceptance),
        generator=generator,
    )
    unit = tree.unit.table
    if found.is_alone and not learned_columns(policy.tables[unit]):
        raise ConfigurationError(f"table {unit} has no column to learn, and nothing else is to be made; learn a column")
    return found


def rehearse(plan: Plan) -> None:
    """Do without rows what rows will go through, so that a declaration that does not fit its column costs no budget."""
    measure(plan, derive(plan.kinship.empty(), plan.tree), lambda _stage, _share: None)
    for name, keys in key_plans(Schema(tables=plan.published), plan.policy, plan.tree).items():
        _invent_some(plan.schema.table(name), plan.policy.tables[name], seed=plan.seed)
        refuse_unkeepable(keys, plan.policy.tables[name].columns, seed=plan.seed)
    empty = plan.kinship.empty()
    assembly = Assembly(plan.schema, policy=plan.policy, tree=plan.tree, public=plan.public, units=0, seed=plan.seed)
    for name, owned in empty.owned.items():
        assembly.grow(name, owned.starts)
    for portrait in (plan.kinship.unit, *plan.kinship.owned):
        for _ in assembly.finished(portrait.name, [empty.rows_of(portrait.name).expose()]):
            pass


def _invent_some(shape: Table, clause: TableClause, *, seed: int) -> None:
    """Invent a few of what is to be replaced: of no rows nobody sees that their numbers have too many digits."""
    entities = {
        ColumnName(name): column.entity
        for name, column in clause.columns.items()
        if column.treatment is Treatment.REPLACE and column.entity is not None
    }
    # whether there is room for as many different ones as there are rows is another matter
    invent(entities, replace(shape, primary_key=(), unique=()), _SOME, seed=seed)


def read(plan: Plan, snapshot: Snapshot, *, secret: bytes, progress: Progress) -> tuple[Family, Family]:
    """Return the people that are learned from and those held out, with all they own."""
    share = plan.policy.generate.holdout
    found = read_family(snapshot, plan.kinship, key=plan.key, share=share, secret=secret, progress=progress)
    return derive(found[0], plan.tree), derive(found[1], plan.tree)


def measure(plan: Plan, family: Family, progress: Progress) -> Measurements:
    """Spend the whole budget on ``family``, which ``derive`` has been through."""
    return ask(plan, counters(plan, family), progress)


def counters(plan: Plan, family: Family) -> Counter | Counters:
    """Return what answers ``ask``: of one table, or of a whole database."""
    if not plan.tree.owned:
        return MemoryCounter.of(family.units)
    return database.in_memory(family, plan.kindred.plans)


def ask(plan: Plan, counters: Counter | Counters, progress: Progress, *, noise: Noise | None = None) -> Measurements:
    """Spend all but what is left to the acceptance test on what ``counters`` count. ``noise`` is for audits."""
    if isinstance(counters, Counters):
        return database.measure(
            plan.kindred, counters, generator=plan.generator, budget=plan.budget, progress=progress, noise=noise
        )
    extra = {} if noise is None else {"noise": noise}
    schedule = plan.kindred.division(plan.generator, plan.budget).parts[0]
    return plan.generator.measure(counters, plan.kindred.task(plan.budget, schedule), progress, **extra)


def load(plan: Plan, folder: Path) -> Measurements:
    """Read back what was measured; ``ArtefactFailed`` when it is damaged."""
    return database.load(folder, plan.generator) if plan.tree.owned else plan.generator.load(folder)


def draw(plan: Plan, measured: Measurements, folder: Path, progress: Progress) -> None:
    """Fit, and write as many rows as there are, by a noisy count, into files of ``folder``: see ``drawn``."""
    # the share held out is declared, so scaling the noisy number of training rows back up costs nothing
    units = round(measured.rows / (1 - plan.policy.generate.holdout))
    keys = key_plans(Schema(tables=plan.published), plan.policy, plan.tree)
    most = most_units(keys, plan.tree.unit.table)
    units = units if most is None else min(units, most)
    model = plan.modeller.model(measured if plan.is_alone else of_database(measured), progress)
    portions = model(units, plan.seed, progress)
    spool = folder / "drawn"
    spool.mkdir()
    found = Drawn.spooled(portions, tree=plan.tree, folder=spool)
    while True:
        blocks = put_together(
            plan.schema, found, policy=plan.policy, public=plan.public, seed=plan.seed, progress=progress
        )
        handover.written_tables(Schema(tables=plan.published), blocks, folder)
        if not found.weeded():
            break
    shutil.rmtree(spool)
    (folder / _ASKED).write_text(json.dumps(found.rows), encoding="utf-8")


def drawn(plan: Plan, folder: Path) -> tuple[SyntheticTable, ...]:
    """Return the tables that ``draw`` wrote; ``ValueError`` when the source's tables have other columns by now."""
    return handover.read_tables(Schema(tables=plan.published), folder)


def shares_kept(tables: Sequence[SyntheticTable], folder: Path) -> dict[TableName, float]:
    """Return which share of the rows that were drawn went into each of ``tables``, for those that left any out.

    Rows are left out that cannot keep what their table declares, and with them all that belongs to them.
    """
    said = folder / _ASKED
    drawn = json.loads(said.read_text(encoding="utf-8")) if said.exists() else {}
    counts = {table.table.name: (table.count, int(drawn.get(table.table.name, 0))) for table in tables}
    return {name: count / asked for name, (count, asked) in counts.items() if count < asked}


def judge(
    plan: Plan,
    train: Family,
    control: Family,
    tables: Sequence[SyntheticTable],
    progress: Progress,
    *,
    measured: Measurements,
    kept: Mapping[TableName, float] | None = None,
) -> Judgement:
    """Attack the tables that are to be published with the people they were learned from, and measure their use.

    Of what was ``measured`` attacks draw other rows; they train models of their own where the policy lets them.
    ``kept`` are the shares of rows that ``shares_kept`` tells of: each has a check of its own.
    """
    portraits = (plan.kinship.unit, *plan.kinship.owned)
    columns = {portrait.name: [column.name for column in portrait.columns] for portrait in portraits}
    return judge_database(
        train,
        control,
        _synthetic(plan, tables),
        lineage=replace(plan.tree, owned=tuple(kin for kin in plan.tree.owned if not kin.named)),
        columns=columns,
        criteria=plan.policy.criteria,
        seed=plan.seed,
        progress=progress,
        published=None if plan.is_alone else references(tables),
        kept=kept,
        stored=tables,
        remaker=Remaker(
            roles=roles_of(plan.policy, plan.kinship.unit),
            redraw=drawer(measured if plan.is_alone else of_database(measured), plan.modeller),
            retrain=trainer(plan.kindred, generator=plan.generator, budget=plan.budget),
            measured=measured,
        ),
    )


# --- plans ---


def _plans(policy: Policy, tree: Lineage, kin: Kinship) -> dict[TableName, TablePlan]:
    """Return what is declared of each table; one that is named has its columns, and its share, on its owner's row."""
    share = dict(shares(policy, tree))
    for other in reversed(tree.owned):
        if other.named and other.owner is not None:
            share[other.owner] += share.pop(other.table)
    return {
        portrait.name: TablePlan(
            domains=_domains(policy, portrait),
            share=share[portrait.name],
            knowledge=declared_knowledge(policy.tables[portrait.name].knowledge),
            order=portrait.kin.order,
            order_domain=policy.tables[portrait.name].columns[portrait.kin.order].domain
            if portrait.kin.order
            else None,
            since=portrait.kin.since,
            until=portrait.kin.until,
            kind=portrait.kin.kind,
            most=portrait.kin.most,
            once=_has_each_kind_once(portrait),
        )
        for portrait in (kin.unit, *kin.owned)
    }


def _domains(policy: Policy, portrait: Portrait) -> dict[ColumnName, DomainClause | None]:
    """Return the declared domain of every column that a family has of a table."""
    declared = policy.tables[portrait.name].columns
    found: dict[ColumnName, DomainClause | None] = dict.fromkeys(column.name for column in portrait.columns)
    found |= {column.name: declared[column.name].domain or _listed(portrait, column) for column in portrait.learned}
    for other in portrait.named:
        found |= {other.attached(name): clause for name, clause in _domains(policy, other).items()}
    return found


def _listed(portrait: Portrait, column: Column) -> DomainClause | None:
    """Return the values that the catalogue lists: a CHECK of a text is as public as the labels of an enum."""
    values = listed(portrait.source.checks, column.name) if column.kind in TEXT_KINDS else ()
    return DomainClause(values=list(values)) if values else None


def _has_each_kind_once(portrait: Portrait) -> bool:
    kin = portrait.kin
    told = {*kin.columns, kin.kind}
    keys = (portrait.source.primary_key, *portrait.source.unique)
    return kin.kind is not None and any(key and kin.kind in key and told.issuperset(key) for key in keys)


# --- drawing ---


def of_database(measured: Measurements) -> DatabaseMeasurements:
    """Return what was measured of one table, or of a whole database, as that of a database."""
    if isinstance(measured, DatabaseMeasurements):
        return measured
    if not isinstance(measured, TableMeasurements):
        raise Unsupported("whole databases need a generator that counts; use one such as `pairwise`")
    return DatabaseMeasurements(unit=measured, owned={})


# --- judging ---


@dataclass(frozen=True, kw_only=True, eq=False)
class _Published:
    """Tables that are to be published, read as a source is: by the same way, so that they compare."""

    tables: Mapping[TableName, SyntheticTable]

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        for batch in self.tables[table].batches():
            yield batch.select(list(columns))


def published_family(plan: Plan, tables: Sequence[SyntheticTable]) -> Family:
    """Return ``tables``, which are made up, as a source's would be read: by the same way, so that they compare."""
    family, _ = read_family(
        _Published(tables={table.table.name: table for table in tables}),
        plan.kinship, key=plan.key, share=_NEVER, secret=b"nobody is held out", progress=lambda _stage, _share: None,
    )  # fmt: skip
    return family


def _synthetic(plan: Plan, tables: Sequence[SyntheticTable]) -> SyntheticFamily:
    if plan.is_alone:
        columns = [column.name for column in plan.kinship.unit.columns]
        return SyntheticFamily(units=tables[0].rows.select(columns), owned={})
    family = derive(published_family(plan, tables), plan.tree)
    return SyntheticFamily(
        units=family.units.expose(),
        owned={
            name: SyntheticRows(rows=owned.rows.expose(), starts=owned.starts) for name, owned in family.owned.items()
        },
    )


def references(tables: Sequence[SyntheticTable]) -> dict[TableName, tuple[pa.Table, tuple[Reference, ...]]]:
    """Return the columns by which tables refer to each other, and are referred to."""
    wanted: dict[TableName, dict[ColumnName, None]] = {table.table.name: {} for table in tables}
    for table in tables:
        for reference in table.table.references:
            wanted[table.table.name] |= dict.fromkeys(reference.columns)
            wanted[reference.target] |= dict.fromkeys(reference.target_columns)
    return {
        table.table.name: (_columns(table, list(wanted[table.table.name])), table.table.references) for table in tables
    }


def _columns(table: SyntheticTable, names: list[ColumnName]) -> pa.Table:
    schema = pa.schema([table.table.arrow_schema().field(name) for name in names])
    return pa.Table.from_batches([batch.select(names) for batch in table.batches()], schema)
