"""Names, towns and trades are told by their words, products and codes are not."""

import datetime as dt
from typing import Any

import pytest

from gateway.raw.detect.context import TableContext
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.recognizers.words import FEWEST, Words
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

GIVEN = [
    "Anna",
    "Maria",
    "Hans",
    "Peter",
    "Julia",
    "Lukas",
    "Sofia",
    "Carlos",
    "Pierre",
    "Marie",
    "Giulia",
    "Marco",
    "Jan",
    "Katarzyna",
    "Piotr",
    "Ingrid",
    "Lars",
    "Emma",
    "Noah",
    "Olivia",
    "Liam",
    "Fatima",
    "Ahmed",
    "Yuki",
    "Chen",
    "Wei",
    "Priya",
    "Raj",
    "Elena",
    "Dmitri",
    "Zofia",
]
FAMILY = [
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weber",
    "Rossi",
    "Russo",
    "Ferrari",
    "Martin",
    "Bernard",
    "Dubois",
    "Thomas",
    "García",
    "Fernández",
    "González",
    "Rodríguez",
    "Kowalski",
    "Nowak",
    "Jansen",
    "Smith",
    "Johnson",
    "Williams",
    "Jones",
    "Brown",
    "Davis",
    "Miller",
    "Wilson",
    "Hansen",
]
TOWNS = [
    "Barcelona",
    "Valencia",
    "Sevilla",
    "Zaragoza",
    "Hamburg",
    "München",
    "Dresden",
    "Leipzig",
    "Toulouse",
    "Nantes",
    "Bordeaux",
    "Napoli",
    "Torino",
    "Palermo",
    "Genova",
    "Porto",
    "Braga",
    "Kraków",
    "Gdańsk",
    "Poznań",
    "Brno",
    "Ostrava",
    "Aarhus",
    "Odense",
    "Tampere",
    "Espoo",
    "Utrecht",
    "Breda",
]
PRODUCTS = [
    f"{size} {thing}"
    for size in ("Large", "Small", "Heavy", "Light")
    for thing in ("table", "lamp", "chair", "shelf", "desk", "sofa")
]


def opinions(
    values: Any, *, kind: Any = Kind.TEXT, rows: Any = None, columns: Any = 8, near: Any = Need.ANYWHERE
) -> Any:
    listed = tuple(Column(name=ColumnName(f"c{n}"), kind=kind, native="text") for n in range(columns))
    table = Table(name=TableName("t"), columns=listed)
    sample = ColumnSample(
        schema=Schema(tables=(table,)), table=table, column=listed[0], values=tuple(values),
        rows=len(values) if rows is None else rows, nulls=0, context=TableContext(nearness=near),
    )  # fmt: skip
    return [piece.entity for piece in Words().recognize(sample)]


@pytest.mark.parametrize(
    ("entity", "values"),
    [
        ("given_name", GIVEN),
        ("family_name", FAMILY),
        ("full_name", [f"{given} {family}" for given, family in zip(GIVEN, FAMILY, strict=False)]),
        ("full_name", [f"{family}, {given}" for given, family in zip(GIVEN, FAMILY, strict=False)]),
        ("city", TOWNS),
        ("person_title", ["Mr.", "Mrs.", "Dr.", "Ms."]),
        (
            "country",
            [
                "DE",
                "FR",
                "ES",
                "IT",
                "PT",
                "NL",
                "BE",
                "LU",
                "DK",
                "SE",
                "NO",
                "FI",
                "PL",
                "CZ",
                "SK",
                "HU",
                "AT",
                "CH",
                "SI",
                "HR",
                "RO",
                "BG",
            ],
        ),
        (
            "post_code",
            [
                *(f"SW{n % 9 + 1}A {n % 9}AA" for n in range(9)),
                *(f"{n:04d} AB" for n in range(1000, 1020)),
                *(f"{n:05d}" for n in range(10_000, 10_030)),
            ],
        ),
        ("initials", list("ABCDEFGHIJKLM")),
        ("username", [f"{name.lower().replace('ü', 'u')}{n}" for n, name in enumerate(GIVEN, 10)]),
        (
            "password",
            ["ODuuchur5", "vaim4Ohsh", "ahf7cahF0ie", "Koocei5Ai", "Iukoo4pi9Ei", "Xae1eeTh2", "oht6Aephoo"]
            + [f"q{n}Rt{n * 7 % 10}wZp{chr(97 + n % 26)}" for n in range(10, 40)],
        ),
        (
            "occupation",
            [
                "Civil engineer",
                "Office clerk",
                "Nurse",
                "Web designer",
                "Teacher",
                "Bus driver",
                "Accountant",
                "Data analyst",
                "Sales manager",
                "Lawyer",
                "Chemist",
                "Librarian",
                "Dentist",
                "Surgeon",
                "Editor",
                "Musician",
                "Actor",
                "Barrister",
                "Midwife",
                "Paramedic",
                "Architect",
                "Police officer",
            ],
        ),
    ],
)
def test_words_are_recognised(entity: Any, values: Any) -> None:
    assert opinions(values)[:1] == [entity]


@pytest.mark.parametrize(
    "values",
    [
        PRODUCTS,
        [f"ABC-{n:04d}" for n in range(50)],
        [f"{n:032x}" for n in range(50)],
        [f"item {n}" for n in range(50)],
        [str(n) for n in range(10_000, 10_050)],
        ["red", "green", "blue"],
        [name.lower() for name in GIVEN[: FEWEST - 1]],
        [f"2020-0{n % 9 + 1}-11" for n in range(50)],
        [],
    ],
    ids=range(9),
)
def test_other_words_are_not(values: Any) -> None:
    assert opinions(values) == []


def test_births_of_adults_are_told_from_dates_of_today() -> None:
    births = [f"{1935 + n}-0{n % 9 + 1}-1{n % 9}" for n in range(65)]
    assert opinions(births) == ["birth_date"]
    assert opinions(births, kind=Kind.DATE) == ["birth_date"]
    this_year = dt.datetime.now(tz=dt.UTC).year
    assert opinions([f"{this_year - n}-03-11" for n in range(65)]) == []


def test_a_list_of_towns_far_from_people_is_a_lookup() -> None:
    assert opinions(TOWNS, columns=3) == []
    assert opinions(TOWNS, columns=3, near=Need.PERSON)[0] == "city"


def test_a_number_behind_a_month_is_no_username() -> None:
    months = [f"{month}-{year}" for month in ("Jan", "Feb", "Mar", "Apr", "Jun", "Jul") for year in range(20, 25)]
    assert opinions(months, rows=3_000) == []
