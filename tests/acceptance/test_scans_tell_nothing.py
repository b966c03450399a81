"""Nothing of a row, and no comment or default of the catalogue, is in anything a scan prints, writes, keeps or logs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.acceptance.conftest import CANARY, CANARY_NUMBER, PLANTED, Gateway, connect
from tests.forks import Forks

PEOPLE = 900
LOUD = """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
"""
"""All log lines there are, but for those in which SQLAlchemy prints rows; nothing of ours turns these on."""
TABLES = f"""
CREATE TYPE ward AS ENUM ('north', 'south');
CREATE TABLE patients (
    patient_id bigint PRIMARY KEY, full_name text NOT NULL, email text, phone text DEFAULT '{CANARY}-default',
    born date, ward ward, zq text CHECK (zq <> '{CANARY}-check'), note text, half text, seldom text,
    profile jsonb, settings json, page text, wall text, tags text[], scan bytea, amount numeric(15,2)
);
CREATE TABLE visits (
    visit_id bigint PRIMARY KEY, patient_id bigint NOT NULL REFERENCES patients, came_on date, said text, doc jsonb
);
CREATE TABLE hidden (id bigint PRIMARY KEY, said text);
CREATE TABLE lists (code text PRIMARY KEY, label text);
COMMENT ON TABLE patients IS '{CANARY}-comment: ask Mrs {CANARY}, {CANARY}@example.org';
COMMENT ON COLUMN patients.note IS '{CANARY}-comment Phone number of {CANARY}';
COMMENT ON COLUMN visits.doc IS '{CANARY}-comment';
"""


def _number(n: int) -> int:
    return int(f"{CANARY_NUMBER}{n:08d}")


def _profile(n: int) -> str:
    return json.dumps(
        {
            f"{CANARY}-key {n}": {"email": f"{CANARY}{n}@example.org", f"{CANARY}{n}@example.org": 1},
            "name": f"{CANARY} Person {n}",
            "phones": [{"number": str(_number(n)), f"{CANARY}_label": "home"} if n % 300 == 0 else n],
            "deep": {"a": {"b": {"c": [f"{CANARY}-deep {n}"]}}},
        }
    )


def _patient(n: int) -> tuple[object, ...]:
    return (
        _number(n), f"{CANARY}-name {n}", f"{CANARY}{n}@example.org", f"+49 30 {_number(n)}",
        f"{1930 + n % 60}-03-1{n % 9}", ("north", "south")[n % 2], f"{CANARY}{n}",
        f"{CANARY} {n} came with pain; call +49 30 {_number(n)}, write to {CANARY}{n}@example.org, Mr {CANARY}.",
        f"{CANARY}-half" if n % 2 else "other", f"{CANARY}-seldom-{n}" if n == 700 else None,
        _profile(n), json.dumps([f"{CANARY}-item {n}", {"k": f"{CANARY}"}]), f"<p id='{CANARY}{n}'>{CANARY} {n}</p>",
        f"{'{'}{CANARY} not json" * 30, [f"{CANARY}-tag"], f"{CANARY}".encode(),
        _number(n) if n % 100 == 5 else n,
    )  # fmt: skip


@pytest.fixture(scope="module")
def gateway(postgres_server: str, tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Gateway:
    folder = tmp_path_factory.mktemp("scans")
    database = f"scans_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'scan_reader'").fetchone():
            connection.execute("CREATE ROLE scan_reader LOGIN")
    url = sa.make_url(postgres_server).set(drivername="postgresql+psycopg", database=database)
    with connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(TABLES)
        _copy(connection, "patients", (_patient(n) for n in range(PEOPLE)))
        _copy(connection, "visits", (
            (_number(n), _number(n), "2020-01-01", f"{CANARY}-said {n}", _profile(n)) for n in range(PEOPLE)
        ))  # fmt: skip
        _copy(connection, "hidden", ((n, f"{CANARY}-hidden") for n in range(9)))
        _copy(connection, "lists", ((f"{CANARY}{n}", f"{CANARY}-label") for n in range(9)))
        connection.execute("GRANT SELECT ON patients, visits, lists TO scan_reader")
    return Gateway(
        folder=folder,
        source=url.set(username="scan_reader").render_as_string(hide_password=False),
        sharing="sqlite://",
        forks=forks,
    )


def _copy(connection: psycopg.Connection, table: str, rows: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@pytest.fixture(scope="module")
def scanned(gateway: Gateway) -> Gateway:
    """Scan in every way there is: all that it says and leaves is searched below."""
    as_table = gateway("scan", "${SMALL_CLINIC_URL}", "-o", "policy.yaml", "--html", "page.html", first=LOUD)
    assert as_table.returncode == 0, as_table.stderr
    policy = gateway.policy.read_text(encoding="utf-8")
    assert "To be confirmed" not in policy or "lists" in policy
    gateway.policy.write_text(
        policy.replace("To be confirmed", "It was confirmed").replace("SOURCE_URL", "SMALL_CLINIC_URL")
    )
    as_json = gateway("scan", "${SMALL_CLINIC_URL}", "--format", "json", "--fresh", "--country", "DE", first=LOUD)
    assert as_json.returncode == 0, as_json.stderr
    with connect(gateway.source, "postgres") as connection:
        connection.execute(
            f"ALTER TABLE patients ADD COLUMN alias text DEFAULT '{CANARY}-default {CANARY}@example.org'"
        )
        connection.execute("GRANT SELECT ON hidden TO scan_reader")
    against = gateway("scan", "--against", "policy.yaml", "--html", "drift.html", first=LOUD)
    assert against.returncode == 1, against.stderr
    assert "new: patients.alias" in against.stdout
    with connect(gateway.source, "postgres") as connection:
        connection.execute("REVOKE SELECT ON patients FROM scan_reader")
    refused = gateway("scan", "--against", "policy.yaml", "--format", "json", first=LOUD)
    assert refused.returncode == 1
    assert refused.stdout == ""
    return gateway


def _left(gateway: Gateway) -> Iterator[tuple[str, str]]:
    for path in sorted(gateway.folder.rglob("*")):
        yield f"{path} (its name)", str(path.relative_to(gateway.folder))
        if path.is_file():
            yield str(path), path.read_bytes().decode("latin-1")
    for number, text in enumerate(gateway.said):
        yield f"said {number}", text


def test_no_planted_string_is_in_anything_that_scans_left(scanned: Gateway) -> None:
    left = dict(_left(scanned))
    assert {Path(name).name for name in left} >= {"policy.yaml", "page.html", "drift.html"}
    assert sum("/scans/" in name and name.endswith(".json") for name in left) > 15
    guilty = sorted(name for name, text in left.items() if PLANTED.search(text) or CANARY.lower() in text.lower())
    assert guilty == []


def test_the_search_would_find_a_planted_string(scanned: Gateway) -> None:
    with connect(scanned.source, "postgres") as connection:
        rows = str(connection.execute("SELECT * FROM patients LIMIT 3").fetchall())
        comments = str(connection.execute("SELECT description FROM pg_description WHERE objsubid > 0").fetchall())
    assert PLANTED.search(rows)
    assert PLANTED.search(comments)


def test_what_was_planted_was_looked_at(scanned: Gateway) -> None:
    """A scan that sees nothing tells nothing: what holds people was found to hold them."""
    found = json.loads(next(said for said in scanned.said if said.startswith("[")))
    columns = {(each["table"], each["column"]): each for each in found}
    for name in ("full_name", "email", "note", "profile", "phone"):
        assert columns["patients", name]["role"] == "direct", name
    assert columns["visits", "doc"]["role"] == "direct"
    assert {each["undecided"] for (table, _), each in columns.items() if table == "hidden"} == {True}
    page = (scanned.folder / "page.html").read_text(encoding="utf-8")
    assert "1 tables could not be read" in page
