"""The first part of every measurement: how many rows, which cells each column has, and how many rows are in each.

1. A few quanta on every column: bounds or values where nobody declared them, and a first one-way count.
2. From these: how much of the budget belongs to one-way counts, and which columns need it most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate import discovery
from gateway.raw.generate.binning import Bins, bins, reweighed
from gateway.raw.generate.coding import search_codes
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import FOUND_CELLS, Values
from gateway.raw.generate.locating import refine, split
from gateway.raw.generate.measurements import one_ways
from gateway.raw.generate.vocabularies import rest_of
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.estimation.measurement import NoisyMarginal
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.generator import Progress
    from gateway.raw.generate.knowledge import Knowledge
    from gateway.raw.generate.metering import Meter, Search
    from gateway.raw.generate.tallying import Tally
    from gateway.vocabulary.schema import Column

TOTAL = 0.01
"""Share of the quanta for the number of rows."""
FIRST = 0.12
"""Share for the first look at all columns."""
BOUNDS = 1.0
"""What the search for a column's bounds gets, relative to the column's part of the first look."""
ONE_WAYS = ((5000.0, 0.4), (1000.0, 0.5), (250.0, 0.65), (0.0, 1.0))
"""From so many rows times mu on, one-way counts get this share of the quanta in all; relationships get the rest."""

UNLISTED = 1700.0
"""What the share of rows whose value was not found weighs in the second look: all of them, as much as cells^(2/3).

Such a row is wrong in every table of its column, while a noisy count is only a little wrong.
"""
MOST_CELLS = 100
"""Cells that a column can ask a part of the second look for."""
ENOUGH = 4000.0
"""From so many rows times mu on, noise in a column's cells is light enough for all columns to count alike."""

_NULL_OR_NOT = Values(values=(), rest=True, other=True)


@dataclass(eq=False)
class Survey:
    """One table being measured: where counts come from, what they are spent on, and what is known so far.

    ``tally`` is noisy; the counter's answers are exact and go to ``meter`` alone.
    """

    counter: Counter
    meter: Meter
    tally: Tally
    mu: float
    """The budget's Gaussian-DP parameter."""
    knowledge: Knowledge
    progress: Progress
    searches: dict[int, Search] = field(default_factory=dict)
    _bins: list[Bins] | None = None

    @property
    def columns(self) -> list[Column]:
        """Return the columns that are learned, in order."""
        return [each.column for each in self.tally.columns]

    @property
    def size(self) -> float:
        """Return the noisy number of rows, at least 1."""
        return max(1.0, self.tally.size()[0])

    def name(self, *positions: int) -> str:
        """Return ``table.column`` or ``table.one x table.other`` for event labels."""
        return " x ".join(f"{self.counter.table.name}.{self.columns[j].name}" for j in positions)

    def axis(self, position: int, to: Bins | None = None) -> Axis:
        """Return a column's fine cells as an axis, or its bins."""
        domain = self.tally.columns[position].domain
        assert domain is not None  # noqa: S101 - domains are found before anything is counted on them
        return Axis(column=self.columns[position].name, domain=domain, bin_of=None if to is None else to.bin_of)

    def bins(self) -> list[Bins]:
        """Return the bins of all columns, from noisy counts alone: those of the first call from then on.

        What was counted on bins stays on them; later counts change only the shares of the cells inside a bin.
        """
        size, measured = self.tally.size()[0], self.tally.measured()
        if self._bins is None:
            self._bins = [
                bins(c.counts, c.sigma, total=size, domain=c.domain, nullable=c.column.nullable, told=t.fixed)
                for c, t in zip(measured, self.tally.columns, strict=True)
            ]
        return [
            reweighed(to, c.counts, c.sigma, total=size, domain=c.domain)
            for to, c in zip(self._bins, measured, strict=True)
        ]

    def ones(self) -> list[NoisyMarginal]:
        """Return one one-way marginal for every column, over its bins."""
        return one_ways(self.tally.measured(), self.bins())

    def one_way(self, position: int, quanta: int) -> None:
        """Spend ``quanta`` on a column's fine cells."""
        if quanta < 1:
            return
        exact = self.counter.count([[self.axis(position)]])[0]
        answer = self.meter.histogram(f"one-way {self.name(position)}", exact, quanta=quanta)
        self.tally.columns[position].one_ways.append(answer)

    def search(self, position: int, quanta: int, *, pieces: int = 1) -> None:
        """Spend ``quanta`` and ``pieces`` of delta on a column's values."""
        tally = self.tally.columns[position]
        domain = Values(values=(), rest=tally.column.nullable, other=True)
        if position not in self.searches:
            values, counts = self.counter.values(tally.column.name)
            absent = self.counter.count([[Axis(column=tally.column.name, domain=_NULL_OR_NOT)]])[0][: int(domain.rest)]
            label = f"values of {self.name(position)}"
            self.searches[position] = self.meter.search(label, values, counts, public=absent)
        listed, answer = self.searches[position].more(quanta, pieces=pieces)
        tally.domain, tally.found = Values(values=tuple(listed), rest=domain.rest, other=True), answer

    def complete(self, position: int) -> None:
        """Add the rest of the well-known list that a column seems to hold to the values that are counted."""
        domain = self.tally.columns[position].domain
        if isinstance(domain, Values):
            self.searches[position].declare(rest_of([str(value) for value in domain.values]))

    def total(self, quanta: int) -> None:
        """Spend ``quanta`` on the number of rows."""
        exact = self.counter.count([[]])[0]
        self.tally.totals.append(self.meter.histogram(f"rows of {self.counter.table.name}", exact, quanta=quanta))

    def bounds(self, position: int, quanta: int) -> None:
        """Spend ``quanta`` on where a column's numbers lie."""
        tally = self.tally.columns[position]
        public = discovery.octaves(tally.column, tally.facts)
        exact = self.counter.count([[Axis(column=tally.column.name, domain=public)]])[0]
        answer = self.meter.histogram(f"bounds of {self.name(position)}", exact, quanta=quanta)
        tally.domain = discovery.bounds(answer.counts, tally.column, sigma=answer.sigma, known=tally.facts)
        # multiples of a declared step lie across the octaves
        tally.fine, tally.coarse = FOUND_CELLS, [(public, answer)] if tally.facts.lattice is None else []


