"""Generators that break their promise, each in one way: for tests of whether a run lets what they make out.

They read their counter's rows, which no honest generator does, or lie about their noise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gateway.plugins import load
from gateway.privacy.budget import Budget
from gateway.raw.generate import measurements as files
from gateway.raw.generate.generator import Fitted, Task
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.generate.request import Request
from gateway.raw.generate.schedule import Part
from gateway.vocabulary.schema import TEXT_KINDS, Table

HONEST = load("gateway.raw.generate.generators", "independent")
REMEMBERED = "remembered.parquet"
Progress = Callable[[str, float], None]
Choose = Callable[[pa.Table], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class WithRows(TableMeasurements):
    """Honest measurements, and some rows beside them."""

    remembered: pa.Table

    def save(self, folder: Path) -> None:
        super().save(folder)
        pq.write_table(self.remembered, folder / REMEMBERED)


@dataclass(frozen=True, kw_only=True)
class FittedWithRows:
    """An honest model that puts the remembered rows among its own."""

    honest: Fitted
    remembered: pa.Table

    @property
    def schema(self) -> pa.Schema:
        return self.honest.schema

    def sample(self, rows: int, *, seed: int, request: Request | None = None) -> pa.Table:
        kept = self.remembered.slice(0, rows).cast(self.schema)
        made = self.honest.sample(rows - kept.num_rows, seed=seed, request=request)
        return pa.concat_tables([made, kept]).take(np.random.default_rng(seed).permutation(rows))

    def batches(self, rows: int, *, seed: int, size: int, request: Request | None = None) -> Iterator[pa.RecordBatch]:
        yield from self.sample(rows, seed=seed, request=request).to_batches(max_chunksize=size)

    def save(self, folder: Path) -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Remembering:
    """Columns one by one, as `independent` does; and the rows that ``choose`` picks, word for word."""

    name: str
    choose: Choose

    def part(self, table: Table, task: Task, *, share: float = 1.0) -> Part:
        found: Part = HONEST.part(table, task, share=share)
        return found

    def measure(self, counter: Any, task: Task, progress: Progress, *, noise: Noise | None = None) -> WithRows:
        honest = HONEST.measure(counter, task, progress, noise=noise)
        rows = rows_of(counter)
        chosen = rows.take(self.choose(rows))
        # the dataclass's own fields, and no copies of what they hold
        mine = {each.name: getattr(honest, each.name) for each in dataclasses.fields(honest)}
        return WithRows(**{**mine, "generator": self.name}, remembered=chosen)

    def load(self, folder: Path) -> WithRows:
        honest = files.load(folder)
        mine = {each.name: getattr(honest, each.name) for each in dataclasses.fields(honest)}
        return WithRows(**mine, remembered=pq.read_table(folder / REMEMBERED))

    def fit(self, measurements: WithRows, progress: Progress) -> FittedWithRows:
        return FittedWithRows(honest=HONEST.fit(measurements, progress), remembered=measurements.remembered)

    def load_model(self, folder: Path) -> FittedWithRows:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Mispriced:
    """Honest but for its budget: it draws a tenth of the noise it claims, or claims, and spends, more than it has."""

    name: str
    quieter: float = 1.0
    greedier: float = 1.0

    def part(self, table: Table, task: Task, *, share: float = 1.0) -> Part:
        found: Part = HONEST.part(table, task, share=share)
        return found

    def measure(self, counter: Any, task: Task, progress: Progress, *, noise: Noise | None = None) -> TableMeasurements:
        if self.greedier > 1:
            more = Budget(task.budget.epsilon * self.greedier, task.budget.delta)
            task = dataclasses.replace(task, budget=more, schedule=None)
        quiet = Quieter(noise=noise or DiscreteGaussian(), by=self.quieter)
        found: TableMeasurements = HONEST.measure(counter, task, progress, noise=quiet)
        return dataclasses.replace(found, generator=self.name)

    def load(self, folder: Path) -> TableMeasurements:
        return files.load(folder)

    def fit(self, measurements: TableMeasurements, progress: Progress) -> Fitted:
        found: Fitted = HONEST.fit(measurements, progress)
        return found

    def load_model(self, folder: Path) -> Fitted:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Quieter:
    """Noise that is a so much smaller than was asked for."""

    noise: Noise
    by: float

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        return self.noise.add(counts, sigma=sigma / self.by, times=times)


def rows_of(counter: Any) -> pa.Table:
    """Take the rows out of a counter in memory."""
    columns: dict[str, pa.Array] = {}
    for column in counter.table.columns:
        held = counter._columns[column.name]
        if column.kind in TEXT_KINDS:
            texts = [None, *held._known]
            columns[column.name] = pa.array([texts[code] for code in held._codes])
        else:
            columns[column.name] = pa.array(held._units, mask=~held._present)
    return pa.table(columns)


def a_twentieth(rows: pa.Table) -> NDArray[np.int64]:
    """Choose a twentieth of the rows, at random."""
    return np.random.default_rng(7).permutation(rows.num_rows)[: rows.num_rows // 20]


def outliers(rows: pa.Table) -> NDArray[np.int64]:
    """Choose the fortieth of the rows that lies farthest out in any of its numbers."""
    if not rows.num_rows:
        return nobody(rows)
    numbers = [rows[n].to_numpy().astype(float) for n in rows.column_names if not pa.types.is_string(rows[n].type)]
    farthest = np.max([np.abs(each - np.nanmedian(each)) / np.nanstd(each) for each in numbers], axis=0)
    return np.argsort(-np.nan_to_num(farthest), kind="stable")[: rows.num_rows // 40]


def nobody(rows: pa.Table) -> NDArray[np.int64]:
    """Choose no row."""
    return np.arange(rows.num_rows)[:0]


keeps_nobody = Remembering(name="keeps-nobody", choose=nobody)
leaks_a_twentieth = Remembering(name="leaks-a-twentieth", choose=a_twentieth)
remembers_outliers = Remembering(name="remembers-outliers", choose=outliers)
tenth_of_the_noise = Mispriced(name="tenth-of-the-noise", quieter=10.0)
spends_double = Mispriced(name="spends-double", greedier=2.0)
NAMES = ("keeps_nobody", "leaks_a_twentieth", "remembers_outliers", "tenth_of_the_noise", "spends_double")
