"""Rows a second and memory of the flagship's fit and sampling, each in a process of its own.

A table of 15 columns of mixed types (numbers, dates, texts) and one of 100 columns of 32 cells; counts are made up, so
nothing but fitting, sampling and decoding is timed. Peak memory is of the whole process, imports included.

    python -m benchmarks sampling
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gateway.estimation import pairwise
from gateway.estimation.measurement import NoisyMarginal
from gateway.estimation.workers import threads
from gateway.raw.generate import sampling
from gateway.raw.generate.binning import bins
from gateway.raw.generate.domain import Domain, Values, grid
from gateway.raw.generate.measurements import ColumnMeasured, TableMeasurements
from gateway.raw.generate.request import Condition, Request
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
KINDS = [Kind.INTEGER, Kind.TEXT, Kind.DATE, Kind.TEXT, Kind.FLOAT, Kind.TEXT, Kind.BOOLEAN, Kind.INTEGER]
SIGMA = 40.0


def _column(position: int) -> tuple[Column, Domain]:
    kind = KINDS[position % len(KINDS)]
    column = Column(name=ColumnName(f"c{position}"), kind=kind, native=str(kind), nullable=position % 3 == 0)
    if kind is Kind.TEXT:
        return column, Values(values=tuple(f"value {k}" for k in range(3 + 2 * position)), rest=True)
    if kind is Kind.BOOLEAN:
        return column, Values(values=(0, 1), rest=column.nullable)
    highest = {Kind.INTEGER: 90, Kind.DATE: 20_000, Kind.FLOAT: 1e6}[kind]
    return column, grid(0, highest, column, cells=64)


def measured(columns: list[tuple[Column, Domain]], pairs: int, rows: int = 50_000) -> TableMeasurements:
    """Return measurements as they might have been made, of columns that follow a common cause."""
    random = np.random.default_rng(0)
    cause = random.random(rows)
    found, codes, to = [], [], []
    for column, domain in columns:
        mixed = np.clip(cause + random.normal(0, 0.2, rows), 0, 0.999)
        cells = (mixed * domain.cells).astype(np.int64)
        noisy = np.bincount(cells, minlength=domain.cells) + np.rint(random.normal(0, SIGMA, domain.cells))
        each = ColumnMeasured(column=column, domain=domain, counts=noisy.astype(np.int64),
                              sigma=np.full(domain.cells, SIGMA))  # fmt: skip
        merged = bins(each.counts, each.sigma, total=rows, domain=domain, nullable=column.nullable)
        found.append(each)
        to.append(merged)
        codes.append(merged.bin_of[cells])
    every = list(combinations(range(len(columns)), 2))
    tables = []
    for k in random.permutation(len(every))[:pairs]:
        a, b = every[k]
        shape = to[a].count, to[b].count
        exact = np.bincount(codes[a] * shape[1] + codes[b], minlength=shape[0] * shape[1]).reshape(shape)
        noisy = np.rint(exact + random.normal(0, SIGMA, shape)).astype(np.int64)
        tables.append(NoisyMarginal(columns=(a, b), counts=noisy, sigma=SIGMA))
    return TableMeasurements(
        generator="pairwise", events=(), total=float(rows), columns=tuple(found), bins=tuple(to), pairs=tuple(tables),
        notes=(),
    )  # fmt: skip


def ordinary(rows: int) -> None:
    """Print the figures of the table of 15 columns."""
    known = measured([_column(position) for position in range(15)], 60)
    table = _timed("fit", lambda: sampling.fit(known, pairwise.fit, progress=lambda *_: None))
    for number in (rows // 10, rows):
        _timed("sample", lambda number=number: table.sample(number, seed=1), number)
    _timed("batches of 100,000", lambda: [batch.num_rows for batch in table.batches(rows, seed=1, size=100_000)], rows)
    _timed("codes alone", lambda: table.model.sample(rows, seed=1), rows)
    some = Request(where={ColumnName("c0"): Condition(lowest=80)})
    _timed("rows of a kind", lambda: table.sample(rows // 10, seed=1, request=some), rows // 10)


def wide(rows: int) -> None:
    """Print the figures of the table of 100 columns, 400 pairs measured."""
    columns = [
        (
            Column(name=ColumnName(f"c{k}"), kind=Kind.INTEGER, native="integer", nullable=False),
            Values(values=tuple(range(32)), rest=False),
        )
        for k in range(100)
    ]
    known = measured(columns, 400)
    table = _timed("fit", lambda: sampling.fit(known, pairwise.fit, progress=lambda *_: None))
    _timed("sample", lambda: table.sample(rows, seed=1), rows)


def _timed(name: str, work: Callable[[], Made], rows: int = 0) -> Made:
    started, used = time.perf_counter(), time.process_time()
    made = work()
    took = time.perf_counter() - started
    speed = f", {rows / took:12,.0f} rows/s" if rows else ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {name:20} {took:6.2f} s, {time.process_time() - used:6.2f} CPU-s{speed}, {peak:6,.0f} MB at most so far")
    return made


CASES = {"15 columns": (ordinary, 1_000_000), "100 columns of 32 cells": (wide, 100_000)}


def main() -> None:
    """Run every case in a process of its own."""
    pairwise.compile_kernels(lambda *_: None)
    for name in CASES:
        print(f"{name}, {threads()} threads", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.sampling", name], check=True)


if __name__ == "__main__":
    case, count = CASES[sys.argv[1]]
    case(count)
