"""Which texts a CHECK leaves to a column."""

from __future__ import annotations

import pytest

from gateway.vocabulary.checks import Check, Condition, listed
from gateway.vocabulary.names import ColumnName

TYPE = ColumnName("type")
COLUMN = ("column", "type")


def check(condition: Condition | None, *columns: str) -> Check:
    return Check(name="c", columns=tuple(map(ColumnName, columns or ("type",))), condition=condition)


@pytest.mark.parametrize(
    "condition",
    [
        ("in", COLUMN, (("text", "b"), ("text", "a"), ("text", "b"))),
        ("or", (("=", COLUMN, ("text", "b")), ("=", COLUMN, ("text", "a")))),
        ("or", (("is null", COLUMN), ("in", COLUMN, (("text", "b"), ("text", "a"))))),
    ],
)
def test_lists_are_known_however_they_are_written(condition: Condition) -> None:
    assert listed([check(None), check(condition)], TYPE) == ("b", "a")


@pytest.mark.parametrize(
    "condition",
    [
        ("in", COLUMN, (("text", "a"), ("number", "1"))),
        ("not", ("in", COLUMN, (("text", "a"),))),
        ("or", (("=", COLUMN, ("text", "a")), (">", ("length", COLUMN), ("number", "3")))),
        ("<>", COLUMN, ("text", "a")),
        ("=", ("length", COLUMN), ("text", "a")),
    ],
)
def test_what_leaves_more_to_a_column_lists_nothing(condition: Condition) -> None:
    assert listed([check(condition)], TYPE) == ()


def test_a_list_beside_another_columns_is_no_list() -> None:
    two = ("or", (("=", COLUMN, ("text", "a")), ("=", ("column", "kind"), ("text", "b"))))
    assert listed([check(two, "type", "kind")], TYPE) == ()
    assert listed([check(("=", ("column", "kind"), ("text", "b")), "kind")], TYPE) == ()
