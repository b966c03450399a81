"""What detection says about a column, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.roles import Role, Treatment


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One recognizer's opinion of one column. Holds shapes (``Aaaa 99``), never a value."""

    recognizer: str
    entity: str
    score: float
    share: float | None
    """The share of distinct sampled values that the recognizer matched; None when it did not look at values."""
    reason: str
    shapes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict over one column, with the evidence it rests on."""

    table: TableName
    column: ColumnName
    role: Role
    entity: str | None
    confidence: float
    evidence: tuple[Evidence, ...]
    treatment: Treatment
    """What a policy draft proposes."""
