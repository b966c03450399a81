"""The whole stage: what passes, what fails, what could not run, and that nothing of a row gets out."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.policy.criteria import CriteriaClause
from gateway.raw.judge.attack import Arena, AttackResult, Interval
from gateway.raw.judge.histories import SyntheticFamily
from gateway.raw.judge.remaking import Remaker
from gateway.raw.judge.verdict import Check, Comparison, Judgement, Outcome, judge
from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

KINDS = {"age": Kind.INTEGER, "weight": Kind.FLOAT, "city": Kind.TEXT, "born": Kind.DATE, "ill": Kind.BOOLEAN}
COLUMNS = tuple(ColumnName(name) for name in KINDS)
SHAPE = Table(
    name=TableName("patients"),
    columns=tuple(Column(name=ColumnName(name), kind=kind, native=kind) for name, kind in KINDS.items()),
)
CANARY = "CANARY-7f3d"
ATTACKS = {
    name
    for name in plugins.names("gateway.raw.judge.attacks")
    for attack in [plugins.load("gateway.raw.judge.attacks", name)]
    if not getattr(attack, "of_histories", False) and not getattr(attack, "asked_by", "")
}


def people(rows: int, *, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    age = random.integers(18, 95, rows)
    return pa.table(
        {
            "age": pa.array(age, pa.int64()),
            "weight": pa.array(np.round(random.normal(75, 15, rows), 1), mask=random.random(rows) < 0.1),
            "city": pa.array([f"{CANARY} {i}" for i in np.minimum(random.zipf(1.7, rows), 200)]),
            "born": pa.array((random.integers(0, 365, rows) - age * 365).astype(np.int32)).cast(pa.date32()),
            "ill": pa.array(random.random(rows) < age / 100),
        },
        schema=SHAPE.arrow_schema(),
    )


def judged(
    *,
    leaked: float = 0.0,
    synthetic: pa.Table | None = None,
    control: int = 1700,
    columns: tuple[ColumnName, ...] = COLUMNS,
    criteria: CriteriaClause | None = None,
    heard: list[tuple[str, float]] | None = None,
) -> Judgement:
    train = people(4000, seed=1)
    copies = int(4000 * leaked)
    made = pa.concat_tables([people(4000 - copies, seed=2), train[:copies]]) if synthetic is None else synthetic
    progress = (lambda name, share: heard.append((name, share))) if heard is not None else (lambda *_: None)
    return judge(
        RawTable(SHAPE, train),
        RawTable(SHAPE, people(control, seed=3)),
        made,
        columns=columns,
        criteria=criteria or CriteriaClause(),
        seed=1,
        progress=progress,
        remaker=Remaker(redraw=lambda _units, _seed: SyntheticFamily(units=made, owned={})),
    )


def outcomes(judgement: Judgement) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in judgement.checks}


def test_an_honest_table_passes_the_default_criteria() -> None:
    heard: list[tuple[str, float]] = []
    judgement = judged(heard=heard, criteria=CriteriaClause(task="ill"))
    assert judgement.passed, judgement.checks
    assert {"singling_out", "verbatim", "membership"} <= ATTACKS
    assert set(outcomes(judgement)) == ATTACKS | {"one_way", "two_way", "usefulness"}
    assert {"singling_out", "membership/outliers", "verbatim"} <= {attack.attack for attack in judgement.attacks}
    assert set(judgement.distances) == {"mean_one_way", "mean_two_way", *(f"one_way.{name}" for name in COLUMNS)}
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_a_leak_fails_every_attack_and_nothing_else() -> None:
    found = outcomes(judged(leaked=1.0, criteria=CriteriaClause(task="ill")))
    assert {found.pop(name) for name in ATTACKS} == {Outcome.FAILED}
    assert set(found.values()) == {Outcome.PASSED}


def test_a_twentieth_leaked_is_blocked() -> None:
    judgement = judged(leaked=0.05)
    assert not judgement.passed
    assert outcomes(judgement)["verbatim"] is Outcome.FAILED


def test_noise_in_place_of_people_fails_on_use_alone() -> None:
    real = people(4000, seed=2)
    random = np.random.default_rng(1)
    shuffled = pa.table({name: real[name].take(random.permutation(4000)) for name in real.column_names})
    judgement = judged(synthetic=shuffled.cast(SHAPE.arrow_schema()), criteria=CriteriaClause(task="ill"))
    assert outcomes(judgement)["usefulness"] is Outcome.FAILED
    assert outcomes(judgement)["two_way"] is Outcome.FAILED
    assert outcomes(judgement)["one_way"] is Outcome.PASSED


def test_usefulness_is_checked_only_where_the_policy_names_a_task() -> None:
    assert "usefulness" not in outcomes(judged())


@pytest.mark.parametrize(
    "problem",
    [
        {"control": 49},
        {"columns": ()},
        {"synthetic": SHAPE.arrow_schema().empty_table()},
        {"synthetic": people(100, seed=1).drop_columns(["born"])},
        {"synthetic": people(100, seed=1).set_column(0, "age", pa.array([f"{CANARY}"] * 100))},
    ],
)
def test_checks_that_could_not_run_have_failed_and_say_why(problem: dict[str, object]) -> None:
    judgement = judged(**problem, criteria=CriteriaClause(task="ill"))  # type: ignore[arg-type]
    assert not judgement.passed
    assert set(outcomes(judgement).values()) == {Outcome.COULD_NOT_RUN}
    assert "usefulness" in outcomes(judgement)
    assert all(check.reason and check.got is None for check in judgement.checks)
    assert (judgement.attacks, judgement.distances) == ((), {})


def test_no_check_at_all_is_no_pass() -> None:
    assert not Judgement(checks=(), attacks=(), distances={}).passed


def test_one_check_that_could_not_run_is_no_pass() -> None:
    check = Check(
        name="a", question="?", comparison=Comparison.AT_MOST, needed=0, got=None, outcome=Outcome.COULD_NOT_RUN
    )
    assert not Judgement(checks=(check,), attacks=(), distances={}).passed


class WithMoreAttacks(CriteriaClause):
    """A later policy that has thresholds for two attacks of another distribution."""

    crashing: float = 0.5
    silent: float = 0.5


PLUGIN = """
from gateway.raw.judge.attack import AttackResult, Interval

