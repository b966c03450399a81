"""The law every measure of use must pass: what is alike is perfect, what is not is seen, and bad input is no crash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import Compared, of_history, of_units
from gateway.raw.judge.measure import Comparison, Measure, Measured
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from tests.made_up_families import CANARY, arena, people

PACKAGE = "gateway.raw.judge.measures"
NAMES = plugins.names(PACKAGE)
CRITERIA = CriteriaClause(task="ill", tasks=["pay"])
PERFECT = {"coverage": 1.0, "usefulness": 1.0}
"""Figures of a copy of the training rows; 0 for all others."""
SEES_NO_PAIRS = {"one_way", "coverage", "series"}
"""Measures of columns by themselves, which shuffling every column leaves as they are."""


@pytest.fixture(params=NAMES)
def measure(request: pytest.FixtureRequest) -> Measure:
    loaded: Measure = plugins.load(PACKAGE, request.param)()
    assert loaded.name == request.param
    return loaded


def population(rows: int, *, seed: int) -> pa.Table:
    """People whose columns hang together, of every kind, with values that are missing together."""
    random = np.random.default_rng([seed, 5])
    age = random.integers(18, 95, rows)
    pay = np.round(np.exp(random.normal(8, 0.4, rows)) * (1 + age / 50), 2)
    gone = random.random(rows) < age / 300
    sex = np.where(random.random(rows) < 0.5, "f", "m")
    day = dt.date(2001, 1, 1)
    return pa.table(
        {
            "age": pa.array(age, pa.int64()),
            "pay": pa.array(pay, pa.float64(), mask=gone),
            "sex": pa.array(sex, mask=gone & (random.random(rows) < 0.8)),
            "city": pa.array([f"{CANARY} {i} O'Brien" for i in np.minimum(random.zipf(1.7, rows), 300)]),
            "ill": pa.array(random.random(rows) < (age / 90) ** 2),
            "since": pa.array([day + dt.timedelta(int(d)) for d in 30 * age + random.integers(0, 900, rows)]),
            "debt": pa.array([Decimal(int(cents)) / 100 for cents in pay * 10]).cast(pa.decimal128(12, 2)),
        }
    )


def of(train: pa.Table, control: pa.Table, synthetic: pa.Table) -> Compared:
    columns = tuple(ColumnName(name) for name in train.column_names)
    made = Arena(train=train, control=control, synthetic=synthetic, columns=columns, seed=1)
    return of_units(made, TableName("people"))


TRAIN, CONTROL, OTHERS = (population(rows, seed=seed) for rows, seed in ((2000, 1), (900, 2), (2000, 3)))


def shuffled(frame: pa.Table, *, seed: int = 1) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table({n: frame[n].take(pa.array(random.permutation(frame.num_rows))) for n in frame.column_names})


@pytest.fixture(scope="module")
def found() -> Callable[[Measure, str], Measured]:
    """What a measure finds of a copy, of other people, and of people whose columns were shuffled; each made once."""
    sides = {"copy": TRAIN, "others": OTHERS, "shuffled": shuffled(TRAIN)}
    compared = {name: of(TRAIN, CONTROL, synthetic) for name, synthetic in sides.items()}

    def run(measure: Measure, side: str) -> Measured:
        measured = measure.run(compared[side], CRITERIA)
        assert measured is not None
        return measured

    return run


def test_it_says_what_it_asks_what_it_means_and_what_it_does_not_show(measure: Measure) -> None:
    assert measure.question.endswith("?")
    assert measure.means.endswith(".")
    assert measure.not_shown.endswith((".", "?"))
    assert isinstance(measure.better, Comparison)
    assert type(measure).__doc__
    assert measure.name in CriteriaClause.model_fields


def test_a_copy_is_perfect(measure: Measure, found: Callable[[Measure, str], Measured]) -> None:
    perfect = PERFECT.get(measure.name, 0.0)
    if measure.name == "detection":
        # rows that taught what is real come again as synthetic ones, so that it does worse than a coin
        assert -1 <= found(measure, "copy").value < 0.02
    else:
        assert found(measure, "copy").value == pytest.approx(perfect, abs=1e-9)


def test_other_people_of_the_same_kind_are_nearly_perfect(
    measure: Measure, found: Callable[[Measure, str], Measured]
) -> None:
    # chance alone takes 2,000 rows this far apart, the further the more cells there are
    near = {"three_way": 0.25, "two_way": 0.18, "series": 0.13, "detection": 0.1}
    apart = abs(found(measure, "others").value - PERFECT.get(measure.name, 0.0))
    assert apart < near.get(measure.name, 0.08)


def test_what_hangs_together_is_missed_where_columns_were_shuffled(
    measure: Measure, found: Callable[[Measure, str], Measured]
) -> None:
    whole, broken = found(measure, "others").value, found(measure, "shuffled").value
    if measure.name in SEES_NO_PAIRS:
        assert broken == pytest.approx(PERFECT.get(measure.name, 0.0), abs=1e-9)
    elif measure.name == "usefulness":
        assert broken < 0.2
    elif measure.name == "fairness":
        assert broken >= 0  # all people are served badly, and no group much worse than the others
    else:
        assert broken > whole + (0.01 if measure.name == "missingness" else 0.05)


def test_the_same_rows_give_the_same_figures(measure: Measure) -> None:
    assert measure.run(of(TRAIN, CONTROL, OTHERS), CRITERIA) == measure.run(of(TRAIN, CONTROL, OTHERS), CRITERIA)


def test_figures_hold_names_and_no_value_of_a_row(measure: Measure, found: Callable[[Measure, str], Measured]) -> None:
    measured = found(measure, "others")
    assert CANARY not in repr(measured)
    for name in measured.figures:
        words = name
        for column in TRAIN.column_names:
            words = words.replace(column, "")
        assert not any(character.isdigit() for character in words.replace("R2", "").replace("F1", "")), name


def tables() -> list[Compared]:
    """The tables of a whole database, which owners' rows and time are part of."""
    made = arena(people(300, seed=1), people(150, seed=2), people(300, seed=3))
    return [of_units(made, TableName("persons")), *(of_history(each, seed=1) for each in made.histories)]


