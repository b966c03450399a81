"""Attacks by counts: they find what leaks, are silent where nothing does, and bear whatever rows there are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import plugins
from gateway.policy.criteria import COUNTABLE, NEED_ROWS
from gateway.raw.generate.counters.rules_memory import MemoryMatches
from gateway.raw.judge import by_counts
from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.in_source import SourceArena
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import CheckFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Column, Kind, Table

ATTACKS = "gateway.raw.judge.attacks"
SHAPE = Table(
    name=TableName("people"),
    columns=tuple(
        Column(name=ColumnName(name), kind=kind, native="")
        for name, kind in (
            ("size", Kind.INTEGER), ("colour", Kind.TEXT), ("born", Kind.DATE), ("ill", Kind.BOOLEAN),
            ("dose", Kind.FLOAT),
        )
    ),
)  # fmt: skip


def rows(many: int, *, seed: int, finest: int = 10_000, null: float = 0.1) -> pa.Table:
    """Return people of whom most are told from all others by any two numbers of theirs."""
    random = np.random.default_rng(seed)

    def cells(values: list[object]) -> list[object]:
        return [None if random.random() < null else value for value in values]

    ill = random.random(many) < 0.3
    columns = [
        random.integers(0, finest, many).tolist(),
        np.where(ill, "red", random.choice(["green", "blue"], many)).tolist(),
        [dt.date(2000, 1, 1) + dt.timedelta(days=int(day)) for day in random.integers(0, finest, many)],
        ill.tolist(), random.random(many).round(3).tolist(),
    ]  # fmt: skip
    arrays = [pa.array(cells(c), f.type) for c, f in zip(columns, SHAPE.arrow_schema(), strict=True)]
    return pa.Table.from_arrays(arrays, schema=SHAPE.arrow_schema())


def arena(train: pa.Table, control: pa.Table, synthetic: pa.Table, **roles: Role) -> SourceArena:
    matches = MemoryMatches(RawTable(SHAPE, train), RawTable(SHAPE, control))
    named = {ColumnName(name): role for name, role in roles.items()}
    return SourceArena(matches=matches, synthetic=synthetic, seed=1, roles=named)


def run(name: str, place: SourceArena) -> AttackResult:
    found: AttackResult = plugins.load(ATTACKS, name)().run_in_source(place)
    return found


def test_the_attacks_that_a_policy_may_accept_as_not_run_are_those_that_cannot() -> None:
    there = {name: hasattr(plugins.load(ATTACKS, name), "run_in_source") for name in plugins.names(ATTACKS)}
    assert {name for name, can in there.items() if can} == COUNTABLE
    assert {name for name, can in there.items() if not can} == NEED_ROWS


@pytest.mark.parametrize("name", ["singling_out", "verbatim"])
def test_a_leak_is_found_and_other_people_are_not(name: str) -> None:
    train, control, other = (rows(many, seed=seed) for seed, many in ((1, 400), (2, 200), (3, 400)))
    leak, fair = run(name, arena(train, control, train)), run(name, arena(train, control, other))
    assert leak.excess.low > 0.5
    assert fair.excess.low <= 0 <= fair.excess.high < 0.1
    assert fair.control.value < 0.2


def test_a_few_copied_rows_are_told_of_as_such() -> None:
    train, control, other = (rows(many, seed=seed, null=0) for seed, many in ((1, 500), (2, 300), (3, 500)))
    some = pa.concat_tables([train.slice(0, 50), other.slice(50)])
    found = run("verbatim", arena(train, control, some))
    assert found.rate.value == pytest.approx(0.1, abs=0.005)
    assert found.excess.low > 0.07


def test_many_synthetic_rows_are_tried_in_part_and_scaled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    train, control, other = (rows(many, seed=seed, null=0) for seed, many in ((1, 800), (2, 400), (3, 800)))
    some = pa.concat_tables([train.slice(0, 400), other.slice(400)])
    monkeypatch.setattr(by_counts, "MOST_ROWS", 200)
    found = run("verbatim", arena(train, control, some))
    assert found.targets == 200
    assert found.rate.low < 0.5 < found.rate.high


def test_a_row_that_many_share_is_no_copy_of_anybody() -> None:
    alike = rows(1, seed=4)
    people = [pa.concat_tables([alike] * many) for many in (100, 100, 100)]
    assert run("verbatim", arena(*people)).rate.value == 0


def test_what_holds_for_everybody_is_told_and_is_no_excess() -> None:
    train, control, other = (rows(many, seed=seed, null=0) for seed, many in ((1, 600), (2, 600), (3, 600)))
    found = run("inference", arena(train, control, other, ill=Role.SENSITIVE))
    (part,) = found.parts
    assert part.attack == "inference/ill"
    assert part.rate.value > 0.95
    assert part.baseline.value < 0.8
    assert abs(found.excess.value) < 0.2


def test_what_was_learned_by_heart_is_told_of_those_learned_from() -> None:
    """Few values, drawn anew for every person: the rows themselves tell more of themselves than others do."""

    def few(seed: int) -> pa.Table:
        random = np.random.default_rng(seed)
        plain = rows(60, seed=seed, null=0)
        for at, values in ((0, random.integers(0, 7, 60)), (4, random.integers(0, 7, 60).astype(float))):
            plain = plain.set_column(at, SHAPE.columns[at].name, pa.array(values, plain.schema.field(at).type))
        return plain.set_column(1, "colour", pa.array(random.choice(["red", "green", "blue"], 60)))

    train, control = few(1), few(2)
    found = run("inference", arena(train, control, train, colour=Role.SENSITIVE))
    assert found.rate.value - found.control.value > 0.15


@pytest.mark.parametrize(("train", "control", "synthetic"), [(49, 200, 100), (200, 49, 100), (200, 200, 0), (0, 0, 5)])
@pytest.mark.parametrize("name", sorted(COUNTABLE))
def test_too_few_people_could_not_run(name: str, train: int, control: int, synthetic: int) -> None:
    with pytest.raises(CheckFailed):
        run(name, arena(rows(train, seed=1), rows(control, seed=2), rows(synthetic, seed=3)))


@settings(max_examples=12)
@given(st.data())
def test_whatever_the_rows_are_every_figure_is_a_number(data: st.DataObject) -> None:
    seeds = [data.draw(st.integers(0, 99)) for _ in range(3)]
    finest, null = data.draw(st.sampled_from([1, 3, 8, 9, 500])), data.draw(st.sampled_from([0.0, 0.3, 0.97, 1.0]))
    tables = [rows(many, seed=seed, finest=finest, null=null) for many, seed in zip((70, 60, 30), seeds, strict=True)]
    for name in ("inference", "verbatim"):  # singling out makes thousands of rules: once for each of few tables above
        try:
            found = run(name, arena(*tables))
        except CheckFailed:
            assert null == 1.0
            continue
        for each in (found, *found.parts):
            assert each.targets > 0
            for interval in (each.rate, each.control, each.baseline, each.excess):
                assert -1 <= interval.low <= interval.value <= interval.high <= 1
        assert -1 <= found.bound <= 1
