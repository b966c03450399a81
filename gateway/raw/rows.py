"""Production rows, in a frame that will not print, log, pickle or compare itself out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import pyarrow as pa

    from gateway.vocabulary.schema import Table


class RawTable:
    """Rows of one production table.

    ``table`` is the shape of exactly the columns held, in order; the Arrow types follow from it. The rows come out by
    ``expose`` alone, so that every place that touches them can be found by searching for that word.
    """

    __slots__ = ("_rows", "table")

    def __init__(self, table: Table, rows: pa.Table) -> None:
        """Hold ``rows``, whose columns must be those of ``table`` in name, order and type; ``ValueError`` otherwise."""
        if not rows.schema.equals(table.arrow_schema(), check_metadata=False):
            raise ValueError(f"the rows of table {table.name} do not have the columns and types of its declared shape")
        self.table = table
        self._rows = rows

    def expose(self) -> pa.Table:
        """Return the rows themselves. What is derived from them must be metered or withheld."""
        return self._rows

    def __repr__(self) -> str:
        """Return the table's name; not even the number of rows."""
        return f"<RawTable {self.table.name}: rows withheld>"

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("production rows are not printed, compared, hashed, measured by len(), copied out or pickled")

    __reduce__ = __reduce_ex__ = __format__ = __len__ = __eq__ = __ne__ = __iter__ = __getstate__ = _refuse
    __copy__ = __deepcopy__ = __bool__ = _refuse
    __hash__ = None  # type: ignore[assignment]
