"""A fitted table: from a model's codes to rows as they are asked for, and to files and back. Never sees data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from gateway.estimation import allocation, refining
from gateway.estimation.workers import workers
from gateway.raw.generate import dependencies, modelfiles, orders
from gateway.raw.generate.drawing import Drawing
from gateway.raw.generate.expansion import expand
from gateway.raw.generate.request import Condition, Request
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.raw.generate.expansion import Expansion
    from gateway.raw.generate.knowledge import Knowledge
    from gateway.raw.generate.measurements import TableMeasurements
    from gateway.raw.generate.request import Shares
    from gateway.vocabulary.names import ColumnName


TOGETHER = 500_000
"""Rows made at once for a stream of smaller batches: polishing and refining take as long for many rows as for few."""


class Model(Protocol):
    """A fitted model over bins.

    Models whose rows follow pairs of columns have a method ``pair(left, right)`` besides, with expected counts over
    the bins of two columns.
    """

    @property
    def one_ways(self) -> tuple[NDArray[np.float64], ...]:
        """Expected counts over the bins of every column."""
        ...

    def sample(
        self, rows: int, *, seed: int, allowed: Mapping[int, NDArray[np.float64]] | None = None
    ) -> NDArray[np.int32]:
        """Return codes of shape (rows, columns), of the model conditioned on ``allowed``.

        ``allowed`` has for some columns a weight of at least 0 for each bin, by which the probability of its rows is
        multiplied. ``ConfigurationError`` when that leaves none.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Return what is not an array, as a JSON object, for the ``restore`` that goes with the model."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays by name."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedTable:
    """A model with what is needed to turn its codes into rows; see ``generator.Fitted``."""

    generator: str
    model: Model
    drawing: Drawing

    @property
    def schema(self) -> pa.Schema:
        """Return names and types of the learned columns, as in the source."""
        return self.drawing.schema

    def sample(self, rows: int, *, seed: int, request: Request | None = None) -> pa.Table:
        """Return ``rows`` rows typed as in the source; the same seed gives the same rows, with any number of threads.

        With ``request.shares`` every class has its share of the rows to within one. ``ConfigurationError`` when a
        request names columns that were not learned, is of another kind than they are, or asks for what no row can be.
        """
        request = request or Request()
        if request.shares is None:
            return self._where(rows, request.where, seed)
        return self._classes(request.where, request.shares, _counts(request.shares, rows), seed)

    def batches(self, rows: int, *, seed: int, size: int, request: Request | None = None) -> Iterator[pa.RecordBatch]:
        """Yield ``rows`` rows in batches of ``size``: see ``generator.Fitted``. Shares hold over all batches."""
        request = request or Request()
        whole = max(TOGETHER // size, 1) * size
        left = None if request.shares is None else _counts(request.shares, rows)
        for number, start in enumerate(range(0, rows, whole)):
            count = min(whole, rows - start)
            sub = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
            if request.shares is None or left is None:
                made = self._where(count, request.where, sub)
            else:
                part = largest_remainder(left, count)
                made, left = self._classes(request.where, request.shares, part, sub), left - part
            yield from made.combine_chunks().to_batches(max_chunksize=size)

    def save(self, folder: Path) -> None:
        """Write the model into the empty ``folder``; ``ArtefactFailed`` when that fails."""
        modelfiles.save(folder, generator=self.generator, model=self.model, drawing=self.drawing)

    def _where(self, rows: int, where: Mapping[ColumnName, Condition], seed: int) -> pa.Table:
        drawing, allowed = self.drawing, None
        if where:
            drawing, allowed = drawing.given({self._position(name): each for name, each in where.items()})
        codes = self.model.sample(rows, seed=seed, allowed=allowed)
        with workers() as crew:
            return drawing.table(codes, seed=seed, crew=crew)

    def _classes(
        self, where: Mapping[ColumnName, Condition], shares: Shares, counts: NDArray[np.int64], seed: int
    ) -> pa.Table:
        column, classes = shares
        if column in where:
            raise ConfigurationError(f"column {column} stands in `where` and in `shares`; leave it out of one of them")
        parts = []
        for number, (value, count) in enumerate(zip(classes, counts.tolist(), strict=True)):
            sub = int(np.random.SeedSequence([seed, number, 1]).generate_state(1, np.uint64)[0])
            parts.append(self._where(count, {**where, column: Condition(values=(value,))}, sub))
        made = pa.concat_tables(parts).combine_chunks()
        return made.take(pa.array(np.random.default_rng([seed, 2]).permutation(made.num_rows))).combine_chunks()

    def _position(self, name: str) -> int:
        for position, to in enumerate(self.drawing.expansions):
            if to.column.name == name:
                return position
        raise ConfigurationError(
            f"rows are asked for by column {name}, which the model did not learn; name one of its columns: "
            + ", ".join(to.column.name for to in self.drawing.expansions)
        )


def fit(
    measurements: TableMeasurements,
    fitter: Callable[..., Model],
    *,
    progress: Callable[[str, float], None],
    seed: int = 0,
) -> FittedTable:
    """Fit ``fitter`` (``gateway.estimation.pairwise.fit`` and its like) to what was measured.

    What is declared about orders and dependencies of columns is kept in the model. ``ConfigurationError`` for
    declarations that exclude each other.
    """
    expansions = tuple(
        expand(each.column, each.domain, to) for each, to in zip(measurements.columns, measurements.bins, strict=True)
    )
    declared, dependent = _facts(measurements.knowledge, expansions)
    # what follows from another column is drawn after the model, so the model cannot keep its orders
    inner = {
        (a, b): orders.forbidden(expansions[a], expansions[b])
        for a, b in declared
        if a not in dependent and b not in dependent
    }
    model = fitter(
        measurements.marginals(),
        [to.bins for to in expansions],
        measurements.rows,
        seed=seed,
        progress=progress,
        forbidden={pair: table for pair, table in inner.items() if table.any()},
    )
    allocation.load_kernels()
    refining.load_kernels()
    rules = dependencies.rules(dependent, expansions, model.one_ways, getattr(model, "pair", None), seed=seed)
    drawing = Drawing(expansions=expansions, rules=rules, orders=declared)
    return FittedTable(generator=measurements.generator, model=model, drawing=drawing)


def load(
    folder: Path, *, generator: str, restore: Callable[[Mapping[str, Any], Mapping[str, NDArray[Any]]], Model]
) -> FittedTable:
    """Read back what ``FittedTable.save`` wrote: it gives the same rows for the same seed.

    ``ArtefactFailed`` when it is damaged or another generator's. ``restore`` is ``gateway.estimation.pairwise.restore``
    or its like.
    """
    model, drawing = modelfiles.load(folder, generator=generator, restore=restore)
    return FittedTable(generator=generator, model=model, drawing=drawing)


def _facts(knowledge: Knowledge, expansions: Sequence[Expansion]) -> tuple[tuple[tuple[int, int], ...], dict[int, int]]:
    """Return the declared orders, with all that follow from them, and dependencies, as positions of columns."""
    knowledge.check(to.column.name for to in expansions)
    at = {to.column.name: position for position, to in enumerate(expansions)}
    for a, b in knowledge.orders:
        orders.check(expansions[at[a]].column, expansions[at[b]].column)
    declared = orders.closed((at[a], at[b]) for a, b in knowledge.orders)
    dependent = {at[a]: at[b] for a, b in knowledge.dependencies.items()}
    dependencies.in_order(dependent)
    return declared, dependent


def largest_remainder(weights: NDArray[Any], rows: int) -> NDArray[np.int64]:
    """Return whole numbers with sum ``rows`` in proportion to ``weights``, each rounded up or down."""
    exact = np.asarray(weights, dtype=np.float64) * (rows / max(float(np.sum(weights)), np.finfo(np.float64).tiny))
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: rows - int(counts.sum())]] += 1
    return counts


def _counts(shares: Shares, rows: int) -> NDArray[np.int64]:
    column, classes = shares
    weights = np.array(list(classes.values()), dtype=np.float64)
    if not weights.size or not np.isfinite(weights).all() or not (weights > 0).all():
        raise ConfigurationError(f"the shares of column {column} have to be positive numbers, one for each class")
    return largest_remainder(weights / weights.max(), rows)
