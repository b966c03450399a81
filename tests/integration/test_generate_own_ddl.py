"""A whole database goes back into tables made with the source's own DDL, on a real PostgreSQL, and into a target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from gateway.policy.lineage import lineage
from gateway.policy.model import Policy
from gateway.raw import handover
from gateway.raw.connect.reading import open_source
from gateway.raw.generate.assembly import published_schema, put_together
from gateway.raw.generate.drawn import Drawn
from gateway.raw.generate.rebuilding import Portion
from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.publish.publishing import open_target
from gateway.synthetic.publish.target import Publication
from gateway.vocabulary.names import ReleaseId, TableName
from gateway.vocabulary.schema import Schema

DDL = """
CREATE TYPE sex AS ENUM ('f', 'm');
CREATE TABLE city (city_id smallint PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, secret text);
CREATE TABLE person (
    person_id serial PRIMARY KEY, email varchar(40) NOT NULL UNIQUE, sex sex, born date NOT NULL,
    city_id smallint REFERENCES city, boss integer REFERENCES person CHECK (boss <> person_id), favourite smallint,
    weight numeric(5,1) CHECK (weight > 0 AND weight < 500), until date, CHECK (until IS NULL OR until >= born));
CREATE TABLE visit (
    person_id integer NOT NULL REFERENCES person ON DELETE CASCADE, no smallint NOT NULL CHECK (no BETWEEN 1 AND 999),
    kind text NOT NULL CHECK (kind IN ('new', 'old')), at timestamptz, PRIMARY KEY (person_id, no),
    CHECK (length(kind) >= 3), CONSTRAINT odd CHECK (kind ~ '^[a-z]+$'));
CREATE TABLE bill (
    code char(8) PRIMARY KEY, person_id integer NOT NULL, no smallint NOT NULL,
    payer integer NOT NULL REFERENCES person,
    FOREIGN KEY (person_id, no) REFERENCES visit, UNIQUE (person_id, no));
