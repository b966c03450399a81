"""One way to write a value as bytes and one way to hash it, for everything that is signed, chained or compared."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return ``value`` as UTF-8 JSON with sorted keys, no blanks and no NaN, so that equal values are equal bytes.

    Floats are written by Python's shortest round-trip form (not RFC 8785's). Raises ``ValueError`` for NaN and
    infinities and ``TypeError`` for anything JSON has no form for.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal, without holding the file in memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
