"""A person's history as a row of numbers of fixed length, so that persons can be compared like rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL, places
from gateway.raw.judge.utility import binned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.raw.judge.histories import History

_MOST_KINDS = 12
"""Kinds of row that are told apart; the rarer ones count as rows, and not by themselves."""
_MOST_COLUMNS = 6
"""Columns that are summed up for each kind."""


def extent(
    history: History, chosen: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each unit, how many rows it has, the time of the first, and the time from first to last.

    Times are NaN where there are no rows or no order. ``chosen`` are the rows to look at, all if absent.
    """
    kept = np.arange(len(history.unit)) if chosen is None else chosen
    unit, units = history.unit[kept], sum(history.units)
    first, last = np.full(units, np.nan), np.full(units, np.nan)
    if history.timed:
        column = len(history.rows.columns) - 2
        time = history.rows.numbers[column][history.rows.cells[kept, column]]
        known = ~np.isnan(time)
        np.fmin.at(first, unit[known], time[known])
        np.fmax.at(last, unit[known], time[known])
    return np.bincount(unit, minlength=units), first, last - first


def sketch(history: History, chosen: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """Return one row of positions (see ``Codes``) for each unit, from the ``chosen`` rows of its history, or all.

    Holds the number of rows, the first time and the span; and for each of the 12 commonest kinds the number of rows
    and, of up to six columns, the mean and the last number, or the first and the last value of what has no order.
    Unlike a list of all rows it also finds histories that were copied with small changes.
    """
    kept = np.arange(len(history.unit)) if chosen is None else chosen
    units = sum(history.units)
    invented = np.arange(units) >= units - history.units[2]
    group, many = _groups(history)
    at = history.unit[kept] * (many + 1) + group[kept]
    rows, first, span = extent(history, kept)
    found = [_scaled(column, invented) for column in (rows.astype(np.float64), first, span)]
    if many > 1:
        counts = np.bincount(at, minlength=units * (many + 1)).reshape(units, many + 1)
        found += [_scaled(counts[:, g].astype(np.float64), invented) for g in range(many)]
    for column in [c for c in history.said if c != history.kind][:_MOST_COLUMNS]:
        cells = history.rows.cells[kept, column]
        known = cells != NULL
        numbers = history.rows.numbers[column] if history.rows.ordered[column] else None
        first_of, last_of = _ends(cells[known], at[known], units, many)
        if numbers is None:
            found += [end[:, g].astype(np.float32) for end in (first_of, last_of) for g in range(many)]
        else:
            mean = _means(numbers[cells[known]], at[known], units, many)
            found += [_scaled(each[:, g], invented) for each in (mean, numbers[last_of]) for g in range(many)]
    return np.stack(found, axis=1)


def rarity(history: History) -> NDArray[np.float64]:
    """Return, for each unit, how extreme the most extreme number in its rows is: larger is rarer.

    It is minus the logarithm of the share of real rows of the same kind that are as far out on the same side.
    """
    rows = history.rows
    real = rows.train + rows.control
    kinds = rows.cells[:, history.kind] if history.kind >= 0 else np.zeros(len(rows.cells), dtype=np.int32)
    found = np.zeros(sum(history.units))
    for column in [c for c in history.said if rows.ordered[c] and c != history.kind]:
        cells = rows.cells[:real, column]
        known = np.flatnonzero(cells != NULL)
        for kind in np.unique(kinds[known]):
            at = known[kinds[known] == kind]
            ranked = np.sort(cells[at])
            below = np.searchsorted(ranked, cells[at], side="right")
            above = len(at) - np.searchsorted(ranked, cells[at], side="left")
            np.fmax.at(found, history.unit[at], -np.log(np.minimum(below, above) / len(at)))
    return found


def _groups(history: History) -> tuple[NDArray[np.int64], int]:
    """Return the group of every row, and how many groups there are; rows of rarer kinds are in one behind those."""
    if history.kind < 0:
        return np.zeros(len(history.unit), dtype=np.int64), 1
    kinds = binned(history.rows, history.kind)[0]
    real = kinds[: history.rows.train]
    commonest = np.argsort(-np.bincount(real, minlength=int(kinds.max(initial=0)) + 1), kind="stable")[:_MOST_KINDS]
    place = np.full(int(kinds.max(initial=0)) + 1, len(commonest))
    place[commonest] = np.arange(len(commonest))
    return place[kinds], len(commonest)


def _scaled(column: NDArray[np.float64], invented: NDArray[np.bool_]) -> NDArray[np.float32]:
    seen = column[invented]
    return places(column, seen[~np.isnan(seen)]).astype(np.float32)


def _ends(
    cells: NDArray[np.int32], at: NDArray[np.int64], units: int, many: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first and the last of the cells of each unit (rows) and group (columns); NULL where there are none."""
    first, last = np.full((units, many + 1), NULL, dtype=np.int32), np.full((units, many + 1), NULL, dtype=np.int32)
    last.ravel()[at] = cells
    first.ravel()[at[::-1]] = cells[::-1]
    return first, last


def _means(values: NDArray[np.float64], at: NDArray[np.int64], units: int, many: int) -> NDArray[np.float64]:
    number = np.bincount(at, minlength=units * (many + 1))
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = np.bincount(at, weights=values, minlength=len(number)) / number
    return means.reshape(units, many + 1)
