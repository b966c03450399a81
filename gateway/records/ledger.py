"""The ledger: what was reserved of whose privacy, and what was really spent. Rows are added, never changed.

A reservation counts in full for ever, whether its run ended well, failed or was never heard of again. What was spent is
kept beside it for the auditor; it never gives anything back.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from gateway.policy.model import HARD_STOP_EPSILON
from gateway.privacy.events import SelectionEvent, event_from_json
from gateway.privacy.filter import SELECTION_SHARE, Reservation, Total, admit, total
from gateway.records.tables import LEDGER, RUNS
from gateway.vocabulary.digest import canonical_json
from gateway.vocabulary.errors import BudgetRefused, CheckFailed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from gateway.privacy.budget import Budget
    from gateway.records.writing import Writing
    from gateway.vocabulary.names import RunId, SystemName, UnitName

_ROUNDING: Final = 1.0 + 1e-9
"""A figure recomputed from the events may lie above the reserved one by this factor: rounding, not spending."""


class Kind(StrEnum):
    """What a row of the ledger says."""

    RESERVED = "reserved"
    COMMITTED = "committed"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One row. ``events`` and no ``lifetime_epsilon`` for what was committed, the reverse for what was reserved.

    ``delta_selection`` is the part of ``delta`` that threshold selections may cost, or have cost.
    """

    seq: int
    run: RunId
    kind: Kind
    source: SystemName
    unit: UnitName
    epsilon: float
    delta: float
    rho: float
    delta_selection: float
    lifetime_epsilon: float | None
    events: tuple[dict[str, Any], ...] | None
    time: str


_COLUMNS = [LEDGER.c[field.name] for field in fields(LedgerEntry)]


