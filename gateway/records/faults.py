"""What a database's error means for the records, and what to do about it. Never the driver's own text."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from gateway.vocabulary.errors import RecordsFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCKED: Final = "are locked by another process for too long; wait for it to end, or end it, and try again"
_READ_ONLY: Final = "may only be read by this process; give it write access to the database file and its folder"
_FULL: Final = "have no disk space left; nothing was half-written. Free some and try again"
_DAMAGED: Final = (
    "are damaged, or not a database; nothing was changed. Restore the last good copy and run `gateway log verify` on it"
)
_UNREACHABLE: Final = "cannot be reached; check that the database runs and that the records URL is right"
_CREDENTIALS: Final = "refuse the user or password of the records URL; check them"
_ABSENT: Final = "name a database that does not exist; create it, or correct the records URL"
_PRIVILEGES: Final = (
    "may not be used as asked by the user of the records URL; it must own its schema (CREATE, SELECT, INSERT, UPDATE)"
)
_REFUSED: Final = "refuse a row that breaks one of their own rules"
_UNKNOWN: Final = "could not be used"

_SQLITE: Final = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": "could not be read from or written to disk; check the disk, its space and its mount",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_FORMAT": _DAMAGED,
    "SQLITE_CANTOPEN": "cannot be opened; check that the records URL names a file, not a folder, in a writable folder",
    "SQLITE_CONSTRAINT": _REFUSED,
}
"""By the leading words of SQLite's error name; the longer names only refine these."""

_POSTGRESQL: Final = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "53300": "accept no further connection; wait, or raise max_connections of the database",
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "40": _LOCKED,
    "25006": "are on a server that only reads (a standby?); point the records URL at the one that writes",
    "53100": _FULL,
    "28": _CREDENTIALS,
    "3D": _ABSENT,
    "42501": _PRIVILEGES,
    "XX": _DAMAGED,
    "23": _REFUSED,
}
"""By the first characters of SQLSTATE, the longest match counts (PostgreSQL manual, appendix A)."""

_CONNECTING: Final = {
    "password": _CREDENTIALS,
    'role "': _CREDENTIALS,
    "pg_hba.conf": _CREDENTIALS,
    'database "': _ABSENT,
}
"""libpq gives no SQLSTATE for a connection that was refused, only text; the first of these words found counts."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever SQLAlchemy raises inside into ``RecordsFailed``; all else passes through as it is.

    The driver's text is dropped: it may quote rows, and names hosts and users.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise RecordsFailed(f"the gateway's records {_meaning(error)}") from None


def _meaning(error: sa.exc.SQLAlchemyError) -> str:
    driver = getattr(error, "orig", None)
    name = getattr(driver, "sqlite_errorname", None)
    state = getattr(driver, "sqlstate", None)
    if name is not None:
        kind = "_".join(name.split("_")[:2])
        return _SQLITE.get(kind, f"{_UNKNOWN} ({name})")
    if state is not None:
        found = [known for known in _POSTGRESQL if state.startswith(known)]
        return _POSTGRESQL[max(found, key=len)] if found else f"{_UNKNOWN} (SQLSTATE {state})"
    if isinstance(error, sa.exc.OperationalError):
        return next((meaning for text, meaning in _CONNECTING.items() if text in str(driver)), _UNREACHABLE)
    if isinstance(error, sa.exc.TimeoutError):
        return "have all their connections in use; try again"
    return f"{_UNKNOWN} ({type(error).__name__})"
