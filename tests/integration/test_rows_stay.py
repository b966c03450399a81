"""A run by which rows stay in their source: what it refuses, what it counts there, and what its report says of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway import plugins
from gateway.policy.criteria import COUNTABLE, NEED_ROWS
from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw import run as running
from gateway.raw.connect.reading import open_source
from gateway.raw.connect.sources.sqlite import SQLiteSnapshot
from gateway.raw.connect.staying import RowsStay
from gateway.raw.folder import RunFolder
from gateway.raw.generate import database
from gateway.raw.generate.counters.histories_sql_members import HeldOut
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.rules import Condition, How
from gateway.raw.people import People, closed, rehearse
from gateway.records.database import Records
from gateway.records.ledger import Kind
from gateway.records.releases import ReleaseState
from gateway.release.reports import Outcome
from gateway.settings import RawSettings
from gateway.vocabulary.errors import Refused, Unsupported
from gateway.vocabulary.names import ColumnName, TableName

look = SQLiteSnapshot.look
PEOPLE = 700
ALL = sorted(NEED_ROWS - {"shadow"})
POLICY: dict[str, Any] = {
    "version": 1, "name": "small", "purpose": "to be looked at",
    "source": {"name": "small", "url": "${SOURCE}", "rows_stay": True},
    "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "one person with all visits"},
    "budget": {"epsilon": 1.0}, "generate": {"generator": "pairwise", "holdout": 0.3},
    "criteria": {"singling_out": 1, "verbatim": 1, "inference": 1, "one_way": 1, "two_way": 1, "acceptance": 1,
                 "accept_not_run": ALL},
    "tables": {
        "people": {"treatment": "synthesize", "columns": {
            "id": {"role": "key", "treatment": "key"},
            "size": {"role": "none", "treatment": "learn", "domain": {"lowest": 0, "highest": 9}},
            "colour": {"role": "sensitive", "treatment": "learn", "domain": {"values": ["red", "green", "blue"]}},
            "town": {"role": "quasi", "treatment": "learn"},
            "boss": {"role": "key", "treatment": "key"},
        }},
        "towns": {"treatment": "reference", "reason": "on every map"},
        "visits": {"treatment": "synthesize", "owner": {"table": "people", "columns": ["person"]}, "order": "came",
                   "most": 9, "columns": {
            "visit": {"role": "key", "treatment": "key"}, "person": {"role": "key", "treatment": "key"},
            "came": {"role": "quasi", "treatment": "learn",
                     "domain": {"lowest": dt.date(2015, 1, 1), "highest": dt.date(2024, 12, 31)}},
            "why": {"role": "none", "treatment": "learn", "domain": {"values": ["check-up", "accident"]}},
        }},
    },
}  # fmt: skip


def made(**parts: Any) -> Policy:
    return Policy.model_validate({**POLICY, **parts})


def alone(**parts: Any) -> Policy:
    """Return a policy of the people's table alone, which takes less time."""
    dropped = {"treatment": "drop", "reason": "not asked for"}
    columns = POLICY["tables"]["people"]["columns"]
    gone = {"role": "none", "treatment": "drop", "reason": "not asked for"}
    people = {"treatment": "synthesize", "columns": {**columns, "town": gone, "boss": gone}}
    tables = {"people": people, "towns": dropped, "visits": dropped}
    return made(**{"generate": {"generator": "independent", "holdout": 0.3}, "tables": tables, **parts})


POLICY_, ALONE = made(), alone()
NATIVE = """
CREATE TABLE towns (name varchar(20) PRIMARY KEY);
CREATE TABLE people (id bigint PRIMARY KEY, size integer NOT NULL, colour varchar(20) NOT NULL,
    town varchar(20) REFERENCES towns (name), boss bigint REFERENCES people (id));
CREATE TABLE visits (visit bigint PRIMARY KEY, person bigint NOT NULL REFERENCES people (id), came date NOT NULL,
    why varchar(20))
"""


def plant(url: str, people: int = PEOPLE) -> None:
    draw = random.Random(3)  # noqa: S311 - rows of nobody
    towns = ["Aa", "Bb", "Cc"]
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in NATIVE.split(";"):
            connection.exec_driver_sql(statement)
        connection.execute(sa.text("INSERT INTO towns VALUES (:t)"), [{"t": town} for town in towns])
        rows = [
            {"i": key, "s": draw.randrange(10), "c": draw.choice(["red", "green", "green", "blue"]),
             "t": draw.choice(towns), "b": key - 1 if key % 4 == 3 else None} for key in range(people)
        ]  # fmt: skip
        if rows:
            connection.execute(sa.text("INSERT INTO people VALUES (:i, :s, :c, :t, :b)"), rows)
        visits = [
            {"v": key * 5 + each, "p": key, "d": f"20{15 + draw.randrange(10)}-0{1 + draw.randrange(9)}-11",
             "w": draw.choice(["check-up", "accident", None])} for key in range(people) for each in range(key % 4)
        ]  # fmt: skip
        if visits:
            connection.execute(sa.text("INSERT INTO visits VALUES (:v, :p, :d, :w)"), visits)
    engine.dispose()


