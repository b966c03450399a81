"""What a text says about people, place by place: patterns, lists of names, and what a model marked, made one reading.

Whatever is found first keeps its place: what has a form or a checksum, then what the model says, then what words around
it say, then lists. Every pattern is bounded, so its time is linear in the text; texts are cut before they come here.

Not checked: meaning. A name that is also a word is found only where the words around it say that it is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect import faker_lists
from gateway.raw.detect import prose_patterns as patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.raw.detect.ner import Mark

NAME, ADDRESS, PLACE, COMPANY = "full_name", "address", "place", "company"
_OF_MODEL = {
    "given_name": NAME,
    "family_name": NAME,
    "street_name": ADDRESS,
    "building_number": ADDRESS,
    "secondary_address": ADDRESS,
    "city": PLACE,
    "state": PLACE,
    "post_code": "post_code",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "bank_account": "bank_account",
    "routing_number": "bank_account",
    "tax_id": "national_number",
    "government_id": "national_number",
    "passport": "document_number",
    "drivers_license": "document_number",
}
"""What the model's labels are here."""
_LEAST_SURE = {NAME: 0.4, ADDRESS: 0.4, PLACE: 0.5, "email": 0.9, "phone": 0.7, "url": 0.9}
"""How sure the model must be; of kinds that have a form of their own, surer than the patterns that did not match."""
_SURE_ENOUGH = 0.7
_GAP = re.compile(r"[ \t,.;>?-]{0,4}\n?[ \t,.;>?-]{0,6}(?:[A-Z]{2} )?")
_ADDRESS_GAP = re.compile(
    r"[ \t,.;>?-]{0,4}\n?[ \t,.;>?-]{0,6}(?:(?i:apt|suite|unit|box|and|flat|ste|no|nr)[. ]{1,2})?"
)
_NUMBER_BEFORE = re.compile(r"(?<![\w.,:-])([0-9]{1,6}[a-z]?,? )\Z")
_NUMBER_AFTER = re.compile(r",? (?!(?:19|20)[0-9]{2}\b)[0-9]{1,5}[a-z]?(?![\w:-]|[.,][0-9])")
_DIRECTION = re.compile(r"(?:Southern|Northern|Eastern|Western|Central|South|North|East|West) (?=[^\W\d_a-z])")
_SMALL_WORDS = re.compile(r"(?: [^\W\d_A-Z][^\W_]{1,20})+\Z")
_PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "di", "da", "del", "la", "le", "el", "al", "bin", "ibn", "ten", "zu"}
)
_NUMBERS = frozenset({"national_number", "document_number", "bank_account", "phone"})
_FEWEST_DIGITS = 5
_SHORTEST_NAME = 3
"""Two letters are an abbreviation more often."""
_NEAR = 60
"""Characters behind a street within which a post code is its own: a town and a country fit between."""
_NAME_GAP = re.compile(r" {1,2}|\.? ?(?:[^\W\d_]\.? ){1,2}|-|'")
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_]*(?:['\u2019-][^\W\d_]{2,})*")
_INITIAL = re.compile(r" [^\W\d_a-z]\.?(?= [^\W\d_a-z])")
_SUFFIX = re.compile(r",? (?:Jr\.?|Sr\.?|II|III|IV|MD|PhD|DDS|DVM|Esq\.?)(?![\w])")
_STARTS = re.compile(r"(?:\A|[.!?:\"\n>]\s*|[-*]\s+)\Z")


@dataclass(frozen=True, order=True)
class Found:
    """Characters ``start`` to ``end`` of a text, and what entity they are."""

    start: int
    end: int
    entity: str


def read(text: str, marks: Sequence[Mark] = ()) -> list[Found]:
    """Return what ``text`` holds, in order and without overlaps; ``marks`` are the model's, if it was asked."""
    taken = _Taken(text)
    sure = [mark for mark in marks if _counts(text, mark)]
    codes = [mark for mark in sure if mark.label == "post_code"]
    others = [mark for mark in sure if mark.label != "post_code"]
    taken.add_all(patterns.formed(text))
    streets = [(mark.start, mark.end) for mark in others if _OF_MODEL[mark.label] == ADDRESS]
    for start, end in _united(text, [*patterns.addresses(text), *streets]):
        taken.add_free(start, end, ADDRESS)
    for mark in codes:
        taken.add_free(mark.start, mark.end, ADDRESS if taken.near(mark.start, ADDRESS) else "post_code")
    taken.add_all(_each("phone", patterns.phones(text)))
    taken.add_all(_each(PLACE, _countries(text)))
    taken.add_all(patterns.announced(text))
    for mark in others:
        taken.add_free(*_trimmed(text, mark), _OF_MODEL[mark.label])
    taken.add_all(_each(NAME, patterns.introduced(text)))
    taken.add_all(_each(PLACE, patterns.placed(text)))
    taken.add_all(_each(NAME, _listed_names(text, taken)))
    taken.add_all(_each(NAME, _again(text, taken.sorted())))
    return _assembled(text, taken.sorted())


def _counts(text: str, mark: Mark) -> bool:
    """Tell whether the model is sure enough, and what it marked could be what it says."""
    entity = _OF_MODEL[mark.label]
    marked = text[mark.start : mark.end]
    if mark.score < _LEAST_SURE.get(entity, _SURE_ENOUGH) or not marked.strip():
        return False
    if entity in {NAME, PLACE} and marked.islower() and not text.islower():
        return marked in _PARTICLES
    return entity not in _NUMBERS or sum(map(str.isdigit, marked)) >= _FEWEST_DIGITS


def _each(entity: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, int, int]]:
    return ((entity, start, end) for start, end in places)


def _united(text: str, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Unite pieces that overlap or that only blanks, marks and words such as ``Apt`` keep apart."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if united and (start <= united[-1][1] or _ADDRESS_GAP.fullmatch(text, united[-1][1], start)):
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return [_with_numbers(text, start, end) for start, end in united]


def _with_numbers(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the house number before or behind a street."""
    if before := _NUMBER_BEFORE.search(text, max(0, start - 9), start):
        start = before.start(1)
    if after := _NUMBER_AFTER.match(text, end):
        end = after.end()
    return start, end


def _trimmed(text: str, mark: Mark) -> tuple[int, int]:
    """Cut small words off the end of a place, and the directions before it."""
    start, end = mark.start, mark.end
    if _OF_MODEL[mark.label] == PLACE and not text[start:end].islower():
        if direction := _DIRECTION.match(text, start, end):
            start = direction.end()
        if small := _SMALL_WORDS.search(text, start, end):
            end = small.start()
    return start, end


class _Taken:
    """Places of a text that are spoken for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._owner = bytearray(len(text))
        self._found: list[Found] = []

    def add(self, start: int, end: int, entity: str) -> None:
        """Take ``start`` to ``end`` unless some of it is taken."""
        if end > start and not any(self._owner[start:end]):
            self._owner[start:end] = b"\1" * (end - start)
            self._found.append(Found(start, end, entity))

    def add_all(self, found: Iterable[tuple[str, int, int]]) -> None:
        """Take each place that is free."""
        for entity, start, end in found:
            self.add(start, end, entity)

    def add_free(self, start: int, end: int, entity: str) -> None:
        """Take what is free of ``start`` to ``end``, from its beginning to the first place taken."""
        while start < end and self._owner[start]:
            start += 1
        stop = start
        while stop < end and not self._owner[stop]:
            stop += 1
        while stop > start and not (text := self._text[stop - 1]).isalnum() and text != ".":
            stop -= 1
        self.add(start, stop, entity)

    def near(self, at: int, entity: str) -> bool:
        """Tell whether an ``entity`` ends shortly before ``at``."""
        return any(found.entity == entity and 0 <= at - found.end <= _NEAR for found in self._found)

    def free(self, start: int, end: int) -> bool:
        """Tell whether nothing of ``start`` to ``end`` is taken."""
        return not any(self._owner[start:end])

    def sorted(self) -> list[Found]:
        """Return all of them in order."""
        return sorted(self._found)


def _listed_names(text: str, taken: _Taken) -> Iterator[tuple[int, int]]:
    """Find capitalised words that are in the lists of names: two in a row, or a given name inside a sentence."""
    if text.isupper():
        return
    given, family, ordinary = faker_lists.given_names(), faker_lists.family_names(), faker_lists.ordinary()
    words = list(_CAPITALISED.finditer(text))
    skip = -1
    for at, word in enumerate(words):
        lower = word.group().lower().removesuffix("'s").removesuffix("\u2019s")
        if word.start() < skip or lower in ordinary or not taken.free(word.start(), word.end()):
            continue
        follower = words[at + 1] if at + 1 < len(words) else None
        end = word.start() + len(lower)
        if lower in given and follower is not None and _NAME_GAP.fullmatch(text, word.end(), follower.start()):
            after = follower.group().lower()
            if taken.free(follower.start(), follower.end()) and after not in ordinary and _could_be_name(after):
                skip = follower.end()
                yield word.start(), word.start() + len(word.group()) + len(text[word.end() : follower.end()])
                continue
        begins = _begins(text, word.start())
        as_family = lower in family and not begins and lower not in faker_lists.cities()
        if as_family or (lower in given and len(lower) >= _SHORTEST_NAME and not (begins and lower in family)):
            yield word.start(), end


def _could_be_name(lower: str) -> bool:
    return len(lower) > 1 and not lower.endswith(patterns.NOT_NAMES)


def _begins(text: str, at: int) -> bool:
    return _STARTS.search(text, max(0, at - 12), at) is not None


def _again(text: str, found: Sequence[Found]) -> Iterator[tuple[int, int]]:
    """Find the words of names that were found, wherever else they stand."""
    words = {
        word.group()
        for each in found
        if each.entity == NAME
        for word in _CAPITALISED.finditer(text, each.start, each.end)
        if len(word.group()) >= _SHORTEST_NAME and word.group().lower() not in faker_lists.ordinary()
    }
    return ((word.start(), word.end()) for word in _CAPITALISED.finditer(text) if word.group() in words)


def _countries(text: str) -> Iterator[tuple[int, int]]:
    """Find names of countries; those that are given names too, only behind a word for a direction."""
    known, given = faker_lists.countries(), faker_lists.ordinary()
    for word in patterns.PLACE_WORDS.finditer(text):
        parts = word.group().split(" ")
        for size in range(len(parts), 0, -1):
            candidate = " ".join(parts[:size])
            if candidate.lower() in known and candidate.lower() not in given:
                yield word.start(), word.start() + len(candidate)
                break


def _assembled(text: str, found: Sequence[Found]) -> list[Found]:
    """Join given names with family names and the pieces of an address with each other."""
    joined: list[Found] = []
    for piece in found:
        last = joined[-1] if joined else None
        between = text[last.end : piece.start] if last else ""
        if last and last.entity == NAME == piece.entity and _NAME_GAP.fullmatch(between):
            joined[-1] = Found(last.start, piece.end, NAME)
        elif last and _is_address(last, piece) and _GAP.fullmatch(between):
            joined[-1] = Found(last.start, piece.end, ADDRESS)
        else:
            joined.append(piece)
    return [_completed(text, piece) if piece.entity == NAME else piece for piece in joined]


def _is_address(last: Found, piece: Found) -> bool:
    if last.entity == "post_code":
        return piece.entity == ADDRESS
    return last.entity == ADDRESS and piece.entity in {ADDRESS, "post_code", PLACE}


def _completed(text: str, piece: Found) -> Found:
    """Add an initial with the family name behind it, and what stands behind a name: ``Jr``, ``MD``."""
    start, end = piece.start, piece.end
    while (initial := _INITIAL.match(text, end)) or (
        (follower := _CAPITALISED.match(text, end + 1))
        and text[end : end + 1] == " "
        and " " not in text[start:end]
        and follower.group().lower() in faker_lists.family_names()
        and follower.group().lower() not in faker_lists.ordinary()
    ):
        if initial:
            word = _CAPITALISED.match(text, initial.end() + 1)
            end = word.end() if word else initial.end()
        elif follower:
            end = follower.end()
    if suffix := _SUFFIX.match(text, end):
        end = suffix.end()
    for ending in ("'s", "\u2019s"):
        if text[start:end].endswith(ending):
            end -= 2
    return Found(start, end, NAME)
