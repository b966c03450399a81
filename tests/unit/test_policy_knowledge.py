"""What a policy may declare beyond bounds and values, and what it is told when that does not fit together."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.policy.coverage import coverage, misfits
from gateway.policy.facts import contradictions, parse_order
from gateway.policy.loading import parse_policy
from gateway.policy.model import DomainClause, KnowledgeClause, Policy
from gateway.policy.sentences import told
from gateway.vocabulary.errors import PolicyError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

POLICY = """\
version: 1
name: clinic
purpose: Teach analysts on data that holds nobody
source: {name: clinic, url: "${CLINIC_URL}"}
unit: {name: patient, table: patients, key: [id], meaning: One patient of the clinic}
target: {name: sharing, url: "${SHARING_URL}", schema: clinic}
tables:
  patients:
    treatment: synthesize
    columns:
      id: {role: key, treatment: key}
      ward: {role: quasi, treatment: learn, domain: {groups: {inside: [a, 1], outside: [no]}}}
      code: {role: sensitive, treatment: learn, domain: {prefixes: [1, 3]}}
      weight: {role: quasi, treatment: learn, domain: {lowest: 0, highest: 300, step: 0.5, sentinels: [999, -1]}}
      start: {role: quasi, treatment: learn, domain: {sentinels: [9999-12-31]}}
      end: {role: quasi, treatment: learn}
      note: {role: direct, treatment: drop, reason: Free text names people}
    knowledge:
      target: code
      important: [[weight, start], [code, ward]]
      order:
        - end >= start
      depends:
        ward: code
