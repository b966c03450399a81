"""`gateway scan` as it is called: what it prints, writes and answers with, on real databases."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from rich.console import Console

from gateway.cli import main, printing, scanning
from gateway.policy.loading import load_policy

TABLES = """
CREATE TABLE patients (patient_id INTEGER PRIMARY KEY, first_name VARCHAR(40), email TEXT UNIQUE,
    birth_date DATE NOT NULL, sex CHAR(1) CHECK (sex IN ('f', 'm')), ward TEXT REFERENCES wards (code), zq TEXT);
CREATE TABLE wards (code TEXT PRIMARY KEY, beds INTEGER NOT NULL);
CREATE TABLE "we[red]ird" (id INTEGER PRIMARY KEY, "a""b" TEXT);
"""
ROWS = 120
Gateway = Callable[..., tuple[int, str, str]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        connection.executemany("INSERT INTO wards VALUES (?, ?)", [("A", 20), ("B", 30)])
        connection.executemany(
            "INSERT INTO patients VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(n, ("Ann", "Bob", "Eve")[n % 3], f"p{n}@example.org", f"19{30 + n % 60}-05-1{n % 9}", "fm"[n % 2],
              "AB"[n % 2], f"k{n}x") for n in range(ROWS)],
        )  # fmt: skip
        connection.commit()
    return path


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Gateway]:
    """Run one command in a folder of its own, and return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)  # the streams are this test's, the process is not

    def run(*arguments: str, width: int = 120) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gateway", *arguments])
        for module in (printing, scanning):
            monkeypatch.setattr(module, "out", Console(width=width))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    yield run
    structlog.reset_defaults()


def url(database: Path) -> str:
    return f"sqlite:///{database}"


