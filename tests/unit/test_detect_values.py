"""Values are recognised by shape and checksum, quickly, offline, and hostile text does not hang the scan."""

import socket
import time
from typing import Any

import pytest

from gateway.raw.detect.meanings import role_of
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.recognizers.categories import Categories
from gateway.raw.detect.recognizers.distribution import Distribution
from gateway.raw.detect.recognizers.values import Values
from gateway.raw.detect.shapes import common_shapes, mask
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Column, Kind, Schema, Table


def a_sample(values: Any, *, kind: Any = Kind.TEXT, table: Any = "t", rows: Any = None, **more: Any) -> Any:
    column = Column(name=ColumnName("c"), kind=kind, native="text")
    shape = Table(name=TableName(table), columns=(column,))
    return ColumnSample(
        schema=Schema(tables=(shape,)), table=shape, column=column, values=tuple(values),
        rows=len(values) if rows is None else rows, nulls=0, **more,
    )  # fmt: skip


def opinion(values: Any, **more: Any) -> Any:
    found = Values().recognize(a_sample(values, **more))
    return found[0].entity if found else None


@pytest.mark.parametrize(
    ("entity", "values"),
    [
        ("email", [f"ann.b{n}@example.org" for n in range(20)]),
        ("phone", [f"+49 30 90182{n:03d}" for n in range(20)]),
        ("phone", [f"(212) 555-{n:04d}" for n in range(100, 120)]),
        ("ip_address", [f"10.0.3.{n}" for n in range(20)]),
        ("credit_card", ["4111111111111111", "5500000000000004", "340000000000009", "30000000000004"]),
        ("bank_account", ["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606"]),
        ("national_number", ["536-22-8723", "212-09-9999", "078-05-1121", "457-55-5462"]),
        ("national_number", ["12345678Z", "00000000T", "11111111H", "23456789D", "87654321X"]),
        ("street", [f"{n} Main Street" for n in range(20)]),
        ("street", [f"Lindenstraße {n}" for n in range(20)]),
        ("url", [f"https://example.org/{n}" for n in range(20)]),
        ("device", [f"00:1b:44:11:3a:{n:02x}" for n in range(20)]),
    ],
)
def test_values_are_recognised(entity: Any, values: Any) -> None:
    assert opinion(values) == entity


@pytest.mark.parametrize(
    "values",
    [
        [str(n) for n in range(1000, 1200)],
        [str(n) for n in range(10**15, 10**15 + 200)],
        [f"2020-01-{n:02d}" for n in range(1, 29)],
        ["red", "green", "blue"],
        [f"{n}.5" for n in range(200)],
        ["ann@example.org", *[f"word{n}" for n in range(50)]],
        [],
    ],
)
def test_other_values_are_not(values: Any) -> None:
    assert opinion(values) is None


def test_whole_numbers_of_a_numeric_column_are_looked_at_too() -> None:
    assert opinion(["4111111111111111", "5500000000000004", "6011000000000004"], kind=Kind.INTEGER) == "credit_card"


def test_no_connection_is_opened(monkeypatch: Any) -> None:
    def refuse(*_args: Any, **_more: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert opinion([f"ann{n}@some-domain-{n}.co.uk" for n in range(5)]) == "email"


@pytest.mark.parametrize(
    "text",
    [
        "@" * 200_000,
        "a@" * 50_000,
        "!" * 150 + "@",
        "a" * 79 + "@" + "a." * 39 + "!",
        "1-" * 50_000,
        "1 " * 10_000 + "x",
        "(" * 24,
        "+" + "1" * 100_000,
        "street " * 20_000,
        ":" * 45,
        "DE89" + " A" * 18,
        "\x00\ud7ff\u202e" * 1_000,
    ],
    ids=range(12),
)
def test_hostile_text_does_not_hang_the_scan(text: Any) -> None:
    opinion(["warm up the library"])
    started = time.process_time()
    for recognizer in (Values(), Distribution(), Categories()):
        recognizer.recognize(a_sample([text[:4096] + str(n) for n in range(30)] + [text]))
    assert time.process_time() - started < 8


def test_what_time_ran_out_for_is_not_called_harmless(monkeypatch: Any) -> None:
    opinion(["warm up"])
    monkeypatch.setattr("gateway.raw.detect.recognizers.values.SECONDS_PER_COLUMN", -1.0)
    assert opinion([f"+49 30 90182{n:03d}" for n in range(20)]) == "unexamined"
    assert role_of("unexamined") is Role.DIRECT


@pytest.mark.parametrize(
    ("value", "shape"),
    [("Müller-7", "Aaaaa-9"), ("Ann 12", "Aaa 99"), ("x" * 99, "aaaa"), ("§€", "??"), ("", ""), ("٣٤", "99")],
)
def test_a_mask_keeps_the_shape_and_nothing_else(value: Any, shape: Any) -> None:
    assert mask(value) == shape


def test_a_shape_of_one_value_alone_is_withheld() -> None:
    assert common_shapes(["Ann 12", "Bob 34", "x-1"]) == ("Aaa 99",)


def test_categories_are_words_of_everyday_language() -> None:
    assert Categories().recognize(a_sample(["M", "F"]))[0].entity == "sex"
    assert Categories().recognize(a_sample(["ledig", "verheiratet", "geschieden"]))[0].entity == "marital_status"
    assert Categories().recognize(a_sample(["red", "green"])) == ()
