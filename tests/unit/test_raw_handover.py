"""What the door adds to what the judge found."""

from pathlib import Path
from typing import Any

from gateway.cli.columns import needs_a_look
from gateway.policy.loading import parse_policy
from gateway.raw import handover
from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.judge.verdict import Judgement
from gateway.release.figures import Rate
from gateway.release.reports import StewardReport
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment


def test_the_digest_of_a_report_tells_nothing_to_who_guesses_its_figures() -> None:
    judgement = Judgement(checks=(), attacks=(), distances={"mean_one_way": 0.125})
    one, two = handover.report(judgement), handover.report(judgement)
    assert one.distances == two.distances
    assert sha256(canonical_json(one.model_dump(mode="json"))) != sha256(canonical_json(two.model_dump(mode="json")))
    assert len(bytes.fromhex(one.blinding)) == 32


POLICY = """
version: 1
name: clinic
purpose: to be tested
source: { name: his, url: "${SOURCE}" }
unit: { name: patient, table: patients, key: [id], meaning: one patient }
target: { name: sharing, url: "${SHARING}", schema: shared }
tables:
  patients:
    treatment: synthesize
    columns:
      id: { role: key, treatment: key }
      motto: { role: none, treatment: learn, override: one of five stock phrases }
      sex: { role: quasi, treatment: learn }
  wards: { treatment: reference, reason: "Stands on every door", overrides: { head: "Printed in the newspaper" } }
  audit: { treatment: drop, reason: "nobody needs it" }
"""


def a_finding(table: str, column: str, **more: Any) -> Finding:
    told: dict[str, Any] = {"role": Role.DIRECT, "entity": "free_text", "treatment": Treatment.DROP}
    pieces = (
        Evidence(recognizer="values", entity="free_text", score=0.81234, share=0.51239, reason="a SECRET sentence",
                 shapes=("Secret 99",)),
        Evidence(recognizer="texts", entity="free_text", score=0.7, share=0.25, reason="SECRET", within="full_name"),
        Evidence(recognizer="Of Others", entity="Mr. SECRET <x>", score=0.7, share=None, reason="SECRET"),
    )  # fmt: skip
    return Finding(
        table=TableName(table), column=ColumnName(column), confidence=0.87654, evidence=pieces, **told | more
    )  # fmt: skip


def reported(*findings: Finding) -> StewardReport:
    judgement = Judgement(checks=(), attacks=(), distances={})
    return handover.report(judgement, policy=parse_policy(POLICY, name="policy"), findings=findings)


def test_a_report_lists_what_was_decided_beside_what_was_found_with_the_reason() -> None:
    motto, sex, head = reported(
        a_finding("patients", "motto"),
        a_finding("patients", "sex", role=Role.QUASI, entity="sex", treatment=Treatment.LEARN),
        a_finding("wards", "head", entity=None, role=Role.NONE),
    ).columns
    assert (motto.role, motto.treatment, motto.override) == (Role.NONE, Treatment.LEARN, "one of five stock phrases")
    assert (motto.found, motto.entity, motto.proposed) == (Role.DIRECT, "free_text", Treatment.DROP)
    assert (sex.role, sex.override) == (Role.QUASI, None)
    assert (head.role, head.treatment, head.entity) == (None, None, "")
    assert head.override == "Printed in the newspaper"
    (values, texts, others) = motto.opinions
    assert (values.recognizer, values.within) == ("values", False)
    assert (texts.entity, texts.within) == ("full_name", True)
    assert (others.recognizer, others.entity) == ("unnamed", "unnamed")


def test_no_sentence_or_shape_of_a_recognizer_crosses_and_figures_are_coarse() -> None:
    report = reported(a_finding("patients", "motto", entity="Mr. SECRET"))
    assert "secret" not in report.model_dump_json().lower()
    (column,) = report.columns
    assert column.confidence.rate == 0.877
    assert (column.opinions[0].score.rate, column.opinions[0].share) == (0.812, Rate.of(0.512))


def test_a_reports_columns_are_read_back_as_they_were() -> None:
    report = reported(a_finding("patients", "motto"), a_finding("wards", "head"))
    assert StewardReport.model_validate_json(report.model_dump_json()) == report


def test_a_policy_gathers_its_overrides_with_their_reasons() -> None:
    assert parse_policy(POLICY, name="policy").overrides == {
        "patients": {"motto": "one of five stock phrases"}, "wards": {"head": "Printed in the newspaper"},
    }  # fmt: skip


class Nothing:
    """Measurements of nothing, which cost nothing."""

    events = ()
    notes = ()
    rows = 0

    def save(self, folder: Path) -> None:
        pass


def test_a_certificate_names_every_override() -> None:
    policy = parse_policy(POLICY, name="policy")
    assert handover.certify(policy, Nothing()).overrides == policy.overrides


def test_a_steward_looks_at_what_was_opened_against_detection_first() -> None:
    report = reported(
        a_finding("patients", "motto"),
        a_finding("patients", "sex", role=Role.QUASI, treatment=Treatment.LEARN),
        a_finding("patients", "id", role=Role.KEY, treatment=Treatment.KEY),
        a_finding("wards", "code", role=Role.KEY, treatment=Treatment.KEY),
        a_finding("wards", "beds", role=Role.NONE, treatment=Treatment.LEARN),
    )
    assert [c.column for c in report.columns if needs_a_look(c)] == ["motto", "code"]
