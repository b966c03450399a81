"""What attackers may do with the program: draw other rows of a released model, and train models of rows they choose."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw.judge import database, verdict
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.remaking import drawer
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Role
from tests.small_databases import Way

KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "quasi", "treatment": "learn"}
SECRET: dict[str, Any] = {"role": "sensitive", "treatment": "learn"}
PEOPLE = 600


def policy(*, alone: bool) -> Policy:
    homes = {"treatment": "synthesize", "owner": {"table": "people", "named_by": ["home"]},
             "columns": {"id": KEY, "rooms": SECRET}}  # fmt: skip
    visits = {"treatment": "synthesize", "owner": {"table": "people", "columns": ["who"]}, "order": "day",
              "since": "joined", "most": 9, "columns": {"who": KEY, "day": LEARN, "score": LEARN}}  # fmt: skip
    columns = {"id": KEY, "age": LEARN, "ill": SECRET, "joined": LEARN}
    return Policy.model_validate({
        "version": 1, "name": "small", "purpose": "be attacked with its own generator",
        "source": {"name": "small", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
        "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "a person"},
        "budget": {"epsilon": 8.0, "reason": "few people and a short test"},
        "generate": {"holdout": 0.2, "seed": 3},
        "criteria": {"shadow_models": 4},
        "tables": {"people": {"treatment": "synthesize", "columns": columns}} if alone else {
            "people": {"treatment": "synthesize", "columns": columns | {"home": KEY}},
            "homes": homes, "visits": visits,
        },
    })  # fmt: skip


def fill(path: Path, *, alone: bool) -> None:
    random = np.random.default_rng(4)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, ill BOOLEAN, joined DATE)")
        if not alone:
            connection.executescript(
                "CREATE TABLE homes (id INTEGER PRIMARY KEY, rooms INTEGER NOT NULL);"
                "ALTER TABLE people ADD COLUMN home INTEGER REFERENCES homes (id);"
                "CREATE TABLE visits (who INTEGER NOT NULL REFERENCES people (id), day DATE, score INTEGER);"
            )
        for person in range(PEOPLE):
            age = int(random.integers(18, 90))
            row: list[Any] = [person, age, bool(random.random() < age / 100), f"2020-{1 + person % 12:02}-01"]
            if not alone:
                connection.execute("INSERT INTO homes VALUES (?, ?)", (person, 1 + person % 5))
                row.append(person)
            connection.execute(f"INSERT INTO people VALUES ({', '.join('?' * len(row))})", row)
            for visit in range(0 if alone else person % 5):
                day = f"2021-{1 + visit:02}-{1 + person % 28:02}"
                connection.execute("INSERT INTO visits VALUES (?, ?, ?)", (person, day, int(random.integers(9))))
        connection.commit()


@pytest.fixture(scope="module", params=[True, False], ids=["one table", "a database"])
def arena(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Arena:
    """The arena that the judge hands to attacks after a whole run."""
    folder = tmp_path_factory.mktemp("remaking")
    fill(folder / "source.db", alone=request.param)
    way = Way.of(policy(alone=request.param), f"sqlite:///{folder}/source.db", folder)
    found: list[Arena] = []

    def kept(arena: Any, *_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
        found.append(arena())
        return [], []

    with pytest.MonkeyPatch.context() as patch:
        for module in (verdict, database):
            patch.setattr(module, "attack_all", kept)
        tables = tuple(way.draw().values())
        making.judge(way.plan, way.train, way.control, tables, lambda *_: None, measured=way.measured)
    return found[0]


def test_other_rows_of_the_same_model_look_like_those_released(arena: Arena) -> None:
    assert arena.redraw is not None
    drawn = [arena.redraw(seed) for seed in (11, 11, 12)]
    assert all(each.schema == arena.synthetic.schema for each in drawn)
    assert all(each.num_rows == arena.synthetic.num_rows for each in drawn)
    assert drawn[0].equals(drawn[1])
    assert not drawn[0].equals(drawn[2])
    for name in arena.columns:
        ours, theirs = (set(frame[name].to_pylist()) for frame in (arena.synthetic, drawn[0]))
        assert ours & theirs, name
        numbers = [pa.compute.mean(f[name].cast(pa.float64())).as_py() for f in (arena.synthetic, drawn[0])
                   if pa.types.is_integer(f[name].type) or pa.types.is_floating(f[name].type)]  # fmt: skip
        assert not numbers or numbers[0] == pytest.approx(numbers[1], rel=0.2), name


def test_models_are_trained_of_the_rows_that_are_given_and_of_nothing_else(arena: Arena) -> None:
    assert arena.retrain is not None
    old = arena.train.filter(pa.compute.greater(arena.train["age"], 70))
    copies = pa.concat_tables([old] * 6)
    made = arena.retrain(copies, 5)
    assert made.schema == arena.train.schema
    assert abs(made.num_rows - copies.num_rows) < 60
    young = pa.compute.sum(pa.compute.less_equal(made["age"], 70)).as_py()
    assert young < 0.15 * made.num_rows
    again = arena.retrain(copies, 5)
    assert not again.equals(made), "the noise of a model is fresh, whatever the seed of its rows"


def test_few_rows_or_none_can_be_trained_on(arena: Arena) -> None:
    assert arena.retrain is not None
    for rows in (0, 1):
        assert arena.retrain(arena.train.slice(0, rows), 1).schema == arena.train.schema


def test_attacks_know_what_the_policy_calls_a_secret(arena: Arena) -> None:
    assert arena.roles[ColumnName("ill")] is Role.SENSITIVE
    assert set(arena.secrets) - {"homes.rooms"} == {"ill"}
    assert arena.shadow_models == 4
    own = {name for name in arena.columns if name not in arena.derived and not name.endswith(": there")}
    assert set(arena.roles) == own


@pytest.mark.parametrize("alone", [True, False], ids=["one table", "a database"])
def test_the_model_that_was_drawn_from_is_the_one_that_is_drawn_from_again(tmp_path: Path, *, alone: bool) -> None:
    """Fitting takes longest of all, and another fit could be another model."""
    fill(tmp_path / "source.db", alone=alone)
    way = Way.of(policy(alone=alone), f"sqlite:///{tmp_path}/source.db", tmp_path)
    fitted: list[int] = []

    def fitter(*arguments: Any, **more: Any) -> Any:
        fitted.append(1)
        return way.plan.generator.fitter(*arguments, **more)  # type: ignore[attr-defined]

    generator = dataclasses.replace(way.plan.generator, fitter=fitter)  # type: ignore[type-var]
    plan = dataclasses.replace(way.plan, generator=generator)
    (tmp_path / "once").mkdir()
    making.draw(plan, way.measured, tmp_path / "once", lambda *_: None)
    again = drawer(way.measured, plan.modeller)
    assert again(40, 1).units.num_rows == again(40, 2).units.num_rows == 40
    assert fitted == [1]
    plan.modeller.model(making.load(plan, tmp_path / "measured"), lambda *_: None)
    assert fitted == [1, 1]


def test_rows_are_rebuilt_of_a_database_too(arena: Arena) -> None:
    result = plugins.load("gateway.raw.judge.attacks", "reconstruction")().run(arena)
    assert result.targets > 100
    assert result.excess.low < 0.5


@pytest.mark.audit
def test_shadow_models_are_trained_of_a_database_too(arena: Arena) -> None:
    shadow = plugins.load("gateway.raw.judge.attacks", "shadow")()
    result = shadow.run(dataclasses.replace(arena, shadow_models=20))
    assert result.targets == 30
    assert result.excess.low < 0.5