@pytest.fixture
def policy(gateway: Gateway, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a draft of the database that a person went through."""
    monkeypatch.setenv("SOURCE_URL", url(database))
    path = tmp_path / "policy.yaml"
    assert gateway("scan", url(database), "-o", str(path))[0] == 0
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub('"To be confirmed[^"]*"', "Stands on every door", text), encoding="utf-8")
    load_policy(path)
    return path


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_findings_are_printed_table_by_table_and_summed_up(gateway: Gateway, database: Path, tmp_path: Path) -> None:
    code, said, _ = gateway("scan", url(database))
    assert code == 0
    lines = said.splitlines()
    assert re.match(r"patients  \d direct, 1 key, .*undecided", lines[0])
    assert any(re.match(r"    email +direct +email +\d\d% +replace", line) for line in lines)
    assert any(re.match(r"  \? zq +direct +unique_text", line) for line in lines)
    assert "nothing found: code (key), beds (learn)" in said
    assert "we[red]ird  2 none" in said
    assert re.search(r"11 columns in 3 tables: \d direct", said)
    assert "undecided, look at them first: patients.zq" in said
    assert (tmp_path / "policy.draft.yaml").is_file()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_printed_is_wider_than_the_terminal(gateway: Gateway, database: Path, width: int) -> None:
    change(
        database, f'ALTER TABLE wards ADD COLUMN "{"x" * 300}" TEXT', 'ALTER TABLE wards ADD COLUMN "\u202egnp" TEXT'
    )
    code, said, _ = gateway("scan", url(database), "-o", "draft.yaml", width=width)
    assert code == 0
    assert max(map(len, said.splitlines())) <= width
    assert "\u202e" not in said


def test_json_is_one_object_for_each_column_and_no_draft(gateway: Gateway, database: Path, tmp_path: Path) -> None:
    code, said, _ = gateway("scan", url(database), "--format", "json")
    assert code == 0
    columns = {(each["table"], each["column"]): each for each in json.loads(said)}
    assert len(columns) == 11
    email = columns["patients", "email"]
    assert (email["role"], email["entity"], email["treatment"], email["undecided"]) == (
        "direct",
        "email",
        "replace",
        False,
    )
    assert columns["patients", "zq"]["undecided"]
    assert not list(tmp_path.glob("*.yaml"))


def test_some_tables_only_can_be_looked_at(gateway: Gateway, database: Path, tmp_path: Path) -> None:
    code, said, _ = gateway("scan", url(database), "--table", "w[a]*", "--format", "json")
    assert (code, {each["table"] for each in json.loads(said)}) == (0, {"wards"})
    assert gateway("scan", url(database), "--table", "wards")[0] == 0
    assert not list(tmp_path.glob("*.yaml")), "a draft of some tables is no policy"
    code, _, told = gateway("scan", url(database), "--table", "ward", "--format", "json")
    assert code == 2
    assert "did you mean `wards`" in told


def test_a_page_is_written_for_its_owner_alone_and_only_over_another_page(
    gateway: Gateway, database: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    assert gateway("scan", url(database), "--html", str(page), "--format", "json")[0] == 0
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "Who is named in" in page.read_text(encoding="utf-8")
    assert gateway("scan", url(database), "--html", str(page), "--format", "json")[0] == 0
    other = tmp_path / "other.html"
    other.write_text("<p>mine</p>", encoding="utf-8")
    code, _, told = gateway("scan", url(database), "--html", str(other), "--format", "json")
    assert (code, other.read_text(encoding="utf-8")) == (2, "<p>mine</p>")
    assert "is not overwritten" in told
    assert gateway("scan", url(database), "--html", "/nowhere/at/all.html", "--format", "json")[0] == 1


def test_a_second_scan_uses_what_the_first_found_unless_it_is_told_not_to(gateway: Gateway, database: Path) -> None:
    _, first, told = gateway("scan", url(database), "--format", "json")
    assert "earlier scan" not in told
    _, second, told = gateway("scan", url(database), "--format", "json")
    assert "11 of 11 columns are as in an earlier scan" in told
    _, third, told = gateway("scan", url(database), "--format", "json", "--fresh")
    assert "earlier scan" not in told
    assert first == second == third


def test_countries_are_kept_in_the_draft_and_looked_for_again(gateway: Gateway, database: Path, tmp_path: Path) -> None:
    change(database, "ALTER TABLE patients ADD COLUMN c7 TEXT")
    # bare digits are a phone number only by the plan of a country that is named
    change(database, "UPDATE patients SET c7 = 512000000 + patient_id * 7919 % 1000000")

    def entity(*more: str) -> str | None:
        found = json.loads(gateway("scan", url(database), "--format", "json", *more)[1])
        return str(next(each["entity"] for each in found if each["column"] == "c7"))

    assert (entity() == "phone", entity("--country", "PL")) == (False, "phone")
    draft = tmp_path / "poland.yaml"
    assert gateway("scan", url(database), "-o", str(draft), "--country", "pl", "--format", "json")[0] == 0
    text = re.sub('"To be confirmed[^"]*"', "Stands on every door", draft.read_text(encoding="utf-8"))
    draft.write_text(text, encoding="utf-8")
    assert load_policy(draft).source.countries == ["PL"]


def test_a_country_is_two_letters(gateway: Gateway, database: Path) -> None:
    assert gateway("scan", url(database), "--country", "de", "--country", "FR", "--format", "json")[0] == 0
    code, _, told = gateway("scan", url(database), "--country", "Germany", "--format", "json")
    assert (code, "ISO 3166" in told) == (2, True)


def test_a_draft_has_not_come_apart_and_nothing_is_written_but_what_scans_keep(
    gateway: Gateway, policy: Path, tmp_path: Path
) -> None:
    before = {path for path in tmp_path.rglob("*") if "scans" not in path.parts}
    code, said, _ = gateway("scan", "--against", str(policy))
    assert code == 0, said
    assert "Nothing has come apart" in said
    assert {path for path in tmp_path.rglob("*") if "scans" not in path.parts} == before
    assert gateway("scan", "--against", str(policy), "--format", "json")[1].strip() == "[]"


DRIFTS = {
    "new column": (["ALTER TABLE patients ADD COLUMN phone TEXT"], "new", "patients", "phone"),
    "new column of a public table": (["ALTER TABLE wards ADD COLUMN nurse TEXT"], "new", "wards", "nurse"),
    "new table": (["CREATE TABLE nurses (name TEXT)"], "new", "nurses", None),
    "vanished column": (["ALTER TABLE patients DROP COLUMN zq"], "vanished", "patients", "zq"),
    "vanished table": (['DROP TABLE "we[red]ird"'], "vanished", "we[red]ird", None),
    "changed type": (
        ["ALTER TABLE wards DROP COLUMN beds", "ALTER TABLE wards ADD COLUMN beds TEXT"], "changed", "wards", "beds",
    ),
    "contradicted": (
        ["UPDATE wards SET code = code", "UPDATE patients SET sex = NULL",
         *(f"INSERT INTO wards VALUES ('nurse{n}@example.org', 1)" for n in range(40))],
        "contradicted", "wards", "code",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", DRIFTS)
def test_what_has_come_apart_ends_a_scheduled_job_with_its_line(
    gateway: Gateway, database: Path, policy: Path, kind: str
) -> None:
    statements, change_, table, column = DRIFTS[kind]
    change(database, *statements)
    code, said, _ = gateway("scan", "--against", str(policy), "--format", "json")
    told = json.loads(said)
    assert code == 1
    assert [(each["change"], each["table"], each["column"], each["fails"]) for each in told] == [
        (change_, table, column, True)
    ]
    assert told[0]["line"] is None or 0 < told[0]["line"] <= len(policy.read_text(encoding="utf-8").splitlines())
    code, said, _ = gateway("scan", "--against", str(policy), width=80)
    assert code == 1
    assert said.startswith(f"{change_}: {table}")
    assert f"({policy}:{told[0]['line']})" in said
    assert "before somebody has looked" in said


def test_an_override_that_is_not_needed_is_told_and_fails_nothing(gateway: Gateway, policy: Path) -> None:
    text = policy.read_text(encoding="utf-8")
    learned = "role: quasi, treatment: learn, "
    text = text.replace(f"{learned}domain", f'{learned}override: "two letters only", domain')
    policy.write_text(text, encoding="utf-8")
    code, said, _ = gateway("scan", "--against", str(policy))
    assert code == 0
    assert said.startswith("no longer needed: patients.sex")
    assert "Nothing has come apart" in said


def test_what_has_come_apart_stands_on_the_page_too(
    gateway: Gateway, database: Path, policy: Path, tmp_path: Path
) -> None:
    change(database, "CREATE TABLE nurses (name TEXT)")
    page = tmp_path / "page.html"
    assert gateway("scan", "--against", str(policy), "--html", str(page))[0] == 1
    assert "Come apart from the policy" in page.read_text(encoding="utf-8")


def test_a_scan_against_a_policy_can_be_of_another_database_and_of_some_tables(
    gateway: Gateway, database: Path, policy: Path, tmp_path: Path
) -> None:
    change(database, "ALTER TABLE patients ADD COLUMN phone TEXT")
    assert gateway("scan", "--against", str(policy), "--table", "wards")[0] == 0
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.commit()
    code, said, _ = gateway("scan", url(empty), "--against", str(policy), "--format", "json")
    assert code == 1
    assert [each["change"] for each in json.loads(said)].count("vanished") == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say which database"),
        (["--against", "policy.yaml", "-o", "x.yaml"], "nothing is drafted"),
        (["--against", "absent.yaml"], "cannot be read"),
        (["--against", "broken.yaml"], "broken.yaml"),
        (["sqlite:////nowhere/at/all.db"], ""),
    ],
)
def test_what_is_misused_is_told_with_its_exit_code(
    gateway: Gateway, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "broken.yaml").write_text("version: 2", encoding="utf-8")
    code, out, told = gateway("scan", *arguments)
    assert code == (1 if arguments and arguments[0].startswith("sqlite") else 2)
    assert said in told
    assert out == ""


def test_a_postgresql_source_comes_apart_from_its_policy(
    postgres_database: Callable[[], str], gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(postgres_database())
    monkeypatch.setenv("SOURCE_URL", engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TYPE sex AS ENUM ('f', 'm');"
            "CREATE TABLE patients (id bigint PRIMARY KEY, email text NOT NULL, sex sex, weight numeric(5,1));"
            "INSERT INTO patients SELECT n, 'p' || n || '@example.org', 'f', 70 FROM generate_series(1, 50) n"
        )
    policy = tmp_path / "policy.yaml"
    assert gateway("scan", "${SOURCE_URL}", "-o", str(policy))[0] == 0
    assert gateway("scan", "--against", str(policy))[0] == 0
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "ALTER TYPE sex ADD VALUE 'x'; ALTER TABLE patients ALTER email DROP NOT NULL;"
            "ALTER TABLE patients ALTER weight TYPE numeric(6,2)"
        )
    engine.dispose()
    code, said, _ = gateway("scan", "--against", str(policy), "--format", "json")
    told = {each["column"]: each["message"] for each in json.loads(said)}
    assert (code, set(told)) == (1, {"email", "sex", "weight"})
    assert "3 labels" in told["sex"]
    assert "`numeric(6,2)`" in told["weight"]
    assert io.StringIO(said).readline() == "[\n"
