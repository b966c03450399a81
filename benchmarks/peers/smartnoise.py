"""smartnoise-synth (PyPI ``smartnoise-synth``): its MST and DP-CTGAN.

MST needs discrete columns: numbers are given as 32 public bins of equal width, NULL one more. DP-CTGAN is told public
bounds, and which numbers have a NULL at all. Category lists both take from the rows without spending budget, so all of
epsilon goes to the model; NULL texts are given as a category of their own. All else is default, DP-CTGAN on the CPU.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import torch
from snsynth import Synthesizer
from snsynth.transform import MinMaxTransformer

from benchmarks.peers.job import NOTHING, Job, from_bins, read_job, to_bins

if TYPE_CHECKING:
    import pandas as pd


def main() -> None:
    """Fit the variant's synthesizer and write as many rows as it was given."""
    job = read_job()
    random.seed(job.seed)
    np.random.seed(job.seed)  # noqa: NPY002 - the peer draws from this generator
    torch.manual_seed(job.seed)
    rows = job.read()
    for name in job.texts:
        rows[name] = rows[name].fillna(NOTHING)
    job.write({"mst": mst, "dpctgan": dpctgan}[job.variant](job, rows))


def mst(job: Job, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of its MST over public bins."""
    for name, public in job.numbers.items():
        rows[name] = to_bins(rows[name], *public)
    synthesizer = Synthesizer.create("mst", epsilon=job.epsilon, delta=job.delta)
    synthesizer.fit(rows, categorical_columns=list(rows.columns))
    made = synthesizer.sample(len(rows))
    rng = np.random.default_rng(job.seed)
    for name, public in job.numbers.items():
        made[name] = from_bins(made[name].to_numpy(np.int64), *public, rng)
    return made


def dpctgan(job: Job, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of its DP-CTGAN."""
    scaled = {
        name: MinMaxTransformer(lower=float(low), upper=float(high), nullable=bool(rows[name].isna().any()))
        for name, (low, high, _) in job.numbers.items()
    }
    synthesizer = Synthesizer.create("dpctgan", epsilon=job.epsilon, delta=job.delta, cuda=False, verbose=False)
    synthesizer.fit(rows, transformer=scaled, categorical_columns=list(job.texts))
    return synthesizer.sample(len(rows))


if __name__ == "__main__":
    main()
