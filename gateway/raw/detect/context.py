"""What a table is to persons: one row each, something about them, or neither. Judged from the catalogue alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.raw.detect.affixes import without_affix
from gateway.raw.detect.keynames import is_auditor, names_person_key
from gateway.raw.detect.lexicon import (
    EVENTS,
    KEY_HEADS,
    LOOKUPS,
    ORGANIZATIONS,
    THINGS,
    Need,
)
from gateway.raw.detect.wording import (
    is_plural,
    matches,
    person_word,
    singular,
    subject_word,
    words,
)
from gateway.vocabulary.names import TableName
from gateway.vocabulary.schema import NUMERIC_KINDS, Kind

if TYPE_CHECKING:
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Column, Schema, Table

_WRAPPERS = frozenset(
    {"tbl", "t", "tab", "dim", "fact", "stg", "master", "info", "data", "detail", "profile", "list", "base", "table"}
    | {"main", "record", "stamm", "raw", "public", "all"}
)
"""Words around the one that says what a table holds."""
_IDENTIFYING = frozenset({"given_name", "family_name", "full_name", "birth_date", "national_number"})
_DEMOGRAPHIC = frozenset(
    {"sex", "age", "marital_status", "ethnicity", "religion", "occupation", "education", "nationality", "birth_place"}
)
_TOLD = frozenset(
    {"income", "credit", "diagnosis", "test_result", "treatment", "body_measure", "habit", "vital_status", "crime"}
    | {"disability", "employment", "family"}
)
"""Entities that several of a person's facts may be, where nothing else says that a row is one."""
_FACTS_OF_A_PERSON, _FACTS_BESIDE_ONE = 3, 2
_CONTACT = frozenset({"email", "phone", "street"})
_STRONG = 0.75
_STRONGER = 0.9
"""For names: ``ship_name`` is a person's, in a table of orders."""
_DEMOGRAPHICS_OF_A_PERSON = 2
_FARTHEST = 5
"""References followed from column to column."""
_ANYBODYS_KEYS = frozenset(
    {("id",), ("uuid",), ("guid",), ("pk",), ("code",), ("key",), ("name",), ("number",), ("rowid",)}
)
"""Names of keys that every table may have: the same name in two tables says nothing."""


@dataclass(frozen=True, kw_only=True)
class TableContext:
    """How near a table is to persons, whether its name says so, and which of its columns are keys of persons."""

    nearness: Need = Need.ANYWHERE
    named: bool = False
    """The table's name is a word for a person: its own key is a person key."""
    addressed: bool = False
    """Whether it holds e-mail addresses and is not named after organisations: whose name is there is a person's."""
    subject: str | None = None
    """That word, if it names somebody whom data is likely to be about."""
    person_keys: frozenset[ColumnName] = field(default_factory=frozenset)
    """Columns that point at persons: by declared references, or by name where none is declared."""


def contexts(schema: Schema) -> dict[TableName, TableContext]:
    """Return the context of every table of ``schema``.

    A table has one row per person when its name says so or its columns do (a name, or two demographic facts), unless
    it links persons to something or logs what they did. A table is linked when it points at such a table, by reference
    or by name, or holds contact data: an order has the name to ship to and is no person, because it points at one. Who
    wrote a row down does not link it, and a table of places or goods is linked by nothing.
    """
    named = {table.name for table in schema.tables if _is_named_for_persons(table) and not _only_links(table)}
    persons = named | {
        t.name for t in schema.tables if _is_of_persons(t) and not _only_links(t) and not _others(schema, t, named)
    }
    persons |= {t.name for t in schema.tables if _adds_to(schema, t, persons)}
    keys_of_persons = _keys_of(schema, persons)
    endings = tuple(_letters(key) for key in keys_of_persons if len(_letters(key)) >= _SHORTEST_ENDING)
    called = {_core(table) for table in schema.tables if table.name in persons}
    found = {}
    for table in schema.tables:
        keys = frozenset(
            column.name
            for column in table.columns
            if (
                points_at_person(schema, table, column.name, persons=persons)
                or (column.name in keys_of_persons and table.name not in persons)
                or _ends_as_key(table, column, endings)
                or (_named(column.name) in called and _may_refer(table, column))
                or _may_be_somebody(table, column.name)
            )
            and (table.name in persons or not _is_own_key(table, column.name))
        )
        found[table.name] = TableContext(
            nearness=_nearness(table, keys, persons),
            named=table.name in named,
            addressed="email" in _entities(table) and not _is_of_organizations(table),
            subject=_subject(table),
            person_keys=keys,
        )
    return found


def _adds_to(schema: Schema, table: Table, persons: set[TableName]) -> bool:
    """Tell whether the key of ``table`` is that of a table of persons, of whom it says more: ``profiles.user_id``."""
    if table.name in persons or len(table.primary_key) != 1 or _is_lookup(table) or is_of_things(table):
        return False
    return any(
        target in persons and (there,) == schema.table(target).primary_key
        for target, there in _targets(table, table.primary_key[0])
    )


