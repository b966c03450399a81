"""What a column is called, in the light of its table: the strongest signal there is, and it reads no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect.affixes import without_affix
from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.lexicon import BOOKKEEPING, BOUNDS, PROSE, TELLING_TABLES, Need
from gateway.raw.detect.meanings import CODED, PERSON_KEY, role_of
from gateway.raw.detect.wording import ABOUT_IT, counts, matches, person_word, singular, words
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.raw.detect.recognizer import ColumnSample
    from gateway.raw.detect.wording import Match
    from gateway.vocabulary.schema import Column

COMMENT_WEIGHT = 0.7
"""A comment says what a column is about, a name what it is."""
TYPE_WEIGHT = 0.8
"""A type of the database's own making (``email_address``, ``sex``) is a deliberate word, but often shared."""
WRONG_KIND = 0.25
"""A word that does not fit the declared type, such as a boolean called ``email``."""
WRONG_PLACE = 0.3
"""A word that needs a table of persons, in one that has nothing to do with them: a city in a list of cities."""
COUNTED = 0.2
"""A whole number with a plural name that identifies: ``open_accounts`` are counted, not named."""
PERSON_SCORE = 0.6
LONE_PERSON_SCORE = 0.5
"""Just above the threshold: a text called ``professor`` names one, or is one's key, in whatever table it is."""
TABLE_SCORE = 0.7
EVENT_DATE_SCORE = 0.6
_WHOLE_TABLES = frozenset({"free_text", "photo"})
"""Entities that tables are named after: ``comments``, ``pictures``."""
_WEAKEST = 0.1
_COMMENT_WORDS = 12
_GENERIC = """
    code value name type result description text test item label reading outcome status condition finding num numeric
    coded valeur valor wert valore waarde
"""
"""Column names that mean what their table is called after."""
_BASE_TYPES = """
    character varying varchar char text integer int bigint smallint tinyint mediumint numeric decimal real double
    precision float boolean bool bit date time timestamp datetime year zone without with bytea blob json jsonb uuid enum
    set string unsigned serial interval money inet cidr xml array clob longtext mediumtext tinytext binary varbinary
    number bpchar name
"""
"""Words of types that every database has; other type names are of the database's own making."""
_WHOLE_NAMES = frozenset({("name",), ("nombre",), ("nom",), ("nome",), ("naam",)})
_FLAGS = "y n yes no true false t f 0 1 on off ja nein si oui non sim nao j s o"
_ANSWERS = frozenset(_FLAGS.split()) | {""}
"""Labels of an enum that is a flag."""
_SHORTEST_STEM = 6
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
            yield from self._from_words(start, sample, COMMENT_WEIGHT, "the column's comment", prose=True)
        declared = column.native.split("(")[0]
        if not set(words(declared)) <= _BASE_WORDS:
            yield from self._from_words(declared, sample, TYPE_WEIGHT, "the declared type")
        yield from self._from_table(sample)
        if column.kind in TEMPORAL_KINDS and sample.context.nearness >= Need.LINKED and not _is_bookkeeping(column):
            yield self._say("event_date", EVENT_DATE_SCORE, "a date in a table about persons")

    def _from_name(self, sample: ColumnSample) -> Iterator[Evidence]:
        """Read the name; a table's name repeated before it (``comment_author``) makes no comment of an author."""
        prefix, rest = _split(sample)
        said = f"the column's name says {' '.join(rest)!r}"
        own = {match.entry.entity for match in matches(" ".join(rest))}
        for evidence in self._from_words(sample.column.name, sample, 1.0, "the column's name"):
            number_of_row = _numbers_rows(sample, evidence.entity)
            named_after = prefix and evidence.entity in _WHOLE_TABLES - own
            if not number_of_row and not named_after:
                yield evidence
        plain = without_affix(sample.table, sample.column.name)
        if plain is not None:
            yield from self._from_words(plain, sample, 1.0, "the column's name, without what all names here repeat,")
            rest = tuple(plain.split())
        linked = sample.context.nearness >= Need.LINKED
        if linked and rest and person_word(rest[-1]) and len(rest) <= 2 and sample.column.kind is Kind.TEXT:  # noqa: PLR2004 - a word and a qualifier
            yield self._say("full_name", PERSON_SCORE, f"{said}, a person, in a table about persons")
        elif len(rest) == 1 and person_word(rest[0]) and sample.column.kind is Kind.TEXT and not prefix:
            yield self._say("full_name", LONE_PERSON_SCORE, f"{said}, a person")
        if sample.context.addressed and rest in _WHOLE_NAMES and sample.column.kind is Kind.TEXT:
            yield self._say("full_name", PERSON_SCORE, f"{said}, in a table with an e-mail address")

    def _from_words(
        self, text: str, sample: ColumnSample, weight: float, where: str, *, prose: bool = False
    ) -> Iterator[Evidence]:
        for match in matches(text):
            entry = match.entry
            if prose and match.phrase in PROSE:
                continue
            factor = match.factor * weight * _fit(sample.column, entry.kinds, entry.entity)
            near = sample.context.nearness
            if near < entry.need:
                factor *= WRONG_PLACE
            if not prose:
                factor *= _counted(sample, match)
            reason = f"{where} says {match.phrase!r}"
            if near >= Need.LINKED and entry.need > Need.ANYWHERE:
                reason += ", in a table about persons"
            yield self._say(entry.entity, min(1.0, entry.score * factor), reason)

    def _from_table(self, sample: ColumnSample) -> Iterator[Evidence]:
        """Read ``diagnoses.code`` as a diagnosis: a generic column of a table whose name is the meaning."""
        tokens = words(sample.column.name)
        generic = tokens and (tokens[-1] in _GENERIC_WORDS or tokens[0] in _GENERIC_WORDS)
        if not generic or sample.context.nearness < Need.LINKED or sample.column.name in sample.table.primary_key:
            return
        told = TELLING_TABLES.get(words(sample.table.name)[-1]) if words(sample.table.name) else None
        if told is not None:
            yield self._say(told, TABLE_SCORE, f"the table's name says {words(sample.table.name)[-1]!r}")
        for match in matches(sample.table.name):
            if role_of(match.entry.entity) is Role.SENSITIVE and _fit(sample.column, match.entry.kinds, "") == 1.0:
                yield self._say(
                    match.entry.entity, TABLE_SCORE * match.factor, f"the table's name says {match.phrase!r}"
                )

    def _say(self, entity: str, score: float, reason: str) -> Evidence:
        return Evidence(recognizer=self.name, entity=entity, score=score, share=None, reason=reason)


