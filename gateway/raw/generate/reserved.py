"""Numbers that belong to nobody: from ranges that are reserved for fiction or were never issued.

Phones: 555-0100 to 555-0199 of the North American plan, the drama ranges of Ofcom (07700 900000 to 900999), and where
those run out or the country has none, area or country codes that do not exist (an area code that starts with 1; +999).
National numbers: US social security numbers 900 to 999 with groups 01 to 49, issued neither as such nor as ITIN; UK
national insurance numbers with the prefix QQ. Cards: 9999, the issuer prefix of a country code that does not exist.
Accounts: IBANs of the country XX, which ISO 3166 leaves to users. Addresses: RFC 5737 and RFC 3849.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.keys import permuted
from gateway.vocabulary.errors import Unsupported

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AREAS = np.asarray([area for area in range(201, 1000) if area % 100 != 11])  # noqa: PLR2004 - N11 are services
_LOW_AREAS = _AREAS[_AREAS <= 213]  # noqa: PLR2004 - a ten-digit number with a higher one does not fit 32 bits
_NUMBERS_PER_AREA = 100
_UNASSIGNED = 10**9
_DRAMA = 1_000
_SSN = 100 * 49 * 9_999
_NINO = 10**6 * 4
_DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Which rows of a table are being made: ``rows`` of ``total``, after ``first`` others. ``key`` salts the draw."""

    first: int
    rows: int
    total: int
    key: int

    @property
    def is_whole(self) -> bool:
        """Whether these are all rows there are."""
        return self.rows >= self.total

    def numbers(self) -> NDArray[np.int64]:
        """Return each row's number among all."""
        return np.arange(self.first, self.first + self.rows, dtype=np.int64)

    def distinct(self, room: int) -> NDArray[np.int64]:
        """Return random numbers below ``room``: all rows of the table have different ones, or as many as there are."""
        return permuted(self.numbers() % room, room, key=self.key)


def american_phones(turn: Turn, *, narrow: bool) -> list[str]:
    """Return ten-digit phone numbers, all different; ``narrow`` keeps them below 2**31."""
    areas = _LOW_AREAS if narrow else _AREAS
    reserved = areas.size * _NUMBERS_PER_AREA
    room = reserved if turn.total <= reserved else reserved + _UNASSIGNED
    numbers = turn.distinct(room)
    digits = areas[np.minimum(numbers, reserved - 1) // _NUMBERS_PER_AREA] * 10**7
    digits += 5_550_100 + numbers % _NUMBERS_PER_AREA
    beyond = 10**9 + numbers - reserved
    return [str(number) for number in np.where(numbers < reserved, digits, beyond)]


def phones(turn: Turn, *, locale: str, written: bool, narrow: bool) -> list[str]:
    """Return phone numbers, all different; ``written`` as people write them, else digits with no leading zero."""
    if locale in {"en_US", "en_CA"}:
        digits = american_phones(turn, narrow=narrow)
        return [f"({d[:3]}) {d[3:6]}-{d[6:]}" for d in digits] if written else digits
    if locale == "en_GB" and turn.total <= _DRAMA:
        numbers = turn.distinct(_DRAMA)
        return [f"07700 900{n:03d}" if written else f"7700900{n:03d}" for n in numbers]
    numbers = turn.distinct(10**6 if narrow else 10**8)
    if not written:
        return [f"999{n:06d}" if narrow else f"999{n:08d}" for n in numbers]
    return [f"+999 {n // 10**4:04d} {n % 10**4:04d}" for n in numbers]


def national_numbers(turn: Turn, *, locale: str, written: bool) -> list[str]:
    """Return national numbers, all different up to 4 million (en_GB) or 48 million (en_US).

    Raises ``Unsupported`` for other locales: a number made up without knowing the country's rules may be somebody's.
    """
    if locale == "en_GB":
        numbers = turn.distinct(_NINO)
        return [f"QQ{n // 4:06d}{'ABCD'[n % 4]}" for n in numbers]
    if locale != "en_US":
        raise Unsupported(f"no range of national numbers that were never issued is known for locale {locale}")
    serial = turn.distinct(_SSN)
    parts = zip(900 + serial // (49 * 9_999), 1 + serial // 9_999 % 49, 1 + serial % 9_999, strict=True)
    return [f"{a}-{g:02d}-{s:04d}" if written else f"{a}{g:02d}{s:04d}" for a, g, s in parts]


def credit_cards(turn: Turn) -> list[str]:
    """Return sixteen digits that pass the Luhn check and that no issuer can have given out; all different."""
    return [_with_luhn(f"9999{number:011d}") for number in turn.distinct(10**11)]


def _with_luhn(digits: str) -> str:
    doubled = (int(d) * 2 for d in digits[::-2])
    total = sum(d - 9 if d > 9 else d for d in doubled) + sum(int(d) for d in digits[-2::-2])  # noqa: PLR2004 - Luhn
    return f"{digits}{-total % 10}"


def bank_accounts(turn: Turn, *, written: bool) -> list[str]:
    """Return IBANs of no country with right check digits (ISO 13616), or their last 16 digits; all different."""
    numbers = turn.distinct(10**12)
    if not written:
        return [f"9999{number:012d}" for number in numbers]
    # X counts as 33; the country and 00 go to the end for the check
    return [f"XX{98 - int(f'9999{number:012d}333300') % 97:02d}9999{number:012d}" for number in numbers]


def ip_addresses(turn: Turn, *, unique: bool) -> list[str]:
    """Return addresses reserved for documentation: IPv4, or IPv6 where they must differ and there are too many."""
    if unique and turn.total > len(_DOCUMENTATION) * 254:
        numbers = turn.distinct(2**48)
        return [f"2001:db8:{n >> 32:x}:{n >> 16 & 0xFFFF:x}::{n & 0xFFFF:x}" for n in numbers.tolist()]
    numbers = turn.distinct(len(_DOCUMENTATION) * 254)
    return [f"{_DOCUMENTATION[n // 254]}.{n % 254 + 1}" for n in numbers]
