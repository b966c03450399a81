"""Which declared constraints a released table can carry: those whose columns, and whose other end, are released too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.vocabulary.checks import Check, Condition
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Reference, Table


def keys(table: Table) -> tuple[tuple[ColumnName, ...], ...]:
    """Return the primary key first, if there is one, then what else is unique; each once."""
    here = {column.name for column in table.columns}
    return tuple(dict.fromkeys(key for key in (table.primary_key, *table.unique) if key and set(key) <= here))


def checks(table: Table) -> tuple[Check, ...]:
    """Return the CHECKs that were understood."""
    here = {column.name for column in table.columns}
    return tuple(check for check in table.checks if check.condition is not None and set(check.columns) <= here)


def condition_of(check: Check) -> Condition:
    """Return the condition of a CHECK that was understood; ``ValueError`` for any other."""
    if check.condition is None:
        raise ValueError(f"the CHECK {check.name} has no condition")
    return check.condition


def references(table: Table, tables: Mapping[TableName, Table]) -> tuple[Reference, ...]:
    """Return the references of ``table`` whose columns are here, and that name a key of one of ``tables``."""
    here = {column.name for column in table.columns}
    return tuple(
        reference
        for reference in table.references
        if set(reference.columns) <= here
        and reference.target in tables
        and set(reference.target_columns) in [set(key) for key in keys(tables[reference.target])]
    )
