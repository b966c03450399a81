"""Hold the attacks and the measures of use against the thresholds that the policy fixed beforehand."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway import plugins
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import of_units, once
from gateway.raw.judge.marginals import marginals, pairs
from gateway.raw.judge.measure import Comparison, MeasureResult
from gateway.raw.judge.remaking import NOTHING
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.attack import Attack, AttackResult
    from gateway.raw.judge.compared import Compared
    from gateway.raw.judge.marginals import Marginal, Pair
    from gateway.raw.judge.measure import Measure
    from gateway.raw.judge.remaking import Remaker
    from gateway.raw.rows import RawTable
    from gateway.vocabulary.names import ColumnName, TableName

_ATTACKS = "gateway.raw.judge.attacks"
_REQUIRED = ("singling_out", "verbatim", "membership")
"""The attacks a policy sets thresholds for: each has its check even where its plugin is missing."""
MEASURES = "gateway.raw.judge.measures"
_MEASURED = ("one_way", "two_way", "usefulness")
"""The measures a policy always has thresholds for."""
_WORDS = {
    "references": (
        "Which share of the synthetic references leads to a row that is there?",
        "1: every reference leads somewhere, or is empty. Of several references the worst counts.",
        "Whether the row that it leads to is a likely one.",
    ),
    "kept": (
        "Which share of the rows that were drawn keep what their table declares, and could stay?",
        "1: all of them. 0.9: one row in ten was left out, since it broke a rule of its table.",
        "Whether leaving rows out has made the others less like the real ones; the distances show that.",
    ),
    "ends": (
        "How many synthetic rows lie after their owner's end?",
        "0: none, as it must be.",
        "Whether rows come as long before the end as they really do.",
    ),
}
"""Of checks that are no plugin's: the question, what the figure means, and what it does not show."""
_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a check ended. One that could not run has failed, and says so."""

    PASSED = "passed"
    FAILED = "failed"
    COULD_NOT_RUN = "could_not_run"
    NOT_RUN_ACCEPTED = "not_run_accepted"
    """It needs rows, which stay in their source; the policy said beforehand, by name, that this is accepted."""


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
    measures: tuple[MeasureResult, ...] = ()
    """What every measure found of every table, whether the policy has a threshold for it or not."""
    unseen: tuple[str, ...] = ()
    """What was not looked at since rows stay in their source: measures of use, by their names."""
    marginals: tuple[Marginal, ...] = ()
    pairs: tuple[Pair, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether a check passed, and every one did but for those that the policy accepted as not run."""
        ended = {check.outcome for check in self.checks}
        return Outcome.PASSED in ended and ended <= {Outcome.PASSED, Outcome.NOT_RUN_ACCEPTED}


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
        progress=progress,
    )
    tables = {train.table.name: once(lambda: of_units(arena, train.table.name))}
    checks, results = attack_all(lambda: arena, criteria, of_histories=False, progress=progress)
    use, measures = measure_all(tables, criteria, begun=len(checks) / (len(checks) + 2), progress=progress)
    found = judged([*checks, *use], results, figures_of(tables), measures, progress=progress)
    unit = train.table.name
    return replace(
        found,
        marginals=marginals(remaker.measured, {unit: (arena.train, synthetic)}, unit),
        pairs=pairs(remaker.measured, tables, unit),
    )


def judged(
    checks: Sequence[Check],
    results: Sequence[AttackResult],
    figures: Mapping[str, float],
    measures: Sequence[MeasureResult],
    *,
    progress: Callable[[str, float], None],
) -> Judgement:
    """Return what was found, and log how each check ended."""
    progress("judged", 1.0)
    for check in checks:
        _log.info("check ended", extra={"check": check.name, "outcome": check.outcome.value, "reason": check.reason})
    return Judgement(checks=tuple(checks), attacks=tuple(results), distances=dict(figures), measures=tuple(measures))


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
    return attack_by(lambda attack: attack.run(arena()), criteria, of_histories=of_histories, progress=progress)


