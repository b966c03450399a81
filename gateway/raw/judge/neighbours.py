"""Two neighbouring tables in the worst case, made up from a schema alone: the same rows, and one unlike any of them.

A unit shows the most where everything it has is its own: a text nobody else has, a number at the end of its range, or
nothing at all. The other rows are as ordinary, and as alike, as the schema allows.
"""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.generate import physical
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.policy.model import DomainClause
    from gateway.vocabulary.schema import Table

KEY = ColumnName("unit of protection")
"""The key that is added, so that every row is a unit's own."""
UNLIKE = "\U0010ffff unlike any other"
"""Sorts after every text that is likely."""


class Extreme(StrEnum):
    """What the target has in every column."""

    HIGHEST = "highest"
    """The highest number, the last value listed, a text of its own."""
    LOWEST = "lowest"
    """The lowest number, the first value listed, the empty text."""
    NOTHING = "nothing"
    """NULL, where that may be; the highest otherwise."""


def neighbours(
    table: Table, clauses: Mapping[ColumnName, DomainClause | None], *, rows: int, extreme: Extreme
) -> tuple[RawTable, RawTable]:
    """Return ``rows`` ordinary rows, and the same with the target after them; their unit is ``KEY``.

    All columns of ``table`` are filled; ``clauses`` are what is declared about some. ``rows`` is at least 2.
    """
    shape = dataclasses.replace(
        table, columns=(Column(name=KEY, kind=Kind.INTEGER, native="integer", nullable=False), *table.columns)
    )
    key = pa.array(np.arange(rows + 1), pa.int64())
    arrays = [key, *(_filled(column, clauses.get(column.name), rows, extreme) for column in table.columns)]
    whole = pa.Table.from_arrays(arrays, schema=shape.arrow_schema())
    return RawTable(shape, whole.slice(0, rows)), RawTable(shape, whole)


def _filled(column: Column, clause: DomainClause | None, rows: int, extreme: Extreme) -> pa.Array:
    """Return ``rows`` ordinary values and the target's."""
    absent = column.kind is Kind.UNSUPPORTED or (extreme is Extreme.NOTHING and column.nullable)
    present = np.append(np.full(rows, column.kind is not Kind.UNSUPPORTED), not absent)
    if column.kind in TEXT_KINDS:
        texts = _texts(column, clause, rows, extreme)
        return pa.array([text if there else None for text, there in zip(texts, present, strict=True)], pa.string())
    if column.kind is Kind.UNSUPPORTED:
        return pa.nulls(rows + 1)
    lowest, highest = _ends(column, clause)
    thirds = [lowest + (float(highest) - lowest) * part / 3 for part in (1, 2)]
    units = [*(thirds[row % 2] for row in range(rows)), lowest if extreme is Extreme.LOWEST else highest]
    if physical.is_whole(column):
        return physical.typed(np.array([int(unit) for unit in units], dtype=np.int64), present, column)
    return physical.typed(np.array(units, dtype=np.float64), present, column)


def _texts(column: Column, clause: DomainClause | None, rows: int, extreme: Extreme) -> list[str]:
    known = list((clause.values if clause is not None else None) or column.values)
    lowest, highest = (known[0], known[-1]) if known else ("", UNLIKE)
    unlike = lowest if extreme is Extreme.LOWEST else highest
    ordinary = [text for text in known if text != unlike][:2] or known or ["one", "other"]
    return [*(ordinary[row % len(ordinary)] for row in range(rows)), unlike]


def _ends(column: Column, clause: DomainClause | None) -> tuple[float, float]:
    if clause is not None and clause.lowest is not None and clause.highest is not None:
        ends = physical.declared(clause.lowest, column, up=True), physical.declared(clause.highest, column)
        return ends[0], ends[1]
    if not physical.is_whole(column):
        return -1e300, 1e300
    return physical.limits(column)
