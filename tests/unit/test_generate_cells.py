"""Types, domains, codes and back."""

import datetime as dt
import json
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.model import DomainClause
from gateway.raw.generate import discovery, physical
from gateway.raw.generate.binning import Bins
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import (
    Domain,
    Facts,
    Lattice,
    Ranges,
    Residues,
    Values,
    declared,
    domain_from_json,
    grid,
)
from gateway.raw.generate.encoding import encode
from gateway.raw.generate.expansion import expand
from gateway.vocabulary.digest import canonical_json
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table


def column(kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName("c"), kind=kind, native="x", **more)  # type: ignore[arg-type]


WHOLE = st.integers(min_value=-(2**63), max_value=2**63 - 1)
COLUMNS = {
    "integer": (column(Kind.INTEGER), WHOLE),
    "required integer": (column(Kind.INTEGER, nullable=False), WHOLE),
    "small": (column(Kind.INTEGER, lowest=-(2**15), highest=2**15 - 1), st.integers(-(2**15), 2**15 - 1)),
    "unsigned": (column(Kind.INTEGER, lowest=0, highest=255), st.integers(0, 255)),
    "unsigned of 64 bits": (column(Kind.INTEGER, lowest=0), st.integers(0, 2**63 - 1)),
    "year": (column(Kind.INTEGER, lowest=1901, highest=2155, nullable=False), st.integers(1901, 2155)),
    "unsigned decimal": (
        column(Kind.DECIMAL, precision=5, scale=1, lowest=0),
        st.decimals(min_value=0, max_value=9999, places=1),
    ),
    "unsigned float": (column(Kind.FLOAT, lowest=0), st.floats(min_value=0)),
    "timestamp": (
        column(Kind.DATETIME, lowest=10**6, highest=2**31 * 10**6 - 1),
        st.datetimes(dt.datetime(1970, 1, 1, 0, 0, 1), dt.datetime(2038, 1, 19)),  # noqa: DTZ001 - UTC, as rows here
    ),
    "decimal": (
        column(Kind.DECIMAL, precision=5, scale=1),
        st.decimals(min_value=-9999, max_value=9999, places=1),
    ),
    "huge decimal": (
        column(Kind.DECIMAL, precision=38, scale=2),
        st.decimals(min_value=Decimal(-(10**35)), max_value=Decimal(10**35), places=2),
    ),
    "loose decimal": (column(Kind.DECIMAL), st.floats()),
    "float": (column(Kind.FLOAT), st.floats()),
    "boolean": (column(Kind.BOOLEAN), st.booleans()),
    "date": (column(Kind.DATE), st.dates()),
    "datetime": (column(Kind.DATETIME), st.datetimes()),
    "text": (column(Kind.TEXT), st.text("ab'é\0;\U0001f600", max_size=3)),
}


def chunked(values: list[object], of: Column) -> pa.ChunkedArray:
    half = len(values) // 2
    parts = (values[:half], values[half:])
    return pa.chunked_array([pa.array(p, of.arrow_type, from_pandas=False) for p in parts], of.arrow_type)


NARROW = ["small", "unsigned", "unsigned of 64 bits", "year", "unsigned decimal", "unsigned float", "timestamp"]
"""Those whose types hold less than their kind."""


@pytest.mark.parametrize("name", COLUMNS)
@given(data=st.data())
def test_every_value_has_exactly_one_cell_whatever_stands_beside_it(name: str, data: st.DataObject) -> None:
    of, values = COLUMNS[name]
    rows = data.draw(st.lists(st.none() | values, max_size=12))
    if of.kind is Kind.TEXT:
        domains = [Values(values=("a", "b"), rest=True), Values(values=(), rest=True)]
    elif of.kind is Kind.BOOLEAN:
        domains = [declared(of, None)]
    else:
        domains = [discovery.octaves(of), grid(3, 5, of, cells=64), grid(-7, 100_000, of, cells=64)]
        domains += [Ranges(starts=(), last=0, rest=True), Ranges(starts=(), last=0, rest=True, sentinels=(0, 7))]
        domains += [grid(3, 500, of, cells=64, known=Facts(sentinels=(-1, 100, 999), lattice=Lattice(modulus=5)))]
    for domain in domains:
        together = encode(chunked(rows, of), of, domain)
        assert together.size == len(rows)
        assert not rows or (together.min() >= 0 and together.max() < domain.cells)
        alone = [encode(chunked([row], of), of, domain).item() for row in rows]
        assert together.tolist() == alone


