"""Read names as words: take ``cust_dob``, ``CustDOB`` and ``Geburtsdatum`` apart and look the words up."""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gateway.raw.detect.lexicon import (
    ABBREVIATIONS,
    AGGREGATES,
    BLOCKED,
    BOOKKEEPING,
    COMPOUND_STARTS,
    GLUED_FIRST,
    KEY_HEADS,
    LEXICON,
    NEUTRAL_HEADS,
    QUALIFIERS,
    STAFF,
    SUBJECTS,
    Entry,
    Need,
)
from gateway.raw.detect.meanings import CODED, role_of
from gateway.raw.detect.segmenting import segments
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CODE_HEADS = frozenset({"id", "code", "group", "category", "class", "level", "type", "key"})
_HASHES = frozenset({"hash", "hashed", "md5", "sha", "digest", "encrypted", "crypted"})
_LONGEST_NAME = 200
_LONGEST_PHRASE = 5
_SHORTEST_REST = 2
_SHORTEST_GLUED = 6
"""Letters that a phrase needs before it is looked for inside a word: ``age`` in ``package`` is no age."""

EXACT, SUFFIX, INSIDE, GLUED, BEFORE_ANOTHER, ABOUT_IT = 1.0, 0.95, 0.8, 0.85, 0.4, 0.2
"""What a match is worth: the whole name; its end; its beginning or middle; glued into one word;
before another phrase that ends the name (``telephone_country_code``); something about it."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A lexicon entry found in a name, its phrase, and how well it was met (0 to 1)."""

    entry: Entry
    phrase: str
    factor: float


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Return the words of ``name``: camel case, separators and digits split, accents gone, short forms expanded.

    Plural ``s`` and numbers go too, and heads glued before a word of the lists are split off: ``idcliente``. Only the
    first 200 characters are read; a name without Latin letters has no words.
    """
    found = [part for word in _letters(name) for part in _unglued(_without_digraphs(word))]
    return tuple(singular(ABBREVIATIONS.get(word, word)) for word in found)


def _letters(name: str) -> list[str]:
    plain = name[:_LONGEST_NAME].replace("ß", "ss")
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return [word.lower() for word in _WORDS.findall(plain) if not word.isdigit()]


def counts(name: str, phrase: str) -> bool:
    """Tell whether ``name`` has ``phrase`` in the plural, as counts do: ``open_accounts_past_due``."""
    last = phrase.rsplit(maxsplit=1)[-1]
    return any(letters != last and singular(letters) == last for letters in _letters(name))


def is_plural(name: str) -> bool:
    """Tell whether ``name`` ends in a plural, as counts do: ``open_accounts``, not ``address``."""
    letters = _letters(name)
    return bool(letters) and letters[-1].endswith("s") and singular(letters[-1]) != letters[-1]


def _unglued(word: str) -> tuple[str, ...]:
    if word in _single_words():
        return (word,)
    for first in GLUED_FIRST:
        rest = word[len(first) :]
        if word.startswith(first) and len(rest) >= _SHORTEST_REST and rest != "s" and _known(rest):
            return (first, rest)
    if word in _glued() or word in _plain_words():
        return (word,)
    return segments(word, _parts()) or (word,)


def _without_digraphs(word: str) -> str:
    """Return ``word`` as with an umlaut that lost its dots, if the lists have that: ``nationalitaet``."""
    plain = word.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return plain if plain != word and word not in _single_words() and plain in _single_words() else word


def _known(rest: str) -> bool:
    plain = singular(ABBREVIATIONS.get(rest, rest))
    return plain in _persons() or plain in _single_words() or plain in KEY_HEADS


def singular(word: str) -> str:
    """Return ``word`` without a plural ``s``; applied to names and lexicon alike, so it need not be right."""
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("iones"):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" stays
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004 - "gas"


@lru_cache(maxsize=8192)
def phrase_words(phrase: str) -> tuple[str, ...]:
    """Return a lexicon phrase in the form ``words`` gives."""
    return tuple(singular(ABBREVIATIONS.get(word, word)) for word in phrase.split())


_NAMED_PERSON = Entry(entity="full_name", score=0.95, need=Need.ANYWHERE, kinds="t", exact=False, phrases=())
"""``patient_name``, ``StudentName``, ``kundenname``, ``nombre_cliente``: any word for a person, and one for a name."""
_GERMANIC_NAMES = ("name", "naam")
_NAME_WORDS = (*_GERMANIC_NAMES, "nombre", "nom", "nome")


_left_out: frozenset[str] = frozenset()
"""Words of the lists, run together, that are not read just now; ``reading_without`` sets it."""


@lru_cache(maxsize=1)
def _phrases() -> dict[tuple[str, ...], tuple[Entry, ...]]:
    found: dict[tuple[str, ...], tuple[Entry, ...]] = {phrase_words(p): () for p in BLOCKED}
    for entry in LEXICON:
        for phrase in map(phrase_words, entry.phrases):
            if "".join(phrase) not in _left_out:
                found[phrase] = (*found.get(phrase, ()), entry)
    for person in _persons():
        for name in _NAME_WORDS:
            found.setdefault((person, name), (_NAMED_PERSON,))
            if name not in _GERMANIC_NAMES:
                found.setdefault((name, person), (_NAMED_PERSON,))
    return found


@lru_cache(maxsize=1)
def _single_words() -> frozenset[str]:
    """Return phrases of one word, as they are listed and without plurals."""
    listed = {phrase for entry in LEXICON for phrase in entry.phrases if " " not in phrase}
    return frozenset(listed - _left_out) | {phrase[0] for phrase in _phrases() if len(phrase) == 1}


@lru_cache(maxsize=1)
def _glued() -> dict[str, tuple[Entry, ...]]:
    return {"".join(phrase): entries for phrase, entries in _phrases().items() if len("".join(phrase)) > 2}  # noqa: PLR2004


@lru_cache(maxsize=1)
def _plain_words() -> frozenset[str]:
    """Return the words that are read as they are, though they are made of others: ``username``."""
    listed = {
        word for phrase in (*BLOCKED, *(p for entry in LEXICON for p in entry.phrases)) for word in phrase.split()
    }
    return frozenset(listed) | _persons() | KEY_HEADS | NEUTRAL_HEADS | BOOKKEEPING | QUALIFIERS | set(ABBREVIATIONS)


@lru_cache(maxsize=1)
def _parts() -> frozenset[str]:
    """Return the words that compounds are made of: what means something by itself, and what qualifies it."""
    listed = {phrase for entry in LEXICON if not entry.exact for phrase in entry.phrases if " " not in phrase}
    return (frozenset(listed) | _persons() | KEY_HEADS | NEUTRAL_HEADS | BOOKKEEPING | QUALIFIERS) - _left_out


@lru_cache(maxsize=1)
def _persons() -> frozenset[str]:
    return frozenset(singular(word) for word in (*SUBJECTS, *STAFF)) - _left_out


@lru_cache(maxsize=1)
def _subjects() -> frozenset[str]:
    return frozenset(singular(word) for word in SUBJECTS) - _left_out


@lru_cache(maxsize=8192)
def person_word(word: str) -> bool:
    """Tell whether ``word`` means a person, also at the end of a compound or as a German one begins."""
    if word in _persons() or word.startswith(COMPOUND_STARTS):
        return True
    return any(len(person) >= _SHORTEST_GLUED and word.endswith(person) for person in _persons())


def vocabulary(name: str) -> frozenset[str]:
    """Return the phrases and persons' words of the lists that ``name`` meets, each run together."""
    met = {match.phrase.replace(" ", "") for match in matches(name)}
    return frozenset(met | {person for word in words(name) for person in _persons() if word.endswith(person)})


