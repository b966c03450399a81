"""From a column's noisy fine counts to the bins used for pairs, and back. Post-processing: sees noisy counts only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate.domain import Ranges, Values
from gateway.raw.generate.smoothing import smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain

HEAVY = 3.0
"""A cell or bin stands alone from so many standard deviations of its noise on."""
FAR_OUT = 4.5
"""Standard deviations by which cells far out have to stand out: they are many, and one that is not there costs much."""
GHOST = 2.0
"""Light cells whose sum is under so many standard deviations are taken to be empty."""
BINS = 3.0
"""Bins of numbers hold evenly many rows, at least as many as if there were BINS * (rows / noise)^(1/3) of them.

The root is that of the best histogram: with more noise, finer bins cost more than they tell.
"""
MOST_BINS = 48
DOMINANT, SPREAD = 0.25, 0.375
"""Outside of cells with that share of the rows there are at least so many bins, relative to that number."""
MOST_VALUES = 47
"""Listed values that may have a bin of their own."""


@dataclass(frozen=True, kw_only=True)
class Bins:
    """``bin_of[c]`` is the bin of fine cell c; ``weight[c]`` its share inside that bin (sums to 1 in every bin).

    ``ghost[c]`` marks cells taken to be empty: the few rows they may have count in the largest bin, and none are made.
    """

    bin_of: NDArray[np.int32]
    weight: NDArray[np.float64]
    ghost: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Return the number of bins."""
        return int(self.bin_of.max()) + 1


def near(noisy: NDArray[Any], sigma: NDArray[np.float64], domain: Ranges) -> NDArray[np.bool_]:
    """Return which cells lie at most twice as far out, on either side of 0, as what stands out; shape as ``noisy``.

    Looked at are runs of 1, 2, 4, .. cells. What noise leaves in the many cells beyond would be large numbers that
    nobody has, and a great part of any sum.
    """
    kept = np.ones(noisy.size, dtype=np.bool_)
    starts = np.array(domain.starts)
    for outwards in (np.flatnonzero(starts > 0), np.flatnonzero(starts < 0)[::-1]):
        side = domain.first + outwards
        sums, spread = (np.concatenate([[0.0], np.cumsum(each[side])]) for each in (noisy, sigma**2))
        last, length = 0, 1
        while length <= side.size:
            bar = FAR_OUT * np.sqrt(spread[length:] - spread[:-length])
            standing = np.flatnonzero(sums[length:] - sums[:-length] >= bar)
            # a longer run stands out by what is in it and not by what was known before
            last = int(standing[-1]) + length if standing.size and standing[-1] >= last else last
            length *= 2
        distance = np.abs(starts[outwards])
        kept[side[distance > 2 * (distance[last - 1] if last else 1)]] = False
    return kept


