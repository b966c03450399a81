"""Columns as a report knows them: their cells with labels, and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.raw.generate.labels import labels_of, scores_of
from gateway.release.describing import Cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain
    from gateway.vocabulary.schema import Column


def cut_of(column: Column, domain: Domain, to: NDArray[np.int32], *, count: int, name: str = "") -> Cut:
    """Return ``column`` in ``count`` cells: fine cell c of ``domain`` belongs to cell ``to[c]``, or to none for -1."""
    labels, scores = labels_of(column, domain, to, count=count), scores_of(domain, to, count=count)
    return Cut(name=name or column.name, labels=labels, scores=scores)
