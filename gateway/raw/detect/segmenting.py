"""Take words apart that were run together from words of the lists: ``telefonprivat``, ``datainserimento``.

Only where the whole word is used up by listed words of four letters and more, or by short forms that nothing else
begins or ends with, so that no ``age`` is found in ``mortgage``. Fewer parts win, then a longer first part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

SHORT_FORMS = frozenset(
    {"tel", "cel", "mob", "gsm", "fax", "dni", "nif", "cpf", "bsn", "ssn", "pwd", "plz", "cep", "cod", "nro", "usr"}
    | {"ext", "dob", "icd", "sms", "url", "uid"}
)
"""Words of three letters that stand in compounds for what they are short for."""
WHEN = frozenset({"data", "date", "datum", "fecha", "hora", "zeit", "time", "ultima", "ultimo", "letzte", "dernier"})
"""Words of dates that qualify what they stand beside."""
ENDS = frozenset({"id", "nr"})
"""Words of two letters that may only end a compound."""
_LINKS = ("s", "n", "en")
"""What German and Dutch put between the parts of a compound."""
_SHORTEST = 4
_MOST_PARTS = 3
_SHORTEST_WORD = 5


def segments(word: str, known: Collection[str]) -> tuple[str, ...] | None:
    """Return the two or three words of ``known`` that ``word`` is made of, or None where it is not."""
    if len(word) < _SHORTEST_WORD:
        return None
    found = _split(word, known, _MOST_PARTS)
    return found if found is not None and len(found) > 1 else None


def _split(rest: str, known: Collection[str], parts: int) -> tuple[str, ...] | None:
    if _is_part(rest, known) or rest in ENDS:
        return (rest,)
    if parts == 1:
        return None
    best: tuple[str, ...] | None = None
    for end in range(len(rest) - 2, 2, -1):
        head = rest[:end]
        if not _is_part(head, known):
            continue
        for link in ("", *_LINKS):
            after = rest[end:]
            if not after.startswith(link) or (link and len(head) < _SHORTEST):
                continue
            tail = _split(after[len(link) :], known, parts - 1)
            if tail is not None and (best is None or len(tail) + 1 < len(best)):
                best = (head, *tail)
    return best


def _is_part(word: str, known: Collection[str]) -> bool:
    return (len(word) >= _SHORTEST and word in known) or word in SHORT_FORMS or word in WHEN
