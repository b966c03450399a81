"""What only PostgreSQL has: its own types, bad values, rights, time-outs and ways to fail."""

from __future__ import annotations

import datetime as dt
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table
from gateway.raw.connect.source import Limits, Snapshot, Source
from gateway.raw.connect.sources.postgresql import PostgresSource
from gateway.vocabulary.errors import SourceFailed, SourceRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Kind

T = TableName("t")


@pytest.fixture
def url(postgres_database: Callable[[], str]) -> str:
    return postgres_database()


@pytest.fixture
def admin(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**arguments(url), autocommit=True) as connection:
        yield connection


@pytest.fixture
def source(url: str) -> Iterator[Source]:
    with closing(open_source(SecretStr(url), None)) as opened:
        yield opened


@pytest.fixture
def role(admin: psycopg.Connection) -> Iterator[str]:
    name = f"reader_{time.monotonic_ns()}"
    admin.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    admin.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


def arguments(url: str) -> dict[str, str]:
    parts = sa.make_url(url)
    return {"host": str(parts.query["host"]), "dbname": str(parts.database), "user": str(parts.username)}


def as_role(url: str, role: str) -> SecretStr:
    return SecretStr(sa.make_url(url).set(username=role).render_as_string(hide_password=False))


def read(snapshot: Snapshot, name: str = "t") -> list[dict[str, object]]:
    table = snapshot.schema.table(TableName(name))
    return list(read_table(snapshot, table, lambda _: None).expose().to_pylist())


def test_types_of_its_own_have_a_kind(admin: psycopg.Connection, source: Source) -> None:
    admin.execute(
        "CREATE TYPE mood AS ENUM ('so so', 'it''s \"ok\"'); CREATE DOMAIN short AS varchar(5) NOT NULL;"
        "CREATE DOMAIN feeling AS mood; CREATE DOMAIN price AS numeric(8, 2); CREATE DOMAIN instant AS timestamptz;"
        "CREATE TYPE pair AS (a int, b int);"
        "CREATE TABLE t (a bytea, b int[], c jsonb, d json, e uuid, f interval, g time, h timetz, i tsvector,"
        " j int4range, k point, l inet, m money, n bit(3), o xml, p pair, q mood, r short, s feeling, u numeric,"
        " v numeric(30, 3), ze price, zf instant, w real, x char(3), y timestamptz, z smallint, za numeric(60, 50),"
        " zb numeric(2, -3), zc serial, zd oid)"
    )
    found = {column.name: column for column in source.introspect().table(T).columns}
    kinds = {name: column.kind for name, column in found.items()}
    readable = {
        "e": Kind.TEXT, "l": Kind.TEXT, "q": Kind.ENUM, "r": Kind.TEXT, "s": Kind.ENUM, "u": Kind.DECIMAL,
        "v": Kind.DECIMAL, "w": Kind.FLOAT, "x": Kind.TEXT, "y": Kind.DATETIME, "z": Kind.INTEGER, "za": Kind.DECIMAL,
        "zb": Kind.DECIMAL, "zc": Kind.INTEGER, "ze": Kind.DECIMAL, "zf": Kind.DATETIME,
    }  # fmt: skip
    assert {name: kind for name, kind in kinds.items() if kind is not Kind.UNSUPPORTED} == readable
    assert found["q"].values == found["s"].values == ("so so", 'it\'s "ok"')
    assert (found["r"].length, found["r"].nullable, found["q"].nullable) == (5, False, True)
    assert [found[name].scale for name in ("u", "v", "za", "zb")] == [None, 3, None, None]
    assert (found["v"].native, found["ze"].native) == ("numeric(30,3)", "price")
    assert (found["ze"].precision, found["ze"].scale) == (8, 2)


def test_whole_numbers_are_as_wide_as_their_types(admin: psycopg.Connection, source: Source) -> None:
    admin.execute(
        "CREATE DOMAIN stars AS smallint;"
        "CREATE TABLE t (a smallint, b integer, c bigint, d serial, e smallserial, f stars, g numeric, h boolean)"
    )
    found = {str(column.name): column for column in source.introspect().table(T).columns}
    short, usual = (-(2**15), 2**15 - 1), (-(2**31), 2**31 - 1)
    assert {name: (column.lowest, column.highest) for name, column in found.items()} == {
        "a": short, "b": usual, "c": (None, None), "d": usual, "e": short, "f": short, "g": (None, None),
        "h": (None, None),
    }  # fmt: skip


