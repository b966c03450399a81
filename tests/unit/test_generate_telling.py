"""What is told of the rows somebody owns: times stay inside what was drawn with the owner, and what is declared."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.estimation.histories.terms import Histories
from gateway.policy.model import DomainClause
from gateway.raw.family import first_name, rows_name, span_name
from gateway.raw.generate.database import Kindred, TablePlan
from gateway.raw.generate.telling import ENDLESS, OVER, Telling, within
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
