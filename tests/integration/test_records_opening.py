"""Databases that cannot be used say why and what to do; the schema is the same wherever it is made."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr

from gateway.records.database import Records
from gateway.records.faults import translated
from gateway.records.log import Action
from gateway.records.tables import METADATA, SCHEMA_VERSION, VERSION_TABLE
from gateway.records.upgrading import MIGRATIONS
from gateway.vocabulary.errors import RecordsFailed, SettingsError
from gateway.vocabulary.names import Person, RunId, SystemName, UnitName

ANA = Person("ana")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStr:
    if request.param == "sqlite":
        return SecretStr(f"sqlite:///{tmp_path}/records.db")
    return SecretStr(request.getfixturevalue("postgres_database")())


def execute(url: SecretStr, *statements: str) -> None:
    engine = sa.create_engine(url.get_secret_value())
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def view(records: Records, number: int = 0) -> None:
    with records.step(actor=ANA, action=Action.REPORT_VIEWED, subject=f"release {number}"):
        pass


def sqlite_url(path: Path) -> SecretStr:
    return SecretStr(f"sqlite:///{path}")


# --- the schema


def test_the_migrations_make_exactly_the_tables_of_the_code(url: SecretStr) -> None:
    Records.open(url).close()
    engine = sa.create_engine(url.get_secret_value())
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
        made = checks(connection)
    engine.dispose()
    assert made == declared(url)
    assert sum(map(len, made.values())) == 10


def checks(connection: sa.Connection) -> dict[str, dict[str | None, str]]:
    inspector = sa.inspect(connection)
    return {
        table: {check["name"]: " ".join(check["sqltext"].split()) for check in inspector.get_check_constraints(table)}
        for table in METADATA.tables
    }


def declared(url: SecretStr) -> dict[str, dict[str | None, str]]:
    """Return the check constraints as the same kind of database makes them from the code."""
    parsed = sa.make_url(url.get_secret_value())
    engine = sa.create_engine("sqlite://" if parsed.get_backend_name() == "sqlite" else parsed, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA declared")
            connection.exec_driver_sql("SET LOCAL search_path TO declared")
        METADATA.create_all(connection)
        if engine.dialect.name == "postgresql":
            inspector = sa.inspect(connection)
            return {
                table: {
                    check["name"]: " ".join(check["sqltext"].split())
                    for check in inspector.get_check_constraints(table, schema="declared")
                }
                for table in METADATA.tables
            }
        return checks(connection)


def test_the_code_names_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA_VERSION]


def test_records_are_opened_again_as_they_were(url: SecretStr) -> None:
    for number in range(3):
        with Records.open(url) as records:
            view(records, number)
    with Records.open(url) as records:
        assert records.log.verify().seq == 3


def test_a_newer_schema_is_left_alone(url: SecretStr) -> None:
    Records.open(url).close()
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(RecordsFailed, match=r"schema version 9999.*install"):
        Records.open(url)


def test_a_database_with_other_tables_is_left_alone(url: SecretStr) -> None:
    execute(url, "CREATE TABLE patients (name text)")
    with pytest.raises(RecordsFailed, match="database of its own"):
        Records.open(url)
    engine = sa.create_engine(url.get_secret_value())
    assert sa.inspect(engine).get_table_names() == ["patients"]
    engine.dispose()


# --- URLs


@pytest.mark.parametrize(
    "text", ["", "records.db", "mysql+pymysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:", "http://u:hunter2@h"]
)
def test_a_url_of_another_kind_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(SettingsError, match="records URL") as refused:
        Records.open(SecretStr(text))
    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_not_there_is_named_as_such_without_the_password() -> None:
    with pytest.raises(RecordsFailed, match="cannot be reached") as refused:
        Records.open(SecretStr("postgresql://eve:hunter2@127.0.0.1:1/records"), patience=2)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_database_that_does_not_exist_is_named_as_such(postgres_database: Callable[[], str]) -> None:
    url = sa.make_url(postgres_database()).set(database="nowhere")
    with pytest.raises(RecordsFailed, match="does not exist; create it"):
        Records.open(SecretStr(url.render_as_string(hide_password=False)))


def test_a_wrong_user_and_a_role_without_rights_are_named_as_such(postgres_database: Callable[[], str]) -> None:
    text = postgres_database()
    owner = sa.make_url(text)
    role = f"poor_{owner.database}"
    execute(SecretStr(text), f"CREATE ROLE {role} LOGIN PASSWORD 'hunter2'")
    poor = owner.set(username=role, password="hunter2").render_as_string(hide_password=False)
    try:
        with pytest.raises(RecordsFailed, match="must own its schema"):
            Records.open(SecretStr(poor))
        nobody = owner.set(username="nobody_here").render_as_string(hide_password=False)
        with pytest.raises(RecordsFailed, match="refuse the user or password"):
            Records.open(SecretStr(nobody))
    finally:
        execute(SecretStr(text), f"DROP ROLE {role}")


def test_a_wrong_password_is_named_as_such_and_never_shown() -> None:
    """The embedded server trusts everybody, so what libpq says elsewhere is given here."""
    said = 'connection failed: FATAL:  password authentication failed for user "hunter2"'
    with pytest.raises(RecordsFailed, match="refuse the user or password") as refused, translated():
        raise sa.exc.OperationalError("SELECT 'hunter2'", None, psycopg.OperationalError(said))
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__


# --- trouble on the way


def test_records_locked_for_long_are_given_up_with_advice(url: SecretStr) -> None:
    with Records.open(url) as holder, Records.open(url, patience=0.2) as waiting:
        with (
            holder.step(actor=ANA, action=Action.SCANNED, subject="long"),
            pytest.raises(RecordsFailed, match="locked by another process"),
        ):
            view(waiting)
        view(waiting)
        assert waiting.log.verify().seq == 2


def test_readers_do_not_wait_for_a_step(url: SecretStr) -> None:
    with Records.open(url) as records, Records.open(url, patience=0.2) as reader:
        view(records)
        with records.step(actor=ANA, action=Action.SCANNED, subject="long"):
            assert reader.log.verify().seq == 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    file.write_bytes(b"rows of something else entirely\n" * 200)
    before = file.read_bytes()
    with pytest.raises(RecordsFailed, match="damaged, or not a database"):
        Records.open(sqlite_url(file))
    assert file.read_bytes() == before


def test_a_damaged_file_is_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    with Records.open(sqlite_url(file)) as records:
        for number in range(50):
            view(records, number)
        whole = file.read_bytes()
        file.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
        with pytest.raises(RecordsFailed, match="Restore the last good copy"):
            records.log.verify()


def test_a_file_that_may_only_be_read_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    with Records.open(sqlite_url(file)) as records:
        view(records)
    with Records.open(SecretStr(f"sqlite:///file:{file}?mode=ro&uri=true")) as records:
        assert records.log.verify().seq == 1
        with pytest.raises(RecordsFailed, match="may only be read"):
            view(records)


def test_a_folder_in_the_place_of_the_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(RecordsFailed, match="cannot be opened"):
        Records.open(sqlite_url(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(RecordsFailed, match="folder of the records cannot be made"):
        Records.open(sqlite_url(tmp_path / "file" / "records.db"))


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """SQLite's own limit stands for the disk's end: the same error at the same place."""
    file = tmp_path / "records.db"
    with Records.open(sqlite_url(file)) as records:
        limit = [file.stat().st_size // 4096 + 3]

        @sa.event.listens_for(records._connections.engine, "connect")
        def _disk(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {limit[0]}")

        written = 0
        with pytest.raises(RecordsFailed, match="no disk space"):  # noqa: PT012 - as many as fit
            for number in range(10_000):
                long_step(records, number)
                written += 1
        assert len(records.runs.list()) == records.log.verify().seq == written
        limit[0] *= 2
        long_step(records, written)
        assert records.log.verify().seq == written + 1


def long_step(records: Records, number: int) -> None:
    with records.step(actor=ANA, action=Action.RUN_CREATED, subject=f"run {number}") as step:
        step.runs.create(
            RunId(f"run {number}"), policy="p" * 900, policy_digest="d", source=SystemName("clinic"),
            unit=UnitName("patient"), requester=ANA,
        )  # fmt: skip


def test_a_stranger_on_the_machine_cannot_read_new_records(tmp_path: Path) -> None:
    Records.open(SecretStr(f"sqlite:///{tmp_path}/own.db")).close()
    assert (tmp_path / "own.db").stat().st_mode & 0o007 == 0
