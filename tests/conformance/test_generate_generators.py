"""The law of every generator: a budget in, typed rows out, whatever the rows of the source are."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from gateway.estimation import pairwise
from gateway.plugins import load, names
from gateway.policy.model import DomainClause
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate import selecting
from gateway.raw.generate.choosing import CHOICES
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Fitted, Generator, Task
from gateway.raw.generate.knowledge import Knowledge
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.request import Condition, Request
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


@pytest.fixture(scope="module", autouse=True)
def _little_effort() -> Iterator[None]:
    """Let the pairwise model do with fewer particles and sweeps: the law is not about how good its rows are."""
    with pytest.MonkeyPatch.context() as patch:
        for little in (pairwise.fit.__kwdefaults__, vars(selecting)):
            for name, value in (("particles", 1_000), ("sweeps", 40), ("PARTICLES", 1_000), ("SWEEPS", 20)):
                if name in little:
                    patch.setitem(little, name, value)
        yield


@pytest.fixture(params=names(PACKAGE))
def generator(request: pytest.FixtureRequest) -> Generator:
    return plugin(request.param)


def plugin(name: str) -> Generator:
    found: Generator = load(PACKAGE, name)
    return found


def table(columns: tuple[Column, ...], rows: dict[str, list[object]]) -> MemoryCounter:
    shape = Table(name=TableName("t"), columns=columns)
    arrays = [pa.array(rows[c.name], c.arrow_type, from_pandas=False) for c in columns]
    return MemoryCounter.of(RawTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema())))


@cache
def ordinary(rows: int) -> MemoryCounter:
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


def task(columns: tuple[Column, ...] = COLUMNS, budget: Budget = BUDGET) -> Task:
    return Task(domains={c.name: DOMAINS.get(c.name) for c in columns}, budget=budget)


def quiet(_: str, __: float) -> None:
    pass


@cache
def learned(name: str, budget: Budget = BUDGET) -> tuple[TableMeasurements, Fitted]:
    """Return what one generator measured of an ordinary table, and its model."""
    measured = plugin(name).measure(ordinary(8_000), task(budget=budget), quiet)
    assert isinstance(measured, TableMeasurements)
    return measured, plugin(name).fit(measured, quiet)


def made_of(generator: Generator, counter: MemoryCounter, columns: tuple[Column, ...], rows: int = 300) -> pa.Table:
    """Return rows of ``counter``'s table, and see that the whole budget was spent on them."""
    measured = generator.measure(counter, task(columns), quiet)
    assert 0.97 * BUDGET.epsilon <= accountant.epsilon(measured.events, BUDGET.delta) <= BUDGET.epsilon
    made = generator.fit(measured, quiet).sample(rows, seed=0)
    made.validate(full=True)
    assert made.num_rows == rows
    return made


# the budget


@pytest.mark.parametrize(("rows", "epsilon"), [(1, 0.1), (0, 3.0), (900, 3.0)])
def test_all_of_the_budget_is_spent_and_no_more_whatever_the_rows(
    generator: Generator, rows: int, epsilon: float
) -> None:
    budget = Budget(epsilon, 1e-6)
    measured = generator.measure(ordinary(rows), task(budget=budget), quiet)
    assert 0.97 * epsilon <= accountant.epsilon(measured.events, budget.delta) <= epsilon


def test_what_is_spent_is_the_same_for_all_rows(generator: Generator) -> None:
    spent = [generator.measure(ordinary(rows), task(), quiet).events for rows in (0, 900)]
    claims = [accountant.epsilon(events, BUDGET.delta) for events in (*spent, learned(generator.name)[0].events)]
    assert claims[1:] == pytest.approx(claims[:-1], rel=1e-9)


def test_two_measurements_of_the_same_rows_differ(generator: Generator) -> None:
    first, second = (generator.measure(ordinary(900), task(), quiet) for _ in range(2))
    assert isinstance(first, TableMeasurements)
    assert isinstance(second, TableMeasurements)
    assert any(not np.array_equal(a.counts, b.counts) for a, b in zip(first.columns, second.columns, strict=True))


# the rows


def test_rows_have_the_sources_types_and_stay_inside_the_domains(generator: Generator) -> None:
    made = learned(generator.name)[1].sample(2_000, seed=9)
    assert made.schema.equals(pa.schema([pa.field(c.name, c.arrow_type, c.nullable) for c in COLUMNS]))
    assert made.num_rows == 2_000
    made.validate(full=True)
    for column in COLUMNS:
        assert column.nullable or made[column.name].null_count == 0
    assert set(made["sex"].to_pylist()) <= {"f", "m"}
    assert set(made["listed"].to_pylist()) <= {None, "a", "b", "never"}
    assert all(value is None or 0 <= value <= 100 for value in made["age"].to_pylist())
    assert all(value is None or 0 <= value <= 10_000 for value in made["price"].to_pylist())
    assert set(made["code"].to_pylist()) == {None, "x", "y", "z"}
    assert set(made["required code"].to_pylist()) == {"r0", "r1", "r2", "r3"}
    born = [value for value in made["born"].to_pylist() if value is not None]
    assert dt.date(1959, 12, 1) < min(born) < dt.date(1965, 1, 1)
    assert dt.date(1999, 1, 1) < max(born) < dt.date(2010, 1, 1)


