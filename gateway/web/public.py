"""The public page of a release: for analysts, and for whoever wants to know what was released and how good it is.

Everything on it comes from the public report, the certificate, the policy and the synthetic rows. It takes no steward's
report, so nothing of one can be on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.vocabulary.markup import Markup, element, joined
from gateway.web import charts, guarantee, pictures, wording
from gateway.web.layout import document, facts, figure, folded, name, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.policy.model import Policy
    from gateway.release.certificate import Certificate
    from gateway.release.reports import AcceptanceReport, PublicColumn, PublicReport, PublicTable
    from gateway.vocabulary.names import ReleaseId

FIRST_LINE = "<!doctype html><!-- gateway public report -->"
"""How every such page begins, so that a later one may be written over it."""
_MOST_NAMED = 40


def page(report: PublicReport, *, release: ReleaseId, created: str, policy: Policy, certificate: Certificate) -> str:
    """Return the page of the release called ``release``."""
    drawing = pictures.Drawing()
    sections = [
        ("released", "What is released", _released(report, policy)),
        ("guarantee", "Who is protected, and how well", guarantee.told(certificate)),
    ]
    if report.acceptance is not None:
        sections.append(("acceptance", "How near the tables are to the real ones", acceptance(report.acceptance)))
    sections += [
        (f"t{at}", f"Table {each.table}", _table(each, drawing, place=f"t{at}"))
        for at, each in enumerate(report.tables)
        if not each.copied
    ]
    header = element(
        "header",
        element("h1", "Synthetic data: ", name(policy.name)),
        element("p", f"Release {release[:12]}, made {created[:10]}", class_="soft"),
        element(
            "div",
            element("p", "Every figure on this page was measured with noise, at a cost that the guarantee below "
                    "counts, or was counted over synthetic rows. So whoever may see the tables may see it."),
            class_="note", role="note",
        ),
    )  # fmt: skip
    return document(
        first_line=FIRST_LINE, title=f"Synthetic data: {policy.name}", header=header, sections=sections
    )  # fmt: skip


def acceptance(found: AcceptanceReport) -> Markup:
    """Return the private acceptance test."""
    passed = found.outcome.value == "passed"
    words = element(
        "span", f"✓ {found.outcome.value}" if passed else "✕ not passed", class_="good" if passed else "bad"
    )
    far = (
        f"{percent(found.distance.rate.rate)} of the rows would have to change, between "
        f"{percent(found.distance.low.rate)} and {percent(found.distance.high.rate)}"
    )
    tables = [
        (name(table_name), percent(each.rate.rate), f"{percent(each.low.rate)} to {percent(each.high.rate)}")
        for table_name, each in found.tables.items()
    ]
    return figure(
        "The private acceptance test",
        facts(
            (
                ("Distance", far),
                ("Needed", f"at most {percent(found.needed.rate)}, at the upper end"),
                ("Outcome", words),
                ("Compared", f"{found.compared.count:,} columns and pairs of columns"),
            )
        ),
        table("Each table", ("Table", "Distance", "95 % error"), tables) if tables else None,
        means=wording.ACCEPTANCE.means, not_shown=wording.ACCEPTANCE.not_shown,
    )  # fmt: skip


def _released(report: PublicReport, policy: Policy) -> Markup:
    rows = [
        (
            name(each.table),
            f"{each.rows.count:,}",
            "copied as it is: public" if each.copied else "synthetic",
            f"{len(each.columns)}",
        )
        for each in report.tables
    ]
    return figure(
        "Tables",
        facts((("Purpose", policy.purpose), ("Source", name(policy.source.name)))),
        table("Tables of this release", ("Table", "Rows", "How it was made", "Measured columns"), rows),
        means=wording.RELEASED.means,
        not_shown=wording.RELEASED.not_shown,
    )


# --- one table ---


def _table(told: PublicTable, drawing: pictures.Drawing, *, place: str) -> Markup:
    return joined(
        element("p", f"{told.rows.count:,} synthetic rows."),
        element(
            "p", "Shares here are of rows counted with each person's part scaled down to a bound, on both sides alike: "
            "who has many rows counts less.", class_="soft",
        ) if any(column.bounded for column in told.columns) else None,
        pictures.marginals(
            map(_shares, told.columns), drawing, measured="noisy measurement", texts=wording.NOISY_SHARES,
            place=f"{place}-columns",
        ),
        _distances(told, place=f"{place}-distances"),
        _maps(told, drawing, place=f"{place}-maps"),
        _errors(told, drawing, place=f"{place}-errors"),
        _answers(told, place=f"{place}-answers"),
        pictures.series(told.series, drawing, place=f"{place}-series"),
    )  # fmt: skip


def _shares(column: PublicColumn) -> pictures.Shares:
    return pictures.Shares(
        column=wording.column(column.column),
        labels=[cell.label for cell in column.cells],
        measured=[cell.noisy.rate.rate for cell in column.cells],
        synthetic=[cell.synthetic.rate for cell in column.cells],
        distance=column.distance.apart.rate,
        errors=[(cell.noisy.low.rate, cell.noisy.high.rate) for cell in column.cells],
        told=f"{percent(column.distance.apart.rate)} off the noisy measurement; noise alone would give "
        f"{percent(column.distance.noise.rate)}",
    )


def _distances(told: PublicTable, *, place: str) -> Markup | None:
    if not told.columns:
        return None
    ranked = sorted(told.columns, key=lambda each: -each.distance.corrected.rate)[: pictures.MOST_ROWS]
    rows = [
        (
            name(wording.column(each.column)),
            percent(each.distance.apart.rate),
            percent(each.distance.noise.rate),
            percent(each.distance.corrected.rate),
        )
        for each in ranked
    ]
    heads = ("Column", "Upper estimate, noise included", "Noise alone", "Estimate without noise")
    return figure(
        "How far off each column is",
        folded(f"{len(rows):,} columns", table("Distances of columns, the worst first", heads, rows)),
        means=wording.DISTANCE.means,
        not_shown=wording.DISTANCE.not_shown,
        place=place,
    )


def _maps(told: PublicTable, drawing: pictures.Drawing, *, place: str) -> Markup | None:
    own = [wording.column(column.column) for column in told.columns]
    measured, synthetic = (
        {
            (wording.column(pair.one), wording.column(pair.other)): rate.rate
            for pair, rate in ((pair, getattr(pair, which)) for pair in told.pairs)
            if rate is not None
        }
        for which in ("correlation", "synthetic_correlation")
    )
    beside = [each for pair in (*measured, *synthetic) for each in pair]
    names = list(dict.fromkeys([*own, *beside]))
    maps = [("Noisy measurements", measured), ("Synthetic rows", synthetic)]
    return pictures.correlations(names, maps, drawing, across=own, place=place)


def _errors(told: PublicTable, drawing: pictures.Drawing, *, place: str) -> Markup | None:
    found = [(pair, pair.distance) for pair in told.pairs if pair.distance is not None]
    if not found:
        return None
    found.sort(key=lambda each: -each[1].corrected.rate)
    groups = {
        "noise included": [distance.apart.rate for _, distance in found],
        "noise taken off": [distance.corrected.rate for _, distance in found],
    }
    rows = [
        (
            joined(name(wording.column(pair.one)), " and ", name(wording.column(pair.other))),
            percent(distance.apart.rate),
            percent(distance.noise.rate),
            percent(distance.corrected.rate),
        )
        for pair, distance in found[: pictures.MOST_ROWS]
    ]
    heads = ("Pair", "Upper estimate, noise included", "Noise alone", "Estimate without noise")
    return figure(
        "How far off each measured pair is",
        charts.errors(groups, caption=f"{len(found):,} pairs that were measured") if drawing.take() else None,
        folded("Figures", table("Distances of pairs, the worst first", heads, rows)),
        means=wording.NOISY_ERRORS.means,
        not_shown=wording.NOISY_ERRORS.not_shown,
        place=place,
    )


def _answers(told: PublicTable, *, place: str) -> Markup:
    measured = [pair for pair in told.pairs if pair.distance is not None]
    missing = sum(map(len, told.unmeasured.values()))
    lists = [
        element("li", name(wording.column(one)), ": not with ", *_listed(others))
        for one, others in told.unmeasured.items()
    ]
    return figure(
        "What this table answers well, and what it does not",
        facts(
            (
                ("Measured", f"{len(told.columns):,} columns, {len(measured):,} pairs"),
                ("Not measured", f"{missing:,} pairs" if missing else "every pair of columns was measured"),
                ("Made up", joined(*_listed(told.invented)) if told.invented else "no column"),
            )
        ),
        folded(f"The {missing:,} pairs that were not measured", element("ul", *lists)) if lists else None,
        means=wording.ANSWERS.means,
        not_shown=wording.ANSWERS.not_shown,
        place=place,
    )


def _listed(names: Iterable[str]) -> list[Markup | str]:
    every = list(names)
    shown: list[Markup | str] = []
    for at, each in enumerate(every[:_MOST_NAMED]):
        shown += [", " if at else "", name(wording.column(each))]
    if len(every) > _MOST_NAMED:
        shown.append(f" and {len(every) - _MOST_NAMED:,} more")
    return shown
