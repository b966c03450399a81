"""What may be declared of values is not the same for a unit's rows and for what it owns."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gateway.policy.coverage import coverage
from gateway.policy.model import Policy
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table


def column(name: str, kind: Kind = Kind.INTEGER) -> Column:
    return Column(name=ColumnName(name), kind=kind, native="x")


def points(name: str, target: str) -> Reference:
    return Reference(columns=(ColumnName(name),), target=TableName(target), target_columns=(ColumnName("id"),))


def table(name: str, *columns: Column, references: tuple[Reference, ...] = ()) -> Table:
    return Table(
        name=TableName(name), columns=(column("id"), *columns), primary_key=(ColumnName("id"),), references=references
    )


SCHEMA = Schema(
    tables=(
        table("people", column("home"), column("age"), references=(points("home", "homes"),)),
        table("homes", column("street", Kind.TEXT), column("region"), references=(points("region", "regions"),)),
        table("regions", column("size")),
        table(
            "visits", column("who"), column("at", Kind.DATE), column("cost"), column("why", Kind.TEXT), column("room"),
            references=(points("who", "people"), points("room", "rooms")),
        ),
        table("rooms", column("beds")),
    )
)  # fmt: skip
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "none", "treatment": "learn"}


def told(where: str, of: str, domain: dict[str, Any]) -> list[str]:
    """Return what is said when ``domain`` is declared of the column ``of`` of the table ``where``."""
    owners: dict[str, dict[str, Any]] = {
        "homes": {"table": "people", "named_by": ["home"]}, "regions": {"table": "homes", "named_by": ["region"]},
        "visits": {"table": "people", "columns": ["who"]}, "rooms": {"table": "visits", "named_by": ["room"]},
    }  # fmt: skip
    fresh = {"id", "home", "region", "who", "room"}
    tables: dict[str, dict[str, Any]] = {}
    for shape in SCHEMA.tables:
        columns = {str(c.name): KEY if c.name in fresh else LEARN for c in shape.columns}
        tables[str(shape.name)] = {"treatment": "synthesize", "columns": columns}
        if shape.name in owners:
            tables[str(shape.name)]["owner"] = owners[shape.name]
    tables["visits"]["order"] = "at"
    tables[where]["columns"][of] = {**LEARN, "domain": domain}
    policy = Policy.model_validate({
        "version": 1, "name": "house", "purpose": "Teach analysts", "source": {"name": "house", "url": "${A}"},
        "unit": {"name": "person", "table": "people", "key": ["id"], "meaning": "One person"},
        "target": {"name": "sharing", "url": "${B}", "schema": "house"}, "tables": tables,
    })  # fmt: skip
    return [str(problem) for problem in coverage(policy, SCHEMA)]


@pytest.mark.parametrize(
    ("where", "of", "domain", "field"),
    [
        ("visits", "cost", {"lowest": 0, "highest": 90, "step": 5}, "step"),
        ("visits", "cost", {"sentinels": [999]}, "sentinels"),
        ("visits", "at", {"sentinels": [dt.date(1970, 1, 1)]}, "sentinels"),
        ("visits", "why", {"prefixes": [2]}, "prefixes"),
        ("rooms", "beds", {"lowest": 0, "highest": 90, "step": 5}, "step"),
    ],
)
def test_what_is_kept_of_units_alone_is_refused_of_what_they_own(
    where: str, of: str, domain: dict[str, Any], field: str
) -> None:
    text = f"tables.{where}.columns.{of}: declares `{field}`, which is kept only in the table of the protected unit"
    assert any(line.startswith(text) and "take it out" in line for line in told(where, of, domain))


@pytest.mark.parametrize(
    ("where", "of", "domain"),
    [
        ("people", "age", {"sentinels": [999]}),
        ("homes", "street", {"prefixes": [3]}),
        ("regions", "size", {"lowest": 0, "highest": 90, "step": 5}),
    ],
)
def test_rows_that_a_unit_names_keep_what_its_own_do(where: str, of: str, domain: dict[str, Any]) -> None:
    assert told(where, of, domain) == []
