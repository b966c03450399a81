"""From the outcome of each target to figures: the whole, the outliers, the worst subgroup."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gateway.raw.judge.attack import AttackResult, Interval
from gateway.raw.judge.choosing import Chosen, choose
from gateway.raw.judge.codes import Codes, encode
from gateway.raw.judge.confidence import clustered, wilson
from gateway.raw.judge.targets import attacked, part
from gateway.vocabulary.names import ColumnName

COLUMNS = tuple(ColumnName(name) for name in ("race", "age", "town", "alone"))


PARTS = (slice(0, 9000), slice(9000, 11_900), slice(11_900, 12_000))


def people(rows: int, *, seed: int = 1) -> pa.Table:
    random = np.random.default_rng(seed)
    race = np.array(["secret-a", "secret-b", "secret-c"])[np.minimum(random.geometric(0.5, rows) - 1, 2)]
    return pa.table(
        {
            "race": race,
            "age": pa.array(random.normal(50, 10, rows), mask=random.random(rows) < 0.1),
            "town": [f"town {place}" for place in random.integers(0, 40, rows)],
            "alone": pa.nulls(rows, pa.int64()),
        }
    )


def coded(train: int = 3000, control: int = 1000) -> Codes:
    everyone = people(train + control + 100)
    return encode(everyone[:train], everyone[train : train + control], everyone[-100:], COLUMNS)


def chosen(codes: Codes, *, seed: int = 1) -> Chosen:
    return choose(codes, np.random.default_rng(seed))


def by_chance(who: Chosen, rate: float, *, seed: int = 1) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(len(who.rows)) < rate


def parts(result: AttackResult) -> dict[str, AttackResult]:
    return {each.attack: each for each in result.parts}


@pytest.mark.parametrize(("train", "control", "each"), [(3000, 1000, 1000), (300, 900, 300), (9000, 8000, 2000)])
def test_as_many_are_drawn_of_either_kind_and_nobody_twice(train: int, control: int, each: int) -> None:
    who = chosen(coded(train, control))
    assert len(set(who.rows.tolist())) == len(who.rows)
    assert who.rows.max() < train + control
    assert [int((who.drawn & kind).sum()) for kind in (who.member, ~who.member)] == [each, each]
    share = max(20 / control, min(0.025, 250 / train))
    for sort in (who.far, who.extreme):
        found = [int((sort & kind).sum()) for kind in (who.member, ~who.member)]
        assert found == [math.ceil(share * train), math.ceil(share * control)]
    assert (who.drawn | who.outlier).all()


def test_the_oddest_are_those_far_from_everybody() -> None:
    frame = people(2000)
    far = frame.set_column(1, "age", pa.array(np.where(np.arange(2000) % 50 == 0, 50_000.0 + np.arange(2000), 50.0)))
    who = chosen(encode(far[:1000], far[1000:], far[:10], COLUMNS))
    assert set(who.rows[who.outlier].tolist()) >= set(range(0, 2000, 50))


def test_the_most_extreme_of_all_rows_are_attacked_whoever_was_drawn() -> None:
    """One who stands out in a single column of many is far from nobody in the others."""
    frame = people(12_000)
    ages = np.where(np.arange(12_000) % 1000 == 0, 900.0, 50.0 + np.arange(12_000) % 7)
    who = chosen(encode(*(frame.set_column(1, "age", pa.array(ages))[part] for part in PARTS), COLUMNS))
    assert set(who.rows[who.extreme].tolist()) >= set(range(0, 11_900, 1000))


def test_the_larger_set_has_no_farther_outliers() -> None:
    """Else what is true of outliers would be taken for what is true of training."""
    far = [
        np.quantile(who.oddness[who.far & kind], 0.5)
        for who in [chosen(coded(9000, 1000))]
        for kind in (who.member, ~who.member)
    ]
    assert far[0] == pytest.approx(far[1], abs=0.05)


def test_the_same_seed_draws_the_same_people_and_another_others() -> None:
    codes = coded()
    assert chosen(codes).rows.tolist() == chosen(codes).rows.tolist() != chosen(codes, seed=2).rows.tolist()


def test_other_people_can_be_drawn_beside_the_same_outliers() -> None:
    who = chosen(coded(300, 200))
    other = who.drawing(np.arange(280, 320))
    assert other.rows[other.drawn].tolist() == list(range(280, 320))
    assert sorted(other.rows[other.outlier].tolist()) == sorted(who.rows[who.outlier].tolist())
    assert (np.diff(other.member.astype(int)) <= 0).all()


def test_groups_are_values_quarters_and_the_commonest() -> None:
    who = chosen(coded())
    assert [len(np.unique(who.groups[column][who.groups[column] >= 0])) for column in range(4)] == [3, 5, 12, 1]
    ages = who.codes.cells[who.rows, 1]
    for group in range(1, 5):
        assert 150 < (who.groups[1] == group).sum() < 750
    assert ((who.groups[1] == 0) == (ages == -1)).all()


def test_a_whole_is_judged_on_those_drawn_alone() -> None:
    who = chosen(coded(9000, 8000))
    hit = who.outlier & ~who.drawn
    result = attacked("some", who, hit, ~hit, columns=COLUMNS)
    assert (result.rate.value, result.targets) == (0, 2000)
    assert result.baseline.value == 1
    assert parts(result)["some/outliers"].rate.value > 0.3


def test_outliers_that_are_hit_alone_convict() -> None:
    who = chosen(coded())
    result = attacked("some", who, who.outlier & who.member, who.outlier, columns=COLUMNS)
    assert parts(result)["some/outliers"].excess.low > 0.5
    assert result.excess.high < 0.1 < result.bound


def test_the_worst_subgroup_is_found_and_named_by_its_column_alone() -> None:
    who = chosen(coded())
    race = who.groups[0]
    few = race == np.argmin(np.where(np.bincount(race) > 0, np.bincount(race), 10**9))
    result = attacked("some", who, by_chance(who, 0.1) | (few & who.member), by_chance(who, 0.1), columns=COLUMNS)
    worst = parts(result)["some/worst of race"]
    assert worst.excess.low > 0.5
    assert result.bound == worst.excess.low
    assert not any("secret" in each.attack for each in result.parts)
    assert "secret" not in f"{who!r}{result!r}"


def test_a_group_of_nearly_all_is_no_group() -> None:
    """Else it would be the worst of every honest table, having the narrowest interval."""
    frame = pa.table({"deceased": np.arange(2000) % 20 == 0})
    who = chosen(encode(frame[:1000], frame[1000:], frame[:10], [ColumnName("deceased")]))
    result = attacked("some", who, by_chance(who, 0.3), by_chance(who, 0.3), columns=[ColumnName("deceased")])
    assert parts(result)["some/worst of deceased"].targets == 50


def test_the_worst_of_many_honest_groups_is_seldom_accused() -> None:
    """More than 20 groups: one of them would be, in two of five tables, without allowing for so many looks."""
    who = chosen(coded())
    accused = 0
    for seed in range(60):
        result = attacked("some", who, by_chance(who, 0.3, seed=seed), by_chance(who, 0.3), columns=COLUMNS)
        (worst,) = [each for name, each in parts(result).items() if "worst" in name]
        accused += worst.excess.low > 0
    assert accused <= 5


def test_too_few_make_no_part() -> None:
    who = chosen(coded())
    among = who.drawn & (np.cumsum(who.member) <= 19)
    assert part("some", who, who.drawn, who.drawn, among=among) is None


def test_shares_that_are_all_or_nothing_are_trials() -> None:
    assert clustered(np.repeat([0.0, 1.0], [70, 30])) == wilson(30, 100)
    assert clustered(np.ones(20)) == wilson(20, 20)


def test_tries_that_even_out_are_worth_more_than_one_and_less_than_all() -> None:
    shares = np.random.default_rng(1).binomial(10, 0.3, 200) / 10
    got, one, every = clustered(shares), wilson(60, 200), wilson(600, 2000)
    assert every.high - every.low < got.high - got.low < 0.6 * (one.high - one.low)


def test_the_interval_of_tries_that_hang_together_covers_as_often_as_it_says() -> None:
    random, covered = np.random.default_rng(3), 0
    for _ in range(800):
        person = random.beta(0.3, 0.9, 150)
        got = clustered(random.binomial(5, person) / 5)
        covered += got.low <= 0.25 <= got.high
    assert covered / 800 >= 0.935


@pytest.mark.parametrize("shares", [[], [-0.1], [1.1]])
def test_shares_without_sense_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        clustered(np.array(shares))


def test_many_looks_hold_all_at_once() -> None:
    random = np.random.default_rng(1)
    truth, missed = 0.2, 0
    for _ in range(1000):
        ends = [wilson(int(hits), 300, looks=15) for hits in random.binomial(300, truth, 15)]
        missed += not all(each.low <= truth <= each.high for each in ends)
    assert 20 < missed < 80
    assert wilson(3, 10, looks=1) == wilson(3, 10)
    assert isinstance(wilson(3, 10, looks=200), Interval)
    with pytest.raises(ValueError, match="trials"):
        wilson(3, 10, looks=0)
