"""What a catalogue declares of a column, in one line that a policy can keep and a later scan can compare."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from gateway.vocabulary.schema import Column, Table

_LONGEST = 60


def declaration(column: Column, table: Table) -> str:
    """Return ``numeric(5,1), not null, unique``: type, NOT NULL and keys of ``column``, on one printable line.

    An enum says how many labels it has, not which. Of what is long only the beginning is told, and a digest of all of
    it. Defaults, comments and CHECKs are left out: the first two may say anything, and the last change nothing that a
    policy says of a column by itself.
    """
    labels = [f"{len(column.values)} labels"] if column.kind is Kind.ENUM and column.values else []
    nullable = [] if column.nullable else ["not null"]
    targets = sorted({reference.target for reference in table.references if column.name in reference.columns})
    pointing = [f"references {_short(target)}" for target in targets]
    return ", ".join([_short(column.native), *labels, *nullable, *_keys(column, table), *pointing])[:400]


def _keys(column: Column, table: Table) -> list[str]:
    found = []
    if column.name in table.primary_key:
        found.append("primary key" if len(table.primary_key) == 1 else "part of the primary key")
    if (column.name,) in table.unique:
        found.append("unique")
    elif any(column.name in unique for unique in table.unique):
        found.append("part of a unique key")
    return found


def _short(text: str) -> str:
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    if line == text and len(text) <= _LONGEST:
        return text or "no type"
    return f"{line[:_LONGEST]}… {hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}"
