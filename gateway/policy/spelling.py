"""Names as messages show them, and the valid name nearest to one that is not."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 60


def shown(text: str) -> str:
    """Return ``text`` for a message: one line, bounded, and withheld when it may be a URL or hold a password."""
    if "://" in text or "@" in text:
        return "(withheld: looks like a URL)"
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return "".join(letter if letter.isprintable() else "�" for letter in cut)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that ``word`` was most likely meant to be, capitals aside; None when none is near."""
    folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.casefold(), list(folded), n=1)
    return folded[found[0]] if found else None


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a message, ``; did you mean `sex`?``, or nothing when no name is near."""
    near = nearest(word, names)
    return f"; did you mean `{shown(near)}`?" if near else ""
