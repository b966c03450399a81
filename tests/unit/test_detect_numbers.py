"""Numbers of a country are told from numbers of any other kind, and chance does not make one."""

import datetime as dt
import random
import sys
from typing import Any

import pytest
import stdnum.ean
import stdnum.isbn
import stdnum.luhn

from gateway.raw.detect import numbers, patterns, phones
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.recognizers.values import Values
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

CELLS = 200


def opinions(values: Any, *, countries: Any = (), kind: Any = Kind.TEXT) -> Any:
    column = Column(name=ColumnName("c"), kind=kind, native="text")
    table = Table(name=TableName("t"), columns=(column,))
    sample = ColumnSample(
        schema=Schema(tables=(table,)), table=table, column=column, values=tuple(dict.fromkeys(values)),
        rows=len(values), nulls=0, countries=frozenset(countries),
    )  # fmt: skip
    return {piece.entity: piece for piece in Values().recognize(sample)}


def digits(length: Any, seed: Any) -> Any:
    chance = random.Random(seed)  # noqa: S311 - numbers for a test
    return [str(chance.randrange(10 ** (length - 1), 10**length)) for _ in range(CELLS)]


@pytest.mark.parametrize("length", range(5, 17))
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.INTEGER])
def test_random_digits_are_nobodys_number(length: Any, kind: Any) -> None:
    for seed in range(3):
        found = opinions(digits(length, seed), kind=kind)
        assert not found.keys() & {Entity.NATIONAL_NUMBER, Entity.BANK_ACCOUNT, numbers.DOCUMENT, Entity.PHONE}


@pytest.mark.parametrize("length", range(5, 17))
def test_few_random_digits_are_nobodys_number_either(length: Any) -> None:
    assert not [seed for seed in range(20) if Entity.NATIONAL_NUMBER in opinions(digits(length, seed)[: 1 + seed % 8])]


_FROM = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
_TIMES = [_FROM + dt.timedelta(hours=7 * n, seconds=n * n % 3_000) for n in range(CELLS)]


