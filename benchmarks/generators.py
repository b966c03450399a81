"""Pairwise against independent columns at the same budget, on the demo clinic's table of patients and its policy.

Prints the mean two-way total variation distance to the real rows, mean of three runs each. Numbers and dates are
compared in 20 equal-frequency bins of the real column, NULL a cell of its own. The bins and the score are for this
benchmark alone: a generator is told what `policies/clinic.yaml` declares, and discovers the rest.

    python -m benchmarks generators
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.demo import people
from gateway.plugins import load
from gateway.policy.loading import load_policy
from gateway.privacy import accountant
from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

POLICY = load_policy(Path(__file__).parents[1] / "policies" / "clinic.yaml")
BUDGET = Budget(POLICY.budget.epsilon, POLICY.budget.delta)
RUNS = 3
BINS = 20
ASKED = 0.35
"""How much lower than independent columns the distance has to be."""

NUMERIC = {"precision": 4, "scale": 1}
SHAPE = Table(
    name=TableName("patients"),
    columns=(
        Column(name=ColumnName("birth_date"), kind=Kind.DATE, native="date", nullable=False),
        Column(name=ColumnName("sex"), kind=Kind.ENUM, native="sex", nullable=False, values=("female", "male")),
        Column(name=ColumnName("height_cm"), kind=Kind.DECIMAL, native="numeric(4,1)", **NUMERIC),
        Column(name=ColumnName("weight_kg"), kind=Kind.DECIMAL, native="numeric(4,1)", **NUMERIC),
        Column(name=ColumnName("bmi"), kind=Kind.DECIMAL, native="numeric(4,1)", **NUMERIC),
        Column(name=ColumnName("enrolled_on"), kind=Kind.DATE, native="date", nullable=False),
        Column(name=ColumnName("followed_days"), kind=Kind.INTEGER, native="integer", nullable=False),
        Column(name=ColumnName("deceased"), kind=Kind.BOOLEAN, native="boolean", nullable=False),
    ),
)
"""The learned columns as the clinic's catalogue declares them."""


def patients() -> RawTable:
    """Return the 17,549 patients, typed as in the clinic's database."""
    made = people.patients(people.study(1))
    arrays = [
        (pc.round(made[c.name], 1) if c.kind is Kind.DECIMAL else made[c.name]).cast(c.arrow_type)
        for c in SHAPE.columns
    ]
    return RawTable(SHAPE, pa.Table.from_arrays(arrays, schema=SHAPE.arrow_schema()))


def two_way_distance(real: pa.Table, synthetic: pa.Table) -> float:
    """Return the mean total variation distance over all pairs of columns."""
    coded = [_codes(real[name], synthetic[name]) for name in real.column_names]
    return float(np.mean([_distance(a, b) for a, b in itertools.combinations(coded, 2)]))


def main() -> None:
    """Print one line for each generator and the reduction."""
    rows = patients()
    clauses = POLICY.tables["patients"].columns
    task = Task(domains={column.name: clauses[column.name].domain for column in SHAPE.columns}, budget=BUDGET)
    means = {}
    for name in ("independent", "pairwise"):
        generator = load("gateway.raw.generate.generators", name)
        distances, started, used = [], time.perf_counter(), time.process_time()
        for run in range(RUNS):
            measurements = generator.measure(MemoryCounter.of(rows), task, lambda *_: None)
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
    if pa.types.is_string(column.type):
        column = pc.equal(column, SHAPE.column(ColumnName("sex")).values[0])
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)


def _distance(a: tuple[np.ndarray, np.ndarray, int], b: tuple[np.ndarray, np.ndarray, int]) -> float:
    shares = [np.bincount(a[k] * b[2] + b[k], minlength=a[2] * b[2]) / max(a[k].size, 1) for k in (0, 1)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


if __name__ == "__main__":
    main()
