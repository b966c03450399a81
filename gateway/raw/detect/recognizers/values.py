"""What single values look like: patterns and checksums, run only where a value's shape allows a match.

Every value is cut to ``LONGEST`` characters before a pattern sees it, every pattern of ours is linear in that length,
and a column has ``SECONDS_PER_COLUMN``. What is inside longer texts, ``texts`` says.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gateway.raw.connect.sampling import enough
from gateway.raw.detect import numbers, phones
from gateway.raw.detect.clock import Clock
from gateway.raw.detect.meanings import UNEXAMINED
from gateway.raw.detect.patterns import spans
from gateway.raw.detect.recognizer import LooksAtValues
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from gateway.raw.detect.findings import Evidence
    from gateway.raw.detect.recognizer import ColumnSample

ENOUGH = enough(times=1)
"""Distinct values looked at: as many as the promise asks for, see ``sampling``."""
ENOUGH_TO_TELL = 60
"""Distinct values looked at by the slow checks, which ask for a share of half: a 99.9 % interval is ± .22."""
LONGEST = 160
"""Characters of a value that are looked at; longer ones are texts."""
SECONDS_PER_COLUMN = 5.0
"""CPU time for one column; what is then left is reported as unexamined, not as harmless."""
UNEXAMINED_SCORE = 0.9
WHOLE = 0.8
"""Share of a cell that a match must cover to be what the cell is, rather than something in it."""
SMALLEST_SHARE = 0.3
SMALLEST_NUMBER_SHARE = 0.5
"""For numbers: half of a column's cells pass a checksum by plan, a tenth by chance."""
SMALLEST_BARE_SHARE = 0.9
NUMBER_SCORE, PHONE_SCORE, BARE_PHONE_SCORE, WRITTEN_PHONE_SCORE = 0.85, 0.8, 0.65, 0.65
_PROBE = 12
_FEWEST_BARE = 20

