"""Which rows belong to whom: the tables of a policy as a tree under the unit of protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Reference


@dataclass(frozen=True, kw_only=True)
class Kin:
    """One synthesized table: the unit's (``owner`` is None), or one whose rows each belong to a row of ``owner``."""

    table: TableName
    owner: TableName | None = None
    columns: tuple[ColumnName, ...] = ()
    """This table's columns that name the owner's row; or, with ``named``, the columns that the owner's rows name."""
    owner_columns: tuple[ColumnName, ...] = ()
    """The owner's columns, position by position."""
    named: bool = False
    """Whether the owner's row names this one (a customer their address): each owner row then has one of its own."""
    order: ColumnName | None = None
    since: ColumnName | None = None
    """The owner's column that the first row's ``order`` is counted from."""
    kind: ColumnName | None = None
    most: int = 0
    """How many rows one owner can have, at most; more are not looked at. Public."""
    public: tuple[Reference, ...] = ()
    """References to tables that are public: their columns are learned, as one, over the rows there."""
    links: tuple[Reference, ...] = ()
    """References to synthesized rows other than the owner's. They close, and say nothing of who pointed at whom."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """All tables of a policy."""

    unit: Kin
    owned: tuple[Kin, ...]
    """Owners before what they own."""
    public: tuple[TableName, ...]
    dropped: tuple[TableName, ...]

    @property
    def kin(self) -> tuple[Kin, ...]:
        """Every synthesized table, owners first."""
        return (self.unit, *self.owned)
