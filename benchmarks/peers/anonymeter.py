"""anonymeter (PyPI ``anonymeter``): its four attacks on Adult, with the sizes of its own notebook, a secret a column.

Started as ``python -P -m benchmarks.peers.anonymeter FOLDER OUT`` in an environment of its own; reads the training,
control and CTGAN rows of FOLDER and writes the risk of each attack, with the CPU seconds it took, to OUT as JSON.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

if TYPE_CHECKING:
    from collections.abc import Callable

SIDES = (
    ["type_employer", "education", "hr_per_week", "capital_loss", "capital_gain"],
    ["race", "sex", "fnlwgt", "age", "country"],
)
"""What two parties know of a person, in its notebook."""


def main(folder: str, out: str) -> None:
    """Attack, and write what came out."""
    warnings.simplefilter("ignore")
    np.random.seed(1)  # noqa: NPY002 - its attacks draw from the global generator
    names = ("adults_train_reconstructed", "adults_control", "adults_syn_ctgan")
    train, control, synthetic = (pd.read_parquet(Path(folder) / f"{name}.parquet") for name in names)
    frames: dict[str, Any] = {"ori": train, "syn": synthetic, "control": control}
    attacks: dict[str, Callable[[], Any]] = {
        "singling out, one column": lambda: SinglingOutEvaluator(**frames, n_attacks=500).evaluate(mode="univariate"),
        "singling out, four columns": lambda: SinglingOutEvaluator(**frames, n_attacks=100, n_cols=4).evaluate(
            mode="multivariate"
        ),
        "linkability": lambda: LinkabilityEvaluator(**frames, n_attacks=2000, aux_cols=SIDES, n_neighbors=10).evaluate(
            n_jobs=1
        ),
    }
    for secret in train.columns:
        rest = [name for name in train.columns if name != secret]
        number = secret in train.select_dtypes("number").columns
        attacks[f"inference of {secret}"] = lambda secret=secret, rest=rest, number=number: InferenceEvaluator(
            **frames, aux_cols=rest, secret=secret, regression=number, n_attacks=1000
        ).evaluate(n_jobs=1)
    found = {name: _timed(attack) for name, attack in attacks.items()}
    Path(out).write_text(json.dumps(found, indent=1))


def _timed(attack: Callable[[], Any]) -> dict[str, float]:
    began = time.process_time()
    risk = attack().risk(confidence_level=0.95)
    low, high = risk.ci
    return {"value": risk.value, "low": low, "high": high, "cpu": time.process_time() - began}


if __name__ == "__main__":
    main(*sys.argv[1:])
