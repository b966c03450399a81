"""What goes wrong between us and a production database, in words that hold no password and no cell.

A driver's own text may quote either, so it is read (for a known phrase) and never repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gateway.vocabulary.errors import SourceFailed, SourceRefused, TableUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import URL

_REASONS = (
    (r"authentication failed|access denied|no password supplied|password", "the user or the password was refused"),
    (r"database .*does not exist|unknown database", "there is no such database"),
    (r"role .*does not exist", "there is no such user"),
    (r"translate host name|name or service not known|nodename nor servname|getaddrinfo", "the host name is unknown"),
    (r"timeout|timed out", "it did not answer in time"),
    (r"connection refused|no such file or directory|can't connect|unreachable|no route", "nothing answers there"),
    (r"too many (clients|connections)|remaining connection slots", "it has no connection left to give"),
    (r"unable to open database file", "the file cannot be opened for reading"),
    (r"not a database", "the file is not a SQLite database"),
)


def unreachable(url: URL, error: BaseException) -> SourceFailed:
    """Return the failure of a connection to ``url``: where, and for which known reason."""
    text = str(getattr(error, "orig", None) or error)
    reasons = (reason for pattern, reason in _REASONS if re.search(pattern, text, re.IGNORECASE))
    reason = next(reasons, "the connection was refused or broke")
    return SourceFailed(
        f"cannot connect to the source {_place(url)}: {reason}; check the URL, that the server runs, and that this "
        "machine may reach it"
    )


def lost(what: str) -> SourceFailed:
    """Return the failure of a connection that broke while ``what`` was done."""
    return SourceFailed(f"the connection to the source was lost while {what}; nothing of it was kept, run again")


def too_slow(what: str, *, seconds: int) -> TableUnreadable:
    """Return the failure of a statement that the server ended after ``seconds``."""
    return TableUnreadable(f"{what} took longer than {seconds} s and was ended; run again when the source is less busy")


def locked(what: str, *, seconds: int) -> TableUnreadable:
    """Return the failure of a statement that waited ``seconds`` for somebody else's lock."""
    return TableUnreadable(
        f"{what} waited {seconds} s for a lock that another session holds; run again when it is free"
    )


def changed(table: str) -> TableUnreadable:
    """Return the failure of a table that is not what the catalogue said when the snapshot was opened."""
    return TableUnreadable(
        f"table {table} was renamed, dropped, truncated or altered since its schema was read; run again"
    )


def forbidden(what: str, remedy: str) -> SourceRefused:
    """Return the refusal of a table (``what``) that the role may not read, with the statement that fixes it."""
    return SourceRefused(f"the source's role may not read {what}; let it: {remedy}")


def failed(what: str, *, code: object) -> TableUnreadable:
    """Return the failure for a reason that only the database's own error code tells."""
    return TableUnreadable(
        f"{what} failed with the database's error {code}; look it up in the database's manual and log"
    )


def writer(role: str, findings: Iterable[str], remedy: Iterable[str]) -> SourceRefused:
    """Return the refusal of a role that could change something: what, and the statements that give a better role."""
    return SourceRefused(
        f"the source's role {role} could change the database: {'; '.join(findings)}. The gateway reads production "
        "with a role that can only read. Run as an administrator, then put the new role into the source's URL:\n"
        + "\n".join(f"  {statement}" for statement in remedy)
    )


def few(names: Iterable[str], *, most: int = 3) -> str:
    """Return the first names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _place(url: URL) -> str:
    """Say where a URL points. A stray @ means that a password may have slipped into another part: then say little."""
    host, database = url.host or "this machine", url.database or ""
    if "@" in host + database or not re.fullmatch(r"[\w.:/~ -]*", database):
        return f"({url.get_backend_name()})"
    at = f" at {host}" + (f":{url.port}" if url.port else "") if url.get_backend_name() != "sqlite" else ""
    return f"{database!r}{at}"
