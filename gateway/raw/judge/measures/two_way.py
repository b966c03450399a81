"""How far pairs of columns are from the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared
    from gateway.vocabulary.names import ColumnName


class TwoWay:
    """The mean total variation distance of the pairs, ``utility.distances``; of owned tables ``relations``."""

    name = "two_way"
    question = "How far apart are the real and the synthetic distribution of a pair of columns, on average?"
    means = (
        "0: every two values come together as often as among the real rows. 1: never. The figure of a column is the "
        "mean over the pairs that it is part of."
    )
    not_shown = (
        "Whether three or more columns hang together, and how far a single pair is off: a mean of many good pairs may "
        "hide a bad one. Two halves of the real rows are not at 0 either."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured:  # noqa: ARG002 - the contract's
        """Compare."""
        if (found := compared.relations) is None:
            return Measured(value=compared.near.mean_two_way, figures=_by_column(compared.near.two_way))
        parts: dict[str, list[float]] = {
            "with the owner": list(found.owner.values()),
            "with the number of rows": list(found.number.values()),
            "row after row": list(found.following.values()),
        }
        figures = {name: float(np.mean(pairs)) for name, pairs in parts.items() if pairs}
        within = _by_column(found.within.two_way) if found.within else {}
        return Measured(value=found.mean_two_way, figures={**figures, **within})


def _by_column(pairs: Mapping[tuple[ColumnName, ColumnName], float]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for names, figure in pairs.items():
        for name in names:
            found.setdefault(str(name), []).append(figure)
    return {name: float(np.mean(figures)) for name, figures in found.items()}


plugin = TwoWay
