"""One table on its way from learned columns to finished rows, piece by piece and then block by block."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.connect.public_rows import PublicReference
from gateway.raw.family import attached_name, joined_name, there_name
from gateway.raw.generate.distinctness import Distinctness, loose_keys
from gateway.raw.generate.drawn import BLOCK, bare, starts_of
from gateway.raw.generate.identities import invent
from gateway.raw.generate.mending import Mending
from gateway.vocabulary.checks import columns_of
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from gateway.policy.lineage import Lineage
    from gateway.policy.model import Policy
    from gateway.raw.generate.closing import KeyPlan, Keyring
    from gateway.raw.generate.descent import Descent
    from gateway.raw.generate.ending import Ending
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Reference, Schema, Table

logger = logging.getLogger(__name__)

GIVEN = ColumnName(": given")
"""The column of rows on their way that says which of the rows given each was made of."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all tables of one database that is put together share."""

    source: Schema
    schema: Schema
    """What is published."""
    policy: Policy
    tree: Lineage
    public: Mapping[TableName, pa.Table]
    seed: int
    plans: Mapping[TableName, KeyPlan]
    descent: Descent
    keyring: Keyring
    ending: Ending
    starts: dict[TableName, NDArray[np.int64]] = field(default_factory=dict)
    """As they were given."""
    kept: dict[TableName, NDArray[np.bool_]] = field(default_factory=dict)
    """For tables some of whose rows no key is left for: which of the rows given stay."""
    unkept: dict[TableName, list[NDArray[np.int64]]] = field(default_factory=dict)
    """Which of the rows given cannot keep what is declared, though others belong to them or refer to them."""

    def is_optional(self, named: TableName) -> bool:
        """Tell whether an owner's row may name none of ``named``."""
        kin = self.tree.of(named)
        if kin.owner is None:
            return False
        above, shape = self.tree.of(kin.owner), self.schema.table(kin.owner)
        itself = any(shape.column(name).nullable for name in kin.owner_columns)
        return itself or (above.named and self.is_optional(above.table))


