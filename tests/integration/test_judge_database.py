"""The judge on a whole database: what passes, what fails, what could not run, and that nothing of a row gets out."""

from __future__ import annotations

import dataclasses
import logging

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.raw.family import Family
from gateway.raw.judge.database import closed, judge_database
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.judge.remaking import Remaker
from gateway.raw.judge.verdict import Judgement, Outcome, judge
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Reference
from tests.made_up_families import (
    CANARY,
    COLUMNS,
    DRUGS,
    LINEAGE,
    PERSONS,
    VISITS,
    People,
    joined,
    people,
)

TRAIN, CONTROL = people(1500, seed=1), people(700, seed=2)
OF_ROWS = {
    name
    for name in plugins.names("gateway.raw.judge.attacks")
    for attack in [plugins.load("gateway.raw.judge.attacks", name)]
    if not getattr(attack, "of_histories", False) and not getattr(attack, "asked_by", "")
}
OF_HISTORIES = {"copied_runs", "linkability", "whole_history"}
ATTACKS = OF_ROWS | OF_HISTORIES
DISTANCES = {f"{table}.{ways}" for table in COLUMNS for ways in ("one_way", "two_way")}


def judged(
    synthetic: People | SyntheticFamily,
    *,
    control: People = CONTROL,
    heard: list[tuple[str, float]] | None = None,
    **changed: object,
) -> Judgement:
    made = synthetic.synthetic() if isinstance(synthetic, People) else synthetic
    remaker = Remaker(redraw=lambda _units, _seed: made)
    options = {
        "lineage": LINEAGE, "columns": COLUMNS, "criteria": CriteriaClause(), "seed": 1, "remaker": remaker, **changed
    }  # fmt: skip
    progress = (lambda name, share: heard.append((name, share))) if heard is not None else (lambda *_: None)
    return judge_database(TRAIN.family(), control.family(), made, progress=progress, **options)  # type: ignore[arg-type]


def outcomes(judgement: Judgement) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in judgement.checks}


def failed(judgement: Judgement) -> set[str]:
    return {name for name, outcome in outcomes(judgement).items() if outcome is not Outcome.PASSED}


def test_an_honest_database_passes_the_default_criteria() -> None:
    heard: list[tuple[str, float]] = []
    judgement = judged(people(1500, seed=3), heard=heard)
    assert judgement.passed, judgement.checks
    assert set(outcomes(judgement)) == ATTACKS | DISTANCES
    assert {f"{table}.mean_two_way" for table in COLUMNS} <= set(judgement.distances)
    assert {"visits.rows_per_owner", "visits.next.test", "visits.one_way.day: gap", "persons.one_way.visits: rows"} <= (
        set(judgement.distances)
    )
    assert all(0 <= figure <= 1 for figure in judgement.distances.values())
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_a_database_that_is_the_training_data_fails_every_attack_and_nothing_else() -> None:
    assert failed(judged(TRAIN)) == ATTACKS


def test_a_twentieth_of_leaked_persons_is_blocked() -> None:
    others = people(1500, seed=3)
    assert "copied_runs" in failed(judged(joined(others.after(75), TRAIN.first(75))))


def test_rows_dealt_out_at_random_fail_on_use_alone() -> None:
    """Every table for itself is right, but nothing hangs together."""
    others, random = people(1500, seed=3), np.random.default_rng(1)
    turned = others.visits.take(pa.array(random.permutation(others.visits.num_rows)))
    broken = dataclasses.replace(others, visits=turned)
    judgement, honest = judged(broken), judged(others)
    assert judgement.distances["visits.next.value"] > 1.5 * honest.distances["visits.next.value"]
    assert judgement.distances["visits.rows_per_owner"] == honest.distances["visits.rows_per_owner"]
    assert not failed(judgement) & ATTACKS


def test_no_rows_at_all_fail_on_use() -> None:
    nobody = people(1500, seed=3)
    starts = np.zeros(1501, dtype=np.int64)
    owned = {
        VISITS: SyntheticRows(rows=nobody.visits[:0], starts=starts),
        DRUGS: SyntheticRows(rows=nobody.drugs[:0], starts=starts[:1]),
    }
    judgement = judged(SyntheticFamily(units=nobody.persons, owned=owned))
    assert {"visits.one_way", "drugs.one_way"} <= failed(judgement)
    assert judgement.distances["drugs.mean_one_way"] == 1


def test_usefulness_is_checked_where_the_policy_names_a_task() -> None:
    criteria = CriteriaClause(task="sex")
    checks = {check.name: check for check in judged(people(1500, seed=3), criteria=criteria).checks}
    assert checks["usefulness"].outcome is Outcome.COULD_NOT_RUN
    assert "better than chance" in checks["usefulness"].reason


