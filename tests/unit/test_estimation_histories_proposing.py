"""Which terms are proposed: all can be drawn, whatever columns there are, and none says nothing."""

import numpy as np
import pytest

from gateway.estimation.histories import contexts
from gateway.estimation.histories.model import Gaps, Model, Spec
from gateway.estimation.histories.proposing import default_terms
from gateway.estimation.histories.terms import Place, Shape

SECONDS = Gaps(
    low=np.array([1, 3_600, 86_400]),
    high=np.array([3_599, 86_399, 10_000_000]),
    weight=np.ones(3),
    bin_of=np.arange(3, dtype=np.int32),
)
DAYS = Gaps(low=np.array([0, 1]), high=np.array([0, 365]), weight=np.ones(2), bin_of=np.arange(2, dtype=np.int32))


@pytest.mark.parametrize(
    "spec",
    [
        Spec(shape=Shape(cells=(3,))),
        Spec(shape=Shape(cells=(3,), kind=0, once=(0,))),
        Spec(shape=Shape(cells=(4,), ordered=True), gaps=SECONDS),
        Spec(shape=Shape(cells=(3, 200, 7, 30, 2), owner=(2, 9)), gaps=None),
        Spec(shape=Shape(cells=(3, 200, 7, 30, 2), owner=(1, 900), ordered=True, kind=1), gaps=DAYS),
    ],
)
def test_what_is_proposed_can_be_drawn_and_says_something(spec: Spec) -> None:
    terms = default_terms(spec)

    axes = [contexts.extent(term, shape=spec.shape) for term in terms]
    weights = tuple(np.zeros(each, dtype=np.float32) for each in axes)
    Model(spec=spec, terms=terms, weights=weights).packed()
    assert len(set(terms)) == len(terms)
    assert {term.target for term in terms} == set(range(len(spec.shape.cells)))
    assert all(size > 1 for each in axes for size in each[:-1])


@pytest.mark.parametrize("gaps", [SECONDS, DAYS])
def test_octaves_beyond_all_gaps_are_merged_and_none_left_stands_apart(gaps: Gaps) -> None:
    spec = Spec(shape=Shape(cells=(gaps.cells + 1,), ordered=True), gaps=gaps)
    (left,) = (c for term in default_terms(spec) for c in term.contexts if c.place is Place.LEFT)

    assert left.bin_of is not None
    assert left.bin_of[0] == 0
    assert left.bin_of.count(0) == 1
    assert list(left.bin_of) == sorted(left.bin_of)
    longest = contexts.left_octave(int(gaps.high[-1]), 1)
    assert left.bin_of[longest] > left.bin_of[longest - 1]
    assert left.bin_of[contexts.LEFT_CELLS - 1] <= left.bin_of[longest] + 1


def test_whether_time_passes_after_a_kind_is_one_question_and_not_as_many_as_there_are_gaps() -> None:
    gaps = Gaps(
        low=np.array([0, 1, 30]), high=np.array([0, 29, 365]), weight=np.ones(3), bin_of=np.arange(3, dtype=np.int32)
    )
    spec = Spec(shape=Shape(cells=(4, 5), ordered=True, kind=1), gaps=gaps)

    (passes,) = (term for term in default_terms(spec) if term.target == 0 and term.bin_of is not None)

    assert passes.bin_of == (0, 1, 1)
    assert [(c.place, c.column) for c in passes.contexts] == [(Place.BEFORE, 1)]
    assert contexts.extent(passes, shape=spec.shape) == (6, 2)
