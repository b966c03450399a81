"""Pages read as a browser would, for tests: every element, its attributes, and the text in it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "br", "hr", "link"}


class Read(HTMLParser):
    """Every element with its attributes and texts; fails on what does not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[tuple[str, ...], str]] = []
        """For every text the classes and tags that it is in."""
        self.comments: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        places = tuple(word for tag, given in self.open for word in (tag, *(given.get("class") or "").split()))
        self.inside.append((places, data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def texts(self, place: str) -> list[str]:
        """Every text in an element of this tag or class."""
        return [data for places, data in self.inside if place in places]
