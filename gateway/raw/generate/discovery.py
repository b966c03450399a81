"""Find a domain nobody declared, from noisy counts alone: bounds on a public grid of octaves, values by a threshold."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from gateway.raw.generate import physical
from gateway.raw.generate.domain import FOUND_CELLS, Ranges, grid
from gateway.vocabulary.schema import TEMPORAL_KINDS, Column, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

FALSE_ALARM = 1e-3
"""Chance that any empty octave of a column passes as a bound. A matter of quality: privacy does not hang on it."""

_FLOAT_OCTAVES = range(-24, 64)
_DAY = 86_400_000_000


def octaves(column: Column) -> Ranges:
    """Return the public grid on which a column's bounds are searched: a function of its type alone.

    Numbers: 0, and every power of two to the next, on both sides (2^-24 to 2^64 for floats). Dates: decades.
    """
    if column.kind in TEMPORAL_KINDS:
        unit = _DAY if column.kind is Kind.DATETIME else 1
        first = dt.date(1970, 1, 1)
        decades = [dt.date(max(year, 1), 1, 1) for year in range(0, 10_000, 10)]
        starts = tuple((day - first).days * unit for day in decades)
        return Ranges(starts=starts, last=physical.limits(column)[1], rest=True)
    if physical.is_whole(column):
        lowest, highest = physical.limits(column)
        powers = [2**k for k in range(63) if 2**k <= highest]
        below = [max(1 - 2 * power, lowest) for power in reversed(powers)]
        return Ranges(starts=(*below, 0, *powers), last=highest, rest=True)
    powers_f = [2.0**k for k in _FLOAT_OCTAVES]
    below_f = [-power for power in reversed(powers_f)]
    last = 2.0 ** (_FLOAT_OCTAVES[-1] + 1)
    return Ranges(starts=(-last, *below_f, 0.0, float(np.nextafter(0.0, 1.0)), *powers_f), last=last, rest=True)


def bounds(noisy: NDArray[np.int64], column: Column, *, sigma: float) -> Ranges:
    """Return the fine grid between the outermost octaves whose noisy count stands out; what lies beyond is clipped.

    ``noisy`` are counts over ``octaves(column)``. When none stands out, the largest one is taken if the column must
    have values and otherwise no range at all: then every value is NULL.
    """
    public = octaves(column)
    found = noisy[1:]
    bar = max(1.0, float(norm.isf(FALSE_ALARM / found.size)) * sigma)
    passing = np.flatnonzero(found >= bar)
    if not passing.size:
        if column.nullable:
            return Ranges(starts=(), last=0, rest=True)
        passing = np.array([int(np.argmax(found))])
    starts, ends = public.starts, public.ends(whole=physical.is_whole(column))
    lowest, highest = starts[passing[0]], ends[passing[-1]].item()
    if not physical.is_whole(column):
        highest = math.nextafter(highest, lowest)
    return grid(lowest, max(lowest, highest), column, cells=FOUND_CELLS)
