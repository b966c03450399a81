"""What only PostgreSQL has: roles, comments, locks, long transactions, lost connections."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.publish.target import Publication
from gateway.synthetic.publish.targets import _postgresql_binary as binary
from gateway.synthetic.publish.targets import _postgresql_rows as rows
from gateway.synthetic.publish.targets._postgresql_shape import staged_name
from gateway.synthetic.publish.targets.postgresql import PostgresqlTarget
from gateway.vocabulary.errors import CheckFailed, PublishRefused, TargetFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table

FIRST, SECOND = ReleaseId("a1" * 32), ReleaseId("b2" * 32)
NOTE = "SYNTHETIC, it's \\ release\n"


class Place:
    """One database, a role that may publish there, and a role of readers."""

    def __init__(self, owner: str) -> None:
        self.owner = sa.make_url(owner)
        tag = uuid.uuid4().hex[:8]
        self.publisher, self.readers = f'pub"{tag}', f"readers {tag}"
        with self.open() as connection:
            for role in (self.publisher, self.readers):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            connection.execute(
                sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                    sql.Identifier(str(self.owner.database)), sql.Identifier(self.publisher)
                )
            )

    def open(self, role: str | None = None) -> psycopg.Connection:
        url = self.owner.set(drivername="postgresql", username=role or self.owner.username)
        arguments, options = (
            url.set(drivername="postgresql+psycopg")
            .get_dialect()()
            .create_connect_args(url.set(drivername="postgresql+psycopg"))
        )
        return psycopg.connect(*arguments, **options, autocommit=True)

    def ask(self, query: str, role: str | None = None) -> list[tuple[Any, ...]]:
        with self.open(role) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def target(self, role: str | None = None) -> PostgresqlTarget:
        url = self.owner.set(username=role or self.publisher)
        return PostgresqlTarget(SecretStr(url.render_as_string(hide_password=False)))

    def publication(self, release: ReleaseId = FIRST, **changes: Any) -> Publication:
        made = Publication(
            release=release, schema="clinic", readers=self.readers, info={"policy": "clinic"}, note=NOTE + release
        )
        return replace(made, **changes)


@pytest.fixture(scope="module")
def one_database(postgres_server: str) -> Iterator[str]:
    """One database for the whole file: making one takes longer than a test does."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def place(one_database: str) -> Iterator[Place]:
    made = Place(one_database)
    yield made
    with made.open() as connection:
        for role in (made.publisher, made.readers):
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def target(place: Place) -> Iterator[PostgresqlTarget]:
    made = place.target()
    yield made
    made.close()


def people(*names: str | None) -> SyntheticTable:
    shape = Table(
        name=TableName("people"),
        columns=(
            Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int4", nullable=False),
            Column(name=ColumnName("name"), kind=Kind.TEXT, native="varchar(9)", length=9),
        ),
        primary_key=(ColumnName("id"),),
    )
    arrays = [pa.array(range(1, len(names) + 1), pa.int64()), pa.array(names, pa.string())]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def visits(*owners: int) -> SyntheticTable:
    shape = Table(
        name=TableName("visits"),
        columns=(
            Column(name=ColumnName("person"), kind=Kind.INTEGER, native="int4", nullable=False),
            Column(name=ColumnName("paid"), kind=Kind.DECIMAL, native="numeric(5,1)", precision=5, scale=1),
            Column(name=ColumnName("at"), kind=Kind.DATETIME, native="timestamp with time zone"),
            Column(name=ColumnName("kind"), kind=Kind.ENUM, native="kind", values=("new", "old")),
        ),
        references=(
            Reference(columns=(ColumnName("person"),), target=TableName("people"), target_columns=(ColumnName("id"),)),
        ),
    )
    arrays = [pa.array(owners, pa.int64()), *(pa.nulls(len(owners), column.arrow_type) for column in shape.columns[1:])]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def go_live(target: PostgresqlTarget, to: Publication, tables: Sequence[SyntheticTable]) -> None:
    target.stage(to, tables)
    target.verify(to, tables)
    target.switch(to, tables)


