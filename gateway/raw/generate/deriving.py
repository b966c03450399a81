"""What an owner's row is told of the rows it owns: how many there are, from when until when, how long before the end.

Times count in whole units, see ``moments``. A row without a time counts among the rows, and says nothing of when.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.family import first_name, left_name, rows_name, span_name
from gateway.raw.generate import moments
from gateway.raw.rows import RawTable
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.policy.lineage import Kin, Lineage
    from gateway.raw.family import Family
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Table


def derive(family: Family, lineage: Lineage) -> Family:
    """Return ``family`` with columns on every owner's rows for each table it owns.

    ``<child>: rows`` (INTEGER, 0 to the child's ``most``); and, where the child has an order, ``<child>: first``
    (INTEGER: the time of the first row, counted from the owner's ``since`` or from 0) and ``<child>: span`` (INTEGER:
    from the first to the last), both NULL where no row has a time, and ``first`` where the owner has no ``since`` too.
    Where it has an ``until`` as well, ``<child>: left`` (INTEGER: from the last row to the owner's end; 0 when the row
    is later; NULL without a row or an end).
    Each is a function of what one owner has alone. ``ConfigurationError`` for an order that is no number or date.
    """
    units = _told(family.unit, family.units, family, lineage)
    owned = {
        table: dataclasses.replace(rows, rows=_told(table, rows.rows, family, lineage))
        for table, rows in family.owned.items()
    }
    return dataclasses.replace(family, units=units, owned=owned)


def _told(table: TableName, rows: RawTable, family: Family, lineage: Lineage) -> RawTable:
    columns: list[Column] = []
    arrays: list[pa.Array] = []
    for kin in lineage.owned:
        if kin.owner == table and not kin.named:
            for column, array in _of_child(kin, rows, family):
                columns.append(column)
                arrays.append(array)
    shape: Table = dataclasses.replace(rows.table, columns=(*rows.table.columns, *columns))
    frame = rows.expose()
    return RawTable(shape, pa.Table.from_arrays([*frame.columns, *arrays], schema=shape.arrow_schema()))


def _of_child(kin: Kin, owners: RawTable, family: Family) -> Iterator[tuple[Column, pa.Array]]:
    owned = family.owned[kin.table]
    counts = np.diff(owned.starts)
    yield _whole(rows_name(kin.table), nullable=False), pa.array(counts, pa.int64())
    if kin.order is None:
        return
    shape = owned.rows.table
    time, present = moments.times(owned.rows.expose(), shape, kin.order)
    owner = np.repeat(np.arange(counts.size), counts)[present]
    timed = np.bincount(owner, minlength=counts.size)
    there = timed > 0
    first, last = np.zeros(counts.size, dtype=np.int64), np.zeros(counts.size, dtype=np.int64)
    if owner.size:
        starts = (np.cumsum(timed) - timed)[there]
        first[there] = np.minimum.reduceat(time[present], starts)
        last[there] = np.maximum.reduceat(time[present], starts)
    known = there
    if kin.since is not None:
        since, has = moments.origins(owners.expose(), owners.table, kin.since, shape.column(kin.order))
        known = there & has
    yield (
        _whole(first_name(kin.table)),
        pa.array(first - (since if kin.since is not None else 0), pa.int64(), mask=~known),
    )
    yield _whole(span_name(kin.table)), pa.array(last - first, pa.int64(), mask=~there)
    if kin.until is not None:
        end, ended = moments.ends(owners.expose(), owners.table, kin.until, kin.since, shape.column(kin.order))
        yield _whole(left_name(kin.table)), pa.array(np.maximum(end - last, 0), pa.int64(), mask=~(there & ended))


def _whole(name: ColumnName, *, nullable: bool = True) -> Column:
    return Column(name=name, kind=Kind.INTEGER, native="bigint", nullable=nullable)
