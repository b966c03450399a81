"""Masked shapes: what a value looks like, without the value."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_RUN = 4
_LONGEST_SHAPE = 24
_KEPT = frozenset(" @.-/+(),:_")


def mask(value: str) -> str:
    """Return the shape of ``value``: ``A`` and ``a`` for letters, ``9`` for digits, runs cut at four.

    Common punctuation stays, anything else becomes ``?``; so ``Müller-7`` is ``Aaaaa-9``. Length beyond four of a kind
    and beyond 24 characters in all is not kept.
    """
    kinds = (_kind(character) for character in value[: 4 * _LONGEST_SHAPE])
    runs = (kind * min(_LONGEST_RUN, sum(1 for _ in run)) for kind, run in groupby(kinds))
    return "".join(runs)[:_LONGEST_SHAPE]


def _kind(character: str) -> str:
    if character.isalpha():
        return "A" if character.isupper() else "a"
    if character.isdigit():
        return "9"
    return character if character in _KEPT else "?"


def common_shapes(values: Iterable[str], *, most: int = 2) -> tuple[str, ...]:
    """Return up to ``most`` shapes, most frequent first, each shared by at least two of ``values``.

    A shape that only one value has would describe that value, so it is withheld.
    """
    counted = Counter(mask(value) for value in values)
    return tuple(shape for shape, times in counted.most_common(most) if times > 1)
