"""Generators that break their promise, run under a policy from end to end: what they make is blocked, or never made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from gateway.policy.model import Policy
from gateway.raw import auditing, making
from gateway.raw.connect.reading import open_source
from gateway.raw.run import Outcome, run
from gateway.records.database import Records
from gateway.records.releases import ReleaseState
from gateway.records.runs import RunState
from gateway.release import audits
from gateway.release.evidence import AuditReport, Fault
from gateway.release.reports import Outcome as Ended
from gateway.settings import RawSettings
from gateway.vocabulary.errors import CheckFailed, Refused
from tests import planted_generators

PEOPLE = 1800
LEARN: dict[str, Any] = {"role": "quasi", "treatment": "learn", "override": "made up for this test"}
Go = Callable[..., Outcome]


def policy(generator: str, **criteria: Any) -> Policy:
    columns: dict[str, Any] = dict.fromkeys(("a", "b", "c", "d", "e"), LEARN)
    return Policy.model_validate({
        "version": 1, "name": "planted", "purpose": "see what a run does with a generator that cannot be trusted",
        "source": {"name": "planted", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
        "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "one row, one person"},
        "budget": {"epsilon": 4.0, "reason": "few people and a short test"},
        "generate": {"generator": generator, "holdout": 0.35, "seed": 5},
        "criteria": {"one_way": 0.4, "two_way": 0.5, "acceptance": 0.9, **criteria},
        "tables": {"people": {"treatment": "synthesize", "columns": {
            "id": {"role": "key", "treatment": "key"}, **columns}}},
    })  # fmt: skip


def fill(path: Path) -> None:
    random = np.random.default_rng(3)
    rows = [
        (n, int(random.integers(0, 90)), int(random.normal(0, 300)), f"kind {min(int(random.zipf(1.7)), 30)}",
         int(random.lognormal(5, 1)), int(random.integers(0, 12)))
        for n in range(PEOPLE)
    ]  # fmt: skip
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT, d INTEGER, e INTEGER)"
        )
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))
    yield opened
    opened.close()


@pytest.fixture
def url(tmp_path: Path) -> SecretStr:
    fill(tmp_path / "source.db")
    return SecretStr(f"sqlite:///{tmp_path}/source.db")


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put another distribution with the generators on the path, as pip would."""
    metadata = tmp_path / "planted-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    lines = [f"{name.replace('_', '-')} = tests.planted_generators:{name}" for name in planted_generators.NAMES]
    (metadata / "entry_points.txt").write_text("\n".join(["[gateway.generators]", *lines, ""]))
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def go(records: Records, url: SecretStr, tmp_path: Path) -> Go:
    def start(generator: str, **criteria: Any) -> Outcome:
        settings = RawSettings(workspace=tmp_path, person="requester")
        return run(policy(generator, **criteria), records=records, settings=settings, url=url,
                   progress=lambda *_: None)  # fmt: skip

    return start


def ended(outcome: Outcome) -> dict[str, Ended]:
    return {check.name: check.outcome for check in outcome.report.checks}


def test_the_same_generator_without_its_fault_is_not_blocked(go: Go, records: Records) -> None:
    """Else what is said of the others would say nothing."""
    outcome = go("keeps-nobody")
    assert set(ended(outcome).values()) == {Ended.PASSED}, ended(outcome)
    assert records.releases.get(outcome.release).state is ReleaseState.PENDING


def test_a_twentieth_of_the_rows_word_for_word_is_blocked(go: Go, records: Records) -> None:
    outcome = go("leaks-a-twentieth")
    assert {"verbatim", "near_copies"} <= {name for name, end in ended(outcome).items() if end is Ended.FAILED}
    assert records.releases.get(outcome.release).state is ReleaseState.BLOCKED


def test_outliers_alone_that_are_remembered_are_blocked(go: Go, records: Records) -> None:
    outcome = go("remembers-outliers")
    failed = {name for name, end in ended(outcome).items() if end is Ended.FAILED}
    assert {"verbatim", "near_copies", "membership", "reconstruction"} <= failed
    assert records.releases.get(outcome.release).state is ReleaseState.BLOCKED


def test_more_than_the_budget_is_never_certified(go: Go, records: Records) -> None:
    with pytest.raises(CheckFailed, match="nothing was handed over"):
        go("spends-double")
    assert not records.releases.list()
    assert [known.state for known in records.runs.list()] == [RunState.RESERVED]


def audited(generator: str, url: SecretStr, folder: Path, *, games: int) -> AuditReport:
    """Play as `gateway audit` does, and keep what was found where runs look for it."""
    what = policy(generator, audit_games=games)
    with closing(open_source(url, None)) as source, source.snapshot() as snapshot:
        plan = making.plan(what, snapshot, generator=auditing.generator(what), progress=lambda *_: None)
    found = auditing.audit(plan, games=games, processes=1, progress=lambda *_: None)
    return audits.keep(found, folder)


def test_a_tenth_of_the_noise_is_found_out_before_a_row_is_read(
    go: Go, records: Records, url: SecretStr, tmp_path: Path
) -> None:
    """The claim is what the policy allows, so certifying finds nothing; a policy that asks for an audit does."""
    with pytest.raises(Refused, match="asks for an audit of 8 games"):
        go("tenth-of-the-noise", audit_games=8)
    settings = RawSettings(workspace=tmp_path, person="requester")
    found = audited("tenth-of-the-noise", url, settings.audits, games=8)
    assert found.contradicted
    assert set(found.faults) & set(Fault)
    with pytest.raises(Refused, match="contradicted its claim"):
        go("tenth-of-the-noise", audit_games=8)
    assert not records.ledger.entries()
    assert not records.releases.list()
