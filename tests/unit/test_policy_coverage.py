from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.coverage import coverage, misfits
from gateway.policy.loading import locate, parse_policy
from gateway.policy.model import DomainClause, Policy
from gateway.raw.generate.identities import invent
from gateway.raw.generate.keys import fresh_keys
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table


def column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=more.pop("native", str(kind)), **more)


def table(name: str, *columns: Column, key: tuple[str, ...] = (), **more: Any) -> Table:
    return Table(name=TableName(name), columns=columns, primary_key=tuple(map(ColumnName, key)), **more)


PATIENTS = table(
    "patients",
    column("id", Kind.INTEGER, nullable=False),
    column("number", Kind.TEXT, nullable=False),
    column("clinic", Kind.INTEGER),
    column("name", Kind.TEXT, nullable=False),
    column("sex", Kind.ENUM, values=("female", "male")),
    column("ward", Kind.TEXT, length=4),
    column("alive", Kind.BOOLEAN),
    column("age", Kind.INTEGER),
    column("dose", Kind.DECIMAL, precision=5, scale=2),
    column("born", Kind.DATE),
    column("seen", Kind.DATETIME),
    column("scan", Kind.UNSUPPORTED, native="bytea"),
    key=("id",),
    unique=((ColumnName("number"),), (ColumnName("name"), ColumnName("born"))),
    references=(
        Reference(columns=(ColumnName("clinic"),), target=TableName("clinics"), target_columns=(ColumnName("id"),)),
    ),
)
SCHEMA = Schema(tables=(PATIENTS, table("clinics", column("id", Kind.INTEGER), key=("id",))))

LEARNED = {"role": "quasi", "treatment": "learn"}
DROPPED = {"role": "none", "treatment": "drop", "reason": "Not needed by anyone"}
COLUMNS: dict[str, dict[str, Any]] = {
    "id": {"role": "key", "treatment": "key"},
    "number": {"role": "key", "treatment": "key"},
    "clinic": LEARNED,
    "name": {"role": "direct", "treatment": "replace", "entity": "full_name"},
    "sex": {**LEARNED, "domain": {"values": ["male"]}},
    "ward": {**LEARNED, "domain": {"values": ["a", "bbbb"]}},
    "alive": {**LEARNED, "domain": {"values": ["true"]}},
    "age": {**LEARNED, "domain": {"lowest": 0, "highest": 120}},
    "dose": {**LEARNED, "domain": {"lowest": 0.5, "highest": 999.99}},
    "born": {**LEARNED, "domain": {"lowest": dt.date(1900, 1, 1), "highest": dt.date(2020, 1, 1)}},
    "seen": {**LEARNED, "domain": {"lowest": dt.datetime(1900, 1, 1), "highest": dt.datetime(2020, 1, 1)}},  # noqa: DTZ001 - policies write none
    "scan": DROPPED,
}


def policy(columns: dict[str, dict[str, Any]] | None = None, **changes: Any) -> Policy:
    return Policy.model_validate(
        {
            "version": 1,
            "name": "clinic",
            "purpose": "Teach analysts",
            "source": {"name": "clinic", "url": "${A}"},
            "unit": {"name": "patient", "table": "patients", "key": ["id"], "meaning": "One patient"},
            "tables": {
                "patients": {"treatment": "synthesize", "columns": COLUMNS if columns is None else columns},
                "clinics": {"treatment": "reference", "reason": "Holds no persons"},
            },
            "target": {"name": "sharing", "url": "${B}", "schema": "clinic"},
            **changes,
        }
    )


def told(changed: Policy, schema: Schema = SCHEMA) -> list[str]:
    return [str(problem) for problem in coverage(changed, schema)]


def test_a_policy_that_names_everything_rightly_covers_the_source() -> None:
    assert told(policy()) == []


@given(name=st.sampled_from(sorted(COLUMNS)))
def test_a_column_left_out_is_told_and_nothing_else(name: str) -> None:
    rest = {key: value for key, value in COLUMNS.items() if key != name}
    (problem,) = told(policy(rest))
    assert problem.startswith(f"tables.patients.columns.{name}: is a column of the source and not in the policy")


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("age", {"values": ["1", "-2", "3e2"]}),
        ("dose", {"values": ["1.25", "999"]}),
        ("born", {"values": ["1900-01-31"]}),
        ("seen", {"values": ["1900-01-31 10:00:00"]}),
        ("seen", COLUMNS["born"]["domain"]),
        ("alive", {"values": ["True", "0"]}),
    ],
)
def test_values_may_be_listed_for_any_kind_when_they_are_of_it(name: str, domain: dict[str, Any]) -> None:
    assert told(policy({**COLUMNS, name: {**LEARNED, "domain": domain}})) == []


