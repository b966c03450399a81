"""From a model's codes to typed rows: bin, fine cell, value. Never sees data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from gateway.raw.generate.encoding import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.measurements import ColumnMeasured, TableMeasurements


class Model(Protocol):
    """A fitted model over bins."""

    def sample(self, rows: int, *, seed: int) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns)."""
        ...


@dataclass(frozen=True, kw_only=True)
class FittedTable:
    """A model with what is needed to turn its codes into rows."""

    model: Model
    columns: tuple[ColumnMeasured, ...]
    bins: tuple[Bins, ...]

    def sample(self, rows: int, *, seed: int) -> pa.Table:
        """Return ``rows`` rows typed as in the source; the same seed gives the same rows. See ``Fitted.sample``."""
        codes = self.model.sample(rows, seed=seed)
        arrays = []
        for j, (measured, to) in enumerate(zip(self.columns, self.bins, strict=True)):
            generator = np.random.default_rng([seed, j])
            cells = _fine(codes[:, j], to, generator)
            arrays.append(decode(cells, measured.column, measured.domain, generator))
        fields = [pa.field(c.column.name, c.column.arrow_type, c.column.nullable) for c in self.columns]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def fit(
    measurements: TableMeasurements,
    fitter: Callable[..., Model],
    *,
    progress: Callable[[str, float], None],
    seed: int = 0,
) -> FittedTable:
    """Fit ``fitter`` (``gateway.estimation.pairwise.fit`` and its like) to what was measured."""
    bins = measurements.bins
    model = fitter(
        measurements.marginals(), [each.count for each in bins], measurements.rows, seed=seed, progress=progress
    )
    return FittedTable(model=model, columns=measurements.columns, bins=bins)


def _fine(codes: NDArray[np.int32], to: Bins, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a fine cell for every bin code: as many of each as its share says, give or take one, in random order."""
    cells = np.zeros(codes.size, dtype=np.int64)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(to.count + 1))
    for group in range(to.count):
        rows = order[ends[group] : ends[group + 1]]
        members = np.flatnonzero(to.bin_of == group)
        steps = (generator.random() + np.arange(rows.size)) / max(rows.size, 1)
        shares = np.cumsum(to.weight[members])
        drawn = members[np.minimum(np.searchsorted(shares, steps * shares[-1], side="right"), members.size - 1)]
        cells[generator.permutation(rows)] = drawn
    return cells
