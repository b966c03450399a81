"""What a table's columns repeat: ``nom_adh``, ``prenom_adh``, ``ville_adh`` are ``nom``, ``prenom``, ``ville``."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from gateway.raw.detect.lexicon import BOOKKEEPING, KEY_HEADS, NEUTRAL_HEADS, QUALIFIERS
from gateway.raw.detect.wording import matches, person_word, words

if TYPE_CHECKING:
    from gateway.vocabulary.schema import Table

_FEWEST = 4
_MOST = 0.5
"""Columns, and their share, that must have a word in the same place before it is taken for an affix."""
_SHORTEST_ABBREVIATION = 3
_TELLING = (
    KEY_HEADS | NEUTRAL_HEADS | QUALIFIERS | BOOKKEEPING | {"date", "name", "by", "at", "on", "is", "has", "datum"}
)


def without_affix(table: Table, name: str) -> str | None:
    """Return ``name`` without the word that the columns of ``table`` repeat, or None when it has none.

    Repeated is what at least four and half of them begin or end with, or what begins the table's own name and three of
    them have. A word that means something by itself (``address``) or to the words before it (``id``) is no affix.
    """
    tokens = words(name)
    first, last = _affixes(table.name, tuple(column.name for column in table.columns))
    if len(tokens) > 1 and tokens[-1] == last:
        return " ".join(tokens[:-1])
    if len(tokens) > 1 and tokens[0] == first:
        return " ".join(tokens[1:])
    return None


# by names: to hash a whole table for each of its columns is quadratic in them, and dear
@lru_cache(maxsize=512)
def _affixes(table: str, columns: tuple[str, ...]) -> tuple[str | None, str | None]:
    read = [tokens for column in columns if len(tokens := words(column)) > 1]
    first, last = ([tokens[at] for tokens in read] for at in (0, -1))
    return _common(table, first, len(columns)), _common(table, last, len(columns))


def _common(table: str, found: list[str], columns: int) -> str | None:
    for word, times in Counter(found).most_common(3):
        short = len(word) >= _SHORTEST_ABBREVIATION and any(part.startswith(word) for part in words(table))
        repeated = times >= _FEWEST and times >= _MOST * columns
        telling = word in _TELLING or bool(matches(word)) or person_word(word)
        if (repeated or (short and times >= _FEWEST - 1)) and not telling:
            return word
    return None
