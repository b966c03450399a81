"""The law of matching: rules hold for as many people in memory as inside any source, on either side; no row leaves."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.policy.lineage import Kin, Lineage
from gateway.policy.model import TableClause
from gateway.raw.connect.kinship import Kinship, kinship
from gateway.raw.connect.owning import read_family
from gateway.raw.connect.reading import open_source
from gateway.raw.connect.source import Lent, Snapshot
from gateway.raw.family import Family
from gateway.raw.generate.counters import rules_sql
from gateway.raw.generate.counters.histories_sql_members import HeldOut
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counters.rules_memory import MemoryMatches
from gateway.raw.generate.counters.rules_sql import SqlMatches
from gateway.raw.generate.counters.units_sql import SqlUnits
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.domain import Values
from gateway.raw.generate.rules import Condition, How, Rule
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import SourceFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Column, Kind, Reference, Schema, Table

PEOPLE, VISITS, TOWNS = (TableName(name) for name in ('peo"ple', "visits", "towns"))
KEY = ColumnName("i'd")
CANARY = "canary"
"""By its name, so that no line of this file in a traceback holds it."""
NATIVE = {
    "postgresql": {"i'd": "bigint PRIMARY KEY", "word": "text", "n%s": "bigint", "real": "double precision",
                   "price": "numeric(8,2)", "wide": "numeric(30,5)", "day": "date", "at": "timestamp",
                   "flag": "boolean", "town": "text", "boss": "bigint"},
    "mysql": {"i'd": "bigint PRIMARY KEY", "word": "longtext COLLATE utf8mb4_general_ci", "n%s": "bigint",
              "real": "double", "price": "decimal(8,2)", "wide": "decimal(30,5)", "day": "date", "at": "datetime(6)",
              "flag": "boolean", "town": "varchar(40) COLLATE utf8mb4_bin", "boss": "bigint"},
    "sqlite": {"i'd": "INTEGER PRIMARY KEY", "word": "TEXT COLLATE NOCASE", "n%s": "BIGINT", "real": "DOUBLE",
               "price": "DECIMAL(8,2)", "wide": "DECIMAL(30,5)", "day": "DATE", "at": "DATETIME", "flag": "BOOLEAN",
               "town": "TEXT", "boss": "BIGINT"},
}  # fmt: skip
TOWN_NAMES = ["Ä", "b", "b ", "'; DROP TABLE visits;--"]
POOLS: dict[str, Sequence[object]] = {
    "word": ["a", "A", "a ", "á", "", "%s", ":x", "\\", "'; DROP TABLE visits;--", "😀", "x" * 1500 + "1",
             "x" * 1500 + "2", '{"a":1}'],
    "n%s": [0, 1, -1, 7, 2**53 + 1, 2**53, 2**63 - 1, -(2**63), -(2**63) + 1],
    "real": [0.0, 0.1, -0.1, 1e300, -1e300, 1.0, math.nextafter(1.0, 2), 123456.789, 1.7976931348623157e308],
    "price": ["0", "0.01", "-999999.99", "1.50"], "wide": ["0.00001", "-0.5", "9999999999999999999999999.99999", "7"],
    "day": ["0001-01-01", "1970-01-01", "2000-02-29", "9999-12-31"],
    "at": ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2000-02-29 12:34:56.789012"],
    "flag": [1, 0], "town": [*TOWN_NAMES, "nowhere"], "boss": [1, 2, 3],
}  # fmt: skip


@dataclass
class Base:
    """A source with people of every kind of column, the visits they own, and towns that are public."""

    dialect: str
    url: str

    def __post_init__(self) -> None:
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        names = {name: self.bare(name) for name in NATIVE[self.dialect]}
        columns = ", ".join(f"{names[name]} {native}" for name, native in NATIVE[self.dialect].items())
        text = NATIVE[self.dialect]["town"]
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"CREATE TABLE {self.bare(PEOPLE)} ({columns})"))
            connection.execute(sa.text("CREATE TABLE visits (person bigint, came date)"))
            connection.execute(sa.text(f"CREATE TABLE towns (name {text})"))
            connection.execute(sa.text("INSERT INTO towns VALUES (:n)"), [{"n": name} for name in TOWN_NAMES])

    def bare(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name).replace("%%", "%")

    def fill(self, people: int, *, seed: int = 0, without: Sequence[str] = ()) -> None:
        random = np.random.default_rng(seed)
        native = {name: kind.replace(" PRIMARY KEY", "") for name, kind in NATIVE[self.dialect].items()}
        typed = self.dialect == "postgresql"
        items = ", ".join(f"CAST(:p{k} AS {kind})" if typed else f":p{k}" for k, kind in enumerate(native.values()))
        rows = []
        for person in range(people):
            row: dict[str, object] = {"i'd": person * 7 - 3}
            for name, pool in POOLS.items():
                value = None if name in without or random.random() < 0.1 else pool[random.integers(len(pool))]
                row[name] = bool(value) if typed and name == "flag" and value is not None else value
            rows.append({f"p{k}": _shown(row[name], typed=typed) for k, name in enumerate(native)})
        visits = [
            {"p": int(random.integers(people + 2)) * 7 - 3, "d": f"20{10 + k % 10}-01-0{1 + k % 9}"}
            for k in range(people)
        ]
        with self.engine.begin() as connection:
            insert = f"INSERT INTO {self.bare(PEOPLE).replace(':', chr(92) + ':')} VALUES ({items})"
            connection.execute(sa.text(insert), rows)
            came = "CAST(:d AS date)" if typed else ":d"
            connection.execute(sa.text(f"INSERT INTO visits VALUES (:p, {came})"), visits)

    @contextmanager
    def opened(self) -> Iterator[tuple[Snapshot, Lent, Kinship]]:
        with closing(open_source(SecretStr(self.url), None)) as source, source.snapshot() as snapshot:
            yield snapshot, snapshot.lend(PEOPLE), related(snapshot.schema)


def _shown(value: object, *, typed: bool) -> object:
    return str(value) if typed and value is not None else value


def related(schema: Schema) -> Kinship:
    own = Kin(
        table=PEOPLE,
        public=(Reference(columns=(ColumnName("town"),), target=TOWNS, target_columns=(ColumnName("name"),)),),
        links=(Reference(columns=(ColumnName("boss"),), target=PEOPLE, target_columns=(KEY,)),),
    )
    visits = Kin(table=VISITS, owner=PEOPLE, columns=(ColumnName("person"),), owner_columns=(KEY,),
                 order=ColumnName("came"), most=1000)  # fmt: skip
    learn: dict[str, Any] = {"role": "none", "treatment": "learn"}
    key: dict[str, Any] = {"role": "key", "treatment": "key"}
    clauses = {
        PEOPLE: {name: key if name in {KEY, "boss"} else learn for name in NATIVE["sqlite"]},
        VISITS: {"person": key, "came": learn},
    }
    known = {
        name: TableClause.model_validate({"treatment": "synthesize", "columns": columns})
        for name, columns in clauses.items()
    }
    tree = Lineage(unit=own, owned=(visits,), public=(TOWNS,), dropped=())
    return kinship(schema, tree, known, {TOWNS: pa.table({"name": pa.array(TOWN_NAMES, pa.string())})})


@pytest.fixture(params=["postgresql", pytest.param("mysql", marks=pytest.mark.mariadb), "sqlite"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    match request.param:
        case "postgresql":
            url = request.getfixturevalue("postgres_database")()
        case "mysql":
            url = request.getfixturevalue("mariadb_database")()
        case _:
            url = f"sqlite:///{tmp_path}/source.db"
    made = Base(request.param, url)
    yield made
    made.engine.dispose()


def whole_family(snapshot: Snapshot, plan: Kinship) -> Family:
    family, nobody = read_family(snapshot, plan, key=[KEY], share=1e-15, secret=b"s", progress=lambda *_: None)
    assert nobody.units.expose().num_rows == 0
    return derive(family, plan.lineage)


def in_source(lent: Lent, plan: Kinship, *, share: float) -> SqlMatches:
    aside = HeldOut.of(b"secret", share=share)
    return SqlMatches(lent.connection, plan, schema=lent.schema, key=[KEY], aside=aside)


def rules_for(rows: pa.Table, shape: Table, *, many: int, seed: int) -> list[Rule]:
    """Return rules of up to four conditions, over values that are there and values that are not."""
    random = np.random.default_rng(seed)
    strange = {
        Kind.TEXT: ["'; DROP TABLE visits;--\0", "never", "%(x)s"], Kind.FLOAT: [5e-324, -5e-324, 0.5, -0.0],
        Kind.INTEGER: [-(2**63) + 1, 2**63 - 1, 12], Kind.DECIMAL: [Decimal(0)], Kind.DATE: [dt.date(1999, 1, 1)],
        Kind.DATETIME: [dt.datetime.fromisoformat("2024-01-01")], Kind.BOOLEAN: [True], Kind.ENUM: ["never"],
    }  # fmt: skip
    found: list[Rule] = [()]
    for _ in range(many):
        conditions = []
        for at in random.permutation(len(shape.columns))[: random.integers(1, 5)]:
            column = shape.columns[at]
            pool = [*set(rows.column(column.name).to_pylist()), None, *strange[column.kind]]
            value = pool[random.integers(len(pool))]
            ordered = value is not None and column.kind in NUMERIC_KINDS | TEMPORAL_KINDS
            how = How.IS if not ordered else list(How)[random.integers(3)]
            conditions.append(Condition(column.name, how, value))
        found.append(tuple(conditions))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_any_rule_holds_for_as_many_people_as_in_memory(base: Base, seed: int) -> None:
    base.fill(40, seed=seed)
    with base.opened() as (snapshot, lent, plan):
        family = whole_family(snapshot, plan)
        nobody = RawTable(family.units.table, family.units.expose().slice(0, 0))
        ours, theirs = in_source(lent, plan, share=1e-15), MemoryMatches(family.units, nobody)
        assert ours.table == theirs.table
        rules = rules_for(family.units.expose(), ours.table, many=300, seed=seed)
        np.testing.assert_array_equal(ours.count(rules), theirs.count(rules))


def test_both_sides_are_everybody_and_nobody_is_on_both(base: Base) -> None:
    base.fill(60, seed=3)
    with base.opened() as (snapshot, lent, plan):
        family = whole_family(snapshot, plan)
        nobody = RawTable(family.units.table, family.units.expose().slice(0, 0))
        rules = rules_for(family.units.expose(), family.units.table, many=100, seed=3)
        sides = in_source(lent, plan, share=0.4).count(rules)
        assert 5 < sides[0, 1] < 45
        np.testing.assert_array_equal(sides.sum(axis=1), MemoryMatches(family.units, nobody).count(rules)[:, 0])
        assert (in_source(lent, plan, share=0.4).count(rules) == sides).all()
        # whoever counts by the same secret counts those in training
        aside = HeldOut.of(b"secret", share=0.4)
        counter = SqlUnits(lent.connection, plan, schema=lent.schema, key=[KEY], aside=aside)
        domain = Values(values=tuple(POOLS["word"]), rest=True)
        (words,) = counter.count([[Axis(column=ColumnName("word"), domain=domain)]])
        matched = in_source(lent, plan, share=0.4).count(
            [(Condition(ColumnName("word"), How.IS, text),) for text in (None, *POOLS["word"])]
        )
        np.testing.assert_array_equal(words, matched[:, 0])


def test_units_are_counted_as_in_memory_with_all_that_a_family_has_of_them(base: Base) -> None:
    base.fill(50, seed=4)
    with base.opened() as (snapshot, lent, plan):
        family = whole_family(snapshot, plan)
        theirs = MemoryCounter.of(family.units)
        ours = SqlUnits(lent.connection, plan, schema=lent.schema, key=[KEY])
        assert ours.table == theirs.table
        axes = [
            Axis(column=column.name, domain=domain)
            for column in ours.table.columns
            if (domain := _domain(column, family.units.expose())) is not None
        ]
        assert len(axes) == len(ours.table.columns)
        tables = [[], *([axis] for axis in axes), *([one, other] for one, other in zip(axes, axes[3:], strict=False))]
        for one, other in zip(ours.count(tables), theirs.count(tables), strict=True):
            np.testing.assert_array_equal(one, other)
        for name in (ColumnName("word"), ColumnName("town")):
            found, known = ours.values(name), theirs.values(name)
            assert dict(zip(*found, strict=True)) == dict(zip(*known, strict=True))


def _domain(column: Column, rows: pa.Table) -> Values | None:
    from gateway.raw.generate import physical  # noqa: PLC0415

    values = rows.column(column.name)
    if column.kind in {Kind.TEXT, Kind.ENUM}:
        known = sorted({text for text in values.to_pylist() if text is not None})
        return Values(values=tuple(known[::2]), rest=True, other=True)
    units, present = physical.numbers(values, column)
    return Values(values=tuple(sorted(set(units[present].tolist()))), rest=True)


def test_a_source_of_nobody_has_answers_too(base: Base) -> None:
    with base.opened() as (_, lent, plan):
        found = in_source(lent, plan, share=0.3).count([(), (Condition(ColumnName("word"), How.IS, "a"),)])
    assert found.tolist() == [[0, 0], [0, 0]]


def test_people_who_are_null_everywhere_match_what_is_null(base: Base) -> None:
    base.fill(20, without=list(POOLS))
    with base.opened() as (_, lent, plan):
        matches = in_source(lent, plan, share=1e-15)
        rule = tuple(Condition(ColumnName(name), How.IS, None) for name in POOLS if name != "boss")
        found = matches.count([rule, (*rule, Condition(ColumnName("n%s"), How.AT_MOST, 5))])
    assert found.tolist() == [[20, 0], [0, 0]]


def test_no_row_leaves_and_texts_of_ours_are_parameters(base: Base) -> None:
    base.fill(40, seed=5)
    poison = "x'); DROP TABLE victim;--\\"
    with base.opened() as (_, lent, plan):
        matches = in_source(lent, plan, share=0.3)
        said: list[str] = []
        sa.event.listen(lent.connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        rules: list[Rule] = [
            (Condition(ColumnName("word"), How.IS, poison),),
            (Condition(ColumnName("word"), How.IS, "a"), Condition(ColumnName("n%s"), How.AT_LEAST, 0)),
        ]
        found = matches.count(rules)
    assert found[0].tolist() == [0, 0]
    assert len([each for each in said if "pg_catalog.pg_class" not in each]) == 1
    for statement in said:
        assert "victim" not in statement
        assert re.match(r"^(WITH s\d+ AS|SELECT CAST\(pg_catalog)\s", statement)
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|DROP|COPY|INTO)\b", statement)


def test_rules_over_ranges_side_by_side_are_found_by_their_ranges(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.fill(60, seed=7)
    monkeypatch.setattr(rules_sql, "_FEW", 8)
    ends = [(-(2**63) + 1, -1), (0, 0), (1, 2**53), (2**53 + 1, 2**63 - 1)]
    moments = [dt.datetime.fromisoformat(day) for day in ("0001-01-01", "1970-01-01", "9999-12-31")]
    rules: list[Rule] = [
        (
            Condition(ColumnName("n%s"), How.AT_LEAST, low), Condition(ColumnName("n%s"), How.AT_MOST, high),
            Condition(ColumnName("at"), How.AT_LEAST, begin), Condition(ColumnName("at"), How.AT_MOST, end),
            Condition(ColumnName("real"), How.AT_MOST, most),
        )
        for low, high in ends for begin, end in itertools.pairwise(moments) for most in (0.1, 1e300)
    ]  # fmt: skip
    with base.opened() as (snapshot, lent, plan):
        family = whole_family(snapshot, plan)
        nobody = RawTable(family.units.table, family.units.expose().slice(0, 0))
        ours, theirs = in_source(lent, plan, share=1e-15), MemoryMatches(family.units, nobody)
        found = theirs.count(rules)
        assert found.any()
        np.testing.assert_array_equal(ours.count(rules), found)
        # with ranges that overlap nobody is found by them
        rules += [(rule[0], rule[4]) for rule in rules] + [(rule[0],) for rule in rules[:3]]
        np.testing.assert_array_equal(ours.count(rules), theirs.count(rules))


def test_rules_that_cannot_be_are_refused_without_a_value(base: Base) -> None:
    base.fill(5)
    with base.opened() as (_, lent, plan):
        matches = in_source(lent, plan, share=0.3)
        for condition in (
            Condition(ColumnName("gone"), How.IS, CANARY), Condition(ColumnName("n%s"), How.IS, CANARY),
            Condition(ColumnName("word"), How.AT_MOST, CANARY), Condition(ColumnName("real"), How.IS, math.nan),
            Condition(ColumnName("price"), How.AT_LEAST, None), Condition(ColumnName("day"), How.IS, CANARY),
        ):  # fmt: skip
            with pytest.raises(ValueError, match="column") as failure:
                matches.count([(condition,)])
            assert CANARY not in "".join(traceback.format_exception(failure.value))


def test_an_error_tells_no_cell(base: Base) -> None:
    base.fill(5)
    with base.opened() as (_, lent, plan):
        matches = in_source(lent, plan, share=0.3)
        matches._engine.listing = lambda *_: sa.table("gone", sa.column("n"), sa.column("l0"))  # type: ignore[method-assign]
        with pytest.raises(SourceFailed) as failure:
            matches.count([(Condition(ColumnName("word"), How.IS, CANARY),)])
    assert CANARY not in "".join(traceback.format_exception(failure.value))


def test_many_rules_are_cut_into_statements(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    base.fill(30, seed=6)
    monkeypatch.setattr(rules_sql, "RULES_AT_ONCE", 7)
    with base.opened() as (snapshot, lent, plan):
        family = whole_family(snapshot, plan)
        nobody = RawTable(family.units.table, family.units.expose().slice(0, 0))
        ours = in_source(lent, plan, share=1e-15)
        monkeypatch.setattr(type(ours._engine), "parameters", 12)
        rules = rules_for(family.units.expose(), ours.table, many=40, seed=6)
        np.testing.assert_array_equal(ours.count(rules), MemoryMatches(family.units, nobody).count(rules))
