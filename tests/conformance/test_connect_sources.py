"""The law that every kind of source passes, on real databases."""

from __future__ import annotations

import dataclasses
import datetime as dt
import traceback
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table
from gateway.raw.connect.source import Source
from gateway.vocabulary.errors import SourceFailed, SourceRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Kind, Reference, Table

KINDS = ("postgresql", "mysql", "sqlite")
HOSTILE = (
    'a"; DROP TABLE victim;--', "b`; DROP TABLE victim;--", "c'; DROP TABLE victim;--", "100% s %s %(x)s", ":x ::y",
    "select", "two words", "tab\tnew\nline", "żółw 😀", "n" * 63, "back\\slash", "FROM main.x", "{0}[1]",
)  # fmt: skip


@dataclasses.dataclass
class Database:
    dialect: str
    url: str
    engine: sa.Engine

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def source(self) -> Source:
        return open_source(SecretStr(self.url), None)


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.mariadb) if kind == "mysql" else kind for kind in KINDS])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/source.db"
    else:
        fixture = {"postgresql": "postgres_database", "mysql": "mariadb_database"}[request.param]
        url = request.getfixturevalue(fixture)()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if request.param == "sqlite":
        with engine.begin() as connection:
            connection.execute(sa.text("PRAGMA journal_mode = WAL"))
    yield Database(request.param, url, engine)
    engine.dispose()


def people(meta: sa.MetaData, *, name: str = "people", **more: sa.types.TypeEngine[object]) -> sa.Table:
    return sa.Table(
        name,
        meta,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("height", sa.Numeric(8, 2)),
        sa.Column("weight", sa.Double),
        sa.Column("alive", sa.Boolean),
        sa.Column("born", sa.Date),
        sa.Column("seen", sa.DateTime),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("note", sa.Text),
        *(sa.Column(column, kind) for column, kind in more.items()),
    )


moment = dt.datetime.fromisoformat
ROWS: list[dict[str, object]] = [
    {"id": 1, "height": Decimal("-999999.99"), "weight": -1.5e-300, "alive": True, "born": dt.date(1, 1, 1),
     "seen": moment("1970-01-01 23:59:59"), "name": "Zoë 😀", "note": ""},
    {"id": -(2**63), "height": Decimal("0.01"), "weight": 0.1, "alive": False, "born": dt.date(9999, 12, 31),
     "seen": moment("2038-01-19 03:14:08"), "name": "NULL", "note": 'line\nend\t\\N,"quoted"'},
    {"id": 2**63 - 1, "height": None, "weight": None, "alive": None, "born": None, "seen": None, "name": "",
     "note": None},
    {"id": 4, "height": Decimal("12345.00"), "weight": 1e300, "alive": True, "born": dt.date(2000, 2, 29),
     "seen": moment("2000-02-29 00:00:00"), "name": "x" * 40, "note": "y" * 50_000},
]  # fmt: skip


def filled(database: Database, rows: list[dict[str, object]]) -> sa.Table:
    meta = sa.MetaData()
    table = people(meta)
    meta.create_all(database.engine)
    if rows:
        with database.engine.begin() as connection:
            connection.execute(table.insert(), rows)
    return table


def ids(source: Source) -> list[object]:
    with source.snapshot() as snapshot:
        read = read_table(snapshot, snapshot.schema.tables[0], lambda _: None)
        return list(read.expose()["id"].to_pylist())


def ident(row: dict[str, Any]) -> int:
    return int(row["id"])


def columns(*names: str) -> list[ColumnName]:
    return [ColumnName(name) for name in names]


PEOPLE = TableName("people")