def test_relationships_are_kept_by_every_generator_that_says_so(generator: Generator) -> None:
    """Bounds are over five standard deviations from what was seen in 16 runs of `bayes`, the worst of them.

    Classical generators lead from age to price over several tables that are measured little: at an epsilon of 1 they
    keep a correlation of .65 ± .09 (of .98), at 4 one of .79 ± .06; agreeing codes are .95 ± .03 of all.
    """
    classical = generator.name in {"bayes", "tree"}
    made = learned(generator.name, Budget(4.0, 1e-6) if classical else BUDGET)[1].sample(4_000, seed=0)
    codes, counts = made["required code"].to_pylist(), made["count"].to_pylist()
    agreeing = np.mean([int(code[1:]) == round(count / 10) for code, count in zip(codes, counts, strict=True)])
    ages, prices = (np.array(made[name].to_pylist(), dtype=float) for name in ("age", "price"))
    known = ~np.isnan(ages) & ~np.isnan(prices)
    correlation = spearmanr(ages[known], prices[known]).statistic
    if generator.name == "independent":
        assert agreeing < 0.4
        assert abs(correlation) < 0.1
    else:
        assert correlation > 0.45
    if generator.name not in {"independent", "copula"}:  # codes have no order that a copula could keep
        assert agreeing > 0.7


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(generator: Generator) -> None:
    fitted = learned(generator.name)[1]
    assert fitted.sample(500, seed=9).equals(fitted.sample(500, seed=9))
    assert not fitted.sample(500, seed=9).equals(fitted.sample(500, seed=8))
    assert fitted.sample(0, seed=1).num_rows == 0
    assert fitted.sample(1, seed=1).num_rows == 1


def test_rows_asked_for_are_the_rows_that_come(generator: Generator) -> None:
    where = {ColumnName("sex"): Condition(values=("f",)), ColumnName("age"): Condition(lowest=30, highest=60)}
    fitted = learned(generator.name)[1]
    made = fitted.sample(400, seed=1, request=Request(where=where))
    assert made.num_rows == 400
    assert set(made["sex"].to_pylist()) == {"f"}
    assert all(30 <= age <= 60 for age in made["age"].to_pylist())
    shares = (ColumnName("sex"), {"f": 1.0, "m": 3.0})
    assert fitted.sample(400, seed=1, request=Request(shares=shares))["sex"].to_pylist().count("f") == 100


def test_batches_add_up_and_come_again(generator: Generator) -> None:
    fitted = learned(generator.name)[1]
    first, second = (pa.Table.from_batches(fitted.batches(700, seed=3, size=300)) for _ in range(2))
    assert first.num_rows == 700
    assert first.equals(second)


# the files


def test_measurements_and_models_come_back_from_files(generator: Generator, tmp_path: Path) -> None:
    measured, fitted = learned(generator.name)
    measured.save(tmp_path / "measured")
    fitted.save(tmp_path / "model")
    again = generator.load(tmp_path / "measured")
    assert again.events == measured.events
    assert again.notes == measured.notes
    wanted = fitted.sample(300, seed=4)
    assert generator.load_model(tmp_path / "model").sample(300, seed=4).equals(wanted)
    assert generator.fit(again, quiet).sample(300, seed=4).equals(wanted)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in {".pkl", ".pickle", ".joblib"}]


def test_damaged_files_are_refused(generator: Generator, tmp_path: Path) -> None:
    measured, fitted = learned(generator.name)
    for folder, written, read in (
        (tmp_path / "measured", measured, generator.load),
        (tmp_path / "model", fitted, generator.load_model),
    ):
        written.save(folder)
        file = max(folder.iterdir(), key=lambda path: path.stat().st_size)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        with pytest.raises(ArtefactFailed):
            read(folder)


def test_what_another_generator_made_is_refused(generator: Generator, tmp_path: Path) -> None:
    measured, fitted = learned(generator.name)
    measured.save(tmp_path / "measured")
    fitted.save(tmp_path / "model")
    for name in names(PACKAGE):
        if name == measured.generator or (name == "auto" and measured.generator in CHOICES):
            continue
        with pytest.raises(ArtefactFailed, match="another generator"):
            plugin(name).load(tmp_path / "measured")
        with pytest.raises(ArtefactFailed, match="another generator"):
            plugin(name).load_model(tmp_path / "model")


# difficult tables


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_table_and_one_row_give_rows(generator: Generator, rows: int) -> None:
    made_of(generator, ordinary(rows), COLUMNS, rows=20)


