"""Turn findings into the draft of a policy: every column with a proposal and the reason beside it.

Names, types and labels of enums come from the catalogue and are public; from rows come only verdicts and scores,
rounded. No value, shape, bound, share or count of rows is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gateway.raw.detect.context import TableContext, contexts
from gateway.raw.detect.kinship import propose
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.quoting import comment, quoted
from gateway.raw.detect.table_draft import table_draft
from gateway.vocabulary.errors import ConfigurationError, Unsupported
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema, Table

_LONGEST_SLUG = 40

_HEAD = """\
# A draft, proposed by detection. Read every line, correct what is wrong, say what it is for, then keep it.
# Beside each column: role, entity, confidence, and the opinions it rests on (recognizer, score, reason).
# A column that you treat more openly than found needs an `override` with your reason.
# Tables under `treatment: reference` are public: they are copied as they are. `gateway policy check` refuses them until
# each has a reason of yours.
version: 1
name: {name}
purpose: "To be written: what the synthetic tables are for, and for whom."
source:
  name: {source}
  url: "${{SOURCE_URL}}"{countries}
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
    schema: Schema,
    findings: Sequence[Finding],
    *,
    source_name: str,
    unit_table: TableName | None = None,
    countries: Sequence[str] = (),
) -> str:
    """Return the YAML text of a policy that covers every column of every table.

    It loads as it stands, but for tables proposed to be public: their reasons are refused until a person has put their
    own in the place. The unit's table is ``unit_table``, or else the one most like a table of persons; whose rows the
    others hold is ``kinship``'s proposal; ``countries`` are those whose numbers were looked for. A column without a
    finding is proposed to be dropped. Raises ``Unsupported`` for a schema without columns and ``ConfigurationError``
    for an unknown ``unit_table``.
    """
    known = {(finding.table, finding.column): finding for finding in findings}
    unit = _unit(schema, known, unit_table)
    key, guessed = _key(unit, known)
    subject = contexts(schema)[unit.name].subject
    head = _HEAD.format(
        name=_slug(f"{source_name}-{unit.name}"),
        source=_slug(source_name),
        countries=f"\n  countries: [{', '.join(map(quoted, sorted({*countries})))}]" if countries else "",
        unit=_slug(subject or unit.name),
        table=quoted(unit.name),
        key=", ".join(quoted(column) for column in key),
        key_comment="  # no primary key is declared: check that these columns name one unit" if guessed else "",
        meaning=quoted(f"one row of {unit.name}, with everything that refers to it"),
    )
    proposals = propose(schema, known, unit=unit.name)
    lines = [head]
    for table in schema.tables:
        lines += table_draft(table, schema, known, proposals, key=key if table.name == unit.name else ())
    return "\n".join([*lines, _TAIL])


def _unit(schema: Schema, known: Mapping[tuple[TableName, ColumnName], Finding], wanted: TableName | None) -> Table:
    if wanted is not None:
        try:
            return schema.table(wanted)
        except KeyError:
            names = ", ".join(comment(table.name) for table in schema.tables)
            raise ConfigurationError(
                f"the unit's table {comment(wanted)!r} is not in the source; it has: {names}"
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


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    slug = slug if slug[:1].isalpha() else f"s-{slug}".rstrip("-")
    return quoted(slug[:_LONGEST_SLUG])
