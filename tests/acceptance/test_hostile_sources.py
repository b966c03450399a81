"""Tables nobody would make on purpose go the whole way too, or are refused in words; they never break it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.policy.loading import parse_policy
from gateway.policy.model import DomainClause, Policy
from gateway.raw.run import Outcome, run
from gateway.records.database import Records
from gateway.records.releases import ReleaseState
from gateway.release.reports import Outcome as CheckOutcome
from gateway.settings import RawSettings
from gateway.synthetic.approve.desk import Desk
from gateway.synthetic.publish.publishing import publish
from gateway.vocabulary.errors import GatewayError, PolicyError
from gateway.vocabulary.names import Person

HOSTILE = 'a"; DROP TABLE x;--'


def policy(table: str, key: str, learned: Sequence[str], *, dropped: Sequence[str] = ()) -> Policy:
    columns: dict[str, dict[str, str]] = {key: {"role": "key", "treatment": "key"}}
    columns |= {name: {"role": "none", "treatment": "learn", "override": "made up for this test"} for name in learned}
    columns |= {name: {"role": "none", "treatment": "drop", "reason": "of no use here"} for name in dropped}
    return Policy.model_validate(
        {
            "version": 1,
            "name": "hostile",
            "purpose": "to be tested to the end",
            "source": {"name": "hostile", "url": "${SOURCE_URL}"},
            "unit": {"name": "person", "table": table, "key": [key], "meaning": "one row, one person"},
            "generate": {"holdout": 0.3},
            "criteria": {
                "singling_out": 1,
                "verbatim": 1,
                "membership": 1,
                "one_way": 1,
                "two_way": 1,
                "acceptance": 1,
            },
            "target": {"name": "sharing", "url": "${SHARING_URL}", "schema": "shared"},
            "tables": {table: {"treatment": "synthesize", "columns": columns}},
        }
    )


@pytest.fixture
def go(tmp_path: Path) -> Callable[..., Outcome]:
    """Return a function that fills a SQLite table and runs a policy over it."""

    def start(ddl: str, rows: Sequence[Sequence[Any]], what: Policy, table: str = "people") -> Outcome:
        with closing(sqlite3.connect(tmp_path / "source.db")) as source:
            source.execute(ddl)
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                quoted = table.replace('"', '""')
                source.executemany(f'INSERT INTO "{quoted}" VALUES ({marks})', rows)
            source.commit()
        with closing(records(tmp_path)) as book:
            return run(
                what,
                records=book,
                settings=RawSettings(person="requester", workspace=tmp_path),
                url=SecretStr(f"sqlite:///{tmp_path}/source.db"),
                progress=lambda _phase, _share: None,
            )

    return start


def records(folder: Path) -> Records:
    return Records.open(SecretStr(f"sqlite:///{folder}/records.db"))


PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, job TEXT)"


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_of_nobody_or_one_is_blocked_and_breaks_nothing(go: Callable[..., Outcome], rows: int) -> None:
    outcome = go(PEOPLE, [(1, 44, "nurse")][:rows], policy("people", "id", ["age", "job"]))
    assert not outcome.report.passed
    assert CheckOutcome.COULD_NOT_RUN in {check.outcome for check in outcome.report.checks}


def test_a_column_of_nothing_but_null_stays_a_column(go: Callable[..., Outcome], tmp_path: Path) -> None:
    outcome = go(PEOPLE, [(i, None, None) for i in range(900)], policy("people", "id", ["age", "job"]))
    with closing(records(tmp_path)) as book:
        shown = Desk(book, tmp_path / "releases", Person("steward")).show(outcome.release)
    table = shown.candidate.tables[0].rows
    assert table.column_names == ["id", "age", "job"]
    assert table["job"].null_count > 0.9 * len(table)


@pytest.mark.audit
def test_a_hundred_thousand_categories_publish_none_that_few_people_have(
    go: Callable[..., Outcome], tmp_path: Path
) -> None:
    rows = [(i, i % 90, "common" if i % 4 == 0 else f"rare {i}") for i in range(130_000)]
    outcome = go(PEOPLE, rows, policy("people", "id", ["age", "job"]))
    with closing(records(tmp_path)) as book:
        shown = Desk(book, tmp_path / "releases", Person("steward")).show(outcome.release)
    jobs = set(shown.candidate.tables[0].rows["job"].to_pylist())
    assert jobs <= {"common", None}


def test_hostile_names_and_values_reach_the_shared_table_as_mere_text(
    go: Callable[..., Outcome], tmp_path: Path
) -> None:
    quoted = HOSTILE.replace('"', '""')
    ddl = f'CREATE TABLE "{quoted}" (id INTEGER PRIMARY KEY, "{quoted}" TEXT, "<script>alert(1)</script>" TEXT)'
    values = ["=cmd()|' /C calc'!A0", "Robert'); DROP TABLE people;--", "<script>x</script>"]
    rows = [(i, values[i % 3], values[i % 2]) for i in range(1500)]
    what = policy(HOSTILE, "id", [HOSTILE, "<script>alert(1)</script>"])
    outcome = go(ddl, rows, what, table=HOSTILE)
    assert outcome.report.passed, outcome.report
    with closing(records(tmp_path)) as book:
        assert Desk(book, tmp_path / "releases", Person("steward")).approve(outcome.release) is ReleaseState.APPROVED
        publish(
            book,
            tmp_path / "releases",
            outcome.release,
            target_url=SecretStr(f"sqlite:///{tmp_path}/shared.db"),
            person=Person("steward"),
        )
    with closing(sqlite3.connect(tmp_path / "shared.db")) as shared:
        names = [n for (n,) in shared.execute("SELECT name FROM sqlite_master WHERE type = 'view'") if "DROP" in n]
        assert len(names) == 1
        again = names[0].replace('"', '""')
        got = {value for (value,) in shared.execute(f'SELECT DISTINCT "{quoted}" FROM "{again}"')}
    assert got & set(values)
    assert got <= {*values, None}


def test_a_type_that_cannot_be_learned_is_refused_or_dropped(go: Callable[..., Outcome]) -> None:
    ddl = "CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, scan BLOB)"
    rows = [(i, i % 80, b"\x00\xff") for i in range(900)]
    with pytest.raises(PolicyError, match="scan"):
        go(ddl, rows, policy("people", "id", ["age", "scan"]))


def test_an_undeclared_column_stops_the_run_before_anything_is_spent(
    go: Callable[..., Outcome], tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match="job"):
        go(PEOPLE, [(1, 2, "x")], policy("people", "id", ["age"]))
    with closing(records(tmp_path)) as book:
        assert book.ledger.entries() == []


def test_a_column_that_names_people_may_not_be_learned_as_harmless(go: Callable[..., Outcome], tmp_path: Path) -> None:
    rows = [(i, i % 80, f"person{i}@example.org") for i in range(900)]
    what = policy("people", "id", ["age", "email"])
    columns = what.tables["people"].columns
    plain = columns["email"].model_copy(update={"override": None})
    table = what.tables["people"].model_copy(update={"columns": {"id": columns["id"], "email": plain}})
    ddl = "CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, email TEXT)"
    with pytest.raises(PolicyError) as caught:
        go(ddl, rows, what.model_copy(update={"tables": {"people": table}}))
    # all at once: what the policy forgot, and what it calls harmless
    assert {"age", "email"} <= {problem.where.rsplit(".", 1)[-1] for problem in caught.value.problems}
    with closing(records(tmp_path)) as book:
        assert book.ledger.entries() == []


def test_a_declaration_that_cannot_work_costs_no_budget(go: Callable[..., Outcome], tmp_path: Path) -> None:
    what = policy("people", "id", ["age"], dropped=["job"])
    columns = what.tables["people"].columns
    impossible = DomainClause(lowest=0.25, highest=0.75)  # no whole number lies between
    age = columns["age"].model_copy(update={"domain": impossible})
    table = what.tables["people"].model_copy(update={"columns": columns | {"age": age}})
    with pytest.raises(GatewayError, match="age"):
        go(PEOPLE, [(1, 2, "x")], what.model_copy(update={"tables": {"people": table}}))
    with closing(records(tmp_path)) as book:
        assert book.ledger.entries() == []


def test_the_example_policy_is_well_formed() -> None:
    text = (Path(__file__).parents[2] / "policies" / "clinic.yaml").read_text(encoding="utf-8")
    assert parse_policy(text, name="clinic.yaml").name == "clinic"
