"""How long the texts of a column may be, by its type."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.dialects import mysql

from gateway.raw.connect.kinds import column


@pytest.mark.parametrize(("declared", "longest"), [(mysql.SET("ab", "c"), None), (mysql.VARCHAR(7), 7)])
def test_a_set_is_as_long_as_all_its_members_may_be(declared: Any, longest: int | None) -> None:
    found = column(
        {"name": "features", "type": declared, "nullable": True, "default": None},
        name="features",
        native="set",
        dialect="mysql",
    )
    assert found.length == longest
