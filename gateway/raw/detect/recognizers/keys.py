"""Which columns stand for a person or point at one: by declared keys first, by naming where none is declared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect.affixes import without_affix
from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.lexicon import ACTORS, BOOKKEEPING, KEY_HEADS, Need
from gateway.raw.detect.meanings import PERSON_KEY
from gateway.raw.detect.wording import matches, person_word, phrase_words, words
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.raw.detect.recognizer import ColumnSample
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

PRIMARY, REFERENCE, NAMED, ACTOR, UUIDS, OTHER = 0.97, 0.97, 0.85, 0.75, 0.6, 0.7
"""Scores: a declared key of persons; a declared reference to one; by name; by a part somebody plays; UUIDs; another
number than the key that no two share."""
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_FEWEST = 5
_MANY = 20
_NUMBERS = frozenset({"id", "key", "uuid", "guid"})
_LONGEST_PART = 2
_COUNTS = frozenset({"number", "count", "total", "max", "min", "n", "is", "has", "active", "new"})


@dataclass(frozen=True)
class Keys:
    """Opinions from primary keys, references, key-like names and UUIDs."""

    name: str = "keys"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return the best opinion, or none."""
        if sample.column.kind in {Kind.DATE, Kind.DATETIME, Kind.BOOLEAN, Kind.DECIMAL, Kind.FLOAT}:
            return ()
        return tuple(sorted(self._opinions(sample), key=lambda evidence: -evidence.score))[:1]

    def _opinions(self, sample: ColumnSample) -> Iterator[Evidence]:
        table, column, context = sample.table, sample.column, sample.context
        referring = any(column.name in reference.columns for reference in table.references)
        if column.name in context.person_keys:
            if referring:
                yield self._say(REFERENCE, "a declared reference leads to a table of persons")
            else:
                yield self._say(NAMED, "its name is that of a person's key")
        if context.nearness is Need.PERSON and (column.name,) == table.primary_key:
            yield self._say(PRIMARY, "the primary key of a table of persons")
        if context.nearness is Need.PERSON and not referring:
            if column.name in table.primary_key and _whose(table) == [column.name]:
                yield self._say(PRIMARY, "the part of the primary key that is a table of persons' own")
            elif (column.name,) in table.unique and column.kind is Kind.INTEGER:
                yield self._say(NAMED, "a declared unique number in a table of persons")
            if _is_own_key(sample):
                yield self._say(NAMED, "its name is that of the key of a table of persons")
            yield from self._from_uuids(sample)
            if _is_other_number(sample):
                yield self._say(OTHER, "a number of its own for each person", share=1.0)
        if not referring and column.kind is Kind.INTEGER and _is_actor(column.name):
            yield self._say(ACTOR, "a number whose name is a part that somebody plays")

    def _from_uuids(self, sample: ColumnSample) -> Iterator[Evidence]:
        values = sample.values
        if len(values) < _FEWEST or len(values) < sample.rows - sample.nulls:
            return
        matched = sum(1 for value in values if _UUID.fullmatch(value))
        if matched == len(values):
            yield self._say(UUIDS, "a UUID for each row of a table of persons", share=1.0)

    def _say(self, score: float, reason: str, *, share: float | None = None) -> Evidence:
        return Evidence(recognizer=self.name, entity=PERSON_KEY, score=score, share=share, reason=reason)


def _is_other_number(sample: ColumnSample) -> bool:
    """Tell whether ``sample`` is called an id and no two of many persons share one: ``wiki_id``, ``legacy_key``.

    Not where the name is another table's, or means something: addresses may be as many as persons.
    """
    tokens = words(sample.column.name)
    filled = sample.rows - sample.nulls
    if not tokens or tokens[-1] not in _NUMBERS or filled < _MANY or len(sample.values) < filled:
        return False
    of = tokens[:-1]
    return not matches(" ".join(of)) and all(words(table.name)[-len(of) :] != of for table in sample.schema.tables)


def _whose(table: Table) -> list[ColumnName]:
    """Return the columns of the primary key that refer to nothing: of a tenant and a person, the person."""
    referring = {column for reference in table.references for column in reference.columns}
    return [column for column in table.primary_key if column not in referring]


def _is_own_key(sample: ColumnSample) -> bool:
    """``id`` in a table of persons, or the table's name and ``id``."""
    tokens = words(sample.column.name)
    if tokens in {("uuid",), ("guid",)}:
        return True
    if sample.table.primary_key:
        return False
    if tokens in {("id",), ("pk",)}:
        return True
    plain = without_affix(sample.table, sample.column.name)
    table = words(sample.table.name)
    return plain == "id" or (len(tokens) > 1 and tokens[-1] in KEY_HEADS and tokens[:-1] == table)


def _is_actor(name: str) -> bool:
    tokens = words(name)
    headed = len(tokens) > 1 and tokens[-1] in KEY_HEADS
    played = tokens[:-1] if headed else tokens
    if played and played[-1] in _ACCOUNTS and not headed:
        return False
    if any(played == phrase_words(actor) for actor in ACTORS) or _done_by(played) or _wrote_it_down(played):
        return True
    counted = name.lower().endswith("s") or not tokens or tokens[0] in _COUNTS
    return not counted and len(tokens) <= _LONGEST_PART and person_word(tokens[-1])


def _done_by(tokens: tuple[str, ...]) -> bool:
    """``printed_by``, ``seen_by``: any participle, so that ``sort_by`` is nobody."""
    done = tokens[-2] if len(tokens) > 1 and tokens[-1] == "by" else ""
    return done.endswith("ed") or done in _IRREGULAR


def _wrote_it_down(tokens: tuple[str, ...]) -> bool:
    """``user_created``, ``utente_inserimento``: a person's word, and words of bookkeeping only."""
    persons = [word for word in tokens if person_word(word)]
    return len(persons) == 1 and len(tokens) > 1 and all(word in BOOKKEEPING or word in persons for word in tokens)


_IRREGULAR = frozenset({"taken", "given", "written", "sold", "seen", "made", "done", "sent", "read", "drawn", "taught"})


_ACCOUNTS = frozenset({"account", "konto", "cuenta", "compte", "conto", "rekening", "conta"})
"""With ``id`` somebody's account; without it as likely its number."""


plugin = Keys
