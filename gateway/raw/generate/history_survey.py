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
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.raw.generate import physical
from gateway.raw.generate.binning import project
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.discovery import octaves
from gateway.raw.generate.domain import FINE_CELLS, Domain, Ranges, Residues, Values, declared_of_histories, grid
from gateway.raw.generate.histories import Coding, Cut, norm_edge
from gateway.raw.generate.history_columns import HistoryColumn, fine, grained
from gateway.raw.generate.surveying import allot
from gateway.vocabulary.schema import TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import DomainClause
    from gateway.raw.generate.generator import Progress
    from gateway.raw.generate.histories import HistoryCounter
    from gateway.raw.generate.metering import Answer, ClippedAnswer, Meter
    from gateway.vocabulary.names import ColumnName

MOST_VALUES = 16
"""A unit counts for so many values of a column that is searched for values."""
CELLS = 400
"""Fine cells of a column of numbers, for each kind."""
GAP_CELLS = 96
"""Fine cells of gaps beside the one for 0."""
LONGEST = {Kind.DATE: 36_525, Kind.DATETIME: 36_525 * 86_400}
"""Gaps of a century are the longest that are told apart."""
QUANTILE = 0.1
"""Units of which share have norms below the clip."""
OWN_GRAIN = 25.0
"""A kind has cells of its own from so many standard deviations of the first look's noise on."""
MOST_GRAINS = 64
SEARCH, LOOK, STEPS, NORM = 0.3, 0.12, 0.06, 0.06
"""What a search for values, one look for bounds, one for steps and a clip get, relative to a column's part."""
OFF_STEP = 0.03
"""Numbers keep a step when no greater share of them is off it."""
DOUBT = 0.1
"""No step is seen where noise could hide so great a share."""
MARGIN = 0.3
"""What is added on either side of where numbers were seen."""
STANDS_OUT = 3.5


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
    parts = allot([1.0] * (len(names) + (known.task.order is not None)), quanta, least=6)
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
        return _counted(known, column, [domain], None, quanta=left)
    grain_of = None if known.task.kind in {None, name} else _grain_of(known.columns[0])
    domains: list[Domain] = [domain] * (1 if grain_of is None else max(grain_of) + 1) if domain is not None else []
    if not domains:
        domains, left = _bounds(known, column, grain_of, quanta=left)
    domains, steps, left = _closer(known, column, domains, grain_of, quanta=left)
    return _counted(known, column, domains, grain_of, quanta=left, steps=steps)


def _search(known: Survey, column: Column, quanta: int) -> Values:
    """Return the values of ``column`` that enough units have; others share a cell."""
    values, counts = known.counter.values(column.name, most=MOST_VALUES)
    none = np.zeros(0, dtype=np.int64)
    search = known.meter.search(known.label("values of", column.name), values, counts, public=none, most=MOST_VALUES)
    listed, _ = search.more(quanta, pieces=1)
    return Values(values=tuple(listed), rest=column.nullable, other=True)


def _grain_of(kind: HistoryColumn) -> tuple[int, ...]:
    """Return for each bin of the kind which grain it has: one of its own, or the last, which light ones share."""
    mass = kind.masses[0]
    heavy = np.argsort(-mass, kind="stable")[: MOST_GRAINS - 1]
    heavy = np.sort(heavy[mass[heavy] >= OWN_GRAIN * kind.grains[0].sigma])
    own = {int(at): number for number, at in enumerate(heavy)}
    grains = [own.get(at, len(own)) for at in range(mass.size)]
    return tuple(grains)


def _coding(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    grain_of: tuple[int, ...] | None,
    *,
    bin_of: NDArray[np.int32] | None = None,
) -> Coding:
    """Return a coding of the kind, if ``grain_of`` hangs on it, and of ``column`` in its fine cells or in bins."""
    axes = tuple(Axis(column=column.name, domain=domain, bin_of=bin_of) for domain in domains)
    cut = Cut(axes=axes, axis_of=grain_of)
    if grain_of is None:
        return Coding(columns=(cut,))
    return Coding(columns=(known.columns[0].cut, cut), kind=0)


def _term(grain_of: tuple[int, ...] | None) -> Term:
    if grain_of is None:
        return Term(target=0)
    # several kinds of one grain are counted together; a last grain that no kind has would leave its bin empty
    return Term(target=1, contexts=(Context(place=Place.ROW, column=0, bin_of=grain_of),))