def test_what_a_domain_checks_is_checked_of_every_column_of_it(admin: psycopg.Connection, source: Source) -> None:
    admin.execute("""
        CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
        CREATE DOMAIN recent AS year CHECK (VALUE > 2000) NOT NULL;
        CREATE DOMAIN sort AS varchar(5) CHECK (VALUE IN ('VALUE', 'b')) CHECK (VALUE ~ '^.');
        CREATE DOMAIN code5 AS varchar(9); CREATE DOMAIN "inner 7" AS code5; CREATE DOMAIN fee AS numeric(6, 2);
        CREATE DOMAIN fee2 AS fee CHECK (VALUE > 0);
        ALTER DOMAIN fee2 ADD CONSTRAINT small CHECK (VALUE < 100) NOT VALID;
        CREATE TABLE t (a year, "b ""c" recent, d sort, e sort CHECK (e <> 'b'), f "inner 7", g fee2, "value" recent);
        CREATE TABLE other (a year)
    """)
    schema = source.introspect()
    table = schema.table(TableName("t"))
    found = {check.name: (check.columns, check.condition) for check in table.checks}

    def within(name: str) -> object:
        return "and", ((">=", ("column", name), ("number", "1901")), ("<=", ("column", name), ("number", "2155")))

    def above(name: str, number: str, sign: str = ">") -> object:
        return sign, ("column", name), ("number", number)

    def listed(name: str) -> object:
        return "in", ("column", name), (("text", "VALUE"), ("text", "b"))

    assert found == {
        "year_check of a": (("a",), within("a")),
        'year_check of b "c': (('b "c',), within('b "c')), 'recent_check of b "c': (('b "c',), above('b "c', "2000")),
        "year_check of value": (("value",), within("value")),
        "recent_check of value": (("value",), above("value", "2000")),
        "sort_check of d": (("d",), listed("d")), "sort_check1 of d": ((), None),
        "sort_check of e": (("e",), listed("e")), "sort_check1 of e": ((), None),
        "t_e_check": (("e",), ("<>", ("column", "e"), ("text", "b"))),
        "fee2_check of g": (("g",), above("g", "0")), "small of g": (("g",), above("g", "100", "<")),
    }  # fmt: skip
    assert (table.column(ColumnName("f")).length, table.column(ColumnName("g")).scale) == (9, 2)
    assert [check.name for check in schema.table(TableName("other")).checks] == ["year_check of a"]
    assert not table.column(ColumnName("value")).nullable


def test_values_of_domains_are_those_of_their_types(admin: psycopg.Connection, source: Source) -> None:
    admin.execute(
        "CREATE DOMAIN price AS numeric(8, 2); CREATE DOMAIN instant AS timestamptz; SET timezone = 'Asia/Tokyo';"
        "CREATE TABLE t (p price, i instant); INSERT INTO t VALUES (1.5, '2020-01-01 09:00'), ('NaN', 'infinity')"
    )
    with source.snapshot() as snapshot:
        assert read(snapshot) == [
            {"p": Decimal("1.50"), "i": dt.datetime.fromisoformat("2020-01-01")},
            {"p": None, "i": None},
        ]


