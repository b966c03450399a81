"""CHECK constraints as catalogues spell them: read wholly, or known by name alone."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.raw.connect.checks import read_check
from gateway.raw.connect.reading import open_source
from gateway.synthetic.publish.check_sql import Spelling, written
from gateway.vocabulary.checks import columns_of, from_json, keeps
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

COLUMNS = [
    Column(name=ColumnName("n"), kind=Kind.INTEGER, native="int4"),
    Column(name=ColumnName("fee"), kind=Kind.DECIMAL, native="numeric(6,2)", precision=6, scale=2),
    Column(name=ColumnName("day"), kind=Kind.DATE, native="date"),
    Column(name=ColumnName("t"), kind=Kind.TEXT, native="text"),
    Column(name=ColumnName("ok"), kind=Kind.BOOLEAN, native="boolean"),
    Column(name=ColumnName('odd "name'), kind=Kind.INTEGER, native="int4"),
    Column(name=ColumnName("raw"), kind=Kind.UNSUPPORTED, native="bytea"),
    Column(name=ColumnName("small"), kind=Kind.INTEGER, native="int2", lowest=-(2**15), highest=2**15 - 1),
]  # fmt: skip
N, FEE, DAY, T = (("column", name) for name in ("n", "fee", "day", "t"))


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgresql", "((n > 0))", (">", N, ("number", "0"))),
        ("postgresql", "(fee >= (0)::numeric)", (">=", FEE, ("number", "0"))),
        ("postgresql", "(fee < 10.5)", ("<", FEE, ("number", "10.5"))),
        ("postgresql", "((small)::integer > 0)", (">", ("column", "small"), ("number", "0"))),
        ("postgresql", "(n <> '-5'::integer)", ("<>", N, ("number", "-5"))),
        ("postgresql", "(t = ANY (ARRAY['a'::text, 'it''s'::text]))", ("in", T, (("text", "a"), ("text", "it's")))),
        (
            "postgresql", "((t)::text = ANY ((ARRAY['a'::character varying])::text[]))", ("in", T, (("text", "a"),)),
        ),
        ("postgresql", "(t <> ALL (ARRAY['a'::text]))", ("not", ("in", T, (("text", "a"),)))),
        ("postgresql", "(day >= '1900-01-01'::date)", (">=", DAY, ("text", "1900-01-01"))),
        ("postgresql", "(NOT ok)", ("not", ("column", "ok"))),
        ("postgresql", "(ok IS NOT NULL)", ("not", ("is null", ("column", "ok")))),
        ("postgresql", '("odd ""name" <= (n + 1))',
         ("<=", ("column", 'odd "name'), ("+", N, ("number", "1")))),
        ("mysql", "`n` between 1 and 5 and `t` in ('x','y')",
         ("and", (("and", ((">=", N, ("number", "1")), ("<=", N, ("number", "5")))),
                  ("in", T, (("text", "x"), ("text", "y")))))),
        ("mysql", "(`n` != 3)", ("<>", N, ("number", "3"))),
        ("mysql", "char_length(`t`) > 0", (">", ("length", T), ("number", "0"))),
        ("sqlite", "N >= -1 OR [day] IS NULL",
         ("or", ((">=", N, ("number", "-1")), ("is null", DAY)))),
        ("sqlite", "not n = 1", ("not", ("=", N, ("number", "1")))),
        ("sqlite", "length(t) <= 3", ("<=", ("length", T), ("number", "3"))),
    ],
)  # fmt: skip
def test_what_is_understood_is_read(dialect: str, text: str, expected: tuple[Any, ...]) -> None:
    found = read_check("c", text, COLUMNS, dialect=dialect)
    assert found.condition == expected
    assert found.columns == columns_of(expected)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgresql", "(t ~ '^a')"), ("postgresql", "((t)::text < 'a'::text)"), ("postgresql", "(lower(t) = 'a')"),
        ("postgresql", "((n / 2) > 1)"), ("postgresql", "(unknown > 0)"), ("postgresql", "(n > 0"),
        ("postgresql", "((fee)::integer > 0)"), ("postgresql", "(t ~~ 'a%'::text)"), ("postgresql", ""),
        ("postgresql", "(day > CURRENT_DATE)"), ("postgresql", "(n = '1.5'::integer)"),
        ("postgresql", "(day >= 'yesterday'::date)"), ("postgresql", "(day > '2020-01-01 00:00:00+02')"),
        ("postgresql", "(raw = 'a')"), ("postgresql", "(n > 0) AND"), ("postgresql", "(n = 'a')"),
        ("postgresql", "((VALUE > 0))"), ("postgresql", "(n AND ok)"), ("postgresql", "(ok > true)"),
        ("mysql", "`t` <> 'x'"), ("mysql", "not (`t` = 'x')"), ("mysql", "length(`t`) > 0"),
        ("postgresql", "((n)::integer > 0)"),
        ("mysql", "json_valid(`t`)"), ("mysql", '`t` = "x"'), ("mysql", "`t` = 'a\\'b'"),
        ("sqlite", "n > 0) , b int CHECK (b < 3"), ("sqlite", "t GLOB 'a*'"), ("sqlite", "(" * 500 + "n" + ")" * 500),
        ("sqlite", "n > 0; DROP TABLE x"), ("sqlite", "n > 0 -- or so"), ("sqlite", "typeof(n) = 'integer'"),
    ],
)  # fmt: skip
def test_what_is_not_understood_wholly_is_known_by_name_alone(dialect: str, text: str) -> None:
    found = read_check("c", text, COLUMNS, dialect=dialect)
    assert (found.name, found.columns, found.condition) == ("c", (), None)


_TABLE = Table(name=TableName("t"), columns=(COLUMNS[0], COLUMNS[3]))
_SQLITE = Spelling(
    name=lambda name: f'"{name}"', text=lambda text: "'" + text.replace("'", "''") + "'", moment=lambda m, _: str(m)
)
_NUMBERS = st.one_of(
    st.just(N),
    st.integers(-3, 3).map(lambda n: ("number", str(n))),
    st.tuples(st.sampled_from("+-*"), st.just(N), st.just(("number", "2"))),
)
_TRUTHS = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), _NUMBERS, _NUMBERS),
        st.tuples(st.sampled_from(["=", "<>"]), st.just(T), st.sampled_from([("text", "a"), ("text", "it's")])),
        st.just(("in", T, (("text", "a"), ("text", "b")))),
        st.sampled_from([("is null", N), ("is null", T), ("<", ("length", T), ("number", "2"))]),
    ),
    lambda inner: st.one_of(
        inner.map(lambda node: ("not", node)),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(condition=_TRUTHS)
def test_conditions_mean_the_same_here_and_in_a_database_and_read_back(condition: tuple[Any, ...]) -> None:
    rows = [(n, t) for n in (-3, 0, 2, None) for t in ("a", "it's", "", None)]
    text = written(condition, _TABLE, _SQLITE)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (n INTEGER, t TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        there = [bool(kept) for (kept,) in connection.execute(f"SELECT ({text}) IS NOT 0 FROM t")]
    numbers, texts = zip(*rows, strict=True)
    table = pa.table({"n": pa.array(numbers, pa.int64()), "t": pa.array(texts, pa.string())})
    assert keeps(condition, table).to_pylist() == there
    again = read_check("c", text, COLUMNS, dialect="sqlite").condition
    assert again is not None
    assert keeps(again, table).to_pylist() == there
    assert from_json([*condition]) == condition


def test_dates_and_decimals_are_compared_as_such() -> None:
    rows = pa.table(
        {
            "day": pa.array([dt.date(2020, 1, 1), dt.date(2020, 1, 2), None]),
            "fee": pa.array(["1.49", "1.50", None]).cast(pa.decimal128(6, 2)),
        }
    )
    assert keeps((">=", DAY, ("text", "2020-01-02")), rows).to_pylist() == [False, True, True]
    assert keeps((">=", FEE, ("number", "1.5")), rows).to_pylist() == [False, True, True]
    assert keeps(("truth", False), rows).to_pylist() == [False, False, False]


@pytest.mark.parametrize(
    ("ddl", "conditions"),
    [
        (
            "n INTEGER CHECK (n > 0), m INTEGER, CONSTRAINT far CHECK (m < n), CHECK (m GLOB 1)",
            {(">", N, ("number", "0")), ("<", ("column", "m"), N), None},
        ),
        ("n INTEGER CHECK (n > 0), -- CHECK (n > 5)\n m INTEGER", {None}),
        ("n INTEGER CHECK (n > 0), m TEXT DEFAULT 'CHECK (n > 7)'", {None}),
        ("n INTEGER", set()),
    ],
)
def test_a_sources_checks_are_introspected(tmp_path: Path, ddl: str, conditions: set[Any]) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute(f"CREATE TABLE t ({ddl})")
    with closing(open_source(SecretStr(f"sqlite:///{tmp_path / 'x.db'}"), None)) as source:
        checks = source.introspect().table(TableName("t")).checks
    assert {check.condition for check in checks} == conditions
    assert all(check.name for check in checks)


def test_mariadbs_checks_are_introspected(mariadb_database: Callable[[], str]) -> None:
    url = mariadb_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE t (n INT CHECK (n > 0), s VARCHAR(9), CONSTRAINT c CHECK (s IN ('a', 'b') OR n < 5))")
        )
    engine.dispose()
    with closing(open_source(SecretStr(url), None)) as source:
        checks = source.introspect().table(TableName("t")).checks
    either = ("or", (("in", ("column", "s"), (("text", "a"), ("text", "b"))), ("<", N, ("number", "5"))))
    assert either in {check.condition for check in checks}


ABOVE = (">", ("column", "c"), ("number", "0"))


def test_unique_indexes_over_whole_columns_and_all_rows_are_uniqueness(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT UNIQUE, c INT)",
            "CREATE UNIQUE INDEX one ON t (a, c)",
            "CREATE UNIQUE INDEX part ON t (a) WHERE c > 0",
            "CREATE UNIQUE INDEX folded ON t (lower(b))",
            "CREATE INDEX plain ON t (c)",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    with closing(open_source(SecretStr(url), None)) as source:
        table = source.introspect().table(TableName("t"))
    assert table.unique == (("a", "c"), ("b",))
    assert [(key.columns, key.condition) for key in table.partial] == [
        (("a",), (">", ("column", "c"), ("number", "0")))
    ]
    assert [(check.name, check.condition) for check in table.checks] == [("folded", None)]


def test_sqlite_says_of_which_rows_an_index_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("CREATE TABLE t (a INT, c INT)")
        connection.execute("CREATE UNIQUE INDEX part ON t (a) WHERE c > 0")
    with closing(open_source(SecretStr(f"sqlite:///{tmp_path}/t.db"), None)) as source:
        table = source.introspect().table(TableName("t"))
    assert table.unique == ()
    assert [(key.columns, key.condition) for key in table.partial] == [
        (("a",), (">", ("column", "c"), ("number", "0")))
    ]


def test_what_partitions_refer_to_the_whole_refers_to(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE p (id INT PRIMARY KEY)",
            "CREATE TABLE t (id INT, a INT, b INT REFERENCES p) PARTITION BY LIST (id)",
            "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)",
            "CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)",
            "CREATE TABLE t3 PARTITION OF t FOR VALUES IN (3)",
            "ALTER TABLE t1 ADD FOREIGN KEY (a) REFERENCES p",
            "ALTER TABLE t2 ADD FOREIGN KEY (a) REFERENCES p",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    with closing(open_source(SecretStr(url), None)) as source:
        schema = source.introspect()
    assert [table.name for table in schema.tables] == ["p", "t"]
    assert [reference.columns for reference in schema.table(TableName("t")).references] == [("a",), ("b",)]