class Crashing:
    name, question = "crashing", "Does it crash?"
    def run(self, arena):
        raise RuntimeError(f"looked at {arena.train.slice(0, 1).to_pylist()}")

class Silent:
    name, question = "silent", "Does it say nothing?"
    def run(self, arena):
        none = Interval(value=float("nan"), low=float("nan"), high=float("nan"))
        return AttackResult(attack="silent", targets=1, rate=none, control=none, baseline=none, excess=none)
"""


@pytest.fixture
def more_attacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put another distribution with two attacks on the path, as pip would."""
    (tmp_path / "more_attacks.py").write_text(PLUGIN)
    metadata = tmp_path / "more_attacks-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: more-attacks\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[gateway.attacks]\n"
        "crashing = more_attacks:Crashing\nsilent = more_attacks:Silent\nmissing = more_attacks:Gone\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("more_attacks")
def test_an_attack_that_breaks_fails_alone_and_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    judgement = judged(criteria=WithMoreAttacks())
    checks = {check.name: check for check in judgement.checks}
    assert checks["crashing"].reason == "RuntimeError inside the check"
    assert checks["crashing"].question == "Does it crash?"
    assert "not a number" in checks["silent"].reason
    assert checks["missing"].reason == "AttributeError inside the check"
    for name in ("crashing", "silent", "missing"):
        assert checks.pop(name).outcome is Outcome.COULD_NOT_RUN
    assert {check.outcome for check in checks.values()} == {Outcome.PASSED}
    assert not judgement.passed
    assert CANARY not in repr(judgement) + caplog.text


@pytest.mark.usefixtures("more_attacks")
def test_an_attack_without_a_threshold_fixed_beforehand_has_failed() -> None:
    checks = {check.name: check for check in judged().checks}
    assert checks["crashing"].outcome is Outcome.COULD_NOT_RUN
    assert "no threshold" in checks["crashing"].reason


def test_nothing_of_a_row_is_in_the_judgement_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Every text and figure of the rows is looked for; ages and the like are small numbers and may occur by chance."""
    caplog.set_level(logging.DEBUG)
    judgement = judged(leaked=1.0)
    told = repr(judgement) + "".join(repr(vars(record)) for record in caplog.records)
    assert caplog.records
    assert CANARY not in told
    assert not [day for day in people(4000, seed=1)["born"].to_pylist() if str(day) in told]


def test_an_arena_does_not_print_its_rows() -> None:
    rows = people(60, seed=1)
    made = Arena(train=rows, control=rows, synthetic=rows, columns=COLUMNS, seed=1)
    assert CANARY not in f"{made} {made!r} {made.codes!r}"


def test_a_part_convicts_by_its_lower_end_and_never_acquits() -> None:
    def result(low: float, high: float, *parts: AttackResult) -> AttackResult:
        excess = Interval(value=(low + high) / 2, low=low, high=high)
        return AttackResult(
            attack="a", targets=9, rate=excess, control=excess, baseline=excess, excess=excess, parts=parts
        )

    assert result(-0.01, 0.05).bound == 0.05
    assert result(-0.01, 0.05, result(-0.3, 0.4)).bound == 0.05
    assert result(-0.01, 0.05, result(0.3, 0.4)).bound == 0.3
