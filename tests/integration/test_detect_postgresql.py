"""Detection on a real PostgreSQL, through the source that production uses."""

from collections.abc import Callable

import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.drafting import draft_policy
from gateway.vocabulary.roles import Role, Treatment

TABLES = """
CREATE TYPE sex AS ENUM ('female', 'male');
CREATE DOMAIN email_address AS text;
CREATE TABLE patients (
    patient_id bigint PRIMARY KEY, "Vor""name" text, contact email_address, sex sex, scan bytea, tags text[],
    note text, c9 text, born date
);
COMMENT ON COLUMN patients.c9 IS 'Phone number at work';
CREATE TABLE lab_results (
    id bigint PRIMARY KEY, who bigint REFERENCES patients, value numeric(8,2), taken_on date
);
INSERT INTO patients
SELECT n, 'Zyxw' || n, 'z' || n || '@example.org', 'male', 'x', '{a}',
       'Zyxw' || n || ' came in and said that his knee hurt',
       NULL, date '1950-01-01' + n
FROM generate_series(1, 100) n;
INSERT INTO lab_results SELECT n, 1 + mod(n, 100), n, date '2020-01-01' FROM generate_series(1, 300) n;
"""


def test_a_postgresql_database_is_scanned_and_drafted(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(TABLES)
    engine.dispose()
    source = open_source(SecretStr(url), None)
    with source.snapshot() as snapshot:
        findings = {(f.table, f.column): f for f in detect(snapshot, progress=lambda _step, _share: None)}
        text = draft_policy(snapshot.schema, tuple(findings.values()), source_name="clinic")
    source.close()
    roles = {column: (f.role, f.treatment) for (table, column), f in findings.items() if table == "patients"}
    assert roles == {
        "patient_id": (Role.KEY, Treatment.KEY),
        'Vor"name': (Role.DIRECT, Treatment.REPLACE),
        "contact": (Role.DIRECT, Treatment.REPLACE),
        "sex": (Role.QUASI, Treatment.LEARN),
        "scan": (Role.SENSITIVE, Treatment.DROP),
        "tags": (Role.SENSITIVE, Treatment.DROP),
        "note": (Role.DIRECT, Treatment.REPLACE),
        "c9": (Role.DIRECT, Treatment.REPLACE),
        "born": (Role.QUASI, Treatment.LEARN),
    }
    assert findings["lab_results", "who"].role is Role.KEY
    assert findings["lab_results", "value"].role is Role.SENSITIVE
    assert "Zyxw" not in text
    assert "Zyxw" not in repr(findings)
