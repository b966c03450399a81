"""What a column's values stand for. Detection proposes one; a policy names one; ``replace`` invents one."""

from enum import StrEnum


class Entity(StrEnum):
    """Kinds of identifying values that can be replaced by invented ones of the same kind."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    EMAIL = "email"
    PHONE = "phone"
    NATIONAL_NUMBER = "national_number"
    STREET = "street"
    ADDRESS = "address"
    CITY = "city"
    POST_CODE = "post_code"
    USERNAME = "username"
    PASSWORD = "password"  # noqa: S105 - the kind of a column, not a secret
    URL = "url"
    IP_ADDRESS = "ip_address"
    CREDIT_CARD = "credit_card"
    BANK_ACCOUNT = "bank_account"
    COMPANY = "company"
    FREE_TEXT = "free_text"