def run(measure: Measure, compared: Compared, criteria: CriteriaClause) -> Measured | CheckFailed | None:
    try:
        return measure.run(compared, criteria)
    except CheckFailed as problem:
        return problem


def sound(measured: Measured | CheckFailed | None) -> None:
    if isinstance(measured, CheckFailed):
        assert CANARY not in str(measured)
    elif measured is not None:
        assert CANARY not in repr(measured)
        assert all(-2 <= figure <= 2 for figure in (measured.value, *measured.figures.values())), measured


def test_every_table_of_a_database_is_measured_or_says_why_not(measure: Measure) -> None:
    for compared in tables():
        sound(run(measure, compared, CriteriaClause(task="sex")))


def columns(kind: str, rows: int) -> pa.Table:
    random = np.random.default_rng(rows)
    half = np.arange(rows) % 2
    hostile: dict[str, dict[str, object]] = {
        "one column": {"ill": half == 1},
        "two columns": {"ill": half == 1, "age": random.random(rows)},
        "all empty": {"ill": pa.array([None] * rows, pa.bool_()), "pay": pa.array([None] * rows, pa.float64())},
        "never varies": {"ill": [True] * rows, "pay": [1.0] * rows, "sex": ["f"] * rows, "age": [2**62] * rows},
        "every value once": {
            "ill": half == 1,
            "pay": random.random(rows),
            "sex": [f"{CANARY} {i}" for i in range(rows)],
        },
        "no numbers": {
            "ill": half == 1,
            "pay": np.where(half == 1, np.inf, -np.inf),
            "age": np.full(rows, np.nan),
            "debt": np.where(random.random(rows) < 0.5, 1.7e308, -1.7e308),
        },
        "nearly all empty": {
            "ill": pa.array(half == 1, mask=np.arange(rows) > 5),
            "pay": pa.array(random.random(rows), mask=np.arange(rows) > 5),
            "since": pa.array([dt.date(1, 1, 1)] * rows, pa.date32(), mask=np.arange(rows) > 0),
        },
        "nulls alone": {"ill": half == 1, "what": pa.nulls(rows)},
        "far dates": {
            "ill": half == 1,
            "since": pa.array(
                [dt.date(1, 1, 1), dt.date(9999, 12, 31)] * (rows // 2) + [None] * (rows % 2), pa.date32()
            ),
            "at": pa.array(random.integers(-(2**62), 2**62, rows)).cast(pa.timestamp("us")),
        },
    }  # fmt: skip
    return pa.table(hostile[kind])


KINDS = (
    "one column", "two columns", "all empty", "never varies", "every value once", "no numbers", "nearly all empty",
    "nulls alone", "far dates",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("synthetic", [1, 200])
def test_hostile_columns_and_few_rows_do_not_crash_it(measure: Measure, kind: str, synthetic: int) -> None:
    compared = of(columns(kind, 120), columns(kind, 60), columns(kind, synthetic))
    sound(run(measure, compared, CriteriaClause(task="ill", tasks=["pay"])))
    sound(run(measure, compared, CriteriaClause()))


def test_columns_without_a_value_on_one_side_do_not_crash_it(measure: Measure) -> None:
    empty = pa.table({name: pa.array([None] * 300, TRAIN.schema.field(name).type) for name in TRAIN.column_names})
    sound(run(measure, of(TRAIN, CONTROL, empty), CRITERIA))
    sound(run(measure, of(empty, empty, OTHERS), CRITERIA))
