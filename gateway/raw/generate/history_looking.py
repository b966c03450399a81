"""Where the numbers of a column of histories lie, and on which step, kind by kind: from noisy looks alone.

What a person has of common kinds shrinks what a clipped table holds of rare ones. So kinds are counted in several
tables, those of like weight together, and each table is clipped by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.terms import NOWHERE, Context, Place, Term
from gateway.raw.generate import physical
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.discovery import octaves
from gateway.raw.generate.domain import (
    FINE_CELLS,
    NOTHING,
    Domain,
    Facts,
    Lattice,
    Ranges,
    Residues,
    countable,
    grid,
    multiples,
)
from gateway.raw.generate.histories import Coding, Cut
from gateway.raw.generate.history_columns import fine
from gateway.raw.generate.surveying import allot
from gateway.vocabulary.schema import TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.history_columns import HistoryColumn
    from gateway.raw.generate.history_survey import Survey

CELLS = 400
"""Fine cells of a column of numbers, for each kind."""
OWN_GRAIN = 12.0
"""A kind has cells of its own from so many standard deviations of the first look's noise on."""
MOST_GRAINS = 64
LIGHTER, MOST_TABLES = 3.5, 3
"""Kinds with so many times fewer rows than the most common one are counted in another table; and how many there are."""
LOOK, STEPS = 0.14, 0.1
"""What one look for bounds and one for steps get, relative to a column's part."""
OFF_STEP = 0.03
"""Numbers keep a step when no greater share of them is off it."""
DOUBT = 0.15
"""No step is seen where noise could hide so great a share."""
MARGIN = 0.5
"""What is added on either side of where numbers were seen, and at least a cell of the look."""
STANDS_OUT = 3.5
MOST_STEPS = 4096
"""A step of floats is looked for if no more of them lie between the least and the greatest number seen."""
FINEST = 3
"""Digits behind the point of the finest step that is looked for."""
WINDOW, ROUND = 200, 100
"""It is looked for among so many multiples side by side, from a multiple of ROUND on."""
COARSE = (100, 50, 10, 5, 1)
"""Multiples of it that may be the step as well."""
NEAR = 0.01
"""A float is taken for a multiple when it is nearer than this part of a step."""


@dataclass(frozen=True, kw_only=True)
class Grains:
    """Which kinds of rows have cells of their own in a column, and which of these are counted in one table."""

    of: tuple[int, ...] | None = None
    """For each cell of the kind its grain; None when there is one grain for all rows."""
    together: tuple[tuple[int, ...], ...] = ((0,),)
    """The grains of every table; each is in one."""

    @property
    def count(self) -> int:
        """Return the number of grains."""
        return sum(len(each) for each in self.together)


ALL = Grains()


def grains(kind: HistoryColumn) -> Grains:
    """Return the grains of a column beside ``kind``: one for each heavy kind, and the last for light ones together."""
    mass = kind.masses[0]
    heavy = np.argsort(-mass, kind="stable")[: MOST_GRAINS - 1]
    heavy = np.sort(heavy[mass[heavy] >= OWN_GRAIN * kind.grains[0].sigma])
    own = {int(at): number for number, at in enumerate(heavy)}
    of = [own.get(at, len(own)) for at in range(mass.size)]
    rows = np.bincount(of, weights=mass, minlength=max(of) + 1)
    lighter = np.log(np.maximum(rows.max(), 1.0) / np.maximum(rows, 1.0)) / np.log(LIGHTER)
    level = np.minimum(lighter.astype(np.int64), MOST_TABLES - 1)
    together = [tuple(int(g) for g in np.flatnonzero(level == one)) for one in np.unique(level)]
    return Grains(of=tuple(of), together=tuple(together))


def coding(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    by: Grains,
    *,
    bins: Sequence[NDArray[np.int32]] | None = None,
) -> Coding:
    """Return a coding of the kind, if grains hang on it, and of ``column`` in its fine cells or in ``bins``."""
    axes = tuple(
        Axis(column=column.name, domain=domain, bin_of=None if bins is None else bins[at])
        for at, domain in enumerate(domains)
    )
    cut = Cut(axes=axes, axis_of=by.of)
    if by.of is None:
        return Coding(columns=(cut,))
    return Coding(columns=(known.columns[0].cut, cut), kind=0)


def tables(by: Grains, quanta: int, *, least: int = 1) -> Iterator[tuple[tuple[int, ...], Term, int]]:
    """Yield the grains of each table to count, its term, and its part of ``quanta``: ``least``, or it is one table."""
    together = by.together if quanta >= least * len(by.together) else (tuple(range(by.count)),)
    for some, part in zip(together, allot([1.0] * len(together), quanta, least=min(least, quanta)), strict=True):
        if by.of is None:
            yield some, Term(target=0), part
            continue
        place = {grain: at for at, grain in enumerate(some)}
        bin_of = tuple(place.get(grain, NOWHERE) for grain in by.of)
        yield some, Term(target=1, contexts=(Context(place=Place.ROW, column=0, bin_of=bin_of),)), part


