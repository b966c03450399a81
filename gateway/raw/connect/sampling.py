"""Some rows from all over a table, without reading all of a big one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

_MARGIN = 1.3
_STEP = 4.0


def by_share(read: Callable[[float], pa.Table], *, rows: int, estimate: float) -> pa.Table:
    """Return at most ``rows`` rows, of those that ``read`` gives when each row has the given chance (1: all rows).

    ``estimate`` is the catalogue's idea of the row count and may be wrong: a sample that comes out short is drawn
    again from a larger share.
    """
    share = _MARGIN * rows / max(estimate, 1.0)
    while share < 1.0:
        found = read(share)
        if found.num_rows >= rows:
            return thinned(found, rows=rows)
        share *= _STEP
    return thinned(read(1.0), rows=rows)


def thinned(found: pa.Table, *, rows: int) -> pa.Table:
    """Return ``rows`` rows evenly spread over ``found``, or ``found`` itself when it has no more."""
    if found.num_rows <= rows:
        return found
    return found.take(np.linspace(0, found.num_rows - 1, rows).astype(np.int64))
