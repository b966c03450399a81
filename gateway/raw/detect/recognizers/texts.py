"""What prose holds about people: the share of texts with a name, an address, a number, each said by its kind.

A text is a value of five words or more. Without the optional model, names are found by the words around them and by
lists, and every finding on prose says so. A column has ``SECONDS_PER_COLUMN`` of CPU time.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.connect.sampling import enough
from gateway.raw.detect import ner, prose
from gateway.raw.detect.clock import Clock
from gateway.raw.detect.meanings import UNEXAMINED
from gateway.raw.detect.recognizer import LooksAtValues
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.raw.detect.findings import Evidence
    from gateway.raw.detect.ner import Mark
    from gateway.raw.detect.prose import Found
    from gateway.raw.detect.recognizer import ColumnSample

LONGEST_TEXT = 2_048
"""Characters of a text that are read."""
MOST_TEXTS = enough(times=1)
"""Texts read: as many as the promise asks for, see ``sampling``."""
MOST_MODEL_TEXTS = 150
"""Texts that the model reads: a share it sees is then known to ± .11 (99 %)."""
SECONDS_PER_COLUMN = 4.0
FEWEST_TEXTS = 60
"""Texts from which on a share is told when the time has run out; with fewer the column counts as unexamined."""
WORDS = 5
SHORT = 160
HEADLINE = 0.4
SENTENCE = 35
"""Characters from which on five words are taken for a sentence."""
SMALLEST_SHARE = 0.01
SMALLEST_NAME_SHARE = 0.03
IN_TEXT_SCORE, HINT_SCORE, WHOLE_SCORE, UNEXAMINED_SCORE = 0.85, 0.05, 0.8, 0.9
SURE_SHARE = 0.15
"""Share of texts with a name from which on it is no chance: a few words are names and ordinary words."""
WHOLE = 0.8
KINDS = {
    "full_name": "names",
    "address": "addresses",
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "national_number": "national numbers",
    "document_number": "numbers of documents",
    "birth_date": "dates of birth",
    "credit_card": "card numbers",
    "bank_account": "account numbers",
    "ip_address": "IP addresses",
    "device": "device numbers",
    "url": "web addresses",
    "age": "ages",
    "person_title": "titles and occupations",
    "nationality": "peoples and religions",
    "place": "places",
    "post_code": "post codes",
    "company": "organisations",
    "event_date": "dates",
}
"""What a text may hold, in words; the order in which they are told when their shares are alike."""
_NAMES = frozenset({"full_name", "address"})
_PARTS = frozenset({"address", "place", "post_code"})
_CERTAIN = frozenset(
    {"email", "phone", "national_number", "document_number", "birth_date", "credit_card", "bank_account", "ip_address"}
)
"""What identifies a person wherever it stands, and has a form."""
WITHOUT_MODEL = "by patterns and lists alone, which miss about a third of them: the text model is not installed"


@dataclass(frozen=True)
class Texts(LooksAtValues):
    """Opinions on text columns with values of many words."""

    name: str = "texts"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first: free text for each kind of thing that is in it, or an address as a whole."""
        if sample.column.kind is not Kind.TEXT:
            return ()
        texts = [value[:LONGEST_TEXT] for value in sample.values if _is_text(value)][:MOST_TEXTS]
        if len(texts) < 2:  # noqa: PLR2004 - of one text nothing is told
            return ()
        clock = Clock(SECONDS_PER_COLUMN)
        prose = _is_prose(sample.values)
        read, seen_by_model = _read(texts, clock, ask_model=prose)
        if clock.over and len(read) < min(len(texts), FEWEST_TEXTS):
            found = [self._say(UNEXAMINED, UNEXAMINED_SCORE, 0.0, "the time for this column ran out")]
        elif (whole := _whole_addresses(texts, read)) > WHOLE:
            share = whole * len(texts) / len(sample.values)
            found = [self._say(Entity.ADDRESS, WHOLE_SCORE * math.sqrt(share), share, "texts are addresses as a whole")]
        else:
            found = list(self._summary(read, seen_by_model, prose=prose, headlines=_are_headlines(texts)))
        return tuple(sorted(found, key=lambda evidence: -evidence.score))

    def _summary(
        self, read: Sequence[Sequence[Found]], seen_by_model: int, *, prose: bool, headlines: bool
    ) -> Iterator[Evidence]:
        everywhere = Counter(entity for found in read for entity in {each.entity for each in found})
        by_model = Counter(entity for found in read[:seen_by_model] for entity in {each.entity for each in found})
        for entity, words in KINDS.items():
            of_model = entity in _NAMES and seen_by_model > 0
            times, looked = (by_model[entity], seen_by_model) if of_model else (everywhere[entity], len(read))
            share = times / looked
            if not prose and entity not in _CERTAIN:
                continue
            if times > 1 and share >= (SMALLEST_NAME_SHARE if entity in _NAMES else SMALLEST_SHARE):
                how = f", {WITHOUT_MODEL}" if entity == "full_name" and not seen_by_model else ""
                reason = f"{words} in {share:.0%} of the texts{how}".replace("%", " %")
                score = HINT_SCORE if headlines and entity in _NAMES else _score(entity, share)
                yield self._say(Entity.FREE_TEXT, score, share, reason, within=entity)
        if prose and not seen_by_model and everywhere["full_name"] < 2:  # noqa: PLR2004 - as above
            yield self._say(Entity.FREE_TEXT, HINT_SCORE, 0.0, f"names were looked for {WITHOUT_MODEL}")


