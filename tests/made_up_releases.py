"""Release candidates with reports that nobody computed, for tests of what is shown of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pyarrow as pa

from gateway.policy.model import Policy
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    AcceptanceReport,
    AttackReport,
    Check,
    ColumnReport,
    Comparison,
    DistanceReport,
    MarginalReport,
    MeasureReport,
    Opinion,
    Outcome,
    PairReport,
    PeriodReport,
    PublicColumn,
    PublicPair,
    PublicReport,
    PublicTable,
    SeriesReport,
    ShareReport,
    Step,
    StewardReport,
)
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Table

KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
LEARN: dict[str, Any] = {"role": "quasi", "treatment": "learn"}


def interval(rate: float, half: float = 0.05) -> Interval:
    return Interval(rate=Rate.of(rate), low=Rate.of(rate - half), high=Rate.of(rate + half))


def policy(tables: list[str], columns: list[str], *, text: str = "teaching statistics") -> Policy:
    return Policy.model_validate({
        "version": 1, "name": "clinic", "purpose": text, "source": {"name": "his", "url": "${SOURCE_URL}"},
        "unit": {"name": "patient", "table": tables[0], "key": ["id"], "meaning": text},
        "tables": {
            table: {"treatment": "synthesize",
                    **({} if at == 0 else {"owner": {"table": tables[0], "columns": ["id"]}}),
                    "columns": {"id": KEY} | dict.fromkeys(columns, LEARN)}
            for at, table in enumerate(tables)
        },
        "target": {"name": "shared", "url": "${TARGET_URL}", "schema": "clinic", "readers": "analysts"},
    })  # fmt: skip


def rows(table: str, columns: list[str], cell: str) -> SyntheticTable:
    shape = Table(
        name=TableName(table),
        columns=(
            Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int4", nullable=False),
            *(Column(name=ColumnName(name), kind=Kind.TEXT, native="text") for name in columns),
        ),
        primary_key=(ColumnName("id"),),
    )
    cells = [[1, 2, 3], *([cell, None, "made up"] for _ in columns)]
    arrays = [pa.array(values, column.arrow_type) for values, column in zip(cells, shape.columns, strict=True)]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def steward_report(
    tables: list[str], columns: list[str], *, labels: tuple[str, ...] = ("f", "m"), figure: float = 0.125,
    text: str = "why",
) -> StewardReport:  # fmt: skip
    """A report with every sort of figure in it, each of them ``figure``."""
    rate = Rate.of(figure)
    return StewardReport(
        checks=tuple(
            Check(name=name, question=text, comparison=Comparison.AT_MOST, needed=Rate.of(0.1), got=got,
                  outcome=outcome, means=text, not_shown=text)
            for name, got, outcome in (
                ("verbatim", rate, Outcome.PASSED), ("membership", None, Outcome.COULD_NOT_RUN),
                *((f"{table}.one_way", rate, Outcome.FAILED) for table in tables),
            )
        ),
        attacks=tuple(
            AttackReport(attack=name, targets=Count(count=417), rate=interval(figure), control=interval(figure),
                         baseline=interval(figure), excess=interval(figure))
            for name in ("verbatim", "verbatim/outliers")
        ),
        distances={"one_way": rate},
        columns=tuple(
            ColumnReport(table=table, column=column, role=Role.QUASI, treatment=Treatment.LEARN, found=Role.DIRECT,
                         entity="email", confidence=rate, proposed=Treatment.REPLACE, override=text,
                         opinions=(Opinion(recognizer="names", entity="email", score=rate, share=rate),))
            for table in tables for column in columns
        ),
        measures=tuple(
            MeasureReport(measure="coverage", table=table, question=text, means=text, not_shown=text, value=rate,
                          figures=dict.fromkeys(columns, rate))
            for table in tables
        ),
        marginals=tuple(
            MarginalReport(table=table, column=column, labels=labels, real=tuple(rate for _ in labels),
                           synthetic=tuple(Rate.of(1 / len(labels)) for _ in labels))
            for table in tables for column in columns
        ),
        pairs=tuple(
            PairReport(table=table, one=columns[0], other=column, distance=rate, correlation=rate,
                       synthetic_correlation=Rate.of(0.5), measured=at % 2 == 0)
            for table in tables for at, column in enumerate(columns[1:])
        ),
    )  # fmt: skip


def public_report(tables: list[str], columns: list[str], *, labels: tuple[str, ...] = ("f", "m")) -> PublicReport:
    share = 1 / len(labels)
    distance = DistanceReport(apart=Rate.of(0.2), noise=Rate.of(0.15), corrected=Rate.of(0.1))
    return PublicReport(
        tables=tuple(
            PublicTable(
                table=table, rows=Count(count=3), copied=False, invented=("id",),
                columns=tuple(
                    PublicColumn(
                        column=column, distance=distance, bounded=True,
                        cells=tuple(
                            ShareReport(label=label, noisy=interval(share), synthetic=Rate.of(share))
                            for label in labels
                        ),
                    )
                    for column in columns
                ),
                pairs=tuple(
                    PublicPair(one=columns[0], other=column, distance=distance, correlation=Rate.of(0.3),
                               synthetic_correlation=Rate.of(-0.9))
                    for column in columns[1:]
                ),
                unmeasured={one: tuple(columns[at + 1 :]) for at, one in enumerate(columns[:-1]) if at},
                series=(
                    SeriesReport(column=columns[0], step=Step.YEAR, undated=Count(count=1),
                                 periods=tuple(PeriodReport(period=str(y), rows=Count(count=y % 7))
                                               for y in range(1990, 2010))),
                ),
            )
            for table in tables
        ),
        acceptance=AcceptanceReport(
            distance=interval(0.1), needed=Rate.of(0.2), outcome=Outcome.PASSED, compared=Count(count=7),
            tables=dict.fromkeys(tables, interval(0.1)),
        ),
    )  # fmt: skip


def candidate(tables: list[str], columns: list[str], **more: Any) -> ReleaseCandidate:
    """A release of ``tables`` that each have ``id`` and ``columns``; ``more`` are fields instead of ours."""
    cell = more.pop("cell", "made up")
    text = more.pop("text", "teaching statistics")
    labels = more.pop("labels", ("f", "m"))
    made = ReleaseCandidate(
        run="run-1",
        policy=policy(tables, columns, text=text),
        tables=tuple(rows(table, columns, cell) for table in tables),
        certificate=Certificate(
            unit="patient", meaning=text, source="his", epsilon=1.0, delta=1e-6,
            events=(
                {"mechanism": "discrete_gaussian", "label": f"one-way {tables[0]}.{columns[0]}", "sigma": 10.5,
                 "cells": 3, "times": 2},
                {"mechanism": "clipped_gaussian", "label": f"{tables[0]}: {columns[0]}", "sigma": 5.0, "cells": 3,
                 "times": 1, "clip": 4},
                {"mechanism": "threshold_selection", "label": "values of x", "delta": 1e-7},
            ),
            generator="pairwise", notes=(text,), sampling_seed=1, code_digest="0" * 64,
        ),
        report=steward_report(tables, columns, labels=labels, text=text),
        created=dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC).isoformat(),
        public=public_report(tables, columns, labels=labels),
    )  # fmt: skip
    return dataclasses.replace(made, **more)
