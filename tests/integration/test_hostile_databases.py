"""Whole databases nobody would make on purpose: whatever the rows are, a run that has spent its budget goes to the end.

What comes out goes into tables made with the source's own DDL, on a real PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from gateway.policy.model import Policy
from gateway.raw.run import run
from gateway.records.database import Records
from gateway.settings import RawSettings
from gateway.synthetic.approve.desk import Desk
from gateway.vocabulary.errors import PolicyError, Unsupported
from gateway.vocabulary.names import Person

HOSTILE = 'a"; DROP TABLE x;--'
PEOPLE, VISITS, DRUGS, HOMES = HOSTILE, "visits %s :x", "drugs'\\", "é 👩‍⚕️ home"
DOSE = "%(x)s"
NAMES = {"people": PEOPLE, "visits": VISITS, "drugs": DRUGS, "homes": HOMES, "hostile": HOSTILE, "dose": DOSE}
DDL = """
CREATE DOMAIN stars AS smallint CHECK (VALUE BETWEEN 1 AND 5);
CREATE TABLE {homes} (id smallint PRIMARY KEY, {hostile} text, rooms smallint);
CREATE TABLE {people} (id integer PRIMARY KEY, {hostile} text, n smallint, m integer, st stars,
    home smallint REFERENCES {homes}, joined date, price numeric(4,2));
CREATE TABLE {visits} (id integer PRIMARY KEY, who integer REFERENCES {people}, {hostile} text, at smallint,
    n smallint, ok boolean, st stars NOT NULL, "select" timestamptz);
CREATE TABLE {drugs} (vid integer REFERENCES {visits}, line numeric(1,0), {dose} text, big integer,
    PRIMARY KEY (vid, line));
