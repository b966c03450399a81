"""What is told of the rows somebody owns: times stay inside what was drawn with the owner, and what is declared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from gateway.estimation.histories.terms import Histories
from gateway.policy.model import DomainClause
from gateway.raw.family import first_name, left_name, rows_name, span_name
from gateway.raw.generate.database import Kindred, TablePlan
from gateway.raw.generate.telling import ENDLESS, OVER, Telling, mended, owners, within
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

VISITS, PEOPLE = TableName("visits"), TableName("people")


def histories(*times: list[int]) -> Histories:
    starts = np.cumsum([0, *map(len, times)])
    return Histories(
        starts=starts,
        time=np.array([time for each in times for time in each], dtype=np.int64),
        codes=np.zeros((0, int(starts[-1])), dtype=np.int16),
    )


def spans(of: Histories) -> list[int]:
    return [int(part[-1] - part[0]) for part in np.split(of.time, of.starts[1:-1]) if part.size]


def test_a_history_that_lasts_much_longer_than_it_was_to_is_shortened_and_keeps_its_rows() -> None:
    drawn = histories([5, 10, 205], [0, 50, 100], [], [7])
    made = within(drawn, np.array([100, 95, 0, 0]), Telling(table=VISITS, most=10))
    assert made.time.tolist() == [5, 10, 105, 0, 50, 100, 7]
    assert (made.starts == drawn.starts).all()


def test_gaps_that_are_not_the_longest_stay_as_they_are() -> None:
    drawn = histories([0, 0, 365, 1000, 1365, 2500], [0, 10, 20, 30])
    made = within(drawn, np.array([2000, 5]), Telling(table=VISITS, most=10))
    assert made.time.tolist() == [0, 0, 365, 1000, 1365, 2000, 0, 2, 4, 5]
    assert (
        within(drawn, np.array([1000, 0]), Telling(table=VISITS, most=10)).time[:6] == [0, 0, 250, 500, 750, 1000]
    ).all()


def test_a_little_longer_is_left_alone() -> None:
    drawn = histories([0, 100 + int(100 * OVER)])
    assert spans(within(drawn, np.array([100]), Telling(table=VISITS, most=10))) == [110]


def test_nothing_lies_behind_the_declared_end() -> None:
    drawn = histories([90, 95, 130], [100, 100])
    made = within(drawn, np.array([40, 0]), Telling(table=VISITS, most=10, lowest=0, highest=100))
    assert made.time.max() == 100
    assert made.time[0] == 90


def test_nothing_lies_behind_the_owners_own_end() -> None:
    drawn = histories([90, 95, 130], [100, 100], [], [5, 6], [7, 100])
    end = np.array([100, 100, 3, 5, ENDLESS])
    made = within(drawn, np.array([9, 0, 0, 0, 93]), Telling(table=VISITS, most=10), end=end)
    assert made.time.tolist() == [90, 95, 99, 100, 100, 5, 5, 7, 100]


def told(people: list[tuple[int, int | None, int | None, int | None, int | None]]) -> tuple[pa.Table, Table, Telling]:
    """Return people who are told (rows, first, span, left), and whose time ends with the last number."""
    names = [*(name(VISITS) for name in (rows_name, first_name, span_name, left_name)), ColumnName("end")]
    shape = Table(name=PEOPLE, columns=tuple(Column(name=name, kind=Kind.INTEGER, native="") for name in names))
    arrays = [pa.array(column, pa.int64()) for column in zip(*people, strict=True)]
    at = Column(name=ColumnName("at"), kind=Kind.INTEGER, native="")
    how = Telling(table=VISITS, most=10, order=at, until=ColumnName("end"), lowest=-500, highest=500)
    return pa.Table.from_arrays(arrays, schema=shape.arrow_schema()), shape, how


def test_the_first_row_and_the_span_meet_what_is_left_and_a_0_stays() -> None:
    rows, shape, how = told([
        (3, 10, 40, 5, 75),  # 20 amiss
        (3, 10, 60, 5, 55),  # 20 too much
        (3, 0, 40, 5, 65),  # the first is at 0 and stays there
        (3, 10, 0, 5, 65),  # all at once stays all at once
        (3, 0, 0, 5, 65),
        (3, 300, 10, 0, 100),  # far too late
        (1, 10, 0, 5, 75),  # a single row
        (0, None, None, None, 75),
        (3, 10, 40, 5, None),  # no end
    ])  # fmt: skip
    made = mended(rows, shape, how, ordered=True, seed=1)
    assert made[first_name(VISITS)].to_pylist() == [30, -10, 0, 60, 0, 90, 10, None, 10]
    assert made[span_name(VISITS)].to_pylist() == [40, 60, 60, 0, 0, 10, 0, None, 40]


def test_what_is_amiss_is_shared_by_the_first_row_and_the_span() -> None:
    rows, shape, how = told([(3, 10, 40, 5, 75), (3, 10, 61, 5, 76), (3, 10, 30, 5, 85)])
    made = mended(rows, shape, how, ordered=True, seed=1)
    # halves make spans of 50, 61 and 50: of those drawn, 30 and 40 are the shorter ones
    assert made[span_name(VISITS)].to_pylist() == [30, 61, 40]
    assert made[first_name(VISITS)].to_pylist() == [40, 10, 40]


def test_nobody_begins_or_lasts_beyond_their_end_and_whose_time_is_over_before_has_no_rows() -> None:
    rows, shape, how = told(
        [(3, 10, 40, 5, 30), (3, 100, 9, 0, 20), (3, 10, 9, 0, -500), (3, 10, 9, 0, -501), (2, 3, 4, 0, None)]
    )
    gap = SimpleNamespace(column=how.order)
    found = owners(rows, shape, np.arange(5), cast("Any", SimpleNamespace(gap=gap, owner=(), owner_kind=None)), how)
    assert found.end is not None
    assert found.rows.tolist() == [3, 3, 3, 0, 2]
    assert (found.first <= found.end).all()
    assert (found.first + found.span <= found.end).all()
    assert (found.first[:4].tolist(), found.end[4]) == ([10, 20, -500, -501], ENDLESS)


def test_no_rows_are_no_trouble() -> None:
    assert within(histories([], []), np.zeros(2, dtype=np.int64), Telling(table=VISITS, most=1)).time.size == 0


def kindred(kind: Kind, clause: DomainClause | None, *, since: str | None = None) -> Kindred:
    order = Column(name=ColumnName("at"), kind=kind, native="")
    told = tuple(Column(name=name(VISITS), kind=Kind.INTEGER, native="") for name in (rows_name, first_name, span_name))
    plan = TablePlan(
        domains={},
        share=0.5,
        order=ColumnName("at"),
        order_domain=clause,
        since=None if since is None else ColumnName(since),
    )
    return Kindred(
        unit=PEOPLE,
        shapes={PEOPLE: Table(name=PEOPLE, columns=told), VISITS: Table(name=VISITS, columns=(order,))},
        owner_of={VISITS: PEOPLE},
        plans={PEOPLE: TablePlan(domains={}, share=0.5), VISITS: plan},
    )


def bounds(of: Kindred) -> list[tuple[object, object] | None]:
    found = of.domains(PEOPLE)
    return [
        None if (clause := found[name(VISITS)]) is None else (clause.lowest, clause.highest)
        for name in (first_name, span_name)
    ]


def test_first_times_and_spans_lie_in_the_declared_period() -> None:
    assert bounds(kindred(Kind.INTEGER, DomainClause(lowest=-20, highest=80))) == [(-20, 80), (0, 100)]


@pytest.mark.parametrize("clause", [None, DomainClause(step=1)])
def test_where_no_period_is_declared_they_are_searched_for(clause: DomainClause | None) -> None:
    assert bounds(kindred(Kind.INTEGER, clause)) == [None, None]


def test_counted_from_another_time_a_first_time_may_lie_anywhere() -> None:
    assert bounds(kindred(Kind.INTEGER, DomainClause(lowest=0, highest=9), since="born")) == [None, (0, 9)]
