"""What raw/ hands over: the only thing that crosses the border, named by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.policy.model import Policy
    from gateway.release.certificate import Certificate
    from gateway.release.evidence import AuditReport
    from gateway.release.reports import PublicReport, StewardReport
    from gateway.release.synthetic_table import SyntheticTable


@dataclass(frozen=True, kw_only=True)
class ReleaseCandidate:
    """Synthetic tables with the policy they follow, the guarantee they carry and the steward's report."""

    run: str
    policy: Policy
    tables: tuple[SyntheticTable, ...]
    certificate: Certificate
    report: StewardReport
    created: str
    """UTC, ISO 8601."""
    audit: AuditReport | None = None
    """What was found in games on made-up rows, against exactly this configuration; None when there was no audit."""
    public: PublicReport | None = None
    """What anybody may know who may see the release; None in releases made before there was one."""
