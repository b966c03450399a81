"""Where the tables of many pairs of columns lie in one flat array, so that the kernels walk plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return where each of the consecutive pieces of ``sizes`` starts, and at the end where the last one stops."""
    return np.concatenate([[0], np.cumsum(np.asarray(sizes, dtype=np.int64))]).astype(np.int64)


class Links(NamedTuple):
    """The arrays of a ``Layout`` as the kernels take them.

    Pair q = (``left[q]``, ``right[q]``) has its table at ``offset[q]``. The links of column j are
    ``first[j] <= e < first[j + 1]``: the table between ``other[e]`` and j starts at ``table[e]``, with one row per cell
    of the other column, and its transpose at ``mirror[e]``.
    """

    cells: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    offset: NDArray[np.int64]
    first: NDArray[np.int64]
    other: NDArray[np.int64]
    table: NDArray[np.int64]
    mirror: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Tables of ``pairs`` (lower column first) of columns with ``cells`` cells, in one flat array, each pair twice.

    The first half, ``size`` long, holds the tables one after the other, row by row; the second half their transposes
    in the same order. So whichever column moves, the figures over its cells lie side by side.
    """

    cells: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    links: Links

    @property
    def size(self) -> int:
        """The number of cells of all tables, each pair once."""
        return int(self.links.offset[-1])

    def tables(self) -> Iterator[tuple[slice, int, int]]:
        """Yield for every pair where its table lies in the first half, and its numbers of rows and columns."""
        for q, (a, b) in enumerate(self.pairs):
            yield slice(int(self.links.offset[q]), int(self.links.offset[q + 1])), self.cells[a], self.cells[b]

    def both_ways(self, once: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``once`` (every table once, length ``size``) followed by every table transposed."""
        both = np.concatenate([once, once])
        for part, rows, columns in self.tables():
            both[self.size + part.start : self.size + part.stop] = once[part].reshape(rows, columns).T.ravel()
        return both

    def turned(self) -> NDArray[np.int64]:
        """Return, for every cell of the first half, where it lies in the second (from 0)."""
        places = np.empty(self.size, dtype=np.int64)
        for part, rows, columns in self.tables():
            places[part] = part.start + np.arange(rows * columns).reshape(columns, rows).T.ravel()
        return places

    def single_cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for every cell, the places of its two one-way cells among the cells of all columns in a row."""
        start = starts(self.cells)
        left, right = np.empty(self.size, dtype=np.int64), np.empty(self.size, dtype=np.int64)
        for (a, b), (part, rows, columns) in zip(self.pairs, self.tables(), strict=True):
            left[part] = start[a] + np.repeat(np.arange(rows), columns)
            right[part] = start[b] + np.tile(np.arange(columns), rows)
        return left, right


def lay_out(cells: Sequence[int], pairs: Sequence[tuple[int, int]]) -> Layout:
    """Return the layout of the tables of ``pairs`` (lower column first) of columns with ``cells`` cells."""
    offset = starts([cells[a] * cells[b] for a, b in pairs])
    links: list[list[tuple[int, int, int]]] = [[] for _ in cells]
    for q, (a, b) in enumerate(pairs):
        forth, back = int(offset[q]), int(offset[-1] + offset[q])
        links[b].append((a, forth, back))
        links[a].append((b, back, forth))
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    flat = np.asarray([link for column in links for link in column], dtype=np.int64).reshape(-1, 3)
    return Layout(
        cells=tuple(cells),
        pairs=tuple(pairs),
        links=Links(
            cells=np.asarray(cells, dtype=np.int64),
            left=np.ascontiguousarray(ends[:, 0]),
            right=np.ascontiguousarray(ends[:, 1]),
            offset=offset,
            first=starts([len(column) for column in links]),
            other=np.ascontiguousarray(flat[:, 0]),
            table=np.ascontiguousarray(flat[:, 1]),
            mirror=np.ascontiguousarray(flat[:, 2]),
        ),
    )
