"""The public report, from noisy measurements and synthetic rows alone: nothing here can reach a real row.

What comes in are noisy tables, which are differentially private as they are, and counts of synthetic rows in the same
cells. So the report is post-processing: it stays the same when real rows change and the measurements do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.estimation.intervals import shares
from gateway.estimation.nearness import association, associations, nearness
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    DistanceReport,
    PeriodReport,
    PublicColumn,
    PublicPair,
    PublicReport,
    PublicTable,
    SeriesReport,
    ShareReport,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.estimation.measurement import NoisyMarginal
    from gateway.release.reports import AcceptanceReport
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ColumnName

MOST_PERIODS = 62
"""A time series has the shortest step that leaves it no more periods, or decades."""
_DAY = 86_400 * 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A column as it was measured: a label for each of its cells, declared or found privately.

    ``scores`` puts the cells in order, NaN where a cell has no number; None where values have no order.
    """

    name: str
    labels: tuple[str, ...]
    scores: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """A noisy table over one or two columns, and the same table counted over the synthetic rows.

    With ``bounded`` each person's part was scaled down on both sides alike. With ``mixed`` a cell means something else
    in each kind of row, and nothing is said of how the two hang together.
    """

    cuts: tuple[Cut, ...]
    noisy: NoisyMarginal
    synthetic: NDArray[np.float64]
    bounded: bool = False
    mixed: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """Two columns that were not measured together, counted over the synthetic rows alone."""

    cuts: tuple[Cut, Cut]
    synthetic: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Described:
    """One published table with what was measured of it."""

    rows: SyntheticTable
    copied: bool = False
    invented: Sequence[ColumnName] = ()
    dated: Sequence[ColumnName] = ()
    """Dates and date-times to count rows by."""
    measured: Sequence[Measurement] = ()
    together: Sequence[Together] = ()
    unmeasured: Mapping[str, Sequence[str]] = field(default_factory=dict)


def describe(tables: Iterable[Described], *, acceptance: AcceptanceReport | None = None) -> PublicReport:
    """Return what anybody may know of ``tables``. NOT checked: that what is called noisy is."""
    return PublicReport(tables=tuple(map(_table, tables)), acceptance=acceptance)


def _table(told: Described) -> PublicTable:
    columns: dict[str, PublicColumn] = {}
    pairs: dict[tuple[str, str], PublicPair] = {}
    for each in sorted(told.measured, key=lambda each: -each.noisy.counts.size):
        if len(each.cuts) == 1:
            columns.setdefault(each.cuts[0].name, _column(each))
        else:
            one, other = (cut.name for cut in each.cuts)
            if (one, other) not in pairs and (other, one) not in pairs:
                pairs[one, other] = _pair(each)
    order = {name: at for at, name in enumerate(dict.fromkeys(c.name for each in told.measured for c in each.cuts))}
    return PublicTable(
        table=told.rows.table.name,
        rows=Count(count=told.rows.count),
        copied=told.copied,
        invented=tuple(told.invented),
        columns=tuple(sorted(columns.values(), key=lambda each: order[each.column])),
        pairs=(
            *sorted(pairs.values(), key=lambda each: (order[each.one], order[each.other])),
            *(_together(each) for each in told.together),
        ),
        unmeasured={name: tuple(others) for name, others in told.unmeasured.items() if others},
        series=tuple(found for name in told.dated if (found := _series(told.rows, name)) is not None),
    )


def _column(measured: Measurement) -> PublicColumn:
    (cut,) = measured.cuts
    found = shares(measured.noisy)
    ours = measured.synthetic / max(float(measured.synthetic.sum()), 1.0)
    return PublicColumn(
        column=cut.name,
        cells=tuple(
            ShareReport(
                label=label,
                noisy=Interval(rate=Rate.of(value), low=Rate.of(low), high=Rate.of(high)),
                synthetic=Rate.of(made),
            )
            for label, value, low, high, made in zip(cut.labels, found.value, found.low, found.high, ours, strict=True)
        ),
        distance=_distance(measured),
        bounded=measured.bounded,
    )