def test_values_without_a_place_become_null_and_the_rest_is_exact(admin: psycopg.Connection, source: Source) -> None:
    admin.execute(
        "CREATE TABLE t (id int, d date, z timestamptz, n numeric(12, 3), wide numeric(30, 5), any_ numeric,"
        " f float8, r real, c char(4), u uuid, l inet)"
    )
    admin.execute(
        "INSERT INTO t VALUES"
        " (1, '2020-02-29', '2020-01-01 01:00:00.000001+02', -123456789.001, -1234567890123456789012345.00001, 1e-7,"
        "  1.5, 0.5, 'ab', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '10.0.0.1'),"
        " (2, 'infinity', '-infinity', 'NaN', 'NaN', 'Infinity', 'NaN', 'Infinity', '', NULL, '10.0.0.0/8'),"
        " (3, '0044-03-15 BC', '0044-03-15 BC', 0, 0, '-Infinity', '-Infinity', 'NaN', NULL, NULL, NULL),"
        " (4, '10000-01-01', '10000-01-01', 10000, 10000, 1e400, 1e308, 0, NULL, NULL, NULL),"
        " (5, '0001-01-01', '0001-01-01 00:00+00', 0.01, 0.1, 1e-400, -0.0, 0, NULL, NULL, NULL),"
        " (6, '9999-12-31', '9999-12-31 23:59:59.999999+00', 99999999.9, 1e24, 'NaN', 0, 0, NULL, NULL, NULL)"
    )
    with source.snapshot() as snapshot:
        rows = read(snapshot)
    assert rows[0] == {
        "id": 1, "d": dt.date(2020, 2, 29), "z": dt.datetime.fromisoformat("2019-12-31 23:00:00.000001"),
        "n": Decimal("-123456789.001"), "wide": Decimal("-1234567890123456789012345.00001"), "any_": 1e-7, "f": 1.5,
        "r": 0.5, "c": "ab", "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "l": "10.0.0.1",
    }  # fmt: skip
    for row in rows[1:4]:
        assert (row["d"], row["z"], row["any_"]) == (None, None, None)
    assert [rows[1][name] for name in ("n", "wide", "f", "r", "c", "l")] == [None, None, None, None, "", "10.0.0.0/8"]
    assert (rows[2]["n"], rows[2]["f"], rows[2]["r"]) == (0, None, None)
    assert (rows[3]["n"], rows[3]["wide"], rows[3]["f"]) == (10_000, 10_000, 1e308)
    assert (rows[4]["d"], rows[4]["z"]) == (dt.date(1, 1, 1), dt.datetime.fromisoformat("0001-01-01"))
    assert (rows[4]["n"], rows[4]["any_"]) == (Decimal("0.01"), 0.0)
    assert rows[5]["d"] == dt.date(9999, 12, 31)
    assert rows[5]["z"] == dt.datetime.fromisoformat("9999-12-31 23:59:59.999999")
    assert (rows[5]["n"], rows[5]["wide"]) == (Decimal("99999999.9"), Decimal(10) ** 24)


def test_decimals_of_every_length_are_exact(admin: psycopg.Connection, source: Source) -> None:
    shapes = [(15, 0), (15, 15), (15, 7), (1, 0), (1, 1), (4, 4), (5, 4), (8, 2), (9, 5), (16, 2), (38, 10)]
    admin.execute(f"CREATE TABLE t ({', '.join(f'c{i} numeric({p}, {s})' for i, (p, s) in enumerate(shapes))})")
    written = [
        [Decimal((sign, tuple(map(int, (digits * 40)[:p])), -s)) for p, s in shapes]
        for digits in ("9", "1", "90", "10", "1000", "12", "5000", "00010001")
        for sign in (0, 1)
    ]
    written.append([Decimal(0)] * len(shapes))
    with admin.cursor() as cursor:
        cursor.executemany(f"INSERT INTO t VALUES ({', '.join(['%s'] * len(shapes))})", written)
    with source.snapshot() as snapshot:
        assert [list(row.values()) for row in read(snapshot)] == written


def test_partitions_are_read_once_and_children_on_their_own(admin: psycopg.Connection, source: Source) -> None:
    admin.execute(
        "CREATE TABLE t (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (10) TO (20);"
        "INSERT INTO t VALUES (1), (11);"
        "CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent);"
        "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2); CREATE TABLE bare ();"
    )
    with source.snapshot() as snapshot:
        assert [table.name for table in snapshot.schema.tables] == ["bare", "child", "parent", "t"]
        assert sorted(row["id"] for row in read(snapshot)) == [1, 11]
        assert (read(snapshot, "parent"), read(snapshot, "child")) == ([{"id": 1}], [{"id": 2}])
        assert snapshot.sample(T, [ColumnName("id")], rows=1).num_rows == 1
        assert snapshot.schema.table(TableName("bare")).columns == ()
        assert read(snapshot, "bare") == []


