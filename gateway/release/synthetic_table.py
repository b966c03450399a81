"""A table that holds nobody: synthetic rows with their declared shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from gateway.vocabulary.schema import Table


@dataclass(frozen=True)
class SyntheticTable:
    """Rows made by a generator. ``table`` is the shape of exactly these columns."""

    table: Table
    rows: pa.Table

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless the rows have the columns and types of the shape."""
        if not self.rows.schema.equals(self.table.arrow_schema(), check_metadata=False):
            raise ValueError(f"the rows of synthetic table {self.table.name} do not fit its shape")