def test_a_column_called_a_key_may_hold_fresh_ones_without_being_declared_unique() -> None:
    assert told(policy({**COLUMNS, "ward": {"role": "key", "treatment": "key"}})) == []


def test_tables_left_out_or_not_there_are_told() -> None:
    tables = {
        "patients": {"treatment": "synthesize", "columns": COLUMNS},
        "clinic": {"treatment": "drop", "reason": "Holds no persons"},
    }
    assert [
        line.removesuffix(" and a `reason`").removesuffix(" with a `reason`") for line in told(policy(tables=tables))
    ] == [
        "tables.clinic: is not a table of the source; did you mean `clinics`?",
        "tables.clinics: is a table of the source and not in the policy; add it, if only with `treatment: drop`",
        "tables.patients.columns.clinic: points at other rows, of `clinics`, which is not released; use `drop`",
    ]


def test_every_table_and_column_is_missing_from_an_empty_source() -> None:
    assert told(policy(), Schema(tables=())) == [
        "tables.clinics: is not a table of the source",
        "tables.patients: is not a table of the source",
    ]


@pytest.mark.parametrize(
    ("name", "clause", "message"),
    [
        ("sex", {**LEARNED, "domain": {"values": ["malle"]}}, "has no value `malle` among the 2 the source declares"),
        ("sex", {**LEARNED, "domain": {"values": ["malle"]}}, "did you mean `male`?"),
        ("sex", {**LEARNED, "domain": {"lowest": 0, "highest": 1}}, "declare `values`"),
        ("sex", {"role": "direct", "treatment": "replace", "entity": "city"}, "cannot hold an invented `city`"),
        ("sex", {"role": "key", "treatment": "key"}, "cannot hold a fresh key"),
        ("ward", {**LEARNED, "domain": {"values": ["emergency"]}}, "at most 4 characters"),
        ("ward", {**LEARNED, "domain": {"lowest": 0, "highest": 1}}, "declare `values`"),
        ("ward", {"role": "none", "treatment": "key"}, "belongs to no key of the source and its role is not `key`"),
        ("clinic", {"role": "key", "treatment": "key"}, "points at the public table `clinics`, whose keys are public"),
        ("clinic", {**LEARNED, "domain": {"lowest": 1, "highest": 9}}, "whose rows are its values; it needs no"),
        ("alive", {**LEARNED, "domain": {"values": ["yes"]}}, "its value `yes` should be true or false"),
        ("alive", {**LEARNED, "domain": {"lowest": 0, "highest": 1}}, "declare `values`"),
        ("age", {**LEARNED, "domain": {"values": ["old"]}}, "its value `old` should be a number"),
        ("age", {**LEARNED, "domain": {"values": ["1.5"]}}, "its value `1.5` should be a whole number"),
        ("age", {**LEARNED, "domain": {"values": ["nan"]}}, "its value `nan` should be a finite number"),
        ("dose", {**LEARNED, "domain": {"values": ["1e9"]}}, "at most 3 digits before the point"),
        ("age", {**LEARNED, "domain": {"lowest": 0, "highest": 99.5}}, "`highest` should be a whole number"),
        ("age", {**LEARNED, "domain": {"lowest": 0, "highest": 2**63}}, "`highest` should be within 64 bits"),
        ("age", {**LEARNED, "domain": COLUMNS["born"]["domain"]}, "`lowest` should be a number"),
        ("age", {"role": "direct", "treatment": "replace", "entity": "email"}, "cannot hold an invented `email`"),
        ("dose", {**LEARNED, "domain": {"lowest": -1000, "highest": 1}}, "at most 3 digits before the point"),
        ("born", {"role": "key", "treatment": "key"}, "cannot hold a fresh key"),
        ("born", {**LEARNED, "domain": {"lowest": 1900, "highest": 2000}}, "`lowest` should be a date without a time"),
        ("born", {**LEARNED, "domain": COLUMNS["seen"]["domain"]}, "`lowest` should be a date without a time"),
        ("born", {**LEARNED, "domain": {"values": ["1900-02-30"]}}, "its value `1900-02-30` should be a date"),
        ("seen", {**LEARNED, "domain": {"values": ["2000-01-01T00:00Z"]}}, "should be without a time zone"),
        ("seen", {**LEARNED, "domain": {"lowest": 1900, "highest": 2000}}, "`lowest` should be a date"),
        ("scan", LEARNED, "is of type bytea, which is not supported"),
        ("scan", {"role": "direct", "treatment": "replace", "entity": "url"}, "is of type bytea"),
        ("id", LEARNED, "is part of the primary key"),
    ],
)
def test_a_treatment_that_does_not_fit_the_column_is_told(name: str, clause: dict[str, Any], message: str) -> None:
    found = told(policy({**COLUMNS, name: clause}))
    assert any(line.startswith(f"tables.patients.columns.{name}: ") and message in line for line in found), found