def test_readers_may_read_the_views_and_nothing_else(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("Ada")])
    assert place.ask("SELECT name FROM clinic.people", place.readers) == [("Ada",)]
    assert place.ask("SELECT count(*) FROM clinic.release_info", place.readers) == [(3,)]
    for statement in (
        f"SELECT * FROM clinic__{FIRST[:12]}.people",
        "INSERT INTO clinic.people VALUES (2, 'Eve')",
        "DELETE FROM clinic.people",
        "CREATE TABLE clinic.mine (a int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            place.ask(statement, place.readers)


def test_default_privileges_and_earlier_grants_open_nothing(place: Place, target: PostgresqlTarget) -> None:
    place.ask("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC", place.publisher)
    place.ask("ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC", place.publisher)
    go_live(target, place.publication(), [people("Ada")])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.ask(f"SELECT * FROM clinic__{FIRST[:12]}.people", place.readers)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.ask("INSERT INTO clinic.people VALUES (2, 'Eve')", place.readers)
    go_live(target, place.publication(SECOND, readers=None), [people("Ada")])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.ask("SELECT * FROM clinic.people", place.readers)


def test_everything_says_synthetic(place: Place, target: PostgresqlTarget) -> None:
    for release in (FIRST, SECOND):
        go_live(target, place.publication(release), [people("Ada"), visits(1)])
    comments = place.ask(
        "SELECT coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE 'clinic%' AND c.relkind IN ('r', 'v') "
        "UNION ALL SELECT coalesce(col_description(c.oid, a.attnum), '') FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE n.nspname = 'clinic' AND c.relname IN ('people', 'visits') AND a.attnum > 0"
    )
    assert len(comments) == 4 + 4 + 6
    assert {text for (text,) in comments} == {NOTE + SECOND}
    schemas = place.ask("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname LIKE 'clinic%'")
    assert all(text.startswith("gateway:") and NOTE + SECOND in text for (text,) in schemas)
    assert len(schemas) == 2


def test_types_and_keys_are_the_declared_ones(place: Place, target: PostgresqlTarget) -> None:
    target.stage(place.publication(), [people("Ada"), visits(1)])
    found = place.ask(
        "SELECT column_name, data_type, numeric_precision, numeric_scale, character_maximum_length, is_nullable "
        f"FROM information_schema.columns WHERE table_schema = 'clinic__{FIRST[:12]}' "
        "AND table_name IN ('people', 'visits') ORDER BY table_name, ordinal_position"
    )
    assert found == [
        ("id", "bigint", 64, 0, None, "NO"),
        ("name", "character varying", None, None, 9, "YES"),
        ("person", "bigint", 64, 0, None, "NO"),
        ("paid", "numeric", 5, 1, None, "YES"),
        ("at", "timestamp with time zone", None, None, None, "YES"),
        ("kind", "text", None, None, None, "YES"),
    ]
    kinds = place.ask(
        "SELECT contype::text FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace "
        "JOIN pg_class t ON t.oid = c.conrelid "
        "WHERE n.nspname LIKE 'clinic%' AND contype <> 'n' AND t.relname IN ('people', 'visits') ORDER BY 1"
    )
    assert kinds == [("c",), ("f",), ("p",)]


@pytest.mark.parametrize("tables", [[people("Ada"), visits(9)], [people("much too long for it")]])
def test_a_reference_into_nothing_or_a_text_too_long_stays_out(
    place: Place, target: PostgresqlTarget, tables: list[SyntheticTable]
) -> None:
    with pytest.raises(CheckFailed, match="declared types or keys") as caught:
        target.stage(place.publication(), tables)
    assert "much too long" not in str(caught.value)
    assert place.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'clinic%'") == []


def test_a_missing_role_is_told_with_the_statement_to_run(place: Place, target: PostgresqlTarget) -> None:
    for name, statement in (('no"body', 'CREATE ROLE "no""body" NOLOGIN;'), ("public", 'CREATE ROLE "public"')):
        with pytest.raises(PublishRefused) as caught:
            target.stage(place.publication(readers=name), [people("Ada")])
        assert statement in str(caught.value)
    assert place.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'clinic%'") == []


def test_a_role_that_may_not_publish_is_told_what_to_grant(place: Place) -> None:
    other = place.target(place.readers)
    with pytest.raises(PublishRefused, match="GRANT CREATE ON DATABASE"):
        other.stage(place.publication(), [people("Ada")])
    other.close()


@pytest.mark.parametrize("schema", ["pg_mine", "x" * 64, "nul\0"])
def test_a_schema_that_cannot_be_is_refused(place: Place, target: PostgresqlTarget, schema: str) -> None:
    with pytest.raises(PublishRefused):
        target.stage(place.publication(schema=schema), [people("Ada")])


def test_a_name_too_long_is_refused_rather_than_cut(place: Place, target: PostgresqlTarget) -> None:
    long = replace(people("Ada").table, name=TableName("é" * 32))
    with pytest.raises(PublishRefused, match="63 bytes"):
        target.stage(place.publication(), [SyntheticTable(long, people("Ada").rows)])


def test_staged_names_fit_and_stay_apart() -> None:
    names = {staged_name(schema, FIRST) for schema in ("a", "é" * 31, "é" * 30 + "x", "x" * 63, "x" * 62 + "y")}
    assert len(names) == 5
    assert all(len(name.encode()) <= 63 and name.endswith(f"__{FIRST[:12]}") for name in names)


def test_a_staged_schema_of_somebody_else_is_left_untouched(place: Place, target: PostgresqlTarget) -> None:
    place.ask(f"CREATE SCHEMA clinic__{FIRST[:12]} CREATE TABLE precious (a int)", place.publisher)
    with pytest.raises(PublishRefused, match="not made by the gateway"):
        target.stage(place.publication(), [people("Ada")])
    target.withdraw(place.publication())
    assert place.ask(f"SELECT * FROM clinic__{FIRST[:12]}.precious") == []


@pytest.mark.parametrize(
    "disguise",
    [
        "COMMENT ON SCHEMA clinic IS 'gateway:sharing SYNTHETIC'",
        "CREATE VIEW clinic.release_info (key, value) AS VALUES ('release'::text, 'x'::text), ('policy', 'clinic')",
        "COMMENT ON SCHEMA clinic IS 'gateway:sharing x'; CREATE TABLE clinic.release_info (key text, value int)",
    ],
)
def test_half_a_mark_is_no_mark(place: Place, target: PostgresqlTarget, disguise: str) -> None:
    place.ask("CREATE SCHEMA clinic", place.publisher)
    place.ask(disguise, place.publisher)
    with pytest.raises(PublishRefused, match="not made by the gateway"):
        target.stage(place.publication(), [people("Ada")])


def test_an_analysts_table_in_the_way_is_not_overwritten(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("old")])
    place.ask("CREATE TABLE clinic.visits (mine int)", place.publisher)
    tables = [people("new"), visits(1)]
    target.stage(place.publication(SECOND), tables)
    with pytest.raises(PublishRefused, match="'visits'"):
        target.switch(place.publication(SECOND), tables)
    assert place.ask("SELECT name FROM clinic.people") == [("old",)]


