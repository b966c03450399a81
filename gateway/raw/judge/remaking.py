"""What attackers do with the program itself: draw other rows of the released model, and train models of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.raw.generate import rebuilding
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.database import DatabaseMeasurements
from gateway.raw.generate.rebuilding import Portion
from gateway.raw.generate.schedule import division
from gateway.raw.judge.histories import SyntheticFamily
from gateway.raw.rows import RawTable
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gateway.policy.model import Policy
    from gateway.privacy.budget import Budget
    from gateway.raw.connect.kinship import Portrait
    from gateway.raw.generate.database import Kindred
    from gateway.raw.generate.generator import Generator, Measurements, Progress, Task
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.roles import Role

    Model = Callable[[int, int, Progress], Iterable[Portion]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Remaker:
    """What the judge knows of a run beside the rows; without any of it, attacks that need it could not run."""

    roles: Mapping[ColumnName, Role] = field(default_factory=dict)
    """What the policy says of the columns of the unit's table."""
    redraw: Callable[[int, int], SyntheticFamily] | None = None
    """So many units with all they own, by a seed: other rows of the model that was released."""
    retrain: Callable[[pa.Table, int], pa.Table] | None = None
    """See ``trainer``."""
    measured: Measurements | None = None
    """What was bought with the budget: its cells are what real rows are shown in, and no others."""


NOTHING = Remaker()


def roles_of(policy: Policy, portrait: Portrait) -> dict[ColumnName, Role]:
    """Return what the policy says of the columns that a family has of a table, those of rows it names included."""
    declared = policy.tables[portrait.name].columns
    found = {column.name: declared[column.name].role for column in portrait.learned}
    for other in portrait.named:
        found |= {other.attached(name): role for name, role in roles_of(policy, other).items()}
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Modeller:
    """Fits models to what was measured, and nothing else. The last one is kept: a run draws from it, and so do attacks.

    ``seed`` is the one that models of databases are fitted with.
    """

    kindred: Kindred
    generator: Generator
    seed: int
    _kept: list[tuple[Measurements, Model]] = field(default_factory=list, repr=False)

    def model(self, measured: Measurements, progress: Progress) -> Model:
        """Return what draws so many units, with all they own, by a seed: of a table, or of a database."""
        unit = measured.unit if isinstance(measured, DatabaseMeasurements) else measured
        if not self._kept or self._kept[0][0] is not unit:
            self._kept[:] = [(unit, self._fitted(measured, progress))]
        return self._kept[0][1]

    def _fitted(self, measured: Measurements, progress: Progress) -> Model:
        if isinstance(measured, DatabaseMeasurements):
            model = rebuilding.fit(measured, self.kindred, generator=self.generator, progress=progress, seed=self.seed)
            return lambda units, seed, progress: model.sample(units, seed=seed, progress=progress)
        table = self.generator.fit(measured, progress)
        return lambda units, seed, _: [
            Portion(table=self.kindred.unit, rows=table.sample(units, seed=seed), lengths=None)
        ]


def drawer(measured: Measurements, modeller: Modeller) -> Callable[[int, int], SyntheticFamily]:
    """Return a function of a number of units and a seed: other rows of the model of ``measured``, held at once."""
    return lambda units, seed: SyntheticFamily.of(modeller.model(measured, _unheard)(units, seed, _unheard))


def trainer(kindred: Kindred, *, generator: Generator, budget: Budget) -> Callable[[pa.Table, int], pa.Table]:
    """Return a function of rows and a seed: the rows of a model that was trained on those, by the policy's generator.

    The rows are some of the unit's table as attacks have it. What is spent is the policy's budget, but for what is kept
    for the acceptance test; in a database the part of it that the unit's table has, and what a unit owns is learned as
    the columns that attacks see of it, not as histories. The noise is fresh, from the operating system; ``seed`` is
    that of the sampling. As many rows come out as the noisy number of rows that went in. Nothing is saved, recorded or
    let out: neither the measurements nor the rows.
    """

    def retrain(rows: pa.Table, seed: int) -> pa.Table:
        shape = _shape(rows, kindred)
        task = _task(shape, kindred, generator=generator, budget=budget)
        held = RawTable(shape, pa.Table.from_arrays(rows.columns, schema=shape.arrow_schema()))
        measured = generator.measure(MemoryCounter.of(held), task, _unheard)
        made = generator.fit(measured, _unheard).sample(measured.rows, seed=seed)
        return made.select(rows.column_names).cast(rows.schema)

    return retrain


def _shape(rows: pa.Table, kindred: Kindred) -> Table:
    """Return the shape of rows as attacks have them: told columns are numbers there, whatever the catalogue says."""
    unit = kindred.shapes[kindred.unit]
    known = {column.name: column for column in unit.columns if column.name in kindred.plans[kindred.unit].domains}
    return Table(
        name=unit.name,
        columns=tuple(known.get(each.name) or _told(each.name, each.type) for each in rows.schema),
    )


def _told(name: ColumnName, kind: pa.DataType) -> Column:
    if pa.types.is_integer(kind):
        return Column(name=name, kind=Kind.INTEGER, native="bigint")
    return Column(name=name, kind=Kind.FLOAT, native="double precision")


def _task(shape: Table, kindred: Kindred, *, generator: Generator, budget: Budget) -> Task:
    whole = kindred.task(budget)
    plan = kindred.plans[kindred.unit]
    task = replace(
        whole,
        domains={column.name: plan.domains.get(column.name) for column in shape.columns},
        grids={n: grid for n, grid in whole.grids.items() if n not in plan.domains and _counts(shape, n)},
        weights={name: weight for name, weight in whole.weights.items() if _counts(shape, name)},
    )
    parts = [generator.part(shape, task, share=plan.share), *kindred.parts(generator, budget)[1:]]
    return replace(task, schedule=division(budget, parts, acceptance=kindred.acceptance).parts[0])


def _counts(shape: Table, name: ColumnName) -> bool:
    """Return whether a told column is a number of rows, whose cells are those that the policy's model has."""
    return any(column.name == name and column.kind is Kind.INTEGER for column in shape.columns)


def _unheard(_stage: str, _share: float) -> None:
    """Hear nothing: what attackers do is told by the attack."""
