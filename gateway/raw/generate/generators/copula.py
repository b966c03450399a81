"""The shape of every column and one correlation for every pair: a Gaussian copula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gateway.estimation.copula import fit, restore
from gateway.raw.generate import quadrants, sampling
from gateway.raw.generate.marginals import MarginalGenerator
from gateway.raw.generate.measuring import Relate

if TYPE_CHECKING:
    from gateway.raw.generate.generator import Progress
    from gateway.raw.generate.measurements import TableMeasurements


@dataclass(frozen=True, kw_only=True)
class CopulaGenerator(MarginalGenerator):
    """A generator whose model has to know which columns have an order."""

    def fit(self, measurements: TableMeasurements, progress: Progress) -> sampling.FittedTable:
        """Fit a model to the measurements alone."""
        order = quadrants.naturally_ordered((each.column, each.domain) for each in measurements.columns)
        return sampling.fit(measurements, partial(self.fitter, natural=order), progress=progress)


plugin = CopulaGenerator(
    name="copula", relate=Relate(measure=quadrants.quadrants, rounds=0), fitter=fit, restore=restore
)