ALTER TABLE person ADD FOREIGN KEY (person_id, favourite) REFERENCES visit DEFERRABLE INITIALLY DEFERRED;
"""
KEY = {"role": "key", "treatment": "key"}
LEARN = {"role": "none", "treatment": "learn"}
POLICY = Policy.model_validate(
    {
        "version": 1,
        "name": "house",
        "purpose": "test of whole databases",
        "source": {"name": "house", "url": "${SOURCE}"},
        "unit": {"name": "person", "table": "person", "key": ["person_id"], "meaning": "one person"},
        "tables": {
            "city": {"treatment": "reference", "reason": "cities are on every map", "without": ["secret"]},
            "person": {
                "treatment": "synthesize",
                "columns": {
                    "person_id": KEY, "email": {"role": "direct", "treatment": "replace", "entity": "email"},
                    "sex": LEARN, "born": LEARN, "city_id": LEARN, "boss": KEY, "favourite": KEY, "weight": LEARN,
                    "until": LEARN,
                },
            },
            "visit": {
                "treatment": "synthesize",
                "owner": {"table": "person", "columns": ["person_id"]},
                "columns": {"person_id": KEY, "no": KEY, "kind": LEARN, "at": LEARN},
            },
            "bill": {
                "treatment": "synthesize",
                "owner": {"table": "visit", "columns": ["person_id", "no"]},
                "columns": {"code": KEY, "person_id": KEY, "no": KEY, "payer": KEY},
            },
        },
        "target": {"name": "shared", "url": "${TARGET}", "schema": "house"},
    }
)  # fmt: skip
PUBLIC = {TableName("city"): pa.table({"city_id": pa.array([1, 2], pa.int64()), "name": ["n", "s"]})}


def _open(url: str) -> psycopg.Connection:
    return psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def _portions() -> list[Portion]:
    """Rows by chance, a third of which break a CHECK or a NOT NULL."""
    generator = np.random.default_rng(5)

    def draw(rows: int, kind: pa.DataType, *values: Any) -> pa.Array:
        return pa.array([values[at] for at in generator.integers(0, len(values), rows)], kind)

    people, visits = 60, generator.integers(0, 5, 60)
    bills = generator.integers(0, 3, visits.sum())
    person = {
        "sex": draw(people, pa.string(), "f", "m", None),
        "born": draw(people, pa.date32(), dt.date(1980, 1, 1), dt.date(2001, 1, 1), None),
        "city_id": draw(people, pa.string(), "1", "2", None),
        "boss: there": draw(people, pa.bool_(), True, False),
        "person_id, favourite: there": draw(people, pa.bool_(), True, True, False),
        "weight": draw(people, pa.decimal128(5, 1), 70, 80, -1, 600, None),
        "until": draw(people, pa.date32(), dt.date(1990, 1, 1), None),
    }
    total = int(visits.sum())
    visit = {
        "kind": draw(total, pa.string(), "new", "old", "NEW"),
        "at": draw(total, pa.timestamp("us"), dt.datetime(2020, 1, 1), None),  # noqa: DTZ001 - UTC, as rows here are
    }
    return [
        Portion(table=TableName("person"), rows=pa.table(person), lengths=None),
        Portion(table=TableName("visit"), rows=pa.table(visit), lengths=visits),
        Portion(table=TableName("bill"), rows=pa.table({}), lengths=bills),
    ]


def _made(schema: Schema, folder: Path) -> Sequence[SyntheticTable]:
    (folder / "spool").mkdir()
    (folder / "rows").mkdir()
    tree = lineage(POLICY, schema)
    drawn = Drawn.spooled(_portions(), tree=tree, folder=folder / "spool")
    blocks = put_together(schema, drawn, policy=POLICY, public=PUBLIC, seed=1, progress=lambda *_: None)
    return handover.written_tables(published_schema(schema, POLICY, tree), blocks, folder / "rows")


def test_what_is_published_loads_into_the_sources_own_tables(
    postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    source_url, target_url = postgres_database(), postgres_database()
    with _open(source_url) as connection:
        connection.execute(DDL.encode())
    with closing(open_source(SecretStr(source_url), None)) as source:
        schema = source.introspect()
    tables = {each.table.name: each for each in _made(schema, tmp_path)}
    assert [check.name for check in tables["visit"].table.checks if check.condition is None] == ["odd"]
    assert len([check for check in tables["person"].table.checks if check.condition is not None]) == 3

    target = open_target(SecretStr(target_url))
    to = Publication(
        release=ReleaseId("a1" * 32), schema="house", readers=None, info={"policy": "house"}, note="SYNTHETIC"
    )
    target.stage(to, list(tables.values()))
    target.verify(to, list(tables.values()))
    target.switch(to, list(tables.values()))
    target.close()

    with _open(target_url) as sharing, _open(source_url) as own:
        kinds = sharing.execute(
            "SELECT contype::text, count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace "
            "JOIN pg_class t ON t.oid = c.conrelid WHERE nspname LIKE 'house%' AND contype IN ('p', 'u', 'f') "
            "AND t.relname NOT IN ('release_info', 'column_notes') GROUP BY 1 ORDER BY 1"
        ).fetchall()
        assert kinds == [("f", 6), ("p", 4), ("u", 3)]
        for name in ("city", "person", "visit", "bill"):
            columns = [column.name for column in tables[name].table.columns]
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            found = sharing.execute(
                sql.SQL("SELECT {} FROM {} ORDER BY boss NULLS FIRST").format(listed, sql.Identifier("house", name))
                if name == "person"
                else sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier("house", name))
            ).fetchall()
            assert len(found) == tables[name].count > 0
            own.execute("ALTER TABLE person DISABLE TRIGGER ALL") if name == "person" else None
            marks = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
            statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(name), listed, marks)
            with own.cursor() as cursor:
                cursor.executemany(statement, found)
        own.execute("ALTER TABLE person ENABLE TRIGGER ALL")
        dangling = own.execute(
            "SELECT count(*) FROM person p LEFT JOIN visit v ON v.person_id = p.person_id AND v.no = p.favourite "
            "LEFT JOIN person b ON b.person_id = p.boss WHERE (p.favourite IS NOT NULL AND v.no IS NULL) "
            "OR (p.boss IS NOT NULL AND b.person_id IS NULL)"
        ).fetchone()
        assert dangling == (0,)
        assert own.execute("SELECT count(favourite) > 5, count(boss) > 5 FROM person").fetchone() == (True, True)
        assert own.execute("SELECT bool_and(payer = person_id) FROM bill").fetchone() == (True,)
