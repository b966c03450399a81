"""Rows that lie after their owner's end, counted in what is to be published: there must be none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate import moments

if TYPE_CHECKING:
    from gateway.policy.lineage import Lineage
    from gateway.raw.family import Family
    from gateway.raw.judge.histories import SyntheticFamily
    from gateway.vocabulary.names import TableName


def rows_after_their_end(synthetic: SyntheticFamily, of: Family, lineage: Lineage) -> dict[TableName, int]:
    """Return how many rows of each table with an ``until`` are later than it, where both are there.

    Of the real rows ``of`` only the shapes are looked at.
    """
    found: dict[TableName, int] = {}
    for kin in lineage.owned:
        if kin.until is None or kin.order is None or kin.owner is None:
            continue
        rows, shape = synthetic.owned[kin.table], of.rows_of(kin.table).table
        above = synthetic.units if kin.owner == of.unit else synthetic.owned[kin.owner].rows
        end, ended = moments.ends(above, of.rows_of(kin.owner).table, kin.until, kin.since, shape.column(kin.order))
        time, there = moments.times(rows.rows, shape, kin.order)
        owner = np.repeat(np.arange(end.size), np.diff(rows.starts))
        found[kin.table] = int(np.count_nonzero(there & ended[owner] & (time > end[owner])))
    return found
