"""The law of constraints: what the source declared is declared in the target too, and what breaks it stays out."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway import plugins
from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.publish.publishing import open_target
from gateway.synthetic.publish.target import Publication, Target
from gateway.vocabulary.checks import Check, Condition, columns_of
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table

FIRST, SECOND = ReleaseId("a1" * 32), ReleaseId("b2" * 32)
HOSTILE = 'it\'s {a} %s; DROP TABLE "x"--'


def column(name: str, kind: Kind = Kind.INTEGER, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=more.pop("native", ""), **more)


def points(columns: Sequence[str], target: str, there: Sequence[str]) -> Reference:
    names = (tuple(map(ColumnName, each)) for each in (columns, there))
    here, end = names
    return Reference(columns=here, target=TableName(target), target_columns=end)


def check(condition: Condition) -> Check:
    return Check(name="c", columns=tuple(map(ColumnName, columns_of(condition))), condition=condition)


def table(name: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]], **declared: Any) -> SyntheticTable:
    shape = Table(name=TableName(name), columns=tuple(columns), **declared)
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(list(values), each.arrow_type) for each, values in zip(columns, cells, strict=True)]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def publication(release: ReleaseId = FIRST) -> Publication:
    return Publication(release=release, schema="shop", readers=None, info={"policy": "shop"}, note="SYNTHETIC rows")


@pytest.fixture(scope="module")
def one_postgres_database(postgres_server: str) -> Iterator[str]:
    """One database for the whole file: making one takes longer than a test does."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(params=plugins.names("gateway.synthetic.publish.targets"))
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    if request.param == "postgresql":
        url = request.getfixturevalue("one_postgres_database")
        address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shop%'").fetchall():
                connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())
    else:
        url = f"sqlite:///{tmp_path / 'sharing.db'}"
    opened = open_target(SecretStr(url))
    yield opened
    opened.close()


def shop() -> list[SyntheticTable]:
    """References in a circle, to themselves, of two columns, to what is unique and no primary key."""
    return [
        table(
            "person", [column("id"), column("email", Kind.TEXT), column("boss"), column("shop"), column("no")],
            [(1, "a", 2, 7, 1), (2, "b", None, 7, 2), (3, "c", 3, None, 1)],
            primary_key=("id",), unique=(("email",),),
            references=(points(["boss"], "person", ["id"]), points(["shop", "no"], "shop", ["id", "no"])),
        ),
        table(
            "shop", [column("id"), column("no"), column("owner", Kind.TEXT)], [(7, 1, "a"), (7, 2, "c")],
            primary_key=("id", "no"), references=(points(["owner"], "person", ["email"]),),
        ),
    ]  # fmt: skip


def changed(tables: list[SyntheticTable], name: str, at: str, values: Sequence[Any]) -> list[SyntheticTable]:
    def change(each: SyntheticTable) -> SyntheticTable:
        place = each.rows.column_names.index(at)
        rows = each.rows.set_column(
            place, each.rows.schema.field(place), pa.array(values, each.rows.schema.types[place])
        )
        return SyntheticTable(each.table, rows)

    return [change(each) if each.table.name == name else each for each in tables]


def test_references_in_a_circle_are_published(target: Target) -> None:
    for release in (FIRST, SECOND):
        target.stage(publication(release), shop())
        target.verify(publication(release), shop())
        target.switch(publication(release), shop())
    assert target.live("shop") == SECOND
    target.withdraw(publication(SECOND))


@pytest.mark.parametrize(
    ("name", "at", "values", "what"),
    [
        ("person", "id", [1, 1, 3], "primary key"),
        ("person", "email", ["a", "c", "c"], "uniqueness"),
        ("person", "boss", [9, None, 3], "reference"),
        ("person", "no", [3, 2, 1], "reference"),
        ("shop", "owner", ["a", "nobody-secret"], "reference"),
    ],
)
def test_what_breaks_a_declared_constraint_stays_out(
    target: Target, name: str, at: str, values: list[Any], what: str
) -> None:
    target.stage(publication(), shop())
    target.switch(publication(), shop())
    broken = changed(shop(), name, at, values)
    with pytest.raises(CheckFailed, match=f"'{name}' breaks .* {what}") as caught:
        target.stage(publication(SECOND), broken)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert target.live("shop") == FIRST
    with pytest.raises(CheckFailed, match="not staged"):
        target.switch(publication(SECOND), broken)


