"""Find what nobody declared of numbers, from noisy counts alone: bounds, heavy values, the lattice they lie on."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import median_filter
from scipy.stats import chi2, norm

from gateway.raw.generate import physical
from gateway.raw.generate.domain import (
    FOUND_CELLS,
    NOTHING,
    SLACK,
    UNIT_RANGE,
    Facts,
    Lattice,
    Ranges,
    countable,
    grid,
    multiples,
)
from gateway.vocabulary.schema import TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

FALSE_ALARM = 1e-3
"""Chance that any empty octave of a column passes as a bound. A matter of quality: privacy does not hang on it."""

OUTER = 8
"""Cells of the outermost octaves that hold rows, at least."""
MOST_UNITS = 2**17
"""The widest range in which every number is counted in search of heavy ones."""
HEAVY_ALARM = 0.2
MOST_HEAVY = 24
NEIGHBOURS = 9
"""A number stands out from the median of so many, itself among them."""
EVEN_ALARM = 1e-4
"""Chance that a column of even residues seems to have a lattice. A matter of quality again."""
MOST_RESIDUES = 1_000
LIGHT = 2.0
"""Residues under so many standard deviations that do not reach as many together are taken to be empty."""

_FLOAT_OCTAVES = range(-24, 64)
_DAY = 86_400_000_000


def octaves(column: Column, known: Facts = NOTHING) -> Ranges:
    """Return the public grid on which a column's bounds are searched: a function of what is declared alone.

    Numbers: 0, and every power of two to the next, on both sides (2^-24 to 2^64 for floats). Dates: decades.
    """
    return replace(_octaves(column), sentinels=known.sentinels)


def _octaves(column: Column) -> Ranges:
    if column.kind in TEMPORAL_KINDS:
        unit = _DAY if column.kind is Kind.DATETIME else 1
        first = dt.date(1970, 1, 1)
        decades = [dt.date(max(year, 1), 1, 1) for year in range(0, 10_000, 10)]
        return _held([(day - first).days * unit for day in decades], column)
    if physical.is_whole(column):
        powers = [2**k for k in range(63)]
        # the lowest number of a type, such as -128, is no octave of its own
        below = [1 - 2 * power for power in reversed(powers) if 1 - 2 * power != physical.limits(column)[0] + 1]
        return _held([*below, 0, *powers], column)
    powers_f = [2.0**k for k in _FLOAT_OCTAVES]
    last = 2.0 ** (_FLOAT_OCTAVES[-1] + 1)
    above = (0.0, float(np.nextafter(0.0, 1.0)), *powers_f)
    below_f = () if column.lowest == 0 else (-last, *(-power for power in reversed(powers_f)))
    return Ranges(starts=(*below_f, *above), last=last, rest=True)


def _held(starts: list[int], column: Column) -> Ranges:
    lowest, highest = physical.limits(column)
    return Ranges(starts=(lowest, *(start for start in starts if lowest < start <= highest)), last=highest, rest=True)


def bounds(noisy: NDArray[np.int64], column: Column, *, sigma: float, known: Facts = NOTHING) -> Ranges:
    """Return the fine grid between the outermost octaves whose noisy count stands out; what lies beyond is clipped.

    ``noisy`` are counts over ``octaves(column, known)``. When none stands out, the largest one is taken if the column
    must have values and otherwise no range at all: then every value is NULL, or a sentinel.
    """
    public = octaves(column, known)
    found = noisy[public.first :]
    bar = max(1.0, float(norm.isf(FALSE_ALARM / found.size)) * sigma)
    passing = np.flatnonzero(found >= bar)
    if not passing.size:
        if column.nullable:
            return Ranges(starts=(), last=0, rest=True, sentinels=known.sentinels)
        passing = np.array([int(np.argmax(found))])
    whole = physical.is_whole(column)
    first, last = int(passing[0]), int(passing[-1])
    lowest, highest = public.starts[first], public.ends(whole=whole)[last].item()
    if known.lattice is not None and countable(lowest, highest, known.lattice):
        lowest, highest = multiples(lowest, highest, known.lattice.modulus)
        if lowest > highest:  # no multiple lies between them
            lowest = highest = min(lowest, highest, key=abs)
        return grid(lowest, highest, column, cells=FOUND_CELLS, known=known)
    if whole and highest - lowest < UNIT_RANGE:
        return grid(lowest, highest, column, cells=FOUND_CELLS, known=known)
    octave = replace(public, starts=public.starts[first : last + 1], last=highest)
    mass = np.maximum(found[first : last + 1], 0).astype(np.float64)
    # rows may fill a small part of the outermost octaves
    mass[[0, -1]] = np.maximum(mass[[0, -1]], mass.sum() * OUTER / FOUND_CELLS)
    cut = split(octave, np.concatenate([noisy[: public.first], mass]), whole=whole, parts=FOUND_CELLS)
    return replace(cut, rest=column.nullable)


def split(domain: Ranges, counts: NDArray[np.int64] | NDArray[np.float64], *, whole: bool, parts: int) -> Ranges:
    """Return ``domain`` with each range cut into equal parts, as many of ``parts`` as its share of ``counts``."""
    mass = np.maximum(counts[domain.first :].astype(np.float64), 0.0)
    ends = domain.ends(whole=whole)
    step = int(domain.lattice.step) if domain.lattice is not None and whole else 1
    starts: list[float] = []
    for start, end, share in zip(domain.starts, ends.tolist(), mass / max(mass.sum(), 1.0), strict=True):
        pieces = max(1, math.ceil(parts * share - SLACK))
        if whole:
            width = (int(end) - int(start)) // step + 1
            pieces = min(pieces, width)
            cuts = [int(start) + width * k // pieces * step for k in range(pieces)]
            starts += cuts if step == 1 else [cuts[0], *(cut // step * step for cut in cuts[1:])]
        else:
            starts += [start + (end - start) * (k / pieces) for k in range(pieces)]
    return replace(domain, starts=tuple(sorted(set(starts))))


def units(domain: Ranges, column: Column) -> Ranges | None:
    """Return a cell for every number of ``domain``, where heavy ones could hide in ranges, or None.

    That is for whole numbers in a range that is neither so small that each has a cell nor too wide to count.
    """
    if not physical.is_whole(column) or not domain.starts:
        return None
    step = int(domain.lattice.step) if domain.lattice is not None else 1
    lowest, highest = int(domain.starts[0]), int(domain.last)
    if highest - lowest < UNIT_RANGE * step or highest - lowest >= MOST_UNITS * step:
        return None
    first = lowest // step * step
    return replace(domain, starts=(lowest, *range(first + step, highest + 1, step)))


def heavy(noisy: NDArray[np.int64], every: Ranges, *, sigma: float) -> list[int]:
    """Return the numbers, at most ``MOST_HEAVY``, whose noisy count stands out from those around.

    ``noisy`` are counts over ``every``, see ``units``. The chance that any does of a column without heavy numbers is
    ``HEAVY_ALARM``; privacy does not hang on it.
    """
    counts = noisy[every.first :]
    excess = counts - np.maximum(median_filter(counts, size=NEIGHBOURS, mode="nearest"), 0)
    standing = np.flatnonzero(excess > sigma * norm.isf(HEAVY_ALARM / counts.size))
    chosen = standing[np.argsort(-excess[standing], kind="stable")[:MOST_HEAVY]]
    return [int(every.starts[at]) for at in sorted(chosen.tolist())]


def modulus(column: Column) -> int | None:
    """Return what numbers of a column are first divided by in the search for their lattice; None where none is."""
    match column.kind:
        case Kind.DATE:
            return 7
        case Kind.INTEGER | Kind.DECIMAL if physical.is_whole(column):
            return 10
        case _:
            return None


def finer(lattice: Lattice, column: Column) -> int | None:
    """Return what to divide by after ``lattice`` was found; None when that is fine enough or tells of no gaps."""
    wanted = lattice.modulus * 10
    gaps = 2 * len(lattice.residues) <= lattice.modulus
    return int(wanted) if gaps and column.kind is not Kind.DATE and wanted <= MOST_RESIDUES else None


def lattice(noisy: NDArray[np.int64], coarser: Lattice | None, *, sigma: float) -> Lattice | None:
    """Return the lattice of numbers whose noisy counts by remainder are ``noisy``; None if these tell nothing new.

    They are compared with even shares, or with those of ``coarser`` divided evenly (chi-square, at EVEN_ALARM). Where
    noise alone is that far from even, nothing stands out.
    """
    size = noisy.size
    expected = np.full(size, 1.0 / size)
    if coarser is not None:
        repeats = size // int(coarser.modulus)
        expected = np.zeros(size)
        for residue, share in zip(coarser.residues, coarser.shares, strict=True):
            expected[int(residue) :: int(coarser.modulus)] = share / repeats
    total = max(0.0, float(noisy.sum()))
    away = noisy - total * expected
    distance = float((away**2 / (sigma**2 + total * expected * (1 - expected))).sum())
    if distance <= chi2.isf(EVEN_ALARM, size - 1):
        return None
    kept = max(0.0, 1.0 - (size - 1) * sigma**2 / float((away**2).sum()))
    counts = np.maximum(total * expected + kept * away, 0.0)
    light = counts < LIGHT * sigma
    if counts[light].sum() < LIGHT * sigma * math.sqrt(np.count_nonzero(light)):
        counts[light] = 0.0
    residues = np.flatnonzero(counts)
    if not residues.size:
        return None
    shares = counts[residues] / counts.sum()
    return Lattice(modulus=size, residues=tuple(residues.tolist()), shares=tuple(shares.tolist()))
