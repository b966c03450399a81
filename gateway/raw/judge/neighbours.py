"""Neighbours in the worst case, made up from a schema alone: the same units, and one unlike any of them.

A unit shows the most where everything it has is its own: a text nobody else has, a number at the end of its range, or
nothing at all; and, in a whole database, where it owns as many rows as the policy allows, or none. The other rows are
as ordinary, and as alike, as the schema allows.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate import physical
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gateway.policy.model import DomainClause
    from gateway.raw.generate.database import TablePlan
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Table

KEY = ColumnName("unit of protection")
"""The key that is added, so that every row is a unit's own."""
UNLIKE = "\U0010ffff unlike any other"
"""Sorts after every text that is likely."""


class Extreme(StrEnum):
    """What the target has in every column."""

    HIGHEST = "highest"
    """The highest number, the last value listed, a text of its own."""
    LOWEST = "lowest"
    """The lowest number, the first value listed, the empty text."""
    NOTHING = "nothing"
    """NULL, where that may be; the highest otherwise."""


def neighbours(
    table: Table, clauses: Mapping[ColumnName, DomainClause | None], *, rows: int, extreme: Extreme
) -> tuple[RawTable, RawTable]:
    """Return ``rows`` ordinary rows, and the same with the target after them; their unit is ``KEY``.

    All columns of ``table`` are filled; ``clauses`` are what is declared about some. ``rows`` is at least 2.
    """
    shape = dataclasses.replace(
        table, columns=(Column(name=KEY, kind=Kind.INTEGER, native="integer", nullable=False), *table.columns)
    )
    key = pa.array(np.arange(rows + 1), pa.int64())
    filled = (cells(column, clauses.get(column.name), rows, extreme) for column in table.columns)
    whole = pa.Table.from_arrays([key, *filled], schema=shape.arrow_schema())
    return RawTable(shape, whole.slice(0, rows)), RawTable(shape, whole)


@dataclass(frozen=True, kw_only=True)
class Target:
    """How one unit differs from all others."""

    extreme: Extreme
    rows: int | None = None
    """How many rows it has in each table that is owned; None: as many as the policy allows, up to ``LARGEST``."""
    alike: bool = True
    """Whether all of its rows are the same; otherwise no two of them are, as far as the columns allow."""


TARGETS = {
    "the most rows, all at the upper end": Target(extreme=Extreme.HIGHEST),
    "the most rows, all at the lower end": Target(extreme=Extreme.LOWEST),
    "the most rows, with nothing in them": Target(extreme=Extreme.NOTHING),
    "the most rows, each unlike the others": Target(extreme=Extreme.HIGHEST, alike=False),
    "one row of each table": Target(extreme=Extreme.HIGHEST, rows=1),
    "nothing owned": Target(extreme=Extreme.HIGHEST, rows=0),
}
"""Targets of whole databases."""
LARGEST = 20_000
"""Rows that the target has in one table, at most, however many the rows that own them."""


def families(
    shapes: Mapping[TableName, Table],
    owner_of: Mapping[TableName, TableName],
    plans: Mapping[TableName, TablePlan],
    *,
    units: int,
    target: Target,
) -> tuple[Family, Family]:
    """Return a database of ``units`` ordinary units with a few rows each, and the same with the ``target`` after them.

    ``shapes`` are those of ``Kinship.empty``, the unit's first and owners before what they own; ``plans`` say what is
    declared of them. Where an owner has each kind at most once, the target has no more rows than there are kinds.
    """
    unit = next(iter(shapes))
    ordinary, many = {unit: units}, {unit: 1}
    starts: dict[TableName, NDArray[np.int64]] = {}
    for name, owner in owner_of.items():
        each = np.arange(ordinary[owner]) % (3 if owner == unit else 2)
        theirs = _most(plans[name], shapes[name], target, owners=many[owner])
        each = np.minimum(each, plans[name].most)
        ordinary[name], many[name] = int(each.sum()), theirs * many[owner]
        starts[name] = np.append(0, np.cumsum([*each, *[theirs] * many[owner]])).astype(np.int64)
    rows = {name: _rows(shapes[name], plans[name], (ordinary[name], many[name]), target) for name in shapes}

    def family(with_it: int) -> Family:
        count = {name: ordinary[name] + with_it * many[name] for name in shapes}
        first = {name: RawTable(rows[name].table, rows[name].expose().slice(0, count[name])) for name in shapes}
        owned = {
            name: OwnedRows(rows=first[name], starts=starts[name][: count[owner] + 1])
            for name, owner in owner_of.items()
        }
        return Family(unit=unit, units=first[unit], owned=owned, owner_of=owner_of)

    return family(0), family(1)


