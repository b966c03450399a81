"""Charts as SVG inside the page: drawn by altair and vl-convert, then taken apart and put together from a short list.

Nothing but shapes and texts gets through (``_KEPT``): no script, style, link or picture, whatever a label says. Labels
are data of a chart and never part of an expression. The same figures give the same bytes. The libraries load slowly, so
they are imported when the first chart is drawn; stewards without a page never wait for them. Colours are told apart by
the colour-blind and come with shapes; in the dark and on paper the page's style puts others in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from gateway.vocabulary.markup import Markup, element, visible
from gateway.web.layout import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BARS = 24
"""Cells of a column that are drawn: those with the most rows."""
MOST_MAPPED = 24
"""Columns of a map of correlations."""
NUMBERED = 12
"""Up to so many columns the map has its numbers written in."""
_LABEL = 34
_WIDTH = 380
_INK, _SOFT, _LINE, _ONE, _TWO = "#1d2126", "#565d66", "#d5d9de", "#0b57a4", "#b34700"
_TILES = (
    "#0b4a8f", "#3f7fc1", "#8db8de", "#cfe0ef", "#f1f1ee", "#f6dcc1", "#eeb27a", "#d97f2e", "#a34e00",
)  # fmt: skip
_NONE = "#b9bec5"
_PARTS = ("#0b4a8f", "#d97f2e", "#3f7fc1", "#8a6d3b", "#8db8de", "#eeb27a", "#565d66", "#a34e00")
_KEPT = {
    "svg": {"width", "height", "viewBox"},
    "g": {"transform", "fill", "stroke-miterlimit"},
    "path": {"d", "transform", "fill", "stroke", "stroke-width", "opacity", "fill-opacity", "stroke-dasharray"},
    "line": {"transform", "x1", "x2", "y1", "y2", "stroke", "stroke-width", "opacity", "stroke-dasharray"},
    "rect": {"x", "y", "width", "height", "fill", "stroke", "transform"},
    "text": {"text-anchor", "transform", "font-size", "font-weight", "fill", "opacity"},
}


def shares(
    labels: Sequence[str],
    measured: Sequence[float],
    synthetic: Sequence[float],
    *,
    name: str,
    caption: str,
    errors: Sequence[tuple[float, float]] | None = None,
) -> Markup:
    """Return one column side by side: a dot for what is ``measured`` (called ``name``), a diamond for synthetic rows.

    ``errors`` are the ends of each measured share's interval, drawn as a line.
    """
    alt = _altair()
    most = sorted(range(len(labels)), key=lambda at: (-max(measured[at], synthetic[at]), at))[:MOST_BARS]
    shown = sorted(most)
    keys = _unique([labels[at] for at in shown])
    rows = [
        {"cell": key, "rows": side, "share": values[at]}
        for key, at in zip(keys, shown, strict=True)
        for side, values in ((name, measured), ("synthetic rows", synthetic))
    ]
    y = alt.Y("cell:N", sort=None, title=None)
    scale = alt.Scale(domain=[name, "synthetic rows"], range=[_ONE, _TWO])
    points = alt.Chart(alt.Data(values=rows)).mark_point(filled=True, size=60, opacity=1).encode(
        x=alt.X("share:Q", title="share of rows", axis=alt.Axis(format="%", tickCount=5)),
        y=y,
        color=alt.Color("rows:N", scale=scale, legend=alt.Legend(orient="top", title=None, columnPadding=26)),
        shape=alt.Shape("rows:N", scale=alt.Scale(domain=[name, "synthetic rows"], range=["circle", "diamond"])),
    )  # fmt: skip
    layers = [points]
    if errors is not None:
        ends = [
            {"cell": key, "low": errors[at][0], "high": errors[at][1]} for key, at in zip(keys, shown, strict=True)
        ]  # fmt: skip
        lines = alt.Chart(alt.Data(values=ends)).mark_rule(color=_ONE, strokeWidth=2)
        layers.insert(0, lines.encode(x=alt.X("low:Q", title="share of rows"), x2="high:Q", y=y))
    left = len(labels) - len(shown)
    told = f"{len(shown)} cells" + (f", the {left:,} with fewer rows left out" if left else "")
    described = "; ".join(
        f"{key}: {name} {measured[at]:.1%}, synthetic {synthetic[at]:.1%}"
        for key, at in zip(keys, shown, strict=True)
    )  # fmt: skip
    return _drawn(alt.layer(*layers), caption=caption, title=f"Shares of {told}", described=described,
                  height=20 * len(shown))  # fmt: skip


def correlations(
    names: Sequence[str], found: Mapping[tuple[str, str], float], *, across: Sequence[str], caption: str
) -> Markup:
    """Return a map of correlations, -1 to 1; grey where there is none. A row for each name, ``across`` in columns."""
    alt = _altair()
    shown, heads = list(names[:MOST_MAPPED]), list(across[:MOST_MAPPED])
    keys = dict(zip(shown, _unique(shown), strict=True))
    numbered = len(shown) <= NUMBERED or len(heads) <= NUMBERED // 2
    rows = []
    for one in heads:
        for other in shown:
            value = 1.0 if one == other else found.get((one, other), found.get((other, one)))
            rows.append(
                {
                    "one": keys[one],
                    "other": keys[other],
                    "tile": _NONE if value is None else _TILES[_tile(value)],
                    "text": "" if value is None or not numbered else f"{value:.2f}".replace("0.", "."),
                    "ink": "#ffffff" if value is not None and abs(value) > 7 / 9 else "#1d2127",
                }
            )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("one:N", sort=[keys[one] for one in heads], title=None, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("other:N", sort=[keys[other] for other in shown], title=None),
    )
    tiles = base.mark_rect(stroke=None).encode(color=alt.Color("tile:N", scale=None))
    chart = tiles if not numbered else tiles + base.mark_text(fontSize=10).encode(
        text="text:N", color=alt.Color("ink:N", scale=None)
    )  # fmt: skip
    strongest = sorted(((abs(v), pair) for pair, v in found.items() if set(pair) <= set(shown)), reverse=True)[:10]
    described = "; ".join(f"{one} and {other}: {found[one, other]:.2f}" for _, (one, other) in strongest)
    size = 36 if len(shown) <= NUMBERED else 20
    described = f"The strongest: {described or 'none'}"
    return _drawn(chart, caption=caption, title="Map of correlations", described=described, height=size * len(shown),
                  width=max(size, 36 if numbered else 0) * len(heads))  # fmt: skip


def errors(groups: Mapping[str, Sequence[float]], *, caption: str) -> Markup:
    """Return how far pairs of columns are off: a stroke for each, the groups below each other."""
    alt = _altair()
    rows = [{"group": cut(group, most=_LABEL), "distance": each} for group, values in groups.items() for each in values]
    chart = alt.Chart(alt.Data(values=rows)).mark_tick(thickness=2, color=_ONE, opacity=0.55).encode(
        x=alt.X("distance:Q", title="share of rows that would have to change", axis=alt.Axis(format="%")),
        y=alt.Y("group:N", sort=None, title=None),
    )  # fmt: skip
    told = [f"{group}: {len(v)} pairs, {min(v):.1%} to {max(v):.1%}" for group, v in groups.items() if v]
    return _drawn(chart, caption=caption, title="Distance of every pair", described="; ".join(told),
                  height=40 * max(len(groups), 1))  # fmt: skip


def excesses(found: Sequence[tuple[str, float, float, float, float | None]], *, caption: str) -> Markup:
    """Return attacks as (name, figure, low, high, threshold or None): a dot on its interval, a bar to stay below."""
    alt = _altair()
    keys = _unique([each[0] for each in found])
    rows = [
        {"attack": key, "excess": value, "low": low, "high": high, "needed": needed}
        for key, (_, value, low, high, needed) in zip(keys, found, strict=True)
    ]
    y = alt.Y("attack:N", sort=None, title=None)
    x = alt.X("low:Q", title="success beyond people who were left out", axis=alt.Axis(format="%"))
    base = alt.Chart(alt.Data(values=rows))
    lines = base.mark_rule(color=_ONE, strokeWidth=2).encode(x=x, x2="high:Q", y=y)
    dots = base.mark_point(filled=True, size=60, color=_ONE, opacity=1).encode(x="excess:Q", y=y)
    limits = (
        alt.Chart(alt.Data(values=[row for row in rows if row["needed"] is not None]))
        .mark_tick(thickness=3, color=_TWO, size=16)
        .encode(x="needed:Q", y=y)
    )
    described = "; ".join(
        f"{key}: {value:.3f}, between {low:.3f} and {high:.3f}" + ("" if needed is None else f", allowed {needed:.3f}")
        for key, (_, value, low, high, needed) in zip(keys, found, strict=True)
    )
    return _drawn(alt.layer(lines, dots, limits), caption=caption, title="What attackers gain", described=described,
                  height=22 * len(found))  # fmt: skip


def spending(parts: Mapping[str, float], *, caption: str) -> Markup:
    """Return one bar that is all of the budget, in parts."""
    alt = _altair()
    names = [cut(part, most=60) for part in parts]
    rows = [
        {"part": part, "share": share, "at": at}
        for at, (part, share) in enumerate(zip(names, parts.values(), strict=True))
    ]
    colours = [_PARTS[at % len(_PARTS)] for at in range(len(names))]
    chart = alt.Chart(alt.Data(values=rows)).mark_bar(stroke="#ffffff").encode(
        x=alt.X("share:Q", stack="zero", title="share of the budget", axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("part:N", sort=names, scale=alt.Scale(domain=names, range=colours),
                        legend=alt.Legend(orient="bottom", title=None, columns=1, labelLimit=420)),
        order="at:Q",
    )  # fmt: skip
    described = "; ".join(f"{part}: {share:.0%}" for part, share in zip(names, parts.values(), strict=True))
    return _drawn(chart, caption=caption, title="Where the budget went", described=described, height=36, width=560)


def over_time(periods: Sequence[str], counts: Sequence[int], *, caption: str) -> Markup:
    """Return how many rows there are in each of ``periods``, which follow each other."""
    alt = _altair()
    rows = [{"period": period, "rows": count} for period, count in zip(periods, counts, strict=True)]
    chart = alt.Chart(alt.Data(values=rows)).mark_bar(color=_TWO).encode(
        x=alt.X("period:O", sort=None, title=None, axis=alt.Axis(labelAngle=-40, labelOverlap="greedy")),
        y=alt.Y("rows:Q", title="synthetic rows", axis=alt.Axis(tickCount=4)),
    )  # fmt: skip
    most = max(range(len(counts)), key=lambda at: counts[at])
    described = f"{periods[0]} to {periods[-1]}; the most, {counts[most]:,}, in {periods[most]}"
    return _drawn(chart, caption=caption, title="Rows over time", described=described, height=120, width=520)


# --- drawing ---


def _altair() -> Any:  # noqa: ANN401 - a module without types
    import altair as alt  # noqa: PLC0415 - slow to load, and only pages have charts

    return alt


def _drawn(
    chart: Any, *, caption: str, title: str, described: str, height: int, width: int = _WIDTH  # noqa: ANN401 - see above
) -> Markup:  # fmt: skip
    import vl_convert  # noqa: PLC0415 - as above

    spec = chart.properties(width=width, height=max(height, 20)).to_dict()
    spec["config"] = {
        "aria": False,
        "background": None,
        # browsers' letters are wider than those that the library measures
        "padding": {"left": 14 + _LABEL, "right": 20, "top": 4, "bottom": 4},
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": {"labelColor": _INK, "titleColor": _SOFT, "gridColor": _LINE, "domainColor": _SOFT, "tickColor": _SOFT,
                 "labelLimit": 240, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
        "legend": {"labelColor": _INK, "labelFontSize": 12},
    }  # fmt: skip
    root = ET.fromstring(vl_convert.vegalite_to_svg(spec))  # noqa: S314 - made by the library just now, from our spec
    inner = [_kept(child) for child in root]
    sizes = {key: value for key, value in root.attrib.items() if key in _KEPT["svg"]}
    svg = element(
        "svg",
        element("title", f"{caption}: {title}"),
        element("desc", described),
        *inner,
        role="img",
        aria_label=f"{cut(caption)}: {title}. {described}",
        **sizes,
    )
    return element("figure", element("figcaption", element("bdi", caption)), svg, class_="chart")


def _kept(node: ET.Element) -> Markup | None:
    """Return an element with what is known to be a shape, and everything else left out."""
    tag = node.tag.rpartition("}")[2]
    allowed = _KEPT.get(tag)
    if allowed is None or tag == "svg":
        return None
    given = {
        key.replace("-", "_"): value
        for key, value in node.attrib.items()
        if key in allowed and "url(" not in value and value != ""
    }
    if tag == "path" and {"fill", "stroke"}.isdisjoint(given):
        return None  # a background that is not seen
    if tag == "text":
        tiles = {"#1d2127": "on-tile", "#ffffff": "on-dark-tile"}
        return element("text", node.text or "", class_=tiles.get(given.get("fill", "")), **given)
    return element(tag, *(_kept(child) for child in node), **given)


def _tile(value: float) -> int:
    return min(int((value + 1) / 2 * len(_TILES)), len(_TILES) - 1)


def _unique(labels: Sequence[str]) -> list[str]:
    """Return labels cut to a chart's width, each another: what two cells are called alike would be one row."""
    found: dict[str, None] = {}
    for label in labels:
        short = cut(visible(label), most=_LABEL)
        number = 2
        while short in found:
            short = f"{cut(visible(label), most=_LABEL - 5)} ({number})"
            number += 1
        found[short] = None
    return list(found)
