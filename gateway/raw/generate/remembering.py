"""Spend a budget on one table of histories.

1. The survey (``history_survey``): which cells columns and gaps have, and bins.
2. Terms are proposed for these (``estimation.histories.proposing``), and each gets a clip: a low quantile of the noisy
   norms of what units have of it.
3. What is left is divided over the terms by their cells and clips. Every quantum is spent.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation.histories import proposing
from gateway.estimation.histories.terms import MeasuredTerm, Place
from gateway.raw.generate import history_survey
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.histories import Cut
from gateway.raw.generate.history_measurements import HistoryMeasurements, coding_of, spec_of
from gateway.raw.generate.history_survey import Childhood, Survey
from gateway.raw.generate.surveying import allot
from gateway.vocabulary.names import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.histories.model import Spec
    from gateway.estimation.histories.terms import Term
    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.generator import Progress
    from gateway.raw.generate.histories import Coding, HistoryCounter
    from gateway.raw.generate.history_columns import HistoryColumn
    from gateway.raw.generate.measurements import ColumnMeasured
    from gateway.raw.generate.metering import Meter

    Propose = Callable[[Spec], Sequence[Term]]

log = logging.getLogger(__name__)

DOMAINS = 0.2
"""Share of the quanta for domains and fine counts."""
CLIPS = 0.08
"""Share for the clips of terms."""
OWNER_GROUPS = 5
"""An owner's column is looked at in so many groups, NULL not counted."""


def remember(
    counter: HistoryCounter,
    task: Childhood,
    meter: Meter,
    *,
    owner: tuple[Cut, ...],
    owner_kind: int | None = None,
    progress: Progress,
    propose: Propose = proposing.default_terms,
) -> HistoryMeasurements:
    """Return noisy counts of the counter's histories that cost all that ``meter`` holds.

    ``owner`` are columns of the owner's row to look at, cut by noisy or public figures. ``ConfigurationError`` and
    ``Unsupported`` for declarations that do not fit the columns; no error depends on what the rows are.
    """
    known = Survey(counter=counter, task=task, meter=meter, progress=progress)
    history_survey.survey(known, quanta=round(DOMAINS * meter.left))
    gap = None if known.gap is None else known.gap.grains[0]
    kind = task.kind is not None
    terms: list[MeasuredTerm] = []
    if known.columns or gap is not None:
        coding = coding_of(known.columns, gap, kind=kind, owner=owner, owner_kind=owner_kind)
        terms = _measured(known, coding, tuple(propose(spec_of(coding, known.columns, gap, once=task.once))))
    _spend_the_rest(known)
    log.info("measured", extra={"table": counter.table.name, "events": len(meter.events)})
    return HistoryMeasurements(
        table=TableName(counter.table.name),
        events=meter.events,
        notes=tuple(_notes(known, terms)),
        columns=tuple(known.columns),
        kind=kind,
        once=task.once and kind,
        gap=known.gap,
        owner=owner,
        owner_kind=owner_kind,
        terms=tuple(terms),
    )


