"""What only SQLite has: any value in any column, files, and locks on all of it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table
from gateway.raw.connect.source import Limits
from gateway.raw.connect.sources.sqlite import SQLiteSource
from gateway.vocabulary.errors import SettingsError, SourceFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Kind

T = TableName("t")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a b%20#?é.db"


@pytest.fixture
def admin(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def url(file: Path) -> SecretStr:
    return SecretStr(sa.URL.create("sqlite", database=str(file)).render_as_string())


def test_values_of_other_types_than_declared_become_null(admin: sqlite3.Connection, url: SecretStr) -> None:
    admin.execute("CREATE TABLE t (i INTEGER, n DECIMAL(6,2), f REAL, b BOOLEAN, d DATE, m DATETIME, s VARCHAR(9), u)")
    blob = b"\xff\x00"
    rows: list[tuple[object, ...]] = [
        ("text", "text", "text", "text", "text", "text", blob, 1),
        (1.5, 12345.5, float("inf"), 2, "0000-00-00", "0001-01-01T00:00:00+01:00", 7, 1),
        (blob, blob, blob, blob, blob, blob, 1.5, 1),
        (2**63 - 1, 0.1 + 0.2, 1, 1, "0001-01-01", "9999-12-31 23:59:59.999999", "é", 1),
        (-(2**63), "-9999.99", -1.5, "false", "9999-12-31", "2020-01-01T02:00:00+02:00", "", 1),
        (1e30, 1e300, None, None, 20200101, 1577836800, None, 1),
    ]
    admin.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    admin.execute("UPDATE t SET s = CAST(x'ff41' AS TEXT) WHERE i = 1.5")
    with closing(open_source(url, None)) as source, source.snapshot() as snapshot:
        table = snapshot.schema.table(T)
        assert table.column(ColumnName("u")).kind is Kind.UNSUPPORTED
        names = [column.name for column in table.columns[:-1]]
        found = [list(row.values()) for batch in snapshot.batches(T, names) for row in batch.to_pylist()]
    moment = dt.datetime.fromisoformat
    assert found == [
        [None] * 7,
        [None] * 7,
        [None] * 6 + ["1.5"],
        [2**63 - 1, Decimal("0.30"), 1.0, True, dt.date(1, 1, 1), moment("9999-12-31 23:59:59.999999"), "é"],
        [-(2**63), Decimal("-9999.99"), -1.5, False, dt.date(9999, 12, 31), moment("2020-01-01"), ""],
        [None] * 7,
    ]


def test_whole_numbers_are_of_64_bits_whatever_their_type_is_called(admin: sqlite3.Connection, url: SecretStr) -> None:
    admin.execute("CREATE TABLE t (a INTEGER, b SMALLINT, c TINYINT, d BIGINT UNSIGNED, e INT)")
    with closing(open_source(url, None)) as source:
        columns = source.introspect().table(T).columns
    assert {(column.kind, column.lowest, column.highest) for column in columns} == {(Kind.INTEGER, None, None)}


@pytest.mark.parametrize("query", ["", "?mode=rw", "?mode=rwc&uri=true"])
def test_file_is_opened_for_reading_only_whatever_the_url_says(tmp_path: Path, query: str) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as admin:
        admin.execute("CREATE TABLE t (id INTEGER)")
    address = SecretStr(f"sqlite:///file:{path}{query}" if query else f"sqlite:///{path}")
    with closing(open_source(address, None)) as source:
        source.refuse_writers()
        with source.snapshot() as snapshot:
            driver = snapshot._connection.connection.driver_connection  # type: ignore[attr-defined]
            driver.execute("PRAGMA query_only = OFF")
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                driver.execute("INSERT INTO t VALUES (1)")


def test_missing_and_other_files_are_failures_that_create_nothing(tmp_path: Path) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    other.write_text("secret," * 1000)
    for path, reason in ((missing, "cannot be opened"), (other, "not a SQLite database")):
        source = open_source(SecretStr(f"sqlite:///{path}"), None)
        with closing(source), pytest.raises(SourceFailed, match=reason):
            source.introspect()
    assert not missing.exists()


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_url_without_a_file_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="names no SQLite file"):
        open_source(SecretStr(address), None)
    with pytest.raises(SettingsError, match="no schema other"):
        open_source(SecretStr("sqlite:////x.db"), "other")


def test_tables_without_row_numbers_are_sampled(admin: sqlite3.Connection, url: SecretStr) -> None:
    admin.execute("CREATE TABLE t (k TEXT PRIMARY KEY, n) WITHOUT ROWID")
    admin.execute("BEGIN")
    admin.executemany("INSERT INTO t VALUES (?, 1)", [(f"{i:04}",) for i in range(2000)])
    admin.execute("COMMIT")
    with closing(open_source(url, None)) as source, source.snapshot() as snapshot:
        assert 90 <= snapshot.sample(T, [ColumnName("k")], rows=100).num_rows <= 100


def test_slow_statement_is_ended_and_a_locked_file_not_waited_for(admin: sqlite3.Connection, url: SecretStr) -> None:
    admin.execute("CREATE TABLE t (id INTEGER)")
    admin.execute("INSERT INTO t VALUES (1)")
    for _ in range(14):
        admin.execute("INSERT INTO t SELECT id FROM t")
    with closing(SQLiteSource(url, None, limits=Limits(statement=0, lock=0))) as source:
        with source.snapshot() as snapshot, pytest.raises(SourceFailed, match="reading table t took longer than 0 s"):
            read_table(snapshot, snapshot.schema.table(T), lambda _: None)
        admin.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceFailed, match="waited 0 s for a lock"):
            source.introspect()
