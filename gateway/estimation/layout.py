"""Where the tables of many pairs of columns lie in flat arrays, so that the kernels walk plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

LANES = 8
"""The kernels read so many cells at once: in tables both ways round, the cells of a column are filled up with zeros."""
MOST_CELLS = 65_536
"""Codes are unsigned 16-bit numbers."""


def starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return where each of the consecutive pieces of ``sizes`` starts, and at the end where the last one stops."""
    return np.concatenate([[0], np.cumsum(np.asarray(sizes, dtype=np.int64))]).astype(np.int64)


def filled(size: int) -> int:
    """Return the length of ``size`` cells when they are filled up to whole lanes."""
    return -(-size // LANES) * LANES


class Links(NamedTuple):
    """The arrays of a ``Layout`` as the kernels take them.

    Pair q = (``left[q]``, ``right[q]``) has its table once at ``offset[q]``, row by row; and, filled up, both ways
    round: at ``forth[q]`` (a row of the right column's cells for every cell of the left) and ``back[q]`` (transposed).
    Column j has ``cells[j]`` cells, ``width[j]`` with the filling; its one-way lies at ``start[j]`` of a filled array.
    The links of column j are ``first[j] <= e < first[j + 1]``: the filled table with rows over its cells starts at
    ``table[e]``, the transpose at ``mirror[e]``; cell v of j beside cell u of ``other[e]`` lies, once, at
    ``once[e] + v * own[e] + u * beside[e]``.
    """

    cells: NDArray[np.int64]
    width: NDArray[np.int64]
    start: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    offset: NDArray[np.int64]
    forth: NDArray[np.int64]
    back: NDArray[np.int64]
    first: NDArray[np.int64]
    other: NDArray[np.int64]
    table: NDArray[np.int64]
    mirror: NDArray[np.int64]
    once: NDArray[np.int64]
    own: NDArray[np.int64]
    beside: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Tables of ``pairs`` (lower column first) of columns with ``cells`` cells.

    In one flat array of length ``size`` each pair once, row by row; in another, of length ``filled``, each pair both
    ways round and filled up to lanes, so that whichever column moves, the figures over its cells lie side by side.
    """

    cells: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    filled: int
    links: Links

    @property
    def size(self) -> int:
        """The number of cells of all tables, each pair once."""
        return int(self.links.offset[-1])

    def tables(self) -> Iterator[tuple[slice, int, int]]:
        """Yield for every pair where its table lies in the array of each pair once, and its rows and columns."""
        for q, (a, b) in enumerate(self.pairs):
            yield slice(int(self.links.offset[q]), int(self.links.offset[q + 1])), self.cells[a], self.cells[b]

    def single_cells(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return, for every cell, the places of its two one-way cells among the cells of all columns in a row."""
        start = starts(self.cells)
        left, right = np.empty(self.size, dtype=np.int32), np.empty(self.size, dtype=np.int32)
        for (a, b), (part, rows, columns) in zip(self.pairs, self.tables(), strict=True):
            left[part] = start[a] + np.repeat(np.arange(rows), columns)
            right[part] = start[b] + np.tile(np.arange(columns), rows)
        return left, right

    def one_way(self, tables: Sequence[NDArray[np.float64]], *, filling: float = 0.0) -> NDArray[np.float32]:
        """Return one table per column in a row, each filled up to lanes."""
        flat = np.full(int(self.links.width.sum()), filling, dtype=np.float32)
        for start, table in zip(self.links.start, tables, strict=True):
            flat[start : start + table.size] = table
        return flat


def lay_out(cells: Sequence[int], pairs: Sequence[tuple[int, int]]) -> Layout:
    """Return the layout of the tables of ``pairs`` (lower column first) of columns with ``cells`` cells.

    ``ValueError`` when a column has more than ``MOST_CELLS`` cells.
    """
    if any(size > MOST_CELLS for size in cells):
        raise ValueError(f"a column of a pairwise model has at most {MOST_CELLS} cells")
    offset = starts([cells[a] * cells[b] for a, b in pairs])
    both = starts([piece for a, b in pairs for piece in (cells[a] * filled(cells[b]), cells[b] * filled(cells[a]))])
    links: list[list[tuple[int, ...]]] = [[] for _ in cells]
    for q, (a, b) in enumerate(pairs):
        forth, back, once = int(both[2 * q]), int(both[2 * q + 1]), int(offset[q])
        links[b].append((a, forth, back, once, 1, cells[b]))
        links[a].append((b, back, forth, once, cells[b], 1))
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    flat = np.asarray([link for column in links for link in column], dtype=np.int64).reshape(-1, 6)
    width = [filled(size) for size in cells]
    return Layout(
        cells=tuple(cells),
        pairs=tuple(pairs),
        filled=int(both[-1]),
        links=Links(
            cells=np.asarray(cells, dtype=np.int64),
            width=np.asarray(width, dtype=np.int64),
            start=starts(width)[:-1].copy(),
            left=ends[:, 0].copy(),
            right=ends[:, 1].copy(),
            offset=offset,
            forth=both[0:-1:2].copy(),
            back=both[1:-1:2].copy(),
            first=starts([len(column) for column in links]),
            other=flat[:, 0].copy(),
            table=flat[:, 1].copy(),
            mirror=flat[:, 2].copy(),
            once=flat[:, 3].copy(),
            own=flat[:, 4].copy(),
            beside=flat[:, 5].copy(),
        ),
    )


def filled_size(cells: Sequence[int], pair: tuple[int, int]) -> int:
    """Return how many numbers a pair's table has both ways round, filled up to lanes."""
    a, b = cells[pair[0]], cells[pair[1]]
    return a * filled(b) + b * filled(a)