COLUMNS = [
    column("n"), column("x", Kind.FLOAT), column("fee", Kind.DECIMAL, precision=6, scale=2), column("on", Kind.BOOLEAN),
    column("day", Kind.DATE), column("at", Kind.DATETIME), column("t", Kind.TEXT),
    column("e", Kind.ENUM, values=("f", "m")),
]  # fmt: skip
DAY, MOMENT = dt.date(2020, 1, 2), dt.datetime.fromisoformat("2020-01-02T03:04:05")
GOOD = (5, 0.5, "1.50", True, DAY, MOMENT, "abc", "f")
N, X, FEE, ON, ON_DAY, AT, T, E = (("column", str(each.name)) for each in COLUMNS)
CHECKS: list[tuple[Condition, str, Any]] = [
    ((">", N, ("number", "0")), "n", -3),
    (("and", ((">=", N, ("number", "5")), ("<=", N, ("number", "9")))), "n", 4),
    (("in", T, (("text", "abc"), ("text", HOSTILE))), "t", "other-secret"),
    (("not", ("in", E, (("text", "m"),))), "e", "m"),
    (("<=", FEE, ("number", "1.50")), "fee", "1.51"),
    (("=", ON, ("truth", True)), "on", False),
    (ON, "on", False),
    ((">=", ON_DAY, ("text", "2020-01-02")), "day", dt.date(2020, 1, 1)),
    (("<", AT, ("text", "2020-01-02 03:04:06")), "at", dt.datetime.fromisoformat("2020-01-02T03:04:06")),
    (("<=", ("length", T), ("number", "3")), "t", "long"),
    (("or", (("is null", X), ("<", X, ("+", N, ("number", "-4.25"))))), "x", 0.75),
    (("<>", N, ("-", ("number", "-6"), ("*", N, ("number", "-1")))), "n", None),
]


@pytest.mark.parametrize(("condition", "at", "value"), CHECKS)
def test_checks_are_declared_and_kept(target: Target, condition: Condition, at: str, value: Any) -> None:
    rows = [tuple(pa.scalar(v).as_py() for v in GOOD), (None,) * len(COLUMNS)]
    typed = [replace(column, nullable=True) for column in COLUMNS]

    def of(*given: Sequence[Any]) -> list[SyntheticTable]:
        cells = [[_typed(c, v) for c, v in zip(typed, row, strict=True)] for row in given]
        return [table("checked", typed, cells, checks=(check(condition),))]

    target.stage(publication(), of(*rows))
    target.verify(publication(), of(*rows))
    broken = [value if str(c.name) == at else v for c, v in zip(typed, GOOD, strict=True)]
    if value is None:
        target.stage(publication(), of(broken))
        return
    with pytest.raises(CheckFailed, match="'checked' breaks its declared CHECK") as caught:
        target.stage(publication(), of(*rows, broken))
    assert "secret" not in str(caught.value)


def _typed(shape: Column, value: Any) -> Any:
    return (
        pa.scalar(value).cast(pa.string()).cast(shape.arrow_type).as_py()
        if shape.kind is Kind.DECIMAL and value
        else value
    )


def test_a_check_that_nobody_understood_is_not_declared(target: Target) -> None:
    unknown = Check(name="odd", columns=(), condition=None)
    target.stage(publication(), [table("checked", [column("n")], [(1,)], checks=(unknown,))])


def test_a_table_of_many_batches_in_a_file_goes_live(target: Target, tmp_path: Path) -> None:
    from gateway.release import synthetic_table  # noqa: PLC0415 - its constants are what is looked at

    rows = pa.table({"id": pa.array(range(150_000), pa.int64()), "t": [str(n % 7) for n in range(150_000)]})
    shape = Table(
        name=TableName("many"), columns=(column("id"), column("t", Kind.TEXT)), primary_key=(ColumnName("id"),)
    )
    with synthetic_table.RowsFile(tmp_path / "rows.parquet", shape) as file:
        file.write(rows)
    tables = [SyntheticTable(shape, tmp_path / "rows.parquet")]
    target.stage(publication(), tables)
    target.verify(publication(), tables)
    with pytest.raises(CheckFailed):
        target.verify(publication(), changed(tables, "many", "t", ["x"] * 150_000))
    target.switch(publication(), tables)


def test_sqlite_says_which_of_its_files_rows_break_what(tmp_path: Path) -> None:
    opened = open_target(SecretStr(f"sqlite:///{tmp_path / 'x.db'}"))
    with pytest.raises(CheckFailed, match="NOT NULL"):
        opened.stage(publication(), [table("a", [column("n")], [(None,)], primary_key=("n",))])
    opened.close()
    connection = sqlite3.connect(tmp_path / "x.db")
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
