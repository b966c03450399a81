"""How much the strength of what columns have to do with each other differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared


class Correlations:
    """The mean absolute difference of all pairs' associations (``associations``), real and synthetic.

    Of two numbers both correlations count, half each. Where a column varies in one of the tables alone, the other has
    no connection there: 0. Pairs that are defined in neither are left out.
    """

    name = "correlations"
    question = "How much does the strength differ with which two columns hang together?"
    means = (
        "For every two columns a strength is worked out: 0 if one says nothing of the other, 1 if one follows from the "
        "other; of two numbers -1 to 1, by whether one falls or rises with the other. The figure is the mean difference"
        " between real and synthetic rows: 0.05 is small, and 0.3 means that connections were lost or made up."
    )
    not_shown = (
        "The form of a connection: one number may rise and fall with another, and the correlation say nothing of it. "
        "Whether three columns hang together."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:  # noqa: ARG002 - the contract's
        """Compare; None where no two columns vary."""
        real, made = compared.associations
        parts = {
            "numbers, as they are (Pearson)": _apart(real.linear, made.linear),
            "numbers, by rank (Spearman)": _apart(real.ranked, made.ranked),
            "numbers with other columns (eta)": _apart(real.mixed, made.mixed),
            "other columns (Cramer's V)": _apart(real.listed, made.listed),
        }
        linear, ranked, mixed, listed = parts.values()
        of_numbers = (linear + ranked) / 2
        pairs = np.where(np.isnan(of_numbers), np.where(np.isnan(mixed), listed, mixed), of_numbers)
        upper = np.triu(np.ones(pairs.shape, dtype=np.bool_), 1)
        if np.isnan(pairs[upper]).all():
            return None
        figures = {name: float(np.nanmean(each[upper])) for name, each in parts.items() if _any(each[upper])}
        np.fill_diagonal(pairs, np.nan)
        figures |= {str(n): float(np.nanmean(row)) for n, row in zip(compared.columns, pairs, strict=True) if _any(row)}
        return Measured(value=float(np.nanmean(pairs[upper])), figures=figures)


def _apart(real: NDArray[np.float64], made: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = np.abs(np.nan_to_num(real) - np.nan_to_num(made))
    return np.where(np.isnan(real) & np.isnan(made), np.nan, apart)


def _any(figures: NDArray[np.float64]) -> bool:
    return not bool(np.isnan(figures).all())


plugin = Correlations
