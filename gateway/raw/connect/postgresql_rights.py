"""What a PostgreSQL role could change, and the statements that make one that cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.connect import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A role can act as every role it is a member of (SET ROLE), whether or not it inherits that role's rights.
_MINE = """WITH mine AS (
    SELECT oid, rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_catalog.pg_roles r
    WHERE pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER'))
"""
_ROLE = sa.text("SELECT rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")
_POWERS = sa.text(
    _MINE
    + """SELECT rolname FROM mine WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
    OR rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program', 'pg_maintain')
    ORDER BY rolname"""
)
_TABLES = sa.text(
    _MINE
    + """SELECT n.nspname, c.relname, c.relkind = 'S' AS sequence, bool_or(c.relowner = mine.oid) AS owned,
    CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege('public', c.oid, 'UPDATE')
         ELSE pg_catalog.has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR pg_catalog.has_any_column_privilege('public', c.oid, 'INSERT, UPDATE') END AS everyone
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN mine
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND CASE WHEN c.relowner = mine.oid THEN true
             WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(mine.oid, c.oid, 'UPDATE')
             ELSE pg_catalog.has_table_privilege(mine.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
               OR pg_catalog.has_any_column_privilege(mine.oid, c.oid, 'INSERT, UPDATE') END
    GROUP BY n.nspname, c.relname, c.oid, c.relkind ORDER BY 1, 2"""
)
_SCHEMAS = sa.text(
    _MINE
    + """SELECT n.nspname, pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') AS everyone
    FROM pg_catalog.pg_namespace n CROSS JOIN mine
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND pg_catalog.has_schema_privilege(mine.oid, n.oid, 'CREATE') GROUP BY n.nspname, n.oid ORDER BY 1"""
)
_DATABASE = sa.text(
    _MINE
    + """SELECT current_database() AS database,
    pg_catalog.has_database_privilege('public', current_database(), 'CREATE') AS everyone
    FROM mine WHERE pg_catalog.has_database_privilege(mine.oid, current_database(), 'CREATE') LIMIT 1"""
)


def refuse_writers(connection: sa.Connection, *, schema: str, quoted: Callable[[str], str]) -> None:
    """Raise ``SourceRefused`` when the session's role, or one it is a member of, could change the database."""
    role, superuser = connection.execute(_ROLE).one()
    tables = connection.execute(_TABLES).all()
    schemas = connection.execute(_SCHEMAS).all()
    databases = connection.execute(_DATABASE).all()
    powers = connection.execute(_POWERS).scalars().all()
    findings = {
        "it is a superuser": ["it"] if superuser else [],
        "it has the rights of": [] if superuser else powers,
        "it owns": [row.relname for row in tables if row.owned],
        "it may write to": [row.relname for row in tables if not row.owned],
        "it may create in schema": [row.nspname for row in schemas],
        "it may create schemas in database": [row.database for row in databases],
    }
    found = [what if names == ["it"] else f"{what} {failures.few(names)}" for what, names in findings.items() if names]
    if found:
        # what everyone may do, a new role may do too
        everyone = [
            *(_revoke(row, quoted) for row in tables if row.everyone),
            *(f"REVOKE CREATE ON SCHEMA {quoted(row.nspname)} FROM PUBLIC;" for row in schemas if row.everyone),
            *(f"REVOKE CREATE ON DATABASE {quoted(row.database)} FROM PUBLIC;" for row in databases if row.everyone),
        ]
        raise failures.writer(role, found, [*_reader(connection, schema=schema, quoted=quoted), *everyone])


def _revoke(row: sa.Row[Any], quoted: Callable[[str], str]) -> str:
    place = f"{quoted(row.nspname)}.{quoted(row.relname)}"
    if row.sequence:
        return f"REVOKE UPDATE ON SEQUENCE {place} FROM PUBLIC;"
    return f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON TABLE {place} FROM PUBLIC;"


def _reader(connection: sa.Connection, *, schema: str, quoted: Callable[[str], str]) -> Iterator[str]:
    taken = set(connection.execute(sa.text("SELECT rolname FROM pg_catalog.pg_roles")).scalars())
    name = next(n for i in range(len(taken) + 1) if (n := "gateway_reader" + (f"_{i + 1}" if i else "")) not in taken)
    database = connection.execute(sa.text("SELECT current_database()")).scalar_one()
    yield f"CREATE ROLE {name} LOGIN;  -- then give it a password: \\password {name}"
    yield f"GRANT CONNECT ON DATABASE {quoted(database)} TO {name};"
    yield f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {name};"
    yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {quoted(schema)} TO {name};"