def test_views_that_analysts_built_live_on_across_a_refresh(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("old"), visits(1)])
    place.ask("DROP SCHEMA IF EXISTS lab CASCADE")
    place.ask("CREATE SCHEMA lab CREATE VIEW mine AS SELECT name FROM clinic.people")
    go_live(target, place.publication(SECOND), [people("new")])
    assert place.ask("SELECT name FROM lab.mine") == [("new",)]
    other = replace(people("x").table, columns=people("x").table.columns[:1])
    changed = [SyntheticTable(other, people("x").rows.select(["id"]))]
    target.stage(place.publication(FIRST), changed)
    with pytest.raises(PublishRefused, match="objects of others"):
        target.switch(place.publication(FIRST), changed)
    assert place.ask("SELECT name FROM lab.mine") == [("new",)]
    target.withdraw(place.publication(SECOND))
    with pytest.raises(psycopg.errors.UndefinedTable):
        place.ask("SELECT name FROM lab.mine")


def test_a_long_transaction_finds_whole_tables_after_a_switch(place: Place, target: PostgresqlTarget) -> None:
    """Its snapshot is older than the load; without FREEZE it would find empty tables and believe them."""
    go_live(target, place.publication(), [people("old")])
    with place.open(place.readers) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1").fetchall()
        go_live(target, place.publication(SECOND), [people("new")])
        assert reader.execute("SELECT name FROM clinic.people").fetchall() == [("new",)]
        assert (SECOND,) in reader.execute("SELECT value FROM clinic.release_info").fetchall()
        reader.execute("COMMIT")


