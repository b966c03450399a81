"""What every generator is told: rows to learn from as CSV, what is public about them, and what may be spent.

Each module beside this one that runs a generator is started as ``python -P -m benchmarks.peers.NAME JOB.json`` in a
fresh process of its own environment, reads the rows, and writes as many synthetic ones as CSV: that whole process is
measured. Only NumPy and pandas may be imported here: every peer brings its own versions of them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

BINS = 32
NOTHING = "(none)"
"""Stands for NULL in text columns where a peer knows no NULL. Public: every column may have one."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of one generator."""

    rows: Path
    """The CSV file of the real rows: a header, an empty field for NULL."""
    out: Path
    numbers: dict[str, tuple[float, float, int]]
    """Lowest, highest, digits behind the point: public."""
    texts: tuple[str, ...]
    """Names of the columns whose values nobody has listed."""
    target: str
    epsilon: float
    delta: float
    seed: int
    variant: str

    def read(self) -> pd.DataFrame:
        """Return the real rows: numbers as float64 with NaN, texts as objects with NaN."""
        import pandas as pd  # noqa: PLC0415 - not everything that is measured needs it

        types = dict.fromkeys(self.numbers, "float64") | dict.fromkeys(self.texts, "object")
        return pd.read_csv(self.rows, dtype=types, keep_default_na=False, na_values=[""])

    def write(self, rows: pd.DataFrame) -> None:
        """Write synthetic ``rows``: numbers rounded to their digits and kept within their bounds."""
        import pandas as pd  # noqa: PLC0415 - as above

        done = pd.DataFrame(index=rows.index)
        for name, (low, high, scale) in self.numbers.items():
            values = pd.to_numeric(rows[name], errors="coerce").astype("float64").clip(low, high).round(scale)
            done[name] = values.astype("Int64") if scale == 0 else values
        for name in self.texts:
            done[name] = rows[name].where(rows[name] != NOTHING)
        done.to_csv(self.out, index=False)


def read_job() -> Job:
    """Read the job that the command line names."""
    told: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    numbers = {name: (low, high, scale) for name, (low, high, scale) in told.pop("numbers").items()}
    paths = {name: Path(told.pop(name)) for name in ("rows", "out")}
    return Job(numbers=numbers, texts=tuple(told.pop("texts")), **paths, **told)


def cells(low: float, high: float, scale: int) -> int:
    """Return how many public bins of equal width a number gets: 32, or one per whole number where those are fewer."""
    return min(BINS, int(high - low) + 1) if scale == 0 else BINS


def to_bins(values: pd.Series, low: float, high: float, scale: int) -> NDArray[np.int64]:
    """Return the bin of each number; NaN is the bin after the last."""
    bins = cells(low, high, scale)
    numbers = values.to_numpy(float)
    found = np.clip(np.searchsorted(np.linspace(low, high, bins + 1), numbers, side="right") - 1, 0, bins - 1)
    return np.where(np.isnan(numbers), bins, found).astype(np.int64)


def from_bins(
    codes: NDArray[np.int64], low: float, high: float, scale: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a number for each bin, uniform among those that belong to it; the bin after the last is NaN."""
    bins = cells(low, high, scale)
    edges = np.linspace(low, high, bins + 1)
    inside = np.clip(codes, 0, bins - 1)
    if scale == 0:
        starts = np.ceil(np.round(edges, 9))
        starts[-1] = high + 1
        values = np.floor(starts[inside] + rng.random(len(codes)) * (starts[inside + 1] - starts[inside]))
    else:
        values = edges[inside] + rng.random(len(codes)) * (edges[1] - edges[0])
    return np.where(codes >= bins, np.nan, values)