def test_catalogue_gives_types_keys_and_references(database: Database) -> None:
    meta = sa.MetaData()
    people(meta, blob=sa.LargeBinary(), at=sa.Time(), document=sa.JSON(), tiny=sa.SmallInteger())
    sa.Table(
        "visits", meta,
        sa.Column("person", sa.BigInteger, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(9), unique=True),
        comment=None if database.dialect == "sqlite" else "each 100% :x visit",
    )  # fmt: skip
    sa.Table(
        "items", meta,
        sa.Column("person", sa.BigInteger), sa.Column("number", sa.Integer),
        sa.Column("what", sa.Text, comment=None if database.dialect == "sqlite" else "it's a 'thing'"),
        sa.ForeignKeyConstraint(["person", "number"], ["visits.person", "visits.number"]),
    )  # fmt: skip
    meta.create_all(database.engine)
    database.run("CREATE VIEW everybody AS SELECT id FROM people")
    with closing(database.source()) as source:
        schema = source.introspect()
    assert [table.name for table in schema.tables] == ["items", "people", "visits"]
    found = {column.name: column for column in schema.table(PEOPLE).columns}
    assert {name: column.kind for name, column in found.items()} == {
        "id": Kind.INTEGER, "height": Kind.DECIMAL, "weight": Kind.FLOAT, "alive": Kind.BOOLEAN, "born": Kind.DATE,
        "seen": Kind.DATETIME, "name": Kind.TEXT, "note": Kind.TEXT, "blob": Kind.UNSUPPORTED, "at": Kind.UNSUPPORTED,
        "document": Kind.TEXT if database.dialect == "mysql" else Kind.UNSUPPORTED, "tiny": Kind.INTEGER,
    }  # fmt: skip
    assert (found["height"].precision, found["height"].scale, found["name"].length) == (8, 2, 40)
    assert found["height"].native.lower().replace(" ", "") in {"numeric(8,2)", "decimal(8,2)"}
    assert (found["name"].nullable, found["note"].nullable) == (False, True)
    visits, items = schema.table(TableName("visits")), schema.table(TableName("items"))
    assert schema.table(PEOPLE).primary_key == ("id",)
    assert visits.primary_key == ("person", "number")
    assert visits.unique == (("code",),)
    assert visits.references == (
        Reference(columns=("person",), target=PEOPLE, target_columns=("id",)),
    )  # fmt: skip
    assert items.primary_key == ()
    assert items.references[0].columns == items.references[0].target_columns == ("person", "number")
    if database.dialect != "sqlite":
        assert (visits.comment, items.column(ColumnName("what")).comment) == ("each 100% :x visit", "it's a 'thing'")


def test_rows_come_back_as_they_were_written(database: Database) -> None:
    filled(database, ROWS)
    with closing(database.source()) as source, source.snapshot() as snapshot:
        seen: list[int] = []
        table = snapshot.schema.table(PEOPLE)
        read = read_table(snapshot, table, seen.append)
    assert read.expose().schema.equals(table.arrow_schema())
    assert sorted(read.expose().to_pylist(), key=ident) == sorted(ROWS, key=ident)
    assert sum(seen) == 4


@pytest.mark.parametrize("rows", [0, 1])
def test_tables_of_no_row_and_of_one_are_read(database: Database, rows: int) -> None:
    filled(database, ROWS[2 : 2 + rows])
    with closing(database.source()) as source, source.snapshot() as snapshot:
        table = snapshot.schema.table(PEOPLE)
        assert read_table(snapshot, table, lambda _: None).expose().to_pylist() == ROWS[2 : 2 + rows]
        sample = snapshot.sample(PEOPLE, columns("id", "note"), rows=5)
    assert sample.num_rows == rows
    assert sample.column_names == ["id", "note"]


def test_only_the_columns_asked_for_are_read_in_that_order(database: Database) -> None:
    filled(database, ROWS)
    with closing(database.source()) as source, source.snapshot() as snapshot:
        full = snapshot.schema.table(PEOPLE)
        some = dataclasses.replace(full, columns=(full.columns[6], full.columns[0]))
        assert read_table(snapshot, some, lambda _: None).expose().column_names == ["name", "id"]
        assert read_table(snapshot, dataclasses.replace(full, columns=()), lambda _: None).expose().num_columns == 0


def test_names_chosen_to_hurt_are_only_names(database: Database) -> None:
    meta = sa.MetaData()
    # MySQL's own rule: no such letter in a name; and a line break hides a column there, which has a test of its own
    odd = {"😀": "☺", "\n": " "} if database.dialect == "mysql" else {}
    names = ["".join(odd.get(letter, letter) for letter in name) for name in HOSTILE]
    for name in names:
        sa.Table(name, meta, *(sa.Column(column, sa.Integer) for column in names))
    meta.create_all(database.engine)
    database.run("CREATE TABLE victim (x integer)")
    for table in meta.tables.values():
        with database.engine.begin() as connection:
            placeholders = [sa.literal(number) for number in range(len(names))]
            connection.execute(table.insert().from_select(list(table.c), sa.select(*placeholders)))
    with closing(database.source()) as source, source.snapshot() as snapshot:
        assert {table.name for table in snapshot.schema.tables} == {*names, "victim"}
        for name in names:
            table = snapshot.schema.table(TableName(name))
            rows = read_table(snapshot, table, lambda _: None).expose()
            assert rows.to_pylist() == [{column: number for number, column in enumerate(names)}]
            assert snapshot.sample(table.name, [table.columns[0].name], rows=1).num_rows == 1


