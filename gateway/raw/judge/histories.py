"""Whole histories as numbers: the rows each person has in one owned table, of all three frames, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.judge.codes import NULL, code_column, has_order, numbers_of
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.policy.lineage import Kin, Lineage
    from gateway.raw.family import Family
    from gateway.raw.generate.rebuilding import Portion
    from gateway.vocabulary.names import ColumnName, TableName

_DAY = 86_400 * 1_000_000
"""A day in the units of a date-time column."""
GAP = "gap"
"""What the time from the row before is called, behind the name of the column that orders rows."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SyntheticRows:
    """Synthetic rows of one owned table, sorted by owner: those of owner row i are ``starts[i]:starts[i + 1]``."""

    rows: pa.Table
    starts: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SyntheticFamily:
    """A whole synthetic database, laid out as ``Family`` lays out the real one: same columns, same types."""

    units: pa.Table
    owned: Mapping[TableName, SyntheticRows]

    @classmethod
    def of(cls, portions: Iterable[Portion]) -> SyntheticFamily:
        """Return all that a model of a database yields, held at once (the generator's own rows need not be)."""
        units: list[pa.Table] = []
        owned: dict[TableName, tuple[list[pa.Table], list[NDArray[np.int64]]]] = {}
        for portion in portions:
            if portion.lengths is None:
                units.append(portion.rows)
            else:
                rows, lengths = owned.setdefault(portion.table, ([], []))
                rows.append(portion.rows)
                lengths.append(portion.lengths)
        return cls(
            units=pa.concat_tables(units),
            owned={
                table: SyntheticRows(
                    rows=pa.concat_tables(rows),
                    starts=np.append(0, np.cumsum(np.concatenate(lengths))).astype(np.int64),
                )
                for table, (rows, lengths) in owned.items()
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Cells:
    """Rows as codes: those of training, of control, then synthetic ones. Raw: does not print itself."""

    columns: tuple[ColumnName, ...]
    cells: NDArray[np.int32]
    """Rows x columns. Equal codes are equal values; codes rise with the value; NULL is -1."""
    numbers: tuple[NDArray[np.float64], ...]
    """For each column the number behind each code, and behind -1 NaN; the code itself where values have no order."""
    ordered: NDArray[np.bool_]
    train: int
    control: int
    synthetic: int

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<Cells: rows withheld>"

    @property
    def sizes(self) -> NDArray[np.int32]:
        """How many different values each column has."""
        return np.array([len(numbers) - 1 for numbers in self.numbers], dtype=np.int32)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class History:
    """One owned table. Rows are sorted by owner, then time, then what they say, so that equal histories look equal.

    Owners and units are numbered through the frames: those of training first, then control, then synthetic.
    """

    table: TableName
    rows: Cells
    """The columns; with an order, the last two are the time (since the owner's ``since``, or as it is) and the gap to
    the row before, which is NULL in the first row of an owner."""
    kind: int
    """Column that says what sort of row it is; -1 if none."""
    timed: bool
    """Whether rows have an order, and the last two columns are time and gap."""
    owner: NDArray[np.int64]
    unit: NDArray[np.int64]
    units: tuple[int, int, int]
    """How many units there are in training, in control and synthetic."""
    owners: Cells
    """The rows that own these, by the numbers in ``owner``."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return f"<History {self.table}: rows withheld>"

    @property
    def said(self) -> list[int]:
        """The columns that are neither time nor gap."""
        return list(range(len(self.rows.columns) - 2 * self.timed))

    @property
    def first_of_owner(self) -> NDArray[np.bool_]:
        """Whether each row is the first of its owner's."""
        return np.append(True, self.owner[1:] != self.owner[:-1])[: len(self.owner)]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Frame:
    """One table of one of the three frames."""

    rows: pa.Table
    starts: NDArray[np.int64] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Owning:
    """A table read already: its rows as they lie sorted, and where each row of its frames went."""

    frames: Sequence[_Frame]
    cells: Cells
    unit: NDArray[np.int64]
    units: tuple[int, int, int]
    place: NDArray[np.int64]


def histories(
    train: Family,
    control: Family,
    synthetic: SyntheticFamily,
    *,
    lineage: Lineage,
    columns: Mapping[TableName, Sequence[ColumnName]],
) -> tuple[History, ...]:
    """Return the history of every owned table, owners first, reading ``columns`` and the order columns alone.

    A table may be empty in any frame. Raises ``CheckFailed`` when a table or a column is missing in a frame or has
    another type in the synthetic one, or when ``starts`` do not fit the owners and rows.
    """
    sides = (train, control)
    units = [_Frame(rows=side.units.expose(), starts=None) for side in sides]
    units.append(_Frame(rows=synthetic.units, starts=None))
    table = lineage.unit.table
    cells = _coded(table, units, columns[table])
    everyone = np.arange(len(cells.cells))
    sizes = (cells.train, cells.control, cells.synthetic)
    read = {table: _Owning(frames=units, cells=cells, unit=everyone, units=sizes, place=everyone)}
    found = []
    for kin in lineage.owned:
        if kin.owner is None or any(kin.table not in side.owned for side in (*sides, synthetic)):
            raise CheckFailed(f"table {kin.table} is missing from the training, control or synthetic rows")
        frames = [_Frame(rows=s.owned[kin.table].rows.expose(), starts=s.owned[kin.table].starts) for s in sides]
        invented = synthetic.owned[kin.table]
        frames.append(_Frame(rows=invented.rows, starts=invented.starts))
        history, read[kin.table] = _history(kin, frames, read[kin.owner], columns[kin.table])
        found.append(history)
    return tuple(found)


def _history(
    kin: Kin, frames: Sequence[_Frame], owning: _Owning, columns: Sequence[ColumnName]
) -> tuple[History, _Owning]:
    named = _coded(kin.table, frames, [name for name in columns if name != kin.order])
    before = _owners_before(kin, frames, owning.frames)
    owner = owning.place[before]
    time = _times(kin, frames)
    since = _since(kin, frames, owning.frames)
    kind = named.columns.index(kin.kind) if kin.kind in named.columns else -1
    keys = [*named.cells.T[::-1], *([named.cells[:, kind]] if kind >= 0 else []), *([] if time is None else [time])]
    order = np.lexsort((*keys, owner))
    owner = owner[order]
    rows = _taken(named, order)
    if time is not None and kin.order is not None:
        sorted_times = time[order]
        gap = np.append(np.nan, np.diff(sorted_times))[: len(owner)]
        gap[np.append(True, owner[1:] != owner[:-1])[: len(owner)]] = np.nan
        shown = sorted_times if since is None else sorted_times - since[before[order]]
        rows = _with(rows, {str(kin.order): shown, f"{kin.order}: {GAP}": gap})
    unit = owning.unit[owner]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    history = History(
        table=kin.table,
        rows=rows,
        kind=kind,
        timed=time is not None,
        owner=owner,
        unit=unit,
        units=owning.units,
        owners=owning.cells,
    )
    return history, _Owning(frames=frames, cells=rows, unit=unit, units=owning.units, place=place)


def _coded(table: TableName, frames: Sequence[_Frame], columns: Sequence[ColumnName]) -> Cells:
    """Return ``columns`` of the frames as codes, rows as they lie."""
    cells, numbers, ordered = [np.empty((sum(f.rows.num_rows for f in frames), 0), dtype=np.int32)], [], []
    for name in columns:
        codes, values = code_column(_columns_of(table, frames, name))
        ordered.append(has_order(values.type))
        numbers.append(np.append(numbers_of(values) if ordered[-1] else np.arange(len(values)), np.nan))
        cells.append(codes[:, None])
    train, control, synthetic = (frame.rows.num_rows for frame in frames)
    return Cells(
        columns=tuple(columns),
        cells=np.ascontiguousarray(np.concatenate(cells, axis=1), dtype=np.int32),
        numbers=tuple(numbers),
        ordered=np.array(ordered, dtype=np.bool_),
        train=train,
        control=control,
        synthetic=synthetic,
    )


def _columns_of(table: TableName, frames: Sequence[_Frame], name: ColumnName) -> list[pa.ChunkedArray]:
    if any(name not in frame.rows.column_names for frame in frames):
        raise CheckFailed(f"column {table}.{name} is missing from the training, control or synthetic rows")
    found = [frame.rows.column(name) for frame in frames]
    if len({column.type for column in found}) > 1:
        raise CheckFailed(f"column {table}.{name} has another type in the synthetic rows than in production")
    return found


def _owners_before(kin: Kin, frames: Sequence[_Frame], owners: Sequence[_Frame]) -> NDArray[np.int64]:
    """Return, per row, the number of its owner as owners lie in their frames."""
    found, begin = [], 0
    for frame, owning in zip(frames, owners, strict=True):
        starts, many = np.asarray(frame.starts), owning.rows.num_rows
        if (
            len(starts) != many + 1
            or starts[0] != 0
            or starts[-1] != frame.rows.num_rows
            or (np.diff(starts) < 0).any()
        ):
            raise CheckFailed(f"the rows of table {kin.table} are not divided among the rows that own them")
        found.append(np.repeat(np.arange(begin, begin + many), np.diff(starts)))
        begin += many
    return np.concatenate(found)


def _times(kin: Kin, frames: Sequence[_Frame]) -> NDArray[np.float64] | None:
    """Return, per row, its time as a number (days, microseconds, or what it counts); NaN for NULL, which sorts last."""
    if kin.order is None:
        return None
    codes, values = code_column(_columns_of(kin.table, frames, kin.order))
    if not has_order(values.type):
        raise CheckFailed(f"column {kin.table}.{kin.order} has no order; declare a date, a date-time or a number")
    return np.append(numbers_of(values), np.nan)[codes]


def _since(kin: Kin, frames: Sequence[_Frame], owners: Sequence[_Frame]) -> NDArray[np.float64] | None:
    """Return, per owner as owners lie, the time its rows are counted from, in the units of theirs."""
    if kin.since is None or kin.order is None or any(kin.since not in f.rows.column_names for f in owners):
        return None
    codes, values = code_column([frame.rows.column(kin.since) for frame in owners])
    numbers = np.append(numbers_of(values), np.nan)[codes]
    ours, theirs = frames[0].rows.schema.field(kin.order).type, values.type
    if pa.types.is_date(theirs) and pa.types.is_timestamp(ours):
        return numbers * _DAY
    return np.floor(numbers / _DAY) if pa.types.is_timestamp(theirs) and pa.types.is_date(ours) else numbers


def _taken(cells: Cells, order: NDArray[np.int64]) -> Cells:
    return Cells(**{**vars(cells), "cells": cells.cells[order]})


def _with(cells: Cells, more: Mapping[str, NDArray[np.float64]]) -> Cells:
    """Return ``cells`` with further columns of numbers; NaN is NULL."""
    codes, numbers = [cells.cells], list(cells.numbers)
    for column in more.values():
        values, inverse = np.unique(column, return_inverse=True, equal_nan=True)
        known = values[~np.isnan(values)]
        numbers.append(np.append(known, np.nan))
        codes.append(np.where(inverse < len(known), inverse, NULL).astype(np.int32)[:, None])
    return Cells(**{
        **vars(cells),
        "columns": (*cells.columns, *more),
        "cells": np.ascontiguousarray(np.concatenate(codes, axis=1)),
        "numbers": tuple(numbers),
        "ordered": np.append(cells.ordered, np.ones(len(more), dtype=np.bool_)),
    })  # fmt: skip
