"""Results of audits, one file for each configuration, named by its digest: for the runs that follow.

A result stays until a better one takes its place: more games, and nothing found. One that contradicts the claim stays
for good: games that are repeated until one goes well prove nothing. Another version of the program, or of the policy,
is another configuration.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from pydantic import ValidationError

from gateway.release.evidence import AuditReport
from gateway.vocabulary.errors import ArtefactFailed

if TYPE_CHECKING:
    from pathlib import Path


def keep(report: AuditReport, folder: Path) -> AuditReport:
    """Keep ``report`` in ``folder``, unless what is there is stronger; return which one is there now.

    ``ArtefactFailed`` when it cannot be written, or what is there is damaged.
    """
    there = find(report.configuration, folder)
    if there is not None and not _is_stronger(report, there):
        return there
    path = _path(report.configuration, folder)
    partial = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with partial.open("xb") as file:
            file.write(report.model_dump_json(indent=2).encode())
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    except OSError as problem:
        partial.unlink(missing_ok=True)
        raise ArtefactFailed(
            f"the result of the audit cannot be written to {folder} ({problem.strerror or type(problem).__name__}); "
            "free space or permissions there, and audit again"
        ) from None
    return report


def find(configuration: str, folder: Path) -> AuditReport | None:
    """Return what was found for exactly this ``configuration``; None when it was not audited.

    ``ArtefactFailed`` when the file is damaged, or is of another configuration.
    """
    path = _path(configuration, folder)
    try:
        found = AuditReport.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        found = None
    if found is None or found.configuration != configuration:
        raise ArtefactFailed(f"the result of an audit in {path} is damaged; remove the file, and audit again")
    return found


def _path(configuration: str, folder: Path) -> Path:
    return folder / f"{configuration}.json"


def _is_stronger(new: AuditReport, old: AuditReport) -> bool:
    if new.contradicted != old.contradicted:
        return new.contradicted
    return new.games.count > old.games.count
