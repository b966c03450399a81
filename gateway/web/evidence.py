"""What a release holds, shown: its tables, a sample of its rows, and the audit of its promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.release.evidence import WORDS
from gateway.vocabulary.markup import Markup, element, joined
from gateway.web import wording
from gateway.web.layout import cut, facts, figure, folded, name, table

if TYPE_CHECKING:
    from gateway.release.candidate import ReleaseCandidate
    from gateway.release.evidence import AuditReport
    from gateway.release.synthetic_table import SyntheticTable

ATTACKS = frozenset({
    "singling_out", "linkability", "inference", "membership", "verbatim", "near_copies", "rare_combinations",
    "reconstruction", "shadow", "whole_history", "copied_runs",
})  # fmt: skip
"""Attacks that the gateway ships: their checks stand with the attacks even where they could not run."""
_SAMPLE, _WIDEST, _LONGEST = 6, 14, 40
_TABLES = 20


def released(candidate: ReleaseCandidate) -> Markup:
    """Return the tables with how each was made, for whom and for how long."""
    policy, public = candidate.policy, candidate.certificate.public
    rows = [
        (
            name(each.table.name),
            f"{each.count:,}",
            f"{len(each.table.columns)}",
            "synthetic" if each.table.name not in public else joined("COPIED as it is: ", public[each.table.name]),
        )
        for each in candidate.tables
    ]
    dropped = [told for told, clause in policy.tables.items() if clause.treatment is TableTreatment.DROP]
    unkept = candidate.certificate.constraints_not_kept
    return figure(
        "Tables, purpose and audience",
        facts((
            ("Purpose", policy.purpose),
            ("Source", name(policy.source.name)),
            ("Goes to", joined(name(policy.target.name), ", schema ", name(policy.target.schema_name))),
            ("Who may read", name(policy.target.readers) if policy.target.readers else "nobody is granted access"),
            ("Expires after", f"{policy.expires_after_days} days"),
            ("Left out", _names(dropped) if dropped else None),
            ("Constraints not understood", _names(list(unkept)) if unkept else None),
        )),
        table("Tables of this release", ("Table", "Rows", "Columns", "How it was made"), rows),
        means=wording.RELEASED.means, not_shown=wording.RELEASED.not_shown,
    )  # fmt: skip


def sample(candidate: ReleaseCandidate) -> Markup:
    """Return the first rows of every synthetic table, called what they are."""
    public = candidate.certificate.public
    tables = [each for each in candidate.tables if each.table.name not in public]
    shown = [_rows(each, is_open=not at) for at, each in enumerate(tables[:_TABLES])]
    left = len(tables) - len(shown)
    return figure(
        "Synthetic rows: nobody is in them",
        *shown,
        element("p", f"{left:,} more tables are not shown.", class_="soft") if left > 0 else None,
        means=wording.SAMPLE.means,
        not_shown=wording.SAMPLE.not_shown,
    )


def _rows(told: SyntheticTable, *, is_open: bool) -> Markup:
    columns = told.table.columns[:_WIDEST]
    batch = next(iter(told.batches(_SAMPLE)), None)
    rows = [] if batch is None else batch.slice(0, _SAMPLE).select([column.name for column in columns]).to_pylist()
    lines = [[_cell(value) for value in row.values()] for row in rows]
    more = len(told.table.columns) - len(columns)
    caption = joined("SYNTHETIC rows of ", name(told.table.name), f"; {more} more columns" if more > 0 else "")
    head = element("tr", *(element("th", name(column.name, most=_LONGEST), scope="col") for column in columns))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in line)) for line in lines))
    return folded(
        joined(name(told.table.name), f": {len(lines)} of {told.count:,} synthetic rows"),
        element(
            "div",
            element("table", element("caption", caption), element("thead", head), body, class_="rows"),
            class_="scroll synthetic-rows", tabindex="0", role="group", aria_label="Synthetic rows",
        ),
        is_open=is_open,
    )  # fmt: skip


def _cell(value: object) -> Markup:
    return element("span", "empty", class_="soft") if value is None else name(str(value), most=_LONGEST)


def audit(candidate: ReleaseCandidate) -> Markup:
    """Return what an audit of this very configuration found, or that there was none."""
    found = candidate.audit
    if found is None:
        return figure(
            "Empirical audit",
            element("p", "No audit of this configuration was made. `gateway audit` makes one, without any real row."),
            means=wording.AUDIT.means,
            not_shown=wording.AUDIT.not_shown,
        )
    return figure(
        "Empirical audit",
        _outcome(found),
        facts((
            ("Games played", f"{found.games.count:,}"),
            ("Promised", f"epsilon {found.epsilon:.3f} at delta {found.delta:g}"),
            ("Proven to be spent at least", f"epsilon {found.epsilon_at_least:.3f}, {found.confidence:.1%} sure"),
            ("Noise drawn", f"{found.draws.count:,} times, {found.width:.3f} times as wide as it is said to be"),
            ("Answers that no entry tells of", f"{found.unmetered.count:,}"),
            ("Games in which something else differed", f"{found.differences.count:,}"),
            ("Made", f"{found.created[:16].replace('T', ' ')} UTC"),
        )),
        element("ul", *(element("li", f"Not played: {part}") for part in found.not_played)),
        means=wording.AUDIT.means, not_shown=wording.AUDIT.not_shown,
    )  # fmt: skip


def _outcome(found: AuditReport) -> Markup:
    if not found.contradicted:
        return element("p", "✓ Nothing was found that the promise forbids.", class_="good")
    lines = [element("li", WORDS[fault], class_="bad") for fault in found.faults]
    return joined(element("p", "✕ The promise is contradicted:", class_="bad"), element("ul", *lines))


def _names(names: list[str]) -> Markup:
    return joined(*(part for at, each in enumerate(names) for part in (", " if at else "", name(cut(each)))))
