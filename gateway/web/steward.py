"""The steward's page of a release: everything to decide on, in the order in which it is decided on.

It shows the steward's report, which rests on production rows: for stewards alone, never published, every look recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from gateway.vocabulary.digest import sha256
from gateway.vocabulary.markup import Markup, element, joined
from gateway.web import charts, evidence, guarantee, pictures, wording
from gateway.web.layout import cut, document, facts, figure, folded, name, percent, table
from gateway.web.public import acceptance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.release.candidate import ReleaseCandidate
    from gateway.release.reports import AttackReport, Check, ColumnReport, MeasureReport, StewardReport
    from gateway.vocabulary.names import ReleaseId

FIRST_LINE = "<!doctype html><!-- gateway steward report -->"
"""How every such page begins, so that a later one may be written over it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the release stands: what the records say of it beside the candidate itself."""

    release: ReleaseId
    state: str
    requester: str
    expires: str
    votes: str = ""
    """How many votes there are, and how many are needed."""
    epsilon_left: float | None = None
    """What is left for the unit after this release."""
    epsilon_allowed: float | None = None
    history: Sequence[tuple[str, str, str]] = field(default_factory=tuple)
    """(when, who, what), oldest first."""


def page(candidate: ReleaseCandidate, standing: Standing) -> str:
    """Return the page of ``candidate``."""
    report, drawing = candidate.report, pictures.Drawing()
    names = {attack.attack.partition("/")[0] for attack in report.attacks}
    attacks = [check for check in report.checks if check.name in names or check.name in evidence.ATTACKS]
    others = [check for check in report.checks if check not in attacks]
    sections = [
        ("verdict", "Verdict", _verdict(candidate, standing)),
        ("released", "What is released", evidence.released(candidate)),
        (
            "guarantee",
            "Who is protected, and how well",
            guarantee.told(candidate.certificate, ledger=_ledger(standing)),
        ),
        ("columns", "Columns: what was decided, and what was found", _columns(report.columns)),
        ("use", "Is it useful? What was needed, and what was got", _use(candidate, others, drawing)),
        ("attacks", "Attacks that were tried", _attacks(attacks, report.attacks)),
        ("not-shown", "What this does not show", _not_shown(report)),
        ("audit", "Was the promise itself tested?", evidence.audit(candidate)),
        ("sample", "A sample of the synthetic rows", evidence.sample(candidate)),
        ("history", "Who did what", _history(standing)),
    ]
    header = element(
        "header",
        element("h1", "Release ", element("bdi", candidate.policy.name), f" {standing.release[:12]}"),
        element("p", f"Made {candidate.created[:16].replace('T', ' ')} UTC by the generator ",
                name(candidate.certificate.generator), class_="soft"),
        element(
            "div",
            element("p", "For stewards alone. Figures on this page were computed from real rows and are not covered by "
                    "the guarantee: keep the page where production is kept, and do not pass it on. That you look at "
                    "it has been recorded."),
            class_="note", role="note",
        ),
    )  # fmt: skip
    title = f"Release {standing.release[:12]} of {candidate.policy.name}"
    return document(first_line=FIRST_LINE, title=title, header=header, sections=sections)


_ACCEPTED = "not_run_accepted"
"""The outcome of a check that needs rows, which stayed in their source, as the policy accepted by name."""

# --- verdict ---


def _verdict(candidate: ReleaseCandidate, standing: Standing) -> Markup:
    report = candidate.report
    accepted = sum(check.outcome.value == _ACCEPTED for check in report.checks)
    failed = [check for check in report.checks if check.outcome.value not in {"passed", _ACCEPTED}]
    left = _left(candidate, standing)
    if report.passed and accepted:
        line = f"{len(report.checks) - accepted} checks passed, {accepted} not run as the policy accepted{left}"
    elif report.passed:
        line = f"All {len(report.checks)} checks passed{left}"
    else:
        line = f"{len(failed)} of {len(report.checks)} checks did not pass{left}" if report.checks else "No check ran"
    links = [
        element("li", element("a", f"{_called(check)}: {_outcome(check)}", href=f"#{_place(check)}"))
        for check in failed
    ]  # fmt: skip
    return figure(
        "Where this release stands",
        element("p", line, class_="verdict passed" if report.passed else "verdict"),
        element("ul", *links) if links else None,
        facts((
            ("State", standing.state),
            ("Requested by", name(standing.requester)),
            ("Votes", standing.votes or None),
            ("Expires", standing.expires),
        )),
        means=wording.VERDICT.means,
        not_shown=wording.VERDICT.not_shown,
    )  # fmt: skip


def _left(candidate: ReleaseCandidate, standing: Standing) -> str:
    if standing.epsilon_left is None or standing.epsilon_allowed is None:
        return ""
    return (
        f" · epsilon {standing.epsilon_left:.2f} of {standing.epsilon_allowed:.2f} left for each "
        f"{candidate.certificate.unit} after this"
    )


def _ledger(standing: Standing) -> str | None:
    if standing.epsilon_left is None or standing.epsilon_allowed is None:
        return None
    return f"epsilon {standing.epsilon_left:.3f} of {standing.epsilon_allowed:.3f} is left after this release"


# --- columns ---


def _columns(columns: Sequence[ColumnReport]) -> Markup:
    first = [column for column in columns if column.needs_a_look]
    heads = ("Column", "Policy", "Found", "Sure", "Found by", "Reason why detection is not followed")
    by_table = [
        folded(joined(name(told), f": {len(rows)} columns"), table(joined("All columns of ", name(told)), heads, rows))
        for told, rows in (
            (told, [_column(column) for column in found])
            for told, found in groupby(columns, key=lambda column: column.table)
        )
    ]
    return figure(
        "Columns, those to look at first",
        table("Columns that are treated less carefully than proposed", heads, [_column(column) for column in first])
        if first
        else element("p", "Every column is treated as detection proposed, or more carefully."),
        *by_table,
        means=wording.COLUMNS.means,
        not_shown=wording.COLUMNS.not_shown,
    )


def _column(column: ColumnReport) -> tuple[Markup | str, ...]:
    by = dict.fromkeys(opinion.recognizer for opinion in column.opinions)
    policy = f"{column.role}, {column.treatment}" if column.treatment else "public, copied"
    return (
        joined(name(column.table), ".", name(column.column)),
        policy,
        f"{column.found} {column.entity}".strip(),
        percent(column.confidence.rate),
        ", ".join(by) or "-",
        column.override or "-",
    )


# --- usefulness ---


def _use(candidate: ReleaseCandidate, checks: Sequence[Check], drawing: pictures.Drawing) -> Markup:
    report, public = candidate.report, candidate.public
    tables = dict.fromkeys([*(each.table for each in report.marginals), *(each.table for each in report.pairs)])
    series = {each.table: each.series for each in public.tables} if public else {}
    shown = [
        joined(
            element("h3", "Table ", name(told)),
            pictures.marginals(
                _shares(report, told), drawing, measured="real rows", texts=wording.SHARES, place=f"u{at}-columns"
            ),
            _maps(report, told, drawing, place=f"u{at}-maps"),
            _errors(report, told, drawing, place=f"u{at}-errors"),
            pictures.series(series.get(told, ()), drawing, place=f"u{at}-series"),
        )
        for at, told in enumerate(tables)
    ]
    return joined(
        acceptance(public.acceptance) if public is not None and public.acceptance is not None else None,
        *_checks(checks),
        *_measures(report.measures, {check.name.rpartition(".")[2] for check in checks}),
        *shown,
    )


def _shares(report: StewardReport, told: str) -> Iterable[pictures.Shares]:
    for each in report.marginals:
        if each.table == told:
            real, made = [rate.rate for rate in each.real], [rate.rate for rate in each.synthetic]
            distance = sum(abs(one - other) for one, other in zip(real, made, strict=True)) / 2
            yield pictures.Shares(
                column=wording.column(each.column), labels=each.labels, measured=real, synthetic=made,
                distance=distance, told=f"{percent(distance)} of the rows would have to change",
            )  # fmt: skip


def _maps(report: StewardReport, told: str, drawing: pictures.Drawing, *, place: str) -> Markup | None:
    pairs = [each for each in report.pairs if each.table == told]
    real, made = (
        {
            (wording.column(pair.one), wording.column(pair.other)): rate.rate
            for pair, rate in ((pair, getattr(pair, which)) for pair in pairs)
            if rate is not None
        }
        for which in ("correlation", "synthetic_correlation")
    )
    names = list(dict.fromkeys(wording.column(each) for pair in pairs for each in (pair.one, pair.other)))
    return pictures.correlations(names, [("Real rows", real), ("Synthetic rows", made)], drawing, place=place)


def _errors(report: StewardReport, told: str, drawing: pictures.Drawing, *, place: str) -> Markup | None:
    pairs = sorted((each for each in report.pairs if each.table == told), key=lambda each: -each.distance.rate)
    groups = {
        title: [each.distance.rate for each in pairs if each.measured is measured]
        for title, measured in (("measured together", True), ("not measured", False))
    }
    groups = {title: found for title, found in groups.items() if found}
    if not groups:
        return None
    rows = [
        (
            joined(name(wording.column(each.one)), " and ", name(wording.column(each.other))),
            percent(each.distance.rate),
            "yes" if each.measured else "no",
        )
        for each in pairs[: pictures.MOST_ROWS]
    ]
    return figure(
        "How far off each pair of columns is",
        charts.errors(groups, caption=f"{len(pairs):,} pairs") if drawing.take() else None,
        folded("Figures", table("Distances of pairs, the worst first", ("Pair", "Distance", "Measured"), rows)),
        means=wording.PAIR_ERRORS.means,
        not_shown=wording.PAIR_ERRORS.not_shown,
        place=place,
    )


def _measures(measures: Sequence[MeasureReport], checked: set[str]) -> Iterable[Markup]:
    """Yield every measure with its figure for each table, and folded what these are made of."""
    by_name: dict[str, list[MeasureReport]] = {}
    for measure in measures:
        by_name.setdefault(measure.measure, []).append(measure)
    for called, found in by_name.items():
        told = "held against a threshold above" if called in checked else "no threshold: shown for your judgement"
        rows = [(name(each.table) if each.table else "all tables", f"{each.value.rate:.3f}") for each in found]
        parts = [
            (joined(name(each.table), ": ", name(part)), f"{rate.rate:.3f}")
            for each in found
            for part, rate in each.figures.items()
        ]
        shown = figure(
            found[0].question,
            table(told, ("Table", "Figure"), rows),
            folded(f"What it is made of: {len(parts):,} figures",
                   table(found[0].question, ("Part", "Figure"), parts[: pictures.MOST_ROWS])) if parts else None,
            means=found[0].means, not_shown=found[0].not_shown,
        )  # fmt: skip
        values = [each.value.rate for each in found]
        span = f"{min(values):.3f}" if min(values) == max(values) else f"{min(values):.3f} to {max(values):.3f}"
        yield folded(joined("Measure: ", called.replace("_", " "), f", {span}"), shown)


# --- checks ---


def _checks(checks: Sequence[Check]) -> Iterable[Markup]:
    """Yield every check, those open that did not pass."""
    for check in sorted(checks, key=lambda check: check.outcome.value == "passed"):
        passed = check.outcome.value == "passed"
        word = element("span", _outcome(check), class_="good" if passed else "bad" if _counts(check) else "quiet")
        texts = wording.of_check(check.name, check.means, check.not_shown)
        shown = figure(
            check.question if check.question.strip(" ?") else _called(check),
            facts((
                ("Needed", f"{check.comparison.value.replace('_', ' ')} {check.needed.rate:g}"),
                ("Got", "nothing: it could not run" if check.got is None else f"{check.got.rate:g}"),
                ("Outcome", word),
                ("Why it did not run", check.reason or None),
            )),
            means=texts.means, not_shown=texts.not_shown, place=_place(check),
        )  # fmt: skip
        got = "-" if check.got is None else f"{check.got.rate:g}"
        needed = f"{check.comparison.value.replace('_', ' ')} {check.needed.rate:g}"
        yield folded(joined(word, f" {_called(check)}: {got}, needed {needed}"), shown, is_open=not passed)


def _called(check: Check) -> str:
    return cut(check.name.replace("_", " "))


def _place(check: Check) -> str:
    return f"check-{sha256(check.name.encode())[:12]}"


def _outcome(check: Check) -> str:
    known = {"passed": "✓ passed", "failed": "✕ failed", _ACCEPTED: "○ not run, accepted beforehand"}
    return known.get(check.outcome.value, "✕ could not run")


def _counts(check: Check) -> bool:
    """Return whether a check that did not pass stands in the release's way."""
    return check.outcome.value != _ACCEPTED


