"""dpmm (PyPI ``dpmm``): its MST and PrivBayes pipelines with its own PrivTree binning.

Told: public bounds. Of epsilon, a tenth goes to binning (its default, 0.1, which it would spend on top) and the rest to
the model. Category lists it takes from the rows without spending budget (it logs a warning), as it does with where a
number is NULL; NULL texts are given as a category of their own. One job: its default forks one process per core.
"""

from __future__ import annotations

from dpmm.pipelines import MSTPipeline, PrivBayesPipeline

from benchmarks.peers.job import NOTHING, read_job

PIPELINES = {"mst": MSTPipeline, "privbayes": PrivBayesPipeline}
BINNING = 0.1
"""The share of epsilon that finds bins."""


def main() -> None:
    """Fit the variant's pipeline and write as many rows as it was given."""
    job = read_job()
    rows = job.read()
    for name, (low, high, scale) in job.numbers.items():
        rows[name] = rows[name].clip(low, high)
        if scale == 0 and not rows[name].isna().any():
            rows[name] = rows[name].astype("int64")
    for name in job.texts:
        rows[name] = rows[name].fillna(NOTHING)
    bounds = {name: {"lower": low, "upper": high} for name, (low, high, _) in job.numbers.items()}
    spent = BINNING * job.epsilon
    pipeline = PIPELINES[job.variant](epsilon=job.epsilon - spent, delta=job.delta, proc_epsilon=spent, n_jobs=1)
    pipeline.fit(rows, domain=bounds, random_state=job.seed)
    job.write(pipeline.generate(n_records=len(rows), random_state=job.seed))


if __name__ == "__main__":
    main()
