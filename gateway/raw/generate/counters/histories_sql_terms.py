"""Codes of rows, their contexts and the cells of terms as window queries: what ``contexts`` and ``clipping`` do.

Whole numbers are compared and nothing else, so that every database says what arrays say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from gateway.estimation.histories import contexts
from gateway.estimation.histories.clipping import GRID, SCALE
from gateway.estimation.histories.terms import NOWHERE, Place
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.histories_sql_members import Members
from gateway.raw.generate.counters.histories_sql_words import whole_root
from gateway.raw.generate.counters.sql_cells import bisected, whole
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.encoding import recode
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gateway.estimation.histories.terms import Context, Shape, Term
    from gateway.raw.connect.kinship import Portrait
    from gateway.raw.generate.counters.histories_sql_rows import Belonging
    from gateway.raw.generate.counters.sql_cells import Expression
    from gateway.raw.generate.histories import Coding, Cut

_SCALED = 2 * (SCALE.bit_length() - 1)
_GAP = Column(name=ColumnName("gap"), kind=Kind.INTEGER, native="bigint")


class Histories:
    """The rows of one table as the histories of their owners, under one coding."""

    def __init__(self, belonging: Belonging, portrait: Portrait, coding: Coding) -> None:
        """Speak of the rows of ``portrait``, which is owned."""
        self._belonging = belonging
        self._portrait = portrait
        self._coding = coding
        self._shape = coding.shape
        self._engine = belonging.engine
        self.unit: tuple[str, ...] = ()
        self._owner: tuple[str, ...] = ()

    def counted(self, terms: Sequence[Term]) -> sa.FromClause:
        """Return (unit.., t, cell, c): in how many rows a unit is in which cell of ``terms[t]``, where in any."""
        rows = self._rows(terms)
        each: dict[int, Expression] = {}
        for at, term in enumerate(terms):
            cell = self._cell(rows, term)
            if contexts_of_gap(term, self._shape):
                cell = sa.case((rows.c.rank > whole(0), cell))
            for context in filter(contexts.partial, term.contexts):
                cell = sa.case((self._context(rows, context) != whole(NOWHERE), cell))
            each[at] = cell
        numbers = sa.union_all(*(sa.select(whole(at).label("t")) for at in each)).subquery("numbers")
        unit = [rows.c[name] for name in self.unit]
        which = sa.case(*((numbers.c.t == whole(at), cell) for at, cell in each.items()))
        placed = self._belonging.fenced(
            sa.select(*unit, numbers.c.t, which.label("cell")).select_from(rows.join(numbers, sa.true()))
        )
        group = [placed.c[name] for name in (*self.unit, "t", "cell")]
        query = sa.select(*group, sa.func.count().label("c")).where(placed.c.cell.is_not(None)).group_by(*group)
        return self._belonging.fenced(query)

    def norms(self, terms: Sequence[Term]) -> sa.Select[Any]:
        """Return (t, cell of norms, units), of units with any row in a table."""
        counted = self.counted(terms)
        group = [counted.c[name] for name in (*self.unit, "t")]
        squared = sa.cast(sa.func.sum(counted.c.c * counted.c.c), sa.BigInteger()).label("n2")
        squares = self._belonging.fenced(sa.select(*group, squared).group_by(*group))
        cell = bisected(squares.c.n2, [whole(edge) for edge in GRID], whole)
        cells = self._belonging.fenced(sa.select(squares.c.t, cell.label("cell")))
        return sa.select(cells.c.t, cells.c.cell, sa.func.count()).group_by(cells.c.t, cells.c.cell)

    def tables(self, terms: Sequence[tuple[Term, int]]) -> sa.Select[Any]:
        """Return (t, cell, sum in 2^-20 rows), each unit's part held to the root of its clip."""
        counted = self.counted([term for term, _ in terms])
        same = [counted.c[name] for name in (*self.unit, "t")]
        squared = sa.cast(sa.func.sum(counted.c.c * counted.c.c).over(partition_by=same), sa.BigInteger())
        rows = self._belonging.fenced(sa.select(counted.c.t, counted.c.cell, counted.c.c, squared.label("n2")))
        clip = sa.case(*((rows.c.t == whole(at), whole(bound)) for at, (_, bound) in enumerate(terms)))
        bounded = self._belonging.fenced(sa.select(*rows.c, clip.label("clip")))
        speech = self._belonging.speech
        number = speech.quotient(bounded.c.clip * whole(2**_SCALED), bounded.c.n2)
        # a unit that is within its clip has a quotient of at least 2^40, and needs no root
        most = whole(2**_SCALED - 1)
        under = self._belonging.fenced(
            sa.select(
                bounded.c.t, bounded.c.cell, bounded.c.c,
                sa.case((bounded.c.n2 > bounded.c.clip, number), else_=most).label("q"),
                sa.case((bounded.c.n2 > bounded.c.clip, whole(0)), else_=whole(1)).label("inside"),
            )
        )  # fmt: skip
        weight = sa.case((under.c.inside == whole(1), whole(SCALE)), else_=whole_root(under.c.q, speech))
        weighed = self._belonging.fenced(sa.select(under.c.t, under.c.cell, (under.c.c * weight).label("part")))
        return sa.select(weighed.c.t, weighed.c.cell, sa.func.sum(weighed.c.part)).group_by(weighed.c.t, weighed.c.cell)

    def shares(self, terms: Sequence[Term], *, weight: int) -> sa.Select[Any]:
        """Return (t, cell, sum), each unit's rows having shares of ``weight``."""
        counted = self.counted(terms)
        same = [counted.c[name] for name in (*self.unit, "t")]
        many = sa.cast(sa.func.sum(counted.c.c).over(partition_by=same), sa.BigInteger())
        rows = self._belonging.fenced(sa.select(counted.c.t, counted.c.cell, counted.c.c, many.label("k")))
        part = self._belonging.speech.quotient(sa.cast(rows.c.c, sa.BigInteger()) * whole(weight), rows.c.k)
        parts = self._belonging.fenced(sa.select(rows.c.t, rows.c.cell, part.label("part")))
        return sa.select(parts.c.t, parts.c.cell, sa.func.sum(parts.c.part)).group_by(parts.c.t, parts.c.cell)

    def _rows(self, terms: Sequence[Term]) -> sa.FromClause:
        """Return the rows with every code and context that ``terms`` need.

        Columns: the unit's, ``c<k>`` codes as in ``Histories.codes``, ``o<k>`` the owner's, ``b<k>`` and ``l<k>`` those
        of the rows before, ``rank`` and ``left``.
        """
        used = Used(terms, self._shape)
        gap = self._shape.ordered
        needed = set(range(gap, len(self._shape.cells))) if used.ordered else used.codes - ({0} if gap else set())
        rows = self._coded(sorted(at - gap for at in needed), sorted(used.owner), timed=used.ordered)
        if not used.ordered:
            return rows
        rows = self._timed(rows)
        rows = self._ranked(rows)
        if used.previous:
            return self._looked_back(rows, used)
        return rows

    def _coded(self, own: Sequence[int], owned_by: Sequence[int], *, timed: bool) -> sa.FromClause:
        """Return rows with the codes of their columns ``own`` and of their owner's columns ``owned_by``."""
        coding, belonging, gap = self._coding, self._belonging, self._shape.ordered
        kin = self._portrait.kin
        assert kin.owner is not None  # noqa: S101 - the table is owned
        above = belonging.portrait(kin.owner)
        owner = self._with_codes(
            above, coding.owner, owned_by, kind=coding.owner_kind, called="o", by=belonging.by(self._portrait)
        )
        timed = timed and coding.gap is not None
        rows = self._with_codes(
            self._portrait, coding.columns, own, kind=coding.kind, called="c", first=int(gap), owner=owner, timed=timed
        )
        self.unit, self._owner = rows.unit, rows.owner
        return rows.rows

    def _with_codes(
        self,
        portrait: Portrait,
        cuts: Sequence[Cut],
        chosen: Sequence[int],
        *,
        kind: int | None,
        called: str,
        first: int = 0,
        **asked: Any,  # noqa: ANN401 - what `Belonging.members` takes
    ) -> Members:
        """Return the rows of ``portrait`` with the codes of the ``chosen`` cuts, numbered from ``first`` on."""
        grained = any(cuts[at].axis_of is not None for at in chosen) and kind is not None
        read = sorted({*chosen, *([kind] if grained and kind is not None else [])})
        members = self._belonging.members(portrait, columns=[cuts[at].column for at in read], **asked)
        values = {at: f"v{k}" for k, at in enumerate(read)}
        passed = [name for name in members.columns if name not in values.values()]
        kept = [members.rows.c[name] for name in (*members.unit, *members.owner, *members.own, *passed)]
        rows = members.rows
        if grained and kind is not None:
            code = self._code(portrait, cuts[kind].axes[0], rows.c[values[kind]])
            rows = self._belonging.fenced(sa.select(*rows.c, code.label("kind")))
            kept = [rows.c[column.name] for column in kept]
        codes = []
        for at in chosen:
            found = self._cut(portrait, cuts[at], rows.c[values[at]], kind=rows.c.kind if grained else None)
            codes.append(found.label(f"{called}{at + first}"))
        # an owner without columns of its own still has to be a row
        made = self._belonging.fenced(sa.select(*kept, *codes, whole(1).label(f"one_{called}")))
        return Members(
            rows=made,
            unit=members.unit,
            owner=members.owner,
            own=members.own,
            columns=(*passed, *(code.name for code in codes)),
        )

    def _cut(self, portrait: Portrait, cut: Cut, value: Expression, *, kind: Expression | None) -> Expression:
        if cut.axis_of is None or kind is None:
            return self._code(portrait, cut.axes[0], value)
        codes = [self._code(portrait, axis, value) for axis in cut.axes]
        chosen = [(binned(kind, cut.axis_of) == whole(number), code) for number, code in enumerate(codes)]
        return sa.case(*chosen, else_=whole(0))

    def _code(self, portrait: Portrait, axis: Axis, value: Expression) -> Expression:
        labels = self._belonging.labels(portrait, axis.column)
        if labels is None:
            column = self._belonging.shape(portrait).column(axis.column)
            return sql_cells.code(axis, column, value, self._engine)
        cells = recode(labels, np.arange(len(labels) + 1), axis.domain)
        bins = cells if axis.bin_of is None else axis.bin_of[cells]
        return binned(value, bins.tolist())

    def _timed(self, rows: sa.FromClause) -> sa.FromClause:
        """Give every row a time: one without has that of its history's earliest, or 0."""
        if self._coding.gap is None:
            time: Expression = whole(0)
        else:
            earliest = sa.func.min(rows.c.t).over(partition_by=self._of(rows))
            time = sa.func.coalesce(rows.c.t, earliest, whole(0))
        others = [column for column in rows.c if column.name != "t"]
        return self._belonging.fenced(sa.select(*others, time.label("time")))

    def _ranked(self, rows: sa.FromClause) -> sa.FromClause:
        """Say of every row which it is of its history, and what hangs on that: the gap's code and what is left."""
        owner, order = self._of(rows), self._order(rows)
        place = sa.func.row_number().over(partition_by=owner, order_by=order)
        before = sa.func.lag(rows.c.time).over(partition_by=owner, order_by=order)
        first = sa.func.min(rows.c.time).over(partition_by=owner)
        last = sa.func.max(rows.c.time).over(partition_by=owner)
        many = sa.func.count().over(partition_by=owner)
        named = {"place": place, "before": before, "first": first, "last": last, "many": many}
        rows = self._belonging.fenced(sa.select(*rows.c, *(what.label(name) for name, what in named.items())))
        elapsed = sa.func.coalesce(rows.c.before - rows.c.first, whole(0))
        codes = {
            "rank": rows.c.place - whole(1),
            "since": rows.c.time - rows.c.before,
            "remaining": rows.c.last - rows.c.first - elapsed,
            "to_come": rows.c.many - rows.c.place + whole(1),
        }
        kept = [column for column in rows.c if column.name not in named]
        rows = self._belonging.fenced(sa.select(*kept, *(what.label(name) for name, what in codes.items())))
        quarters = self._belonging.speech.quotient(rows.c.remaining * whole(4), rows.c.to_come)
        held = sa.case((rows.c.remaining > whole(0), quarters), else_=whole(-1))
        kept = [column for column in rows.c if column.name not in {"since", "remaining", "to_come"}]
        gap = [self._gap(rows).label("c0")] if self._coding.gap is not None else []
        rows = self._belonging.fenced(sa.select(*kept, *gap, held.label("quarters")))
        ranks = bisected(rows.c.rank, [whole(start) for start in contexts.RANKS[1:]], whole)
        octaves = bisected(rows.c.quarters, [whole(start) for start in (0, *contexts.LEFTS)], whole)
        kept = [column for column in rows.c if column.name != "quarters"]
        return self._belonging.fenced(sa.select(*kept, ranks.label("ranks"), octaves.label("lefts")))

    def _gap(self, rows: sa.FromClause) -> Expression:
        coding = self._coding
        assert coding.gap is not None  # noqa: S101 - the caller looks
        axis = Axis(column=_GAP.name, domain=coding.gap, bin_of=coding.gap_bin_of)
        found = sql_cells.code(axis, _GAP, rows.c.since, self._engine)
        return sa.case((rows.c.rank == whole(0), whole(coding.gaps)), else_=found)

    def _looked_back(self, rows: sa.FromClause, used: Used) -> sa.FromClause:
        """Add the codes of the row before, and of the last of the same kind."""
        # rows that tie in time and codes differ in their gap: the order is the one they were given, not made again
        owner, order = self._of(rows), [rows.c.rank]
        found = []
        for at in sorted(used.before):
            before = sa.func.lag(rows.c[f"c{at}"]).over(partition_by=owner, order_by=order)
            found.append(sa.func.coalesce(before, whole(self._shape.cells[at])).label(f"b{at}"))
        for at in sorted(used.last):
            same = [*owner, rows.c[f"c{self._shape.kind}"]]
            last = sa.func.lag(rows.c[f"c{at}"]).over(partition_by=same, order_by=order)
            found.append(sa.func.coalesce(last, whole(self._shape.cells[at])).label(f"l{at}"))
        return self._belonging.fenced(sa.select(*rows.c, *found))

    def _of(self, rows: sa.FromClause) -> list[Expression]:
        return [rows.c[name] for name in self._owner]

    def _order(self, rows: sa.FromClause) -> list[Expression]:
        """Return the one order of a history: by time, then by the codes of columns."""
        first = int(self._shape.ordered)
        return [rows.c.time, *(rows.c[f"c{at}"] for at in range(first, len(self._shape.cells)))]

    def _cell(self, rows: sa.FromClause, term: Term) -> Expression:
        """Return the place of a row in the flat table of ``term``; that of first rows, for a gap, means nothing."""
        axes = contexts.extent(term, shape=self._shape)
        target = rows.c[f"c{term.target}"]
        parts = [self._context(rows, context) for context in term.contexts]
        parts.append(target if term.bin_of is None else binned(target, term.bin_of))
        flat: Expression | None = None
        for part, size in zip(parts, axes, strict=True):
            wide = sa.cast(part, sa.BigInteger())
            flat = wide if flat is None else flat * whole(size) + wide
        assert flat is not None  # noqa: S101 - there is always a target
        return flat

    def _context(self, rows: sa.FromClause, context: Context) -> Expression:
        match context.place:
            case Place.OWNER:
                own = rows.c[f"o{context.column}"]
            case Place.ROW:
                own = rows.c[f"c{context.column}"]
            case Place.BEFORE:
                own = rows.c[f"b{context.column}"]
            case Place.LAST:
                own = rows.c[f"l{context.column}"]
            case Place.RANK:
                own = rows.c.ranks
            case Place.LEFT:
                own = rows.c.lefts
        return own if context.bin_of is None else binned(own, context.bin_of)


