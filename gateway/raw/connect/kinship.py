"""What is read of each table of a lineage, and what becomes of it: shapes alone, before any row of a person is read."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.connect.matching import comparable
from gateway.raw.connect.public_rows import PublicReference
from gateway.raw.family import (
    Family,
    OwnedRows,
    attached_name,
    first_name,
    left_name,
    rows_name,
    span_name,
    there_name,
)
from gateway.raw.rows import RawTable
from gateway.vocabulary.checks import bounds
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from gateway.policy.lineage import Kin, Lineage
    from gateway.policy.model import TableClause
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Reference, Schema


@dataclass(frozen=True, kw_only=True, eq=False)
class Portrait:
    """One synthesized table: which of its columns are read, and which a family then has of it."""

    kin: Kin
    source: Table
    """The table as the catalogue declares it."""
    learned: tuple[Column, ...]
    """Columns that are learned as they are, the order among them."""
    public: tuple[PublicReference, ...]
    """References to public tables, each learned as one column."""
    links: tuple[tuple[ColumnName, ...], ...]
    """Columns of each nullable reference to synthesized rows; learned is whether there is one."""
    owner_keys: tuple[Column, ...]
    """The owner's columns that ``kin.owner_columns`` names."""
    key_types: tuple[pa.DataType, ...]
    """The types in which ``kin.columns`` and ``kin.owner_columns`` compare."""
    looked_up_by: tuple[tuple[ColumnName, ...], ...]
    """By which columns rows of this table are found, by those it owns."""
    named: tuple[Portrait, ...]
    """Tables of which a row here names one."""
    knowable: tuple[ColumnName, ...]
    """The policy's order of the columns that are learned."""

    @property
    def name(self) -> TableName:
        """Return the table's name."""
        return self.kin.table

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return what a family has of a row: learned columns in the policy's order, links, rows that are named."""
        own = {column.name: column for column in self.learned}
        own |= {name: reference.column for reference in self.public for name in reference.reference.columns[:1]}
        listed = [own[name] for name in self.knowable if name in own]
        listed += [column for column in self.learned if column.name not in self.knowable]
        listed += [_there(columns) for columns in self.links]
        for other in self.named:
            if other.is_optional:
                listed.append(_there(other.kin.owner_columns))
            listed += [dataclasses.replace(c, name=other.attached(c.name), nullable=True) for c in other.columns]
        return tuple(listed) or self.bare

    @property
    def bare(self) -> tuple[Column, ...]:
        """Return what a family has of rows of which nothing is learned: one column, that they are there.

        Rows without any column have no number.
        """
        return () if self.kin.named else (_there((ColumnName(self.name),)),)

    @property
    def shape(self) -> Table:
        """Return the shape of the rows in a family."""
        return Table(name=self.name, columns=self.columns)

    @property
    def is_optional(self) -> bool:
        """Return whether an owner's row may name none of these."""
        return any(column.nullable for column in self.owner_keys)

    @property
    def read(self) -> tuple[Column, ...]:
        """Return the columns that are read, in the source's order, but for the unit's key."""
        wanted = {column.name for column in self.learned}
        wanted |= {name for reference in self.public for name in reference.reference.columns}
        wanted |= {name for names in (*self.links, *self.looked_up_by) for name in names}
        wanted |= {name for other in self.named for name in other.kin.owner_columns}
        if self.kin.owner is not None:
            wanted.update(self.kin.columns)
        return tuple(column for column in self.source.columns if column.name in wanted)

    def attached(self, column: ColumnName) -> ColumnName:
        """Return what ``column`` of these rows is called on a row that names them; a name of that sort stays."""
        inherited = {other.attached(c.name) for other in self.named for c in other.columns}
        return column if column in inherited else attached_name(self.name, column)


@dataclass(frozen=True, kw_only=True, eq=False)
class Kinship:
    """All that is read of a lineage."""

    lineage: Lineage
    portraits: Mapping[TableName, Portrait]
    """Every synthesized table, owners first."""

    @property
    def unit(self) -> Portrait:
        """Return the unit's own table."""
        return self.portraits[self.lineage.unit.table]

    @property
    def owned(self) -> tuple[Portrait, ...]:
        """Return the tables whose rows a family has in tables of their own, owners first."""
        return tuple(self.portraits[kin.table] for kin in self.lineage.owned if not kin.named)

    def empty(self) -> Family:
        """Return a family without anybody, to try on it what rows will go through."""
        shapes = {portrait.name: portrait.shape for portrait in (self.unit, *self.owned)}
        rows = {name: RawTable(shape, shape.arrow_schema().empty_table()) for name, shape in shapes.items()}
        return Family(
            unit=self.unit.name,
            units=rows[self.unit.name],
            owned={p.name: OwnedRows(rows=rows[p.name], starts=np.zeros(1, dtype=np.int64)) for p in self.owned},
            owner_of={p.name: p.kin.owner for p in self.owned if p.kin.owner is not None},
        )