def bounds(known: Survey, column: Column, by: Grains, *, quanta: int) -> tuple[list[Domain], int]:
    """Return a coarse grid between the outermost octaves that stand out, for every grain; and the quanta left."""
    part = max(1, round(LOOK * quanta))
    public = octaves(column)
    looked = _look(known, column, [public] * by.count, by, part)
    found: list[Domain] = [_spanned(public, counts, sigma, column, cells=2 * FINE_CELLS) for counts, sigma in looked]
    return found, quanta - part


def closer(
    known: Survey, column: Column, domains: Sequence[Domain], by: Grains, *, quanta: int
) -> tuple[list[Domain], list[int], int]:
    """Return a fine grid where numbers lie, for every grain, with the step that they keep; and the quanta left.

    The step of floats is the lattice of their grid.
    """
    part = max(1, round(LOOK * quanta))
    looked = _look(known, column, domains, by, part)
    left = quanta - part
    kept, facts = [1] * len(domains), [NOTHING] * len(domains)
    modulus = _modulus(column)
    if column.kind is Kind.FLOAT or modulus > 1:
        more = max(1, round(STEPS * quanta))
        left -= more
        if modulus > 1:
            kept = _steps(known, column, by, modulus=modulus, quanta=more)
        else:
            facts = _lattices(known, column, domains, looked, by, quanta=more, rise=(part / more) ** 0.5)
    found: list[Domain] = []
    for domain, (counts, sigma), step, fact in zip(domains, looked, kept, facts, strict=True):
        if isinstance(domain, Ranges) and domain.starts:
            found.append(_zoomed(domain, counts[: domain.cells], sigma, column, step=step, known=fact))
        else:
            found.append(domain)
    return found, kept, left


def _look(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    by: Grains,
    quanta: int,
    *,
    bins: Sequence[NDArray[np.int32]] | None = None,
) -> list[tuple[NDArray[np.float64], float]]:
    """Return a first noisy look at the cells of every grain, in rows clipped to 1, each with its sigma."""
    how = coding(known, column, domains, by, bins=bins)
    label = known.label("where values lie in", column.name)
    found: dict[int, tuple[NDArray[np.float64], float]] = {}
    for some, term, part in tables(by, quanta):
        answer = known.clipped(how, term, clip=1, quanta=part, label=label)
        counts = answer.counts.reshape(len(some), -1)
        found |= {grain: (row, answer.sigma) for grain, row in zip(some, counts, strict=True)}
    return [found[grain] for grain in range(by.count)]


def _modulus(column: Column) -> int:
    """Return modulo what a column's numbers may be the same: a whole unit of decimals, ten of integers; 1 for none."""
    if column.kind is Kind.INTEGER:
        return 10
    return int(10**column.scale) if column.kind is Kind.DECIMAL and column.scale in {1, 2, 3} else 1


