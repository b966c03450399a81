"""What a table is to persons: one row each, something about them, or neither. Judged from the catalogue alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.raw.detect.lexicon import ACTORS, KEY_HEADS, Need
from gateway.raw.detect.meanings import PERSON_KEY
from gateway.raw.detect.wording import SUFFIX, matches, person_word, phrase_words, subject_word, words

if TYPE_CHECKING:
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema, Table

_WRAPPERS = frozenset(
    {"tbl", "t", "tab", "dim", "fact", "stg", "master", "info", "data", "detail", "profile", "list", "base", "table"}
    | {"main", "record", "stamm", "raw", "public", "all"}
)
"""Words around the one that says what a table holds."""
_LOOKUPS = frozenset(
    {"type", "statu", "group", "category", "role", "level", "class", "segment", "kind", "permission", "setting"}
    | {"lookup", "code"}
)
"""Last words of tables that list what persons can be, not persons."""
_IDENTIFYING = frozenset({"given_name", "family_name", "full_name", "birth_date", "national_number"})
_DEMOGRAPHIC = frozenset(
    {"sex", "age", "marital_status", "ethnicity", "religion", "occupation", "education", "nationality", "birth_place"}
)
_CONTACT = frozenset({"email", "phone", "street"})
_STRONG = 0.75
_STRONGER = 0.9
"""For names: ``ship_name`` is a person's, in a table of orders."""
_DEMOGRAPHICS_OF_A_PERSON = 2


@dataclass(frozen=True, kw_only=True)
class TableContext:
    """How near a table is to persons, whether its name says so, and which of its columns are keys of persons."""

    nearness: Need = Need.ANYWHERE
    named: bool = False
    """The table's name is a word for a person: its own key is a person key."""
    subject: str | None = None
    """That word, if it names somebody whom data is likely to be about."""
    person_keys: frozenset[ColumnName] = field(default_factory=frozenset)
    """Columns that point at persons: by declared references, or by name where none is declared."""


def contexts(schema: Schema) -> dict[TableName, TableContext]:
    """Return the context of every table of ``schema``.

    A table has one row per person when its name says so or its columns do (a name, or two demographic facts). A table
    is linked when it points at such a table, by reference or by name, or holds contact data: an order
    has the name to ship to and is no person, because it points at one.
    """
    named = {table.name for table in schema.tables if _is_named_for_persons(table)}
    persons = named | {t.name for t in schema.tables if _is_of_persons(t) and not _others(schema, t, named)}
    found = {}
    for table in schema.tables:
        keys = frozenset(c.name for c in table.columns if points_at_person(schema, table, c.name, persons=persons))
        nearness = (
            Need.PERSON if table.name in persons else Need.LINKED if keys or _has_contact(table) else Need.ANYWHERE
        )
        if nearness is Need.ANYWHERE and any(person_word(word) for word in _core(table)[:-1]) and not _is_lookup(table):
            nearness = Need.LINKED
        found[table.name] = TableContext(
            nearness=nearness, named=_is_named_for_persons(table), subject=_subject(table), person_keys=keys
        )
    return found


def _others(schema: Schema, table: Table, persons: set[TableName]) -> bool:
    """Tell whether ``table`` points at persons with a column other than its own key."""
    own = set(table.primary_key or [column.name for column in table.columns[:1]])
    return any(
        points_at_person(schema, table, column.name, persons=persons)
        for column in table.columns
        if column.name not in own and all(target != table.name for target, _ in _targets(table, column.name))
    )


def points_at_person(schema: Schema, table: Table, column: ColumnName, *, persons: set[TableName]) -> bool:
    """Tell whether ``column`` refers to somebody: through declared references (however many hops), else by its name."""
    declared = _targets(table, column)
    if declared:
        return any(_reaches_person(schema, target, persons, depth=5) for target in declared)
    return names_person_key(column)


def names_person_key(name: str) -> bool:
    """Tell whether ``name`` alone reads as a key of a person: ``customer_id``, ``UserKey``, ``manager_staff_id``."""
    tokens = words(name)
    if len(tokens) > 1 and tokens[-1] in KEY_HEADS and not _means_something_else(name):
        rest = tokens[:-1]
        return person_word(rest[-1]) or any(rest == phrase_words(actor) for actor in ACTORS)
    if len(tokens) == 1 and tokens[0].endswith("id") and person_word(tokens[0][:-2]):
        return True
    return any(match.entry.entity == PERSON_KEY and match.factor >= _STRONG for match in matches(name))


def _means_something_else(name: str) -> bool:
    """``contact_number`` is a phone, not the number of a contact."""
    return any(match.factor >= SUFFIX and match.entry.entity != PERSON_KEY for match in matches(name))


def _targets(table: Table, column: ColumnName) -> list[tuple[TableName, ColumnName]]:
    return [
        (reference.target, there)
        for reference in table.references
        for here, there in zip(reference.columns, reference.target_columns, strict=False)
        if here == column
    ]


def _reaches_person(schema: Schema, at: tuple[TableName, ColumnName], persons: set[TableName], *, depth: int) -> bool:
    name, column = at
    try:
        table = schema.table(name)
    except KeyError:
        return person_word(words(name)[-1]) if words(name) else False
    further = [target for target in _targets(table, column) if target[0] != name]
    if name in persons and not further:
        return True
    return depth > 0 and any(_reaches_person(schema, target, persons, depth=depth - 1) for target in further)


def _core(table: Table) -> tuple[str, ...]:
    tokens = words(table.name)
    return tuple(token for token in tokens if token not in _WRAPPERS) or tokens


def _is_lookup(table: Table) -> bool:
    core = _core(table)
    return bool(core) and core[-1] in _LOOKUPS


def _is_named_for_persons(table: Table) -> bool:
    core = _core(table)
    return bool(core) and person_word(core[-1])


def _subject(table: Table) -> str | None:
    core = _core(table)
    return core[-1] if core and subject_word(core[-1]) else None


def _is_of_persons(table: Table) -> bool:
    if _is_named_for_persons(table):
        return True
    if _is_lookup(table):
        return False
    entities = _entities(table)
    return bool(entities & _IDENTIFYING) or len(entities & _DEMOGRAPHIC) >= _DEMOGRAPHICS_OF_A_PERSON


def _has_contact(table: Table) -> bool:
    return bool(_entities(table) & _CONTACT)


def _entities(table: Table) -> set[str]:
    """Return what the column names mean, were the table about persons; words that mean so only there do not count."""
    found = set()
    for column in table.columns:
        for match in matches(column.name):
            needed = _STRONGER if match.entry.entity == "full_name" else _STRONG
            demographic = match.entry.entity in _DEMOGRAPHIC
            if match.entry.score * match.factor >= needed and (match.entry.need is Need.ANYWHERE or demographic):
                found.add(match.entry.entity)
    return found
