"""Names and sentences as YAML that reads back as exactly what they were, whatever is in them."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_LONGEST_COMMENT = 160


def quoted(text: str) -> str:
    """Return ``text`` as a YAML scalar that reads back as exactly this string, whatever is in it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return always_quoted(text)


def always_quoted(text: str) -> str:
    """Return ``text`` between quotes."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def comment(text: str) -> str:
    """Return ``text`` on one printable line, fit for a comment or a message."""
    return "".join(character if character.isprintable() else "?" for character in text)[:_LONGEST_COMMENT]
