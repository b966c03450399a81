"""Whether a classifier can tell synthetic rows from real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.lessons import area_under, can_be_tried, features, frames, standard_error, taught
from gateway.raw.judge.measure import Comparison, Measured
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared

MOST = 5_000
"""Rows of each kind that the classifier is taught with, and as many again that it is tried on."""
_STREAM = 7
_SURE = 5.0
"""Standard errors by which real rows may be told from real rows by chance."""


class Detection:
    """The area under the ROC curve of boosted trees that tell synthetic from training rows, counted from chance.

    Twice what the area has above a half: 0 to 1, a little below 0 by chance, and far below it where training rows come
    again: what was taught as real is then tried as synthetic. Half of the units on each side teach, up to 5,000 rows of
    both kinds (as many of one as of the other), and as many of the other half are tried. The same is played with
    control rows in place of the synthetic ones: real rows that can be told from real rows were not drawn at random, and
    nothing can be said. pMSE is the mean squared distance of the classifier's answers from a half, on the rows tried, 0
    to 0.25 (Woo et al. 2009, Snoke et al. 2018).
    """

    name = "detection"
    question = "How well can a classifier tell the synthetic rows from the real ones?"
    means = (
        "0: no better than by tossing a coin. 1: it is always right. Far below 0: real rows were copied. It looks at "
        "everything that columns say together; a high figure says that something about the rows is unlike the real "
        "ones, not that it matters to your work."
    )
    not_shown = (
        "What gives the rows away, and whether real people are safe: copies of real rows cannot be told from them and "
        "have the best figure of all."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured:  # noqa: ARG002 - the contract's
        """Compare; ``CheckFailed`` with too few rows, or where even real rows can be told from real ones."""
        train, control, synthetic = frames(compared.coded)
        area, pmse, _ = _told_apart(compared, train, synthetic)
        by_chance, _, error = _told_apart(compared, train, control)
        if by_chance - _SURE * error > 0.5:  # noqa: PLR2004 - the area of chance
            raise CheckFailed(
                f"rows of table {compared.table} that were held out can be told from the others, so they were not "
                "drawn at random; what is told of the synthetic rows would mean nothing"
            )
        return Measured(
            value=2 * area - 1,
            figures={"pMSE": pmse, "real rows from other real rows": 2 * by_chance - 1},
        )


def _told_apart(compared: Compared, real: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return the area under the curve, pMSE, and the area's standard error if there were nothing to tell.

    The error is that of as many rows as there are units: rows of one unit are alike, and say little more than one does.
    """
    random = compared.random(_STREAM)
    halves = [_halved(compared.owner[rows], random) for rows in (real, other)]
    rows, labels = [], []
    for side in (False, True):
        parts = [each[half == side] for each, half in zip((real, other), halves, strict=True)]
        size = min(MOST, *(len(part) for part in parts))
        rows.append(np.concatenate([random.choice(part, size, replace=False) for part in parts]))
        labels.append(np.repeat([0, 1], size))
    if not can_be_tried(labels[1] == 1) or not can_be_tried(labels[0] == 1):
        raise CheckFailed(f"table {compared.table} has too few rows to teach a classifier anything")
    inputs, unordered = features(compared.coded, None, rows)
    likely = taught(inputs[0], labels[0], inputs[1], unordered=unordered, classes=2, seed=compared.seed)[:, 1]
    positive = labels[1] == 1
    _, first = np.unique(compared.owner[rows[1]], return_index=True)
    return (
        area_under(likely, positive),
        float(((likely - 0.5) ** 2).mean()),
        standard_error(0.5, positive[first]),
    )


def _halved(owner: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which half each row belongs to; all of one unit's rows belong to the same."""
    units, place = np.unique(owner, return_inverse=True)
    return np.asarray((random.permutation(len(units)) % 2 == 0)[place])


plugin = Detection
