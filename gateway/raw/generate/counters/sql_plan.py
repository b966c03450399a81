"""Which contingency tables are asked for, in which statements, and which are sums of others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.domain import Ranges, Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.counting import Axis

MOST_AXES = 60
"""Different axes in one statement."""
MOST_TABLES = 200
"""Tables in one statement; SQLite takes 500."""
MOST_CELLS = 2**20
"""Cells in one statement, unless a single table has more: each takes about 100 bytes of the database's memory."""

Asked = tuple[int, ...]
"""A table as the numbers of its axes."""


def numbered(tables: Sequence[Sequence[Axis]]) -> tuple[list[Axis], list[Asked]]:
    """Return the different axes, and each table as places in that list. Axes that say the same are one."""
    axes: list[Axis] = []
    places: dict[object, int] = {}
    seen: dict[int, int] = {}  # to hash a long domain once for each object is enough
    for axis in (axis for table in tables for axis in table):
        if id(axis) not in seen:
            name = (axis.column, axis.domain, None if axis.bin_of is None else axis.bin_of.tobytes())
            seen[id(axis)] = places.setdefault(name, len(axes))
            if len(places) > len(axes):
                axes.append(axis)
    return axes, [tuple(seen[id(axis)] for axis in table) for table in tables]


def not_sums(tables: Sequence[Asked]) -> list[Asked]:
    """Return those of ``tables`` that are no sums of others, each once."""
    kept: dict[frozenset[int], Asked] = {}
    odd = []
    for table in sorted(dict.fromkeys(tables), key=len, reverse=True):
        axes = frozenset(table)
        if len(axes) < len(table):
            odd.append(table)  # with an axis twice it is no sum, and nothing is a sum of it
        elif axes not in kept and not any(axes < other for other in kept):
            kept[axes] = table
    return [*kept.values(), *odd]


def summed(table: Asked, known: Mapping[Asked, NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return ``table`` as a sum of the smallest that it is a sum of."""
    axes = set(table)
    other = min(
        (one for one in known if axes <= set(one) and len(set(one)) == len(one)), key=lambda one: known[one].size
    )
    kept = [other.index(axis) for axis in table]
    over = tuple(place for place in range(len(other)) if place not in kept)
    return np.asarray(known[other].sum(axis=over, dtype=np.int64)).transpose(np.argsort(np.argsort(kept)))


def statements(tables: Sequence[Asked], axes: Sequence[Axis], *, parameters: int) -> Iterator[list[Asked]]:
    """Cut ``tables`` into statements that no database refuses, each of at most so many ``parameters``."""
    needed = [_parameters(axis) for axis in axes]
    left = list(tables)
    while left:
        some: list[Asked] = []
        later: list[Asked] = []
        used, cells = set[int](), 0
        for table in left:
            more = used | set(table)
            size = math.prod(axes[axis].cells for axis in table)
            fits = (
                len(some) < MOST_TABLES
                and len(more) <= MOST_AXES
                and cells + size <= MOST_CELLS
                and sum(needed[axis] for axis in more) <= parameters
            )
            if fits or not some:
                some.append(table)
                used, cells = more, cells + size
            else:
                later.append(table)
        yield some
        left = later


def _parameters(axis: Axis) -> int:
    """Return how many parameters an axis can need; whole numbers need none."""
    match axis.domain:
        case Values() as domain:
            listed = domain.values
        case Ranges() as domain:
            listed = (*domain.starts, *domain.sentinels)
        case _:
            listed = ()
    return 0 if listed and isinstance(listed[0], int) else 2 * len(listed)