def kinship(
    schema: Schema,
    lineage: Lineage,
    clauses: Mapping[TableName, TableClause],
    public: Mapping[TableName, pa.Table],
) -> Kinship:
    """Return what to read of the tables of ``lineage``; ``public`` are the rows of the public ones.

    ``Unsupported`` for rows that belong to rows that an owner names, ``ConfigurationError`` for two columns of one
    name, ``SourceRefused`` for references between types that do not compare. No row of a person is read.
    """
    portraits: dict[TableName, Portrait] = {}
    for kin in reversed(lineage.kin):
        children = [other for other in lineage.owned if other.owner == kin.table]
        if kin.named and (stuck := [other.table for other in children if not other.named]):
            raise Unsupported(
                f"table {stuck[0]} belongs to rows of {kin.table}, which their owner names; such rows can be shared, "
                "and so could what belongs to them. Name another owner, or use `treatment: drop` with a reason"
            )
        portraits[kin.table] = _portrait(
            kin, schema, clauses[kin.table], public, named=[portraits[o.table] for o in children if o.named],
            looked_up_by=tuple(dict.fromkeys(o.owner_columns for o in children if not o.named)),
        )  # fmt: skip
    found = Kinship(lineage=lineage, portraits={kin.table: portraits[kin.table] for kin in lineage.kin})
    _refuse_twins(found)
    return found


def _narrowed(column: Column, table: Table) -> Column:
    """Return ``column`` with the bounds that the CHECKs of ``table`` give its numbers: as public as those of a type."""
    if column.kind is not Kind.INTEGER and (column.kind is not Kind.DECIMAL or column.scale is None):
        return column
    low, high = bounds(table.checks, column.name)
    if low > high:
        return column  # what no row keeps is no bound
    # of decimals, bounds are told in ones: the next ones outside
    whole = (math.ceil, math.floor) if column.kind is Kind.INTEGER else (math.floor, math.ceil)
    lows = [column.lowest, whole[0](low) if math.isfinite(low) else None]
    highs = [column.highest, whole[1](high) if math.isfinite(high) else None]
    return dataclasses.replace(
        column,
        lowest=max((each for each in lows if each is not None), default=None),
        highest=min((each for each in highs if each is not None), default=None),
    )


def _portrait(
    kin: Kin,
    schema: Schema,
    clause: TableClause,
    public: Mapping[TableName, pa.Table],
    *,
    named: list[Portrait],
    looked_up_by: tuple[tuple[ColumnName, ...], ...],
) -> Portrait:
    table = schema.table(kin.table)
    references = [PublicReference(r, table, schema.table(r.target), public[r.target]) for r in kin.public]
    owner = [schema.table(kin.owner).column(name) for name in kin.owner_columns] if kin.owner else []
    own = [table.column(name) for name in kin.columns] if kin.owner else []
    coded = {name for reference in kin.public for name in reference.columns}
    knowable = tuple(ColumnName(n) for n, column in clause.columns.items() if column.treatment is Treatment.LEARN)
    wanted = {*knowable, *((kin.order,) if kin.order else ())} - coded
    return Portrait(
        kin=kin,
        source=table,
        learned=tuple(_narrowed(column, table) for column in table.columns if column.name in wanted),
        public=tuple(references),
        links=tuple(link.columns for link in kin.links if _is_nullable(link, table)),
        owner_keys=tuple(owner),
        key_types=tuple(comparable(one, other) for one, other in zip(own, owner, strict=True)),
        looked_up_by=looked_up_by,
        named=tuple(named),
        knowable=knowable,
    )


def _is_nullable(link: Reference, table: Table) -> bool:
    columns = [table.column(name) for name in link.columns]
    return any(c.nullable for c in columns) and all(c.kind is not Kind.UNSUPPORTED for c in columns)


def _there(columns: tuple[ColumnName, ...]) -> Column:
    return Column(name=there_name(columns), kind=Kind.BOOLEAN, native="boolean", nullable=False)


def _refuse_twins(found: Kinship) -> None:
    for portrait in (found.unit, *found.owned):
        names = Counter([column.name for column in portrait.columns])
        names.update(_derived(portrait, found))
        if twins := sorted(name for name, times in names.items() if times > 1):
            raise ConfigurationError(
                f"table {portrait.name} would have two columns called {twins[0]}, one of its own and one that is "
                "made for what it owns or names; rename the column in the source, or drop it"
            )


def _derived(portrait: Portrait, found: Kinship) -> Iterator[ColumnName]:
    for other in found.owned:
        if other.kin.owner == portrait.name:
            yield rows_name(other.name)
            if other.kin.order is not None:
                yield from (first_name(other.name), span_name(other.name))
            if other.kin.until is not None:
                yield left_name(other.name)
