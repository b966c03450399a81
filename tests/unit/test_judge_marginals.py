"""What real rows are shown in: public cells alone, with labels that no row can change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.estimation.histories.terms import Context, MeasuredTerm, Place, Term
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate.binning import Bins
from gateway.raw.generate.database import DatabaseMeasurements
from gateway.raw.generate.domain import Domain, Ranges, Values
from gateway.raw.generate.history_columns import Grain, HistoryColumn
from gateway.raw.generate.history_measurements import HistoryMeasurements
from gateway.raw.generate.measurements import ColumnMeasured, TableMeasurements
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import of_history, of_units
from gateway.raw.judge.marginals import frames_of, marginals, pairs
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind
from tests.made_up_families import CANARY, DRUGS, PERSONS, VISITS, arena, people

UNIT = TableName("people")
AGES = Ranges(starts=(0, 20, 40, 60), last=99, rest=True)
CITIES = Values(values=("Bonn", "Jena", "Ulm"), rest=True, other=True)


def column(name: str, kind: Kind) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind))


def binned(domain: Domain, bins: list[int] | None = None, ghosts: tuple[int, ...] = ()) -> Bins:
    bin_of = np.arange(domain.cells) if bins is None else np.array(bins)
    ghost = np.isin(np.arange(domain.cells), ghosts)
    return Bins(bin_of=bin_of.astype(np.int32), weight=np.zeros(domain.cells), ghost=ghost)


def measured(*columns: tuple[str, Kind, Domain, Bins], pairs_: tuple[tuple[int, ...], ...] = ()) -> TableMeasurements:
    return TableMeasurements(
        generator="test",
        events=(),
        total=100.0,
        columns=tuple(
            ColumnMeasured(
                column=column(name, kind),
                domain=domain,
                counts=np.zeros(domain.cells, dtype=np.int64),
                sigma=np.ones(domain.cells),
            )
            for name, kind, domain, _ in columns
        ),
        bins=tuple(bins for *_, bins in columns),
        pairs=tuple(
            NoisyMarginal(columns=p, counts=np.zeros((1,) * len(p), dtype=np.int64), sigma=1.0) for p in pairs_
        ),
        notes=(),
    )


AGE = ("age", Kind.INTEGER, AGES, binned(AGES))
CITY = ("city", Kind.TEXT, CITIES, binned(CITIES))
REAL = pa.table({"age": pa.array([1, 2, 25, None], pa.int64()), "city": ["Bonn", CANARY, None, "Ulm"]})
MADE = pa.table({"age": pa.array([70, 70, 70, 70], pa.int64()), "city": ["Jena", "Jena", "Ulm", "Bonn"]})


def test_cells_and_labels_are_those_of_the_measurements() -> None:
    age, city = marginals(measured(AGE, CITY), {UNIT: (REAL, MADE)}, UNIT)
    assert age.labels == ("(empty)", "0 to 19", "20 to 39", "40 to 59", "60 to 99")
    assert age.real == (0.25, 0.5, 0.25, 0.0, 0.0)
    assert age.synthetic == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert city.labels == ("(empty)", "(other values)", "Bonn", "Jena", "Ulm")
    assert city.real == (0.25, 0.25, 0.25, 0.0, 0.25)
    assert city.synthetic == (0.0, 0.0, 0.25, 0.5, 0.25)
    assert (age.table, age.column) == ("people", "age")


def test_rows_change_shares_and_never_a_label() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        rows = int(random.integers(0, 60))
        hostile = pa.table({
            "age": pa.array(random.integers(-(2**62), 2**62, rows), pa.int64()),
            "city": pa.array([f"{CANARY} {i}" for i in range(rows)], pa.string()),
        })  # fmt: skip
        found = marginals(measured(AGE, CITY), {UNIT: (hostile, MADE)}, UNIT)
        assert [m.labels for m in found] == [
            m.labels for m in marginals(measured(AGE, CITY), {UNIT: (REAL, MADE)}, UNIT)
        ]
        assert CANARY not in repr(found)


def test_real_shares_are_hundredths_and_each_is_nearest() -> None:
    rows = pa.table({"age": pa.array([1] * 1234 + [30] * 766 + [50], pa.int64())})
    (age,) = marginals(measured(AGE), {UNIT: (rows, MADE.select(["age"]))}, UNIT)
    assert age.real == (0.0, 0.62, 0.38, 0.0, 0.0)
    assert all(round(share, 2) == share for share in age.real)


def test_cells_put_together_or_taken_for_empty_are_counted_as_the_model_has_them() -> None:
    together = ("age", Kind.INTEGER, AGES, binned(AGES, [0, 1, 1, 2, 1], ghosts=(4,)))
    (age,) = marginals(measured(together), {UNIT: (REAL, MADE)}, UNIT)
    assert age.labels == ("(empty)", "0 to 39", "40 to 59")
    assert age.real == (0.25, 0.75, 0.0)
    assert age.synthetic == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("rows", [REAL.select(["age"]), pa.table({"age": ["x"], "city": pa.array([1.5])})])
def test_a_column_that_is_not_there_or_of_another_type_is_left_out(rows: pa.Table) -> None:
    assert len(marginals(measured(AGE, CITY), {UNIT: (rows, MADE)}, UNIT)) < 2


def test_no_rows_have_no_shares_and_no_measurements_no_cells() -> None:
    empty = REAL.slice(0, 0)
    assert marginals(measured(AGE), {UNIT: (empty, empty)}, UNIT)[0].real == (0.0,) * 5
    assert marginals(None, {UNIT: (REAL, MADE)}, UNIT) == ()
    assert marginals(measured(AGE), {TableName("other"): (REAL, MADE)}, UNIT) == ()


# --- pairs ---


def mixed(rows: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    age = random.integers(0, 99, rows)
    return pa.table({"age": age, "city": [f"{CANARY} {i // 40}" for i in age], "same": ["a"] * rows})


def test_pairs_tell_what_was_measured_and_how_columns_hang_together() -> None:
    frames = mixed(400, seed=1), mixed(200, seed=2), mixed(400, seed=3)
    columns = tuple(ColumnName(name) for name in ("age", "city", "same"))
    made = Arena(train=frames[0], control=frames[1], synthetic=frames[2], columns=columns, seed=1)
    same = ("same", Kind.TEXT, CITIES, binned(CITIES))
    compared = {UNIT: lambda: of_units(made, UNIT)}
    found = {(p.one, p.other): p for p in pairs(measured(AGE, CITY, same, pairs_=((1, 0),)), compared, UNIT)}
    assert set(found) == {("age", "city"), ("age", "same"), ("city", "same")}
    together = found["age", "city"]
    assert together.measured
    assert together.correlation is not None
    assert together.correlation > 0.8
    assert together.synthetic_correlation == pytest.approx(together.correlation, abs=0.05)
    assert 0 < together.distance < 0.3
    assert not found["age", "same"].measured
    assert found["age", "same"].correlation is None
    assert CANARY not in repr(found)
    three = {(p.one, p.other): p for p in pairs(measured(AGE, CITY, same, pairs_=((0, 1, 2),)), compared, UNIT)}
    assert all(pair.measured for pair in three.values())
    assert not any(pair.measured for pair in pairs(None, compared, UNIT))


def test_rows_that_cannot_be_compared_have_no_pairs() -> None:
    def fail() -> Any:
        raise CheckFailed("no")

    assert pairs(None, {UNIT: fail}, UNIT) == ()


# --- whole databases ---


def grain(domain: Domain) -> Grain:
    zeros = np.zeros(domain.cells)
    return Grain(domain=domain, counts=zeros, sigma=1.0, bins=binned(domain), mass=zeros)


def of_visits() -> HistoryMeasurements:
    tests = Values(values=(f"{CANARY} test 0",), rest=True, other=True)
    values = Ranges(starts=(0.0, 100.0), last=300.0, rest=True)
    gaps = Ranges(starts=(0,), last=400, rest=False)
    return HistoryMeasurements(
        table=VISITS,
        events=(),
        notes=(),
        columns=(
            HistoryColumn(column=column("test", Kind.TEXT), grains=(grain(tests),)),
            HistoryColumn(column=column("value", Kind.FLOAT), grains=(grain(values),) * 2, grain_of=(0, 0, 1)),
        ),
        kind=True,
        once=False,
        gap=HistoryColumn(column=column("day", Kind.DATE), grains=(grain(gaps),)),
        owner=(),
        owner_kind=None,
        terms=tuple(
            MeasuredTerm(term=Term(target=target, contexts=contexts), counts=np.zeros(1), sigma=1.0, clip=1)
            for target, contexts in (
                (2, (Context(place=Place.ROW, column=1), Context(place=Place.BEFORE, column=2))),
                (0, (Context(place=Place.OWNER, column=0),)),
            )
        ),
    )


def test_owned_tables_are_shown_where_cells_mean_the_same_in_each_row() -> None:
    ours, others = people(120, seed=1), people(90, seed=2)
    whole = DatabaseMeasurements(unit=measured(AGE), owned={VISITS: of_visits()})
    found = marginals(whole, frames_of(ours.family(), others.synthetic()), PERSONS)
    assert [(m.table, m.column) for m in found] == [(PERSONS, "age"), (VISITS, "test")]
    assert found[1].labels == ("(empty)", "(other values)", f"{CANARY} test 0")
    first = np.mean([text == f"{CANARY} test 0" for text in ours.visits["test"].to_pylist()])
    assert found[1].real == (0.0, round(1 - first, 2), round(first, 2))


def test_pairs_of_histories_were_measured_where_a_term_has_both_of_one_row() -> None:
    made = arena(people(200, seed=1), people(100, seed=2), people(200, seed=3))
    whole = DatabaseMeasurements(unit=measured(AGE), owned={VISITS: of_visits()})
    tables = {history.table: (lambda h=history: of_history(h, seed=1)) for history in made.histories}
    found = pairs(whole, tables, PERSONS)
    assert {p.table for p in found} == {VISITS, DRUGS}
    assert [(p.one, p.other) for p in found if p.measured] == [("test", "value")]
    assert ("value", "day: gap") in {(p.one, p.other) for p in found}
