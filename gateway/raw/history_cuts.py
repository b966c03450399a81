"""The noisy tables of histories as those who read a report know them: columns by name, what they were looked at by."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.contexts import RANKS, partial
from gateway.estimation.histories.terms import Context, Place, Term
from gateway.estimation.intervals import margin
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate.labels import NOTHING, scores_of
from gateway.raw.labelling import cut_of
from gateway.release.describing import Cut, Measurement
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate import histories
    from gateway.raw.generate.history_columns import HistoryColumn
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.vocabulary.names import TableName

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryCuts:
    """The columns of one table of histories, in the order of drawing, with the owner's that it was looked at by."""

    measured: HistoryMeasurements
    coding: histories.Coding
    owner: TableName

    @property
    def own(self) -> tuple[HistoryColumn, ...]:
        """The columns of the codes, the gap first where there is one."""
        gap = () if self.measured.gap is None else (self.measured.gap,)
        return (*gap, *self.measured.columns)

    @property
    def kind(self) -> int | None:
        """Which of ``own`` is the kind."""
        return int(self.measured.gap is not None) if self.measured.kind else None

    def name(self, column: int) -> str:
        """Return what one of ``own`` is called."""
        found = self.own[column]
        if not self._is_gap(column):
            return str(found.column.name)
        unit = {Kind.DATE: "days", Kind.DATETIME: "seconds"}.get(found.column.kind, "difference")
        return f"{found.column.name}: {unit} since the row before"

    def measurements(self, term: Term, noisy: NoisyMarginal, synthetic: NDArray[np.float64]) -> Iterator[Measurement]:
        """Yield what a noisy table tells of its target beside each of its contexts.

        Where the target's cells, or a context's, are others for each kind of row, all contexts stay together, and
        nothing is said of how they hang together.
        """
        names = [self._context(context) for context in term.contexts]
        target = Cut(name=self.name(term.target), labels=(), scores=self._scores(term.target, term.bin_of))
        last = len(names)
        if self._is_mixed(term) or not names:
            flat = (-1, noisy.counts.shape[-1])
            together = NoisyMarginal(columns=(0, 1), counts=noisy.counts.reshape(flat), sigma=noisy.sigma)
            if names:
                yield Measurement(
                    cuts=(Cut(name=" and ".join(names), labels=()), Cut(name=target.name, labels=())),
                    noisy=together, synthetic=synthetic.reshape(flat), bounded=True, mixed=True,
                )  # fmt: skip
            return
        for at, (name, context) in enumerate(zip(names, term.contexts, strict=True)):
            gone = tuple(axis for axis in range(last) if axis != at)
            yield Measurement(
                cuts=(Cut(name=name, labels=(), scores=self._context_scores(context)), target),
                noisy=margin(noisy, (at, last)), synthetic=synthetic.sum(axis=gone), bounded=True,
            )  # fmt: skip

    def single(
        self, found: Sequence[tuple[Term, NoisyMarginal, NDArray[np.float64]]]
    ) -> Iterator[Measurement]:  # fmt: skip
        """Yield each column by itself: the margin of the table that tells it with the least noise."""
        for column in range(len(self.own)):
            telling = [
                (_noise(noisy), at)
                for at, (term, noisy, _) in enumerate(found)
                if term.target == column and term.bin_of is None and self._keeps(term)
            ]
            if telling:
                yield self._column(*found[min(telling)[1]])

    def covered(self, terms: Iterable[Term]) -> set[frozenset[str]]:
        """Return the pairs of columns that are in one of ``terms`` together: of a row, and of a row and its owner."""
        found: set[frozenset[str]] = set()
        for term in terms:
            names = [self._context(c) for c in term.contexts if c.place in {Place.ROW, Place.OWNER}]
            found |= {frozenset(pair) for pair in combinations([*names, self.name(term.target)], 2)}
        return found

    def pairs(self) -> Iterator[tuple[Context, int]]:
        """Yield every column of a row with each that is drawn before it, and with each of the owner's."""
        for column in range(len(self.own)):
            for before in range(column):
                yield Context(place=Place.ROW, column=before), column
            for owner in range(len(self.coding.owner)):
                yield Context(place=Place.OWNER, column=owner), column

    def names(self, pair: tuple[Context, int]) -> Pair:
        """Return what the two columns of ``pairs`` are called."""
        return self._context(pair[0]), self.name(pair[1])

    def is_plain(self, pair: tuple[Context, int]) -> bool:
        """Return whether the cells of both mean the same in every row."""
        return not self._is_mixed(Term(target=pair[1], contexts=(pair[0],)))

    def cuts(self, pair: tuple[Context, int]) -> tuple[Cut, Cut]:
        """Return the two columns of ``pairs`` without labels."""
        one, other = self.names(pair)
        return (
            Cut(name=one, labels=(), scores=self._context_scores(pair[0])),
            Cut(name=other, labels=(), scores=self._scores(pair[1], None)),
        )

    # --- one column ---

    def _column(self, term: Term, noisy: NoisyMarginal, synthetic: NDArray[np.float64]) -> Measurement:
        last = len(term.contexts)
        by_kind = None if self.own[term.target].grain_of is None else self._kind_axis(term)
        kept = (last,) if by_kind is None else (by_kind, last)
        gone = tuple(axis for axis in range(last) if axis not in kept)
        left, ours = margin(noisy, kept), synthetic.sum(axis=gone)
        labels = self._labels(term.target)
        there = np.array([label != NOTHING for row in labels for label in row])
        return Measurement(
            cuts=(Cut(name=self.name(term.target), labels=tuple(label for row in labels for label in row
                                                                 if label != NOTHING)),),
            noisy=NoisyMarginal(
                columns=(0,),
                counts=left.counts.reshape(-1)[there],
                sigma=np.broadcast_to(left.sigma, left.counts.shape).reshape(-1)[there],
            ),
            synthetic=ours.reshape(-1)[there],
            bounded=True,
        )  # fmt: skip

    def _labels(self, column: int) -> list[list[str]]:
        """Return the labels of a column's cells, for each kind where they hang on it."""
        found, cells = self.own[column], self._cells(column)
        # gaps are whole numbers of days or seconds, whatever the type of the column that they are of
        shape = dataclasses.replace(found.column, kind=Kind.INTEGER) if self._is_gap(column) else found.column
        grains = [list(cut_of(shape, grain.domain, grain.bins.bin_of, count=cells).labels) for grain in found.grains]
        if found.grain_of is None or self.kind is None:
            return grains[:1]
        kinds = self._labels(self.kind)[0]
        return [
            [label if label == NOTHING else f"{kind}: {label}" for label in grains[grain]]
            for kind, grain in zip(kinds, found.grain_of, strict=True)
        ]

    def _is_gap(self, column: int) -> bool:
        return column == 0 and self.measured.gap is not None

    def _cells(self, column: int) -> int:
        return self.coding.gaps if self._is_gap(column) else self.own[column].cut.cells

    def _keeps(self, term: Term) -> bool:
        """Return whether every row counts in ``term``, and each with its kind where its cells hang on that."""
        if any(partial(context) for context in term.contexts):
            return False
        return self.own[term.target].grain_of is None or self._kind_axis(term) is not None

    def _kind_axis(self, term: Term) -> int | None:
        for axis, context in enumerate(term.contexts):
            if context.place is Place.ROW and context.column == self.kind and context.bin_of is None:
                return axis
        return None

    # --- contexts ---

    def _context(self, context: Context) -> str:
        match context.place:
            case Place.OWNER:
                return f"{self.owner}.{self.coding.owner[context.column].column}"
            case Place.ROW:
                return self.name(context.column)
            case Place.BEFORE:
                return f"{self.name(context.column)}, in the row before"
            case Place.LAST:
                return f"{self.name(context.column)}, in the last row of the same kind"
            case Place.RANK:
                return "how many rows came before"
            case Place.LEFT:
                return "time left until the last row"

    def _context_scores(self, context: Context) -> NDArray[np.float64] | None:
        if context.place is Place.RANK:
            return _gathered(np.array(RANKS, dtype=np.float64), context.bin_of)
        if context.place is Place.OWNER:
            cut = self.coding.owner[context.column]
            axis = cut.axes[0]
            to = np.arange(axis.domain.cells, dtype=np.int32) if axis.bin_of is None else axis.bin_of
            return None if cut.axis_of else _gathered(scores_of(axis.domain, to, count=axis.cells), context.bin_of)
        if context.place is not Place.ROW:
            return None
        found = self._scores(context.column, None)
        if found is not None and self._is_gap(context.column):
            found = np.append(found, np.nan)  # a first row has no row before
        return _gathered(found, context.bin_of)

    def _scores(self, column: int, bin_of: tuple[int, ...] | None) -> NDArray[np.float64] | None:
        found = self.own[column]
        if found.grain_of is not None:
            return None
        grain = found.grains[0]
        return _gathered(scores_of(grain.domain, grain.bins.bin_of, count=self._cells(column)), bin_of)

    def _is_mixed(self, term: Term) -> bool:
        own = [term.target, *(c.column for c in term.contexts if c.place in {Place.ROW, Place.BEFORE, Place.LAST})]
        owners = [self.coding.owner[c.column] for c in term.contexts if c.place is Place.OWNER]
        return any(self.own[at].grain_of is not None for at in own) or any(cut.axis_of is not None for cut in owners)


def _gathered(scores: NDArray[np.float64] | None, bin_of: Sequence[int] | None) -> NDArray[np.float64] | None:
    """Return the scores of cells put together: the mean of those that have one."""
    if scores is None or bin_of is None:
        return scores
    to, size = np.array(bin_of), max(bin_of) + 1
    there = np.isfinite(scores) & (to >= 0)
    many = np.bincount(to[there], minlength=size)
    sums = np.bincount(to[there], weights=scores[there], minlength=size)
    return np.asarray(np.where(many > 0, sums / np.maximum(many, 1), np.nan))


def _noise(noisy: NoisyMarginal) -> float:
    """Return the noise of a cell of the last axis by itself, relative to all that was counted."""
    cells = noisy.counts.size / noisy.counts.shape[-1]
    return float(np.mean(noisy.sigma) * cells**0.5 / max(float(noisy.counts.sum()), 1.0))