class Ledger:
    """Reads the ledger."""

    def __init__(self, reading: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        """Read through ``reading``."""
        self._reading = reading

    def entries(self, unit: UnitName | None = None, source: SystemName | None = None) -> list[LedgerEntry]:
        """Return the rows in order: all, or of one unit of protection, one source, or both."""
        query = sa.select(*_COLUMNS).order_by(LEDGER.c.seq)
        if unit is not None:
            query = query.where(LEDGER.c.unit == unit)
        if source is not None:
            query = query.where(LEDGER.c.source == source)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def reservations(self, unit: UnitName, source: SystemName) -> list[Reservation]:
        """Return every reservation ever made for ``unit`` in ``source``, oldest first."""
        return [_reservation(entry) for entry in self.entries(unit, source) if entry.kind is Kind.RESERVED]

    def spent(self, unit: UnitName, source: SystemName) -> Total:
        """Return what all reservations compose to (``privacy.filter``); all zero when there is none."""
        return total(self.reservations(unit, source))

    def left(self, unit: UnitName, source: SystemName, lifetime_epsilon: float) -> float:
        """Return the epsilon between what is spent and the lifetime (or the hard stop), never below 0.

        A release of that epsilon fits for certain; a larger one may too, since releases compose to less than their sum.
        """
        return max(0.0, min(lifetime_epsilon, HARD_STOP_EPSILON) - self.spent(unit, source).epsilon)


class LedgerWriter(Ledger):
    """Adds to the ledger, as part of one step."""

    def __init__(self, writing: Writing) -> None:
        """Write through ``writing``, and read what it has written."""
        super().__init__(writing.reading)
        self._writing = writing

    def reserve(
        self,
        run: RunId,
        *,
        unit: UnitName,
        source: SystemName,
        budget: Budget,
        rho: float,
        lifetime_epsilon: float,
        delta_selection: float | None = None,
    ) -> Total:
        """Set ``budget`` aside for ``run``, before it reads anything; returns the lifetime total with it.

        ``rho`` is the zCDP of all noise the run may draw, ``delta_selection`` the part of the budget's delta that its
        threshold selections may cost (``filter.SELECTION_SHARE`` of it, if not said). ``BudgetRefused`` when the total
        of all reservations ever made for the unit in that source would lie above ``lifetime_epsilon`` or the hard stop;
        ``Refused`` when the run is unknown, is of another unit or source, or has reserved before.
        """
        self._belongs(run, unit, source)
        if self._row(run, Kind.RESERVED) is not None:
            raise Refused(f"run {run} has reserved its budget already; resume it, or start a new run")
        selection = budget.delta * SELECTION_SHARE if delta_selection is None else float(delta_selection)
        try:
            new = Reservation(
                epsilon=float(budget.epsilon), delta=float(budget.delta), rho=float(rho), delta_selection=selection
            )
        except ValueError as error:
            raise BudgetRefused(f"this cannot be reserved: {error}") from None
        allowed = min(lifetime_epsilon, HARD_STOP_EPSILON)
        after = admit(self.reservations(unit, source), new, lifetime_epsilon=allowed)
        figures = {"epsilon": new.epsilon, "delta": new.delta, "rho": new.rho, "delta_selection": new.delta_selection}
        self._add(run, Kind.RESERVED, unit=unit, source=source, **figures, lifetime_epsilon=float(lifetime_epsilon))
        return after

    def commit(self, run: RunId, *, epsilon: float, delta: float, rho: float, events: Sequence[dict[str, Any]]) -> None:
        """Record what ``run`` really spent, once: the mechanism calls and what they cost.

        ``CheckFailed`` when any figure lies above what was reserved, or the selections among the events cost more delta
        than was kept for them: then nothing of the run may leave. ``Refused`` without a reservation or a second time.
        That the figures follow from the events is for the accountant to say, not for the ledger.
        """
        reserved = self._row(run, Kind.RESERVED)
        if reserved is None:
            raise Refused(f"run {run} has reserved nothing, so it can have spent nothing; reserve before reading")
        if self._row(run, Kind.COMMITTED) is not None:
            raise Refused(f"run {run} has recorded already what it spent; it must not measure again")
        figures = {
            "epsilon": float(epsilon),
            "delta": float(delta),
            "rho": float(rho),
            "delta_selection": _selections(events),
        }
        for name, value in figures.items():
            # written so that a NaN fails too
            if not 0 <= value <= getattr(reserved, name) * _ROUNDING:
                raise CheckFailed(
                    f"run {run} spent {name} {value:g} and had reserved {getattr(reserved, name):g}; nothing of it may "
                    "be released. This is an error of the generator or of its accounting: report it"
                )
        self._add(
            run,
            Kind.COMMITTED,
            unit=reserved.unit,
            source=reserved.source,
            **figures,
            events=canonical_json(list(events)).decode(),
        )

    def _add(self, run: RunId, kind: Kind, **values: str | float) -> None:
        seq, time = self._writing.next(LEDGER), self._writing.time
        self._writing.insert(LEDGER, seq=seq, run=run, kind=kind.value, time=time, **values)

    def _row(self, run: RunId, kind: Kind) -> LedgerEntry | None:
        query = sa.select(*_COLUMNS).where(LEDGER.c.run == run, LEDGER.c.kind == kind.value)
        row = self._writing.connection.execute(query).mappings().one_or_none()
        return None if row is None else _entry(row)

    def _belongs(self, run: RunId, unit: UnitName, source: SystemName) -> None:
        known = self._writing.connection.execute(sa.select(RUNS.c.unit, RUNS.c.source).where(RUNS.c.run == run))
        if (row := known.one_or_none()) is None:
            raise Refused(f"there is no run {run} to reserve for; create it first")
        if (row.unit, row.source) != (unit, source):
            raise Refused(f"run {run} is recorded for {row.unit} in {row.source}, not for {unit} in {source}")


def _selections(events: Sequence[dict[str, Any]]) -> float:
    try:
        known = [event_from_json(event) for event in events]
    except (ValueError, TypeError, AttributeError):
        raise CheckFailed(
            "an event to be committed is not of a mechanism this gateway can account for; nothing may be released"
        ) from None
    return math.fsum(event.delta for event in known if isinstance(event, SelectionEvent))


def _entry(row: sa.RowMapping) -> LedgerEntry:
    events = None if row["events"] is None else tuple(json.loads(row["events"]))
    return LedgerEntry(**{**row, "kind": Kind(row["kind"]), "events": events})


def _reservation(entry: LedgerEntry) -> Reservation:
    return Reservation(epsilon=entry.epsilon, delta=entry.delta, rho=entry.rho, delta_selection=entry.delta_selection)
