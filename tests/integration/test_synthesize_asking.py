"""What people write of the rows they want becomes a request, or is told what to write instead."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.raw.generate.asking import asked
from gateway.raw.generate.request import Condition, Request
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName

SCHEMA = pa.schema([
    ("age", pa.int64()), ("income", pa.string()), ("edu num", pa.decimal128(5, 1)), ("day", pa.date32()),
    ("at", pa.timestamp("us")), ("flag", pa.bool_()), ("x", pa.float64()), ("in", pa.string()),
])  # fmt: skip
DAY = dt.date(2020, 1, 2)


@pytest.mark.parametrize(
    ("where", "column", "condition"),
    [
        (["income = '>50K'"], "income", Condition(values=(">50K",))),
        (["income=Private"], "income", Condition(values=("Private",))),
        (["income = 'it''s, so'"], "income", Condition(values=("it's, so",))),
        (["income in ('<=50K', a b, '')"], "income", Condition(values=("<=50K", "a b", ""))),
        (["income IS NULL"], "income", Condition(values=(None,))),
        (["age >= 30", "age<=40"], "age", Condition(lowest=30, highest=40)),
        (["age BETWEEN -3 and +40"], "age", Condition(lowest=-3, highest=40)),
        (["age >= 0"], "age", Condition(lowest=0)),
        (["age = 7"], "age", Condition(values=(7,))),
        (['"edu num" <= 0.5'], "edu num", Condition(highest=0.5)),
        (["edu num >= 5"], "edu num", Condition(lowest=5)),
        (["day between 2020-01-02 and '2020-01-02'"], "day", Condition(lowest=DAY, highest=DAY)),
        (["at >= 2020-01-02 03:04"], "at", Condition(lowest=dt.datetime.fromisoformat("2020-01-02 03:04"))),
        (["flag = True"], "flag", Condition(values=(True,))),
        (["x in (1, 2.5)"], "x", Condition(values=(1, 2.5))),
        (["in = a"], "in", Condition(values=("a",))),
    ],
)
def test_a_condition_is_read(where: list[str], column: str, condition: Condition) -> None:
    assert asked(where, None, SCHEMA) == Request(where={ColumnName(column): condition})


def test_shares_are_read_with_null_as_a_class() -> None:
    shares = asked([], "income: {'>50K': 0.5, \"<=50K\": 1, null: 2}", SCHEMA)
    assert shares == Request(shares=(ColumnName("income"), {">50K": 0.5, "<=50K": 1.0, None: 2.0}))
    assert asked([], "age: {30: 1, 40: 2}", SCHEMA) == Request(shares=(ColumnName("age"), {30: 1.0, 40: 2.0}))


def test_nothing_asked_is_no_request() -> None:
    assert asked([], None, SCHEMA) is None


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (["agee = 3"], "did you mean `age`"),
        (["age = x"], "`age` is of type int64; x is none"),
        (["age = 2.5"], "is none"),
        (["x = nan"], "is none"),
        (["age < 3"], "is not understood; write"),
        (["age != 3"], "is not understood; write"),
        (["age"], "is not understood; write"),
        (["age in ()"], "is not understood; write"),
        (["income >= b"], "holds text, which has no order"),
        (["income between a and b"], "holds text, which has no order"),
        (["age = 3", "age = 4"], "names `age` twice"),
        (["age >= 3", "age >= 4"], "bounds `age` twice on one side"),
        (["day = 2020-02-30"], "is none"),
    ],
)
def test_a_condition_that_does_not_read_is_told_what_to_write(where: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        asked(where, None, SCHEMA)


@pytest.mark.parametrize(
    "shares",
    ["", "income", "income: 3", "a: {x: 1}\nb: {x: 1}", "income: {}", "{", "age: {3: -1}", "age: {x: 1}", "b: {x: 1}",
     "flag: {true: true}"],
)  # fmt: skip
def test_shares_that_do_not_read_are_told_what_to_write(shares: str) -> None:
    with pytest.raises(ConfigurationError):
        asked([], shares, SCHEMA)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_request_or_a_configuration_error(where: str, shares: str) -> None:
    for given_where, given_shares in (([where], None), ([], shares)):
        with suppress(ConfigurationError):
            asked(given_where, given_shares, SCHEMA)
