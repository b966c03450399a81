"""Charts with their tables beside them, the worst first: what both pages show of columns, pairs and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.vocabulary.markup import Markup, element, joined
from gateway.web import charts, wording
from gateway.web.layout import cut, figure, folded, name, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.release.reports import SeriesReport
    from gateway.web.wording import Texts

FIRST = 6
"""Columns of a table whose charts stand open."""
MOST_COLUMNS = 18
"""Columns of a table that are drawn; further ones are told by a line of a table."""
MOST_DRAWN = 90
"""Charts on one page; what would be beyond is told by tables alone."""
MOST_ROWS = 400
"""Lines of a table about columns or pairs."""


@dataclass(frozen=True, kw_only=True)
class Shares:
    """One column, measured and synthetic, cell by cell."""

    column: str
    labels: Sequence[str]
    measured: Sequence[float]
    synthetic: Sequence[float]
    distance: float
    """Of what is measured and what is synthetic: the worst come first."""
    errors: Sequence[tuple[float, float]] | None = None
    told: str = ""
    """A sentence about the distance."""


class Drawing:
    """How many charts a page may still have: many tables of many columns must not make it too large to open."""

    def __init__(self) -> None:
        """Allow ``MOST_DRAWN``."""
        self.left = MOST_DRAWN

    def take(self, charts: int = 1) -> bool:
        """Return whether so many more charts are drawn."""
        self.left -= charts
        return self.left >= 0


def marginals(found: Iterable[Shares], drawing: Drawing, *, measured: str, texts: Texts, place: str) -> Markup | None:
    """Return all columns of one table side by side: charts of the worst, others folded, the rest as a table."""
    ranked = sorted(found, key=lambda each: -each.distance)
    if not ranked:
        return None
    drawn = [(each, _one(each, measured)) for each in ranked[:MOST_COLUMNS] if drawing.take()]
    open_, hidden = drawn[:FIRST], drawn[FIRST:]
    lines = [
        (name(each.column), percent(each.distance), each.told or "-") for each in ranked[:MOST_ROWS]
    ]  # fmt: skip
    return figure(
        "Columns, the worst first",
        element("div", *(chart for _, chart in open_), class_="charts"),
        folded(f"{len(hidden):,} more columns", element("div", *(chart for _, chart in hidden), class_="charts"))
        if hidden
        else None,
        folded(
            f"All {len(ranked):,} columns as a table",
            table("Columns, the worst first", ("Column", "Distance", "In words"), lines),
            _left(len(ranked), len(lines)),
        ),
        means=texts.means,
        not_shown=texts.not_shown,
        place=place,
    )


def _one(each: Shares, measured: str) -> Markup:
    """Return one column's chart, with its figures for those who cannot see it."""
    chart = charts.shares(
        each.labels, each.measured, each.synthetic, name=measured, caption=cut(each.column), errors=each.errors
    )
    heads = ["Value", measured.capitalize(), "Synthetic rows"]
    rows: list[list[Markup | str]] = [
        [name(label), percent(share), percent(made)]
        for label, share, made in zip(each.labels, each.measured, each.synthetic, strict=True)
    ]
    if each.errors is not None:
        heads.insert(2, "95 % error")
        for row, (low, high) in zip(rows, each.errors, strict=True):
            row.insert(2, f"{percent(low)} to {percent(high)}")
    return element(
        "div",
        chart,
        element("p", each.told, class_="soft") if each.told else None,
        folded("Figures", table(joined("Shares of rows, ", name(each.column)), heads, rows)),
    )


def correlations(
    names: Sequence[str],
    maps: Sequence[tuple[str, dict[tuple[str, str], float]]],
    drawing: Drawing,
    *,
    place: str,
    across: Sequence[str] = (),
) -> Markup | None:
    """Return maps of correlations side by side, in the same colours; None where nothing is known.

    ``across`` are those of ``names`` that head the map's columns, if not all do.
    """
    if not any(found for _, found in maps) or len(names) < 2:  # noqa: PLR2004 - a pair
        return None
    pairs = list(dict.fromkeys(pair for _, found in maps for pair in found))
    pairs.sort(key=lambda pair: -_differing([found.get(pair) for _, found in maps]))
    lines = [
        (joined(name(one), " and ", name(other)), *(_told(found.get((one, other))) for _, found in maps))
        for one, other in pairs[:MOST_ROWS]
    ]
    shown = f" The first {charts.MOST_MAPPED} columns." if len(names) > charts.MOST_MAPPED else ""
    return figure(
        "How columns hang together",
        element("div", *(_map(names, across or names, caption, found) for caption, found in maps), class_="charts")
        if drawing.take(len(maps))
        else None,
        folded(
            f"All {len(pairs):,} pairs as a table",
            table("Correlations, those that differ most first", ("Pair", *(caption for caption, _ in maps)), lines),
            _left(len(pairs), len(lines)),
        ),
        means=wording.CORRELATION_MAPS.means + shown,
        not_shown=wording.CORRELATION_MAPS.not_shown,
        place=place,
    )


def _map(names: Sequence[str], across: Sequence[str], caption: str, found: dict[tuple[str, str], float]) -> Markup:
    if not found:
        return element("p", f"{caption}: nothing can be told; where noise drowns a correlation, there is none.",
                       class_="soft")  # fmt: skip
    return charts.correlations(names, found, across=across, caption=caption)


def series(found: Sequence[SeriesReport], drawing: Drawing, *, place: str) -> Markup | None:
    """Return how the synthetic rows of one table lie over time, by each of its dates."""
    if not found:
        return None
    drawn = [
        element(
            "div",
            _over_time(one) if drawing.take() else element("p", name(one.column)),
            element("p", f"{one.undated.count:,} rows have no date here.", class_="soft")
            if one.undated.count
            else None,
            folded(
                "Figures",
                table(
                    joined("Synthetic rows by ", one.step.value, ", ", name(one.column)),
                    (one.step.value.capitalize(), "Synthetic rows"),
                    [(each.period, f"{each.rows.count:,}") for each in one.periods],
                ),
            ),
        )
        for one in found
    ]
    return figure(
        "Over time",
        element("div", *drawn[:FIRST], class_="charts"),
        folded(f"{len(drawn) - FIRST} more dates", element("div", *drawn[FIRST:], class_="charts"))
        if len(drawn) > FIRST
        else None,
        means=wording.SERIES.means,
        not_shown=wording.SERIES.not_shown,
        place=place,
    )


def _over_time(one: SeriesReport) -> Markup:
    periods, counts = [each.period for each in one.periods], [each.rows.count for each in one.periods]
    return charts.over_time(periods, counts, caption=cut(one.column))


def _left(all_of_them: int, shown: int) -> Markup | None:
    if all_of_them <= shown:
        return None
    return element("p", f"{all_of_them - shown:,} more are in the JSON of this report.", class_="soft")


def _differing(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return max(known) - min(known) if len(known) > 1 else -1.0


def _told(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"