def _steps(known: Survey, column: Column, by: Grains, *, modulus: int, quanta: int) -> list[int]:
    """Return for every grain the largest step of a few that (nearly) all its numbers are multiples of, or 1."""
    coarsest = [modulus, modulus // 2, modulus // 10]
    order = [next((at for at, step in enumerate(coarsest) if r % max(step, 1) == 0), 3) for r in range(modulus)]
    residues = Residues(modulus=modulus, rest=column.nullable)
    # NULL has a bin of its own, so that it tells nothing of steps
    bin_of = np.array([*([4] if column.nullable else []), *order], dtype=np.int32)
    bin_of = np.unique(bin_of, return_inverse=True)[1].astype(np.int32)
    first = [int(bin_of[int(column.nullable) + r]) for r in (0, modulus // 2, modulus // 10)]
    looked = _look(known, column, [residues] * by.count, by, quanta, bins=[bin_of] * by.count)
    steps = []
    for counts, sigma in looked:
        values = counts[: int(bin_of[int(column.nullable) :].max()) + 1]
        best = 1
        for step, upto in zip(reversed(coarsest), reversed(first), strict=True):
            if step > 1 and _keeps(values, upto, sigma):
                best = step
        steps.append(best)
    return steps


def _keeps(counts: NDArray[np.float64], upto: int, sigma: float) -> bool:
    """Return whether next to nothing lies in the bins behind ``upto``, and noise leaves little doubt about it."""
    whole, others = float(counts.sum()), float(counts[upto + 1 :].sum())
    doubt = sigma * max(counts.size - upto - 1, 1) ** 0.5
    return bool(doubt <= DOUBT * whole and others <= OFF_STEP * whole + doubt)


def _lattices(
    known: Survey,
    column: Column,
    domains: Sequence[Domain],
    looked: Sequence[tuple[NDArray[np.float64], float]],
    by: Grains,
    *,
    quanta: int,
    rise: float,
) -> list[Facts]:
    """Return for every grain of a column of floats the step that (nearly) all its numbers are multiples of, if any.

    ``looked`` says where they lie; noise is now larger by ``rise``.
    """
    windows = [
        _window(domain, counts, sigma, enough=2 * rise * sigma * len(COARSE) ** 0.5 / DOUBT)
        for domain, (counts, sigma) in zip(domains, looked, strict=True)
    ]
    close, bins = [], []
    for first, step in windows:
        at = (first + np.arange(WINDOW + 1)) * step
        near = np.sort(np.concatenate([at - NEAR * step, at + NEAR * step]))
        starts = (float(near[0] - step), *(float(start) for start in near))
        close.append(Ranges(starts=starts, last=float(near[-1] + step), rest=column.nullable))
        bins.append(_on_and_off(first, nullable=column.nullable))
    found = []
    for (first, step), (counts, sigma) in zip(
        windows, _look(known, column, close, by, quanta, bins=bins), strict=True
    ):  # fmt: skip
        inside = counts[1 : len(COARSE) + 2]
        of = next((of for at, of in enumerate(COARSE) if _keeps(inside, at, sigma)), None)
        lattice = None if of is None else Lattice(modulus=float(np.round(of * step, FINEST)))
        held = lattice is not None and countable(first * step, (first + WINDOW) * step, lattice)
        found.append(Facts(lattice=lattice) if held else NOTHING)
    return found


def _on_and_off(first: int, *, nullable: bool) -> NDArray[np.int32]:
    """Return a bin for every cell of a window: 0 for what lies beyond, one for each of COARSE, the last for none."""
    beyond, off = 0, len(COARSE) + 1
    on = [next(c for c, of in enumerate(COARSE, 1) if k % of == 0) for k in range(WINDOW + 1)]
    # 0 is a multiple of everything, and says nothing
    on = [beyond if first + k == 0 else c for k, c in enumerate(on)]
    between = [*([off] * WINDOW), beyond]
    pairs = (cell for pair in zip(on, between, strict=True) for cell in pair)
    return np.array([*([beyond] if nullable else []), beyond, *pairs], dtype=np.int32)


def _window(domain: Domain, counts: NDArray[np.float64], sigma: float, *, enough: float) -> tuple[int, float]:
    """Return the part of a column of floats to look at for a step: its first number, in steps, and the step.

    The step is the least power of ten of which ``MOST_STEPS`` fill the room where numbers were seen, or one of the next
    two: the first of which ``WINDOW`` hold ``enough`` rows, where most are.
    """
    if not isinstance(domain, Ranges) or not domain.starts:
        return 0, 1.0
    # 0 is a multiple of everything, and says nothing
    mass = fine(counts[: domain.cells], sigma, domain)[domain.first :] * (np.array(domain.starts) != 0)
    there = np.flatnonzero(mass > 0)
    if not there.size:
        return 0, 1.0
    edges = np.array([*domain.starts, domain.last], dtype=np.float64)
    span = edges[there[-1] + 1] - edges[there[0]]
    finest = 10.0 ** max(np.ceil(np.log10(max(span, 1e-300) / MOST_STEPS)), -FINEST)
    cumulated = np.concatenate([[0.0], np.cumsum(mass)])
    first, step = 0, finest
    for step in (finest, 10 * finest, 100 * finest):
        firsts = np.unique(np.floor(edges / (ROUND * step)) * ROUND).astype(np.int64)
        held = np.interp((firsts + WINDOW) * step, edges, cumulated) - np.interp(firsts * step, edges, cumulated)
        first = int(firsts[np.argmax(held)])
        if held.max() >= enough:
            break
    return first, float(step)


def _zoomed(
    domain: Ranges, counts: NDArray[np.float64], sigma: float, column: Column, *, step: int, known: Facts
) -> Ranges:
    """Return a grid of ``CELLS`` between the outermost numbers that noisy counts show, with a margin."""
    mass = fine(counts, sigma, domain)[int(domain.rest) :]
    there = np.flatnonzero(mass > 0)
    if not there.size:
        return domain
    whole = physical.is_whole(column)
    starts, ends = domain.starts, domain.ends(whole=whole)
    lowest, highest = starts[there[0]], ends[there[-1]].item()
    cell = float(np.max(ends.astype(np.float64) - np.array(starts, dtype=np.float64)))
    margin = min(max(MARGIN * (highest - lowest), cell), float(ends[-1]) - starts[0])
    low = max(
        starts[0], min(lowest, 0) if lowest - margin < 0 <= lowest else lowest - (int(margin) if whole else margin)
    )
    high = min(ends[-1].item(), highest + (int(margin) if whole else margin))
    if known.lattice is not None:
        low, high = multiples(low, high, known.lattice.modulus)
    if not whole or column.kind in TEMPORAL_KINDS:
        return grid(low, max(low, high), column, cells=CELLS, known=known)
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