def attack_by(
    run: Callable[[Attack], AttackResult],
    criteria: CriteriaClause,
    *,
    of_histories: bool,
    progress: Callable[[str, float], None],
) -> tuple[list[Check], list[AttackResult]]:
    """Do as ``attack_all`` with every attack what ``run`` does; whatever that raises, the check could not run."""
    names = [
        name
        for name in dict.fromkeys([*_REQUIRED, *plugins.names(_ATTACKS)])
        if (of_histories or not _trait(_ATTACKS, name, "of_histories", otherwise=False)) and _is_asked(name, criteria)
    ]
    checks, results = [], []
    for done, name in enumerate(names):
        progress(name, done / (len(names) + 2))
        check, result = _attacked(name, run, criteria)
        checks.append(check)
        results.extend([result, *result.parts] if result else [])
    return checks, results


def _trait(package: str, name: str, trait: str, *, otherwise: str | bool) -> str | bool:
    """Return an attribute of a plugin; one that does not even load will be a check that could not run."""
    try:
        found: str | bool = getattr(plugins.load(package, name), trait, otherwise)
    except Exception:  # noqa: BLE001 - see above
        return otherwise
    return found


def _is_asked(name: str, criteria: CriteriaClause) -> bool:
    """Return whether the policy asks for an attack: all are asked for but those that say otherwise."""
    asked_by = str(_trait(_ATTACKS, name, "asked_by", otherwise=""))
    return not asked_by or bool(getattr(criteria, asked_by, True))


def _attacked(
    name: str, run: Callable[[Attack], AttackResult], criteria: CriteriaClause
) -> tuple[Check, AttackResult | None]:
    questions, results = [name.replace("_", " ")], []
    threshold = getattr(criteria, str(_trait(_ATTACKS, name, "criterion", otherwise=name)), None)

    def bound() -> float:
        attack: Attack = plugins.load(_ATTACKS, name)()
        questions.append(attack.question)
        if not isinstance(threshold, float):
            raise CheckFailed("the policy's `criteria` have no threshold of this name; an attack needs one beforehand")
        result = run(attack)
        if not _is_sound(result):
            raise CheckFailed("the attack returned no targets, or a figure that is not a number")
        results.append(result)
        return result.bound

    needed = threshold if isinstance(threshold, float) else 0.0
    check = measured(name, bound, comparison=Comparison.AT_MOST, needed=needed)
    return replace(
        check,
        question=questions[-1],
        means=str(_trait(_ATTACKS, name, "means", otherwise="")),
        not_shown=str(_trait(_ATTACKS, name, "not_shown", otherwise="")),
    ), results[0] if results else None


def measure_all(
    tables: Mapping[TableName, Callable[[], Compared]],
    criteria: CriteriaClause,
    *,
    begun: float,
    progress: Callable[[str, float], None],
) -> tuple[list[Check], list[MeasureResult]]:
    """Compare every one of ``tables``, the unit's first, in every way there is; ``begun`` is the share done before.

    Ways with a threshold in the policy are checks; what could not be compared is told of these, and left out of others.
    A threshold that the policy sets of its own, where no table has anything of the kind, is a check that could not run.
    Checks are called after the measure; behind the table's name where there are several, and it is asked of all.
    """
    names = list(dict.fromkeys([*_MEASURED, *plugins.names(MEASURES)]))
    checks: list[Check] = []
    results: list[MeasureResult] = []
    for done, name in enumerate(names):
        progress(name, begun + (1 - begun) * done / len(names))
        of_units = bool(_trait(MEASURES, name, "of_units", otherwise=False))
        found = []
        for table, compared in list(tables.items())[: 1 if of_units else None]:
            called = name if of_units or len(tables) == 1 else f"{table}.{name}"
            found.append(_compared(name, called, table, compared, criteria))
        told = [check for check, _ in found if check is not None]
        if not told and _is_demanded(name, criteria):
            told = [_nothing_of_the_kind(name, criteria)]
        checks += told
        results += [result for _, result in found if result is not None]
    return checks, results