@pytest.mark.parametrize(
    ("clause", "held"),
    [
        ({"values": ["256"]}, "from 0 to 255"),
        ({"lowest": -1, "highest": 7}, "from 0 to 255"),
        ({"sentinels": [999]}, "from 0 to 255"),
        ({"lowest": 0, "highest": 255, "sentinels": [255]}, None),
    ],
)
def test_numbers_that_the_type_does_not_hold_are_told_with_those_that_it_does(
    clause: dict[str, Any], held: str | None
) -> None:
    stars = column("stars", Kind.INTEGER, lowest=0, highest=255)
    found = list(misfits(DomainClause.model_validate(clause), stars))
    assert [held is not None and held in line for line in found] == ([] if held is None else [True])


def test_a_column_the_source_does_not_have_is_told_with_the_nearest_one() -> None:
    columns = {("warD" if name == "ward" else name): clause for name, clause in COLUMNS.items()}
    assert told(policy(columns))[0] == (
        "tables.patients.columns.warD: is not a column of the table; did you mean `ward`?"
    )


def test_a_column_that_points_at_a_person_is_not_learned() -> None:
    mother = Reference(columns=(ColumnName("age"),), target=TableName("patients"), target_columns=(ColumnName("id"),))
    schema = Schema(tables=(dataclasses.replace(PATIENTS, references=(mother,)), SCHEMA.tables[1]))
    assert any("points at `patients`, where no value of the source may appear" in s for s in told(policy(), schema))


def accepted(kind: Kind, clause: dict[str, Any]) -> bool:
    other = column("it", kind, native="bigint", scale=0 if kind is Kind.DECIMAL else None, values=("a",))
    shape = dataclasses.replace(PATIENTS, columns=(PATIENTS.columns[0], other), unique=(), references=())
    return not told(policy({"id": COLUMNS["id"], "it": clause}), Schema(tables=(shape, SCHEMA.tables[1])))


@pytest.mark.parametrize("kind", Kind)
def test_what_is_accepted_to_be_made_can_be_made(kind: Kind) -> None:
    it = column("it", kind, native="bigint", scale=0 if kind is Kind.DECIMAL else None, values=("a",))
    for entity in Entity:
        try:
            invent({it.name: entity}, table("t", it), 2, seed=1)
            possible = True
        except Unsupported:
            possible = False
        clause = {"role": "direct", "treatment": "replace", "entity": entity.value}
        assert accepted(kind, clause) is possible, entity
    try:
        fresh_keys(it, 2, seed=1)
        possible = True
    except Unsupported:
        possible = False
    assert accepted(kind, {"role": "key", "treatment": "key"}) is possible


def unit(*key: str) -> dict[str, Any]:
    return {"name": "patient", "table": "patients", "key": list(key), "meaning": "One patient"}


def test_the_unit_is_named_by_a_declared_key_so_that_it_has_one_row() -> None:
    assert told(policy(unit=unit("number"))) == []
    (refused,) = told(policy(unit=unit("clinic")))
    assert "one unit could have many rows; expected [id] or [number] or [name, born]" in refused
    assert any("could have many rows" in line for line in told(policy(unit=unit("name"))))
    assert any("may be NULL" in line for line in told(policy(unit=unit("born", "name"))))
    assert any("names `nobody`" in line for line in told(policy(unit=unit("nobody"))))


def test_a_table_without_any_key_cannot_hold_the_unit() -> None:
    bare = dataclasses.replace(PATIENTS, primary_key=(), unique=())
    schema = Schema(tables=(bare, SCHEMA.tables[1]))
    assert any("the table has no key that could name the unit" in line for line in told(policy(), schema))


def test_problems_of_coverage_find_their_line_in_the_file(tmp_path: Path) -> None:
    text = (
        'version: 1\nname: p\npurpose: Teach analysts\nsource: {name: s, url: "${A}"}\n'
        "unit: {name: u, table: t.x, key: [id], meaning: One person}\n"
        'target: {name: o, url: "${B}", schema: s}\n'
        "tables:\n  t.x:\n    treatment: synthesize\n    columns:\n"
        "      id: {role: key, treatment: key}\n"
        "      a.b: {role: none, treatment: learn}\n"
    )
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    hostile = table("t.x", column("id", Kind.INTEGER), column("c\n\x1b[31m", Kind.TEXT), key=("id",))
    found = locate(path, coverage(parse_policy(text, name="p"), Schema(tables=(hostile,))))
    assert [(problem.line, problem.where) for problem in found] == [
        (10, "tables.t.x.columns.c��[31m"),
        (12, "tables.t.x.columns.a.b"),
    ]
