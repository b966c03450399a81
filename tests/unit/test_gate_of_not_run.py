"""What was not run is no pass by itself, and only what the policy accepted by name may be missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.policy.criteria import CriteriaClause
from gateway.release.figures import Rate
from gateway.release.reports import Check, Comparison, Outcome, StewardReport
from gateway.synthetic.publish.gate import _6_report_passed


def report(**outcomes: Outcome) -> StewardReport:
    checks = tuple(
        Check(name=name, question="?", comparison=Comparison.AT_MOST, needed=Rate.of(0.1), got=None, outcome=outcome)
        for name, outcome in outcomes.items()
    )
    return StewardReport(checks=checks, attacks=(), distances={})


def gate(found: StewardReport, *, accepted: list[str], stay: bool) -> str | None:
    policy = SimpleNamespace(
        criteria=CriteriaClause(accept_not_run=accepted), source=SimpleNamespace(rows_stay=stay)
    )  # fmt: skip
    case: Any = SimpleNamespace(candidate=SimpleNamespace(report=found, policy=policy, audit=None))
    return _6_report_passed(case)


BOTH = report(verbatim=Outcome.PASSED, membership=Outcome.NOT_RUN_ACCEPTED)


def test_what_was_not_run_is_no_pass_by_itself() -> None:
    assert not report(membership=Outcome.NOT_RUN_ACCEPTED).passed
    assert BOTH.passed
    assert not report(verbatim=Outcome.PASSED, membership=Outcome.COULD_NOT_RUN).passed


def test_the_gate_opens_for_what_the_policy_accepted() -> None:
    assert gate(BOTH, accepted=["membership"], stay=True) is None


@pytest.mark.parametrize(("accepted", "stay"), [([], True), (["linkability"], True), (["membership"], False)])
def test_the_gate_is_closed_to_what_the_policy_did_not_accept(accepted: list[str], *, stay: bool) -> None:
    told = gate(BOTH, accepted=accepted, stay=stay)
    assert told is not None
    assert "did not accept" in told
