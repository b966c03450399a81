"""Tables that overlap are counted together first: one group over the rows, then many over its few cells."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.raw.generate.counters.sql_cells import bisected, flat, offsets, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.raw.generate.counters.sql_cells import Expression, Layout

MOST_CELLS = 2**13
"""Cells of a joint table; beyond that there are often as many that occur as there are rows."""


def joints(tables: Sequence[Layout]) -> list[tuple[Layout, list[int]]]:
    """Return joint tables, each with the places in ``tables`` of those that are sums of it.

    Every table is in exactly one; one that has too many cells is alone. Greedy: the axis that lets most tables in.
    """
    left = dict(enumerate(tables))
    found = []
    while left:
        joint = dict(next(iter(left.values())))
        while (grown := _grown(joint, left.values())) is not None:
            joint |= (grown,)
        inside = [place for place, table in left.items() if dict(table).keys() <= joint.keys()]
        # alone it may have an axis twice, which no joint table has
        found.append((tuple(joint.items()) if len(inside) > 1 else left[inside[0]], inside))
        for place in inside:
            del left[place]
    return found


def _grown(joint: dict[str, int], tables: Any) -> tuple[str, int] | None:  # noqa: ANN401 - a view of a dictionary
    size = math.prod(joint.values())
    lacking: Counter[tuple[str, int]] = Counter()
    for table in tables:
        missing = {axis for axis in table if axis[0] not in joint}
        if len(missing) == 1 and len(dict(table)) == len(table):
            lacking.update(missing)
    fitting = [axis for axis in lacking if size * axis[1] <= MOST_CELLS]
    return max(fitting, key=lambda axis: (lacking[axis] / (1 + math.log2(axis[1])), axis), default=None)


def summed(
    cells: sa.Select[Any],
    tables: Sequence[Layout],
    *,
    joints: Sequence[tuple[Layout, list[int]]],
    array: Callable[[Sequence[Expression]], Expression],
    quotient: Callable[[Expression, Expression], Expression],
    fenced: Callable[[sa.Select[Any], str], sa.FromClause],
) -> sa.Select[Any]:
    """Return (cell, n) of ``tables`` from that of ``joints``: each joint cell is in one cell of each of its tables.

    ``quotient`` of two whole numbers is whole, ``array`` is what the database can unnest, ``fenced`` as in ``Engine``.
    """
    rows = fenced(cells, "joint_cells")
    starts, ends = offsets([joint for joint, _ in joints]), offsets(tables)

    def parts(at: int) -> Expression:
        joint, inside = joints[at]
        codes = _codes(rows.c.cell - whole(starts[at]), joint, quotient)
        return array([flat(codes, tables[place], ends[place]) for place in inside])

    array_of = bisected(rows.c.cell, [whole(start) for start in starts[1:-1]], parts)
    lists = sa.select(array_of.label("l"), rows.c.n)
    held = lists.subquery("parts")
    each = sa.select(sa.func.unnest(held.c.l, type_=sa.BigInteger()).label("cell"), held.c.n).subquery("summands")
    return sa.select(each.c.cell, sa.func.sum(each.c.n).label("n")).group_by(each.c.cell)


def _codes(
    cell: Expression, joint: Layout, quotient: Callable[[Expression, Expression], Expression]
) -> dict[str, Expression]:
    """Take the number of a joint cell apart into the codes of its axes."""
    codes: dict[str, Expression] = {}
    stride = math.prod(cells for _, cells in joint)
    for name, cells in joint:
        stride //= cells
        codes[name] = quotient(cell, whole(stride)) % whole(cells)
    return codes
