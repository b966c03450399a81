"""The law of every generator: a budget in, typed rows out, whatever the rows of the source are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.plugins import load, names
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate.generator import Generator, Task
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError, GatewayError, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

PACKAGE = "gateway.raw.generate.generators"
BUDGET = Budget(1.0, 1e-6)


def _column(name: str, kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)  # type: ignore[arg-type]


COLUMNS = (
    _column("code", Kind.TEXT),
    _column("required code", Kind.TEXT, nullable=False),
    _column("listed", Kind.TEXT),
    _column("sex", Kind.ENUM, values=("f", "m"), nullable=False),
    _column("count", Kind.INTEGER, nullable=False),
    _column("age", Kind.INTEGER),
    _column("price", Kind.DECIMAL, precision=7, scale=2),
    _column("loose", Kind.DECIMAL),
    _column("ratio", Kind.FLOAT),
    _column("alive", Kind.BOOLEAN),
    _column("born", Kind.DATE),
    _column("at", Kind.DATETIME, nullable=False),
)
DOMAINS: dict[str, DomainClause] = {
    "listed": DomainClause(values=["a", "b", "never"]),
    "age": DomainClause(lowest=0, highest=100),
    "price": DomainClause(lowest=0, highest=10_000),
}


@pytest.fixture(params=names(PACKAGE))
def generator(request: pytest.FixtureRequest) -> Generator:
    plugin: Generator = load(PACKAGE, request.param)
    return plugin


def table(columns: tuple[Column, ...], rows: dict[str, list[object]]) -> RawTable:
    shape = Table(name=TableName("t"), columns=columns)
    arrays = [pa.array(rows[c.name], c.arrow_type, from_pandas=False) for c in columns]
    return RawTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def ordinary(rows: int) -> RawTable:
    random = np.random.default_rng(0)
    base = random.integers(0, 4, size=rows)
    day = dt.date(1960, 1, 1)
    moment = dt.datetime(2021, 1, 1)  # noqa: DTZ001 - sources have no zone
    return table(COLUMNS, {
        "code": [[None, "x", "y", "z"][k] for k in base],
        "required code": [f"r{k}" for k in base],
        "listed": [["a", "b", "strange", None][k] for k in base],
        "sex": ["fm"[k % 2] for k in base],
        "count": (base * 10 + random.integers(0, 3, rows)).tolist(),
        "age": (20 + 15 * base + random.integers(0, 9, rows)).tolist(),
        "price": [Decimal(int(cents)).scaleb(-2) for cents in base * 50_000 + random.integers(0, 9999, rows)],
        "loose": (base * 1.5).tolist(),
        "ratio": random.lognormal(size=rows).tolist(),
        "alive": (base > 1).tolist(),
        "born": [day + dt.timedelta(days=int(k)) for k in base * 5000 + random.integers(0, 300, rows)],
        "at": [moment + dt.timedelta(seconds=int(k)) for k in random.integers(0, 10**7, rows)],
    })  # fmt: skip


def task(columns: tuple[Column, ...] = COLUMNS) -> Task:
    return Task(domains={c.name: DOMAINS.get(c.name) for c in columns}, budget=BUDGET)


def quiet(_: str, __: float) -> None:
    pass


@pytest.mark.parametrize("rows", [0, 1, 4_000])
def test_rows_have_the_sources_types_and_the_claim_is_inside_the_budget(
    generator: Generator, rows: int, tmp_path: Path
) -> None:
    measured = generator.measure(ordinary(rows), task(), quiet)
    assert 0.99 < accountant.epsilon(measured.events, BUDGET.delta) <= BUDGET.epsilon
    measured.save(tmp_path / "m")
    fitted = generator.fit(generator.load(tmp_path / "m"), quiet)
    made = fitted.sample(500, seed=9)
    assert made.schema.equals(pa.schema([pa.field(c.name, c.arrow_type, c.nullable) for c in COLUMNS]))
    assert made.num_rows == 500
    for column in COLUMNS:
        assert column.nullable or made[column.name].null_count == 0
    assert made.equals(fitted.sample(500, seed=9))
    assert fitted.sample(0, seed=1).num_rows == 0
    assert set(made["sex"].to_pylist()) <= {"f", "m"}
    assert all(value is None or 0 <= value <= 100 for value in made["age"].to_pylist())
    made.validate(full=True)


def test_undeclared_values_are_found_and_relationships_kept_where_there_are_enough_rows(generator: Generator) -> None:
    measured = generator.measure(ordinary(8_000), task(), quiet)
    made = generator.fit(measured, quiet).sample(measured.rows, seed=0)
    assert set(made["code"].to_pylist()) == {None, "x", "y", "z"}
    assert set(made["required code"].to_pylist()) == {"r0", "r1", "r2", "r3"}
    born = [value for value in made["born"].to_pylist() if value is not None]
    assert dt.date(1959, 12, 1) < min(born) < dt.date(1965, 1, 1)
    assert dt.date(1999, 1, 1) < max(born) < dt.date(2010, 1, 1)
    codes, counts = made["required code"].to_pylist(), made["count"].to_pylist()
    agreeing = np.mean([int(code[1:]) == round(count / 10) for code, count in zip(codes, counts, strict=True)])
    assert agreeing < 0.4 if generator.name == "independent" else agreeing > 0.8


@pytest.mark.parametrize(
    "rows",
    [
        {"a": [None] * 900, "b": [None] * 900},
        {"a": [f"rare {k}" for k in range(20_000)], "b": list(range(20_000))},
        {"a": ["same"] * 900, "b": [2**63 - 1, -(2**63)] * 450},
    ],
    ids=["all null", "all different", "extremes"],
)
def test_difficult_tables_still_give_rows(generator: Generator, rows: dict[str, list[object]]) -> None:
    columns = (_column("a", Kind.TEXT), _column("b", Kind.INTEGER))
    measured = generator.measure(table(columns, rows), task(columns), quiet)
    made = generator.fit(measured, quiet).sample(measured.rows, seed=0)
    assert made.num_rows == measured.rows
    assert "rare 5" not in made["a"].to_pylist()


def test_a_wide_table_measures_as_many_pairs_as_its_width_says(generator: Generator) -> None:
    columns = tuple(_column(f"c{k}", Kind.BOOLEAN) for k in range(18))
    base = np.random.default_rng(1).integers(0, 2, size=3_000).astype(bool)
    rows = {c.name: (base ^ (np.random.default_rng(k).random(3_000) < 0.1)).tolist() for k, c in enumerate(columns)}
    measured = generator.measure(table(columns, rows), task(columns), quiet)
    assert accountant.epsilon(measured.events, BUDGET.delta) <= BUDGET.epsilon
    assert sum(event.label.startswith("pair ") for event in measured.events) in {0, 4 * 18}


def test_one_column_alone_works(generator: Generator) -> None:
    columns = (_column("a", Kind.TEXT),)
    measured = generator.measure(table(columns, {"a": ["x", None] * 500}), task(columns), quiet)
    assert set(generator.fit(measured, quiet).sample(100, seed=0)["a"].to_pylist()) == {"x", None}


def test_progress_runs_from_measuring_to_fitting(generator: Generator) -> None:
    heard: list[tuple[str, float]] = []
    measured = generator.measure(ordinary(10), task(), lambda step, share: heard.append((step, share)))
    generator.fit(measured, lambda step, share: heard.append((step, share)))
    assert len({step for step, _ in heard}) >= 2
    assert all(0 <= share <= 1 for _, share in heard)


def test_another_generators_measurements_are_refused(generator: Generator, tmp_path: Path) -> None:
    generator.measure(ordinary(1), task(), quiet).save(tmp_path / "m")
    others = [load(PACKAGE, name) for name in names(PACKAGE) if name != generator.name]
    for other in others:
        with pytest.raises(ArtefactFailed, match="another generator"):
            other.load(tmp_path / "m")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({}, ConfigurationError),
        ({"domains": {ColumnName("nowhere"): None}}, ConfigurationError),
        ({"domains": {ColumnName("age"): DomainClause(values=["old"])}}, ConfigurationError),
        ({"domains": {ColumnName("json"): None}}, Unsupported),
        ({"domains": {ColumnName("age"): None}, "unit": (ColumnName("id"),)}, ConfigurationError),
    ],
)
def test_tasks_that_cannot_be_are_refused(
    generator: Generator, wrong: dict[str, Any], error: type[GatewayError]
) -> None:
    rows = table((_column("age", Kind.INTEGER), _column("json", Kind.UNSUPPORTED)), {"age": [1], "json": [None]})
    with pytest.raises(error):
        generator.measure(rows, Task(**{"domains": {}, "budget": BUDGET} | wrong), quiet)