def _compared(
    name: str, called: str, table: TableName, compared: Callable[[], Compared], criteria: CriteriaClause
) -> tuple[Check | None, MeasureResult | None]:
    """Return the check, if the policy has a threshold and there is something to compare, and what was found."""
    threshold, results, nothing = getattr(criteria, name, None), [], []

    def value() -> float:
        measure: Measure = plugins.load(MEASURES, name)()
        found = measure.run(compared(), criteria)
        if found is None:
            nothing.append(name)
            raise CheckFailed("there is nothing of the kind to compare")
        if not all(-2 <= figure <= 2 for figure in (found.value, *found.figures.values())):  # noqa: PLR2004 - a Rate's
            raise CheckFailed("the measure returned a figure that is not a number, or beyond -2 to 2")
        results.append(
            MeasureResult(
                measure=name,
                table=table,
                question=measure.question,
                means=measure.means,
                not_shown=measure.not_shown,
                value=found.value,
                figures=found.figures,
            )
        )
        return found.value

    check = worded(
        measured(
            called,
            value,
            comparison=_better(name),
            needed=threshold if isinstance(threshold, float) else 0.0,
        ),
        name,
    )
    if check.outcome is Outcome.COULD_NOT_RUN and not isinstance(threshold, float):
        _log.info("left out", extra={"measure": name, "table": table, "reason": check.reason})
    has_check = isinstance(threshold, float) and not nothing
    return check if has_check else None, results[0] if results else None


def _is_demanded(name: str, criteria: CriteriaClause) -> bool:
    """Return whether the policy has a threshold of this name that it would not have if it had said nothing."""
    field = type(criteria).model_fields.get(name)
    return field is not None and field.default is None and getattr(criteria, name) is not None


def _nothing_of_the_kind(name: str, criteria: CriteriaClause) -> Check:
    def value() -> float:
        raise CheckFailed("no table has anything of the kind to compare; drop the threshold from `criteria`")

    return worded(measured(name, value, comparison=_better(name), needed=float(getattr(criteria, name))), name)


def _better(name: str) -> Comparison:
    return Comparison(str(_trait(MEASURES, name, "better", otherwise=Comparison.AT_MOST)))


def worded(check: Check, name: str) -> Check:
    """Return ``check`` with what the measure called ``name`` says of itself."""
    question, means, not_shown = (
        str(_trait(MEASURES, name, trait, otherwise="")) for trait in ("question", "means", "not_shown")
    )
    return replace(check, question=question or check.question, means=means, not_shown=not_shown)


def figures_of(tables: Mapping[TableName, Callable[[], Compared]]) -> dict[str, float]:
    """Return the distances of all ``tables``, behind the name of each where there are several; none of what failed."""
    found: dict[str, float] = {}
    for table, compared in tables.items():
        before = "" if len(tables) == 1 else f"{table}."
        try:
            rows = compared()
            figures = rows.relations.figures() if rows.relations is not None else rows.near.figures()
        except Exception as error:  # noqa: BLE001 - the checks of these distances could not run, and have said why
            _log.info("left out", extra={"table": table, "reason": type(error).__name__})
        else:
            found |= {f"{before}{name}": figure for name, figure in figures.items()}
    return found


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
    question, means, not_shown = _WORDS.get(name.rsplit(".", 1)[-1], (name, "", ""))
    return Check(
        name=name, question=question, comparison=comparison, needed=needed, got=got, outcome=outcome, reason=reason,
        means=means, not_shown=not_shown,
    )  # fmt: skip


def _is_sound(result: AttackResult) -> bool:
    """Whether every figure is there: a comparison with NaN would be a check that did not run."""
    figures = [
        end
        for each in (result, *result.parts)
        for interval in (each.rate, each.control, each.baseline, each.excess)
        for end in (interval.value, interval.low, interval.high)
    ]
    return result.targets > 0 and all(map(math.isfinite, figures))
