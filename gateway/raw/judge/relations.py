"""How far synthetic histories are from real ones: rows per owner, pairs of owner and row, what follows what.

All figures are total variation distances between training and synthetic rows, in the bins of ``utility``: numbers,
times and gaps in 20 of equally many real rows, NULL a cell of its own. Two samples of one population are not at
distance 0 (see ``utility.distances``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.histories import Cells
from gateway.raw.judge.utility import binned, distance, distances
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gateway.raw.judge.histories import History
    from gateway.raw.judge.utility import Bins, Distances


@dataclass(frozen=True, kw_only=True)
class Relations:
    """The distances of one owned table, 0 to 1."""

    within: Distances | None
    """Columns, and pairs of columns, of the same row; time and gap are columns too. None if there is no column."""
    rows: float
    """The number of rows that one owner has."""
    owner: Mapping[tuple[ColumnName, ColumnName], float]
    """Pairs of a column of the owner and one of the row."""
    number: Mapping[ColumnName, float]
    """Pairs of the owner's number of rows and a column of the row."""
    following: Mapping[ColumnName, float]
    """Pairs of a column and the same column of the owner's next row; for what a row says beside its kind, of the
    owner's next row of the same kind, kind by kind."""

    @property
    def mean_one_way(self) -> float:
        """The mean over the number of rows and all columns."""
        return float(np.mean([self.rows, *(self.within.one_way.values() if self.within else ())]))

    @property
    def mean_two_way(self) -> float:
        """The mean over all pairs: within rows, with the owner's columns, and with the owner's number of rows."""
        pairs = [*(self.within.two_way.values() if self.within else ()), *self.owner.values(), *self.number.values()]
        return float(np.mean(pairs)) if pairs else self.mean_one_way

    def figures(self) -> dict[str, float]:
        """Return all that the steward is shown, by name: means, rows per owner, each column, what follows."""
        found = {"mean_one_way": self.mean_one_way, "mean_two_way": self.mean_two_way, "rows_per_owner": self.rows}
        for name, pairs in (("mean_with_owner", self.owner), ("mean_with_number_of_rows", self.number)):
            if pairs:
                found[name] = float(np.mean(list(pairs.values())))
        if self.within:
            found["mean_within_rows"] = self.within.mean_two_way
            found |= {f"one_way.{name}": figure for name, figure in self.within.one_way.items()}
        return found | {f"next.{name}": figure for name, figure in self.following.items()}


def relations(history: History) -> Relations:
    """Compare the synthetic with the training rows of one owned table. ``CheckFailed`` when both have none."""
    rows, owners = history.rows, history.owners
    if not rows.train + rows.synthetic:
        raise CheckFailed(f"table {history.table} has neither training nor synthetic rows; there is nothing to compare")
    number = _rows_per_owner(history)
    bins = [binned(rows, column) for column in range(len(rows.columns))]
    counts, of_owner = binned(number, 0), [binned(owners, column) for column in range(len(owners.columns))]
    at_row = (counts[0][history.owner], counts[1])
    return Relations(
        within=distances(rows, rows.columns) if rows.columns else None,
        rows=_apart(counts, None, number),
        owner={
            (above, below): _apart((place[history.owner], size), cells, rows)
            for above, (place, size) in zip(owners.columns, of_owner, strict=True)
            for below, cells in zip(rows.columns, bins, strict=True)
        },
        number={name: _apart(at_row, cells, rows) for name, cells in zip(rows.columns, bins, strict=True)},
        following=_following(history, bins),
    )


def rows_per_owner(history: History) -> NDArray[np.int64]:
    """Return how many rows each owner has, owners of all frames one after the other."""
    return np.bincount(history.owner, minlength=len(history.owners.cells))


def _rows_per_owner(history: History) -> Cells:
    values, codes = np.unique(rows_per_owner(history), return_inverse=True)
    owners = history.owners
    return Cells(
        columns=(ColumnName("rows"),),
        cells=codes.astype(np.int32)[:, None],
        numbers=(np.append(values, np.nan),),
        ordered=np.ones(1, dtype=np.bool_),
        train=owners.train,
        control=owners.control,
        synthetic=owners.synthetic,
    )


def _apart(first: Bins, second: Bins | None, frames: Cells) -> float:
    """Return the distance of two columns together, or of one alone."""
    cells, size = first if second is None else (first[0] * second[1] + second[0], first[1] * second[1])
    return distance(cells[: frames.train], cells[len(cells) - frames.synthetic :], size)


def _following(history: History, bins: list[Bins]) -> dict[ColumnName, float]:
    """Return, per column, the distance of the pairs it forms with itself in the owner's next row.

    Time is left out, since gap and time before say it already. What a table without an order puts next means nothing:
    rows are then sorted by what they say, and nothing is compared. A column beside the kind is compared within the
    kind, in bins of that kind's values, and the kind is part of the cell.
    """
    if not history.timed:
        return {}
    time, gap = len(bins) - 2, len(bins) - 1
    in_order, by_kind = np.arange(len(history.owner)), _by_kind(history)
    found = {}
    for column, name in enumerate(history.rows.columns):
        if column == time:
            continue
        if history.kind in (-1, column) or column == gap:
            order, (cells, size), kinds = in_order, bins[column], (np.zeros_like(history.owner), 1)
        else:
            order, kinds = by_kind, bins[history.kind]
            cells, size = _binned_within(history, column, kinds, bins[column])
        before, after = order[:-1], order[1:]
        kept = (history.owner[before] == history.owner[after]) & (kinds[0][before] == kinds[0][after])
        if column == gap:
            # the gap of a first row is none
            kept &= ~history.first_of_owner[before]
        before, after = before[kept], after[kept]
        pairs = (kinds[0][before] * size + cells[before]) * size + cells[after]
        real = before < history.rows.train
        invented = before >= len(cells) - history.rows.synthetic
        found[name] = distance(pairs[real], pairs[invented], kinds[1] * size * size)
    return found


def _binned_within(history: History, column: int, kinds: Bins, otherwise: Bins) -> Bins:
    """Return the bins of a column that has an order, 20 for each kind; those it has already, if it has none."""
    rows = history.rows
    if not rows.ordered[column]:
        return otherwise
    bins = np.zeros(len(rows.cells), dtype=np.int64)
    most = 0
    by_kind = np.argsort(kinds[0], kind="stable")
    for group in np.split(by_kind, np.cumsum(np.bincount(kinds[0], minlength=kinds[1]))[:-1]):
        real = int(np.searchsorted(group, rows.train))
        part = Cells(**{**vars(rows), "cells": rows.cells[group], "train": real})
        bins[group], size = binned(part, column)
        most = max(most, size)
    return bins, most


def _by_kind(history: History) -> NDArray[np.int64]:
    """Return the rows sorted by owner and kind, each kind's in order."""
    if history.kind < 0:
        return np.arange(len(history.owner))
    return np.lexsort((np.arange(len(history.owner)), history.rows.cells[:, history.kind], history.owner))
