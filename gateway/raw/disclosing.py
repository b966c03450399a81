"""What may be told to everybody: noisy measurements, and the synthetic rows counted in the very cells they are over.

Takes no real row: a plan (declared), measurements (differentially private) and published tables (synthetic). What is
made of them is ``release.describing``'s, which cannot reach the raw side at all.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.clipping import CLIPS, SCALE
from gateway.estimation.histories.terms import Term
from gateway.estimation.measurement import NoisyMarginal
from gateway.policy.model import TableTreatment
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.database import DatabaseMeasurements
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.measurements import TableMeasurements, one_ways
from gateway.raw.history_cuts import HistoryCuts
from gateway.raw.labelling import cut_of
from gateway.raw.making import published_family
from gateway.release.describing import Cut, Described, Measurement, Together, describe
from gateway.vocabulary.roles import Treatment
from gateway.vocabulary.schema import TEMPORAL_KINDS, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.family import Family
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.raw.making import Plan
    from gateway.release.reports import AcceptanceReport, PublicReport
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ColumnName, TableName

    Known = tuple[list[Measurement], list[Together], dict[str, list[str]]]

MAPPED = 24
"""Columns of a table of which all pairs are counted over the synthetic rows, whether they were measured or not."""
MOST_TOGETHER = MAPPED * (MAPPED - 1) // 2
"""As many, where columns are looked at by their owner's, too."""


def public_report(
    plan: Plan,
    measured: Measurements,
    tables: Sequence[SyntheticTable],
    *,
    acceptance: AcceptanceReport | None = None,
) -> PublicReport:
    """Return the public report of ``tables``, which were made of what was ``measured``.

    The same from the same: it has no randomness. Tables that were measured by none of our counts (a generator of
    another kind) are told with their rows alone.
    """
    unit = measured.unit if isinstance(measured, DatabaseMeasurements) else measured
    owned = measured.owned if isinstance(measured, DatabaseMeasurements) else {}
    known: dict[TableName, Known] = {}
    family = None if plan.is_alone else derive(published_family(plan, tables), plan.tree)
    if isinstance(unit, TableMeasurements):
        counter = _alone(unit, tables[0]) if family is None else MemoryCounter.of(family.units)
        known[plan.tree.unit.table] = _of_table(unit, counter)
    for name, each in owned.items():
        if family is not None and (each.columns or each.gap):
            known[name] = _of_histories(each, family, order=plan.kindred.plans[name].order)
    return describe((_described(plan, table, known.get(table.table.name)) for table in tables), acceptance=acceptance)


def _described(plan: Plan, rows: SyntheticTable, known: Known | None) -> Described:
    clause = plan.policy.tables[rows.table.name]
    measured, together, unmeasured = known or ([], [], {})
    learned = {name for name, column in clause.columns.items() if column.treatment is Treatment.LEARN}
    copied = clause.treatment is TableTreatment.REFERENCE
    return Described(
        rows=rows,
        copied=copied,
        invented=() if copied else tuple(c.name for c in rows.table.columns if c.name not in learned),
        dated=tuple(c.name for c in rows.table.columns if c.name in learned and c.kind in TEMPORAL_KINDS),
        measured=measured,
        together=together,
        unmeasured=unmeasured,
    )


# --- one row for each unit ---


def _alone(measured: TableMeasurements, rows: SyntheticTable) -> MemoryCounter:
    columns = tuple(each.column for each in measured.columns)
    return MemoryCounter(Table(name=rows.table.name, columns=columns), rows.batches())


def _of_table(measured: TableMeasurements, counter: MemoryCounter) -> Known:
    """Return every noisy table beside the synthetic one: of single columns, and of every two that were in one."""
    axes = [
        Axis(column=each.column.name, domain=each.domain, bin_of=to.bin_of)
        for each, to in zip(measured.columns, measured.bins, strict=True)
    ]
    cuts = [
        cut_of(each.column, each.domain, np.where(to.ghost, -1, to.bin_of), count=to.count)
        for each, to in zip(measured.columns, measured.bins, strict=True)
    ]
    noisy = [*one_ways(measured.columns, measured.bins), *measured.pairs]
    asked = [[_grouped(axes[at], each, place) for place, at in enumerate(each.columns)] for each in noisy]
    found: list[Measurement] = []
    covered: set[frozenset[int]] = set()
    for each, counts in zip(noisy, counter.count(asked), strict=True):
        covered |= {frozenset(pair) for pair in combinations(each.columns, 2)}
        found += _by_twos(each, counts.astype(np.float64), [_regrouped(cuts[at], each, place)
                                                            for place, at in enumerate(each.columns)])  # fmt: skip
    left = [pair for pair in combinations(range(len(cuts)), 2) if frozenset(pair) not in covered]
    shown = [pair for pair in left if max(pair) < MAPPED]
    together = [
        Together(cuts=(cuts[one], cuts[other]), synthetic=counts.astype(np.float64))
        for (one, other), counts in zip(
            shown, counter.count([[axes[one], axes[other]] for one, other in shown]), strict=True
        )
    ]
    return found, together, _named((cuts[one].name, cuts[other].name) for one, other in left)


