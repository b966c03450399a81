"""A small production database full of unmistakable strings, and the command line as its users run it."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

from tests.forks import Ended, Forks, Job

CANARY = "ZQXV"
"""Begins every planted string; nothing the gateway makes can hold it by chance."""
CANARY_NUMBER = "82719"
"""Begins every planted number, all of them of thirteen digits."""
PLANTED = re.compile(rf"{CANARY}|{CANARY_NUMBER}\d{{8}}")
"""What nothing that leaves production may hold."""
PEOPLE = 1500
PUBLIC = ["north", "south", "surgery"]

TABLES = """
CREATE TYPE sex AS ENUM ('female', 'male');
CREATE TABLE patients (
    patient_id bigint PRIMARY KEY, full_name text NOT NULL, email text UNIQUE, sex sex NOT NULL,
    birth_date date NOT NULL, weight_kg numeric(5,1) CHECK (weight_kg > 0), occupation text, income bigint,
    deceased boolean NOT NULL, referred_by bigint REFERENCES patients, note text
);
CREATE TABLE wards (code text PRIMARY KEY, beds smallint NOT NULL, head text);
CREATE TABLE visits (
    visit_id bigint PRIMARY KEY, patient_id bigint NOT NULL REFERENCES patients, ward text NOT NULL REFERENCES wards,
    came_on date NOT NULL, reason text, cost numeric(15,2) CHECK (cost >= 0), letter text
);
CREATE TABLE prescriptions (
    visit_id bigint NOT NULL REFERENCES visits, line smallint NOT NULL CHECK (line > 0), medicine text NOT NULL,
    dose integer CHECK (dose BETWEEN 1 AND 500), signed_by text, PRIMARY KEY (visit_id, line)
);
CREATE TABLE audit (entry bigint PRIMARY KEY, patient_id bigint REFERENCES patients, said text);
COMMENT ON TABLE patients IS 'ZQXV-comment';
COMMENT ON COLUMN visits.reason IS 'ZQXV-comment';
"""

POLICY = """
version: 1
name: small-clinic
purpose: to be tested to the end
source: { name: small-production, url: "${SMALL_CLINIC_URL}" }
unit: { name: patient, table: patients, key: [patient_id], meaning: one patient with all visits and prescriptions }
budget: { epsilon: 1.0, delta: 1.0e-6, lifetime_epsilon: 1.5 }
generate: { generator: pairwise, holdout: 0.2, seed: 7 }
# tables this small, at this budget, are poor: what is tested here is the way, not the rows
criteria: { singling_out: 1, verbatim: 1, membership: 1, linkability: 1, one_way: 1, two_way: 1, acceptance: 1 }
target: { name: sharing, url: "${SMALL_SHARING_URL}", schema: small_clinic, readers: small_analyst }
tables:
  audit: { treatment: drop, reason: texts that name patients }
  wards: { treatment: reference, reason: stands on a sign at the entrance, without: [head] }
  patients:
    treatment: synthesize
    columns:
      patient_id: { role: key, treatment: key }
      full_name: { role: direct, treatment: replace, entity: full_name }
      email: { role: direct, treatment: replace, entity: email }
      sex: { role: quasi, treatment: learn, domain: { values: [female, male] } }
      birth_date: { role: quasi, treatment: learn, domain: { lowest: 1900-01-01, highest: 2010-12-31 } }
      weight_kg: { role: sensitive, treatment: learn }
      occupation: { role: quasi, treatment: learn, override: categories are discovered under differential privacy }
      income: { role: sensitive, treatment: learn, override: an amount and not a number that names somebody }
      deceased: { role: sensitive, treatment: learn }
      referred_by: { role: key, treatment: key }
      note: { role: direct, treatment: drop, reason: free text naming patients }
  visits:
    treatment: synthesize
    owner: { table: patients, columns: [patient_id] }
    order: came_on
    since: birth_date
    kind: ward
    most: 40
    columns:
      visit_id: { role: key, treatment: key }
      patient_id: { role: key, treatment: key }
      ward: { role: none, treatment: learn }
      came_on: { role: quasi, treatment: learn, domain: { lowest: 2015-01-01, highest: 2024-12-31 } }
      reason: { role: sensitive, treatment: learn, override: categories are discovered under differential privacy }
      cost: { role: sensitive, treatment: learn }
      letter: { role: direct, treatment: drop, reason: free text naming patients }
  prescriptions:
    treatment: synthesize
    owner: { table: visits, columns: [visit_id] }
    most: 8
    columns:
      visit_id: { role: key, treatment: key }
      line: { role: key, treatment: key }
      medicine: { role: sensitive, treatment: learn, override: categories are discovered under differential privacy }
      dose: { role: sensitive, treatment: learn, domain: { lowest: 1, highest: 500 } }
      signed_by: { role: direct, treatment: drop, reason: names of doctors }
