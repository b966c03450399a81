"""What the words of a column's values are: names of people, towns, countries and occupations, by lists and by form.

Lists know six given names in ten, so what counts is that so great a share of the distinct values is listed as words of
another kind do not reach; the shares below were read off names, towns, firms, products and codes in many languages.
Nothing is said of fewer than ``FEWEST`` distinct values, but for titles, whose words are few.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.connect.sampling import enough
from gateway.raw.detect import faker_lists
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.prose_patterns import PEOPLES, TITLES
from gateway.raw.detect.recognizer import LooksAtValues
from gateway.raw.detect.shapes import mask
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gateway.raw.detect.findings import Evidence
    from gateway.raw.detect.recognizer import ColumnSample

FEWEST = 20
ENOUGH = enough(times=1)
"""Distinct values looked at."""
LONGEST = 60
NAME_SCORE, PLACE_SCORE, FORM_SCORE = 0.85, 0.75, 0.65
SURE_NAMES, SMALLEST_NAMES = 0.45, 0.3
"""Shares of listed names from which on a column is surely one of names, and from which on it may be."""
SMALLEST_TOWNS = 0.15
MOST_OTHERS = 0.95
UNIQUE_SHARE = 0.5
"""Distinct values per row from which on they may be everybody's own."""
YOUNGEST, OLDEST, WIDEST = 14, 115, 30
"""Years: nobody in a column of adults is younger, nobody alive is older, and adults' births are spread so far."""
_LISTED = {"country": 0.6, "region": 0.2, "nationality": 0.5, "occupation": 0.3}
_WORDS = re.compile(r"[^\W\d_]+(?:[ .,'&/\u2019-]{1,3}[^\W\d_]+){0,6}\.?")
_TITLE = re.compile(rf"{TITLES}\.?", re.IGNORECASE)
_POST_CODE = re.compile(
    r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|[0-9]{4} ?[A-Z]{2}|[0-9]{5}-[0-9]{3,4}"
    r"|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4}-[0-9]{3}|[A-Z]{1,2}-[0-9]{4,5}"
)
_BARE_CODE = re.compile(r"[0-9]{3,6}")
_USERNAME = re.compile(r"[A-Za-z][a-z]{2,15}[._-]?[a-z]{0,12}[0-9]{1,4}")
_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}(?:[ T].{0,20})?|[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{4})")
_FIRM = re.compile(
    r"\b(?:inc|llc|ltd|limited|corp|corporation|company|co|plc|gmbh|ag|kg|sa|s\.a|sarl|srl|spa|bv|nv|ab|oy|aps|group|holding|"
    r"holdings|partners|associates|and sons|& sons|brothers|bros|services?|solutions|systems|technologies|consulting|"
    r"enterprises|industries|markets?|stores?|shop|foods?|motors|auto|insurance|investments?|realty|realtors?|electronics|"
    r"records|furniture|builders|supply|supplies|savings|bank|plans?|restaurants?|cafeteria|books?|clothes|clothing|"
    r"drugs|hardware|garden|design|management|international|media|network|studio|warehouse|pharmacy|music)\b",
    re.IGNORECASE,
)
_ISO_CODES = """
    AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN
    CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD GE GH GL GM GN GQ GR GT GW GY HN HR HT
    HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MG MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW
    SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG UK US UY UZ
    VC VE VN VU WS YE ZA ZM ZW
"""


