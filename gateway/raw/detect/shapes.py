"""Masked shapes: what a value looks like, without the value."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_SHAPE = 24
_KEPT = frozenset(" @.-/+(),:_")


def mask(value: str) -> str:
    """Return the shape of ``value``: ``A`` and ``a`` for letters, ``9`` for digits, runs cut at four.

    Common punctuation stays, anything else becomes ``?``; so ``Müller-7`` is ``Aaaaa-9``. Length beyond four of a kind
    and beyond 24 characters in all is not kept.
    """
    return _RUN.sub(r"\1", value[: 4 * _LONGEST_SHAPE].translate(_KINDS))[:_LONGEST_SHAPE]


class _Kinds(dict[int, str]):
    """Each character's kind, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isalpha():
            kind = "A" if character.isupper() else "a"
        elif character.isdigit():
            kind = "9"
        else:
            kind = character if character in _KEPT else "?"
        self[code] = kind
        return kind


_KINDS = _Kinds()
_RUN = re.compile(r"((.)\2{3})\2+", re.DOTALL)


def common_shapes(values: Iterable[str], *, most: int = 2) -> tuple[str, ...]:
    """Return up to ``most`` shapes, most frequent first, each shared by at least two of ``values``.

    A shape that only one value has would describe that value, so it is withheld.
    """
    counted = Counter(mask(value) for value in values)
    return tuple(shape for shape, times in counted.most_common(most) if times > 1)
