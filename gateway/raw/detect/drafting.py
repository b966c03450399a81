"""Turn findings into the draft of a policy: every column with a proposal and the reason beside it.

Names, types and labels of enums come from the catalogue and are public; from rows come only verdicts and scores,
rounded. No value, shape, bound, share or count of rows is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gateway.raw.detect.context import TableContext, contexts
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.meanings import replaceable
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.roles import LEARNABLE_ROLES, Role, Treatment
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column, Schema, Table

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_LONGEST_COMMENT = 160
_LONGEST_SLUG = 40
_MOST_EVIDENCE = 2
_MOST_LABELS = 1_000

_HEAD = """\
# A draft, proposed by detection. Read every line, correct what is wrong, say what it is for, then keep it.
# Beside each column: role, entity, confidence, and the opinions it rests on (recognizer, score, reason).
# A column that you treat more openly than found needs an `override` with your reason.
version: 1
name: {name}
purpose: "To be written: what the synthetic tables are for, and for whom."
source:
  name: {source}
  url: "${{SOURCE_URL}}"
unit:
  name: {unit}
  table: {table}
  key: [{key}]{key_comment}
  meaning: {meaning}
tables:"""
_TAIL = """\
budget:
  epsilon: 1.0
  delta: 1.0e-6
  lifetime_epsilon: 8.0
target:
  name: sharing
  url: "${SHARING_URL}"
  schema: shared
