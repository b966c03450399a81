"""What queries over people and what they own select from, and who is left out of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import sqlalchemy as sa

    from gateway.raw.generate.counters.sql_cells import Expression

_PURPOSE = b"gateway-aside"
_LONGEST_KEY = 64


@dataclass(frozen=True, kw_only=True, repr=False)
class HeldOut:
    """Who is held out: units whose keyed hash is in the first ``share`` of all hashes."""

    seed: bytes
    """The key of the hash: secret, and another one for every run."""
    share: float

    @classmethod
    def of(cls, secret: bytes, *, share: float) -> HeldOut:
        """Hold a ``share`` of the units out by ``secret``, which the database itself never gets to see.

        ``ValueError`` for an empty secret or a share not within (0, 1). Not checked: that the secret is random.
        """
        if not secret or not 0 < share < 1:
            raise ValueError("a holdout needs a secret and a share between 0 and 1")
        short = secret if len(secret) <= _LONGEST_KEY else hashlib.blake2b(secret).digest()
        return cls(seed=hashlib.blake2b(digest_size=32, key=short, person=_PURPOSE).digest(), share=share)

    def __repr__(self) -> str:
        """Say nothing of the secret."""
        return "<HeldOut: secret withheld>"

    @property
    def below(self) -> int:
        """The unsigned 64-bit number that hashes of those held out are less than."""
        return int(self.share * 2**64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Members:
    """Rows that lead to a unit, as something to select from.

    Columns: ``u0, u1, ..`` say which unit, ``d0, ..`` are the row's own key, ``h0, ..`` the owner's; ``t`` is the time,
    ``v0, ..`` the values asked for, and those of the owner that were handed on.
    """

    rows: sa.FromClause
    unit: tuple[str, ...]
    owner: tuple[str, ...]
    own: tuple[str, ...]
    columns: tuple[str, ...]
    """All other columns."""

    def named(self, names: Sequence[str]) -> list[Expression]:
        """Return columns of ``rows``."""
        return [self.rows.c[name] for name in names]
