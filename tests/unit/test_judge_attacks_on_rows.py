"""What each attack on rows is there for: leaks that the others do not see, and honest tables that look like leaks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from gateway import plugins
from gateway.raw.judge.attack import Arena, AttackResult
from gateway.raw.judge.attacks.inference import told
from gateway.raw.judge.codes import encode
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Role

PACKAGE = "gateway.raw.judge.attacks"
ROWS = 1500


def people(rows: int, *, seed: int, ill: float = 0.3) -> pa.Table:
    random = np.random.default_rng(seed)
    age = random.integers(18, 90, rows)
    return pa.table(
        {
            "age": age,
            "sex": np.where(random.random(rows) < 0.5, "f", "m"),
            "town": [f"town {i}" for i in np.minimum(random.zipf(1.5, rows), 200)],
            "job": [f"job {i}" for i in random.integers(0, 40, rows)],
            "income": np.exp(random.normal(10, 0.7, rows)).round(2),
            "height": random.normal(170, 9, rows).round(1),
            "ill": random.random(rows) < ill,
        }
    )


def run(name: str, train: pa.Table, control: pa.Table, synthetic: pa.Table, **roles: Role) -> AttackResult:
    arena = Arena(
        train=train,
        control=control,
        synthetic=synthetic,
        columns=tuple(ColumnName(column) for column in train.column_names),
        seed=1,
        roles={ColumnName(column): role for column, role in roles.items()},
    )
    result: AttackResult = plugins.load(PACKAGE, name)().run(arena)
    return result


def part(result: AttackResult, name: str) -> AttackResult:
    (found,) = [each for each in result.parts if each.attack.split("/", 1)[1] == name]
    return found


def three(ill: float = 0.3) -> tuple[pa.Table, pa.Table, pa.Table]:
    everyone = people(3 * ROWS, seed=1, ill=ill)
    return everyone[:ROWS], everyone[ROWS : 2 * ROWS], everyone[2 * ROWS :]


def changed(table: pa.Table, column: str, values: object) -> pa.Table:
    place = table.column_names.index(column)
    return table.set_column(place, column, pa.array(values, table.schema.field(column).type))


def test_rows_with_one_answer_changed_are_near_copies_and_not_verbatim() -> None:
    train, control, other = three()
    copies = changed(train[:300], "income", np.asarray(other["income"][:300]))
    leaky = pa.concat_tables([copies, other[300:]])
    assert run("verbatim", train, control, leaky).bound < 0.02
    assert run("near_copies", train, control, leaky).excess.low > 0.1
    assert run("near_copies", train, control, other).bound < 0.05


def test_rows_with_every_number_slightly_off_are_near_copies() -> None:
    train, control, other = three()
    copies = changed(train[:300], "income", np.asarray(train["income"][:300]) * 1.0003 + 0.01)
    copies = changed(copies, "height", np.asarray(copies["height"]) + 0.1)
    leaky = pa.concat_tables([copies, other[300:]])
    assert run("near_copies", train, control, leaky).excess.low > 0.1


def test_a_row_that_another_real_person_nearly_has_is_nobodys_copy() -> None:
    """Everybody twice, but for the income: what comes back may be either's."""
    train, control, other = three()
    twins = changed(train, "income", np.random.default_rng(1).permutation(np.asarray(train["income"])))
    both = pa.concat_tables([train, twins])
    copies = changed(train, "income", np.asarray(other["income"]))
    assert run("near_copies", both, control, copies).excess.high < 0.05


def test_a_rare_illness_that_is_told_convicts_though_few_have_it() -> None:
    """One in 25 is ill. On all together the figure stays small; of the ill nearly all are told."""
    train, control, other = three(ill=0.04)
    known = pa.concat_tables([train.filter(train["ill"]), other[200:]])
    leaky, honest = (run("inference", train, control, synthetic, ill=Role.SENSITIVE) for synthetic in (known, other))
    assert leaky.excess.high < 0.1
    assert part(leaky, "ill").excess.low > 0.4
    assert leaky.bound > 0.4
    assert honest.bound < 0.1
    assert [each.attack for each in honest.parts].count("inference/ill") == 1
    assert not [each for each in honest.parts if each.attack == "inference/age"]


def test_a_secret_that_all_have_in_common_is_none() -> None:
    train, control, other = (changed(table, "ill", [True] * ROWS) for table in three())
    result = run("inference", train, control, other, ill=Role.SENSITIVE)
    assert result.excess.high < 0.01
    assert result.bound < 0.1


