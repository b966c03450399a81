"""Detection answers for every column, weighs opinions in one place, and lets no value out."""

import dataclasses
import datetime as dt
import io
import json
import logging
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from gateway.policy.model import Policy
from gateway.raw.detect.contradictions import contradictions
from gateway.raw.detect.detecting import detect, examine
from gateway.raw.detect.drafting import draft_policy
from gateway.raw.detect.findings import Evidence, to_json
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.weighing import THRESHOLD, weigh
from gateway.vocabulary.errors import CheckFailed, ConfigurationError, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

CANARY = "Zyxwvcanary"


@dataclasses.dataclass(frozen=True)
class Frames:
    """A snapshot over Arrow tables in memory."""

    schema: Schema
    frames: dict

    def batches(self, table: Any, columns: Any) -> Any:
        yield from self.frames[table].select(list(columns)).to_batches()

    def sample(self, table: Any, columns: Any, *, rows: Any) -> Any:
        return self.frames[table].select(list(columns)).slice(0, rows)


def a_column(name: Any, kind: Any = Kind.TEXT, **more: Any) -> Any:
    return Column(name=ColumnName(name), kind=kind, native=more.pop("native", "text"), **more)


def a_snapshot(**tables: Any) -> Any:
    """Each table: (Table, {column: cells}); an unsupported column needs no cells."""
    frames = {}
    for table, cells in tables.values():
        arrays = [
            pa.array(cells.get(c.name, [None] * len(next(iter(cells.values())))), c.arrow_type) for c in table.columns
        ]
        frames[table.name] = pa.Table.from_arrays(arrays, schema=table.arrow_schema())
    return Frames(Schema(tables=tuple(table for table, _ in tables.values())), frames)


def quiet(_table: Any, _share: Any) -> None:
    pass


