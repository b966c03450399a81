from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.policy.coverage import coverage
from gateway.policy.loading import load_policy, locate, parse_policy
from gateway.policy.model import TO_BE_CONFIRMED
from gateway.raw.connect.reading import open_source
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.drafting import draft_policy
from gateway.vocabulary.errors import PolicyError
from gateway.vocabulary.schema import Schema

ROOT = Path(__file__).parents[2]

PEOPLE = '''
CREATE TABLE clinics (id integer PRIMARY KEY, town text);
CREATE TABLE patients (
    patient_id numeric(10,0) PRIMARY KEY,
    record_uuid uuid UNIQUE NOT NULL DEFAULT gen_random_uuid(),
    clinic_id integer REFERENCES clinics,
    mother numeric(10,0) REFERENCES patients,
    "full ""name""" text,
    phone bigint,
    sex char(1),
    born date,
    seen timestamp,
    weight numeric(5,1),
    alive boolean,
    tags text[],
    photo bytea,
    "Größe: cm" double precision
);
INSERT INTO clinics SELECT g, 'Town ' || g FROM generate_series(1, 5) g;
INSERT INTO patients (patient_id, clinic_id, "full ""name""", phone, sex, born, seen, weight, alive, "Größe: cm")
SELECT g, 1 + g % 5, 'Ada Lovelace ' || g, 4930000000 + g, CASE g % 2 WHEN 0 THEN 'f' ELSE 'm' END,
       date '1950-01-01' + g, timestamp '2020-01-01' + g * interval '1 hour', 50 + g % 50, g % 3 = 0, 150 + g % 40
FROM generate_series(1, 300) g;
'''


def scanned(url: str, schema: str | None = None) -> tuple[str, Schema]:
    with closing(open_source(SecretStr(url), schema)) as source, source.snapshot() as snapshot:
        findings = detect(snapshot, progress=lambda *_: None)
        return draft_policy(snapshot.schema, findings, source_name="clinic"), snapshot.schema


def test_a_draft_of_a_hard_database_loads_and_covers_it(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(PEOPLE.replace("%", "%%"))
    engine.dispose()
    text, schema = scanned(url)
    (told,) = refused(text)
    assert told.startswith("line 18, tables.clinics: has the `reason` of a draft still")
    assert coverage(parse_policy(text.replace(TO_BE_CONFIRMED, "Looked at"), name="draft"), schema) == ()


def refused(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="draft")
    return [str(problem) for problem in caught.value.problems]


def test_a_draft_of_a_file_loads_and_covers_it(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE "weird: table" (id INTEGER PRIMARY KEY, "no" TEXT, "a.b" REAL, born DATE, blob BLOB);
            INSERT INTO "weird: table" VALUES (1, 'x', 1.5, '1980-01-01', x'00'), (2, 'y', 2.5, '1990-01-01', NULL);
            """
        )
    text, schema = scanned(f"sqlite:///{path}")
    assert coverage(parse_policy(text, name="draft"), schema) == ()


def test_a_column_added_after_the_draft_is_told_with_its_line(tmp_path: Path) -> None:
    path, policy = tmp_path / "people.db", tmp_path / "policy.yaml"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(n, n % 90) for n in range(200)])
        connection.commit()
        policy.write_text(scanned(f"sqlite:///{path}")[0], encoding="utf-8")
        connection.execute("ALTER TABLE people ADD COLUMN iban TEXT")
    (problem,) = locate(policy, coverage(load_policy(policy), scanned(f"sqlite:///{path}")[1]))
    assert problem.where == "tables.people.columns.iban"
    assert "is a column of the source and not in the policy" in problem.message
    assert policy.read_text(encoding="utf-8").splitlines()[problem.line - 1].strip() == "columns:"


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda path: path.name)
def test_the_policies_that_ship_load(path: Path) -> None:
    assert load_policy(path).name == path.stem
