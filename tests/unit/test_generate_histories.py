"""What may be asked of histories: answers are those of counting by hand, and move as little as is promised."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest

from gateway.estimation.histories.clipping import GRID, SCALE
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.raw.family import Family, OwnedRows
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges, Values
from gateway.raw.generate.histories import FINEST_NORM, Coding, Cut, norm_cell, norm_edge
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PERSONS, VISITS, DRUGS = TableName("persons"), TableName("visits"), TableName("drugs")
EPOCH = dt.date(1970, 1, 1)
KIND, DAY, VALUE, DRUG, AGE = (ColumnName(name) for name in ("kind", "day", "value", "drug", "age"))
KINDS = ("a", "b", "é")


def table(name: TableName, **kinds: Kind) -> Table:
    return Table(name=name, columns=tuple(Column(name=ColumnName(n), kind=k, native=k) for n, k in kinds.items()))


SHAPES = {
    PERSONS: table(PERSONS, age=Kind.INTEGER),
    VISITS: table(VISITS, day=Kind.DATE, kind=Kind.TEXT, value=Kind.INTEGER),
    DRUGS: table(DRUGS, drug=Kind.TEXT),
}


def raw(name: TableName, columns: dict[str, list[object]]) -> RawTable:
    schema = SHAPES[name].arrow_schema()
    days = {pa.date32(): pa.int32()}
    arrays = [pa.array(columns[f.name], days.get(f.type, f.type)).cast(f.type) for f in schema]
    return RawTable(SHAPES[name], pa.Table.from_arrays(arrays, schema=schema))


def hostile(persons: int, *, seed: int, without: int | None = None) -> Family:
    """Persons with anything from no visit to very many alike, NULLs in every place, and drugs under visits."""
    random = np.random.default_rng(seed)
    many = random.choice([0, 0, 1, 2, 3, 7, 60], persons)
    visits: list[list[tuple[object, object, object]]] = []
    drugs: list[list[list[object]]] = []
    ages = [None if random.random() < 0.1 else int(random.integers(0, 90)) for _ in range(persons)]
    for count in many.tolist():
        alike = random.random() < 0.3
        rows = [
            (
                None if random.random() < 0.1 else int(random.integers(-3, 40) * (not alike)),
                None if random.random() < 0.1 else str(random.choice([*KINDS, "rare"])) if not alike else "a",
                None if random.random() < 0.1 else int(random.integers(-10, 100)),
            )
            for _ in range(count)
        ]
        visits.append(rows)
        drugs.append([[str(random.choice(["x", "y", "z"])) for _ in range(random.integers(0, 3))] for _ in rows])
    stay = [i for i in range(persons) if i != without]
    flat = [row for i in stay for row in visits[i]]
    lengths = [len(each) for i in stay for each in drugs[i]]
    return Family(
        unit=PERSONS,
        units=raw(PERSONS, {"age": [ages[i] for i in stay]}),
        owned={
            VISITS: OwnedRows(
                rows=raw(VISITS, {name: [row[at] for row in flat] for at, name in enumerate(("day", "kind", "value"))}),
                starts=np.cumsum([0, *(len(visits[i]) for i in stay)]),
            ),
            DRUGS: OwnedRows(
                rows=raw(DRUGS, {"drug": [d for i in stay for each in drugs[i] for d in each]}),
                starts=np.cumsum([0, *lengths]),
            ),
        },
        owner_of={VISITS: PERSONS, DRUGS: VISITS},
    )  # fmt: skip


CODING = Coding(
    columns=(
        Cut(axes=(Axis(column=KIND, domain=Values(values=KINDS, rest=True, other=True)),)),
        Cut(
            axes=(
                Axis(column=VALUE, domain=Ranges(starts=(0, 20, 50), last=99, rest=True)),
                Axis(column=VALUE, domain=Ranges(starts=(0, 60), last=99, rest=True)),
            ),
            axis_of=(1, 1, 0, 0, 1),
        ),
    ),
    gap=Ranges(starts=(0, 1, 4, 12), last=1000, rest=False),
    kind=0,
    owner=(Cut(axes=(Axis(column=AGE, domain=Ranges(starts=(0, 30, 60), last=90, rest=True)),)),),
)
OF_DRUGS = Coding(
    columns=(Cut(axes=(Axis(column=DRUG, domain=Values(values=("x", "y"), rest=True)),)),),
    owner=CODING.columns,
    owner_kind=0,
)
TERMS = (
    Term(target=0),
    Term(target=1),
    Term(target=1, contexts=(Context(place=Place.BEFORE, column=1),)),
    Term(target=2, contexts=(Context(place=Place.ROW, column=1), Context(place=Place.LAST, column=2))),
    Term(target=2, contexts=(Context(place=Place.OWNER, column=0),)),
)


def by_hand(family: Family) -> list[dict[int, Counter[tuple[int, ...]]]]:
    """Return for each of TERMS what every unit has in which cell, with no array in sight."""
    rows, ages = family.owned[VISITS].rows.expose().to_pylist(), family.units.expose().column("age").to_pylist()
    starts = family.owned[VISITS].starts.tolist()
    found: list[dict[int, Counter[tuple[int, ...]]]] = [defaultdict(Counter) for _ in TERMS]
    for unit, (begin, end) in enumerate(itertools.pairwise(starts)):
        days = [(r["day"] - EPOCH).days for r in rows[begin:end] if r["day"]]
        history = []
        for row in rows[begin:end]:
            day = (row["day"] - EPOCH).days if row["day"] else min(days, default=0)
            kind = 0 if row["kind"] is None else KINDS.index(row["kind"]) + 2 if row["kind"] in KINDS else 1
            edges = (20, 50) if kind in {2, 3} else (60,)
            value = 0 if row["value"] is None else 1 + sum(row["value"] >= edge for edge in edges)
            history.append((day, kind, value))
        history.sort()
        age = 0 if ages[unit] is None else 1 + sum(ages[unit] >= edge for edge in (30, 60))
        last: dict[int, int] = {}
        for at, (day, kind, value) in enumerate(history):
            if at:
                since = day - history[at - 1][0]
                found[0][unit][(sum(since >= edge for edge in (1, 4, 12)),)] += 1
            found[1][unit][(kind,)] += 1
            found[2][unit][(history[at - 1][1] if at else 5, kind)] += 1
            found[3][unit][(kind, last.get(kind, 4), value)] += 1
            found[4][unit][(age, value)] += 1
            last[kind] = value
    return found


def test_answers_are_those_of_counting_by_hand() -> None:
    family = hostile(60, seed=1)
    counter = MemoryHistories(family, VISITS, order=DAY)
    for term, units, norms in zip(TERMS, by_hand(family), counter.norms(CODING, TERMS), strict=True):
        squares = [sum(c * c for c in cells.values()) for cells in units.values()]
        expected = Counter(sum(square >= edge for edge in GRID) for square in squares if square)
        expected[0] = 60 - sum(expected.values())
        assert {k: v for k, v in enumerate(norms.tolist()) if v} == {k: v for k, v in expected.items() if v}
        for clip in (1, 3, 50):
            exact = counter.count(CODING, [(term, clip)])[0]
            expected_table = np.zeros_like(exact)
            for cells in units.values():
                square = sum(c * c for c in cells.values())
                weight = SCALE if square <= clip else math.isqrt(clip * SCALE**2 // square)
                for cell, count in cells.items():
                    expected_table[cell] += weight * count
            assert np.array_equal(exact, expected_table)


@pytest.mark.parametrize("gone", range(12))
def test_no_unit_moves_an_answer_further_than_is_promised(gone: int) -> None:
    many, fewer = hostile(12, seed=5), hostile(12, seed=5, without=gone)
    for name, order, coding, terms in (
        (VISITS, DAY, CODING, TERMS),
        (DRUGS, None, OF_DRUGS, (Term(target=0), Term(target=0, contexts=(Context(place=Place.OWNER, column=1),)))),
    ):
        one, other = (MemoryHistories(family, name, order=order) for family in (many, fewer))
        for clip in (1, 2, 9):
            for term in terms:
                (here,), (there,) = (each.count(coding, [(term, clip)]) for each in (one, other))
                assert int(((here - there).astype(object) ** 2).sum()) <= clip * SCALE**2
        for here, there in zip(one.norms(coding, terms), other.norms(coding, terms), strict=True):
            assert np.abs(here - there).sum() == 1
        column = KIND if name == VISITS else DRUG
        for most in (1, 2):
            counts = [dict(zip(*each.values(column, most=most), strict=True)) for each in (one, other)]
            moved = [abs(counts[0].get(v, 0) - counts[1].get(v, 0)) for v in {*counts[0], *counts[1]}]
            assert max(moved, default=0) <= 1
            assert sum(moved) <= most


def test_a_unit_counts_for_the_texts_that_it_has_least_of() -> None:
    rows = {"day": [1] * 6, "kind": ["a", "a", "é", "b", None, "b"], "value": [None] * 6}
    family = Family(
        unit=PERSONS,
        units=raw(PERSONS, {"age": [1, 2]}),
        owned={VISITS: OwnedRows(rows=raw(VISITS, rows), starts=np.array([0, 5, 6]))},
        owner_of={VISITS: PERSONS},
    )
    counter = MemoryHistories(family, VISITS, order=DAY)
    texts, counts = counter.values(KIND, most=2)
    assert dict(zip(texts, counts.tolist(), strict=True)) == {"a": 0, "b": 2, "é": 1}
    texts, counts = counter.values(KIND, most=9)
    assert dict(zip(texts, counts.tolist(), strict=True)) == {"a": 1, "b": 2, "é": 1}


def test_the_order_of_rows_in_memory_says_nothing() -> None:
    family = hostile(30, seed=3)
    owned = family.owned[VISITS]
    owner = np.repeat(np.arange(30), np.diff(owned.starts))
    shuffled = np.lexsort((np.random.default_rng(0).random(owner.size), owner))
    rows = RawTable(owned.rows.table, owned.rows.expose().take(pa.array(shuffled)))
    other = dataclasses.replace(family, owned={VISITS: OwnedRows(rows=rows, starts=owned.starts)})
    asked = [(term, 4) for term in TERMS]
    one, two = (MemoryHistories(each, VISITS, order=DAY).count(CODING, asked) for each in (family, other))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_nobody_at_all_has_answers_too() -> None:
    family = hostile(0, seed=1)
    counter = MemoryHistories(family, VISITS, order=DAY)
    assert all(not table.any() for table in counter.count(CODING, [(term, 4) for term in TERMS]))
    assert all(not table.any() for table in counter.norms(CODING, TERMS))
    assert counter.values(KIND, most=3)[0] == []


def test_cells_of_norms_and_their_edges_agree() -> None:
    for cell in range(1, FINEST_NORM):
        assert norm_cell(np.array([norm_edge(cell)])).tolist() == [cell]
        assert norm_cell(np.array([norm_edge(cell) - 1])).tolist() == [cell - 1]
    assert norm_edge(0) == 0
