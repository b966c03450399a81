"""Invented identities: consistent in a row, within their declared shape, and nobody's."""

from __future__ import annotations

import ipaddress
import re
import time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.raw.generate import identities, reserved
from gateway.raw.generate.identities import invent
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table


def text(name: str, length: int | None = None) -> Column:
    return Column(name=ColumnName(name), kind=Kind.TEXT, native="text", length=length)


def number(name: str, native: str = "bigint", **declared: Any) -> Column:
    kind = Kind.DECIMAL if "numeric" in native else Kind.INTEGER
    highest = 2**31 - 1 if native == "integer" else None
    return Column(name=ColumnName(name), kind=kind, native=native, highest=highest, **declared)


def table(*columns: Column, unique: tuple[tuple[str, ...], ...] = (), key: tuple[str, ...] = ()) -> Table:
    return Table(
        name=TableName("people"),
        columns=columns,
        primary_key=tuple(ColumnName(name) for name in key),
        unique=tuple(tuple(ColumnName(name) for name in each) for each in unique),
    )


def made(shape: Table, entities: dict[str, Entity], rows: int = 400, **more: Any) -> dict[str, list[Any]]:
    more.setdefault("seed", 1)
    found = invent({ColumnName(name): entity for name, entity in entities.items()}, shape, rows, **more)
    for name, values in found.items():
        assert values.type == shape.column(name).arrow_type
        assert values.null_count == 0
        assert len(values) == rows
    return {str(name): values.to_pylist() for name, values in found.items()}


def alone(entity: Entity, column: Column, rows: int = 400, *, unique: bool = False, **more: Any) -> list[Any]:
    shape = table(column, unique=((column.name,),) if unique else ())
    return made(shape, {column.name: entity}, rows, **more)[column.name]


def test_a_row_is_one_person_at_one_address() -> None:
    names = ["given", "family", "full", "email", "login", "street", "city", "zip", "address"]
    kinds = [Entity.GIVEN_NAME, Entity.FAMILY_NAME, Entity.FULL_NAME, Entity.EMAIL, Entity.USERNAME,
             Entity.STREET, Entity.CITY, Entity.POST_CODE, Entity.ADDRESS]  # fmt: skip
    shape = table(*(text(name) for name in names))
    rows = made(shape, dict(zip(names, kinds, strict=True)))
    for given_, family, full, email, login, street, city, code, address in zip(*rows.values(), strict=True):
        assert full == f"{given_} {family}"
        assert login.startswith(f"{given_}.{family}".lower())
        assert email == f"{login}@example.org"
        assert address.startswith(f"{street}, {city}, ")
        assert address.endswith(f" {code}")


def test_the_same_seed_gives_the_same_people_and_another_others() -> None:
    shape = table(text("full"), text("phone"))
    entities = {"full": Entity.FULL_NAME, "phone": Entity.PHONE}
    assert made(shape, entities, seed=5) == made(shape, entities, seed=5)
    assert made(shape, entities, seed=5) != made(shape, entities, seed=6)


def test_a_second_column_of_a_kind_is_a_second_person() -> None:
    shape = table(text("mine"), text("kin"))
    rows = made(shape, {"mine": Entity.FULL_NAME, "kin": Entity.FULL_NAME})
    assert sum(a == b for a, b in zip(rows["mine"], rows["kin"], strict=True)) < 5


@pytest.mark.parametrize(
    ("name", "female", "male"),
    [
        ("sex", "F", "m"),
        ("Gender", "Female", "male"),
        ("sex", 2, 1),
        ("male", 0, 1),
        ("is_female", True, False),
        ("male", 0.0, 1.0),
    ],
)
def test_given_names_agree_with_a_sex_column(name: str, female: object, male: object) -> None:
    context = {ColumnName(name): pa.array([female, male] * 300)}
    names = made(table(text("given")), {"given": Entity.GIVEN_NAME}, 600, context=context)["given"]
    women, men = set(names[::2]), set(names[1::2])
    assert len(women & men) <= 10  # a few names are given to both
    unlike = made(table(text("given")), {"given": Entity.GIVEN_NAME}, 600)["given"]
    assert len(set(unlike[::2]) & set(unlike[1::2])) > 50


def test_an_unknown_sex_gets_either_name() -> None:
    context = {ColumnName("sex"): pa.array([None, "x"] * 100)}
    assert len(set(made(table(text("given")), {"given": Entity.GIVEN_NAME}, 200, context=context)["given"])) > 50


@pytest.mark.parametrize("length", [None, 1, 2, 5, 12, 255])
@pytest.mark.parametrize("rows", [0, 1, 30])
def test_every_kind_keeps_to_the_declared_length(length: int | None, rows: int) -> None:
    shape = table(*(text(entity, length) for entity in Entity))
    for values in made(shape, {entity: entity for entity in Entity}, rows).values():
        assert all(value and (length is None or len(value) <= length) for value in values)


