"""Which generator a table gets when the policy leaves it open: from public and noisy figures alone.

Measured on 1,000 to 26,000 rows of Adult, Fertility and loans at epsilon 0.1 to 3: from 250 rows times mu on (the
budget's Gaussian-DP figure) the error of two-way tables was least with `pairwise`, or within chance of the least; the
other classical generators were up to a third worse. Below that nothing is related (``measuring``), which is
`independent`. So the rule is short; the classical generators are there for what they say of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gateway import plugins
from gateway.estimation import storage
from gateway.raw.generate import measurements as files
from gateway.raw.generate import measuring
from gateway.raw.generate.measuring import Relate
from gateway.vocabulary.errors import ArtefactFailed

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.estimation.measurement import NoisyMarginal
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.generator import Progress, Task
    from gateway.raw.generate.marginals import MarginalGenerator
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.sampling import FittedTable
    from gateway.raw.generate.schedule import Part
    from gateway.raw.generate.surveying import Survey
    from gateway.vocabulary.schema import Table

PLUGINS = "gateway.raw.generate.generators"
WIDE = 200
"""Tables of more columns than this get `tree`: to compare and fit all pairs would take too long."""
CHOICES = ("independent", "tree", "pairwise")


@dataclass(frozen=True, kw_only=True)
class ChoosingGenerator:
    """Surveys a table, and then goes on as the generator that suits it; see ``generator.Generator``.

    What was measured, and the model, name the generator that was chosen: both can be read by this one and by that one.
    """

    name: str

    def part(self, table: Table, task: Task, *, share: float = 1.0) -> Part:
        """Return what ``measure`` will ask of ``table``: as much as the most demanding of its choices."""
        return measuring.part(table, task, share=share, rounds=_rounds())

    def measure(
        self, counter: Counter, task: Task, progress: Progress, *, noise: Noise | None = None
    ) -> TableMeasurements:
        """Spend the budget: the only step that sees counts of rows. ``noise`` is for tests and audits."""
        chosen = "independent"

        def relate(known: Survey) -> tuple[list[NoisyMarginal], list[str]]:
            nonlocal chosen
            chosen = "tree" if len(known.columns) > WIDE else "pairwise"
            way = _load(chosen).relate
            assert way is not None  # noqa: S101 - both relate columns
            return way.measure(known)

        spent = measuring.measure(
            counter,
            task,
            generator=self.name,
            relate=Relate(measure=relate, rounds=_rounds()),
            progress=progress,
            noise=noise,
        )
        return replace(spent, generator=chosen, notes=(_REASONS[chosen], *spent.notes))

    def load(self, folder: Path) -> TableMeasurements:
        """Read back what was saved; ``ArtefactFailed`` when it is damaged or of a generator that is never chosen."""
        loaded = files.load(folder)
        if loaded.generator not in CHOICES:
            raise _another(f"the measurements in {folder} were", self.name)
        return loaded

    def fit(self, measurements: TableMeasurements, progress: Progress) -> FittedTable:
        """Fit the model of the generator that was chosen."""
        return _load(measurements.generator).fit(measurements, progress)

    def load_model(self, folder: Path) -> FittedTable:
        """Read back what ``FittedTable.save`` wrote; ``ArtefactFailed`` as in ``load``."""
        named = storage.load(folder)[0].get("generator")
        if named not in CHOICES:
            raise _another(f"the model in {folder} was", self.name)
        return _load(named).load_model(folder)


_REASONS = {
    "independent": "Generator `independent` was chosen: there are too few rows at this budget, or too few columns, for "
    "relationships to be learned.",
    "tree": f"Generator `tree` was chosen: with more than {WIDE} columns it is the one that ends in time.",
    "pairwise": "Generator `pairwise` was chosen: where relationships can be learned at all, it has the least error.",
}


def _rounds() -> int:
    return max(way.rounds for name in CHOICES if (way := _load(name).relate) is not None)


def _load(name: str) -> MarginalGenerator:
    found: MarginalGenerator = plugins.load(PLUGINS, name)
    return found


def _another(what: str, name: str) -> ArtefactFailed:
    return ArtefactFailed(f"{what} made by another generator than those that {name} chooses from")