def project(noisy: NDArray[np.int64], sigma: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Return the nonnegative counts of sum ``total`` nearest to ``noisy``, in units of ``sigma``."""
    if total <= 0:
        return np.zeros(noisy.size)
    variance: NDArray[np.float64] = sigma**2
    order = np.argsort(-noisy / variance, kind="stable")
    edges = (noisy / variance)[order]
    sums, spread = np.cumsum(noisy[order]), np.cumsum(variance[order])
    shift = (sums - total) / spread
    last = int(np.flatnonzero(edges > shift)[-1]) if (edges > shift).any() else 0
    return np.asarray(np.maximum(noisy - shift[last] * variance, 0.0))


def estimated(
    noisy: NDArray[np.int64], sigma: NDArray[np.float64], total: float, domain: Domain
) -> NDArray[np.float64]:
    """Return nonnegative counts of sum ``total``: of ranges smoothed (``smoothing``), of listed values projected."""
    if not isinstance(domain, Ranges) or len(domain.starts) <= 1 or total <= 0:
        return project(noisy, sigma, total)
    first = domain.first
    together = np.append(noisy[:first], noisy[first:].sum())
    spread = np.append(sigma[:first], np.sqrt((sigma[first:] ** 2).sum()))
    apart = project(together, spread, total)
    return np.append(apart[:first], smoothed(noisy[first:], sigma[first:], domain.widths(), total=float(apart[-1])))


def bins(
    noisy: NDArray[np.int64],
    sigma: NDArray[np.float64],
    *,
    total: float,
    domain: Domain,
    nullable: bool,
    told: bool = False,
) -> Bins:
    """Return the bins of a column with fine counts ``noisy`` (std ``sigma``) of about ``total`` rows.

    ``told`` says that its numbers will be summed, as numbers of rows are: then cells far out are empty, see ``near``.
    """
    mass = estimated(noisy, sigma, total, domain)
    kept = near(noisy, sigma, domain) if told and isinstance(domain, Ranges) else np.ones(mass.size, dtype=np.bool_)
    mass[~kept] = 0.0
    if not nullable and domain.rest and mass[1:].sum() > 0:
        mass[0] = 0.0
    groups: list[list[int]] = []
    if mass.any():
        if isinstance(domain, Ranges):
            groups = _ranges(noisy, sigma, mass, domain)
        else:
            groups = _values(noisy, sigma, mass, domain)
    bin_of = np.full(mass.size, -1, dtype=np.int32)
    for number, group in enumerate(groups):
        bin_of[group] = number
    ghost = (bin_of < 0) | ~kept
    if ghost.all():
        return Bins(bin_of=np.zeros_like(bin_of), weight=np.full(mass.size, 1 / mass.size), ghost=np.zeros_like(ghost))
    mass[ghost] = 0.0
    if told:
        bin_of[ghost] = bin_of[_nearest(~ghost, np.flatnonzero(ghost))]
    else:
        bin_of[ghost] = np.argmax(np.bincount(bin_of[~ghost], weights=mass[~ghost]))
    return Bins(bin_of=bin_of, weight=_shares(mass, bin_of, ghost, domain), ghost=ghost)


def _nearest(there: NDArray[np.bool_], cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of ``cells`` the nearest that is ``there``."""
    known = np.flatnonzero(there)
    after = np.clip(np.searchsorted(known, cells), 1, max(known.size - 1, 1))
    before = known[after - 1]
    after_it = known[np.minimum(after, known.size - 1)]
    return np.asarray(np.where(cells - before <= after_it - cells, before, after_it))


def reweighed(to: Bins, noisy: NDArray[np.int64], sigma: NDArray[np.float64], *, total: float, domain: Domain) -> Bins:
    """Return the same bins with the shares that these counts give their cells; ghosts have none."""
    mass = estimated(noisy, sigma, total, domain)
    mass[to.ghost] = 0.0
    return Bins(bin_of=to.bin_of, weight=_shares(mass, to.bin_of, to.ghost, domain), ghost=to.ghost)


def coarsen(
    noisy: NDArray[np.int64], sigma: NDArray[np.float64], to: Bins
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the noisy counts of the bins and their standard deviations; ghosts add to neither."""
    alive = ~to.ghost
    counts = np.zeros(to.count, dtype=np.int64)
    np.add.at(counts, to.bin_of[alive], noisy[alive])
    return counts, np.sqrt(np.bincount(to.bin_of[alive], weights=sigma[alive] ** 2, minlength=to.count))


def _ranges(
    noisy: NDArray[np.int64], sigma: NDArray[np.float64], mass: NDArray[np.float64], domain: Ranges
) -> list[list[int]]:
    """Merge neighbouring ranges until each bin is heavy enough; a range that is so by itself stays alone."""
    bar = np.maximum(HEAVY * sigma, _least(mass, sigma, domain))
    alone = domain.single(whole=all(isinstance(start, int) for start in domain.starts))
    # where every number has a cell, none is meant to stand out
    alone = alone & ~alone[domain.first :].all()
    groups: list[list[int]] = []
    light: list[int] = []
    gathered = 0.0
    for cell in range(domain.first, mass.size):
        if mass[cell] >= (HEAVY * sigma[cell] if alone[cell] else bar[cell]):
            _close(groups, light, mass, bar)
            groups.append([cell])
            light, gathered = [], 0.0
            continue
        light.append(cell)
        gathered += mass[cell]
        if gathered >= bar[cell]:
            groups.append(light)
            light, gathered = [], 0.0
    _close(groups, light, mass, bar)
    apart = [[cell] for cell in range(domain.first) if noisy[cell] >= GHOST * sigma[cell]]
    return apart + groups if apart or groups else [[0]]


def _least(mass: NDArray[np.float64], sigma: NDArray[np.float64], domain: Ranges) -> float:
    """Return what a bin of ranges should hold at least: a part of all rows, or of those outside of dominant cells.

    Where most rows are 0, say, what distinguishes the others is worth bins of its own.
    """
    whole = float(mass.sum())
    wanted: float = min(BINS * (whole / float(np.median(sigma))) ** (1 / 3), MOST_BINS)
    present = mass[domain.first :]
    spread = float(present[present < DOMINANT * whole].sum())
    return min(whole, spread / SPREAD) / wanted


def _close(groups: list[list[int]], light: list[int], mass: NDArray[np.float64], bar: NDArray[np.float64]) -> None:
    """Let a light run of ranges be a bin if it is not very light, or join the bin before it."""
    if not light or not mass[light].any():
        return
    if groups and mass[light].sum() < bar[light[0]] / 2:
        groups[-1] = groups[-1] + light
    else:
        groups.append(list(light))


def _values(
    noisy: NDArray[np.int64], sigma: NDArray[np.float64], mass: NDArray[np.float64], domain: Domain
) -> list[list[int]]:
    """Give heavy values a bin each and the others one together, unless these look like noise alone.

    The light values of a declared group have a bin where they are heavy together. Values that are not listed go with
    the light ones, which they are most like.
    """
    order = np.argsort(-mass, kind="stable")
    unlisted = _unlisted(domain)
    heavy = [int(c) for c in order[:MOST_VALUES] if mass[c] >= HEAVY * sigma[c] and c != unlisted]
    light = np.setdiff1d(np.flatnonzero(mass > 0), heavy)
    groups = [[cell] for cell in sorted(heavy)]
    for members in _together(light, domain):
        if members.size > 1 and mass[members].sum() >= HEAVY * np.sqrt((sigma[members] ** 2).sum()):
            groups.append(members.tolist())
            light = np.setdiff1d(light, members)
    if light.size and (not heavy or noisy[light].sum() >= GHOST * np.sqrt((sigma[light] ** 2).sum())):
        groups.append(light.tolist())
    return groups


def _together(cells: NDArray[np.int64], domain: Domain) -> list[NDArray[np.int64]]:
    """Return those of ``cells`` that are listed in one declared group, for each group."""
    if not isinstance(domain, Values) or not domain.groups:
        return []
    listed = cells[cells >= domain.first]
    group = np.array(domain.groups)[listed - domain.first]
    return [listed[group == each] for each in np.unique(group)]


def _shares(
    mass: NDArray[np.float64], bin_of: NDArray[np.int32], ghost: NDArray[np.bool_], domain: Domain
) -> NDArray[np.float64]:
    """Return each cell's share of its bin; even shares in a bin of no mass.

    Values that are not listed cannot be made: the listed ones of their bin, if there are any, stand for them.
    """
    count = int(bin_of.max()) + 1
    unlisted, mass, possible = _unlisted(domain), mass.copy(), ~ghost
    if unlisted is not None and np.count_nonzero(possible & (bin_of == bin_of[unlisted])) > 1:
        mass[unlisted], possible[unlisted] = 0.0, False
    whole = np.bincount(bin_of, weights=mass, minlength=count)
    members = np.bincount(bin_of[possible], minlength=count)
    even = np.where(possible, 1.0 / np.maximum(members[bin_of], 1), 0.0)
    return np.where(whole[bin_of] > 0, mass / np.where(whole[bin_of] > 0, whole[bin_of], 1.0), even)


def _unlisted(domain: Domain) -> int | None:
    return int(domain.rest) if isinstance(domain, Values) and domain.other else None
