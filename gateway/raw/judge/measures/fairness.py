"""Whether the synthetic rows teach less about some people than about all."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.measure import Comparison, Measured
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared
    from gateway.raw.judge.lessons import Lesson

MOST_GROUPS = 10
"""A column divides people into groups when it has at most so many values, NULL among them."""
FEWEST = 50
"""Control rows that a group must have."""
SURE = 0.95


class Fairness:
    """The largest loss in any subgroup beyond the loss for all, over the policy's tasks and the columns of few values.

    A loss is what the area under the ROC curve has less when taught by synthetic rows, times 2: counted from chance, as
    in ``usefulness``. A group's loss is counted down to the lower end of its interval, at a level of 95 % for all
    groups together (Bonferroni), so that a group is not called badly served for being small; its interval takes the two
    areas to be independent, which makes it too wide. At least 0.
    """

    name = "fairness"
    of_units = True
    question = "How much more is lost for the group of people for whom most is lost, than for all?"
    means = (
        "0: for no group do the synthetic rows surely teach less than for all people. 0.2: for one group predictions "
        "are worse by a tenth of the way from perfect to coin-tossing beyond what is lost for all. Groups are the "
        "values of columns that have few; the figure of a column is that of its worst group."
    )
    not_shown = (
        "Groups of fewer than fifty held-out people, and people in several groups at once. Small groups may be served "
        "badly without its being sure. Whether predictions from the real rows are fair is another question."
    )
    better = Comparison.AT_MOST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:
        """Compare; None without a task or a group; ``CheckFailed`` where the policy sets a threshold all the same."""
        tasks = dict.fromkeys([*([criteria.task] if criteria.task else []), *criteria.tasks])
        found = [(str(name), group, task) for task in tasks for name, group in _groups(compared, task)]
        if not found:
            if criteria.fairness is not None:
                raise CheckFailed(
                    "there is no task, or no group of people is large enough; name a `task`, or drop `fairness`"
                )
            return None
        level = NormalDist().inv_cdf(1 - (1 - SURE) / len(found))
        figures: dict[str, float] = {}
        for name, group, task in found:
            figures[name] = max(figures.get(name, 0.0), _beyond(compared.lesson(task), group, level))
        return Measured(value=max(figures.values()), figures=figures)


def _groups(compared: Compared, task: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield every group that can be tried, by its column: which of the lesson's rows are of it."""
    lesson = compared.lesson(task)
    for name, (bins, _) in zip(compared.columns, compared.bins, strict=True):
        values = np.unique(bins[: compared.coded.train])
        if name == task or len(values) > MOST_GROUPS:
            continue
        for value in values:
            group = bins[lesson.rows] == value
            if FEWEST <= group.sum() < len(group) and not np.isnan(lesson.area(lesson.real, group)):
                yield name, group


def _beyond(lesson: Lesson, group: NDArray[np.bool_], level: float) -> float:
    """Return how much more is lost in ``group`` than in all, at least, and at least 0."""
    real, made = lesson.area(lesson.real, group), lesson.area(lesson.made, group)
    error = float(np.hypot(lesson.error(real, group), lesson.error(made, group)))
    loss = lesson.area(lesson.real) - lesson.area(lesson.made)
    return float(np.clip(2 * (real - made - loss - level * error), 0, 2))


plugin = Fairness
