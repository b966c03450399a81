"""Gateway's own generators, run as a peer is: rows from CSV, one plugin of ``gateway.raw.generate.generators``.

The variant is the plugin's name. ``NAME+target`` also declares which column analysts will predict, ``NAME-bounds``
declares nothing about numbers. Categories and bins are never declared. As many rows come out as it counted under
differential privacy.
"""

from __future__ import annotations

import sys

from pyarrow import csv

from benchmarks.peers.job import Job, read_job
from gateway.plugins import load
from gateway.policy.model import DomainClause
from gateway.privacy.budget import Budget
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.generator import Task
from gateway.raw.generate.knowledge import Knowledge
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table


def shape(job: Job) -> Table:
    """Return the table as a catalogue would declare it: types, and nothing else."""
    numbers = (
        Column(name=ColumnName(name), kind=Kind.INTEGER, native="integer")
        if scale == 0
        else Column(name=ColumnName(name), kind=Kind.DECIMAL, native=f"numeric(18,{scale})", precision=18, scale=scale)
        for name, (_, _, scale) in job.numbers.items()
    )
    texts = (Column(name=ColumnName(name), kind=Kind.TEXT, native="text") for name in job.texts)
    return Table(name=TableName("rows"), columns=(*numbers, *texts))


def count(job: Job, table: Table) -> MemoryCounter:
    """Return a counter over the rows, read batch by batch."""
    schema = table.arrow_schema()
    options = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, include_columns=schema.names
    )
    with csv.open_csv(job.rows, convert_options=options) as batches:
        return MemoryCounter(table, batches)


def domains(job: Job, *, bounds: bool) -> dict[ColumnName, DomainClause | None]:
    """Return what is declared: bounds of numbers, if any."""
    declared: dict[ColumnName, DomainClause | None] = {ColumnName(name): None for name in (*job.numbers, *job.texts)}
    if bounds:
        for name, (low, high, _) in job.numbers.items():
            declared[ColumnName(name)] = DomainClause(lowest=low, highest=high)
    return declared


def main() -> None:
    """Measure, fit, sample, write."""
    job = read_job()
    name = job.variant.removesuffix("+target").removesuffix("-bounds")
    target = ColumnName(job.target) if job.variant.endswith("+target") else None
    task = Task(
        domains=domains(job, bounds=not job.variant.endswith("-bounds")),
        budget=Budget(job.epsilon, job.delta),
        knowledge=Knowledge(target=target),
    )
    generator = load("gateway.raw.generate.generators", name)
    measurements = generator.measure(count(job, shape(job)), task, lambda *_: None)
    synthetic = generator.fit(measurements, lambda *_: None).sample(measurements.rows, seed=job.seed)
    csv.write_csv(synthetic, job.out)
    for note in measurements.notes:
        print(note, file=sys.stderr)


if __name__ == "__main__":
    main()