"""

ALONE = """
  visits: { treatment: drop, reason: not asked for }
  prescriptions: { treatment: drop, reason: not asked for }
  wards: { treatment: drop, reason: not asked for }
"""
"""Instead of the policy's tables that are not the unit's: then its table is alone."""


@dataclass
class Gateway:
    """The command line, run as two sides that share a folder of releases and a records database."""

    folder: Path
    source: str
    sharing: str
    forks: Forks
    said: list[str] = field(default_factory=list)

    @property
    def policy(self) -> Path:
        return self.folder / "policy.yaml"

    def environment(self, side: str, person: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}
        own = "WORKER" if side == "raw" else "DESK"
        kept |= {
            f"GATEWAY_{own}_PERSON": person,
            f"GATEWAY_{own}_WORKSPACE": str(self.folder / "workspace"),
            f"GATEWAY_{own}_RECORDS_URL": f"sqlite:///{self.folder}/workspace/records.db",
        }
        if side == "raw":
            return kept | {"SMALL_CLINIC_URL": self.source}
        return kept | {"SMALL_SHARING_URL": self.sharing, "GATEWAY_SIDE": "synthetic"}

    def __call__(
        self,
        *arguments: str,
        side: str = "raw",
        person: str = "requester",
        first: str = "",
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Ended:
        """Run one command; ``first`` is code that its process executes before it."""
        (done,) = self.at_once(arguments, side=side, person=person, first=first, variables=variables)
        return done

    def at_once(
        self,
        *commands: Sequence[str],
        side: str = "raw",
        person: str = "requester",
        first: str = "",
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Ended]:
        """Run several commands at the same time."""
        environment = self.environment(side, person) | variables
        jobs = [
            Job(arguments=command, environment=environment, folder=self.folder, first=first) for command in commands
        ]
        done = self.forks.run(*jobs, side=side)
        self.said += [text for ended in done for text in (ended.stdout, ended.stderr)]
        return done

    def fresh(
        self,
        *arguments: str,
        side: str = "raw",
        person: str = "requester",
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> Ended:
        """Run one command in a process that has loaded nothing before."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            env=self.environment(side, person) | variables, cwd=self.folder,
            capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        return Ended(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


def plant(connection: psycopg.Connection, people: int = PEOPLE) -> None:
    """Create and fill the production tables; every text, key and amount is a canary, but for what many rows share."""
    rng = np.random.default_rng(5)
    connection.execute(TABLES)
    keys = [int(f"{CANARY_NUMBER}{person:08d}") for person in range(people)]
    _copy(connection, "patients", (_patient(rng, keys, person) for person in range(people)))
    _copy(connection, "wards", ((code, 20 + n, f"{CANARY}-head-{n}") for n, code in enumerate(PUBLIC)))
    owners = [person for person in range(people) for _ in range(person * 7 % 5)]
    _copy(connection, "visits", (_visit(rng, keys[person], number) for number, person in enumerate(owners)))
    lines = [(number, line) for number in range(len(owners)) for line in range(1, 1 + number % 3)]
    _copy(connection, "prescriptions", (_prescription(rng, number, line) for number, line in lines))
    _copy(connection, "audit", ((keys[n] + 1_000_000, keys[n], f"{CANARY}-audit-{n}") for n in range(50)))
    connection.execute("ANALYZE")


def _patient(rng: np.random.Generator, keys: list[int], person: int) -> tuple[object, ...]:
    weight = None if rng.random() < 0.2 else round(float(rng.normal(80, 12)), 1)
    return (
        keys[person], f"{CANARY}-name {person}", f"{CANARY}{person}@example.org",
        "male" if weight and weight > 80 else "female", f"{1930 + person % 60}-0{1 + person % 9}-11", weight,
        _mostly(["nurse", "teacher", "farmer"], "occupation", person),
        keys[person] if person % 500 == 3 else 1000 * int(rng.integers(12, 90)), person % 9 == 0,
        keys[person - 1] if person % 3 == 1 else None, f"{CANARY}-note {person}",
    )  # fmt: skip


def _visit(rng: np.random.Generator, owner: int, number: int) -> tuple[object, ...]:
    came = dt.date(2015, 1, 1) + dt.timedelta(days=int(rng.integers(0, 3600)))
    cost = int(f"{CANARY_NUMBER}{number:08d}") if number % 700 == 5 else round(float(rng.gamma(2, 60)), 2)
    return (
        int(f"{CANARY_NUMBER}{number + 40_000_000:08d}"), owner, PUBLIC[number % 3], came,
        _mostly(["check-up", "accident"], "reason", number), cost, f"{CANARY}-letter {number}",
    )  # fmt: skip


def _prescription(rng: np.random.Generator, number: int, line: int) -> tuple[object, ...]:
    medicine = _mostly(["aspirin", "insulin", "statin"], "medicine", 7 * number + line)
    visit = int(f"{CANARY_NUMBER}{number + 40_000_000:08d}")
    return visit, line, medicine, int(rng.integers(1, 9)) * 50, f"{CANARY}-doctor {number}"


def _mostly(common: list[str], what: str, number: int) -> str:
    return common[number % len(common)] if number % 10 else f"{CANARY}-{what}-{number}"


def _copy(connection: psycopg.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def alone() -> str:
    """Return the policy with the patients' table only."""
    text = POLICY[: POLICY.index("  visits:\n")]
    kept = [line for line in text.splitlines() if "wards:" not in line]
    return (
        "\n".join(kept).replace(
            "referred_by: { role: key, treatment: key }",
            "referred_by: { role: key, treatment: drop, reason: not asked for }",
        )
        + ALONE
    )


@pytest.fixture(scope="module")
def small_clinic(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Callable[..., Gateway]:
    """Return a factory of small clinics, each with a production and a sharing database and a folder of its own."""

    def make(policy: str = POLICY) -> Gateway:
        folder = tmp_path_factory.mktemp("gateway")
        urls = {}
        for name in ("production", "sharing"):
            database = f"{name}_{folder.name.replace('-', '_')}_{os.getpid()}"
            with psycopg.connect(postgres_server, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{database}"')
                for role in ("small_reader", "small_publisher", "small_analyst"):
                    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                        connection.execute(f"CREATE ROLE {role} LOGIN")
            url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=database)
            urls[name] = url
        with psycopg.connect(_libpq(urls["production"])) as connection:
            plant(connection)
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO small_reader")
        with psycopg.connect(_libpq(urls["sharing"])) as connection:
            connection.execute(f'GRANT CREATE ON DATABASE "{urls["sharing"].database}" TO small_publisher')
        gateway = Gateway(
            folder=folder,
            source=urls["production"].set(username="small_reader").render_as_string(hide_password=False),
            sharing=urls["sharing"].set(username="small_publisher").render_as_string(hide_password=False),
            forks=forks,
        )
        gateway.policy.write_text(policy, encoding="utf-8")
        return gateway

    return make


def _libpq(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def connect(url: str, role: str = "postgres") -> psycopg.Connection:
    """Open a database of these tests as ``role``."""
    return psycopg.connect(_libpq(sa.make_url(url).set(username=role)))
