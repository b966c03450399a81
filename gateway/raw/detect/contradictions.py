"""Where a policy is more open than what detection found: each such column needs an override with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.policy.spelling import shown
from gateway.raw.detect.findings import is_undecided, leading
from gateway.vocabulary.errors import Problem
from gateway.vocabulary.roles import LEARNABLE_ROLES, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.policy.model import ColumnClause, Policy
    from gateway.raw.detect.findings import Finding


def contradictions(findings: Iterable[Finding], policy: Policy) -> tuple[Problem, ...]:
    """Return a problem, without a line, for every column that ``policy`` opens and ``findings`` say identifies.

    That is: treatment ``learn`` where the finding, at ``findings.SURE`` or more, is a direct identifier or a person's
    key, and the column has no ``override``; and every such column that a public table has, and that is under neither
    its ``without`` nor its ``overrides``. Replaced, fresh-keyed and dropped columns release nothing of a value and
    cannot contradict; nor can a quasi-identifier called sensitive, as both are learned under the same guarantee.
    Columns without a clause are coverage's to refuse, not this function's.
    """
    return tuple(problem for _, problem in contradicted(findings, policy))


def contradicted(findings: Iterable[Finding], policy: Policy) -> Iterator[tuple[Finding, Problem]]:
    """Yield the problems of ``contradictions``, each beside the finding it rests on."""
    for finding in findings:
        for problem in _against(finding, policy):
            yield finding, problem


def identifies(finding: Finding) -> bool:
    """Tell whether ``finding`` stands against every policy that opens its column."""
    return finding.role not in LEARNABLE_ROLES and not is_undecided(finding)


def _against(finding: Finding, policy: Policy) -> Iterator[Problem]:
    table = policy.tables.get(finding.table)
    if table is None or not identifies(finding):
        return
    reasons = "; ".join(f"{piece.recognizer}: {piece.reason}" for piece in leading(finding)[:2])
    found = f"detection found role `{finding.role}` ({finding.entity}, confidence {finding.confidence:.2f}; {reasons})"
    clause = table.columns.get(finding.column)
    if table.treatment is TableTreatment.REFERENCE and not {finding.column} & {*table.without, *table.overrides}:
        yield Problem(
            line=0,
            where=f"tables.{finding.table}",
            message=f"is copied as it is, but in `{shown(finding.column)}` {found}; put the column under `without`, "
            "or under `overrides` with the reason why it may be known to all",
        )
    elif clause is not None and _is_open(clause):
        yield Problem(
            line=0,
            where=f"tables.{finding.table}.columns.{finding.column}",
            message=f"is learned as role `{clause.role}`, but {found}; replace or drop it, or give an `override` with "
            "the reason",
        )


def _is_open(clause: ColumnClause) -> bool:
    return clause.treatment is Treatment.LEARN and clause.override is None
