"""The private acceptance test of a run: what is kept aside for it, and its answer, on disk before anybody uses it.

What it costs is recorded with the measurements, before the test is made: the event is fixed beforehand, so a run that
was killed in between has on record more than it drew, and never less. What the test is asked of are the finished
tables: the answer names them by their digest, and holds for no others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import database
from gateway.raw.generate.database import Counters
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.metering import answer_aside
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.generate.schedule import Aside
from gateway.raw.judge.acceptance import Answer, ask, questions
from gateway.raw.making import of_database, published_family
from gateway.raw.rows import RawTable
from gateway.vocabulary.digest import canonical_json, sha256, sha256_file
from gateway.vocabulary.errors import ArtefactFailed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gateway.raw.family import Family
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.generate.noise import Noise
    from gateway.raw.making import Plan
    from gateway.release.synthetic_table import SyntheticTable

KEPT = "aside.json"
"""What is kept aside, in the folder of the measurements that left it."""


def aside(plan: Plan) -> Aside:
    """Return what of the budget is left for the test: a function of policy and catalogue alone."""
    found = plan.kindred.division(plan.generator, plan.budget).aside
    if found is None:
        raise AssertionError("unreachable: a policy leaves something for the test")
    return found


def rehearse(plan: Plan) -> None:
    """Draw the noise once for nobody, so that a budget for which there is none is refused before it is spent."""
    kept = aside(plan)
    answer_aside(DiscreteGaussian(), np.zeros(kept.figures, dtype=np.int64), kept)


def keep(plan: Plan, folder: Path) -> None:
    """Write into ``folder``, beside what was measured, what is left of the budget for the test."""
    (folder / KEPT).write_bytes(canonical_json(aside(plan).to_json()))


def left(folder: Path) -> Aside:
    """Return what ``keep`` wrote. ``Refused`` where nothing was kept, ``ArtefactFailed`` when it is damaged."""
    if not (folder / KEPT).exists():
        raise Refused(
            "this run was measured by a version of the gateway that made no private acceptance test, and nothing of "
            "its budget is left for one. What it makes could not be published by this version: start a new run, which "
            "spends anew, or finish this one with the version that began it"
        )
    try:
        return Aside(**json.loads((folder / KEPT).read_bytes()))
    except (OSError, ValueError, TypeError):
        raise _damaged(folder / KEPT) from None


def examine(
    plan: Plan,
    people: Family | Counters,
    measured: Measurements,
    tables: Sequence[SyntheticTable],
    *,
    kept: Aside,
    progress: Callable[[str, float], None],
    noise: Noise | None = None,
) -> tuple[Answer, ...]:
    """Ask, once, how far ``tables`` are from ``people``, those in training. ``noise`` is for tests and audits."""
    progress("acceptance test", 0.0)
    found = of_database(measured)
    drawn = made(plan, tables)
    return ask(
        questions(found, plan.tree.unit.table, seed=plan.seed),
        people if isinstance(people, Counters) else database.in_memory(people, plan.kindred.plans),
        database.in_memory(drawn, plan.kindred.plans),
        rows=measured.rows,
        aside=kept,
        noise=noise or DiscreteGaussian(),
    )


def made(plan: Plan, tables: Sequence[SyntheticTable]) -> Family:
    """Return the synthetic rows as the people in training are held: with what is told of owned rows."""
    if not plan.is_alone:
        return derive(published_family(plan, tables), plan.tree)
    nobody = plan.kinship.empty()
    shape = nobody.units.table
    return replace(nobody, units=RawTable(shape, tables[0].rows.select([column.name for column in shape.columns])))


def save(answers: Sequence[Answer], path: Path, *, tables: Path) -> None:
    """Write ``answers`` as a file; ``tables`` is the folder with the files of the rows that they are about."""
    content = {"tables": _digest(tables), "answers": [answer.to_json() for answer in answers]}
    path.write_bytes(canonical_json(content))


def load(path: Path, *, tables: Path) -> tuple[Answer, ...]:
    """Return what ``save`` wrote; ``ArtefactFailed`` when it is damaged, or the files of rows are others by now."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        answers, about = tuple(map(Answer.from_json, content["answers"])), content["tables"]
    except (OSError, ValueError, TypeError, KeyError):
        raise _damaged(path) from None
    if about != _digest(tables):
        raise ArtefactFailed(
            f"the synthetic rows in {tables} are not those that were tested, and they cannot be tested again without "
            "spending again; restore the folder from a backup or start a new run"
        )
    return answers


def _digest(folder: Path) -> str:
    return sha256(canonical_json({path.name: sha256_file(path) for path in sorted(folder.glob("*.parquet"))}))


def _damaged(path: Path) -> ArtefactFailed:
    return ArtefactFailed(
        f"{path.name} in {path.parent} is not what was written; it cannot be made again without spending again, so "
        "restore the folder from a backup or start a new run"
    )
