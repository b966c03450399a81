"""The public report: noisy shares with their error beside synthetic ones, distances, and rows over time."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gateway.estimation.measurement import NoisyMarginal
from gateway.release.bundle import report_json
from gateway.release.describing import Cut, Described, Measurement, Together, describe
from gateway.release.reports import PublicReport, Step
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

SEX = Cut(name="sex", labels=("f", "m"))
AGE = Cut(name="age", labels=("(empty)", "0 to 39", "40 to 99"), scores=np.array([np.nan, 20.0, 70.0]))
DAY = ColumnName("day")


def rows(days: list[Any], kind: Kind = Kind.DATE) -> SyntheticTable:
    shape = Table(name=TableName("people"), columns=(Column(name=DAY, kind=kind, native="date"),))
    return SyntheticTable(shape, pa.table({"day": pa.array(days, shape.columns[0].arrow_type)}))


def marginal(*counts: int, sigma: float = 2.0) -> NoisyMarginal:
    return NoisyMarginal(columns=(0,), counts=np.array(counts), sigma=sigma)


def one(cut: Cut, noisy: NoisyMarginal, *synthetic: float, **more: Any) -> Measurement:
    return Measurement(cuts=(cut,), noisy=noisy, synthetic=np.array(synthetic), **more)


def both(**more: Any) -> Measurement:
    noisy = NoisyMarginal(columns=(0, 1), counts=np.array([[0, 400, 100], [5, 100, 395]]), sigma=3.0)
    return Measurement(cuts=(SEX, AGE), noisy=noisy, synthetic=np.array([[0.0, 390, 110], [0, 90, 410]]), **more)


def told(*measured: Measurement, **more: Any) -> PublicReport:
    return describe([Described(rows=rows([]), measured=measured, **more)])


def test_a_cell_has_its_noisy_share_with_the_error_of_the_noise_beside_the_synthetic_share() -> None:
    (column,) = told(one(SEX, marginal(400, 600), 45, 55)).tables[0].columns
    f, m = column.cells
    assert (f.label, f.noisy.rate.rate, f.synthetic.rate) == ("f", 0.4, 0.45)
    assert f.noisy.low.rate < 0.4 < f.noisy.high.rate
    assert f.noisy.high.rate - f.noisy.low.rate == pytest.approx(
        2 * 1.96 * 2 * (0.6**2 + 0.4**2) ** 0.5 / 1000, abs=0.002
    )
    assert m.synthetic.rate == 0.55
    assert column.distance.apart.rate == 0.05
    assert column.distance.noise.rate == pytest.approx(2 * 0.798 * 2 / 2 / 1000, abs=0.001)
    assert not column.bounded


def test_a_pair_has_both_correlations_and_its_distance_with_and_without_the_noise() -> None:
    (table,) = told(one(SEX, marginal(500, 500), 1, 1), one(AGE, marginal(5, 500, 495), 0, 1, 1), both()).tables
    (pair,) = table.pairs
    assert (pair.one, pair.other) == ("sex", "age")
    assert pair.correlation is not None
    assert pair.synthetic_correlation is not None
    assert 0.5 < pair.correlation.rate < pair.synthetic_correlation.rate < 0.7
    assert pair.distance is not None
    assert pair.distance.corrected.rate <= pair.distance.apart.rate
    assert [column.column for column in table.columns] == ["sex", "age"]


def test_a_pair_whose_cells_mean_something_else_in_each_row_has_no_correlation() -> None:
    (pair,) = told(both(mixed=True)).tables[0].pairs
    assert (pair.correlation, pair.synthetic_correlation) == (None, None)


def test_a_pair_that_was_not_measured_is_listed_and_has_a_synthetic_correlation_alone() -> None:
    apart = Together(cuts=(SEX, AGE), synthetic=np.array([[0.0, 390, 110], [0, 90, 410]]))
    (table,) = told(together=[apart], unmeasured={"sex": ["age"]}).tables
    assert table.unmeasured == {"sex": ("age",)}
    (pair,) = table.pairs
    assert (pair.distance, pair.correlation) == (None, None)
    assert pair.synthetic_correlation is not None


@pytest.mark.parametrize(
    ("days", "step", "first", "last"),
    [
        ([dt.date(2020, 1, 30), dt.date(2020, 3, 1)], Step.DAY, "2020-01-30", "2020-03-01"),
        ([dt.date(2020, 1, 30), dt.date(2021, 3, 1)], Step.MONTH, "2020-01", "2021-03"),
        ([dt.date(1969, 12, 31), dt.date(1995, 3, 1)], Step.YEAR, "1969", "1995"),
        ([dt.date(1, 1, 1), dt.date(9999, 12, 31)], Step.DECADE, "0000s", "9990s"),
    ],
)
def test_rows_are_counted_by_a_step_that_fits(days: list[dt.date], step: Step, first: str, last: str) -> None:
    (table,) = describe([Described(rows=rows([*days, days[0], None]), dated=[DAY])]).tables
    (series,) = table.series
    assert series.step is step
    assert (series.periods[0].period, series.periods[-1].period) == (first, last)
    assert [series.periods[0].rows.count, series.periods[-1].rows.count] == [2, 1]
    assert sum(each.rows.count for each in series.periods) == 3
    assert series.undated.count == 1


def test_a_moment_counts_on_its_day_also_before_1970() -> None:
    moments = [dt.datetime.fromisoformat(text) for text in ("1969-12-31T23:59", "1970-01-01")]
    (table,) = describe([Described(rows=rows(moments, Kind.DATETIME), dated=[DAY])]).tables
    assert [each.period for each in table.series[0].periods] == ["1969-12-31", "1970-01-01"]


@pytest.mark.parametrize("days", [[], [None, None]])
def test_a_table_without_any_date_has_no_series(days: list[None]) -> None:
    assert describe([Described(rows=rows(days), dated=[DAY])]).tables[0].series == ()


def test_the_report_is_read_back_as_it_was_and_is_the_same_bytes_again() -> None:
    found = told(one(SEX, marginal(400, 600), 45, 55), both())
    assert PublicReport.model_validate_json(report_json(found)) == found
    assert report_json(told(one(SEX, marginal(400, 600), 45, 55), both())) == report_json(found)


def test_what_makes_the_public_report_loads_nothing_of_the_raw_side() -> None:
    code = (
        "import sys, gateway.release.describing as d; sys.exit(any(m.startswith('gateway.raw') for m in sys.modules))"
    )
    environment = {"GATEWAY_SIDE": "synthetic", "PATH": "/usr/bin"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
