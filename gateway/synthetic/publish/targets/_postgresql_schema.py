"""Schemas, views and grants of a PostgreSQL sharing database: whose they are, and how they change hands.

A schema is ours when its comment begins with our mark and its ``release_info`` has our layout.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from gateway.synthetic.publish.layout import INFO, INFO_COLUMNS
from gateway.vocabulary.errors import CheckFailed, PublishRefused
from gateway.vocabulary.names import ReleaseId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

    from gateway.synthetic.publish.target import Publication

_log = logging.getLogger(__name__)

LIVE_MARK = "gateway:sharing "
"""Begins the comment of a public schema of ours."""
_NAMES = sql.SQL(", ")


def staged_mark(schema: str) -> str:
    """Return how the comment of every schema begins that is staged for ``schema``."""
    return f"gateway:staged {json.dumps(schema)} "


def claim(connection: psycopg.Connection, schema: str) -> None:
    """Be the only publication into ``schema`` until the connection ends; then wait for readers in short turns."""
    connection.execute("SET LOCAL lock_timeout = '10s'")
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 20))", [f"gateway:{schema}"])
    connection.execute("SET LOCAL lock_timeout = '400ms'")


def refuse_missing_role(connection: psycopg.Connection, readers: str | None) -> None:
    """Raise ``PublishRefused``, with the statement to run, when the role to be granted to does not exist."""
    if readers is None:
        return
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [readers]).fetchone() is None:
        statement = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(readers)).as_string(connection)
        raise PublishRefused(f"the readers' role {readers!r} does not exist; an administrator runs: {statement};")


def _comments(connection: psycopg.Connection) -> dict[str, str]:
    """Return every schema with its comment."""
    found = connection.execute("SELECT nspname, coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace")
    return dict(found.fetchall())


def columns(connection: psycopg.Connection, schema: str, name: str) -> list[tuple[str, str]]:
    """Return names and types of a relation's columns; empty when there is none."""
    found = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        [schema, name],
    )
    return found.fetchall()


def _info(connection: psycopg.Connection, schema: str) -> dict[str, str] | None:
    """Return ``release_info`` of the public schema, None when there is no schema; refuse one that is not ours."""
    said = _comments(connection).get(schema)
    if said is None:
        return None
    layout = columns(connection, schema, INFO)
    if not said.startswith(LIVE_MARK) or layout != [(name, "text") for name in INFO_COLUMNS]:
        raise PublishRefused(
            f"the schema {schema!r} exists and was not made by the gateway; it was left untouched: "
            "name another in the policy's `target`, or have its owner move it away"
        )
    key, value = map(sql.Identifier, INFO_COLUMNS)
    select = sql.SQL("SELECT {}, {} FROM {}").format(key, value, sql.Identifier(schema, INFO))
    return dict(connection.execute(select).fetchall())


def live(connection: psycopg.Connection, schema: str) -> ReleaseId | None:
    """Return the release that ``schema`` shows, as it says itself; refuse a schema that is not ours."""
    info = _info(connection, schema)
    return None if info is None else ReleaseId(info["release"])


def refuse_other_policy(connection: psycopg.Connection, publication: Publication) -> None:
    """Raise ``PublishRefused`` when ``schema`` is not ours, or ours and another policy's."""
    info = _info(connection, publication.schema)
    if info is not None and info.get("policy") != publication.info.get("policy"):
        raise PublishRefused(
            f"the schema {publication.schema!r} shows a release of policy {info.get('policy')!r}; it was left "
            "untouched: two policies need two schemas"
        )


def refuse_unstaged(connection: psycopg.Connection, publication: Publication, staged: str) -> None:
    """Raise ``CheckFailed`` unless a staging of this schema is there under that name."""
    if not _comments(connection).get(staged, "").startswith(staged_mark(publication.schema)):
        raise CheckFailed(f"release {publication.release[:12]} is not staged; publish again")


def make_staging(connection: psycopg.Connection, publication: Publication, staged: str) -> None:
    """Make the staged schema, empty; an earlier staging of ours in its place goes, anything else is refused."""
    place = sql.Identifier(staged)
    mark = staged_mark(publication.schema)
    said = _comments(connection).get(staged)
    if said is not None:
        if not said.startswith(mark):
            raise PublishRefused(f"the schema {staged!r} exists and was not made by the gateway; have it moved away")
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(place))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(place))
    comment(connection, "SCHEMA", place, mark + publication.note)