def _letters(name: str) -> str:
    return "".join(words(name))


def _ends_as_key(table: Table, column: Column, endings: tuple[str, ...]) -> bool:
    """``loan_idreader`` ends as ``id_reader`` does, the key of a table of persons whatever that is called."""
    letters = _letters(column.name)
    return (
        column.kind in {Kind.TEXT, Kind.INTEGER}
        and letters.endswith(endings)
        and letters not in endings
        and not _targets(table, column.name)
    )


_SHORTEST_ENDING = 6


def _named(column: ColumnName) -> tuple[str, ...]:
    """Return the words of ``column`` without a key's: ``visits.owner_id`` and ``visits.owner`` name owners."""
    tokens = words(column)
    return tokens[:-1] if len(tokens) > 1 and tokens[-1] in KEY_HEADS else tokens


def _may_be_somebody(table: Table, column: ColumnName) -> bool:
    """Tell whether ``column`` points at whatever ``*_type`` beside it says, which may be a person.

    ``subject_id`` beside ``subject_type``, where the first is a part that persons play, or the second an enum that
    lists some.
    """
    of = _named(column)
    beside = next((each for each in table.columns if words(each.name) == (*of, "type")), None)
    if beside is None or of == words(column) or _targets(table, column):
        return False
    listed = any(person_word(word) for label in beside.values for word in words(label)[-1:])
    return listed or of[-1] in _PARTS or person_word(of[-1])


_PARTS = frozenset({"actor", "party", "causer", "notifiable", "principal", "subject", "entity", "identity", "holder"})
"""Parts in references whose target is told row by row: as likely a person as anything."""


def _may_refer(table: Table, column: Column) -> bool:
    """Tell whether ``column``, named as a table of persons, can be what points there: ``visits.patient``."""
    return (
        column.kind in {Kind.TEXT, Kind.INTEGER}
        and not _targets(table, column.name)
        and _named(column.name) != _core(table)
    )


def _nearness(table: Table, keys: frozenset[ColumnName], persons: set[TableName]) -> Need:
    if table.name in persons:
        return Need.PERSON
    if is_of_things(table):
        return Need.ANYWHERE
    told_of = {key for key in keys if not is_auditor(key)}
    about = any(person_word(word) for word in _core(table)[:-1]) and not _is_lookup(table)
    contact = _has_contact(table) and not _is_of_organizations(table)
    return Need.LINKED if told_of or about or contact else Need.ANYWHERE


def is_of_things(table: Table) -> bool:
    """Tell whether ``table`` lists places, goods or settings by its name, which are nobody's."""
    core = _core(table)
    return bool(core) and core[-1] in _THINGS and not any(person_word(word) for word in core)


def _is_of_organizations(table: Table) -> bool:
    """Tell whether ``table`` lists firms and the like and names nobody in them."""
    core = _core(table)
    return bool(core) and core[-1] in _ORGANIZATIONS and not _entities(table) & _IDENTIFYING


_ORGANIZATIONS = frozenset(map(singular, ORGANIZATIONS))
_THINGS = frozenset(map(singular, THINGS))


def _only_links(table: Table) -> bool:
    """Tell whether ``table`` is named after persons but has a row for each of something else they do or belong to."""
    referring = {column for reference in table.references for column in reference.columns}
    joins = len(table.primary_key) > 1 and all(column in referring for column in table.primary_key)
    return joins or any(word in EVENTS for word in _core(table)[:-1])


def _keys_of(schema: Schema, persons: set[TableName]) -> frozenset[ColumnName]:
    """Return the names that keys of tables of persons have, but those that any table may give its key."""
    found: dict[ColumnName, set[TableName]] = {}
    for table in schema.tables:
        if len(table.primary_key) == 1 and words(table.primary_key[0]) not in _ANYBODYS_KEYS:
            found.setdefault(table.primary_key[0], set()).add(table.name)
    return frozenset(column for column, owners in found.items() if owners & persons)


def _is_own_key(table: Table, column: ColumnName) -> bool:
    """Tell whether ``column`` is named after ``table`` itself: ``log_person_id`` numbers the entries of a log."""
    return table.primary_key == (column,) and words(column)[:-1] == words(table.name)


def _others(schema: Schema, table: Table, persons: set[TableName]) -> bool:
    """Tell whether ``table`` points at persons with a column other than its own key."""
    own = set(table.primary_key or [column.name for column in table.columns[:1]])
    if not table.primary_key and len(_entities(table) & _DEMOGRAPHIC) >= _DEMOGRAPHICS_OF_A_PERSON:
        named = [column.name for column in table.columns if names_person_key(column.name)]
        own |= set(named) if len(named) == 1 else set()
    return any(
        points_at_person(schema, table, column.name, persons=persons)
        for column in table.columns
        if column.name not in own
        and not is_auditor(column.name)
        and all(target != table.name for target, _ in _targets(table, column.name))
    )


