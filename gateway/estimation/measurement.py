"""The border of privacy: noisy counts. Everything that takes these and nothing else is post-processing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class NoisyMarginal:
    """Noisy counts over the cells of one or more coded columns.

    ``columns`` are positions of columns; ``counts`` is an int64 array with one axis per column; ``sigma`` the standard
    deviation of the noise, in counts: one figure, or one for each cell (an array of the shape of ``counts``) when cells
    are sums of finer ones. With ``groups`` the axes are coarser than the columns: for each axis, which of its places
    every cell of the column falls into (int32).
    """

    columns: tuple[int, ...]
    counts: NDArray[np.int64]
    sigma: float | NDArray[np.float64]
    groups: tuple[NDArray[np.int32], ...] | None = None
    ordered: bool = False
    """Whether the cells of all columns are in order, so that neighbours may be looked at together."""
