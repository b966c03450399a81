"""Invented people and places: pools by Faker, combined row by row so that what belongs together agrees."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import faker
import numpy as np

from gateway.vocabulary.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FEMALE, MALE, UNKNOWN = 0, 1, 2
DOMAIN = "example.org"
"""Reserved by RFC 2606: nobody receives mail there."""
_POOL = 500
_NUMBER = re.compile(r"\d+")


def faker_of(locale: str, seed: int) -> Any:  # noqa: ANN401 - Faker's proxy has a method per provider
    """Return a seeded Faker; ``Unsupported`` when it does not know ``locale``."""
    try:
        made = faker.Faker(locale)
    except AttributeError:
        raise Unsupported(f"Faker does not know the locale {locale}; use one such as en_US") from None
    made.seed_instance(seed)
    return made


@dataclass(frozen=True, kw_only=True)
class Personas:
    """One invented person with an address per row; every property is a list with one text per row.

    ``sexes`` has FEMALE, MALE or UNKNOWN per row. Texts are drawn from pools of up to 500 given by Faker, so they
    repeat as real names and towns do; house numbers are new in every row.
    """

    source: Any
    generator: np.random.Generator
    sexes: NDArray[np.int8]
    first: int = 0
    """How many rows of the table were made before these."""

    @property
    def _size(self) -> int:
        return max(1, min(_POOL, self.sexes.size))

    def _pool(self, make: Callable[[], str]) -> NDArray[np.object_]:
        return np.asarray([make() for _ in range(self._size)], dtype=object)

    def _picks(self) -> NDArray[np.int64]:
        return self.generator.integers(0, self._size, self.sexes.size)

    @cached_property
    def given_names(self) -> list[str]:
        """Given names that agree with the sex of the row."""
        female, male = self._pool(self.source.first_name_female), self._pool(self.source.first_name_male)
        sexes = np.where(self.sexes == UNKNOWN, self.generator.integers(0, 2, self.sexes.size), self.sexes)
        picks = self._picks()
        return list(np.where(sexes == FEMALE, female[picks], male[picks]))

    @cached_property
    def family_names(self) -> list[str]:
        """Family names."""
        return list(self._pool(self.source.last_name)[self._picks()])

    @cached_property
    def full_names(self) -> list[str]:
        """Given name, blank, family name."""
        return [f"{given} {family}" for given, family in zip(self.given_names, self.family_names, strict=True)]

    @cached_property
    def usernames(self) -> list[str]:
        """The full name in small ASCII letters with a point between, numbered so that no two rows have the same."""
        folded = {name: _ascii(name) for name in {*self.given_names, *self.family_names}}
        stems = [f"{folded[g]}.{folded[f]}" for g, f in zip(self.given_names, self.family_names, strict=True)]
        names = numbered(stems)
        # no stem has a hyphen, so that no name of one piece is a name of another
        return [f"{name}-{self.first}" for name in names] if self.first else names

    @cached_property
    def _places(self) -> tuple[list[str], list[str], list[str]]:
        towns, codes = self._pool(self.source.city), self._pool(self.source.postcode)
        states = self._pool(self.source.state_abbr if hasattr(self.source, "state_abbr") else str)
        picks = self._picks()
        return list(towns[picks]), list(codes[picks]), list(states[picks])

    @property
    def cities(self) -> list[str]:
        """Towns; the same town mostly has the same post code."""
        return self._places[0]

    @property
    def post_codes(self) -> list[str]:
        """Post codes in the locale's form."""
        return self._places[1]

    @cached_property
    def streets(self) -> list[str]:
        """Streets with a number, in the locale's form, on one line."""
        models = self._pool(lambda: " ".join(self.source.street_address().split()))[self._picks()]
        digits = iter(self.generator.integers(1, 10, 8 * self.sexes.size + 64).tolist())
        spare = self.generator
        return [
            _NUMBER.sub(lambda found: "".join(str(next(digits, int(spare.integers(1, 10)))) for _ in found[0]), model)
            for model in models
        ]

    @cached_property
    def addresses(self) -> list[str]:
        """Street, town, state where the locale has them, and post code, on one line."""
        towns, codes, states = self._places
        lines = zip(self.streets, towns, states, codes, strict=True)
        return [f"{street}, {town}, {f'{state} {code}'.strip()}" for street, town, state, code in lines]

    @cached_property
    def companies(self) -> list[str]:
        """Company names."""
        return list(self._pool(self.source.company)[self._picks()])

    @cached_property
    def sentences(self) -> list[str]:
        """Two sentences without meaning."""
        pool = self._pool(self.source.sentence)
        return [f"{one} {two}" for one, two in zip(pool[self._picks()], pool[self._picks()], strict=True)]


def numbered(values: list[str], between: str = "") -> list[str]:
    """Return ``values`` with a number behind every repetition, so that all differ."""
    seen: set[str] = set()
    last: dict[str, int] = {}
    result = []
    for value in values:
        new, number = value, last.get(value, 1)
        while new in seen:
            number += 1
            new = f"{value}{between}{number}"
        last[value] = number
        seen.add(new)
        result.append(new)
    return result


def _ascii(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in folded.lower() if c.isalnum()) or "user"
