"""Runs and the states they pass through."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from gateway.records.tables import RUNS
from gateway.vocabulary.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gateway.records.writing import Writing
    from gateway.vocabulary.names import Person, RunId, SystemName, UnitName


class RunState(StrEnum):
    """How far a run has come. What a state stands for lies on disk before the state is recorded."""

    CREATED = "created"
    RESERVED = "reserved"
    MEASURED = "measured"
    SAMPLED = "sampled"
    JUDGED = "judged"
    HANDED_OVER = "handed_over"
    FAILED = "failed"


TRANSITIONS: Final[dict[RunState, frozenset[RunState]]] = {
    RunState.CREATED: frozenset({RunState.RESERVED, RunState.FAILED}),
    RunState.RESERVED: frozenset({RunState.MEASURED, RunState.FAILED}),
    RunState.MEASURED: frozenset({RunState.SAMPLED, RunState.FAILED}),
    RunState.SAMPLED: frozenset({RunState.JUDGED, RunState.FAILED}),
    RunState.JUDGED: frozenset({RunState.HANDED_OVER, RunState.FAILED}),
    RunState.HANDED_OVER: frozenset(),
    RunState.FAILED: frozenset(),
}
"""From each state, the states that may follow."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run as recorded. Times are UTC, ISO 8601; ``reason`` is set for a failed run only."""

    run: RunId
    policy: str
    policy_digest: str
    source: SystemName
    unit: UnitName
    requester: Person
    state: RunState
    created: str
    changed: str
    reason: str | None


_COLUMNS = [RUNS.c[field.name] for field in fields(Run)]


class Runs:
    """Reads runs."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        """Read through ``reading``."""
        self._reading = reading

    def get(self, run: RunId) -> Run:
        """Return one run; ``Refused`` when there is none of that name."""
        with self._reading() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(RUNS.c.run == run)).mappings().one_or_none()
        if row is None:
            raise Refused(f"there is no run {run}; look at the runs on record, or check the records URL")
        return _run(row)

    def list(self) -> list[Run]:
        """Return all runs, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).order_by(RUNS.c.created, RUNS.c.run)).mappings().all()
        return [_run(row) for row in rows]


class RunsWriter(Runs):
    """Writes runs, as part of one step."""

    def __init__(self, writing: Writing) -> None:
        """Write through ``writing``, and read what it has written."""
        super().__init__(writing.reading)
        self._writing = writing

    def create(
        self,
        run: RunId,
        *,
        policy: str,
        policy_digest: str,
        source: SystemName,
        unit: UnitName,
        requester: Person,
    ) -> None:
        """Record a new run; ``Refused`` when the name is taken."""
        if self._writing.scalar(sa.select(RUNS.c.run).where(RUNS.c.run == run)) is not None:
            raise Refused(f"run {run} is already on record; resume it, or start one under another name")
        self._writing.insert(
            RUNS,
            run=run,
            policy=policy,
            policy_digest=policy_digest,
            source=source,
            unit=unit,
            requester=requester,
            state=RunState.CREATED.value,
            created=self._writing.time,
            changed=self._writing.time,
        )

    def advance(self, run: RunId, state: RunState) -> None:
        """Move the run on to ``state``, if it is in the state before that one; ``Refused`` otherwise.

        Of two processes that resume one run at once, one is refused. A run fails through ``fail``.
        """
        if state is RunState.FAILED:
            raise ValueError("a run fails through fail(), which keeps the reason")
        self._move(run, state, reason=None)

    def fail(self, run: RunId, reason: str) -> None:
        """End the run for good. ``reason`` is a name of an error or a sentence without any value of the data."""
        self._move(run, RunState.FAILED, reason=reason)

    def _move(self, run: RunId, state: RunState, *, reason: str | None) -> None:
        before = [known.value for known, following in TRANSITIONS.items() if state in following]
        changed = self._writing.update(
            RUNS,
            where=(RUNS.c.run == run) & RUNS.c.state.in_(before),
            state=state.value,
            reason=reason,
            changed=self._writing.time,
        )
        if not changed:
            raise Refused(
                f"run {run} is {self.get(run).state} and cannot become {state}, which follows on "
                f"{' or '.join(before) or 'nothing'}; perhaps another process works on it. Look again, and resume"
            )


def _run(row: sa.RowMapping) -> Run:
    return Run(**{**row, "state": RunState(row["state"])})
