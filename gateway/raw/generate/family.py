"""Where ``Family`` was first; it lies below ``connect`` now, which makes it."""

from gateway.raw.family import Family, OwnedRows

__all__ = ["Family", "OwnedRows"]
