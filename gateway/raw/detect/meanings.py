"""What each entity that a recognizer can name means for a person's privacy. One table; nothing else decides a role."""

from __future__ import annotations

from gateway.vocabulary.entities import Entity
from gateway.vocabulary.roles import Role

PERSON_KEY = "person_key"
UNIQUE_TEXT = "unique_text"
FEW_VALUES = "few_values"
"""Not an entity: distribution's word against one. A column with two values is no column of e-mail addresses."""
UNSUPPORTED = "unsupported"
UNEXAMINED = "unexamined"
"""A recognizer ran out of time: what it did not see counts as identifying."""

_DIRECT = (
    *(Entity.GIVEN_NAME, Entity.FAMILY_NAME, Entity.FULL_NAME, Entity.EMAIL, Entity.PHONE, Entity.NATIONAL_NUMBER),
    *(Entity.STREET, Entity.ADDRESS, Entity.USERNAME, Entity.URL, Entity.IP_ADDRESS, Entity.CREDIT_CARD),
    *(
        Entity.BANK_ACCOUNT,
        Entity.FREE_TEXT,
        UNIQUE_TEXT,
        UNEXAMINED,
        "document_number",
        "photo",
        "biometric",
        "social_account",
    ),
    *("device", "vehicle"),
)
_QUASI = (
    *(Entity.POST_CODE, Entity.CITY, Entity.COMPANY, "birth_date", "age", "sex", "region", "country", "nationality"),
    *("birth_place", "language", "occupation", "education", "marital_status", "family", "person_title", "initials"),
    *("event_date", "death_date", "place", "coordinates", "rare_category", "employment"),
)
_SENSITIVE = (
    *(Entity.PASSWORD, "diagnosis", "treatment", "test_result", "body_measure", "vital_status", "income", "money"),
    *("ethnicity", "religion", "sexuality", "politics", "crime", "disability", "habit", "grade", "credit", "status"),
)

CODED = frozenset(
    {
        "sex",
        "ethnicity",
        "marital_status",
        "religion",
        "nationality",
        "education",
        "disability",
        "diagnosis",
        "treatment",
    }
    | {"politics", "sexuality", "age", "occupation", "employment", "region", "vital_status"}
)
"""Entities that are categories: their ``_id`` or ``_code`` says as much as their label."""

MEANINGS: dict[str, Role] = {
    **{str(entity): Role.DIRECT for entity in _DIRECT},
    **{str(entity): Role.QUASI for entity in _QUASI},
    **{str(entity): Role.SENSITIVE for entity in _SENSITIVE},
    PERSON_KEY: Role.KEY,
}
"""Entity to role. An entity that is not here (a recognizer of another distribution) counts as direct: fail closed."""


def role_of(entity: str) -> Role:
    """Return the role an entity has."""
    return MEANINGS.get(entity, Role.DIRECT)


def replaceable(entity: str | None) -> Entity | None:
    """Return the entity as one that ``replace`` can invent, or None."""
    try:
        return Entity(entity) if entity is not None else None
    except ValueError:
        return None
