"""A connection to PostgreSQL, and what its errors mean to whoever publishes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import adbc_driver_postgresql.dbapi as adbc
import psycopg

from gateway.vocabulary.errors import CheckFailed, PublishRefused, TargetFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from gateway.vocabulary.errors import GatewayError


class Busy(TargetFailed):
    """Readers, or another publication, hold what has to be changed."""


def connect(url: sa.URL) -> psycopg.Connection:
    arguments, options = url.get_dialect()().create_connect_args(url)
    try:
        return psycopg.connect(*arguments, **{"connect_timeout": 10, **options}, autocommit=True)
    except psycopg.Error as problem:
        # the library's text may repeat parts of the URL
        kind = "the password is wrong" if "password" in str(problem) else "it cannot be reached or refuses the role"
        raise TargetFailed(
            f"no connection to the sharing {_place(url)}: {kind}; check the URL that the policy's `target.url` names "
            "and that the server is up"
        ) from None


@contextlib.contextmanager
def reading(url: sa.URL) -> Iterator[adbc.Connection]:
    """Open a second connection that reads in Arrow; its errors become ours, their text may quote cells.

    Every statement is a transaction of its own: it sees what is committed.
    """
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": "10"})
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with adbc.connect(address, autocommit=True) as connection:
            yield connection
    except adbc.Error as problem:
        state = problem.sqlstate or "none"
        if state[:2] in {"22", "42"}:
            raise CheckFailed(
                f"what is staged is not what was approved (SQLSTATE {state} when read back); publish again"
            ) from None
        raise TargetFailed(
            f"reading back from the sharing {_place(url)} failed (SQLSTATE {state}); what was live before is "
            "untouched: publish again when the database is well"
        ) from None


def _place(url: sa.URL) -> str:
    host = url.host or url.query.get("host") or "the local socket"
    return f"database {url.database!r} on {host} as role {url.username!r}"


def told(problem: psycopg.Error, doing: str, url: sa.URL) -> GatewayError:
    """Return our error for the library's, which may quote cells and is not shown."""
    where = f" (table {problem.diag.table_name!r})" if problem.diag.table_name else ""
    match problem:
        case psycopg.errors.LockNotAvailable():
            return Busy(
                f"{doing} gave up: readers or another publication hold the live tables; nothing was changed, "
                "try again when they are done"
            )
        case psycopg.errors.InsufficientPrivilege():
            return PublishRefused(
                f"{doing} was refused: the role lacks a privilege. An administrator runs: GRANT CREATE ON DATABASE "
                f'"{url.database}" TO "{url.username}"; and makes it the owner of the schemas it publishes'
            )
        case psycopg.errors.DependentObjectsStillExist():
            return PublishRefused(
                f"{doing} was refused: objects of others depend on a view whose columns change or that goes; "
                "have their owners drop them, then publish again"
            )
        case psycopg.DataError() | psycopg.IntegrityError():
            return CheckFailed(
                f"{doing} failed{where}: rows do not keep their declared types or keys (SQLSTATE {problem.sqlstate}); "
                "nothing was published"
            )
        case _:
            return TargetFailed(
                f"{doing} failed{where} in the sharing {_place(url)} ({type(problem).__name__}, SQLSTATE "
                f"{problem.sqlstate}); what was live before is untouched: publish again when the database is well"
            )
