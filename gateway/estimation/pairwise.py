"""The pairwise model: maximum entropy given one-ways and noisy pairs, each pair trusted as far as its signal goes.

Noisy tables -> agreed one-ways (``consistency``) -> potentials by Gibbs sampling (``fitting``) -> rows polished to the
fitted pair tables. All of it is post-processing of measurements: no privacy is spent here.

Memory: besides rows, and three times what is handed in, fitting and sampling hold at most ``MEMORY`` bytes, whatever
the number of columns and cells: where the tables of all pairs would need more, only measured pairs are averaged and
polished, and of measured pairs that alone would need more, only those that stand out most are modelled.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import feasible, gibbs
from gateway.estimation.consistency import association, gather, one_ways
from gateway.estimation.fitting import Fit, read, relax
from gateway.estimation.given import condition
from gateway.estimation.layout import filled_size, lay_out, starts
from gateway.estimation.polishing import draw, mixed
from gateway.estimation.storage import expect
from gateway.estimation.workers import workers
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.consistency import Association
    from gateway.estimation.measurement import NoisyMarginal
    from gateway.estimation.workers import Workers

PARTICLES = 6_000
SWEEPS = 200
MEMORY = 512 * 2**20
"""Bytes that tables of pairs may take. A quarter of it at most goes to averaging and polishing."""
MODELLED, TRACKED = 80, 12
"""Bytes per cell of a pair that is modelled, and of one that is averaged and polished; each filled one takes 4 more."""
REMEMBERED = 32
"""Conditioned models that are kept."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class PairwiseModel:
    """A fitted model over columns of codes.

    ``one_ways`` are expected counts per column over all its cells, with sum max(rows, 1). Columns with at least two
    cells that can occur are ``live``: ``support`` lists those cells, and ``core`` is the model over them, in their
    order; it is None when no column is live.
    """

    one_ways: tuple[NDArray[np.float64], ...]
    live: tuple[int, ...]
    support: tuple[NDArray[np.int64], ...]
    core: Fit | None
    _conditioned: dict[bytes, PairwiseModel] = field(default_factory=dict, repr=False)

    def pair(self, left: int, right: int) -> NDArray[np.float64]:
        """Return expected counts over the cells of two different columns, with sum max(rows, 1).

        An estimate averaged over particles; where the tables of all pairs would not fit in memory and this pair was
        not measured, it is the table of the last particles, which is coarser.
        """
        ones = self.one_ways[left], self.one_ways[right]
        if left not in self.live or right not in self.live or self.core is None:
            return np.asarray(np.outer(*ones) / ones[0].sum())
        a, b = sorted((self.live.index(left), self.live.index(right)))
        shares = self._shares(self.core, a, b)
        table = np.zeros((ones[0].size, ones[1].size))
        cells = np.ix_(self.support[self.live.index(left)], self.support[self.live.index(right)])
        table[cells] = shares if left < right else shares.T
        return np.asarray(table * ones[0].sum())

    def _shares(self, core: Fit, a: int, b: int) -> NDArray[np.float64]:
        cells = core.tracked.cells[a], core.tracked.cells[b]
        if (a, b) in core.tracked.pairs:
            q = core.tracked.pairs.index((a, b))
            offset = core.tracked.links.offset
            table = core.expected[offset[q] : offset[q + 1]].reshape(cells).astype(np.float64)
            return np.asarray(table / table.sum())
        joint = core.particles[:, a].astype(np.int64) * cells[1] + core.particles[:, b]
        return np.asarray(np.bincount(joint, minlength=cells[0] * cells[1]).reshape(cells) / joint.size)

    def given(self, allowed: Mapping[int, NDArray[np.float64]]) -> PairwiseModel:
        """Return the model conditioned on ``allowed``: per column, weights of at least 0 over all of its cells.

        A row's probability is multiplied by its cells' weights. ``ConfigurationError`` when no row is left. Takes a
        fraction of the time of a fit, and none when asked again; how near the new particles come to their distribution
        is not checked.
        """
        key = b"".join(b"%d:" % j + allowed[j].tobytes() for j in sorted(allowed))
        if key not in self._conditioned:
            if len(self._conditioned) >= REMEMBERED:
                self._conditioned.clear()
            self._conditioned[key] = self._given(allowed)
        return self._conditioned[key]

    def _given(self, allowed: Mapping[int, NDArray[np.float64]]) -> PairwiseModel:
        if any(not (self.one_ways[j][weights > 0] > 0).any() for j, weights in allowed.items()):
            raise ConfigurationError(feasible.CONTRADICTION)
        if self.core is None:
            return self
        inner = {self.live.index(j): weights[self.support[self.live.index(j)]]
                 for j, weights in allowed.items() if j in self.live}  # fmt: skip
        ones = [self.one_ways[column][cells] for column, cells in zip(self.live, self.support, strict=True)]
        core, shares = condition(self.core, ones, inner)
        found = list(self.one_ways)
        for column, cells, share in zip(self.live, self.support, shares, strict=True):
            found[column] = np.zeros_like(found[column])
            found[column][cells] = share * self.one_ways[column].sum()
        return PairwiseModel(one_ways=tuple(found), live=self.live, support=self.support, core=core)

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), column by column in memory, in an order that says nothing.

        The same seed gives the same rows, with any number of threads. Particles are repeated, moved by a Gibbs sweep
        and polished so that pair counts come nearer to the expected ones than independent draws would. Time and memory
        are linear in ``rows``. With ``allowed``, rows of the model ``given`` it.
        """
        if allowed:
            return self.given(allowed).sample(rows, seed=seed)
        generator = np.random.default_rng(seed)
        codes = np.empty((len(self.one_ways), rows), dtype=np.int32)
        for column, counts in enumerate(self.one_ways):
            if self.core is None or column not in self.live:
                codes[column] = np.argmax(counts)
        if self.core is not None and rows > 0:
            ones = [self.one_ways[column][cells] for column, cells in zip(self.live, self.support, strict=True)]
            with workers() as crew:
                drawn, polished = draw(self.core, ones, rows, generator, crew)
                self._turn(drawn, mixed(rows, polished, generator), codes, crew)
        return codes.T

    def _turn(
        self, drawn: NDArray[np.uint16], places: NDArray[np.int64], codes: NDArray[np.int32], crew: Workers
    ) -> None:
        """Write the rows at ``places`` of ``drawn`` into ``codes``, as cells of the columns."""
        start, live = starts([cells.size for cells in self.support]), np.array(self.live)
        cells = np.concatenate(self.support).astype(np.int32)
        edges = np.linspace(0, places.size, 9).astype(np.int64)
        crew.each(
            lambda k: gibbs.turn(
                drawn, places[edges[k] : edges[k + 1]], start, cells, live, codes[:, edges[k] : edges[k + 1]]
            ),
            range(8),
        )

    def describe(self) -> dict[str, Any]:
        """Return what is not an array, for ``restore``."""
        core = self.core
        return {
            "columns": len(self.one_ways),
            "live": list(self.live),
            "active": [] if core is None else [list(pair) for pair in core.active.pairs],
            "tracked": [] if core is None else [list(pair) for pair in core.tracked.pairs],
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays, for ``restore``."""
        found: dict[str, NDArray[Any]] = {f"one.{j}": one for j, one in enumerate(self.one_ways)}
        found |= {f"support.{k}": cells for k, cells in enumerate(self.support)}
        if self.core is not None:
            found |= {name: getattr(self.core, name) for name in ("weights", "bias", "particles", "expected")}
        return found


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> PairwiseModel:
    """Return the model that gave ``describe`` and ``arrays``: it has the same rows for the same seed.

    ``ValueError``, ``KeyError`` or ``TypeError`` when they cannot be of one; every place is checked before a kernel
    runs.
    """
    ones = tuple(expect(arrays[f"one.{j}"], np.float64, [None], low=0.0) for j in range(int(described["columns"])))
    live = tuple(int(j) for j in described["live"])
    support = tuple(expect(arrays[f"support.{k}"], np.int64, [None], low=0) for k in range(len(live)))
    fine = all(one.any() for one in ones) and list(live) == sorted(set(live)) and all(0 <= j < len(ones) for j in live)
    if not fine or any(
        cells.size < 2 or (np.diff(cells) <= 0).any() or cells[-1] >= ones[j].size  # noqa: PLR2004 - else not live
        for j, cells in zip(live, support, strict=True)
    ):
        raise ValueError("columns that no fit makes")
    core = read(described, arrays, [cells.size for cells in support]) if live else None
    return PairwiseModel(one_ways=ones, live=live, support=support, core=core)


