"""Measures of use in a verdict: held against thresholds where the policy has them, shown where it has none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.raw import handover
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import Compared, of_history, of_units, once
from gateway.raw.judge.marginals import Marginal, Pair
from gateway.raw.judge.measure import MeasureResult
from gateway.raw.judge.verdict import Check, Judgement, Outcome, figures_of, measure_all
from gateway.release.reports import StewardReport
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from tests.made_up_families import CANARY, DRUGS, PERSONS, VISITS, arena, people

Tables = dict[TableName, Callable[[], Compared]]
NAMES = set(plugins.names("gateway.raw.judge.measures"))
OF_UNITS = {"usefulness", "fairness"}


@pytest.fixture(scope="module")
def database() -> Tables:
    made = arena(people(500, seed=1), people(250, seed=2), people(500, seed=3))
    tables: Tables = {PERSONS: once(lambda: of_units(made, PERSONS))}
    return tables | {h.table: once(lambda h=h: of_history(h, seed=1)) for h in made.histories}  # type: ignore[misc]


def frame(rows: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return pa.table({"x": x, "y": x + random.normal(size=rows), "text": [f"{CANARY} {int(i)}" for i in x]})


@pytest.fixture(scope="module")
def alone() -> Tables:
    sides = frame(800, seed=1), frame(400, seed=2), frame(800, seed=3)
    columns = tuple(ColumnName(name) for name in sides[0].column_names)
    made = Arena(train=sides[0], control=sides[1], synthetic=sides[2], columns=columns, seed=1)
    return {PERSONS: once(lambda: of_units(made, PERSONS))}


def found(tables: Tables, criteria: CriteriaClause | None = None) -> tuple[dict[str, Check], list[MeasureResult]]:
    heard: list[float] = []
    checks, results = measure_all(
        tables, criteria or CriteriaClause(), begun=0.5, progress=lambda _name, share: heard.append(share)
    )
    assert heard == sorted(heard)
    assert 0.5 <= heard[0] <= heard[-1] < 1
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}, results


def test_without_thresholds_of_its_own_a_policy_has_checks_of_distances_and_sees_the_rest(alone: Tables) -> None:
    checks, results = found(alone)
    assert {name: check.outcome for name, check in checks.items()} == {
        "one_way": Outcome.PASSED, "two_way": Outcome.PASSED,
    }  # fmt: skip
    assert {r.measure for r in results} == NAMES - OF_UNITS - {"series"}  # no task, and no time
    assert all(r.table == PERSONS and r.question and r.means and r.not_shown for r in results)


def test_every_threshold_is_a_check_with_its_words(alone: Tables) -> None:
    kept = CriteriaClause(three_way=1.0, correlations=2.0, missingness=1.0, coverage=0.0, detection=1.0, task="y")
    checks, _ = found(alone, kept)
    assert set(checks) == {"one_way", "two_way", "three_way", "correlations", "missingness", "coverage", "detection",
                           "usefulness"}  # fmt: skip
    assert {check.outcome for check in checks.values()} == {Outcome.PASSED}
    assert all(check.means and check.not_shown and check.question.endswith("?") for check in checks.values())
    strict = CriteriaClause(one_way=0, two_way=0, three_way=0, correlations=0, coverage=1.0, usefulness=1.5, task="y")
    checks, _ = found(alone, strict)
    assert {n for n, check in checks.items() if check.outcome is not Outcome.FAILED} <= {"coverage"}
    assert checks["coverage"].comparison == checks["usefulness"].comparison != checks["three_way"].comparison


def test_every_table_of_a_database_has_checks_and_figures_of_its_own(database: Tables) -> None:
    checks, results = found(database, CriteriaClause(three_way=1.0, series=1.0, coverage=0.0, task="age"))
    assert {"persons.one_way", "visits.two_way", "drugs.coverage", "persons.three_way", "visits.three_way"} <= set(
        checks
    )
    assert {"persons.series", "visits.series"} <= set(checks)
    assert "drugs.series" not in checks  # nothing there says when
    assert "usefulness" in checks
    assert {r.table for r in results if r.measure == "one_way"} == {PERSONS, VISITS, DRUGS}
    assert {r.table for r in results if r.measure == "usefulness"} == {PERSONS}
    assert CANARY not in repr((checks, results))
    figures = figures_of(database)
    assert figures["visits.mean_one_way"] == checks["visits.one_way"].got


def test_what_the_policy_asks_for_and_no_table_has_could_not_run(alone: Tables) -> None:
    checks, results = found(alone, CriteriaClause(series=0.5))
    assert checks["series"].outcome is Outcome.COULD_NOT_RUN
    assert "nothing" not in checks["series"].question
    assert "no table has anything of the kind" in checks["series"].reason
    assert "series" not in {r.measure for r in results}


def test_fairness_that_cannot_be_told_has_failed_where_asked_for(alone: Tables) -> None:
    checks, _ = found(alone, CriteriaClause(fairness=0.1))
    assert checks["fairness"].outcome is Outcome.COULD_NOT_RUN


def test_rows_that_cannot_be_compared_fail_the_checks_and_show_nothing() -> None:
    def fail() -> Compared:
        raise CheckFailed("the synthetic table is empty")

    checks, results = found({PERSONS: once(fail)}, CriteriaClause(task="y", three_way=0.5))
    assert {check.outcome for check in checks.values()} == {Outcome.COULD_NOT_RUN}
    assert {check.reason for check in checks.values()} == {"the synthetic table is empty"}
    assert set(checks) == {"one_way", "two_way", "usefulness", "three_way"}
    assert results == []
    assert figures_of({PERSONS: once(fail)}) == {}


PLUGIN = """
from gateway.raw.judge.measure import Comparison, Measured

