"""Hold the attacks and the utility figures against the thresholds that the policy fixed beforehand."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway import plugins
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.lessons import usefulness
from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.remaking import NOTHING
from gateway.raw.judge.utility import distances
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.attack import Attack, AttackResult
    from gateway.raw.judge.remaking import Remaker
    from gateway.raw.judge.utility import Distances
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import ColumnName

_ATTACKS = "gateway.raw.judge.attacks"
_REQUIRED = ("singling_out", "verbatim", "membership")
"""The attacks a policy sets thresholds for: each has its check even where its plugin is missing."""
_QUESTIONS = {
    "one_way": "How far apart are the real and the synthetic distribution of a column, on average?",
    "two_way": "How far apart are the real and the synthetic distribution of a pair of columns, on average?",
    "references": "Which share of the synthetic references leads to a row that is there?",
    "kept": "Which share of the rows that were drawn keep what their table declares, and could stay?",
    "ends": "How many synthetic rows lie after their owner's end?",
    "usefulness": "How much of what the real rows teach about the task do the synthetic rows teach too?",
}
_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a check ended. One that could not run has failed, and says so."""

    PASSED = "passed"
    FAILED = "failed"
    COULD_NOT_RUN = "could_not_run"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One criterion: what was needed, what was got (None when it could not run), how it ended."""

    name: str
    """As the policy's `criteria` call it."""
    question: str
    comparison: Comparison
    needed: float
    got: float | None
    outcome: Outcome
    reason: str = ""
    """Why it could not run; empty otherwise. Never holds a value."""
    means: str = ""
    """What the figure means, in words for a steward."""
    not_shown: str = ""
    """What a good figure does not show."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the judge found: figures, names and words of our own, no value of any row. Steward-only."""

    checks: tuple[Check, ...]
    attacks: tuple[AttackResult, ...]
    """Every attack that ran, each followed by its parts (``membership/outliers``)."""
    distances: Mapping[str, float]
    """``mean_one_way``, ``mean_two_way``, ``one_way.<column>`` of each column; empty if they could not be measured.

    Of a whole database, each behind the name of its table and a dot (see ``database``)."""

    @property
    def passed(self) -> bool:
        """Whether there is at least one check and every one passed."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)


def judge(
    train: RawTable,
    control: RawTable,
    synthetic: pa.Table,
    *,
    columns: Sequence[ColumnName],
    criteria: CriteriaClause,
    seed: int,
    progress: Callable[[str, float], None],
    remaker: Remaker = NOTHING,
) -> Judgement:
    """Attack ``synthetic`` with the rows it was learned from and measure its use; the same seed, the same figures.

    ``columns`` are the learned ones; no other is read. ``control`` are rows of units that were held out before
    training; that they were is the caller's promise. An attack passes when its excess over the control, at the upper
    end of the interval, is at most the policy's threshold, and no part of it is surely above (``AttackResult.bound``).
    Whatever goes wrong inside an attack becomes a check that could not run; nothing is raised for it. ``progress``
    hears the name of what begins and the share done, 0 to 1. With a ``remaker`` attacks may draw and train anew.
    """
    redraw = remaker.redraw
    arena = Arena(
        train=train.expose(),
        control=control.expose(),
        synthetic=synthetic,
        columns=tuple(columns),
        seed=seed,
        roles=remaker.roles,
        redraw=redraw and (lambda seed: redraw(synthetic.num_rows, seed).units.select(synthetic.column_names)),
        retrain=remaker.retrain,
        shadow_models=criteria.shadow_models,
    )
    checks, results = attack_all(lambda: arena, criteria, of_histories=False, progress=progress)
    steps = len(checks) + 2
    progress("distances", (steps - 2) / steps)
    near, figures = _compared(arena, criteria)
    checks.extend(near)
    if criteria.task is not None:
        progress("usefulness", (steps - 1) / steps)
        checks.append(used(lambda: arena, criteria))
    return judged(checks, results, figures, progress=progress)


def judged(
    checks: Sequence[Check],
    results: Sequence[AttackResult],
    figures: Mapping[str, float],
    *,
    progress: Callable[[str, float], None],
) -> Judgement:
    """Return what was found, and log how each check ended."""
    progress("judged", 1.0)
    for check in checks:
        _log.info("check ended", extra={"check": check.name, "outcome": check.outcome.value, "reason": check.reason})
    return Judgement(checks=tuple(checks), attacks=tuple(results), distances=dict(figures))


def attack_all(
    arena: Callable[[], Arena],
    criteria: CriteriaClause,
    *,
    of_histories: bool,
    progress: Callable[[str, float], None],
) -> tuple[list[Check], list[AttackResult]]:
    """Run every attack there is; those on what units own only where ``of_histories``.

    ``arena`` gives what they may use, or raises ``CheckFailed``: then none of them could run.
    """
    names = [
        name
        for name in dict.fromkeys([*_REQUIRED, *plugins.names(_ATTACKS)])
        if (of_histories or not _trait(name, "of_histories", otherwise=False)) and _is_asked(name, criteria)
    ]
    checks, results = [], []
    for done, name in enumerate(names):
        progress(name, done / (len(names) + 2))
        check, result = _attacked(name, arena, criteria)
        checks.append(check)
        results.extend([result, *result.parts] if result else [])
    return checks, results


def _trait(name: str, trait: str, *, otherwise: str | bool) -> str | bool:
    """Return an optional attribute of an attack; one that does not even load will be a check that could not run."""
    try:
        found: str | bool = getattr(plugins.load(_ATTACKS, name), trait, otherwise)
    except Exception:  # noqa: BLE001 - see above
        return otherwise
    return found


def _is_asked(name: str, criteria: CriteriaClause) -> bool:
    """Return whether the policy asks for an attack: all are asked for but those that say otherwise."""
    asked_by = str(_trait(name, "asked_by", otherwise=""))
    return not asked_by or bool(getattr(criteria, asked_by, True))


def _attacked(name: str, arena: Callable[[], Arena], criteria: CriteriaClause) -> tuple[Check, AttackResult | None]:
    questions, results = [name.replace("_", " ")], []
    threshold = getattr(criteria, str(_trait(name, "criterion", otherwise=name)), None)

    def bound() -> float:
        attack: Attack = plugins.load(_ATTACKS, name)()
        questions.append(attack.question)
        if not isinstance(threshold, float):
            raise CheckFailed("the policy's `criteria` have no threshold of this name; an attack needs one beforehand")
        result = attack.run(arena())
        if not _is_sound(result):
            raise CheckFailed("the attack returned no targets, or a figure that is not a number")
        results.append(result)
        return result.bound

    needed = threshold if isinstance(threshold, float) else 0.0
    check = measured(name, bound, comparison=Comparison.AT_MOST, needed=needed)
    return replace(
        check,
        question=questions[-1],
        means=str(_trait(name, "means", otherwise="")),
        not_shown=str(_trait(name, "not_shown", otherwise="")),
    ), results[0] if results else None


def _compared(arena: Arena, criteria: CriteriaClause) -> tuple[list[Check], dict[str, float]]:
    found: list[Distances] = []

    def near() -> Distances:
        if not found:
            found.append(distances(arena.codes, arena.columns))
        return found[0]

    checks = [
        measured("one_way", lambda: near().mean_one_way, comparison=Comparison.AT_MOST, needed=criteria.one_way),
        measured("two_way", lambda: near().mean_two_way, comparison=Comparison.AT_MOST, needed=criteria.two_way),
    ]
    return checks, figures_of(found[0]) if found else {}


def figures_of(found: Distances) -> dict[str, float]:
    """Return the distances of one table as the steward is shown them."""
    means = {"mean_one_way": found.mean_one_way, "mean_two_way": found.mean_two_way}
    return means | {f"one_way.{column}": figure for column, figure in found.one_way.items()}


def used(arena: Callable[[], Arena], criteria: CriteriaClause) -> Check:
    """Hold the usefulness for the policy's task, which must have one, against its threshold."""
    return measured(
        "usefulness",
        lambda: usefulness(arena().codes, arena().columns, task=str(criteria.task), seed=arena().seed),
        comparison=Comparison.AT_LEAST,
        needed=criteria.usefulness,
    )


def measured(name: str, measure: Callable[[], float], *, comparison: Comparison, needed: float) -> Check:
    """Return how one figure is held against its threshold; whatever ``measure`` raises, the check could not run."""
    got, reason, outcome = None, "", Outcome.COULD_NOT_RUN
    try:
        got = measure()
    except CheckFailed as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the check has failed
        # Its text may quote a value of a row, so only its kind is told.
        reason = f"{type(error).__name__} inside the check"
    else:
        passed = got <= needed if comparison is Comparison.AT_MOST else got >= needed
        outcome = Outcome.PASSED if passed else Outcome.FAILED
    question = _QUESTIONS.get(name.rsplit(".", 1)[-1], name)
    return Check(
        name=name, question=question, comparison=comparison, needed=needed, got=got, outcome=outcome, reason=reason
    )


def _is_sound(result: AttackResult) -> bool:
    """Whether every figure is there: a comparison with NaN would be a check that did not run."""
    figures = [
        end
        for each in (result, *result.parts)
        for interval in (each.rate, each.control, each.baseline, each.excess)
        for end in (interval.value, interval.low, interval.high)
    ]
    return result.targets > 0 and all(map(math.isfinite, figures))
