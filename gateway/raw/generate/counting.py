"""The contract of counting: exact contingency tables in which every unit is one row and every row is in one cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain, Values
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """One axis of a contingency table: a column, cut into the cells of ``domain``, which ``bin_of`` may merge.

    ``bin_of`` has one entry per cell of ``domain``: the bin the cell belongs to, 0 to the number of bins - 1, each of
    which occurs. Both must be public or noisy: they are made before counting, from nothing that is exact.
    """

    column: ColumnName
    domain: Domain
    bin_of: NDArray[np.int32] | None = None

    @property
    def cells(self) -> int:
        """Return the length of the axis."""
        return self.domain.cells if self.bin_of is None else int(self.bin_of.max()) + 1


class Counter(Protocol):
    """Exact counts over one table, one row per unit: adding or removing one unit changes one cell of any answer by one.

    A row belongs to a unit when its key is full and no other row has the same one; all other rows count nowhere, so
    that no unit has two. The answers are as secret as the rows: they may go to ``metering`` and nowhere else. All
    answers of one counter are of one state of the source.
    """

    table: Table
    """The shape of the columns that can be counted."""

    def values(
        self, column: ColumnName, *, length: int | None = None, besides: Values | None = None
    ) -> tuple[list[str], NDArray[np.int64]]:
        """Return the texts that occur in a text or enum ``column`` with their counts (int64), in no promised order.

        NULL is not counted. Two texts are the same when their code points are, whatever the source's collation says.
        With ``length`` it is their first so many code points; rows in the cells of what ``besides`` lists are left out.
        """
        ...

    def count(self, tables: Sequence[Sequence[Axis]]) -> list[NDArray[np.int64]]:
        """Return one contingency table (int64) for each of ``tables``, with one axis per ``Axis`` in its order.

        Without any axis it is the number of rows, of shape (). Every counted row is in exactly one cell of each table.
        """
        ...
