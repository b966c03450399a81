"""Rows of histories to codes, by a ``Coding`` alone: real rows when counted, made-up owners when rows are drawn.

Nothing is learned here. Times, their order and gaps are as ``histories`` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.raw.generate import physical
from gateway.raw.generate.encoding import encode, place
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.counting import Axis
    from gateway.raw.generate.histories import Coding, Cut
    from gateway.vocabulary.schema import Column, Table

SECOND = 1_000_000
"""Numbers of date-times in one unit of time."""
FURTHEST = 2**52
"""Times are held to +-FURTHEST, so that no difference of two leaves int64."""


def times(array: pa.ChunkedArray, column: Column, owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the time of every row (int64); ``owner`` is the history that each row is in, from 0."""
    units, present = physical.numbers(array, column)
    if units.dtype == np.float64:
        units = np.clip(np.floor(units), -FURTHEST, FURTHEST)
    if column.kind is Kind.DATETIME:
        units = units // SECOND
    whole = np.clip(units, -FURTHEST, FURTHEST).astype(np.int64)
    none = np.iinfo(np.int64).max
    earliest = np.full(int(owner.max(initial=-1)) + 1, none)
    np.minimum.at(earliest, owner[present], whole[present])
    earliest[earliest == none] = 0
    return np.where(present, whole, earliest[owner])


def gaps(coding: Coding, time: NDArray[np.int64], begins: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the gap's code of every row, given times in order and the first row of every history that has any.

    ``coding`` has a gap.
    """
    if coding.gap is None:
        raise ValueError("rows without an order have no gaps")
    since = np.diff(time, prepend=0)
    cells = place(since, np.ones(since.size, dtype=np.bool_), coding.gap)
    if coding.gap_bin_of is not None:
        cells = coding.gap_bin_of[cells]
    cells[begins] = coding.gaps
    return cells.astype(np.int16)


def cut(frame: pa.Table, table: Table, cuts: Sequence[Cut], *, kind: int | None) -> NDArray[np.int16]:
    """Return the cells of the columns of ``cuts`` in rows of ``table``, shape (cuts, rows).

    ``kind`` is which of ``cuts`` the others may hang on.
    """
    codes = np.zeros((len(cuts), frame.num_rows), dtype=np.int16)
    for at, each in enumerate(cuts):
        column = table.column(each.column)
        if each.axis_of is None or kind is None:
            codes[at] = _cells(frame, each.axes[0], column)
            continue
        chosen = np.array(each.axis_of)[codes[kind]]
        for number, axis in enumerate(each.axes):
            those = np.flatnonzero(chosen == number)
            codes[at, those] = _cells(frame.select([each.column]).take(pa.array(those)), axis, column)
    return codes


def _cells(frame: pa.Table, axis: Axis, column: Column) -> NDArray[Any]:
    cells = encode(frame.column(axis.column), column, axis.domain)
    return cells if axis.bin_of is None else axis.bin_of[cells]
