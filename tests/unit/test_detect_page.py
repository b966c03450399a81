"""The page of a scan: one file that asks for nothing, in which no name is ever markup, and that needs no script."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from gateway.raw.detect.drift import Change, Drift
from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.detect.page import FIRST_LINE, page
from gateway.vocabulary.markup import element, joined
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Schema, Table

MOMENT = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>alert(2)</script>", "a'b\"c",
    "\u202egnp.exe", "x" * 10_000, "a\nb\tc", "javascript:alert(1)", "&lt;b&gt;", "{{7*7}}", "<!--", "]]>", "",
]  # fmt: skip
VOID = {"meta", "input", "br", "hr", "link"}


class Read(HTMLParser):
    """Every element with its attributes and the text in it; fails on what does not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def a_finding(table: str, column: str, role: Role = Role.DIRECT, **more: Any) -> Finding:
    pieces = (
        Evidence(recognizer="names", entity="email", score=0.9, share=None, reason=f"the name says '{column}'"),
        Evidence(
            recognizer="values", entity="email", score=0.8, share=0.25, reason="cells fit", shapes=("Aaaa 99", column)
        ),
        Evidence(recognizer="texts", entity="free_text", score=0.8, share=0.5, reason="prose", within="full_name"),
    )
    return Finding(
        table=TableName(table), column=ColumnName(column), role=role, entity=more.pop("entity", "email"),
        confidence=more.pop("confidence", 0.95), evidence=pieces, treatment=Treatment.REPLACE,
    )  # fmt: skip


def a_scan(names: list[str]) -> tuple[Schema, list[Finding]]:
    tables = tuple(
        Table(
            name=TableName(name),
            columns=tuple(
                Column(name=ColumnName(n), kind=Kind.TEXT, native=n or "text", comment=f"secret {n}", values=(n,))
                for n in names
            ),
            comment="secret comment",
        )
        for name in names
    )
    findings = [a_finding(table, column, confidence=0.5 if n % 2 else 0.9)
                for table in names for n, column in enumerate(names)]  # fmt: skip
    return Schema(tables=tables), findings


def a_page(names: list[str], **more: Any) -> str:
    return page(*a_scan(names), title=more.pop("title", "clinic"), moment=MOMENT, **more)


