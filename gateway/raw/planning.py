"""What `gateway synthesize` is asked to spend, and what is known of the work before any row is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.policy.one_table import misfit
from gateway.raw.connect.files import open_file
from gateway.raw.generate.domain import declared
from gateway.raw.generate.knowledge import declared_knowledge
from gateway.vocabulary.errors import ConfigurationError, PolicyError
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Kind, Table

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.policy.one_table import DomainFile, FileColumnClause
    from gateway.privacy.budget import Budget
    from gateway.raw.connect.files import TableFile
    from gateway.raw.generate.knowledge import Knowledge


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What to measure, and what that may cost."""

    table: Path
    domain: DomainFile
    budget: Budget
    generator: str
    lifetime_epsilon: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is known of the work before any row is read."""

    file: TableFile
    table: Table
    """The learned columns."""
    clauses: dict[ColumnName, FileColumnClause | None]
    key: tuple[ColumnName, ...]
    left_out: dict[str, str]
    knowledge: Knowledge | None


def plan(spending: Spending) -> Plan:
    """Return what is to be learned and how, from the header, the schema and declarations alone.

    A text column is learned when its values are declared or somebody said to discover them: a file may hold names and
    addresses, and what nobody looked at is left out. ``PolicyError`` for declarations that do not fit the file,
    ``ConfigurationError`` when nothing is left.
    """
    domain, file = spending.domain, open_file(spending.table, spending.domain)
    key = tuple(ColumnName(name) for name in (domain.unit.key if domain.unit else ()))
    reasons = {str(column.name): _reason(column.name, domain, file.table) for column in file.table.columns}
    learned = tuple(column for column in file.table.columns if not reasons[column.name])
    if problems := misfit(domain, file.table, learned=[column.name for column in learned]):
        raise PolicyError(spending.table.name, problems)
    if not learned:
        raise ConfigurationError(
            f"no column of {spending.table.name} is declared, so there is nothing to learn. The kinds of a CSV file's "
            "columns are not taken from its rows, and text is left out until somebody has looked at it. Begin with: "
            f"gateway synthesize {spending.table.name} --draft-domain DOMAIN.yaml"
        )
    clauses = {column.name: domain.columns.get(column.name) for column in learned}
    for column in learned:
        declared(column, clauses[column.name])
    knowledge = declared_knowledge(domain.knowledge)
    if knowledge is not None:
        knowledge.check(clauses)
    return Plan(
        file=file,
        table=Table(name=file.table.name, columns=learned),
        clauses=clauses,
        key=key,
        left_out={name: reason for name, reason in reasons.items() if reason},
        knowledge=knowledge,
    )


def _reason(name: ColumnName, domain: DomainFile, table: Table) -> str:
    """Return why a column is not learned; nothing when it is."""
    clause, column = domain.columns.get(name), table.column(name)
    if name in domain.ignore:
        return "ignored"
    if domain.unit is not None and name in domain.unit.key:
        return "names the unit of protection"
    if column.kind is Kind.UNSUPPORTED:
        return f"is of type {column.native}, which is not learned"
    if column.kind is Kind.TEXT and clause is None:
        return "is not declared"
    if column.kind is Kind.TEXT and clause is not None and not clause.says_what_texts:
        return "is text without `values`, `groups`, `prefixes` or `discover: true`"
    return ""
