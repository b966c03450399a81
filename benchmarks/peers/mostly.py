"""mostlyai-engine (PyPI ``mostlyai-engine``): its TabularARGN under DP-SGD.

It cannot be told bounds: ranges and categories it finds itself, on a tenth of epsilon (its default for that, 1, would
leave nothing); training ends where the whole of epsilon is spent. All else is default, on the CPU. The placeholder it
writes for rare values counts as a value of its own; results are kept within the public bounds.
"""

from __future__ import annotations

from mostlyai.engine import TabularARGN
from mostlyai.engine.domain import DifferentialPrivacyConfig

from benchmarks.peers.job import NOTHING, read_job

FINDING = 0.1
"""The share of epsilon that finds ranges and categories."""


def main() -> None:
    """Train and write as many rows as were given."""
    job = read_job()
    rows = job.read()
    for name, (low, high, scale) in job.numbers.items():
        rows[name] = rows[name].clip(low, high)
        if scale == 0:
            rows[name] = rows[name].astype("Int64")
    for name in job.texts:
        rows[name] = rows[name].fillna(NOTHING)
    private = DifferentialPrivacyConfig(
        max_epsilon=job.epsilon, delta=job.delta, value_protection_epsilon=FINDING * job.epsilon
    )
    with TabularARGN(differential_privacy=private, device="cpu", random_state=job.seed) as model:
        model.fit(rows)
        job.write(model.sample(len(rows)))


if __name__ == "__main__":
    main()