@pytest.mark.parametrize(
    "rows",
    [
        {"a": [None] * 5_000, "b": [None] * 5_000, "c": [None] * 5_000},
        {"a": [f"rare {k}" for k in range(9_000)], "b": list(range(9_000)), "c": [True, False] * 4_500},
        {"a": ["same"] * 5_000, "b": [2**63 - 1, -(2**63)] * 2_500, "c": [True] * 5_000},
    ],
    ids=["all null", "all different", "constant and extreme"],
)
def test_difficult_columns_still_give_rows(generator: Generator, rows: dict[str, list[object]]) -> None:
    columns = (_column("a", Kind.TEXT), _column("b", Kind.INTEGER), _column("c", Kind.BOOLEAN))
    made = made_of(generator, table(columns, rows), columns)
    assert "rare 5" not in made["a"].to_pylist()
    if rows["c"][0] is None:
        assert all(made[name].null_count > 280 for name in "abc")


def test_one_column_alone_works(generator: Generator) -> None:
    columns = (_column("a", Kind.TEXT),)
    made = made_of(generator, table(columns, {"a": ["x", None] * 500}), columns)
    assert set(made["a"].to_pylist()) == {"x", None}


HOSTILE = (
    "",
    " ",
    "a.b",
    'quote"',
    "x" * 300,
    "'; DROP TABLE t; --",
    "\u202egnp",
    "\x00",
    "\U0001f600",
    "rows",
    "one.0",
)


def test_hostile_names_and_values_come_through(generator: Generator, tmp_path: Path) -> None:
    columns = tuple(_column(name, Kind.TEXT) for name in HOSTILE)
    base = np.random.default_rng(2).integers(0, len(HOSTILE), size=1_800)
    rows = {name: [HOSTILE[(k + j) % len(HOSTILE)] for k in base] for j, name in enumerate(HOSTILE)}
    measured = generator.measure(table(columns, rows), task(columns), quiet)
    measured.save(tmp_path / "m")
    fitted = generator.fit(generator.load(tmp_path / "m"), quiet)
    fitted.save(tmp_path / "f")
    made = generator.load_model(tmp_path / "f").sample(200, seed=0)
    assert made.column_names == list(HOSTILE)
    for name in HOSTILE:
        assert set(made[name].to_pylist()) <= {*HOSTILE, None}
        assert all(unicodedata.is_normalized("NFC", text) for text in made[name].to_pylist() if text is not None)


def test_sixty_columns_work(generator: Generator) -> None:
    columns = tuple(_column(f"c{k}", Kind.BOOLEAN) for k in range(60))
    random = np.random.default_rng(1)
    base = random.random(2_200) < 0.5
    related = {f"c{k}": (base ^ (random.random(2_200) < 0.1)).tolist() for k in range(8)}
    others = {f"c{k}": (random.random(2_200) < 0.5).tolist() for k in range(8, 60)}
    assert made_of(generator, table(columns, related | others), columns).num_columns == 60


# what the steward is told, and what is refused


def test_notes_say_what_was_decided_and_which_error_to_expect(generator: Generator) -> None:
    notes = " ".join(learned(generator.name)[0].notes)
    assert "Expected mean error of a single column" in notes
    related = generator.name not in {"independent", "copula"}
    assert ("Expected mean error of a table of two columns" in notes) == related
    if generator.name == "auto":
        assert "was chosen" in notes


def test_too_few_rows_for_relationships_are_said_to_be_too_few(generator: Generator) -> None:
    notes = " ".join(generator.measure(ordinary(900), task(), quiet).notes)
    assert ("NOT measured" in notes) or generator.name == "independent"


def test_progress_runs_from_measuring_to_fitting(generator: Generator) -> None:
    heard: list[tuple[str, float]] = []
    measured = generator.measure(ordinary(10), task(), lambda step, share: heard.append((step, share)))
    generator.fit(measured, lambda step, share: heard.append((step, share)))
    assert len({step for step, _ in heard}) >= 2
    assert all(0 <= share <= 1 for _, share in heard)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({}, ConfigurationError),
        ({"domains": {ColumnName("nowhere"): None}}, ConfigurationError),
        ({"domains": {ColumnName("age"): DomainClause(values=["old"])}}, ConfigurationError),
        ({"domains": {ColumnName("json"): None}}, Unsupported),
        (
            {"domains": {ColumnName("age"): None}, "knowledge": Knowledge(target=ColumnName("json"))},
            ConfigurationError,
        ),
    ],
)
def test_tasks_that_cannot_be_are_refused(
    generator: Generator, wrong: dict[str, Any], error: type[GatewayError]
) -> None:
    shape = Table(name=TableName("t"), columns=(_column("age", Kind.INTEGER), _column("json", Kind.UNSUPPORTED)))
    with pytest.raises(error):
        generator.measure(_Nothing(shape), Task(**{"domains": {}, "budget": BUDGET} | wrong), quiet)


class _Nothing:
    """A counter that is never asked: what is refused is refused before anything is counted."""

    def __init__(self, shape: Table) -> None:
        self.table = shape

    def values(self, column: ColumnName) -> Any:
        raise AssertionError(column)

    def count(self, tables: Any) -> Any:
        raise AssertionError(tables)
