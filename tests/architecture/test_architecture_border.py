"""Every leaf of what leaves raw/ is a figure, a declared name, an enum or a bool.

A new field fails here until somebody writes down why it may cross.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

from pydantic import BaseModel

from gateway.privacy.events import ClippedGaussianEvent, DiscreteGaussianEvent, SelectionEvent
from gateway.release import certificate, evidence, figures, reports
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate

FIGURES = (Count, Rate, Interval)

DECLARED_NAMES = {
    "Check.name": "named by the policy's criteria",
    "Check.question": "a sentence from the attack's own source code",
    "Check.reason": "sentences of the program: any other reason is left in the log",
    "Check.means": "sentences from the attack's or the measure's own source code",
    "Check.not_shown": "sentences from the attack's or the measure's own source code",
    "MeasureReport.measure": "the plugin's name, one word by its pattern",
    "MeasureReport.table": "declared: a name in the catalogue",
    "MeasureReport.question": "a sentence from the measure's own source code",
    "MeasureReport.means": "sentences from the measure's own source code",
    "MeasureReport.not_shown": "sentences from the measure's own source code",
    "MeasureReport.figures{key}": "names in the catalogue and words of the program",
    "MarginalReport.table": "declared: a name in the catalogue",
    "MarginalReport.column": "declared: a name in the catalogue",
    "MarginalReport.labels": "metered: cells declared by the policy or found under differential privacy",
    "PairReport.table": "declared: a name in the catalogue",
    "PairReport.one": "declared: a name in the catalogue",
    "PairReport.other": "declared: a name in the catalogue",
    "AcceptanceReport.columns{key}": "declared: names in the catalogue",
    "AcceptanceReport.tables{key}": "declared: names in the catalogue",
    "StewardReport.unseen": "names of measures and columns, in the catalogue or the program",
    "AttackReport.attack": "the plugin's name",
    "Opinion.recognizer": "the plugin's name, one word by its pattern",
    "Opinion.entity": "a word from source code, by its pattern",
    "ColumnReport.table": "declared: a name in the catalogue",
    "ColumnReport.column": "declared: a name in the catalogue",
    "ColumnReport.entity": "a word from source code, by its pattern",
    "ColumnReport.override": "declared: policy, a reason that a person wrote",
    "StewardReport.distances{key}": "the measure's name, from source code",
    "StewardReport.blinding": "random, independent of every row",
    "ShareReport.label": "metered: cells declared by the policy or found under differential privacy",
    "PublicColumn.column": "declared: a name in the catalogue, or made of two",
    "PublicPair.one": "declared: a name in the catalogue, or made of two and words of the program",
    "PublicPair.other": "declared: a name in the catalogue, or made of two and words of the program",
    "PeriodReport.period": "metered: a date of a synthetic row, to the step",
    "SeriesReport.column": "declared: a name in the catalogue",
    "PublicTable.table": "declared: a name in the catalogue",
    "PublicTable.invented": "declared: names in the catalogue",
    "PublicTable.unmeasured{key}": "declared: a name in the catalogue",
    "PublicTable.unmeasured": "declared: names in the catalogue",
}

CERTIFICATE = {
    "unit": "declared: policy",
    "meaning": "declared: policy",
    "source": "declared: policy, a name and never a URL",
    "epsilon": "metered: recomputed from events",
    "delta": "declared: policy",
    "events": "metered: what the mechanisms did, in schema terms",
    "generator": "declared: policy",
    "notes": "metered: sentences from source code around noisy counts",
    "public": "declared: policy, table names and the reasons a person wrote",
    "overrides": "declared: policy, names in the catalogue and the reasons a person wrote",
    "constraints_not_kept": "declared: names in the catalogue",
    "sampling_seed": "declared: policy, public",
    "code_digest": "public: the program, not the data",
}


def models(module: types.ModuleType) -> list[type[BaseModel]]:
    return [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    ]  # fmt: skip


def leaves(annotation: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield every leaf type of ``annotation``; what is not understood is a leaf, and so refused."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        for choice in arguments:
            if choice is not type(None):
                yield from leaves(choice, place)
    elif origin is tuple and arguments[1:] == (...,):
        yield from leaves(arguments[0], place)
    elif origin is dict:
        yield from leaves(arguments[0], f"{place}{{key}}")
        yield from leaves(arguments[1], place)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in FIGURES:
        yield from fields(annotation)
    else:
        yield place, annotation


def fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield from leaves(field.annotation, f"{model.__name__}.{name}")


def test_every_leaf_of_a_report_is_a_figure_a_declared_name_an_enum_or_a_bool() -> None:
    used = set()
    for model in models(reports):
        for place, leaf in fields(model):
            if leaf is str:
                assert place in DECLARED_NAMES, f"{place} is a text: say why it may cross the border"
                used.add(place)
            else:
                allowed = leaf in FIGURES or leaf is bool or (isinstance(leaf, type) and issubclass(leaf, Enum))
                assert allowed, f"{place} is {leaf}: only figures, names, enums and bools cross the border"
    assert used == set(DECLARED_NAMES)


def test_figures_hold_one_bounded_number_each() -> None:
    assert {model.__name__ for model in models(figures)} == {"Leaf", "Count", "Rate", "Interval"}
    assert {name: field.annotation for name, field in Count.model_fields.items()} == {"count": int}
    assert {name: field.annotation for name, field in Rate.model_fields.items()} == {"rate": float}
    assert {field.annotation for field in Interval.model_fields.values()} == {Rate}


def test_every_field_of_a_certificate_is_declared_or_metered() -> None:
    assert [model.__name__ for model in models(certificate)] == ["Certificate"]
    assert set(Certificate.model_fields) == set(CERTIFICATE)


AUDIT = {
    "AuditReport.configuration": "public: a hash over what is declared, public keys and the program",
    "AuditReport.code_digest": "public: the program, not the data",
    "AuditReport.generator": "declared: policy",
    "AuditReport.created": "public: when the games were played",
    "AuditReport.not_played": "sentences of the program",
    "TargetReport.target": "words of the program",
}


def test_every_leaf_of_an_audit_is_a_figure_about_made_up_rows_or_words_of_the_program() -> None:
    assert {model.__name__ for model in models(evidence)} == {"AuditReport", "TargetReport"}
    found = dict(fields(evidence.AuditReport))
    assert {place for place, leaf in found.items() if leaf is str} == set(AUDIT)
    others = {leaf for leaf in found.values() if leaf is not str}
    assert others == {Count, float, evidence.Fault}


def test_events_tell_what_was_done_and_hold_no_outcome() -> None:
    assert set(DiscreteGaussianEvent.__dataclass_fields__) == {"label", "sigma", "cells", "times"}
    assert set(ClippedGaussianEvent.__dataclass_fields__) == {"label", "sigma", "cells", "clip", "times"}
    assert set(SelectionEvent.__dataclass_fields__) == {"label", "delta"}


def test_all_that_crosses_is_frozen_and_closed() -> None:
    for module in (figures, reports, certificate, evidence):
        for model in models(module):
            assert model.model_config["frozen"], model
            assert model.model_config["extra"] == "forbid", model
            assert model.model_config["allow_inf_nan"] is False, model


def test_the_walk_finds_what_must_not_cross() -> None:
    class Leaky(BaseModel):
        ok: Rate
        deep: dict[str, tuple[float, ...]]
        wild: tuple[Any, ...] | None

    assert dict(fields(Leaky)) == {"Leaky.ok": Rate, "Leaky.deep{key}": str, "Leaky.deep": float, "Leaky.wild": Any}
