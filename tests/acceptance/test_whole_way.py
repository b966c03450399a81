"""The whole way, as its users go it: scan, run, approve, publish - and nothing of production in anything it leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from pyarrow import ipc

from tests.acceptance.conftest import CANARY, PEOPLE, PLANTED, PUBLIC, TABLES, Gateway, alone, connect


@pytest.fixture(scope="module")
def published(small_clinic: Callable[..., Gateway]) -> Gateway:
    """Go the whole way once; the tests below look at what it left."""
    gateway = small_clinic()
    scan = gateway.fresh("scan", "${SMALL_CLINIC_URL}", "--format", "json")
    assert scan.returncode == 0, scan.stderr
    run = gateway("run", "policy.yaml", "--format", "json")
    assert run.returncode == 0, run.stderr
    release = json.loads(run.stdout)["release"]
    assert gateway("releases", "show", release, side="synthetic", person="steward").returncode == 0
    for report in ("report", "public-report"):
        page = str(gateway.folder / f"{report}.html")
        assert gateway("releases", report, release, "--html", page, side="synthetic", person="steward").returncode == 0
    own = gateway("releases", "approve", release, side="synthetic", person="requester")
    assert (own.returncode, "asked for release" in own.stderr) == (1, True)
    early = gateway("releases", "publish", release, side="synthetic", person="steward")
    assert (early.returncode, "approved" in early.stderr) == (1, True)
    approved = gateway("releases", "approve", release, side="synthetic", person="steward")
    assert approved.returncode == 0, approved.stderr
    done = gateway("releases", "publish", release, side="synthetic", person="steward")
    assert done.returncode == 0, done.stderr
    return gateway


def test_analysts_read_synthetic_rows_of_the_same_shape(published: Gateway) -> None:
    with connect(published.sharing, "small_analyst") as connection:
        rows = connection.execute("SELECT count(*), count(DISTINCT patient_id) FROM small_clinic.patients").fetchone()
        assert rows is not None
        assert rows[0] == rows[1]
        assert 0.8 * PEOPLE < rows[0] < 1.2 * PEOPLE
        names = [c.name for c in connection.execute("SELECT * FROM small_clinic.patients LIMIT 0").description or ()]
    assert names == [
        "patient_id", "full_name", "email", "sex", "birth_date", "weight_kg", "occupation", "income", "deceased",
        "referred_by",
    ]  # fmt: skip


def test_every_reference_leads_to_a_row_and_nobody_owns_more_than_declared(published: Gateway) -> None:
    """What an analyst needs to join tables, counted by the sharing database itself."""
    with connect(published.sharing, "small_analyst") as connection:
        for here, column, there, key in (
            ("visits", "patient_id", "patients", "patient_id"), ("prescriptions", "visit_id", "visits", "visit_id"),
            ("visits", "ward", "wards", "code"), ("patients", "referred_by", "patients", "patient_id"),
        ):  # fmt: skip
            lost, all_rows = _one(
                connection,
                f"""SELECT count(*) FILTER (WHERE h.{column} IS NOT NULL AND NOT EXISTS (
                        SELECT FROM small_clinic.{there} t WHERE t.{key} = h.{column})), count(*)
                    FROM small_clinic.{here} h""",
            )
            assert (lost, all_rows > 500) == (0, True), (here, there)
        for table, owner, most in (("visits", "patient_id", 40), ("prescriptions", "visit_id", 8)):
            rows = f"SELECT count(*) n FROM small_clinic.{table} GROUP BY {owner}"
            assert _one(connection, f"SELECT max(n) FROM ({rows}) o")[0] <= most
        # a third of the patients was referred by the patient before them; whom anybody points at is not learned
        there, to_themselves, all_rows = _one(
            connection,
            "SELECT count(referred_by), count(*) FILTER (WHERE referred_by = patient_id), count(*) "
            "FROM small_clinic.patients",
        )
        assert (0.2 < there / all_rows < 0.45, to_themselves) == (True, 0)


def test_owners_have_as_many_rows_as_real_ones_by_and_large(published: Gateway) -> None:
    shares = "SELECT count(*)::float FROM {0}.visits", "SELECT count(*)::float FROM {0}.prescriptions"
    with connect(published.sharing) as shared, connect(published.source, "postgres") as source:
        for query in shares:
            got, real = (_one(c, query.format(s))[0] for c, s in ((shared, "small_clinic"), (source, "public")))
            # so few owners, at this budget: half as many or twice as many happen, in a few runs of a hundred
            assert 0.2 < got / real < 8, query


def test_public_tables_are_copied_without_what_is_left_out(published: Gateway) -> None:
    with connect(published.sharing, "small_analyst") as connection:
        cursor = connection.execute("SELECT * FROM small_clinic.wards ORDER BY beds")
        assert [c.name for c in cursor.description or ()] == ["code", "beds"]
        assert cursor.fetchall() == [(code, 20 + number) for number, code in enumerate(PUBLIC)]


def test_the_sources_own_constraints_hold_of_what_was_published(
    published: Gateway, postgres_database: Callable[[], str]
) -> None:
    """Tables made with the source's own DDL take every published row; the sharing database has the same constraints."""
    with connect(published.sharing) as shared, connect(postgres_database()) as again:
        again.execute(TABLES)
        for table in ("wards", "patients", "visits", "prescriptions"):
            cursor = shared.execute(f"SELECT * FROM small_clinic.{table}")
            names = ", ".join(c.name for c in cursor.description or ())
            if table == "patients":  # rows refer to each other, and PostgreSQL looks at the end of a statement
                again.execute("ALTER TABLE patients ALTER CONSTRAINT patients_referred_by_fkey DEFERRABLE")
                again.execute("SET CONSTRAINTS ALL DEFERRED")
            with again.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in cursor:
                    copy.write_row(row)
        again.execute("SET CONSTRAINTS ALL IMMEDIATE")
        wanted = _constraints(again, "public") - _constraints(again, "public", table="audit")
        # views are what analysts see; the tables behind them lie in a schema named after the release
        staged = _one(shared, r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'small\_clinic\_\_%'")[0]
        assert wanted <= _constraints(shared, staged), wanted - _constraints(shared, staged)


def _constraints(connection: psycopg.Connection, schema: str, *, table: str = "%") -> set[tuple[str, str]]:
    """Return (table, definition) of every constraint, and of every column that is NOT NULL."""
    found = connection.execute(
        """SELECT c.relname, replace(pg_get_constraintdef(k.oid), %(schema)s || '.', '') FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid
           WHERE c.relnamespace = %(schema)s::regnamespace AND c.relname LIKE %(table)s AND k.contype <> 'n'
           UNION ALL
           SELECT c.relname, a.attname || ' NOT NULL' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
           WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r' AND c.relname LIKE %(table)s
             AND a.attnum > 0 AND a.attnotnull""",
        {"schema": schema, "table": table},
    ).fetchall()
    return {(table, text.replace(" DEFERRABLE", "")) for table, text in found}


def _one(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def test_a_release_keeps_what_was_found_of_each_column_and_why_it_was_not_followed(published: Gateway) -> None:
    (release,) = json.loads(published("releases", "list", "--format", "json", side="synthetic").stdout)
    shown = published("releases", "show", release["release"], "--format", "json", side="synthetic", person="steward")
    told = json.loads(shown.stdout)
    columns = {(column["table"], column["column"]): column for column in told["report"]["columns"]}
    assert {table for table, _ in columns} == {"patients", "visits", "prescriptions", "wards"}
    assert len(columns) == 26
    reason = columns["visits", "reason"]
    assert (reason["role"], reason["treatment"]) == ("sensitive", "learn")
    assert reason["override"] == told["overrides"]["visits"]["reason"]
    assert set(told["overrides"]) == {"patients", "visits", "prescriptions"}
    email = columns["patients", "email"]
    assert (email["found"], email["entity"], email["proposed"]) == ("direct", "email", "replace")
    assert {opinion["recognizer"] for opinion in email["opinions"]} >= {"names", "values"}
    assert columns["wards", "code"]["treatment"] is None
    certificate = json.loads(
        (published.folder / "workspace/releases" / release["release"] / "certificate.json").read_text()
    )
    assert certificate["overrides"] == told["overrides"]
    assert not {"score", "share", "confidence"} & set(certificate)
    printed = published("releases", "show", release["release"], "--columns", side="synthetic", person="steward").stdout
    assert "categories are discovered under differential privacy" in " ".join(printed.split())
    assert "patients.email" in printed


def test_everything_published_says_that_it_is_synthetic(published: Gateway) -> None:
    with connect(published.sharing) as connection:
        comments = connection.execute(
            """SELECT obj_description(c.oid), array_agg(col_description(c.oid, a.attnum))
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               WHERE c.relnamespace = 'small_clinic'::regnamespace AND c.relname = 'patients' GROUP BY c.oid"""
        ).fetchone()
        info = connection.execute("SELECT * FROM small_clinic.release_info").fetchall()
    assert comments is not None
    assert all(text and text.startswith("SYNTHETIC") for text in [comments[0], *comments[1]])
    assert info


def test_the_public_page_has_no_part_of_the_stewards(published: Gateway) -> None:
    pages = {
        name: (published.folder / f"{name}.html").read_text(encoding="utf-8") for name in ("report", "public-report")
    }
    assert "For stewards alone" in pages["report"]
    assert "Real rows" in pages["report"]
    assert not re.search(r"For stewards alone|Attacks that were tried|Real rows", pages["public-report"])


def test_no_planted_value_is_in_anything_the_gateway_left(published: Gateway) -> None:
    left = dict(_everything(published))
    assert len(left) > 8, "there is less to search than a whole run leaves"
    guilty = sorted(name for name, text in left.items() if PLANTED.search(text))
    assert guilty == []


def test_the_search_would_find_a_planted_value(published: Gateway) -> None:
    with connect(published.source) as connection:
        assert CANARY in _dump(connection)


def _everything(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Yield every file (columnar ones unpacked), everything said, and all of the sharing database."""
    for path in sorted(gateway.folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes().decode("latin-1")
            if path.suffix == ".parquet":
                yield f"{path} unpacked", str(pq.read_table(path).to_pydict())
            if path.suffix in {".arrow", ".feather"}:
                yield f"{path} unpacked", str(ipc.open_file(path).read_all().to_pydict())
    yield "said", "\n".join(gateway.said)
    with connect(gateway.sharing) as connection:
        yield "shared", _dump(connection)


def _dump(connection) -> str:  # noqa: ANN001
    """Return all rows of all tables and views that are not the system's, and all comments, as text."""
    relations = connection.execute(
        """SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""
    ).fetchall()
    rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in relations]
    return str(rows) + str(connection.execute("SELECT description FROM pg_description").fetchall())


def test_the_budget_is_spent_once_and_a_second_release_is_refused(published: Gateway) -> None:
    again = published("run", "policy.yaml")
    assert again.returncode == 1
    assert "1.5" in again.stderr
    budget = json.loads(published("budget", "--format", "json", side="synthetic").stdout)
    assert [(entry["unit"], entry["releases"]) for entry in budget] == [("patient", 1)]
    assert 0 < budget[0]["epsilon_spent"] <= 1.0


def test_the_log_is_whole_and_tells_who_did_what(published: Gateway) -> None:
    assert published("log", "verify", side="synthetic", person="auditor").returncode == 0
    lines = json.loads(published("log", "show", "--format", "json", side="synthetic", person="auditor").stdout)
    told = [(line["who"], line["action"]) for line in lines]
    wanted = [
        ("requester", "run_created"), ("requester", "budget_reserved"), ("requester", "measured"),
        ("requester", "sampled"), ("requester", "judged"), ("requester", "handed_over"), ("steward", "report_viewed"),
        ("steward", "approved"), ("steward", "published"),
    ]  # fmt: skip
    # a report may be looked at more than once
    assert [step for step in dict.fromkeys(told) if step in wanted] == wanted


def test_a_scan_warns_of_a_role_that_a_run_refuses(published: Gateway) -> None:
    owner = sa.make_url(published.source).set(username="postgres").render_as_string(hide_password=False)
    scan = published("scan", owner, "--format", "json")
    assert (scan.returncode, len(json.loads(scan.stdout))) == (0, 29)
    assert "GRANT SELECT ON ALL TABLES" in scan.stderr
    run = published.fresh("run", "policy.yaml", variables={"SMALL_CLINIC_URL": owner})
    assert run.returncode == 1
    assert "GRANT SELECT ON ALL TABLES" in run.stderr


def test_the_desk_never_loads_the_raw_side(published: Gateway) -> None:
    code = """
import sys
from gateway.cli import main
sys.argv = ["gateway", "releases", "list"]
try:
    main.main()
except SystemExit as end:
    assert end.code == 0, end.code
loaded = sorted(m for m in sys.modules if m.split(".")[0] in {"torch", "opacus", "presidio_analyzer", "spacy"}
                or m.startswith("gateway.raw"))
assert loaded == [], loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=published.environment("synthetic", "steward"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_worker_cannot_start_on_the_synthetic_side(published: Gateway) -> None:
    done = published.fresh("run", "policy.yaml", side="synthetic")
    assert done.returncode != 0
    assert "GATEWAY_SIDE" in done.stderr + done.stdout or "ImportError" in done.stderr


def test_withdrawing_takes_the_rows_away_and_keeps_the_budget_spent(small_clinic: Callable[..., Gateway]) -> None:
    gateway = small_clinic(alone().replace("generator: pairwise", "generator: independent"))
    release = json.loads(gateway("run", "policy.yaml", "--format", "json").stdout)["release"]
    for verb in ("approve", "publish", "withdraw"):
        done = gateway("releases", verb, release, side="synthetic", person="steward")
        assert done.returncode == 0, done.stderr
    with connect(gateway.sharing) as connection:
        left = connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'patients'").fetchone()
    assert left == (0,)
    assert json.loads(gateway("budget", "--format", "json", side="synthetic").stdout)[0]["epsilon_spent"] > 0


def test_json_is_all_that_is_on_standard_output(published: Gateway) -> None:
    for command in (["releases", "list"], ["budget"], ["log", "show"], ["log", "verify"]):
        done = published(*command, "--format", "json", side="synthetic")
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["run", "absent.yaml"], 2),
        (["releases", "show", "ffff"], 1),
        (["run", "policy.yaml", "--resume", "x"], 1),
    ],
)
def test_exit_codes_tell_refusal_from_misuse(published: Gateway, arguments: list[str], code: int) -> None:
    assert published(*arguments).returncode == code


def test_files_of_a_run_are_for_the_raw_side_alone(published: Gateway) -> None:
    runs = published.folder / "workspace" / "runs"
    for run in runs.iterdir():
        assert run.stat().st_mode & 0o077 == 0
        assert not (run / "control.key").exists() or not (run / "measurements").exists()


def test_the_policy_file_is_not_touched(published: Gateway) -> None:
    assert "${SMALL_CLINIC_URL}" in Path(published.policy).read_text(encoding="utf-8")
