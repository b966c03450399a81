"""The clinic's production database: tables, keys, types and roles a real clinic would have."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa
from pyarrow import csv

from gateway.demo.people import patients, study

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

READER = "gateway_reader"

_TABLES = """
CREATE TYPE sex AS ENUM ('female', 'male');
CREATE TABLE patients (
    patient_id      bigint PRIMARY KEY,
    national_number text NOT NULL UNIQUE,
    given_name      text NOT NULL,
    family_name     text NOT NULL,
    email           text NOT NULL UNIQUE,
    phone           text,
    street          text,
    city            text,
    post_code       varchar(10),
    birth_date      date NOT NULL,
    sex             sex NOT NULL,
    height_cm       numeric(4,1),
    weight_kg       numeric(4,1),
    bmi             numeric(4,1),
    enrolled_on     date NOT NULL,
    followed_days   integer NOT NULL CHECK (followed_days >= 0),
    deceased        boolean NOT NULL,
    case_of         bigint,
    note            text
);
CREATE TABLE lab_tests (code text PRIMARY KEY, name text NOT NULL, unit text NOT NULL);
CREATE TABLE lab_results (
    lab_result_id bigint PRIMARY KEY,
    patient_id    bigint NOT NULL,
    test          text NOT NULL,
    taken_on      date NOT NULL,
    value         numeric(8,2)
);
CREATE TABLE conditions (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE diagnoses (
    diagnosis_id bigint PRIMARY KEY,
    patient_id   bigint NOT NULL,
    condition    text NOT NULL,
    diagnosed_on date NOT NULL
);
"""

# after loading: checking all rows at once is faster than row by row
_KEYS = """
ALTER TABLE patients ADD FOREIGN KEY (case_of) REFERENCES patients;
ALTER TABLE lab_results ADD FOREIGN KEY (patient_id) REFERENCES patients, ADD FOREIGN KEY (test) REFERENCES lab_tests;
ALTER TABLE diagnoses ADD FOREIGN KEY (patient_id) REFERENCES patients,
                      ADD FOREIGN KEY (condition) REFERENCES conditions;
COMMENT ON TABLE patients IS 'Everybody ever enrolled at the clinic';
COMMENT ON COLUMN patients.followed_days IS 'Days from enrolment to last contact';
COMMENT ON COLUMN patients.case_of IS 'The patient this one was matched to';
COMMENT ON TABLE lab_results IS 'One row per measurement';
ANALYZE;
"""

_LAB_TESTS = {
    "hdl": ("HDL cholesterol", "mg/dl"),
    "chol": ("Total cholesterol", "mg/dl"),
    "sbp": ("Systolic blood pressure", "mmHg"),
    "dbp": ("Diastolic blood pressure", "mmHg"),
    "smoke": ("Smoking, 0 or 1", ""),
    "fib4": ("FIB-4 index", ""),
}

_CONDITIONS = {
    "MI": "Myocardial infarction",
    "afib": "Atrial fibrillation",
    "ang/isc": "Angina or ischaemia",
    "cardiac arrest": "Cardiac arrest",
    "diabetes": "Diabetes",
    "dyslipidemia": "Dyslipidemia",
    "heart failure": "Heart failure",
    "htn": "Hypertension",
    "nafld": "Non-alcoholic fatty liver disease",
    "stroke": "Stroke",
}


def build(connection: psycopg.Connection[Any], progress: Callable[[str, float], None]) -> None:
    """Create types, tables and rows in an empty database, inside the caller's transaction."""
    progress("reading the study", 0.0)
    nafld, labs, events = study(1), study(2), study(3)
    progress("inventing identities", 0.2)
    people = patients(nafld)
    enrolled = dict(zip(nafld["id"].tolist(), people["enrolled_on"].to_numpy(), strict=True))
    connection.execute(_TABLES)
    progress("loading patients", 0.5)
    _copy(connection, "patients", people)
    _copy(connection, "lab_tests", _reference(_LAB_TESTS, ("code", "name", "unit")))
    _copy(connection, "conditions", _reference({k: (v,) for k, v in _CONDITIONS.items()}, ("code", "name")))
    progress("loading lab results", 0.6)
    _copy(connection, "lab_results", _dated(labs, enrolled, ("lab_result_id", "test", "taken_on")))
    progress("loading diagnoses", 0.85)
    _copy(connection, "diagnoses", _dated(events, enrolled, ("diagnosis_id", "condition", "diagnosed_on")))
    progress("declaring keys", 0.9)
    connection.execute(_KEYS)


def _dated(rows: Mapping[str, NDArray[Any]], enrolled: Mapping[int, Any], names: tuple[str, str, str]) -> pa.Table:
    key, kind, date = names
    start = np.array([enrolled[person] for person in rows["id"].tolist()])
    columns = {
        key: pa.array(np.arange(1, len(start) + 1)),
        "patient_id": pa.array(rows["id"]),
        kind: pa.array(rows["test" if "test" in rows else "event"].astype(str)),
        date: pa.array(start + rows["days"]),
    }
    if "value" in rows:
        columns["value"] = pa.array(rows["value"], from_pandas=True)
    return pa.table(columns)


def _reference(rows: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> pa.Table:
    return pa.table(
        [pa.array(values) for values in zip(*((key, *rest) for key, rest in rows.items()), strict=True)], names
    )


def _copy(connection: psycopg.Connection[Any], table: str, rows: pa.Table) -> None:
    buffer = io.BytesIO()
    csv.write_csv(rows, buffer)
    columns = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(name) for name in rows.column_names)
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)").format(
        psycopg.sql.Identifier(table), columns
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(buffer.getbuffer())
