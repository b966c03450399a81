"""Which terms are measured of a table of histories, and how a budget is divided among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories import contexts
from gateway.estimation.histories.terms import Context, Place, Shape, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.estimation.histories.model import Spec

OWNER_SHARE = 0.55
"""Of a table's budget, for terms that look at the owner."""
OWNER_CELLS = 5
COARSE_CELLS = 4
PAIR_CELLS = 8
LAST_CELLS = 16
"""Cells of the last value, at most, and one more where there is none: what a row says is nearest to what the last said,
so that coarser ones lose more than the noise of so large a table costs."""


def default_terms(spec: Spec) -> tuple[Term, ...]:
    """Return the terms to measure, for any number of columns; what they are hangs on ``spec`` alone.

    The gap given each of: the kind before, the gap before, rank, time left, every column of the owner; and whether time
    passes (the first cell of gaps, or another) given the kind before. The kind given
    the kind before and whether time passed; the gap; rank; every column of the owner. Every other column given the kind
    and its own last value in a row of that kind; the kind and each column drawn before it; the kind and every column of
    the owner, coarsely. Columns should come in the order in which each is best said by those before.
    """
    shape = spec.shape
    owner = [
        Context(place=Place.OWNER, column=column, bin_of=_merged(cells, OWNER_CELLS))
        for column, cells in enumerate(shape.owner)
        if cells > 1
    ]
    terms: list[Term] = []
    if shape.ordered:
        terms += _gap(spec, owner)
    if shape.kind is not None:
        terms += _kind(spec, shape.kind, owner)
    first = int(shape.ordered) + (shape.kind is not None)
    for column in range(first, len(shape.cells)):
        terms += _other(spec, column, owner)
    return tuple(terms)


def shares(
    terms: Sequence[Term], *, shape: Shape, clips: Sequence[int], owner: float = OWNER_SHARE
) -> tuple[float, ...]:
    """Return what share of a table's budget (of squared mu) each term gets; they sum to 1.

    In proportion to (cells times the bound)^(2/3), where ``clips`` are squared bounds, which evens out the error in the
    sum over tables; terms that look at the owner get ``owner`` of it together, if there are any and others too.
    """
    size = np.array([float(np.prod(contexts.extent(term, shape=shape))) for term in terms])
    wish = (size * np.sqrt(np.array(clips, dtype=np.float64))) ** (2 / 3)
    looks = np.array([any(c.place is Place.OWNER for c in term.contexts) for term in terms], dtype=np.bool_)
    if looks.any() and not looks.all():
        wish[looks] *= owner / wish[looks].sum()
        wish[~looks] *= (1 - owner) / wish[~looks].sum()
    return tuple(float(each) for each in wish / wish.sum())


def _gap(spec: Spec, owner: list[Context]) -> list[Term]:
    shape = spec.shape
    looks: list[tuple[Context, ...]] = [()]
    if shape.kind is not None:
        looks.append((Context(place=Place.BEFORE, column=shape.kind),))
    looks += [(Context(place=Place.BEFORE, column=0),), (Context(place=Place.RANK),), (_left(spec),)]
    terms = [Term(target=0, contexts=each) for each in (*looks, *((o,) for o in owner))]
    passes = () if spec.gaps is None else tuple(int(cell > 0) for cell in range(spec.gaps.cells))
    if shape.kind is not None and len(passes) > len(set(passes)):
        # after many a kind (nearly) no time passes, or always some: said by many small cells, noise hides it
        terms.append(Term(target=0, contexts=(Context(place=Place.BEFORE, column=shape.kind),), bin_of=passes))
    return terms


def _left(spec: Spec) -> Context:
    """Return the time left with octaves merged that are shorter or longer than gaps ever are."""
    assert spec.gaps is not None  # noqa: S101 - with an order there are gaps
    low, high = spec.gaps.bounds()
    shortest = int(4 * low[low > 0].min(initial=1)).bit_length()
    longest = int(4 * high.max()).bit_length() + 1
    octaves = np.clip(np.arange(1, contexts.LEFT_CELLS), min(shortest - 1, longest), longest)
    bins = np.concatenate([[0], 1 + octaves - octaves.min()])
    return Context(place=Place.LEFT, bin_of=tuple(int(each) for each in bins))


def _kind(spec: Spec, kind: int, owner: list[Context]) -> list[Term]:
    looks: list[tuple[Context, ...]] = [()]
    before = Context(place=Place.BEFORE, column=kind)
    if spec.gaps is not None:
        cells = spec.gaps.cells
        # a row at the same moment, or soon after: of another nature than one of another day
        soon = max(1, cells // 2) if int(spec.gaps.bounds()[1][0]) else 1
        when = tuple(0 if cell < soon else 1 for cell in range(cells))
        after = Context(place=Place.ROW, column=0, bin_of=(*when, max(when) + 1))
        looks += [(before, after), (Context(place=Place.ROW, column=0),)]
    else:
        looks.append((before,))
    looks.append((Context(place=Place.RANK),))
    return [Term(target=kind, contexts=each) for each in (*looks, *((o,) for o in owner))]


def _other(spec: Spec, column: int, owner: list[Context]) -> list[Term]:
    shape = spec.shape
    kind = () if shape.kind is None else (Context(place=Place.ROW, column=shape.kind),)
    before = _merged(shape.cells[column], LAST_CELLS)
    own = Context(
        place=Place.BEFORE if shape.kind is None else Place.LAST,
        column=column,
        bin_of=None if before is None else (*before, LAST_CELLS),
    )
    terms = [Term(target=column, contexts=kind), Term(target=column, contexts=(*kind, own))]
    most = COARSE_CELLS if kind else PAIR_CELLS
    coarse = _merged(shape.cells[column], most)
    for earlier in range(column):
        if earlier != shape.kind:
            beside = Context(place=Place.ROW, column=earlier, bin_of=_merged(shape.cells[earlier], most))
            terms.append(Term(target=column, contexts=(*kind, beside), bin_of=coarse))
    coarse = _merged(shape.cells[column], COARSE_CELLS)
    return [*terms, *(Term(target=column, contexts=(*kind, o), bin_of=coarse) for o in owner)]


def _merged(cells: int, most: int) -> tuple[int, ...] | None:
    """Return neighbouring cells merged into about equally many each, or None where there are few enough."""
    return None if cells <= most else tuple(cell * most // cells for cell in range(cells))
