"""What every page is made of: one file that asks for nothing, tables with captions, and figures with their two texts.

A Content-Security-Policy allows the page's own style, by its hash, and nothing else: no script, no picture from
anywhere. Every text is escaped (``vocabulary.markup``), also names that look like markup or turn the direction of
writing.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from gateway.vocabulary.markup import Markup, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.vocabulary.markup import Child

_LONGEST = 120
_FEW, _DIGITS = 0.1, 6


def document(*, first_line: str, title: str, header: Markup, sections: Sequence[tuple[str, str, Markup]]) -> str:
    """Return a whole page: ``sections`` are (id, heading, content), which the contents list links to.

    ``first_line`` says what sort of page it is, so that a later one knows that it may be written over.
    """
    style = Markup(files(__package__).joinpath("report.css").read_text(encoding="utf-8"))
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_security(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", cut(title)),
        element("style", style),
    )
    contents = element(
        "nav",
        element("ol", *(element("li", element("a", cut(heading), href=f"#{place}")) for place, heading, _ in sections)),
        aria_label="On this page",
    )
    body = joined(
        element("a", "Skip to the report", href="#report", class_="skip"),
        header,
        contents,
        element("main", *(_section(*each) for each in sections), id="report"),
    )
    return f"{first_line}\n{element('html', element('head', head), element('body', body), lang='en')}\n"


def _section(place: str, heading: str, content: Markup) -> Markup:
    return element(
        "section", element("h2", cut(heading), id=f"{place}-h"), content, id=place, aria_labelledby=f"{place}-h"
    )


def _security(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def figure(title: Child, *content: Child, means: str, not_shown: str, place: str | None = None) -> Markup:
    """Return a figure with what it means and what it does not show: there is no way to make one without."""
    return element(
        "div",
        element("h3", title),
        *content,
        element(
            "dl",
            element("dt", "What it means"),
            element("dd", means, class_="means"),
            element("dt", "What it does not show"),
            element("dd", not_shown, class_="not-shown"),
            class_="told",
        ),
        class_="figure",
        id=place,
    )


def table(caption: Child, heads: Sequence[str], rows: Iterable[Sequence[Child]]) -> Markup:
    """Return a table whose first cell of each row heads it; on a narrow screen each cell is labelled by its column."""
    head = element("tr", *(element("th", label, scope="col") for label in heads))
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, data_label=label) for cell, label in zip(row[1:], heads[1:], strict=True)),
        )
        for row in rows
    ]
    return element(
        "div",
        element("table", element("caption", caption), element("thead", head), element("tbody", *body)),
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label="A table; it may be wider than the screen",
    )


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Return names with what they stand for; those that are None are left out."""
    told = [joined(element("dt", name), element("dd", value)) for name, value in pairs if value is not None]
    return element("dl", *told, class_="facts")


def folded(summary: Child, *content: Child, is_open: bool = False) -> Markup:
    """Return content that is shown when asked for; without a script, and when printed as it stands."""
    return element("details", element("summary", summary), *content, open=is_open)


def name(text: str, *, most: int = _LONGEST) -> Markup:
    """Return a name out of a catalogue or a policy, cut, whose direction of writing stays its own."""
    return element("bdi", cut(text, most=most))


def cut(text: str, *, most: int = _LONGEST) -> str:
    """Return ``text``, not longer than ``most`` characters; something to see where it is empty."""
    shown = text if text.strip() else "(no name)"
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def percent(share: float) -> str:
    """Return a share as people read it: never as all or nothing unless it is."""
    digits = 1 if abs(share) < _FEW else 0
    while digits < _DIGITS and _FEW < share < 1 and float(f"{100 * share:.{digits}f}") >= 100:  # noqa: PLR2004 - per cent
        digits += 1
    return f"{100 * share:.{digits}f} %"
