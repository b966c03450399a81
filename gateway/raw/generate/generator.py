"""The contract of a generator: spend a budget on measurements once, then fit and sample without the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from gateway.policy.model import DomainClause
    from gateway.privacy.budget import Budget
    from gateway.privacy.events import Event
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.knowledge import Knowledge
    from gateway.raw.generate.request import Request
    from gateway.raw.generate.schedule import Part, Schedule
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

    Progress = Callable[[str, float], None]
    """Hears a stage's name and the share of it that is done, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to learn: declared, public."""

    domains: Mapping[ColumnName, DomainClause | None]
    """The columns to learn, in order; a None or partial domain is discovered under differential privacy."""
    budget: Budget
    knowledge: Knowledge | None = None
    """What is declared about several columns together; it costs nothing and helps."""
    grids: Mapping[ColumnName, Domain] = field(default_factory=dict)
    """Columns whose cells are known otherwise, such as numbers of rows; public."""
    weights: Mapping[ColumnName, float] = field(default_factory=dict)
    """Columns whose one-way counts matter up to so many times as much as others' of as many cells; public."""
    schedule: Schedule | None = None
    """What to spend: the table's part of ``budget``, when others have theirs. None: all of it."""


class Measurements(Protocol):
    """Everything that was bought with the budget. Differentially private as a whole; may be stored and shared."""

    @property
    def events(self) -> tuple[Event, ...]:
        """Exactly what was spent."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided from noisy counts and why, in words for the steward: metered."""
        ...

    @property
    def rows(self) -> int:
        """The noisy number of training rows, at least 0."""
        ...

    def save(self, folder: Path) -> None:
        """Write JSON and Arrow files into the empty ``folder``; never pickle."""
        ...


class Fitted(Protocol):
    """A model that has never seen the data."""

    schema: pa.Schema
    """Names and types of the learned columns, as in the source."""

    def sample(self, rows: int, *, seed: int, request: Request | None = None) -> pa.Table:
        """Return ``rows`` rows of the learned columns; the same seed gives the same rows.

        ``request`` says which rows are wanted. ``ConfigurationError`` when the model cannot give any such row.
        """
        ...

    def batches(self, rows: int, *, seed: int, size: int, request: Request | None = None) -> Iterator[pa.RecordBatch]:
        """Yield ``rows`` rows in batches of ``size``: memory does not grow with ``rows``. Reproducible as ``sample``.

        The rows are as good as those of ``sample`` within every batch; they are not the same rows.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the model as JSON, safetensors and Arrow into the empty ``folder``: it reloads to the same rows."""
        ...


class Generator(Protocol):
    """One way of making rows under a budget."""

    name: str

    def part(self, table: Table, task: Task, *, share: float = 1.0) -> Part:
        """Return what ``measure`` will ask of ``table``, before anything of its rows is known; see ``schedules``."""
        ...

    def measure(self, counter: Counter, task: Task, progress: Progress) -> Measurements:
        """Spend the task's budget or schedule: the only step that sees counts of rows.

        ``ConfigurationError`` and ``Unsupported`` for declarations that do not fit the columns; no error depends on
        what the rows are.
        """
        ...

    def load(self, folder: Path) -> Measurements:
        """Read back what ``Measurements.save`` wrote; ``ArtefactFailed`` when it is damaged."""
        ...

    def fit(self, measurements: Measurements, progress: Progress) -> Fitted:
        """Fit a model to the measurements alone."""
        ...

    def load_model(self, folder: Path) -> Fitted:
        """Read back what ``Fitted.save`` wrote; ``ArtefactFailed`` when it is damaged."""
        ...
