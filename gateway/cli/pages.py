"""Pages as files: one of ours may be written over, and nothing else ever is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

OWN = 0o600
"""For its owner alone: the page's figures were measured on real rows."""
SHARED = 0o644
"""For whoever may read the folder."""


def refuse_others(html: Path | None, first_line: str, *, what: str) -> None:
    """Raise ``ConfigurationError`` for a file that is there and is not ``what``: a page that begins with its line."""
    if html is None or not os.path.lexists(html):
        return
    try:
        with html.open("rb") as file:
            ours = file.read(len(first_line)) == first_line.encode()
    except OSError:
        ours = False
    if not ours:
        raise ConfigurationError(f"{html} exists, is no {what}, and is not overwritten; name another file")


def write_page(html: Path, text: str, *, mode: int) -> None:
    """Put ``text`` into a new file that is there at once or not at all; ``ArtefactFailed`` when it cannot be."""
    partial = html.with_name(f".{html.name}.partial-{os.getpid()}")
    try:
        with open(partial, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.write(text)
        partial.replace(html)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ArtefactFailed(f"{html} could not be written ({error.strerror}); name a file that can be") from None