def compile_kernels(progress: Callable[[str, float], None]) -> None:
    """Load the kernels, once in a process; where they were never used before, compile them and cache them on disk.

    Compiling takes seconds, so an installation may want to call this. ``progress`` hears ``("compile", share done)``,
    and nothing when the kernels are there already.
    """
    if gibbs.polish.signatures:  # type: ignore[attr-defined]
        return
    layout = lay_out([1, 1], [(0, 1)])
    rows, state = np.zeros((1, 2), dtype=np.uint16), np.zeros(1, dtype=np.uint64)
    counts, once = np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.float32)
    pair, one = np.zeros(layout.filled, dtype=np.float32), layout.one_way([np.ones(1), np.ones(1)])
    model = gibbs.Model(links=layout.links, bias=one, potential=pair)
    codes, places, start = np.zeros((2, 2), dtype=np.int32), np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64)
    steps: list[Callable[[], None]] = [
        lambda: gibbs.tally(rows, start, places.copy()),
        lambda: gibbs.pick(rows, places, rows.copy()),
        lambda: gibbs.turn(rows, places, start, codes[0], start, codes[:, :1]),
        lambda: gibbs.spread(once, layout.links, pair),
        lambda: gibbs.count(rows, layout.links, counts, 0, 1),
        lambda: gibbs.sweep(rows, state, model),
        lambda: gibbs.weigh(counts, once, 1, 1.0, layout.links, pair.copy(), once.copy()),
        lambda: gibbs.polish(rows, state, model, layout.links, gibbs.Excess(pair, once, one.copy(), one)),
    ]
    for number, step in enumerate(steps):
        progress("compile", number / len(steps))
        step()
    progress("compile", 1.0)