"""


def draft_policy(
    schema: Schema, findings: Sequence[Finding], *, source_name: str, unit_table: TableName | None = None
) -> str:
    """Return the YAML text of a policy that loads as it stands and covers every column of every table.

    The unit's table is ``unit_table``, or else the one most like a table of persons; other tables are proposed to be
    dropped until whole databases can be released. A column without a finding is proposed to be dropped. Raises
    ``Unsupported`` for a schema without columns and ``ConfigurationError`` for an unknown ``unit_table``.
    """
    known = {(finding.table, finding.column): finding for finding in findings}
    unit = _unit(schema, known, unit_table)
    key, guessed = _key(unit, known)
    subject = contexts(schema)[unit.name].subject
    head = _HEAD.format(
        name=_slug(f"{source_name}-{unit.name}"),
        source=_slug(source_name),
        unit=_slug(subject or unit.name),
        table=_quoted(unit.name),
        key=", ".join(_quoted(column) for column in key),
        key_comment="  # no primary key is declared: check that these columns name one unit" if guessed else "",
        meaning=_quoted(f"one row of {unit.name}, with everything that refers to it"),
    )
    lines = [head]
    for table in schema.tables:
        lines += _synthesized(table, known, key) if table.name == unit.name else _dropped(table)
    return "\n".join([*lines, _TAIL])


def _unit(schema: Schema, known: Mapping[tuple[TableName, ColumnName], Finding], wanted: TableName | None) -> Table:
    if wanted is not None:
        try:
            return schema.table(wanted)
        except KeyError:
            names = ", ".join(_comment(table.name) for table in schema.tables)
            raise ConfigurationError(
                f"the unit's table {_comment(wanted)!r} is not in the source; it has: {names}"
            ) from None
    tables = [table for table in schema.tables if table.columns]
    if not tables:
        raise Unsupported("the source has no table with columns that this role can see; grant it SELECT on some")
    found = contexts(schema)
    return max(tables, key=lambda table: _likeness(schema, table, found[table.name], known))


def _likeness(
    schema: Schema, table: Table, context: TableContext, known: Mapping[tuple[TableName, ColumnName], Finding]
) -> float:
    """Return how much ``table`` looks like the one with a row per protected person.

    Its nearness counts most (3 each step), then a name for somebody data is likely to be about (2), references to it
    (half each, at most 2), then its direct (.5 each, at most 2.5) and quasi-identifying columns (.25, at most 1.5).
    """
    roles = [known[table.name, column.name].role for column in table.columns if (table.name, column.name) in known]
    inbound = sum(reference.target == table.name for other in schema.tables for reference in other.references)
    return (
        3.0 * context.nearness
        + 2.0 * (context.subject is not None)
        - 1.0 * bool(context.nearness is Need.PERSON and context.person_keys - set(table.primary_key))
        + min(2.0, 0.5 * inbound)
        + min(2.5, 0.5 * roles.count(Role.DIRECT))
        + min(1.5, 0.25 * roles.count(Role.QUASI))
    )


def _key(unit: Table, known: Mapping[tuple[TableName, ColumnName], Finding]) -> tuple[tuple[ColumnName, ...], bool]:
    """Return the columns that name a unit, and whether that is a guess."""
    if unit.primary_key:
        return unit.primary_key, False
    keys = [f for column in unit.columns if (f := known.get((unit.name, column.name))) and f.role is Role.KEY]
    if keys:
        return (max(keys, key=lambda finding: finding.confidence).column,), True
    return (unit.columns[0].name,), True


def _dropped(table: Table) -> list[str]:
    return [
        f"  {_quoted(table.name)}:",
        "    treatment: drop",
        "    reason: only the table of the unit can be released so far; whole databases come later",
    ]


def _synthesized(
    table: Table, known: Mapping[tuple[TableName, ColumnName], Finding], key: Sequence[ColumnName]
) -> Iterator[str]:
    yield f"  {_quoted(table.name)}:"
    yield "    treatment: synthesize"
    yield "    columns:"
    for column in table.columns:
        finding = known.get((table.name, column.name))
        yield f"      # {_why(finding)}"
        yield f"      {_quoted(column.name)}: {{{_clause(table, column, finding, key)}}}"


def _why(finding: Finding | None) -> str:
    if finding is None:
        return "not scanned"
    opinions = "; ".join(
        f"{piece.recognizer} {piece.score:.1f}: {piece.reason}" for piece in finding.evidence[:_MOST_EVIDENCE]
    )
    entity = f", {finding.entity}" if finding.entity else ""
    return _comment(f"{finding.role}{entity}, {finding.confidence:.1f} - {opinions or 'no recognizer knew it'}")


def _clause(table: Table, column: Column, finding: Finding | None, key: Sequence[ColumnName]) -> str:
    if column.name in key:
        return "role: key, treatment: key"
    if finding is None:
        return _drop(Role.NONE, "detection has not seen this column yet")
    treatment, entity = finding.treatment, replaceable(finding.entity)
    if treatment is Treatment.REPLACE and entity is not None:
        return f"role: {finding.role}, treatment: replace, entity: {entity}"
    if treatment is Treatment.KEY:
        return f"role: {finding.role}, treatment: key"
    if treatment is Treatment.LEARN and finding.role in LEARNABLE_ROLES and column.kind is not Kind.UNSUPPORTED:
        return f"role: {finding.role}, treatment: learn{_domain(column)}"
    return _drop(finding.role, _reason(table, column, finding))


def _drop(role: Role, reason: str) -> str:
    return f"role: {role}, treatment: drop, reason: {_quoted(reason)}"


def _reason(table: Table, column: Column, finding: Finding) -> str:
    if column.kind is Kind.UNSUPPORTED:
        return "values of this type cannot be read yet"
    if finding.role is Role.KEY:
        return "points at a person in another table, or at another person"
    if any(column.name in reference.columns for reference in table.references):
        return "points at a table that is not released"
    if finding.role is Role.DIRECT:
        return f"identifies somebody and cannot be invented as a {column.kind} column"
    return "nearly every row has a text of its own: too varied to be learned safely"


def _domain(column: Column) -> str:
    """Write the labels of an enum: they are declared, so public. A boolean's two values need no declaration."""
    if column.kind is not Kind.ENUM or not 0 < len(column.values) <= _MOST_LABELS:
        return ""
    return f", domain: {{values: [{', '.join(_always_quoted(label) for label in column.values)}]}}"


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    slug = slug if slug[:1].isalpha() else f"s-{slug}".rstrip("-")
    return _quoted(slug[:_LONGEST_SLUG])


def _quoted(text: str) -> str:
    """Return ``text`` as a YAML scalar that reads back as exactly this string, whatever is in it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return _always_quoted(text)


def _always_quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _comment(text: str) -> str:
    """Return ``text`` on one printable line, fit for a comment or a message."""
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST_COMMENT]