EMAIL = re.compile(
    r"[^\s@<>\"(),:;\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[a-zA-Z0-9-]{2,40})"
)
"""An e-mail address by its form alone: a domain that nobody registered (`corp.local`) identifies a person too."""
_URL = re.compile(r"(?:https?://|www\.)\S{4,150}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-zA-Z0-9][a-zA-Z0-9-]{0,61}\.){1,4}(?:[a-zA-Z]{2,3}|info|name|shop|online|cloud)")
_STREET = re.compile(
    r"\b(?:street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|way|plaza|parkway|pkwy|square|"
    r"stra(?:ss|ß)e|str|weg|platz|allee|gasse|rue|chemin|calle|carrer|paseo|avenida|via|viale|piazza|laan|straat|"
    r"plein|rua|travessa|largo|ulica|ul|utca|gatan|vägen|gate|veien|vej|katu|tie)\b|"
    r"(?:stra(?:ss|ß)e|str\.|weg|platz|allee|gasse|straat|laan|gatan|vägen|veien|vegen|vej|gade|katu|tie|stien|gata)"
    r"(?=\s|,|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A presidio recognizer, what it finds, which cells could be that, and how much a full share says."""

    recognizer: str
    entity: Entity | str
    gate: re.Pattern[str]
    score: float


CHECKS = (
    Check(
        recognizer="generic.ip_recognizer.IpRecognizer",
        entity=Entity.IP_ADDRESS,
        gate=re.compile(
            r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?|(?=[^:]*:[^:]*:)[0-9a-fA-F:]{6,45}(?:/[0-9]{1,3})?"
        ),
        score=0.85,
    ),
    Check(
        recognizer="generic.mac_recognizer.MacAddressRecognizer",
        entity="device",
        gate=re.compile(r"[0-9a-fA-F]{2}(?:[:-]?[0-9a-fA-F]{2}){5}"),
        score=0.8,
    ),
    Check(
        recognizer="generic.credit_card_recognizer.CreditCardRecognizer",
        entity=Entity.CREDIT_CARD,
        gate=re.compile(r"[0-9][0-9 -]{11,21}[0-9]"),
        score=0.95,
    ),
    Check(
        recognizer="generic.iban_recognizer.IbanRecognizer",
        entity=Entity.BANK_ACCOUNT,
        gate=re.compile(r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 -]{10,40}"),
        score=0.97,
    ),
)


@dataclass(frozen=True)
class Values(LooksAtValues):
    """Opinions from the distinct values of text columns and of columns of long whole numbers."""

    name: str = "values"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first. A value that a library fails on counts as not matched."""
        if sample.column.kind not in {Kind.TEXT, Kind.INTEGER} or not sample.values:
            return ()
        clock = Clock(SECONDS_PER_COLUMN)
        cells = [value.strip() for value in sample.values if len(value) <= LONGEST]
        found = [*self._checked(cells, len(sample.values), clock)]
        found += self._numbers(cells, len(sample.values), sample.countries, clock)
        found += self._phones(cells, sample, clock)
        if sample.column.kind is Kind.TEXT:
            found += self._written(cells, len(sample.values))
        if clock.over:
            found.append(self._say(UNEXAMINED, UNEXAMINED_SCORE, 0.0, "the time for this column ran out", ()))
        return tuple(sorted(found, key=lambda evidence: -evidence.score))

    def _checked(self, cells: Sequence[str], distinct: int, clock: Clock) -> Iterator[Evidence]:
        for check in CHECKS:
            possible = [cell for cell in cells if check.gate.fullmatch(cell)]
            if not possible or len(possible) < SMALLEST_SHARE * distinct:
                continue
            looked = possible[:ENOUGH]
            matched = _matched(partial(_is, check.recognizer), looked, clock, least=SMALLEST_SHARE)
            share = len(matched) / len(looked) * len(possible) / distinct
            if share >= SMALLEST_SHARE:
                yield self._say(
                    check.entity, check.score * math.sqrt(share), share, "cells pass its pattern or checksum", matched
                )

    def _numbers(
        self, cells: Sequence[str], distinct: int, countries: Collection[str], clock: Clock
    ) -> Iterator[Evidence]:
        """Say which country's number most cells are, one for each entity; failing that, whether several countries'."""
        possible = [cell for cell in cells if numbers.GATE.fullmatch(cell)]
        if len(possible) < SMALLEST_NUMBER_SHARE * distinct:
            return
        looked = possible[:ENOUGH_TO_TELL]
        best: dict[str, tuple[int, str, list[str]]] = {}
        asked = numbers.numbers_for(countries)
        for number in asked:
            holds = partial(number.holds, named=number.country in countries)
            matched = _matched(holds, looked, clock, least=SMALLEST_NUMBER_SHARE)
            rate = number.chance(named=number.country in countries)
            enough = len(matched) >= SMALLEST_NUMBER_SHARE * len(looked)
            better = len(matched) > best.get(number.entity, (0, "", []))[0]
            if enough and better and numbers.beyond_chance(len(matched), len(looked), rate=rate):
                best[number.entity] = (len(matched), number.reason, matched)
        if not best:
            best = _of_several_countries(asked, countries, looked, clock)
        for entity, (_, reason, matched) in best.items():
            share = len(matched) / len(looked) * len(possible) / distinct
            yield self._say(entity, NUMBER_SCORE * math.sqrt(share), share, reason, matched)

    def _phones(self, cells: Sequence[str], sample: ColumnSample, clock: Clock) -> Iterator[Evidence]:
        distinct = len(sample.values)
        possible = [cell for cell in cells if phones.GATE.fullmatch(cell)]
        plans = phones.regions(sample.countries)
        if len(possible) >= SMALLEST_SHARE * distinct:
            looked = possible[:ENOUGH_TO_TELL]
            matched = _matched_best(
                [partial(_is_phone, region=region) for region in plans], looked, clock, least=SMALLEST_SHARE
            )
            share = len(matched) / len(looked) * len(possible) / distinct
            if share >= SMALLEST_SHARE:
                yield self._say(
                    Entity.PHONE, PHONE_SCORE * math.sqrt(share), share, "cells are valid phone numbers", matched
                )
            elif len(looked) > _PROBE and (told := phones.telling_share(possible)) >= SMALLEST_SHARE:
                share = len(possible) / distinct
                reason = "cells are written like phone numbers"
                yield self._say(
                    Entity.PHONE, WRITTEN_PHONE_SCORE * math.sqrt(share * min(1.0, 2 * told)), share, reason, possible
                )
        elif sample.countries:
            yield from self._bare_phones(cells, distinct, plans, clock)

    def _bare_phones(
        self, cells: Sequence[str], distinct: int, plans: Sequence[str], clock: Clock
    ) -> Iterator[Evidence]:
        possible = [cell for cell in cells if phones.BARE.fullmatch(cell)]
        if len(possible) < max(_FEWEST_BARE, SMALLEST_BARE_SHARE * distinct):
            return
        looked = possible[:ENOUGH_TO_TELL]
        matched = _matched_best(
            [partial(_is_phone, region=region) for region in plans], looked, clock, least=SMALLEST_BARE_SHARE
        )
        share = len(matched) / len(looked) * len(possible) / distinct
        if share >= SMALLEST_BARE_SHARE:
            reason = "digits that are valid phone numbers of a country that the policy names"
            yield self._say(Entity.PHONE, BARE_PHONE_SCORE * share, share, reason, matched)

    def _written(self, cells: Sequence[str], distinct: int) -> Iterator[Evidence]:
        looked = cells[:ENOUGH]
        for entity, score, holds in (
            (Entity.EMAIL, 0.97, lambda cell: "@" in cell and EMAIL.fullmatch(cell) is not None),
            (Entity.URL, 0.5, lambda cell: _URL.fullmatch(cell) is not None),
            (Entity.STREET, 0.85, _looks_like_street),
            (Entity.URL, 0.5, _looks_like_domain),
        ):
            matched = [cell for cell in looked if holds(cell)]
            share = len(matched) / min(distinct, ENOUGH)
            if share >= SMALLEST_SHARE:
                yield self._say(entity, score * math.sqrt(share), share, "cells are written like one", matched)


def _looks_like_street(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and _STREET.search(cell) is not None


def _looks_like_domain(cell: str) -> bool:
    return "." in cell and _DOMAIN.fullmatch(cell) is not None and not cell.replace(".", "").isdigit()


def _is(recognizer: str, cell: str) -> bool:
    return any(end - start >= WHOLE * len(cell) for start, end in spans(recognizer, cell))


def _is_phone(cell: str, *, region: str) -> bool:
    return phones.valid(cell, region=region)


def _matched(holds: Callable[[str], bool], cells: Sequence[str], clock: Clock, *, least: float) -> list[str]:
    """Return the cells that hold; after a first few, none when so few of these did that ``least`` is out of reach."""
    if cells:
        holds(cells[0])  # what has to be loaded is loaded before the time runs
        clock.start()
    matched: list[str] = []
    for at, cell in enumerate(cells):
        if clock.over or (at == _PROBE and len(matched) < 0.5 * least * _PROBE):
            break
        if holds(cell):
            matched.append(cell)
    return matched


def _matched_best(
    ways: Sequence[Callable[[str], bool]], cells: Sequence[str], clock: Clock, *, least: float
) -> list[str]:
    """Return the cells that hold in the way in which most do."""
    best: list[str] = []
    for holds in ways:
        matched = _matched(holds, cells, clock, least=least)
        if len(matched) > len(best):
            best = matched
        if len(best) == len(cells):
            break
    return best


def _of_several_countries(
    asked: Collection[numbers.Number], countries: Collection[str], cells: Sequence[str], clock: Clock
) -> dict[str, tuple[int, str, list[str]]]:
    """Return the national numbers among ``cells`` when half of them are one country's or another's."""
    strong = [n for n in numbers.strong(asked, named=countries) if n.entity == Entity.NATIONAL_NUMBER]
    matched = _matched(
        lambda cell: any(number.holds(cell, named=number.country in countries) for number in strong),
        cells, clock, least=SMALLEST_NUMBER_SHARE,
    )  # fmt: skip
    rate = min(
        0.2, sum(number.chance(named=number.country in countries) for number in strong) / 4
    )  # a length is that of a quarter of them at most
    enough = len(matched) >= SMALLEST_NUMBER_SHARE * len(cells)
    if not enough or not numbers.beyond_chance(len(matched), len(cells), rate=rate):
        return {}
    reason = "cells pass the checksum of one country's national number or another's"
    return {Entity.NATIONAL_NUMBER: (len(matched), reason, matched)}


plugin = Values
