"""The whole way, each side in a process of its own, with its own credentials and its own person."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console

import gateway
from gateway.demo import clinic, servers, summary
from gateway.policy.loading import load_policy
from gateway.vocabulary.errors import CheckFailed, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.demo.servers import Server

POLICY = Path(gateway.__file__).parents[1] / "policies" / "clinic.yaml"
ANALYST = "analyst"
PUBLISHER = "gateway_publisher"

out = Console()


@dataclass(frozen=True)
class Place:
    """The demo's two databases and its folder."""

    folder: Path
    production: Server
    sharing: Server


def prepare(folder: Path, progress: Callable[[str, float], None]) -> Place:
    """Start both servers and build what is not there yet, in one transaction: half a clinic is never left."""
    progress("starting the production database", 0.0)
    place = Place(
        folder=folder.resolve(),
        production=servers.start(folder / "production"),
        sharing=servers.start(folder / "sharing"),
    )
    _database(place.production, "clinic", clinic.READER)
    with psycopg.connect(_libpq(place.production, "clinic")) as connection:
        if connection.execute("SELECT to_regclass('patients')").fetchone() == (None,):
            clinic.build(connection, progress)
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {clinic.READER}")
    progress("starting the sharing database", 0.95)
    _database(place.sharing, "sharing", PUBLISHER, ANALYST)
    with psycopg.connect(_libpq(place.sharing, "sharing")) as connection:
        connection.execute(f"GRANT CREATE ON DATABASE sharing TO {PUBLISHER}")
    return place


def go(place: Place) -> None:
    """Scan, run, approve, publish; then say what happened and where to look. ``GatewayError`` when a step fails."""
    started = time.monotonic()
    out.print("\n[bold]1  The worker[/bold] reads production, measures under one budget, generates and attacks")
    run = _gateway(place, "raw", "run", str(POLICY), "--format", "json")
    release = run["release"]
    out.print("[bold]2  A steward[/bold], who did not ask for it, decides")
    _gateway(place, "synthetic", "releases", "approve", release)
    out.print("[bold]3  The desk[/bold], which has never seen the source, publishes")
    _gateway(place, "synthetic", "releases", "publish", release)
    budget = _gateway(place, "synthetic", "budget", "--format", "json")
    log = _gateway(place, "synthetic", "log", "verify", "--format", "json")
    told = summary.Told(run=run, budget=budget[0], log=log, seconds=time.monotonic() - started)
    _summary(place, told)


def stop(folder: Path) -> None:
    """Stop both servers."""
    for name in ("production", "sharing"):
        servers.stop(folder / name)


def forget(folder: Path) -> None:
    """Stop both servers and remove the demo's folder, which must be one."""
    if folder.exists() and not (folder / "production" / "PG_VERSION").exists():
        raise ConfigurationError(f"{folder} is not a demo's folder and is left alone; name another one with --folder")
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _summary(place: Place, told: summary.Told) -> None:
    with psycopg.connect(_libpq(place.sharing, "sharing", ANALYST)) as connection:
        summary.show(out, load_policy(POLICY), connection, told)
    host = place.sharing.url.query["host"]
    look = f'{place.sharing.psql} "host={host} dbname=sharing user={ANALYST}"'
    out.print("Query it as an analyst would. All of it joins, and none of it is a real person's:\n")
    for question, query in summary.QUERIES.items():
        _type(question, f'{look} -c "{query}"')
    environment = " ".join(f"{name}={shlex.quote(value)}" for name, value in _environment(place, "synthetic").items())
    program = Path(sys.executable).with_name("gateway")
    release = told.run["release"][:12]
    _type("Read the release as a steward would", f"{environment} {program} releases show {release}")
    _type("Or as a page with pictures", f"{environment} {program} releases report {release} --html report.html")
    out.print("The databases keep running: `gateway demo --stop` ends them, `--fresh` starts over.", style="dim")


def _type(what: str, line: str) -> None:
    out.print(f"{what}:\n")
    out.print(f"  {line}\n", soft_wrap=True, highlight=False, markup=False)


def _gateway(place: Place, side: str, *arguments: str) -> Any:  # noqa: ANN401 - the JSON that a command prints
    """Run one command of one side in a process that has that side's credentials only; return the JSON it prints."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "gateway", *arguments],
        env={**_bare(), **_environment(place, side)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout) if "json" in arguments and done.stdout else {}
    if done.returncode:
        failed = [name for name, outcome in told.get("checks", {}).items() if outcome != "passed"]
        why = f"these checks did not pass: {', '.join(failed)}" if failed else "see above"
        raise CheckFailed(f"`gateway {' '.join(arguments[:2])}` ended with exit code {done.returncode}; {why}")
    return told


def _environment(place: Place, side: str) -> dict[str, str]:
    records = f"sqlite:///{place.folder}/records.db"
    if side == "raw":
        return {
            "GATEWAY_WORKER_PERSON": "demo-requester",
            "GATEWAY_WORKER_WORKSPACE": str(place.folder),
            "GATEWAY_WORKER_RECORDS_URL": records,
            "CLINIC_URL": place.production.login(clinic.READER, "clinic"),
        }
    return {
        "GATEWAY_SIDE": "synthetic",
        "GATEWAY_DESK_PERSON": "demo-steward",
        "GATEWAY_DESK_WORKSPACE": str(place.folder),
        "GATEWAY_DESK_RECORDS_URL": records,
        "SHARING_URL": place.sharing.login(PUBLISHER, "sharing"),
    }


def _bare() -> dict[str, str]:
    """Return this process's environment without anything that is a side's own."""
    return {
        k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_") and k not in {"CLINIC_URL", "SHARING_URL"}
    }


def _database(server: Server, name: str, *roles: str) -> None:
    with psycopg.connect(_libpq(server, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {name}")
        for role in roles:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                connection.execute(f"CREATE ROLE {role} LOGIN")


def _libpq(server: Server, database: str, role: str = "postgres") -> str:
    return f"host={server.url.query['host']} dbname={database} user={role}"