@pytest.fixture(params=["postgresql", pytest.param("mysql", marks=pytest.mark.mariadb), "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "postgresql":
            made: str = request.getfixturevalue("postgres_database")()
        case "mysql":
            made = request.getfixturevalue("mariadb_database")()
        case _:
            made = f"sqlite:///{tmp_path}/source.db"
    return made


def unheard(_stage: str, _share: float) -> None:
    """Hear nothing."""


def planned(policy: Policy, snapshot: Any) -> making.Plan:
    generator = plugins.load("gateway.raw.generate.generators", policy.generate.generator)
    return making.plan(policy, snapshot, generator=generator, progress=unheard)


class Silent:
    """No noise: what is then measured is what was counted."""

    def add(self, counts: np.ndarray, *, sigma: float, times: int = 1) -> np.ndarray:
        del sigma
        return np.asarray(counts, dtype=np.int64) * times


class Noted:
    """Answers as the counter behind it does, and remembers every answer."""

    def __init__(self, counter: Any, answers: list[Any]) -> None:
        self._counter, self._answers = counter, answers

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._counter, name)
        if not callable(found):
            return found

        def asked(*what: Any, **how: Any) -> Any:
            answer = found(*what, **how)
            texts, counts = answer if name == "values" else ([], answer)
            known = sorted(zip(texts, counts.tolist(), strict=True)) if texts else [each.tolist() for each in counts]
            self._answers.append((name, known))
            return answer

        return asked


def asked(plan: making.Plan, counters: database.Counters) -> list[Any]:
    """Measure without noise, and return every exact answer that was given."""
    answers: list[Any] = []
    noted = database.Counters(
        unit=Noted(counters.unit, answers), owned=lambda table: Noted(counters.owned(table), answers)
    )
    making.ask(plan, noted, unheard, noise=Silent())  # type: ignore[arg-type]
    return answers


def test_what_is_measured_in_the_source_is_what_is_measured_in_memory(url: str) -> None:
    """Without noise the same integers are asked for, and come back, whichever way they are counted."""
    plant(url, 120)
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        plan = planned(POLICY_, closed(POLICY_, snapshot))
        # nobody is held out, either way: the sides need not be the same persons
        nobody = POLICY_.generate.model_copy(update={"holdout": 2.0**-100})
        plan = dataclasses.replace(plan, policy=POLICY_.model_copy(update={"generate": nobody}))
        family = making.read(plan, snapshot, secret=b"s", progress=unheard)[0]
        here = asked(plan, database.in_memory(family, plan.kindred.plans))
        there = People.of(plan, closed(POLICY_, snapshot), secret=b"s", progress=unheard).training
        assert isinstance(there, database.Counters)
        assert asked(plan, there) == here
    assert len(here) > 5


def test_people_are_held_out_in_the_source_as_often_as_declared_and_with_all_they_own(url: str) -> None:
    plant(url, 1500)
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        plan = planned(POLICY_, closed(POLICY_, snapshot))

        def sides(secret: bytes) -> tuple[int, int]:
            people = People.of(plan, closed(POLICY_, snapshot), secret=secret, progress=unheard)
            ((train, control),) = people.matches().count([()]).tolist()
            counters = people.training
            assert isinstance(counters, database.Counters)
            assert counters.unit.count([()])[0] == train
            # every fourth person has k visits, so by those in training alone there are about as many
            rows = Axis(
                column=ColumnName("visits: rows"), domain=plan.kindred.grids(TableName("people"))["visits: rows"]
            )
            by_rows = counters.unit.count([(rows,)])[0]
            assert by_rows.sum() == train
            return int(train), int(control)

        train, control = sides(b"one secret")
        assert train + control == 1500
        assert abs(control - 450) < 4 * (1500 * 0.3 * 0.7) ** 0.5
        assert sides(b"one secret") == (train, control)
        other = People.of(plan, closed(POLICY_, snapshot), secret=b"another", progress=unheard).matches()
        ours = People.of(plan, closed(POLICY_, snapshot), secret=b"one secret", progress=unheard).matches()
        rules = [(Condition(ColumnName("size"), How.IS, size),) for size in range(10)]
        assert (other.count(rules) != ours.count(rules)).any()


@dataclass(frozen=True, kw_only=True)
class Place:
    """A source, records and a workspace."""

    folder: Path
    records: Records
    url: str

    def run(self, policy: Policy, **how: Any) -> running.Outcome:
        return running.run(
            policy, records=self.records, settings=RawSettings(workspace=self.folder / "w", person="requester"),
            url=SecretStr(self.url), progress=unheard, **how,
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    url = f"sqlite:///{tmp_path}/source.db"
    plant(url)
    with closing(Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))) as records:
        yield Place(folder=tmp_path, records=records, url=url)