def _measured(known: Survey, coding: Coding, terms: tuple[Term, ...]) -> list[MeasuredTerm]:
    """Return ``terms`` with noisy counts, for all quanta that are left; of more than there are quanta, the first."""
    meter = known.meter
    terms = terms[: meter.left // 2]
    if not terms:
        return []
    labels = [_label(known, coding, term) for term in terms]
    each = max(1, round(CLIPS * meter.left / max(len(terms), 1)))
    clips = []
    for at, (label, exact) in enumerate(zip(labels, known.counter.norms(coding, terms), strict=True)):
        known.progress(f"clips of {known.counter.table.name}", at / len(terms))
        clips.append(history_survey.clip_of(meter.histogram(f"norms of {label}", exact, quanta=each)))
    parts = allot(list(proposing.shares(terms, shape=coding.shape, clips=clips)), meter.left, least=1)
    measured = []
    exact_tables = known.counter.count(coding, list(zip(terms, clips, strict=True)))
    for at, (term, label, clip, part, exact) in enumerate(
        zip(terms, labels, clips, parts, exact_tables, strict=True)
    ):  # fmt: skip
        known.progress(f"terms of {known.counter.table.name}", at / len(terms))
        answer = history_survey.in_rows(meter.clipped(label, exact, clip=clip, quanta=part))
        measured.append(MeasuredTerm(term=term, counts=answer.counts, sigma=answer.sigma, clip=clip))
    return measured


def _spend_the_rest(known: Survey) -> None:
    """Spend what nothing was found for on a question that has no answer: what is spent may not hang on the rows."""
    meter, table = known.meter, known.counter.table.name
    if meter.left:
        meter.histogram(f"nothing of {table}", np.zeros(1, dtype=np.int64), quanta=meter.left)
    meter.forgo(f"values of {table}")


def _label(known: Survey, coding: Coding, term: Term) -> str:
    """Return an event's label for ``term``: names of columns alone."""
    ordered = coding.gap is not None
    own = [*(["gap"] if ordered else []), *(column.column.name for column in known.columns)]
    words = []
    for context in term.contexts:
        match context.place:
            case Place.OWNER:
                words.append(f"{known.counter.owner.name}.{coding.owner[context.column].column}")
            case Place.ROW:
                words.append(own[context.column])
            case Place.BEFORE | Place.LAST:
                words.append(f"{own[context.column]} {context.place}")
            case _:
                words.append(str(context.place))
    return f"{known.counter.table.name}: {' x '.join([*words, own[term.target]])}"


def _notes(known: Survey, terms: Sequence[MeasuredTerm]) -> list[str]:
    """Return in words what was decided."""
    table = known.counter.table.name
    if not terms:
        return [f"Table {table} has no column to learn: only the number of rows of each owner is kept."]
    clips = sorted(each.clip**0.5 for each in terms)
    measured = (
        f"Table {table}: {len(terms)} tables of counts were measured. Of everything that one person has there, a part "
        f"worth {clips[0]:.1f} to {clips[-1]:.1f} rows counted at most (the square root of summed squares), whatever "
        "they have; the model's own rows were cut in the same way before they were compared."
    )
    by_kind = [
        f"Column {table}.{column.column.name} was counted in cells of its own for {len(column.grains)} kinds or groups "
        "of kinds."
        for column in known.columns
        if len(column.grains) > 1
    ]
    return [measured, *by_kind]


def owner_cuts(columns: Sequence[tuple[ColumnMeasured, Bins]]) -> tuple[Cut, ...]:
    """Return a unit's columns in few groups of their bins each, from their noisy counts; NULL is one of its own."""
    cuts = []
    for each, to in columns:
        mass = np.bincount(to.bin_of, weights=np.maximum(each.counts, 0).astype(np.float64), minlength=to.count)
        null = bool(each.domain.rest and isinstance(each.domain, Ranges) and (to.bin_of == to.bin_of[0]).sum() == 1)
        group = groups(mass, null=null, ordered=isinstance(each.domain, Ranges))
        bin_of = group[to.bin_of].astype(np.int32)
        cuts.append(Cut(axes=(Axis(column=each.column.name, domain=each.domain, bin_of=bin_of),)))
    return tuple(cuts)


def grouped(column: HistoryColumn) -> Cut:
    """Return a column of histories as the rows that they own look at it: in few groups, for each grain."""
    axes = []
    for grain in column.grains:
        to = grain.bins
        mass = np.bincount(to.bin_of, weights=grain.mass, minlength=to.count)
        null = bool(grain.domain.rest and isinstance(grain.domain, Ranges) and (to.bin_of == to.bin_of[0]).sum() == 1)
        group = groups(mass, null=null, ordered=isinstance(grain.domain, Ranges))
        axes.append(Axis(column=column.column.name, domain=grain.domain, bin_of=group[to.bin_of].astype(np.int32)))
    return Cut(axes=tuple(axes), axis_of=column.grain_of)


def groups(mass: NDArray[Any], *, null: bool, ordered: bool, most: int = OWNER_GROUPS) -> NDArray[np.int64]:
    """Return a group for each bin, about equally heavy: neighbours where bins are ``ordered``, else heavy ones alone.

    With ``null`` the first bin is a group of its own.
    """
    first = int(null)
    rest = mass[first:]
    if rest.size <= most:
        return np.arange(mass.size)
    if ordered:
        middle = np.cumsum(rest) - rest / 2
        group = np.minimum((middle * most / max(float(rest.sum()), 1e-9)).astype(np.int64), most - 1)
    else:
        heavy = np.argsort(-rest, kind="stable")[: most - 1]
        group = np.full(rest.size, most - 1)
        group[np.sort(heavy)] = np.arange(most - 1)
    found = np.concatenate([np.zeros(first, dtype=np.int64), group + first])
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