def test_it_asks_for_nothing_and_allows_only_its_own_style_and_script() -> None:
    text = a_page(["patients", "visits"])
    read = Read(text)
    security = next(a for a in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy")["content"]
    assert security is not None
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = [data for name, data in read.texts if name == tag]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in security
    assert security.startswith("default-src 'none';")
    assert "unsafe" not in security
    for tag, attributes in read.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "video", "audio", "svg", "source"}
        assert not {"src", "srcset", "action", "style", "background", "ping"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#"), attributes
    assert not re.search(r"url\(|@import|https?:|fetch|innerHTML|eval|document\.write", text)


def test_no_name_is_ever_markup() -> None:
    tame, hostile = ([f"n{n}" for n in range(len(HOSTILE))], HOSTILE)
    drift = [Drift(change=Change.NEW, table=TableName(n), column=ColumnName(n), message=n, remedy=n, where=n)
             for n in HOSTILE]  # fmt: skip
    plain = [Drift(change=Change.NEW, table=TableName(n), column=ColumnName(n), message=n, remedy=n, where=n)
             for n in tame]  # fmt: skip
    calm = Read(a_page(tame, title="clinic", notes=["note"], drift=plain))
    wild = Read(a_page(hostile, title=HOSTILE[0], notes=[HOSTILE[1]], drift=drift))
    assert [tag for tag, _ in wild.elements] == [tag for tag, _ in calm.elements]
    assert [sorted(a) for _, a in wild.elements] == [sorted(a) for _, a in calm.elements]
    assert wild.comments == calm.comments == [" gateway scan "]
    assert wild.all("script") == [{}]


def test_names_cannot_turn_the_direction_of_writing_nor_fill_the_page() -> None:
    text = a_page(HOSTILE)
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "x" * 500 not in text
    assert "�gnp.exe" in text
    names = [data for tag, data in Read(text).texts if tag == "bdi"]
    assert "<script>alert(1)</script>" in names
    assert all(a is not None for a in names)


def test_without_its_script_every_column_is_there_and_the_filters_are_not() -> None:
    read = Read(a_page(["patients", "visits"]))
    assert [a for tag, a in read.elements if "hidden" in a] == [read.all("form")[0]]
    assert len([a for a in read.all("tr") if "data-role" in a]) == 4


def test_a_row_tells_the_script_what_it_is() -> None:
    read = Read(a_page(["patients"]))
    (row,) = [a for a in read.all("tr") if "data-role" in a]
    assert row["data-role"] == "direct"
    assert row["data-entities"] == "email full_name"
    assert row["data-by"] == "names texts values"
    assert row["data-sure"] == "0.9000"
    values = {a["value"] for a in read.all("option")}
    assert {"t0", "direct", "key", "email", "full_name", "names", "texts", "values", "0.6"} <= values


def test_what_is_undecided_is_marked_and_linked_first() -> None:
    text = a_page(["a", "b"])
    read = Read(text)
    marked = {a["id"] for a in read.all("tr") if a.get("class") == "undecided"}
    assert len(marked) == 2
    links = {(a.get("href") or "")[1:] for a in read.all("a")}
    assert marked <= links
    assert text.index("Look at these 2 first") < text.index("<table")


def test_it_can_be_read_aloud_and_by_keyboard() -> None:
    read = Read(a_page(["patients", "visits"], drift=[Drift(
        change=Change.NEW, table=TableName("t"), column=None, message="m", remedy="r", where="w")]))  # fmt: skip
    assert read.all("html") == [{"lang": "en"}]
    assert {a["scope"] for a in read.all("th")} == {"col", "row"}
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(a["aria-labelledby"] in ids for a in read.all("table"))
    assert all((a["href"] or "")[1:] in ids for a in read.all("a"))
    controls = [at for at, (tag, _) in enumerate(read.elements) if tag in {"input", "select"}]
    assert all(read.elements[at - 1][0] == "label" for at in controls)
    assert len(read.all("h1")) == 1


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(mode: int) -> None:
    style = files("gateway.raw.detect").joinpath("page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", style.split(":root")[1 + mode]))

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(ink: str, ground: str) -> float:
        low, high = sorted((light(colours[ink]), light(colours[ground])))
        return (high + 0.05) / (low + 0.05)

    for ink in ("ink", "soft", "link", "direct", "key", "quasi", "sensitive", "none"):
        for ground in ("paper", "sheet", "warn-paper"):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert contrast("warn-ink", "warn-paper") >= 4.5


def test_it_holds_no_comment_and_no_label_of_the_catalogue() -> None:
    schema, findings = a_scan(["patients"])
    text = page(schema, findings, title="clinic", moment=MOMENT)
    assert "secret" not in text


def test_what_prose_holds_is_said_once_with_its_share() -> None:
    text = a_page(["patients"])
    assert "Of the texts, 50% hold full_name." in text
    assert text.count("prose") == 0


def test_the_same_findings_are_the_same_page_and_it_says_what_it_is() -> None:
    assert a_page(["a", "b"]) == a_page(["a", "b"])
    assert a_page(["a"]).startswith(FIRST_LINE)
    assert "scanned 2026-11-22 12:00 UTC" in a_page(["a"])


def test_a_schema_without_tables_is_a_page_too() -> None:
    assert "0 columns in 0 tables" in page(Schema(tables=()), (), title="x", moment=MOMENT)


def test_only_what_is_markup_already_is_left_as_it_is() -> None:
    assert element("p", "<b>", element("i", "&"), None, class_='"x"', hidden=True, title=None) == (
        '<p class="&quot;x&quot;" hidden>&lt;b&gt;<i>&amp;</i></p>'
    )
    assert joined("<", element("br")) == "&lt;<br>"
    assert element("input", name="n", aria_label="l") == '<input name="n" aria-label="l">'
