"""A model of histories: each row drawn column by column, given its owner and the rows before.

The chance of a cell is proportional to the product, over all terms that have the column as their target, of a weight
that hangs on the term's contexts (log-linear, autoregressive). Gaps are drawn inside their cell from ``Gaps``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gateway.estimation.histories import contexts, packing, simulating
from gateway.estimation.histories.terms import Context, Histories, Owners, Place, Shape, Term
from gateway.estimation.storage import expect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

STRONGEST = 30.0
"""Weights are, as logarithms, within this."""
CHUNK = 500_000
"""About how many rows ``Model.stream`` draws at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaps:
    """How gaps lie inside their cells: intervals of whole units of time, each with a weight.

    ``bin_of`` says which cell (of all but the one for first rows) an interval belongs to, not falling; inside one
    every whole number is as likely.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    """Inclusive."""
    weight: NDArray[np.float64]
    bin_of: NDArray[np.int32]

    def checked(self, cells: int) -> Self:
        """Return this if it fits ``cells`` cells, none of them empty; else ``ValueError``."""
        sizes = {array.shape for array in (self.low, self.high, self.weight, self.bin_of)}
        if len(sizes) != 1 or self.low.ndim != 1 or not np.array_equal(np.unique(self.bin_of), np.arange(cells)):
            raise ValueError("every cell of a gap needs an interval")
        wrong = (self.low < 0) | (self.high < self.low) | ~np.isfinite(self.weight) | (self.weight < 0)
        if wrong.any() or (np.diff(self.bin_of) < 0).any() or (self.low[1:] <= self.high[:-1]).any():
            raise ValueError("the intervals of gaps have to follow each other from 0, with weights from 0")
        return self

    @property
    def cells(self) -> int:
        """Return the number of cells, without the one for first rows."""
        return int(self.bin_of[-1]) + 1

    def bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the lowest and the highest gap of each cell."""
        first = np.searchsorted(self.bin_of, np.arange(self.cells))
        return self.low[first], self.high[np.append(first[1:], self.low.size) - 1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spec:
    """What is known of a table of histories before it is measured term by term. ``ValueError`` when it does not fit."""

    shape: Shape
    gaps: Gaps | None = None
    """With an order, and only then."""
    possible: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)
    """For columns after the kind, of shape (kinds, cells): which cells occur with which kind. Others all do."""

    def __post_init__(self) -> None:
        """Check that all of it fits together."""
        shape = self.shape
        columns = len(shape.cells)
        if not columns or min((*shape.cells, *shape.owner)) < 1 or max((*shape.cells, *shape.owner)) >= 2**15 - 1:
            raise ValueError("a column has between 1 and 32,766 cells")
        if shape.ordered != (self.gaps is not None):
            raise ValueError("rows that follow each other in time have gaps, and others have none")
        if self.gaps is not None:
            self.gaps.checked(shape.cells[0] - 1)
        first = int(shape.ordered)
        if shape.kind is not None and shape.kind != first:
            raise ValueError("the kind comes right after the gap")
        if any(not first <= column < columns for column in shape.once):
            raise ValueError("only columns other than the gap can have each cell once")
        for column, table in self.possible.items():
            if shape.kind is None or not shape.kind < column < columns:
                raise ValueError("what is possible is said of columns after the kind")
            if table.shape != (shape.cells[shape.kind], shape.cells[column]) or not table.any(axis=1).all():
                raise ValueError("every kind needs a cell that is possible")


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """Weights of terms, as logarithms: for each term an array of the shape of its table."""

    spec: Spec
    terms: tuple[Term, ...]
    weights: tuple[NDArray[np.float32], ...]

    def sample(self, owners: Owners, *, seed: int, begin: int = 0) -> Histories:
        """Return a history for each owner, the same for the same seed.

        ``begin`` is how many owners came before these: drawn in chunks, everybody gets the same rows as drawn at once.
        An owner gets fewer rows than it should only where ``Owners.end`` or ``Shape.once`` leave no room for them.
        """
        return simulating.simulate(self.packed(), owners, seed=seed, begin=begin)

    def stream(self, owners: Owners, *, seed: int, rows: int = CHUNK) -> Iterator[Histories]:
        """Yield what ``sample`` returns in chunks of about so many rows (one owner's are not divided)."""
        packed = self.packed()
        ends = np.cumsum(owners.rows)
        begin = 0
        while begin < ends.size:
            before = ends[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, before + rows, side="right")))
            yield simulating.simulate(packed, part(owners, slice(begin, end)), seed=seed, begin=begin)
            begin = end

    def packed(self) -> packing.Packed:
        """Return this as the kernel takes it."""
        return packing.pack(self.spec, self.terms, self.weights)

    def describe(self) -> dict[str, Any]:
        """Return all but the arrays as a JSON object."""
        shape = self.spec.shape
        return {
            "cells": list(shape.cells),
            "owner": list(shape.owner),
            "ordered": shape.ordered,
            "kind": shape.kind,
            "once": list(shape.once),
            "possible": sorted(self.spec.possible),
            "terms": [_described(term) for term in self.terms],
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        found: dict[str, NDArray[Any]] = {f"weights.{i}": array for i, array in enumerate(self.weights)}
        found |= {f"possible.{column}": table for column, table in self.spec.possible.items()}
        if self.spec.gaps is not None:
            found |= {f"gaps.{name}": getattr(self.spec.gaps, name) for name in _GAPS}
        return found


_GAPS = {"low": np.int64, "high": np.int64, "weight": np.float64, "bin_of": np.int32}


def restore(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    """Return the model that ``describe`` and ``arrays`` told of; ``ValueError`` when no model says that."""
    kind = described["kind"]
    shape = Shape(
        cells=_whole(described["cells"]),
        owner=_whole(described["owner"]),
        ordered=bool(described["ordered"]),
        kind=None if kind is None else int(kind),
        once=_whole(described["once"]),
    )
    gaps = {name: expect(arrays[f"gaps.{name}"], kind_of, [None]) for name, kind_of in _GAPS.items() if shape.ordered}
    possible = {int(c): expect(arrays[f"possible.{int(c)}"], np.bool_, [None, None]) for c in described["possible"]}
    spec = Spec(shape=shape, gaps=Gaps(**gaps) if shape.ordered else None, possible=possible)
    terms = tuple(_read(term) for term in described["terms"])
    weights = tuple(
        expect(
            arrays[f"weights.{i}"],
            np.float32,
            contexts.extent(term, shape=shape),
            low=-STRONGEST,
            high=STRONGEST,
        )
        for i, term in enumerate(terms)
    )
    model = Model(spec=spec, terms=terms, weights=weights)
    model.packed()  # refuses terms that look at what is not drawn yet
    return model


def part(owners: Owners, chosen: slice | NDArray[np.int64]) -> Owners:
    """Return some of the owners."""
    return Owners(
        unit=owners.unit[chosen],
        codes=owners.codes[:, chosen],
        rows=owners.rows[chosen],
        first=owners.first[chosen],
        span=owners.span[chosen],
        end=None if owners.end is None else owners.end[chosen],
    )


def _whole(numbers: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)


def _described(term: Term) -> dict[str, Any]:
    return {
        "target": term.target,
        "bins": None if term.bin_of is None else list(term.bin_of),
        "contexts": [
            {"place": c.place.value, "column": c.column, "bins": None if c.bin_of is None else list(c.bin_of)}
            for c in term.contexts
        ],
    }


def _read(described: Mapping[str, Any]) -> Term:
    def bins(value: Any) -> tuple[int, ...] | None:  # noqa: ANN401 - what JSON holds
        return None if value is None else _whole(value)

    return Term(
        target=int(described["target"]),
        bin_of=bins(described["bins"]),
        contexts=tuple(
            Context(place=Place(c["place"]), column=int(c["column"]), bin_of=bins(c["bins"]))
            for c in described["contexts"]
        ),
    )
