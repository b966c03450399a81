"""What a column is called, in the light of its table: the strongest signal there is, and it reads no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.lexicon import BOOKKEEPING, Need
from gateway.raw.detect.meanings import CODED, role_of
from gateway.raw.detect.wording import matches, person_word, singular, words
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.raw.detect.recognizer import ColumnSample
    from gateway.vocabulary.schema import Column

COMMENT_WEIGHT = 0.7
"""A comment says what a column is about, a name what it is."""
TYPE_WEIGHT = 0.8
"""A type of the database's own making (``email_address``, ``sex``) is a deliberate word, but often shared."""
WRONG_KIND = 0.25
"""A word that does not fit the declared type, such as a boolean called ``email``."""
WRONG_PLACE = 0.3
"""A word that needs a table of persons, in one that has nothing to do with them: a city in a list of cities."""
PERSON_SCORE = 0.6
TABLE_SCORE = 0.7
EVENT_DATE_SCORE = 0.6
_WHOLE_TABLES = frozenset({"free_text", "photo"})
"""Entities that tables are named after: ``comments``, ``pictures``."""
_WEAKEST = 0.1
_COMMENT_WORDS = 12
_GENERIC = "code value name type result description text test item label reading outcome status condition finding"
"""Column names that mean what their table is called after."""
_BASE_TYPES = """
    character varying varchar char text integer int bigint smallint tinyint mediumint numeric decimal real double
    precision float boolean bool bit date time timestamp datetime year zone without with bytea blob json jsonb uuid enum
    set string unsigned serial interval money inet cidr xml array clob longtext mediumtext tinytext binary varbinary
    number bpchar name
"""
"""Words of types that every database has; other type names are of the database's own making."""
_GENERIC_WORDS = frozenset(map(singular, _GENERIC.split()))
_BASE_WORDS = frozenset(map(singular, _BASE_TYPES.split()))


@dataclass(frozen=True)
class Names:
    """Opinions from the column's name, comment and declared type, and from the table's name for generic columns."""

    name: str = "names"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return one opinion per entity, best first."""
        best: dict[str, Evidence] = {}
        for evidence in self._opinions(sample):
            known = best.get(evidence.entity)
            if evidence.score >= _WEAKEST and (known is None or evidence.score > known.score):
                best[evidence.entity] = evidence
        return tuple(sorted(best.values(), key=lambda evidence: -evidence.score))

    def _opinions(self, sample: ColumnSample) -> Iterator[Evidence]:
        column = sample.column
        yield from self._from_name(sample)
        if column.comment:
            start = " ".join(column.comment.split()[:_COMMENT_WORDS])
            yield from self._from_words(start, sample, COMMENT_WEIGHT, "the column's comment")
        if not set(words(column.native)) <= _BASE_WORDS:
            yield from self._from_words(column.native, sample, TYPE_WEIGHT, "the declared type")
        yield from self._from_table(sample)
        if column.kind in TEMPORAL_KINDS and sample.context.nearness >= Need.LINKED and not _is_bookkeeping(column):
            yield self._say("event_date", EVENT_DATE_SCORE, "a date in a table about persons")

    def _from_name(self, sample: ColumnSample) -> Iterator[Evidence]:
        """Read the name; a table's name repeated before it (``comment_author``) makes no comment of an author."""
        prefix, rest = _split(sample)
        said = f"the column's name says {' '.join(rest)!r}"
        for evidence in self._from_words(sample.column.name, sample, 1.0, "the column's name"):
            number_of_row = sample.column.name in sample.table.primary_key and evidence.entity in CODED
            if not number_of_row and not (prefix and evidence.entity in _WHOLE_TABLES):
                yield evidence
        linked = sample.context.nearness >= Need.LINKED
        if linked and rest and person_word(rest[-1]) and len(rest) <= 2 and sample.column.kind is Kind.TEXT:  # noqa: PLR2004 - a word and a qualifier
            yield self._say("full_name", PERSON_SCORE, f"{said}, a person, in a table about persons")

    def _from_words(self, text: str, sample: ColumnSample, weight: float, where: str) -> Iterator[Evidence]:
        for match in matches(text):
            entry = match.entry
            factor = match.factor * weight * _fit(sample.column, entry.kinds, entry.entity)
            near = sample.context.nearness
            if near < entry.need:
                factor *= WRONG_PLACE
            reason = f"{where} says {match.phrase!r}"
            if near >= Need.LINKED and entry.need > Need.ANYWHERE:
                reason += ", in a table about persons"
            yield self._say(entry.entity, min(1.0, entry.score * factor), reason)

    def _from_table(self, sample: ColumnSample) -> Iterator[Evidence]:
        """Read ``diagnoses.code`` as a diagnosis: a generic column of a table whose name is the meaning."""
        tokens = words(sample.column.name)
        if not tokens or tokens[-1] not in _GENERIC_WORDS or sample.context.nearness < Need.LINKED:
            return
        for match in matches(sample.table.name):
            if role_of(match.entry.entity) is Role.SENSITIVE and _fit(sample.column, match.entry.kinds, "") == 1.0:
                yield self._say(
                    match.entry.entity, TABLE_SCORE * match.factor, f"the table's name says {match.phrase!r}"
                )

    def _say(self, entity: str, score: float, reason: str) -> Evidence:
        return Evidence(recognizer=self.name, entity=entity, score=score, share=None, reason=reason)


def _split(sample: ColumnSample) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of the column's name: those that repeat the end of the table's name, and the rest."""
    table, column = words(sample.table.name), words(sample.column.name)
    for size in range(min(len(table), len(column) - 1), 0, -1):
        if table[-size:] == column[:size]:
            return column[:size], column[size:]
    return (), column


def _fit(column: Column, kinds: str, entity: str) -> float:
    letter = _letter(column.kind)
    if letter in kinds or letter == "?" or (entity == "event_date" and letter == "d"):
        return 1.0
    return WRONG_KIND


def _letter(kind: Kind) -> str:
    if kind in NUMERIC_KINDS:
        return "n"
    if kind in TEMPORAL_KINDS:
        return "d"
    return {Kind.BOOLEAN: "b", Kind.UNSUPPORTED: "?"}.get(kind, "t")


def _is_bookkeeping(column: Column) -> bool:
    tokens = words(column.name)
    return any(singular(word) in tokens for word in BOOKKEEPING)


plugin = Names
