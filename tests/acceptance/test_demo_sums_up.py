"""What the demo says at its end is counted by the sharing database, and what it tells to type works."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from rich.console import Console

from gateway.demo import summary
from gateway.policy.loading import load_policy

POLICY = load_policy(Path(__file__).parents[2] / "policies" / "clinic.yaml")
RELEASE = "0123456789abcdef"
STAGED = "clinic__0123456789ab"
PUBLISHED = f"""
CREATE SCHEMA {STAGED};
CREATE SCHEMA clinic;
SET search_path TO {STAGED};
CREATE TABLE patients (patient_id bigint PRIMARY KEY, sex text, birth_date date, bmi numeric, deceased boolean,
    case_of bigint REFERENCES patients);
CREATE TABLE lab_tests (code text PRIMARY KEY, name text);
CREATE TABLE conditions (code text PRIMARY KEY, name text);
CREATE TABLE lab_results (patient_id bigint REFERENCES patients, test text REFERENCES lab_tests, taken_on date,
    value numeric);
CREATE TABLE diagnoses (patient_id bigint REFERENCES patients, condition text REFERENCES conditions, diagnosed_on date);
INSERT INTO patients VALUES (1, 'male', '1950-01-01', 27, true, NULL), (2, 'female', '1960-01-01', 24, false, 1);
INSERT INTO lab_tests VALUES ('hdl', 'HDL cholesterol');
INSERT INTO conditions VALUES ('MI', 'Myocardial infarction');
INSERT INTO lab_results VALUES (1, 'hdl', '2001-01-01', 40), (1, 'hdl', '2002-01-01', 44), (2, 'hdl', '2001-01-01', 60);
INSERT INTO diagnoses VALUES (1, 'MI', '2003-01-01');
CREATE VIEW clinic.patients AS SELECT * FROM patients;
CREATE VIEW clinic.lab_tests AS SELECT * FROM lab_tests;
CREATE VIEW clinic.conditions AS SELECT * FROM conditions;
CREATE VIEW clinic.lab_results AS SELECT * FROM lab_results;
CREATE VIEW clinic.diagnoses AS SELECT * FROM diagnoses;
"""
TOLD = summary.Told(
    run={
        "release": RELEASE, "epsilon": 1.0, "delta": 1e-6,
        "checks": {"membership": "passed", "x.one_way": "passed", "references": "passed", "usefulness": "failed"},
    },
    budget={"epsilon_left": 7.0, "epsilon_allowed": 8.0}, log={"entries": 9}, seconds=61.0,
)  # fmt: skip


@pytest.fixture
def sharing(postgres_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    url = sa.make_url(postgres_database()).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute(PUBLISHED)
        connection.execute("SET search_path TO public")
        yield connection


def said(connection: psycopg.Connection) -> str:
    out = Console(width=200, file=io.StringIO(), record=True)
    summary.show(out, POLICY, connection, TOLD)
    return " ".join(out.export_text().split())


def test_a_newcomer_is_told_tables_rows_references_and_the_promise(sharing: psycopg.Connection) -> None:
    text = said(sharing)
    for wanted in (
        "clinic.patients: 2 rows, made up", "clinic.lab_results: 3 rows, made up, each belonging to one of patients",
        "clinic.conditions: 1 rows, public, copied as it is", "all lead to a row: ", "lab_results.test → lab_tests",
        "patients.case_of → patients", "3 of 4. Attacks: membership.",
        "becomes at most 73 % sure, by all tables at once",
        "epsilon 7 of 8 per patient", "61 s",
    ):  # fmt: skip
        assert wanted in text


def test_a_reference_that_leads_nowhere_is_not_called_closed(sharing: psycopg.Connection) -> None:
    sharing.execute(f"CREATE OR REPLACE VIEW clinic.patients AS SELECT * FROM {STAGED}.patients WHERE patient_id <> 1")
    lost = {here: rows for here, _, rows in summary.references(sharing, "clinic", staged=STAGED) if rows}
    assert lost == {"lab_results.patient_id": 2, "diagnoses.patient_id": 1, "patients.case_of": 1}
    assert "all but 4 lead to a row" in said(sharing)


@pytest.mark.parametrize("question", summary.QUERIES)
def test_what_the_demo_tells_to_type_finds_rows(sharing: psycopg.Connection, question: str) -> None:
    assert sharing.execute(summary.QUERIES[question]).fetchall()
