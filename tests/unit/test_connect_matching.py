"""Keys are equal when their values are, whatever types the two sides declare."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.raw.connect.matching import NOBODY, Keys, alone, comparable
from gateway.vocabulary.errors import SourceRefused
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind


def column(kind: Kind, scale: int | None = None, precision: int = 38) -> Column:
    return Column(
        name=ColumnName("k"), kind=kind, native="", scale=scale, precision=None if scale is None else precision
    )


def found(theirs: Column, keys: list[Any], ours: Column, asked: list[Any]) -> list[int]:
    kind = comparable(ours, theirs)
    known = Keys([pa.chunked_array([pa.array(keys, theirs.arrow_type)])], [kind])
    return known.find([pa.chunked_array([pa.array(asked, ours.arrow_type)])]).tolist()


WHOLE, FLAG, FLOAT, TEXT = column(Kind.INTEGER), column(Kind.BOOLEAN), column(Kind.FLOAT), column(Kind.TEXT)
D = Decimal
CASES = [
    (WHOLE, [1, 7, None], column(Kind.DECIMAL, 2), [D("7.00"), D("7.01"), None], [1, NOBODY, NOBODY]),
    (column(Kind.DECIMAL, 38), [D("0.5"), D(0)], column(Kind.DECIMAL, 0), [D(0), D(1)], [1, NOBODY]),
    (column(Kind.DECIMAL, 0), [D(10**38 - 1), D(-5)], column(Kind.DECIMAL, 30), [D(-5), D("-5.1")], [1, NOBODY]),
    (WHOLE, [2**63 - 1, -(2**63)], column(Kind.DECIMAL, 0), [D(-(2**63)), D(2**63 - 2)], [1, NOBODY]),
    (FLAG, [True, False], WHOLE, [0, 1, 2], [1, 0, NOBODY]),
    (FLAG, [True], column(Kind.DECIMAL, 1), [D("1.0"), D("1.1")], [0, NOBODY]),
    (FLOAT, [0.0, 1.5, float("nan")], FLOAT, [-0.0, float("nan"), 1.5], [0, NOBODY, 1]),
    (FLOAT, [7.0], WHOLE, [7, 8], [0, NOBODY]),
    (FLOAT, [2.5], column(Kind.DECIMAL, 3), [D("2.500"), None], [0, NOBODY]),
    (column(Kind.DECIMAL), [2.5], WHOLE, [2], [NOBODY]),
    (TEXT, ["a", "A", "a ", "", "ä"], column(Kind.ENUM), ["a", "", "a ", "b", None, "ä"], [0, 3, 2, NOBODY, NOBODY, 4]),
    (column(Kind.DATE), [dt.date(2000, 1, 1)], column(Kind.DATETIME),
     [dt.datetime(2000, 1, 1), dt.datetime(2000, 1, 1, 1)], [0, NOBODY]),  # noqa: DTZ001 - naive on purpose
    (column(Kind.DATE), [dt.date(1, 1, 1), dt.date(9999, 12, 31)], column(Kind.DATE), [dt.date(9999, 12, 31)], [1]),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "keys", "ours", "asked", "rows"), CASES)
def test_a_key_is_found_by_its_value(
    theirs: Column, keys: list[Any], ours: Column, asked: list[Any], rows: list[int]
) -> None:
    assert found(theirs, keys, ours, asked) == rows


@pytest.mark.parametrize("other", [WHOLE, FLOAT, column(Kind.DATE), column(Kind.UNSUPPORTED)])
def test_what_can_never_be_equal_is_refused(other: Column) -> None:
    with pytest.raises(SourceRefused, match="never equal"):
        comparable(TEXT, other)


small = st.one_of(st.none(), st.integers(0, 2))
KEY = st.tuples(small, st.one_of(st.none(), st.sampled_from(["", "x", "y"])), small)


@given(keys=st.lists(KEY, max_size=12), asked=st.lists(KEY, max_size=12), cut=st.integers(0, 12))
def test_composite_keys_are_found_as_a_dictionary_finds_them(keys: list[Any], asked: list[Any], cut: int) -> None:
    columns = [WHOLE, TEXT, WHOLE]
    types = [comparable(one, one) for one in columns]

    def arrays(values: list[Any]) -> list[pa.ChunkedArray]:
        halves = [values[:cut], values[cut:]]
        return [
            pa.chunked_array([pa.array([value[at] for value in half], c.arrow_type) for half in halves])
            for at, c in enumerate(columns)
        ]

    full = [key if None not in key else None for key in keys]
    expected = [full.index(key) if None not in key and full.count(key) == 1 else NOBODY for key in asked]
    assert Keys(arrays(keys), types).find(arrays(asked)).tolist() == expected
    assert alone(arrays(keys), columns).tolist() == [key is not None and full.count(key) == 1 for key in full]
    hidden = Keys(arrays(keys), types, np.full(len(keys), NOBODY))
    assert set(hidden.find(arrays(asked)).tolist()) <= {NOBODY}