def _numbers_rows(sample: ColumnSample, entity: str) -> bool:
    """Tell whether ``sample`` is the key of what ``entity`` lists, or of entries about persons, and is nobody's."""
    if entity == PERSON_KEY:
        return sample.context.nearness is not Need.PERSON and sample.table.primary_key == (sample.column.name,)
    return entity in CODED and sample.column.name in sample.table.primary_key


def _split(sample: ColumnSample) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of the column's name: those that repeat the end of the table's name, and the rest."""
    table, column = words(sample.table.name), words(sample.column.name)
    for size in range(min(len(table), len(column) - 1), 0, -1):
        if table[-size:] == column[:size]:
            return column[:size], column[size:]
    return (), column


def _fit(column: Column, kinds: str, entity: str) -> float:
    letter = _letter(column)
    if letter in kinds or letter == "?" or (entity == "event_date" and letter == "d"):
        return 1.0
    return WRONG_KIND


def _counted(sample: ColumnSample, match: Match) -> float:
    """Return what is left of a meaning where the column is a count or a bound of it."""
    column = sample.column
    first = words(column.name)[:1]
    bound = bool(first) and first[0] in BOUNDS
    if column.kind in NUMERIC_KINDS and role_of(match.entry.entity) in {Role.DIRECT, Role.KEY}:
        return COUNTED if bound or counts(column.name, match.phrase) else 1.0
    return ABOUT_IT if bound and sample.context.nearness is Need.ANYWHERE else 1.0


def _letter(column: Column) -> str:
    if column.kind in NUMERIC_KINDS:
        return "n"
    if column.kind in TEMPORAL_KINDS:
        return "d"
    if column.kind is Kind.ENUM and column.values and {value.lower() for value in column.values} <= _ANSWERS:
        return "b"
    return {Kind.BOOLEAN: "b", Kind.UNSUPPORTED: "?"}.get(column.kind, "t")


def _is_bookkeeping(column: Column) -> bool:
    tokens = words(column.name)
    if any(word in tokens for word in _BOOKKEEPING):
        return True
    return any(token.startswith(word) for token in tokens for word in _BOOKKEEPING if len(word) >= _SHORTEST_STEM)


_BOOKKEEPING = frozenset(map(singular, BOOKKEEPING))


plugin = Names
