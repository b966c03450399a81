"""Columns that single people out only together are told of, in steps and without values."""

import itertools
from typing import Any

import pyarrow as pa
import pytest

from gateway.raw.detect.combining import FEWEST_ROWS, STEPS, combine, singling_out
from gateway.raw.detect.findings import Finding
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment


def a_finding(column: Any, *, role: Any = Role.QUASI, confidence: Any = 0.9) -> Any:
    return Finding(
        table=TableName("patients"), column=ColumnName(column), role=role, entity="age", confidence=confidence,
        evidence=(), treatment=Treatment.LEARN,
    )  # fmt: skip


def a_grid(*, sides: Any) -> Any:
    """Return rows in which all columns together are different in each, and no fewer are."""
    cells = list(itertools.product(*(range(side) for side in sides)))
    return pa.table({f"c{at}": [row[at] for row in cells] for at in range(len(sides))})


def test_columns_that_only_together_single_out_are_each_told_of_with_the_others() -> None:
    rows = a_grid(sides=(10, 12))
    found = combine([a_finding("c0"), a_finding("c1")], rows)
    for finding, other in zip(found, ("c1", "c0"), strict=True):
        (piece,) = finding.evidence
        assert piece.recognizer == "combinations"
        assert f"together with {other}" in piece.reason
        assert piece.share == 0.9
        assert finding.role is Role.QUASI
        assert finding.confidence == 0.9


def test_three_columns_are_looked_at_together() -> None:
    (found,) = singling_out([a_finding(f"c{at}") for at in range(3)], a_grid(sides=(5, 5, 6)))
    assert found.columns == ("c0", "c1", "c2")


def test_a_larger_set_that_adds_nothing_is_not_told_of() -> None:
    rows = a_grid(sides=(10, 12))
    rows = rows.append_column("c2", pa.array([1, 2] * 60))
    sets = [each.columns for each in singling_out([a_finding(f"c{at}") for at in range(3)], rows)]
    assert ("c0", "c1") in sets
    assert ("c0", "c1", "c2") not in sets


def test_columns_that_many_share_are_not_told_of() -> None:
    rows = pa.table({"c0": [1, 2] * 200, "c1": ["a", "b", "a", "b"] * 100})
    assert singling_out([a_finding("c0"), a_finding("c1")], rows) == ()


def test_a_column_that_is_different_in_every_row_is_not_combined() -> None:
    rows = pa.table({"c0": list(range(200)), "c1": [1, 2] * 100})
    assert singling_out([a_finding("c0"), a_finding("c1")], rows) == ()


@pytest.mark.parametrize("role", [Role.NONE, Role.DIRECT, Role.KEY, Role.SENSITIVE])
def test_only_quasi_identifiers_are_combined(role: Any) -> None:
    assert singling_out([a_finding("c0", role=role), a_finding("c1")], a_grid(sides=(10, 12))) == ()


def test_too_few_rows_say_nothing() -> None:
    rows = a_grid(sides=(9, 11))
    assert rows.num_rows < FEWEST_ROWS
    assert singling_out([a_finding("c0"), a_finding("c1")], rows) == ()


def test_an_empty_cell_is_a_value_and_a_column_that_was_not_sampled_is_left_out() -> None:
    rows = pa.table({"c0": [None, *range(9)] * 12, "c1": [n // 10 for n in range(120)]})
    (found,) = singling_out([a_finding("c0"), a_finding("c1"), a_finding("gone")], rows)
    assert found.columns == ("c0", "c1")


def test_only_a_step_is_told() -> None:
    doubled = pa.concat_tables([a_grid(sides=(10, 12)), a_grid(sides=(10, 12)).slice(0, 30)])
    (found,) = singling_out([a_finding("c0"), a_finding("c1")], doubled)
    assert found.step in {least for least, _ in STEPS}
    assert found.step == 0.5
