"""Models trained with and without a person: a generator that remembers is told at once, an honest one is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.judge.attack import Arena, AttackResult
from gateway.raw.judge.confidence import exact
from gateway.raw.judge.traces import traces
from gateway.raw.judge.verdict import attack_all
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

KINDS = {"age": Kind.INTEGER, "city": Kind.TEXT, "weight": Kind.FLOAT}
COLUMNS = tuple(ColumnName(name) for name in KINDS)
SHAPE = Table(
    name=TableName("people"),
    columns=tuple(Column(name=ColumnName(name), kind=kind, native=kind) for name, kind in KINDS.items()),
)
THRESHOLD = CriteriaClause().shadow
Retrain = Callable[[pa.Table, int], pa.Table]


def people(rows: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng([2, seed])
    return pa.table(
        {
            "age": random.integers(18, 95, rows),
            "city": [f"city {i}" for i in np.minimum(random.zipf(1.8, rows), 40)],
            "weight": pa.array(np.round(random.gamma(4, 20, rows), 1), mask=random.random(rows) < 0.1),
        },
        schema=SHAPE.arrow_schema(),
    )


def attacked(retrain: Retrain | None, *, models: int = 40, control: pa.Table | None = None) -> AttackResult:
    heard: list[float] = []
    arena = Arena(
        train=people(300, seed=1), control=people(120, seed=2) if control is None else control,
        synthetic=people(300, seed=3), columns=COLUMNS, seed=1, retrain=retrain, shadow_models=models,
        progress=lambda _stage, share: heard.append(share),
    )  # fmt: skip
    result: AttackResult = plugins.load("gateway.raw.judge.attacks", "shadow")().run(arena)
    assert heard == sorted(heard)
    assert 0 <= heard[0] <= heard[-1] < 1
    return result


def resampling(rows: pa.Table, seed: int) -> pa.Table:
    """Return rows of those that were learned from, some of them several times, in another order."""
    return rows.take(np.random.default_rng(seed).integers(rows.num_rows, size=2 * rows.num_rows))


def honest(rows: pa.Table, seed: int, *, epsilon: float = 1.0) -> pa.Table:
    generator = plugins.load("gateway.raw.generate.generators", "independent")
    task = Task(domains=dict.fromkeys(COLUMNS), budget=Budget(epsilon, 1e-6))
    measured = generator.measure(MemoryCounter.of(RawTable(SHAPE, rows)), task, lambda *_: None)
    made: pa.Table = generator.fit(measured, lambda *_: None).sample(measured.rows, seed=seed).cast(rows.schema)
    return made


def test_a_generator_that_remembers_rows_is_told_by_every_target() -> None:
    result = attacked(resampling)
    assert result.excess.low > THRESHOLD
    assert {part.attack for part in result.parts} == {
        "shadow/farthest from everybody", "shadow/rarest values", "shadow/most extreme number",
    }  # fmt: skip
    assert all(part.targets == 20 for part in result.parts)
    assert result.targets == 60


def test_a_generator_that_remembers_its_largest_number_is_told_by_that_person() -> None:
    """Rows are drawn afresh from a public table, but for one cell: the largest weight there was."""

    def largest(rows: pa.Table, seed: int) -> pa.Table:
        made = people(rows.num_rows, seed=10 + seed)
        weights = np.append(pa.compute.max(rows["weight"]).as_py(), made["weight"].to_numpy()[1:])
        return made.set_column(2, SHAPE.arrow_schema().field("weight"), pa.array(weights, from_pandas=True))

    parts = {part.attack: part for part in attacked(largest).parts}
    assert parts["shadow/most extreme number"].excess.low > THRESHOLD


def test_a_generator_that_does_not_look_at_its_rows_is_not_accused() -> None:
    result = attacked(lambda rows, seed: people(rows.num_rows // 10 * 10, seed=10 + seed), models=100)
    assert result.excess.high < THRESHOLD
    assert all(part.excess.low < 0.1 for part in result.parts)


@pytest.mark.audit
def test_an_honest_generator_stays_below_the_threshold() -> None:
    result = attacked(honest, models=100)
    assert result.bound < THRESHOLD


@pytest.mark.audit
def test_a_budget_of_fifty_is_told() -> None:
    assert attacked(lambda rows, seed: honest(rows, seed, epsilon=50.0), models=60).bound > THRESHOLD


def test_it_runs_only_where_the_policy_asks_for_models() -> None:
    arena = Arena(train=people(60, seed=1), control=people(60, seed=2), synthetic=people(60, seed=3), columns=COLUMNS,
                  seed=1)  # fmt: skip
    asked = {
        models: {
            check.name
            for check in attack_all(
                lambda: arena, CriteriaClause(shadow_models=models), of_histories=False, progress=lambda *_: None
            )[0]
        }
        for models in (0, 40)
    }
    assert asked[40] - asked[0] == {"shadow"}


@pytest.mark.parametrize(
    ("retrain", "models", "control", "told"),
    [
        (None, 40, None, "trained anew"),
        (resampling, 19, None, "fewer than 20 `shadow_models`"),
        (resampling, 40, people(49, seed=2), "fewer than 50"),
    ],
)
def test_what_could_not_run_says_why(retrain: Retrain | None, models: int, control: pa.Table | None, told: str) -> None:
    with pytest.raises(CheckFailed, match=told):
        attacked(retrain, models=models, control=control)


def test_models_without_rows_are_models_too() -> None:
    assert attacked(lambda rows, _seed: rows[:0], models=20).excess.value == 0


def test_rows_of_nothing_but_null_are_attacked() -> None:
    nothing = pa.table(
        {name: pa.nulls(120, field.type) for name, field in zip(KINDS, SHAPE.arrow_schema(), strict=True)}
    )
    result = attacked(resampling, control=nothing.cast(SHAPE.arrow_schema()), models=20)
    assert result.excess.low > 0


def test_traces_count_what_is_like_the_person() -> None:
    person = people(1, seed=4).set_column(2, SHAPE.arrow_schema().field("weight"), pa.array([90.0]))
    base = people(200, seed=5)
    none, two = traces(base, person, base), traces(pa.concat_tables([base, person, person]), person, base)
    assert none.shape == two.shape
    assert (two >= none - 1e-9)[:-2].all()
    assert two[-2] == 0
    whole = 3 * len(KINDS) + 3
    assert two[whole] ** 2 - none[whole] ** 2 == pytest.approx(2)
    assert np.isfinite(traces(base[:0], person, base)).all()


def test_exact_intervals_are_those_of_the_binomial() -> None:
    assert (exact(0, 10).low, exact(10, 10).high) == (0, 1)
    assert exact(0, 10).high == pytest.approx(1 - 0.025 ** (1 / 10))
    assert exact(3, 10).low == pytest.approx(0.0667, abs=1e-4)
    assert exact(3, 10).high == pytest.approx(0.6525, abs=1e-4)
    with pytest.raises(ValueError, match="no more successes"):
        exact(2, 1)
