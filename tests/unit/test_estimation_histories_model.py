"""Drawing histories: the contexts are those that rows are counted in, and rows stay inside what they are told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.estimation import storage
from gateway.estimation.histories import contexts
from gateway.estimation.histories.model import Gaps, Model, Spec, restore
from gateway.estimation.histories.proposing import default_terms
from gateway.estimation.histories.terms import NOWHERE, Context, Histories, Owners, Place, Shape, Term
from gateway.vocabulary.errors import ConfigurationError

GAPS = Gaps(
    low=np.array([0, 1, 3, 10]),
    high=np.array([0, 2, 9, 400]),
    weight=np.array([1.0, 2.0, 0.0, 1.0]),
    bin_of=np.array([0, 1, 1, 2], dtype=np.int32),
)
SHAPE = Shape(cells=(4, 3, 5, 2), owner=(2, 6), ordered=True, kind=1)
SPEC = Spec(shape=SHAPE, gaps=GAPS)


def owners_of(rows: list[int], seed: int = 3, *, shape: Shape = SHAPE) -> Owners:
    rng = np.random.default_rng(seed)
    n = len(rows)
    return Owners(
        unit=np.arange(n) // 2,
        codes=np.stack([rng.integers(0, cells, n) for cells in shape.owner]).astype(np.int16)
        if shape.owner
        else np.zeros((0, n), dtype=np.int16),
        rows=np.array(rows, dtype=np.int64),
        first=rng.integers(-900, 900, n),
        span=np.where(np.array(rows) > 1, rng.integers(0, 4000, n), 0),
    )


def random_model(spec: Spec = SPEC, seed: int = 5) -> Model:
    rng = np.random.default_rng(seed)
    terms = default_terms(spec)
    weights = tuple(rng.normal(0, 0.5, contexts.extent(t, shape=spec.shape)).astype(np.float32) for t in terms)
    return Model(spec=spec, terms=terms, weights=weights)


def same(one: Histories, other: Histories) -> bool:
    pairs = ((one.starts, other.starts), (one.time, other.time), (one.codes, other.codes))
    return all(np.array_equal(a, b) for a, b in pairs)


def seen(histories: Histories, owners: Owners) -> Owners:
    """Return the owners with the span that their histories came out with."""
    last = histories.time[histories.starts[1:] - 1]
    return Owners(unit=owners.unit, codes=owners.codes, rows=owners.rows, first=owners.first, span=last - owners.first)


@pytest.mark.parametrize(
    ("target", "context"),
    [
        (0, Context(place=Place.OWNER, column=1)),
        (0, Context(place=Place.BEFORE, column=2)),
        (0, Context(place=Place.BEFORE, column=0)),
        (0, Context(place=Place.RANK)),
        (1, Context(place=Place.BEFORE, column=1)),
        (1, Context(place=Place.ROW, column=0)),
        (1, Context(place=Place.RANK, bin_of=(0, 1, 2, 2, 1, 0))),
        (2, Context(place=Place.ROW, column=1)),
        (2, Context(place=Place.OWNER, column=0)),
        (3, Context(place=Place.LAST, column=3)),
        (3, Context(place=Place.LAST, column=2, bin_of=(0, 1, 1, 0, 1, 0))),
        (3, Context(place=Place.ROW, column=2)),
    ],
    ids=lambda value: str(value.place) if isinstance(value, Context) else str(value),
)
def test_a_column_follows_the_context_it_is_tied_to(target: int, context: Context) -> None:
    cells = SHAPE.cells[target] - (target == 0)
    sort = Context(place=Place.ROW, column=1)
    looks = (sort, context) if target > 1 and context != sort else (context,)
    axes = contexts.extent(Term(target=target, contexts=looks), shape=SHAPE)
    # every cell follows some other, so that a chain of rows does not stay in one
    tied = (np.arange(int(np.prod(axes[:-1]))).reshape(axes[:-1]) + 1) % cells
    weights = np.where(np.arange(cells) == tied[..., None], 30.0, 0.0).astype(np.float32)
    model = Model(spec=SPEC, terms=(Term(target=target, contexts=looks),), weights=(weights,))
    owners = owners_of([40, 0, 1, 12, 7])

    histories = model.sample(owners, seed=1)

    at = tuple(contexts.codes(histories, owners, look, shape=SHAPE) for look in looks)
    rows = np.ones(60, dtype=bool)
    if target == 0:
        rows[histories.starts[:-1][owners.rows > 0]] = False
    assert (histories.codes[target] == tied[at])[rows].all()
    assert len(np.unique(histories.codes[target])) > 1


def test_a_term_says_nothing_of_rows_that_it_does_not_count() -> None:
    sort = Context(place=Place.ROW, column=1, bin_of=(0, NOWHERE, 1))
    term = Term(target=2, contexts=(sort,))
    weights = np.zeros((2, 5), dtype=np.float32)
    weights[:, 4] = 25
    model = Model(spec=SPEC, terms=(term,), weights=(weights,))

    codes = model.sample(owners_of([300] * 10), seed=1).codes

    assert (codes[2][codes[1] != 1] == 4).all()
    assert np.bincount(codes[2][codes[1] == 1], minlength=5).min() > 100


def test_what_is_left_is_what_it_is_counted_as() -> None:
    context = Context(place=Place.LEFT)
    tied = np.random.default_rng(2).integers(0, 3, contexts.LEFT_CELLS)
    weights = np.where(np.arange(3) == tied[:, None], 30.0, 0.0).astype(np.float32)
    model = Model(spec=SPEC, terms=(Term(target=1, contexts=(context,)),), weights=(weights,))
    owners = owners_of([40, 3, 1, 12, 7])

    histories = model.sample(owners, seed=1)

    assert (histories.codes[1] == tied[contexts.codes(histories, owners, context, shape=SHAPE)]).all()


def test_gaps_lie_in_their_cells_and_times_are_their_sums() -> None:
    owners = owners_of([30, 1, 0, 25, 2])

    histories = random_model().sample(owners, seed=2)

    low, high = GAPS.bounds()
    for owner, (a, b) in enumerate(zip(histories.starts[:-1], histories.starts[1:], strict=True)):
        gaps, cells = np.diff(histories.time[a:b]), histories.codes[0, a:b]
        assert a == b or (cells[0] == SHAPE.cells[0] - 1 and histories.time[a] == owners.first[owner])
        assert ((low[cells[1:]] <= gaps) & (gaps <= high[cells[1:]])).all()
        assert not np.isin(gaps, np.arange(3, 10)).any()  # an interval without weight


def test_the_same_seed_gives_the_same_rows_and_another_does_not() -> None:
    owners, model = owners_of([9, 0, 14, 3]), random_model()

    assert same(model.sample(owners, seed=4), model.sample(owners, seed=4))
    assert not same(model.sample(owners, seed=4), model.sample(owners, seed=5))


@pytest.mark.parametrize("rows", [1, 10, 37, 10_000])
def test_rows_drawn_in_chunks_are_those_drawn_at_once(rows: int) -> None:
    owners, model = owners_of([9, 0, 0, 14, 3, 0, 1, 22, 0]), random_model()
    whole = model.sample(owners, seed=6)

    chunks = list(model.stream(owners, seed=6, rows=rows))

    assert np.array_equal(np.concatenate([c.time for c in chunks]), whole.time)
    assert np.array_equal(np.concatenate([c.codes for c in chunks], axis=1), whole.codes)
    assert sum(c.starts.size - 1 for c in chunks) == owners.rows.size
    assert all(c.time.size <= max(rows, 22) for c in chunks)


def test_nothing_is_drawn_after_the_end() -> None:
    owners = owners_of([30, 30, 30])
    bound = Owners(
        unit=owners.unit,
        codes=owners.codes,
        rows=owners.rows,
        first=owners.first,
        span=owners.span,
        end=owners.first + np.array([-1, 0, 100_000]),
    )

    histories = random_model().sample(bound, seed=2)

    made = np.diff(histories.starts)
    assert made[0] == 0
    assert 0 < made[1] < 30
    assert made[2] == 30
    assert (histories.time <= np.repeat(bound.end, made)).all()


def test_what_is_once_or_impossible_is_kept() -> None:
    spec = Spec(
        shape=Shape(cells=(4, 4, 5), owner=(2,), ordered=True, kind=1, once=(1,)),
        gaps=GAPS,
        possible={2: np.array([[1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 0]], dtype=np.bool_)},
    )
    owners = owners_of([3, 9, 0, 4] * 50, shape=spec.shape)

    histories = random_model(spec).sample(owners, seed=2)

    made = np.diff(histories.starts)
    assert made.tolist() == [3, 4, 0, 4] * 50
    for a, b in zip(histories.starts[:-1], histories.starts[1:], strict=True):
        assert len(set(histories.codes[1, a:b])) == b - a
    assert spec.possible[2][histories.codes[1], histories.codes[2]].all()


def test_rows_without_order_or_kind_are_drawn_too() -> None:
    spec = Spec(shape=Shape(cells=(3, 4)))
    owners = owners_of([2, 0, 300], shape=spec.shape)

    histories = random_model(spec).sample(owners, seed=2)

    assert np.diff(histories.starts).tolist() == [2, 0, 300]
    assert not histories.time.any()
    assert {len(np.unique(codes)) for codes in histories.codes} == {3, 4}


def test_nobody_gets_no_rows() -> None:
    histories = random_model().sample(owners_of([0, 0]), seed=1)

    assert histories.starts.tolist() == [0, 0, 0]
    assert histories.codes.shape == (4, 0)
    assert list(random_model().stream(owners_of([]), seed=1)) == []


def test_a_model_comes_back_from_its_files(tmp_path: Path) -> None:
    model = random_model(Spec(shape=SHAPE, gaps=GAPS, possible={2: np.eye(3, 5, dtype=np.bool_)}))
    storage.save(tmp_path / "model", model.describe(), model.arrays())

    back = restore(*storage.load(tmp_path / "model"))

    owners = owners_of([20, 4])
    assert same(back.sample(owners, seed=1), model.sample(owners, seed=1))


@pytest.mark.parametrize(
    "damage",
    [
        lambda d, _: d.update(cells=[4, 3]),
        lambda d, _: d.update(cells=[4, 3, 5, 40_000]),
        lambda d, _: d.update(kind=2),
        lambda d, _: d.update(ordered=False),
        lambda d, _: d["terms"][0].update(target=9),
        lambda d, _: d["terms"][0].update(contexts=[{"place": "row", "column": 0, "bins": None}]),
        lambda _, a: a.update({"weights.0": np.full(3, np.nan, dtype=np.float32)}),
        lambda _, a: a.update({"gaps.low": np.array([5, 1, 3, 10])}),
        lambda _, a: a.update({"gaps.bin_of": np.array([0, 1, 1, 4], dtype=np.int32)}),
    ],
)
def test_a_description_no_model_has_is_refused(damage: Callable[[Any, Any], None]) -> None:
    model = random_model()
    described, arrays = json.loads(json.dumps(model.describe())), model.arrays()
    damage(described, arrays)

    with pytest.raises(ValueError, match=r"."):
        restore(described, arrays)


@pytest.mark.parametrize(
    "term",
    [
        Term(target=1, contexts=(Context(place=Place.ROW, column=1),)),
        Term(target=1, contexts=(Context(place=Place.ROW, column=2),)),
        Term(target=1, contexts=(Context(place=Place.LAST, column=2),)),
        Term(target=0, contexts=(Context(place=Place.LAST, column=2),)),
    ],
)
def test_a_term_that_looks_ahead_is_refused(term: Term) -> None:
    weights = np.zeros(contexts.extent(term, shape=SHAPE), dtype=np.float32)

    with pytest.raises(ValueError, match="drawn before"):
        Model(spec=SPEC, terms=(term,), weights=(weights,)).packed()


@pytest.mark.parametrize(
    "wrong",
    [{"rows": np.array([-1, 2])}, {"span": np.array([-1, 2])}, {"codes": np.zeros((1, 2), dtype=np.int16)}],
)
def test_owners_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    right = owners_of([1, 2])
    fields = {name: getattr(right, name) for name in ("unit", "codes", "rows", "first", "span")}

    with pytest.raises(ConfigurationError):
        random_model().sample(Owners(**(fields | wrong)), seed=1)


@pytest.mark.parametrize(
    "spec",
    [
        lambda: Spec(shape=Shape(cells=())),
        lambda: Spec(shape=Shape(cells=(3, 0))),
        lambda: Spec(shape=Shape(cells=(3, 2), ordered=True)),
        lambda: Spec(shape=Shape(cells=(3, 2)), gaps=GAPS),
        lambda: Spec(shape=Shape(cells=(3, 2), ordered=True), gaps=GAPS),
        lambda: Spec(shape=Shape(cells=(4, 2), ordered=True, kind=0), gaps=GAPS),
        lambda: Spec(shape=Shape(cells=(4, 2), ordered=True, once=(0,)), gaps=GAPS),
        lambda: Spec(shape=Shape(cells=(4, 2)), possible={1: np.ones((4, 2), dtype=np.bool_)}),
        lambda: Spec(shape=Shape(cells=(4, 2), kind=0), possible={1: np.zeros((4, 2), dtype=np.bool_)}),
    ],
)
def test_a_spec_that_does_not_fit_together_is_refused(spec: Callable[[], Spec]) -> None:
    with pytest.raises(ValueError, match=r"."):
        spec()
