"""CHECKs that no row can keep, told before anything is spent; and nothing refused that a row could keep."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.lineage import Kin
from gateway.policy.model import ColumnClause
from gateway.raw.generate.closing import KeyPlan
from gateway.raw.generate.foreseeing import refuse_unkeepable
from gateway.vocabulary.checks import Check, Condition, columns_of, keeps
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

CLAUSES = {
    "id": ColumnClause.model_validate({"role": "key", "treatment": "key"}),
    "phone": ColumnClause.model_validate({"role": "direct", "treatment": "replace", "entity": "phone"}),
    "a": ColumnClause.model_validate({"role": "none", "treatment": "learn", "domain": {"lowest": 0, "highest": 3}}),
    "b": ColumnClause.model_validate(
        {"role": "none", "treatment": "learn", "domain": {"lowest": 2, "highest": 4, "sentinels": [9]}}
    ),
    "t": ColumnClause.model_validate({"role": "none", "treatment": "learn", "domain": {"values": ["x", "yy"]}}),
    "d": ColumnClause.model_validate(
        {"role": "none", "treatment": "learn",
         "domain": {"lowest": dt.date(2020, 1, 1), "highest": dt.date(2020, 1, 3)}}
    ),
}  # fmt: skip
COLUMNS = (
    Column(name=ColumnName("id"), kind=Kind.INTEGER, native="integer", nullable=False),
    Column(name=ColumnName("phone"), kind=Kind.TEXT, native="text", nullable=False),
    Column(name=ColumnName("a"), kind=Kind.INTEGER, native="integer", nullable=False),
    Column(name=ColumnName("b"), kind=Kind.INTEGER, native="integer", nullable=True),
    Column(name=ColumnName("t"), kind=Kind.TEXT, native="text", nullable=False),
    Column(name=ColumnName("d"), kind=Kind.DATE, native="date", nullable=False),
)
A, B, T, D = (("column", name) for name in "abtd")


def number(value: int) -> Condition:
    return ("number", str(value))


def refused(condition: Condition) -> str:
    check = Check(name="told", columns=tuple(map(ColumnName, columns_of(condition))), condition=condition)
    name = TableName("people")
    plan = KeyPlan(
        table=Table(name=name, columns=COLUMNS, checks=(check,)),
        kin=Kin(table=name),
        fresh=frozenset([COLUMNS[0].name]),
    )
    try:
        refuse_unkeepable(plan, CLAUSES, seed=1)
    except Unsupported as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "never",
    [
        (">", A, number(3)),
        ("and", (("<", A, B), (">", A, number(3)))),
        (">", ("+", A, number(2)), number(5)),
        ("in", T, (("text", "z"), ("text", "y"))),
        ("=", ("length", T), number(3)),
        ("not", ("or", (("<=", A, number(3)), ("=", T, ("text", "x"))))),
        ("<", D, ("text", "2020-01-01")),
        ("is null", A),
        (">=", ("column", "id"), number(1000)),
        ("=", ("length", ("column", "phone")), number(3)),
    ],
)
def test_what_no_row_can_keep_is_refused(never: Condition) -> None:
    said = refused(never)
    assert "table people has a CHECK 'told'" in said
    assert "2020" not in said
    assert "yy" not in said


@pytest.mark.parametrize(
    "sometimes",
    [
        ("<", B, A),
        (">", B, number(5)),
        (">", B, number(100)),  # NULL keeps it
        ("=", T, ("text", "yy")),
        ("or", (("=", T, ("text", "z")), ("<=", D, ("text", "2020-01-01")))),
        ("<>", A, B),
        (">", ("column", "id"), number(0)),
        ("<", ("column", "id"), A),
    ],
)
def test_what_some_row_keeps_is_not_refused(sometimes: Condition) -> None:
    assert refused(sometimes) == ""


ROWS = pa.table(
    dict(
        zip(
            "abt",
            zip(*itertools.product(range(4), [None, 2, 3, 4, 9], ["x", "yy"]), strict=True),
            strict=True,
        )
    )
)


def conditions() -> st.SearchStrategy[Any]:
    numbers = st.one_of(
        st.just(A), st.just(B), st.integers(-1, 10).map(number), st.just(("length", T)),
        st.tuples(st.sampled_from("+-*"), st.just(A), st.just(B)),
    )  # fmt: skip
    compared = st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers, numbers)
    texts = st.tuples(st.sampled_from(["=", "<>"]), st.just(T), st.sampled_from(["x", "z"]).map(lambda t: ("text", t)))
    return st.recursive(
        st.one_of(compared, texts, st.just(("is null", B))),
        lambda part: st.one_of(
            st.tuples(st.just("not"), part),
            st.tuples(st.sampled_from(["and", "or"]), st.lists(part, min_size=1, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


@given(conditions())
def test_nothing_is_refused_that_a_row_could_keep(condition: Condition) -> None:
    if refused(condition):
        assert not any(keeps(condition, ROWS).to_pylist())
