"""Fitting a model of histories to noisy clipped counts: simulate, count and clip in the same way, and correct.

Clipping scales long histories down, so the counts say less of them than they should. The same is done to what the model
draws, and the two are compared: nothing is divided out, and clips can be as small as noise likes. That is right as far
as the model's histories have the norms that the real ones have. What is simulated needs no budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories import contexts
from gateway.estimation.histories.clipping import SCALE, clipped
from gateway.estimation.histories.model import STRONGEST, Model, Spec, part
from gateway.estimation.histories.terms import Context, MeasuredTerm, Owners, Place, Term
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

ROUNDS = 48
STEP = 0.2
OWNER_STEP = 0.6
"""Steps of terms that look at the owner are smaller by this: there are many, and they pull at the same rows."""
LATE_STEP = 0.4
LATE = 0.75
"""From this share of the rounds on steps are smaller by ``LATE_STEP``, and weights are averaged."""
EARLY_ENOUGH = 100_000
"""Rows simulated in a round before, at most about: far from the goal, chance does not lead astray."""
LARGEST_STEP = 1.5
ENOUGH = 2_000_000
"""Rows simulated in a round, at most about; more owners are drawn from."""
MAIN, BETWEEN, OWNER = 6.0, 2.5, 0.5
"""Standard deviations of weights, as logarithms, before anything is measured: of a column's own frequencies (given the
kind), of what hangs on rows before or other columns, and of what hangs on the owner."""
LEARNING = 8
"""From this round on, the deviations of the latter two are learned from the tables: never less than ``NARROWEST``,
never more than they were (twice that for owners). Tables that hold little but noise then say little."""
NARROWEST = 0.1


def fit(
    spec: Spec,
    measured: Sequence[MeasuredTerm],
    owners: Owners,
    *,
    seed: int,
    progress: Callable[[str, float], None] = lambda _phase, _share: None,
    rounds: int = ROUNDS,
) -> Model:
    """Return a model whose histories of ``owners``, counted and clipped, have the ``measured`` counts but for noise.

    ``owners`` stand for all units: as many as the real ones are thought to be. The same seed gives the same model.
    ``ConfigurationError`` when a measured table has not the shape of its term.
    """
    for each in measured:
        if each.counts.shape != contexts.extent(each.term, shape=spec.shape) or each.sigma < 0:
            raise ConfigurationError("a measured table has to have the shape of its term, and a sigma from 0")
    generator = np.random.default_rng(seed)
    early, late = _some(owners, EARLY_ENOUGH, generator), _some(owners, ENOUGH, generator)
    ascents = [_Ascent.start(each, measured, spec) for each in measured]
    terms = tuple(each.term for each in measured)
    for done in range(rounds):
        weights = tuple(each.weights() for each in ascents)
        model = Model(spec=spec, terms=terms, weights=weights)
        is_late = done >= LATE * rounds
        some, scale = late if is_late else early
        counts = _counts(model, some, measured, int(generator.integers(2**62)))
        for ascent, expected in zip(ascents, counts, strict=True):
            ascent.step(expected * scale, STEP * (LATE_STEP if is_late else 1.0), keep=is_late)
            if done >= LEARNING:
                ascent.learn(expected * scale)
        progress("fit", (done + 1) / rounds)
    return Model(spec=spec, terms=terms, weights=tuple(each.averaged() for each in ascents))


def _some(owners: Owners, enough: int, generator: np.random.Generator) -> tuple[Owners, float]:
    """Return all owners, or those of so many random units as give enough rows; and how many one stands for."""
    total = int(owners.rows.sum())
    if total <= enough:
        return owners, 1.0
    _, unit = np.unique(owners.unit, return_inverse=True)
    chosen = generator.random(int(unit[-1]) + 1) < enough / total
    some = part(owners, np.flatnonzero(chosen[unit]))
    # by rows rather than by units: whether a long history was among the chosen is chance
    return some, total / max(int(some.rows.sum()), 1)


def _counts(model: Model, owners: Owners, measured: Sequence[MeasuredTerm], seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield the clipped table of each term over freshly drawn histories, with one axis for all contexts."""
    histories = model.sample(owners, seed=seed)
    unit = np.repeat(owners.unit, np.diff(histories.starts))
    for each in measured:
        axes = each.counts.shape
        cells = contexts.cells(histories, owners, each.term, shape=model.spec.shape)
        table = clipped(cells, unit, size=int(np.prod(axes)), clip=each.clip)
        yield table.reshape(-1, axes[-1]) / SCALE


