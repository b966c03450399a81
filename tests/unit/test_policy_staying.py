"""Policies by which rows stay in their source: what they may accept, and what they may not ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.policy.criteria import NEED_ROWS, NEED_ROWS_TOO, CriteriaClause
from gateway.policy.loading import parse_policy
from gateway.vocabulary.errors import PolicyError

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "rows-stay.md"


def example() -> str:
    (found,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


def changed(criteria: str, *, stay: bool = True) -> str:
    """Return the page's policy with other criteria."""
    text = re.sub(r"^criteria:.*?^target", f"criteria: {criteria}\ntarget", example(), flags=re.DOTALL | re.MULTILINE)
    return text if stay else text.replace(", rows_stay: true", "")


def test_the_policy_of_the_page_is_one_and_accepts_all_that_is_not_run() -> None:
    policy = parse_policy(example(), name="page")
    assert policy.source.rows_stay
    assert set(policy.criteria.accept_not_run) == NEED_ROWS - {"shadow"}


@pytest.mark.parametrize(
    ("criteria", "told"),
    [
        ("{ accept_not_run: [membershp] }", "did you mean `membership`"),
        ("{ accept_not_run: [audit] }", "no attack that needs rows"),
        ("{ accept_not_run: [singling_out] }", "which runs where rows stay, too"),
        ("{ accept_not_run: [membership, membership] }", "twice"),
        ("{ correlations: 0.2 }", "needs rows, which stay"),
        ("{ task: age }", "needs rows, which stay"),
    ],
)
def test_what_cannot_be_accepted_or_held_is_refused(criteria: str, told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(changed(criteria), name="page")
    assert any(told in problem.message and problem.line for problem in refused.value.problems), refused.value


def test_nothing_is_accepted_where_rows_are_read() -> None:
    with pytest.raises(PolicyError, match="here every attack runs"):
        parse_policy(changed("{ accept_not_run: [membership] }", stay=False), name="page")
    assert not parse_policy(changed("{}", stay=False), name="page").criteria.accept_not_run


def test_what_needs_rows_is_a_criterion() -> None:
    assert set(NEED_ROWS_TOO) <= set(CriteriaClause.model_fields)