@pytest.mark.parametrize("values", [[1, -2], [1, -2, 10**6], []])
def test_a_modulus_may_be_wider_than_any_number_that_a_row_has(values: list[int]) -> None:
    """Whether a run fails must not tell how large numbers are."""
    of = Column(name=ColumnName("x"), kind=Kind.INTEGER, native="int")
    shape = Table(name=TableName("t"), columns=(of,))
    counter = MemoryCounter(shape, pa.table([pa.array(values, pa.int64())], schema=shape.arrow_schema()).to_batches())
    (counts,) = counter.count([[Axis(column=of.name, domain=Residues(modulus=1000, rest=True))]])
    assert counts.sum() == len(values)
    assert counts[1 + 998] == (-2 in values)


def made_for(cells: np.ndarray, of: Column, domain: Domain) -> pa.Array:
    """Return a value for every cell."""
    count = domain.cells
    to = Bins(bin_of=np.arange(count, dtype=np.int32), weight=np.ones(count), ghost=np.zeros(count, dtype=bool))
    pieces = expand(of, domain, to)
    return pieces.typed(pieces.numbers(cells.astype(np.int32), np.random.default_rng(0)), pieces.null[cells])


@pytest.mark.parametrize("name", COLUMNS)
def test_a_made_value_falls_into_the_cell_it_was_made_for(name: str) -> None:
    of, _ = COLUMNS[name]
    if of.kind is Kind.TEXT:
        domains = [Values(values=("a", "b", "'; DROP TABLE x"), rest=True)]
    elif of.kind is Kind.BOOLEAN:
        domains = [declared(of, None)]
    else:
        domains = [discovery.octaves(of)]
        domains += [] if name in NARROW else [grid(-3, 5, of, cells=64), grid(-70, 9_000, of, cells=64)]
        domains += (
            []
            if name in NARROW
            else [grid(5, 500, of, cells=64, known=Facts(sentinels=(-1, 999), lattice=Lattice(modulus=5)))]
        )
    for domain in domains:
        cells = np.repeat(np.arange(domain.cells), 3)
        made = made_for(cells, of, domain)
        assert made.type == of.arrow_type
        again = encode(pa.chunked_array([made]), of, domain)
        inside = cells > 0 if domain.rest else cells >= 0
        assert again[inside].tolist() == cells[inside].tolist()
        assert all(value is None for value in made.filter(pa.array(~inside)).to_pylist()) or not of.nullable


@given(low=st.integers(-(10**6), 10**6), width=st.integers(0, 10**7), nullable=st.booleans())
def test_a_grid_covers_its_bounds_without_gap_or_overlap(low: int, width: int, nullable: bool) -> None:
    made = grid(low, low + width, column(Kind.INTEGER, nullable=nullable), cells=64)
    starts, ends = np.array(made.starts), made.ends(whole=True)
    assert starts[0] == low
    assert ends[-1] == low + width
    assert (ends >= starts).all()
    assert (starts[1:] == ends[:-1] + 1).all()
    assert made.cells == len(starts) + nullable <= 129 + 2 * 17 + 2
    assert domain_from_json(made.to_json()) == made


def test_zero_has_a_cell_of_its_own_and_small_numbers_fine_ones() -> None:
    made = grid(0, 100_000, column(Kind.INTEGER), cells=64)
    assert made.starts[:3] == (0, 1, 3)
    floats = grid(-1.0, 1.0, column(Kind.FLOAT), cells=64)
    of = column(Kind.FLOAT)
    codes = encode(pa.chunked_array([pa.array([0.0, -0.0, 5e-324, -5e-324])]), of, floats)
    assert codes[0] == codes[1]
    assert len({codes[0], codes[2], codes[3]}) == 3


