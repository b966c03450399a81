"""What has come apart between a policy and its source: each kind is told once, with its place, and nothing else is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gateway.policy.declarations import declaration
from gateway.policy.loading import line_finder, load_policy, parse_policy
from gateway.policy.model import Policy
from gateway.raw.detect.drafting import draft_policy
from gateway.raw.detect.drift import Change, Drift, drift, to_scan
from gateway.raw.detect.findings import Evidence, Finding, leading
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

TO_BE_CONFIRMED = "To be confirmed: look at its rows, and say why everything in them may be known to all"


def a_column(name: str, kind: Kind = Kind.TEXT, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=more.pop("native", str(kind)), **more)


def a_finding(table: str, column: str, role: Role, treatment: Treatment, **more: Any) -> Finding:
    entity, confidence = more.pop("entity", None), more.pop("confidence", 0.9)
    piece = Evidence(recognizer="names", entity=entity or "x", score=0.9, share=None, reason="it says so")
    return Finding(
        table=TableName(table), column=ColumnName(column), role=role, entity=entity, confidence=confidence,
        evidence=(piece,), treatment=treatment,
    )  # fmt: skip


PATIENTS = Table(
    name=TableName("patients"),
    columns=(
        a_column("id", Kind.INTEGER, native="bigint", nullable=False),
        a_column("email", native="text"),
        a_column("sex", Kind.ENUM, native="sex", values=("f", "m"), nullable=False),
        a_column("weight", Kind.DECIMAL, native="numeric(5,1)", precision=5, scale=1),
        a_column("nickname"),
        a_column("ward", native="text"),
    ),
    primary_key=(ColumnName("id"),),
    references=(
        Reference(
            columns=(ColumnName("ward"),), target=TableName("wards"), target_columns=(ColumnName("code"),)
        ),
    ),
)  # fmt: skip
WARDS = Table(
    name=TableName("wards"),
    columns=(a_column("code", nullable=False), a_column("beds", Kind.INTEGER)),
    primary_key=(ColumnName("code"),),
)
LOOSE = Table(name=TableName("loose"), columns=(a_column("x"),))
SCHEMA = Schema(tables=(PATIENTS, WARDS, LOOSE))
FINDINGS = (
    a_finding("patients", "id", Role.KEY, Treatment.KEY, entity="person_key"),
    a_finding("patients", "email", Role.DIRECT, Treatment.REPLACE, entity="email"),
    a_finding("patients", "sex", Role.QUASI, Treatment.LEARN, entity="sex"),
    a_finding("patients", "weight", Role.SENSITIVE, Treatment.LEARN, entity="body_measure"),
    a_finding("patients", "nickname", Role.NONE, Treatment.LEARN),
    a_finding("patients", "ward", Role.NONE, Treatment.DROP),
    a_finding("wards", "code", Role.NONE, Treatment.KEY),
    a_finding("wards", "beds", Role.NONE, Treatment.LEARN),
)


def text() -> str:
    draft = draft_policy(SCHEMA, FINDINGS, source_name="clinic")
    assert TO_BE_CONFIRMED in draft
    return draft.replace(TO_BE_CONFIRMED, "Stands on the door of every ward")


def a_policy(*changes: tuple[str, str]) -> Policy:
    written = text()
    for old, new in changes:
        assert old in written
        written = written.replace(old, new)
    return parse_policy(written, name="policy")


def with_columns(table: Table, *columns: Column, **more: Any) -> Schema:
    known = dict.fromkeys(each.name for each in columns)
    kept = [c for c in table.columns if c.name not in known]
    changed = dataclasses.replace(table, columns=(*kept, *columns), **more)
    return Schema(tables=tuple(changed if each.name == table.name else each for each in SCHEMA.tables))


def short(found: tuple[Drift, ...]) -> list[tuple[str, str, str | None]]:
    return [(each.change.value, each.table, each.column) for each in found]


def test_a_draft_has_not_come_apart_from_its_source() -> None:
    assert drift(a_policy(), SCHEMA, FINDINGS) == ()


def test_a_new_column_is_told_with_what_was_found_and_a_line_to_add() -> None:
    schema = with_columns(PATIENTS, a_column("phone", native="varchar(20)"))
    finding = a_finding("patients", "phone", Role.DIRECT, Treatment.REPLACE, entity="phone")
    (told,) = drift(a_policy(), schema, (*FINDINGS, finding))
    assert short((told,)) == [("new", "patients", "phone")]
    assert "role `direct` (0.90, phone; names: it says so)" in told.message
    assert 'phone: {role: direct, treatment: replace, entity: phone, declared: "varchar(20)"}' in told.remedy
    assert told.fails
    assert told.where == "tables.patients.columns.phone"


def test_a_new_column_of_a_public_table_is_told() -> None:
    schema = with_columns(WARDS, a_column("nurse"))
    (told,) = drift(a_policy(), schema, FINDINGS)
    assert short((told,)) == [("new", "wards", "nurse")]
    assert "copied as it is" in told.remedy


def test_a_public_table_that_says_nothing_of_its_columns_may_have_any() -> None:
    (declared,) = text().split("  wards:")[1:]
    block = "    declared:" + declared.split("    declared:")[1].split("  loose:")[0].split("budget:")[0]
    policy = a_policy((block, ""))
    assert drift(policy, with_columns(WARDS, a_column("nurse")), FINDINGS) == ()


def test_a_new_table_is_told_with_who_is_in_it() -> None:
    table = Table(name=TableName("nurses"), columns=(a_column("name"), a_column("shift")))
    finding = a_finding("nurses", "name", Role.DIRECT, Treatment.REPLACE, entity="full_name")
    (told,) = drift(a_policy(), Schema(tables=(*SCHEMA.tables, table)), (*FINDINGS, finding))
    assert short((told,)) == [("new", "nurses", None)]
    assert "2 columns" in told.message
    assert "told by name" in told.message


def test_what_vanished_is_told_with_the_name_it_may_have_now() -> None:
    renamed = dataclasses.replace(
        PATIENTS,
        columns=tuple(
            dataclasses.replace(c, name=ColumnName("nick_name")) if c.name == "nickname" else c
            for c in PATIENTS.columns
        ),
    )
    found = drift(a_policy(), Schema(tables=(renamed, WARDS)), FINDINGS)
    assert short(found) == [
        ("vanished", "loose", None), ("new", "patients", "nick_name"), ("vanished", "patients", "nickname"),
    ]  # fmt: skip
    assert "did you mean `nick_name`" in found[2].message


@pytest.mark.parametrize(
    ("column", "more", "now"),
    [
        (a_column("nickname", Kind.INTEGER, native="integer"), {}, "integer"),
        (a_column("nickname", native="text", nullable=False), {}, "text, not null"),
        (a_column("nickname", native="varchar(9)"), {}, "varchar(9)"),
        (a_column("nickname", native="text"), {"unique": ((ColumnName("nickname"),),)}, "text, unique"),
        (a_column("ward", native="text"), {"references": ()}, "text"),
        (
            a_column("sex", Kind.ENUM, native="sex", values=("f", "m", "x"), nullable=False),
            {},
            "sex, 3 labels, not null",
        ),
    ],
)
def test_what_is_declared_otherwise_is_told_with_before_and_after(
    column: Column, more: dict[str, Any], now: str
) -> None:
    found = drift(a_policy(), with_columns(PATIENTS, column, **more), FINDINGS)
    assert short(found) == [("changed", "patients", column.name)]
    assert f"is declared `{now}` in the source" in found[0].message
    assert "and was `" in found[0].message


def test_a_policy_without_declarations_still_tells_what_it_does_not_cover() -> None:
    schema = with_columns(PATIENTS, a_column("weight", native="text"), a_column("email", Kind.DATE, native="date"))
    written = a_policy((', declared: "numeric(5,1)"', ""), (', declared: "text"', ""))
    found = drift(written, schema, FINDINGS)
    assert short(found) == [("changed", "patients", "email")], "a text can be learned like a number; a date no e-mail"


def test_a_units_key_that_is_no_key_any_more_is_told() -> None:
    found = drift(a_policy(), with_columns(PATIENTS, primary_key=()), FINDINGS)
    assert ("changed", "patients", None) in short(found)
    assert any("one unit could have many rows" in each.message for each in found)


def test_an_opened_column_that_identifies_is_told_until_it_is_overridden() -> None:
    findings = (*FINDINGS[:4], a_finding("patients", "nickname", Role.DIRECT, Treatment.REPLACE, entity="username"))
    (told,) = drift(a_policy(), SCHEMA, findings)
    assert short((told,)) == [("contradicted", "patients", "nickname")]
    assert "replace or drop it" in told.remedy
    overridden = a_policy(('treatment: learn, declared: "text"}', 'treatment: learn, override: "stock phrases only"}'))
    assert drift(overridden, SCHEMA, findings) == ()


def test_a_weak_sign_contradicts_nothing() -> None:
    weak = a_finding("patients", "nickname", Role.DIRECT, Treatment.DROP, entity="unique_text", confidence=0.48)
    assert drift(a_policy(), SCHEMA, (*FINDINGS[:4], weak)) == ()


def test_a_needless_override_is_information_and_no_failure() -> None:
    policy = a_policy(('treatment: learn, declared: "text"}', 'treatment: learn, override: "stock phrases only"}'))
    (told,) = drift(policy, SCHEMA, FINDINGS)
    assert short((told,)) == [("no longer needed", "patients", "nickname")]
    assert not told.fails
    assert drift(policy, SCHEMA, ()) == (), "nothing is said of what was not looked at"


def test_an_override_of_a_public_column_is_needed_as_long_as_it_identifies() -> None:
    policy = a_policy(("    declared:\n", '    overrides: {code: "names of wards, of no person"}\n    declared:\n'))
    person = a_finding("wards", "code", Role.DIRECT, Treatment.DROP, entity="full_name")
    assert drift(policy, SCHEMA, (*FINDINGS[:6], person)) == ()
    assert short(drift(policy, SCHEMA, FINDINGS)) == [("no longer needed", "wards", "code")]


def test_what_is_told_stands_in_one_order_and_can_be_of_some_tables_only() -> None:
    schema = Schema(tables=(WARDS, with_columns(PATIENTS, a_column("b"), a_column("a")).tables[0]))
    found = drift(a_policy(), schema, FINDINGS)
    assert short(found) == [("vanished", "loose", None), ("new", "patients", "a"), ("new", "patients", "b")]
    assert drift(a_policy(), schema, FINDINGS[::-1]) == found
    assert short(drift(a_policy(), schema, FINDINGS, tables={TableName("loose")})) == [("vanished", "loose", None)]


def test_dropped_tables_are_not_looked_at_and_new_ones_are() -> None:
    new = Table(name=TableName("new"), columns=(a_column("x"),))
    assert to_scan(a_policy(), Schema(tables=(*SCHEMA.tables, new))) == ["patients", "wards", "new"]


def test_each_drift_has_the_line_of_its_entry_or_of_the_one_around_it(tmp_path: Any) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text(), encoding="utf-8")
    lines = text().splitlines()
    kept = [column for column in PATIENTS.columns if column.name != "nickname"]
    changed = dataclasses.replace(PATIENTS, columns=(*kept, a_column("new")))
    schema = Schema(tables=(changed, WARDS, LOOSE))
    line = line_finder(file)
    new, gone = drift(load_policy(file), schema, FINDINGS)
    assert lines[line(gone.where) - 1].strip().startswith("nickname:")
    assert lines[line(new.where) - 1].strip() == "columns:"


HOSTILE = ["a.b", "a\nb", "\u202egnp", "x" * 10_000, "[red]", '"', "<script>", "a@b", "a://b", ""]


def test_hostile_names_are_told_by_their_own_names_on_one_line() -> None:
    schema = with_columns(PATIENTS, *(a_column(name) for name in HOSTILE))
    found = drift(a_policy(), schema, FINDINGS)
    assert {each.column for each in found} == set(HOSTILE)
    assert {each.change for each in found} == {Change.NEW}
    for each in found:
        assert (each.message + each.where).isprintable()
        assert len(each.message) < 1_000


def test_declarations_are_one_printable_line_and_tell_long_types_apart() -> None:
    table = Table(name=TableName("t"), columns=())
    long = ["enum(" + ",".join(f"'{n}'" for n in range(count)) + ")" for count in (500, 501)]
    told = [declaration(a_column("x", native=native), table) for native in (*long, "a\nb", "")]
    assert len(set(told)) == 4
    assert all(each.isprintable() and len(each) < 100 for each in told)
    assert told[3] == "no type"


def test_what_speaks_for_the_verdict_is_said_first_and_a_draft_tells_no_share_of_texts() -> None:
    pieces = (
        Evidence(recognizer="distribution", entity="few_values", score=0.9, share=None, reason="two values"),
        Evidence(
            recognizer="texts", entity="free_text", score=0.8, share=0.8213, reason="names in 82 %", within="full_name"
        ),
        Evidence(recognizer="names", entity="free_text", score=0.7, share=None, reason="the name says note"),
    )
    finding = dataclasses.replace(FINDINGS[4], role=Role.DIRECT, entity="free_text", evidence=pieces)
    assert [piece.recognizer for piece in leading(finding)] == ["names", "distribution"]
    draft = draft_policy(SCHEMA, (*FINDINGS[:4], finding, *FINDINGS[5:]), source_name="clinic")
    (why,) = [line for line in draft.splitlines() if "its texts hold" in line]
    assert "its texts hold full_name; names 0.7: the name says note" in why
    assert "82" not in draft
