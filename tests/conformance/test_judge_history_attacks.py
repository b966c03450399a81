"""The law of attacks on whole histories: known answers on databases whose secret is known, and bad input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from gateway import plugins
from gateway.raw.judge.attack import Arena, Attack, AttackResult
from gateway.raw.judge.database import arena_of
from gateway.raw.judge.histories import SyntheticFamily, SyntheticRows
from gateway.raw.judge.sketches import extent, rarity
from gateway.vocabulary.errors import CheckFailed
from tests.made_up_families import COLUMNS, DRUGS, LINEAGE, PERSONS, VISITS, arena, joined, leaking, people

PACKAGE = "gateway.raw.judge.attacks"
OF_HISTORIES = [
    name
    for name in plugins.names(PACKAGE)
    if getattr(plugins.load(PACKAGE, name), "of_histories", False) or name == "linkability"
]


@pytest.fixture(params=OF_HISTORIES)
def attack(request: pytest.FixtureRequest) -> Attack:
    loaded: Attack = plugins.load(PACKAGE, request.param)()
    assert loaded.name == request.param
    assert loaded.question.endswith("?")
    return loaded


def holds_nought(result: AttackResult) -> bool:
    """Say whether 0 lies in the interval, made half as wide again: one table in 500 is outside by chance, not 25."""
    low, value, high = result.excess.low, result.excess.value, result.excess.high
    return value - 1.6 * (value - low) <= 0 <= value + 1.6 * (high - value)


def test_the_three_that_are_promised_are_there() -> None:
    assert {"copied_runs", "linkability", "whole_history"} <= set(OF_HISTORIES)


def test_the_persons_themselves_are_caught(attack: Attack) -> None:
    result = attack.run(leaking(1.0))
    assert result.excess.low > 0.5
    assert result.bound > 0.5


def test_a_twentieth_of_leaked_persons_is_seen(attack: Attack) -> None:
    result = attack.run(leaking(0.05))
    assert result.excess.low > 0 or any(part.excess.low > 0 for part in result.parts)
    assert 0.03 < result.excess.high < 0.15


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_independent_database_is_not_accused(attack: Attack, seed: int) -> None:
    result = attack.run(leaking(0.0, seed=seed))
    assert holds_nought(result)
    assert all(part.excess.low <= 0.02 for part in result.parts)
    assert result.bound < 0.06


def test_a_larger_training_set_alone_is_no_leak(attack: Attack) -> None:
    result = attack.run(leaking(0.0, train=4000, control=400, seed=5))
    assert holds_nought(result)
    assert all(part.excess.low <= 0.02 for part in result.parts)


def test_the_same_seed_gives_the_same_figures(attack: Attack) -> None:
    assert attack.run(leaking(0.3, train=300, control=200)) == attack.run(leaking(0.3, train=300, control=200))


def test_figures_are_rates_with_their_intervals_around_them(attack: Attack) -> None:
    result = attack.run(leaking(0.1, train=400, control=250))
    for each in (result, *result.parts):
        assert each.attack.startswith(attack.name)
        assert each.targets > 0
        for interval in (each.rate, each.control, each.baseline):
            assert 0 <= interval.low <= interval.value <= interval.high <= 1
        assert -1 <= each.excess.low <= each.excess.value <= each.excess.high <= 1


def test_the_order_of_synthetic_persons_and_of_their_rows_means_nothing(attack: Attack) -> None:
    """Inside an owner, rows come as they please: a copy must be found however it lies."""
    everyone = people(900, seed=2)
    ours, held_out = everyone.first(500), everyone.after(500)
    random = np.random.default_rng(1)
    turned = ours.take(random.permutation(500))
    owner = np.repeat(np.arange(500), np.diff(turned.visit_starts))
    order = np.lexsort((random.random(len(owner)), owner))
    of_drugs = np.diff(turned.drug_starts)[order]
    begin = np.append(0, np.cumsum(of_drugs))
    kept = np.repeat(turned.drug_starts[order] - begin[:-1], of_drugs) + np.arange(begin[-1])
    shaken = dataclasses.replace(
        turned, visits=turned.visits.take(pa.array(order)), drugs=turned.drugs.take(pa.array(kept)), drug_starts=begin
    )
    assert attack.run(arena(ours, held_out, shaken)).excess.low > 0.5


def of_odd_people(measure: str) -> tuple[Arena, Arena]:
    """Two generators that draw afresh; the first has also learned the 40 oddest of 1,500 persons by heart."""
    everyone = people(3700, seed=4)
    ours, held_out, others = everyone.first(1500), everyone.take(range(1500, 2200)), everyone.after(2200)
    honest = arena(ours, held_out, others)
    visits = honest.histories[0]
    oddness = extent(visits)[0] if measure == "most rows" else rarity(visits)
    odd = np.argsort(-oddness[:1500], kind="stable")[:40]
    return arena(ours, held_out, joined(others.after(40), ours.take(odd))), honest


@pytest.mark.parametrize("measure", ["most rows", "most extreme"])
def test_outliers_that_alone_were_memorised_are_caught(measure: str) -> None:
    """The patient with 400 results: few on average, nearly all among those like them."""
    attack = plugins.load(PACKAGE, "whole_history")()
    leaky, honest = (attack.run(each) for each in of_odd_people(measure))
    assert leaky.excess.high < 0.1
    assert leaky.bound > 0.4
    assert honest.bound < 0.1
    parts = {part.attack: part for part in leaky.parts}
    assert parts[f"whole_history/{measure}"].excess.low > 0.4


def test_runs_of_one_table_alone_are_caught() -> None:
    """Persons of their own, but every tenth has the visits of somebody real, moved by a hundred days."""
    everyone = people(3700, seed=6)
    ours, held_out, others = everyone.first(1500), everyone.take(range(1500, 2200)), everyone.after(2200)
    stolen = ours.first(150)
    moved = pc.add(stolen.visits["day"].cast(pa.int32()), pa.scalar(100, pa.int32())).cast(pa.date32())
    visits = stolen.visits.set_column(0, stolen.visits.schema.field("day"), moved)
    mixed = dataclasses.replace(stolen, persons=others.first(150).persons, visits=visits)
    result = plugins.load(PACKAGE, "copied_runs")().run(arena(ours, held_out, joined(others.after(150), mixed)))
    assert result.bound > 0.05
    parts = {part.attack: part for part in result.parts}
    assert parts["copied_runs/visits: triples"].excess.low > 0.04


def test_a_history_that_many_share_gives_nobody_away(attack: Attack) -> None:
    """All persons alike, or of eight kinds: the training persons themselves are no leak."""
    few = people(8, seed=1)
    ours, held_out = few.take(np.arange(800) % 8), few.take(np.arange(400) % 8)
    try:
        result = attack.run(arena(ours, held_out, ours))
    except CheckFailed as failed:
        # an attack may also say that there is nothing to attack
        assert "theirs alone" in str(failed)  # noqa: PT017 - see above
    else:
        assert all(each.excess.low <= 0.02 for each in (result, *result.parts))
        # a hit on everybody would tell nothing, and block the release all the same
        assert result.excess.high < 0.3


def test_links_are_looked_for_in_a_single_table_too() -> None:
    """Units that are nothing but a key, with purchases: the earlier half of a history leads to the later."""
    lineage = dataclasses.replace(LINEAGE, owned=LINEAGE.owned[:1])
    columns = {PERSONS: [], VISITS: COLUMNS[VISITS]}
    everyone = people(2200, seed=3)
    ours, held_out, others = everyone.first(1000), everyone.take(range(1000, 1400)), everyone.after(1400)

    def attacked(synthetic: SyntheticFamily) -> AttackResult:
        made = arena_of(ours.family(), held_out.family(), synthetic, lineage=lineage, columns=columns, seed=1)
        result: AttackResult = plugins.load(PACKAGE, "linkability")().run(made)
        return result

    assert attacked(ours.synthetic()).excess.low > 0.5
    assert attacked(others.synthetic()).excess.low <= 0


def without_rows(synthetic: SyntheticFamily) -> SyntheticFamily:
    starts = np.zeros(synthetic.units.num_rows + 1, dtype=np.int64)
    visits = SyntheticRows(rows=synthetic.owned[VISITS].rows[:0], starts=starts)
    drugs = SyntheticRows(rows=synthetic.owned[DRUGS].rows[:0], starts=starts[:1])
    return SyntheticFamily(units=synthetic.units, owned={VISITS: visits, DRUGS: drugs})


def test_a_database_without_synthetic_children_is_attacked(attack: Attack) -> None:
    everyone = people(900, seed=2)
    ours, held_out, others = everyone.first(300), everyone.take(range(300, 600)), everyone.after(600)
    made = arena_of(
        ours.family(), held_out.family(), without_rows(others.synthetic()), lineage=LINEAGE, columns=COLUMNS, seed=1
    )
    result = attack.run(made)
    assert result.excess.low <= 0.02


def test_persons_without_rows_could_not_be_attacked_by_runs_or_links() -> None:
    everyone = people(400, seed=2)
    few = everyone.take(np.flatnonzero(np.diff(everyone.visit_starts) == 0))
    half = len(few) // 2
    for name in ("copied_runs", "linkability"):
        with pytest.raises(CheckFailed, match="20"):
            plugins.load(PACKAGE, name)().run(arena(few.first(half), few.after(half), few))


@pytest.mark.parametrize(
    "starts",
    [[0, 5], [1] * 301, [0, *[9999] * 300], [0, 3, 2, *[10] * 298]],
    ids=["too few", "not from the first", "too many rows", "falling"],
)
def test_rows_that_are_not_divided_among_owners_are_refused(starts: list[int]) -> None:
    everyone = people(900, seed=2)
    synthetic = everyone.after(600).synthetic()
    visits = SyntheticRows(rows=synthetic.owned[VISITS].rows[:10], starts=np.array(starts))
    broken = SyntheticFamily(units=synthetic.units, owned={**synthetic.owned, VISITS: visits})
    with pytest.raises(CheckFailed, match="not divided among"):
        arena_of(
            everyone.first(300).family(), everyone.take(range(300, 600)).family(), broken,
            lineage=LINEAGE, columns=COLUMNS, seed=1,
        )  # fmt: skip
