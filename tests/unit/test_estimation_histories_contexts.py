"""The cells that rows of histories are in: every context against a slow reading of its definition."""

import itertools

import numpy as np
import pytest

from gateway.estimation.histories import contexts
from gateway.estimation.histories.terms import NOWHERE, Context, Histories, Owners, Place, Shape, Term

SHAPE = Shape(cells=(4, 3, 5), owner=(2, 6), ordered=True, kind=1)


def invented(sizes: list[int], seed: int = 1) -> tuple[Histories, Owners]:
    rng = np.random.default_rng(seed)
    n, rows = len(sizes), sum(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    time = np.zeros(rows, dtype=np.int64)
    codes = np.stack([rng.integers(0, cells, rows) for cells in (3, 3, 5)]).astype(np.int16)
    for a, b in itertools.pairwise(starts):
        if b > a:
            time[a:b] = rng.integers(-500, 500) + np.cumsum(rng.choice([0, 0, 1, 7, 400], b - a))
            codes[0, a] = 3
    first = np.array([time[a] if b > a else 0 for a, b in itertools.pairwise(starts)])
    last = np.array([time[b - 1] if b > a else 0 for a, b in itertools.pairwise(starts)])
    owners = Owners(
        unit=np.arange(n) // 2,
        codes=np.stack([rng.integers(0, 2, n), rng.integers(0, 6, n)]).astype(np.int16),
        rows=np.array(sizes),
        first=first,
        span=last - first,
    )
    return Histories(starts=starts, time=time, codes=codes), owners


def slow(histories: Histories, owners: Owners, context: Context) -> list[int]:
    found = []
    for owner, (a, b) in enumerate(zip(histories.starts[:-1], histories.starts[1:], strict=True)):
        for row in range(a, b):
            own = histories.codes[context.column]
            match context.place:
                case Place.OWNER:
                    cell = owners.codes[context.column][owner]
                case Place.ROW:
                    cell = own[row]
                case Place.BEFORE:
                    cell = own[row - 1] if row > a else SHAPE.cells[context.column]
                case Place.LAST:
                    kind = histories.codes[1]
                    same = [other for other in range(a, row) if kind[other] == kind[row]]
                    cell = own[same[-1]] if same else SHAPE.cells[context.column]
                case Place.RANK:
                    cell = sum(start <= row - a for start in contexts.RANKS) - 1
                case Place.LEFT:
                    left = owners.span[owner] - (histories.time[max(row - 1, a)] - histories.time[a])
                    quarters = 4 * left // (b - row)
                    cell = 0 if left <= 0 else 1 + sum(start <= quarters for start in contexts.LEFTS)
            found.append(int(cell))
    return found


ALL = [
    Context(place=Place.OWNER, column=1),
    Context(place=Place.ROW, column=2),
    Context(place=Place.BEFORE, column=0),
    Context(place=Place.LAST, column=2),
    Context(place=Place.RANK),
    Context(place=Place.LEFT),
]


@pytest.mark.parametrize("context", ALL, ids=lambda context: str(context.place))
def test_a_context_is_what_its_definition_says(context: Context) -> None:
    histories, owners = invented([0, 3, 1, 0, 45, 12, 0])

    assert contexts.codes(histories, owners, context, shape=SHAPE).tolist() == slow(histories, owners, context)


def test_contexts_of_no_rows_are_empty() -> None:
    histories, owners = invented([0, 0])

    assert all(contexts.codes(histories, owners, context, shape=SHAPE).size == 0 for context in ALL)


def test_merged_cells_take_the_place_of_cells() -> None:
    histories, owners = invented([4, 5])
    plain = contexts.codes(histories, owners, Context(place=Place.LAST, column=2), shape=SHAPE)
    merged = contexts.codes(
        histories, owners, Context(place=Place.LAST, column=2, bin_of=(0, 0, 1, 1, 1, 2)), shape=SHAPE
    )

    assert merged.tolist() == [(0, 0, 1, 1, 1, 2)[cell] for cell in plain]


def test_places_in_a_table_are_numbered_with_the_target_last() -> None:
    histories, owners = invented([3, 0, 20])
    term = Term(target=2, contexts=(ALL[0], ALL[4]), bin_of=(1, 0, 0, 0, 1))
    axes = contexts.extent(term, shape=SHAPE)

    flat = contexts.cells(histories, owners, term, shape=SHAPE)

    assert axes == (6, len(contexts.RANKS), 2)
    a, b, target = np.unravel_index(flat, axes)
    assert a.tolist() == slow(histories, owners, ALL[0])
    assert b.tolist() == slow(histories, owners, ALL[4])
    assert target.tolist() == [(1, 0, 0, 0, 1)[cell] for cell in histories.codes[2]]


def test_rows_in_no_bin_count_nowhere() -> None:
    histories, owners = invented([4, 0, 9])
    sort = Context(place=Place.ROW, column=1, bin_of=(NOWHERE, 0, NOWHERE))
    before = Context(place=Place.BEFORE, column=1, bin_of=(0, 0, 1, NOWHERE))
    term = Term(target=2, contexts=(before, sort))

    found = contexts.cells(histories, owners, term, shape=SHAPE)

    starts = set(histories.starts[:-1].tolist())
    kind, value = histories.codes[1].tolist(), histories.codes[2].tolist()
    looked = [kind[at] == 1 and at not in starts for at in range(13)]
    expected = [5 * (kind[at - 1] == 2) + value[at] if looked[at] else NOWHERE for at in range(13)]
    assert found.tolist() == expected
    assert 0 < sum(looked) < 13
    assert contexts.extent(term, shape=SHAPE) == (2, 1, 5)


def test_first_rows_have_no_gap_to_count() -> None:
    histories, owners = invented([2, 0, 1, 4])
    for bin_of in (None, (0, 1, 1)):
        term = Term(target=0, contexts=(ALL[0],), bin_of=bin_of)

        flat = contexts.cells(histories, owners, term, shape=SHAPE)

        assert np.flatnonzero(flat < 0).tolist() == [0, 2, 3]
        assert contexts.extent(term, shape=SHAPE) == (6, 3 if bin_of is None else 2)
        assert flat.max() < np.prod(contexts.extent(term, shape=SHAPE))


@pytest.mark.parametrize(
    "term",
    [
        Term(target=3),
        Term(target=1, contexts=(Context(place=Place.OWNER, column=2),)),
        Term(target=1, contexts=(Context(place=Place.ROW),)),
        Term(target=1, bin_of=(0, 1)),
        Term(target=1, bin_of=(0, 2, 2)),
        Term(target=1, bin_of=(0, -1, 1)),
        Term(target=1, contexts=(Context(place=Place.ROW, column=1, bin_of=(NOWHERE,) * 3),)),
        Term(target=1, contexts=(Context(place=Place.OWNER, column=1),) * 12),
    ],
)
def test_a_term_that_fits_no_table_is_refused(term: Term) -> None:
    with pytest.raises(ValueError, match="term"):
        contexts.extent(term, shape=SHAPE)


def test_without_kinds_there_is_no_last_of_a_kind() -> None:
    with pytest.raises(ValueError, match="kind"):
        contexts.cells_of(Context(place=Place.LAST, column=1), shape=Shape(cells=(2, 3)))


@pytest.mark.parametrize(
    ("remaining", "rows", "cell"),
    [(-5, 1, 0), (0, 3, 0), (1, 5, 1), (1, 4, 2), (1, 1, 4), (2, 1, 5), (2**40, 1, 35), (2**31, 1, 35), (2**30, 1, 34)],
)
def test_octaves_of_what_is_left(remaining: int, rows: int, cell: int) -> None:
    assert contexts.left_octave(remaining, rows) == cell
