"""Domain files: what may be said of one file of rows, and every mistake told with its line."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.loading import locate
from gateway.policy.one_table import (
    DomainFile,
    domain_digest,
    domain_schema,
    load_domain,
    misfit,
    parse_domain,
    typed,
)
from gateway.policy.reference import domain_reference
from gateway.vocabulary.errors import PolicyError
from gateway.vocabulary.names import TableName
from gateway.vocabulary.schema import Kind, Table

GOOD = """\
version: 1
source: census
columns:
  age: {kind: integer, lowest: 17, highest: 90}
  weight: {kind: "decimal(6, 1)", step: 0.5, sentinels: [999]}
  income: {values: [<=50K, ">50K"], nullable: false}
  code: {kind: text, prefixes: [1, 3]}
  town: {discover: true}
  born: {kind: date}
  died: {kind: date}
ignore: [name]
unit: {key: [id], meaning: one person and their row}
knowledge:
  target: income
  order: [born <= died]
csv: {delimiter: ";", nulls: [NA, "?", -9], decimal: ","}
"""
COLUMNS = tuple(
    typed(name, kind, nullable=True)
    for name, kind in [("id", "integer"), ("name", "text"), ("age", "integer"), ("weight", "decimal(6,1)"),
                       ("income", "text"), ("code", "text"), ("town", "text"), ("born", "date"), ("died", "date")]
)  # fmt: skip
TABLE = Table(name=TableName("t"), columns=COLUMNS)
LEARNED = ["age", "weight", "income", "code", "town", "born", "died"]


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_domain(text, name="d.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_can_be_declared_of_a_file_is_read() -> None:
    domain = parse_domain(GOOD, name="d")
    assert domain.columns["income"].values == ["<=50K", ">50K"]
    assert domain.csv.nulls == ["NA", "?", "-9"]
    assert domain.unit is not None
    assert domain.unit.name == "row"
    assert [name for name, clause in domain.columns.items() if clause.says_what_texts] == ["income", "code", "town"]
    assert misfit(domain, TABLE, learned=LEARNED) == ()
    assert DomainFile.model_validate(domain.model_dump()) == domain


def test_an_empty_domain_file_declares_nothing_and_is_asked_to_say_so() -> None:
    assert DomainFile() == parse_domain("version: 1", name="d")
    assert problems("")[0].startswith("is empty")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: integer,", "kind: int,", "line 4, columns.age.kind: expected integer, decimal("),
        ("decimal(6, 1)", "decimal(30, 1)", "line 5, columns.weight.kind: expected integer, decimal("),
        ("decimal(6, 1)", "decimal(1, 6)", "line 5, columns.weight.kind: expected integer, decimal("),
        ("decimal(6, 1)", "decimal(0, 0)", "line 5, columns.weight.kind: expected integer, decimal("),
        ("nullable: false", "nulable: false", "line 6, columns.income.nulable: unknown key `nulable`; did you mean"),
        ("nullable: false", "discover: true", "line 6, columns.income: `discover` and `values` exclude each other"),
        ("[<=50K,", '["=50K", "=50K",', "line 6, columns.income.values: is listed twice"),
        ("ignore: [name]", "ignore: [name, age]", "line 1: `age` is under `columns`, and also ignored or the unit's"),
        ("born <= died", "born <= born", "line 15, knowledge.order: names `born` on both sides"),
        ('delimiter: ";"', "delimiter: x", "line 16, csv.delimiter: must be "),
        ("meaning: one person and their row", "meaning: one", "line 12, unit.meaning: needs at least 8 characters"),
    ],
)
def test_a_mistake_in_a_domain_file_is_told_with_its_line(old: str, new: str, expected: str) -> None:
    assert GOOD.count(old) == 1
    (told,) = problems(GOOD.replace(old, new))
    assert told.startswith(expected)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  town:", "  towm:", "line 8, columns.towm: names `towm`, which is not a column of the file; did you mean"),
        ("ignore: [name]", "ignore: [nam]", "line 11, ignore: names `nam`, which is not a column of the file"),
        ("key: [id]", "key: [idd]", "line 12, unit.key: names `idd`, which is not a column of the file"),
        ("target: income", "target: incom", "line 14, knowledge.target: names `incom`, which is not a column"),
        ("target: income", "target: name", "line 14, knowledge.target: names `name`, which is not learned"),
        ("born <= died", "born <= age", "line 15, knowledge.order: orders `born`, of kind date, and `age`, of kind"),
        ("highest: 90", "highest: 90.5", "line 4, columns.age: is of kind integer; `highest` should be a whole number"),
        ("step: 0.5", "step: 0.25", "line 5, columns.weight: has 1 digits behind the point; `step` has more"),
    ],
)
def test_what_does_not_fit_the_file_is_told_with_its_line(tmp_path, old: str, new: str, expected: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - pytest's own
    path = tmp_path / "d.yaml"
    path.write_text(GOOD.replace(old, new))
    (told,) = locate(path, misfit(load_domain(path), TABLE, learned=LEARNED))
    assert str(told).startswith(expected)


def test_kinds_become_columns() -> None:
    column = typed("a", "decimal(8,2)", nullable=False)
    assert (column.kind, column.precision, column.scale, column.nullable) == (Kind.DECIMAL, 8, 2, False)
    for kind in ("integer", "float", "boolean", "date", "datetime", "text"):
        assert typed("a", kind, nullable=True).kind.value == kind
    for kind in ("enum", "unsupported", "decimal", "decimal(2)", "decimal(-1,0)", "Integer", ""):
        with pytest.raises(ValueError, match="expected integer"):
            typed("a", kind, nullable=True)


@given(st.text(max_size=40))
def test_any_text_is_a_domain_file_or_a_policy_error(text: str) -> None:
    with suppress(PolicyError):
        parse_domain(text, name="d")


def test_the_digest_is_of_what_is_said_and_not_of_how() -> None:
    assert domain_digest(parse_domain(GOOD, name="a")) == domain_digest(parse_domain(GOOD + "\n# a remark\n", name="b"))
    assert domain_digest(parse_domain(GOOD, name="a")) != domain_digest(DomainFile())


def test_the_schema_for_editors_takes_values_as_they_are_written() -> None:
    clause = json.loads(domain_schema())["$defs"]["FileColumnClause"]["properties"]
    assert clause["values"]["anyOf"][0]["items"] == {"type": ["string", "number", "boolean"]}
    assert set(clause) >= {"kind", "step", "sentinels", "groups", "prefixes", "discover", "nullable"}


def test_the_reference_of_domain_files_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "domain.md"
    assert page.read_text(encoding="utf-8") == domain_reference(), (
        "run: python -c 'from gateway.policy.reference import domain_reference; print(domain_reference(), end=\"\")' "
        "> docs/reference/domain.md"
    )


def test_the_domain_files_in_the_how_to_are_some() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "one-table.md").read_text(encoding="utf-8")
    found = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found
    for text in found:
        assert parse_domain(text, name="how-to").columns
