"""Production rows stay in their frame."""

import copy
import logging
import pickle

import pyarrow as pa
import pytest

from gateway.raw.rows import RawTable
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

SECRET = "kept-to-itself"
SHAPE = Table(
    name=TableName("patients"),
    columns=(Column(name=ColumnName("note"), kind=Kind.TEXT, native="text"),),
)


@pytest.fixture
def rows() -> RawTable:
    return RawTable(SHAPE, pa.table({"note": pa.array([SECRET])}, schema=SHAPE.arrow_schema()))


def test_printing_shows_the_name_and_not_even_how_many_rows(rows: RawTable) -> None:
    assert repr(rows) == "<RawTable patients: rows withheld>"
    assert SECRET not in str(rows)


def test_logging_shows_no_row(rows: RawTable, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("read %s", rows)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "leak",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        len,
        hash,
        list,
        bool,
        lambda rows: f"{rows:>10}",
        lambda rows: rows == 1,
    ],
)
def test_it_cannot_be_copied_compared_counted_or_serialised(rows: RawTable, leak) -> None:  # noqa: ANN001
    with pytest.raises(TypeError) as caught:
        leak(rows)
    assert SECRET not in str(caught.value)


def test_rows_of_another_shape_are_refused_without_showing_them() -> None:
    with pytest.raises(ValueError, match="declared shape") as caught:
        RawTable(SHAPE, pa.table({"other": [SECRET]}))
    assert SECRET not in str(caught.value)