def test_what_others_write_meanwhile_is_not_seen(database: Database) -> None:
    table = filled(database, ROWS[:1])
    with closing(database.source()) as source, source.snapshot() as snapshot:
        with database.engine.begin() as connection:
            connection.execute(table.insert(), [ROWS[3]])
            connection.execute(table.update().where(table.c.id == 1).values(name="changed"))
        rows = read_table(snapshot, snapshot.schema.table(PEOPLE), lambda _: None)
        assert rows.expose().to_pylist() == ROWS[:1]
        assert snapshot.sample(PEOPLE, columns("name"), rows=9).to_pylist() == [{"name": "Zoë 😀"}]
    with closing(database.source()) as source:
        assert len(ids(source)) == 2


def test_table_renamed_since_is_named_in_the_failure(database: Database) -> None:
    filled(database, ROWS[:1])
    with closing(database.source()) as source:
        before: Table = source.introspect().table(PEOPLE)
        database.run("ALTER TABLE people RENAME TO persons")
        with source.snapshot() as snapshot, pytest.raises(SourceFailed, match="table people was renamed"):
            read_table(snapshot, before, lambda _: None)


def test_columns_that_cannot_be_read_are_refused(database: Database) -> None:
    meta = sa.MetaData()
    people(meta, blob=sa.LargeBinary())
    meta.create_all(database.engine)
    with closing(database.source()) as source, source.snapshot() as snapshot:
        with pytest.raises(SourceRefused, match=r"column blob .*drop it in the policy"):
            read_table(snapshot, snapshot.schema.table(PEOPLE), lambda _: None)
        with pytest.raises(SourceRefused, match="has no column nope; it has id, height"):
            list(snapshot.batches(PEOPLE, columns("nope")))
        with pytest.raises(SourceRefused, match="no column"):
            snapshot.sample(PEOPLE, columns("nope"), rows=1)


def test_sample_is_spread_over_the_whole_table_and_repeats(database: Database) -> None:
    rows = [{**ROWS[0], "id": i} for i in range(6000)]
    filled(database, rows)
    with closing(database.source()) as source, source.snapshot() as snapshot:
        drawn = [snapshot.sample(PEOPLE, columns("id"), rows=600)["id"].to_pylist() for _ in range(2)]
        everything = snapshot.sample(PEOPLE, columns("id"), rows=10_000)["id"].to_pylist()
    assert drawn[0] == drawn[1]
    assert 540 <= len(set(drawn[0])) == len(drawn[0]) <= 660
    for tenth in range(10):
        assert 25 <= sum(600 * tenth <= i < 600 * (tenth + 1) for i in drawn[0]) <= 110
    assert sorted(everything) == list(range(6000))


def test_reading_can_be_left_early(database: Database) -> None:
    filled(database, [{**ROWS[0], "id": i} for i in range(3000)])
    with closing(database.source()) as source, source.snapshot() as snapshot:
        reading = snapshot.batches(PEOPLE, columns("id"))
        next(reading)
        reading.close()  # type: ignore[attr-defined]
        assert sum(batch.num_rows for batch in snapshot.batches(PEOPLE, columns("id"))) == 3000


def test_snapshot_cannot_write(database: Database) -> None:
    filled(database, ROWS[:1])
    with closing(database.source()) as source, source.snapshot() as snapshot, pytest.raises(sa.exc.DBAPIError):
        snapshot._connection.execute(sa.text("DELETE FROM people"))  # type: ignore[attr-defined]
    with closing(database.source()) as source:
        assert ids(source) == [1]


def test_failed_connection_tells_the_place_and_no_password(database: Database) -> None:
    url = sa.make_url(database.url)
    wrong = {
        "postgresql": url.set(username="nobody_here", password="hunter2&"),
        "mysql": url.set(username="nobody_here", password="hunter2&"),
        "sqlite": url.set(database="/nowhere/hunter2&.db"),
    }[database.dialect]
    with closing(open_source(SecretStr(wrong.render_as_string(hide_password=False)), None)) as source:
        with pytest.raises(SourceFailed, match="cannot connect to the source") as caught:
            source.introspect()
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
        assert "hunter2" not in repr(source)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_unreachable_host_is_a_failure_of_the_source(dialect: str) -> None:
    url = f"{dialect}://reader:hunter2@127.0.0.1:1/db"
    with closing(open_source(SecretStr(url), None)) as source:
        with pytest.raises(SourceFailed, match=r"'db' at 127\.0\.0\.1:1: nothing answers there") as caught:
            source.refuse_writers()
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