@dataclass(frozen=True)
class Words(LooksAtValues):
    """Opinions on text and date columns from what their words and forms are."""

    name: str = "words"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first."""
        cells = [value.strip() for value in sample.values[:ENOUGH] if len(value) <= LONGEST]
        found: list[Evidence] = []
        if sample.column.kind in {Kind.TEXT, Kind.DATE, Kind.DATETIME}:
            found += self._births(cells)
        if sample.column.kind in {Kind.TEXT, Kind.ENUM} and len(cells) >= 0.8 * min(ENOUGH, len(sample.values)):
            found += self._titles(cells)
            found += self._named(cells, lookup=len(sample.table.columns) < FEWEST / 4 and _is_far(sample))
            found += self._formed(cells)
            if len(cells) >= max(FEWEST, UNIQUE_SHARE * min(ENOUGH, sample.rows - sample.nulls)):
                found += self._accounts(cells)
        return tuple(sorted(found, key=lambda evidence: -evidence.score))

    def _named(self, cells: Sequence[str], *, lookup: bool) -> Iterator[Evidence]:
        """Say what lists know. In a ``lookup``, a small table far from persons, towns and trades are no one's."""
        words = [cell for cell in cells if _WORDS.fullmatch(cell)]
        if len(words) < FEWEST or len(words) < 0.8 * len(cells):
            return
        lower = [cell.lower() for cell in words]
        shares = {
            "country": _share(lower, faker_lists.countries().__contains__),
            "nationality": _share(words, lambda cell: PEOPLES.fullmatch(cell) is not None),
            "occupation": _share(lower, _is_occupation),
            "region": _share(lower, faker_lists.regions().__contains__),
        }
        best = max(shares, key=lambda entity: shares[entity] / _LISTED[entity])
        yield from self._people(words, lower, lookup=lookup)
        if lookup:
            return
        if shares[best] >= _LISTED[best]:
            yield self._say(best, PLACE_SCORE, shares[best], "cells are listed as such", words)
            return
        firms = _share(words, lambda cell: " " in cell and _FIRM.search(cell) is not None)
        if firms >= _LISTED["occupation"]:
            score = PLACE_SCORE * min(1.0, 3 * firms)
            yield self._say(Entity.COMPANY, score, firms, "cells have a word that firms are named by", words)

    def _people(self, words: Sequence[str], lower: Sequence[str], *, lookup: bool) -> Iterator[Evidence]:
        single = [cell for cell in lower if " " not in cell]
        several = [cell.replace(",", "").split() for cell in lower if " " in cell]
        given = _share(single, lambda cell: cell in faker_lists.given_names())
        family = _share(single, lambda cell: cell in faker_lists.family_names())
        towns = _share(lower, lambda cell: cell in faker_lists.cities())
        if len(several) >= len(lower) / 2:
            full = _share(several, _is_full_name)
            if full >= SMALLEST_NAMES and full > 2 * _share(lower, _is_placed):
                score = NAME_SCORE * min(1.0, full / SURE_NAMES)
                yield self._say(Entity.FULL_NAME, score, full, "cells are a given name and another word", words)
                return
        entity, share = (Entity.GIVEN_NAME, given) if given >= family else (Entity.FAMILY_NAME, family)
        if len(single) >= len(lower) / 2 and share >= SMALLEST_NAMES and share > 2 * towns:
            score = NAME_SCORE * min(1.0, share / SURE_NAMES)
            yield self._say(entity, score, share, "cells are listed as names", words)
        elif (
            not lookup
            and towns >= SMALLEST_TOWNS
            and towns > max(given, family, _share(lower, faker_lists.regions().__contains__))
        ):
            yield self._say(Entity.CITY, PLACE_SCORE, towns, "cells are listed as towns", words)

    def _titles(self, cells: Sequence[str]) -> Iterator[Evidence]:
        share = _share(cells, lambda cell: _TITLE.fullmatch(cell) is not None)
        if len(cells) > 1 and share >= 0.7:  # noqa: PLR2004 - most of a few
            yield self._say("person_title", PLACE_SCORE, share, "cells are forms of address", cells)

    def _formed(self, cells: Sequence[str]) -> Iterator[Evidence]:
        if len(cells) < FEWEST:
            if len(cells) >= FEWEST / 2 and all(len(cell) == 1 and cell.isupper() for cell in cells):
                yield self._say("initials", FORM_SCORE, 1.0, "cells are single letters", cells)
            return
        codes = _share(cells, lambda cell: _POST_CODE.fullmatch(cell) is not None)
        bare = _share(cells, lambda cell: _BARE_CODE.fullmatch(cell) is not None)
        if codes >= SMALLEST_TOWNS and codes + bare >= MOST_OTHERS:
            yield self._say(Entity.POST_CODE, PLACE_SCORE, codes + bare, "cells are written like post codes", cells)
        if _share(cells, lambda cell: len(cell) == 1 and cell.isalpha()) >= 0.6:  # noqa: PLR2004 - some have an accent
            yield self._say("initials", FORM_SCORE, 1.0, "cells are single letters", cells)
        countries = _share(cells, frozenset(_ISO_CODES.split()).__contains__)
        if countries >= MOST_OTHERS:
            yield self._say("country", NAME_SCORE, countries, "cells are codes of countries", cells)

    def _accounts(self, cells: Sequence[str]) -> Iterator[Evidence]:
        """Say whether each cell is made up by or for one person: a name to log in with, or a password."""
        secret = _share(cells, _is_mixed)
        shapes = len({mask(cell) for cell in cells}) / len(cells)
        if secret >= 0.6 and shapes >= 0.1 and max(map(len, cells)) < ENOUGH / 20:  # noqa: PLR2004 - see there
            yield self._say(Entity.PASSWORD, FORM_SCORE, secret, "cells mix letters and digits without a form", ())
            return
        users = _share(cells, lambda cell: _USERNAME.fullmatch(cell) is not None)
        if users >= 0.3:  # noqa: PLR2004 - the others have no digits
            yield self._say(Entity.USERNAME, FORM_SCORE, users, "cells are a word with a number behind it", cells)

    def _births(self, cells: Sequence[str]) -> Iterator[Evidence]:
        """Say whether dates are spread as the births of adults are: over decades, and none of late."""
        years = [int(hit.group(1) or hit.group(2)) for cell in cells if (hit := _DATE.fullmatch(cell))]
        if len(years) < max(FEWEST, MOST_OTHERS * len(cells)):
            return
        now = dt.datetime.now(tz=dt.UTC).year
        ordered = sorted(years)
        first, last = ordered[len(years) // 50], ordered[-1 - len(years) // 50]
        if now - last >= YOUNGEST and now - first <= OLDEST and last - first >= WIDEST:
            reason = "dates are spread as the births of adults are"
            yield self._say("birth_date", FORM_SCORE, len(years) / len(cells), reason, cells)


def _is_far(sample: ColumnSample) -> bool:
    return sample.context.nearness is Need.ANYWHERE


def _share(cells: Sequence[str] | Sequence[list[str]], holds: Callable[..., bool]) -> float:
    return sum(1 for cell in cells if holds(cell)) / len(cells) if cells else 0.0


def _is_occupation(cell: str) -> bool:
    return cell in faker_lists.occupations() or cell.rsplit(" ", 1)[-1] in faker_lists.occupation_heads()


def _is_full_name(parts: list[str]) -> bool:
    given, family = faker_lists.given_names(), faker_lists.family_names()
    known = [part in given or part in family for part in parts]
    return 2 <= len(parts) <= 4 and any(part in given for part in parts) and sum(known) > 1  # noqa: PLR2004 - of a person


def _is_placed(cell: str) -> bool:
    """Tell whether ``cell`` begins with a town or ends with a state."""
    first, last = cell.split(",", maxsplit=1)[0], cell.rsplit(",", 1)[-1].strip()
    ends = (last, cell.rsplit(" ", 1)[-1])
    return (
        first in faker_lists.cities()
        or ("," in cell and len(last) == 2)  # noqa: PLR2004 - a state's abbreviation
        or any(end in faker_lists.regions() or end in faker_lists.countries() for end in ends)
    )


def _is_mixed(cell: str) -> bool:
    kinds = any(map(str.islower, cell)) + any(map(str.isupper, cell)) + any(map(str.isdigit, cell))
    return 8 <= len(cell) <= 20 and kinds > 2 and cell.isalnum() and _USERNAME.fullmatch(cell) is None  # noqa: PLR2004 - as long as passwords are


plugin = Words