def test_few_whole_numbers_get_a_cell_each() -> None:
    assert grid(18, 90, column(Kind.INTEGER), cells=64).starts == tuple(range(18, 91))
    assert grid(0, 50, column(Kind.DECIMAL, precision=3, scale=1), cells=64).starts == tuple(range(51))


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (column(Kind.INTEGER), -(2**63) + 1),
        (column(Kind.DECIMAL, precision=5, scale=2), Decimal("-123.45")),
        (column(Kind.DECIMAL, precision=18, scale=0), Decimal(10**17)),
        (column(Kind.FLOAT), -1.5),
        (column(Kind.BOOLEAN), True),
        (column(Kind.DATE), dt.date(1, 1, 1)),
        (column(Kind.DATE), dt.date(9999, 12, 31)),
        (column(Kind.DATETIME), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),  # noqa: DTZ001 - sources have no zone
        (column(Kind.DATETIME), dt.datetime(1, 1, 1)),  # noqa: DTZ001 - sources have no zone
    ],
)
def test_numbers_and_typed_values_are_two_faces_of_one_thing(of: Column, value: object) -> None:
    array = pa.chunked_array([pa.array([None, value, None, value], of.arrow_type).slice(1, 3)])
    units, present = physical.numbers(array, of)
    assert present.tolist() == [True, False, True]
    assert physical.typed(units, present, of).to_pylist() == [value, None, value]


def test_nan_and_infinities_are_null() -> None:
    of = column(Kind.FLOAT)
    values = pa.chunked_array([pa.array([math.nan, math.inf, -math.inf, 1.0])])
    assert physical.numbers(values, of)[1].tolist() == [False, False, False, True]


def test_numbers_too_large_count_as_the_largest() -> None:
    of = column(Kind.DECIMAL, precision=38, scale=0)
    huge = pa.chunked_array(
        [pa.array([Decimal(10**37), Decimal(-(10**37)), Decimal(2**63), Decimal(7)], of.arrow_type)]
    )
    largest = physical.LARGEST
    assert physical.numbers(huge, of)[0].tolist() == [largest, -largest, largest, 7]


def test_what_type_and_catalogue_declare_costs_nothing() -> None:
    assert declared(column(Kind.BOOLEAN, nullable=False), None) == Values(values=(0, 1), rest=False)
    assert declared(column(Kind.ENUM, values=("x", "y")), None) == Values(values=("x", "y"), rest=True)
    assert declared(column(Kind.ENUM, values=("x", "y"), nullable=False), None) == Values(values=("x", "y"), rest=False)
    assert declared(column(Kind.TEXT), None) is None
    assert declared(column(Kind.INTEGER), DomainClause()) is None


def test_declared_bounds_and_values_are_read_in_the_columns_own_type() -> None:
    decimal = declared(column(Kind.DECIMAL, precision=5, scale=1), DomainClause(lowest=0.05, highest=1.25))
    assert isinstance(decimal, Ranges)
    assert (decimal.starts[0], decimal.last) == (1, 12)
    date = declared(column(Kind.DATE), DomainClause(lowest=dt.date(1970, 1, 2), highest=dt.date(1970, 1, 4)))
    assert isinstance(date, Ranges)
    assert date.starts == (1, 2, 3)
    day = declared(column(Kind.DATETIME), DomainClause(lowest=dt.date(1970, 1, 1), highest=dt.date(1970, 1, 1)
                   + dt.timedelta(days=1)))  # fmt: skip
    assert isinstance(day, Ranges)
    assert day.last == 2 * 86_400_000_000 - 1
    numbers = declared(column(Kind.INTEGER), DomainClause(values=["10", "2", "10"]))
    assert numbers == Values(values=(2, 10), rest=True)


@pytest.mark.parametrize(
    ("of", "clause"),
    [
        (column(Kind.INTEGER), DomainClause(values=["secret-word"])),
        (column(Kind.DATE), DomainClause(lowest=1, highest=2)),
        (column(Kind.INTEGER), DomainClause(lowest=dt.date(2000, 1, 1), highest=dt.date(2001, 1, 1))),
        (column(Kind.TEXT), DomainClause(lowest=1, highest=2)),
        (column(Kind.INTEGER), DomainClause(lowest=0.2, highest=0.8)),
        (column(Kind.BOOLEAN), DomainClause(values=["perhaps"])),
        (column(Kind.FLOAT), DomainClause(values=["nan"])),
    ],
)
def test_a_declaration_of_another_type_is_a_configuration_error(of: Column, clause: DomainClause) -> None:
    with pytest.raises(ConfigurationError, match=r"column c|column c's") as caught:
        declared(of, clause)
    assert "secret-word" not in str(caught.value)


