"""Judge a release of people whose rows stay in their source: by counts, and what cannot be put as counts is said.

Attacks that need rows could not run, which is to have failed, unless the policy accepted that by name beforehand. Of
the measures of use the distances of one and of two columns are counted, over the cells that were measured; the others
are told of as unseen.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gateway import plugins
from gateway.policy.criteria import STAY
from gateway.raw.judge.constraints import constraints
from gateway.raw.judge.database import closing_of, keeping_of
from gateway.raw.judge.measure import Comparison, MeasureResult
from gateway.raw.judge.verdict import MEASURES, Outcome, attack_by, judged, measured, worded
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.generate.database import Counters
    from gateway.raw.judge.acceptance import Question
    from gateway.raw.judge.attack import Attack, AttackResult
    from gateway.raw.judge.constraints import Stored
    from gateway.raw.judge.in_source import SourceArena
    from gateway.raw.judge.verdict import Check, Judgement
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Reference

COUNTED = {"one_way": 1, "two_way": 2}
"""Measures that can be put as counts, with how many columns they look at together."""
VALUES = "values of columns"
"""What detection does not look at."""


def judge_staying(
    arena: Callable[[], SourceArena],
    people: Counters,
    made: Counters,
    asked: Sequence[Question],
    *,
    criteria: CriteriaClause,
    of_histories: bool,
    progress: Callable[[str, float], None],
    published: Mapping[TableName, tuple[pa.Table, Sequence[Reference]]] | None = None,
    kept: Mapping[TableName, float] | None = None,
    stored: Sequence[Stored] = (),
) -> Judgement:
    """Attack synthetic rows with counts of the people in ``arena``, and measure their use by tables that are counted.

    ``people`` count those in training where they are, ``made`` the synthetic rows; ``asked`` is what is compared, the
    unit's table first (``acceptance.questions``). ``of_histories`` says whether people own anything: then attacks on
    that are asked for too. All else is as for ``database.judge_database``. What goes wrong inside raises nothing.
    """
    arena = cache(arena)

    def run(attack: Attack) -> AttackResult:
        in_source: Callable[[SourceArena], AttackResult] | None = getattr(attack, "run_in_source", None)
        if in_source is None:
            raise CheckFailed(STAY)
        return in_source(arena())

    checks, results = attack_by(run, criteria, of_histories=of_histories, progress=progress)
    checks = [_accepted(check, criteria) for check in checks]
    checks += [keeping_of(table, share) for table, share in (kept or {}).items()]
    measures: list[MeasureResult] = []
    figures: dict[str, float] = {}
    for done, question in enumerate(asked):
        progress(f"distances of {question.table}", (len(checks) + done) / (len(checks) + len(asked) + 1))
        before = "" if len(asked) == 1 else f"{question.table}."
        for name, check in _compared(question, people, made, criteria, before=before).items():
            checks.append(check)
            if check.got is not None:
                figures[f"{before}mean_{name}"] = check.got
                measures.append(_measure(name, question.table, check.got))
    if published is not None:
        checks.append(closing_of(published, figures))
    measures += constraints(stored, figures)
    unseen = tuple(name for name in plugins.names(MEASURES) if name not in COUNTED)
    return replace(judged(checks, results, figures, measures, progress=progress), unseen=(VALUES, *unseen))


def _accepted(check: Check, criteria: CriteriaClause) -> Check:
    """Return the check of an attack that the policy accepted as not run as one that is no failure."""
    if check.reason == STAY and check.outcome is Outcome.COULD_NOT_RUN and check.name in criteria.accept_not_run:
        return replace(check, outcome=Outcome.NOT_RUN_ACCEPTED)
    return check


def _compared(
    question: Question, people: Counters, made: Counters, criteria: CriteriaClause, *, before: str
) -> dict[str, Check]:
    """Hold the distances of one table against the thresholds, each under the measure's name."""
    found = cache(lambda: _distances(question, people, made))

    def check(name: str) -> Check:
        needed = float(getattr(criteria, name))
        at_most = measured(
            f"{before}{name}", lambda: _mean(found()[name]), comparison=Comparison.AT_MOST, needed=needed
        )
        return worded(at_most, name)

    return {name: check(name) for name in COUNTED}


def _measure(name: str, table: TableName, value: float) -> MeasureResult:
    plugin = plugins.load(MEASURES, name)
    return MeasureResult(
        measure=name, table=table, question=plugin.question, means=plugin.means, not_shown=plugin.not_shown,
        value=value, figures={},
    )  # fmt: skip


def _distances(question: Question, people: Counters, made: Counters) -> dict[str, list[float]]:
    """Return the total variation distances of the tables of one column, and of those of two."""
    found: dict[str, list[float]] = {name: [] for name in COUNTED}
    for wide, real, drawn in zip(question.widths, question.counted(people), question.counted(made), strict=True):
        found["one_way" if wide == 1 else "two_way"].append(_apart(real, drawn))
    return found


def _apart(real: NDArray[np.int64], drawn: NDArray[np.int64]) -> float:
    """Return the distance of two tables as shares; of one without anybody in it there is none but to itself."""
    wholes = real.sum(dtype=np.float64), drawn.sum(dtype=np.float64)
    if not all(wholes):
        return float(any(wholes))
    return float(np.abs(real / wholes[0] - drawn / wholes[1]).sum()) / 2


def _mean(distances: Sequence[float]) -> float:
    return float(np.mean(distances)) if distances else 0.0