def a_clinic(rows: Any = 200) -> Any:
    """One table with a column of every kind, and a child; every text of every row holds the canary."""
    patients = Table(
        name=TableName("patients"),
        columns=(
            a_column("patient_id", Kind.INTEGER),
            a_column("first_name"),
            a_column("email"),
            a_column("note"),
            a_column("sex", Kind.ENUM, values=("female", "male")),
            a_column("birth_date", Kind.DATE),
            a_column("weight_kg", Kind.DECIMAL, precision=6, scale=2),
            a_column("smoker", Kind.BOOLEAN),
            a_column("seen_at", Kind.DATETIME),
            a_column("score", Kind.FLOAT),
            a_column("ward"),
            a_column("xray", Kind.UNSUPPORTED, native="bytea"),
            a_column("case_of", Kind.INTEGER),
        ),
        primary_key=(ColumnName("patient_id"),),
        references=(
            Reference(
                columns=(ColumnName("case_of"),),
                target=TableName("patients"),
                target_columns=(ColumnName("patient_id"),),
            ),
        ),
    )
    cells = {
        "patient_id": [7_310_000 + n for n in range(rows)],
        "first_name": [f"{CANARY}{n}" for n in range(rows)],
        "email": [f"{CANARY}{n}@example.org" for n in range(rows)],
        "note": [f"{CANARY} {n} came in with a pain in the knee and wrote to x{n}@example.org" for n in range(rows)],
        "sex": ["female" if n % 2 else "male" for n in range(rows)],
        "birth_date": [dt.date(1951, 3, 17) + dt.timedelta(days=n) for n in range(rows)],
        "weight_kg": [Decimal("173.19") + n for n in range(rows)],
        "smoker": [bool(n % 2) for n in range(rows)],
        "seen_at": [dt.datetime(1987, 6, 5, 4, 3, n % 60) for n in range(rows)],  # noqa: DTZ001 - sources give no zone
        "score": [73.1931 + n for n in range(rows)],
        "ward": [f"{CANARY} ward {n % 3}" for n in range(rows)],
        "case_of": [7_310_000 + n // 2 for n in range(rows)],
    }
    visits = Table(
        name=TableName("visits"),
        columns=(a_column("visit_id", Kind.INTEGER), a_column("patient_id", Kind.INTEGER), a_column("reason")),
        primary_key=(ColumnName("visit_id"),),
        references=(
            Reference(
                columns=(ColumnName("patient_id"),),
                target=TableName("patients"),
                target_columns=(ColumnName("patient_id"),),
            ),
        ),
    )
    seen = {
        "visit_id": list(range(5)),
        "patient_id": [7_310_000] * 5,
        "reason": [f"{CANARY} again"] * 5,
    }
    return a_snapshot(patients=(patients, cells), visits=(visits, seen))


def by_column(findings: Any) -> Any:
    return {(finding.table, finding.column): finding for finding in findings}


def loaded(text: Any) -> Any:
    return Policy.model_validate(YAML(typ="safe").load(io.StringIO(text)))


def test_every_column_of_every_table_gets_one_finding_in_catalogue_order() -> None:
    snapshot = a_clinic()
    findings = detect(snapshot, progress=quiet)
    expected = [(table.name, column.name) for table in snapshot.schema.tables for column in table.columns]
    assert [(finding.table, finding.column) for finding in findings] == expected


def test_roles_and_treatments_of_the_clinic_are_right() -> None:
    found = by_column(detect(a_clinic(), progress=quiet))
    roles = {column: (f.role, f.treatment) for (table, column), f in found.items() if table == "patients"}
    assert roles == {
        "patient_id": (Role.KEY, Treatment.KEY),
        "first_name": (Role.DIRECT, Treatment.REPLACE),
        "email": (Role.DIRECT, Treatment.REPLACE),
        "note": (Role.DIRECT, Treatment.REPLACE),
        "sex": (Role.QUASI, Treatment.LEARN),
        "birth_date": (Role.QUASI, Treatment.LEARN),
        "weight_kg": (Role.SENSITIVE, Treatment.LEARN),
        "smoker": (Role.SENSITIVE, Treatment.LEARN),
        "seen_at": (Role.QUASI, Treatment.LEARN),
        "score": (Role.SENSITIVE, Treatment.LEARN),
        "ward": (Role.QUASI, Treatment.LEARN),
        "xray": (Role.SENSITIVE, Treatment.DROP),
        "case_of": (Role.KEY, Treatment.DROP),
    }
    assert found["patients", "note"].entity == "free_text"
    assert found["visits", "patient_id"].treatment is Treatment.DROP


def test_no_value_leaves_the_stage(caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    snapshot = a_clinic()
    findings = detect(snapshot, progress=quiet)
    policy = draft_policy(snapshot.schema, findings, source_name="clinic")
    raw = loaded(policy).model_dump(by_alias=True, mode="json")
    raw["tables"]["patients"]["columns"]["note"] = {"role": "none", "treatment": "learn"}
    problems = contradictions(findings, Policy.model_validate(raw))
    assert problems
    told = json.dumps([to_json(f) for f in findings]) + repr(findings) + policy + "".join(map(str, problems))
    told += "".join(str(vars(record)) for record in caplog.records)
    for value in (CANARY, CANARY.lower(), "73100", "1951-0", "173.19", "1987-0", "73.193", "example.org", "knee"):
        assert value not in told


def test_the_json_of_a_finding_has_the_promised_fields() -> None:
    for finding in detect(a_clinic(), progress=quiet):
        told = json.loads(json.dumps(to_json(finding)))
        assert list(told)[:6] == ["table", "column", "role", "entity", "confidence", "evidence"]
        assert list(told)[6:] == ["treatment", "undecided", "contents"]
        assert all(set(piece) >= {"recognizer", "score", "reason"} for piece in told["evidence"])


def test_progress_names_each_table_and_goes_on_by_columns() -> None:
    seen = []
    detect(a_clinic(), progress=lambda table, share: seen.append((table, share)))
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1], len(set(shares))) == (0.0, 1.0, 17)
    assert ["patients" in step for step, _ in seen] == [True] * 14 + [False] * 4
    assert all("visits" in step for step, _ in seen[14:])


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_are_enough(rows: Any) -> None:
    found = by_column(detect(a_clinic(rows), progress=quiet))
    assert found["patients", "email"].role is Role.DIRECT
    assert found["patients", "patient_id"].role is Role.KEY


def test_a_column_of_nulls_is_judged_by_its_name() -> None:
    table = Table(name=TableName("patients"), columns=(a_column("email"), a_column("x")))
    found = by_column(detect(a_snapshot(t=(table, {"email": [None] * 9, "x": [None] * 9})), progress=quiet))
    assert found["patients", "email"].role is Role.DIRECT
    assert found["patients", "x"].role is Role.NONE


def test_values_tell_what_a_name_does_not() -> None:
    table = Table(name=TableName("t9"), columns=(a_column("c1"), a_column("c2"), a_column("c3", Kind.INTEGER)))
    cells = {
        "c1": [f"ann{n}@example.org" for n in range(50)],
        "c2": [("m", "f")[n % 2] for n in range(50)],
        "c3": list(range(50)),
    }
    found = by_column(detect(a_snapshot(t=(table, cells)), progress=quiet))
    assert (found["t9", "c1"].role, found["t9", "c1"].entity) == (Role.DIRECT, "email")
    assert (found["t9", "c2"].role, found["t9", "c2"].entity) == (Role.QUASI, "sex")
    assert found["t9", "c3"].role is Role.NONE


