"""Identities by type: invented with Faker from a public seed, consistent within a row, never learned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.generate import reserved
from gateway.raw.generate.keys import ALPHABET, codes, largest_number, salt, whole_numbers
from gateway.raw.generate.personas import DOMAIN, FEMALE, MALE, UNKNOWN, Personas, faker_of, numbered
from gateway.raw.generate.reserved import Turn
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

_TEXTS: dict[Entity, Callable[[Personas], list[str]]] = {
    Entity.GIVEN_NAME: lambda persona: persona.given_names,
    Entity.FAMILY_NAME: lambda persona: persona.family_names,
    Entity.FULL_NAME: lambda persona: persona.full_names,
    Entity.USERNAME: lambda persona: persona.usernames,
    Entity.EMAIL: lambda persona: [f"{name}@{DOMAIN}" for name in persona.usernames],
    Entity.URL: lambda persona: [f"https://{DOMAIN}/{name}" for name in persona.usernames],
    Entity.STREET: lambda persona: persona.streets,
    Entity.ADDRESS: lambda persona: persona.addresses,
    Entity.POST_CODE: lambda persona: persona.post_codes,
    Entity.CITY: lambda persona: persona.cities,
    Entity.COMPANY: lambda persona: persona.companies,
    Entity.FREE_TEXT: lambda persona: persona.sentences,
    Entity.PASSWORD: lambda persona: _tokens(persona.sexes.size, persona.generator),
}
_DIGITS = frozenset({Entity.PHONE, Entity.NATIONAL_NUMBER, Entity.POST_CODE, Entity.CREDIT_CARD, Entity.BANK_ACCOUNT})
_NAMING = _DIGITS - {Entity.POST_CODE} | {Entity.EMAIL, Entity.USERNAME, Entity.URL, Entity.PASSWORD}
"""Kinds of values that name one person: all rows of a table get different ones."""
_WRITTEN = {Entity.PHONE: 14, Entity.NATIONAL_NUMBER: 11, Entity.BANK_ACCOUNT: 20}
"""The lengths of numbers with their punctuation."""
_TOKEN = 16
_LONG = 100
_TEN_DIGITS = 10**10
_SEX_COLUMNS = frozenset({"sex", "gender", "geschlecht", "sexe", "sexo"})
_SEX_WORDS = {"f": FEMALE, "female": FEMALE, "woman": FEMALE, "w": FEMALE, "m": MALE, "male": MALE, "man": MALE,
              "1": MALE, "2": FEMALE}  # fmt: skip
"""Words, and the digits of ISO/IEC 5218."""
_YES_WORDS = frozenset({"1", "true", "t", "yes", "y"})


def invent(
    columns: Mapping[ColumnName, Entity],
    shapes: Table,
    rows: int,
    *,
    seed: int,
    context: Mapping[ColumnName, pa.Array] | None = None,
    locale: str = "en_US",
    first: int = 0,
    total: int | None = None,
) -> dict[ColumnName, pa.Array]:
    """Return invented values for ``columns`` of the table ``shapes``, each in its column's Arrow type, without NULLs.

    Within a row, names, e-mail and user name belong to one person, street, town and post code to one address, and the
    given name agrees with a sex column of ``context`` (``sex``, ``gender``, ``male`` or ``female``). A second column of
    the same entity belongs to a second person. Domains, numbers and addresses are reserved or never issued, so that
    nobody real is hit; names and towns may by chance be somebody's. Texts are cut to the declared length; e-mails, user
    names and numbers differ between rows as far as their columns have room. Declared keys and unique constraints made
    up of ``columns`` alone hold. A table that is made piece by piece gives the rows before these (``first``) and those
    of the whole (``total``, ``rows`` if None): what differs, differs over all pieces. Raises ``Unsupported`` when a
    type cannot hold such values, a unique column has too little room, or the locale is not known.
    """
    sexes = _sexes(context or {}, rows)
    unique = _unique_columns(columns, shapes)
    source = faker_of(locale, seed)
    people: list[Personas] = []
    turns: list[Turn] = []
    used: dict[Entity, int] = {}
    made = {}
    for name, entity in columns.items():
        turn = used[entity] = used.get(entity, -1) + 1
        if turn == len(people):
            generator = np.random.default_rng([seed, turn, 0x77686F, *((first,) if first else ())])
            turns.append(Turn(first=first, rows=rows, total=total or rows, key=salt(seed, "identity", turn)))
            whose = sexes if turn == 0 else np.full(rows, UNKNOWN, dtype=np.int8)
            people.append(Personas(source=source, generator=generator, sexes=whose, first=first))
        column = shapes.column(name)
        making = _Making(column=column, entity=entity, unique=name in unique, turn=turns[turn])
        made[name] = _typed(making, _values(making, people[turn], locale=locale))
    return made


def _unique_columns(columns: Mapping[ColumnName, Entity], shapes: Table) -> set[ColumnName]:
    """Return the columns whose values must differ: one of each declared key that is invented altogether."""
    found: set[ColumnName] = set()
    for key in (shapes.primary_key, *shapes.unique):
        if key and set(key) <= set(columns):
            # the roomiest column carries the key; a key with a column from elsewhere is not ours to keep
            found.add(max(key, key=lambda name: _room(shapes.column(name))))
    return found


def _room(column: Column) -> float:
    if column.kind is Kind.TEXT:
        return math.inf if column.length is None else float(len(ALPHABET)) ** min(column.length, 100)
    return float(largest_number(column))


@dataclass(frozen=True, kw_only=True)
class _Making:
    """One column that is being invented."""

    column: Column
    entity: Entity
    unique: bool
    turn: Turn

    @property
    def differs(self) -> bool:
        """Whether all rows of the table have different values as they are invented, in every piece of it."""
        return self.entity in _NAMING or (self.entity is Entity.IP_ADDRESS and self.unique)

    @property
    def has_room(self) -> bool:
        """Whether no value of any piece has to be cut: numbers are of one length, names are below a hundred."""
        length = self.column.length
        return length is None or length >= _LONG or self.entity in _DIGITS or self.entity is Entity.IP_ADDRESS


def _values(making: _Making, persona: Personas, *, locale: str) -> list[str]:
    column, entity = making.column, making.entity
    written = column.kind is Kind.TEXT
    whole_number = column.kind is Kind.INTEGER or (column.kind is Kind.DECIMAL and not column.scale)
    if not written and not (whole_number and entity in _DIGITS):
        raise Unsupported(
            f"column {column.name} is {column.kind} and cannot hold an invented {entity}; use a text column, or drop it"
        )
    if entity in _DIGITS - {Entity.POST_CODE}:
        return _numbers(making, locale=locale)
    if entity is Entity.IP_ADDRESS:
        return reserved.ip_addresses(making.turn, unique=making.unique)
    return _TEXTS[entity](persona)


def _numbers(making: _Making, *, locale: str) -> list[str]:
    # as people write it where there is room, else digits alone
    column, entity, turn = making.column, making.entity, making.turn
    written = column.kind is Kind.TEXT and (column.length is None or column.length >= _WRITTEN.get(entity, 0))
    if entity is Entity.PHONE:
        narrow = not written and largest_number(column) < _TEN_DIGITS
        return reserved.phones(turn, locale=locale, written=written, narrow=narrow)
    if entity is Entity.NATIONAL_NUMBER:
        return reserved.national_numbers(turn, locale=locale, written=written)
    if entity is Entity.CREDIT_CARD:
        return reserved.credit_cards(turn)
    return reserved.bank_accounts(turn, written=written)


def _tokens(rows: int, generator: np.random.Generator) -> list[str]:
    halves = [codes(generator.integers(0, len(ALPHABET) ** (_TOKEN // 2), rows), _TOKEN // 2) for _ in range(2)]
    return [first + second for first, second in zip(*halves, strict=True)]


def _typed(making: _Making, values: list[str]) -> pa.Array:
    column = making.column
    if column.kind is Kind.TEXT:
        return pa.array(_fitted(making, values), type=column.arrow_type)
    numbers = [int("".join(c for c in value if c.isdecimal()) or 0) for value in values]
    room = largest_number(column)
    if numbers and max(numbers) > room:
        raise Unsupported(
            f"column {column.name} ({column.native}) is too narrow for invented numbers of {len(str(max(numbers)))} "
            "digits; widen it in the source or drop it"
        )
    if making.unique and (len(set(numbers)) < len(numbers) or not (making.differs or making.turn.is_whole)):
        raise _too_narrow(column, making.turn.total)
    return whole_numbers(column, numbers)


def _fitted(making: _Making, values: list[str]) -> list[str]:
    """Return ``values`` within the declared length, and different from one another where that is asked."""
    length, turn, unique = making.column.length, making.turn, making.unique
    cut = values if length is None else [value[:length] for value in values]
    if turn.is_whole:
        differ = len(set(values)) == len(values)
        if len(set(cut)) == len(values) or not (unique or differ):
            return cut
        if length is None:
            return numbered(values, " ")
    elif not (unique or making.differs) or (making.differs and making.has_room and cut == values):
        return cut
    if length is None:
        return [f"{value} {number}" for value, number in zip(values, turn.distinct(turn.total) + 1, strict=True)]
    tail = max(1, math.ceil(math.log(max(turn.total, 2), len(ALPHABET))))
    if tail > length:
        if unique:
            raise _too_narrow(making.column, turn.total)
        return cut
    behind = f"@{DOMAIN}" if values and values[0].endswith(f"@{DOMAIN}") else ""
    if length < tail + len(behind):
        behind = ""
    ends = codes(turn.distinct(len(ALPHABET) ** tail), tail)
    stem = length - tail - len(behind)
    return [f"{value.removesuffix(behind)[:stem]}{end}{behind}" for value, end in zip(values, ends, strict=True)]


def _too_narrow(column: Column, rows: int) -> Unsupported:
    return Unsupported(
        f"column {column.name} ({column.native}) is declared unique and has no room for {rows} different invented "
        "values; widen it in the source, use fresh keys, or drop it"
    )


def _sexes(context: Mapping[ColumnName, pa.Array], rows: int) -> NDArray[np.int8]:
    """Return the sex of every row as far as a column of ``context`` tells it by name and value."""
    for name, values in context.items():
        plain = name.lower().removeprefix("is_")
        if plain not in _SEX_COLUMNS | {"male", "female"}:
            continue
        words = [str(value).strip().lower().removesuffix(".0") for value in values.to_pylist()]
        if plain in _SEX_COLUMNS:
            return np.asarray([_SEX_WORDS.get(word, UNKNOWN) for word in words], dtype=np.int8)
        yes, no = (MALE, FEMALE) if plain == "male" else (FEMALE, MALE)
        return np.asarray(
            [UNKNOWN if word == "none" else yes if word in _YES_WORDS else no for word in words], dtype=np.int8
        )
    return np.full(rows, UNKNOWN, dtype=np.int8)
