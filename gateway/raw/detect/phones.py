"""Phone numbers: valid in a country's plan, or at least written as people write them.

Digits alone are a phone number only by a plan that the policy names, because any key would do. Not checked: that
anybody answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

USUAL_REGIONS = ("US", "GB", "FR", "DE", "ES", "IT", "IN", "BR")
"""Countries whose national writing is tried when the policy names none; numbers with `+` need no country."""
GATE = re.compile(
    r"(?=(?:[^0-9]*[0-9]){6,15}[^0-9]*\Z)(?![0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:[ T]|\Z))"
    r"(?:\+[0-9 ()./-]{7,24}|[0-9(][0-9()]*[ ()./-][0-9 ()./x-]{3,24})"
)
"""Six to fifteen digits with something between them that is no date."""
BARE = re.compile(r"0?[1-9][0-9]{6,13}")
"""What a plan may hold without any writing."""
_TELLING = re.compile(r"[+(]|0[0-9]{1,4}[ /.-]|[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}\Z|00[1-9]")
"""Signs that a writing is a phone's: a plus, brackets, a zero to dial first."""


def regions(countries: Collection[str]) -> tuple[str, ...]:
    """Return the plans to try: those of ``countries``, or the usual ones when there are none."""
    known = tuple(sorted(set(countries) & phonenumbers.SUPPORTED_REGIONS))
    return known or USUAL_REGIONS


def valid(cell: str, *, region: str) -> bool:
    """Tell whether ``cell`` is a number of ``region``'s plan, or of another country's with its prefix."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(cell, region))
    except phonenumbers.NumberParseException:
        return False


def telling_share(cells: Sequence[str]) -> float:
    """Return the share of ``cells`` in whose writing there is a sign of a phone number."""
    return sum(1 for cell in cells if _TELLING.match(cell)) / len(cells) if cells else 0.0
