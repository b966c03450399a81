"""Columns that another column determines: one value for each of its values. Never sees data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.expansion import Expansion

    Pair = Callable[[int, int], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """Beside fine cell c of ``determinant``, ``dependent`` has ``number[c]`` or NULL, out of its cell ``origin[c]``."""

    dependent: int
    determinant: int
    origin: NDArray[np.int64]
    number: NDArray[np.int64] | NDArray[np.float64]
    null: NDArray[np.bool_]


def in_order(dependencies: Mapping[int, int]) -> list[int]:
    """Return the dependent columns, each after the one that determines it.

    ``ConfigurationError`` when columns determine each other in a circle.
    """
    order: list[int] = []
    while len(order) < len(dependencies):
        ready = [d for d, by in dependencies.items() if d not in order and (by in order or by not in dependencies)]
        if not ready:
            raise ConfigurationError(
                "the declared dependencies run in a circle; let every column be determined by one that comes before it"
            )
        order += ready
    return order


def rules(
    dependencies: Mapping[int, int],
    expansions: Sequence[Expansion],
    ones: Sequence[NDArray[np.float64]],
    pair: Pair | None,
    *,
    seed: int,
) -> tuple[Rule, ...]:
    """Return one rule for each dependent column, in the order in which they can be applied.

    ``ones`` are expected counts of every column's bins, ``pair`` gives a model's of two columns. A determining bin of
    one cell gets the bin that is likeliest beside it; the cells of a merged bin share out what stands beside the bin,
    in their order. Without ``pair``, all cells share out all of the dependent column, shuffled. Inside the dependent
    bin, one number is drawn for each cell.
    """
    found = []
    for dependent in in_order(dependencies):
        determinant = dependencies[dependent]
        generator = np.random.default_rng([seed, dependent])
        by, of = expansions[determinant], expansions[dependent]
        cells = int(by.origin.max()) + 1
        weight = np.bincount(by.origin, weights=by.weight * ones[determinant][by.bin_of], minlength=cells).astype(
            np.float64
        )
        group = np.zeros(cells, dtype=np.int64)
        group[by.origin] = by.bin_of
        bins = np.zeros(cells, dtype=np.int32)
        if pair is None:
            order = generator.permutation(cells)
            bins[order] = _shared_out(ones[dependent], weight[order])
        else:
            table = pair(determinant, dependent)
            for each in range(by.bins):
                members = np.flatnonzero(group == each)
                single = np.count_nonzero(weight[members]) <= 1
                bins[members] = np.argmax(table[each]) if single else _shared_out(table[each], weight[members])
        pieces = of.splits.draw(bins, generator)
        found.append(
            Rule(
                dependent=dependent,
                determinant=determinant,
                origin=of.origin[pieces],
                number=of.numbers(pieces, generator),
                null=of.null[pieces],
            )
        )
    return tuple(found)


def _shared_out(chances: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a bin for each cell so that bins get weights in proportion to ``chances``, as nearly as cells allow."""
    weight = weight if weight.any() else np.ones(weight.size)
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    edges = np.cumsum(chances if chances.any() else np.ones(chances.size))
    return np.asarray(np.minimum(np.searchsorted(edges / edges[-1], middle, side="right"), chances.size - 1))