class Used:
    """What some terms look at."""

    def __init__(self, terms: Sequence[Term], shape: Shape) -> None:
        """Look at ``terms``; ``ValueError`` for columns that ``shape`` has not, as ``contexts`` has it."""
        for term in terms:
            contexts.extent(term, shape=shape)
        looks = [context for term in terms for context in term.contexts]
        places = {place: {one.column for one in looks if one.place is place} for place in Place}
        self.owner: Collection[int] = places[Place.OWNER]
        self.before: Collection[int] = places[Place.BEFORE]
        self.last: Collection[int] = places[Place.LAST]
        self.codes = {term.target for term in terms} | places[Place.ROW]
        self.previous = bool(self.before or self.last)
        gaps = shape.ordered and 0 in self.codes
        self.ordered = bool(gaps or self.previous or places[Place.RANK] or places[Place.LEFT])


def contexts_of_gap(term: Term, shape: Shape) -> bool:
    """Return whether a term's target is the gap, which first rows have not."""
    return shape.ordered and term.target == 0


def binned(code: Expression, bin_of: Sequence[int]) -> Expression:
    """Return the bin beside a ``code``, which is one of the places in ``bin_of``."""
    starts = [at for at in range(1, len(bin_of)) if bin_of[at] != bin_of[at - 1]]
    bins = [bin_of[at] for at in (0, *starts)]
    return bisected(code, [whole(start) for start in starts], lambda at: whole(bins[at]))