def test_a_run_reads_no_row_of_a_person_and_says_what_it_did_not_look_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    batches = SQLiteSnapshot.batches

    def noted(self: Any, table: TableName, columns: Any) -> Any:
        read.append(table)
        return batches(self, table, columns)

    monkeypatch.setattr(SQLiteSnapshot, "batches", noted)
    monkeypatch.setattr(SQLiteSnapshot, "look", lambda self, wanted: read.append(wanted.table) or look(self, wanted))
    found = place.run(POLICY_)
    assert set(read) == {"towns"}
    report = found.report
    outcomes = {check.name: check.outcome for check in report.checks}
    assert {name for name, outcome in outcomes.items() if outcome is Outcome.NOT_RUN_ACCEPTED} == set(ALL)
    assert {outcomes[name] for name in COUNTABLE} == {Outcome.PASSED}
    assert {check.reason for check in report.checks if check.name in ALL} == {"rows stay in the source"}
    assert {"people.one_way", "visits.two_way", "references", "acceptance"} <= set(outcomes)
    assert "values of columns" in report.unseen
    assert "correlations" in report.unseen
    assert report.passed
    assert 0 < report.distances["people.mean_one_way"].rate < 0.5


def test_what_was_not_accepted_beforehand_blocks_the_release(place: Place) -> None:
    some = [name for name in ALL if name != "membership"]
    found = place.run(alone(criteria={**POLICY["criteria"], "accept_not_run": some}))
    ended = {check.name: check.outcome for check in found.report.checks}
    assert ended["membership"] is Outcome.COULD_NOT_RUN
    assert not found.report.passed
    (release,) = place.records.releases.list()
    assert release.state is ReleaseState.BLOCKED


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_killed_run_resumes_with_the_same_people_held_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> Any:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(making, "shares_kept", killed)
        with pytest.raises(KilledError):
            place.run(ALONE)
    name = place.records.runs.list()[0].run
    secret = RunFolder(place.folder / "w" / "runs" / name).control.read_bytes()
    seeds: list[bytes] = []
    of = HeldOut.of
    monkeypatch.setattr(HeldOut, "of", lambda secret, *, share: seeds.append(secret) or of(secret, share=share))
    assert place.run(ALONE, resume=name).report.passed
    assert set(seeds) == {secret}
    assert [entry.kind for entry in place.records.ledger.entries()] == [Kind.RESERVED, Kind.COMMITTED]


def test_what_cannot_be_counted_is_refused_by_its_declaration(place: Place) -> None:
    with closing(open_source(SecretStr(place.url), None)) as source, source.snapshot() as snapshot:
        plan = planned(POLICY_, snapshot)
        portraits = dict(plan.kinship.portraits)
        name = TableName("visits")
        kin = dataclasses.replace(portraits[name].kin, until=ColumnName("size"))
        portraits[name] = dataclasses.replace(portraits[name], kin=kin)
        bent = dataclasses.replace(plan, kinship=dataclasses.replace(plan.kinship, portraits=portraits))
        with pytest.raises(Unsupported, match="`until: size`") as refused:
            rehearse(bent, snapshot)
    assert "rows_stay" in str(refused.value)
    assert not list(place.records.ledger.entries())


def test_keys_that_a_database_may_compare_otherwise_are_refused_and_nothing_is_spent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/source.db"
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.execute("CREATE TABLE people (id DOUBLE PRIMARY KEY, size INTEGER NOT NULL)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(key / 2, key % 7) for key in range(300)])
        connection.commit()
    columns = {"id": {"role": "key", "treatment": "key"}, "size": POLICY["tables"]["people"]["columns"]["size"]}
    alone = made(tables={"people": {"treatment": "synthesize", "columns": columns}})
    with closing(Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db"))) as records:
        place = Place(folder=tmp_path, records=records, url=url)
        with pytest.raises(Unsupported, match=r"column id .*take `rows_stay` out"):
            place.run(alone)
        assert not list(records.ledger.entries())


def test_a_view_of_a_source_whose_rows_stay_gives_none(place: Place) -> None:
    with closing(open_source(SecretStr(place.url), None)) as source, source.snapshot() as snapshot:
        view = RowsStay(snapshot, {TableName("towns"): []})
        names = [ColumnName("id"), ColumnName("colour")]
        people = TableName("people")
        with pytest.raises(Refused, match="rows_stay"):
            view.batches(people, names)
        assert view.sample(people, names, rows=9).num_rows == 0
        assert view.draw(people, names, rows=9, secret=b"s").schema.names == names
        assert len(view.draw_filled(people, {names[1]: 1.0}, rows=9, secret=b"s")[names[1]]) == 0
        assert view.draw(TableName("towns"), [ColumnName("name")], rows=9, secret=b"s").num_rows == 3
        towns, name = TableName("towns"), ColumnName("name")
        shut = RowsStay(snapshot, {towns: ["name"]})
        with pytest.raises(Refused, match="rows_stay"):
            shut.batches(towns, [name])
        assert shut.draw(towns, [name], rows=9, secret=b"s").num_rows == 0
