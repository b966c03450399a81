"""Which names read as keys of persons, whatever table they are in."""

from __future__ import annotations

from functools import lru_cache
from itertools import dropwhile

from gateway.raw.detect.lexicon import ACTORS, AUDITORS, FILLERS, KEY_FIRST, KEY_HEADS, LOOKUPS, ROMANCE_LOOKUPS
from gateway.raw.detect.meanings import PERSON_KEY
from gateway.raw.detect.wording import SUFFIX, is_plural, matches, person_word, phrase_words, words

_STRONG = 0.75
"""How well a name must meet a phrase for keys of persons."""
_PARTS_AFTER_ID = 2
_LONGEST_HEAD_FIRST = 3


def names_person_key(name: str) -> bool:
    """Tell whether ``name`` alone reads as a key of a person.

    ``customer_id``, ``UserKey``, ``manager_staff_id``; ``id_cliente`` and ``codigo_alumno``, where the head comes
    first; ``person_id_creator``, where what the person did comes last.
    """
    tokens = tuple(word for word in words(name) if word not in FILLERS)
    if not tokens or tokens[0] in ROMANCE_LOOKUPS or _means_something_else(name):
        return False
    if len(tokens) > 1 and tokens[-1] in KEY_HEADS:
        rest = tokens[:-1]
        return _is_person(rest[-1:]) or any(rest[-len(actor) :] == actor for actor in _actors())
    rest = tuple(dropwhile(KEY_FIRST.__contains__, tokens))
    if 0 < len(rest) < len(tokens) and len(rest) < _LONGEST_HEAD_FIRST and person_word(rest[0]):
        return not (tokens[0] == "number" and is_plural(name)) and tokens[-1] not in LOOKUPS
    if "id" in tokens[1:-1]:
        at = tokens.index("id", 1)
        return _is_person(tokens[at - 1 : at]) and len(tokens) - at - 1 <= _PARTS_AFTER_ID and tokens[-1] not in LOOKUPS
    if len(tokens) == 1 and _reads_as_one_word(tokens[0]):
        return True
    return any(match.entry.entity == PERSON_KEY and match.factor >= _STRONG for match in matches(name))


_SHORTEST_PERSON = 6


def _reads_as_one_word(word: str) -> bool:
    """``customerid``; ``idcliente2`` and ``idclienteenvio``, where something follows the person."""
    if word.endswith("id") and person_word(word[:-2]):
        return True
    ends = range(len("id") + _SHORTEST_PERSON, len(word))
    return word.startswith("id") and any(person_word(word[len("id") : end]) for end in ends)


def _is_person(tokens: tuple[str, ...]) -> bool:
    return bool(tokens) and person_word(tokens[-1])


@lru_cache(maxsize=1)
def _actors() -> tuple[tuple[str, ...], ...]:
    return tuple(phrase_words(actor) for actor in ACTORS)


@lru_cache(maxsize=1)
def _auditors() -> frozenset[tuple[str, ...]]:
    return frozenset(phrase_words(auditor) for auditor in AUDITORS)


def is_auditor(name: str) -> bool:
    """Tell whether ``name`` is that of whoever wrote the row down."""
    tokens = words(name)
    tokens = tokens[:-1] if len(tokens) > 1 and tokens[-1] in KEY_HEADS else tokens
    return any(tokens[-size:] in _auditors() for size in (1, 2, 3))


def _means_something_else(name: str) -> bool:
    """``contact_number`` is a phone, not the number of a contact."""
    found = matches(name)
    if not found:
        return False
    return any(m.factor >= SUFFIX and m.entry.entity not in {PERSON_KEY, "full_name", "username"} for m in found)
