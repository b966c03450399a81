"""Counting histories in memory: rows are coded and sorted once for each coding, and then counted in kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from gateway.estimation.histories import clipping, contexts, sharing
from gateway.estimation.histories.terms import Histories, Owners
from gateway.raw.generate.histories import FINEST_NORM, norm_cell
from gateway.raw.generate.history_coding import cut, gaps, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.terms import Term
    from gateway.raw.family import Family
    from gateway.raw.generate.histories import Coding
    from gateway.vocabulary.names import ColumnName, TableName


class MemoryHistories:
    """See ``gateway.raw.generate.histories.HistoryCounter``."""

    def __init__(self, family: Family, table: TableName, *, order: ColumnName | None) -> None:
        """Count the rows of ``table`` in ``family``, which follow each other by ``order``."""
        owner = family.owner_of[table]
        owned = family.owned[table]
        self._owners = family.units if owner == family.unit else family.owned[owner].rows
        self._rows = owned.rows
        self.table, self.owner = self._rows.table, self._owners.table
        self._starts = owned.starts
        self._unit = family.unit_of(owner)
        self._units = family.units.expose().num_rows
        self._of = np.repeat(np.arange(self._starts.size - 1), np.diff(self._starts))
        self._time = (
            np.zeros(self._of.size, dtype=np.int64)
            if order is None
            else times(self._rows.expose().column(order), self.table.column(order), self._of)
        )
        self._last: tuple[Coding, Histories, Owners] | None = None

    def values(self, column: ColumnName, *, most: int) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur with the number of units that have them; see ``HistoryCounter.values``."""
        encoded = pc.dictionary_encode(self._rows.expose().column(column)).combine_chunks()
        texts = [str(text) for text in encoded.dictionary.to_pylist()]
        order = sorted(range(len(texts)), key=lambda at: texts[at].encode())
        rank = np.zeros(len(texts), dtype=np.int64)
        rank[order] = np.arange(len(texts))
        there = encoded.indices.is_valid().to_numpy(zero_copy_only=False)
        code = rank[encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)[there]]
        pair, rows = np.unique(self._unit[self._of[there]] * max(len(texts), 1) + code, return_counts=True)
        unit, code = np.divmod(pair, max(len(texts), 1))
        sort = np.lexsort((code, rows, unit))
        unit, code = unit[sort], code[sort]
        place_in_unit = np.arange(unit.size) - np.searchsorted(unit, unit, side="left")
        counts = np.bincount(code[place_in_unit < most], minlength=len(texts)).astype(np.int64)
        return [texts[at] for at in order], counts

    def norms(self, coding: Coding, terms: Sequence[Term]) -> list[NDArray[np.int64]]:
        """Return for each term how many units have a table of which norm; see ``HistoryCounter.norms``."""
        histories, owners = self._coded(coding)
        unit = self._unit[self._of]
        answers = []
        for term in terms:
            cells = contexts.cells(histories, owners, term, shape=coding.shape)
            squared = clipping.norms(cells, unit, units=self._units)
            answers.append(np.bincount(norm_cell(squared), minlength=FINEST_NORM).astype(np.int64))
        return answers

    def count(self, coding: Coding, terms: Sequence[tuple[Term, int]]) -> list[NDArray[np.int64]]:
        """Return each term's table in 2^-20 rows; see ``HistoryCounter.count``."""
        histories, owners = self._coded(coding)
        unit = self._unit[self._of]
        answers = []
        for term, clip in terms:
            cells = contexts.cells(histories, owners, term, shape=coding.shape)
            extent = contexts.extent(term, shape=coding.shape)
            size = int(np.prod(extent, dtype=np.int64))
            answers.append(clipping.clipped(cells, unit, size=size, clip=clip).reshape(extent))
        return answers

    def shares(self, coding: Coding, terms: Sequence[Term], *, weight: int) -> list[NDArray[np.int64]]:
        """Return each term's table with every unit weighing the same; see ``HistoryCounter.shares``."""
        histories, owners = self._coded(coding)
        unit = self._unit[self._of]
        answers = []
        for term in terms:
            cells = contexts.cells(histories, owners, term, shape=coding.shape)
            extent = contexts.extent(term, shape=coding.shape)
            size = int(np.prod(extent, dtype=np.int64))
            answers.append(sharing.shared(cells, unit, size=size, weight=weight).reshape(extent))
        return answers

    def _coded(self, coding: Coding) -> tuple[Histories, Owners]:
        """Return the rows in their order under ``coding``; those of the last coding are kept."""
        if self._last is None or self._last[0] is not coding:
            self._last = (coding, *self._code(coding))
        return self._last[1:]

    def _code(self, coding: Coding) -> tuple[Histories, Owners]:
        own = cut(self._rows.expose(), self.table, coding.columns, kind=coding.kind)
        time = self._time if coding.gap is not None else np.zeros_like(self._time)
        sort = np.lexsort((*own[::-1], time, self._of))
        time, own = time[sort], own[:, sort]
        lengths = np.diff(self._starts)
        there = lengths > 0
        begins, ends = self._starts[:-1][there], self._starts[1:][there] - 1
        first, span = np.zeros_like(lengths), np.zeros_like(lengths)
        first[there], span[there] = time[begins], time[ends] - time[begins]
        if coding.gap is not None:
            own = np.vstack([gaps(coding, time, begins)[np.newaxis], own])
        histories = Histories(starts=self._starts, time=time, codes=own)
        codes = cut(self._owners.expose(), self.owner, coding.owner, kind=coding.owner_kind)
        return histories, Owners(unit=self._unit, codes=codes, rows=lengths, first=first, span=span)
