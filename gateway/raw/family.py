"""The rows of a whole database, sorted by whom they belong to; and what columns beside the source's own are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import TableName


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OwnedRows:
    """Rows of one table that lead to a unit, sorted by owner: those of owner row i are ``starts[i]:starts[i + 1]``.

    Owner rows are counted as the owner's own ``rows`` lie. Inside one owner the order of rows means nothing.
    """

    rows: RawTable
    """The learned columns and the order column; columns of rows that these name are called ``table.column``."""
    starts: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family:
    """Units and everything they own. Raw: does not print itself."""

    unit: TableName
    units: RawTable
    """One row for each unit: its learned columns."""
    owned: Mapping[TableName, OwnedRows]
    """Every table that is owned, owners first."""
    owner_of: Mapping[TableName, TableName]

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<Family: rows withheld>"

    def rows_of(self, table: TableName) -> RawTable:
        """Return the rows of the unit's table or of one that is owned; ``KeyError`` for any other."""
        return self.units if table == self.unit else self.owned[table].rows

    def unit_of(self, table: TableName) -> NDArray[np.int64]:
        """Return the unit that each row of ``table`` belongs to, as a position in ``units``: never falling."""
        if table == self.unit:
            return np.arange(self.units.expose().num_rows)
        owned = self.owned[table]
        return np.repeat(self.unit_of(self.owner_of[table]), np.diff(owned.starts))


def attached_name(table: TableName, column: ColumnName) -> ColumnName:
    """Return what ``column`` is called on the row that names a row of ``table``."""
    return ColumnName(f"{table}.{column}")


def joined_name(columns: Sequence[ColumnName]) -> ColumnName:
    """Return what the columns of one reference are called together."""
    return ColumnName(", ".join(columns))


def there_name(columns: Sequence[ColumnName]) -> ColumnName:
    """Return the name of the BOOLEAN column that says whether a reference by ``columns`` names anything."""
    return ColumnName(f"{joined_name(columns)}: there")


def rows_name(child: TableName) -> ColumnName:
    """Return the name of the owner's INTEGER column that counts its rows of ``child``."""
    return ColumnName(f"{child}: rows")


def first_name(child: TableName) -> ColumnName:
    """Return the name of the owner's INTEGER column with the time of the first row of ``child``."""
    return ColumnName(f"{child}: first")


def span_name(child: TableName) -> ColumnName:
    """Return the name of the owner's INTEGER column with the time from the first row of ``child`` to the last."""
    return ColumnName(f"{child}: span")


def left_name(child: TableName) -> ColumnName:
    """Return the name of the owner's INTEGER column with the time from the last row of ``child`` to the owner's end."""
    return ColumnName(f"{child}: left")
