"""What detection says about a column, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    within: str | None = None
    """For prose: the entity found inside the texts, of which ``share`` is then the share of sampled texts that hold
    one. ``entity`` stays what the column as a whole is, free text."""


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


def to_json(finding: Finding) -> dict[str, Any]:
    """Return ``finding`` as the scan command prints it: table, column, role, entity, confidence, evidence."""
    return {
        "table": finding.table,
        "column": finding.column,
        "role": str(finding.role),
        "entity": finding.entity,
        "confidence": round(finding.confidence, 3),
        "evidence": [
            {
                "recognizer": piece.recognizer,
                "entity": piece.entity,
                "score": round(piece.score, 3),
                "share": None if piece.share is None else round(piece.share, 3),
                "reason": piece.reason,
                "shapes": list(piece.shapes),
            }
            for piece in finding.evidence
        ],
    }
