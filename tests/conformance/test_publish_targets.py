"""The law that every sharing database keeps: stage, verify, switch, withdraw."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from gateway import plugins
from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.publish.publishing import open_target
from gateway.synthetic.publish.target import Publication, Target
from gateway.vocabulary.errors import CheckFailed, PublishRefused, TargetFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Table

FIRST, SECOND = ReleaseId("a1" * 32), ReleaseId("b2" * 32)
PACKAGE = "gateway.synthetic.publish.targets"
SCHEMA = "clinic"
HOSTILE = [
    'a"; DROP TABLE x;--',
    "=cmd()",
    "<script>",
    "line\nbreak\ttab",
    "back\\slash\\.",
    "\\.",
    "",
    "'",
    "%s",
    "é🙂",
]


class Postgresql:
    """How a test looks into a PostgreSQL target, past the target."""

    def __init__(self, url: str) -> None:
        self.url = url
        libpq = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self.open = lambda: psycopg.connect(libpq, autocommit=True)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self.open() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def read(self, table: str) -> list[tuple[Any, ...]]:
        return self.run(f"SELECT * FROM {self.live(table)}")

    def live(self, table: str) -> str:
        return sql.Identifier(SCHEMA, table).as_string()

    def staged(self, table: str, release: str) -> str:
        return sql.Identifier(f"{SCHEMA}__{release[:12]}", table).as_string()

    def stranger(self) -> str:
        self.run(f'CREATE SCHEMA {SCHEMA}; CREATE TABLE {SCHEMA}.precious AS SELECT 1 AS "key"')
        return f"{SCHEMA}.precious"

    def objects(self) -> set[str]:
        return {
            name
            for (name,) in self.run(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
                "('r', 'v', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
            )
        }


class Sqlite:
    """How a test looks into a SQLite target, past the target."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.path = path

    def open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        connection = self.open()
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def read(self, table: str) -> list[tuple[Any, ...]]:
        return self.run(f"SELECT * FROM {self.live(table)}")

    def live(self, table: str) -> str:
        return '"' + table.replace('"', '""') + '"'

    def staged(self, table: str, release: str) -> str:
        return self.live(f"{table}__{release[:12]}")

    def stranger(self) -> str:
        self.run('CREATE TABLE precious AS SELECT 1 AS "key"')
        return "precious"

    def objects(self) -> set[str]:
        return {name.split("__")[0] for (name,) in self.run("SELECT name FROM sqlite_master WHERE type <> 'index'")}


Database = Postgresql | Sqlite