def _pair(measured: Measurement) -> PublicPair:
    one, other = measured.cuts
    scores = (one.scores, other.scores)
    noisy, synthetic = (None, None) if measured.mixed else associations(measured.noisy, measured.synthetic, scores)
    return PublicPair(
        one=one.name,
        other=other.name,
        distance=_distance(measured),
        correlation=_rate(noisy),
        synthetic_correlation=_rate(synthetic),
    )


def _together(counted: Together) -> PublicPair:
    one, other = counted.cuts
    exact = np.zeros(counted.synthetic.shape)
    return PublicPair(
        one=one.name,
        other=other.name,
        distance=None,
        correlation=None,
        synthetic_correlation=_rate(association(counted.synthetic, exact, (one.scores, other.scores))),
    )


def _distance(measured: Measurement) -> DistanceReport:
    found = nearness(measured.noisy, measured.synthetic)
    return DistanceReport(apart=Rate.of(found.apart), noise=Rate.of(found.noise), corrected=Rate.of(found.corrected))


def _rate(value: float | None) -> Rate | None:
    return None if value is None else Rate.of(value)


# --- rows over time ---


def _series(rows: SyntheticTable, name: ColumnName) -> SeriesReport | None:
    """Return how many rows there are over time; None for a column without any date, or that holds none."""
    found: dict[int, int] = {}
    undated = 0
    for batch in rows.batches():
        column = batch.column(batch.schema.get_field_index(name))
        days = _days(column.drop_null())
        undated += column.null_count
        for day, count in zip(*np.unique(days, return_counts=True), strict=True):
            found[int(day)] = found.get(int(day), 0) + int(count)
    if not found:
        return None
    days = np.array(sorted(found), dtype="datetime64[D]")
    counts = np.array([found[day] for day in sorted(found)])
    step = _step(days)
    periods = _periods(days, step)
    first, last = int(periods[0]), int(periods[-1])
    rows_of = np.bincount(periods - first, weights=counts, minlength=last - first + 1).astype(int)
    return SeriesReport(
        column=name,
        step=step,
        periods=tuple(
            PeriodReport(period=_label(first + at, step), rows=Count(count=int(count)))
            for at, count in enumerate(rows_of)
        ),
        undated=Count(count=undated),
    )


def _days(column: pa.Array) -> NDArray[np.int64]:
    if pa.types.is_date32(column.type):
        return np.asarray(column.cast(pa.int32()).to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.asarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64) // _DAY


def _step(days: NDArray[Any]) -> Step:
    """Return the shortest step by which ``days``, which rise, are few periods."""
    fitting = (step for step in Step if int(np.ptp(_periods(days, step))) < MOST_PERIODS)
    return next(fitting, Step.DECADE)


def _periods(days: NDArray[Any], step: Step) -> NDArray[np.int64]:
    """Return the number of the period that each of ``days`` is in, from 1970."""
    match step:
        case Step.DAY:
            return np.asarray(days.astype("datetime64[D]").astype(np.int64))
        case Step.MONTH:
            return np.asarray(days.astype("datetime64[M]").astype(np.int64))
        case Step.YEAR:
            return np.asarray(days.astype("datetime64[Y]").astype(np.int64))
        case Step.DECADE:
            return np.asarray(days.astype("datetime64[Y]").astype(np.int64) // 10)


def _label(period: int, step: Step) -> str:
    match step:
        case Step.DAY:
            return str(np.datetime64(period, "D"))
        case Step.MONTH:
            return str(np.datetime64(period, "M"))
        case Step.YEAR:
            return str(np.datetime64(period, "Y"))
        case Step.DECADE:
            return f"{np.datetime64(10 * period, 'Y')}s"
