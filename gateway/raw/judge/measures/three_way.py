"""How far triples of columns are from the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.measure import Comparison, Measured
from gateway.raw.judge.utility import three_way

if TYPE_CHECKING:
    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared

MOST = 500
"""Triples that are compared: all where there are no more (15 columns have 455), else so many drawn at random."""
_STREAM = 3


class ThreeWay:
    """The mean total variation distance of triples of columns within a row, in the coarse bins of ``utility``."""

    name = "three_way"
    question = "How far apart are the real and the synthetic distribution of three columns together, on average?"
    means = (
        "0: every three values come together as often as among the real rows. 1: never. Numbers are put into ten "
        "ranges, and all but the nine most frequent values taken together. Of many columns 500 triples are drawn at "
        "random. The figure of a column is the mean over its triples."
    )
    not_shown = (
        "Whether four or more columns hang together. Much of a small figure is chance: two halves of the real rows are "
        "at a distance too, and the further the fewer rows there are."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:  # noqa: ARG002 - the contract's
        """Compare; None for fewer than three columns."""
        found = three_way(compared.coded, compared.columns, most=MOST, random=compared.random(_STREAM))
        if not found:
            return None
        by_column: dict[str, list[float]] = {}
        for names, figure in found.items():
            for name in names:
                by_column.setdefault(str(name), []).append(figure)
        return Measured(
            value=float(np.mean(list(found.values()))),
            figures={str(name): float(np.mean(by_column[name])) for name in compared.columns if name in by_column},
        )


plugin = ThreeWay