@dataclass(kw_only=True, eq=False)
class _Ascent:
    """The weights of one term on their way up; tables have one axis for all contexts, and one for the target."""

    target: NDArray[np.float64]
    variance: float
    prior: float
    """A variance."""
    widest: float
    """Up to which it is learned; 0 where it stays."""
    origin: NDArray[np.float64]
    group: NDArray[np.int64]
    """Which contexts share what a simpler term says of them: there this one only says how they differ."""
    groups: int
    pace: float
    shape: tuple[int, ...]
    now: NDArray[np.float64]
    kept: list[NDArray[np.float64]] = field(default_factory=list)

    @classmethod
    def start(cls, measured: MeasuredTerm, beside: Sequence[MeasuredTerm], spec: Spec) -> _Ascent:
        """Return the weights as they are before anything is compared."""
        term, shape = measured.term, measured.counts.shape
        target = measured.counts.reshape(-1, shape[-1])
        origin = _origin(term, spec) if target.shape[0] > 1 else np.zeros((1, shape[-1]))
        group = _group(term, shape, [each.term for each in beside])
        deviation = _prior(term, spec)
        return cls(
            target=target,
            # no table is known better than its own sampling and rounding
            variance=measured.sigma**2 + 0.25,
            prior=deviation**2,
            widest={MAIN: 0.0, BETWEEN: BETWEEN**2, OWNER: (2 * OWNER) ** 2}[deviation],
            origin=origin,
            group=group,
            groups=int(group.max()) + 1,
            pace=OWNER_STEP if any(c.place is Place.OWNER for c in term.contexts) else 1.0,
            shape=shape,
            now=origin.copy(),
        )

    def step(self, expected: NDArray[np.float64], pace: float, *, keep: bool) -> None:
        """Move the weights towards what makes ``expected`` the target."""
        of_row = expected.sum(axis=1, keepdims=True)
        more = self.target.sum(axis=1, keepdims=True) - of_row
        missing = self.target - expected * (1 + more / np.maximum(of_row, 1e-9))
        if self.groups < self.target.shape[0]:
            missing -= expected * self._by_group(missing) / np.maximum(self._by_group(expected), 1e-9)
        gain = missing * expected / self.variance - (self.now - self.origin) / self.prior
        move = gain / (expected**2 / self.variance + 1 / self.prior)
        self.now = np.clip(
            self.now + pace * self.pace * np.clip(move, -LARGEST_STEP, LARGEST_STEP), -STRONGEST, STRONGEST
        )
        if keep:
            self.kept.append(self.now)

    def learn(self, expected: NDArray[np.float64]) -> None:
        """Take as the prior's variance what the weights and the doubt about each of them give (a step of EM)."""
        if self.widest:
            doubt = 1 / (expected**2 / self.variance + 1 / self.prior)
            seen = float(np.mean((self.now - self.origin) ** 2 + doubt))
            self.prior = min(max(seen, NARROWEST**2), self.widest)

    def _by_group(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.zeros((self.groups, table.shape[1]))
        np.add.at(sums, self.group, table)
        return sums[self.group]

    def weights(self) -> NDArray[np.float32]:
        """Return the weights in the shape of the term's table."""
        return self.now.reshape(self.shape).astype(np.float32)

    def averaged(self) -> NDArray[np.float32]:
        """Return their mean over the last rounds."""
        mean = np.mean(self.kept or [self.now], axis=0)
        return np.asarray(mean.reshape(self.shape), dtype=np.float32)


def _prior(term: Term, spec: Spec) -> float:
    places = {context.place for context in term.contexts}
    if Place.OWNER in places:
        return OWNER
    if all(context.place is Place.ROW and context.column == spec.shape.kind for context in term.contexts):
        return MAIN
    return BETWEEN


def _group(term: Term, shape: tuple[int, ...], beside: Sequence[Term]) -> NDArray[np.int64]:
    """Return the group of each place of the contexts: where the contexts of the largest simpler term agree.

    Without a simpler term every place is its own.
    """
    simpler: tuple[Context, ...] | None = None
    for other in beside:
        covers = other.target == term.target and (other.bin_of is None or other.bin_of == term.bin_of)
        fewer = len(other.contexts) < len(term.contexts) and all(c in term.contexts for c in other.contexts)
        if covers and fewer and (simpler is None or len(simpler) < len(other.contexts)):
            simpler = other.contexts
    places = np.indices(shape[:-1]).reshape(len(shape) - 1, int(np.prod(shape[:-1])))
    group = np.zeros(places.shape[1], dtype=np.int64)
    for axis, context in enumerate(term.contexts):
        if simpler is None or context in simpler:
            group = group * shape[axis] + places[axis]
    return group


def _origin(term: Term, spec: Spec) -> NDArray[np.float64]:
    """Return the weights before anything is measured: exponential gaps where the time left for a row is known."""
    axes = contexts.extent(term, shape=spec.shape)
    zero = np.zeros((int(np.prod(axes[:-1])), axes[-1]))
    alone = len(term.contexts) == 1 and term.contexts[0].place is Place.LEFT
    if not (alone and term.target == 0 and term.bin_of is None and spec.gaps is not None):
        return zero
    low, high = spec.gaps.bounds()
    mean = np.concatenate([[0.05], 0.1875 * 2.0 ** np.arange(len(contexts.LEFTS) + 1)])
    chance = np.exp(-low / mean[:, None]) - np.exp(-(high + 1) / mean[:, None])
    bins = term.contexts[0].bin_of or range(contexts.LEFT_CELLS)
    merged = np.zeros_like(zero)
    np.add.at(merged, np.array(bins), chance)
    logarithm = np.log(np.maximum(merged / np.bincount(bins)[:, None], 1e-4))
    return np.asarray(logarithm - logarithm.mean(axis=1, keepdims=True))
