"""What ends well: a check that passed, and none that failed or did not run, but for what was accepted as not run."""

from __future__ import annotations

import pytest

from gateway.raw.judge import verdict
from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.verdict import Judgement, Outcome
from gateway.release import reports
from gateway.release.figures import Rate
from gateway.release.reports import StewardReport

PASSED, FAILED, NOT_RUN, ACCEPTED = (
    Outcome.PASSED, Outcome.FAILED, Outcome.COULD_NOT_RUN, Outcome.NOT_RUN_ACCEPTED,
)  # fmt: skip
CASES = [
    ([], False), ([PASSED], True), ([PASSED, PASSED], True), ([PASSED, FAILED], False), ([PASSED, NOT_RUN], False),
    ([NOT_RUN], False), ([PASSED, ACCEPTED], True), ([ACCEPTED], False), ([PASSED, ACCEPTED, NOT_RUN], False),
]  # fmt: skip


@pytest.mark.parametrize(("outcomes", "passed"), CASES)
def test_the_judge_passes_what_ran_and_passed(outcomes: list[Outcome], passed: bool) -> None:
    checks = tuple(
        verdict.Check(name=f"c{at}", question="?", comparison=Comparison.AT_MOST, needed=1.0, got=None, outcome=outcome)
        for at, outcome in enumerate(outcomes)
    )
    assert Judgement(checks=checks, attacks=(), distances={}).passed is passed


@pytest.mark.parametrize(("outcomes", "passed"), CASES)
def test_the_report_that_the_gate_reads_says_the_same(outcomes: list[Outcome], passed: bool) -> None:
    checks = tuple(
        reports.Check(
            name=f"c{at}", question="?", comparison=reports.Comparison.AT_MOST, needed=Rate.of(1.0), got=None,
            outcome=reports.Outcome(outcome.value),
        )
        for at, outcome in enumerate(outcomes)
    )  # fmt: skip
    assert StewardReport(checks=checks, attacks=(), distances={}, columns=(), blinding="0" * 64).passed is passed
