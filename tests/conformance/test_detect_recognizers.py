"""The law of recognizers: whatever the column, opinions are well formed, deterministic, and hold no value."""

import dataclasses
import itertools
import json
from typing import Any

import pytest

from gateway import plugins
from gateway.raw.detect import recognizers
from gateway.raw.detect.context import TableContext
from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.recognizer import ColumnSample
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

PACKAGE = recognizers.__name__
SAMPLES = {
    "words": [f"Canary{n}Word" for n in range(25)],
    "prose": [f"On day {n} the Canaryword sang loudly, wrote to canary{n}@example.org, and left." for n in range(25)],
    "mail": [f"canaryword{n}@example.org" for n in range(25)],
    "numbers": [str(7_000_000 + n) for n in range(25)],
    "uuids": [f"deadbeef-0000-4000-8000-{n:012x}" for n in range(25)],
    "one": ["Canaryword"],
    "none": [],
    "odd": ["", " ", "\x00", "\u202e", "😀" * 50, "a" * 10_000],
}


@pytest.mark.parametrize("name", plugins.names(PACKAGE))
@pytest.mark.parametrize("values", SAMPLES.values(), ids=SAMPLES)
def test_a_recognizer_keeps_the_law(name: Any, values: Any) -> None:
    recognizer = plugins.load(PACKAGE, name)()
    assert recognizer.name == name
    for kind, nearness in itertools.product(Kind, Need):
        _keeps_the_law(recognizer, values, kind, nearness)


def _keeps_the_law(recognizer: Any, values: Any, kind: Any, nearness: Any) -> None:
    column = Column(name=ColumnName("email_note"), kind=kind, native=str(kind), comment="a phone number or a name")
    table = Table(name=TableName("patients"), columns=(column,), primary_key=(column.name,))
    sample = ColumnSample(
        schema=Schema(tables=(table,)), table=table, column=column, values=tuple(values), rows=max(25, len(values)),
        nulls=0, context=TableContext(nearness=nearness),
    )  # fmt: skip
    found = tuple(recognizer.recognize(sample))
    assert found == tuple(recognizer.recognize(sample))
    assert list(found) == sorted(found, key=lambda piece: -piece.score)
    for piece in found:
        assert isinstance(piece, Evidence)
        assert piece.recognizer == recognizer.name
        assert 0 <= piece.score <= 1
        assert piece.share is None or 0 <= piece.share <= 1
        assert piece.entity
        assert piece.reason
    told = json.dumps([dataclasses.asdict(piece) for piece in found]).lower()
    assert "canary" not in told
    assert "deadbeef" not in told
    assert "7000" not in told


def test_a_sample_does_not_print_its_values() -> None:
    column = Column(name=ColumnName("c"), kind=Kind.TEXT, native="text")
    table = Table(name=TableName("t"), columns=(column,))
    sample = ColumnSample(
        schema=Schema(tables=(table,)), table=table, column=column, values=("Canaryword",), rows=1, nulls=0
    )
    assert "Canary" not in f"{sample!r} {sample}"