"""
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "none", "treatment": "learn", "override": "made up for this test"}
Rows = Mapping[str, Sequence[tuple[Any, ...]]]


def policy(*changes: tuple[str, str, dict[str, Any]], most: int = 50) -> Policy:
    """Return the policy, with other clauses for some columns."""
    columns = {
        PEOPLE: {"id": KEY, HOSTILE: LEARN, "n": LEARN, "m": LEARN, "st": LEARN, "home": KEY, "joined": LEARN,
                 "price": LEARN},
        HOMES: {"id": KEY, HOSTILE: LEARN, "rooms": LEARN},
        VISITS: {"id": KEY, "who": KEY, HOSTILE: LEARN, "at": LEARN, "n": LEARN, "ok": LEARN, "st": LEARN,
                 "select": LEARN},
        DRUGS: {"vid": KEY, "line": KEY, DOSE: LEARN, "big": LEARN},
    }  # fmt: skip
    for table, name, clause in changes:
        columns[table][name] = clause
    tables: dict[str, dict[str, Any]] = {
        name: {"treatment": "synthesize", "columns": each} for name, each in columns.items()
    }
    tables[HOMES]["owner"] = {"table": PEOPLE, "named_by": ["home"]}
    tables[VISITS] |= {"owner": {"table": PEOPLE, "columns": ["who"]}, "most": most, "order": "at", "kind": HOSTILE}
    tables[DRUGS] |= {"owner": {"table": VISITS, "columns": ["vid"]}, "most": most}
    return Policy.model_validate({
        "version": 1, "name": "hostile", "purpose": "to be tested to the end",
        "source": {"name": "hostile", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
        "unit": {"name": "person", "table": PEOPLE, "key": ["id"], "meaning": "one row, one person"},
        "budget": {"epsilon": 8.0, "reason": "a short test of few"}, "generate": {"holdout": 0.3, "seed": 5},
        "tables": tables,
    })  # fmt: skip


def rows(people: int, *, each: int = 4) -> dict[str, list[tuple[Any, ...]]]:
    """Return people with numbers at the ends of what their columns hold, each with up to so many visits."""
    random = np.random.default_rng(3)
    visits, drugs = [], []
    for person in range(1, people + 1):
        for _ in range(int(random.integers(0, each + 1))):
            at, n = int(random.integers(30_000, 32_768)), int(random.integers(-32_768, -32_000))
            when = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
            kind = len(visits) % 5
            visits.append((len(visits) + 1, person, f"kind {kind}", at, n, kind > 1, 1 + kind, when))
            doses = random.integers(-(2**31), 2**31, int(random.integers(0, 3)))
            drugs += [(len(visits), line, f"d{line}", int(dose)) for line, dose in enumerate(doses, start=1)]
    return {
        HOMES: [(i, f"street {i}", i % 9) for i in range(1, people + 1)],
        PEOPLE: [
            (i, f"job {i % 7}", int(random.integers(-32_768, 32_768)), int(random.integers(2**30, 2**31)), 1 + i % 5,
             i if i % 3 else None, dt.date(2020, 1, 1 + i % 28), i % 100 - 0.01)
            for i in range(1, people + 1)
        ],
        VISITS: visits,
        DRUGS: drugs,
    }  # fmt: skip


def _libpq(url: str) -> str:
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _filled(url: str, ddl: str, of: Rows) -> None:
    with psycopg.connect(_libpq(url)) as connection:
        connection.execute(sql.SQL(ddl).format(**{name: sql.Identifier(each) for name, each in NAMES.items()}))  # type: ignore[arg-type]
        for table in (HOMES, PEOPLE, VISITS, DRUGS):
            for row in of.get(table, ()):
                marks = sql.SQL(", ").join(map(sql.Literal, row))
                connection.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(table), marks))


@pytest.fixture
def go(postgres_database: Callable[[], str], tmp_path: Path) -> Callable[..., dict[str, int]]:
    """Return a function that runs a policy over rows, and fills a copy of the source with what came out."""

    def start(of: Rows, what: Policy | None = None, *, ddl: str = DDL) -> dict[str, int]:
        url, again, role = postgres_database(), postgres_database(), f"r_{uuid.uuid4().hex[:8]}"
        _filled(url, ddl, of)
        with psycopg.connect(_libpq(url), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            grant = sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}")
            connection.execute(grant.format(sql.Identifier(role)))
        reader = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
        with closing(Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))) as book:
            settings = RawSettings(person="requester", workspace=tmp_path)
            try:
                outcome = run(
                    what or policy(), records=book, settings=settings, url=SecretStr(reader),
                    progress=lambda _phase, _share: None,
                )  # fmt: skip
            except Exception as error:
                error.add_note(f"ledger: {len(book.ledger.entries())} entries")
                raise
            shown = Desk(book, tmp_path / "releases", Person("steward")).show(outcome.release)
        made = {str(table.table.name): table.rows.to_pylist() for table in shown.candidate.tables}
        _filled(again, ddl, {name: [tuple(row.values()) for row in found] for name, found in made.items()})
        return {name: len(found) for name, found in made.items()}

    return start


def test_numbers_at_the_ends_of_their_types_go_into_the_sources_own_tables(go: Callable[..., dict[str, int]]) -> None:
    assert min(go(rows(170)).values()) > 0


@pytest.mark.parametrize(
    "of",
    [
        {},
        rows(1),
        pytest.param(rows(120) | {VISITS: [], DRUGS: []}, marks=pytest.mark.audit),
        # of nobody, and of nothing but NULL
        {
            PEOPLE: [(i, *[None] * 7) for i in range(120)],
            VISITS: [(i, i if i < 90 else None, None, None, None, None, 1, None) for i in range(120)],
            DRUGS: [(i, 1, None, None) for i in range(120)],
        },
    ],
    ids=["nobody", "one person", "people without anything", "nothing but NULL"],
)
def test_a_run_over_next_to_nothing_ends(go: Callable[..., dict[str, int]], of: Rows) -> None:
    assert set(go(of)) == {PEOPLE, VISITS, DRUGS, HOMES}


@pytest.mark.audit
def test_one_row_of_each_is_enough(go: Callable[..., dict[str, int]]) -> None:
    found = go(rows(150, each=1), policy(most=1))
    assert found[DRUGS] <= found[VISITS] <= found[PEOPLE]


def test_what_named_rows_hold_may_be_unique(go: Callable[..., dict[str, int]]) -> None:
    assert go(rows(120), ddl=f"{DDL} ALTER TABLE {{homes}} ADD UNIQUE ({{hostile}}, rooms)")[HOMES] > 0


def test_constraints_that_hardly_a_row_keeps_end_no_run(go: Callable[..., dict[str, int]]) -> None:
    hard = (
        "ALTER TABLE {visits} ADD CHECK (at::bigint - n::bigint > 64000), ADD UNIQUE (who, st, ok)",
        "ALTER TABLE {people} ADD UNIQUE (st, joined), ADD CHECK (m > price), ADD CHECK (n % 7 < 7)",
        "CREATE UNIQUE INDEX ON {visits} (who) WHERE ok",
    )
    of = rows(120, each=9)
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for row in of[VISITS]:
        ok = ("ok", row[1]) not in seen
        if row[3] - row[4] > 64000 and (row[1], row[6], ok) not in seen:
            seen |= {("ok", row[1]), (row[1], row[6], ok)}
            kept.append((*row[:5], ok, *row[6:]))
    drugs = [row for row in of[DRUGS] if row[0] in {visit[0] for visit in kept}]
    found = go(of | {VISITS: kept, DRUGS: drugs}, ddl=";".join((DDL, *hard)))
    assert found[PEOPLE] > 60
    assert found[VISITS] > 20


@pytest.mark.audit
def test_keys_are_as_short_as_what_points_at_them(go: Callable[..., dict[str, int]]) -> None:
    ddl = DDL.replace("{people} (id integer", "{people} (id text").replace("who integer", "who varchar(4)")
    of = rows(120)
    of |= {PEOPLE: [(str(row[0]), *row[1:]) for row in of[PEOPLE]]}
    of |= {VISITS: [(row[0], str(row[1]), *row[2:]) for row in of[VISITS]]}
    assert go(of, ddl=ddl)[VISITS] > 0


@pytest.mark.audit
def test_noise_makes_no_more_rows_than_there_are_keys(go: Callable[..., dict[str, int]]) -> None:
    ddl = DDL.replace("{people} (id integer", "{people} (id numeric(2,0)").replace("who integer", "who numeric(2,0)")
    assert go(rows(99), ddl=ddl)[PEOPLE] <= 99


def test_what_can_be_seen_without_rows_costs_nothing(go: Callable[..., dict[str, int]]) -> None:
    phone = (VISITS, "n", {"role": "direct", "treatment": "replace", "entity": "phone"})
    with pytest.raises(Unsupported, match="too narrow for invented numbers") as narrow:
        go({}, policy(phone))
    coarse = (VISITS, "n", {**LEARN, "domain": {"lowest": 0, "highest": 100, "step": 5}})
    beyond = (PEOPLE, "n", {**LEARN, "domain": {"lowest": 0, "highest": 40_000}})
    with pytest.raises(PolicyError, match="declares `step`") as refused:
        go({}, policy(coarse, beyond))
    assert "from -32768 to 32767" in str(refused.value)
    assert narrow.value.__notes__[-1] == refused.value.__notes__[-1] == "ledger: 0 entries"
    stars = (VISITS, "st", {**LEARN, "domain": {"lowest": 1, "highest": 5}})
    for table, check in (("people", "id >= 1000"), ("visits", "st > 5")):
        ddl = f"{DDL} ALTER TABLE {{{table}}} ADD CONSTRAINT told CHECK ({check})"
        with pytest.raises(Unsupported, match="a CHECK 'told'") as seen:
            go({}, policy(stars), ddl=ddl)
        assert seen.value.__notes__[-1] == "ledger: 0 entries"