@pytest.mark.parametrize(
    "values",
    [
        [number + stdnum.ean.calc_check_digit(number) for number in digits(12, 1)],
        [number + stdnum.ean.calc_check_digit(number) for number in digits(7, 1)],
        ["978" + number + stdnum.ean.calc_check_digit("978" + number) for number in digits(9, 2)],
        [number + stdnum.isbn._calc_isbn10_check_digit(number) for number in digits(9, 3)],
        *([number + stdnum.luhn.calc_check_digit(number) for number in digits(length, 4)] for length in range(7, 12)),
        *(
            [time.strftime(form) for time in _TIMES]
            for form in ("%Y%m%d", "%y%m%d%H%M", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%d%m%Y", "%y%m%d%H%M%S", "%s")
        ),
        [f"{time:%y%m%d}{n % 60:04d}" for n, time in enumerate(_TIMES)],
        [f"{time:%Y%m%d}{n:05d}" for n, time in enumerate(_TIMES)],
        [f"ORD-{n:06d}" for n in range(CELLS)],
        [f"AB{number}" for number in digits(7, 5)],
        [str(10**9 + n) for n in range(CELLS)],
        [f"{number[:3]}.{number[3:]}" for number in digits(6, 6)],
    ],
    ids=range(22),
)
def test_numbers_of_things_and_times_are_nobodys_number(values: Any) -> None:
    assert Entity.NATIONAL_NUMBER not in opinions(values)


def _with_check(country: Any, module: Any, make: Any) -> Any:
    """Return numbers that ``module`` takes, found by trying."""
    valid = next(n for n in numbers.NUMBERS if n.country == country and n.check == module)
    chance = random.Random(7)  # noqa: S311 - the same
    found: list[str] = []
    while len(found) < 12:
        candidate = make(chance)
        if valid.holds(candidate, named=True):
            found.append(candidate)
    return found


def _born(chance: Any, form: Any = "%y%m%d") -> Any:
    return (dt.date(1940, 1, 1) + dt.timedelta(days=chance.randrange(25_000))).strftime(form)


@pytest.mark.parametrize(
    ("country", "module", "make"),
    [
        ("DE", "de.idnr", lambda c: str(c.randrange(10**10, 10**11))),
        ("PL", "pl.pesel", lambda c: _born(c) + f"{c.randrange(10**5):05d}"),
        ("SE", "se.personnummer", lambda c: _born(c) + f"-{c.randrange(10**4):04d}"),
        (
            "FI",
            "fi.hetu",
            lambda c: _born(c, "%d%m%y") + f"-{c.randrange(2, 900):03d}" + c.choice("0123456789ABCDEFHJK"),
        ),
        ("BE", "be.nn", lambda c: _born(c) + f"{c.randrange(10**5):05d}"),
        ("BR", "br.cpf", lambda c: str(c.randrange(10**10, 10**11))),
        ("TR", "tr.tckimlik", lambda c: str(c.randrange(10**10, 10**11))),
        ("CA", "ca.sin", lambda c: f"{c.randrange(100, 800)} {c.randrange(1000):03d} {c.randrange(1000):03d}"),
        ("GB", "gb.nhs", lambda c: f"{c.randrange(400, 800)} {c.randrange(1000):03d} {c.randrange(10_000):04d}"),
    ],
)
def test_the_usual_numbers_are_found_without_naming_a_country(country: Any, module: Any, make: Any) -> None:
    found = opinions(_with_check(country, module, make))[Entity.NATIONAL_NUMBER]
    assert f"({country})" in found.reason


def test_bare_digits_count_where_the_policy_names_the_country() -> None:
    numbers_of_canada = [
        n.replace(" ", "") for n in _with_check("CA", "ca.sin", lambda c: str(c.randrange(10**8, 8 * 10**8)))
    ]
    assert Entity.NATIONAL_NUMBER not in opinions(numbers_of_canada)
    assert "(CA)" in opinions(numbers_of_canada, countries=["CA"])[Entity.NATIONAL_NUMBER].reason


def test_accounts_of_a_country_that_the_policy_names_are_found() -> None:
    accounts = _with_check("NO", "no.kontonr", lambda c: str(c.randrange(10**10, 10**11)))
    assert Entity.BANK_ACCOUNT not in opinions(accounts)
    assert Entity.BANK_ACCOUNT in opinions(accounts, countries=["NO"])


def test_a_column_of_several_countries_numbers_is_one() -> None:
    mixed = [
        *_with_check("PL", "pl.pesel", lambda c: _born(c) + f"{c.randrange(10**5):05d}")[:5],
        *_with_check("SE", "se.personnummer", lambda c: _born(c) + f"-{c.randrange(10**4):04d}")[:5],
        *_with_check("BE", "be.nn", lambda c: _born(c) + f"{c.randrange(10**5):05d}")[:5],
    ]
    assert "another's" in opinions(mixed)[Entity.NATIONAL_NUMBER].reason


def test_national_phones_need_their_country() -> None:
    bare = [f"0664{n:07d}" for n in range(1_234_000, 1_234_060)]
    assert Entity.PHONE not in opinions(bare)
    assert Entity.PHONE in opinions(bare, countries=["AT"])
    assert phones.regions(["AT", "XX"]) == ("AT",)


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%Y.%m.%d", "%d-%m-%Y"])
def test_dates_are_no_phones(form: Any) -> None:
    assert Entity.PHONE not in opinions([time.strftime(form) for time in _TIMES])


def test_all_numbers_can_be_checked() -> None:
    for number in numbers.NUMBERS:
        assert number.holds("1", named=True) in {True, False}
        assert len(number.country) == 2
        assert 0 < number.chance(named=True) <= 1


def test_chance_is_what_the_bound_says() -> None:
    assert not numbers.beyond_chance(5, 10, rate=0.5)
    assert not numbers.beyond_chance(4, 4, rate=0.1)
    assert numbers.beyond_chance(6, 6, rate=0.1)
    assert numbers.beyond_chance(60, 100, rate=0.1)


def test_recognizers_are_loaded_without_the_models_that_presidio_brings() -> None:
    assert patterns.spans("generic.iban_recognizer.IbanRecognizer", "DE89370400440532013000") == [(0, 22)]
    assert not [name for name in sys.modules if name.startswith("presidio_analyzer")]


HOSTILE = [
    "a@a@a@" * 17_000,
    "1" * 100_000,
    "1-" * 50_000,
    "(1" * 500 + ")" * 500,
    "a" * 100_000 + "!",
    "a." * 50_000 + "!",
    "A1 " * 30_000,
    "\N{ARABIC-INDIC DIGIT ONE}" * 90_000,
    "1\N{ZERO WIDTH SPACE}" * 40_000,
    "\x00" * 50_000,
    "\N{RIGHT-TO-LEFT OVERRIDE}12 34\n" * 10_000,
    "0" * 160,
    "12 " * 53,
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_cost_little(value: Any) -> None:
    opinions([value[:160] + str(n) for n in range(3)], countries=["DE", "GB", "US"])  # loads what has to be loaded
    before = dt.datetime.now(tz=dt.UTC)
    found = opinions(
        [value, *(value[: 150 + n % 10] + str(n) for n in range(30)), *(value[:20] + str(n) for n in range(30))],
        countries=["DE", "GB", "US"],
    )
    assert (dt.datetime.now(tz=dt.UTC) - before).total_seconds() < 8
    assert "unexamined" not in found


@pytest.mark.parametrize("recognizer", sorted({n.check for n in numbers.NUMBERS if n.check.count(".") > 1}))
def test_no_pattern_of_presidio_that_is_used_hangs_on_a_hostile_value(recognizer: Any) -> None:
    patterns.spans(recognizer, "warm up")
    before = dt.datetime.now(tz=dt.UTC)
    for value in HOSTILE:
        patterns.spans(recognizer, value[:160])
    assert (dt.datetime.now(tz=dt.UTC) - before).total_seconds() < 4
