"""A column as the catalogue declares it, as JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

FULL = Column(
    name=ColumnName("price"), kind=Kind.DECIMAL, native="decimal(8,2) unsigned", nullable=False, values=("a", "b"),
    precision=8, scale=2, length=3, lowest=0, highest=2**63 - 1,
)  # fmt: skip


@pytest.mark.parametrize("column", [FULL, Column(name=ColumnName("c"), kind=Kind.TEXT, native="text")])
def test_all_that_values_are_made_from_survives_json(column: Column) -> None:
    assert Column.from_json(json.loads(json.dumps(column.to_json()))) == column


@pytest.mark.parametrize(
    ("field", "value"),
    [("lowest", "0"), ("highest", 2**63), ("highest", True), ("scale", -1), ("length", 1.5), ("kind", "number")],
)
def test_what_is_no_column_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"column|Kind"):
        Column.from_json(FULL.to_json() | {field: value})
