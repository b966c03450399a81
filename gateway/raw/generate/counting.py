"""The contract of counting: exact contingency tables in which every unit is one row and every row is in one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Counter(Protocol):
    """Exact counts over coded columns: adding or removing one unit changes one cell of any answer by one.

    The answers are as secret as the rows: they may go to ``metering`` and nowhere else.
    """

    cells: tuple[int, ...]
    """The number of cells of each column."""

    def count(self, columns: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the contingency table of ``columns`` (positions), one axis per column; without any, the row count."""
        ...