def test_a_type_that_is_not_learned_is_refused() -> None:
    with pytest.raises(Unsupported, match="drop"):
        declared(column(Kind.UNSUPPORTED), None)


@pytest.mark.parametrize("name", ["integer", "decimal", "float", "loose decimal", "date", "datetime", *NARROW])
def test_the_public_grid_of_a_type_is_strictly_rising(name: str) -> None:
    of, _ = COLUMNS[name]
    public = discovery.octaves(of)
    assert (np.diff(np.array(public.starts, dtype=np.float64)) > 0).all()
    assert public == discovery.octaves(of)


@pytest.mark.parametrize("name", NARROW)
def test_bounds_that_nobody_declared_stay_in_what_the_type_holds(name: str) -> None:
    """Whatever noise says: even where every octave seems to hold rows."""
    of, _ = COLUMNS[name]
    whole = physical.is_whole(of)
    lowest, highest = physical.limits(of) if whole else (0.0, np.inf)
    public = discovery.octaves(of)
    found = discovery.bounds(np.full(public.cells, 10**6), of, sigma=1.0)
    assert min(public.starts) >= lowest
    assert (found.starts[0], found.last <= highest) == (lowest, True)
    made = made_for(np.arange(found.cells), of, found)
    assert made.null_count == found.rest
    numbers, present = physical.numbers(pa.chunked_array([made]), of)
    assert (numbers[present] >= lowest).all()
    assert (numbers[present] <= highest).all()


@pytest.mark.parametrize("name", NARROW)
def test_what_a_made_number_is_cannot_leave_its_type(name: str) -> None:
    of, _ = COLUMNS[name]
    lowest, highest = physical.limits(of)
    far = np.array([-(2**62), 2**62])
    numbers, _ = physical.numbers(pa.chunked_array([physical.typed(far, np.array([True, True]), of)]), of)
    assert numbers[0] == (0 if name == "unsigned float" else lowest)
    assert numbers[1] == (2**62 if name == "unsigned float" else min(2**62, highest))


def test_bounds_come_from_the_octaves_that_stand_out() -> None:
    of = column(Kind.INTEGER)
    public = discovery.octaves(of)
    noisy = np.zeros(public.cells, dtype=np.int64)
    for value in (18, 64):
        noisy[encode(pa.chunked_array([pa.array([value])]), of, public)] = 500
    found = discovery.bounds(noisy, of, sigma=20.0)
    assert (found.starts[0], found.last) == (16, 127)


def test_without_any_octave_a_column_is_null_or_takes_the_largest() -> None:
    nothing = np.zeros(discovery.octaves(column(Kind.INTEGER)).cells, dtype=np.int64)
    assert discovery.bounds(nothing, column(Kind.INTEGER), sigma=20.0).starts == ()
    assert discovery.bounds(nothing, column(Kind.INTEGER, nullable=False), sigma=20.0).cells >= 1


def test_a_required_column_without_any_known_value_still_has_values_of_its_type() -> None:
    text = column(Kind.TEXT, nullable=False, length=3)
    assert made_for(np.zeros(2, int), text, Values(values=(), rest=True)).to_pylist() == ["unk", "unk"]
    date = column(Kind.DATE, nullable=False)
    nothing = Ranges(starts=(), last=0, rest=False)
    assert made_for(np.zeros(1, int), date, nothing).to_pylist() == [dt.date(1970, 1, 1)]


def test_a_domain_survives_json() -> None:
    for domain in (discovery.octaves(column(Kind.FLOAT)), discovery.octaves(column(Kind.INTEGER))):
        assert domain_from_json(json.loads(canonical_json(domain.to_json()))) == domain


def test_a_code_that_is_not_listed_is_what_it_begins_with() -> None:
    of = column(Kind.TEXT)
    domain = Values(values=("A", "A12", "A12.3", "B"), rest=True, other=True, prefixes=(1, 3))
    codes = ["A12.3", "A12.4", "A12", "A9", "A", "B12", "C", "", None, "a12"]
    assert encode(chunked(codes, of), of, domain).tolist() == [4, 3, 3, 2, 2, 5, 1, 1, 0, 1]
    # a listed text of another length holds itself alone
    only = Values(values=("A12",), rest=True, prefixes=(1,))
    assert encode(chunked(["A12", "A12.3", "A"], of), of, only).tolist() == [1, 0, 0]
    assert domain_from_json(domain.to_json()) == domain