def test_a_text_of_its_own_in_each_row_is_never_learned() -> None:
    table = Table(name=TableName("patients"), columns=(a_column("zq"), a_column("city")))
    cells = {"zq": [f"k{n}x" for n in range(99)], "city": [f"Town {n}" for n in range(99)]}
    found = by_column(detect(a_snapshot(t=(table, cells)), progress=quiet))
    assert found["patients", "zq"].treatment is Treatment.DROP
    assert found["patients", "city"].treatment is Treatment.REPLACE


def test_two_values_over_many_rows_are_no_direct_identifier() -> None:
    table = Table(name=TableName("t"), columns=(a_column("mail"), a_column("phone")))
    cells = {"mail": ["yes", "no"] * 50, "phone": ["set", "unset"] * 50}
    assert {f.role for f in detect(a_snapshot(t=(table, cells)), progress=quiet)} == {Role.NONE}


def test_a_recognizer_that_breaks_stops_the_scan_and_quotes_nothing() -> None:
    class Broken:
        name = "broken"

        def recognize(self, sample: Any) -> None:
            raise ValueError(f"cannot read {sample.values[0]}")

    column = a_column("c")
    table = Table(name=TableName("t"), columns=(column,))
    sample = ColumnSample(schema=Schema(tables=(table,)), table=table, column=column, values=(CANARY,), rows=1, nulls=0)
    with pytest.raises(CheckFailed, match=r"'broken' broke on column t\.c") as caught:
        examine(sample, [Broken()])
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def opinions(*scored: Any, kind: Any = Kind.TEXT) -> Any:
    column = a_column("c", kind)
    table = Table(name=TableName("t"), columns=(column,))
    sample = ColumnSample(schema=Schema(tables=(table,)), table=table, column=column, values=(), rows=0, nulls=0)
    return weigh(
        sample,
        [Evidence(recognizer=r, entity=e, score=s, share=None, reason="because it is so") for r, e, s in scored],
    )


def test_agreeing_opinions_add_up_and_one_weak_one_is_not_enough() -> None:
    weak = opinions(("names", "email", THRESHOLD - 0.1))
    strong = opinions(("names", "email", THRESHOLD - 0.1), ("values", "email", THRESHOLD - 0.1))
    assert weak.role is Role.NONE
    assert strong.role is Role.DIRECT
    assert strong.confidence > THRESHOLD


def test_between_equals_the_role_that_must_be_guarded_more_wins() -> None:
    assert opinions(("names", "city", 0.8), ("names", "family_name", 0.79)).role is Role.DIRECT
    assert opinions(("names", "city", 0.9), ("names", "family_name", 0.5)).role is Role.QUASI


def test_an_entity_nobody_knows_counts_as_direct() -> None:
    finding = opinions(("foreign", "moon_phase", 0.9))
    assert finding.role is Role.DIRECT
    assert finding.treatment is Treatment.DROP


def test_a_draft_loads_as_a_policy_and_covers_every_table_and_column() -> None:
    snapshot = a_clinic()
    policy = loaded(draft_policy(snapshot.schema, detect(snapshot, progress=quiet), source_name="clinic"))
    assert policy.unit.table == "patients"
    assert policy.unit.name == "patient"
    assert policy.unit.key == ["patient_id"]
    assert set(policy.tables) == {"patients", "visits"}
    assert policy.tables["visits"].treatment == "synthesize"
    assert policy.tables["visits"].owner.table == "patients"
    columns = policy.tables["patients"].columns
    assert list(columns) == [column.name for column in snapshot.schema.tables[0].columns]
    assert columns["sex"].domain.values == ["female", "male"]
    assert columns["email"].entity == "email"
    assert columns["case_of"].treatment is Treatment.KEY
    assert all(clause.domain is None for name, clause in columns.items() if name != "sex")


def test_a_draft_says_why_beside_each_column() -> None:
    snapshot = a_clinic()
    text = draft_policy(snapshot.schema, detect(snapshot, progress=quiet), source_name="clinic")
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.startswith("      ") and "role:" in line:
            assert lines[at - 1].strip().startswith("# ")
    assert "# direct, email" in text


def test_a_draft_agrees_with_the_findings_it_was_made_from() -> None:
    snapshot = a_clinic()
    findings = detect(snapshot, progress=quiet)
    assert contradictions(findings, loaded(draft_policy(snapshot.schema, findings, source_name="clinic"))) == ()