@pytest.mark.parametrize("length", [None, 3, 9, 14, 30])
def test_declared_uniqueness_holds_for_every_kind(length: int | None) -> None:
    shape = table(*(text(entity, length) for entity in Entity), unique=tuple((entity.value,) for entity in Entity))
    for values in made(shape, {entity: entity for entity in Entity}, 1_500).values():
        assert len(set(values)) == 1_500
        assert all(length is None or len(value) <= length for value in values)


@pytest.mark.parametrize("entity", [Entity.EMAIL, Entity.USERNAME, Entity.URL, Entity.NATIONAL_NUMBER, Entity.PHONE,
                                    Entity.CREDIT_CARD, Entity.BANK_ACCOUNT])  # fmt: skip
def test_what_names_one_person_differs_even_undeclared(entity: Entity) -> None:
    assert len(set(alone(entity, text("it"), 20_000))) == 20_000


def test_short_unique_emails_stay_emails() -> None:
    values = alone(Entity.EMAIL, text("email", 16), 2_000, unique=True)
    assert len(set(values)) == 2_000
    assert all(re.fullmatch(r"[a-z0-9.]{1,4}@example\.org", value) for value in values)


def test_what_has_no_room_to_be_unique_is_refused() -> None:
    with pytest.raises(Unsupported, match="no room for 37 different"):
        alone(Entity.EMAIL, text("email", 1), 37, unique=True)
    with pytest.raises(Unsupported, match="no room for 2000 different"):
        alone(Entity.POST_CODE, number("zip"), 2_000, unique=True)


def test_a_key_of_several_invented_columns_holds() -> None:
    shape = table(text("a", 2), text("b"), unique=(("a", "b"),), key=("b", "a"))
    rows = made(shape, {"a": Entity.GIVEN_NAME, "b": Entity.CITY}, 1_500)
    assert len(set(zip(rows["a"], rows["b"], strict=True))) == 1_500


def test_a_key_shared_with_a_learned_column_is_not_ours_to_keep() -> None:
    shape = table(text("city"), text("learned"), unique=(("city", "learned"),))
    assert len(set(made(shape, {"city": Entity.CITY}, 2_000)["city"])) < 600


def test_american_phones_are_reserved_for_fiction_or_cannot_exist() -> None:
    for phone in alone(Entity.PHONE, text("phone"), 90_000):
        area, exchange, line = re.fullmatch(r"\((\d{3})\) (\d{3})-(\d{4})", phone).groups()
        assert area[0] == "1" or (exchange == "555" and "0100" <= line <= "0199" and area[1:] != "11")


@pytest.mark.parametrize(("native", "top"), [("integer", 2**31), ("bigint", 10**10)])
def test_phones_fit_their_integer_column(native: str, top: int) -> None:
    values = alone(Entity.PHONE, number("phone", native), 5_000)
    assert len(set(values)) == 5_000
    assert all(10**9 <= value < top for value in values)


def test_a_text_too_short_for_a_written_phone_holds_its_digits() -> None:
    assert all(re.fullmatch(r"\d{10}", value) for value in alone(Entity.PHONE, text("phone", 10)))


@pytest.mark.parametrize(("locale", "form"), [("en_GB", r"07700 900\d{3}"), ("de_DE", r"\+999 \d{4} \d{4}")])
def test_other_countries_phones_reach_nobody(locale: str, form: str) -> None:
    assert all(re.fullmatch(form, value) for value in alone(Entity.PHONE, text("phone"), 500, locale=locale))


def test_social_security_numbers_were_never_issued() -> None:
    for value in alone(Entity.NATIONAL_NUMBER, text("ssn"), 5_000):
        area, group, serial = (int(part) for part in value.split("-"))
        assert 900 <= area <= 999
        assert 1 <= group <= 49  # the taxpayer numbers that start with 9 have groups from 50 up
        assert 1 <= serial <= 9_999


def test_national_numbers_of_other_kinds() -> None:
    assert all(900_010_001 <= value < 10**9 for value in alone(Entity.NATIONAL_NUMBER, number("ssn", "integer")))
    decimal = number("ssn", "numeric(9,0)", precision=9, scale=0)
    assert isinstance(alone(Entity.NATIONAL_NUMBER, decimal)[0], Decimal)
    british = alone(Entity.NATIONAL_NUMBER, text("nino"), locale="en_GB")
    assert all(re.fullmatch(r"QQ\d{6}[A-D]", value) for value in british)


def test_a_country_without_a_known_range_is_refused() -> None:
    with pytest.raises(Unsupported, match="de_DE"):
        alone(Entity.NATIONAL_NUMBER, text("id"), locale="de_DE")