class Base:
    question, means, not_shown, better = "Is it?", "It is.", "All else.", Comparison.AT_MOST

class Crashing(Base):
    name = "crashing"
    def run(self, compared, criteria):
        raise RuntimeError(f"looked at {compared.coded.cells[0]} CANARY-7f3d")

class Silent(Base):
    name = "silent"
    def run(self, compared, criteria):
        return Measured(value=float("nan"))

class Loud(Base):
    name = "loud"
    def run(self, compared, criteria):
        return Measured(value=0.5, figures={"x": 3.0})
"""


class WithMore(CriteriaClause):
    """A later policy with thresholds for measures of another distribution."""

    crashing: float | None = 0.5
    silent: float | None = 0.5
    loud: float | None = 0.5


@pytest.fixture
def more_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put another distribution with three measures on the path, as pip would."""
    (tmp_path / "more_measures.py").write_text(PLUGIN)
    metadata = tmp_path / "more_measures-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: more-measures\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[gateway.measures]\ncrashing = more_measures:Crashing\nsilent = more_measures:Silent\n"
        "loud = more_measures:Loud\nmissing = more_measures:Gone\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("more_measures")
def test_a_measure_that_breaks_fails_alone_and_without_its_text(
    alone: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    checks, results = found(alone, WithMore())
    assert checks["crashing"].reason == "RuntimeError inside the check"
    for name in ("silent", "loud"):
        assert "not a number, or beyond" in checks[name].reason
    assert {checks.pop(name).outcome for name in ("crashing", "silent", "loud")} == {Outcome.COULD_NOT_RUN}
    assert {check.outcome for check in checks.values()} == {Outcome.PASSED}
    assert {r.measure for r in results}.isdisjoint({"crashing", "silent", "loud", "missing"})
    told = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert CANARY not in told + repr(checks)


@pytest.mark.usefixtures("more_measures")
def test_a_measure_without_a_threshold_that_breaks_is_left_out_and_judges_nothing(alone: Tables) -> None:
    checks, results = found(alone)
    assert set(checks) == {"one_way", "two_way"}
    assert {"three_way", "detection"} <= {r.measure for r in results}


# --- through the door ---


def test_a_report_holds_what_was_measured_rounded_and_reads_back() -> None:
    judgement = Judgement(
        checks=(),
        attacks=(),
        distances={},
        measures=(
            MeasureResult(
                measure="detection", table="people", question="Can it?", means="A.", not_shown="B.", value=-0.12345,
                figures={"pMSE": 0.06789},
            ),
            MeasureResult(
                measure="Mr. SECRET", table="people", question="?", means="", not_shown="", value=0.0, figures={},
            ),
        ),
        marginals=(
            Marginal(table="people", column="age", labels=("0 to 9", "10 to 19"), real=(0.62, 0.38),
                     synthetic=(0.6254, 0.3746)),
        ),
        pairs=(
            Pair(table="people", one="age", other="sex", distance=0.12345, correlation=-0.98765,
                 synthetic_correlation=None, measured=True),
        ),
    )  # fmt: skip
    report = handover.report(judgement)
    first, second = report.measures
    assert (first.measure, first.value.rate, first.figures["pMSE"].rate) == ("detection", -0.123, 0.068)
    assert (first.question, first.means, first.not_shown) == ("Can it?", "A.", "B.")
    assert second.measure == "unnamed"
    (marginal,) = report.marginals
    assert [rate.rate for rate in (*marginal.real, *marginal.synthetic)] == [0.62, 0.38, 0.625, 0.375]
    (pair,) = report.pairs
    assert pair.correlation is not None
    assert (pair.distance.rate, pair.correlation.rate, pair.synthetic_correlation) == (0.123, -0.988, None)
    assert pair.measured
    assert StewardReport.model_validate_json(report.model_dump_json()) == report


# --- real people ---


@pytest.mark.audit
def test_known_answers_on_real_people(shared_data: Path) -> None:
    """An independent half of Adult is nearly perfect; columns that were shuffled are seen by what looks at pairs."""
    people_ = pq.read_table(shared_data / "adult" / "adult_train.parquet")
    people_ = people_.take(pa.array(np.random.default_rng(1).permutation(people_.num_rows)))
    train, control, others = people_[:13000], people_[13000:19000], people_[19000:32000]
    random = np.random.default_rng(2)
    mixed = pa.table({n: train[n].take(pa.array(random.permutation(13000))) for n in train.column_names})
    task = train.column_names[-1]
    columns = tuple(ColumnName(name) for name in train.column_names)

    def values(synthetic: pa.Table) -> dict[str, float]:
        made = Arena(train=train, control=control, synthetic=synthetic, columns=columns, seed=1)
        _, results = found({PERSONS: once(lambda: of_units(made, PERSONS))}, CriteriaClause(task=task))
        return {result.measure: result.value for result in results}

    half, shuffled = values(others), values(mixed)
    near = {
        "one_way": 0.02, "two_way": 0.05, "three_way": 0.06, "correlations": 0.02, "missingness": 0.003,
        "detection": 0.04, "fairness": 0.01,
    }  # fmt: skip
    assert {name for name, most in near.items() if abs(half[name]) > most} == set()
    assert half["coverage"] > 0.95
    assert 0.95 < half["usefulness"] < 1.05
    assert shuffled["one_way"] == 0
    assert shuffled["coverage"] == 1
    assert shuffled["two_way"] > 0.07
    assert shuffled["three_way"] > 0.14
    assert shuffled["correlations"] > 0.1
    assert shuffled["detection"] > 0.85
    assert shuffled["usefulness"] < 0.4
