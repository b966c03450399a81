"""What a column is to a person's privacy, and what is done with it."""

from enum import StrEnum


class Role(StrEnum):
    """How a column bears on identifying somebody."""

    DIRECT = "direct"
    """Identifies alone: name, e-mail, national number."""
    KEY = "key"
    """A key that stands for a person, or points at one."""
    QUASI = "quasi"
    """Identifies in combination: birth date, sex, post code."""
    SENSITIVE = "sensitive"
    """What one would not want known: diagnosis, income, test result."""
    NONE = "none"
    """Says nothing about a person."""


class Treatment(StrEnum):
    """What becomes of a column in the release."""

    LEARN = "learn"
    """Modelled under differential privacy; values come from the model."""
    REPLACE = "replace"
    """Never read by a model; invented by type (names, e-mails, ...)."""
    KEY = "key"
    """Fresh surrogate keys."""
    DROP = "drop"
    """Absent from the release; needs a reason."""


LEARNABLE_ROLES = frozenset({Role.QUASI, Role.SENSITIVE, Role.NONE})
"""Roles whose columns may be learned. Direct identifiers and keys never are."""
