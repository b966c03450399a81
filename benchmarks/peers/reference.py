"""Two lines to read the others by; neither is private.

`independent`: every column of the real rows shuffled by itself, so single columns are exact and nothing else is.
`bootstrap`: rows drawn from the real ones with replacement, which is what sampling alone costs.
"""

from __future__ import annotations

import numpy as np

from benchmarks.peers.job import read_job


def main() -> None:
    """Write the rows of the job's variant."""
    job = read_job()
    rng = np.random.default_rng(job.seed)
    rows = job.read()
    if job.variant == "bootstrap":
        job.write(rows.iloc[rng.integers(0, len(rows), len(rows))].reset_index(drop=True))
    else:
        job.write(rows.apply(lambda column: rng.permutation(column.to_numpy())))


if __name__ == "__main__":
    main()