class Line:
    """One table on its way through the assembly."""

    def __init__(self, site: Site, plan: KeyPlan) -> None:
        """Begin with the first row of the table that ``plan`` is for, and of those that its rows name."""
        self._site = site
        self._plan = plan
        self.shape = plan.table
        self._clauses = site.policy.tables[plan.table.name].columns
        self._descent = site.descent
        self._keyring = site.keyring
        self._public = {
            reference: PublicReference(
                reference,
                site.source.table(plan.table.name),
                site.source.table(reference.target),
                site.public[reference.target],
            )
            for reference in plan.kin.public
        }
        loose, lonely = loose_keys(plan, self._clauses)
        seed = site.seed
        self._distinctness = Distinctness(
            plan, loose, self._clauses, public=[self._choices(reference) for reference in plan.kin.public], seed=seed
        )
        self._watches = bool(loose)
        learned = [ColumnName(n) for n, c in self._clauses.items() if c.treatment is Treatment.LEARN]
        together = [reference.columns for reference in plan.kin.public]
        settled = {name for key in (self.shape.primary_key, *self.shape.unique) for name in key}
        for partial in self.shape.partial:
            settled |= {*partial.columns, *map(ColumnName, columns_of(partial.condition))}
        self._settled = settled
        self._mending = Mending(self.shape, learned=learned, settled=settled, together=together, seed=seed)
        # what is unique is settled before the rest of the row is there, and breaks no CHECK then that it need not break
        self._early = Mending(_only(self.shape, learned), learned=learned, settled=(), together=together, seed=seed)
        self._unique = tuple((name,) for name in sorted(lonely))
        tree = site.tree
        self._named = [Line(site, site.plans[k.table]) for k in tree.children(self.shape.name) if k.named]
        # whoever names a row, owns a row's, or links to one would be left with a reference to nothing
        self._is_leaf = not (
            plan.kin.named
            or tree.children(self.shape.name)
            or any(link.target == self.shape.name for kin in tree.kin for link in kin.links)
        )
        self._waiting: list[pa.Table] = []
        self._seen = 0
        """Rows given that were taken up."""
        self.placed = 0
        """Rows that have a place."""
        self.there: list[NDArray[np.bool_]] = []
        self._block: list[pa.Table] = []
        self._made = 0

    @property
    def coming(self) -> int:
        """How many rows have a place, or wait for theirs."""
        return self.placed + sum(map(len, self._waiting))

    # --- pieces, which hold all rows of an owner ---

    def push(self, piece: pa.Table) -> Iterator[tuple[TableName, pa.Table]]:
        """Take the next rows as they were learned, and yield blocks that are full."""
        self._waiting.append(piece)
        while (waiting := sum(map(len, self._waiting))) >= BLOCK and 0 < (rows := self._whole()) <= waiting:
            yield from self._take(rows)

    def end(self) -> Iterator[tuple[TableName, pa.Table]]:
        """Yield what is left; ``RuntimeError`` when fewer or more rows came than were laid out."""
        while rows := min(self._whole(), sum(map(len, self._waiting))):
            yield from self._take(rows)
        name = self.shape.name
        if not self._plan.kin.named and self.placed != self._descent.rows(name):
            raise RuntimeError(f"{self.placed} rows of {name} were given, and {self._descent.rows(name)} were to come")
        for line in self._named:
            yield from line.end()
        yield from self._blocks(last=True)

    def _whole(self) -> int:
        """Return how many rows go on next: whole owners, and up to ``BLOCK`` rows unless one owner has more.

        That is told from places alone, so that rows come out alike however they were given.
        """
        name = self.shape.name
        if self._plan.kin.named or self._plan.kin.owner is None:
            return BLOCK
        starts = self._site.starts[name]
        end = starts[np.searchsorted(starts, self._seen + BLOCK, side="right") - 1]
        if end <= self._seen:
            after = int(np.searchsorted(starts, self._seen, side="right"))
            end = starts[min(after, len(starts) - 1)]
        return int(end) - self._seen

    def _take(self, rows: int) -> Iterator[tuple[TableName, pa.Table]]:
        everything = pa.concat_tables(self._waiting)
        piece = everything.slice(0, rows)
        self._waiting = [everything.slice(rows)] if rows < len(everything) else []
        if not self._plan.kin.named:  # others come with the number of the row that names them
            piece = piece.append_column(GIVEN, pa.array(np.arange(self._seen, self._seen + rows)))
        kept = self._site.kept.get(self.shape.name)
        if kept is not None:
            piece = piece.filter(pa.array(kept[self._seen : self._seen + rows]))
        self._seen += rows
        places = np.arange(self.placed, self.placed + len(piece))
        self.placed += len(piece)
        if not len(piece):
            return
        learned = self._learned(piece)
        if self._watches:
            learned, _ = self._early.mend(learned, first=self._seen - rows)
        found = self._with_keys(learned, piece, places)
        found = found.append_column(GIVEN, piece.column(GIVEN))
        if self._watches or self._site.ending.is_for(self.shape.name):
            # rows that are named have one owner each, whose place is told later
            owner = None if self._plan.kin.named else self._plan.kin.owner
            owners = places if owner is None else self._descent.above(self.shape.name, places, at=owner)
            found = self._site.ending.told(self.shape.name, found, owners)
            found, stuck = self._distinctness.settle(found, owners, places)
            left_out = self._unkept(found, stuck)
            found = found.filter(pa.array(~left_out)) if left_out.any() else found
        self._block.append(found)
        for line in self._named:
            yield from self._name(line, piece)
        yield from self._blocks()

    def _learned(self, piece: pa.Table) -> pa.Table:
        """Return the learned columns of this table, in its own types."""
        columns: dict[ColumnName, pa.ChunkedArray | pa.Array] = {}
        for reference, expanding in self._public.items():
            joined = joined_name(reference.columns)
            if len(reference.columns) > 1 and joined not in piece.column_names:
                continue
            values = piece.column(joined).combine_chunks()
            if pa.types.is_dictionary(values.type):
                values = values.dictionary_decode()
            if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                columns.update(expanding.expand(values))
        for column in self.shape.columns:
            if column.name not in columns and self._clauses[column.name].treatment is Treatment.LEARN:
                columns[column.name] = piece.column(column.name)
        kept = {c.name: columns[c.name].cast(c.arrow_type) for c in self.shape.columns if c.name in columns}
        return pa.table(kept) if kept else bare(len(piece))

    def _choices(self, reference: Reference) -> tuple[tuple[ColumnName, ...], pa.Table]:
        """Return the columns of a reference to a public table, and all that they may be together."""
        expanding = self._public[reference]
        every = expanding.expand(pa.array(expanding.column.values, pa.string()))
        return tuple(every), pa.table(dict(every))

    def _with_keys(self, found: pa.Table, piece: pa.Table, places: NDArray[np.int64]) -> pa.Table:
        name, plan = self.shape.name, self._plan
        if found.column_names == [""]:
            found = found.drop_columns([""])
        named = self._named_places(piece, len(places))
        for column in self.shape.columns:
            if column.name not in plan.keys:
                continue
            if column.name in plan.named:
                other, there = plan.named[column.name]
                values = self._keyring.values(other, there, named[other]).cast(column.arrow_type)
            else:
                values = self._keyring.made(name, column.name, places)
            absent = self._absent(piece, column.name) if column.nullable else None
            if absent is not None:
                values = _nulled(values, absent)
            found = found.append_column(pa.field(column.name, column.arrow_type), values)
        return found

    def _absent(self, piece: pa.Table, column: ColumnName) -> NDArray[np.bool_] | None:
        """Return which rows say that the reference ``column`` belongs to names nothing; None when none can."""
        for link in self._plan.kin.links:
            if column in link.columns and there_name(link.columns) in piece.column_names:
                return ~_truths(piece.column(there_name(link.columns)))
        return None

    # --- rows that these name ---

    def _named_places(self, piece: pa.Table, rows: int) -> dict[TableName, NDArray[np.int64]]:
        found = {}
        for line in self._named:
            there = line.is_there(piece, rows)
            found[line.shape.name] = np.where(there, line.coming + np.cumsum(there) - 1, -1)
        return found

    def is_there(self, piece: pa.Table, rows: int) -> NDArray[np.bool_]:
        """Return which rows of the owner's ``piece`` name a row of this table."""
        said = there_name(self._plan.kin.owner_columns)
        optional = self._site.is_optional(self.shape.name)
        return _truths(piece.column(said)) if optional and said in piece.column_names else np.ones(rows, dtype=np.bool_)

    def _name(self, line: Line, piece: pa.Table) -> Iterator[tuple[TableName, pa.Table]]:
        """Hand to ``line`` the rows that those of ``piece`` name."""
        there = line.is_there(piece, len(piece))
        prefix = attached_name(line.shape.name, ColumnName(""))
        names = {name: name.removeprefix(prefix) for name in piece.column_names if name.startswith(prefix)}
        names |= {name: name for name in piece.column_names for deeper in line.descending() if name.startswith(deeper)}
        names[GIVEN] = GIVEN
        part = piece.select(list(names)).rename_columns(list(names.values()))
        line.there.append(there)
        yield from line.push(part.filter(pa.array(there)))

    def descending(self) -> list[str]:
        """Return how the columns begin that belong to rows which those of this table name."""
        return [
            name
            for line in self._named
            for name in (attached_name(line.shape.name, ColumnName("")), *line.descending())
        ]

    def laid_out(self) -> None:
        """Lay out this table now that all rows that name one are known."""
        name = self.shape.name
        if not self._descent.knows(name):
            there = np.concatenate(self.there) if self.there else np.zeros(0, dtype=np.bool_)
            self._descent.grow(name, starts_of(there.astype(np.int64)))

    # --- blocks, which are cut alike whatever the pieces were ---

    def _blocks(self, *, last: bool = False) -> Iterator[tuple[TableName, pa.Table]]:
        waiting = sum(map(len, self._block))
        if waiting >= BLOCK or (last and waiting):
            everything = pa.concat_tables(self._block)
            for first in range(0, waiting if last else waiting - waiting % BLOCK, BLOCK):
                yield self.shape.name, self._finish(everything.slice(first, BLOCK).combine_chunks())
            self._block = [] if last else [everything.slice(waiting - waiting % BLOCK)]
        if last:
            for line in self._named:
                line.laid_out()

    def _finish(self, block: pa.Table) -> pa.Table:
        rows, name = len(block), self.shape.name
        asked = {
            column.name: clause.entity
            for column in self.shape.columns
            if (clause := self._clauses[column.name]).treatment is Treatment.REPLACE and clause.entity is not None
        }
        shape = dataclasses.replace(self.shape, unique=(*self.shape.unique, *self._unique))
        context = {ColumnName(each): block.column(each).combine_chunks() for each in block.column_names}
        bound = self._keyring.bound(name)
        made = invent(asked, shape, rows, seed=self._site.seed, context=context, first=self._made, total=bound)
        cells = context | made
        whole = pa.table({c.name: cells[c.name].cast(c.arrow_type) for c in self.shape.columns})
        whole, broken = self._mending.mend(whole, first=self._made)
        whole, late = self._site.ending.held(self._plan.kin, whole, block)
        if late.any():
            unique = self._plan.kin.order in self._settled
            broken |= late if unique else self._mending.breaks(whole)
        self._made += rows
        self._unkept(block, broken)
        self._keyring.remember(name, whole)
        self._site.ending.remember(name, whole)
        whole = whole.filter(pa.array(~broken)) if broken.any() else whole
        return whole.cast(self.shape.arrow_schema())

    def _unkept(self, rows: pa.Table, broken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Take down which of ``rows`` cannot keep what is declared, and return which of them are just left out.

        What others belong to or refer to is taken out where it was drawn, with the row that names it.
        """
        if not broken.any() or self._is_leaf:
            return broken
        top = self._plan.kin
        while top.named and top.owner is not None:
            top = self._site.tree.of(top.owner)
        self._site.unkept.setdefault(top.table, []).append(rows.column(GIVEN).to_numpy()[broken])
        return np.zeros_like(broken)


def _only(shape: Table, columns: Collection[ColumnName]) -> Table:
    """Return ``shape`` with some of its columns, and what is declared of these alone."""
    return dataclasses.replace(
        shape,
        columns=tuple(column for column in shape.columns if column.name in columns),
        checks=tuple(check for check in shape.checks if set(check.columns) <= set(columns)),
        partial=(),
    )


def _truths(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = column.combine_chunks().fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    return found


def _nulled(values: pa.Array, absent: NDArray[np.bool_]) -> pa.Array:
    return values.take(pa.array(np.arange(len(values)), mask=absent))
