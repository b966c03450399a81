"""Real and synthetic rows side by side, over cells that are public: column by column, and every two columns together.

Cells and their labels come from the measurements alone, which are declared or differentially private: no label is a
value that was only seen in rows. The shares of real rows in them are not; they are rounded to hundredths, for stewards.
"""

from __future__ import annotations

import itertools
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.estimation.histories.terms import Place
from gateway.raw.generate.database import DatabaseMeasurements
from gateway.raw.generate.encoding import encode
from gateway.raw.generate.labels import labels_of
from gateway.raw.generate.measurements import TableMeasurements
from gateway.raw.judge.histories import GAP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from gateway.raw.family import Family
    from gateway.raw.generate.binning import Bins
    from gateway.raw.generate.domain import Domain
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.generate.history_measurements import HistoryMeasurements
    from gateway.raw.judge.compared import Compared
    from gateway.raw.judge.histories import SyntheticFamily
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Column

Frames = tuple["pa.Table", "pa.Table"]
"""The training rows of a table, and the synthetic ones."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Marginal:
    """One column of both. Steward-only."""

    table: str
    column: str
    labels: tuple[str, ...]
    """Of the cells, in their order."""
    real: tuple[float, ...]
    """Shares of the training rows, in hundredths; rounded one by one, so that their sum may not be 1."""
    synthetic: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two columns of a row, or of a history, together. Steward-only."""

    table: str
    one: str
    other: str
    distance: float
    """Total variation distance, in the bins of ``utility.distances``."""
    correlation: float | None
    """Of the training rows: Spearman's, eta or Cramer's V (``associations``); None where a column does not vary."""
    synthetic_correlation: float | None
    measured: bool
    """Whether the two were measured together with noise, or the model has to guess how they hang together."""


def frames_of(train: Family, synthetic: SyntheticFamily) -> dict[TableName, Frames]:
    """Return the real and the synthetic rows of every table that both have."""
    found = {train.unit: (train.units.expose(), synthetic.units)}
    return found | {
        name: (owned.rows.expose(), synthetic.owned[name].rows)
        for name, owned in train.owned.items()
        if name in synthetic.owned
    }


def marginals(
    measured: Measurements | None, frames: Mapping[TableName, Frames], unit: TableName
) -> tuple[Marginal, ...]:
    """Return every column that was measured by cells that mean the same in each row, and that ``frames`` have.

    Left out: columns of owned tables whose cells hang on the kind of the row, gaps between rows, and all of what
    another kind of generator made. Nothing is raised: what cannot be shown is left out, and logged.
    """
    found = []
    for table, rows in frames.items():
        for column, domain, bins in _cells(measured, table, unit):
            try:
                found.append(_marginal(table, column, domain, bins, rows))
            except Exception as problem:  # noqa: BLE001 - a report without a picture is better than no report
                _log.info("left out", extra={"table": table, "column": column.name, "reason": type(problem).__name__})
    return tuple(found)


def pairs(
    measured: Measurements | None, tables: Mapping[TableName, Callable[[], Compared]], unit: TableName
) -> tuple[Pair, ...]:
    """Return every pair of columns of every table; none of a table whose rows cannot be compared."""
    found: list[Pair] = []
    for table, compared in tables.items():
        try:
            found += _pairs(compared(), _together(measured, table, unit))
        except Exception as problem:  # noqa: BLE001 - the checks of these rows could not run, and have said why
            _log.info("left out", extra={"table": table, "reason": type(problem).__name__})
    return tuple(found)


def _cells(measured: Measurements | None, table: TableName, unit: TableName) -> Iterator[tuple[Column, Domain, Bins]]:
    known = _of_table(measured, table, unit)
    if isinstance(known, TableMeasurements):
        for each, bins in zip(known.columns, known.bins, strict=True):
            yield each.column, each.domain, bins
    elif known is not None:
        for column in known.columns:
            if column.grain_of is None:
                yield column.column, column.grains[0].domain, column.grains[0].bins


def _of_table(
    measured: Measurements | None, table: TableName, unit: TableName
) -> TableMeasurements | HistoryMeasurements | None:
    if isinstance(measured, DatabaseMeasurements):
        return measured.unit if table == unit else measured.owned.get(table)
    return measured if isinstance(measured, TableMeasurements) and table == unit else None


def _marginal(table: TableName, column: Column, domain: Domain, bins: Bins, frames: Frames) -> Marginal:
    real, made = (
        np.bincount(bins.bin_of[encode(rows.column(column.name), column, domain)], minlength=bins.count)
        / max(1, rows.num_rows)
        for rows in frames
    )
    return Marginal(
        table=table,
        column=column.name,
        labels=labels_of(column, domain, np.where(bins.ghost, -1, bins.bin_of), count=bins.count),
        real=tuple(round(float(share), 2) for share in real),
        synthetic=tuple(float(share) for share in made),
    )


def _together(measured: Measurements | None, table: TableName, unit: TableName) -> set[frozenset[str]]:
    """Return the pairs of columns of ``table`` that are in one noisy table together."""
    known = _of_table(measured, table, unit)
    if isinstance(known, TableMeasurements):
        cliques: Sequence[Sequence[str]] = [
            [known.columns[at].column.name for at in each.columns] for each in known.pairs
        ]
    elif known is not None:
        gap = () if known.gap is None else (f"{known.gap.column.name}: {GAP}",)
        names = [*gap, *(str(column.column.name) for column in known.columns)]
        cliques = [
            [names[each.term.target], *(names[c.column] for c in each.term.contexts if c.place is Place.ROW)]
            for each in known.terms
        ]
    else:
        cliques = []
    return {frozenset(pair) for clique in cliques for pair in itertools.combinations(clique, 2)}


def _pairs(compared: Compared, together: set[frozenset[str]]) -> Iterator[Pair]:
    relations = compared.relations
    near = compared.near if relations is None else relations.within
    if near is None:
        return
    real, made = (each.shown for each in compared.associations)
    place = {name: at for at, name in enumerate(compared.columns)}
    for (one, other), distance in near.two_way.items():
        at = place[one], place[other]
        yield Pair(
            table=compared.table,
            one=one,
            other=other,
            distance=distance,
            correlation=_known(real, at),
            synthetic_correlation=_known(made, at),
            measured=frozenset((str(one), str(other))) in together,
        )


def _known(shown: NDArray[np.float64], at: tuple[int, int]) -> float | None:
    figure = float(shown[at])
    return None if math.isnan(figure) else figure
