"""A generator that measures marginals: what ``generators/*.py`` differ in is one flag and one fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.generate import measurements as files
from gateway.raw.generate import measuring, sampling
from gateway.vocabulary.errors import ArtefactFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.raw.generate.generator import Task
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.raw.rows import RawTable


@dataclass(frozen=True, kw_only=True)
class MarginalGenerator:
    """See ``gateway.raw.generate.generator.Generator``."""

    name: str
    relationships: bool
    """Whether pairs of columns are measured."""
    fitter: Callable[..., sampling.Model]
    """``gateway.estimation.pairwise.fit`` or one of the same signature."""

    def measure(self, rows: RawTable, task: Task, progress: Callable[[str, float], None]) -> TableMeasurements:
        """Spend the budget: the only step that opens rows."""
        return measuring.measure(rows, task, generator=self.name, relationships=self.relationships, progress=progress)

    def load(self, folder: Path) -> TableMeasurements:
        """Read back what was saved; ``ArtefactFailed`` when it is damaged or another generator's."""
        loaded = files.load(folder)
        if loaded.generator != self.name:
            raise ArtefactFailed(f"the measurements in {folder} were made by another generator than {self.name}")
        return loaded

    def fit(self, measurements: TableMeasurements, progress: Callable[[str, float], None]) -> sampling.FittedTable:
        """Fit a model to the measurements alone."""
        return sampling.fit(measurements, self.fitter, progress=progress)
