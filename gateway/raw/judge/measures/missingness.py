"""How often columns are empty, and empty together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL
from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared

_AT_ONCE = 2**16
_MOST_PAIRS = 50


class Missingness:
    """The mean difference in the share of rows in which both of two columns are NULL, over all pairs that ever are.

    A column is a pair with itself, which is how often it is NULL. Columns without a NULL on either side are left out.
    """

    name = "missingness"
    question = "How much does it differ how often values are missing, alone and together?"
    means = (
        "The mean difference, as a share of rows, in how often a column is empty, and in how often two columns are "
        "empty in the same row. 0.02: two rows in a hundred."
    )
    not_shown = "Why values are missing: whether that hangs on what other columns say. Pairs of columns show that."
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured:  # noqa: ARG002 - the contract's
        """Compare; 0 where nothing is ever empty. An empty table is empty in no row."""
        cells = compared.coded.cells
        made = cells[len(cells) - compared.coded.synthetic :]
        real = cells[: compared.coded.train]
        some = (real == NULL).any(axis=0) | (made == NULL).any(axis=0)
        kept = np.flatnonzero(some)
        if not kept.size:
            return Measured(value=0.0)
        apart = np.abs(_together(real[:, kept]) - _together(made[:, kept]))
        names = [str(compared.columns[j]) for j in kept]
        figures = dict(zip(names, np.diag(apart).tolist(), strict=True))
        one, other = np.triu_indices(len(names), 1)
        for pair in np.argsort(-apart[one, other], kind="stable")[:_MOST_PAIRS].tolist():
            figures[f"{names[one[pair]]}, {names[other[pair]]}"] = float(apart[one[pair], other[pair]])
        return Measured(value=float(apart[np.triu_indices(len(names))].mean()), figures=figures)


def _together(cells: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the share of rows in which each two columns are both NULL."""
    found = np.zeros((cells.shape[1], cells.shape[1]))
    for begin in range(0, len(cells), _AT_ONCE):
        missing = (cells[begin : begin + _AT_ONCE] == NULL).astype(np.float64)
        found += missing.T @ missing
    return found / max(1, len(cells))


plugin = Missingness
