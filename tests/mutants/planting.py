"""What a mutant is, and how it is planted: one exact replacement of text in a copy of the sources.

The copy holds the package and its tests and nothing else that could be imported in their place. Copies of the copy are
hard links, which costs milliseconds; a file that is changed is written anew, so that no other copy sees it.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("gateway", "tests", "policies", "pyproject.toml")
"""All that killers need."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One slip of an engineer, and the test that must not let it pass."""

    row: int
    """The line of the table of others' mistakes that it belongs to, 1 to 14."""
    name: str
    """A short name in words joined by ``-``, unlike any other's."""
    mistake: str
    """What was done wrong, in words: the message when the mutant survives."""
    path: str
    """The source file, below the root."""
    old: str
    """Text that occurs there exactly once."""
    new: str
    """What takes its place."""
    killer: str
    """The test that has to fail, as pytest calls it; of a parametrized one all cases run, unless one is named."""
    by: tuple[str, ...] = ()
    """Errors, other than a failed assertion, that are the killer's way to fail: the name of an exception's class."""
    quick: bool = False
    """Whether it is planted by `make test` too, where it shows that the planting itself works."""

    @property
    def test(self) -> str:
        """Return the killer without the case that it may name."""
        return self.killer.partition("[")[0]


class NotApplicableError(Exception):
    """The text that a mutant replaces is not there, or more than once: the mutant has to follow the source."""


def planted(mutant: Mutant, source: str) -> str:
    """Return ``source`` with the mistake in it; ``NotApplicableError`` unless it has one place for it."""
    if (found := source.count(mutant.old)) != 1:
        raise NotApplicableError(
            f"mutant {mutant.name}: the text to replace occurs {found} times in {mutant.path}, and has to occur once; "
            "rewrite the mutant for the source as it is now"
        )
    return source.replace(mutant.old, mutant.new)


def copied(folder: Path, *, root: Path = ROOT) -> Path:
    """Copy what is ``CARRIED`` from ``root`` into ``folder``, times of files included, and return it."""
    for name in CARRIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def mutated(mutant: Mutant, *, sound: Path, folder: Path) -> Path:
    """Return ``folder`` with a copy of ``sound`` in it that has the mistake."""
    shutil.copytree(sound, folder, copy_function=_linked)
    changed = folder / mutant.path
    text = planted(mutant, changed.read_text(encoding="utf-8"))
    changed.unlink()
    changed.write_text(text, encoding="utf-8")
    return folder


def defines(path: Path, name: str) -> bool:
    """Return whether the test file ``path`` defines a test of that ``name``."""
    return re.search(rf"^def {re.escape(name)}\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)