def _grouped(axis: Axis, marginal: NoisyMarginal, place: int) -> Axis:
    """Return ``axis`` as coarse as the marginal has it."""
    if marginal.groups is None or axis.bin_of is None:
        return axis
    return Axis(column=axis.column, domain=axis.domain, bin_of=marginal.groups[place][axis.bin_of].astype(np.int32))


def _regrouped(cut: Cut, marginal: NoisyMarginal, place: int) -> Cut:
    """Return ``cut`` as coarse as the marginal has it: without labels, scores the mean of what is put together."""
    if marginal.groups is None:
        return cut
    group = marginal.groups[place]
    if cut.scores is None:
        return Cut(name=cut.name, labels=())
    there = np.isfinite(cut.scores)
    size = int(group.max()) + 1
    sums = np.bincount(group[there], weights=cut.scores[there], minlength=size)
    many = np.bincount(group[there], minlength=size)
    return Cut(name=cut.name, labels=(), scores=np.where(many > 0, sums / np.maximum(many, 1), np.nan))


def _by_twos(noisy: NoisyMarginal, synthetic: NDArray[np.float64], cuts: Sequence[Cut]) -> list[Measurement]:
    if len(cuts) <= 2:  # noqa: PLR2004 - one column or two
        return [Measurement(cuts=tuple(cuts), noisy=noisy, synthetic=synthetic)]
    variance = np.broadcast_to(np.asarray(noisy.sigma, dtype=np.float64) ** 2, noisy.counts.shape)
    found = []
    for one, other in combinations(range(len(cuts)), 2):
        gone = tuple(axis for axis in range(len(cuts)) if axis not in {one, other})
        margin = NoisyMarginal(
            columns=(noisy.columns[one], noisy.columns[other]),
            counts=noisy.counts.sum(axis=gone),
            sigma=np.sqrt(variance.sum(axis=gone)),
        )
        found.append(Measurement(cuts=(cuts[one], cuts[other]), noisy=margin, synthetic=synthetic.sum(axis=gone)))
    return found


def _named(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one, other in pairs:
        found.setdefault(one, []).append(other)
    return found


# --- many rows for each unit ---


def _of_histories(measured: HistoryMeasurements, family: Family, *, order: ColumnName | None) -> Known:
    """Return every noisy table of histories beside the synthetic one, each person's part bounded in both alike."""
    names = HistoryCuts(measured=measured, coding=measured.coding, owner=family.owner_of[measured.table])
    counter = MemoryHistories(family, measured.table, order=order)
    counted = counter.count(names.coding, [(each.term, each.clip) for each in measured.terms])
    tables = [
        (
            each.term,
            NoisyMarginal(
                columns=tuple(range(each.counts.ndim)),
                counts=np.rint(each.counts * SCALE).astype(np.int64),
                sigma=each.sigma * SCALE,
            ),
            ours.astype(np.float64),
        )
        for each, ours in zip(measured.terms, counted, strict=True)
    ]
    found = [*names.single(tables), *(told for table in tables for told in names.measurements(*table))]
    covered = names.covered(each.term for each in measured.terms)
    left = [pair for pair in names.pairs() if frozenset(names.names(pair)) not in covered]
    shown = [pair for pair in left if names.is_plain(pair)][:MOST_TOGETHER]
    asked = [(Term(target=target, contexts=(context,)), CLIPS - 1) for context, target in shown]
    together = [
        Together(cuts=names.cuts(pair), synthetic=table.astype(np.float64))
        for pair, table in zip(shown, counter.count(names.coding, asked), strict=True)
    ]
    return found, together, _named(names.names(pair) for pair in left)
