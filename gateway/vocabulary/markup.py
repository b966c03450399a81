"""HTML put together so that a text can never become markup: what is not ``Markup`` already is escaped."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is HTML already. Only ``element``, ``joined`` and what is written in a source file make it."""

    __slots__ = ()


Child = str | Markup | None
"""None is left out."""


def element(tag: str, /, *children: Child, **attributes: str | bool | None) -> Markup:
    """Return ``<tag attributes>children</tag>``; a void element has no children.

    Attributes are written as in Python: ``class_``, ``data_role``; True for one without a value, None and False for
    none at all.
    """
    head = "".join([f"<{tag}", *(_attribute(key, value) for key, value in attributes.items()), ">"])
    if tag in _VOID:
        return Markup(head)
    return Markup(f"{head}{joined(*children)}</{tag}>")


def joined(*children: Child) -> Markup:
    """Return ``children`` one after the other, escaped where they are only text."""
    return Markup("".join(_escaped(child) for child in children if child is not None))


_VOID = frozenset({"br", "hr", "input", "meta", "link"})


def _escaped(text: str) -> str:
    return text if isinstance(text, Markup) else escape(visible(text), quote=True)


def _attribute(key: str, value: str | bool | None) -> str:  # noqa: FBT001 - as HTML has them
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(visible(value), quote=True)}"'


def visible(text: str) -> str:
    """Return ``text`` with a sign in the place of everything that steers and is not seen (of a direction, a cursor)."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
