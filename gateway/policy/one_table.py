"""What a domain file may say: the public facts about one file of rows, for `gateway synthesize`.

It is to a CSV or Parquet file what a policy is to a database, for somebody who only has the file. Whatever it says is
public: that is why it is written by a person, and never taken from the rows without one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.policy import document
from gateway.policy.consistency import refuse_repeated, tell_knowledge
from gateway.policy.coverage import misfits, misordered
from gateway.policy.facts import contradictions
from gateway.policy.model import DomainClause, KnowledgeClause
from gateway.policy.part import Part, Slug
from gateway.policy.reading import read_as, schema_text
from gateway.policy.spelling import did_you_mean, shown
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import Problem
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from gateway.policy.document import Document, Place
    from gateway.vocabulary.schema import Table

KINDS = "integer, decimal(digits, digits behind the point), float, boolean, date, datetime or text"
MOST_DIGITS = 18
"""Digits of a decimal: more do not fit the whole numbers that a model works with."""

_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
PLAIN = {kind.value: kind for kind in
          (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.TEXT)}  # fmt: skip


def typed(name: str, kind: str, *, nullable: bool) -> Column:
    """Return the column ``name`` of a declared ``kind``, such as ``decimal(8,2)``; ``ValueError`` for no known one."""
    if kind in PLAIN:
        return Column(name=ColumnName(name), kind=PLAIN[kind], native=kind, nullable=nullable)
    digits = _DECIMAL.fullmatch(kind)
    precision, scale = (int(digits[1]), int(digits[2])) if digits else (0, 0)
    if not 0 <= scale <= precision <= MOST_DIGITS or not precision:
        raise ValueError(f"expected {KINDS}; a decimal has at most {MOST_DIGITS} digits")
    return Column(
        name=ColumnName(name), kind=Kind.DECIMAL, native=kind, nullable=nullable, precision=precision, scale=scale
    )


def _known_kind(kind: str) -> str:
    typed("", kind, nullable=True)
    return kind


class FileColumnClause(DomainClause):
    """What one column of the file holds. What is left out is discovered under differential privacy."""

    kind: Annotated[str, AfterValidator(_known_kind)] | None = Field(
        default=None, description=f"One of {KINDS}. Without it: the type of a Parquet file, or text."
    )
    nullable: bool = Field(default=True, description="Whether cells may be empty.")
    discover: bool = Field(default=False, description="Search for the values of a text column; this costs budget.")

    @model_validator(mode="after")
    def _discovers_what_is_not_declared(self) -> Self:
        if self.discover and self.values is not None:
            raise ValueError("`discover` and `values` exclude each other: listed values are all there are")
        return self

    @property
    def says_what_texts(self) -> bool:
        """Whether a text column with this may be learned: its values are listed, or somebody said to search."""
        return self.discover or self.values is not None or self.prefixes is not None


class FileUnitClause(Part):
    """Who is protected, when that is not simply one row. Each has one row: rows that share a key count nowhere."""

    name: Slug = Field(default="row", description="Name of the unit of protection in the ledger.")
    key: list[str] = Field(default_factory=list, description="Columns that name one unit; they are never learned.")
    meaning: str = Field(min_length=8, description="The unit in words, as the certificate says it.")


class CsvClause(Part):
    """How a CSV file is written."""

    delimiter: Literal[",", ";", "\t", "|"] = Field(default=",", description="What stands between two cells.")
    encoding: Literal["utf-8", "latin-1", "windows-1252"] = "utf-8"
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign of numbers.")
    nulls: list[str] = Field(
        default_factory=list, description="Texts that stand for an empty cell, such as `NA`; an empty one always does."
    )
    trim: bool = Field(default=False, description="Take blanks off both ends of texts; of numbers always.")


class DomainFile(Part):
    """What is public about one file of rows."""

    version: Literal[1] = 1
    source: Slug | None = Field(
        default=None,
        description="Name of the data in the ledger, the file's own if absent. Files about the same people share one.",
    )
    unit: FileUnitClause | None = None
    columns: dict[str, FileColumnClause] = Field(default_factory=dict)
    ignore: list[str] = Field(default_factory=list, description="Columns that are not learned and not in the output.")
    knowledge: KnowledgeClause | None = None
    csv: CsvClause = CsvClause()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if twice := self.columns.keys() & {*self.ignore, *(self.unit.key if self.unit else ())}:
            raise ValueError(f"`{min(twice)}` is under `columns`, and also ignored or the unit's key")
        return self


def load_domain(path: Path) -> DomainFile:
    """Return the domain file ``path``; ``PolicyError`` with every problem, each with its line."""
    return parse_domain(document.read_text(path), name=str(path))


def parse_domain(text: str, *, name: str) -> DomainFile:
    """Return the domain file that ``text`` holds; ``name`` is what ``PolicyError`` calls it."""
    return read_as(DomainFile, text, name=name, before=_check_declared, after=lambda _: None)


def misfit(domain: DomainFile, table: Table, *, learned: Collection[str]) -> tuple[Problem, ...]:
    """Return everything in which ``domain`` does not fit the file's ``table``, without lines; nothing when it does."""
    return tuple(Problem(0, document.where(place), message) for place, message in _misfit(domain, table, learned))


def _misfit(domain: DomainFile, table: Table, learned: Collection[str]) -> Iterator[tuple[Place, str]]:
    columns = {str(column.name): column for column in table.columns}
    keys = domain.unit.key if domain.unit else []
    named = [*((("columns", name), name) for name in domain.columns), *((("ignore",), name) for name in domain.ignore)]
    for place, name in [*named, *((("unit", "key"), name) for name in keys)]:
        if name not in columns:
            hint = did_you_mean(name, columns)
            yield place, f"names `{shown(name)}`, which is not a column of the file{hint}"
    for name, clause in domain.columns.items():
        for message in misfits(clause, columns[name]) if name in columns else ():
            yield ("columns", name), message
    if domain.knowledge is not None:
        known = domain.knowledge.model_dump()
        for inside, message in contradictions(known, columns=columns, learned=learned):
            yield ("knowledge", *inside), message
        for message in misordered(domain.knowledge, columns):
            yield ("knowledge", "order"), message


def domain_digest(domain: DomainFile) -> str:
    """Return the SHA-256 of what ``domain`` says, defaults written out."""
    return sha256(canonical_json(domain.model_dump(mode="json")))


def domain_schema() -> str:
    """Return the JSON schema of a domain file, for editors."""
    return schema_text(DomainFile, title="The public facts about one file of rows")


def _check_declared(read: Document) -> None:
    columns: Any = read.data.get("columns")
    for name, column in columns.items() if isinstance(columns, dict) else ():
        refuse_repeated(read, ("columns", name), column)
    tell_knowledge(read, (), read.data, columns=None, learned=())  # which columns there are, the file says