@contextmanager
def reading_without(left_out: frozenset[str]) -> Iterator[None]:
    """Read names without those words of the lists, for measuring what the lists do for a schema nobody had seen.

    The lists of this process change, so nothing else may read names meanwhile.
    """
    global _left_out  # noqa: PLW0603 - the lists are constants of the process; only this takes words out of them
    _left_out = left_out
    _forget()
    try:
        yield
    finally:
        _left_out = frozenset()
        _forget()


def _forget() -> None:
    for read in (words, _phrases, _single_words, _glued, _persons, _subjects, person_word, matches, _parts):
        read.cache_clear()


def subject_word(word: str) -> bool:
    """Tell whether ``word`` means somebody whom a table is likely to be about: a patient, not a nurse."""
    return word in _subjects() or word.startswith(COMPOUND_STARTS)


@lru_cache(maxsize=8192)
def matches(name: str) -> tuple[Match, ...]:
    """Return what the lexicon says about ``name``, best first; a longer phrase hides the shorter ones inside it."""
    tokens = words(name)
    found = _by_words(tokens)
    if not found and tokens:
        found = _by_letters(tokens)
    return tuple(sorted(found, key=lambda match: -match.factor * match.entry.score))


def _by_words(tokens: tuple[str, ...]) -> list[Match]:
    taken: list[tuple[int, int]] = []
    for size in range(min(len(tokens), _LONGEST_PHRASE), 0, -1):
        for start in range(len(tokens) - size, -1, -1):
            covered = any(a <= start and start + size <= b for a, b in taken)
            if not covered and _says(tokens[start : start + size], whole=size == len(tokens)):
                taken.append((start, start + size))
    last = max((end for _, end in taken), default=0)
    found: list[Match] = []
    for start, end in taken:
        factor = _factor(tokens, start, end)
        coded = INSIDE if factor == ABOUT_IT and tokens[-1] in _CODE_HEADS else factor
        if end < last == len(tokens):
            factor = min(factor, BEFORE_ANOTHER)
        hashed = SUFFIX if tokens[-1] in _HASHES and end == len(tokens) - 1 else factor
        found += [
            Match(
                entry=entry,
                phrase=" ".join(tokens[start:end]),
                factor=coded if entry.entity in CODED else hashed if _is_guarded(entry) else factor,
            )
            for entry in _phrases()[tokens[start:end]]
            if not entry.exact or end - start == len(tokens)
        ]
    return found