HOSTILE = [
    *('a"b', "a'b", "a: b", "- a", "# a", "{a}", "[a]", "&a", "*a", "!a", "%a", "@a", "`a", "a\nb: c", "a\tb"),
    "a\\b",
    *("yes", "null", "~", "1", "1.5", "2020-01-01", " a ", "a\u2028b", "\ufeffa", "a\x00b", "a\x85b"),
    "日本",
    *("😀", "é"),
    *("<<", "=", "?", "a #b", "${X}", "{{x}}", "|", ">", "\x7f"),
]  # fmt: skip


def test_hostile_names_and_labels_survive_quoting() -> None:
    columns = tuple(
        a_column(name, Kind.ENUM, values=tuple(HOSTILE), native='bad\n"type', comment="x\ny: z") for name in HOSTILE
    )
    table = Table(name=TableName('pat"ients\n: x'), columns=(a_column("id", Kind.INTEGER), *columns))
    snapshot = a_snapshot(t=(table, {"id": [1, 2]}))
    text = draft_policy(snapshot.schema, detect(snapshot, progress=quiet), source_name='So"urce\n: 1')
    policy = loaded(text)
    assert policy.unit.table == table.name
    assert list(policy.tables[table.name].columns) == ["id", *HOSTILE]
    learned = [c for c in policy.tables[table.name].columns.values() if c.domain is not None]
    assert learned
    assert all(clause.domain.values == HOSTILE for clause in learned)


@pytest.mark.parametrize("name", ["9lives", "", "Ünïcode", "x" * 99, "---"])
def test_any_source_name_becomes_a_slug(name: Any) -> None:
    table = Table(name=TableName("patients"), columns=(a_column("id", Kind.INTEGER),))
    assert loaded(draft_policy(Schema(tables=(table,)), (), source_name=name)).source.name


def test_a_column_without_a_finding_is_dropped() -> None:
    table = Table(name=TableName("patients"), columns=(a_column("id", Kind.INTEGER), a_column("new")))
    policy = loaded(draft_policy(Schema(tables=(table,)), (), source_name="s"))
    assert policy.tables["patients"].columns["new"].treatment is Treatment.DROP


def test_the_unit_can_be_named_and_must_exist() -> None:
    snapshot = a_clinic()
    findings = detect(snapshot, progress=quiet)
    text = draft_policy(snapshot.schema, findings, source_name="s", unit_table=TableName("visits"))
    assert loaded(text).unit.table == "visits"
    with pytest.raises(ConfigurationError, match="patients, visits"):
        draft_policy(snapshot.schema, findings, source_name="s", unit_table=TableName("visitors"))
    with pytest.raises(Unsupported, match="no table"):
        draft_policy(Schema(tables=()), (), source_name="s")


def a_policy_that_learns(column: Any, **more: Any) -> Any:
    snapshot = a_clinic()
    findings = detect(snapshot, progress=quiet)
    raw = loaded(draft_policy(snapshot.schema, findings, source_name="s")).model_dump(by_alias=True, mode="json")
    raw["tables"]["patients"]["columns"][column] = {"role": "none", "treatment": "learn", **more}
    return findings, Policy.model_validate(raw)


@pytest.mark.parametrize("column", ["email", "first_name", "note", "patient_id", "case_of"])
def test_learning_what_identifies_somebody_contradicts(column: Any) -> None:
    findings, policy = a_policy_that_learns(column)
    (problem,) = contradictions(findings, policy)
    assert problem.where == f"tables.patients.columns.{column}"
    assert problem.line == 0
    assert "override" in problem.message


def test_a_public_table_with_what_identifies_somebody_contradicts() -> None:
    findings, policy = a_policy_that_learns("smoker")
    raw = policy.model_dump(by_alias=True, mode="json", exclude_none=True)
    open_to_all = {"treatment": "reference", "reason": "They agreed to it"}

    def told(**more: Any) -> Any:
        raw["tables"]["patients"] = {**open_to_all, **more}
        return contradictions(findings, Policy.model_validate(raw))

    problems = told()
    assert {problem.where for problem in problems} == {"tables.patients"}
    assert any("in `email` detection found role `direct`" in problem.message for problem in problems)
    named = [f.column for f in findings if f.role in {Role.DIRECT, Role.KEY} and f.table == "patients"]
    assert len(problems) == len(named)
    assert told(without=named) == ()
    assert told(overrides=dict.fromkeys(named, "They agreed to it")) == ()


def test_an_override_with_a_reason_settles_a_contradiction() -> None:
    findings, policy = a_policy_that_learns("note", override="only ever holds one of five stock phrases")
    assert contradictions(findings, policy) == ()


def test_learning_what_may_be_learned_does_not_contradict() -> None:
    findings, policy = a_policy_that_learns("birth_date")
    assert contradictions(findings, policy) == ()
