"""A model of histories laid out for the kernel that draws them: flat arrays, and where in them everything begins."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.estimation.histories import contexts
from gateway.estimation.histories.terms import Context, Place, Shape, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.model import Spec

SLACK = 256
"""A path may end late by the largest gap there is over this, in addition to a share of its span."""
IMPOSSIBLE = -1e4
"""The logarithm of the weight of what cannot be."""


class Packed(NamedTuple):
    """A model as the kernel takes it. Logits of all columns lie end to end; every context has a *slot* for its cell.

    Terms come in three sorts: those that look at the owner only, then those that look at the owner and the kind of the
    row, then the others, sorted by target. ``place[term_place[t] + cell]``, summed over a term's contexts, is where its
    weights for the target begin.
    """

    ordered: bool
    kind: int
    columns: int
    offset: NDArray[np.int64]
    """(columns + 1,) where the logits of a column begin."""
    cells: NDArray[np.int64]
    """(columns,) with the cell of first rows."""
    once: NDArray[np.bool_]
    sorts: NDArray[np.int64]
    """(4,) where the terms of each sort begin and end."""
    of_column: NDArray[np.int64]
    """(columns + 1,) where the terms of the third sort of each column begin."""
    target: NDArray[np.int64]
    context: NDArray[np.int64]
    """(terms + 1,) where a term's contexts begin."""
    slot: NDArray[np.uint64]
    """(contexts,)"""
    place: NDArray[np.uint64]
    """(contexts,) where its cells begin in ``step``."""
    step: NDArray[np.uint64]
    start: NDArray[np.uint64]
    """(terms,) where its weights begin."""
    weight: NDArray[np.float32]
    fine_start: NDArray[np.int64]
    """(gap cells + 1,)"""
    fine_low: NDArray[np.int64]
    fine_high: NDArray[np.int64]
    fine_cumulated: NDArray[np.float64]
    slack: int
    owner_columns: int
    owner_cells: NDArray[np.int64]


def pack(spec: Spec, terms: Sequence[Term], weights: Sequence[NDArray[np.float32]]) -> Packed:
    """Return a model as the kernel takes it; ``ValueError`` when a term looks at what is drawn later."""
    shape = spec.shape
    for term in terms:
        _check_order(term, shape)
    terms, weights = [*terms], [*weights]
    for column, possible in spec.possible.items():
        terms.append(Term(target=column, contexts=(Context(place=Place.ROW, column=shape.kind or 0),)))
        weights.append(np.where(possible, np.float32(0), np.float32(IMPOSSIBLE)))
    sort = [_sort(term, shape) for term in terms]
    order = sorted(range(len(terms)), key=lambda t: (sort[t], terms[t].target))
    widths = [cells - (shape.ordered and column == 0) for column, cells in enumerate(shape.cells)]
    slots, places, steps, starts, flat, begins, filled, stepped = [], [], [], [], [], [0], 0, 0
    for t in order:
        term, table = terms[t], _over_cells(terms[t], weights[t])
        starts.append(filled)
        strides = np.cumprod([1, *table.shape[:0:-1]])[::-1]
        for context, stride in zip(term.contexts, strides, strict=False):
            slots.append(_slot(context, shape))
            places.append(stepped)
            size = table.shape[len(slots) - 1 - begins[-1]]
            own = np.arange(size) if context.bin_of is None else np.array(context.bin_of)
            steps.append(np.where(own < 0, size - 1, own).astype(np.int64) * stride)
            stepped += steps[-1].size
        begins.append(len(slots))
        flat.append(np.asarray(table, dtype=np.float32).ravel())
        filled += flat[-1].size
    count = [sum(s < k for s in sort) for k in range(4)]
    third = [terms[t].target for t in order[count[2] :]]
    fine = _fine(spec)
    return Packed(
        ordered=shape.ordered,
        kind=-1 if shape.kind is None else shape.kind,
        columns=len(shape.cells),
        offset=np.concatenate([[0], np.cumsum(widths)]).astype(np.int64),
        cells=np.array(shape.cells, dtype=np.int64),
        once=np.isin(np.arange(len(shape.cells)), shape.once),
        sorts=np.array(count, dtype=np.int64),
        of_column=count[2] + np.searchsorted(third, np.arange(len(shape.cells) + 1)).astype(np.int64),
        target=np.array([terms[t].target for t in order], dtype=np.int64),
        context=np.array(begins, dtype=np.int64),
        slot=np.array(slots, dtype=np.uint64),
        place=np.array(places, dtype=np.uint64),
        step=np.concatenate([np.zeros(0, dtype=np.int64), *steps]).astype(np.uint64),
        start=np.array(starts, dtype=np.uint64),
        weight=np.concatenate([np.zeros(0, dtype=np.float32), *flat]),
        fine_start=fine[0],
        fine_low=fine[1],
        fine_high=fine[2],
        fine_cumulated=fine[3],
        slack=int(fine[2].max(initial=0)) // SLACK,
        owner_columns=len(shape.owner),
        owner_cells=np.array(shape.owner, dtype=np.int64),
    )


def _over_cells(term: Term, table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weights over the target's own cells, and over NOWHERE, where rows may be, which has none."""
    if term.bin_of is not None:
        table = table[..., list(term.bin_of)]
    for axis, context in enumerate(term.contexts):
        if contexts.partial(context):
            # the last place, which NOWHERE is an index of
            table = np.concatenate([table, np.zeros_like(table.take([0], axis=axis))], axis=axis)
    return table


def _check_order(term: Term, shape: Shape) -> None:
    contexts.extent(term, shape=shape)
    for context in term.contexts:
        wrong_row = context.place is Place.ROW and context.column >= term.target
        wrong_last = context.place is Place.LAST and shape.kind is not None and term.target <= shape.kind
        if wrong_row or wrong_last or (context.place is Place.LEFT and not shape.ordered):
            raise ValueError("a term looks at what is not drawn before its target")


def _sort(term: Term, shape: Shape) -> int:
    if all(context.place is Place.OWNER for context in term.contexts):
        return 0
    own = (Place.OWNER, Place.ROW)
    kind = all(c.place in own and (c.place is Place.OWNER or c.column == shape.kind) for c in term.contexts)
    return 1 if kind else 2


def _slot(context: Context, shape: Shape) -> int:
    columns, owner = len(shape.cells), len(shape.owner)
    match context.place:
        case Place.OWNER:
            return context.column
        case Place.ROW:
            return owner + context.column
        case Place.BEFORE:
            return owner + columns + context.column
        case Place.LAST:
            return owner + 2 * columns + context.column
        case Place.RANK:
            return owner + 3 * columns
        case Place.LEFT:
            return owner + 3 * columns + 1


def _fine(spec: Spec) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    gaps = spec.gaps
    if gaps is None:
        none = np.zeros(0, dtype=np.int64)
        return np.zeros(1, dtype=np.int64), none, none, np.zeros(0)
    starts = np.searchsorted(gaps.bin_of, np.arange(gaps.cells + 1)).astype(np.int64)
    cumulated = np.empty(gaps.low.size)
    for a, b in itertools.pairwise(starts):
        width = (gaps.high[a:b] - gaps.low[a:b] + 1).astype(np.float64)
        weight = gaps.weight[a:b] if gaps.weight[a:b].sum() > 0 else width
        cumulated[a:b] = np.cumsum(weight) / weight.sum()
    return starts, gaps.low, gaps.high, cumulated