def _is_text(value: str) -> bool:
    return len(value) > SHORT or value.count(" ") >= WORDS - 1


def _is_prose(values: Sequence[str]) -> bool:
    """Tell whether most values are sentences: titles of five words hold names of whom they are about."""
    sentences = sum(1 for value in values if value.count(" ") >= WORDS - 1 and len(value) >= SENTENCE)
    return 2 * sentences >= len(values)


def _score(entity: str, share: float) -> float:
    if entity in _CERTAIN:
        return IN_TEXT_SCORE
    return IN_TEXT_SCORE * min(1.0, share / SURE_SHARE) if entity in _NAMES else HINT_SCORE


def _are_headlines(texts: Sequence[str]) -> bool:
    """Tell whether most texts are single lines in which every other word is capitalised: then it marks no name."""
    headlines = 0
    for text in texts[:FEWEST_TEXTS]:
        words = text.split()
        capitals = sum(1 for word in words if word[0].isupper())
        headlines += "\n" not in text and not any(map(str.isdigit, text)) and capitals >= HEADLINE * len(words)
    return 2 * headlines >= len(texts[:FEWEST_TEXTS])


def _read(texts: Sequence[str], clock: Clock, *, ask_model: bool) -> tuple[list[list[Found]], int]:
    """Return what each text holds, as far as the time goes, and how many of them the model has read."""
    marks: list[list[Mark] | None] = []
    if ask_model and ner.available():
        half = Clock(SECONDS_PER_COLUMN / 2)
        marks = ner.marks(texts[:MOST_MODEL_TEXTS], clock=half)
        marks = marks[: next((at for at, each in enumerate(marks) if each is None), len(marks))]
    prose.read("Ann Miller")  # loads the lists before the time runs
    clock.start()
    read = []
    for at, text in enumerate(texts):
        if clock.over:
            break
        read.append(prose.read(text, (marks[at] or ()) if at < len(marks) else ()))
    return read, min(len(marks), len(read))


def _whole_addresses(texts: Sequence[str], read: Sequence[Sequence[Found]]) -> float:
    """Return the share of texts that begin with an address of which a third of them or more is made."""
    whole = sum(
        1
        for text, found in zip(texts, read, strict=False)
        if len(text) <= SHORT
        and any(each.entity == "address" and each.start <= 1 for each in found)
        and sum(each.end - each.start for each in found if each.entity in _PARTS) >= len(text) / 3
    )
    return whole / len(read) if read else 0.0


plugin = Texts
