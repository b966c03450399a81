"""Shares to whole rows with as little chance as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.gibbs import kernel, next_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HALF, _EXACT = np.uint64(32), np.uint64(11)
_UNIT = 2.0**-53


def systematic(shares: NDArray[np.float64], rows: int, *, generator: np.random.Generator) -> NDArray[np.int32]:
    """Return ``rows`` codes in which code v appears ``rows * share`` times, rounded up or down, in shuffled order.

    ``shares`` is non-negative with a positive sum, which need not be 1. One uniform draw places an even comb over the
    cumulated shares (systematic sampling), so the expected number of every code is exact and its error below one row.
    """
    edges = np.cumsum(shares) * (rows / shares.sum())
    teeth = np.arange(rows) + generator.random()
    found = np.searchsorted(edges, teeth, side="right")
    # rounding may leave the last tooth behind the last edge: it belongs to the last code that has a share
    codes = np.minimum(found, np.flatnonzero(shares > 0)[-1])
    generator.shuffle(codes)
    return np.asarray(codes, dtype=np.int32)


class Splits:
    """How each of a number of groups divides into members, ready to be drawn from."""

    def __init__(self, group_of: NDArray[np.integer], weight: NDArray[np.float64], groups: int) -> None:
        """Take for every member its group, 0 to ``groups - 1``, and its weight.

        Members of weight 0 are never drawn; a group without any weight gives its first member, or member 0 when it has
        none.
        """
        order = np.argsort(group_of, kind="stable")
        alive = order[weight[order] > 0]
        bare = np.setdiff1d(np.arange(groups), group_of[alive])
        first = {int(g): int(m) for m, g in reversed(list(enumerate(group_of)))}
        members = np.concatenate([alive, np.array([first.get(int(g), 0) for g in bare], dtype=np.int64)])
        owners = np.concatenate([group_of[alive], bare]).astype(np.int64)
        shares = np.concatenate([weight[alive], np.ones(bare.size)])
        order = np.argsort(owners, kind="stable")
        self.members, owners, shares = members[order].astype(np.int32), owners[order], shares[order]
        """The members of all groups, one group after the other."""
        self.start = np.searchsorted(owners, np.arange(groups + 1)).astype(np.int64)
        """Where each group's members start, and at the end where the last group's stop."""
        whole = np.bincount(owners, weights=shares, minlength=groups)
        shares = shares / whole[owners]
        sums = np.cumsum(shares)
        self.shares = shares
        """The share of each of ``members`` of its group."""
        self._edges = sums - (sums[self.start[:-1]] - shares[self.start[:-1]])[owners]
        self.single = bool((np.diff(self.start) == 1).all())
        """Whether every group has one member only."""

    def divide(self, groups: NDArray[np.int32], *, seed: int) -> NDArray[np.int32]:
        """Return a member for every entry of ``groups``: of each as many as its share says, give or take one.

        Which entries get it is shuffled; the same seed gives the same members. Time and memory are linear in
        ``groups``, whose values must lie in the range (NOT checked).
        """
        if self.single:
            return np.asarray(self.members[groups])
        members = np.empty(groups.size, dtype=np.int32)
        state = np.array([seed], dtype=np.uint64)
        _divide(np.ascontiguousarray(groups), self.start, self.members, self._edges, state, members)
        return members

    def draw(self, groups: NDArray[np.int32], generator: np.random.Generator) -> NDArray[np.int32]:
        """Return a member for every entry of ``groups``, each drawn by itself."""
        lowest, highest = self.start[groups], self.start[groups + 1] - 1
        marks = generator.random(groups.size)
        # within a group the edges rise from 0 to 1: one rising row of numbers over all groups
        owner = np.repeat(np.arange(self.start.size - 1), np.diff(self.start))
        found = np.searchsorted(self._edges + owner, marks + groups, side="right")
        return np.asarray(self.members[np.clip(found, lowest, highest)])


@kernel
def _divide(  # noqa: PLR0917 - numba takes no keywords from outside
    groups: NDArray[np.int32],
    start: NDArray[np.int64],
    members: NDArray[np.int32],
    edges: NDArray[np.float64],
    state: NDArray[np.uint64],
    drawn: NDArray[np.int32],
) -> None:
    """Write for every group as many of each member as its share says, shuffled, over the group's places."""
    count = start.size - 1
    ends = np.zeros(count + 1, dtype=np.int64)
    for r in range(groups.size):
        ends[groups[r] + 1] += 1
    for g in range(count):
        ends[g + 1] += ends[g]
    pool = np.empty(groups.size, dtype=np.int32)
    for g in range(count):
        begin, size = ends[g], ends[g + 1] - ends[g]
        shift = np.float64(next_bits(state) >> _EXACT) * _UNIT
        at, final = start[g], start[g + 1] - 1
        for k in range(size):
            while at < final and edges[at] <= (k + shift) / size:
                at += 1
            pool[begin + k] = members[at]
        for k in range(size - 1, 0, -1):
            other = np.int64(((next_bits(state) >> _HALF) * np.uint64(k + 1)) >> _HALF)
            kept = pool[begin + k]
            pool[begin + k] = pool[begin + other]
            pool[begin + other] = kept
    for r in range(groups.size):
        g = groups[r]
        drawn[r] = pool[ends[g]]
        ends[g] += 1


def load_kernels() -> None:
    """Load the kernel, once in a process; where it was never used before, compile it and cache it on disk."""
    none = np.zeros(0, dtype=np.int32)
    _divide(none, np.zeros(2, dtype=np.int64), none, np.zeros(0), np.zeros(1, dtype=np.uint64), none.copy())