def test_another_schema_can_be_read(admin: psycopg.Connection, url: str) -> None:
    admin.execute(
        'CREATE SCHEMA "we%ird"; CREATE TABLE "we%ird".t (id int PRIMARY KEY);'
        'CREATE TABLE "we%ird".u (t int REFERENCES "we%ird".t); CREATE TABLE t (other int);'
        'INSERT INTO "we%ird".t VALUES (7)'
    )
    with closing(open_source(SecretStr(url), "we%ird")) as source, source.snapshot() as snapshot:
        assert snapshot.schema.table(TableName("u")).references[0].target == "t"
        assert read(snapshot) == [{"id": 7}]
    with closing(open_source(SecretStr(url), "nope")) as source, pytest.raises(SourceFailed, match="no schema nope"):
        source.introspect()


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE t RENAME TO s", "DROP TABLE t", "ALTER TABLE t RENAME COLUMN id TO key", "TRUNCATE t",
     "ALTER TABLE t ALTER COLUMN id TYPE text", "ALTER TABLE t DROP COLUMN id"],
)  # fmt: skip
def test_table_changed_inside_the_snapshot_is_named(admin: psycopg.Connection, source: Source, change: str) -> None:
    admin.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    with source.snapshot() as snapshot:
        admin.execute(change)
        with pytest.raises(SourceFailed, match="table t was renamed, dropped, truncated or altered"):
            read(snapshot)


def test_lost_connection_in_the_middle_is_a_failure_of_the_source(admin: psycopg.Connection, source: Source) -> None:
    admin.execute("CREATE TABLE t AS SELECT i, repeat('secret cell', 100) FROM generate_series(1, 60000) i")
    with source.snapshot() as snapshot:
        reading = snapshot.batches(T, [column.name for column in snapshot.schema.table(T).columns])
        next(reading)
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway'")
        with pytest.raises(SourceFailed, match="connection to the source was lost while reading table t") as caught:
            list(reading)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_slow_statement_is_ended(admin: psycopg.Connection, url: str) -> None:
    admin.execute("CREATE TABLE t AS SELECT i FROM generate_series(1, 300000) i")
    with (
        closing(PostgresSource(SecretStr(url), None, limits=Limits(statement=1))) as source,
        source.snapshot() as taken,
    ):
        taken._connection.exec_driver_sql("SET LOCAL statement_timeout = 5")
        with pytest.raises(SourceFailed, match="reading table t took longer than 1 s"):
            read(taken)


def test_locked_table_is_not_waited_for(admin: psycopg.Connection, url: str) -> None:
    admin.execute("CREATE TABLE t (id int)")
    with closing(PostgresSource(SecretStr(url), None, limits=Limits(lock=1))) as source, source.snapshot() as snapshot:
        admin.execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceFailed, match="reading table t waited 1 s for a lock"):
            read(snapshot)
        admin.execute("ROLLBACK")


def test_table_that_may_not_be_read_is_refused_with_the_grant(admin: psycopg.Connection, url: str, role: str) -> None:
    admin.execute(f"CREATE TABLE t (id int); GRANT USAGE ON SCHEMA public TO {role}")
    with closing(open_source(as_role(url, role), None)) as source:
        with source.snapshot() as snapshot, pytest.raises(SourceRefused) as caught:
            read(snapshot)
        admin.execute(str(caught.value).partition("let it: ")[2])
        with source.snapshot() as snapshot:
            assert read(snapshot) == []


