"""A small production database full of unmistakable strings, and the command line as its users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa

CANARY = "ZQXV"
"""Begins every planted string; nothing the gateway makes can hold it by chance."""
CANARY_NUMBER = "82719"
"""Begins every planted number, all of them of thirteen digits."""
PEOPLE = 1500

TABLES = """
CREATE TYPE sex AS ENUM ('female', 'male');
CREATE TABLE patients (
    patient_id bigint PRIMARY KEY, full_name text NOT NULL, email text UNIQUE, sex sex NOT NULL,
    birth_date date NOT NULL, weight_kg numeric(5,1), occupation text, deceased boolean NOT NULL, note text
);
CREATE TABLE visits (visit_id bigint PRIMARY KEY, patient_id bigint NOT NULL REFERENCES patients, reason text);
COMMENT ON TABLE patients IS 'ZQXV-comment';
"""

POLICY = """
version: 1
name: small-clinic
purpose: to be tested to the end
source: { name: small-production, url: "${SMALL_CLINIC_URL}" }
unit: { name: patient, table: patients, key: [patient_id], meaning: one patient and their row }
budget: { epsilon: 1.0, delta: 1.0e-6, lifetime_epsilon: 1.5 }
generate: { generator: pairwise, holdout: 0.2, seed: 7 }
# a table this small, at this budget, is poor: what is tested here is the way, not the rows
criteria: { singling_out: 1, verbatim: 1, membership: 1, one_way: 1, two_way: 1 }
target: { name: sharing, url: "${SMALL_SHARING_URL}", schema: small_clinic, readers: small_analyst }
tables:
  visits: { treatment: drop, reason: whole databases come later }
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
      deceased: { role: sensitive, treatment: learn }
      note: { role: direct, treatment: drop, reason: free text naming patients }
"""


@dataclass
class Gateway:
    """The command line, run as two sides that share a folder of releases and a records database."""

    folder: Path
    source: str
    sharing: str
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
        self, *arguments: str, side: str = "raw", person: str = "requester"
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            env=self.environment(side, person),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        self.said += [done.stdout, done.stderr]
        return done


def plant(connection: psycopg.Connection, people: int = PEOPLE) -> None:
    """Create and fill the production tables; every text and key is a canary, but for a few common occupations."""
    rng = np.random.default_rng(5)
    connection.execute(TABLES)
    common = ["nurse", "teacher", "farmer"]
    with connection.cursor().copy("COPY patients FROM STDIN") as copy:
        for person in range(people):
            weight = None if rng.random() < 0.2 else round(float(rng.normal(80, 12)), 1)
            work = common[person % 3] if person % 10 else f"{CANARY}-occupation-{person}"
            copy.write_row(
                (int(f"{CANARY_NUMBER}{person:08d}"), f"{CANARY}-name {person}", f"{CANARY}{person}@example.org",
                 "male" if weight and weight > 80 else "female", f"{1930 + person % 60}-0{1 + person % 9}-11", weight,
                 work, person % 9 == 0, f"{CANARY}-note {person}")
            )  # fmt: skip
    connection.execute(
        "INSERT INTO visits SELECT g, 8271900000000 + g %% %s, %s || g FROM generate_series(1, 50) g",
        [people, f"{CANARY}-visit-"],
    )


@pytest.fixture(scope="module")
def small_clinic(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Gateway]:
    """Return a factory of small clinics, each with a production and a sharing database and a folder of its own."""

    def make() -> Gateway:
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
        )
        gateway.policy.write_text(POLICY, encoding="utf-8")
        return gateway

    return make


def _libpq(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def connect(url: str, role: str = "postgres") -> psycopg.Connection:
    """Open a database of these tests as ``role``."""
    return psycopg.connect(_libpq(sa.make_url(url).set(username=role)))
