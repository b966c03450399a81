"""Whether the synthetic rows teach what the real rows teach about the columns that the policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.raw.judge.lessons import estimate
from gateway.raw.judge.measure import Comparison, Measured

if TYPE_CHECKING:
    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared


class Usefulness:
    """The least ratio, over the policy's ``task`` and ``tasks``, of what is learned from synthetic and from real rows.

    See ``lessons`` for how a task is taught and tried; each ratio is of areas under the ROC curve, counted from chance.
    """

    name = "usefulness"
    of_units = True
    question = "How much of what the real rows teach about the task do the synthetic rows teach too?"
    means = (
        "A model learns to predict the task's column from all others, once from real and once from synthetic rows, and "
        "both are tried on real people that neither has seen. 1: the synthetic rows teach as well. 0: they teach "
        "nothing. Of several tasks the worst counts."
    )
    not_shown = (
        "How well any other column can be predicted, and whether other methods would do as well: effects and their "
        "intervals may be off though predictions are good."
    )
    better = Comparison.AT_LEAST

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:
        """Teach and try every task; None where the policy names none, ``CheckFailed`` where one cannot be tried."""
        tasks = tuple(dict.fromkeys([*([criteria.task] if criteria.task else []), *criteria.tasks]))
        if not tasks:
            return None
        found: dict[str, float] = {}
        figures: dict[str, float] = {}
        for task in tasks:
            lesson = compared.lesson(task)
            found[task] = lesson.usefulness
            sides = {"real": lesson.real, "synthetic": lesson.made}
            figures |= {f"{task}: AUC from {side} rows": lesson.area(likely) for side, likely in sides.items()}
            figures |= {f"{task}: F1 from {side} rows": lesson.f1(likely) for side, likely in sides.items()}
            number = estimate(compared.coded, compared.columns, task=task, seed=compared.seed)
            if number is not None:
                figures |= {f"{task}: R2 from {side} rows": r2 for side, r2 in zip(sides, number.r2, strict=True)}
                figures |= {
                    f"{task}: error against guessing, from {side} rows": error
                    for side, error in zip(sides, number.error, strict=True)
                }
        return Measured(value=min(found.values()), figures={**found, **figures})


plugin = Usefulness