def _most(plan: TablePlan, shape: Table, target: Target, *, owners: int) -> int:
    """Return how many rows of ``shape`` the target has for each of its ``owners``."""
    if not owners:
        return 0
    most = plan.most if target.rows is None else min(target.rows, plan.most)
    if plan.once and plan.kind is not None:
        kind = shape.column(plan.kind)
        if known := 2 if kind.kind is Kind.BOOLEAN else len(_known(kind, plan.domains.get(kind.name))):
            most = min(most, known)
    return max(min(1, most), min(most, LARGEST // owners))


def _rows(shape: Table, plan: TablePlan, counts: tuple[int, int], target: Target) -> RawTable:
    ordinary, many = counts
    clauses = {**plan.domains, **({} if plan.order is None else {plan.order: plan.order_domain})}
    arrays = [
        cells(
            column,
            clauses.get(column.name),
            ordinary,
            target.extreme,
            many=many,
            alike=target.alike and not (plan.once and column.name == plan.kind),
        )
        for column in shape.columns
    ]
    return RawTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def cells(
    column: Column, clause: DomainClause | None, rows: int, extreme: Extreme, *, many: int = 1, alike: bool = True
) -> pa.Array:
    """Return ``rows`` ordinary values, and ``many`` of the target's after them, ``alike`` or not."""
    absent = column.kind is Kind.UNSUPPORTED or (extreme is Extreme.NOTHING and column.nullable)
    present = np.append(np.full(rows, column.kind is not Kind.UNSUPPORTED), np.full(many, not absent))
    if column.kind in TEXT_KINDS:
        texts = _texts(column, clause, (rows, many), extreme, alike=alike)
        return pa.array([text if there else None for text, there in zip(texts, present, strict=True)], pa.string())
    if column.kind is Kind.UNSUPPORTED:
        return pa.nulls(rows + many)
    lowest, highest = _ends(column, clause)
    thirds = [lowest + (float(highest) - lowest) * part / 3 for part in (1, 2)]
    end = lowest if extreme is Extreme.LOWEST else highest
    theirs = [end] * many
    if not alike:
        theirs = [lowest + (float(highest) - lowest) * (row + 1) / (many + 1) for row in range(many - 1)] + [end]
        theirs = theirs[-many:] if many else []
    units = [*(thirds[row % 2] for row in range(rows)), *theirs]
    if physical.is_whole(column):
        return physical.typed(np.array([int(unit) for unit in units], dtype=np.int64), present, column)
    return physical.typed(np.array(units, dtype=np.float64), present, column)


def _known(column: Column, clause: DomainClause | None) -> list[str]:
    return list((clause.values if clause is not None else None) or column.values)


def _texts(
    column: Column, clause: DomainClause | None, counts: tuple[int, int], extreme: Extreme, *, alike: bool
) -> list[str]:
    rows, many = counts
    known = _known(column, clause)
    lowest, highest = (known[0], known[-1]) if known else ("", UNLIKE)
    unlike = lowest if extreme is Extreme.LOWEST else highest
    ordinary = [text for text in known if text != unlike][:2] or known or ["one", "other"]
    theirs = [unlike] * many
    if not alike:
        theirs = [known[-1 - row % len(known)] if known else f"{unlike} {row}" for row in range(many)]
    return [*(ordinary[row % len(ordinary)] for row in range(rows)), *theirs]


def _ends(column: Column, clause: DomainClause | None) -> tuple[float, float]:
    if clause is not None and clause.lowest is not None and clause.highest is not None:
        ends = physical.declared(clause.lowest, column, up=True), physical.declared(clause.highest, column)
        return ends[0], ends[1]
    if not physical.is_whole(column):
        return -1e300, 1e300
    return physical.limits(column)