@pytest.fixture(scope="module")
def one_postgres_database(postgres_server: str) -> Iterator[Postgresql]:
    """One database for the whole file: making one takes longer than a test does."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
    yield Postgresql(url.render_as_string(hide_password=False))
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=plugins.names(PACKAGE))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "postgresql":
        emptied: Postgresql = request.getfixturevalue("one_postgres_database")
        for (schema,) in emptied.run(f"SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '{SCHEMA}')"):
            emptied.run(f'DROP SCHEMA "{schema}" CASCADE')
        return emptied
    assert request.param == "sqlite", "a new target needs its way to be looked into here"
    return Sqlite(tmp_path / "sharing.db")


@pytest.fixture
def target(database: Database) -> Iterator[Target]:
    opened = open_target(SecretStr(database.url))
    yield opened
    opened.close()


def publication(release: ReleaseId = FIRST, *, policy: str = "clinic", schema: str = SCHEMA) -> Publication:
    return Publication(
        release=release,
        schema=schema,
        readers=None,
        info={"policy": policy, "epsilon": "0.75"},
        note=f"SYNTHETIC, release {release[:12]}",
        treatments={"people": {"id": "fresh keys"}},
    )


def column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=more.pop("native", ""), **more)


def table(
    name: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], key: Sequence[str] = ()
) -> SyntheticTable:
    shape = Table(name=TableName(name), columns=tuple(columns), primary_key=tuple(ColumnName(each) for each in key))
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(list(values), each.arrow_type) for each, values in zip(columns, cells, strict=True)]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def people(*names: str) -> SyntheticTable:
    columns = [column("id", Kind.INTEGER, nullable=False), column("name", Kind.TEXT)]
    return table("people", columns, [(i, name) for i, name in enumerate(names, start=1)], key=["id"])


def everything() -> SyntheticTable:
    """One column of every kind, with NULLs and both ends of what it can hold."""
    columns = [
        column("i", Kind.INTEGER),
        column("d", Kind.DECIMAL, precision=6, scale=2),
        column("wide", Kind.DECIMAL, precision=38, scale=10),
        column("loose", Kind.DECIMAL),
        column("f", Kind.FLOAT),
        column("b", Kind.BOOLEAN),
        column("day", Kind.DATE),
        column("at", Kind.DATETIME),
        column("zoned", Kind.DATETIME, native="timestamp with time zone"),
        column("t", Kind.TEXT, length=20),
        column("e", Kind.ENUM, values=("it's", 'b"')),
    ]
    first, last = dt.datetime.min, dt.datetime.max  # noqa: DTZ901 - columns of this kind have no zone
    gap = dt.datetime.fromisoformat("2024-03-31T02:30:00")
    rows = [
        (2**63 - 1, Decimal("9999.99"), Decimal("1234567890123456789.0123456789"), 0.1, 1e308, True,
         dt.date(1, 1, 1), first, first, "", "it's"),
        (-(2**63), Decimal("-0.01"), Decimal("-0.0000000001"), -1e-7, 5e-324, False,
         dt.date(9999, 12, 31), last, last, "x" * 20, 'b"'),
        (0, Decimal(0), Decimal(0), 0.0, -0.0, True,
         dt.date(2024, 2, 29), gap, gap, "NULL", None),
        (None,) * 11,
    ]  # fmt: skip
    return table("everything", columns, rows)


def go_live(target: Target, to: Publication, tables: Sequence[SyntheticTable]) -> None:
    target.stage(to, tables)
    target.verify(to, tables)
    target.switch(to, tables)


def test_readers_find_the_rows_their_explanation_and_nothing_else(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("Ada", "Bob")])
    assert sorted(database.read("people")) == [(1, "Ada"), (2, "Bob")]
    assert dict(database.read("release_info")) == {
        "release": FIRST, "schema": SCHEMA, "policy": "clinic", "epsilon": "0.75",
    }  # fmt: skip
    assert sorted(database.read("column_notes")) == [
        ("people", "id", "fresh keys", f"SYNTHETIC, release {FIRST[:12]}"),
        ("people", "name", "synthetic", f"SYNTHETIC, release {FIRST[:12]}"),
    ]
    assert database.objects() == {"people", "release_info", "column_notes"}
    assert target.live(SCHEMA) == FIRST


def test_every_kind_survives_with_nulls_and_extremes(database: Database, target: Target) -> None:
    go_live(target, publication(), [everything()])
    found = database.read("everything")
    assert len(found) == 4
    assert found[0][0] == 2**63 - 1
    assert str(found[0][2]) == "1234567890123456789.0123456789"
    assert found[0][9] == ""
    assert found[3] == (None,) * 11


SHORT = [(1, 0), (1, 1), (3, 2), (4, 0), (4, 4), (5, 1), (8, 4), (9, 5), (12, 3), (15, 7), (16, 0), (16, 16)]


def short_decimals() -> SyntheticTable:
    """Decimals of few digits, each with both ends of its range, its smallest steps and NULL, beside other kinds."""
    columns = [column(f"{digits},{scale}", Kind.DECIMAL, precision=digits, scale=scale) for digits, scale in SHORT]
    columns += [column("t", Kind.TEXT), column("b", Kind.BOOLEAN), column("day", Kind.DATE), column("f", Kind.FLOAT)]
    rows: list[tuple[Any, ...]] = []
    for whole in ("9" * 16, "-" + "9" * 16, "0", "1", "-1", "1234567890123456", "10000", "-10001", "5000"):
        number = int(whole)
        sign = -1 if number < 0 else 1
        cells = [Decimal(sign * (abs(number) % 10**digits)).scaleb(-scale) for digits, scale in SHORT]
        rows.append((*cells, whole, number > 0, dt.date(2000, 1, 1) + dt.timedelta(days=number % 9 - 4), number / 7))
    rows.append((None,) * len(columns))
    rows.append((*(Decimal(0) for _ in SHORT), "", None, None, None))
    return table("short", columns, rows)


def test_short_decimals_arrive_digit_by_digit(database: Database, target: Target) -> None:
    approved = short_decimals()
    go_live(target, publication(), [approved])
    found = database.read("short")
    for place in range(len(SHORT)):
        assert [None if row[place] is None else float(row[place]) for row in found] == [
            None if cell is None else float(cell) for cell in approved.rows.column(place).to_pylist()
        ]
    assert [row[len(SHORT)] for row in found] == approved.rows.column("t").to_pylist()


def test_rows_that_were_cut_out_of_others_arrive_alone(database: Database, target: Target) -> None:
    whole = short_decimals()
    part = SyntheticTable(
        whole.table, pa.concat_tables([whole.rows.slice(3, 4), whole.rows.slice(9), whole.rows.slice(1, 0)])
    )
    go_live(target, publication(), [part])
    assert [row[len(SHORT)] for row in database.read("short")] == part.rows.column("t").to_pylist()


def test_hostile_cells_arrive_as_they_are(database: Database, target: Target) -> None:
    go_live(target, publication(), [people(*HOSTILE)])
    assert [name for _, name in sorted(database.read("people"))] == HOSTILE


@pytest.mark.parametrize("name", ['a"; DROP TABLE people;--', "quote'", "dot.ted", "line\nbreak", "%s", "tab\t", "\\"])
def test_hostile_names_are_only_names(database: Database, target: Target, name: str) -> None:
    tables = [table(name, [column(name, Kind.TEXT)], [("kept",)], key=[name]), people("Ada")]
    go_live(target, publication(), tables)
    assert database.read(name) == [("kept",)]
    assert database.read("people") == [(1, "Ada")]
    go_live(target, publication(SECOND), tables)
    target.withdraw(publication(SECOND))
    assert not database.objects()


def test_empty_tables_and_one_null_column_are_published(database: Database, target: Target) -> None:
    go_live(
        target,
        publication(),
        [
            table("none", [column("a", Kind.TEXT)], []),
            table("nulls", [column("a", Kind.TEXT)], [(None,), (None,), ("",)]),
        ],
    )
    assert database.read("none") == []
    assert database.read("nulls") == [(None,), (None,), ("",)]


def test_staged_tables_are_not_live(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("old")])
    target.stage(publication(SECOND), [people("new")])
    target.verify(publication(SECOND), [people("new")])
    assert target.live(SCHEMA) == FIRST
    assert database.read("people") == [(1, "old")]


def test_a_second_release_replaces_the_first_and_its_rows(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("old"), table("gone", [column("a", Kind.TEXT)], [("a",)])])
    other = table("people", [column("id", Kind.INTEGER), column("nick", Kind.TEXT)], [(1, "n")])
    go_live(target, publication(SECOND), [other])
    assert target.live(SCHEMA) == SECOND
    assert database.read("people") == [(1, "n")]
    assert database.objects() == {"people", "release_info", "column_notes"}
    with pytest.raises((psycopg.Error, sqlite3.Error)):
        database.run(f"SELECT * FROM {database.staged('people', FIRST)}")


def test_staging_again_replaces_an_unfinished_staging(database: Database, target: Target) -> None:
    target.stage(publication(), [people("half")])
    go_live(target, publication(), [people("whole")])
    assert database.read("people") == [(1, "whole")]


def test_staging_what_is_live_leaves_it_alone(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("Ada")])
    target.stage(publication(), [people("Ada")])
    target.verify(publication(), [people("Ada")])
    assert database.read("people") == [(1, "Ada")]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE {t} SET name = 'Eve' WHERE id = 1",
        "UPDATE {t} SET name = NULL WHERE id = 2",
        "UPDATE {t} SET name = '' WHERE name IS NULL",
        "UPDATE {t} SET id = 9 WHERE id = 3",
        "DELETE FROM {t} WHERE id = 1",
        "INSERT INTO {t} VALUES (7, 'Eve')",
        "DROP TABLE {t}",
        "ALTER TABLE {t} RENAME COLUMN name TO other",
    ],
)
def test_verifying_finds_what_was_changed(database: Database, target: Target, tampering: str) -> None:
    columns = [column("id", Kind.INTEGER), column("name", Kind.TEXT)]
    tables = [table("people", columns, [(1, "Ada"), (2, "Bob"), (3, None)])]
    target.stage(publication(), tables)
    target.verify(publication(), tables)
    target.close()
    database.run(tampering.format(t=database.staged("people", FIRST)))
    with pytest.raises(CheckFailed, match="publish again"):
        target.verify(publication(), tables)


def test_verifying_sees_a_number_changed_in_its_last_digit(target: Target) -> None:
    tables = [table("n", [column("f", Kind.FLOAT)], [(0.1,), (1 / 3,)])]
    target.stage(publication(), tables)
    with pytest.raises(CheckFailed):
        target.verify(publication(), [table("n", [column("f", Kind.FLOAT)], [(0.1,), (0.33333333333333337,)])])


def test_nothing_is_switched_or_verified_that_was_not_staged(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("old")])
    for step in (target.verify, target.switch):
        with pytest.raises(CheckFailed, match="not staged"):
            step(publication(SECOND), [people("new")])
    assert database.read("people") == [(1, "old")]


def test_a_withdrawn_release_is_gone_and_can_be_followed_by_another(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("old")])
    target.withdraw(publication())
    assert target.live(SCHEMA) is None
    assert not database.objects()
    target.withdraw(publication())
    go_live(target, publication(SECOND), [people("new")])
    assert database.read("people") == [(1, "new")]


def test_withdrawing_another_release_leaves_the_live_one(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("live")])
    target.stage(publication(SECOND), [people("staged")])
    target.withdraw(publication(SECOND))
    assert target.live(SCHEMA) == FIRST
    assert database.read("people") == [(1, "live")]
    with pytest.raises(CheckFailed):
        target.verify(publication(SECOND), [people("staged")])


def test_what_is_not_ours_is_left_untouched(database: Database, target: Target) -> None:
    precious = database.stranger()
    for step in (
        lambda: target.stage(publication(), [people("Ada")]),
        lambda: target.live(SCHEMA),
        lambda: target.withdraw(publication()),
    ):
        with pytest.raises(PublishRefused, match="untouched"):
            step()
    with pytest.raises((PublishRefused, CheckFailed)):
        target.switch(publication(), [people("Ada")])
    assert database.run(f"SELECT * FROM {precious}") == [(1,)]
    assert database.objects() == {"precious"}


def test_another_policys_release_is_left_untouched(database: Database, target: Target) -> None:
    go_live(target, publication(), [people("theirs")])
    with pytest.raises(PublishRefused, match="policy 'clinic'"):
        target.stage(publication(SECOND, policy="other"), [people("ours")])
    assert database.read("people") == [(1, "theirs")]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ([column("a", Kind.INTEGER)], [(1,), (1,)]),
        ([column("a", Kind.INTEGER)], [(1,), (None,)]),
        ([column("a", Kind.ENUM, values=("x",))], [("y-secret",)]),
    ],
)
def test_rows_that_break_their_shape_stay_out(
    database: Database, target: Target, columns: list[Column], rows: list[tuple[Any, ...]]
) -> None:
    go_live(target, publication(), [people("old")])
    with pytest.raises(CheckFailed) as caught:
        target.stage(publication(SECOND), [table("broken", columns, rows, key=["a"])])
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert database.read("people") == [(1, "old")]


def _invalid_utf8() -> SyntheticTable:
    good = table("people", [column("a", Kind.TEXT)], [("secret",)])
    data = pa.py_buffer(b"\xffecret")
    array = pa.Array.from_buffers(pa.string(), 1, [None, pa.array([0, 6], pa.int32()).buffers()[1], data])
    return SyntheticTable(good.table, pa.Table.from_arrays([array], schema=good.table.arrow_schema()))


def _late(kind: Kind, number: int) -> SyntheticTable:
    late = column("a", kind)
    rows = pa.array([number], pa.int32() if kind is Kind.DATE else pa.int64()).cast(late.arrow_type)
    shape = Table(name=TableName("people"), columns=(late,))
    return SyntheticTable(shape, pa.Table.from_arrays([rows], schema=shape.arrow_schema()))


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (lambda: people("nul\0secret"), "NUL"),
        (_invalid_utf8, "UTF-8"),
        (lambda: _late(Kind.DATE, 3_000_000), "years"),
        (lambda: _late(Kind.DATE, -800_000), "years"),
        (lambda: _late(Kind.DATETIME, 2**62), "years"),
        (lambda: table("people", [column("a", Kind.UNSUPPORTED)], [(None,)]), "type"),
        (lambda: table("release_info", [column("a", Kind.TEXT)], [("x",)]), "release_info"),
        (lambda: table("people", [], []), "no columns"),
        (lambda: table("people", [column("a\0", Kind.TEXT)], [("x",)]), "NUL"),
        (lambda: table("", [column("a", Kind.TEXT)], [("x",)]), "empty name"),
    ],
)
def test_what_cannot_be_held_faithfully_is_refused_without_showing_it(
    target: Target, unfit: Callable[[], SyntheticTable], why: str
) -> None:
    with pytest.raises(PublishRefused, match=why) as caught:
        target.stage(publication(), [unfit()])
    assert "secret" not in str(caught.value)
    assert target.live(SCHEMA) is None


def test_a_release_without_tables_is_refused(target: Target) -> None:
    with pytest.raises(PublishRefused, match="no tables"):
        target.stage(publication(), [])


def test_a_note_that_does_not_say_synthetic_is_a_fault(target: Target) -> None:
    with pytest.raises(ValueError, match="SYNTHETIC"):
        target.stage(replace(publication(), note="rows"), [people("Ada")])


def test_readers_see_the_old_release_or_the_new_one_never_a_mix(database: Database, target: Target) -> None:
    """Each release writes its own name into every table; one query reads them all, over and over, during switches."""

    def release_tables(label: str) -> list[SyntheticTable]:
        return [table(name, [column("a", Kind.TEXT)], [(label,)] * 50) for name in ("one", "two")]

    go_live(target, publication(FIRST), release_tables(FIRST))
    seen: list[set[str]] = []
    faults: list[Exception] = []
    done = threading.Event()

    def look() -> None:
        query = (
            f"SELECT a, count(*) FROM (SELECT a FROM {database.live('one')} UNION ALL SELECT a FROM "
            f"{database.live('two')} UNION ALL SELECT value FROM {database.live('release_info')} "
            "WHERE key = 'release') q GROUP BY a"
        )
        connection = database.open()
        try:
            while not done.is_set():
                counted = connection.execute(query).fetchall()
                seen.append({f"{name}:{count}" for name, count in counted})
        except (psycopg.Error, sqlite3.Error) as problem:
            faults.append(problem)
        finally:
            connection.close()

    reader = threading.Thread(target=look)
    reader.start()
    give_up = time.monotonic() + 30
    number = 0
    while number < 8 or (len({each for one in seen for each in one}) < 2 and time.monotonic() < give_up):
        release = SECOND if number % 2 == 0 else FIRST
        go_live(target, publication(release), release_tables(release))
        time.sleep(0.02)  # a reader of SQLite that found the file busy looks again every so often
        number += 1
    done.set()
    reader.join()
    assert not faults
    assert {frozenset(each) for each in seen} == {frozenset({f"{FIRST}:101"}), frozenset({f"{SECOND}:101"})}


@pytest.mark.parametrize(
    "url", ["postgresql://publisher:hunter2@127.0.0.1:9/nowhere", "sqlite:////nonexistent/folder/hunter2"]
)
def test_an_unreachable_target_fails_without_its_password(url: str) -> None:
    opened = open_target(SecretStr(url))
    with pytest.raises(TargetFailed) as caught:
        opened.stage(publication(), [people("Ada")])
    opened.close()
    if url.startswith("postgresql"):
        assert "hunter2" not in str(caught.value)
        assert caught.value.__suppress_context__
