"""Which texts, and which numbers, a CHECK leaves to a column."""

from __future__ import annotations

import math

import pytest

from gateway.vocabulary.checks import Check, Condition, bounds, listed
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


N = ("column", "n")
ONE, NINE = ("number", "1.5"), ("number", "9")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("and", ((">=", N, ONE), ("<", N, NINE))), (1.5, 9)),
        (("or", (("is null", N), (">", N, ONE))), (1.5, math.inf)),
        (("or", (("=", N, NINE), ("in", N, (ONE, NINE)))), (1.5, 9)),
        (("or", (("<", ONE, N), ("<>", N, NINE))), (-math.inf, math.inf)),
        (("not", (">", N, ONE)), (-math.inf, math.inf)),
        ((">", ("*", N, N), NINE), (-math.inf, math.inf)),
        ((">=", NINE, N), (-math.inf, 9)),
    ],
)
def test_numbers_are_bounded_by_what_every_row_keeps(condition: Condition, found: tuple[float, float]) -> None:
    name = ColumnName("n")
    of_two = Check(name="two", columns=(name, ColumnName("m")), condition=("=", N, ONE))
    wide = Check(name="wide", columns=(name,), condition=("<=", N, ("number", "100")))
    assert bounds([Check(name="one", columns=(name,), condition=condition), of_two], name) == found
    assert bounds([wide, Check(name="one", columns=(name,), condition=condition)], name)[1] == min(found[1], 100)