def test_superuser_is_refused_and_the_statements_given_make_a_role_that_is_not(
    admin: psycopg.Connection, url: str, source: Source
) -> None:
    admin.execute('CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE "odd""%s" (id int);'
                  'GRANT INSERT ON "odd""%s" TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE SEQUENCE s;'
                  "GRANT UPDATE ON SEQUENCE s TO PUBLIC; "
                  f'GRANT CREATE ON DATABASE "{arguments(url)["dbname"]}" TO PUBLIC')  # fmt: skip
    with pytest.raises(SourceRefused, match="postgres could change the database: it is a superuser") as caught:
        source.refuse_writers()
    statements = [line.strip() for line in str(caught.value).splitlines()[1:]]
    role = statements[0].split()[2]
    try:
        for statement in statements:
            admin.execute(statement)
        with closing(open_source(as_role(url, role), None)) as reader:
            reader.refuse_writers()
            with reader.snapshot() as snapshot:
                assert read(snapshot) == [{"id": 1}]
    finally:
        admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        ("GRANT INSERT ON t TO {0}", "it may write to t"),
        ("GRANT UPDATE (id) ON t TO {0}", "it may write to t"),
        ("GRANT TRUNCATE ON other.u TO {0}", "it may write to u"),
        ("GRANT DELETE ON v TO {0}", "it may write to v"),
        ("GRANT UPDATE ON SEQUENCE s TO {0}", "it may write to s"),
        ("ALTER TABLE t OWNER TO {0}", "it owns t"),
        ("GRANT CREATE ON SCHEMA other TO {0}", "it may create in schema other"),
        ("GRANT CREATE ON DATABASE {1} TO {0}", "it may create schemas in database"),
        ("ALTER ROLE {0} CREATEROLE", "it has the rights of"),
        ("GRANT pg_write_all_data TO {0}", "it has the rights of pg_write_all_data"),
        ("CREATE ROLE {0}_m; GRANT DELETE ON t TO {0}_m; GRANT {0}_m TO {0} WITH INHERIT FALSE", "it may write to t"),
    ],
)
def test_role_that_can_write_is_refused(
    admin: psycopg.Connection, url: str, role: str, right: str, reason: str
) -> None:
    admin.execute(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE TABLE t (id int); CREATE SCHEMA other;"
        "CREATE TABLE other.u (id int); CREATE VIEW v AS SELECT id FROM t; CREATE SEQUENCE s;"
        f"GRANT SELECT ON t TO {role}"
    )
    with closing(open_source(as_role(url, role), None)) as source:
        source.refuse_writers()
        admin.execute(right.format(role, arguments(url)["dbname"]))
        try:
            with pytest.raises(SourceRefused, match=f"role {role} could change the database: {reason}"):
                source.refuse_writers()
        finally:
            if "{0}_m" in right:
                admin.execute(f"DROP OWNED BY {role}_m; DROP ROLE {role}_m")


def test_wrong_password_is_told_without_the_password(admin: psycopg.Connection, url: str) -> None:
    file = Path(str(admin.execute("SHOW hba_file").fetchone()[0]))  # type: ignore[index]
    before = file.read_text()
    admin.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
    try:
        file.write_text(f"local all locked scram-sha-256\n{before}")
        admin.execute("SELECT pg_reload_conf()")
        wrong = sa.make_url(url).set(username="locked", password="hunter2").render_as_string(hide_password=False)
        source = open_source(SecretStr(wrong), None)
        with closing(source), pytest.raises(SourceFailed, match="the user or the password was refused") as caught:
            source.introspect()
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    finally:
        file.write_text(before)
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("DROP ROLE locked")


def test_one_snapshot_reads_one_table_at_a_time(admin: psycopg.Connection, source: Source) -> None:
    admin.execute("CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 100) i")
    with source.snapshot() as snapshot:
        reading = snapshot.batches(T, [ColumnName("id")])
        next(reading)
        with pytest.raises(RuntimeError, match="still being read"):
            next(snapshot.batches(T, [ColumnName("id")]))


def test_snapshot_left_in_the_middle_gives_its_connection_back(admin: psycopg.Connection, source: Source) -> None:
    admin.execute("CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 200000) i")
    with source.snapshot() as snapshot:
        reading = snapshot.batches(T, [ColumnName("id")])
        next(reading)
    with pytest.raises(SourceFailed):
        list(reading)
    deadline = time.monotonic() + 10
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway'"
    while admin.execute(mine).fetchone() != (0,):
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def test_database_in_another_encoding_is_read_as_unicode(postgres_server: str) -> None:
    name = "latin_connect"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = sa.make_url(postgres_server).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    try:
        with psycopg.connect(**arguments(url)) as connection:
            connection.execute("CREATE TABLE t (id int, name text)")
            connection.execute(
                "INSERT INTO t VALUES (1, convert_from('\\x5a6fc3ab', 'SQL_ASCII')),"
                " (2, convert_from('\\xff41', 'SQL_ASCII'))"
            )
        with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
            assert read(snapshot) == [{"id": 1, "name": "Zoë"}, {"id": 2, "name": None}]
    finally:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