def test_nothing_known_of_somebody_is_an_answer_too() -> None:
    train, control, other = three()
    none = np.random.default_rng(5).random((3, ROWS)) < 0.3
    mostly = [
        changed(
            table,
            "height",
            [None if gone else cell for gone, cell in zip(empty, table["height"].to_pylist(), strict=True)],
        )
        for table, empty in zip((train, control, other), none, strict=True)
    ]
    leaky = run("inference", mostly[0], mostly[1], mostly[0], height=Role.SENSITIVE)
    assert part(leaky, "height").excess.low > 0.9
    everyone = changed(mostly[0], "height", [None] * ROWS)
    assert part(run("inference", mostly[0], mostly[1], everyone, height=Role.SENSITIVE), "height").rate.value == 0


def test_numbers_are_told_by_what_is_close_to_them_and_years_are_not_all_alike() -> None:
    numbers = pa.table({"year": [1950, 1990, 1991, 2020, 2020], "paid": [0.0, 1.0, 100.0, 104.9, 90000.0]})
    many = pa.concat_tables([numbers] * 20)
    columns = [ColumnName(name) for name in numbers.column_names]
    codes = encode(many, many, many, columns)
    years, paid = codes.cells[:5, 0], codes.cells[:5, 1]
    assert told(codes, 0, years[[2, 1, 1, 3, 3]], years[[1, 2, 1, 0, 4]]).tolist() == [True, True, True, False, True]
    assert told(codes, 1, paid[[0, 1, 2, 2, 4]], paid[[0, 0, 3, 1, 3]]).tolist() == [True, False, True, False, False]
    assert told(codes, 1, np.array([-1, -1, 0]), np.array([-1, 0, -1])).tolist() == [True, False, False]


def test_a_number_that_stands_for_unknown_does_not_blind_distances() -> None:
    """Every tenth income is 999999999: beside it all others would look alike, and no secret be told by them."""
    train, control, other = (
        changed(table, "income", np.where(np.arange(ROWS) % 10, np.asarray(table["income"]), 999_999_999.0))
        for table in three()
    )
    few = [table.select(["income", "height", "job"]) for table in (train, control, other)]
    assert run("inference", few[0], few[1], few[0], job=Role.SENSITIVE).bound > 0.8
    assert run("membership", few[0], few[1], few[0]).excess.low > 0.8


def test_combinations_of_quasi_identifiers_that_come_back_alone_are_found() -> None:
    """Ages, towns and jobs as they were, all else drawn afresh: no near copy, and yet a person is there."""
    train, control, other = three()
    leaky = other
    for column in ("age", "town", "job"):
        leaky = changed(leaky, column, train[column].to_pylist())
    quasi = {"age": Role.QUASI, "town": Role.QUASI, "job": Role.QUASI}
    assert run("verbatim", train, control, leaky).bound < 0.02
    assert run("near_copies", train, control, leaky).bound < 0.05
    assert run("rare_combinations", train, control, leaky, **quasi).excess.low > 0.3
    assert run("rare_combinations", train, control, other, **quasi).bound < 0.1


def test_two_quasi_identifiers_are_halves_that_are_linked() -> None:
    train, control, _ = three()
    names = {"income": Role.QUASI, "height": Role.QUASI, "age": Role.QUASI, "ill": Role.SENSITIVE}
    result = run("linkability", train, control, train, **names)
    assert part(result, "quasi-identifiers by halves").excess.low > 0.15
    assert part(result, "quasi-identifiers and the rest").targets > 0
    assert len({each.attack for each in result.parts if "halves" in each.attack}) == 3


@pytest.mark.parametrize("width", [2, 3])
def test_few_columns_are_divided_in_as_many_ways_as_there_are(width: int) -> None:
    few = [table.select(["income", "height", "age"][:width]) for table in three()]
    result = run("linkability", few[0], few[1], few[0])
    assert len([each for each in result.parts if "halves" in each.attack]) == {2: 1, 3: 3}[width]
    assert result.excess.low > 0.3


def test_attacks_on_rows_share_their_targets() -> None:
    train, control, other = three()
    names = tuple(ColumnName(column) for column in train.column_names)
    arena = Arena(train=train, control=control, synthetic=other, columns=names, seed=1)
    assert arena.chosen is arena.chosen
    again = dataclasses.replace(arena, seed=2)
    assert again.chosen.oddness.tolist() != arena.chosen.oddness.tolist()
    assert {len(found.rows) for found in (arena.chosen, again.chosen)} == {len(arena.chosen.rows)}
