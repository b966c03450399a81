"""What detection says about a column, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

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


ACCESS = "access"
"""What the evidence that a table could not be read is said by."""
SURE = 0.6
"""From here on a finding stands against a policy. One weak sign alone (an unknown label of a row: .48) does not."""


def is_undecided(finding: Finding) -> bool:
    """Tell whether a person has to say what the column is: detection is not sure of the role it proposes."""
    return finding.confidence < SURE


def unread_tables(findings: Iterable[Finding]) -> list[TableName]:
    """Return the tables that could not be read: what is said of their columns rests on names and types alone."""
    unread = (f.table for f in findings if any(piece.recognizer == ACCESS for piece in f.evidence))
    return list(dict.fromkeys(unread))


def contents(finding: Finding) -> dict[str, float]:
    """Return what prose holds: each entity to the greatest share of sampled texts in which it was found."""
    found: dict[str, float] = {}
    for piece in finding.evidence:
        if piece.within is not None:
            found[piece.within] = max(found.get(piece.within, 0.0), piece.share or 0.0)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def leading(finding: Finding) -> tuple[Evidence, ...]:
    """Return the evidence without what prose holds, that for the verdict first and otherwise as it stands."""
    pieces = [piece for piece in finding.evidence if piece.within is None]
    return tuple(sorted(pieces, key=lambda piece: piece.entity != finding.entity))


def to_json(finding: Finding) -> dict[str, Any]:
    """Return ``finding`` as the scan command prints it: table, column, role, entity, confidence, evidence, and more.

    ``treatment`` is what is proposed, ``undecided`` whether a person has to look, and ``contents`` what prose holds:
    entity to share of texts.
    """
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
                "within": piece.within,
            }
            for piece in finding.evidence
        ],
        "treatment": str(finding.treatment),
        "undecided": is_undecided(finding),
        "contents": {entity: round(share, 3) for entity, share in contents(finding).items()},
    }
