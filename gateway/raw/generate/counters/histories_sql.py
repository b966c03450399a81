"""Counting histories inside the source: window queries run there, over one snapshot, and no row leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from gateway.estimation.histories import contexts, sharing
from gateway.estimation.histories.clipping import CLIPS
from gateway.raw.connect import failures
from gateway.raw.generate.counters.histories_sql_rows import Belonging
from gateway.raw.generate.counters.histories_sql_terms import Histories
from gateway.raw.generate.counters.sql import ENGINES, error_code
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.histories import FINEST_NORM
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Term
    from gateway.raw.connect.kinship import Kinship, Portrait
    from gateway.raw.generate.counters.histories_sql_members import HeldOut
    from gateway.raw.generate.histories import Coding
    from gateway.vocabulary.names import ColumnName, TableName

TERMS_AT_ONCE = 4
"""Terms in one statement: its rows are read once, and the database holds a group for each of a unit's cells in each."""


class SqlHistories:
    """See ``gateway.raw.generate.histories.HistoryCounter``: the same whole numbers as ``MemoryHistories``.

    What leaves the database is at most one line for each cell of an answer, never a row.
    """

    def __init__(
        self,
        connection: sa.Connection,
        kinship: Kinship,
        table: TableName,
        *,
        schema: str | None,
        key: Sequence[ColumnName],
        within_most: bool = False,
        aside: HeldOut | None = None,
    ) -> None:
        """Count the rows of ``table`` in ``schema`` through ``connection``, which is inside one read-only snapshot.

        ``key`` names a unit in the unit's table. Which rows an owner keeps who has more than ``most`` is chosen by a
        hash that databases do not have. So a ``table`` (or one above it) is ``Unsupported`` unless its own keys let an
        owner have one row only, or the caller promises ``within_most``: that nobody has more. That is NOT checked,
        since an error would tell that somebody has; without it no answer moves further than ``HistoryCounter`` says.
        With ``aside`` only what belongs to those is counted who are not held out.
        ``Unsupported`` also for a database of an unknown kind, and for keys of types that it may compare otherwise.
        """
        if connection.dialect.name not in ENGINES:
            raise Unsupported(f"counting inside {connection.dialect.name} is not known; known: {', '.join(ENGINES)}")
        self._portrait = kinship.portraits[table]
        if self._portrait.kin.owner is None or self._portrait.kin.named:
            raise Unsupported(f"table {table} has no histories: rows of it are not owned, or named by their owner")
        self._connection = connection
        if not within_most:
            _refuse_caps(kinship, self._portrait)
        try:
            engine = ENGINES[connection.dialect.name](connection)
            self._belonging = Belonging(engine, kinship, schema=schema, key=key, aside=aside)
        except sa.exc.DBAPIError as error:
            raise failures.failed(f"preparing to count in table {table}", code=error_code(error)) from None
        self.table = self._belonging.shape(self._portrait)
        self.owner = self._belonging.shape(kinship.portraits[self._portrait.kin.owner])
        self._units: int | None = None
        self._belonging.members(self._portrait, columns=(), timed=True)  # refuses keys and orders before counting

    def rehearse(self) -> None:
        """Raise now whatever counting any of the columns, or of the owner's, would raise for what they are."""
        for shape in (self.table, self.owner):
            portrait = self._belonging.portrait(shape.name)
            self._belonging.members(portrait, columns=[column.name for column in shape.columns])

    def values(self, column: ColumnName, *, most: int) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur with the number of units that have them; see ``HistoryCounter.values``."""
        if self.table.column(column).kind not in TEXT_KINDS:
            raise ValueError("texts are listed of columns of texts only")
        labels = self._belonging.labels(self._portrait, column)
        members = self._belonging.members(self._portrait, columns=[column])
        rows = members.rows
        there = rows.c.v0.is_not(None) if labels is None else rows.c.v0 > whole(0)
        group = [*members.named(members.unit), rows.c.v0]
        pairs = self._belonging.fenced(sa.select(*group, sa.func.count().label("c")).where(there).group_by(*group))
        ranked = self._ranked(pairs, members.unit, texts=labels is None)
        kept = sa.case((ranked.c.place <= whole(most), whole(1)), else_=whole(0))
        found = self._fetched(sa.select(ranked.c.v0, sa.func.sum(kept)).group_by(ranked.c.v0))
        read = self._belonging.engine.readable
        texts = [read(sent) if labels is None else labels[int(sent) - 1] for sent, _ in found]
        return texts, np.array([int(times) for _, times in found], dtype=np.int64)

    def norms(self, coding: Coding, terms: Sequence[Term]) -> list[NDArray[np.int64]]:
        """Return for each term how many units have a table of which norm; see ``HistoryCounter.norms``."""
        answers = []
        for at in range(0, len(terms), TERMS_AT_ONCE):
            some = terms[at : at + TERMS_AT_ONCE]
            query = Histories(self._belonging, self._portrait, coding).norms(some)
            answers += self._answers(query, [FINEST_NORM] * len(some))
        for answer in answers:
            answer[0] = self._everybody() - answer.sum()
        return answers

    def count(self, coding: Coding, terms: Sequence[tuple[Term, int]]) -> list[NDArray[np.int64]]:
        """Return each term's table in 2^-20 rows; see ``HistoryCounter.count``."""
        if any(not 1 <= clip < CLIPS for _, clip in terms):
            raise ValueError("a squared bound has to be at least 1 and below 2^23")
        answers: list[NDArray[np.int64]] = []
        for at in range(0, len(terms), TERMS_AT_ONCE):
            some = terms[at : at + TERMS_AT_ONCE]
            extents = [contexts.extent(term, shape=coding.shape) for term, _ in some]
            query = Histories(self._belonging, self._portrait, coding).tables(some)
            flat = self._answers(query, [int(np.prod(extent, dtype=np.int64)) for extent in extents])
            answers += [table.reshape(extent) for table, extent in zip(flat, extents, strict=True)]
        return answers

    def shares(self, coding: Coding, terms: Sequence[Term], *, weight: int) -> list[NDArray[np.int64]]:
        """Return each term's table with every unit weighing the same; see ``HistoryCounter.shares``."""
        sharing.check_weight(weight)
        answers: list[NDArray[np.int64]] = []
        for at in range(0, len(terms), TERMS_AT_ONCE):
            some = terms[at : at + TERMS_AT_ONCE]
            extents = [contexts.extent(term, shape=coding.shape) for term in some]
            query = Histories(self._belonging, self._portrait, coding).shares(some, weight=weight)
            flat = self._answers(query, [int(np.prod(extent, dtype=np.int64)) for extent in extents])
            answers += [table.reshape(extent) for table, extent in zip(flat, extents, strict=True)]
        return answers

    def _ranked(self, pairs: sa.FromClause, unit: Sequence[str], *, texts: bool) -> sa.FromClause:
        """Return (v0, place): a unit's texts by how many rows have them (c), then by their UTF-8 bytes."""
        same = [pairs.c[name] for name in unit]
        whole_texts = self._belonging.speech.sorts
        if whole_texts is None or not texts:
            place = sa.func.row_number().over(partition_by=same, order_by=[pairs.c.c, pairs.c.v0])
            return self._belonging.fenced(sa.select(pairs.c.v0, place.label("place")))
        # texts that begin alike tie when sorted, and are compared with each other
        begins = sa.func.left(pairs.c.v0, whole(whole_texts), type_=pairs.c.v0.type)
        place = sa.func.rank().over(partition_by=same, order_by=[pairs.c.c, begins])
        one = self._belonging.fenced(sa.select(*same, pairs.c.v0, place.label("tie")))
        other = one.alias("other")
        before = [one.c[name] == other.c[name] for name in (*unit, "tie")]
        tied = one.outerjoin(other, sa.and_(*before, other.c.v0 < one.c.v0))
        group = [*(one.c[name] for name in unit), one.c.v0, one.c.tie]
        at = (one.c.tie + sa.func.count(other.c.v0)).label("place")
        return self._belonging.fenced(sa.select(one.c.v0, at).select_from(tied).group_by(*group))

    def _answers(self, query: sa.Select[Any], sizes: Sequence[int]) -> list[NDArray[np.int64]]:
        """Run a query for (which table, cell, number)."""
        answers = [np.zeros(size, dtype=np.int64) for size in sizes]
        for at, cell, number in self._fetched(query):
            answers[int(at)][int(cell)] = int(number)
        return answers

    def _everybody(self) -> int:
        """Return how many units there are."""
        if self._units is None:
            ((self._units,),) = self._fetched(sa.select(sa.func.count()).select_from(self._belonging.units().rows))
        return int(self._units)

    def _fetched(self, query: sa.Select[Any]) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.execute(query).all()
        except sa.exc.DBAPIError as error:
            what = f"counting histories of table {self.table.name}"
            raise failures.failed(what, code=error_code(error)) from None


def _refuse_caps(kinship: Kinship, portrait: Portrait) -> None:
    """Raise ``Unsupported`` where rows of ``portrait``, of one above it or of its owner's others may be left out."""
    chain = [portrait]
    while chain[-1].kin.owner is not None:
        chain.append(kinship.portraits[chain[-1].kin.owner])
    above = {each.name for each in chain}
    for each in kinship.owned:
        # what is told of an owner's other rows hangs on their caps too
        if each.name not in above and each.kin.owner not in above:
            continue
        table = each.source
        if not any(key and set(key) <= set(each.kin.columns) for key in (table.primary_key, *table.unique)):
            raise Unsupported(
                f"of table {each.name} at most {each.kin.most} rows of one owner are looked at, chosen by a hash that "
                "databases do not have; promise that nobody has more (`within_most`), or count in memory"
            )
