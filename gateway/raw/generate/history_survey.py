"""Which cells the columns of a table of histories have, found and counted under differential privacy.

1. Values of texts by a search, and bounds of numbers on public octaves, where nobody declared them.
2. The kind first; then, for each kind that has rows enough, where its numbers lie: a coarse look, and a closer one.
3. Fine counts of every column, and of gaps. From these, bins.

Exact answers of the counter go to the meter alone; all that is decided hangs on noisy ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.clipping import CLIPS, SCALE
from gateway.estimation.histories.terms import Term
from gateway.raw.generate import history_looking
from gateway.raw.generate.binning import project
from gateway.raw.generate.domain import Domain, Ranges, Values, declared_of_histories
from gateway.raw.generate.histories import Coding, norm_edge
from gateway.raw.generate.history_columns import HistoryColumn, grained
from gateway.raw.generate.history_looking import ALL, grains
from gateway.raw.generate.surveying import allot
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import DomainClause
    from gateway.raw.generate.generator import Progress
    from gateway.raw.generate.histories import HistoryCounter
    from gateway.raw.generate.history_columns import Grain
    from gateway.raw.generate.history_looking import Grains
    from gateway.raw.generate.metering import Answer, ClippedAnswer, Meter
    from gateway.vocabulary.names import ColumnName

MOST_VALUES = 16
"""A unit counts for so many values of a column that is searched for values."""
GAP_CELLS = 96
"""Fine cells of gaps beside the one for 0."""
LONGEST = {Kind.DATE: 36_525, Kind.DATETIME: 36_525 * 86_400}
"""Gaps of a century are the longest that are told apart."""
QUANTILE = 0.1
"""Units of which share have norms below the clip."""
BY_KIND = 3.0
"""A column whose cells may hang on the kind gets so many times as much as another."""
SEARCH, NORM = 0.3, 0.06
"""What a search for values and a clip get, relative to a column's part."""


@dataclass(frozen=True, kw_only=True)
class Childhood:
    """What is declared of a table of histories. Public."""

    domains: Mapping[ColumnName, DomainClause | None]
    """Columns to learn, but for the order."""
    order: ColumnName | None = None
    kind: ColumnName | None = None
    once: bool = False
    """Whether an owner has each kind at most once."""
    grids: Mapping[ColumnName, Domain] = field(default_factory=dict)
    """Columns whose cells are known otherwise, such as numbers of rows."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Noisy counts of a clipped table in rows, of histories scaled down; and the noise's standard deviation."""

    counts: NDArray[np.float64]
    sigma: float


def in_rows(answer: ClippedAnswer) -> Rows:
    """Return an answer of the meter, of which SCALE are one row, in rows."""
    return Rows(answer.counts / SCALE, answer.sigma / SCALE)


@dataclass(eq=False)
class Survey:
    """One table being surveyed."""

    counter: HistoryCounter
    task: Childhood
    meter: Meter
    progress: Progress
    columns: list[HistoryColumn] = field(default_factory=list)
    """The kind first, then the others in their order."""
    gap: HistoryColumn | None = None

    @property
    def names(self) -> list[ColumnName]:
        """Return the columns in the order of drawing, but for the gap."""
        kind = self.task.kind
        return [*([] if kind is None else [kind]), *(name for name in self.task.domains if name != kind)]

    def label(self, what: str, *names: str) -> str:
        """Return an event's label."""
        return f"{what} {' x '.join(f'{self.counter.table.name}.{name}' for name in names)}"

    def clipped(self, coding: Coding, term: Term, *, clip: int, quanta: int, label: str) -> Rows:
        """Return the noisy table of ``term``."""
        exact = self.counter.count(coding, [(term, clip)])[0]
        return in_rows(self.meter.clipped(label, exact, clip=clip, quanta=quanta))

    def clip(self, coding: Coding, term: Term, *, quanta: int, label: str) -> int:
        """Return a clip for ``term``: the square of a low quantile of units' norms, from a noisy histogram."""
        answer = self.meter.histogram(label, self.counter.norms(coding, [term])[0], quanta=quanta)
        return clip_of(answer)


def clip_of(answer: Answer) -> int:
    """Return the squared norm that about ``QUANTILE`` of the units with rows stay below, from noisy counts of norms."""
    counts = answer.counts[1:]
    total = max(float(counts.sum()), 0.0)
    mass = project(counts, np.full(counts.size, answer.sigma), total)
    if not mass.any():
        return 1
    cell = int(np.searchsorted(np.cumsum(mass), QUANTILE * total)) + 1
    return int(min(max(norm_edge(min(cell, counts.size)), 1), CLIPS - 1))