def _is_guarded(entry: Entry) -> bool:
    """Tell whether a hash of what ``entry`` means is as telling: who knows the value, finds the row."""
    return entry.entity == Entity.PASSWORD or role_of(entry.entity) is Role.DIRECT


def _says(phrase: tuple[str, ...], *, whole: bool) -> bool:
    """Tell whether ``phrase`` means something, or is blocked, in a name of which it may be only a part."""
    entries = _phrases().get(phrase)
    return entries is not None and (whole or not entries or not all(entry.exact for entry in entries))


def _factor(tokens: tuple[str, ...], start: int, end: int) -> float:
    if start > 0 and tokens[0] == "has":
        return ABOUT_IT
    if any(singular(word) in tokens for word in AGGREGATES) and end - start < len(tokens):
        return ABOUT_IT
    if end == len(tokens) or all(token in QUALIFIERS for token in tokens[end:]):
        return EXACT if start == 0 else SUFFIX
    return ABOUT_IT if tokens[-1] in NEUTRAL_HEADS else INSIDE


def _by_letters(tokens: tuple[str, ...]) -> list[Match]:
    """Look for phrases written without separators, at the end of the name first: ``custlastname``, ``birthdate``."""
    joined = "".join(tokens)
    for start in range(len(joined) - 2):
        rest = joined[start:]
        if (start == 0 or len(rest) >= _SHORTEST_GLUED) and rest in _glued():
            factor = SUFFIX if start == 0 else GLUED
            return [Match(entry=e, phrase=rest, factor=factor) for e in _glued()[rest] if not e.exact or start == 0]
    return []