def _look(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    grain_of: tuple[int, ...] | None,
    quanta: int,
    *,
    bin_of: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Return a first noisy look at the cells of every grain, shape (grains, cells), in rows clipped to 1; and sigma."""
    coding = _coding(known, column, domains, grain_of, bin_of=bin_of)
    answer = known.clipped(
        coding, _term(grain_of), clip=1, quanta=quanta, label=known.label("where values lie in", column.name)
    )
    return answer.counts.reshape(-1, answer.counts.shape[-1]), answer.sigma


def _bounds(
    known: Survey, column: Column, grain_of: tuple[int, ...] | None, *, quanta: int
) -> tuple[list[Domain], int]:
    """Return a coarse grid between the outermost octaves that stand out, for every grain; and the quanta left."""
    part = max(1, round(LOOK * quanta))
    public = octaves(column)
    grains = 1 if grain_of is None else max(grain_of) + 1
    looked, sigma = _look(known, column, [public] * grains, grain_of, part)
    return [_spanned(public, counts, sigma, column, cells=2 * FINE_CELLS) for counts in looked], quanta - part


def _closer(
    known: Survey, column: Column, domains: Sequence[Domain], grain_of: tuple[int, ...] | None, *, quanta: int
) -> tuple[list[Domain], list[int], int]:
    """Return a fine grid where numbers lie, for every grain, with the step that they keep; and the quanta left."""
    part = max(1, round(LOOK * quanta))
    looked, sigma = _look(known, column, domains, grain_of, part)
    left = quanta - part
    modulus = _modulus(column)
    kept = [1] * len(domains)
    if modulus > 1:
        part = max(1, round(STEPS * quanta))
        kept = _steps(known, column, grain_of, modulus=modulus, grains=len(domains), quanta=part)
        left -= part
    closer: list[Domain] = []
    for domain, counts, step in zip(domains, looked, kept, strict=True):
        if isinstance(domain, Ranges) and domain.starts:
            closer.append(_zoomed(domain, counts[: domain.cells], sigma, column, step=step))
        else:
            closer.append(domain)
    return closer, kept, left


def _modulus(column: Column) -> int:
    """Return modulo what a column's numbers may be the same: a whole unit of decimals, ten of integers; 1 for none."""
    if column.kind is Kind.INTEGER:
        return 10
    return int(10**column.scale) if column.kind is Kind.DECIMAL and column.scale in {1, 2, 3} else 1


def _steps(
    known: Survey,
    column: Column,
    grain_of: tuple[int, ...] | None,
    *,
    modulus: int,
    grains: int,
    quanta: int,
) -> list[int]:
    """Return for every grain the largest step of a few that (nearly) all its numbers are multiples of, or 1."""
    coarsest = [modulus, modulus // 2, modulus // 10]
    order = [next((at for at, step in enumerate(coarsest) if r % max(step, 1) == 0), 3) for r in range(modulus)]
    residues = Residues(modulus=modulus, rest=column.nullable)
    # NULL has a bin of its own, so that it tells nothing of steps
    bin_of = np.array([*([4] if column.nullable else []), *order], dtype=np.int32)
    bin_of = np.unique(bin_of, return_inverse=True)[1].astype(np.int32)
    first = [int(bin_of[int(column.nullable) + r]) for r in (0, modulus // 2, modulus // 10)]
    looked, sigma = _look(known, column, [residues] * grains, grain_of, quanta, bin_of=bin_of)
    steps = []
    for counts in looked:
        values = counts[: int(bin_of[int(column.nullable) :].max()) + 1]
        whole = float(values.sum())
        best = 1
        for step, upto in zip(reversed(coarsest), reversed(first), strict=True):
            others = float(values[upto + 1 :].sum())
            doubt = sigma * max(values.size - upto - 1, 1) ** 0.5
            if step > 1 and doubt <= DOUBT * whole and others <= OFF_STEP * whole + doubt:
                best = step
        steps.append(best)
    return steps


def _zoomed(domain: Ranges, counts: NDArray[np.float64], sigma: float, column: Column, *, step: int) -> Ranges:
    """Return a grid of ``CELLS`` between the outermost numbers that noisy counts show, with a margin."""
    mass = fine(counts, sigma, domain)[int(domain.rest) :]
    there = np.flatnonzero(mass > 0)
    if not there.size:
        return domain
    whole = physical.is_whole(column)
    starts, ends = domain.starts, domain.ends(whole=whole)
    lowest, highest = starts[there[0]], ends[there[-1]].item()
    margin = MARGIN * (highest - lowest)
    low = max(
        starts[0], min(lowest, 0) if lowest - margin < 0 <= lowest else lowest - (int(margin) if whole else margin)
    )
    high = min(ends[-1].item(), highest + (int(margin) if whole else margin))
    if not whole or column.kind in TEMPORAL_KINDS:
        return grid(low, max(low, high), column, cells=CELLS)
    width = step * max(1, -(-(int(high) - int(low) + 1) // (CELLS * step)))
    first = int(low) // width * width
    return Ranges(starts=tuple(range(first, int(high) + 1, width)), last=int(high), rest=column.nullable)


def _spanned(public: Ranges, counts: NDArray[np.float64], sigma: float, column: Column, *, cells: int) -> Ranges:
    """Return a grid of ``cells`` from the first to the last cell of ``public`` that stands out, and one beyond each."""
    first = int(public.rest)
    passing = np.flatnonzero(counts[first:] >= STANDS_OUT * sigma)
    if not passing.size:
        passing = np.array([int(np.argmax(counts[first:]))])
    whole = physical.is_whole(column)
    low, high = max(int(passing[0]) - 1, 0), min(int(passing[-1]) + 1, len(public.starts) - 1)
    lowest, highest = public.starts[low], public.ends(whole=whole)[high].item()
    return grid(lowest, max(lowest, highest), column, cells=cells)


def _counted(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    grain_of: tuple[int, ...] | None,
    *,
    quanta: int,
    steps: Sequence[int] = (),
) -> HistoryColumn:
    """Return ``column`` with its fine counts, for ``quanta``, and the bins that these give."""
    coding, term = _coding(known, column, domains, grain_of), _term(grain_of)
    part = max(1, round(NORM * quanta))
    clip = known.clip(coding, term, quanta=part, label=known.label("norms of", column.name))
    answer = known.clipped(
        coding, term, clip=clip, quanta=max(1, quanta - part), label=known.label("rows by", column.name)
    )
    counts = answer.counts.reshape(len(domains), -1)
    grains = [
        grained(domain, row[: domain.cells], sigma=answer.sigma, step=step)
        for domain, row, step in zip(domains, counts, steps or [1] * len(domains), strict=True)
    ]
    return HistoryColumn(column=column, grains=tuple(grains), grain_of=grain_of)


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
