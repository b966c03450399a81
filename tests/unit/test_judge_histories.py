"""Histories as numbers, sketches and distances of histories, against the same written out plainly."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from gateway.policy.lineage import Kin, Lineage
from gateway.raw.judge.codes import NULL
from gateway.raw.judge.histories import History, SyntheticFamily, histories
from gateway.raw.judge.relations import relations
from gateway.raw.judge.sketches import extent, rarity, sketch
from gateway.raw.judge.utility import binned
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName
from tests.made_up_families import CANARY, COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, People, joined, people

TRAIN, CONTROL, SYNTHETIC = people(60, seed=1), people(30, seed=2), people(50, seed=3)


def read(
    train: People = TRAIN, control: People = CONTROL, synthetic: People = SYNTHETIC, *, lineage: Lineage = LINEAGE
) -> dict[str, History]:
    found = histories(train.family(), control.family(), synthetic.synthetic(), lineage=lineage, columns=COLUMNS)
    return {history.table: history for history in found}


def plainly(made: People) -> list[list[tuple[object, ...]]]:
    """The visits of every person, each as it is said, sorted by time."""
    rows = [tuple(row.values()) for row in made.visits.to_pylist()]
    enrolled = made.persons["enrolled"].to_pylist()
    starts = made.visit_starts
    return [
        sorted(
            [((day - enrolled[person]).days, test, value, note) for day, test, value, note in
             rows[starts[person] : starts[person + 1]]],
            key=lambda row: row[0],
        )
        for person in range(len(made))
    ]  # fmt: skip


def test_rows_are_those_of_the_frames_sorted_by_owner_and_time() -> None:
    visits = read()[VISITS]
    expected = [*plainly(TRAIN), *plainly(CONTROL), *plainly(SYNTHETIC)]
    time = visits.rows.numbers[3][visits.rows.cells[:, 3]]
    value = visits.rows.numbers[1][visits.rows.cells[:, 1]]
    assert visits.rows.columns == ("test", "value", "note", "day", "day: gap")
    assert visits.units == (60, 30, 50)
    for person, rows in enumerate(expected):
        mine = np.flatnonzero(visits.unit == person)
        assert time[mine].tolist() == [row[0] for row in rows]
        assert sorted(v for v in value[mine] if not np.isnan(v)) == sorted(row[2] for row in rows if row[2] is not None)
        gaps = visits.rows.numbers[4][visits.rows.cells[mine, 4]]
        assert gaps[1:].tolist() == np.diff([row[0] for row in rows]).tolist()
    assert (visits.rows.cells[visits.first_of_owner, 4] == NULL).all()
    assert visits.unit.tolist() == sorted(visits.unit)


def test_grandchildren_belong_to_the_person_of_their_owner_wherever_that_was_sorted_to() -> None:
    found = read()
    visits, drugs = found[VISITS], found[DRUGS]
    assert drugs.unit.tolist() == visits.unit[drugs.owner].tolist()
    per_person = [
        Counter(
            (visit["value"], drug["drug"], drug["dose"])
            for at in range(made.visit_starts[person], made.visit_starts[person + 1])
            for visit in [made.visits.slice(at, 1).to_pylist()[0]]
            for drug in made.drugs.slice(
                made.drug_starts[at], made.drug_starts[at + 1] - made.drug_starts[at]
            ).to_pylist()
        )
        for made in (TRAIN, CONTROL, SYNTHETIC)
        for person in range(len(made))
    ]
    names = sorted({str(d) for made in (TRAIN, CONTROL, SYNTHETIC) for d in made.drugs["drug"].to_pylist()})
    value = visits.rows.numbers[1][visits.rows.cells[:, 1]]
    dose = drugs.rows.numbers[1][drugs.rows.cells[:, 1]]
    got: list[Counter[tuple[object, ...]]] = [Counter() for _ in per_person]
    for row, owner in enumerate(drugs.owner):
        of_visit = None if np.isnan(value[owner]) else value[owner]
        got[drugs.unit[row]][of_visit, names[drugs.rows.cells[row, 0]], int(dose[row])] += 1
    assert got == per_person


def test_nothing_of_a_row_is_printed() -> None:
    for history in read().values():
        assert CANARY not in f"{history!r} {history.rows!r} {history.owners}"


def test_time_is_taken_as_it_is_without_since() -> None:
    kin = dataclasses.replace(LINEAGE.owned[0], since=None)
    visits = read(lineage=dataclasses.replace(LINEAGE, owned=(kin,)))[VISITS]
    days = sorted(day.toordinal() for day in TRAIN.visits["day"].to_pylist())
    time = visits.rows.numbers[3][visits.rows.cells[: visits.rows.train, 3]]
    assert (np.sort(time) + 719163).tolist() == days


def test_an_order_that_has_no_order_is_refused() -> None:
    kin = dataclasses.replace(LINEAGE.owned[0], order=ColumnName("note"), kind=None)
    with pytest.raises(CheckFailed, match=r"visits\.note has no order"):
        read(lineage=dataclasses.replace(LINEAGE, owned=(kin,)))


def test_extent_counts_rows_and_spans_time() -> None:
    rows, first, span = extent(read()[VISITS])
    expected = [*plainly(TRAIN), *plainly(CONTROL), *plainly(SYNTHETIC)]
    assert rows.tolist() == [len(each) for each in expected]
    for person, each in enumerate(expected):
        if each:
            assert (first[person], span[person]) == (each[0][0], each[-1][0] - each[0][0])
        else:
            assert np.isnan([first[person], span[person]]).all()


def test_sketches_of_equal_histories_are_equal_and_of_others_are_not() -> None:
    for table, history in read(synthetic=TRAIN).items():
        drawn = sketch(history)
        assert (drawn[:60] == drawn[90:]).all(), table
        assert np.isfinite(drawn).all()
    several = np.flatnonzero(np.diff(TRAIN.visit_starts) > 2)
    visits = sketch(read(synthetic=TRAIN)[VISITS])[several]
    assert len(np.unique(visits, axis=0)) == len(several)


def test_the_rarest_number_of_a_person_is_found_within_its_kind() -> None:
    visits = read()[VISITS]
    real = {}
    for made, begin in ((TRAIN, 0), (CONTROL, 60)):
        for person, rows in enumerate(plainly(made)):
            for _, test, value, _ in rows:
                if value is not None:
                    real.setdefault(test, []).append((value, begin + person))
    expected = np.zeros(140)
    for values in real.values():
        numbers = np.array([value for value, _ in values])
        for value, person in values:
            tail = min((numbers <= value).sum(), (numbers >= value).sum()) / len(numbers)
            expected[person] = max(expected[person], -np.log(tail))
    assert rarity(visits) == pytest.approx(expected)


def apart(real: Sequence[object], invented: Sequence[object]) -> float:
    one, other = Counter(real), Counter(invented)
    return sum(abs(one[cell] / len(real) - other[cell] / len(invented)) for cell in one | other) / 2


def test_distances_are_those_of_counting_by_hand() -> None:
    visits = read(people(300, seed=4), synthetic=people(200, seed=5))[VISITS]
    found = relations(visits)
    assert found.within is not None
    rows, owners = visits.rows, visits.owners
    bins = [binned(rows, column)[0].tolist() for column in range(5)]
    above = [binned(owners, column)[0][visits.owner].tolist() for column in range(len(owners.columns))]
    real, invented = range(rows.train), range(len(rows.cells) - rows.synthetic, len(rows.cells))

    def pairs(one: list[int], other: list[int]) -> float:
        return apart([(one[i], other[i]) for i in real], [(one[i], other[i]) for i in invented])

    assert found.within.two_way[ColumnName("test"), ColumnName("day: gap")] == pytest.approx(pairs(bins[0], bins[4]))
    assert found.owner[ColumnName("age"), ColumnName("value")] == pytest.approx(pairs(above[0], bins[1]))
    unit, test = visits.unit.tolist(), visits.rows.cells[:, 0].tolist()

    def following(column: int, among: range) -> list[tuple[int, int]]:
        return [(bins[column][i], bins[column][i + 1]) for i in among[:-1] if unit[i] == unit[i + 1]]

    assert found.following[ColumnName("test")] == pytest.approx(apart(following(0, real), following(0, invented)))

    def gaps(among: range) -> list[tuple[int, int]]:
        return [
            (bins[4][i], bins[4][i + 1])
            for i in among[1:-1]
            if unit[i - 1] == unit[i] == unit[i + 1]
        ]  # fmt: skip

    assert found.following[ColumnName("day: gap")] == pytest.approx(apart(gaps(real), gaps(invented)))

    def notes(among: range) -> list[tuple[int, int, int]]:
        last: dict[tuple[int, int], int] = {}
        seen = []
        for i in among:
            if (unit[i], test[i]) in last:
                seen.append((test[i], last[unit[i], test[i]], bins[2][i]))
            last[unit[i], test[i]] = bins[2][i]
        return seen

    assert found.following[ColumnName("note")] == pytest.approx(apart(notes(real), notes(invented)))
    assert set(found.following) == {"test", "value", "note", "day: gap"}


def test_a_copy_is_at_no_distance() -> None:
    for history in read(synthetic=joined(TRAIN, TRAIN)).values():
        assert set(relations(history).figures().values()) == {0.0}


def test_a_table_without_an_order_has_nothing_that_follows() -> None:
    found = relations(read()[DRUGS])
    assert found.following == {}
    assert "rows_per_owner" in found.figures()


def test_the_number_of_rows_is_compared_owner_by_owner() -> None:
    """Half of the real persons have two rows, and half none; all synthetic ones have one, in the bin of two."""
    persons = people(200, seed=1)
    one = np.flatnonzero(np.diff(people(2000, seed=7).visit_starts) >= 2)[:100]
    many = people(2000, seed=7).take(one)
    kept = np.concatenate([many.visit_starts[:-1], many.visit_starts[:-1] + 1])
    kept.sort()
    real = dataclasses.replace(
        persons, visits=many.visits.take(pa.array(kept)), visit_starts=np.append(np.arange(0, 201, 2), [200] * 100)
    )
    synthetic = dataclasses.replace(real, visit_starts=np.arange(201))
    lineage = dataclasses.replace(LINEAGE, owned=LINEAGE.owned[:1])
    assert relations(read(real, synthetic=synthetic, lineage=lineage)[VISITS]).rows == pytest.approx(0.5)


def test_a_table_that_is_empty_everywhere_cannot_be_compared() -> None:
    nobody = TRAIN.take(np.flatnonzero(np.diff(TRAIN.visit_starts) == 0))
    found = read(nobody, synthetic=nobody)
    with pytest.raises(CheckFailed, match="visits has neither"):
        relations(found[VISITS])


def test_rows_without_any_column_are_still_counted() -> None:
    lineage = Lineage(unit=Kin(table=PERSONS), owned=(Kin(table=VISITS, owner=PERSONS, most=9),), public=(), dropped=())
    columns = {PERSONS: COLUMNS[PERSONS], VISITS: []}
    made = SyntheticFamily(units=SYNTHETIC.persons, owned=SYNTHETIC.synthetic().owned)
    (visits,) = histories(TRAIN.family(), CONTROL.family(), made, lineage=lineage, columns=columns)
    assert relations(visits).within is None
    assert relations(visits).mean_one_way == relations(visits).rows
    assert sketch(visits).shape == (140, 3)