def test_a_reader_at_work_delays_the_switch_and_is_never_cancelled(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("old"), visits(1)])
    tables = [people("new"), visits(1)]
    target.stage(place.publication(SECOND), tables)
    with place.open(place.readers) as reader:
        reader.execute("BEGIN")
        # views are switched in the tables' order: holding the second and asking for the first is a deadlock in wait
        reader.execute("SELECT 1 FROM clinic.visits").fetchall()
        switching = threading.Thread(target=target.switch, args=(place.publication(SECOND), tables))
        switching.start()
        time.sleep(0.3)
        assert reader.execute("SELECT name FROM clinic.people").fetchall() == [("old",)]
        reader.execute("COMMIT")
        switching.join()
        assert reader.execute("SELECT name FROM clinic.people").fetchall() == [("new",)]


def test_a_switch_that_readers_never_let_through_changes_nothing(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("old")])
    target.stage(place.publication(SECOND), [people("new")])
    target.patience = 0.0
    with place.open(place.readers) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM clinic.people").fetchall()
        with pytest.raises(TargetFailed, match="try again"):
            target.switch(place.publication(SECOND), [people("new")])
        assert reader.execute("SELECT name FROM clinic.people").fetchall() == [("old",)]
    target.switch(place.publication(SECOND), [people("new")])
    assert place.ask("SELECT name FROM clinic.people") == [("new",)]


@pytest.mark.parametrize("step", ["stage", "verify", "switch"])
def test_a_lost_connection_leaves_the_old_release(place: Place, target: PostgresqlTarget, step: str) -> None:
    go_live(target, place.publication(), [people("old")])
    new = place.publication(SECOND)
    steps = ["stage", "verify", "switch"]
    for each in steps[: steps.index(step)]:
        getattr(target, each)(new, [people("new")])
    place.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'pub%'")
    with pytest.raises(TargetFailed, match="untouched") as caught:
        getattr(target, step)(new, [people("new")])
    assert caught.value.__suppress_context__
    assert place.ask("SELECT name FROM clinic.people") == [("old",)]
    go_live(target, new, [people("new")])
    assert place.ask("SELECT name FROM clinic.people") == [("new",)]


def test_a_connection_cut_while_rows_flow_leaves_nothing_staged(place: Place, target: PostgresqlTarget) -> None:
    go_live(target, place.publication(), [people("old")])
    many = people(*["x"] * 200_000)
    faults: list[TargetFailed] = []

    def load() -> None:
        try:
            target.stage(place.publication(SECOND), [many])
        except TargetFailed as fault:
            faults.append(fault)

    loading = threading.Thread(target=load)
    loading.start()
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY %' AND usename LIKE 'pub%'"
    while loading.is_alive() and not place.ask(cut):
        time.sleep(0.005)
    loading.join()
    assert len(faults) == 1
    assert place.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'clinic\\_\\_%'") == [
        (f"clinic__{FIRST[:12]}",)
    ]
    assert place.ask("SELECT name FROM clinic.people") == [("old",)]


def test_two_publications_into_one_schema_take_turns(place: Place, target: PostgresqlTarget) -> None:
    target.stage(place.publication(), [people("a")])
    other = place.target()
    waiting = threading.Thread(target=go_live, args=(other, place.publication(SECOND), [people("b")]))
    waiting.start()
    time.sleep(0.3)
    target.verify(place.publication(), [people("a")])
    target.switch(place.publication(), [people("a")])
    assert place.ask("SELECT name FROM clinic.people") == [("a",)]
    target.close()
    waiting.join()
    other.close()
    assert place.ask("SELECT name FROM clinic.people") == [("b",)]


def test_odd_settings_of_role_and_database_change_no_cell(place: Place, target: PostgresqlTarget) -> None:
    with place.open() as connection:
        for setting in ("datestyle TO 'SQL, DMY'", "timezone TO 'Asia/Kathmandu'", "extra_float_digits TO -5"):
            connection.execute(
                sql.SQL("ALTER ROLE {} SET {}").format(sql.Identifier(place.publisher), sql.SQL(setting))  # type: ignore[arg-type]
            )
    shape = Table(
        name=TableName("odd"),
        columns=(
            Column(name=ColumnName("f"), kind=Kind.FLOAT, native="float8"),
            Column(name=ColumnName("at"), kind=Kind.DATETIME, native="timestamptz"),
        ),
    )
    arrays = [pa.array([1 / 3, float("nan"), float("-inf")]), pa.array([10**15 + 1, 0, None], pa.timestamp("us"))]
    tables = [SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))]
    go_live(target, place.publication(), tables)
    with place.open() as connection:
        connection.execute("SET timezone TO 'UTC'")
        assert connection.execute("SELECT f::text, at::text FROM clinic.odd").fetchall()[0] == (
            "0.3333333333333333", "2001-09-09 01:46:40.000001+00",
        )  # fmt: skip


