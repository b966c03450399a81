"""`gateway audit` on real databases: reads the catalogue alone, keeps what it finds, and goes with releases."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from typer.testing import CliRunner

from gateway.cli import audits as commands
from gateway.cli.main import app
from gateway.cli.printing import Format
from gateway.policy.loading import load_policy
from gateway.policy.model import Policy
from gateway.raw import auditing, handover, weighing
from gateway.raw.run import Outcome, run
from gateway.records.database import Records
from gateway.release import audits, bundle
from gateway.release.evidence import AuditReport, Fault
from gateway.settings import RawSettings
from gateway.synthetic.publish import gate
from gateway.vocabulary.errors import ArtefactFailed, Refused

POLICY = """
version: 1
name: hospital
purpose: To try an audit on
source: {name: hospital, url: "${HOSPITAL_URL}"}
unit: {name: patient, table: patients, key: [id], meaning: one patient of the hospital}
budget: {epsilon: 4.0, delta: 1.0e-6, reason: a test of a few rows}
generate: {generator: independent, holdout: 0.3}
criteria: {singling_out: 1, verbatim: 1, membership: 1, linkability: 1, near_copies: 1, inference: 1,
           rare_combinations: 1, reconstruction: 1, one_way: 1, two_way: 1, acceptance: 1, usefulness: 0,
           audit_games: GAMES}
target: {name: sharing, url: "${SHARING_URL}", schema: hospital}
tables:
  patients:
    treatment: synthesize
    columns:
      id: {role: key, treatment: key}
      note: {role: direct, treatment: drop, reason: free text that names people}
      sex: {role: quasi, treatment: learn, domain: {values: [f, m]}}
      ward: {role: quasi, treatment: learn}
  visits:
    treatment: synthesize
    owner: {table: patients, columns: [patient]}
    most: 20
    columns:
      id: {role: key, treatment: key}
      patient: {role: key, treatment: key}
      cost: {role: sensitive, treatment: learn, domain: {lowest: 0, highest: 99}}
  wards: {treatment: reference, reason: the list of wards hangs on the wall}
