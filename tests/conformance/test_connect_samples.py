"""The law of samples that every kind of database passes: drawn by a secret and each row's key, found where rare."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source
from gateway.raw.connect.source import KeyedSnapshot
from gateway.vocabulary.errors import SourceRefused, TableUnreadable
from gateway.vocabulary.names import ColumnName, TableName

KINDS = ("postgresql", "mysql", "sqlite")
SECRET = b"k" * 32
ROWS = 4_000


@dataclasses.dataclass
class Database:
    dialect: str
    url: str
    engine: sa.Engine

    @contextmanager
    def snapshot(self) -> Iterator[KeyedSnapshot]:
        with closing(open_source(SecretStr(self.url), None)) as source, source.snapshot() as snapshot:
            assert isinstance(snapshot, KeyedSnapshot)
            yield snapshot


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.mariadb) if kind == "mysql" else kind for kind in KINDS])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/source.db"
    else:
        fixture = {"postgresql": "postgres_database", "mysql": "mariadb_database"}[request.param]
        url = request.getfixturevalue(fixture)()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    yield Database(request.param, url, engine)
    engine.dispose()


def put(database: Database, table: sa.Table, rows: list[dict[str, object]]) -> None:
    table.metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        for at in range(0, len(rows), 1_000):
            connection.execute(table.insert(), rows[at : at + 1_000])


def drawn(database: Database, table: str, column: str, *, rows: int, secret: bytes = SECRET) -> list[object]:
    with database.snapshot() as snapshot:
        found = snapshot.draw(TableName(table), [ColumnName(column)], rows=rows, secret=secret)
        return list(found[column].to_pylist())


def test_a_row_is_drawn_by_its_key_wherever_it_lies(database: Database) -> None:
    columns = (
        lambda: sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        lambda: sa.Column('co"de', sa.String(20), primary_key=True),
        lambda: sa.Column("name", sa.String(20), nullable=False),
    )
    rows: list[dict[str, object]] = [{"n": n, 'co"de': f"c{n % 7}", "name": f"x{n}"} for n in range(ROWS)]
    put(database, sa.Table("forth", sa.MetaData(), *(make() for make in columns)), rows)
    forth = drawn(database, "forth", "name", rows=400)
    with database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM forth"))
    put(database, sa.Table("forth", sa.MetaData(), *(make() for make in columns)), rows[::-1])
    assert drawn(database, "forth", "name", rows=400) == forth
    assert len(set(forth)) == 400
    for tenth in range(10):
        assert 18 <= sum(400 * tenth <= int(str(x)[1:]) < 400 * (tenth + 1) for x in forth) <= 70
    other = drawn(database, "forth", "name", rows=400, secret=b"o" * 32)
    assert len(set(other) & set(forth)) < 90
    assert drawn(database, "forth", "name", rows=200) == forth[:200]


def test_rows_without_a_key_are_drawn_each_by_its_own_chance(database: Database) -> None:
    table = sa.Table("log", sa.MetaData(), sa.Column("name", sa.String(20)))
    put(database, table, [{"name": "same" if n < ROWS // 2 else f"x{n}"} for n in range(ROWS)])
    found = drawn(database, "log", "name", rows=400)
    assert found == drawn(database, "log", "name", rows=400)
    assert 150 <= found.count("same") <= 250
    assert len(set(found)) == 401 - found.count("same")


def test_a_column_seldom_filled_is_looked_at_where_it_is(database: Database) -> None:
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('ra"re', sa.Text), sa.Column("never", sa.Text), sa.Column("often", sa.Integer),
    )  # fmt: skip
    put(database, table, [
        {"id": n, 'ra"re': f"r{n}" if n % 100 == 7 else None, "never": None, "often": n} for n in range(ROWS)
    ])  # fmt: skip
    wanted = {ColumnName('ra"re'): 0.0002, ColumnName("never"): 0.0002, ColumnName("often"): 1.0}
    with database.snapshot() as snapshot:
        found = snapshot.draw_filled(TableName("t"), wanted, rows=30, secret=SECRET)
        first = snapshot.draw(TableName("t"), [ColumnName("often")], rows=30, secret=SECRET)
    assert {name: (len(set(column.to_pylist())), column.null_count) for name, column in found.items()} == {
        'ra"re': (30, 0), "never": (0, 0), "often": (30, 0),
    }  # fmt: skip
    assert found[ColumnName("often")].to_pylist() == first["often"].to_pylist()


def test_documents_are_read_as_texts_and_texts_are_cut(database: Database) -> None:
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.JSON(none_as_null=True)),
        sa.Column("note", sa.Text),
    )  # fmt: skip
    document = {"a": [1, "ż"], "b": None}
    put(
        database,
        table,
        [{"id": 1, "document": document, "note": "y" * 50_000}, {"id": 2, "document": None, "note": None}],
    )
    with database.snapshot() as snapshot:
        names = [ColumnName(name) for name in ("id", "document", "note")]
        rows = sorted(
            snapshot.draw(TableName("t"), names, rows=9, secret=SECRET).to_pylist(), key=lambda row: row["id"]
        )
    assert [row["id"] for row in rows] == [1, 2]
    assert json.loads(rows[0]["document"]) == document
    assert rows[1]["document"] is None
    assert 8_192 <= len(rows[0]["note"]) < 50_000


@pytest.mark.parametrize(
    "database", ["postgresql", pytest.param("mysql", marks=pytest.mark.mariadb)], indirect=True
)  # SQLite lets nobody drop a table while it is read
def test_a_table_dropped_meanwhile_leaves_the_others_readable(database: Database) -> None:
    meta = sa.MetaData()
    for name in ("a", "b"):
        sa.Table(name, meta, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    put(database, meta.tables["b"], [{"id": 1}])
    with database.snapshot() as snapshot:
        with database.engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE a"))
        with pytest.raises(TableUnreadable, match="table a was renamed, dropped"):
            snapshot.draw(TableName("a"), [ColumnName("id")], rows=9, secret=SECRET)
        assert snapshot.draw(TableName("b"), [ColumnName("id")], rows=9, secret=SECRET).num_rows == 1
        with pytest.raises(SourceRefused, match="no column"):
            snapshot.draw(TableName("b"), [ColumnName("nope")], rows=9, secret=SECRET)
        assert sum(batch.num_rows for batch in snapshot.batches(TableName("b"), [ColumnName("id")])) == 1
