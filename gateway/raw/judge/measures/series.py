"""How rows are spread over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.measure import Comparison, Measured
from gateway.raw.judge.utility import distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared

BINS = 50
"""Stretches of equal length between the real 0.5 % and 99.5 % quantiles; what lies beyond is counted with the ends."""


class Series:
    """The mean distance of the numbers of rows in stretches of time, over the columns that say when.

    These are the dates of the unit's table and the order of an owned one, which is counted from the owner's ``since``
    where the policy declares one. Numbers of rows are taken as shares: how many rows there are is not compared.
    """

    name = "series"
    question = "How far apart are the real and the synthetic numbers of rows over time?"
    means = (
        "Time is cut into fifty stretches of equal length. 0: each has its share of the rows, as in the real table. "
        "0.1: one row in ten would have to be moved to another stretch."
    )
    not_shown = "Days of the week, seasons and single days inside a stretch; which people's rows follow which."
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:  # noqa: ARG002 - the contract's
        """Compare; None where no column says when, or no real row has a time."""
        coded = compared.coded
        figures = {}
        for column in compared.times:
            real = compared.numbers(column, slice(0, coded.train))
            made = compared.numbers(column, slice(len(coded.cells) - coded.synthetic, len(coded.cells)))
            apart = spread(real[~np.isnan(real)], made[~np.isnan(made)])
            if apart is not None:
                figures[str(compared.columns[column])] = apart
        return Measured(value=float(np.mean(list(figures.values()))), figures=figures) if figures else None


def spread(real: NDArray[np.float64], made: NDArray[np.float64]) -> float | None:
    """Return the total variation distance of the shares of rows in ``BINS`` stretches; None without a real time."""
    if not len(real):
        return None
    low, high = np.quantile(real, [0.005, 0.995], method="nearest")
    width = (high - low) / BINS or 1.0
    places = [np.clip(np.floor((times - low) / width), 0, BINS - 1).astype(np.int64) for times in (real, made)]
    return distance(places[0], places[1], BINS)


plugin = Series
