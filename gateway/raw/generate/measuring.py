"""Spend a budget on one table.

1. Everything that can be said beforehand, from type, catalogue, policy and budget alone: domains, slots, sigmas.
2. Rows whose key is theirs alone: one row per unit.
3. The noisy number of rows.
4. Domains that nobody declared, from noisy counts.
5. One-way counts of every column on its fine cells.
6. From these noisy counts: are there enough rows for relationships, and into which bins?
7. Pairs; or, with too few rows, the same slots once more on one-way counts.

Rows are opened here and in ``counters`` alone; every number that leaves goes through the meter.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.measurement import NoisyMarginal
from gateway.privacy import calibration
from gateway.raw.generate import discovery
from gateway.raw.generate.binning import bins, coarsen
from gateway.raw.generate.counters.memory import MemoryCounter, distinct, one_row_per_unit
from gateway.raw.generate.domain import Values, declared
from gateway.raw.generate.encoding import encode
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.generate.metering import Meter
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Expected, Search, pairs_of, schedule
from gateway.raw.generate.tallying import Answer, Tally
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.generator import Task
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Schedule
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import ColumnName

    Progress = Callable[[str, float], None]

log = logging.getLogger(__name__)

RELATIONSHIPS_FROM = 500.0
"""Pairs are measured when the noisy number of rows times mu is at least this (mu: the budget's Gaussian-DP figure).

Below about 450 independent columns were nearer to the truth, above it pairs were: on 7 columns of nafld1 and on Adult.
"""
NUMERIC_BINS = 24
TEXT_BINS = 16
"""Bins that a column is expected to have in pairs; they only divide the budget among pairs."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The public plan of one table, and the meter it is spent on."""

    table: str
    columns: tuple[Column, ...]
    domains: tuple[Domain | None, ...]
    plan: Schedule
    meter: Meter
    progress: Progress

    def name(self, *positions: int) -> str:
        """Return ``table.column`` or ``table.one x table.other`` for event labels."""
        return " x ".join(f"{self.table}.{self.columns[j].name}" for j in positions)


def measure(
    rows: RawTable,
    task: Task,
    *,
    generator: str,
    relationships: bool,
    progress: Progress,
    noise: Noise | None = None,
) -> TableMeasurements:
    """Return noisy counts of ``rows`` that cost all of ``task.budget`` and no more.

    ``noise`` is for tests. ``ConfigurationError`` and ``Unsupported`` for declarations that do not fit the columns; no
    error depends on what the rows are.
    """
    run = _plan(rows, task, relationships=relationships, noise=noise or DiscreteGaussian(), progress=progress)
    frame = one_row_per_unit(rows.expose(), _unit(rows, task)).select([column.name for column in run.columns])
    exact = np.array(frame.num_rows, dtype=np.int64)
    total = run.meter.histogram(f"rows of {run.table}", exact, sigma=run.plan.total)
    tally = _discover(run, frame)
    tally.totals.append(Answer(total, run.plan.total))
    codes = [encode(frame[c.name], c, d) for c, d in zip(run.columns, tally.domains, strict=True)]
    counter = MemoryCounter(codes, cells=[domain.cells for domain in tally.domains], rows=frame.num_rows)
    _one_ways(run, counter, tally)
    pairs, note = _relationships(run, counter, tally, needed=RELATIONSHIPS_FROM / calibration.mu(task.budget))
    log.info("measured", extra={"table": run.table, "events": len(run.meter.events)})
    return TableMeasurements(
        generator=generator,
        events=run.meter.events,
        total=tally.size()[0],
        columns=tally.measured(),
        pairs=tuple(pairs),
        notes=(note,),
    )


def _plan(rows: RawTable, task: Task, *, relationships: bool, noise: Noise, progress: Progress) -> _Run:
    if not task.domains:
        raise ConfigurationError(f"table {rows.table.name} has no column to learn; nothing can be measured")
    try:
        columns = tuple(rows.table.column(name) for name in task.domains)
    except KeyError:
        raise ConfigurationError(
            f"the rows of table {rows.table.name} lack a column that is to be learned; read it too"
        ) from None
    domains = tuple(declared(column, task.domains[column.name]) for column in columns)
    expected = [_expected(column, domain) for column, domain in zip(columns, domains, strict=True)]
    return _Run(
        table=rows.table.name,
        columns=columns,
        domains=domains,
        plan=schedule(expected, task.budget, relationships=relationships and len(columns) > 1),
        meter=Meter(noise),
        progress=progress,
    )


def _expected(column: Column, domain: Domain | None) -> Expected:
    if isinstance(domain, Values):
        return Expected(search=Search.NOTHING, bins=min(domain.cells, TEXT_BINS))
    if column.kind in {Kind.TEXT, Kind.ENUM}:
        return Expected(search=Search.VALUES, bins=TEXT_BINS)
    if domain is None:
        return Expected(search=Search.BOUNDS, bins=NUMERIC_BINS)
    return Expected(search=Search.NOTHING, bins=min(domain.cells, NUMERIC_BINS))


def _unit(rows: RawTable, task: Task) -> tuple[ColumnName, ...]:
    held = {column.name for column in rows.table.columns}
    if not set(task.unit) <= held:
        raise ConfigurationError(
            f"the rows of table {rows.table.name} lack a column that names the unit of protection; read it too"
        )
    return task.unit or (rows.table.primary_key if set(rows.table.primary_key) <= held else ())


def _discover(run: _Run, frame: pa.Table) -> Tally:
    """Return an empty tally with every column's domain; the values found bring their noisy counts along."""
    domains: list[Domain] = []
    found: list[Answer | None] = []
    for j, (column, domain) in enumerate(zip(run.columns, run.domains, strict=True)):
        run.progress("domains", j / len(run.columns))
        kept: Answer | None = None
        if domain is None and column.kind in {Kind.TEXT, Kind.ENUM}:
            values = run.meter.values(
                f"values of {run.name(j)}",
                *distinct(frame[column.name]),
                sigma=run.plan.search[j],
                delta=run.plan.selection_delta,
            )
            domain = Values(values=tuple(values), rest=True)  # noqa: PLW2901 - found instead of declared
            kept = Answer(np.array(list(values.values()), dtype=np.int64), run.plan.search[j])
        elif domain is None:
            public = discovery.octaves(column)
            coarse = MemoryCounter(
                [encode(frame[column.name], column, public)], cells=[public.cells], rows=frame.num_rows
            )
            noisy = run.meter.histogram(f"bounds of {run.name(j)}", coarse.count((0,)), sigma=run.plan.search[j])
            domain = discovery.bounds(noisy, column, sigma=run.plan.search[j])  # noqa: PLW2901 - as above
        domains.append(domain)
        found.append(kept)
    return Tally(run.columns, tuple(domains), found, one_ways=[[] for _ in run.columns])


def _one_ways(run: _Run, counter: Counter, tally: Tally) -> None:
    for j, sigma in enumerate(run.plan.one_way):
        run.progress("one-way counts", j / len(run.columns))
        if sigma:
            _one_way(run, counter, tally, j, sigma=sigma)


def _one_way(run: _Run, counter: Counter, tally: Tally, j: int, *, sigma: float) -> None:
    noisy = run.meter.histogram(f"one-way {run.name(j)}", counter.count((j,)), sigma=sigma)
    tally.one_ways[j].append(Answer(noisy, sigma))


def _relationships(
    run: _Run, counter: MemoryCounter, tally: Tally, *, needed: float
) -> tuple[list[NoisyMarginal], str]:
    """Spend the slots for pairs; return the pairs and, in words, what was decided and why."""
    if not run.plan.pairs:
        return [], "Columns were measured one by one; relationships between them were not asked for."
    size = tally.size()[0]
    reason = f"the noisy number of rows is {max(0, round(size)):,}, and relationships need about {round(needed):,}"
    if size < needed:
        _again(run, counter, tally)
        return [], f"Relationships between columns were NOT measured: {reason} at this budget. Columns are independent."
    pairs = _pairs(run, counter, tally, size)
    every = len(pairs_of(len(run.columns)))
    return pairs, f"{len(pairs)} of {every} pairs of columns were measured: {reason} at this budget."


def _again(run: _Run, counter: Counter, tally: Tally) -> None:
    """Spend the slots for pairs on one-way counts once more, so that what is spent does not depend on the rows."""
    for sigma in run.plan.scores:
        tally.totals.append(Answer(run.meter.histogram(f"rows of {run.table}", counter.count(()), sigma=sigma), sigma))
    for slot, sigma in enumerate(run.plan.pairs):
        run.progress("one-way counts", slot / len(run.plan.pairs))
        _one_way(run, counter, tally, slot % len(run.columns), sigma=sigma)


def _pairs(run: _Run, counter: MemoryCounter, tally: Tally, size: float) -> list[NoisyMarginal]:
    measured = tally.measured()
    to = [bins(c.counts, c.sigma, total=size, domain=c.domain, nullable=c.column.nullable) for c in measured]
    coarse = counter.coarsened([each.bin_of for each in to])
    every = pairs_of(len(run.columns))
    if run.plan.scores:
        ones = [coarsen(c.counts, c.sigma, each)[0] for c, each in zip(measured, to, strict=True)]
        every = _best(run, coarse, ones, size, every)
    pairs = []
    for slot, (pair, sigma) in enumerate(zip(every, run.plan.pairs, strict=True)):
        run.progress("pairs", slot / len(run.plan.pairs))
        noisy = run.meter.histogram(f"pair {run.name(*pair)}", coarse.count(pair), sigma=sigma)
        pairs.append(NoisyMarginal(columns=pair, counts=noisy, sigma=sigma))
    return pairs


def _best(
    run: _Run, coarse: Counter, ones: list[NDArray[np.int64]], size: float, every: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return as many pairs as there are slots: those whose distance from independence most exceeds their noise.

    The distance is the L1 norm of counts minus a fixed table of whole numbers: one row moves it by one at most.
    """
    gains = []
    for slot, (i, j) in enumerate(every):
        run.progress("choosing pairs", slot / len(every))
        independent = np.rint(np.outer(np.maximum(ones[i], 0), np.maximum(ones[j], 0)) / max(size, 1.0))
        distance = np.abs(coarse.count((i, j)) - independent.astype(np.int64)).sum()
        noisy = run.meter.histogram(
            f"distance from independence {run.name(i, j)}", np.array(distance), sigma=run.plan.scores[slot]
        )
        gains.append(noisy.item() - np.sqrt(2 / np.pi) * run.plan.pairs[0] * independent.size)
    order = np.argsort(-np.array(gains), kind="stable")[: len(run.plan.pairs)]
    return [every[k] for k in sorted(order)]
