"""From the measurements of a whole database to a model of it, and from that to rows. Never sees data.

The unit's rows are drawn first, and with them how many rows they own, when these begin and how long they last; then the
histories of every owned table, owners before what they own. Each table comes in portions of about ``PORTION`` rows; of
what was drawn before, only what later tables look at is held, a few bytes for each owner row.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.estimation.histories import fitting
from gateway.estimation.histories.model import Model
from gateway.estimation.histories.terms import Histories, Owners
from gateway.estimation.segments import steps
from gateway.raw.generate.database import period
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.telling import Telling, mended, owners, tell, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.database import DatabaseMeasurements, Kindred
    from gateway.raw.generate.generator import Fitted, Generator, Progress
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Table

PORTION = 250_000
"""Rows drawn at once, about; those of one owner are never divided."""
UNITS = 100_000
"""Units drawn at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Portion:
    """Some rows of one table: learned columns and what is told of owned rows."""

    table: TableName
    rows: pa.Table
    lengths: NDArray[np.int64] | None
    """How many of them each owner row has, for the owner rows that come next; None for the unit's table."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedDatabase:
    """A model of a whole database that has never seen the data."""

    kindred: Kindred
    measured: DatabaseMeasurements
    unit: Fitted
    models: Mapping[TableName, Model | None]
    """None for a table without columns or order, of which an owner has a number of rows and no more."""

    def sample(self, units: int, *, seed: int, progress: Progress) -> Iterator[Portion]:
        """Yield all rows under ``units`` units: the unit's first, then every owned table's, owners before their own.

        Within a table rows come in the order of their owners. The same seed gives the same rows.
        """
        held: dict[TableName, list[Owners]] = {table: [] for table in self.models}
        yield from self._units(units, seed, held, progress)
        for number, table in enumerate(self.models):
            waiting = _joined(held.pop(table), codes=len(self.measured.owned[table].owner))
            yield from self._owned(table, waiting, _seed(seed, number + 1), held, progress)

    def _units(
        self, units: int, seed: int, held: Mapping[TableName, list[Owners]], progress: Progress
    ) -> Iterator[Portion]:
        table, begin = self.kindred.unit, 0
        whole = units <= UNITS
        batches = [self.unit.sample(units, seed=seed)] if whole else self.unit.batches(units, seed=seed, size=UNITS)
        for number, batch in enumerate(batches):
            rows = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            rows = self._hold(table, rows, np.arange(begin, begin + rows.num_rows), held, _seed(seed, number))
            begin += rows.num_rows
            progress(f"drawing {table}", begin / max(units, 1))
            yield Portion(table=table, rows=rows, lengths=None)

    def _owned(
        self,
        table: TableName,
        waiting: Owners,
        seed: int,
        held: Mapping[TableName, list[Owners]],
        progress: Progress,
    ) -> Iterator[Portion]:
        begin, total = 0, waiting.rows.size
        for number, histories in enumerate(_drawn(self.models[table], _endless(waiting), seed)):
            lengths = np.diff(histories.starts)
            unit = np.repeat(waiting.unit[begin : begin + lengths.size], lengths)
            those = slice(begin, begin + lengths.size)
            span, end = waiting.span[those], None if waiting.end is None else waiting.end[those]
            begin += lengths.size
            histories = within(histories, span, telling(self.kindred, table), end=end)  # noqa: PLW2901 - the same ones, mended
            rows = tell(histories, self.measured.owned[table], seed=_seed(seed, number))
            rows = self._hold(table, rows, unit, held, _seed(seed, number))
            progress(f"drawing {table}", begin / max(total, 1))
            yield Portion(table=table, rows=rows, lengths=lengths)

    def _hold(
        self,
        table: TableName,
        rows: pa.Table,
        unit: NDArray[np.int64],
        held: Mapping[TableName, list[Owners]],
        seed: int,
    ) -> pa.Table:
        """Mend what ``rows`` say of the rows they own, keep what later tables need to know, and return the rows."""
        shape = _shape_of(self.kindred.shapes[table], rows)
        for child in self.kindred.children(table):
            how, of = telling(self.kindred, child), self.measured.owned[child]
            rows = mended(rows, shape, how, ordered=of.gap is not None, seed=seed)
            held[child].append(owners(rows, shape, unit, of, how))
        return rows


def fit(
    measured: DatabaseMeasurements, kindred: Kindred, *, generator: Generator, progress: Progress, seed: int = 0
) -> FittedDatabase:
    """Fit a model to the measurements alone: the unit's table first, then every owned one to owners drawn from that."""
    unit = generator.fit(_told_apart(measured.unit, kindred), progress)
    models: dict[TableName, Model | None] = dict.fromkeys(measured.owned)
    found = FittedDatabase(kindred=kindred, measured=measured, unit=unit, models=models)
    held: dict[TableName, list[Owners]] = {table: [] for table in models}
    for _ in found._units(measured.rows, seed, held, progress):  # noqa: SLF001 - of this module
        pass
    for number, (table, of) in enumerate(measured.owned.items()):
        waiting = _joined(held.pop(table), codes=len(of.owner))
        if of.terms:
            models[table] = fitting.fit(
                of.spec,
                of.terms,
                _endless(waiting),
                seed=_seed(seed, number),
                progress=_told(progress, f"fitting {table}"),
            )
        elif of.columns or of.gap is not None:
            models[table] = Model(spec=of.spec, terms=(), weights=())
        if kindred.children(table):
            for _ in found._owned(table, waiting, _seed(seed, number + 1), held, progress):  # noqa: SLF001 - as above
                pass
    return found


