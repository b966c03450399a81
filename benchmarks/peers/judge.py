"""The judge's attacks on Adult, on all rows, a share of them, or many more; beside ``anonymeter.py``.

Started as ``python -P -m benchmarks.peers.judge FOLDER OUT ROWS``: reads the training, control and CTGAN rows of
FOLDER and takes ROWS training rows and as many of the others in proportion. Where that is more than there are, rows are
drawn again with another weight (`fnlwgt`), so that nearly all of them differ. No column is called sensitive, so each of
the 15 is a secret. The attack that draws rows anew is given the CTGAN rows in other samples.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gateway import plugins
from gateway.raw.judge.attack import Arena

ATTACKS = "gateway.raw.judge.attacks"
NAMES = ("adults_train_reconstructed", "adults_control", "adults_syn_ctgan")
WEIGHT = "fnlwgt"


def main(folder: str, out: str, rows: str) -> None:
    """Attack, and write the excess of each attack, with the CPU seconds it took."""
    frames = [pq.read_table(Path(folder) / f"{name}.parquet") for name in NAMES]
    schema = frames[0].schema
    factor = int(rows) / frames[0].num_rows
    train, control, synthetic = (_sized(frame.cast(schema), factor, seed) for seed, frame in enumerate(frames))
    del frames

    def redraw(seed: int) -> pa.Table:
        return synthetic.take(np.random.default_rng(seed).integers(synthetic.num_rows, size=synthetic.num_rows))

    began = time.process_time()
    arena = Arena(train=train, control=control, synthetic=synthetic, columns=tuple(schema.names), seed=1, redraw=redraw)
    arena.codes, arena.chosen  # noqa: B018 - made once for all attacks
    found = {"encoding, choosing targets": {"cpu": time.process_time() - began}}
    for name in plugins.names(ATTACKS):
        attack = plugins.load(ATTACKS, name)
        if getattr(attack, "of_histories", False) or getattr(attack, "asked_by", ""):
            continue
        began = time.process_time()
        excess = attack().run(arena).excess
        found[name] = {**vars(excess), "cpu": time.process_time() - began}
    Path(out).write_text(json.dumps(found, indent=1))


def _sized(frame: pa.Table, factor: float, seed: int) -> pa.Table:
    rows = round(frame.num_rows * factor)
    random = np.random.default_rng(seed)
    if factor <= 1:
        return frame.take(random.permutation(frame.num_rows)[:rows])
    made = frame.take(random.integers(frame.num_rows, size=rows))
    shifted = made[WEIGHT].to_numpy() + random.integers(-5000, 5000, rows)
    place = made.schema.get_field_index(WEIGHT)
    return made.set_column(place, made.schema.field(place), pa.array(shifted, made.schema.field(place).type))


if __name__ == "__main__":
    main(*sys.argv[1:])