def survey(known: Survey, *, relationships: bool) -> None:
    """Find all domains and count all columns; afterwards ``meter.left`` is what relationships may have."""
    columns = known.tally.columns
    quanta = known.meter.plan.quanta
    known.total(max(1, round(TOTAL * quanta)))
    each = max(2, round(FIRST * quanta / len(columns)))
    for j, tally in enumerate(columns):
        known.progress("first look", j / len(columns))
        look = each
        if tally.domain is None and tally.column.kind in TEXT_KINDS:
            if not tally.facts.prefixes:
                known.search(j, each)
                continue
            search_codes(known, j, 2 * each)
            look = 1
        elif tally.domain is None:
            known.bounds(j, round(BOUNDS * each))
            look = 1
        refine(known, j, look=each)
        known.one_way(j, look)
    share = next(s for bar, s in ONE_WAYS if known.size * known.mu >= bar) if relationships else 1.0
    _second_look(known, round(share * quanta) - (quanta - known.meter.left))


def _second_look(known: Survey, quanta: int) -> None:
    """Divide ``quanta`` over the columns by need; where values are searched for, search again."""
    lacking = {j: _unlisted(known, j) for j in known.searches}
    spare = allot(list(lacking.values()), known.meter.selections_left - len(lacking))
    pieces = {j: 1 + extra for j, extra in zip(lacking, spare, strict=True)}
    needs = [max(_cells(known, j), UNLISTED * lacking.get(j, 0.0)) for j in range(len(known.columns))]
    for j, part in enumerate(allot(needs, max(0, quanta))):
        known.progress("second look", j / len(known.columns))
        if part and j in pieces:
            known.complete(j)
            known.search(j, part, pieces=pieces[j])
        elif part:
            split(known, j)
            known.one_way(j, part)


def _unlisted(known: Survey, position: int) -> float:
    """Return the noisy share of the rows whose value was not found."""
    measured = known.tally.measured()[position]
    unlisted = int(measured.counts[int(measured.domain.rest)])
    return max(0.0, unlisted / known.size)


def _cells(known: Survey, position: int) -> float:
    """Return cells^(2/3): shares of precision in proportion to it make the summed error of histograms least.

    Where rows are few, what matters more has more.
    """
    tally = known.tally.columns[position]
    assert tally.domain is not None  # noqa: S101 - after the first look
    weight: float = min(tally.domain.cells, MOST_CELLS) ** (2 / 3)
    return weight * min(tally.weight, max(1.0, ENOUGH / (known.size * known.mu)))


def allot(weights: Sequence[float], quanta: int, *, least: int = 0) -> list[int]:
    """Return whole shares of ``quanta``, with that sum, in proportion to ``weights``, by largest remainders.

    Each is ``least`` at least, where ``quanta`` suffices for that; shares that this raises are paid for by the others.
    """
    if not weights or quanta <= 0:
        return [0] * len(weights)
    least = min(least, quanta // len(weights))
    exact = np.asarray(weights, dtype=np.float64)
    exact = exact * (quanta / exact.sum()) if exact.sum() > 0 else np.full(exact.size, quanta / exact.size)
    beyond = np.maximum(exact - least, 0.0)
    spare = quanta - least * exact.size
    exact = beyond * (spare / beyond.sum()) if beyond.sum() > 0 else np.full(exact.size, spare / exact.size)
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: spare - int(whole.sum())]] += 1
    return [least + int(part) for part in whole]
