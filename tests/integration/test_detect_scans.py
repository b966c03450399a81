"""A scan of many tables goes on where it was killed, costs little the second time, and survives what a source does."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source
from gateway.raw.connect.source import Snapshot
from gateway.raw.detect.caching import FindingCache
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.findings import Finding, is_undecided
from gateway.vocabulary.errors import SourceRefused, TableUnreadable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment

TABLES, ROWS = 200, 20
SCAN = """
import sys
from contextlib import closing
from pathlib import Path
from pydantic import SecretStr
from gateway.raw.connect.reading import open_source
from gateway.raw.detect.caching import FindingCache
from gateway.raw.detect.detecting import detect
with closing(open_source(SecretStr(sys.argv[1]), None)) as source, source.snapshot() as snapshot:
    cache = FindingCache.open(Path(sys.argv[2]))
    detect(snapshot, cache=cache, progress=lambda _step, share: print(f"{share:.4f}", flush=True))
"""


@contextmanager
def opened(url: str) -> Iterator[Snapshot]:
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        yield snapshot


def quiet(_step: str, _share: float) -> None:
    pass


def by_column(findings: tuple[Finding, ...]) -> dict[tuple[str, str], Finding]:
    return {(finding.table, finding.column): finding for finding in findings}


def many_tables(tmp_path: Path, *, tables: int) -> str:
    with closing(sqlite3.connect(tmp_path / "many.db")) as connection:
        for number in range(tables):
            table = f"t{number:03}"
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, email TEXT, city TEXT, colour TEXT)")
            connection.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
                [
                    (
                        n,
                        f"x{n}@example{number}.org",
                        "Bern",
                        ("red", "green")[n % 2],
                    )
                    for n in range(ROWS)
                ],
            )
        connection.commit()
    return f"sqlite:///{tmp_path}/many.db"


def test_a_scan_killed_half_way_goes_on_there_and_the_next_costs_little(tmp_path: Path) -> None:
    url = many_tables(tmp_path, tables=TABLES)
    folder = tmp_path / "scans"
    with subprocess.Popen([sys.executable, "-c", SCAN, url, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if float(line) >= 0.5:
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    (tmp_path / "other").mkdir(mode=0o700)
    shutil.copy(folder / "secret", tmp_path / "other" / "secret")
    with opened(url) as snapshot:
        resumed = FindingCache.open(folder)
        findings = detect(snapshot, cache=resumed, progress=quiet)
        assert 2 * TABLES <= resumed.hits < 3 * TABLES

        start = time.process_time()
        fresh = detect(snapshot, cache=FindingCache.open(tmp_path / "other"), progress=quiet)
        first = time.process_time() - start
        assert fresh == findings

        again = FindingCache.open(folder)
        start = time.process_time()
        assert detect(snapshot, cache=again, progress=quiet) == findings
        second = time.process_time() - start
    assert again.hits == 4 * TABLES
    assert second < first  # columns this plain take hardly any time the first time either
    assert second < 10


def test_what_has_changed_is_looked_at_again_and_nothing_else(tmp_path: Path) -> None:
    url = many_tables(tmp_path, tables=10)
    with opened(url) as snapshot:
        detect(snapshot, cache=FindingCache.open(tmp_path / "scans"), progress=quiet)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("UPDATE t007 SET city = 'anna@example.org'")
        connection.commit()
    cache = FindingCache.open(tmp_path / "scans")
    with opened(url) as snapshot:
        found = by_column(detect(snapshot, cache=cache, progress=quiet))
    assert cache.hits == 4 * 10 - 1
    assert found["t007", "city"].evidence != found["t008", "city"].evidence


def test_what_few_rows_hold_is_found_where_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, x1 TEXT, x2 TEXT)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?)",
            [(n, f"a{n}@example.org" if n in {7, 13_001} else None, "b") for n in range(20_000)],
        )
        connection.commit()
    with opened(f"sqlite:///{tmp_path}/s.db") as snapshot:
        found = by_column(detect(snapshot, progress=quiet))
    assert (found["t", "x1"].role, found["t", "x1"].entity) == (Role.DIRECT, "email")
    assert found["t", "x2"].role is Role.NONE


def test_a_table_of_1600_columns_an_empty_one_and_odd_names_are_scanned(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        columns = ", ".join(f'"c{n}" smallint' for n in range(1_598))
        connection.exec_driver_sql(f'CREATE TABLE wide (id bigint PRIMARY KEY, "e-mail ""x" text, {columns})')
        connection.exec_driver_sql(
            'INSERT INTO wide (id, "e-mail ""x") SELECT g, g || \'@example.org\' FROM generate_series(1, 2000) g'
        )
        connection.exec_driver_sql("CREATE TABLE nothing (email text, document jsonb)")
        connection.exec_driver_sql("CREATE TABLE bare ()")
        connection.exec_driver_sql('CREATE TABLE one ("e\'mail" text, tags text[])')
        connection.exec_driver_sql("INSERT INTO one VALUES ('anna@example.org', '{bob@example.org,carl@example.org}')")
    with opened(url) as snapshot:
        findings = detect(snapshot, progress=quiet)
    found = by_column(findings)
    assert len(findings) == 1_600 + 2 + 2
    assert found["wide", 'e-mail "x'].role is Role.DIRECT
    assert found["nothing", "email"].role is Role.DIRECT
    assert found["nothing", "document"].treatment is Treatment.DROP
    assert found["one", "tags"].role is Role.DIRECT
    engine.dispose()


def test_tables_that_cannot_be_read_are_undecided_and_end_nothing(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url)
    role = f"reader_{sa.make_url(url).database}"
    with engine.begin() as connection:
        for table in ("a", "b", "c", "d"):
            connection.exec_driver_sql(f"CREATE TABLE {table} (id int PRIMARY KEY, colour text, email text)")
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES (1, 'red', 'anna@example.org')")
        connection.exec_driver_sql(f'CREATE ROLE "{role}" LOGIN')
        connection.exec_driver_sql(f'GRANT SELECT ON a, c, d TO "{role}"')
    reader = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
    try:
        with opened(reader) as snapshot:
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP TABLE c")
            findings = detect(snapshot, progress=quiet)
            with pytest.raises(SourceRefused, match="may not read table b"):
                detect(snapshot, tables=[TableName("b")], strict=True, progress=quiet)
            with pytest.raises(TableUnreadable, match="table c was renamed, dropped"):
                detect(snapshot, tables=[TableName("c")], strict=True, progress=quiet)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f'DROP OWNED BY "{role}"')
            connection.exec_driver_sql(f'DROP ROLE "{role}"')
        engine.dispose()
    found = by_column(findings)
    assert len(found) == 12
    for table in ("b", "c"):
        for column in ("id", "colour", "email"):
            finding = found[table, column]
            assert is_undecided(finding)
            assert finding.role is not Role.NONE
            assert finding.treatment is not Treatment.LEARN
            assert any("nothing of its content was looked at" in piece.reason for piece in finding.evidence)
    for table in ("a", "d"):
        assert found[table, "colour"].role is Role.NONE
        assert found[table, "email"].role is Role.DIRECT
        assert not is_undecided(found[table, "email"])


def test_documents_of_every_kind_of_postgresql_are_looked_into(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE things (n int PRIMARY KEY, j json, b jsonb, x xml, a text[], c bytea)")
        connection.exec_driver_sql("""
            INSERT INTO things SELECT g, json_build_object('owner', json_build_object('email', g || '@example.org')),
            jsonb_build_object('width', g), NULL, ARRAY[g || '@example.org'], '\\x00' FROM generate_series(1, 50) g
        """)
    with opened(url) as snapshot:
        found = by_column(detect(snapshot, progress=quiet))
    engine.dispose()
    assert {column: found["things", column].role for column in "jba"} == {
        "j": Role.DIRECT, "b": Role.NONE, "a": Role.DIRECT,
    }  # fmt: skip
    assert {found["things", ColumnName(column)].treatment for column in "jbxac"} == {Treatment.DROP}
    assert any("in owner.email: " in piece.reason for piece in found["things", "j"].evidence)