def fit(
    marginals: Sequence[NoisyMarginal],
    cells: Sequence[int],
    rows: int,
    *,
    seed: int,
    progress: Callable[[str, float], None],
    particles: int = PARTICLES,
    sweeps: int = SWEEPS,
    forbidden: Mapping[tuple[int, int], NDArray[np.bool_]] | None = None,
) -> PairwiseModel:
    """Fit to one one-way marginal per column and any number of pairs, where a pair may come more than once.

    ``cells[j]`` is the number of cells of column ``j``; ``rows`` the noisy number of rows; ``progress`` hears what
    ``compile_kernels`` says, then ``("fit", share done)``. Time is linear in particles x sweeps x pairs that stand out.
    Fewer particles and sweeps are enough for a first model that only serves to choose what to measure next.
    ``forbidden`` has, for pairs of columns, True where two cells never occur together (structural zeros): no particle
    and no row ever has such a pair. Raises ``ValueError`` when ``marginals`` do not fit ``cells`` or a column has no
    one-way marginal, ``ConfigurationError`` when ``forbidden`` leaves no row.
    """
    compile_kernels(progress)
    evidence = gather(marginals, cells)
    rules = feasible.rules(forbidden or {})
    ones = feasible.possible(one_ways(evidence, max(rows, 1)), rules)
    support = [np.flatnonzero(one > 0) for one in ones]
    live = tuple(j for j, cells_of in enumerate(support) if cells_of.size > 1)
    support_of = tuple(support[j] for j in live)
    if not live:
        progress("fit", 1.0)
        return PairwiseModel(one_ways=ones, live=live, support=support_of, core=None)
    position = {column: at for at, column in enumerate(live)}
    found = (association(pair, table, ones, max(rows, 1)) for pair, table in evidence.pairs.items())
    associations = [a.over((position[a.pair[0]], position[a.pair[1]])) for a in found if a is not None]
    inner = {
        (position[a], position[b]): table[np.ix_(support[a], support[b])]
        for (a, b), table in rules.items()
        if a in position and b in position
    }
    inner = {pair: table for pair, table in inner.items() if table.any()}
    sizes = [each.size for each in support_of]
    associations = _affordable(associations, sizes, inner)
    generator = np.random.default_rng(seed)
    positive = [ones[j][s] for j, s in zip(live, support_of, strict=True)]
    core = relax(
        associations,
        positive,
        feasible.start(positive, inner, particles, generator=generator).astype(np.uint16),
        _tracked(sizes, [a.pair for a in associations]),
        sweeps=sweeps,
        generator=generator,
        progress=progress,
        forbidden=inner,
    )
    return PairwiseModel(one_ways=ones, live=live, support=support_of, core=core)


def _affordable(
    associations: list[Association], sizes: Sequence[int], rules: Mapping[tuple[int, int], NDArray[np.bool_]]
) -> list[Association]:
    """Return the associations that fit in memory beside the rules: those that stand out most, in their order."""
    left = 3 * MEMORY // 4 - sum(_bytes(sizes, pair, MODELLED) for pair in rules)
    ranked = sorted(associations, key=lambda a: -float(np.square(a.target).sum() / a.target.size))
    kept: set[tuple[int, int]] = set()
    for each in ranked:
        left -= _bytes(sizes, each.pair, MODELLED)
        if left < 0:
            log.warning("pairs left out of the model for lack of memory", extra={"kept": len(kept)})
            break
        kept.add(each.pair)
    return [each for each in associations if each.pair in kept]


def _tracked(sizes: Sequence[int], measured: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return all pairs when their tables fit in memory, else the measured ones, as many as fit."""
    every = list(combinations(range(len(sizes)), 2))
    left = MEMORY // 4
    if sum(_bytes(sizes, pair, TRACKED) for pair in every) <= left:
        return every
    kept = []
    for pair in measured:
        left -= _bytes(sizes, pair, TRACKED)
        if left >= 0:
            kept.append(pair)
    return kept


def _bytes(sizes: Sequence[int], pair: tuple[int, int], each: int) -> int:
    return each * sizes[pair[0]] * sizes[pair[1]] + 4 * filled_size(sizes, pair)