def points_at_person(schema: Schema, table: Table, column: ColumnName, *, persons: set[TableName]) -> bool:
    """Tell whether ``column`` refers to somebody: through declared references (however many hops), else by its name."""
    declared = _targets(table, column)
    if declared:
        return any(_reaches_person(schema, target, persons, depth=_FARTHEST) for target in declared)
    kind = table.column(column).kind
    counted = kind in NUMERIC_KINDS and is_plural(column) and "id" not in words(column)
    return names_person_key(column) and not counted


def _targets(table: Table, column: ColumnName) -> list[tuple[TableName, ColumnName]]:
    """Return what ``column`` refers to. Of a key of several columns, those named for persons, if any, stand for it."""
    found = []
    for reference in table.references:
        pairs = list(zip(reference.columns, reference.target_columns, strict=False))
        telling = [pair for pair in pairs if any(map(names_person_key, pair))] or pairs
        found += [(reference.target, there) for here, there in telling if here == column]
        found += [(_NOWHERE, there) for here, there in pairs if here == column and (here, there) not in telling]
    return found


_NOWHERE = TableName("")
"""Stands for the table that the shared part of a key, such as a tenant, leads to."""


def _reaches_person(schema: Schema, at: tuple[TableName, ColumnName], persons: set[TableName], *, depth: int) -> bool:
    name, column = at
    try:
        table = schema.table(name)
    except KeyError:
        return bool(words(name)) and person_word(words(name)[-1]) and not _starts_as_lookup(name)
    further = [target for target in _targets(table, column) if target[0] != name]
    if name in persons and (not further or (column,) == table.primary_key):
        return True  # a key shared with a table of parties is a person's all the same
    return depth > 0 and any(_reaches_person(schema, target, persons, depth=depth - 1) for target in further)


def _core(table: Table) -> tuple[str, ...]:
    tokens = words(table.name)
    return tuple(token for token in tokens if token not in _WRAPPERS) or tokens


def _is_lookup(table: Table) -> bool:
    core = _core(table)
    return bool(core) and (core[-1] in _LOOKUPS or _starts_as_lookup(table.name))


def _starts_as_lookup(name: str) -> bool:
    """``tipos_clientes`` and ``gruposclientes`` list what customers can be."""
    tokens = [word for word in words(name) if word not in _WRAPPERS]
    if len(tokens) > 1 and tokens[0] in _LOOKUPS:
        return True
    return len(tokens) == 1 and any(
        tokens[0].startswith(lookup) and person_word(tokens[0][len(lookup) :].removeprefix("s")) for lookup in _LOOKUPS
    )


_LOOKUPS = frozenset(map(singular, LOOKUPS))


def _is_named_for_persons(table: Table) -> bool:
    core = _core(table)
    return bool(core) and not _is_lookup(table) and (person_word(core[-1]) or _starts_with_person(core))


def _starts_with_person(core: tuple[str, ...]) -> bool:
    """``personas_fisicas``, ``person_current``: an adjective may follow the person, a noun makes it another thing."""
    return len(core) == 2 and core[-1] in _ADJECTIVES and person_word(core[0])  # noqa: PLR2004 - a noun and its adjective


_ADJECTIVES = frozenset({"fisica", "fisico", "natural", "physique", "active", "activo", "aktiv", "archive", "current"})


def _subject(table: Table) -> str | None:
    core = _core(table)
    return core[-1] if core and subject_word(core[-1]) else None


def _is_of_persons(table: Table) -> bool:
    if _is_lookup(table) or is_of_things(table):
        return False
    entities = _entities(table)
    demographic, told = len(entities & _DEMOGRAPHIC), len(entities & _TOLD)
    several = demographic >= _DEMOGRAPHICS_OF_A_PERSON or told >= _FACTS_OF_A_PERSON
    return bool(entities & _IDENTIFYING) or several or (demographic > 0 and told >= _FACTS_BESIDE_ONE)


def _has_contact(table: Table) -> bool:
    return bool(_entities(table) & _CONTACT)


def _entities(table: Table) -> set[str]:
    """Return what the column names mean, were the table about persons; words that mean so only there do not count."""
    found = set()
    for column in table.columns:
        plain = without_affix(table, column.name)
        for match in (*matches(column.name), *(matches(plain) if plain else ())):
            needed = _STRONGER if match.entry.entity == "full_name" else _STRONG
            demographic = match.entry.entity in _DEMOGRAPHIC | _TOLD
            if match.entry.score * match.factor >= needed and (match.entry.need is Need.ANYWHERE or demographic):
                found.add(match.entry.entity)
    return found