"""
TABLES = """
CREATE TABLE wards (code TEXT PRIMARY KEY);
CREATE TABLE patients (id INTEGER PRIMARY KEY, note TEXT, sex TEXT NOT NULL, ward TEXT REFERENCES wards (code));
CREATE TABLE visits (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL REFERENCES patients (id), cost INTEGER);
INSERT INTO wards VALUES ('north'), ('south');
"""
CANARY = "CANARY-5e1d"


def _policy(folder: Path, games: int = 0) -> Path:
    file = folder / "policy.yaml"
    file.write_text(POLICY.replace("GAMES", str(games)), encoding="utf-8")
    return file


def _fill(execute: Callable[[str], Any], people: int) -> None:
    for at in range(people):
        execute(
            f"INSERT INTO patients VALUES ({at}, '{CANARY}', '{'fm'[at % 2]}', '{('north', 'south')[at % 3 // 2]}')"
        )
        execute(f"INSERT INTO visits VALUES ({at}, {at}, {at % 100})")


@pytest.fixture
def source(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.executescript(TABLES)
        _fill(connection.execute, 400)
        connection.commit()
    return f"sqlite:///{tmp_path}/source.db"


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> Callable[..., Any]:
    """Return the command line, with a workspace of its own."""
    # somebody may be working on the program while its tests run
    monkeypatch.setattr(handover, "code_digest", lambda: "d" * 64)
    monkeypatch.setenv("HOSPITAL_URL", source)
    monkeypatch.setenv("GATEWAY_WORKER_WORKSPACE", str(tmp_path / "work"))
    return lambda *words: CliRunner().invoke(app, ["audit", "--processes", "1", *map(str, words)])


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))
    yield opened
    opened.close()


def _read(said: Any) -> AuditReport:
    """Return what was printed as JSON, between log lines."""
    found = re.search(r"^\{.*^\}", said.stdout, re.DOTALL | re.MULTILINE)
    assert found is not None, said.output
    return AuditReport.model_validate_json(found[0])


def _told(said: Any) -> str:
    return " ".join(said.output.split())


def _run(file: Path, records: Records, source: str, workspace: Path) -> Outcome:
    settings = RawSettings(workspace=workspace, person="requester")
    return run(load_policy(file), records=records, settings=settings, url=SecretStr(source), progress=lambda *_: None)


def test_an_audit_goes_with_the_releases_of_its_configuration_and_can_be_repeated_from_them_alone(
    tmp_path: Path, gateway: Callable[..., Any], records: Records, source: str
) -> None:
    file, work = _policy(tmp_path, games=2), tmp_path / "work"
    with pytest.raises(Refused, match=r"audit of 2 games.*there was none yet.*gateway audit POLICY --games 2"):
        _run(file, records, source, work)
    assert records.ledger.entries() == []

    said = gateway(file, "--games", 2, "--format", "json")
    assert said.exit_code == 0, said.output
    found = _read(said)
    assert (found.games.count, found.faults) == (2, ())
    assert CANARY not in said.output

    outcome = _run(file, records, source, work)
    candidate = bundle.read(work / "releases", outcome.release)
    assert candidate.audit == found
    (check,) = [check for check in outcome.report.checks if check.name == "audit"]
    assert check.outcome.value == "passed"
    assert check.means
    assert check.not_shown
    assert (work / "releases" / outcome.release / "audit.json").is_file()

    # the auditor has the bundle, and nothing else
    (tmp_path / "source.db").unlink()
    elsewhere = gateway("--release", work / "releases" / outcome.release, "--games", 2)
    assert elsewhere.exit_code == 0, elsewhere.output
    assert "2 games, 0 faults, of the same configuration." in _told(elsewhere)
    assert "another version of the program" not in _told(elsewhere)
    by_name = gateway("--release", outcome.release[:10], "--games", 1, "--format", "json")
    assert _read(by_name).configuration == found.configuration


def test_another_configuration_needs_an_audit_of_its_own(
    tmp_path: Path, gateway: Callable[..., Any], records: Records, source: str
) -> None:
    file, work = _policy(tmp_path, games=2), tmp_path / "work"
    assert gateway(file, "--games", 2).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute("INSERT INTO wards VALUES ('west')")
        connection.commit()
    with pytest.raises(Refused, match="there was none yet"):
        _run(file, records, source, work)
    # what measuring is no function of is no other configuration
    file.write_text(file.read_text(encoding="utf-8").replace("To try an audit on", "Another purpose"), encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute("DELETE FROM wards WHERE code = 'west'")
        connection.commit()
    assert _run(file, records, source, work).release
    _policy(tmp_path, games=3)
    with pytest.raises(Refused, match="its audit had 2"):
        _run(file, records, source, work)


def test_of_a_source_nothing_but_the_catalogue_and_public_tables_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_database: Callable[[], str]
) -> None:
    url = sa.make_url(postgres_database())
    role = f"auditor_{url.database}"
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        for statement in TABLES.split(";"):
            connection.execute(statement)
        _fill(connection.execute, 3)
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        connection.execute(f"GRANT SELECT ON wards TO {role}")
    monkeypatch.setenv("HOSPITAL_URL", url.set(username=role, password="x").render_as_string(hide_password=False))
    monkeypatch.setenv("GATEWAY_WORKER_WORKSPACE", str(tmp_path / "work"))
    try:
        said = CliRunner().invoke(app, ["audit", str(_policy(tmp_path)), "--games", "1", "--processes", "1"])
        assert said.exit_code == 0, (said.output, said.exception)
    finally:
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def test_a_contradiction_is_exit_code_one_says_what_was_found_and_stays(
    tmp_path: Path, gateway: Callable[..., Any], records: Records, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _policy(tmp_path, games=2)
    honest = weighing.weigh

    def found(*games: Any, **more: Any) -> AuditReport:
        return honest(*games, **more).model_copy(update={"faults": (Fault.NARROW,)})

    with monkeypatch.context() as planted:
        planted.setattr(auditing, "weigh", found)
        said = gateway(file, "--games", 2)
    assert said.exit_code == 1
    assert "contradicted" in _told(said)
    assert "the noise was narrower than it is said to be" in _told(said)
    again = gateway(file, "--games", 3)
    assert again.exit_code == 0
    assert "An earlier audit of this configuration contradicted the claim, and stays." in _told(again)
    with pytest.raises(Refused, match="contradicted its claim"):
        _run(file, records, source, tmp_path / "work")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say what to audit"),
        (("policy.yaml", "--release", "abcd"), "say what to audit"),
        (("--release", "../nowhere"), "--release takes"),
        (("--release", "abcd"), "no releases"),
    ],
)
def test_misuse_is_told(gateway: Callable[..., Any], words: tuple[str, ...], message: str) -> None:
    said = gateway(*words)
    assert message in str(said.exception)
    assert getattr(said.exception, "exit_code", 0) == 2
    assert gateway("--games", 0).exit_code == 2


def test_what_was_played_before_an_interrupt_is_kept_and_said(
    tmp_path: Path, gateway: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = auditing.Table.play
    played: list[weighing.Setting] = []

    def play(table: auditing.Table, setting: weighing.Setting, *, target: bool) -> Any:
        if len(played) == 2:
            raise KeyboardInterrupt
        played.append(setting)
        return honest(table, setting, target=target)

    monkeypatch.setattr(auditing.Table, "play", play)
    said = gateway(_policy(tmp_path), "--games", 5)
    assert said.exit_code == 130
    assert "interrupted: 2 of 5 games were played" in _told(said)
    (kept,) = (tmp_path / "work" / "audits").glob("*.json")
    assert AuditReport.model_validate_json(kept.read_bytes()).games.count == 2


@pytest.mark.audit
def test_games_are_played_side_by_side(tmp_path: Path, gateway: Callable[..., Any]) -> None:
    said = gateway(_policy(tmp_path), "--games", 3, "--processes", 2)
    assert said.exit_code == 0, said.output
    assert "3 games" in _told(said)


# -- what is kept, and the gate


def _report(**more: Any) -> AuditReport:
    told = {
        "configuration": "c" * 64, "code_digest": "d" * 64, "generator": "pairwise",
        "created": "2026-01-01T00:00:00+00:00", "games": {"count": 10}, "confidence": 0.999, "epsilon": 1.0,
        "delta": 1e-6, "mu": 0.2, "mu_at_least": 0.0, "epsilon_at_least": 0.0, "epsilon_recomputed": 0.99, "share": 1.0,
        "draws": {"count": 1000}, "width": 1.0, "width_at_most": 1.05, "differences": {"count": 0},
        "unmetered": {"count": 0}, "faults": (), "targets": (), "not_played": (), "seconds": 1.0,
    }  # fmt: skip
    return AuditReport.model_validate({**told, **more})


def test_a_weaker_result_never_takes_the_place_of_a_stronger_one(tmp_path: Path) -> None:
    first, fewer, more = (_report(games={"count": count}) for count in (10, 9, 11))
    wrong = _report(games={"count": 1}, faults=("narrow",))
    assert audits.keep(first, tmp_path / "audits") == first
    assert audits.keep(fewer, tmp_path / "audits") == first
    assert audits.keep(more, tmp_path / "audits") == more
    assert audits.keep(wrong, tmp_path / "audits") == wrong
    assert audits.keep(_report(games={"count": 10**6}), tmp_path / "audits") == wrong
    assert audits.find("c" * 64, tmp_path / "audits") == wrong
    assert audits.find("e" * 64, tmp_path / "audits") is None
    assert [path.name for path in (tmp_path / "audits").iterdir()] == [f"{'c' * 64}.json"]


@pytest.mark.parametrize(
    "content", ["", "{", '{"configuration": "x"}', _report(configuration="f" * 64).model_dump_json()]
)
def test_a_damaged_result_is_told_and_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{'c' * 64}.json").write_text(content, encoding="utf-8")
    with pytest.raises(ArtefactFailed, match="damaged; remove the file"):
        audits.find("c" * 64, tmp_path)


def test_a_figure_without_bound_is_shown_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _report(share=None, epsilon_recomputed=None, faults=("unmetered", "accounting"))
    commands.show(found, style=Format.TABLE)
    printed = capsys.readouterr().out
    assert printed.count("without bound") == 2
    assert "✗ unmetered" in printed
    assert audits.keep(found, tmp_path) == audits.find("c" * 64, tmp_path)


@pytest.mark.parametrize(
    ("audit", "needed", "reason"),
    [
        (None, 0, None),
        (None, 1, "there is none with it"),
        (_report(), 10, None),
        (_report(), 11, "there is none with it"),
        (_report(faults=("bound",)), 0, "more than it claims"),
        (_report(code_digest="e" * 64), 10, "another version of the program"),
    ],
)
def test_the_gate_holds_a_release_to_the_audit_that_its_policy_asks_for(
    audit: AuditReport | None, needed: int, reason: str | None
) -> None:
    class Told:
        def __init__(self, **told: Any) -> None:
            self.__dict__ |= told

    policy = Policy.model_validate(load_policy(Path("policies/clinic.yaml")).model_dump(by_alias=True))
    policy = policy.model_copy(update={"criteria": policy.criteria.model_copy(update={"audit_games": needed})})
    candidate = Told(
        audit=audit, policy=policy, report=Told(passed=True, checks=()), certificate=Told(code_digest="d" * 64)
    )
    case: Any = Told(candidate=candidate)
    found = gate.CONDITIONS[5](case)
    assert (found is None) if reason is None else (found is not None and reason in found)
