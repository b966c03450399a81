"""What only MySQL and MariaDB have: zero dates, unsigned and boolean-like integers, ENUM and SET, grants."""

from __future__ import annotations

import datetime as dt
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table
from gateway.raw.connect.source import Limits, Snapshot
from gateway.raw.connect.sources.mysql import MySQLSource
from gateway.vocabulary.errors import SettingsError, SourceFailed, SourceRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Kind

pytestmark = pytest.mark.mariadb
T = TableName("t")


@pytest.fixture
def url(mariadb_database: Callable[[], str]) -> str:
    return mariadb_database()


@pytest.fixture
def admin(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def user(admin: sa.Connection) -> Iterator[str]:
    name = f"u{uuid.uuid4().hex[:10]}"
    admin.exec_driver_sql(f"CREATE USER {name}@localhost IDENTIFIED BY 'right'")
    yield name
    admin.exec_driver_sql(f"DROP USER {name}@localhost")


def as_user(url: str, user: str, *, password: str = "right") -> SecretStr:  # noqa: S107 - invented
    return SecretStr(sa.make_url(url).set(username=user, password=password).render_as_string(hide_password=False))


def read(snapshot: Snapshot) -> list[dict[str, object]]:
    return list(read_table(snapshot, snapshot.schema.table(T), lambda _: None).expose().to_pylist())


def test_types_of_its_own_have_a_kind(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql(
        "CREATE TABLE t (a BIGINT UNSIGNED, b BOOLEAN, c TINYINT, d BIT(1), e BIT(8), f YEAR,"
        " g ENUM('it''s', 'no, it'),"
        " h SET('x', 'y'), i TIME, j VARBINARY(9), k POINT, l TIMESTAMP NULL, m DATETIME(6), n DECIMAL(10, 3) UNSIGNED,"
        " o DECIMAL(65, 30), p MEDIUMTEXT, q FLOAT, r UUID)"
    )
    with closing(open_source(SecretStr(url), None)) as source:
        columns = {column.name: column for column in source.introspect().table(T).columns}
    kinds = {name: column.kind for name, column in columns.items() if column.kind is not Kind.UNSUPPORTED}
    assert kinds.pop("r", Kind.TEXT) is Kind.TEXT
    assert kinds == {
        "a": Kind.INTEGER, "b": Kind.BOOLEAN, "c": Kind.INTEGER, "d": Kind.BOOLEAN, "f": Kind.INTEGER, "g": Kind.ENUM,
        "h": Kind.TEXT, "l": Kind.DATETIME, "m": Kind.DATETIME, "n": Kind.DECIMAL, "o": Kind.DECIMAL, "p": Kind.TEXT,
        "q": Kind.FLOAT,
    }  # fmt: skip
    assert columns["g"].values == ("it's", "no, it")
    assert (columns["n"].scale, columns["o"].scale) == (3, None)
    assert columns["a"].native == "bigint(20) unsigned"


def test_numbers_are_as_wide_as_their_types(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql(
        "CREATE TABLE t (a BIGINT UNSIGNED, b BOOLEAN, c TINYINT, d SMALLINT UNSIGNED, e MEDIUMINT, f YEAR,"
        " g INT, h INT(5) ZEROFILL, i BIGINT, j DECIMAL(5, 2) UNSIGNED, k DOUBLE UNSIGNED, l DOUBLE, m BIT(1),"
        " n TINYINT UNSIGNED, o TIMESTAMP NULL, p DATETIME, q MEDIUMINT UNSIGNED)"
    )
    with closing(open_source(SecretStr(url), None)) as source:
        columns = {str(column.name): column for column in source.introspect().table(T).columns}
    found = {name: (column.lowest, column.highest) for name, column in columns.items()}
    assert {name: held for name, held in found.items() if held != (None, None)} == {
        "a": (0, None), "c": (-128, 127), "d": (0, 65_535), "e": (-(2**23), 2**23 - 1), "f": (1901, 2155),
        "g": (-(2**31), 2**31 - 1), "h": (0, 2**32 - 1), "j": (0, None), "k": (0, None), "n": (0, 255),
        "o": (10**6, 2**31 * 10**6 - 1), "q": (0, 2**24 - 1),
    }  # fmt: skip
    # what is told of a type is what the server holds
    admin.exec_driver_sql("SET sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00'")
    for name in "cdefghnq":
        for end in found[name]:
            admin.exec_driver_sql(f"INSERT INTO t ({name}) VALUES ({end})")
        with pytest.raises(sa.exc.DBAPIError):
            admin.exec_driver_sql(f"INSERT INTO t ({name}) VALUES ({(found[name][1] or 0) + 1})")
    admin.exec_driver_sql("INSERT INTO t (o) VALUES ('1970-01-01 00:00:01'), ('2038-01-19 03:14:07')")


def test_values_without_a_place_become_null_and_the_rest_is_exact(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("SET sql_mode = 'ALLOW_INVALID_DATES'")
    admin.exec_driver_sql("SET time_zone = '+02:00'")
    admin.exec_driver_sql(
        "CREATE TABLE t (id INT, a BIGINT UNSIGNED, b BOOLEAN, c BIT(1), d DATE NOT NULL, l TIMESTAMP NULL,"
        " m DATETIME(6), n DECIMAL(10, 3), o DECIMAL(65, 30), g ENUM('x', 'y'), s VARCHAR(9), f DOUBLE, y YEAR)"
    )
    admin.exec_driver_sql(
        "INSERT INTO t VALUES"
        " (1, 18446744073709551615, 2, b'1', '0000-00-00', '0000-00-00 00:00:00', '0000-00-00', 0, 0, 'nope',"
        "  '', 0, 0),"
        " (2, 9223372036854775807, 1, b'0', '2021-02-30', '2020-01-01 02:00:00', '9999-12-31 23:59:59.999999',"
        "  -9999999.999, 0.5, 'y', 'é', -1.5e-300, 1999),"
        " (3, 0, 0, NULL, '2020-00-01', NULL, '0001-01-01', NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        rows = [list(row.values()) for row in read(snapshot)]
    moment = dt.datetime.fromisoformat
    assert rows == [
        [1, None, None, True, None, None, None, Decimal(0), 0.0, None, "", 0.0, 0],
        [2, 2**63 - 1, True, False, None, moment("2020-01-01"), moment("9999-12-31 23:59:59.999999"),
         Decimal("-9999999.999"), 0.5, "y", "é", -1.5e-300, 1999],
        [3, 0, False, None, None, None, moment("0001-01-01"), None, None, None, None, None, None],
    ]  # fmt: skip


def test_url_without_a_database_is_refused(url: str) -> None:
    bare = sa.make_url(url)._replace(database=None).render_as_string(hide_password=False)
    with pytest.raises(SettingsError, match="names no database"):
        open_source(SecretStr(bare), None)
    named = str(sa.make_url(url).database)
    with closing(open_source(SecretStr(bare.replace("mysql+pymysql", "mariadb")), named)) as source:
        assert source.dialect == "mysql"
        assert source.introspect().tables == ()


def test_wrong_password_is_told_without_the_password(url: str, user: str) -> None:
    source = open_source(as_user(url, user, password="hunter2"), None)
    with closing(source), pytest.raises(SourceFailed, match="the user or the password was refused") as caught:
        source.introspect()
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("right", "reason"),
    [
        ("GRANT INSERT ON {0}.* TO {1}", "INSERT"),
        ("GRANT UPDATE (id) ON {0}.t TO {1}", "UPDATE"),
        ("GRANT SELECT ON {0}.* TO {1} WITH GRANT OPTION", "GRANT OPTION"),
        ("GRANT ALL ON {0}.* TO {1}", "ALL PRIVILEGES"),
        ("GRANT {2} TO {1}", "DELETE"),
    ],
)
def test_user_that_can_write_is_refused(admin: sa.Connection, url: str, user: str, right: str, reason: str) -> None:
    database, role = str(sa.make_url(url).database), f"{user}_role"
    admin.exec_driver_sql("CREATE TABLE t (id INT)")
    admin.exec_driver_sql(f"CREATE ROLE {role}")
    admin.exec_driver_sql(f"GRANT DELETE ON {database}.* TO {role}")
    admin.exec_driver_sql(f"GRANT SELECT, SHOW VIEW ON {database}.* TO {user}@localhost")
    try:
        with closing(open_source(as_user(url, user), None)) as source:
            source.refuse_writers()
            with source.snapshot() as snapshot:
                assert read(snapshot) == []
            admin.exec_driver_sql(right.format(database, f"{user}@localhost", role))
            with pytest.raises(
                SourceRefused, match=f"could change the database: it has the right .*{reason}"
            ) as caught:
                source.refuse_writers()
        assert f"GRANT SELECT, SHOW VIEW ON `{database}`.* TO gateway_reader;" in str(caught.value)
        assert "PASSWORD" not in str(caught.value)
    finally:
        admin.exec_driver_sql(f"DROP ROLE {role}")


def test_table_that_may_not_be_read_is_refused_with_the_grant(admin: sa.Connection, url: str, user: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t (id INT, secret INT)")
    admin.exec_driver_sql(f"GRANT SELECT ON {sa.make_url(url).database}.t TO {user}@localhost")
    with closing(MySQLSource(as_user(url, user), None)) as source, source.snapshot() as snapshot:
        snapshot.schema.table(T)
        admin.exec_driver_sql(f"REVOKE SELECT ON {sa.make_url(url).database}.t FROM {user}@localhost")
        with pytest.raises(SourceRefused, match="may not read table t; let it: GRANT SELECT ON"):
            list(snapshot.batches(T, [ColumnName("id")]))


def test_rights_on_single_columns_are_told_to_be_too_few(admin: sa.Connection, url: str, user: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t (id INT, secret INT)")
    admin.exec_driver_sql(f"GRANT SELECT (id) ON {sa.make_url(url).database}.t TO {user}@localhost")
    source = MySQLSource(as_user(url, user), None)
    with closing(source), pytest.raises(SourceRefused, match="some columns only; let it: GRANT SELECT ON"):
        source.introspect()


def test_lost_connection_in_the_middle_is_a_failure_of_the_source(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t AS SELECT seq, REPEAT('secret', 500) AS x FROM seq_1_to_50000")
    with closing(MySQLSource(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        number = snapshot._connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()
        reading = snapshot.batches(T, [ColumnName("seq"), ColumnName("x")])
        next(reading)
        admin.exec_driver_sql(f"KILL CONNECTION {number}")
        with pytest.raises(SourceFailed, match="connection to the source was lost while reading table t") as caught:
            list(reading)
    assert "secretsecret" not in "".join(traceback.format_exception(caught.value))


def test_slow_statement_is_ended_and_a_locked_table_not_waited_for(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t AS SELECT seq FROM seq_1_to_20000")
    with closing(MySQLSource(SecretStr(url), None, limits=Limits(statement=7, lock=1))) as source:
        with source.snapshot() as snapshot:
            snapshot._connection.exec_driver_sql("SET max_statement_time = 0.001")
            with pytest.raises(SourceFailed, match="reading table t took longer than 7 s"):
                list(snapshot.batches(T, [ColumnName("seq")]))
        with source.snapshot() as snapshot:
            admin.exec_driver_sql("LOCK TABLES t WRITE")
            with pytest.raises(SourceFailed, match="reading table t waited 1 s for a lock"):
                list(snapshot.batches(T, [ColumnName("seq")]))
            admin.exec_driver_sql("UNLOCK TABLES")


def test_table_renamed_inside_the_snapshot_is_named(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t (id INT)")
    admin.exec_driver_sql("CREATE TABLE u (id INT)")
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        admin.exec_driver_sql("RENAME TABLE t TO s")
        admin.exec_driver_sql("ALTER TABLE u MODIFY id VARCHAR(9)")
        for name in ("t", "u"):
            with pytest.raises(SourceFailed, match=f"table {name} was renamed, dropped, truncated or altered"):
                list(snapshot.batches(TableName(name), [ColumnName("id")]))


def test_column_that_cannot_be_seen_is_a_failure_not_a_gap(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("CREATE TABLE t (id INT, `line\nbreak` INT)")
    source = MySQLSource(SecretStr(url), None)
    with closing(source), pytest.raises(SourceFailed, match="columns of table t cannot be read from the catalogue"):
        source.introspect()


def test_keys_of_names_with_backticks_are_found(admin: sa.Connection, url: str) -> None:
    admin.exec_driver_sql("CREATE TABLE `p``q` (`i``d` INT PRIMARY KEY, `u``` INT UNIQUE)")
    with closing(MySQLSource(SecretStr(url), None)) as source:
        (table,) = source.introspect().tables
    assert (table.name, table.primary_key, table.unique) == ("p`q", ("i`d",), (("u`",),))
