"""Rebuilding rows from what is published: who memorises is caught, however few are remembered; nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.judge.attack import Arena, AttackResult
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

TRAIN, CONTROL = 1200, 500
THRESHOLD = CriteriaClause().reconstruction
KINDS = {"age": Kind.INTEGER, "city": Kind.TEXT, "weight": Kind.FLOAT, "job": Kind.INTEGER, "home": Kind.INTEGER}
SHAPE = Table(
    name=TableName("people"),
    columns=tuple(Column(name=ColumnName(name), kind=kind, native=kind) for name, kind in KINDS.items()),
)
Redraw = Callable[[int], pa.Table]


def people(rows: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng([1, seed])
    age = random.integers(18, 95, rows)
    return pa.table(
        {
            "age": pa.array(age),
            "city": [f"city {i}" for i in np.minimum(random.zipf(1.6, rows), 60)],
            "weight": pa.array(np.round(random.normal(60 + age / 5, 14, rows), 1), mask=random.random(rows) < 0.1),
            "job": pa.array(random.integers(0, 12, rows)),
            "home": pa.array(random.integers(0, 30, rows)),
        },
        schema=SHAPE.arrow_schema(),
    )


def attacked(redraw: Redraw | None, *, control: int = CONTROL) -> AttackResult:
    columns = tuple(ColumnName(name) for name in KINDS)
    released = redraw(0) if redraw else people(TRAIN, seed=9)
    arena = Arena(
        train=people(TRAIN, seed=1), control=people(control, seed=2), synthetic=released, columns=columns, seed=1
    )
    result: AttackResult = plugins.load("gateway.raw.judge.attacks", "reconstruction")().run(
        replace(arena, redraw=redraw)
    )
    return result


def remembering(rows: pa.Table) -> Redraw:
    """A model that gives some rows again and again, and draws the others afresh."""

    def redraw(seed: int) -> pa.Table:
        return pa.concat_tables([people(TRAIN - rows.num_rows, seed=100 + seed), rows])

    return redraw


def trained(generator: str, epsilon: float) -> Redraw:
    made = plugins.load("gateway.raw.generate.generators", generator)
    task = Task(domains={ColumnName(name): None for name in KINDS}, budget=Budget(epsilon, 1e-6))
    rows = RawTable(SHAPE, people(TRAIN, seed=1))
    fitted = made.fit(made.measure(MemoryCounter.of(rows), task, lambda *_: None), lambda *_: None)

    def redraw(seed: int) -> pa.Table:
        found: pa.Table = fitted.sample(TRAIN, seed=seed).cast(SHAPE.arrow_schema())
        return found

    return redraw


def test_a_model_that_returns_its_training_rows_is_caught() -> None:
    ours = people(TRAIN, seed=1)
    result = attacked(lambda seed: ours.take(np.random.default_rng(seed).integers(TRAIN, size=TRAIN)))
    assert result.rate.value > 0.9
    assert result.excess.low > THRESHOLD


def test_a_model_that_changes_a_digit_of_them_is_caught_too() -> None:
    ours = people(TRAIN, seed=1)

    def redraw(seed: int) -> pa.Table:
        shaken = np.random.default_rng(seed).normal(0, 0.2, TRAIN)
        return ours.set_column(
            2, SHAPE.arrow_schema().field("weight"), pa.compute.add(ours["weight"], pa.array(shaken))
        )

    assert attacked(redraw).excess.low > THRESHOLD


def test_a_twentieth_that_is_remembered_blocks_by_the_rows_most_surely_rebuilt() -> None:
    result = attacked(remembering(people(TRAIN, seed=1)[: TRAIN // 20]), control=TRAIN)
    parts = {part.attack: part for part in result.parts}
    assert result.excess.high < THRESHOLD
    assert parts["reconstruction/most sure"].excess.low > THRESHOLD
    assert result.bound > THRESHOLD


@pytest.mark.parametrize("generator", ["pairwise", "independent"])
def test_honest_models_are_acquitted(generator: str) -> None:
    result = attacked(trained(generator, 1.0))
    assert result.excess.high < THRESHOLD
    # fresh noise at every run: a hundredth of them would have a part just above the threshold
    assert all(part.excess.low < 2 * THRESHOLD for part in result.parts)


def test_people_nobody_learned_from_are_no_reconstruction() -> None:
    assert attacked(lambda seed: people(TRAIN, seed=100 + seed)).bound < THRESHOLD


def test_rows_that_many_have_are_nobodys_and_not_rebuilt() -> None:
    """A third of those learned from have one and the same row, which no other person has, and it always comes back."""
    random = np.random.default_rng(1)
    everyone = pa.table({"a": random.integers(0, 300, 900), "b": random.integers(0, 300, 900)})
    same = pa.table({"a": np.full(100, 999), "b": np.full(100, 999)})
    train = pa.concat_tables([everyone[:200], same])
    arena = Arena(
        train=train, control=everyone[200:500], synthetic=pa.concat_tables([everyone[500:700], same]),
        columns=(ColumnName("a"), ColumnName("b")), seed=1,
        redraw=lambda seed: pa.concat_tables([everyone[600 + seed % 100 : 800 + seed % 100], same]),
    )  # fmt: skip
    result = plugins.load("gateway.raw.judge.attacks", "reconstruction")().run(arena)
    assert result.rate.value < 0.05
    assert result.bound < THRESHOLD


def test_without_other_rows_it_could_not_run() -> None:
    with pytest.raises(CheckFailed, match="no other rows"):
        attacked(None)


@pytest.mark.parametrize("broken", ["column", "type", "nothing"])
def test_rows_of_another_shape_could_not_be_compared(broken: str) -> None:
    def redraw(seed: int) -> pa.Table:
        made = people(TRAIN, seed=seed + 5)
        if seed and broken == "column":
            return made.drop_columns(["job"])
        if seed and broken == "type":
            return made.set_column(0, "age", made["age"].cast(pa.string()))
        return made[:0] if seed else made

    if broken == "nothing":
        assert attacked(redraw).bound < THRESHOLD
    else:
        with pytest.raises(CheckFailed, match="drawn anew"):
            attacked(redraw)