def survey(known: Survey, *, quanta: int) -> None:
    """Find all domains and count all columns for ``quanta``: fills ``known.columns`` and ``known.gap``."""
    names = known.names
    wide = [name for name in names if known.task.kind not in {None, name} and name not in known.task.grids]
    wishes = [BY_KIND if name in wide else 1.0 for name in names] + [1.0] * (known.task.order is not None)
    parts = allot(wishes, quanta, least=6)
    for at, (name, part) in enumerate(zip(names, parts, strict=False)):
        known.progress("domains of histories", at / max(len(parts), 1))
        known.columns.append(_column(known, name, part))
    if known.task.order is not None:
        known.gap = _gap(known, known.counter.table.column(known.task.order), parts[-1])


def _column(known: Survey, name: ColumnName, quanta: int) -> HistoryColumn:
    """Return one column, measured for ``quanta``."""
    column = known.counter.table.column(name)
    domain = known.task.grids.get(name) or declared_of_histories(column, known.task.domains[name])
    left = quanta
    if domain is None and column.kind in TEXT_KINDS:
        part = max(1, round(SEARCH * quanta))
        domain, left = _search(known, column, part), left - part
    if isinstance(domain, Values) or name in known.task.grids:
        assert domain is not None  # noqa: S101 - found by now
        return _counted(known, column, [domain], ALL, quanta=left)
    by = ALL if known.task.kind in {None, name} else grains(known.columns[0])
    domains: list[Domain] = [domain] * by.count if domain is not None else []
    if not domains:
        domains, left = history_looking.bounds(known, column, by, quanta=left)
    domains, steps, left = history_looking.closer(known, column, domains, by, quanta=left)
    return _counted(known, column, domains, by, quanta=left, steps=steps)


def _search(known: Survey, column: Column, quanta: int) -> Values:
    """Return the values of ``column`` that enough units have; others share a cell."""
    values, counts = known.counter.values(column.name, most=MOST_VALUES)
    none = np.zeros(0, dtype=np.int64)
    search = known.meter.search(known.label("values of", column.name), values, counts, public=none, most=MOST_VALUES)
    listed, _ = search.more(quanta, pieces=1)
    return Values(values=tuple(listed), rest=column.nullable, other=True)


def _counted(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    by: Grains,
    *,
    quanta: int,
    steps: Sequence[int] = (),
) -> HistoryColumn:
    """Return ``column`` with its fine counts, for ``quanta``, and the bins that these give."""
    coding = history_looking.coding(known, column, domains, by)
    found: dict[int, Grain] = {}
    for some, term, whole in history_looking.tables(by, quanta, least=2):
        part = max(1, round(NORM * whole))
        clip = known.clip(coding, term, quanta=part, label=known.label("norms of", column.name))
        left = max(1, whole - part)
        answer = known.clipped(coding, term, clip=clip, quanta=left, label=known.label("rows by", column.name))
        for grain, row in zip(some, answer.counts.reshape(len(some), -1), strict=True):
            step = steps[grain] if steps else 1
            domain = domains[grain]
            told = column.name in known.task.grids
            found[grain] = grained(domain, row[: domain.cells], sigma=answer.sigma, step=step, told=told)
    return HistoryColumn(column=column, grains=tuple(found[g] for g in range(by.count)), grain_of=by.of)


def _gap(known: Survey, order: Column, quanta: int) -> HistoryColumn:
    """Return the gaps between rows, measured for ``quanta``."""
    domain = gap_domain(order)
    coding = Coding(columns=(), gap=domain)
    part = max(1, round(NORM * quanta))
    name = f"gaps of {order.name}"
    clip = known.clip(coding, Term(target=0), quanta=part, label=known.label("norms of", name))
    answer = known.clipped(
        coding, Term(target=0), clip=clip, quanta=max(1, quanta - part), label=known.label("rows by", name)
    )
    grain = grained(domain, answer.counts, sigma=answer.sigma, times=True)
    return HistoryColumn(column=order, grains=(grain,))


def gap_domain(order: Column) -> Ranges:
    """Return the public cells of gaps: 0, then ``GAP_CELLS`` of equal width by the logarithm (fewer near 1)."""
    longest = LONGEST.get(order.kind, 2**40)
    edges = np.unique(np.floor(np.geomspace(1, longest, GAP_CELLS)).astype(np.int64))
    return Ranges(starts=(0, *(int(edge) for edge in edges)), last=int(2 * longest), rest=False)
