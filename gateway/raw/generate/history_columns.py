"""Columns of histories as cells and bins, made from noisy counts alone; and the way back to numbers.

A column's cells may hang on the kind of the row: each kind, or all light ones together, then has a domain of its own,
and bin b of one kind has nothing to do with bin b of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.segments import steps
from gateway.raw.generate.binning import Bins, bins, near
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.expansion import expand
from gateway.raw.generate.histories import Cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.expansion import Expansion
    from gateway.vocabulary.schema import Column

BINS = 12
"""Bins of a column of numbers, for each kind."""
HEAVY = 4.0
"""A bin holds so many standard deviations of its cells' noise at least."""
ALONE = 0.6
"""A cell that holds so much of an even share of a bin, and stands out, is a bin of its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grain:
    """One domain of a column, with the noisy counts of its cells (in any unit) and the bins that these give."""

    domain: Domain
    counts: NDArray[np.float64]
    sigma: float
    bins: Bins
    mass: NDArray[np.float64]
    """The counts smoothed: at least 0."""
    step: int = 1
    """All whole numbers are multiples of it, or nearly all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryColumn:
    """One column: its grains, and for each cell of the kind which of them holds (None: there is one)."""

    column: Column
    grains: tuple[Grain, ...]
    grain_of: tuple[int, ...] | None = None

    @property
    def cut(self) -> Cut:
        """Return the column over its bins."""
        axes = tuple(Axis(column=self.column.name, domain=g.domain, bin_of=g.bins.bin_of) for g in self.grains)
        return Cut(axes=axes, axis_of=self.grain_of)

    @property
    def masses(self) -> NDArray[np.float64]:
        """Return the noisy counts of every bin, shape (grains, bins)."""
        cells = self.cut.cells
        return np.stack([np.bincount(g.bins.bin_of, weights=g.mass, minlength=cells) for g in self.grains])

    def expansions(self) -> tuple[Expansion, ...]:
        """Return what the bins of every grain stand for."""
        return tuple(expand(self.column, grain.domain, grain.bins) for grain in self.grains)


def fine(counts: NDArray[np.float64], sigma: float, domain: Domain, *, times: bool = False) -> NDArray[np.float64]:
    """Return counts of at least 0: ranges of numbers as steps of one density, values each by itself.

    For ``times`` density is by the logarithm. The rest cell of ranges stands for itself, and for nothing where it does
    not stand out.
    """
    if not isinstance(domain, Ranges):
        return np.asarray(np.maximum(counts, 0.0))
    first = int(domain.rest)
    rest = np.where(counts[:first] >= 2 * sigma, counts[:first], 0.0)
    if not domain.starts:
        return np.asarray(rest)
    begins = np.array(domain.starts, dtype=np.float64)
    end = domain.last + 1 if isinstance(domain.last, int) else domain.last
    widths = np.diff(begins, append=float(end))
    if not widths.any():
        widths = np.ones(begins.size)
    if times:
        widths = np.log1p(widths / np.maximum(begins, 1.0))
    return np.concatenate([rest, steps(counts[first:], sigma, widths=widths)])


def grained(
    domain: Domain,
    counts: NDArray[np.float64],
    *,
    sigma: float,
    most: int = BINS,
    times: bool = False,
    step: int = 1,
    told: bool = False,
) -> Grain:
    """Return the bins of a column, or of one kind's part of it, whose cells have ``counts`` with noise ``sigma``.

    ``times`` says that they are gaps between rows; ``step`` as in ``Grain``; ``told`` as in ``binning.bins``.
    """
    mass = fine(counts, sigma, domain, times=times)
    if told and isinstance(domain, Ranges):
        mass = np.where(near(counts, np.full(counts.size, sigma), domain), mass, 0.0)
    if not isinstance(domain, Ranges):
        whole = np.rint(counts).astype(np.int64)
        made = bins(whole, np.full(counts.size, sigma), total=float(max(counts.sum(), 0.0)), domain=domain,
                    nullable=domain.rest)  # fmt: skip
        return Grain(domain=domain, counts=counts, sigma=sigma, bins=made, mass=mass)
    groups = _groups(mass[int(domain.rest) :], sigma, most)
    bin_of = np.concatenate([np.zeros(int(domain.rest), dtype=np.int32), groups + int(domain.rest)]).astype(np.int32)
    if not bin_of.size:
        bin_of = np.zeros(1, dtype=np.int32)
        mass = np.ones(1)
    return Grain(domain=domain, counts=counts, sigma=sigma, bins=_weighed(bin_of, mass), mass=mass, step=step)


def _groups(mass: NDArray[np.float64], sigma: float, most: int) -> NDArray[np.int32]:
    """Return the bin of every cell: about equal shares of the mass, cells that hold one by themselves alone."""
    group = np.zeros(mass.size, dtype=np.int32)
    whole = float(mass.sum())
    if whole <= 0:
        return group
    share = max(whole / most, HEAVY * sigma)
    alone = (mass >= ALONE * share) & (mass >= HEAVY * sigma)
    left = float(mass[~alone].sum())
    places = max(1, most - int(alone.sum()))
    share = max(left / places, HEAVY * sigma)
    number, held, kind = 0, 0.0, None
    for cell in range(mass.size):
        if alone[cell]:
            number += kind is not None and (held > 0 or kind == "alone")
            group[cell], kind, held = number, "alone", 0.0
            continue
        if kind == "alone" or held + mass[cell] / 2 > share:
            number, held = number + 1, 0.0
        group[cell], kind = number, "run"
        held += mass[cell]
    return _renumbered(group, mass, alone, share)


def _renumbered(
    group: NDArray[np.int32], mass: NDArray[np.float64], alone: NDArray[np.bool_], share: float
) -> NDArray[np.int32]:
    """Let runs of (nearly) no mass join a neighbour: the run before, or the one after."""
    held = np.bincount(group, weights=mass)
    single = np.bincount(group, weights=alone) > 0
    to = np.arange(held.size)
    for number in range(held.size):
        if single[number] or held[number] >= share / 4:
            continue
        beside = [n for n in (number - 1, number + 1) if 0 <= n < held.size]
        runs = [n for n in beside if not single[n]]
        if held[number] <= 0 and beside:
            to[number] = to[(runs or beside)[0]]
        elif runs:
            to[number] = to[runs[0]]
    while (to != to[to]).any():
        to = to[to]
    return np.unique(to[group], return_inverse=True)[1].astype(np.int32)


def _weighed(bin_of: NDArray[np.int32], mass: NDArray[np.float64]) -> Bins:
    count = int(bin_of.max()) + 1
    whole = np.bincount(bin_of, weights=mass, minlength=count)
    even = 1.0 / np.bincount(bin_of, minlength=count)
    weight = np.where(whole[bin_of] > 0, mass / np.maximum(whole[bin_of], np.finfo(np.float64).tiny), even[bin_of])
    return Bins(bin_of=bin_of, weight=weight, ghost=np.zeros(bin_of.size, dtype=np.bool_))
