"""How often an attack accuses a table that is independent of the training rows, at the size of a small hospital."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.model import CriteriaClause
from gateway.raw.judge.attack import Arena
from gateway.vocabulary.names import ColumnName

PACKAGE = "gateway.raw.judge.attacks"


def patients(random: np.random.Generator, rows: int) -> pa.Table:
    age = np.clip(random.normal(53, 14, rows), 18, 98).round()
    sex = random.random(rows) < 0.47
    height = np.where(sex, 177, 163) + random.normal(0, 7, rows)
    weight = np.exp(random.normal(4.35, 0.23, rows))
    unknown = random.random(rows) < 0.28
    return pa.table(
        {
            "age": age,
            "sex": sex,
            "height": pa.array(height.round(), mask=random.random(rows) < 0.18),
            "weight": pa.array(weight.round(1), mask=unknown),
            "bmi": pa.array((weight / (height / 100) ** 2).round(1), mask=unknown),
            "days": random.gamma(1.5, 1600, rows).astype(np.int64),
            "city": [f"city {i}" for i in np.minimum(random.zipf(1.6, rows), 400)],
        }
    )


@pytest.mark.audit
@pytest.mark.parametrize("name", plugins.names(PACKAGE))
def test_an_independent_table_is_rarely_accused_and_the_default_threshold_reached(name: str) -> None:
    """Each end of the 95 % intervals may miss 0 in 2.5 % of tables; 9 of 80 would be reached once in ten thousand."""
    rounds, low, high, blocked = 80, 0, 0, 0
    threshold = getattr(CriteriaClause(), name)
    for seed in range(rounds):
        people = patients(np.random.default_rng([7, seed]), 15_794 + 1_755 + 16_000)
        train, control, synthetic = people[:15_794], people[15_794:17_549], people[17_549:]
        columns = tuple(ColumnName(column) for column in people.column_names)
        result = plugins.load(PACKAGE, name)().run(
            Arena(train=train, control=control, synthetic=synthetic, columns=columns, seed=seed)
        )
        low += result.excess.low > 0
        high += result.excess.high < 0
        blocked += result.bound > threshold
    assert max(low, high) < 9, (low, high)
    assert blocked <= 2