# --- attacks ---


def _attacks(checks: Sequence[Check], attacks: Sequence[AttackReport]) -> Markup:
    needed = {check.name: check.needed.rate for check in checks}
    whole = [_excess(each, needed) for each in attacks if "/" not in each.attack]
    parts = [_excess(each, needed) for each in attacks if "/" in each.attack][: pictures.MOST_ROWS // 4]
    rows = [
        (
            each.attack.replace("_", " "),
            f"{each.targets.count:,}",
            percent(each.rate.rate.rate),
            percent(each.control.rate.rate),
            percent(each.baseline.rate.rate),
            f"{each.excess.rate.rate:.3f} ({each.excess.low.rate:.3f} to {each.excess.high.rate:.3f})",
        )
        for each in attacks
    ]
    heads = ("Attack", "People attacked", "Success", "On others", "Guessing", "What counts, with its 95 % error")
    picture = figure(
        "How much attackers gain",
        charts.excesses(whole, caption=f"{len(whole)} attacks") if whole else None,
        folded(f"{len(parts)} parts of attacks, each on few people",
               charts.excesses(parts, caption="Parts of attacks")) if parts else None,
        means=wording.ATTACKS.means, not_shown=wording.ATTACKS.not_shown,
    ) if attacks else element("p", "No attack ran.", class_="bad")  # fmt: skip
    return joined(
        picture,
        *_checks(checks),
        figure("All figures", folded("Figures of every attack", table("Attacks and their parts", heads, rows)),
               means=wording.ATTACK_TABLE.means, not_shown=wording.ATTACK_TABLE.not_shown)
        if rows
        else None,
    )  # fmt: skip


def _excess(
    each: AttackReport, needed: dict[str, float]
) -> tuple[str, float, float, float, float | None]:  # fmt: skip
    excess = each.excess
    called = cut(each.attack.replace("_", " "))
    return called, excess.rate.rate, excess.low.rate, excess.high.rate, needed.get(each.attack)


def _not_shown(report: StewardReport) -> Markup:
    """Return everything that figures do not show once more, each sentence once, for those who skip to the end."""
    texts = [wording.of_check(check.name, check.means, check.not_shown).not_shown for check in report.checks]
    whole = [wording.VERDICT, wording.GUARANTEE, wording.COLUMNS, wording.ATTACKS]
    unseen = [f"Not looked at, because the rows stay in their source: {each}." for each in report.unseen]
    lines = dict.fromkeys([*unseen, *(each.not_shown for each in whole), *texts])
    return element("ul", *(element("li", line) for line in lines))


def _history(standing: Standing) -> Markup:
    rows = [(when, name(who), what) for when, who, what in standing.history]
    return figure(
        "The log of this release",
        table("Oldest first", ("When (UTC)", "Who", "What"), rows) if rows else element("p", "Nothing yet."),
        means=wording.HISTORY.means,
        not_shown=wording.HISTORY.not_shown,
    )
