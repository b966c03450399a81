"""Bring a database to the schema of this code, once, whoever comes first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway.records.tables import SCHEMA_VERSION, VERSION_TABLE
from gateway.vocabulary.errors import RecordsFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(
    reading: Callable[[], AbstractContextManager[sa.Connection]],
    writing: Callable[[], AbstractContextManager[sa.Connection]],
) -> None:
    """Apply the migrations that are missing, all in one transaction under the write lock.

    A database at this version is only read. ``RecordsFailed`` when the schema is newer than the code, or when the
    database already holds something else: the gateway does not move in with other tables.
    """
    with reading() as connection:
        if _version(connection) == SCHEMA_VERSION:
            return
    with writing() as connection:
        version = _version(connection)  # again: somebody else may have upgraded while this process waited
        if version == SCHEMA_VERSION:
            return
        _migrate(connection, version)


def _version(connection: sa.Connection) -> str | None:
    """Return the version on record, or None in an empty database."""
    inspector = sa.inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        found: str | None = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        return found
    if inspector.get_table_names():
        raise RecordsFailed(
            "the records URL points at a database that holds other tables and is not one of the gateway's; "
            "give the gateway a database of its own"
        )
    return None


def _migrate(connection: sa.Connection, version: str | None) -> None:
    # Alembic takes a third of a second to import, and is needed only here
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise RecordsFailed(
            f"the records are at schema version {version}, which this gateway (at {SCHEMA_VERSION}) does not know; "
            "they were written by a newer one: install that version, or a later one"
        )
    command.upgrade(config, "head")
