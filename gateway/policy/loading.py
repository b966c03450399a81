"""A policy file into a ``Policy``, or all that is wrong with it at once.

How a file is read is in ``reading``; whether the parts of a policy fit each other, in ``consistency``.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from gateway.policy import consistency, document
from gateway.policy.model import Policy
from gateway.policy.reading import read_as, schema_text
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import PolicyError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def load_policy(path: Path) -> Policy:
    """Return the policy in the file ``path``; ``PolicyError`` with every problem, each with its line.

    What only the source can tell (whether the tables and columns exist) is left to ``coverage``.
    """
    return parse_policy(document.read_text(path), name=str(path))


def parse_policy(text: str, *, name: str) -> Policy:
    """Return the policy that ``text`` holds; ``name`` is what ``PolicyError`` calls it."""
    return read_as(Policy, text, name=name, before=consistency.check_declared, after=consistency.check)


def locate(path: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return ``problems`` in line order, each without a line given that of the nearest entry of ``path`` around it.

    A file that cannot be read any more leaves them as they are.
    """
    line = line_finder(path)
    return tuple(sorted(p if p.line else Problem(line(p.where), p.where, p.message) for p in problems))


def line_finder(path: Path) -> Callable[[str], int]:
    """Return a function that tells the line in ``path`` of a place, as problems name it, or of what is around it.

    It tells 0 for all places when the file cannot be read any more.
    """
    lines: dict[str, int] = {}
    with contextlib.suppress(PolicyError):
        for place, line in document.read(document.read_text(path), name=str(path)).lines.items():
            lines.setdefault(document.where(place), line)
    return lambda where: _nearest_line(lines, where)


def json_schema() -> str:
    """Return the JSON schema of a policy file, for editors; checked in as ``policies/schema.json``."""
    return schema_text(Policy, title="A policy of the privacy gateway")


def policy_digest(policy: Policy) -> str:
    """Return the SHA-256 of what ``policy`` says, defaults written out: the same for any layout of its file."""
    return sha256(canonical_json(policy.model_dump(mode="json", by_alias=True)))


def _nearest_line(lines: dict[str, int], where: str) -> int:
    while where and where not in lines:
        where = where.rpartition(".")[0]
    return lines.get(where, 0)