def _told_apart(measured: TableMeasurements, kindred: Kindred) -> TableMeasurements:
    """Return the measurements with what is told of owned rows smoothed inside its bins, and known to be in order.

    Where nothing is left of a bin, whoever falls into it has the least of it.
    """
    bins = list(measured.bins)
    told = kindred.grids(kindred.unit)
    for at, (column, to) in enumerate(zip(measured.columns, measured.bins, strict=True)):
        if column.column.name in told and isinstance(column.domain, Ranges):
            first, sigma = column.domain.first, float(column.sigma.max())
            counts = column.counts.astype(np.float64)
            mass = np.maximum(counts, 0.0)
            mass[first:] = steps(counts[first:], sigma)
            mass[to.ghost] = 0.0
            distance = np.abs(np.append(np.zeros(first), column.domain.starts))
            for number in range(to.count):
                cells = np.flatnonzero((to.bin_of == number) & ~to.ghost)
                if not mass[cells].any():
                    mass[cells[np.argmin(distance[cells])]] = 1.0
            whole = np.bincount(to.bin_of, weights=mass, minlength=to.count)
            bins[at] = dataclasses.replace(to, weight=mass / whole[to.bin_of])
    own = kindred.plans[kindred.unit].domains
    those = {
        at
        for at, column in enumerate(measured.columns)
        if column.column.name not in own and isinstance(column.domain, Ranges)
    }
    pairs = tuple(dataclasses.replace(pair, ordered=those.issuperset(pair.columns)) for pair in measured.pairs)
    return dataclasses.replace(measured, bins=tuple(bins), pairs=pairs)


def telling(kindred: Kindred, table: TableName) -> Telling:
    """Return what is declared of how rows of ``table`` lie in time."""
    plan = kindred.plans[table]
    lowest, highest = period(plan, kindred.shapes[table]) or (None, None)
    order = None if plan.order is None else kindred.shapes[table].column(plan.order)
    return Telling(
        table=table, most=plan.most, order=order, since=plan.since, until=plan.until, lowest=lowest, highest=highest
    )


def _drawn(model: Model | None, waiting: Owners, seed: int) -> Iterator[Histories]:
    """Yield the histories of ``waiting``; without a model, rows without anything in them."""
    if model is not None:
        yield from model.stream(waiting, seed=seed, rows=PORTION)
        return
    starts = np.concatenate([[0], np.cumsum(waiting.rows)]).astype(np.int64)
    time = np.zeros(int(starts[-1]), dtype=np.int64)
    yield Histories(starts=starts, time=time, codes=np.zeros((0, time.size), dtype=np.int16))


def _endless(waiting: Owners) -> Owners:
    """Return the owners as if nobody's time ended: histories that go on too long are shortened, and lose no row."""
    return dataclasses.replace(waiting, end=None)


def _joined(parts: Sequence[Owners], *, codes: int) -> Owners:
    """Return all owners of a table, each with so many ``codes``, also where there is nobody."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Owners(unit=none, codes=np.zeros((codes, 0), dtype=np.int16), rows=none, first=none, span=none)
    return Owners(
        unit=np.concatenate([each.unit for each in parts]),
        codes=np.concatenate([each.codes for each in parts], axis=1),
        rows=np.concatenate([each.rows for each in parts]),
        first=np.concatenate([each.first for each in parts]),
        span=np.concatenate([each.span for each in parts]),
        end=np.concatenate(ends) if (ends := [each.end for each in parts if each.end is not None]) else None,
    )


def _shape_of(shape: Table, rows: pa.Table) -> Table:
    """Return the shape with the columns of ``rows``, in their order."""
    return type(shape)(name=shape.name, columns=tuple(shape.column(name) for name in rows.column_names))


def _told(progress: Progress, stage: str) -> Callable[[str, float], None]:
    return lambda _phase, share: progress(stage, share)


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number, 13]).generate_state(1, np.uint64)[0] % 2**62)