def make_public(connection: psycopg.Connection, publication: Publication) -> None:
    """Make the public schema when it is not there, and mark it as ours."""
    place = sql.Identifier(publication.schema)
    if publication.schema not in _comments(connection):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(place))
    comment(connection, "SCHEMA", place, LIVE_MARK + publication.note)


def _our_views(connection: psycopg.Connection, schema: str) -> set[str]:
    """Return the views of ``schema`` that a switch made: each says SYNTHETIC."""
    found = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s "
        "AND c.relkind = 'v' AND obj_description(c.oid, 'pg_class') LIKE 'SYNTHETIC%%'",
        [schema],
    )
    return {name for (name,) in found}


def point_views(connection: psycopg.Connection, schema: str, staged: str, names: Sequence[str]) -> None:
    """Make ``schema`` show exactly the staged tables.

    A view whose columns stay the same is replaced, so that views which analysts built on it live on.
    """
    ours = _our_views(connection, schema)
    for name in names:
        view, table = sql.Identifier(schema, name), sql.Identifier(staged, name)
        now, then = columns(connection, schema, name), columns(connection, staged, name)
        if now and name not in ours:
            raise PublishRefused(f"{name!r} in schema {schema!r} was not made by the gateway; have it moved away")
        if now and now != then:
            connection.execute(sql.SQL("DROP VIEW {}").format(view))
        listed = _NAMES.join(sql.Identifier(column) for column, _ in then)
        connection.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}").format(view, listed, table))
    for name in sorted(ours - set(names)):
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(schema, name)))


def close_to_others(connection: psycopg.Connection, schema: str) -> None:
    """Take away every grant on ``schema`` and what is in it, such as those that default privileges handed out."""
    found = connection.execute(
        "SELECT a.grantee, pg_get_userbyid(a.grantee) FROM pg_namespace n, "
        "aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a "
        "WHERE n.nspname = %(schema)s AND a.grantee <> n.nspowner "
        "UNION SELECT a.grantee, pg_get_userbyid(a.grantee) FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a "
        "WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'v') AND a.grantee <> c.relowner",
        {"schema": schema},
    )
    place = sql.Identifier(schema)
    for oid, name in found.fetchall():
        grantee = sql.SQL("PUBLIC") if oid == 0 else sql.Identifier(name)
        connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(place, grantee))
        connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(place, grantee))


def grant(connection: psycopg.Connection, schema: str, names: Sequence[str], readers: str) -> None:
    """Let ``readers`` select from the views of ``schema``, and nothing more."""
    role = sql.Identifier(readers)
    views = _NAMES.join(sql.Identifier(schema, name) for name in names)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(views, role))


def drop_stagings(connection: psycopg.Connection, schema: str, *, keep: str) -> None:
    """Drop all that was staged for ``schema``, live before or never finished, but for ``keep``."""
    for name in _comments(connection):
        if name != keep:
            drop_staging(connection, schema, name)


def drop_staging(connection: psycopg.Connection, schema: str, staged: str) -> None:
    """Drop one staged schema, when it is there and was staged for ``schema``."""
    if _comments(connection).get(staged, "").startswith(staged_mark(schema)):
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(staged)))


def drop_public(connection: psycopg.Connection, schema: str) -> None:
    """Drop our views with all that depends on them, and the schema when nothing of others is in it."""
    place = sql.Identifier(schema)
    for name in sorted(_our_views(connection, schema)):
        connection.execute(sql.SQL("DROP VIEW {} CASCADE").format(sql.Identifier(schema, name)))
    try:
        with connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA {}").format(place))
    except psycopg.errors.DependentObjectsStillExist:
        comment(connection, "SCHEMA", place, "held a release of synthetic tables that was withdrawn")
        _log.warning("a withdrawn schema holds objects of others and stays", extra={"schema": schema})


def comment(connection: psycopg.Connection, kind: LiteralString, place: sql.Composable, text: str) -> None:
    """Put ``text`` on the object of that kind (``VIEW``, ``COLUMN``, ...) at ``place``."""
    connection.execute(sql.SQL("COMMENT ON {} {} IS {}").format(sql.SQL(kind), place, sql.Literal(text)))
