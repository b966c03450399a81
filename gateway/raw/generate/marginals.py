"""A generator that measures marginals: what ``generators/*.py`` differ in is one flag and one fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.generate import measurements as files
from gateway.raw.generate import measuring, sampling
from gateway.vocabulary.errors import ArtefactFailed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.generator import Progress, Task
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.raw.generate.measuring import Relate
    from gateway.raw.generate.modelfiles import Restore
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Part
    from gateway.vocabulary.schema import Table


@dataclass(frozen=True, kw_only=True)
class MarginalGenerator:
    """See ``gateway.raw.generate.generator.Generator``."""

    name: str
    relate: Relate | None
    """How relationships between columns are measured; None when they are not."""
    fitter: Callable[..., sampling.Model]
    """``gateway.estimation.pairwise.fit`` or one of the same signature."""
    restore: Restore | None = None
    """The function that goes with it and makes a saved model anew, such as ``gateway.estimation.pairwise.restore``."""

    def part(self, table: Table, task: Task, *, share: float = 1.0) -> Part:
        """Return what ``measure`` will ask of ``table``."""
        return measuring.part(table, task, share=share, rounds=self.relate.rounds if self.relate else 0)

    def measure(
        self, counter: Counter, task: Task, progress: Progress, *, noise: Noise | None = None
    ) -> TableMeasurements:
        """Spend the budget: the only step that sees counts of rows. ``noise`` is for tests and audits."""
        return measuring.measure(counter, task, generator=self.name, relate=self.relate, progress=progress, noise=noise)

    def load(self, folder: Path) -> TableMeasurements:
        """Read back what was saved; ``ArtefactFailed`` when it is damaged or another generator's."""
        loaded = files.load(folder)
        if loaded.generator != self.name:
            raise ArtefactFailed(f"the measurements in {folder} were made by another generator than {self.name}")
        return loaded

    def fit(self, measurements: TableMeasurements, progress: Progress) -> sampling.FittedTable:
        """Fit a model to the measurements alone."""
        return sampling.fit(measurements, self.fitter, progress=progress)

    def load_model(self, folder: Path) -> sampling.FittedTable:
        """Read back what ``FittedTable.save`` wrote; ``ArtefactFailed`` when it is damaged or another generator's."""
        if self.restore is None:
            raise Unsupported(f"models of generator {self.name} are not kept; fit it again from its measurements")
        return sampling.load(folder, generator=self.name, restore=self.restore)