def test_a_table_alone_is_judged_as_before() -> None:
    others = people(1500, seed=3)
    alone = dataclasses.replace(LINEAGE, owned=())
    remaker = Remaker(redraw=lambda _units, _seed: SyntheticFamily(units=others.persons, owned={}))
    nothing: Family = dataclasses.replace(TRAIN.family(), owned={}, owner_of={})
    whole = judge_database(
        nothing, CONTROL.family(), SyntheticFamily(units=others.persons, owned={}), lineage=alone,
        columns=COLUMNS, criteria=CriteriaClause(), seed=4, progress=lambda *_: None, remaker=remaker,
    )  # fmt: skip
    before = judge(
        TRAIN.family().units, CONTROL.family().units, others.persons, columns=COLUMNS[PERSONS],
        criteria=CriteriaClause(), seed=4, progress=lambda *_: None, remaker=remaker,
    )  # fmt: skip
    assert whole == before
    assert set(outcomes(whole)) == OF_ROWS | {"one_way", "two_way"}


def mistyped(people_: People) -> SyntheticFamily:
    made = people_.synthetic()
    texts = made.owned[VISITS].rows.set_column(2, "value", pa.array([CANARY] * people_.visits.num_rows))
    return SyntheticFamily(
        units=made.units, owned={**made.owned, VISITS: SyntheticRows(rows=texts, starts=people_.visit_starts)}
    )


@pytest.mark.parametrize(
    ("synthetic", "changed", "told"),
    [
        (people(100, seed=5), {"control": CONTROL.first(49)}, "fewer than 50"),
        (people(1, seed=5).first(0), {}, "synthetic table is empty"),
        (mistyped(people(100, seed=5)), {}, "another type"),
        (SyntheticFamily(units=people(100, seed=5).persons, owned={}), {}, "table visits is missing"),
        (people(100, seed=5), {"columns": {**COLUMNS, DRUGS: [ColumnName("gone")]}}, "drugs.gone is missing"),
    ],
)
def test_checks_that_could_not_run_have_failed_and_say_why(
    synthetic: People | SyntheticFamily, changed: dict[str, object], told: str
) -> None:
    judgement = judged(synthetic, **changed)  # type: ignore[arg-type]
    assert not judgement.passed
    of_units = {name: outcome for name, outcome in outcomes(judgement).items() if name in OF_ROWS}
    assert set(of_units.values()) == {Outcome.COULD_NOT_RUN}
    assert any(told in check.reason for check in judgement.checks)
    assert all(check.reason for check in judgement.checks if check.outcome is Outcome.COULD_NOT_RUN)


def test_nothing_of_a_row_is_in_the_judgement_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    judgement = judged(TRAIN)
    told = repr(judgement) + "".join(repr(vars(record)) for record in caplog.records)
    assert caplog.records
    assert CANARY not in told
    assert "O'Brien" not in told
    assert not [day for day in TRAIN.visits["day"].to_pylist()[:2000] if str(day) in told]


REFERENCE = Reference(
    columns=(ColumnName("person"), ColumnName("part")),
    target=PERSONS,
    target_columns=(ColumnName("id"), ColumnName("part")),
)
TARGET = pa.table({"id": [1, 2, 2], "part": ["a", "a", "b"]})


@pytest.mark.parametrize(
    ("persons", "parts", "share"),
    [
        ([1, 2, 2], ["a", "b", "a"], 1.0),
        ([1, 1], ["a", "b"], 0.5),
        ([None, 1, 3, 9], ["a", None, "a", "a"], 0.5),
        ([], [], 1.0),
    ],
)
def test_references_close_where_every_part_of_the_key_is_there(
    persons: list[int], parts: list[str], share: float
) -> None:
    table = pa.table({"person": pa.array(persons, pa.int64()), "part": pa.array(parts, pa.string())})
    assert closed(table, REFERENCE, TARGET) == share


@pytest.mark.parametrize(("person", "outcome"), [(2, Outcome.PASSED), (3, Outcome.FAILED)])
def test_published_references_must_close(person: int, outcome: Outcome) -> None:
    pointing = pa.table({"person": [1, person], "part": ["a", "a"]})
    published = {PERSONS: (TARGET, ()), VISITS: (pointing, (REFERENCE,))}
    judgement = judged(people(300, seed=3), published=published)
    assert outcomes(judgement)["references"] is outcome
    assert judgement.distances["visits.closed.person, part"] == (1 if outcome is Outcome.PASSED else 0.5)


def test_a_reference_to_a_table_that_is_not_published_could_not_be_checked() -> None:
    elsewhere = dataclasses.replace(REFERENCE, target=TableName("elsewhere"))
    pointing = pa.table({"person": [1], "part": ["a"]})
    assert outcomes(judged(people(300, seed=3), published={VISITS: (pointing, (elsewhere,))}))["references"] is (
        Outcome.COULD_NOT_RUN
    )