def test_cards_and_accounts_pass_their_checks_and_have_no_issuer() -> None:
    for card in alone(Entity.CREDIT_CARD, text("card"), 300):
        digits = [int(d) for d in card]
        doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
        assert (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
        assert card.startswith("9999")
        assert len(card) == 16
    for iban in alone(Entity.BANK_ACCOUNT, text("iban"), 300):
        assert iban.startswith("XX")
        assert int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


@pytest.mark.parametrize(("rows", "unique"), [(3_000, False), (700, True), (3_000, True)])
def test_addresses_of_machines_are_for_documentation(rows: int, *, unique: bool) -> None:
    values = alone(Entity.IP_ADDRESS, text("ip"), rows, unique=unique)
    networks = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
    assert all(any(ipaddress.ip_address(value) in network for network in networks) for value in values)
    assert not unique or len(set(values)) == rows


@pytest.mark.parametrize("kind", [Kind.DATE, Kind.BOOLEAN, Kind.FLOAT, Kind.ENUM, Kind.DATETIME, Kind.UNSUPPORTED])
def test_kinds_that_cannot_hold_it_are_refused(kind: Kind) -> None:
    with pytest.raises(Unsupported, match="cannot hold an invented full_name"):
        alone(Entity.FULL_NAME, Column(name=ColumnName("it"), kind=kind, native="whatever"))


def test_an_integer_too_narrow_is_refused() -> None:
    with pytest.raises(Unsupported, match="too narrow"):
        alone(Entity.CREDIT_CARD, number("card", "integer"))
    with pytest.raises(Unsupported, match="cannot hold an invented city"):
        alone(Entity.CITY, number("city"))


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(Unsupported, match="xx_YY"):
        alone(Entity.CITY, text("city"), locale="xx_YY")


@pytest.mark.parametrize("locale", ["de_DE", "ja_JP", "fr_FR", "pl_PL", "ar_SA"])
def test_other_locales_work(locale: str) -> None:
    names = ["full", "email", "address", "company"]
    shape = table(*(text(name) for name in names))
    kinds = [Entity.FULL_NAME, Entity.EMAIL, Entity.ADDRESS, Entity.COMPANY]
    rows = made(shape, dict(zip(names, kinds, strict=True)), 50, locale=locale)
    assert all(value.isascii() for value in rows["email"])


def test_a_clinic_is_invented_in_seconds() -> None:
    names = ["given", "family", "email", "phone", "ssn", "street", "city", "zip"]
    kinds = [Entity.GIVEN_NAME, Entity.FAMILY_NAME, Entity.EMAIL, Entity.PHONE, Entity.NATIONAL_NUMBER,
             Entity.STREET, Entity.CITY, Entity.POST_CODE]  # fmt: skip
    shape = table(*(text(name) for name in names), unique=(("email",), ("ssn",)))
    begun = time.process_time()
    made(shape, dict(zip(names, kinds, strict=True)), 17_549)
    assert time.process_time() - begun < 3


def test_every_entity_can_be_invented() -> None:
    makers = set(identities._TEXTS) | identities._DIGITS | {Entity.IP_ADDRESS}
    assert makers == set(Entity)


@given(
    entity=st.sampled_from(Entity),
    length=st.one_of(st.none(), st.integers(1, 30)),
    rows=st.integers(0, 80),
    unique=st.booleans(),
)
def test_any_declared_shape_is_kept_or_refused(entity: Entity, length: int | None, rows: int, *, unique: bool) -> None:
    try:
        values = alone(entity, text("it", length), rows, unique=unique)
    except Unsupported:
        assert unique
        assert length == 1
        assert rows > 36
        return
    assert not unique or len(set(values)) == rows
    assert all(length is None or 0 < len(value) <= length for value in values)


def test_numbers_repeat_only_when_there_are_too_few() -> None:
    turn = reserved.Turn(first=0, rows=50, total=50, key=7)
    assert len(set(turn.distinct(50).tolist())) == 50
    assert len(turn.distinct(5)) == 50


@given(
    entity=st.sampled_from(Entity),
    length=st.one_of(st.none(), st.integers(4, 40)),
    pieces=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    unique=st.booleans(),
)
def test_what_differs_in_a_table_differs_over_all_its_pieces(
    entity: Entity, length: int | None, pieces: list[int], *, unique: bool
) -> None:
    first, values = 0, []
    for rows in pieces:
        values += alone(entity, text("it", length), rows, unique=unique, first=first, total=sum(pieces))
        first += rows
    assert all(length is None or 0 < len(value) <= length for value in values)
    if unique or (entity in identities._NAMING and length is None):
        assert len(set(values)) == len(values)
