"""Matching inside the source: rules are joined with the codes of people's cells there, and no row leaves it.

Every cell becomes one whole number, every condition an interval of them, and so a batch of rules one list of numbers: a
single parameter, which the database joins with one scan of the people. Rules that want one certain value of a column
are found by it (a hash or an index over the list), so that few pairs of a person and a rule are looked at further.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from gateway.raw.connect import failures
from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells
from gateway.raw.generate.counters.histories_sql_rows import Belonging
from gateway.raw.generate.counters.sql import ENGINES, error_code
from gateway.raw.generate.counters.sql_cells import bisected, whole
from gateway.raw.generate.counters.sql_engine import MOST
from gateway.raw.generate.rules import How, by_column, limits
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.connect.kinship import Kinship
    from gateway.raw.generate.counters.histories_sql_members import HeldOut
    from gateway.raw.generate.counters.sql_cells import Expression
    from gateway.raw.generate.rules import Condition, Limits, Rule
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column

RULES_AT_ONCE = 4_000
"""Rules in one statement."""
_FEW = 64
"""As many rules about the same ranges are worth a scan of their own; of more ranges of a column each is looked at."""
_NULL = -(2**63)
_MOST = 2**63 - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class _Coded:
    """One column: the whole number that stands for a cell, and for each condition the interval that it has to be in."""

    code: Expression
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]
    parameters: int


class SqlMatches:
    """See ``gateway.raw.generate.rules.Matches``. What leaves the database is one line for each rule that anybody met.

    Values of rules and names are parameters and identifiers, never text pasted into SQL.
    """

    def __init__(
        self,
        connection: sa.Connection,
        kinship: Kinship,
        *,
        schema: str | None,
        key: Sequence[ColumnName],
        aside: HeldOut,
    ) -> None:
        """Match the units of ``kinship`` in ``schema``; everything is as for ``SqlUnits``, and raises the same.

        ``aside`` says who is held out.
        """
        name = connection.dialect.name
        if name not in ENGINES:
            raise Unsupported(f"counting inside {name} is not known; known: {', '.join(ENGINES)}")
        self._connection = connection
        self._portrait = kinship.unit
        self._aside = aside
        try:
            self._engine = ENGINES[name](connection)
            self._belonging = Belonging(self._engine, kinship, schema=schema, key=key, aside=aside)
            self.table = self._belonging.shape(self._portrait)
            self._people([column.name for column in self.table.columns])
        except sa.exc.DBAPIError as error:
            what = f"preparing to count in table {kinship.unit.name}"
            raise failures.failed(what, code=error_code(error)) from None

    def count(self, rules: Sequence[Rule]) -> NDArray[np.int64]:
        """Return for how many of either side each rule holds; see ``Matches.count``."""
        for name, conditions in by_column(rules, self.table).items():
            limits([condition for _, condition in conditions], self.table.column(name))  # refuses what cannot be
        parts = [self._counted(rules[at : at + RULES_AT_ONCE]) for at in range(0, len(rules), RULES_AT_ONCE)]
        return np.concatenate([np.zeros((0, 2), dtype=np.int64), *parts])

    def _counted(self, rules: Sequence[Rule]) -> NDArray[np.int64]:
        """Ask for ``rules`` in one statement, or in two halves where it would have too many parameters."""
        conditions = by_column(rules, self.table)
        names = list(conditions)
        people = self._people(names)
        coded = [self._coded(name, conditions[name], people.c[f"v{k}"]) for k, name in enumerate(names)]
        if sum(column.parameters for column in coded) > self._engine.parameters and len(rules) > 1:
            middle = len(rules) // 2
            return np.concatenate([self._counted(rules[:middle]), self._counted(rules[middle:])])
        bounds = np.empty((len(rules), 2 * len(names)), dtype=np.int64)
        bounds[:, 0::2], bounds[:, 1::2] = _NULL, _MOST
        for k, (name, column) in enumerate(zip(names, coded, strict=True)):
            of = np.array([number for number, _ in conditions[name]], dtype=np.int64)
            np.maximum.at(bounds[:, 2 * k], of, column.lows)
            np.minimum.at(bounds[:, 2 * k + 1], of, column.highs)
        codes = [column.code.label(f"x{k}") for k, column in enumerate(coded)]
        cells = self._engine.kept(self._belonging.fenced(sa.select(*codes, people.c.aside)))
        groups = [np.array(group, dtype=np.int64) for group in _groups(rules)]
        found = np.zeros((len(rules), 2), dtype=np.int64)
        for number, training, aside in self._fetched(
            sa.union_all(*(self._joined(cells, group, bounds[group], k) for k, group in enumerate(groups)))
        ):
            found[int(number)] = int(training), int(aside)
        return found

    def _joined(
        self, cells: sa.FromClause, numbers: NDArray[np.int64], bounds: NDArray[np.int64], part: int
    ) -> sa.Select[Any]:
        """Return (rule, how many in training, how many held out) of the rules of one group that anybody meets."""
        columns = range(bounds.shape[1] // 2)
        certain = [k for k in columns if (bounds[:, 2 * k] == bounds[:, 2 * k + 1]).all()]
        if not certain:
            cells, bounds, certain = self._numbered(cells, bounds)
        # a column of which no rule of the group wants anything is not looked at
        loose = [k for k in columns if k not in certain and (bounds[:, 2 * k : 2 * k + 2] != (_NULL, _MOST)).any()]
        kept = [*(2 * k for k in certain), *(side for k in loose for side in (2 * k, 2 * k + 1))]
        lines = np.column_stack([numbers, bounds[:, kept]]).tolist()
        listed = self._engine.listing(["n", *(f"{'lh'[side % 2]}{side // 2}" for side in kept)], lines, f"listed{part}")
        same = [cells.c[f"x{k}"] == listed.c[f"l{k}"] for k in certain]
        inside = [cells.c[f"x{k}"].between(listed.c[f"l{k}"], listed.c[f"h{k}"]) for k in loose]
        pairs = cells.join(listed, sa.and_(sa.true(), *same))
        matched = sa.select(listed.c.n, sa.func.count() - sa.func.sum(cells.c.aside), sa.func.sum(cells.c.aside))
        return matched.select_from(pairs).where(*inside).group_by(listed.c.n)

    def _numbered(
        self, cells: sa.FromClause, bounds: NDArray[np.int64]
    ) -> tuple[sa.FromClause, NDArray[np.int64], list[int]]:
        """Give the intervals of every column in which no two overlap numbers: each cell is in one certain of them."""
        bounds, numbered = bounds.copy(), {}
        for k in range(bounds.shape[1] // 2):
            intervals, which = np.unique(bounds[:, 2 * k : 2 * k + 2], axis=0, return_inverse=True)
            apart = (intervals[1:, 0] > intervals[:-1, 1]).all() and (intervals[:, 0] <= intervals[:, 1]).all()
            if apart and len(intervals) <= _FEW:
                numbered[k] = intervals.tolist()
                bounds[:, 2 * k] = bounds[:, 2 * k + 1] = which.ravel()
        if not numbered:
            return cells, bounds, []
        others = [cells.c[f"x{k}"] for k in range(bounds.shape[1] // 2) if k not in numbered]
        codes = [_which(cells.c[f"x{k}"], intervals).label(f"x{k}") for k, intervals in numbered.items()]
        return self._belonging.fenced(sa.select(*others, *codes, cells.c.aside)), bounds, list(numbered)

    def _people(self, columns: Sequence[ColumnName]) -> sa.FromClause:
        """Return everybody with the values of ``columns`` as read (v0, v1, ..) and ``aside``: 1 if held out, else 0."""
        read, key, alone = self._belonging.alone(self._portrait, columns=columns)
        aside = sa.case((self._engine.is_aside(key, self._aside.below), whole(1)), else_=whole(0)).label("aside")
        return self._belonging.fenced(sa.select(*(read.c[f"v{k}"] for k in range(len(columns))), aside).where(*alone))

    def _coded(self, name: ColumnName, conditions: Iterable[tuple[int, Condition]], value: Expression) -> _Coded:
        column = self.table.column(name)
        said = [condition for _, condition in conditions]
        named = limits(said, column)
        labels = self._belonging.labels(self._portrait, name)
        if labels is not None:
            places = {text: place for place, text in enumerate(labels, 1)}
            at = np.array([0, *(places.get(text, -1) for text in named.texts)], dtype=np.int64)[named.place + 1]
            return _Coded(code=value, lows=np.where(at < 0, 1, at), highs=np.where(at < 0, 0, at), parameters=0)
        if column.kind in TEXT_KINDS:
            listed = {text: place for place, text in enumerate(named.texts)}
            code = self._engine.listed(value, listed, len(listed))
            return _Coded(
                code=_never_null(value, code, -1), lows=named.place, highs=named.place, parameters=2 * len(listed)
            )
        if physical.is_whole(column):
            return _whole_numbers(column, said, named, value)
        return self._floats(said, named, value)

    def _floats(self, said: Sequence[Condition], named: Limits, value: Expression) -> _Coded:
        """Code numbers by where they lie among those named, each of which has a code of its own."""
        with np.errstate(over="ignore", under="ignore"):
            above = np.nextafter(named.numbers, np.inf)
        cuts = np.unique(np.concatenate([named.numbers, above[above <= MOST]]))
        parts = bisected(value, [self._engine.double(float(cut)) for cut in cuts], whole)
        own = np.searchsorted(cuts, named.numbers, side="left") + 1
        at = np.append(own, -1)[named.place]
        lows, highs = _sides(said, at, least=0, most=len(cuts))
        return _Coded(code=_never_null(value, parts, -1), lows=lows, highs=highs, parameters=2 * len(cuts))

    def _fetched(self, query: sa.CompoundSelect[Any]) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.execute(query).all()
        except sa.exc.DBAPIError as error:
            raise failures.failed(f"matching rules in table {self.table.name}", code=error_code(error)) from None


def _groups(rules: Sequence[Rule]) -> list[list[int]]:
    """Return the numbers of rules in groups that are asked together.

    Rules that want certain values want one of the same column, or else they speak of the same columns; those that are
    left are looked at for everybody. Of several values that a rule wants it is found by the one that rules want least
    often, as it will be the rarest.
    """
    wanted = Counter((each.column, each.value) for rule in rules for each in rule if each.how is How.IS)
    of_column = Counter(each.column for rule in rules for each in rule if each.how is How.IS)
    groups: dict[object, list[int]] = {}
    for number, rule in enumerate(rules):
        rarest = min(
            ((wanted[c.column, c.value] / of_column[c.column], c.column) for c in rule if c.how is How.IS), default=None
        )
        found_by: object = frozenset(each.column for each in rule) if rarest is None else rarest[1]
        groups.setdefault(found_by, []).append(number)
    left = [found_by for found_by, some in groups.items() if isinstance(found_by, frozenset) and len(some) < _FEW]
    rest = [number for found_by in left for number in groups.pop(found_by)]
    return [*groups.values(), *([rest] if rest else [])]


def _which(code: Expression, intervals: Sequence[tuple[int, int]]) -> Expression:
    """Return which of ``intervals``, rising and apart, holds ``code``; -1 where none does."""

    def leaf(at: int) -> Expression:
        low, high = intervals[at]
        return sa.case((code.between(whole(low), whole(high)), whole(at)), else_=whole(-1))

    return bisected(code, [whole(low) for low, _ in intervals[1:]], leaf)


def _whole_numbers(column: Column, said: Sequence[Condition], named: Limits, value: Expression) -> _Coded:
    """Take whole numbers for their own codes, held to what the column's type can hold, as ``physical`` has them."""
    least, most = physical.limits(column)
    held = sa.case((value < whole(least), whole(least)), (value > whole(most), whole(most)), else_=value)
    at = np.append(named.numbers, _NULL)[named.place].astype(np.int64)
    lows, highs = _sides(said, at, least=least, most=most)
    return _Coded(code=_never_null(value, sa.cast(held, sa.BigInteger()), _NULL), lows=lows, highs=highs, parameters=0)


def _sides(
    said: Sequence[Condition], at: NDArray[np.int64], *, least: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the intervals of codes, given what each condition names; below ``least`` is only NULL."""
    upwards = np.array([each.how is How.AT_LEAST for each in said])
    downwards = np.array([each.how is How.AT_MOST for each in said])
    return np.where(downwards, least, at), np.where(upwards, most, at)


def _never_null(value: Expression, code: Expression, null: int) -> Expression:
    return sa.case((value.is_(None), sql_cells.whole(null)), else_=code)
