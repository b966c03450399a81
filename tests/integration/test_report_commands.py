"""`gateway releases report` and `public-report` as they are called: what they write, for whom, what they leave be."""

from __future__ import annotations

import hashlib
import json
import logging
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr

from gateway.cli import main
from gateway.records.database import Records
from gateway.records.log import Action
from gateway.records.releases import ReleaseState
from gateway.release import bundle
from gateway.synthetic.approve.desk import Desk
from gateway.vocabulary.names import Person, ReleaseId, RunId, SystemName, UnitName
from tests.made_up_releases import candidate
from tests.reading_pages import Read

Gateway = Callable[..., tuple[int, str, str]]
FIGURE = "0.125"
"""In every figure of the made-up steward's report."""


def records(folder: Path) -> Records:
    return Records.open(SecretStr(f"sqlite:///{folder}/records.db"))


def hand_over(folder: Path, run: str, *, needed: int = 2, public: bool = True) -> ReleaseId:
    more = {} if public else {"public": None}
    release = bundle.write(candidate(["patients"], ["sex", "age"], run=run, **more), folder / "releases")
    with closing(records(folder)) as opened, opened.step(
        actor=Person("rita"), action=Action.HANDED_OVER, subject=release
    ) as step:  # fmt: skip
        step.runs.create(RunId(run), policy="clinic", policy_digest="0", source=SystemName("his"),
                         unit=UnitName("patient"), requester=Person("rita"))  # fmt: skip
        step.releases.add(
            release, run=RunId(run), policy="clinic", requester=Person("rita"), state=ReleaseState.PENDING,
            approvals_needed=needed, approval_valid_days=14, expires="2027-02-01", target="shared",
        )  # fmt: skip
    return release


@pytest.fixture
def release(tmp_path: Path) -> ReleaseId:
    (tmp_path / "releases").mkdir()
    return hand_over(tmp_path, "run-1")


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Gateway]:
    """Run one command of the desk in a folder of its own, and return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)  # the streams are this test's, the process is not
    monkeypatch.setenv("GATEWAY_DESK_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GATEWAY_DESK_RECORDS_URL", f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setenv("GATEWAY_DESK_PERSON", "sam")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gateway", "releases", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    yield run
    structlog.reset_defaults()


def actions(folder: Path) -> list[tuple[str, str]]:
    with closing(records(folder)) as opened:
        return [(entry.actor, entry.action) for entry in opened.log.entries()]


def test_the_stewards_page_is_for_its_owner_alone_and_the_look_is_on_record(
    gateway: Gateway, release: ReleaseId, tmp_path: Path
) -> None:
    code, _, said = gateway("report", release[:12], "--html", "report.html")
    assert (code, "recorded" in said) == (0, True)
    page = tmp_path / "report.html"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "2 of 3 checks did not pass" in Read(page.read_text(encoding="utf-8")).texts("verdict")[0]
    assert actions(tmp_path)[-1] == ("sam", Action.REPORT_VIEWED.value)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_the_public_page_is_for_others_and_no_look_is_recorded(
    gateway: Gateway, release: ReleaseId, tmp_path: Path
) -> None:
    before = actions(tmp_path)
    code, _, _ = gateway("public-report", release[:12], "--html", "public.html")
    assert code == 0
    page = tmp_path / "public.html"
    assert stat.S_IMODE(page.stat().st_mode) & 0o044
    text = page.read_text(encoding="utf-8")
    assert "For stewards" not in text
    assert FIGURE not in text
    assert actions(tmp_path) == before


def test_what_is_printed_for_programs_is_what_the_release_keeps(
    gateway: Gateway, release: ReleaseId, tmp_path: Path
) -> None:
    manifest = json.loads((tmp_path / "releases" / release / "MANIFEST.json").read_text())["files"]
    for command, file in (("report", "steward_report.json"), ("public-report", "public_report.json")):
        code, out, _ = gateway(command, release, "--format", "json")
        assert code == 0
        assert hashlib.sha256(out.removesuffix("\n").encode()).hexdigest() == manifest[file]["sha256"]
    assert actions(tmp_path)[-1] == ("sam", Action.REPORT_VIEWED.value), "printing the steward's report is a look"


def test_an_older_page_is_replaced_and_nothing_else_is(gateway: Gateway, release: ReleaseId, tmp_path: Path) -> None:
    others = {"notes.txt": "mine", "empty": "", "public.html": "<!doctype html><!-- gateway scan -->\n"}
    for name, content in others.items():
        (tmp_path / name).write_text(content)
        before = actions(tmp_path)
        for command in ("report", "public-report"):
            code, _, said = gateway(command, release, "--html", name)
            assert (code, "is not overwritten" in said) == (2, True)
        assert (tmp_path / name).read_text() == content
        assert actions(tmp_path) == before, "what is refused is no look"
    (tmp_path / "link.html").symlink_to(tmp_path / "notes.txt")
    assert gateway("report", release, "--html", "link.html")[0] == 2
    assert gateway("report", release, "--html", "report.html")[0] == 0
    assert gateway("public-report", release, "--html", "report.html")[0] == 2, "a steward's page is no public one"
    (tmp_path / "report.html").chmod(0o644)
    assert gateway("report", release, "--html", "report.html")[0] == 0
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_said_plainly(gateway: Gateway, release: ReleaseId, tmp_path: Path) -> None:
    code, _, said = gateway("public-report", release, "--html", "nowhere/public.html")
    assert (code, "could not be written" in said) == (1, True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", ["report", "public-report"])
def test_who_asks_for_nothing_is_told_what_there_is(gateway: Gateway, release: ReleaseId, command: str) -> None:
    code, _, said = gateway(command, release)
    assert (code, "--html FILE" in said) == (2, True)


def test_a_release_without_a_public_report_says_so(gateway: Gateway, release: ReleaseId, tmp_path: Path) -> None:
    assert release
    old = hand_over(tmp_path, "run-0", public=False)
    code, _, said = gateway("public-report", old, "--format", "json")
    assert (code, "before there were public reports" in said) == (1, True)
    assert gateway("report", old, "--html", "report.html")[0] == 0


def test_the_page_hides_the_votes_that_the_desk_hides(gateway: Gateway, release: ReleaseId, tmp_path: Path) -> None:
    with closing(records(tmp_path)) as opened:
        Desk(opened, tmp_path / "releases", Person("olga")).approve(release)

    def history() -> list[str]:
        assert gateway("report", release, "--html", "report.html")[0] == 0
        page = Read((tmp_path / "report.html").read_text(encoding="utf-8"))
        return [text for text in page.texts("bdi") if text in {"olga", "sam", "rita"}]

    assert "olga" not in history()
    assert gateway("approve", release)[0] == 0
    assert "olga" in history()


def test_show_names_the_page(gateway: Gateway, release: ReleaseId) -> None:
    code, out, said = gateway("show", release[:12])
    assert code == 0
    assert f"gateway releases report {release[:12]} --html" in " ".join((out + said).split())
