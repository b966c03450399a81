"""What detection found as one HTML page with its evidence: for a browser, a printer, or a mail to a colleague steward.

One file that asks for nothing else and works without its script, which only filters. A Content-Security-Policy allows
this page's own style and script, by their hashes, and nothing more; every text is escaped (``markup``), also names that
look like markup or turn the direction of writing. It holds names and types of the catalogue, verdicts, scores, shares
and masked shapes: no value, comment, default or label. Scores and shares are measured on real rows and are nobody's
budget, so the page is for stewards.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING

from gateway.policy.declarations import declaration
from gateway.raw.detect.findings import SURE, contents, is_undecided
from gateway.vocabulary.markup import Markup, element, joined
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gateway.raw.detect.drift import Drift
    from gateway.raw.detect.findings import Evidence, Finding
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Schema, Table

    Places = Mapping[tuple[TableName, ColumnName], str]

FIRST_LINE = "<!doctype html><!-- gateway scan -->"
"""How every page begins, so that a later scan knows that it may be written over."""
_LONGEST = 160
_MOST_FIRST = 40
_LABELS = ("Column", "Role", "Entity", "Sure", "Proposed", "Evidence")
_CLASSES = ("c-name", "c-role", "c-entity", "c-sure", "c-does", "c-why")
_MEANINGS = {
    Role.DIRECT: "identify somebody alone",
    Role.KEY: "stand for a person",
    Role.QUASI: "identify in combination",
    Role.SENSITIVE: "one would not want known",
    Role.NONE: "say nothing of a person",
}


def page(
    schema: Schema,
    findings: Sequence[Finding],
    *,
    title: str,
    moment: dt.datetime,
    notes: Sequence[str] = (),
    drift: Sequence[Drift] = (),
) -> str:
    """Return the page of ``findings``, by tables of ``schema`` in catalogue order.

    ``title`` says what was scanned, ``notes`` what was not (a model that is not installed), ``drift`` what has come
    apart from a policy, if the scan was against one.
    """
    style, script = (_asset(name) for name in ("page.css", "page.js"))
    places = {(finding.table, finding.column): f"c{number}" for number, finding in enumerate(findings)}
    tables = [table for table in schema.tables if any(f.table == table.name for f in findings)]
    by_table: dict[TableName, list[Finding]] = {}
    for finding in findings:
        by_table.setdefault(finding.table, []).append(finding)
    ids = {table.name: f"t{number}" for number, table in enumerate(tables)}
    body = joined(
        element("a", "Skip to the tables", href="#tables", class_="skip"),
        _header(findings, tables, title=title, moment=moment, notes=notes),
        element(
            "main",
            _drifted(drift),
            _first(findings, places),
            _filters(findings, ids),
            element(
                "nav",
                element("details", element("summary", f"{len(tables):,} tables"), _contents(ids, by_table)),
                aria_label="Tables",
            ),
            element("div", *(_section(t, ids[t.name], by_table[t.name], places) for t in tables), id="tables"),
        ),
    )
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_security(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"Gateway scan: {_cut(title)}"),
        element("style", style),
    )
    whole = element("html", element("head", head), element("body", body, element("script", script)), lang="en")
    return f"{FIRST_LINE}\n{whole}\n"


def _asset(name: str) -> Markup:
    return Markup(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _security(style: str, script: str) -> str:
    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; base-uri 'none'; "
        "form-action 'none'"
    )


# --- above the tables ------------------------------------------------------------------------------------------------


def _header(
    findings: Sequence[Finding], tables: Sequence[Table], *, title: str, moment: dt.datetime, notes: Sequence[str]
) -> Markup:
    roles = Counter(finding.role for finding in findings)
    undecided = sum(map(is_undecided, findings))
    sums = [
        element("li", element("b", f"{roles[role]:,}"), element("span", role.value, class_=f"role {role}"),
                element("span", f" · {_MEANINGS[role]}", class_="soft"))
        for role in Role
    ]  # fmt: skip
    sums.append(element("li", element("b", f"{undecided:,}"), "undecided"))
    return element(
        "header",
        element("h1", "Who is named in ", element("bdi", _cut(title)), "?"),
        element("p", f"{len(findings):,} columns in {len(tables):,} tables, scanned {moment:%Y-%m-%d %H:%M} UTC",
                class_="soft"),
        element(
            "div",
            element("p", "For stewards. Scores and shares are measured on real rows, without differential privacy: "
                    "keep the page where production is kept. It holds no value; examples are masked shapes."),
            *(element("p", note) for note in notes),
            class_="note", role="note",
        ),
        element("ul", *sums, class_="sums"),
    )  # fmt: skip


def _drifted(drift: Sequence[Drift]) -> Markup | None:
    if not drift:
        return None
    rows = [
        element(
            "tr",
            element("td", each.change.value, data_label="What"),
            element("th", element("bdi", _name(each.table, each.column)), scope="row"),
            element("td", each.message, data_label="Now"),
            element("td", each.remedy, data_label="To do"),
        )
        for each in drift
    ]
    heads = element("tr", *(element("th", label, scope="col") for label in ("What", "Where", "Now", "To do")))
    return element(
        "section",
        element("h2", "Come apart from the policy", id="drift"),
        element("table", element("thead", heads), element("tbody", *rows), aria_labelledby="drift"),
    )


def _first(findings: Sequence[Finding], places: Places) -> Markup | None:
    """List what waits for a decision, each with a link to its row."""
    waiting = [finding for finding in findings if is_undecided(finding)]
    if not waiting:
        return None
    links = [
        element("li", element("a", element("bdi", _name(f.table, f.column)), href=f"#{places[f.table, f.column]}"))
        for f in waiting
    ]
    rest = element(
        "details", element("summary", f"{len(links) - _MOST_FIRST:,} more"), element("ul", *links[_MOST_FIRST:])
    )
    return element(
        "section",
        element("h2", f"Look at these {len(waiting):,} first: detection is less than {SURE:.0%} sure"),
        element("ul", *links[:_MOST_FIRST]),
        rest if len(links) > _MOST_FIRST else None,
        class_="first",
    )


def _filters(findings: Sequence[Finding], ids: Mapping[TableName, str]) -> Markup:
    """Return the form that the script shows; without a script it stays hidden, and every column is there."""
    entities = sorted({entity for finding in findings for entity in _entities(finding)})
    recognizers = sorted({piece.recognizer for finding in findings for piece in finding.evidence})
    sure = [(f"{SURE}", f"below {SURE:.0%}: undecided"), ("0.8", "below 80%"), ("0.95", "below 95%")]
    return element(
        "form",
        element("label", "Search", element("input", type="search", name="text", autocomplete="off")),
        _select("Table", "table", [(place, _cut(name)) for name, place in ids.items()]),
        _select("Role", "role", [(role.value, role.value) for role in Role]),
        _select("Entity", "entity", [(_token(entity), _cut(entity)) for entity in entities]),
        _select("Recognizer", "by", [(_token(name), _cut(name)) for name in recognizers]),
        _select("Sure", "sure", sure),
        element("button", "Show all", type="reset"),
        element("output", aria_live="polite"),
        id="filters",
        hidden=True,
    )


def _select(label: str, name: str, choices: Iterable[tuple[str, str]]) -> Markup:
    options = (element("option", text, value=value) for value, text in choices)
    return element("label", label, element("select", element("option", "all", value=""), *options, name=name))


def _contents(ids: Mapping[TableName, str], by_table: Mapping[TableName, Sequence[Finding]]) -> Markup:
    return element(
        "ul",
        *(
            element("li", element("a", element("bdi", _cut(name)), href=f"#{place}"), f" {_counted(by_table[name])}")
            for name, place in ids.items()
        ),
    )


# --- one table -------------------------------------------------------------------------------------------------------


def _section(table: Table, place: str, findings: Sequence[Finding], places: Places) -> Markup:
    heads = (element("th", label, scope="col", class_=class_) for label, class_ in zip(_LABELS, _CLASSES, strict=True))
    rows = (_row(table, finding, places[finding.table, finding.column]) for finding in findings)
    return element(
        "section",
        element("h2", element("bdi", _cut(table.name)), id=f"{place}h"),
        element("p", _counted(findings), class_="soft"),
        element(
            "table",
            element("thead", element("tr", *heads)),
            element("tbody", *rows),
            aria_labelledby=f"{place}h",
        ),
        id=place,
        class_="table",
    )


def _counted(findings: Sequence[Finding]) -> str:
    roles = Counter(finding.role for finding in findings)
    counts = [f"{roles[role]:,} {role}" for role in Role if roles[role]]
    undecided = sum(map(is_undecided, findings))
    return ", ".join([*counts, *([f"{undecided:,} undecided"] if undecided else [])])


def _row(table: Table, finding: Finding, place: str) -> Markup:
    undecided = is_undecided(finding)
    declared = next((declaration(c, table) for c in table.columns if c.name == finding.column), "")
    percent = f"{finding.confidence:.0%}"
    meter = element(
        "meter",
        percent,
        min="0",
        max="1",
        low=f"{SURE}",
        high="0.8",
        optimum="1",
        value=f"{finding.confidence:.2f}",
        aria_hidden="true",
    )
    return element(
        "tr",
        element("th", element("bdi", _cut(finding.column)), element("small", declared), scope="row"),
        element("td", element("span", finding.role.value, class_=f"role {finding.role}"), data_label="Role"),
        element("td", _cut(finding.entity or "-"), data_label="Entity"),
        element("td", percent, meter, element("span", "undecided", class_="badge") if undecided else None,
                data_label="Sure"),
        element("td", finding.treatment.value, data_label="Proposed"),
        element("td", *_evidence(finding), data_label="Evidence"),
        id=place,
        class_="undecided" if undecided else None,
        data_role=finding.role.value,
        data_entities=" ".join(map(_token, _entities(finding))),
        data_by=" ".join(sorted({_token(piece.recognizer) for piece in finding.evidence})),
        data_sure=f"{finding.confidence:.4f}",
    )  # fmt: skip


def _evidence(finding: Finding) -> Iterator[Markup]:
    held = contents(finding)
    if held:
        told = ", ".join(f"{share:.0%} hold {_cut(entity)}" for entity, share in held.items())
        yield element("p", f"Of the texts, {told}.")
    pieces = [piece for piece in finding.evidence if piece.within is None]
    if pieces:
        yield element("ul", *(element("li", *_opinion(piece)) for piece in pieces))
    elif not held:
        yield element("span", "no recognizer knew it", class_="soft")


def _opinion(piece: Evidence) -> Iterator[Markup | str]:
    share = "" if piece.share is None else f", {piece.share:.0%} of distinct values"
    yield element("b", _cut(piece.recognizer))
    yield f" {piece.score:.2f} {_cut(piece.entity)}{share}: {_cut(piece.reason, most=400)}"
    for shape in piece.shapes:
        yield joined(" ", element("code", _cut(shape)))


def _entities(finding: Finding) -> list[str]:
    """Return what the column is and, of prose, what is in it."""
    return [*([finding.entity] if finding.entity else []), *contents(finding)]


def _token(name: str) -> str:
    """Return the name of a recognizer or entity without blanks, so that a list of them can be split."""
    return "_".join(name.split()) or "_"


def _name(table: str, column: str | None) -> str:
    return _cut(table if column is None else f"{_cut(table)}.{_cut(column)}", most=2 * _LONGEST + 1)


def _cut(text: str, *, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
