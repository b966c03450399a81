"""The state tables are total, end somewhere, and say the same as the database's own rules."""

import itertools
import re
from enum import StrEnum

import pytest
from sqlalchemy import CheckConstraint, Table

from gateway.records import releases, runs
from gateway.records.tables import RELEASES, RUNS


@pytest.mark.parametrize(
    ("states", "transitions", "first"),
    [
        (runs.RunState, runs.TRANSITIONS, {runs.RunState.CREATED}),
        (
            releases.ReleaseState,
            releases.TRANSITIONS,
            {releases.ReleaseState.PENDING, releases.ReleaseState.BLOCKED},
        ),
    ],
)
def test_every_state_has_its_followers_and_can_be_reached(
    states: type[StrEnum], transitions: dict[StrEnum, frozenset[StrEnum]], first: set[StrEnum]
) -> None:
    assert set(transitions) == set(states)
    reached = set(first)
    while more := {following for state in reached for following in transitions[state]} - reached:
        reached |= more
    assert reached == set(states)


@pytest.mark.parametrize(("states", "table"), [(runs.RunState, RUNS), (releases.ReleaseState, RELEASES)])
def test_the_database_allows_exactly_the_states_of_the_table(states: type[StrEnum], table: Table) -> None:
    (check,) = [
        str(constraint.sqltext)
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint) and str(constraint.name).endswith("_state_check")
    ]
    assert set(re.findall(r"'(\w+)'", check)) == {state.value for state in states}


def test_a_run_goes_one_way_and_ends_handed_over_or_failed() -> None:
    order = list(runs.RunState)[:-1]
    for state, following in itertools.pairwise(order):
        assert runs.TRANSITIONS[state] == {following, runs.RunState.FAILED}
    ends = {state for state, following in runs.TRANSITIONS.items() if not following}
    assert ends == {runs.RunState.HANDED_OVER, runs.RunState.FAILED}


def test_only_what_is_approved_can_be_published_and_what_is_blocked_only_rejected() -> None:
    table = releases.TRANSITIONS
    before = [state for state in table if releases.ReleaseState.PUBLISHED in table[state]]
    assert before == [releases.ReleaseState.APPROVED]
    assert table[releases.ReleaseState.BLOCKED] == {releases.ReleaseState.REJECTED}