def test_the_digits_sent_are_the_digits_the_server_would_write(place: Place, target: PostgresqlTarget) -> None:
    """The peer reads the same rows as text: what it makes of them is what binary made of them."""
    shape = Table(
        name=TableName("n"),
        columns=tuple(
            Column(name=ColumnName(f"{p},{s}"), kind=Kind.DECIMAL, native="", precision=p, scale=s)
            for p, s in ((5, 1), (9, 5), (16, 0), (16, 16), (7, 3))
        ),
    )
    draw = random.Random(1)  # noqa: S311 - a public seed
    whole = [
        [draw.randrange(-(10 ** (c.precision or 0)) + 1, 10 ** (c.precision or 0)) for c in shape.columns]
        for _ in range(2000)
    ]
    columns = zip(*whole, strict=True)
    arrays = [
        pa.array([Decimal(n).scaleb(-(c.scale or 0)) for n in numbers], c.arrow_type)
        for numbers, c in zip(columns, shape.columns, strict=True)
    ]
    table = SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))
    assert binary.can_encode(shape)
    go_live(target, place.publication(), [table])
    with place.open() as connection:
        found = connection.execute("SELECT * FROM clinic.n").fetchall()
    assert found == list(zip(*(array.to_pylist() for array in arrays), strict=True))


def test_rows_in_another_order_are_the_same_rows(place: Place, target: PostgresqlTarget) -> None:
    target.stage(place.publication(), [people("a", "b", None)])
    target.close()
    staged = f"clinic__{FIRST[:12]}"
    place.ask(f"UPDATE {staged}.people SET name = name WHERE id = 1")  # writes a new version at the end
    assert [number for (number,) in place.ask(f"SELECT id FROM {staged}.people")] == [2, 3, 1]
    target.verify(place.publication(), [people("a", "b", None)])


@pytest.mark.parametrize("change", ["paid TYPE numeric", "person TYPE int", "kind TYPE varchar(3)"])
def test_a_changed_type_is_found_even_with_the_same_cells(place: Place, target: PostgresqlTarget, change: str) -> None:
    target.stage(place.publication(), [people("a"), visits(1)])
    target.close()
    place.ask(f"ALTER TABLE clinic__{FIRST[:12]}.visits ALTER COLUMN {change}")
    with pytest.raises(CheckFailed, match="'visits'"):
        target.verify(place.publication(), [people("a"), visits(1)])


def test_floats_are_compared_as_cells_not_as_numbers() -> None:
    nan, number = (pa.table({"f": [value, 1.0]}) for value in (float("nan"), 2.0))
    assert rows.same_rows(nan, nan)
    assert not rows.same_rows(nan, number)
    assert not rows.same_rows(nan, pa.table({"f": pa.array([None, 1.0])}))


def test_a_wrong_password_is_told_and_never_printed() -> None:
    """A listener speaks the server's half of a password exchange, as the protocol has it, and refuses."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def refuse() -> None:
        connection, _ = listener.accept()
        with connection:
            while True:
                (length,) = struct.unpack("!i", connection.recv(4))
                (code,) = struct.unpack("!i", connection.recv(4))
                connection.recv(length - 8)
                if code == 196608:  # protocol 3.0
                    break
                connection.sendall(b"N")  # neither TLS nor GSS
            connection.sendall(b"R" + struct.pack("!ii", 8, 3))
            connection.recv(1000)
            text = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "hunter2-user"\0\0'
            connection.sendall(b"E" + struct.pack("!i", 4 + len(text)) + text)

    answering = threading.Thread(target=refuse)
    answering.start()
    target = PostgresqlTarget(SecretStr(f"postgresql://ana:hunter2@127.0.0.1:{port}/shared"))
    with pytest.raises(TargetFailed, match="the password is wrong") as caught:
        target.live("clinic")
    answering.join()
    listener.close()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert "hunter2" not in repr(vars(target))
