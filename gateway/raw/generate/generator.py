"""The contract of a generator: spend a budget on measurements once, then fit and sample without the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from gateway.policy.model import DomainClause
    from gateway.privacy.budget import Budget
    from gateway.privacy.events import Event
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import ColumnName


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to learn: declared, public."""

    domains: Mapping[ColumnName, DomainClause | None]
    """The columns to learn, in order; a None or partial domain is discovered under differential privacy."""
    budget: Budget
    unit: tuple[ColumnName, ...] = ()
    """Columns of the rows that name one unit. Rows whose key is theirs alone are counted; rows of a key that is not
    full, or that several have, are not. When empty, the table's primary key serves if it was read, and otherwise one
    row per unit is the caller's promise."""


class Measurements(Protocol):
    """Everything that was bought with the budget. Differentially private as a whole; may be stored and shared."""

    events: tuple[Event, ...]
    """Exactly what was spent."""
    notes: tuple[str, ...]
    """What was decided from noisy counts and why, in words for the steward: metered."""

    @property
    def rows(self) -> int:
        """The noisy number of training rows, at least 0."""
        ...

    def save(self, folder: Path) -> None:
        """Write JSON and Arrow files into the empty ``folder``; never pickle."""
        ...


class Fitted(Protocol):
    """A model that has never seen the data."""

    def sample(self, rows: int, *, seed: int) -> pa.Table:
        """Return ``rows`` rows of the learned columns, typed as in the source; the same seed gives the same rows."""
        ...


class Generator(Protocol):
    """One way of making rows under a budget."""

    name: str

    def measure(self, rows: RawTable, task: Task, progress: Callable[[str, float], None]) -> Measurements:
        """Spend the budget: the only step that opens rows. One row per unit of protection is the caller's promise."""
        ...

    def load(self, folder: Path) -> Measurements:
        """Read back what ``Measurements.save`` wrote; ``ArtefactFailed`` when it is damaged."""
        ...

    def fit(self, measurements: Measurements, progress: Callable[[str, float], None]) -> Fitted:
        """Fit a model to the measurements alone."""
        ...