"""


def problems(old: str, new: str) -> list[str]:
    assert POLICY.count(old) == 1, old
    with pytest.raises(PolicyError) as caught:
        parse_policy(POLICY.replace(old, new), name="p.yaml")
    return [str(problem) for problem in caught.value.problems]


def column(name: str, kind: Kind, **about: int) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **about)  # type: ignore[arg-type]


def source() -> Schema:
    columns = (
        column("id", Kind.INTEGER), column("ward", Kind.TEXT), column("code", Kind.TEXT),
        column("weight", Kind.DECIMAL, precision=5, scale=1), column("start", Kind.DATE), column("end", Kind.DATE),
        column("note", Kind.TEXT),
    )  # fmt: skip
    key = (ColumnName("id"),)
    return Schema(tables=(Table(name=TableName("patients"), columns=columns, primary_key=key),))


def test_everything_that_can_be_declared_is_read() -> None:
    clause = parse_policy(POLICY, name="p").tables["patients"]
    domains = {name: c.domain for name, c in clause.columns.items() if c.domain is not None}
    assert domains["ward"].groups == {"inside": ["a", "1"], "outside": ["no"]}
    assert domains["ward"].values == ["a", "1", "no"]
    assert domains["code"].prefixes == [1, 3]
    assert (domains["weight"].step, domains["weight"].sentinels) == (0.5, [999, -1])
    assert domains["start"].sentinels == [dt.date(9999, 12, 31)]
    assert clause.knowledge is not None
    assert clause.knowledge.orders == (("start", "end"),)
    assert clause.knowledge.pairs == (("weight", "start"), ("code", "ward"))
    assert clause.knowledge.depends == {"ward": "code"}


def test_a_policy_written_out_and_read_again_says_the_same() -> None:
    policy = parse_policy(POLICY, name="p")
    assert Policy.model_validate(policy.model_dump(by_alias=True)) == policy


def test_what_is_declared_is_told_in_sentences() -> None:
    knowledge = parse_policy(POLICY, name="p").tables["patients"].knowledge
    assert knowledge is not None
    assert told(knowledge) == (
        "`code` is what analysts will predict", "`weight` and `start` matter together",
        "`code` and `ward` matter together", "`start` is never above `end`", "`ward` follows from `code`",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "target: code",
            "target: cod",
            (
                "line 19, tables.patients.knowledge.target: names `cod`, which is not a column"
                " of the table; did you mean `code`?"
            ),
        ),
        (
            "target: code",
            "target: note",
            (
                "line 19, tables.patients.knowledge.target: names `note`, which is not learned"
                ", so nothing can be known of it in the release"
            ),
        ),
        ("[code, ward]]", "[code, code]]", "line 20, tables.patients.knowledge.important: names `code` on both sides"),
        ("[code, ward]]", "[code]]", "line 20, tables.patients.knowledge.important: needs 2"),
        ("[code, ward]]", "[code, ward, end]]", "line 20, tables.patients.knowledge.important: may hold at most 2"),
        (
            "end >= start",
            "end > start",
            (
                "line 22, tables.patients.knowledge.order: expected two or more columns with"
                " `<=` (or `>=`) between them, such as `start <= end`"
            ),
        ),
        (
            "end >= start",
            "end >= begin",
            ("line 22, tables.patients.knowledge.order: names `begin`, which is not a column of the table"),
        ),
        (
            "end >= start",
            "end >= start\n        - end <= start",
            (
                "line 21, tables.patients.knowledge.order: among "
                "`end`, `start` goes in a circle, so that all of them would have to be equal; take one out"
            ),
        ),
        (
            "ward: code\n",
            "ward: code\n        code: ward\n",
            (
                "line 23, tables.patients.knowledge.depends: among `code`,"
                " `ward` goes in a circle, so that no column comes first; take one out"
            ),
        ),
        (
            "target: code",
            "tarket: code",
            ("line 19, tables.patients.knowledge.tarket: unknown key `tarket`; did you mean `target`?"),
        ),
        ("[a, 1]", "[a, a]", "line 12, tables.patients.columns.ward.domain.groups.inside: is listed twice"),
        ("[no]", "[a]", "line 12, tables.patients.columns.ward.domain.groups.outside: is listed twice"),
        (
            "[no]",
            "[]",
            (
                "line 12, tables.patients.columns.ward.domain: `groups` has a group without values; list its "
                "values or take it out"
            ),
        ),
        (
            "{prefixes: [1, 3]}",
            "{prefixes: [3, 1]}",
            (
                "line 13, tables.patients.columns.code.domain: `prefixes` are "
                "lengths in increasing order, such as `[1, 3]`"
            ),
        ),
        (
            "{prefixes: [1, 3]}",
            "{prefixes: [1], values: [x]}",
            (
                "line 13, tables.patients.columns.code.domain: "
                "`prefixes` are for text whose values are discovered; declare nothing beside them"
            ),
        ),
        (
            "{prefixes: [1, 3]}",
            "{values: [x], step: 2}",
            (
                "line 13, tables.patients.columns.code.domain: `step` and "
                "`sentinels` are for numbers; listed values need neither"
            ),
        ),
        (
            "{prefixes: [1, 3]}",
            "{values: [x], groups: {g: [y]}}",
            (
                "line 13, tables.patients.columns.code.domain: "
                "`values` and `groups` list different values; `groups` alone is enough"
            ),
        ),
        ("step: 0.5", "step: 0", "line 14, tables.patients.columns.weight.domain.step: must be above 0"),
        (
            "step: 0.5",
            "step: true",
            (
                "line 14, tables.patients.columns.weight.domain.step: true or false is not expected"
                " here; put a text in quotes"
            ),
        ),
        ("[999, -1]", "[999, 999]", "line 14, tables.patients.columns.weight.domain: `sentinels` lists a number twice"),
        (
            "[999, -1]",
            "[many]",
            (
                "line 14, tables.patients.columns.weight.domain.sentinels: expected a number, or a "
                "date such as 1900-01-31, without quotes"
            ),
        ),
    ],
)
def test_what_does_not_fit_together_is_told_once_with_its_line(old: str, new: str, expected: str) -> None:
    assert problems(old, new) == [expected]


def test_a_policy_built_in_code_is_checked_as_one_that_is_read() -> None:
    with pytest.raises(ValidationError, match="names `b`, which is not a column"):
        Policy.model_validate(
            parse_policy(POLICY, name="p").model_dump(by_alias=True) | {"tables": {"t": {
                "treatment": "synthesize", "columns": {"a": {"role": "none", "treatment": "learn"}},
                "knowledge": {"target": "b"},
            }}}
        )  # fmt: skip


def test_a_policy_that_fits_its_source_has_no_problem() -> None:
    assert coverage(parse_policy(POLICY, name="p"), source()) == ()


def test_an_order_between_columns_of_two_kinds_is_refused_before_anything_is_read() -> None:
    orders = "weight <= start <= end\n        - ward <= code"
    policy = parse_policy(POLICY.replace("end >= start", orders), name="p")
    assert [str(problem) for problem in coverage(policy, source())] == [
        (
            "tables.patients.knowledge.order: orders `ward` and `code`, and only numbers, dates and date-times have an "
            "order"
        ),
        (
            "tables.patients.knowledge.order: orders `weight`, of kind decimal, and `start`, of kind date; an order "
            "holds between columns of one kind"
        ),
    ]


@pytest.mark.parametrize(
    ("domain", "of", "expected"),
    [
        ({"step": 0.5}, column("c", Kind.INTEGER), "whole number"),
        ({"step": 0.25}, column("c", Kind.DECIMAL, precision=5, scale=1), "`step` has more"),
        ({"step": 0.1}, column("c", Kind.DECIMAL, precision=5, scale=1), None),
        ({"step": 7}, column("c", Kind.DATE), "`step` is for numbers"),
        ({"prefixes": [2]}, column("c", Kind.INTEGER), "`prefixes` are for text"),
        ({"sentinels": [9]}, column("c", Kind.TEXT), "`sentinels` are for numbers and dates"),
        ({"sentinels": [9, 0.5]}, column("c", Kind.INTEGER), "a whole number"),
        ({"sentinels": [dt.date(9999, 1, 1)]}, column("c", Kind.INTEGER), "a number"),
        ({"sentinels": [dt.date(9999, 1, 1)]}, column("c", Kind.DATETIME), None),
        ({"sentinels": [999], "lowest": 0, "highest": 9}, column("c", Kind.FLOAT), None),
    ],
)
def test_a_declaration_that_does_not_fit_the_columns_type_is_told(
    domain: dict[str, object], of: Column, expected: str | None
) -> None:
    found = list(misfits(DomainClause.model_validate(domain), of))
    assert (not found) if expected is None else (len(found) == 1 and expected in found[0])


def test_orders_are_read_in_both_directions_and_in_chains() -> None:
    assert parse_order(" a b <= c") == (("a b", "c"),)
    assert parse_order("c >= b>=a") == (("a", "b"), ("b", "c"))
    for wrong in ("a", "a <", "<= b", "a <= b >= c", "a < b", "a == b", "a =< b", "a <= <= b", ""):
        with pytest.raises(ValueError, match="expected two or more"):
            parse_order(wrong)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=8))
def test_a_circle_is_found_exactly_where_there_is_one(edges: list[tuple[str, str]]) -> None:
    edges = [(one, other) for one, other in edges if one != other]
    reached = set(edges)
    for middle in "abcde":
        reached |= {(a, d) for a, b in reached for c, d in reached if b == c == middle}
    told_of = [place for place, _ in contradictions(
        {"order": [f"{one} <= {other}" for one, other in edges]}, columns="abcde", learned="abcde"
    )]  # fmt: skip
    assert told_of == ([("order",)] if any(one == other for one, other in reached) else [])


def test_a_clause_says_that_it_fits_or_why_not() -> None:
    clause = KnowledgeClause(order=["a <= b"])
    assert clause.fits(columns="ab", learned="ab") is clause
    with pytest.raises(ValueError, match="not learned"):
        clause.fits(columns="ab", learned="a")
