"""Names of people, places and occupations in many languages, as Faker ships them: read, never copied.

Faker's data are lists by locale (MIT licence). They are read when the first text that could be one is looked at (half a
CPU second, once) without building a Faker. A name that is missing here is not thereby no name: of given names from
31 countries about six in ten are in the lists, of family names four in ten; so lists count by share.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHORTEST = 2
_NO_WORD = re.compile(r"[0-9{%#]")
"""A number, or a form that Faker fills in."""
_GIVEN = ("first_names", "first_name", "first_romanized", "middle_names")
_FAMILY = ("last_names", "last_name", "last_romanized", "unisex_last_names", "male_last_names")
_CITIES = (
    *("cities", "city_names", "real_city_names", "towns", "municipalities", "communes", "concelhos", "freguesias"),
    *("localities", "province_lgus", "metro_manila_lgus", "villages", "settlements", "places", "metropolitan_cities"),
)
_REGIONS = (
    *("states", "provinces", "counties", "regions", "departments", "cantons", "prefectures", "estados", "distritos"),
    *("wilayas", "union_territories", "region_names", "region_republics"),
)
_STREETS = ("streets", "street_names", "street_titles", "road_names")
_COMMON_LOCALES = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT")
_ORDINARY_WORDS = """
    will may mark grace hope faith joy rose summer april june august autumn dawn eve star sky rain river bill rob
    pat sue art gene jean van de la le al an the and my so no do go see she he they we you it to in on at by for of
    as is be or if up us me his her our out all any can dear man king page long young white black brown green gray
    grey hill wood woods lake bell price rich wise ray guy max chance chase hunter major dean earl duke baron
    prince sir lord lady miss master doctor merit case love precious angel blessing christian asia india china
    paris london florence sydney austin dallas houston jordan israel georgia virginia carolina victoria chelsea
    brooklyn madison lincoln jackson logan orlando milan roma sofia vienna lima carmen sierra savannah montana
    dakota phoenix kent monday friday sunday january march september october december one two three many more other
    same such than then day way home city street road park house time year name number please thank thanks hello
    what when where who why how not but from with this that have has had was were are been being your their them
    there here now new old good best don bo ye per con dan den des del der dos das und von zu zur im am ab st ave
    rd dr data date title royal princess test order
"""
"""Words that are names now and then: in prose they count as ordinary words."""

NO_NAMES = frozenset(
    {"a", "an", "the", "my", "your", "his", "her", "our", "their", "this", "that", "it", "i", "you", "he", "she", "we"}
    | {"they", "here", "there", "not", "so", "very", "sorry", "happy", "sure", "glad", "just", "now", "then", "all"}
    | {"everyone", "everybody", "team", "sir", "madam", "customer", "user", "bot", "date", "time", "name", "phone"}
    | {"zip", "address", "email", "fax", "mobile", "website", "subject", "re", "from", "to", "cc", "note", "notes"}
    | {
        "patient",
        "doctor",
        "nurse",
        "yes",
        "no",
        "ok",
        "okay",
        "thanks",
        "thank",
        "please",
        "what",
        "who",
        "why",
        "how",
    }
    | {"when", "where", "which", "if", "in", "on", "at", "by", "for", "of", "with", "about", "monday", "tuesday"}
    | {"wednesday", "thursday", "friday", "saturday", "sunday", "english", "german", "french", "spanish", "american"}
    | {"british"}
)
"""Words that follow ``I am`` or ``this is`` and are no names, even with a capital letter."""


@cache
def given_names() -> frozenset[str]:
    """Return given names in lower case."""
    return frozenset(_gathered("person", _GIVEN))


@cache
def family_names() -> frozenset[str]:
    """Return family names in lower case."""
    return frozenset(_gathered("person", _FAMILY))


@cache
def cities() -> frozenset[str]:
    """Return names of towns in lower case, without those that are more often a person's."""
    return frozenset(_gathered("address", _CITIES)) - frozenset(_gathered("person", _GIVEN, locales=_COMMON_LOCALES))


@cache
def regions() -> frozenset[str]:
    """Return names of states, provinces and the like, in lower case."""
    return frozenset(_gathered("address", _REGIONS))


@cache
def countries() -> frozenset[str]:
    """Return names of countries in many languages, in lower case."""
    known = frozenset(_gathered("address", ("countries",)))
    return known | {"united states", "usa", "uk", "england", "scotland", "wales"}


@cache
def street_names() -> frozenset[str]:
    """Return names of streets in lower case."""
    return frozenset(_gathered("address", _STREETS))


@cache
def occupations() -> frozenset[str]:
    """Return names of occupations in lower case."""
    return frozenset(_gathered("job", ("jobs",)))


@cache
def occupation_heads() -> frozenset[str]:
    """Return the words with which English names of occupations end: ``engineer``, ``clerk``."""
    provider = importlib.import_module("faker.providers.job").Provider
    first = (job.lower().split(",")[0].split("/")[0].split("(")[0].strip() for job in provider.jobs)
    return frozenset(job.rsplit(" ", 1)[-1] for job in first if job)


@cache
def ordinary() -> frozenset[str]:
    """Return words that are names now and then and ordinary words more often."""
    return frozenset(_ORDINARY_WORDS.split())


def _gathered(kind: str, prefixes: tuple[str, ...], *, locales: Iterable[str] | None = None) -> Iterator[str]:
    package = importlib.import_module(f"faker.providers.{kind}")
    for module in locales or sorted(each.name for each in pkgutil.iter_modules(package.__path__)):
        provider = importlib.import_module(f"{package.__name__}.{module}").Provider
        for name, value in vars(provider).items():
            if name.startswith(prefixes) and not callable(value) and "format" not in name and "suffix" not in name:
                yield from (text for text in {each.lower() for each in _texts(value)} if _is_word(text))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - lists, dictionaries with weights, pairs
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (key for key in value if isinstance(key, str))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from chain.from_iterable(map(_texts, value))


def _is_word(text: str) -> bool:
    return len(text) >= _SHORTEST and _NO_WORD.search(text) is None
