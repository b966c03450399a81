"""From learned columns to whole tables: fresh keys, closed references and invented identities beside.

A database is put together table by table, owners first, and each table piece by piece, so that it may be larger than
memory. The same rows come out however the learned ones were cut, because everything is told from a row's place or done
in blocks of ``BLOCK`` rows that are cut here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.closing import Keyring, key_plans
from gateway.raw.generate.descent import Descent
from gateway.raw.generate.drawn import BLOCK, starts_of
from gateway.raw.generate.ending import Ending
from gateway.raw.generate.lines import Line, Site
from gateway.raw.generate.shapes import learned_columns, published_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.policy.lineage import Lineage
    from gateway.policy.model import Policy
    from gateway.raw.generate.drawn import Drawn
    from gateway.raw.generate.generator import Progress
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Schema

__all__ = ["BLOCK", "Assembly", "learned_columns", "published_schema", "put_together"]

logger = logging.getLogger(__name__)


class Assembly:
    """A database that is put together: owners first, every table once.

        assembly = Assembly(schema, policy=..., tree=..., public=..., units=..., seed=...)
        assembly.grow(child, starts)               for all tables that are owned, or all that the next one ``needs``
        assembly.finished(unit, pieces)            yields (table, rows) until the pieces end
        assembly.finished(child, pieces)

    Rows that a named table holds come out beside those that name them.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        policy: Policy,
        tree: Lineage,
        public: Mapping[TableName, pa.Table],
        units: int,
        seed: int,
    ) -> None:
        """Plan from what is declared; ``public`` are the rows of public tables, ``units`` how many units there are.

        ``Unsupported`` when a key column's type holds no keys, or a key cannot be told from a row's place.
        """
        self.schema = published_schema(schema, policy, tree)
        """What is published: every table with the constraints that hold of it."""
        plans = key_plans(self.schema, policy, tree)
        descent = Descent(tree, units=units)
        self._site = Site(
            source=schema, schema=self.schema, policy=policy, tree=tree, public=public, seed=seed, plans=plans,
            descent=descent, keyring=Keyring(plans, descent, seed=seed),
            ending=Ending(self.schema, tree),
        )  # fmt: skip
        self._grow_named(tree.unit.table)

    def needs(self, table: TableName) -> tuple[TableName, ...]:
        """Return the tables that are to be grown before ``table`` is finished: itself, owners, and what is linked to.

        With links in a circle, those are made later than it.
        """
        found: dict[TableName, None] = {}
        waiting = [table]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                kin = self._site.tree.of(name)
                waiting += [link.target for link in kin.links]
                waiting += [kin.owner] if kin.owner is not None else []
        return tuple(kin.table for kin in self._site.tree.owned if kin.table in found and not kin.named)

    def grow(self, table: TableName, starts: NDArray[np.int64]) -> None:
        """Say how many rows ``table`` has: those of owner row i are ``starts[i]:starts[i + 1]``, as both are given.

        Rows for which declared uniqueness leaves no key (a second row where the owner's columns are the primary key)
        will not be made, nor what they own.
        """
        self._site.starts[table] = np.asarray(starts, dtype=np.int64)

    def _lay_out(self, table: TableName, *, under: tuple[TableName, ...] = ()) -> None:
        """Lay out ``table`` after what it depends on; ``RuntimeError`` when that was not grown."""
        kin = self._site.tree.of(table)
        if kin.owner is None or kin.named or self._site.descent.knows(table) or table in under:
            return
        if table not in self._site.starts:
            raise RuntimeError(f"rows depend on the number of rows of {table}, which is not known yet")
        for other in (kin.owner, *(link.target for link in kin.links)):
            self._lay_out(other, under=(*under, table))
        starts = self._site.starts[table]
        counts = np.diff(starts)
        above = self._site.kept.get(kin.owner)
        whole = counts if above is None else counts[above]
        limit = self._site.keyring.limit(table, len(whole))
        left = whole if limit is None else np.minimum(whole, limit)
        if (total := self._site.keyring.total(table)) is not None:
            left = np.diff(np.minimum(starts_of(left), total))
        if left.sum() < counts.sum():
            stay = np.zeros(len(counts), dtype=np.int64)
            stay[slice(None) if above is None else above] = left
            rank = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
            self._site.kept[table] = rank < np.repeat(stay, counts)
            logger.info("rows without a key left out", extra={"table": table, "rows": int(counts.sum() - left.sum())})
        self._site.descent.grow(table, starts_of(left))
        self._grow_named(table)

    def rows(self, table: TableName) -> int:
        """Return how many rows ``table`` will have, at most; ``RuntimeError`` before it, or its owner, was grown."""
        self._lay_out(table)
        return self._site.keyring.bound(table)

    def finished(self, table: TableName, pieces: Iterable[pa.Table]) -> Iterator[tuple[TableName, pa.Table]]:
        """Yield the finished rows of ``table`` and of what its rows name, in blocks, with their tables' names.

        ``pieces`` have the learned columns, those of a reference to a public table under its ``joined_name`` or each
        by itself, those of named rows under their ``attached_name``, and a ``there_name`` for what may be NULL
        (without one, all are there); together they are all rows given to ``grow``, in order.
        Rows that cannot keep declared constraints are left out; where others need them, see ``unkept``.
        """
        for name in self.needs(table):
            self._lay_out(name)
        line = Line(self._site, self._site.plans[table])
        for piece in pieces:
            yield from line.push(piece)
        yield from line.end()

    @property
    def unkept(self) -> dict[TableName, NDArray[np.int64]]:
        """Return which of the rows given cannot keep declared constraints, though others belong or refer to them.

        What came out without them does not close: begin anew with the others.
        """
        return {name: np.unique(np.concatenate(rows)) for name, rows in self._site.unkept.items()}

    def _grow_named(self, table: TableName) -> None:
        """Lay out what every row of ``table`` names; what some name is laid out when they have been made."""
        for kin in self._site.tree.children(table):
            if kin.named and not self._site.is_optional(kin.table):
                self._site.descent.grow(kin.table, np.arange(self._site.descent.rows(table) + 1))
                self._grow_named(kin.table)


def put_together(
    schema: Schema,
    drawn: Drawn,
    *,
    policy: Policy,
    public: Mapping[TableName, pa.Table],
    seed: int,
    progress: Progress,
) -> Iterator[tuple[TableName, pa.Table]]:
    """Yield the rows of every table of a database that was drawn: public ones as they are.

    Rows of one table come in order, in blocks; a table without rows does not come at all. Where rows that others belong
    to or refer to cannot keep what is declared, this ends early, and they are marked: what was yielded is worth nothing
    then, and ``drawn`` is to be put together again after ``Drawn.weeded``. Each time there are fewer rows.
    """
    tree = drawn.tree
    assembly = Assembly(schema, policy=policy, tree=tree, public=public, units=drawn.units, seed=seed)
    for name in tree.public:
        shape = assembly.schema.table(name).arrow_schema()
        yield name, public[name].select(shape.names).cast(shape)
    for table in drawn.lengths:
        assembly.grow(table, drawn.starts(table))
    for table in drawn.files:
        rows = assembly.rows(table)
        made = 0
        for name, block in assembly.finished(table, drawn.pieces(table)):
            made += len(block) if name == table else 0
            progress(f"finishing {table}", made / max(rows, 1))
            yield name, block
        if assembly.unkept:
            for name, marked in assembly.unkept.items():
                drawn.mark(name, marked)
            return
